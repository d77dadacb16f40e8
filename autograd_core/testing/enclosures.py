"""Intervals that hold a true value, in 50 digits.

An `Enclosure` is a pair of numbers of mpmath between which the true result lies. They
come from roundings, so they are narrow, and the image of a smooth function of narrow
intervals is found by evaluating it at their corners: what that misses is of third order
in the widths. Where an enclosure is not narrow, a check gives up rather than guess.
"""

from collections.abc import Callable, Iterable, Sequence
from itertools import product
from math import inf, isfinite, ulp
from typing import Any, NamedTuple

from .references import MAX, SMALLEST_PROMISED, mp

__all__ = [
    "EVERYTHING",
    "NOTHING",
    "Enclosure",
    "exactly",
    "hull",
    "image",
    "slack",
    "total_of",
]


class Enclosure(NamedTuple):
    """An interval of mpmath's numbers, both ends included."""

    low: Any
    high: Any

    def __contains__(self, number: Any) -> bool:
        """Tell whether a float lies inside; an infinite one where nothing is known."""
        if isinstance(number, float) and not isfinite(number):
            beyond = self.high > MAX if number > 0 else self.low < -MAX
            return self.is_unbounded or (number == number and bool(beyond))
        return bool(self.low <= number <= self.high)

    @property
    def is_unbounded(self) -> bool:
        """Whether nothing is known at one side."""
        return bool(mp.isinf(self.low) or mp.isinf(self.high))

    @property
    def magnitude(self) -> Any:
        """The largest absolute value inside."""
        if self.low is self.high:
            return abs(self.low)
        return max(abs(self.low), abs(self.high))

    @property
    def relative_width(self) -> float:
        """The width in units of the largest value, 0 where all is below 1e-290."""
        if self.is_unbounded:
            return inf
        if self.magnitude < 1e-290:
            return 0.0
        return float((self.high - self.low) / self.magnitude)

    def overlaps(self, other: "Enclosure") -> bool:
        """Tell whether two intervals have a number in common."""
        return bool(self.low <= other.high and other.low <= self.high)

    def widened(self, radius: Any) -> "Enclosure":
        """Return the interval with `radius` more on either side."""
        return Enclosure(self.low - radius, self.high + radius)

    def times(self, other: "Enclosure") -> "Enclosure":
        """Return the interval of all products; of 0 times infinity nothing is known."""
        return hull(a * b for a, b in product(self, other))


STEEP = 0.1  # a relative width that no function has on a narrow box without reason

EVERYTHING = Enclosure(-mp.inf, mp.inf)
NOTHING = Enclosure(mp.one, -mp.one)


def exactly(number: Any) -> Enclosure:
    """Return the interval of one number.

    >>> 0.5 in exactly(0.5), 0.25 in exactly(0.5)
    (True, False)
    """
    exact = mp.mpf(number)
    return Enclosure(exact, exact)


def slack(size: Any, ulps: float) -> Any:
    """Return how far a result of this size may be off that is right to some ULP."""
    if size > MAX:
        return ulps * size * mp.mpf(2) ** -52
    return ulps * mp.mpf(ulp(max(float(size), SMALLEST_PROMISED)))


def hull(numbers: Iterable[Any]) -> Enclosure:
    """Return the smallest interval that holds all the numbers."""
    known = list(numbers)
    if any(mp.isnan(number) for number in known):
        return EVERYTHING
    return Enclosure(min(known), max(known))


def total_of(parts: Sequence[Enclosure]) -> Enclosure:
    """Return the interval of all sums."""
    return Enclosure(mp.fsum(p.low for p in parts), mp.fsum(p.high for p in parts))


def image(
    function: Callable[..., Any], box: Sequence[Enclosure], *, steps: bool = False
) -> Enclosure:
    """Return the interval of a function's values on a narrow box.

    The intervals are tried one at a time and all together, up to three of them also at
    every corner. What lies between is allowed for by the second difference, unless the
    function `steps` from one side of the box to the other. Where the function cannot be
    evaluated, as beyond its domain, nothing is known.
    """
    try:
        return _image(function, box, steps)
    except (ArithmeticError, TypeError, ValueError):
        return EVERYTHING


def _image(
    function: Callable[..., Any], box: Sequence[Enclosure], steps: bool
) -> Enclosure:
    middle = [(x.low + x.high) / 2 for x in box]
    centre = _real(function(*middle))
    wide = [i for i, x in enumerate(box) if x.low != x.high]
    if not wide:
        return Enclosure(centre, centre)
    values = _at_ends(function, box, middle, wide)
    if values.relative_width > STEEP:
        around = [x.widened((x.high - x.low) / 2) for x in box]
        if _at_ends(function, around, middle, wide).magnitude < values.magnitude:
            return EVERYTHING  # it falls off outward, as from a pole
    if len(wide) > 3:
        reach = max(abs(values.low - centre), abs(values.high - centre))
        return Enclosure(centre, centre).widened(reach * len(wide))
    bend = mp.zero if steps else abs(values.low + values.high - 2 * centre)
    return hull([*values, centre]).widened(bend)


def _at_ends(
    function: Callable[..., Any],
    box: Sequence[Enclosure],
    middle: Sequence[Any],
    wide: Sequence[int],
) -> Enclosure:
    places = [*_crosses(box, middle, wide)]
    if 1 < len(wide) <= 3:
        places += _corners(box, middle, wide)
    return hull([_real(function(*x)) for x in places])


def _real(number: Any) -> Any:
    if isinstance(number, mp.mpc) or not mp.isfinite(number):
        raise ValueError("outside of the domain")
    return mp.mpf(number)


def _corners(
    box: Sequence[Enclosure], middle: Sequence[Any], wide: Sequence[int]
) -> Iterable[list[Any]]:
    for ends in product((0, 1), repeat=len(wide)):
        corner = list(middle)
        for i, end in zip(wide, ends, strict=True):
            corner[i] = box[i][end]
        yield corner


def _crosses(
    box: Sequence[Enclosure], middle: Sequence[Any], wide: Sequence[int]
) -> Iterable[list[Any]]:
    for end in (0, 1):
        for i in wide:
            yield [box[j][end] if j == i else x for j, x in enumerate(middle)]
        if len(wide) > 3:  # of fewer the corners hold these
            yield [x[end] for x in box]
