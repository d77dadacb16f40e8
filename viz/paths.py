"""The paths that carry most of a gradient.

By the chain rule a gradient is a sum over all paths from the root, each the product of
the local derivatives along it (Bauer 1974). There may be 2⁶⁰ of them; the heaviest few
are found in one walk, since the head of a heavy path is a heavy path.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from heapq import nlargest
from math import fsum

from autograd_core import Value, topological_order

from .terms import terms

__all__ = ["HeavyPath", "heaviest_paths"]


@dataclass(frozen=True)
class HeavyPath:
    """The nodes of a path, the root first, and what it adds to the leaf's gradient.

    `share` is its part of the magnitudes of all paths to all leaves.
    """

    nodes: tuple[Value, ...]
    product: float
    share: float


class _Way:
    """A path from the root down to a node, by its last step."""

    def __init__(self, node: Value, product: float, above: "_Way | None") -> None:
        self.node, self.product, self.above = node, product, above

    def nodes(self) -> Iterator[Value]:
        way: _Way | None = self
        while way is not None:
            yield way.node
            way = way.above


def heaviest_paths(root: Value, count: int) -> list[HeavyPath]:
    """Return the paths from a root to its leaves with the largest products.

    >>> x, y = Value(3.0, label="x"), Value(0.5, label="y")
    >>> (best,) = heaviest_paths(x * y + y, count=1)
    >>> [node.label for node in best.nodes], best.product
    (['', '', 'y'], 3.0)
    """
    ways: dict[Value, list[_Way]] = defaultdict(list)
    mass: dict[Value, float] = defaultdict(float)
    ways[root], mass[root] = [_Way(root, 1.0, None)], 1.0
    ends: list[_Way] = []
    total = 0.0
    for node in reversed(topological_order(root)):
        best = nlargest(count, ways.pop(node, ()), key=_weight)
        if node.is_leaf and best and node.requires_grad:
            ends += best
            total += mass[node]
        for term in terms(node) if best else ():
            if term.local:
                ways[term.tail] += [
                    _Way(term.tail, way.product * term.local, way) for way in best
                ]
                mass[term.tail] += mass[node] * abs(term.local)
    chosen = nlargest(count, ends, key=_weight)
    return [
        HeavyPath(tuple(way.nodes())[::-1], way.product, _share(way, total))
        for way in chosen
    ]


def _weight(way: _Way) -> float:
    return abs(way.product) if way.product == way.product else -1.0


def _share(way: _Way, total: float) -> float:
    return abs(way.product) / total if 0 < total < float("inf") else 0.0


def share_of(paths: Sequence[HeavyPath]) -> float:
    """Return which part of the magnitudes of all paths some paths have."""
    return fsum(path.share for path in paths)
