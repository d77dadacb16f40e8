"""Two passes of the same graph in one picture: what changed, and by how much.

Each pass of a program makes nodes of its own and shares its parameters with the others,
whose numbers a step of training overwrites. So the numbers of a pass are read from what
its nodes recorded: the operands, and the terms that they hand on.
"""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import count
from math import fsum
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

from autograd_core import Value, topological_order
from autograd_core.errors import GraphError, OperandError
from autograd_core.inspection import named_values, number, one_line

from .boxes import Box, kind_of
from .edges import Edge
from .files import render_picture
from .modules import Part
from .notebook import draw_picture
from .picture import Picture, legend_of
from .scale import Scale, scale_of
from .subject import Subject
from .terms import terms
from .view import ViewOptions, view

if TYPE_CHECKING:
    import graphviz

__all__ = ["Pass", "compared", "diff"]

CAPTION = "before → after; line and colour: the change of the gradient"


class Pass:
    """The numbers of a graph as its pass left them, by node."""

    def __init__(self, root: Value) -> None:
        """Read what the nodes recorded."""
        self.order = topological_order(root)
        self.data = {root: root.data}
        sent: dict[Value, list[float]] = {}
        if root.has_grad:
            sent[root] = [root.grad]
        for head in self.order:
            self.data |= zip(head.parents, head.operands, strict=True)
            for term in terms(head) if head in sent or head.has_grad else ():
                if term.contribution is not None:
                    sent.setdefault(term.tail, []).append(term.contribution)
        self.grad = {node: fsum(parts) for node, parts in sent.items()}


def diff(
    before: Value,
    after: Value,
    path: str | os.PathLike[str] | None = None,
    *,
    renderer: str | None = None,
    names: Mapping[str, Any] | None = None,
    theme: str = "light",
    **options: Unpack[ViewOptions],
) -> "Path | graphviz.Digraph":
    """Draw two passes of the same graph as one, each number before and after.

    Write it to a file like `render`, or return it like `draw` where there is no path.
    The same shape is all that is asked: a loss before and after a step of training,
    with other inputs, or by another initialisation. Fused operations stay closed.

    >>> w = Value(1.0, label="w")
    >>> def loss():
    ...     return (w * 3.0 - 6.0) ** 2
    >>> first = loss(); first.backward()
    >>> w.data -= 0.05 * w.grad
    >>> second = loss(); second.backward()
    >>> for box in compared(first, second).boxes[:1]:
    ...     print(box.rows)
    (('w', 'input'), ('data 1 → 1.9',), ('grad -18 → -1.8',))

    Raises `GraphError`, a `ValueError`, where the two have not the same shape.
    """
    shown = compared(before, after, names=names, theme=theme, **options)
    if path is None:
        return draw_picture(shown)
    return render_picture(shown, path, renderer=renderer)


def compared(
    before: Value,
    after: Value,
    *,
    names: Mapping[str, Any] | None = None,
    theme: str = "light",
    **options: Unpack[ViewOptions],
) -> Picture:
    """Describe two passes of the same graph."""
    options.pop("expand", None)
    if options.get("moment") is not None:
        raise OperandError("diff compares whole passes; leave moment=... out")
    shown = view(after, **options)
    subject = Subject(shown, after, named_values(names))
    old, new = Pass(before), Pass(after)
    writer = _Writer(subject, old, new, _counterparts(old.order, new.order))
    return writer.picture(theme)


def _counterparts(
    before: Sequence[Value], after: Sequence[Value]
) -> dict[Value, Value]:
    """Return the node of the first pass for each of the second."""
    places = [{node: i for i, node in enumerate(order)} for order in (before, after)]
    for i, old, new in zip(count(), before, after, strict=False):
        shapes = [
            (node.op, [place[parent] for parent in node.parents])
            for node, place in zip((old, new), places, strict=True)
        ]
        if shapes[0] != shapes[1]:
            raise GraphError(
                f"diff takes two passes of the same graph; in topological order node "
                f"{i} is {_described(old)} before and {_described(new)} after"
            )
    if len(before) != len(after):
        raise GraphError(
            f"diff takes two passes of the same graph; the first has {len(before):,} "
            f"nodes and the second {len(after):,}"
        )
    return dict(zip(after, before, strict=True))


def _described(node: Value) -> str:
    op = node.op.name if node.op else kind_of(node)
    return f"{op} of {len(node.parents)} operands" if node.op else op


class _Writer:
    """Writes what boxes and arrows say of two passes."""

    def __init__(
        self, subject: Subject, old: Pass, new: Pass, before: Mapping[Value, Value]
    ) -> None:
        self._subject, self._old, self._new = subject, old, new
        self._before = before
        self._scale: Scale | None = None

    def picture(self, theme: str) -> Picture:
        subject = self._subject
        changes = [self._change(n) for part in subject.view.parts for n in part.nodes]
        self._scale = scale_of(changes)
        boxes = [self._box(i, part) for i, part in enumerate(subject.view.parts)]
        title = f"Two passes of {subject.name(subject.view.root)}"
        legend = legend_of(self._scale, "|change|")
        edges = tuple(self._edges())
        return Picture(tuple(boxes), edges, title, CAPTION, legend, theme)

    def _level(self, changes: Iterable[float | None]) -> int | None:
        return self._scale.highest(changes) if self._scale else None

    def _change(self, node: Value) -> float | None:
        """Return by how much the gradient changed."""
        old, new = self._gradients(node)
        return None if old is None or new is None else new - old

    def _gradients(self, node: Value) -> tuple[float | None, float | None]:
        return self._old.grad.get(self._before[node]), self._new.grad.get(node)

    def _box(self, i: int, part: Part) -> Box:
        rows = self._single(part.nodes[0]) if part.is_single else self._several(part)
        title = ", ".join(" ".join(row) for row in rows)
        node = part.nodes[-1]
        level = self._level(map(self._change, part.nodes))
        return Box(
            f"n{i}",
            kind_of(node) if part.is_single else "module",
            rows,
            title,
            node.scope if part.is_single else ".".join(part.path[:-1]),
            any(n.requires_grad for n in part.nodes),
            self._subject.view.root in part.nodes,
            level,
        )

    def _single(self, node: Value) -> tuple[tuple[str, ...], ...]:
        label = one_line(self._subject.label(node))
        word = one_line(node.op.symbol) if node.op else kind_of(node)
        old, new = self._old.data[self._before[node]], self._new.data[node]
        rows = [(label, word) if label else (word,), (f"data {_arrow(old, new)}",)]
        before, after = self._gradients(node)
        if before is not None and after is not None:
            rows.append((f"grad {_arrow(before, after)}",))
        return tuple(rows)

    def _several(self, part: Part) -> tuple[tuple[str, ...], ...]:
        name = part.kind or ".".join(part.path)
        moves = [
            abs(self._new.data[n] - self._old.data[self._before[n]]) for n in part.nodes
        ]
        changes = [abs(c) for n in part.nodes if (c := self._change(n)) is not None]
        rows = [(one_line(name),), (f"data changed by up to {number(max(moves))}",)]
        if changes:
            rows.append((f"grad changed by up to {number(max(changes))}",))
        return tuple(rows)

    def _edges(self) -> Iterator[Edge]:
        for k, ((h, place, t), bundle) in enumerate(self._subject.bundles.items()):
            id_ = f"e{h}_{place if place >= 0 else f'm{k}'}"
            term = bundle.term
            text, change = "", None
            if term is not None and term.contribution is not None:
                old = terms(self._before[term.head])[term.place].contribution
                if old is not None:
                    text, change = (
                        _arrow(old, term.contribution),
                        term.contribution - old,
                    )
            said = text or "no gradient"
            yield Edge(id_, t, h, text, said, bundle.live, self._level([change]))


def _arrow(old: float, new: float) -> str:
    """Write a number before and after, once where it is the same."""
    return number(new) if old == new else f"{number(old)} → {number(new)}"
