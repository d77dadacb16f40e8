"""Walks over a graph of nodes, of which only `.parents` is asked.

Every walk is iterative and linear in nodes and edges: a chain of a million nodes and a
diamond with 2⁶⁰ paths are both ordinary graphs. The order of nodes depends on nothing
but the graph, so debuggers, diagrams and `backward()` all agree on it.
"""

from typing import Protocol, Self, TypeVar

from .errors import OperandError

__all__ = ["leaves", "topological_order"]


class _Node(Protocol):
    @property
    def parents(self) -> tuple[Self, ...]: ...


N = TypeVar("N", bound=_Node)


def topological_order(*roots: N) -> list[N]:
    """Return every node that the roots depend on, parents before children.

    A node comes as late as its first parent's ancestors allow, as in a recursive
    depth-first walk that visits parents from left to right.

    >>> from autograd_core import Value
    >>> x = Value(3, label="x")
    >>> [node.label or node.op.name for node in topological_order(x * x + x)]
    ['x', 'mul', 'add']
    """
    for root in roots:
        if not hasattr(root, "parents"):
            raise OperandError(
                f"a walk starts from nodes, not {root!r} of type {type(root).__name__}"
            )
    order: list[N] = []
    seen: set[N] = set()
    waiting: list[N | None] = list(reversed(roots))
    while waiting:
        node = waiting.pop()
        if node is None:  # the parents of the node below the mark are done
            done = waiting.pop()
            assert done is not None
            order.append(done)
        elif node not in seen:
            seen.add(node)
            waiting += (node, None)
            waiting += reversed(node.parents)
    return order


def leaves(*roots: N) -> list[N]:
    """Return the nodes without parents that the roots depend on, in order.

    >>> from autograd_core import Value
    >>> x, y = Value(3, label="x"), Value(4, label="y")
    >>> [leaf.label for leaf in leaves(x * y + x)]
    ['x', 'y']
    """
    return [node for node in topological_order(*roots) if not node.parents]
