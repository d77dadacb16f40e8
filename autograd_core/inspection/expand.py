"""Fused operations, taken apart into the elementary ones of their definition.

A `dot` is one node where plain code makes dozens; its row says what those would be. The
new nodes get the gradients that a backward pass would have left on them, and the graph
itself stays as it is.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from typing import Any

from .. import OPS, Op, Value, derivative, topological_order
from ..errors import OperandError, UnknownNameError

__all__ = ["Expansion", "expanded"]


class Expansion:
    """Which nodes stand for others: a fused node's sum, a fresh operand's original.

    Iterating gives the nodes that another is shown for.
    """

    def __init__(self) -> None:
        self._stands_for: dict[Value, Value] = {}

    def __iter__(self) -> Iterator[Value]:
        return iter(self._stands_for)

    def original(self, node: Value) -> Value:
        """Return the node to show in place of one."""
        while node in self._stands_for:
            node = self._stands_for[node]
        return node

    def parents(self, node: Value) -> Sequence[Value]:
        """Return the operands of a node as they are shown."""
        if not self._stands_for:
            return node.parents
        return [self.original(parent) for parent in node.parents]

    def take_apart(self, node: Value, names: Collection[str]) -> list[Value]:
        """Return the elementary nodes of a fused one, the last of which replaces it.

        A node of any other name is returned as it is.
        """
        op = node.op
        if op is None or op.definition is None or op.name not in names:
            return [node]
        operands = [
            Value(x, requires_grad=parent.requires_grad)
            for x, parent in zip(node.operands, node.parents, strict=True)
        ]
        root = op.definition(*operands)
        if not isinstance(root, Value) or root in operands:
            return [node]
        if node.has_grad and root.requires_grad:
            (root * Value(node.grad, requires_grad=False)).backward()
        inner = [n for n in topological_order(root) if n not in operands]
        for part in inner:
            if not part.is_leaf:
                part.scope = node.scope
        root.label = node.label
        self._stands_for[node] = root
        self._stands_for |= dict(zip(operands, node.parents, strict=True))
        # A definition in fused operations goes on; one that names itself must end.
        others = [name for name in names if name != op.name]
        return [n for part in inner for n in self.take_apart(part, others)]


def expanded(
    order: Sequence[Value], which: bool | Iterable[str]
) -> tuple[Sequence[Value], Expansion]:
    """Return a graph with the fused nodes taken apart, all or those of some names.

    >>> from autograd_core import mean
    >>> nodes, _ = expanded(topological_order(mean([Value(1.0), Value(2.0)])), True)
    >>> [node.op.name for node in nodes if node.op]
    ['add', 'add', 'div']

    Raises `UnknownNameError` for a name that no fused operation has.
    """
    expansion = Expansion()
    if which is False:
        return order, expansion
    names = _fused(order) if which is True else _names(which, _fused(order))

    def nodes() -> list[Value]:
        return [n for node in order for n in expansion.take_apart(node, names)]

    return _recorded(nodes), expansion


def _recorded(make: Callable[[], list[Value]]) -> list[Value]:
    """Return the nodes that a function makes, also where `no_grad()` is in force."""
    made: list[Value] = []

    def evaluate(x: Value) -> Value:
        made.extend(make())
        return x

    derivative(evaluate)(0.0)  # which records whatever its function does
    return made


def _fused(order: Iterable[Value]) -> frozenset[str]:
    """Return the names of the rows with a definition, those of the graph too."""
    rows: set[Op] = {*OPS.values(), *(node.op for node in order if node.op)}
    return frozenset(op.name for op in rows if op.definition is not None)


def _names(which: Any, fused: Collection[str]) -> frozenset[str]:
    try:
        names = frozenset([which] if isinstance(which, str) else which)
    except TypeError:
        raise OperandError(
            f"expand takes True or names of operations, not {which!r}"
        ) from None
    for name in names:
        if name not in fused:
            raise UnknownNameError("fused operation", name, fused)
    return names
