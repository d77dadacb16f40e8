"""Where an operand may lie.

A row's domain is one `Interval` per operand, inside which the operation is defined;
strategies draw from it, and tests walk up to its ends. The intervals that the table
uses have names.
"""

from math import inf
from typing import NamedTuple

__all__ = [
    "ABOVE_MINUS_ONE",
    "FROM_ONE",
    "NOT_NEGATIVE",
    "OPEN_UNIT",
    "POSITIVE",
    "REALS",
    "UNIT",
    "Interval",
]


class Interval(NamedTuple):
    """Where an operand may lie: from `low` to `high`, the ends included or not."""

    low: float = -inf
    high: float = inf
    includes_low: bool = False
    includes_high: bool = False

    def __contains__(self, x: object) -> bool:
        """Tell whether the number x lies inside.

        >>> 0.0 in Interval(0.0, inf), 0.0 in Interval(0.0, inf, includes_low=True)
        (False, True)
        """
        if not isinstance(x, float | int):
            return False
        return (
            self.low < x < self.high
            or (self.includes_low and x == self.low)
            or (self.includes_high and x == self.high)
        )


REALS = Interval()
POSITIVE = Interval(0.0, inf)
NOT_NEGATIVE = Interval(0.0, inf, includes_low=True)
UNIT = Interval(-1.0, 1.0, includes_low=True, includes_high=True)
OPEN_UNIT = Interval(-1.0, 1.0)
ABOVE_MINUS_ONE = Interval(-1.0, inf)
FROM_ONE = Interval(1.0, inf, includes_low=True)
