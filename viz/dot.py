r"""A picture as DOT text, in the part of the language that every renderer takes.

Boxes are `record` nodes and colours have six digits: HTML labels and short colours are
read differently, or dropped, by some of the programs that call themselves `dot`. Ids
follow the topological order (`n3`; `e3_0` is the arrow from the first operand of
`n3`), so the same graph gives the same bytes on every run.
"""

import re
from collections.abc import Iterator

from autograd_core import Value

from .picture import Box, Edge, Picture, picture
from .style import FONT, FONT_SIZE, INK, LINE, PAPER, QUIET, SMALL, look

__all__ = ["dot_lines", "to_dot"]

_GRAPH = (
    f'rankdir="LR", ranksep="0.45", nodesep="0.16", bgcolor="{PAPER}", '
    f'fontname="{FONT}", fontsize="{SMALL:g}", fontcolor="{QUIET}"'
)
_NODE = (
    f'shape="record", style="filled", fillcolor="{PAPER}", color="{LINE}", '
    f'fontname="{FONT}", fontsize="{FONT_SIZE:g}", fontcolor="{INK}", '
    'height="0.2", margin="0.13,0.03"'
)
_EDGE = (
    f'color="{LINE}", fontname="{FONT}", fontsize="{SMALL:g}", '
    f'fontcolor="{QUIET}", arrowsize="0.7"'
)


def to_dot(root: Value) -> str:
    """Write the graph below `root` as DOT text.

    >>> from autograd_core import Value
    >>> x = Value(3, label="x")
    >>> print(to_dot(x * x))  # doctest: +ELLIPSIS
    digraph {
    ...
        n0 [id="n0", label="{x|leaf}|data 3|backward not run", ...]
        n1 [id="n1", label="*|data 9|backward not run", ...]
        n0 -> n1 [id="e1_0", label="3", ...]
        n0 -> n1 [id="e1_1", label="3", ...]
    }
    <BLANKLINE>

    Raises `OperandError`, a `TypeError`, for anything but a `Value`.
    """
    return "".join(dot_lines(picture(root)))


def dot_lines(shown: Picture) -> Iterator[str]:
    """Yield the lines of the DOT text, the first one being `digraph {`."""
    yield "digraph {\n"
    yield f'    graph [{_GRAPH}, label="{_quoted(shown.caption)}"]\n'
    yield f"    node [{_NODE}]\n"
    yield f"    edge [{_EDGE}]\n"
    for box in shown.boxes:
        yield f"    {box.id} [{_node(box)}]\n"
    for edge in shown.edges:
        ends = f"{shown.boxes[edge.tail].id} -> {shown.boxes[edge.head].id}"
        yield f"    {ends} [{_edge(edge)}]\n"
    yield "}\n"


def _node(box: Box) -> str:
    attributes = (
        f'id="{box.id}", label="{_record(box)}", tooltip="{_quoted(box.title)}"'
    )
    drawn = look(box)
    style = "filled" + ",rounded" * drawn.rounded + ",dashed" * drawn.dashed
    if style != "filled":
        attributes += f', style="{style}"'
    if drawn.fill != PAPER:
        attributes += f', fillcolor="{drawn.fill}"'
    if drawn.thickness != 1:
        attributes += f', penwidth="{drawn.thickness:g}"'
    return attributes


def _record(box: Box) -> str:
    # Braces turn the direction: cells of a row stand side by side.
    return "|".join(
        "{" + "|".join(map(_cell, row)) + "}" if len(row) > 1 else _cell(row[0])
        for row in box.rows
    )


def _edge(edge: Edge) -> str:
    attributes = f'id="{edge.id}", label="{_quoted(edge.text)}"'
    attributes += f', tooltip="{_quoted(edge.title)}"'
    return attributes if edge.live else f'{attributes}, style="dashed"'


def _quoted(text: str) -> str:
    # Renderers read entities such as &lt; in every text, so & itself is one.
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("&", "&amp;")


def _cell(text: str) -> str:
    text = re.sub(r"([{}|<>])", r"\\\1", _quoted(text))
    # A record merges repeated spaces unless they are escaped.
    return re.sub(r"(?<= ) ", r"\\ ", text)
