"""Claimed derivatives of functions that are recorded."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from autograd_core import Value, abs, cos, exp, grad, log, maximum, sin, where
from autograd_core.errors import OperandError, ShapeError
from autograd_core.testing import DerivativeError, check_derivative

Function = Callable[..., Any]


def verdict(f: Function, *x: float, claimed: Function) -> str:
    """Return the verdict on a claim."""
    return check_derivative(f, *x, claimed=claimed, raise_on_failure=False).verdict


def of_two(x: Any, y: Any) -> Any:
    """Return a function of two numbers."""
    return sin(x) * y + x * x


def partials(x: float, y: float) -> tuple[float, float]:
    """Return its derivatives, by hand."""
    return math.cos(x) * y + 2 * x, math.sin(x)


@pytest.mark.parametrize("kind", [tuple, list, np.array, iter])
def test_a_claim_of_two_partials(kind: Function) -> None:
    """One number for each argument, in whatever they come."""
    assert verdict(of_two, 0.5, 3.0, claimed=lambda x, y: kind(partials(x, y))) == (
        "pass"
    )


@pytest.mark.parametrize("claimed", [math.cos, np.cos, cos, grad(sin)])
def test_a_claim_of_one_number(claimed: Function) -> None:
    """A bare number will do where there is one argument."""
    assert verdict(sin, 0.5, claimed=claimed) == "pass"


def test_a_value_is_a_number_too() -> None:
    """A claim may be computed with this engine."""
    assert verdict(sin, 0.5, claimed=lambda x: cos(Value(x))) == "pass"


WRONG: dict[str, Function] = {
    "sign": lambda x, y: (-math.cos(x) * y - 2 * x, math.sin(x)),
    "the first, by 1e-9": lambda x, y: (
        (math.cos(x) * y + 2 * x) * (1 + 1e-9),
        math.sin(x),
    ),
    "the second, by 1e-13": lambda x, y: (
        math.cos(x) * y + 2 * x,
        math.sin(x) * (1 + 1e-13),
    ),
    "their order": lambda x, y: partials(x, y)[::-1],
    "a term": lambda x, y: (math.cos(x) * y, math.sin(x)),
    "nan": lambda x, y: (math.nan, math.sin(x)),
    "inf": lambda x, y: (math.cos(x) * y + 2 * x, math.inf),
    "zero": lambda x, y: (0.0, 0.0),
}


@pytest.mark.parametrize("claimed", WRONG.values(), ids=WRONG)
def test_a_wrong_claim_fails(claimed: Function) -> None:
    """Of a recorded function the true derivative is known, so that 1e-13 is seen."""
    with pytest.raises(DerivativeError, match=r"^fail: the derivative by x\d is wrong"):
        check_derivative(of_two, 0.5, 3.0, claimed=claimed)


def test_a_failure_tells_the_two_numbers_and_their_distance() -> None:
    """What was claimed, what is true, and how many ULP lie between."""
    report = check_derivative(
        sin, 0.5, claimed=lambda x: -math.cos(x), raise_on_failure=False
    )
    lines = str(report).splitlines()

    assert report.fault is not None
    assert report.found == (report.fault.found,) == (-math.cos(0.5),)
    assert lines[0] == "fail: the derivative by x0 is wrong"
    assert lines[1] == "  found   -0.8775825618903728"
    assert lines[2] == "  wanted  0.8775825618903728, 1.6e+16 ULP away"


@pytest.mark.parametrize(
    ("claim", "expected"),
    [(-1.0, "kink"), (0.0, "kink"), (0.5, "kink"), (1.0, "kink"), (1.001, "fail")],
)
def test_any_slope_between_those_on_the_sides_of_a_kink(
    claim: float, expected: str
) -> None:
    """A claimed subgradient is admissible; a number beyond both slopes is not."""
    assert verdict(abs, 0.0, claimed=lambda x: claim) == expected
    assert verdict(math.fabs, 0.0, claimed=lambda x: claim) == expected
    at_one = verdict(
        lambda x: 2.0 * abs(x - 1.0) + x * x, 1.0, claimed=lambda x: 2.0 + 2.0 * claim
    )

    assert at_one == expected


def test_shares_of_a_tie() -> None:
    """A tie of `maximum` may be shared in any proportion."""
    assert verdict(maximum, 1.0, 1.0, claimed=lambda a, b: (0.3, 0.7)) == "kink"
    assert verdict(maximum, 1.0, 1.0, claimed=lambda a, b: (1.5, -0.5)) == "fail"


def test_claims_where_no_digits_are_left() -> None:
    """Nothing is known where the function cancels, overflows or is at nan."""
    lost = lambda x: (1 - cos(x)) / x**2  # noqa: E731

    assert verdict(lost, 1e-8, claimed=lambda x: -x / 12) == "ill_conditioned"
    assert verdict(exp, 1000.0, claimed=lambda x: math.inf) != "fail"
    assert verdict(sin, math.nan, claimed=lambda x: math.nan) == "ill_conditioned"


def test_a_claim_on_the_branch_that_is_taken() -> None:
    """The other branch, where the logarithm is nan, has no say."""
    f = lambda x: where(x > 0, log(x), x * x)  # noqa: E731

    assert verdict(f, -1.0, claimed=lambda x: 2 * x) == "pass"
    assert verdict(f, -1.0, claimed=lambda x: 1 / x) == "fail"


# --- misuse -------------------------------------------------------------------------
def test_a_claim_has_one_partial_for_each_argument() -> None:
    """Another count is refused, in numbers."""
    with pytest.raises(ShapeError, match="2 partial derivatives for 1 arg"):
        check_derivative(sin, 1.0, claimed=lambda x: [1.0, 2.0])
    with pytest.raises(ShapeError, match="1 partial derivatives for 2 arg"):
        check_derivative(of_two, 1.0, 2.0, claimed=lambda x, y: 1.0)


@pytest.mark.parametrize("claim", ["1", ["1"], None, [None], 1j, [1j]])
@pytest.mark.parametrize("f", [sin, math.sin])
def test_a_claim_is_made_of_numbers(f: Function, claim: Any) -> None:
    """What is no number is refused in the project's words."""
    with pytest.raises(OperandError, match=r"claimed (takes|returns)"):
        check_derivative(f, 1.0, claimed=lambda x: claim)
