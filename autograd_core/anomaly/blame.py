"""Which operand a number is due to.

An inf has a history: it was read from a file, or it is a quotient whose divisor was the
difference of two equal numbers. A chain follows it from the node at which somebody
noticed to where it began, by asking each node which of its operands decided.
"""

from collections.abc import Iterator, Sequence
from math import isfinite, isnan
from typing import Any

from ..domain import Interval
from ..op import Op

__all__ = ["LONGEST", "chain_to", "outside", "to_blame"]

LONGEST = 8  # nodes of a chain


def to_blame(node: Any) -> int:
    """Return the place of the operand that a node's value is most due to.

    That is the one that is not finite itself; else one outside of its domain, or that
    any other number in its place would make the value finite; else the one with the
    largest effect. Of equals it is one that was computed, or the first.
    """
    operands, parents = node.operands, node.parents
    effects = _effects(node)
    strays = outside(node.op, operands)
    decisive = set() if isfinite(node._y) else set(_decisive(node.op, operands))
    return max(
        range(len(operands)),
        key=lambda i: (
            not isfinite(operands[i]),
            i in strays,
            i in decisive,
            effects[i],
            parents[i].op is not None,
            parents[i].requires_grad,
            -i,
        ),
    )


def _effects(node: Any) -> list[float]:
    """Return how much of the value hangs on each operand, to first order."""
    operands = node.operands
    try:
        locals_ = node.op.local_derivatives([True] * len(operands), node._y, operands)
    except Exception:  # a partial of somebody's own, where it was never meant to be
        locals_ = [1.0] * len(operands)
    products = [
        0.0 if local is None else abs(x * local)
        for x, local in zip(operands, locals_, strict=True)
    ]
    return [-1.0 if isnan(product) else product for product in products]


def outside(op: Op, operands: Sequence[float]) -> list[int]:
    """Return the places of the operands that lie outside of their domain.

    An infinity lies inside of what has no bound on its side, and nan is nowhere.

    >>> from math import inf, nan
    >>> from autograd_core import log
    >>> [outside(log, [x]) for x in (-inf, -1.0, 0.0, 1.0, inf, nan)]
    [[0], [0], [0], [], [], []]
    """
    pairs = zip(operands, op.domain, strict=False)
    return [i for i, (x, interval) in enumerate(pairs) if not _within(x, interval)]


def _within(x: float, interval: Interval) -> bool:
    if isfinite(x):
        return x in interval
    return isnan(x) or x in (interval.low, interval.high)


def _decisive(op: Op, operands: Sequence[float]) -> Iterator[int]:
    """Yield the operands for which a 1 would have given a finite value."""
    if op.arity is None:
        return
    for i in range(len(operands)):
        try:
            y = op.forward(*operands[:i], 1.0, *operands[i + 1 :])
        except Exception:  # a row of somebody's own
            continue
        if isfinite(y):
            yield i


def chain_to(node: Any) -> tuple[Any, ...]:
    """Return a node and, one behind the other, what its value is most due to."""
    chain = [node]
    while chain[-1].parents and len(chain) < LONGEST:
        chain.append(chain[-1].parents[to_blame(chain[-1])])
    return tuple(chain)
