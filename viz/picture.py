"""What a picture of a graph says, before anybody decides how to write it.

A `Picture` is a list of boxes and a list of arrows with all their texts, computed once
from what `viz.view` chose to show. Every writer and the layout read it and nothing
else, so they show the same numbers, and a new kind of picture is a new reader.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Unpack

from autograd_core import Value
from autograd_core.errors import UnknownNameError

from .boxes import Box, box_of
from .edges import Edge, edges_of
from .names import named_values
from .scale import Scale
from .subject import Subject
from .text import number
from .view import ViewOptions, view

__all__ = ["THEMES", "Picture", "legend_of", "picture"]

THEMES = ("light", "dark")
LOCALS = "on each arrow: the local derivative of its head with respect to its tail"
TERMS = "on each arrow: upstream gradient × local derivative = what it adds"


@dataclass(frozen=True, slots=True)
class Picture:
    """Boxes in topological order, so an edge always has `tail < head`.

    `legend` pairs the least gradient of each level of the scale with that level.
    """

    boxes: tuple[Box, ...]
    edges: tuple[Edge, ...]
    title: str
    caption: str = LOCALS
    legend: tuple[tuple[str, int], ...] = ()
    theme: str = "light"


def picture(
    root: Value,
    *,
    names: Mapping[str, Any] | None = None,
    theme: str = "light",
    **options: Unpack[ViewOptions],
) -> Picture:
    """Describe the graph below `root`, as the options of `viz.view` ask.

    >>> x = Value(3, label="x")
    >>> shown = picture(x * x)
    >>> [box.rows for box in shown.boxes]  # doctest: +NORMALIZE_WHITESPACE
    [(('x', 'input'), ('data 3',), ('backward not run',)),
     (('*', 'output'), ('data 9',), ('backward not run',))]
    >>> [(edge.tail, edge.head, edge.text) for edge in shown.edges]
    [(0, 1, '3'), (0, 1, '3')]

    Raises `OperandError`, a `TypeError`, for anything but a `Value`.
    """
    if theme not in THEMES:
        raise UnknownNameError("theme", theme, THEMES)
    subject = Subject(view(root, **options), root, named_values(names))
    return Picture(
        tuple(box_of(subject, i, part) for i, part in enumerate(subject.view.parts)),
        tuple(edges_of(subject)),
        f"Graph of {subject.name(root)}: {subject.view.count} values",
        _caption(subject),
        legend_of(subject.scale),
        theme,
    )


def _caption(subject: Subject) -> str:
    count, boxes = subject.view.count, len(subject.view.parts)
    summary = f"{count:,} values shown as {boxes:,} boxes" if count > boxes else ""
    written = TERMS if subject.ran else LOCALS
    return "; ".join(filter(None, (subject.view.note, summary, written)))


def legend_of(
    scale: Scale | None, what: str = "|gradient|"
) -> tuple[tuple[str, int], ...]:
    """Return what each level of a scale stands for."""
    if scale is None:
        return ()
    bounds = enumerate(scale.bounds)
    return tuple((f"{what} ≥ {number(x)}", level) for level, x in bounds)
