"""Rows of one's own: judged in 50 digits where they allow it, else by differences."""

import math
from collections.abc import Callable
from typing import Any

import pytest

from autograd_core import (
    NaryOp,
    Op,
    Value,
    cos,
    custom_op,
    exp,
    sigmoid,
    sin,
    tanh,
    total,
)
from autograd_core.testing import DerivativeError, Report, check_derivative

Function = Callable[..., Any]

SIGN = lambda y, x: 1.0 if x > 0 else -1.0  # noqa: E731
AT_ZERO = (lambda x: x,)


def report(f: Function, *x: float, order: int = 1) -> Report:
    """Return the report, whatever it says."""
    return check_derivative(f, *x, order=order, raise_on_failure=False)


def square(partial: Function) -> Op:
    """Return a row in plain arithmetic."""
    return Op("square", lambda x: x * x, (partial,))


def sine(partial: Function) -> Op:
    """Return a row that takes nothing but floats."""
    return Op("sine", math.sin, (partial,))


@custom_op(lambda y, a, b: b * b, lambda y, a, b: 2 * a * b)
def scaled_square(a: Any, b: Any) -> Any:
    """Return a·b²."""
    return a * b * b


RIGHT: dict[str, tuple[Any, ...]] = {
    "arithmetic": (square(lambda y, x: 2 * x), 3.0),
    "arithmetic at 0": (square(lambda y, x: 2 * x), 0.0),
    "two operands": (scaled_square, 2.0, 3.0),
    "floats only": (sine(lambda y, x: cos(x)), 1.0),
    "floats only, far out": (sine(lambda y, x: cos(x)), 1e6),
    "floats only, near an edge": (Op("ln", math.log, (lambda y, x: 1 / x,)), 1e-10),
    "inside a graph": (lambda x: sine(lambda y, x: cos(x))(x * 3.0) * exp(x), 1.0),
    "defined by rows": (
        Op("halved", lambda x: math.tanh(x / 2), (lambda y, x: 0.5 * (1 - y * y),),
           definition=lambda x: tanh(0.5 * x)),
        1.5,
    ),
    "a sequence": (
        lambda *xs: NaryOp("norm", lambda *xs: sum(x * x for x in xs),
                           lambda y, *xs: [2.0 * x for x in xs])(xs),
        *(1.0, -2.0, 3.0),
    ),
    "a sequence of floats": (
        lambda *xs: NaryOp("norm", lambda *xs: math.fsum(x * x for x in xs),
                           lambda y, *xs: [2.0 * x for x in xs])(xs),
        *(1.0, -2.0, 3.0),
    ),
    "a sequence defined by rows": (
        lambda *xs: NaryOp("norm", lambda *xs: math.fsum(x * x for x in xs),
                           lambda y, *xs: [2.0 * x for x in xs],
                           definition=lambda *xs: total([x * x for x in xs]))(xs),
        *(1.0, -2.0, 3.0),
    ),
    "a branch": (Op("size", lambda x: x if x > 0 else -x, (SIGN,)), -2.0),
}  # fmt: skip


@pytest.mark.parametrize(("f", "x"), [(f, x) for f, *x in RIGHT.values()], ids=RIGHT)
def test_a_right_row_passes(f: Function, x: list[float]) -> None:
    """Whichever judge there is, what is right passes."""
    assert report(f, *x).verdict == "pass"


WRONG_SQUARES: dict[str, Function] = {
    "a factor": lambda y, x: 3 * x,
    "a sign": lambda y, x: -2 * x,
    "1e-9": lambda y, x: 2 * x * (1 + 1e-9),
    "1e-13": lambda y, x: 2 * x * (1 + 1e-13),
    "an offset": lambda y, x: 2 * x + 1e-12,
    "the output": lambda y, x: 2 * y,
    "zero": lambda y, x: 0.0,
    "nan": lambda y, x: math.nan,
    "inf": lambda y, x: math.inf,
}


@pytest.mark.parametrize("partial", WRONG_SQUARES.values(), ids=WRONG_SQUARES)
def test_a_wrong_row_of_arithmetic_fails(partial: Function) -> None:
    """Its own formula in 50 digits tells what is true; the row is named."""
    found = report(lambda x: sin(square(partial)(x)), 3.0)

    assert found.verdict == "fail"
    assert found.reason == "the local derivative by operand 0 of square is wrong"
    assert "node    square(3.0)" in str(found)
    assert "try     check_derivative(square, 3.0)" in str(found)


@pytest.mark.parametrize("x", [1e-300, 1e-100, 1e-50, 1e30, 1e50, 1e100, 1e150])
def test_arithmetic_is_judged_at_any_scale(x: float) -> None:
    """The step of the difference in 50 digits is small against any operand."""
    inverse = Op("inverse", lambda x: 1 / x, (lambda y, x: -1 / x / x,))
    wrong = Op("inverse", lambda x: 1 / x, (lambda y, x: -1.001 / x / x,))
    shifted = Op("shifted", lambda x: (1 + x) ** 2, (lambda y, x: 2 * (1 + x),))

    assert report(square(lambda y, x: 2 * x), x).verdict == "pass"
    assert report(shifted, x).verdict == "pass"
    if 1e-150 < x < 1e140:
        assert report(inverse, x).verdict == "pass"
        assert report(wrong, x).verdict == "fail"


def test_a_wrong_row_of_two_operands_fails_by_the_wrong_one() -> None:
    """The operand whose partial is wrong is named, and no other."""
    forward, (by_a, by_b) = scaled_square.forward, scaled_square.partials
    swapped = Op("swapped", forward, (by_b, by_a))
    second = Op("second", forward, (by_a, lambda y, a, b: 2 * b))

    assert "operand 0 of swapped" in report(swapped, 2.0, 3.0).reason
    assert "operand 1 of second" in report(second, 2.0, 3.0).reason


@pytest.mark.parametrize(
    "partial",
    [
        lambda y, x: -cos(x),
        lambda y, x: cos(x) * (1 + 1e-5),
        lambda y, x: y,
        lambda y, x: 0.0,
        lambda y, x: math.nan,
    ],
)
def test_a_wrong_row_of_floats_fails(partial: Function) -> None:
    """Differences see what is off by a hundred-thousandth."""
    assert report(sine(partial), 1.0).verdict == "fail"
    assert report(lambda x: sine(partial)(x * 0.5) * x, 2.0).verdict == "fail"


def test_a_wrong_row_with_a_definition_fails() -> None:
    """The definition judges as sharply as arithmetic does."""
    row = Op("halved", lambda x: math.tanh(x / 2),
             (lambda y, x: 0.5 * (1 - y * y) * (1 + 1e-9),),
             definition=lambda x: tanh(0.5 * x))  # fmt: skip

    assert "operand 0 of halved" in report(row, 1.5).reason


def test_a_value_that_contradicts_the_definition_fails() -> None:
    """The two say different things, so one of them is wrong."""
    row = Op("halved", lambda x: math.tanh(x / 3), (lambda y, x: sigmoid(x),),
             definition=lambda x: tanh(0.5 * x))  # fmt: skip

    assert report(row, 1.5).verdict == "fail"


def test_rounding_that_a_formula_cannot_help_is_no_failure() -> None:
    """3x² - 1 has no digits near its zero, and nobody promised any."""
    cubic = Op("cubic", lambda x: x * x * x - x, (lambda y, x: 3 * x * x - 1,))
    zero = 0.5773502691896258

    for x in (zero, math.nextafter(zero, 0), math.nextafter(zero, 1), 0.57735, -zero):
        assert report(cubic, x).verdict in ("pass", "ill_conditioned")
    assert report(cubic, 0.5).verdict == "pass"


def test_a_wrong_formula_near_its_zero_is_still_one() -> None:
    """3x² - 1 + 1e-9 is not excused by the rounding that there is."""
    cubic = Op("cubic", lambda x: x * x * x - x, (lambda y, x: 3 * x * x - 1 + 1e-9,))

    assert report(cubic, 0.5773502691896258).verdict == "fail"


# --- kinks --------------------------------------------------------------------------
@pytest.mark.parametrize("forward", [math.fabs, lambda x: x if x > 0 else -x])
def test_a_kink_that_a_row_states(forward: Function) -> None:
    """Any slope between the two sides is admissible there, and no other."""
    for slope, verdict in ((-1.0, "kink"), (0.0, "kink"), (1.0, "kink"), (2.0, "fail")):
        row = Op("size", forward, (lambda y, x, s=slope: s,), kinks=AT_ZERO)
        assert report(row, 0.0).verdict == verdict
    right = Op("size", forward, (SIGN,), kinks=AT_ZERO)

    assert report(lambda x: right(x - 2.0) * x, 2.0).verdict == "kink"
    assert report(right, 1e-6).verdict == "pass"


def test_steps_are_never_failures_where_they_are_flat() -> None:
    """The floor has slope 0 wherever it has one."""
    floor = Op("floor", lambda x: float(math.floor(x)), (lambda y, x: 0.0,))

    assert report(floor, 2.5).verdict != "fail"
    assert report(floor, 2.0).verdict != "fail"


# --- what else a row may do ---------------------------------------------------------
def test_a_partial_that_is_an_int_is_a_number() -> None:
    """Numbers of any kind are numbers."""
    assert report(square(lambda y, x: int(2 * x)), 3.0).verdict == "pass"


def test_errors_of_a_row_are_its_own() -> None:
    """What a partial or a value raises comes out as it is."""
    with pytest.raises(ZeroDivisionError):
        report(square(lambda y, x: 1 // 0), 3.0)
    with pytest.raises(ValueError, match="math domain error"):
        report(Op("ln", math.log, (lambda y, x: 1 / x,)), 0.0)


def test_a_row_need_not_be_in_the_table() -> None:
    """Nor may a row of one's own hide behind the name of a row of the table."""
    mine = Op("tanh", lambda x: x * x, (lambda y, x: 2 * x,))
    wrong = Op("tanh", math.tanh, (lambda y, x: 1.0 + 0.0 * y,))

    assert report(mine, 3.0).verdict == "pass"
    assert report(wrong, 0.5).verdict == "fail"


def test_a_row_without_a_judge_still_has_a_chain_rule() -> None:
    """Around an opaque row everything else is judged as sharply as ever."""
    row = sine(lambda y, x: cos(x))
    f = lambda x: row(x) + Value(2.0) * x * x  # noqa: E731

    assert report(f, 1.0).verdict == "pass"
    with pytest.raises(DerivativeError):
        check_derivative(f, 1.0, claimed=lambda x: math.cos(x) + 4.001 * x)
