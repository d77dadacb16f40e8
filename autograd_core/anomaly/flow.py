"""A pass of the chain rule, walked slowly to see where it goes wrong.

The numbers go along the edges of the graph in the order of the pass that was run, with
the same operations. What is kept of each node is the sum of what it was sent, and who
sent most of it.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from math import isfinite
from operator import mul
from typing import Any

from .blame import LONGEST
from .report import Anomaly, Kind

__all__ = ["Flow", "edges_of_pass"]

Edge = tuple[Any, Any, float]  # a node, its parent, ∂node/∂parent


class Flow:
    """What nodes were sent: gradients from `root` back, or tangents to it.

    `seeds` are the numbers that are there to begin with, and `changed` those that hooks
    put in the place of sums.
    """

    def __init__(
        self,
        kind: Kind,
        root: Any,
        seeds: Mapping[Any, float],
        *,
        changed: Mapping[Any, float] | None = None,
        times: Callable[[float, float], float | None] = mul,
    ) -> None:
        """Begin with the seeds."""
        self.kind, self.root = kind, root
        self.sums = dict(seeds)
        self._changed = dict(changed or {})
        self._times = times
        self._senders: dict[Any, tuple[float, Any]] = {}

    def first_nonfinite(self, edges: Iterable[Edge]) -> Anomaly | None:
        """Send the numbers along the edges up to the first that is not finite."""
        for node, seed in self.sums.items():
            if not isfinite(seed):
                return self._at(node, None, None, None, seed)
        counts: dict[Any, int] = {}
        current = None
        for child, parent, local in edges:
            if child is not current:
                current, counts = child, {}
            counts[parent] = nth = counts.get(parent, -1) + 1
            anomaly = self._send(child, parent, local, nth)
            if anomaly is not None:
                return anomaly
        for node in list(self._changed):
            if (anomaly := self._run_hooks(node)) is not None:
                return anomaly
        return None

    def _send(self, child: Any, parent: Any, local: float, nth: int) -> Anomaly | None:
        back = self.kind == "gradient"
        sender, receiver = (child, parent) if back else (parent, child)
        anomaly = self._run_hooks(sender)
        upstream = self.sums.get(sender)
        if anomaly is not None or upstream is None:
            return anomaly
        sent = self._times(upstream, local)
        if sent is None:
            return None
        total = self.sums[receiver] = self.sums.get(receiver, 0.0) + sent
        if not isfinite(total):
            operand = _place(child, parent, nth if back else -1 - nth)
            return self._at(child, operand, upstream, local, sent)
        if abs(sent) > self._senders.get(receiver, (-1.0, None))[0]:
            self._senders[receiver] = abs(sent), sender
        return None

    def _run_hooks(self, node: Any) -> Anomaly | None:
        """Put what hooks made of a sum in its place."""
        after = self._changed.pop(node, None)
        before = self.sums.get(node)
        if after is None:
            return None
        self.sums[node] = after
        return None if isfinite(after) else self._at(node, None, before, None, after)

    def _at(self, node: Any, operand: int | None, *factors: float | None) -> Anomaly:
        if self.kind == "gradient" or operand is None:
            chain = self._way_to(node)
        else:
            chain = (*self._way_to(node.parents[operand])[1 - LONGEST :], node)
        return Anomaly(self.kind, self.root, node, chain, operand, *factors)

    def _way_to(self, node: Any) -> tuple[Any, ...]:
        """Return the nodes along which most of a node's number came."""
        way = [node]
        while way[-1] in self._senders and len(way) < LONGEST:
            way.append(self._senders[way[-1]][1])
        return tuple(reversed(way))


def _place(child: Any, parent: Any, nth: int) -> int:
    """Return where the nth edge between two nodes has its operand."""
    pairs = zip(child.parents, child.local_derivatives(), strict=True)
    return [i for i, (p, x) in enumerate(pairs) if p is parent and x is not None][nth]


def edges_of_pass(order: Sequence[Any], reached: Mapping[Any, Any]) -> Iterator[Edge]:
    """Yield the edges of a backward pass over nodes in its order, those `reached`."""
    for node in order:
        if node in reached:
            locals_ = node.local_derivatives()
            for parent, local in zip(node.parents, locals_, strict=True):
                if local is not None:
                    yield node, parent, local
