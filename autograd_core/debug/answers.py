"""What is known at a moment of the passes, and what would be if a value were another.

A value is known once it is computed; a gradient is partial until each use has handed on
its contribution. Setting a value computes anew what follows from it, for the tape
alone: the nodes of the program keep theirs.
"""

from typing import NamedTuple

from ..real import to_float
from ..value import Value
from .moments import Moments
from .steps import Contribution

__all__ = ["Answers", "Change"]


class Change(NamedTuple):
    """A node whose value `Tape.set` changed."""

    node: Value
    before: float
    after: float


class Answers(Moments):
    """What is known of a node, and how it would be if others were different."""

    def data(self, node: Value) -> float | None:
        """Return the value of a node, None where it is not computed yet."""
        known = self.moment >= self.computed_at(node)
        return self._value(node) if known else None

    def grad(self, node: Value) -> float | None:
        """Return what has reached a node of its gradient, None where nothing has."""
        return self._grads[self.place(node)]

    def state(self, node: Value) -> str:
        """Return how far a node is.

        "waiting" for its value; "constant" where no gradient flows; "computed" while
        none has arrived; "partial" while contributions are missing; "final" when all
        are there. A node "computed" at the end is one that no gradient reached.
        """
        if self.data(node) is None:
            return "waiting"
        if not node.requires_grad:
            return "constant"
        if self.grad(node) is None:
            return "computed"
        return "final" if self.moment >= self.complete_at(node) else "partial"

    def children(self, node: Value) -> list[Value]:
        """Return the nodes that have this one as an operand."""
        return [self.nodes[i] for i in self._replay.children[self.place(node)]]

    def operands(self, node: Value) -> tuple[float, ...]:
        """Return the values from which a node is computed."""
        return tuple(self._replay.operands(self.place(node)))

    def local_derivatives(self, node: Value) -> list[float | None]:
        """Return ∂node/∂parent for each parent, None where no gradient flows."""
        found: list[float | None] = [None] * len(node.parents)
        for n, _, local in self._replay.locals(self.place(node)):
            found[n] = local
        return found

    def received(self, node: Value) -> list[Contribution]:
        """Return the contributions to a gradient so far, in the order they came.

        >>> from autograd_core.debug import Tape
        >>> x = Value(3.0)
        >>> tape = Tape(x * x)
        >>> tape.go_to(len(tape))
        >>> [(c.upstream, c.local, c.total) for c in tape.received(x)]
        [(1.0, 3.0, 3.0), (1.0, 3.0, 6.0)]
        """
        place, sums = self.place(node), dict[int, float | None]()
        sent = [
            contribution
            for child in reversed(self._replay.children[place])
            if self._moments[1].get(child, len(self) + 1) <= self.moment
            for contribution in self._contributions(child, sums)
        ]
        return [contribution for contribution in sent if contribution.parent is node]

    @property
    def is_changed(self) -> bool:
        """Whether a value was set."""
        return bool(self._replay.settings)

    def set(self, node: Value, value: float) -> list[Change]:
        """Give a node another value here, and compute what depends on it anew.

        Gradients up to this moment are computed anew too; the nodes of the program keep
        theirs. Returns the nodes that changed, in topological order.

        >>> from autograd_core.debug import Tape
        >>> x = Value(3.0)
        >>> tape = Tape(x * x)
        >>> [(change.before, change.after) for change in tape.set(x, 5.0)]
        [(3.0, 5.0), (9.0, 25.0)]
        >>> x.data
        3.0
        """
        number = to_float(value, "Tape.set(node, value)")
        return self._changed({**self._replay.settings, self.place(node): number})

    def restore(self) -> list[Change]:
        """Take back every `set`; return the nodes that changed."""
        return self._changed({})

    def _changed(self, settings: dict[int, float]) -> list[Change]:
        before = self._replay.follow(settings)
        moment = self.moment
        self.go_to(min(moment, self.forward_steps))
        self.go_to(moment)
        return [
            Change(self.nodes[i], x, after)
            for i, x in sorted(before.items())
            if (after := self._replay.data(i)) != x and (after == after or x == x)
        ]
