"""The pictures of one page: the same graph, its modules closed and open.

There is one for each depth at which a browser can still show all boxes. Where even the
outermost modules are too many to look at, the first is what `viz.render` would show.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Unpack

from autograd_core import Value
from autograd_core.inspection import named_values

from .layout import Layout, lay_out
from .modules import path_of
from .picture import Picture, picture_of
from .playback import Playback, playback
from .subject import Bundle, Subject
from .view import LIMIT, READABLE, View, ViewOptions, view

__all__ = ["MOST", "MOST_ARROWS", "Scene", "Scenes", "scenes"]

MOST = 6_000  # boxes that a browser moves without a stutter
MOST_ARROWS = 30_000

Names = Mapping[Value, str]


@dataclass(frozen=True, slots=True)
class Scene:
    """A picture with its places and its steps.

    `depth` is that of `viz.view`, if any; `bundles` are the uses that each arrow of the
    picture stands for.
    """

    depth: int | None
    subject: Subject
    picture: Picture
    layout: Layout
    playback: Playback
    bundles: Sequence[Bundle]


class Scenes(NamedTuple):
    """All pictures of a page, the most closed one first, and which to open with."""

    all: Sequence[Scene]
    first: int


def scenes(
    root: Value,
    *,
    names: Mapping[str, Any] | None = None,
    **options: Unpack[ViewOptions],
) -> Scenes:
    """Return the pictures of the graph below `root`.

    >>> from autograd_core import scope
    >>> x = Value(3.0)
    >>> with scope("square"):
    ...     y = x * x * x
    >>> found = scenes(y)
    >>> [len(scene.picture.boxes) for scene in found.all], found.first
    ([2, 3], 1)
    """
    found, first = _subjects(root, named_values(names), options)
    return Scenes([_scene(depth, subject) for depth, subject in found], first)


def _scene(depth: int | None, subject: Subject) -> Scene:
    shown = picture_of(subject)
    bundles = tuple(subject.bundles.values())
    return Scene(depth, subject, shown, lay_out(shown), playback(subject), bundles)


def _subjects(
    root: Value, names: Names, options: ViewOptions
) -> tuple[list[tuple[int | None, Subject]], int]:
    chosen = view(root, **options)
    wanted, limit = options.get("depth"), options.get("limit", LIMIT)
    by_depth = _by_depth(root, chosen, names, options)
    found: list[tuple[int | None, Subject]] = list(by_depth.items())
    for most in (min(limit, READABLE), limit):
        fit = [
            place
            for place, (depth, subject) in enumerate(by_depth.items())
            if (len(subject.view.parts) <= most if wanted is None else depth <= wanted)
        ]
        if fit:
            return found, fit[-1]
    closed = options.copy()
    closed["depth"], closed["limit"] = None, min(limit, MOST)
    return [(None, Subject(view(root, **closed), root, names)), *found], 0


def _by_depth(
    root: Value, chosen: View, names: Names, options: ViewOptions
) -> dict[int, Subject]:
    """Return what to show at each depth that differs from the one before."""
    deepest = max(len(path_of(scope)) for scope in {n.scope for n in chosen.order})
    found: dict[int, Subject] = {}
    for depth in range(deepest + 1):
        opened = options.copy()
        opened["depth"] = depth
        seen = view(root, **opened)
        if len(seen.parts) > MOST:
            break
        subject = Subject(seen, root, names)
        if len(subject.bundles) > MOST_ARROWS:
            break
        if found and len(found[depth - 1].view.parts) == len(seen.parts):
            del found[depth - 1]  # nothing was opened
        found[depth] = subject
    return found
