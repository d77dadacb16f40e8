"""The moments of both passes over a graph, and how to get from one to another.

Forward, each step gives one node its value; backward, each step hands one node's
gradient on to its parents. To undo a step, the sums that it added to are kept: nothing
of the graph is copied, and nothing on its nodes is touched.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from ...hooks import hooked, passed  # the nodes with hooks: nearly always none
from ...value import Value
from .schedule import Schedule
from .steps import BACKWARD, FORWARD, SEED, Contribution, Step

__all__ = ["Moments"]

Undo = tuple[Any, ...]  # places, then as many sums that stood there


class Moments(Schedule):
    """A place in the two passes that lead to `root` and back.

    `moment` counts the steps done so far, from 0 to `len()`. Leaves have their values
    from the start.

    A step is done as a whole or not at all. Where a row or a hook of somebody's own
    raises, or a person interrupts, the tape stands at the last moment that it reached.
    Hooks are called, as `backward()` does, once the gradient of their node is complete;
    breakpoints of a node, which show a pass of `backward()`, are not.
    """

    def __init__(self, root: Value) -> None:
        """Stand at the start: no gradient is computed yet."""
        super().__init__(root)
        self._moment = 0
        self._grads: list[float | None] = [None] * len(self.nodes)
        # of each step after the forward pass, what it added to, and what stood there
        self._undo: list[Undo] = []

    @property
    def moment(self) -> int:
        """How many steps are done."""
        return self._moment

    @property
    def last(self) -> Step | None:
        """The step that led to this moment, None at the start."""
        return self._described() if self._moment else None

    def __iter__(self) -> Iterator[Step]:
        """Step to the end."""
        while (step := self.step()) is not None:
            yield step

    def step(self) -> Step | None:
        """Do one step and return it; None at the end."""
        if self._moment == len(self):
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

        Raises `GraphError`, a `ValueError`, for a moment that there is not, and
        `OperandError`, a `TypeError`, for what is no whole number.
        """
        moment = self._existing(moment)
        while self._undo and self._moment > moment:
            self._retreat()
        if not self._undo:
            self._moment = min(moment, self.forward_steps)
        while self._moment < moment:
            self._advance()

    # --- one step -------------------------------------------------------------------
    def _advance(self) -> None:
        if self._moment < self.forward_steps:
            self._moment += 1
            return
        sums = self._handed_on()
        try:
            self._undo.append((*sums, *map(self._grads.__getitem__, sums)))
            for place, total in sums.items():
                self._grads[place] = total
            self._moment += 1
        except BaseException:  # a person may interrupt a long run anywhere
            self._settle()
            raise

    def _retreat(self) -> None:
        try:
            self._moment -= 1
            self._settle()
        except BaseException:
            self._settle()
            raise

    def _settle(self) -> None:
        """Take back what was added after this moment, however often it is asked."""
        while len(self._undo) > max(0, self._moment - self.forward_steps):
            for place, before in _sums_before(self._undo[-1]):
                self._grads[place] = before
            self._undo.pop()

    def _handed_on(self) -> dict[int, float]:
        """Return the sums that the next step of the backward pass makes, by place."""
        n = self._moment - self.forward_steps
        if n == 0:
            return self._after_hooks([self.root], None, {self.place(self.root): 1.0})
        grads, i = self._grads, self._sending[-n]
        upstream, sums = grads[i], dict[int, float]()
        if upstream is not None:
            for _, place, local in self._replay.locals(i):
                before = sums.get(place, grads[place])
                # as backward() begins: 0.0 + -0.0 is 0.0
                sums[place] = (0.0 if before is None else before) + upstream * local
        return self._after_hooks(self.nodes[i].parents, i, sums)

    def _after_hooks(
        self, nodes: Iterable[Value], giver: int | None, sums: dict[int, float]
    ) -> dict[int, float]:
        """Let the hooks of nodes, after their last giver, change their gradients."""
        if not hooked:
            return sums
        for node in dict.fromkeys(nodes):
            place = self.place(node)
            gradient = sums.get(place, self._grads[place])
            is_complete = self._replay.uses.first(place) == giver
            if gradient is not None and is_complete and node.requires_grad:
                after = passed(node, gradient)
                # backward() adds what a leaf got to its gradient before: 0.0 + -0.0
                sums[place] = 0.0 + after if node.is_leaf else after
        return sums

    def _started_anew(self) -> None:
        """Do the steps so far with the values that are set now, or change nothing."""
        before = self._moment, self._grads, self._undo
        try:
            self._moment = min(self._moment, self.forward_steps)
            self._grads, self._undo = [None] * len(self.nodes), []
            self.go_to(before[0])
        except BaseException:
            self._moment, self._grads, self._undo = before
            raise

    # --- what a step did ------------------------------------------------------------
    def _described(self) -> Step:
        """Return the step that led to this moment."""
        i = self._acting_at(self._moment)
        node, value = self.nodes[i], self._replay.data(i)
        n = self._moment - self.forward_steps - 1
        if n < 0:
            return Step(FORWARD, self._moment, node, value)
        if n == 0:
            return Step(SEED, self._moment, node, value, 1.0)
        sums = dict(_sums_before(self._undo[-1]))
        sent = tuple(self._contributions(i, sums))
        return Step(BACKWARD, self._moment, node, value, self._grads[i], sent)

    def _contributions(
        self, i: int, sums: dict[int, float | None], to: int | None = None
    ) -> Iterator[Contribution]:
        """Yield what a node hands its parents, or one of them, and add it to the sums.

        `sums` are those before, by place.
        """
        upstream, nodes = self._grads[i], self.nodes
        if upstream is None:
            return
        for n, place, local in self._replay.locals(i):
            if to is None or place == to:
                amount, before = upstream * local, sums.get(place)
                total = sums[place] = (0.0 if before is None else before) + amount
                yield Contribution(
                    nodes[i], n, nodes[place], upstream, local, amount, total
                )

    @property
    def _acting(self) -> Value:
        """The node at work in the step that led to this moment."""
        return self.nodes[self._acting_at(self._moment)]

    @property
    def _touched(self) -> list[Value]:
        """The nodes whose value or gradient the step that led here changed."""
        if self._moment <= self.forward_steps:
            return [self._acting]
        return [self.nodes[place] for place, _ in _sums_before(self._undo[-1])]


def _sums_before(undo: Undo) -> Iterable[tuple[int, float | None]]:
    half = len(undo) // 2
    return zip(undo[:half], undo[half:], strict=True)
