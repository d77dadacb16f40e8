"""Which step comes when in the two passes over a graph.

First every operation in topological order, then the seed, then every operation that
needs a gradient, in reverse. So the moment of a step follows from the place of its node
in that order, and needs no table of its own.
"""

from bisect import bisect_left
from operator import index
from typing import Any

from ...errors import GraphError, OperandError
from ...real import described
from ...value import Value
from .replay import Replay

__all__ = ["Schedule"]


class Schedule:
    """The steps of both passes that lead to `root` and back; moments count them."""

    def __init__(self, root: Value) -> None:
        """Sort the graph."""
        if not isinstance(root, Value):
            raise OperandError(
                "a tape is made of a Value, the root of a graph, not of "
                f"{described(root)}"
            )
        self.root = root
        self._replay = Replay(root)
        nodes, seeded = self._replay.nodes, root.requires_grad
        # places, ascending: what has a step forward, and what has one backward
        self._computed = [i for i, node in enumerate(nodes) if not node.is_leaf]
        self._sending = [i for i in self._computed if seeded and nodes[i].requires_grad]

    @property
    def nodes(self) -> list[Value]:
        """Every node of the graph, parents before children."""
        return self._replay.nodes

    @property
    def forward_steps(self) -> int:
        """The number of steps of the forward pass, after which the seed comes."""
        return len(self._computed)

    def __len__(self) -> int:
        """Return the number of steps of both passes."""
        seed = int(self.root.requires_grad)
        return len(self._computed) + seed + len(self._sending)

    def __bool__(self) -> bool:
        """Be true, though a constant has no step."""
        return True

    def place(self, node: Value) -> int:
        """Return where a node stands in `nodes`.

        Raises `GraphError`, a `ValueError`, for a node that the root does not need.
        """
        place = self._replay.places.get(node) if isinstance(node, Value) else None
        if place is None:
            raise GraphError(
                f"{described(node)} is not on this tape; give one of the "
                f"{len(self.nodes):,} nodes that its root was computed from"
            )
        return place

    def computed_at(self, node: Value) -> int:
        """Return the moment at which a node gets its value, 0 of a leaf."""
        place = self.place(node)
        return 0 if node.is_leaf else bisect_left(self._computed, place) + 1

    def sent_at(self, node: Value) -> int | None:
        """Return the moment at which a node hands its gradient on, None if never."""
        return self._sent_at(self.place(node))

    def _sent_at(self, place: int) -> int | None:
        n = bisect_left(self._sending, place)
        if n == len(self._sending) or self._sending[n] != place:
            return None
        return len(self) - n

    def complete_at(self, node: Value) -> int:
        """Return the moment at which a node has all of its gradient.

        After it nothing is added; for a node that gets no gradient it is the end.

        >>> x = Value(3.0)
        >>> y = x * x
        >>> schedule = Schedule(y + x)
        >>> len(schedule), schedule.sent_at(y), schedule.complete_at(x)
        (5, 5, 5)
        """
        last_use = self._replay.uses.first(self.place(node))
        if last_use is None:
            return min(self.forward_steps + 1, len(self))
        sent = self._sent_at(last_use)
        return len(self) if sent is None or not node.requires_grad else sent

    def _acting_at(self, moment: int) -> int:
        """Return the place of the node at work in the step that leads to a moment."""
        n = moment - self.forward_steps - 1
        if n == 0:
            return self.place(self.root)
        return self._computed[moment - 1] if n < 0 else self._sending[-n]

    def _existing(self, moment: Any) -> int:
        """Return the moment that is meant, if there is one."""
        try:
            whole = index(moment)
        except TypeError:
            raise OperandError(
                "a moment is how many steps are done, a whole number from 0 to "
                f"{len(self)}, not {described(moment)}"
            ) from None
        if not 0 <= whole <= len(self):
            raise GraphError(
                f"there is no moment {whole}: these passes have 0 to {len(self)}"
            )
        return whole
