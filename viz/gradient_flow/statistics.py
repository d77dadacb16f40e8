"""Mean, spread and norm of many numbers, whatever their size."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

__all__ = ["Statistics", "norm", "statistics"]


@dataclass(frozen=True, slots=True)
class Statistics:
    """What `count` numbers are like: those that are finite, and how many are not.

    `std` is that of the numbers themselves (divisor n), `norm` the root of the sum of
    their squares. All three are nan where no number is finite.
    """

    count: int
    mean: float
    std: float
    norm: float
    non_finite: int


def statistics(numbers: Iterable[float]) -> Statistics | None:
    """Describe some numbers; None where there are none.

    >>> statistics([0.0, 8.0, float("inf")])
    Statistics(count=3, mean=4.0, std=4.0, norm=8.0, non_finite=1)
    """
    every = list(numbers)
    if not every:
        return None
    finite = [x for x in every if math.isfinite(x)]
    non_finite = len(every) - len(finite)
    if not finite:
        return Statistics(len(every), math.nan, math.nan, math.nan, non_finite)
    # sums of the numbers as they are could overflow
    scale = max(map(abs, finite)) or 1.0
    mean = math.fsum(x / scale for x in finite) / len(finite)
    spread = norm(x / scale - mean for x in finite) / math.sqrt(len(finite))
    return Statistics(
        len(every), scale * mean, scale * spread, norm(finite), non_finite
    )


def norm(numbers: Iterable[float]) -> float:
    """Return the Euclidean norm, without overflow on the way.

    >>> norm([3e300, 4e300])
    5e+300
    """
    return math.hypot(*numbers)
