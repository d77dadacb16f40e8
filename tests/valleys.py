"""Functions that minimisers are measured by, with their starts and minima.

Moré, Garbow and Hillstrom (1981), "Testing unconstrained optimization software",
give them with these starts.
"""

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

__all__ = ["VALLEYS", "Valley", "beale", "powell", "rosenbrock", "wood"]


def rosenbrock(p: Sequence[Any]) -> Any:
    """Rosenbrock's valley (1960), chained over neighbours."""
    return sum(100 * (b - a * a) ** 2 + (1 - a) ** 2 for a, b in pairwise(p))


def wood(p: Sequence[Any]) -> Any:
    """Wood's function (Colville 1968), with a saddle near its start."""
    a, b, c, d = p
    valleys = 100 * (b - a * a) ** 2 + (1 - a) ** 2 + 90 * (d - c * c) ** 2
    return valleys + (1 - c) ** 2 + 10 * (b + d - 2) ** 2 + (b - d) ** 2 / 10


def powell(p: Sequence[Any]) -> Any:
    """Powell's function (1962), whose Hessian is singular at the minimum."""
    a, b, c, d = p
    return (a + 10 * b) ** 2 + 5 * (c - d) ** 2 + (b - 2 * c) ** 4 + 10 * (a - d) ** 4


def beale(p: Sequence[Any]) -> Any:
    """Beale's function (1958), whose Hessian at (0, 2) is not definite."""
    x, y = p
    targets = [(1.5, y), (2.25, y * y), (2.625, y * y * y)]
    return sum((target - x * (1 - power)) ** 2 for target, power in targets)


class Valley(NamedTuple):
    """A function, a start, and the minimum that descent from there finds."""

    f: Callable[[Sequence[Any]], Any]
    start: list[float]
    minimum: list[float]


VALLEYS = {
    "rosenbrock 2": Valley(rosenbrock, [-1.2, 1.0], [1.0] * 2),
    "rosenbrock 10": Valley(rosenbrock, [-1.2, 1.0] * 5, [1.0] * 10),
    "wood": Valley(wood, [-3.0, -1.0, -3.0, -1.0], [1.0] * 4),
    "powell": Valley(powell, [3.0, -1.0, 0.0, 1.0], [0.0] * 4),
    "beale": Valley(beale, [1.0, 1.0], [3.0, 0.5]),
}
