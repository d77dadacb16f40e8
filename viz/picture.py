"""What a picture of a graph says, before anybody decides how to write it.

A `Picture` is a list of boxes and a list of arrows with all their texts, computed once
from what `viz.view` chose to show. Every writer and the layout read it and nothing
else, so they show the same numbers, and a new kind of picture is a new reader.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import inf
from typing import Any, Unpack

from autograd_core import Value
from autograd_core.errors import UnknownNameError
from autograd_core.inspection import counted, named_values, number

from .boxes import Box, box_of
from .edges import Edge, edges_of
from .scale import Scale
from .subject import Subject
from .view import ViewOptions, view

__all__ = ["THEMES", "Picture", "legend_of", "picture"]

THEMES = ("light", "dark")
LOCALS = "on each arrow: the local derivative of its head with respect to its tail"
TERMS = "on each arrow: upstream gradient × local derivative = what it adds"
SO_FAR = f"{TERMS}; where nothing is handed on yet: the local derivative alone"


@dataclass(frozen=True, slots=True)
class Picture:
    """Boxes in topological order, so an edge always has `tail < head`.

    `legend` pairs what each level of the scale stands for with that level.
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
    return picture_of(Subject(view(root, **options), root, named_values(names)), theme)


def picture_of(subject: Subject, theme: str = "light") -> Picture:
    """Describe a subject that was chosen and named already."""
    return Picture(
        tuple(box_of(subject, i, part) for i, part in enumerate(subject.view.parts)),
        tuple(edges_of(subject)),
        f"Graph of {subject.name(subject.view.root)}: {_count(subject)}",
        _caption(subject),
        legend_of(subject.scale),
        theme,
    )


def _caption(subject: Subject) -> str:
    boxes = len(subject.view.parts)
    closed = subject.view.count > boxes
    summary = f"{_count(subject)} shown as {counted(boxes, 'box', 'boxes')}"
    terms = SO_FAR if subject.view.moment and subject.view.moment.partial else TERMS
    written = terms if subject.ran else LOCALS
    parts = (subject.view.note, summary if closed else "", written)
    return "; ".join(filter(None, parts))


def _count(subject: Subject) -> str:
    return counted(subject.view.count, "value", "values")


def legend_of(
    scale: Scale | None, what: str = "|gradient|"
) -> tuple[tuple[str, int], ...]:
    """Return what each level of a scale stands for; the lowest takes all below too.

    >>> legend_of(Scale(top=0, decades=1))[:2]
    (('|gradient| < 0.001', 0), ('|gradient| ≥ 0.001', 1))
    """
    if scale is None:
        return ()
    bounds = scale.bounds
    least = [f"< {number(bounds[1])}", *(f"≥ {number(x)}" for x in bounds[1:])]
    # No float is between bounds that are the same.
    above = [*bounds[1:], inf]
    return tuple(
        (f"{what} {text}", level)
        for level, text in enumerate(least)
        if bounds[level] < above[level]
    )
