r"""A picture as Mermaid text, which GitHub, GitLab and many note-takers draw.

A label is quoted, and whatever Mermaid, its Markdown or HTML would read as its own is
an entity: `#60;` is `<`. The backslash does not escape there, and the word `end`, a
semicolon or a colon in a label have broken diagrams. Mermaid knows neither cells nor
tooltips: rows are lines, and the numbers have four digits.
"""

import json
import re
import warnings
from collections.abc import Iterable, Iterator
from typing import Unpack

from autograd_core import Value
from autograd_core.inspection import one_line

from .boxes import Box, by_module
from .edges import Edge
from .picture import Picture, picture
from .style import Pen, Theme, line_of, look, pen, theme_of
from .view import Options

__all__ = ["mermaid_text", "to_mermaid"]

MOST_EDGES, MOST_TEXT = 500, 50_000  # what Mermaid draws unless its site allows more

_DASHES = {"": "", "dashed": ",stroke-dasharray:5 3", "dotted": ",stroke-dasharray:2 3"}

# What Mermaid, its Markdown or HTML reads as its own; ¶ and ﬂ are how Mermaid marks its
# entities in passing. An underscore within a word is none of these. A list is what
# begins with a mark and a space. The last character of each match becomes an entity.
_SPECIAL = re.compile(
    r"""[!"#$%&*:;<>?@\[\\\]^`{}~¶ﬂ]|(?<![^\W_])_|_(?![^\W_])|^\d*[-+.)]\ """,
    re.VERBOSE,
)
_FIXED_SPACE = "\u00a0"  # after which Markdown sees no list
# Mermaid reads entities back before it seeks line breaks, formulas and its own marks,
# so a joiner without width parts `\n`, `$$`, `ﬂ°` and `¶ß` after the first letter.
_BEGINS, _JOINER = "\\$ﬂ¶", "#8288;"


def to_mermaid(root: Value, **options: Unpack[Options]) -> str:
    """Write the graph below `root` as a Mermaid flowchart.

    The options are those of every picture (see `viz`).

    >>> from autograd_core import Value
    >>> x = Value(3, label="x")
    >>> print(to_mermaid(x * x))  # doctest: +ELLIPSIS
    ---
    ...
    flowchart LR
    ...
        n0("x...input<br>data 3<br>backward not run")
        n1["#42;...output<br>data 9<br>backward not run"]
        n0 -->|"3"| n1
        n0 -->|"3"| n1
    ...

    Raises `OperandError`, a `TypeError`, for anything but a `Value`.
    """
    return mermaid_text(picture(root, **options))


def mermaid_text(shown: Picture) -> str:
    """Write a picture as Mermaid text, and warn where Mermaid would refuse it."""
    text = "".join(f"{line}\n" for line in _lines(shown))
    if len(shown.edges) > MOST_EDGES or len(text) > MOST_TEXT:
        warnings.warn(
            f"Mermaid draws up to {MOST_EDGES} arrows and {MOST_TEXT:,} characters "
            f"unless its maxEdges and maxTextSize say otherwise; this graph has "
            f"{len(shown.edges):,} and {len(text):,}; show less with limit= or depth=",
            stacklevel=3,
        )
    return text


def _lines(shown: Picture) -> Iterator[str]:
    theme = theme_of(shown.theme)
    yield from _head(shown)
    yield from _module((), shown.boxes, iter(range(len(shown.boxes))))
    for edge in shown.edges:
        yield f"    {_edge(shown, edge)}"
    yield from _legend(shown)
    yield from _classes(shown, theme)
    yield from _link_styles(shown.edges, theme)


def _head(shown: Picture) -> Iterator[str]:
    yield "---"
    yield f"title: {json.dumps(shown.caption, ensure_ascii=False)}"
    yield "config:"
    yield f"  theme: {'dark' if shown.theme == 'dark' else 'default'}"
    yield "---"
    yield "flowchart LR"
    yield f"    accTitle: {_escaped(shown.title)}"


def _module(
    path: tuple[str, ...], boxes: Iterable[Box], numbers: Iterator[int]
) -> Iterator[str]:
    """Yield the boxes of a module, then the modules inside of it, as subgraphs."""
    indent = "    " * (len(path) + 1)
    own, inner = by_module(boxes, len(path))
    for box in own:
        yield indent + _node(box)
    for name, held in inner.items():
        title = _escaped(one_line(name)) or " "  # Mermaid takes no empty text
        yield f'{indent}subgraph m{next(numbers)}["{title}"]'
        yield from _module((*path, name), held, numbers)
        yield f"{indent}end"


def _node(box: Box) -> str:
    rows = (f"{_FIXED_SPACE}· ".join(map(_escaped, row)) for row in box.rows)
    label = f'"{"<br>".join(rows)}"'
    rounded = box.kind in ("input", "parameter")
    return f"{box.id}({label})" if rounded else f"{box.id}[{label}]"


def _edge(shown: Picture, edge: Edge) -> str:
    tail, head = shown.boxes[edge.tail].id, shown.boxes[edge.head].id
    arrow = "-->" if edge.live else "-.->"
    text = f'|"{_escaped(edge.text)}"|' if edge.text else ""
    return f"{tail} {arrow}{text} {head}"


def _legend(shown: Picture) -> Iterator[str]:
    for text, level in shown.legend:
        yield f'    l{level}["{_escaped(text)}"]'


def _classes(shown: Picture, theme: Theme) -> Iterator[str]:
    """Yield what each kind and each level looks like, and the boxes that are of it."""
    held: dict[str, list[str]] = {}
    for box in shown.boxes:
        for name in _class_names(box, theme):
            held.setdefault(name, []).append(box.id)
    for _, level in shown.legend:
        held.setdefault("op", []).append(f"l{level}")
        held.setdefault(f"level{level}", []).append(f"l{level}")
    for name, style in _class_styles(theme).items():
        if name in held:
            yield f"    classDef {name} {style}"
            yield f"    class {','.join(held[name])} {name}"


def _link_styles(edges: Iterable[Edge], theme: Theme) -> Iterator[str]:
    styles: dict[str, list[str]] = {}
    for i, edge in enumerate(edges):
        styles.setdefault(_line_style(line_of(edge, theme)), []).append(str(i))
    for style, numbers in styles.items():
        yield f"    linkStyle {','.join(numbers)} {style}"


def _class_styles(theme: Theme) -> dict[str, str]:
    """Return the styles of all classes; of two on one box the later one counts."""
    line = f"stroke:{theme.line},color:{theme.ink}"
    styles = {kind: f"fill:{fill},{line}" for kind, fill in theme.fills.items()}
    styles["output"] = f"fill:{theme.root}"
    for level in range(len(theme.levels)):
        styles[f"level{level}"] = _line_style(pen(theme, level))
    return styles | {dash: _DASHES[dash][1:] for dash in ("dashed", "dotted")}


def _class_names(box: Box, theme: Theme) -> Iterator[str]:
    yield box.kind
    if box.root:
        yield "output"  # Mermaid has a class named root
    if box.level is not None:
        yield f"level{box.level}"
    if dash := look(box, theme).pen.dash:
        yield dash


def _line_style(line: Pen) -> str:
    dash = _DASHES[line.dash]
    return f"stroke:{line.color},stroke-width:{line.width:g}px{dash}"


def _escaped(text: str) -> str:
    r"""Write a text so that Mermaid shows it as it is.

    >>> print(_escaped('<b> "x" & y_1'))
    #60;b#62; #34;x#34; #38; y_1
    """
    return _SPECIAL.sub(_entity, text)


def _entity(match: re.Match[str]) -> str:
    before, last = match[0][:-1], match[0][-1]
    entity = f"{before}#{ord(_FIXED_SPACE if last == ' ' else last)};"
    return entity + _JOINER * (last in _BEGINS)
