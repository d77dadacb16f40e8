"""Frames around modules, where the built-in layout leaves room for them.

The layout knows columns, not modules. A module is framed if the rectangle around its
boxes holds nobody else's and crosses no other frame; else it is told by the names of
its boxes alone, as is a module of one box.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from autograd_core.inspection import one_line

from .layout import FRAME_PAD, NAME_ROOM, Frame, Layout, Path, modules_around
from .picture import Picture
from .style import SMALL
from .width import width

__all__ = ["ModuleFrame", "frames_of"]

_LONGEST = 32  # characters of a name
_MOST = 2_000  # boxes; among more of them nobody looks for frames


@dataclass(frozen=True, slots=True)
class ModuleFrame:
    """Where the frame of a module is, and the name on it."""

    path: Path
    name: str
    frame: Frame


def frames_of(picture: Picture, placed: Layout) -> list[ModuleFrame]:
    """Return the frames that can be drawn in a layout, the outer ones first.

    >>> from autograd_core import Value, scope, tanh
    >>> from viz.layout import lay_out
    >>> from viz.picture import picture
    >>> with scope("square"):
    ...     y = tanh(tanh(Value(3.0, label="x")))
    >>> shown = picture(y)
    >>> [module.name for module in frames_of(shown, lay_out(shown))]
    ['square']
    """
    drawn: list[ModuleFrame] = []
    frames = placed.frames
    if len(frames) > _MOST:
        return drawn
    for path, members in _modules(modules_around(picture)):
        inside = [frames[i] for i in members]
        inside += [inner.frame for inner in drawn if inner.path[: len(path)] == path]
        frame = _around(inside)
        strangers = [box for i, box in enumerate(frames) if i not in members]
        strangers += [other.frame for other in drawn if other.frame not in inside]
        if not any(frame.overlaps(other) for other in strangers):
            drawn.append(ModuleFrame(path, _fitting(path[-1], frame.width), frame))
    return drawn[::-1]


def _modules(paths: Sequence[Path]) -> list[tuple[Path, set[int]]]:
    """Return each module of several boxes with their numbers, the innermost first."""
    members: dict[Path, set[int]] = {}
    for i, path in enumerate(paths):
        for depth in range(1, len(path) + 1):
            members.setdefault(path[:depth], set()).add(i)
    several = [(path, held) for path, held in members.items() if len(held) > 1]
    return sorted(several, key=lambda module: -len(module[0]))


def _fitting(name: str, room: float) -> str:
    """Return as much of a name as there is room for."""
    limits = range(_LONGEST, 3, -1)
    lines = (one_line(name, limit) for limit in limits)
    fitting = (line for line in lines if width(line, SMALL) + 4 * FRAME_PAD <= room)
    return next(fitting, "…")


def _around(inside: Iterable[Frame]) -> Frame:
    held = list(inside)
    x, y = min(f.x for f in held), min(f.y for f in held)
    right = max(f.x + f.width for f in held)
    bottom = max(f.y + f.height for f in held)
    pad, head = FRAME_PAD, FRAME_PAD + NAME_ROOM
    return Frame(x - pad, y - head, right - x + 2 * pad, bottom - y + head + pad)
