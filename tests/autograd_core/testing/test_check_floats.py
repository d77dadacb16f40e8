"""Claimed derivatives of functions that cannot be recorded: floats in, floats out."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from autograd_core.testing import check_derivative

Function = Callable[..., Any]
Cases = dict[str, tuple[Any, ...]]


def verdict(f: Function, *x: float, claimed: Function) -> str:
    """Return the verdict on a claim."""
    return check_derivative(f, *x, claimed=claimed, raise_on_failure=False).verdict


def opaque(f: Callable[[float], float]) -> Function:
    """Return f as a function that no node can enter."""
    return lambda x: f(float(x))


RIGHT: Cases = {
    "sin": (math.sin, math.cos, 1.0),
    "sqrt near 0": (math.sqrt, lambda x: 0.5 / math.sqrt(x), 1e-10),
    "log near 0": (math.log, lambda x: 1 / x, 1e-300),
    "a reciprocal near 0": (lambda x: 1 / x, lambda x: -1 / x**2, 1e-8),
    "asin near 1": (math.asin, lambda x: 1 / math.sqrt(1 - x * x), 1 - 1e-9),
    "scaled by 1e-8": (lambda x: 1e-8 * math.sin(x), lambda x: 1e-8 * math.cos(x), 1.0),
    "scaled by 1e300": (
        lambda x: 1e300 * math.sin(x),
        lambda x: 1e300 * math.cos(x),
        1.0,
    ),
    "near overflow": (math.exp, math.exp, 709.7),
    "a vast argument": (lambda x: x * x, lambda x: 2 * x, 1e100),
    "a tiny argument": (lambda x: x**3, lambda x: 3 * x**2, 1e-90),
    "beside a kink": (lambda x: math.fabs(x - 1e-9), lambda x: -1.0, 0.0),
    "an oscillation of 1e6": (
        lambda x: math.sin(1e6 * x),
        lambda x: 1e6 * math.cos(1e6 * x),
        0.7,
    ),
}


@pytest.mark.parametrize(("f", "df", "x"), RIGHT.values(), ids=RIGHT)
def test_a_right_claim_on_floats(f: Function, df: Function, x: float) -> None:
    """Differences pass what is right, and fail it as soon as it is off by 1e-3."""
    assert verdict(opaque(f), x, claimed=df) == "pass"
    for factor in (-1.0, 0.5, 1.001):
        assert verdict(opaque(f), x, claimed=lambda x, by=factor: by * df(x)) == "fail"


NOT_WRONG: Cases = {
    "an oscillation of 1e9": (
        lambda x: math.sin(1e9 * x),
        lambda x: 1e9 * math.cos(1e9 * x),
        0.7,
    ),
    "an oscillation of 1e15": (
        lambda x: math.sin(1e15 * x),
        lambda x: 1e15 * math.cos(1e15 * x),
        0.7,
    ),
    "an oscillation of 1e18": (
        lambda x: math.sin(1e18 * x),
        lambda x: 1e18 * math.cos(1e18 * x),
        0.7,
    ),
    "small differences of 1": (lambda x: 1 - math.cos(x), math.sin, 1e-9),
    "differences of 1": (lambda x: 1 - math.cos(x), math.sin, 1e-5),
    "cancellation": (lambda x: (1 - math.cos(x)) / x**2, lambda x: -x / 12, 1e-8),
    "cancellation of half the digits": (
        lambda x: (1 - math.cos(x)) / x**2,
        lambda x: -x / 12,
        1e-4,
    ),
    "a lost offset": (lambda x: (x + 1e8) - 1e8, lambda x: 1.0, 0.3),
    "single precision": (lambda x: float(np.float32(math.sin(x))), math.cos, 1.0),
    "a pole between floats": (math.tan, lambda x: 1 + math.tan(x) ** 2, math.pi / 2),
    "a vertical tangent": (np.cbrt, lambda x: math.inf, 0.0),
    "the edge of the domain": (math.sqrt, lambda x: math.inf, 0.0),
    "the edge of a complex power": (lambda x: x**1.5, lambda x: 1.5 * x**0.5, 0.0),
    "a step": (lambda x: float(x > 0), lambda x: 0.0, 0.0),
    "a function that is nan": (lambda x: math.nan, lambda x: 0.0, 1.0),
    "a function that raises": (lambda x: 1 / (x - 1), lambda x: 0.0, 1.0),
    "a constant": (lambda x: 5.0, lambda x: 0.0, 1.0),
    "a maximum": (math.cos, lambda x: -math.sin(x), 0.0),
    "at nan": (math.sin, math.cos, math.nan),
}


@pytest.mark.parametrize(("f", "df", "x"), NOT_WRONG.values(), ids=NOT_WRONG)
def test_differences_give_up_rather_than_guess(
    f: Function, df: Function, x: float
) -> None:
    """Where floats do not tell the slope, the true derivative is no failure."""
    assert verdict(opaque(f), x, claimed=df) != "fail"


def test_a_kink_is_not_where_the_function_is_smooth() -> None:
    """A slope between those on the sides of a kink is wrong beside the kink."""
    for distance in (1e-9, 1e-6, 1e-3):
        f = opaque(lambda x, d=distance: math.fabs(x - d))
        assert verdict(f, 0.0, claimed=lambda x: 0.5) == "fail"


def test_each_argument_of_an_opaque_function() -> None:
    """Differences go along one argument at a time; a kink is by its argument."""
    f = lambda x, y: math.hypot(x, 3.0) * math.fabs(y)  # noqa: E731
    report = check_derivative(
        f, 4.0, 0.0, claimed=lambda x, y: (0.0, 1.0), raise_on_failure=False
    )

    assert verdict(f, 4.0, 2.0, claimed=lambda x, y: (1.6, 5.0)) == "pass"
    assert verdict(f, 4.0, 2.0, claimed=lambda x, y: (1.6, 5.1)) == "fail"
    assert report.verdict == "kink"
    assert "x1" in report.reason
