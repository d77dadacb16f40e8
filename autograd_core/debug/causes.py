"""Where a gradient was lost or spoiled: the terms and the sums that are to blame.

A term `upstream × local` is 0, or not finite, because a factor is, or because the
product left the floats; a gradient, because its terms are or because of their sum. A
search follows what is ill from a node towards the root, to where it arose.
"""

from collections import deque
from collections.abc import Callable, Iterator
from math import inf, isfinite, isnan
from typing import NamedTuple

from ..value import Value
from .tape import Tape
from .tape.steps import Contribution

__all__ = ["Cause", "Causes", "is_cancelled"]

_Judgement = tuple[list[str], list[Contribution]]

CANCELLED = 1e-3
"""Terms cancel where less than this part of the largest of them is left."""


class Cause(NamedTuple):
    """Something to blame at `node`, whose gradient is not well.

    `kind` is "local" or "product" of the term `sent` to the node; "cancelled",
    "overflown" or "opposed" of the sum of its terms; "hook" where a hook changed it.
    """

    kind: str
    node: Value
    sent: Contribution | None = None


def is_cancelled(received: list[Contribution]) -> bool:
    """Tell whether little or nothing is left of the terms of a gradient.

    >>> x = Value(3.0)
    >>> tape = Tape(x - x * 0.9999)
    >>> tape.go_to(len(tape))
    >>> is_cancelled(tape.received(x))
    True
    """
    largest = max((abs(sent.amount) for sent in received), default=0.0)
    return bool(received) and abs(received[-1].total) < CANCELLED * largest < inf


class Causes:
    """Searches the terms that have been handed on at the moment of a tape.

    Each takes time linear in the arrows that it follows.
    """

    def __init__(self, tape: Tape) -> None:
        """Take the tape, whose moment must stay."""
        self._tape = tape
        self._locals: dict[Value, dict[Value, list[tuple[int, float]]]] = {}

    def of_zero(self, node: Value) -> Iterator[Cause]:
        """Yield why a gradient is 0."""

        def judged(received: list[Contribution]) -> _Judgement:
            if any(sent.amount for sent in received):
                return ["cancelled"], []
            return [], received

        return self._search(node, _is_zero, judged)

    def of_not_finite(self, node: Value) -> Iterator[Cause]:
        """Yield why a gradient is inf or nan."""

        def judged(received: list[Contribution]) -> _Judgement:
            ill = [sent for sent in received if _is_not_finite(sent.amount)]
            if not ill:
                return ["overflown"] if received else [], []
            became_nan = isnan(received[-1].total) and not any(
                isnan(sent.amount) for sent in ill
            )
            return ["opposed"] if became_nan else [], ill

        return self._search(node, _is_not_finite, judged)

    def of_little(self, node: Value) -> Iterator[Cause]:
        """Yield where terms cancel, at a node or upstream of it."""

        def judged(received: list[Contribution]) -> _Judgement:
            return ["cancelled"] if is_cancelled(received) else [], received

        found = self._search(node, lambda _: True, judged)
        return (cause for cause in found if cause.kind == "cancelled")

    def is_hooked(self, node: Value, received: list[Contribution]) -> bool:
        """Tell whether a gradient is another than the sum of what was received."""
        start = 1.0 if node is self._tape.root else None
        total = received[-1].total if received else start
        gradient = self._tape.grad(node)
        if gradient is None or total is None:
            return False
        return gradient != total and not (isnan(gradient) and isnan(total))

    def received(self, node: Value) -> list[Contribution]:
        """Return what `Tape.received` does, which asks a child anew for each operand.

        >>> x = Value(3.0)
        >>> tape = Tape(x * x)
        >>> tape.go_to(len(tape))
        >>> Causes(tape).received(x) == tape.received(x)
        True
        """
        tape, total = self._tape, 0.0
        found: list[Contribution] = []
        for child in reversed(tape.children(node)):
            sent, upstream = tape.sent_at(child), tape.grad(child)
            if sent is None or sent > tape.moment or upstream is None:
                continue
            for place, local in self._locals_of(child).get(node, ()):
                amount = upstream * local
                total += amount
                found.append(
                    Contribution(child, place, node, upstream, local, amount, total)
                )
        return found

    def _locals_of(self, child: Value) -> dict[Value, list[tuple[int, float]]]:
        if child not in self._locals:
            found = self._locals[child] = dict[Value, list[tuple[int, float]]]()
            locals_ = self._tape.local_derivatives(child)
            for place, (parent, local) in enumerate(
                zip(child.parents, locals_, strict=True)
            ):
                if local is not None:
                    found.setdefault(parent, []).append((place, local))
        return self._locals[child]

    def _search(
        self,
        node: Value,
        is_ill: Callable[[float], bool],
        judged: Callable[[list[Contribution]], _Judgement],
    ) -> Iterator[Cause]:
        """Yield the causes at a node and upstream, the nearest first.

        `judged` tells what is wrong with the sum of some terms, and which of them are
        ill themselves. Behind a hook nobody is to blame.
        """
        seen, waiting = {node}, deque([node])
        while waiting:
            receiver = waiting.popleft()
            received = self.received(receiver)
            if self.is_hooked(receiver, received):
                yield Cause("hook", receiver)
                continue
            kinds, ill = judged(received)
            yield from (Cause(kind, receiver) for kind in kinds)
            for sent in ill:
                if kind := _fault(sent, is_ill):
                    yield Cause(kind, receiver, sent)
                if is_ill(sent.upstream) and sent.child not in seen:
                    seen.add(sent.child)
                    waiting.append(sent.child)


def _fault(sent: Contribution, is_ill: Callable[[float], bool]) -> str:
    """Say what is wrong with a term besides the gradient that it was made of."""
    if is_ill(sent.local):
        return "local"
    came_about = isnan(sent.amount) and not isnan(sent.upstream)  # 0 times inf
    return "product" if came_about or not is_ill(sent.upstream) else ""


def _is_zero(x: float) -> bool:
    return x == 0


def _is_not_finite(x: float) -> bool:
    return not isfinite(x)
