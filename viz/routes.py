"""How each arrow runs from box to box, and where on it its text stands.

Each text gets a flat piece of its arrow where no other text stands: beside the tail of
an arrow that leaves alone, beside the head where few arrive, and between two crowds in
a column of its own half-way.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from .edges import Edge
from .order import Columns
from .picture import Picture
from .spread import spread
from .style import SMALL, TIP
from .width import width

__all__ = ["Places", "Point", "Rooms", "Route", "routes"]

Point = tuple[float, float]
Side = Literal["tail", "head", "slot"]

_ARROW_ROOM = 40.0  # between columns and texts, for arrows to bend
_TEXT_PAD = 9.0
_TEXT_HEIGHT = 11.0
_FEW = 4  # arrows that end at one box and still leave each other room for a text


@dataclass(frozen=True, slots=True)
class Route:
    """The points an arrow passes, flat at each, and where the middle of its text is."""

    points: tuple[Point, ...]
    text: Point

    def to(self, end: Point) -> "Route":
        """Return the route that goes on to another point."""
        return Route((*self.points, end), self.text)


class Places:
    """Where boxes and stops are, and where the texts to the right of them stand."""

    def __init__(self, heights: Sequence[float], middles: Sequence[float]) -> None:
        self.heights = heights
        self.middles = middles
        self.lefts = [0.0] * len(heights)
        self.rights = [0.0] * len(heights)
        self.slots = [0.0] * len(heights)
        self.columns = [(0.0, 0.0)] * len(heights)
        self.bottom = max(m + h / 2 for m, h in zip(middles, heights, strict=True))

    def put(self, i: int, width: float, left: float, wide: float, slot: float) -> None:
        """Place a box in the middle of its column, which a stop crosses whole."""
        spare = (wide - width) / 2 if width else 0.0
        self.lefts[i], self.rights[i] = left + spare, left + spare + (width or wide)
        self.columns[i], self.slots[i] = (left, left + wide), slot


class Rooms:
    """How wide the texts are that stand to the right of a column."""

    def __init__(self, picture: Picture, ordered: Columns) -> None:
        self._widest: dict[tuple[Side, int], float] = {}
        for edge, path in zip(picture.edges, ordered.paths, strict=True):
            key = _side(path, ordered), path[-2]
            self._widest[key] = max(self._widest.get(key, 0.0), _room(edge))

    def needed(self, column: Iterable[int]) -> float:
        """Return the width that arrows and texts need beside a column."""
        tail, head, slot = self._sides(column)
        return tail + head + _ARROW_ROOM + (slot + _ARROW_ROOM if slot else 0.0)

    def slot(self, column: Iterable[int], gap: float) -> float:
        """Return how far from the column texts between two crowds are centred."""
        tail, head, _ = self._sides(column)
        return tail + (gap - tail - head) / 2

    def _sides(self, column: Iterable[int]) -> tuple[float, float, float]:
        def widest(side: Side) -> float:
            return max(self._widest.get((side, i), 0.0) for i in column)

        return widest("tail"), widest("head"), widest("slot")


def routes(picture: Picture, ordered: Columns, places: Places) -> tuple[Route, ...]:
    """Draw a route for each edge of the picture, in their order."""
    ends = _arrivals(picture.edges, ordered, places)
    slots = _slots(picture.edges, ordered, places, ends)
    drawn = []
    for e, (edge, path) in enumerate(zip(picture.edges, ordered.paths, strict=True)):
        points, side = _way(path, places), _side(path, ordered)
        flat = places.columns[path[-1]][0], ends[e][1]
        bent = _with_text(points, flat, _room(edge), side, slots.get(e))
        # Beside a wider box the way to a narrow one is flat.
        drawn.append(bent if flat == ends[e] else bent.to(ends[e]))
    return tuple(drawn)


def _room(edge: Edge) -> float:
    return width(edge.text, SMALL) + _TEXT_PAD if edge.text else 0.0


def _side(path: Sequence[int], ordered: Columns) -> Side:
    if len(ordered.right[path[-2]]) == 1:
        return "tail"
    return "head" if len(ordered.left[path[-1]]) <= _FEW else "slot"


def _way(path: Sequence[int], places: Places) -> list[Point]:
    """Return the points of a path up to where its last piece begins."""
    y = places.middles[path[0]]
    points = [(places.rights[path[0]], y)]
    if places.columns[path[0]][1] > places.rights[path[0]]:
        points.append((places.columns[path[0]][1], y))
    for stop in path[1:-1]:
        y = places.middles[stop]
        points += [(places.lefts[stop], y), (places.rights[stop], y)]
    return points


def _with_text(
    points: list[Point], end: Point, room: float, side: Side, slot: Point | None
) -> Route:
    """Finish a route with a flat piece for its text."""
    x, y = points[-1]
    if slot:
        flat = (slot[0] - room / 2, slot[1]), (slot[0] + room / 2, slot[1])
        return Route((*points, *flat, end), slot)
    if not room:
        return Route((*points, end), (x, y))
    if side == "tail":
        return Route((*points, (x + room, y), end), (x + room / 2, y))
    flat_x = end[0] - room - TIP
    return Route((*points, (flat_x, end[1]), end), (flat_x + room / 2, end[1]))


def _arrivals(edges: Sequence[Edge], ordered: Columns, places: Places) -> list[Point]:
    """Spread the arrows that end at a box along its left side."""
    arriving: dict[int, list[int]] = {}
    for e, edge in enumerate(edges):
        arriving.setdefault(edge.head, []).append(e)
    ends: list[Point] = [(0.0, 0.0)] * len(edges)
    for head, group in arriving.items():
        group.sort(key=lambda e: places.middles[ordered.paths[e][-2]])
        high = places.heights[head]
        top = places.middles[head] - high / 2
        for k, e in enumerate(group, start=1):
            ends[e] = (places.lefts[head], top + high * k / (len(group) + 1))
    return ends


def _slots(
    edges: Sequence[Edge], ordered: Columns, places: Places, ends: Sequence[Point]
) -> dict[int, Point]:
    """Spread the texts between two crowds over a column of their own."""
    columns: dict[float, list[tuple[float, int]]] = {}
    for e, (edge, path) in enumerate(zip(edges, ordered.paths, strict=True)):
        if edge.text and _side(path, ordered) == "slot":
            middle = (places.middles[path[-2]] + ends[e][1]) / 2
            columns.setdefault(places.slots[path[-2]], []).append((middle, e))
    slots: dict[int, Point] = {}
    for x, group in columns.items():
        group.sort()
        high = min(_TEXT_HEIGHT, places.bottom / len(group))
        middles = spread([middle for middle, _ in group], [high] * len(group))
        for k, ((_, e), y) in enumerate(zip(group, middles, strict=True)):
            low, above = high * (k + 0.5), high * (len(group) - k - 0.5)
            slots[e] = (x, min(max(y, low), places.bottom - above))
    return slots
