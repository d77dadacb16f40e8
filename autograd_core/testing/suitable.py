"""Which numbers suit an operand of a row, and which operands a row.

All that is asked of a row is its domain, which says where operands lie, and its kinks,
where it is not smooth, so a row of your own is drawn like a built-in one. Nothing is
left to chance here: strategies draw from what these functions list.
"""

from collections.abc import Callable, Sequence
from functools import cache
from itertools import islice, product
from math import ceil, inf, isfinite, log10, nan, nextafter

from ..domain import Interval
from ..errors import DomainError
from ..op import OPS, Op
from .hostile import hostile_numbers
from .references import MAX, REFERENCES

__all__ = [
    "Numbers",
    "go_to_kink",
    "has_reference",
    "hostile_in",
    "is_ordinary",
    "number",
    "numbers_in",
    "ranges_of",
    "safe_operands",
    "stay",
    "suits",
    "tie",
    "window",
]

Numbers = tuple[float, ...]

_LEAST, _NEAR, _MOST = 1e-30, 1e-3, 1e6


def has_reference(row: Op) -> bool:
    """Tell whether a row is of the table, and its true values are known."""
    return OPS.get(row.name) is row and row.name in REFERENCES


@cache
def ranges_of(row: Op, count: int) -> list[Interval | Numbers]:
    """Return where each operand may lie: an interval, or its only sensible values."""
    choices = REFERENCES[row.name].choices if has_reference(row) else {}
    domain = (row.domain * count)[:count]
    return [choices.get(i) or interval for i, interval in enumerate(domain)]


@cache
def numbers_in(where: Interval | Numbers, tame: bool = False) -> Numbers:
    """Return numbers inside, the simplest, which are short to write, first."""
    if not isinstance(where, Interval):
        return where
    low, width = window(where)
    digits = ceil(3 - log10(width)) if 0 < width < 1e300 else 0
    grid = (round(low + width * (k / 6000), digits) for k in range(6001))
    ends = (low, nextafter(low, inf), low + width / 2, where.high)
    hostile = (*hostile_numbers(), nextafter(where.high, -inf))
    inside = {x + 0.0 for x in (*grid, *ends, *hostile) if x in where}
    mild = {x for x in inside if x == 0 or _LEAST <= abs(x) <= _MOST}
    if not inside:
        raise DomainError(f"no number to draw lies in the domain {where}")
    return tuple(sorted((tame and mild) or inside, key=_simplicity))


@cache
def hostile_in(interval: Interval) -> Numbers:
    """Return numbers inside at which formulas break, the shortest to write first."""
    inside = (x for x in hostile_numbers() if x in interval)
    return tuple(sorted(inside, key=_simplicity))


def window(interval: Interval) -> tuple[float, float]:
    """Return the lowest ordinary number of the interval, and how far they reach."""
    low, high = interval.low, interval.high
    if low > -3:
        return low, min(high, low + max(3.0, abs(low)), MAX) - low
    if high < 3:
        low = max(low, high - max(3.0, abs(high)), -MAX)
        return low, high - low
    return -3.0, 6.0


def _simplicity(x: float) -> tuple[int, bool, float, bool]:
    return len(repr(abs(x))), x % 1 != 0, abs(x), x < 0


def suits(row: Op, operands: Sequence[float], avoid_kinks: bool) -> bool:
    """Tell whether operands are in the domain, and far from kinks and ends if asked."""
    ranges = ranges_of(row, len(operands))
    if not all(x in where for x, where in zip(operands, ranges, strict=True)):
        return False
    margin = min(_NEAR * max(1.0, *map(abs, operands)), 0.5)
    return not avoid_kinks or (
        all(abs(number(kink, operands)) > margin for kink in row.kinks)
        and all(
            min(x - where.low, where.high - x) >= min(margin, _NEAR * window(where)[1])
            for x, where in zip(operands, ranges, strict=True)
            if isinstance(where, Interval)
        )
    )


def is_ordinary(row: Op, operands: Sequence[float], avoid_kinks: bool) -> bool:
    """Tell whether the row can be a step here: inside its domain and of usual size."""
    y = abs(number(row.forward, operands))
    return (y == 0 or _LEAST <= y <= _MOST) and suits(row, operands, avoid_kinks)


def number(function: Callable[..., float], operands: Sequence[float]) -> float:
    """Return what a function gives, nan where it raises as those of `math` do."""
    try:
        return float(function(*operands))
    except (ArithmeticError, ValueError):
        return nan


@cache
def safe_operands(row: Op) -> Numbers:
    """Return the simplest operands at which the row is ordinary, or else finite."""
    count = row.arity or 3
    each = [numbers_in(where, tame=True) for where in ranges_of(row, count)]
    shortened = [some[: ceil(4000 ** (1 / count))] for some in each]
    grid = list(islice(product(*shortened), 10_000))
    ordinary = (xs for xs in grid if is_ordinary(row, xs, avoid_kinks=True))
    finite = (xs for xs in grid if isfinite(number(row.forward, xs)))
    found = next(ordinary, None) or next(finite, None)
    if found is None:
        raise DomainError(
            f"{row!r} cannot be drawn: it is finite at none of {len(grid)} points of "
            f"its domain, such as {grid[0]}; state its Op(domain=(Interval(...), ...))"
        )
    return found


# --- where to move an operand -------------------------------------------------------
def stay(row: Op, point: Numbers, i: int, offset: float) -> Numbers:
    """Return the point as it is."""
    return point


def tie(row: Op, point: Numbers, i: int, offset: float) -> Numbers:
    """Put operand i at the one before, or beside it."""
    return _with(point, i, point[i - 1] * (1.0 + offset))


def go_to_kink(row: Op, point: Numbers, i: int, offset: float) -> Numbers:
    """Take operand i to a kink, or beside one, by the secant method."""
    if not row.kinks:
        return point
    x, kink = point[i], row.kinks[i % len(row.kinks)]

    def along(x: float) -> float:
        return number(kink, _with(point, i, x))

    for _ in range(12):
        x = round(x, 9) if along(round(x, 9)) == 0 else x
        y, step = along(x), 1e-6 * max(1.0, abs(x))
        slope = (along(x + step) - y) / step
        if y == 0 or slope == 0 or not isfinite(slope):
            break
        x = max(-MAX, min(x - y / slope, MAX))
    return _with(point, i, x + offset * max(1.0, abs(x)))


def _with(point: Numbers, i: int, x: float) -> Numbers:
    return (*point[:i], x, *point[i + 1 :])
