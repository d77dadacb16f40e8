"""Intervals: where an operand may lie."""

import math

from hypothesis import given
from hypothesis import strategies as st

from autograd_core import Interval


def test_intervals_know_their_ends() -> None:
    """An end belongs to an interval only if it says so; nan never does."""
    half = Interval(0.0, 1.0, includes_low=True)

    assert 0.0 in half
    assert 1.0 not in half
    assert -5e-324 not in half
    assert math.nan not in Interval()
    assert math.inf not in Interval()
    assert "0.5" not in half


@given(st.floats(), st.floats(), st.floats())
def test_an_interval_is_what_lies_between(x: float, low: float, high: float) -> None:
    """Both ends open, an interval holds what is above one and below the other."""
    assert (x in Interval(low, high)) == (low < x < high)
    closed = Interval(low, high, includes_low=True, includes_high=True)
    assert (x in closed) == (low < x < high or x in (low, high))


def test_the_default_is_every_finite_number() -> None:
    """An interval of no arguments is the real line."""
    assert 1e308 in Interval()
    assert -1e308 in Interval()
    assert Interval() == (-math.inf, math.inf, False, False)
