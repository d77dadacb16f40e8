r"""A picture as DOT text, in the part of the language that every renderer takes.

Boxes are `record` nodes and colours have six digits: HTML labels and short colours are
read differently, or dropped, by some of the programs that call themselves `dot`. Ids
follow the topological order (`n3`; `e3_0` is the arrow from the first operand of
`n3`), so the same graph gives the same bytes on every run. Modules are clusters.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Unpack

from autograd_core import Value
from autograd_core.inspection import one_line

from .boxes import Box, by_module
from .edges import Edge
from .picture import Picture, picture
from .style import FONT, FONT_SIZE, SMALL, Pen, Theme, line_of, look, pen, theme_of
from .view import Options

__all__ = ["dot_lines", "dot_text", "to_dot"]


def to_dot(root: Value, **options: Unpack[Options]) -> str:
    """Write the graph below `root` as DOT text.

    The options are those of every picture (see `viz`).

    >>> from autograd_core import Value
    >>> x = Value(3, label="x")
    >>> print(to_dot(x * x))  # doctest: +ELLIPSIS
    digraph {
    ...
        n0 [id="n0", label="{x|input}|data 3|backward not run", ...]
        n1 [id="n1", label="{*|output}|data 9|backward not run", ...]
        n0 -> n1 [id="e1_0", label="3", ...]
        n0 -> n1 [id="e1_1", label="3", ...]
    }
    <BLANKLINE>

    Raises `OperandError`, a `TypeError`, for anything but a `Value`.
    """
    return dot_text(picture(root, **options))


def dot_text(shown: Picture) -> str:
    """Write a picture as DOT text."""
    return "".join(dot_lines(shown))


def dot_lines(shown: Picture) -> Iterator[str]:
    """Yield the lines of the DOT text, the first one being `digraph {`."""
    theme = theme_of(shown.theme)
    yield "digraph {\n"
    yield from _defaults(shown, theme)
    yield from _module((), shown.boxes, theme)
    for edge in shown.edges:
        ends = f"{shown.boxes[edge.tail].id} -> {shown.boxes[edge.head].id}"
        yield f"    {ends} [{_edge(edge, theme)}]\n"
    if shown.legend:
        yield from _legend(shown, theme)
    yield "}\n"


def _defaults(shown: Picture, theme: Theme) -> Iterator[str]:
    small = f'fontname="{FONT}", fontsize="{SMALL:g}", fontcolor="{theme.quiet}"'
    yield (
        f'    graph [rankdir="LR", ranksep="0.45", nodesep="0.16", '
        f'bgcolor="{theme.paper}", {small}, label="{_quoted(shown.caption)}"]\n'
    )
    yield (
        f'    node [shape="record", style="filled", fillcolor="{theme.fills["op"]}", '
        f'color="{theme.line}", fontname="{FONT}", fontsize="{FONT_SIZE:g}", '
        f'fontcolor="{theme.ink}", height="0.2", margin="0.13,0.03"]\n'
    )
    yield f'    edge [color="{theme.line}", {small}, arrowsize="0.7"]\n'


def _module(path: tuple[str, ...], boxes: Iterable[Box], theme: Theme) -> Iterator[str]:
    """Yield the boxes of a module, then the modules inside of it, as clusters."""
    indent = "    " * (len(path) + 1)
    own, inner = by_module(boxes, len(path))
    for box in own:
        yield f"{indent}{box.id} [{_node(box, theme)}]\n"
    for name, held in inner.items():
        where = ".".join((*path, name))
        yield f'{indent}subgraph "cluster_{_quoted(one_line(where, 10**6))}" {{\n'
        frame = f'label="{_quoted(one_line(name))}", color="{theme.line}"'
        yield f'{indent}    graph [{frame}, style="rounded", labeljust="l"]\n'
        yield from _module((*path, name), held, theme)
        yield f"{indent}}}\n"


def _legend(shown: Picture, theme: Theme) -> Iterator[str]:
    # No scope has this name: those of modules begin with cluster and an underscore.
    yield '    subgraph "cluster legend" {\n'
    yield '        graph [label="line", style="invis", rank="same"]\n'
    for text, level in shown.legend:
        line = _stroke(pen(theme, level))
        small = f'fontsize="{SMALL:g}", style="filled"'
        yield f'        l{level} [label="{_cell(text)}", {small}{line}]\n'
    yield "    }\n"


def _node(box: Box, theme: Theme) -> str:
    attributes = (
        f'id="{box.id}", label="{_record(box)}", tooltip="{_quoted(box.title)}"'
    )
    drawn = look(box, theme)
    styles = ["filled", *["rounded"] * drawn.rounded, *filter(None, [drawn.pen.dash])]
    if len(styles) > 1:
        attributes += f', style="{",".join(styles)}"'
    if drawn.fill != theme.fills["op"]:
        attributes += f', fillcolor="{drawn.fill}"'
    return attributes + _stroke(drawn.pen, theme)


def _stroke(line: Pen, theme: Theme | None = None) -> str:
    attributes = ""
    if theme is None or line.color != theme.line:
        attributes += f', color="{line.color}"'
    if line.width != 1:
        attributes += f', penwidth="{line.width:g}"'
    return attributes


def _record(box: Box) -> str:
    # Braces turn the direction: cells of a row stand side by side.
    return "|".join(
        "{" + "|".join(map(_cell, row)) + "}" if len(row) > 1 else _cell(row[0])
        for row in box.rows
    )


def _edge(edge: Edge, theme: Theme) -> str:
    line = line_of(edge, theme)
    attributes = f'id="{edge.id}", label="{_quoted(edge.text)}"'
    attributes += f', tooltip="{_quoted(edge.title)}"'
    attributes += f', style="{line.dash}"' if line.dash else ""
    return attributes + _stroke(line, theme)


def _quoted(text: str) -> str:
    # Renderers read entities such as &lt; in every text, so & itself is one.
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("&", "&amp;")


def _cell(text: str) -> str:
    text = re.sub(r"([{}|<>])", r"\\\1", _quoted(text))
    # A record merges repeated spaces unless they are escaped.
    return re.sub(r"(?<= ) ", r"\\ ", text)
