"""The forward and the backward pass as steps, one for each box that computes.

A picture shows where a computation ended; its steps tell how it came there. Forward, a
box gets its value. Backward, a box hands its gradient times the local derivative to
each of its operands, whose gradients are the sums of what they are handed. The numbers
are those that `backward()` left on the nodes, in its order, so the last sum of each
value is its gradient to the last bit. Where no pass has run, they are those that it
would leave.

A module plays as one box: its members hand on what they have in one step.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from math import isfinite
from typing import NamedTuple

from autograd_core import Value

from .subject import Place, Subject

__all__ = ["Handing", "Playback", "Step", "playback"]

_NEGLIGIBLE = 1e-9  # a difference of sums, relative to their largest term


class Handing(NamedTuple):
    """What one arrow, by its number, adds, and the gradient of its tail after that.

    Of a module that is handed gradients, both are the largest of its members' in
    magnitude.
    """

    edge: int
    amount: float
    total: float


class Step(NamedTuple):
    """One box hands its gradient on.

    Of a module, `inside` is the largest gradient of its members after that.
    """

    box: int
    handings: tuple[Handing, ...]
    inside: float | None = None


@dataclass(frozen=True, slots=True)
class Playback:
    """The boxes that compute, in turn; the gradients to begin with; the way back.

    `seeds` holds the gradients that no arrow of the picture brings, by box: 1 for the
    root, and what came from values not shown, other graphs and earlier passes.
    """

    forward: tuple[int, ...]
    seeds: Mapping[int, float]
    backward: tuple[Step, ...]


class _Use(NamedTuple):
    """One operand of a node of some box, and what the node adds to its gradient."""

    edge: int | None  # None inside of a module
    tail: Value
    amount: float


def playback(subject: Subject) -> Playback:
    """Return the steps of a picture.

    >>> from viz.view import view
    >>> x = Value(3.0)
    >>> y = x * x
    >>> y.backward()
    >>> steps = playback(Subject(view(y), y, {}))
    >>> steps.forward, steps.seeds
    ((1,), {1: 1.0})
    >>> [handing.total for handing in steps.backward[0].handings]
    [3.0, 6.0]
    """
    parts = subject.view.parts
    gradients = _gradients(subject)
    edges = {place: number for number, place in enumerate(subject.bundles)}
    uses = [list(_uses(subject, i, gradients, edges)) for i in range(len(parts))]
    sums = _Sums(subject, gradients, uses)
    seeds = {i: size for i in range(len(parts)) if (size := sums.size(i)) is not None}
    backward = [sums.step(i, uses[i]) for i in reversed(range(len(parts))) if uses[i]]
    computing = (i for i, part in enumerate(parts) if any(n.op for n in part.nodes))
    return Playback(tuple(computing), seeds, tuple(backward))


def _gradients(subject: Subject) -> dict[Value, float]:
    """Return what the pass left, or what it would leave where none has run."""
    order = subject.view.order
    if subject.ran:
        return {node: node.grad for node in order if node.has_grad}
    root, original = subject.view.root, subject.original
    found = {root: 1.0} if root.requires_grad else {}
    for head in reversed(order):
        if head in found:
            for tail, local in _locals(head):
                shown, amount = original(tail), found[head] * local
                found[shown] = found.get(shown, 0.0) + amount
    return found


def _locals(head: Value) -> Iterator[tuple[Value, float]]:
    pairs = zip(head.parents, head.local_derivatives(), strict=True)
    return ((tail, local) for tail, local in pairs if local is not None)


def _uses(
    subject: Subject,
    i: int,
    gradients: Mapping[Value, float],
    edges: Mapping[Place, int],
) -> Iterator[_Use]:
    """Yield what part number `i` hands to values that are shown, as backward() does."""
    for head in reversed(subject.view.parts[i].nodes):
        if head.op is None or head not in gradients:
            continue
        locals_ = head.local_derivatives()
        for place, (tail, by) in enumerate(zip(head.parents, locals_, strict=True)):
            tail = subject.original(tail)
            t = subject.index.get(tail)
            if by is not None and t is not None:
                edge = edges.get((i, place, t), edges.get((i, -1, t)))
                yield _Use(edge, tail, gradients[head] * by)


class _Sums:
    """The gradients of all values so far."""

    def __init__(
        self,
        subject: Subject,
        gradients: Mapping[Value, float],
        uses: Sequence[Sequence[_Use]],
    ) -> None:
        """Begin with what the uses do not explain."""
        self._subject = subject
        self._gradients = gradients
        self._sums: dict[Value, float] = {}
        self._waiting: dict[Value, int] = {}
        largest: dict[Value, float] = {}
        for use in (use for of_part in reversed(uses) for use in of_part):
            tail = use.tail
            self._add(tail, use.amount)
            self._waiting[tail] = self._waiting.get(tail, 0) + 1
            largest[tail] = _larger(largest.get(tail, 0.0), abs(use.amount))
        explained, self._sums = self._sums, {}
        for node in subject.index.keys() & gradients.keys():
            rest = gradients[node] - explained.get(node, 0.0)
            if isfinite(rest) and abs(rest) > _NEGLIGIBLE * largest.get(node, 0.0):
                self._sums[node] = rest

    def _add(self, node: Value, amount: float) -> None:
        # as backward() begins: 0.0 + -0.0 is 0.0
        self._sums[node] = self._sums.get(node, 0.0) + amount

    def step(self, i: int, uses: Sequence[_Use]) -> Step:
        """Add what one part hands on; return it, arrow by arrow."""
        amounts: dict[int, float] = {}
        totals: dict[int, float] = {}
        modules: dict[int, int] = {}
        for use in uses:
            self._receive(use)
            if use.edge is None:
                continue
            tail, before = self._subject.index[use.tail], amounts.get(use.edge)
            if self._is_single(tail):
                amounts[use.edge] = _added(before, use.amount)
                totals[use.edge] = self._sums[use.tail]
            else:
                amounts[use.edge] = _larger(before or 0.0, abs(use.amount))
                modules[use.edge] = tail
        totals |= {edge: self.size(tail) or 0.0 for edge, tail in modules.items()}
        handings = tuple(Handing(edge, amounts[edge], totals[edge]) for edge in amounts)
        return Step(i, handings, None if self._is_single(i) else self.size(i))

    def _is_single(self, i: int) -> bool:
        return self._subject.view.parts[i].is_single

    def _receive(self, use: _Use) -> None:
        self._add(use.tail, use.amount)
        self._waiting[use.tail] -= 1
        if not self._waiting[use.tail]:
            # Closed modules add in another order, which rounds differently.
            found = self._sums[use.tail]
            self._sums[use.tail] = self._gradients.get(use.tail, found)

    def size(self, i: int) -> float | None:
        """Return the gradient of a box so far, None where there is none yet."""
        part = self._subject.view.parts[i]
        if part.is_single:
            return self._sums.get(part.nodes[0])
        sizes = [abs(self._sums[node]) for node in part.nodes if node in self._sums]
        return reduce(_larger, sizes) if sizes else None


def _added(before: float | None, amount: float) -> float:
    return amount if before is None else before + amount


def _larger(a: float, b: float) -> float:
    return a if b <= a else b  # nan, which is worth seeing, counts as larger
