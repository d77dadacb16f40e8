"""The values of a recorded graph, and what they would be if some were others.

A node is told by its place in topological order. What is asked of a graph as it was
recorded comes from the nodes; only what differs, because somebody set a value, is kept
here. `Tape` reads its numbers from it.
"""

from collections.abc import Mapping, Sequence
from functools import cached_property

from ..graph import topological_order
from ..real import to_float
from ..value import Value

__all__ = ["Replay"]


class Replay:
    """The values of the graph below `root`, at the operands that were recorded.

    >>> x = Value(3.0)
    >>> replay = Replay(x * x)
    >>> before = replay.follow({0: 5.0})
    >>> replay.data(1), replay.locals(1)
    (25.0, [(0, 0, 5.0), (1, 0, 5.0)])
    """

    def __init__(self, root: Value) -> None:
        """Sort the graph."""
        self.nodes = topological_order(root)
        self.places = {node: i for i, node in enumerate(self.nodes)}
        self.settings: dict[int, float] = {}
        self._changed: dict[int, float] = {}  # the settings and what follows from them

    @cached_property
    def children(self) -> list[list[int]]:
        """The places of the nodes that have each node as an operand, in order."""
        children: list[list[int]] = [[] for _ in self.nodes]
        for i, node in enumerate(self.nodes):
            for parent in dict.fromkeys(node.parents):
                children[self.places[parent]].append(i)
        return children

    def data(self, i: int) -> float:
        """Return the value of a node, of a leaf what its first child took it for.

        A leaf may have been assigned after the graph was made, as in training.
        """
        if i in self._changed:
            return self._changed[i]
        node = self.nodes[i]
        children = self.children[i] if node.is_leaf else ()
        if not children:
            return node.data if node.is_leaf else node._y
        child = self.nodes[children[0]]
        return child.operands[child.parents.index(node)]

    def operands(self, i: int) -> Sequence[float]:
        """Return the values from which a node is computed."""
        node = self.nodes[i]
        if not self._changed:
            return node.operands
        pairs = zip(node.parents, node.operands, strict=True)
        return [self._changed.get(self.places[parent], x) for parent, x in pairs]

    def locals(self, i: int) -> list[tuple[int, int, float]]:
        """Return operand number, parent's place and ∂node/∂parent where one flows."""
        node = self.nodes[i]
        if node.op is None:
            return []
        if self._changed:
            needed = [parent.requires_grad for parent in node.parents]
            y = self._computed(i) if i in self.settings else self.data(i)
            found = node.op.local_derivatives(needed, y, self.operands(i))
        else:
            found = node.local_derivatives()
        return [
            (n, self.places[parent], local)
            for n, (parent, local) in enumerate(zip(node.parents, found, strict=True))
            if local is not None
        ]

    def follow(self, settings: Mapping[int, float]) -> dict[int, float]:
        """Give nodes other values than were recorded, and compute what follows.

        The settings take the place of those before. Returns the values before of all
        nodes that either concerns; an error changes nothing.
        """
        settings = dict(settings)
        followers = self._followers(settings)
        concerned = {*self._changed, *settings, *followers}
        before, values = self._changed, {i: self.data(i) for i in concerned}
        self._changed = settings.copy()
        try:
            for i in followers:
                self._changed[i] = self._computed(i)
        except BaseException:  # a row of somebody's own may raise
            self._changed = before
            raise
        self.settings = settings
        return values

    def _computed(self, i: int) -> float:
        op = self.nodes[i].op
        assert op is not None  # only operations have operands to follow
        return to_float(op.forward(*self.operands(i)), f"the node of {op.name}")

    def _followers(self, settings: Mapping[int, float]) -> list[int]:
        """Return the places that depend on what is set and are not set, in order."""
        found: set[int] = set()
        waiting = list(settings)
        while waiting:
            for child in self.children[waiting.pop()]:
                if child not in found and child not in settings:
                    found.add(child)
                    waiting.append(child)
        return sorted(found)
