"""Keeping the graph of a derivative small.

Derivatives repeat themselves: the partials of `tanh` and of `sech_squared` both need
`tanh(x)`, and the chain rule multiplies by many a 1. While derivatives are built as
nodes, every operation goes through a `Shared` table, which simplifies it as its row
says, makes a number only once, and returns the node that stands where the same
operation was applied to the same parents before. Without it, each further order would
multiply the graph by itself.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from .op import Op

__all__ = ["Shared"]


class Shared:
    """The nodes that stand, by operation and parents."""

    def __init__(self, nodes: Iterable[Any]) -> None:
        """Know these nodes, none of them a leaf, from the start."""
        self._constants: dict[float | str, Any] = {}
        self._nodes: dict[tuple[Op, tuple[Any, ...]], Any] = {}
        for node in nodes:
            parents = tuple([self._first(p) for p in node.parents])
            self._nodes.setdefault((node.op, parents), node)

    def find_or_make(self, kind: Any, op: Op, operands: Sequence[Any]) -> Any:
        """Return what `op` gives on these operands, nodes of class `kind` or numbers.

        It is a node that may stand already, or a simpler expression's.
        """
        if op.simplify is not None and [x for x in operands if x.__class__ is not kind]:
            simpler = op.simplify(*operands)
            if simpler is not None:
                return simpler
        parents = tuple(
            [
                x if x.__class__ is kind and x.requires_grad else self._node(kind, x)
                for x in operands
            ]
        )
        node = self._nodes.get((op, parents))
        if node is None:
            node = self._nodes[op, parents] = kind._of(op, parents)
        return node

    def _node(self, kind: Any, operand: Any) -> Any:
        """Return the node of a number, or the one that stands for this constant."""
        if isinstance(operand, kind):
            return self._first(operand)
        constant = self._constants.get(_exactly(operand))
        if constant is None:
            constant = self._first(kind(operand, requires_grad=False))
        return constant

    def _first(self, node: Any) -> Any:
        """Return the first constant that was met with the same number, or the node."""
        if node.requires_grad or node.op is not None:
            return node
        return self._constants.setdefault(_exactly(node.data), node)


def _exactly(number: Any) -> Any:
    """Tell 0 and -0 apart, and take one nan for another."""
    return number if number and number == number else repr(number)
