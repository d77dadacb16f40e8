"""Verdicts where a derivative has its limits: kinks, edges, poles and lost digits."""

from collections.abc import Callable
from math import inf, nan
from typing import Any

import pytest

from autograd_core import (
    abs,
    acosh,
    asin,
    atan2,
    cbrt,
    clip,
    cos,
    elu,
    exp,
    hypot,
    leaky_relu,
    lgamma,
    log,
    maximum,
    minimum,
    relu,
    sign,
    sin,
    sqrt,
    tanh,
)
from autograd_core.testing import check_derivative

Function = Callable[..., Any]
Cases = dict[str, tuple[Any, ...]]

KINKS: Cases = {
    "relu": (relu, 0.0),
    "relu at -0.0": (relu, -0.0),
    "abs": (abs, 0.0),
    "sign": (sign, 0.0),
    "leaky_relu": (leaky_relu, 0.0, 0.01),
    "elu": (lambda x: elu(x, 2.0), 0.0),
    "sqrt": (sqrt, 0.0),
    "a fractional power": (lambda x: x**0.5, 0.0),
    "cbrt": (cbrt, 0.0),
    "asin": (asin, 1.0),
    "acosh": (acosh, 1.0),
    "hypot": (hypot, 0.0, 0.0),
    "a branch cut": (atan2, 0.0, -1.0),
    "a tie of maximum": (maximum, 1.5, 1.5),
    "a tie of minimum": (minimum, -1.5, -1.5),
    "a tie with itself": (lambda x: maximum(x, 2.0 - x), 1.0),
    "clip at its end": (lambda x: clip(x, 1.0, 2.0), 1.0),
    "inside a graph": (lambda x: exp(relu(x)) * 3.0, 0.0),
    "at an operand that is not 0": (lambda x: x * abs(x - 0.3), 0.3),
    "within the rounding of its operand": (lambda x: relu(x * 3 - 0.9), 0.3),
    "two at once": (lambda x: relu(x) - relu(-x), 0.0),
}

ILL_CONDITIONED: Cases = {
    "cancellation": (lambda x: (1 - cos(x)) / x**2, 1e-8),
    "a derivative that cancels": (lambda x: sin(x) / x, 1e-200),
    "an oscillation of 1e15": (lambda x: sin(1e15 * x), 0.7),
    "an oscillation of 1e22": (lambda x: sin(1e22 * x), 0.7),
    "overflow at the root": (exp, 1000.0),
    "overflow inside": (lambda x: 1 / exp(x), 1000.0),
    "inf - inf": (lambda x: exp(x) - exp(x), 1000.0),
    "overflow in the chain rule": (
        lambda x: (x * 1e-200) * (x * 1e-200) * 1e300 * 1e300,
        1.0,
    ),
    "underflow before a pole": (lambda x: log(exp(-x)), 740.0),
    "log at 0": (log, 0.0),
    "a reciprocal at 0": (lambda x: 1 / x, 0.0),
    "0/0": (lambda x: x / x, 0.0),
    "a pole of lgamma": (lgamma, -1.0),
    "a root of -1": (sqrt, -1.0),
    "log of -1": (log, -1.0),
    "asin of 2": (asin, 2.0),
    "acosh of -2": (acosh, -2.0),
    "at nan": (sin, nan),
    "at inf": (tanh, inf),
    "a fractional power of -1": (lambda x: x**0.5, -1.0),
}


def verdict(f: Function, *x: float) -> str:
    """Return the verdict, whatever it is."""
    return check_derivative(f, *x, raise_on_failure=False).verdict


@pytest.mark.parametrize(("f", "x"), [(f, x) for f, *x in KINKS.values()], ids=KINKS)
def test_a_kink_is_called_one(f: Function, x: list[float]) -> None:
    """Where a row is not smooth the verdict is `kink`, and the reason names the row."""
    report = check_derivative(f, *x)

    assert report.verdict == "kink"
    assert "is at a kink" in report.reason


@pytest.mark.parametrize(
    ("f", "x"), [(f, x) for f, *x in ILL_CONDITIONED.values()], ids=ILL_CONDITIONED
)
def test_where_no_digits_are_left_none_are_judged(f: Function, x: list[float]) -> None:
    """Cancellation, overflow and points outside of the domain are no failures."""
    assert verdict(f, *x) == "ill_conditioned"


def test_what_is_told_of_cancellation() -> None:
    """The reason says how much of the derivative is rounding, if that is known."""
    cases = {0.7: lambda x: sin(4e12 * x), 0.0: lambda x: x * x, -1.0: lambda x: x**0.5}
    reasons = [
        check_derivative(f, x, raise_on_failure=False).reason for x, f in cases.items()
    ]

    assert not [reason for reason in reasons if "inf%" in reason or " 0%" in reason]


SMOOTH_AFTER_ALL: Cases = {
    "a kink squared": (lambda x: abs(x) * abs(x), 0.0),
    "a kink times 0": (lambda x: 0.0 * relu(x), 0.0),
    "the two halves of x": (lambda x: relu(x) - relu(-x), 0.0),
}


@pytest.mark.parametrize(
    ("f", "x"), [(f, x) for f, *x in SMOOTH_AFTER_ALL.values()], ids=SMOOTH_AFTER_ALL
)
def test_kinks_that_cancel_are_never_failures(f: Function, x: list[float]) -> None:
    """A whole that is smooth though its parts are not may be called a kink, or pass."""
    assert verdict(f, *x) in ("kink", "pass")


def test_one_step_from_a_kink_there_is_none() -> None:
    """The neighbouring floats on both sides of a kink have derivatives."""
    found = [
        check_derivative(f, x).found[0]
        for f in (abs, relu, lambda x: maximum(x, 0.0))
        for x in (-5e-324, 5e-324)
    ]

    assert found == [-1.0, 1.0, 0.0, 1.0, 0.0, 1.0]
