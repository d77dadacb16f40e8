"""The moments of both passes over a graph, and how to get from one to another.

Forward, each step gives one node its value; backward, each step hands one node's
gradient on to its parents. To undo a step, the sums that it added to are kept: nothing
of the graph is copied, and nothing on its nodes is touched.
"""

from collections.abc import Iterator
from functools import cached_property

from ..errors import GraphError, OperandError
from ..value import Value
from .replay import Replay
from .steps import BACKWARD, FORWARD, SEED, Contribution, Step

__all__ = ["Moments"]


class Moments:
    """A place in the two passes that lead to `root` and back.

    `moment` counts the steps done so far, from 0 to `len()`: first every operation in
    topological order, then the seed, then every operation that needs a gradient, in
    reverse. Leaves have their values from the start.
    """

    def __init__(self, root: Value) -> None:
        """Sort the graph; no gradient is computed yet."""
        if not isinstance(root, Value):
            raise OperandError(
                f"a tape is made of a Value, the root of a graph, not of {root!r} of "
                f"type {type(root).__name__}"
            )
        self.root = root
        self.moment = 0
        self._replay = Replay(root)
        self._computed = [i for i, node in enumerate(self.nodes) if not node.is_leaf]
        self._sent = [i for i in self._computed if self.nodes[i].requires_grad][::-1]
        self._grads: list[float | None] = [None] * len(self.nodes)
        # of each step after the forward pass, what it added to, and what stood there
        self._undo: list[list[tuple[int, float | None]]] = []

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
        seeded = self.root.requires_grad
        return len(self._computed) + (1 + len(self._sent) if seeded else 0)

    @property
    def last(self) -> Step | None:
        """The step that led to this moment, None at the start."""
        return self._described() if self.moment else None

    def __iter__(self) -> Iterator[Step]:
        """Step to the end."""
        while (step := self.step()) is not None:
            yield step

    def step(self) -> Step | None:
        """Do one step and return it; None at the end."""
        if self.moment == len(self):
            return None
        self._advance()
        return self._described()

    def back(self) -> Step | None:
        """Undo one step and return it; None at the start."""
        undone = self.last
        if undone is not None:
            self._retreat()
        return undone

    def go_to(self, moment: int) -> None:
        """Do or undo the steps up to a moment.

        Raises `GraphError`, a `ValueError`, for a moment that there is not.
        """
        if not 0 <= moment <= len(self):
            raise GraphError(
                f"there is no moment {moment}: these passes have 0 to {len(self)}"
            )
        while self._undo and self.moment > moment:
            self._retreat()
        if not self._undo:
            self.moment = min(moment, self.forward_steps)
        while self.moment < moment:
            self._advance()

    # --- one step -------------------------------------------------------------------
    def _advance(self) -> None:
        if self.moment >= self.forward_steps:
            self._undo.append(self._handed_on())
        self.moment += 1

    def _retreat(self) -> None:
        if self._undo:
            for i, before in self._undo.pop():
                self._grads[i] = before
        self.moment -= 1

    def _handed_on(self) -> list[tuple[int, float | None]]:
        """Do a step of the backward pass; return how to undo it, the last sum first."""
        grads, n = self._grads, self.moment - self.forward_steps - 1
        if n < 0:
            root = self.place(self.root)
            grads[root] = 1.0
            return [(root, None)]
        i = self._sent[n]
        upstream = grads[i]
        undo = list[tuple[int, float | None]]()
        if upstream is not None:
            for _, p, local in self._replay.locals(i):
                before = grads[p]
                undo.append((p, before))
                # as backward() begins: 0.0 + -0.0 is 0.0
                grads[p] = (0.0 if before is None else before) + upstream * local
        return undo[::-1]

    def _described(self) -> Step:
        """Return the step that led to this moment."""
        n = self.moment - self.forward_steps - 2
        if n == -1:
            return Step(SEED, self.moment, self.root, self._value(self.root), 1.0)
        i = self._computed[self.moment - 1] if n < 0 else self._sent[n]
        node, value = self.nodes[i], self._replay.data(i)
        if n < 0:
            return Step(FORWARD, self.moment, node, value)
        sums = dict(self._undo[-1])  # of a parent twice, the first sum
        sent = self._contributions(i, sums)
        return Step(BACKWARD, self.moment, node, value, self._grads[i], tuple(sent))

    def _contributions(
        self, i: int, sums: dict[int, float | None]
    ) -> Iterator[Contribution]:
        """Yield what a node hands its parents, whose sums before are given."""
        upstream = self._grads[i]
        if upstream is None:
            return
        nodes = self.nodes
        for n, p, local in self._replay.locals(i):
            amount = upstream * local
            sums[p] = (sums.get(p) or 0.0) + amount
            yield Contribution(
                nodes[i], n, nodes[p], upstream, local, amount, sums[p] or 0.0
            )

    @property
    def _acting(self) -> Value:
        """The node at work in the step that led to this moment."""
        n = self.moment - self.forward_steps - 2
        if n == -1:
            return self.root
        return self.nodes[self._computed[self.moment - 1] if n < 0 else self._sent[n]]

    @property
    def _touched(self) -> list[Value]:
        """The nodes whose value or gradient the step that led here changed."""
        if self.moment <= self.forward_steps + 1:
            return [self._acting]
        return [self.nodes[i] for i in dict(reversed(self._undo[-1]))]

    def _value(self, node: Value) -> float:
        return self._replay.data(self.place(node))

    # --- where things are -----------------------------------------------------------
    def place(self, node: Value) -> int:
        """Return where a node stands in `nodes`.

        Raises `GraphError`, a `ValueError`, for a node that the root does not need.
        """
        place = self._replay.places.get(node) if isinstance(node, Value) else None
        if place is None:
            raise GraphError(
                f"{node!r} is not on this tape; give one of the {len(self.nodes):,} "
                "nodes that its root was computed from"
            )
        return place

    @cached_property
    def _moments(self) -> tuple[dict[int, int], dict[int, int]]:
        """Return at which moment each place is computed, and hands its gradient on."""
        first = self.forward_steps + 2
        computed = {i: n for n, i in enumerate(self._computed, start=1)}
        return computed, {i: n for n, i in enumerate(self._sent, start=first)}

    def computed_at(self, node: Value) -> int:
        """Return the moment at which a node gets its value, 0 of a leaf."""
        return self._moments[0].get(self.place(node), 0)

    def sent_at(self, node: Value) -> int | None:
        """Return the moment at which a node hands its gradient on, None if never."""
        return self._moments[1].get(self.place(node))

    def complete_at(self, node: Value) -> int:
        """Return the moment at which a node has all of its gradient."""
        children = self._replay.children[self.place(node)]
        if not children:
            return self.forward_steps + 1
        return self._moments[1].get(children[0], len(self))
