"""Where a row is asked: operands drawn from its domain, the same every time.

Rows of the table have their own generators in `hostile`; of one's own row nothing is
known but its domain and kinks, and that it may raise.
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from math import isfinite, nan
from operator import contains
from random import Random

from ..domain import Interval
from ..errors import DomainError
from ..op import Op
from .hostile import hostile_operands, ordinary_operands
from .suitable import has_reference, hostile_in, window

__all__ = ["Operands", "has_reference", "hostile_points", "ordinary_points", "value_at"]

Operands = tuple[float, ...]


def value_at(op: Op, operands: Sequence[float]) -> float:
    """Return the value of a row, nan where it has none.

    >>> from autograd_core import Op
    >>> value_at(Op("inverse", lambda x: 1 / x, (lambda y, x: -y * y,)), [0.0])
    nan
    """
    try:
        return float(op.forward(*operands))
    except Exception:  # somebody's own function may raise anything
        return nan


def ordinary_points(op: Op) -> list[Operands]:
    """Draw operands of magnitude about 1 at which a row is finite and smooth."""
    if has_reference(op):
        return list(ordinary_operands(op))
    smooth = (
        operands
        for operands in islice(_drawn(op, _between), 2000)
        if isfinite(value_at(op, operands))
        and not any(abs(kink(*operands)) < 0.05 for kink in op.kinks)
    )
    found = list(islice(smooth, 6))
    if not found:
        raise DomainError(
            f"assert_laws({op!r}) found no operands in {op.domain} at which it is "
            "finite and smooth; pass some as examples=[(...), ...]"
        )
    return found


def hostile_points(op: Op) -> list[Operands]:
    """Draw operands from all over the domain, most of them where formulas break."""
    if has_reference(op):
        return Random(op.name).sample(list(hostile_operands(op)), 20)
    domain = _domain(op)
    alike = [(x,) * len(domain) for x in (0.0, 1.0, -1.0)]
    drawn = islice(_drawn(op, _anywhere), 20)
    return [x for x in alike if all(map(contains, domain, x))] + list(drawn)


def _drawn(op: Op, draw: Callable[[Random, Interval], float]) -> Iterator[Operands]:
    rng, domain = Random(op.name), _domain(op)
    while True:
        yield tuple(draw(rng, interval) for interval in domain)


def _domain(op: Op) -> tuple[Interval, ...]:
    """Return an interval for each operand, of which a row on sequences gets five."""
    count = op.arity or 5
    return (op.domain * count)[:count]


def _between(rng: Random, interval: Interval) -> float:
    low, width = window(interval)
    return rng.uniform(low, low + width)


def _anywhere(rng: Random, interval: Interval) -> float:
    hostile = hostile_in(interval)
    return rng.choice(hostile) if hostile else _between(rng, interval)
