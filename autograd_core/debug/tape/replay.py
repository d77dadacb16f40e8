"""The values of a recorded graph, and what they would be if some were others.

A node is told by its place in topological order. What is asked of a graph as it was
recorded comes from the nodes; only what differs, because somebody set a value, is kept
here. `Tape` reads its numbers from it.
"""

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import NamedTuple

from ...graph import topological_order
from ...real import to_float
from ...value import Value
from .uses import Uses

__all__ = ["Replay", "Settings"]


class Settings(NamedTuple):
    """What somebody set, by place, and `values`, which holds what follows as well."""

    made: Mapping[int, float]
    values: Mapping[int, float]


class Replay:
    """The values of the graph below `root`, at the operands that were recorded.

    >>> x = Value(3.0)
    >>> replay = Replay(x * x)
    >>> replay.settings = replay.followed({0: 5.0})
    >>> replay.data(1), replay.locals(1)
    (25.0, [(0, 0, 5.0), (1, 0, 5.0)])
    """

    def __init__(self, root: Value) -> None:
        """Sort the graph."""
        self.nodes = topological_order(root)
        self.places = {node: i for i, node in enumerate(self.nodes)}
        self.settings = Settings({}, {})

    @cached_property
    def uses(self) -> Uses:
        """The children of every node."""
        return Uses(self.nodes, self.places)

    def data(self, i: int) -> float:
        """Return the value of a node, of a leaf what its first child took it for.

        A leaf may have been assigned after the graph was made, as in training.
        """
        values = self.settings.values
        return values[i] if i in values else self._recorded(i)

    def _recorded(self, i: int) -> float:
        node = self.nodes[i]
        return self._taken.get(i, node.data) if node.is_leaf else node._y

    @cached_property
    def _taken(self) -> dict[int, float]:
        """What the first child of each leaf took it for."""
        taken: dict[int, float] = {}
        for node in self.nodes:
            for parent, operand in zip(node.parents, node.operands, strict=True):
                if parent.is_leaf:
                    taken.setdefault(self.places[parent], operand)
        return taken

    def operands(self, i: int) -> Sequence[float]:
        """Return the values from which a node is computed."""
        return self._operands(self.nodes[i], self.settings.values)

    def _operands(self, node: Value, values: Mapping[int, float]) -> Sequence[float]:
        if not values:
            return node.operands
        pairs = zip(node.parents, node.operands, strict=True)
        return [values.get(self.places[parent], x) for parent, x in pairs]

    def locals(self, i: int) -> list[tuple[int, int, float]]:
        """Return operand number, parent's place and ∂node/∂parent where one flows."""
        node = self.nodes[i]
        op, parents, places = node.op, node.parents, self.places
        if op is None:
            return []
        y = node._y
        if i in self.settings.made:  # its derivatives stay those at its operands
            y = self._computed(node, self.settings.values)
        elif self.settings.values:
            y = self.data(i)
        needed = [parent.requires_grad for parent in parents]
        found = op.local_derivatives(needed, y, self.operands(i))
        return [
            (n, places[parents[n]], local)
            for n, local in enumerate(found)
            if local is not None
        ]

    def followed(self, made: Mapping[int, float]) -> Settings:
        """Return what follows where nodes have other values than were recorded."""
        values = dict(made)
        for i in self._followers(made):
            values[i] = self._computed(self.nodes[i], values)
        return Settings(dict(made), values)

    def _computed(self, node: Value, values: Mapping[int, float]) -> float:
        assert node.op is not None  # only operations have operands to follow
        y = node.op.forward(*self._operands(node, values))
        return to_float(y, f"the node of {node.op.name}")

    def _followers(self, made: Mapping[int, float]) -> list[int]:
        """Return the places that depend on what is set and are not set, in order."""
        found: set[int] = set()
        waiting = list(made)
        while waiting:
            for child in self.uses.of(waiting.pop()):
                if child not in found and child not in made:
                    found.add(child)
                    waiting.append(child)
        return sorted(found)
