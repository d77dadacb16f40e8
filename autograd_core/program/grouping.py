"""Operations of one kind that do not hang on each other, side by side.

The level of a place is the length of the longest way to it from an input. What is on
one level can be computed at once: a group holds the places of one operation on one
level, and becomes a few array operations, however many places it has.
"""

from dataclasses import dataclass
from typing import Any

from ..op import OPS, Op
from .instructions import Instructions

__all__ = ["Group", "groups"]

FILLED = 2.5  # how many times as long sequences may become by padding

RAGGED = {"dot", "logsumexp", "mean", "total"}  # rows that know how to be padded


@dataclass(frozen=True)
class Group:
    """Places of one operation on one level; `flows` if gradients go through them."""

    op: Op
    flows: bool
    places: list[int]


def groups(code: Instructions) -> list[Group]:
    """Return the groups of a program in an order in which they can be computed.

    >>> from autograd_core import Value, tanh, topological_order
    >>> from autograd_core.program.instructions import of_nodes
    >>> xs = [Value(1.0), Value(2.0)]
    >>> ys = [tanh(x * x) for x in xs]
    >>> code = of_nodes(topological_order(*ys), xs, ys)
    >>> [(group.op.name, len(group.places)) for group in groups(code)]
    [('mul', 2), ('tanh', 2)]
    """
    levels = [0] * len(code.ops)
    found: dict[tuple[Any, ...], list[int]] = {}
    for place, op in enumerate(code.ops):
        if op is None:
            continue
        operands = code.operands[place]
        level = levels[place] = 1 + max([levels[i] for i in operands], default=0)
        alike = len(operands) if op.arity is None and not _may_be_ragged(op) else 0
        key = (level, op, alike, code.flows[place])
        found.setdefault(key, []).append(place)
    kinds = sorted(found.items(), key=lambda item: (item[0][0], item[1][0]))
    return [
        Group(op, flows, part)
        for (_, op, _, flows), places in kinds
        for part in _of_like_lengths(code, places)
    ]


def _of_like_lengths(code: Instructions, places: list[int]) -> list[list[int]]:
    """Split places whose sequences would, as long as the longest, be mostly padding."""
    lengths = [len(code.operands[i]) for i in places]
    if len(set(lengths)) == 1:
        return [places]
    by_length = sorted(zip(lengths, places, strict=True))
    parts: list[list[int]] = [[]]
    whole = 0
    for length, place in by_length:
        if parts[-1] and length * (len(parts[-1]) + 1) > FILLED * (whole + length):
            parts.append([])
            whole = 0
        parts[-1].append(place)
        whole += length
    return [sorted(part) for part in parts]


def _may_be_ragged(op: Op) -> bool:
    return op.name in RAGGED and OPS.get(op.name) is op
