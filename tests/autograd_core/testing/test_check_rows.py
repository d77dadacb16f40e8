"""Every row of the table, judged at ordinary and at hostile points."""

import math
import random
import sys
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from expressions import (
    Step,
    distance_to_kinks,
    evaluate,
    on_references,
    on_rows,
    steps,
    steps_with,
)
from hypothesis import assume, given
from hypothesis import strategies as st

from autograd_core import OPS, NaryOp, Op
from autograd_core.testing import check_derivative
from autograd_core.testing.hostile import hostile_operands, ordinary_operands
from autograd_core.testing.references import REFERENCES, mp

Function = Callable[..., Any]

POINTS = st.lists(st.floats(-3, 3), min_size=1, max_size=2)
ROWS = pytest.mark.parametrize("row", OPS.values(), ids=OPS)


def at(row: Op, operands: Sequence[float]) -> tuple[Function, list[float]]:
    """Return the row as a function of the operands that are not choices, and those."""
    choices = REFERENCES[row.name].choices
    places = [i for i in range(len(operands)) if i not in choices]

    def f(*xs: Any) -> Any:
        filled: list[Any] = list(operands)
        for i, x in zip(places, xs, strict=True):
            filled[i] = x
        if row.name == "dot":
            n = len(filled) // 2
            return row(filled[:n], filled[n : 2 * n], filled[2 * n])
        return row(filled) if isinstance(row, NaryOp) else row(*filled)

    return f, [operands[i] for i in places]


# --- every row ----------------------------------------------------------------------
@ROWS
@pytest.mark.parametrize("order", [1, 2])
def test_a_row_passes_at_ordinary_points(row: Op, order: int) -> None:
    """Away from kinks and ends of the domain nothing but `pass` is said."""
    for operands in ordinary_operands(row):
        f, x = at(row, operands)
        assert check_derivative(f, *x, order=order).verdict == "pass"


@ROWS
def test_a_row_never_fails_at_hostile_points(row: Op) -> None:
    """Tails, subnormals and neighbours of zeros and poles raise no false alarm."""
    points = [x for x in hostile_operands(row) if len(x) <= 9]
    if row.name == "dot":
        points = [x for x in points if len(x) % 2]
    verdicts = []
    for operands in random.Random(row.name).sample(points, min(60, len(points))):
        f, x = at(row, operands)
        verdicts.append(check_derivative(f, *x).verdict)

    assert verdicts.count("pass") > len(verdicts) / 2


@ROWS
def test_nor_does_its_second_derivative(row: Op) -> None:
    """At order 2 the chain rule may overflow between floats that do not: no failure."""
    points = [x for x in hostile_operands(row) if len(x) <= 5]
    if row.name == "dot":
        points = [x for x in points if len(x) % 2]
    for operands in random.Random(row.name).sample(points, min(15, len(points))):
        f, x = at(row, operands)
        assert check_derivative(f, *x, order=2).verdict != "fail"


OUTSIDE = {
    "acosh": [(-1.5,), (0.5,)],
    "asin": [(2.0,), (-1e300,)],
    "atanh": [(1.0,), (3.0,), (-2.0,)],
    "digamma": [(0.0,), (-3.0,), (-1e17,)],
    "log": [(-0.0,), (-5e-324,), (-1e300,)],
    "log1p": [(-1.0,), (-2.0,)],
    "log10": [(-7.0,)],
    "polygamma": [(1.0, -1.5), (2.0, -0.3), (4.0, -2.7), (1.0, 0.0), (2.0, -2.0)],
    "power": [
        *[(-2.0, 3.0), (-2.0, 0.5), (-1e200, 2.0), (-0.5, -1075.0)],
        *[(0.0, 0.0), (0.0, 3.0), (0.0, -1.0), (-0.0, 1.0), (0.0, 0.5)],
    ],
    "sqrt": [(-1.0,), (-0.0,)],
}


@pytest.mark.parametrize("name", OUTSIDE)
def test_a_row_never_fails_outside_of_its_domain(name: str) -> None:
    """Beyond its domain a row is nan, or what continues it; neither is a failure."""
    for operands in OUTSIDE[name]:
        f, x = at(OPS[name], operands)
        assert check_derivative(f, *x).verdict != "fail"


@ROWS
def test_a_row_never_fails_where_anything_is_infinite(row: Op) -> None:
    """An infinite or nan operand leaves nothing to judge, and raises nothing."""
    count = 5 if isinstance(row, NaryOp) else len(row.partials)
    for special in (math.inf, -math.inf, math.nan, sys.float_info.max):
        f, x = at(row, [1.0] * (count - 1) + [special])
        assert check_derivative(f, *x).verdict != "fail"


# --- random expressions -------------------------------------------------------------
def composed(drawn: Sequence[Step]) -> Function:
    """Return a random expression as a function of Values."""
    return lambda *xs: evaluate(drawn, xs, on_rows)[-1]


def true_gradient(drawn: Sequence[Step], x: Sequence[float]) -> list[Any]:
    """Differentiate an expression of the references, knowing nothing of graphs."""

    def along(i: int) -> Function:
        return lambda t: evaluate(
            drawn, [t if i == j else mp.mpf(y) for j, y in enumerate(x)], on_references
        )[-1]

    return [mp.diff(along(i), mp.mpf(y)) for i, y in enumerate(x)]


@given(steps(max_size=4), POINTS)
def test_a_right_engine_never_fails(drawn: list[Step], x: list[float]) -> None:
    """No expression of rows is reported, on kinks or off them."""
    assert check_derivative(composed(drawn), *x).verdict != "fail"


@given(st.sampled_from(sorted(OPS)).flatmap(steps_with), POINTS)
def test_nor_at_the_second_order(drawn: list[Step], x: list[float]) -> None:
    """Nor are the derivatives of its derivatives."""
    report = check_derivative(composed(drawn), *x, order=2)

    assert report.verdict != "fail"


@given(steps(max_size=4), POINTS)
def test_the_enclosure_holds_the_true_gradient(
    drawn: list[Step], x: list[float]
) -> None:
    """What mpmath finds by differences in 50 digits lies inside, and so do we."""
    assume(distance_to_kinks(drawn, x) > 1e-3)
    report = check_derivative(composed(drawn), *x)

    for true, enclosure in zip(true_gradient(drawn, x), report.wanted, strict=True):
        holding = enclosure.widened((1 + abs(true)) * mp.mpf(10) ** -40)  # mp.diff's
        assert holding.low <= true <= holding.high


@given(steps(max_size=4), POINTS, st.sampled_from([-1.0, 0.5, 1 + 1e-9]))
def test_a_wrong_claim_never_passes(
    drawn: list[Step], x: list[float], factor: float
) -> None:
    """A gradient off by 1e-9 is a failure wherever the true one is known to 1e-10."""
    f = composed(drawn)
    right = check_derivative(f, *x)
    known = [e.relative_width < 1e-10 and e.magnitude > 1e-280 for e in right.wanted]
    assume(right.verdict == "pass" and any(known))
    claim = [y * factor if k else y for y, k in zip(right.found, known, strict=True)]
    report = check_derivative(f, *x, claimed=lambda *_: claim, raise_on_failure=False)

    assert report.verdict == "fail"
