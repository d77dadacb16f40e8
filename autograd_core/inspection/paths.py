"""The paths that carry most of a gradient.

By the chain rule a gradient is a sum over all paths from the root, each the product of
the local derivatives along it (Bauer 1974). There may be 2⁶⁰ of them; the heaviest few
are found in one walk, since the head of a heavy path is a heavy path.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from heapq import heappush, heapreplace
from operator import attrgetter

from .. import Value, topological_order
from ..errors import ShapeError

__all__ = ["HeavyPath", "heaviest_paths"]


@dataclass(frozen=True)
class HeavyPath:
    """The nodes of a path, the root first, and what it adds to the leaf's gradient.

    `factors` are the local derivatives along it, whose product it is; `share` is its
    part of the magnitudes of all paths that were asked for, 0 where they are beyond
    all bounds.
    """

    nodes: tuple[Value, ...]
    factors: tuple[float, ...]
    product: float
    share: float


class _Way:
    """A path from the root down to a node, by its last step."""

    def __init__(self, node: Value, local: float, above: "_Way | None") -> None:
        self.node, self.local, self.above = node, local, above
        self.product: float = local if above is None else above.product * local

    def back(self) -> Iterator["_Way"]:
        """Yield this way, then the one that it goes on from, up to the root."""
        way: _Way | None = self
        while way is not None:
            yield way
            way = way.above

    def path(self, total: float) -> HeavyPath:
        """Return it from the root, with its share of a total."""
        ways = [*self.back()][::-1]
        nodes, locals_ = [way.node for way in ways], [way.local for way in ways[1:]]
        product = abs(self.product)
        share = product / total if 0 < total < float("inf") else 0.0
        return HeavyPath(tuple(nodes), tuple(locals_), self.product, share)


def _recorded(node: Value) -> Sequence[float | None]:
    return node.local_derivatives()


def heaviest_paths(
    root: Value,
    count: int,
    order: Sequence[Value] | None = None,
    parents: Callable[[Value], Sequence[Value]] = attrgetter("parents"),
    *,
    to: Value | None = None,
    local_derivatives: Callable[[Value], Sequence[float | None]] = _recorded,
) -> list[HeavyPath]:
    """Return the paths from a root to its leaves with the largest products.

    `order` holds the graph, `parents` tells what is shown as operands of a node and
    `local_derivatives` what stands on its arrows; without them it is the graph as it
    was made. `to` is where the paths shall end, if not at the leaves.

    >>> x, y = Value(3.0, label="x"), Value(0.5, label="y")
    >>> (best,) = heaviest_paths(x * y + y, count=1)
    >>> [node.label for node in best.nodes], best.factors, best.product
    (['', '', 'y'], (1.0, 3.0), 3.0)

    Raises `ShapeError`, a `ValueError`, for a count below 1.
    """
    if count < 1:
        raise ShapeError(f"heaviest_paths takes a count from 1 up, not {count}")
    ways: dict[Value, _Heaviest] = defaultdict(lambda: _Heaviest(count))
    mass: dict[Value, float] = defaultdict(float)
    ends, total = _Heaviest(count), 0.0
    ways[root].offer(_Way(root, 1.0, None))
    mass[root] = 1.0
    for node in reversed(topological_order(root) if order is None else order):
        if node not in ways:
            continue
        best = ways.pop(node).ways()
        if node is to or (to is None and node.is_leaf and node.requires_grad):
            total += mass[node]
            for way in best:
                ends.offer(way)
        for tail, local in zip(parents(node), local_derivatives(node), strict=True):
            if local:
                ways[tail].add(tail, best, local)
                mass[tail] += mass[node] * abs(local)
    return [way.path(total) for way in ends.ways()]


class _Heaviest:
    """The so many ways to one node with the largest products."""

    def __init__(self, count: int) -> None:
        self._count, self._added = count, 0
        self._heap: list[tuple[float, int, _Way]] = []

    def add(self, node: Value, ways: Sequence[_Way], local: float) -> None:
        """Go on along each way, the heaviest first, over an arrow to this node."""
        for way in ways:
            if not self.offer(_Way(node, local, way)):
                break  # nor will any that comes after it be among them

    def offer(self, way: _Way) -> bool:
        """Take a way if it is among the heaviest so far, and say whether it is."""
        weight = abs(way.product) if way.product == way.product else -1.0
        full = len(self._heap) == self._count
        if full and weight <= self._heap[0][0]:
            return False
        self._added += 1  # of two that are the same the first one stays
        (heapreplace if full else heappush)(self._heap, (weight, -self._added, way))
        return True

    def ways(self) -> list[_Way]:
        """Return the ways, the heaviest first."""
        return [way for _, _, way in sorted(self._heap, reverse=True)]
