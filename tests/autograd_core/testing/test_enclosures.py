"""Intervals that hold a true value."""

import math
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd_core.testing.enclosures import (
    EVERYTHING,
    Enclosure,
    exactly,
    hull,
    image,
    slack,
    total_of,
)
from autograd_core.testing.references import MAX, mp

NUMBERS = st.floats(-1e6, 1e6)
PAIRS = st.tuples(NUMBERS, NUMBERS).map(sorted)


def between(low: float, high: float) -> Enclosure:
    """Return the interval from one float to another."""
    return Enclosure(mp.mpf(low), mp.mpf(high))


def around(x: float, radius: float) -> Enclosure:
    """Return the interval around a float, without rounding."""
    return exactly(x).widened(mp.mpf(radius))


# --- intervals ----------------------------------------------------------------------
def test_an_interval_holds_its_ends_and_what_lies_between() -> None:
    """Floats are compared without rounding them or the ends."""
    third = Enclosure(mp.mpf(1) / 3, mp.mpf(1) / 3)

    assert -1.0 in between(-1, 2)
    assert 2.0 in between(-1, 2)
    assert 0.5 in between(-1, 2)
    assert math.nextafter(2.0, 3.0) not in between(-1, 2)
    assert 1 / 3 not in third
    assert 1 / 3 in third.widened(mp.mpf(2) ** -54)


@pytest.mark.parametrize("number", [math.inf, -math.inf, math.nan])
def test_what_is_not_finite_lies_where_nothing_is_known(number: float) -> None:
    """In everything; not in an interval of ordinary numbers."""
    assert number in EVERYTHING
    assert number not in between(-1e308, 1e308)


def test_infinity_stands_for_what_no_float_can_be() -> None:
    """An infinite float is right where the true number is beyond the largest."""
    vast = exactly(MAX).times(exactly(2.0))

    assert math.inf in vast
    assert -math.inf not in vast
    assert math.nan not in vast
    assert -math.inf in vast.times(exactly(-1.0))
    assert MAX not in vast


def test_what_is_unbounded() -> None:
    """At one side or at both."""
    half = Enclosure(mp.mpf(0), mp.inf)

    assert [e.is_unbounded for e in (EVERYTHING, half, between(0, 1))] == [
        *(True, True, False)
    ]
    assert half.relative_width == math.inf
    assert -5.0 not in half


def test_a_width_is_relative_to_the_larger_end() -> None:
    """It is 0 where all is below what floats can tell."""
    assert between(3, 4).relative_width == 0.25
    assert between(-4, 4).relative_width == 2.0
    assert exactly(0.0).relative_width == 0.0
    assert between(1e-300, 1e-299).relative_width == 0.0
    assert between(-4, 3).magnitude == 4


@given(PAIRS, PAIRS, st.floats(0, 1), st.floats(0, 1))
def test_products_lie_in_the_product(
    a: list[float], b: list[float], s: float, t: float
) -> None:
    """Of any two numbers of two intervals."""
    x = mp.mpf(a[0]) + mp.mpf(s) * (mp.mpf(a[1]) - mp.mpf(a[0]))
    y = mp.mpf(b[0]) + mp.mpf(t) * (mp.mpf(b[1]) - mp.mpf(b[0]))
    low, high = between(*a).times(between(*b))

    assert low <= x * y <= high
    assert (low, high) == between(*b).times(between(*a))


def test_nothing_is_known_of_zero_times_everything() -> None:
    """An unknown number may be infinite, and 0 times that is nan among floats."""
    assert exactly(0.0).times(EVERYTHING) == EVERYTHING
    assert exactly(-2.0).times(Enclosure(mp.mpf(1), mp.inf)) == (-mp.inf, -2)


@given(st.lists(PAIRS, min_size=1, max_size=5), st.floats(0, 1))
def test_sums_lie_in_the_total(parts: list[list[float]], t: float) -> None:
    """Of one number from each interval; the ends are not rounded."""
    numbers = [mp.mpf(a) + mp.mpf(t) * (mp.mpf(b) - mp.mpf(a)) for a, b in parts]
    low, high = total_of([between(*part) for part in parts])

    assert low - mp.mpf(10) ** -40 <= mp.fsum(numbers) <= high + mp.mpf(10) ** -40
    assert (low, high) == (mp.fsum(a for a, _ in parts), mp.fsum(b for _, b in parts))


def test_a_hull_holds_all_the_numbers() -> None:
    """And nothing is known of numbers one of which is nan."""
    assert hull([mp.mpf(2), mp.mpf(-1), mp.mpf(0)]) == (-1, 2)
    assert hull([mp.mpf(2), mp.nan, mp.mpf(0)]) == EVERYTHING


def test_slack_is_counted_in_units_in_the_last_place() -> None:
    """Of the size; of the largest float for what is larger, and of 1e-300 below it."""
    assert slack(mp.mpf(1), 4) == mp.mpf(2) ** -50
    assert slack(mp.mpf(10) ** 400, 1) == mp.mpf(10) ** 400 * mp.mpf(2) ** -52
    assert slack(mp.mpf(0), 1) == slack(mp.mpf(10) ** -320, 1) == math.ulp(1e-300)
    assert slack(mp.mpf(1), 0) == 0


# --- images -------------------------------------------------------------------------
FUNCTIONS: dict[str, tuple[Callable[..., Any], list[float]]] = {
    "monotone": (mp.exp, [1.5]),
    "falling": (lambda x: 1 / x, [0.3]),
    "at a minimum": (lambda x: x * x, [0.0]),
    "near a minimum": (lambda x: x * x, [1e-9]),
    "at a maximum": (mp.cos, [0.0]),
    "near an inflection": (lambda x: x**3 - x, [0.5773502691896258]),
    "oscillating": (lambda x: mp.sin(1000 * x), [0.7]),
    "constant": (lambda x: mp.mpf(5), [2.0]),
    "a product": (lambda a, b: a * b, [1.5, -2.5]),
    "a product at 0": (lambda a, b: a * b, [0.0, 0.0]),
    "a saddle": (lambda a, b: a * a - b * b, [0.0, 0.0]),
    "a quotient": (lambda a, b: a / b, [1.5, -2.5]),
    "of three": (lambda a, b, c: a * b + mp.sin(c) * a, [1.5, 2.5, 3.5]),
    "of five": (lambda *xs: mp.fsum(x * x for x in xs), [1.5, 2.5, -3.5, 0.5, 4.5]),
    "a product of five": (lambda *xs: mp.fprod(xs), [1.5, 2.5, -3.5, 0.5, 4.5]),
}
TENTHS = st.lists(st.integers(-10, 10), min_size=5, max_size=5)


@pytest.mark.parametrize(("f", "x"), FUNCTIONS.values(), ids=FUNCTIONS)
@pytest.mark.parametrize("radius", [1e-16, 1e-9, 1e-5])
@given(TENTHS)
def test_an_image_holds_every_value(
    f: Callable[..., Any], x: list[float], radius: float, tenths: list[int]
) -> None:
    """At the corners of the box, at its middle, and anywhere between them."""
    low, high = image(f, [around(y, radius) for y in x])
    point = [
        mp.mpf(y) + mp.mpf(radius) * t / 10 for y, t in zip(x, tenths, strict=False)
    ]

    assert low <= f(*point) <= high


def test_an_image_is_narrow() -> None:
    """It is little wider than it must be."""
    low, high = image(mp.exp, [around(1.0, 1e-12)])

    assert (high - low) / (2 * mp.e * mp.mpf(1e-12)) == pytest.approx(1, rel=1e-6)


def test_an_image_of_points_is_a_point() -> None:
    """Where no operand is uncertain, neither is the value."""
    assert image(lambda a, b: a / b, [exactly(1.0), exactly(3.0)]) == (
        *(mp.mpf(1) / 3, mp.mpf(1) / 3),
    )


def test_an_image_of_steps_has_no_more_than_the_steps() -> None:
    """Across a step the two sides are all there is; else a bend is allowed for."""
    step = lambda x: mp.mpf(x > 0)  # noqa: E731

    assert image(step, [around(0.0, 1e-9)], steps=True) == (0, 1)
    wide = image(step, [around(0.0, 1e-9)])
    assert wide.low <= 0 <= 1 <= wide.high


UNKNOWN: dict[str, tuple[Callable[..., Any], float]] = {
    "a root of -1": (mp.sqrt, -1.0),
    "log of -1": (mp.log, -1.0),
    "a pole": (lambda x: 1 / x, 0.0),
    "nan": (lambda x: mp.nan, 1.0),
    "nan in the middle": (lambda x: x if x else mp.nan, 0.0),
    "no number": (lambda x: None, 1.0),
    "an error": (lambda x: mp.mpf(math.log(-x)), 1.0),
}


@pytest.mark.parametrize(("f", "x"), UNKNOWN.values(), ids=UNKNOWN)
@pytest.mark.parametrize("radius", [0.0, 1e-9])
def test_beyond_the_domain_nothing_is_known(
    f: Callable[..., Any], x: float, radius: float
) -> None:
    """A complex value, a pole, a nan or no number at all: anything may be true."""
    assert image(f, [around(x, radius)]) == EVERYTHING


def test_at_the_edge_of_the_domain_nothing_is_known() -> None:
    """As soon as one end of a box lies beyond it."""
    assert image(mp.sqrt, [around(0.0, 1e-30)]) == EVERYTHING
    assert image(mp.log, [around(1e-9, 2e-9)]) == EVERYTHING
    assert not image(mp.log, [around(1e-9, 5e-10)]).is_unbounded


@pytest.mark.parametrize("shift", [0.0, 0.3, -0.9])
@pytest.mark.parametrize("pole", [lambda x: 1 / x, lambda x: -1 / x**2, mp.cot])
def test_around_a_pole_nothing_is_known(
    pole: Callable[[Any], Any], shift: float
) -> None:
    """The ends of an interval tell nothing of what is beyond all bounds between."""
    radius = 1e-16

    assert image(pole, [around(shift * radius, radius)]) == EVERYTHING
    assert not image(pole, [around(10 * radius, radius)]).is_unbounded


@pytest.mark.parametrize("shift", [0.0, 0.3, -1.0])
@pytest.mark.parametrize("f", [lambda x: x**2, lambda x: x**3, mp.sin, abs])
def test_a_zero_is_no_pole(f: Callable[[Any], Any], shift: float) -> None:
    """However much a function varies around its zero, it is small there."""
    radius = mp.mpf(10) ** -16

    assert image(f, [around(shift * radius, radius)]).magnitude < 10 * radius


def test_a_difference_of_intervals_is_no_pole() -> None:
    """Of several intervals, the same corners are compared."""
    box = [around(1.0, 1e-16), around(1.0, 2e-16)]

    assert float(image(lambda a, b: a - b, box).high) == pytest.approx(3e-16, rel=1e-3)
