"""What a picture of a graph says, before anybody decides how to write it.

A `Picture` is a list of boxes and a list of arrows with all their texts, computed once
from the graph. The DOT writer, the SVG writer and the layout read it and nothing else,
so they show the same numbers, and a new kind of picture is a new reader.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from autograd_core import Value, topological_order
from autograd_core.errors import OperandError

from .text import number, one_line

__all__ = ["Box", "Edge", "Kind", "Picture", "picture"]

Kind = Literal["constant", "leaf", "op"]

CAPTION = "on each arrow: the local derivative of its head with respect to its tail"
_LONG = 200  # characters of a label that a tooltip shows


@dataclass(frozen=True, slots=True)
class Box:
    """One `Value`: `rows` of cells to be read from top to bottom.

    `title` is the same in one sentence, with every digit, for tooltips and for
    readers who hear the picture. `live` is False where no gradient can flow.
    """

    id: str
    kind: Kind
    rows: tuple[tuple[str, ...], ...]
    title: str
    scope: str = ""
    live: bool = True
    root: bool = False


@dataclass(frozen=True, slots=True)
class Edge:
    """One operand: from box number `tail` to box number `head`, local derivative on it.

    `live` is False, and `text` is empty, where the operand gets no gradient.
    """

    id: str
    tail: int
    head: int
    text: str
    title: str
    live: bool = True


@dataclass(frozen=True, slots=True)
class Picture:
    """Boxes in topological order, so an edge always has `tail < head`."""

    boxes: tuple[Box, ...]
    edges: tuple[Edge, ...]
    title: str
    caption: str = CAPTION


def picture(root: Value) -> Picture:
    """Describe the graph below `root`.

    >>> x = Value(3, label="x")
    >>> shown = picture(x * x)
    >>> [box.rows for box in shown.boxes]  # doctest: +NORMALIZE_WHITESPACE
    [(('x', 'leaf'), ('data 3',), ('backward not run',)),
     (('*',), ('data 9',), ('backward not run',))]
    >>> [(edge.tail, edge.head, edge.text) for edge in shown.edges]
    [(0, 1, '3'), (0, 1, '3')]

    Raises `OperandError`, a `TypeError`, for anything but a `Value`.
    """
    if not isinstance(root, Value):
        raise OperandError(
            f"a picture starts from one Value; got {type(root).__name__}. "
            "Pass the node to look at, such as the loss or one element of a list"
        )
    nodes = topological_order(root)
    index = {node: i for i, node in enumerate(nodes)}
    boxes = tuple(_box(node, i, root) for node, i in index.items())
    edges = tuple(edge for node in nodes for edge in _edges(node, index))
    title = f"Graph of {_name(root, index[root])}: {len(boxes)} values"
    return Picture(boxes, edges, title)


def _box(node: Value, i: int, root: Value) -> Box:
    op = one_line(node.op.symbol) if node.op else _kind(node)
    label = one_line(node.label)
    header = (label, op) if label else (op,)
    rows: tuple[tuple[str, ...], ...] = (header, (f"data {number(node.data)}",))
    if _kind(node) != "constant":
        rows = (*rows, (_gradient(node, root),))
    return Box(
        id=f"n{i}",
        kind=_kind(node),
        rows=rows,
        title=_sentence(node, i, root),
        scope=node.scope,
        live=node.requires_grad,
        root=node is root,
    )


def _kind(node: Value) -> Kind:
    if not node.is_leaf:
        return "op"
    return "leaf" if node.requires_grad else "constant"


def _gradient(node: Value, root: Value) -> str:
    if not node.requires_grad:
        return "no gradient"
    if node.has_grad:
        return f"grad {number(node.grad)}"
    # After a backward pass from the root, it is this node that was not reached.
    return "no gradient" if root.has_grad else "backward not run"


def _sentence(node: Value, i: int, root: Value) -> str:
    kind = one_line(node.op.name) if node.op else _kind(node)
    gradient = f"grad {node.grad!r}" if node.has_grad else _gradient(node, root)
    scope = f", in {one_line(node.scope, _LONG)}" if node.scope else ""
    return f"{_name(node, i)}: {kind}, data {node.data!r}, {gradient}{scope}"


def _edges(head: Value, index: Mapping[Value, int]) -> Iterator[Edge]:
    if not head.parents:
        return
    h = index[head]
    locals_ = head.local_derivatives()
    for k, (tail, local) in enumerate(zip(head.parents, locals_, strict=True)):
        t = index[tail]
        text = "" if local is None else number(local)
        exact = "no gradient flows" if local is None else repr(local)
        title = f"∂ {_name(head, h)} / ∂ {_name(tail, t)}: {exact}"
        yield Edge(f"e{h}_{k}", t, h, text, title, local is not None)


def _name(node: Value, i: int) -> str:
    return one_line(node.label, _LONG) or f"n{i}"
