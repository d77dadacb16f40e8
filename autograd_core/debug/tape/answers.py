"""What is known at a moment of the passes, and what would be if a value were another.

A value is known once it is computed; a gradient is partial until each use has handed on
its contribution. Setting a value computes anew what follows from it, for the tape
alone: the nodes of the program keep theirs.
"""

from collections.abc import Mapping
from typing import NamedTuple

from ...real import to_float
from ...value import Value
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
        if self.moment < self.computed_at(node):
            return None
        return self._replay.data(self.place(node))

    def grad(self, node: Value) -> float | None:
        """Return what has reached a node of its gradient, None where nothing has."""
        return self._grads[self.place(node)]

    def state(self, node: Value) -> str:
        """Return how far a node is.

        "waiting" for its value; "constant" where no gradient flows; "computed" while
        none has arrived; "partial" while contributions are missing; "final" when all
        are there. A node "computed" at the end is one that no gradient reached.
        """
        if self.moment < self.computed_at(node):
            return "waiting"
        if not node.requires_grad:
            return "constant"
        if self.grad(node) is None:
            return "computed"
        return "final" if self.moment >= self.complete_at(node) else "partial"

    def children(self, node: Value) -> list[Value]:
        """Return the nodes that have this one as an operand, in topological order."""
        return [self.nodes[i] for i in self._replay.uses.of(self.place(node))]

    def operands(self, node: Value) -> tuple[float, ...]:
        """Return the values from which a node is computed."""
        return tuple(self._replay.operands(self.place(node)))

    def local_derivatives(self, node: Value) -> list[float | None]:
        """Return ∂node/∂parent for each parent, None where no gradient flows."""
        locals_ = self._replay.locals(self.place(node))
        found: list[float | None] = [None] * len(node.parents)
        for n, _, local in locals_:
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
        found: list[Contribution] = []
        for child in [*self._replay.uses.of(place)][::-1]:
            sent = self._sent_at(child)
            if sent is not None and sent <= self.moment:
                found += self._contributions(child, sums, place)
        return found

    @property
    def is_changed(self) -> bool:
        """Whether a value was set."""
        return bool(self._replay.settings.made)

    def set(self, node: Value, value: float) -> list[Change]:
        """Give a node another value here, and compute what depends on it anew.

        Gradients up to this moment are computed anew too; the nodes of the program keep
        theirs. An operation that is set still hands its gradient on, by its local
        derivatives at its operands. Returns the nodes that changed, in topological
        order; an error changes nothing.

        >>> from autograd_core.debug import Tape
        >>> x = Value(3.0)
        >>> tape = Tape(x * x)
        >>> [(change.before, change.after) for change in tape.set(x, 5.0)]
        [(3.0, 5.0), (9.0, 25.0)]
        >>> x.data
        3.0

        Raises `OperandError`, a `TypeError`, for what is no real number.
        """
        number, place = to_float(value, "Tape.set(node, value)"), self.place(node)
        return self._computed_with({**self._replay.settings.made, place: number})

    def restore(self) -> list[Change]:
        """Take back every `set`; return the nodes that changed."""
        return self._computed_with({})

    def _computed_with(self, made: Mapping[int, float]) -> list[Change]:
        replay = self._replay
        before, after = replay.settings, replay.followed(made)
        concerned = sorted({*before.values, *after.values})
        values = [replay.data(i) for i in concerned]
        replay.settings = after
        try:
            self._started_anew()
        except BaseException:  # a row of somebody's own may raise
            replay.settings = before
            raise
        return [
            Change(self.nodes[i], x, y)
            for i, x in zip(concerned, values, strict=True)
            if x.hex() != (y := replay.data(i)).hex()  # so that -0.0 is not 0.0
        ]
