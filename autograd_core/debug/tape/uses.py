"""Which nodes have a node as an operand: the edges of a graph, from below.

A node knows its parents and not its children. Here they are found in one walk and kept
as linked lists in three arrays of integers, 8 bytes each, where a list for every node
would weigh more than the graph's own edges.
"""

from array import array
from collections.abc import Iterator, Mapping, Sequence

from ...value import Value

__all__ = ["Uses"]

_END = -1


class Uses:
    """The children of nodes; all of them are told by their places.

    >>> x = Value(3.0)
    >>> y = x * x
    >>> nodes = [x, y, x + y]
    >>> uses = Uses(nodes, {node: i for i, node in enumerate(nodes)})
    >>> list(uses.of(0)), uses.first(0), uses.first(2)
    ([1, 2], 1, None)
    """

    def __init__(self, nodes: Sequence[Value], places: Mapping[Value, int]) -> None:
        """Walk over the graph once."""
        self._first = array("q", [_END]) * len(nodes)
        self._child, self._next = array("q"), array("q")
        first, child, following = self._first, self._child, self._next
        for i in range(len(nodes) - 1, -1, -1):  # so that the lists ascend
            parents = nodes[i].parents
            for parent in parents if len(parents) < 2 else dict.fromkeys(parents):
                place = places[parent]
                following.append(first[place])
                first[place] = len(child)
                child.append(i)

    def of(self, place: int) -> Iterator[int]:
        """Yield the children of a node, in topological order, each once."""
        use = self._first[place]
        while use != _END:
            yield self._child[use]
            use = self._next[use]

    def first(self, place: int) -> int | None:
        """Return the first child of a node: the last to hand it its gradient."""
        use = self._first[place]
        return None if use == _END else self._child[use]
