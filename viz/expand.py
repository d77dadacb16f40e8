"""Fused operations, taken apart into the elementary ones of their definition.

A `dot` is one node where plain code makes dozens; its row says what those would be. The
new nodes get the gradients that a backward pass would have left on them, and the graph
itself stays as it is.
"""

from collections.abc import Iterable

from autograd_core import OPS, Value, topological_order
from autograd_core.errors import OperandError, UnknownNameError

__all__ = ["Expansion", "expanded"]


class Expansion:
    """Which nodes stand for others: a fused node's sum, a fresh operand's original."""

    def __init__(self) -> None:
        self._stands_for: dict[Value, Value] = {}

    def original(self, node: Value) -> Value:
        """Return the node to show in place of one."""
        while node in self._stands_for:
            node = self._stands_for[node]
        return node

    def parents(self, node: Value) -> list[Value]:
        """Return the operands of a node as they are shown."""
        return [self.original(parent) for parent in node.parents]

    def take_apart(self, node: Value) -> list[Value]:
        """Return the elementary nodes of a fused one, the last of which replaces it."""
        assert node.op is not None
        assert node.op.definition is not None
        operands = [
            Value(x, requires_grad=parent.requires_grad)
            for x, parent in zip(node.operands, node.parents, strict=True)
        ]
        root = node.op.definition(*operands)
        if root in operands:
            return [node]
        if node.has_grad and root.requires_grad:
            root.backward()
        inner = [n for n in topological_order(root) if n not in operands]
        for part in inner:
            part.scope = node.scope
            if part.has_grad:
                part.grad *= node.grad
        root.label = node.label
        self._stands_for[node] = root
        self._stands_for |= dict(zip(operands, node.parents, strict=True))
        return inner


def expanded(
    order: Iterable[Value], which: bool | Iterable[str]
) -> tuple[list[Value], Expansion]:
    """Return a graph with the fused nodes taken apart, all or those of some names.

    >>> from autograd_core import mean
    >>> nodes, _ = expanded(topological_order(mean([Value(1.0), Value(2.0)])), True)
    >>> [node.op.name for node in nodes if node.op]
    ['add', 'add', 'div']

    Raises `UnknownNameError` for a name that no row has.
    """
    names = _names(which)
    expansion = Expansion()
    nodes: list[Value] = []
    for node in order:
        op = node.op
        fused = op is not None and op.definition is not None
        wanted = fused and (which is True or (op is not None and op.name in names))
        nodes += expansion.take_apart(node) if wanted else [node]
    return nodes, expansion


def _names(which: bool | Iterable[str]) -> frozenset[str]:
    if isinstance(which, bool):
        return frozenset()
    if isinstance(which, str):
        which = [which]
    try:
        names = frozenset(which)
    except TypeError:
        raise OperandError(
            f"expand takes True or names of operations, not {which!r}"
        ) from None
    fused = [name for name, op in OPS.items() if op.definition is not None]
    for name in names:
        if name not in OPS:
            raise UnknownNameError("operation", name, fused)
    return names
