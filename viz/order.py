"""Which column each box stands in, and in which order from top to bottom.

Columns run from left to right, so that every arrow points right. A box stands as far
right as its readers allow: a subtree hangs beside the node that uses it, and only a
value that is used in several places needs a long arrow. Where an arrow passes columns,
a stop in each of them keeps its place between the boxes; all long arrows from one box
share their stops, and fork where they leave. Cost: nearly linear in boxes and arrows.
"""

from bisect import bisect_right, insort
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import fmean

from .edges import Edge
from .picture import Picture

__all__ = ["Columns", "arrange"]

_SWEEPS = 8
_STOPS_PER_PART = 12  # beyond that many, the longest arrows pass behind the boxes
_LONGEST = 40

Neighbours = list[list[int]]


@dataclass
class Columns:
    """Boxes and stops by column. Numbers from `len(picture.boxes)` on are stops.

    `paths` has, for each edge, the boxes and stops to draw it through: from its tail,
    or from the stop where it leaves the arrow it shares the way with. `left` and
    `right` are the neighbours in the columns before and after.
    """

    columns: list[list[int]]
    paths: list[list[int]]
    left: Neighbours
    right: Neighbours


def arrange(picture: Picture) -> Columns:
    """Choose a column and a place in it for each box.

    >>> from autograd_core import Value
    >>> from viz.picture import picture
    >>> x = Value(3.0)
    >>> arrange(picture(x * x + x)).columns  # box 3 is the stop of the long arrow
    [[0], [1, 3], [2]]
    """
    ranks = _ranks(picture)
    paths = _paths(picture, ranks)
    columns: list[list[int]] = [[] for _ in range(max(ranks) + 1)]
    for i, rank in enumerate(ranks):
        columns[rank].append(i)
    left, right = _neighbours(paths, len(ranks))
    _reduce_crossings(columns, left, right)
    return Columns(columns, paths, left, right)


def _ranks(picture: Picture) -> list[int]:
    depth = [0] * len(picture.boxes)
    for edge in reversed(picture.edges):  # a head's own readers come before it
        depth[edge.tail] = max(depth[edge.tail], depth[edge.head] + 1)
    deepest = max(depth)
    return [deepest - d for d in depth]


def _paths(picture: Picture, ranks: list[int]) -> list[list[int]]:
    """Route each edge, adding a rank at the end of `ranks` for each new stop.

    What edges share is drawn with the heaviest of them, which comes first.
    """
    reach = _reach(picture, ranks)
    tracks: list[list[int]] = [[] for _ in picture.boxes]
    paths: list[list[int]] = [[] for _ in picture.edges]
    for e, edge in sorted(enumerate(picture.edges), key=_weight):
        track, first = tracks[edge.tail], ranks[edge.tail] + 1
        passed = ranks[edge.head] - first
        if passed == 0 or passed > reach:
            paths[e] = [edge.tail, edge.head]
        elif passed <= len(track):
            paths[e] = [track[passed - 1], edge.head]
        else:
            start = track[-1] if track else edge.tail
            fresh = range(len(ranks), len(ranks) + passed - len(track))
            ranks.extend(range(first + len(track), first + passed))
            track.extend(fresh)
            paths[e] = [start, *fresh, edge.head]
    return paths


def _weight(numbered: tuple[int, Edge]) -> tuple[int, bool]:
    """Put edges in order from the largest gradient to none."""
    edge = numbered[1]
    return -1 - edge.level if edge.level is not None else 0, not edge.live


def _reach(picture: Picture, ranks: Sequence[int]) -> int:
    """Return how many columns an edge may pass with a stop in each."""
    longest = [0] * len(picture.boxes)
    for edge in picture.edges:
        between = ranks[edge.head] - ranks[edge.tail] - 1
        longest[edge.tail] = max(longest[edge.tail], between)
    parts = len(picture.boxes) + len(picture.edges)
    return len(ranks) if sum(longest) <= _STOPS_PER_PART * parts else _LONGEST


def _neighbours(paths: list[list[int]], count: int) -> tuple[Neighbours, Neighbours]:
    left: Neighbours = [[] for _ in range(count)]
    right: Neighbours = [[] for _ in range(count)]
    for path in paths:
        for a, b in pairwise(path):
            right[a].append(b)
            left[b].append(a)
    return left, right


def _reduce_crossings(
    columns: list[list[int]], left: Neighbours, right: Neighbours
) -> None:
    """Order each column by the mean place of its neighbours, and keep the best."""
    place = [0] * len(left)
    for column in columns:
        _number(column, place)
    best, fewest = [column[:] for column in columns], _crossings(columns, right, place)
    for sweep in range(_SWEEPS):
        if not fewest:
            break
        forward = sweep % 2 == 1
        for column in columns if forward else reversed(columns):
            _sort(column, left if forward else right, place)
        crossings = _crossings(columns, right, place)
        if crossings < fewest:
            best, fewest = [column[:] for column in columns], crossings
    columns[:] = best


def _number(column: list[int], place: list[int]) -> None:
    for i, node in enumerate(column):
        place[node] = i


def _sort(column: list[int], neighbours: Neighbours, place: list[int]) -> None:
    def mean_place(node: int) -> float:
        beside = neighbours[node]
        return fmean([place[n] for n in beside]) if beside else place[node]

    column.sort(key=mean_place)
    _number(column, place)


def _crossings(columns: list[list[int]], right: Neighbours, place: list[int]) -> int:
    """Count the pairs of arrows that swap their order between two columns."""
    count = 0
    for column in columns:
        ends: list[int] = []
        for node in column:
            here = sorted(place[n] for n in right[node])
            for end in here:
                count += len(ends) - bisect_right(ends, end)
            for end in here:
                insort(ends, end)
    return count
