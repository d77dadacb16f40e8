"""Where each box and each arrow of a picture goes, with the standard library only.

The columns and the order in them come from `viz.order`; here boxes get coordinates in
points, each as near as it can to the mean height of its neighbours. `viz.routes` then
draws the arrows through what is left free.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile
from statistics import fmean

from .boxes import Box
from .modules import path_of
from .order import Columns, arrange
from .picture import Picture
from .routes import Places, Rooms, Route, routes
from .spread import spread
from .style import CELL_PAD, FONT_SIZE, ROW
from .width import width

__all__ = ["FRAME_PAD", "NAME_ROOM", "Frame", "Layout"]
__all__ += ["lay_out", "modules_around"]

FRAME_PAD = 5.0  # between what is in a module and the frame around it
NAME_ROOM = 11.0  # above that, for the module's name

Path = tuple[str, ...]

_SWEEPS = 8
_GAP = 12.0  # between boxes of a column
_STOP = 4.0  # height of a stop
_STEEPEST = 8.0  # the gap grows until no arrow climbs more than that for each point
_WIDEST_GAP = 260.0


@dataclass(frozen=True, slots=True)
class Frame:
    """Where a box is: its upper left corner and its size."""

    x: float
    y: float
    width: float
    height: float

    def overlaps(self, other: "Frame") -> bool:
        """Tell whether the two share any area."""
        apart = self.x + self.width <= other.x or other.x + other.width <= self.x
        below = self.y + self.height <= other.y or other.y + other.height <= self.y
        return not (apart or below)


@dataclass(frozen=True, slots=True)
class Layout:
    """A frame for each box and a route for each edge, in their order."""

    frames: tuple[Frame, ...]
    routes: tuple[Route, ...]
    width: float
    height: float


def lay_out(picture: Picture) -> Layout:
    """Place boxes and arrows, leaves on the left and the root on the right.

    >>> from autograd_core import Value
    >>> from viz.picture import picture
    >>> x, y = Value(2.0), Value(3.0)
    >>> placed = lay_out(picture(x * y))
    >>> [frame.x < placed.frames[2].x for frame in placed.frames]
    [True, True, False]
    """
    ordered = arrange(picture)
    sizes = [_size(box) for box in picture.boxes]
    sizes += [(0.0, _STOP)] * (len(ordered.left) - len(sizes))
    heights = [height for _, height in sizes]
    places = Places(heights, _middles(ordered, heights, _gaps(picture, ordered)))
    _set_columns(places, picture, ordered, [wide for wide, _ in sizes])
    frames = tuple(
        Frame(places.lefts[i], places.middles[i] - high / 2, wide, high)
        for i, (wide, high) in enumerate(sizes[: len(picture.boxes)])
    )
    right = max(frame.x + frame.width for frame in frames)
    return Layout(frames, routes(picture, ordered, places), right, places.bottom)


def modules_around(picture: Picture) -> list[Path]:
    """Return the modules that each box stands in, a constant where its readers are.

    >>> from autograd_core import Value, scope
    >>> from viz.picture import picture
    >>> with scope("double"):
    ...     y = Value(3.0, label="x") * 2
    >>> modules_around(picture(y))
    [(), ('double',), ('double',)]
    """
    paths = [path_of(box.scope) for box in picture.boxes]
    seen: set[int] = set()
    for edge in picture.edges:
        if picture.boxes[edge.tail].kind == "constant":
            head, tail = paths[edge.head], paths[edge.tail]
            paths[edge.tail] = _shared(head, tail) if edge.tail in seen else head
            seen.add(edge.tail)
    return paths


def _shared(a: Path, b: Path) -> Path:
    both = takewhile(lambda pair: pair[0] == pair[1], zip(a, b, strict=False))
    return tuple(name for name, _ in both)


def _size(box: Box) -> tuple[float, float]:
    widths = [
        sum(width(cell, FONT_SIZE) + 2 * CELL_PAD for cell in row) for row in box.rows
    ]
    return max(widths), ROW * len(box.rows)


def _gaps(picture: Picture, ordered: Columns) -> list[list[float]]:
    """Return the gaps in each column, wider where frames of modules end or begin."""
    paths, gaps = modules_around(picture), []
    for column in ordered.columns:
        above = paths[column[0]] if column[0] < len(paths) else ()
        gaps.append([_GAP] * (len(column) - 1))
        for k, i in enumerate(column[1:]):
            if i < len(paths):  # a stop is in no module, and ends none
                shared = len(_shared(above, paths[i]))
                begin, end = len(paths[i]) - shared, len(above) - shared
                gaps[-1][k] += begin * (FRAME_PAD + NAME_ROOM) + end * FRAME_PAD
                above = paths[i]
    return gaps


def _middles(
    ordered: Columns, heights: Sequence[float], gaps: Sequence[Sequence[float]]
) -> list[float]:
    """Choose the height of the middle of each box and stop."""
    middles = [0.0] * len(heights)
    tall = [[heights[i] for i in column] for column in ordered.columns]
    columns = list(zip(ordered.columns, tall, gaps, strict=True))
    for sweep in range(_SWEEPS):
        forward = sweep % 2 == 1
        beside = ordered.left if forward else ordered.right
        for column, high, apart in columns if forward else reversed(columns):
            wanted = [
                fmean([middles[n] for n in beside[i]]) if beside[i] else middles[i]
                for i in column
            ]
            for i, middle in zip(column, spread(wanted, high, apart), strict=True):
                middles[i] = middle
    top = min(m - h / 2 for m, h in zip(middles, heights, strict=True))
    return [m - top for m in middles]


def _set_columns(
    places: Places, picture: Picture, ordered: Columns, widths: Sequence[float]
) -> None:
    """Set the left and right ends, column by column, as the texts between need."""
    rooms, x = Rooms(picture, ordered), 0.0
    for column in ordered.columns:
        wide = max(widths[i] for i in column)
        climb = max(_climbs(column, ordered, places.middles), default=0.0)
        gap = max(rooms.needed(column), min(climb / _STEEPEST, _WIDEST_GAP))
        slot = x + wide + rooms.slot(column, gap)
        for i in column:
            places.put(i, widths[i], x, wide, slot)
        x += wide + gap


def _climbs(
    column: Sequence[int], ordered: Columns, middles: Sequence[float]
) -> list[float]:
    return [abs(middles[n] - middles[i]) for i in column for n in ordered.right[i]]
