"""What a page is told of its pictures, as JSON.

Everything is said once and in few letters, for a graph has many arrows: values that
stand alone in some picture share one list, an arrow is a list of numbers, and texts
that follow from the numbers are left to the page. What a person wrote, a label or a
line of source, is a JSON string here and text on the page, and is markup nowhere.
"""

import json
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from autograd_core import Value
from autograd_core.inspection import one_line

from .boxes import Box, kind_of
from .edges import Edge
from .layout import Frame
from .playback import Handing, Step
from .routes import Route
from .scenes import Scene, Scenes
from .subject import LONG, Subject

__all__ = ["page_data", "script_safe"]

_DEAD = -2  # the level of an arrow without gradient; -1 is one whose size is unknown
_LINE = 300  # characters of a line of source


def page_data(found: Scenes) -> dict[str, Any]:
    """Describe all pictures of a page.

    >>> from viz.scenes import scenes
    >>> x = Value(3.0, label="x")
    >>> page_data(scenes(x * x))["values"][0]
    ['x', 'input', '', 3, None, -1]
    """
    values = _Values()
    for scene in found.all:
        values.add(scene.subject)
    return {
        "title": found.all[-1].picture.title,
        "ran": found.all[0].subject.ran,
        "first": found.first,
        "scenes": [_scene(scene, values) for scene in found.all],
        "values": values.records,
        "sources": [list(source) for source in values.sources],
    }


def script_safe(data: Any) -> str:
    r"""Write JSON that can stand in a <script>: it cannot end it, nor open a comment.

    >>> script_safe("</script><!--")
    '"\\u003c/script\\u003e\\u003c!--"'
    """
    text = json.dumps(data, allow_nan=False, separators=(",", ":"))
    for character in "<>&":  # all beyond ASCII is escaped already
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


class _Values:
    """The values that stand alone in some picture, numbered.

    A value is known by its place in the graph, since fused operations that are taken
    apart are made anew for each picture.
    """

    def __init__(self) -> None:
        self.records: list[list[Any]] = []
        self.sources: dict[tuple[str, str], int] = {}
        self._numbers: dict[int, int] = {}

    def add(self, subject: Subject) -> None:
        """Take in what stands alone in a picture and has not been seen."""
        places = _places(subject)
        for part in subject.view.parts:
            node = part.nodes[0]
            if part.is_single and places[node] not in self._numbers:
                self._numbers[places[node]] = len(self.records)
                self.records.append(self._record(subject, node))

    def numbers(self, subject: Subject) -> Iterator[list[int]]:
        """Yield the numbers of the values in each box of a picture."""
        places = _places(subject)
        for part in subject.view.parts:
            found = (self._numbers.get(places[node]) for node in part.nodes)
            yield [number for number in found if number is not None]

    def _record(self, subject: Subject, node: Value) -> list[Any]:
        word = node.op.name if node.op else kind_of(node)
        return [
            one_line(subject.label(node), LONG),
            one_line(word, LONG),
            one_line(node.scope, LONG),
            _json(node.data),
            _json(node.grad) if node.has_grad else None,
            self._source(node),
        ]

    def _source(self, node: Value) -> int:
        source = node.source
        if source is None:
            return -1
        line = "\n".join(
            one_line(part, _LINE) for part in source.underlined().split("\n")
        )
        key = one_line(source.place, LONG), line
        return self.sources.setdefault(key, len(self.sources))


def _places(subject: Subject) -> dict[Value, int]:
    return {node: place for place, node in enumerate(subject.view.order)}


def _scene(scene: Scene, values: _Values) -> dict[str, Any]:
    shown, placed = scene.picture, scene.layout
    boxes = zip(
        shown.boxes,
        placed.frames,
        values.numbers(scene.subject),
        scene.subject.view.parts,
        strict=True,
    )
    arrows = zip(shown.edges, placed.routes, scene.bundles, strict=True)
    return {
        "depth": scene.depth,
        "caption": shown.caption,
        "legend": shown.legend,
        "width": round(placed.width),
        "height": round(placed.height),
        "boxes": [
            _box(box, frame, numbers, single=part.is_single)
            for box, frame, numbers, part in boxes
        ],
        "edges": [
            _edge(edge, route, bundle.term.local if bundle.term else None)
            for edge, route, bundle in arrows
        ],
        **_steps(scene),
    }


def _box(box: Box, frame: Frame, numbers: list[int], *, single: bool) -> dict[str, Any]:
    place = (frame.x, frame.y, frame.width, frame.height)
    said: dict[str, Any] = {"at": [round(x, 1) for x in place], "kind": box.kind}
    said |= {"rows": box.rows}
    said |= {"value": numbers[0]} if single else {"inside": numbers, "title": box.title}
    said |= {} if box.level is None else {"level": box.level}
    said |= {"ill": box.complaint} if box.complaint else {}
    said |= {} if box.live else {"dead": True}
    return said | ({"root": True} if box.root else {})


def _edge(edge: Edge, route: Route, local: float | None) -> list[Any]:
    level = -1 if edge.level is None else edge.level
    bundle = [edge.text] if edge.text.startswith("×") else []
    return [
        edge.tail,
        edge.head,
        None if local is None else _json(local),
        level if edge.live else _DEAD,
        _path(route),
        *bundle,
    ]


def _path(route: Route) -> list[int]:
    """Return the points and then the place of the text, each as steps from the last."""
    points = [(0, 0), *((round(x), round(y)) for x, y in (*route.points, route.text))]
    return [b - a for p, q in pairwise(points) for a, b in zip(p, q, strict=True)]


def _steps(scene: Scene) -> dict[str, Any]:
    steps, totals = scene.playback, dict(scene.playback.seeds)
    return {
        "forward": steps.forward,
        "seeds": {box: _json(gradient) for box, gradient in steps.seeds.items()},
        "backward": [_step(scene, step, totals) for step in steps.backward],
    }


def _step(scene: Scene, step: Step, totals: dict[int, float]) -> list[Any]:
    handings = [_handing(scene, handing, totals) for handing in step.handings]
    inside = [] if step.inside is None else [_json(step.inside)]
    return [step.box, handings, *inside]


def _handing(scene: Scene, handing: Handing, totals: dict[int, float]) -> Any:
    """Describe a handing: by its arrow alone, where the rest follows exactly."""
    edge, amount, total = handing
    tail = scene.picture.edges[edge].tail
    before = totals.get(tail, 0.0)
    totals[tail] = total
    arrow = scene.bundles[edge]
    if arrow.term is not None and before + amount == total:
        return edge
    return [edge, _json(amount), _json(total)]


def _json(x: float) -> float | int | str:
    """Write a float so that it comes back bit for bit; JSON has no nan, no infinity."""
    if x != x or x in (float("inf"), float("-inf")):
        return str(x)
    short = x.is_integer() and abs(x) < 1e15 and str(x) != "-0.0"
    return int(x) if short else x
