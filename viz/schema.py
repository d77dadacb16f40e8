r"""A picture as JSON, for programs: every number with every digit.

The document is strict JSON in ASCII. Numbers that JSON lacks are the strings `"nan"`,
`"inf"` and `"-inf"`; what is not known is null. Fields may be added in a version;
`version` goes up when one changes its meaning or goes.

Document: `format` is "viz.picture" and `version` 1; `title` and `caption` are
sentences; `root` is the id of the box that holds the root, null where it is not shown;
`legend` lists the steps of the scale, `level` and `text`; `boxes` and `edges` are in
topological order.

Box: `id`; `kind`, one of constant, input, module, op and parameter; `label`, whole;
`op`, the name of the operation, empty where there is none; `data` and `grad`, null for
a module and where they are not known yet; `module`, the path of the modules around it,
the outermost first; `count`, how many values it stands for; `largest`, the largest of a
module's gradients in magnitude; `live`, false where no gradient can flow; `level` on
the scale; `complaint`, what is wrong; `rows`, the cells of text that other pictures
show; `title`, it in a sentence.

Edge: `id`; `tail` and `head`, ids of boxes; `operand`, the place of the tail among the
operands of the head, `upstream`, `local` and their product `contribution`, all null
where the edge stands for `count` uses; `largest`, the largest contribution in
magnitude; `live`, `level`, `text` and `title` as above.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from math import isfinite
from typing import Any, Unpack

from autograd_core import Value

from .boxes import Box
from .edges import Edge
from .modules import path_of
from .picture import Picture, picture
from .view import Options

__all__ = ["FORMAT", "VERSION", "json_text", "to_json"]

FORMAT, VERSION = "viz.picture", 1


def to_json(root: Value, **options: Unpack[Options]) -> str:
    """Write the graph below `root` as JSON; `viz.schema` says what the fields are.

    The options are those of every picture (see `viz`).

    >>> x = Value(3, label="x")
    >>> shown = json.loads(to_json(x * x))
    >>> [(box["id"], box["label"], box["op"], box["data"]) for box in shown["boxes"]]
    [('n0', 'x', '', 3.0), ('n1', '', 'mul', 9.0)]
    >>> [(edge["tail"], edge["head"], edge["local"]) for edge in shown["edges"]]
    [('n0', 'n1', 3.0), ('n0', 'n1', 3.0)]

    Raises `OperandError`, a `TypeError`, for anything but a `Value`.
    """
    return json_text(picture(root, **options))


def json_text(shown: Picture) -> str:
    """Write a picture as JSON, one line for each box and each edge."""
    return "".join(_lines(shown))


def _lines(shown: Picture) -> Iterator[str]:
    root = next((box.id for box in shown.boxes if box.root), None)
    head = {"format": FORMAT, "version": VERSION, "title": shown.title}
    head |= {"caption": shown.caption, "root": root}
    yield "{\n"
    for name, thing in head.items():
        yield f'  "{name}": {_written(thing)},\n'
    legend = ({"level": level, "text": text} for text, level in shown.legend)
    yield from _array("legend", legend)
    yield ",\n"
    yield from _array("boxes", map(_box, shown.boxes))
    yield ",\n"
    yield from _array("edges", (_edge(shown, edge) for edge in shown.edges))
    yield "\n}\n"


def _array(name: str, things: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    yield f'  "{name}": ['
    for i, thing in enumerate(things):
        yield f"{',' if i else ''}\n    {_written(thing)}"
    yield "\n  ]"


def _box(box: Box) -> dict[str, Any]:
    return {
        "id": box.id,
        "kind": box.kind,
        "label": _text(box.label),
        "op": box.op,
        "data": _number(box.data),
        "grad": _number(box.grad),
        "module": path_of(_text(box.scope)),
        "count": box.count,
        "largest": _number(box.largest),
        "live": box.live,
        "level": box.level,
        "complaint": box.complaint,
        "rows": box.rows,
        "title": box.title,
    }


def _edge(shown: Picture, edge: Edge) -> dict[str, Any]:
    return {
        "id": edge.id,
        "tail": shown.boxes[edge.tail].id,
        "head": shown.boxes[edge.head].id,
        "operand": edge.operand,
        "upstream": _number(edge.upstream),
        "local": _number(edge.local),
        "contribution": _number(edge.contribution),
        "count": edge.count,
        "largest": _number(edge.largest),
        "live": edge.live,
        "level": edge.level,
        "text": edge.text,
        "title": edge.title,
    }


def _number(x: float | None) -> float | str | None:
    return x if x is None or isfinite(x) else str(x)


def _text(text: str) -> str:
    # Half a surrogate pair has no place in strict JSON: it is written as Python would.
    return text.encode(errors="backslashreplace").decode()


def _written(thing: object) -> str:
    return json.dumps(thing, allow_nan=False)
