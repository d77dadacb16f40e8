"""The boxes of a picture: what is written in each, for a value and for a module."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from autograd_core import Value
from autograd_core.inspection import number, one_line

from .health import complaint
from .modules import Part, path_of
from .subject import LONG, Subject, largest
from .terms import Sum

__all__ = ["Box", "Kind", "box_of", "by_module", "kind_of"]

Kind = Literal["constant", "input", "module", "op", "parameter"]

_MOST = 4  # terms of a sum that are written out


@dataclass(frozen=True, slots=True)
class Box:
    """One `Value` or one module: `rows` of cells to be read from top to bottom.

    `title` is the same in one sentence, with every digit, for tooltips and for
    readers who hear the picture. `live` is False where no gradient can flow; `level`
    is the size of the gradient on the picture's scale; `complaint` is what is wrong.

    For readers that are programs: `label` is whole, `op` the name of the row that made
    the value, `data` and `grad` have every digit. A module stands for `count` values;
    `largest` is the largest of their gradients in magnitude. `now` marks the step of a
    moment.
    """

    id: str
    kind: Kind
    rows: tuple[tuple[str, ...], ...]
    title: str
    scope: str = ""
    live: bool = True
    root: bool = False
    level: int | None = None
    complaint: str = ""
    label: str = ""
    op: str = ""
    data: float | None = None
    grad: float | None = None
    count: int = 1
    largest: float | None = None
    now: bool = False


def box_of(subject: Subject, i: int, part: Part) -> Box:
    """Describe part number `i` of a picture."""
    if part.is_single:
        return _single(subject, i, part.nodes[0])
    return _module(subject, i, part)


def _single(subject: Subject, i: int, node: Value) -> Box:
    kind = kind_of(node)
    word = one_line(node.op.symbol) if node.op else kind
    label = one_line(subject.label(node))
    wrong = _wrong(subject, node)
    hidden = sum(
        parent not in subject.index for parent in subject.view.expansion.parents(node)
    )
    header = (label, word) if label else (word,)
    if node is subject.view.root and not node.is_leaf:
        header = (*header, "output")
    waits, now = subject.is_waiting(node), subject.is_now(node)
    data = "not computed yet" if waits else f"data {number(node.data)}"
    rows: list[tuple[str, ...]] = [header, (data,)]
    rows += [(_gradient(subject, node),)] if kind != "constant" and not waits else []
    rows += [(wrong,)] if wrong else []
    rows += [("this step",)] if now else []
    rows += [(f"{hidden} of its operands not shown",)] if hidden else []
    level = subject.level([node.grad])
    return Box(
        f"n{i}", kind, tuple(rows), _sentence(subject, node, wrong), node.scope,
        node.requires_grad, node is subject.view.root, level, wrong,
        label=str(subject.label(node)), op=node.op.name if node.op else "",
        data=None if waits else node.data,
        grad=node.grad if node.has_grad else None,
        now=now,
    )  # fmt: skip


def _wrong(subject: Subject, node: Value) -> str:
    return "" if subject.is_waiting(node) else complaint(node)


def _gradient(subject: Subject, node: Value) -> str:
    """Write the gradient, as a sum where the node is used more than once."""
    if not node.requires_grad:
        return "no gradient"
    if not node.has_grad:
        # After a backward pass from the root, this node was not reached.
        none = "no gradient yet" if subject.is_partial(node) else "no gradient"
        return none if subject.ran else "backward not run"
    whole = subject.sums.get(node)
    terms = f" = {_sum(whole)}" if whole else ""
    return f"grad {number(node.grad)}{terms}{_so_far(subject, node)}"


def _so_far(subject: Subject, node: Value) -> str:
    return " so far" if subject.is_partial(node) else ""


def _sentence(subject: Subject, node: Value, wrong: str) -> str:
    kind = one_line(node.op.name) if node.op else kind_of(node)
    gradient = _gradient(subject, node)
    if node.has_grad:
        gradient = f"grad {node.grad!r}{_so_far(subject, node)}"
    scope = f", in {one_line(node.scope, LONG)}" if node.scope else ""
    wrong = f", {wrong}" if wrong else ""
    source = node.source
    line = f", {one_line(source.place, LONG)}" if source else ""
    data = f"data {node.data!r}"
    if subject.is_waiting(node):
        return f"{subject.name(node)}: {kind}, not computed yet{scope}{line}"
    return f"{subject.name(node)}: {kind}, {data}, {gradient}{wrong}{scope}{line}"


def by_module(
    boxes: Iterable[Box], depth: int
) -> tuple[list[Box], dict[str, list[Box]]]:
    """Divide the boxes of a module into its own and those of each module inside.

    `depth` is how many modules there are around them. Constants are nobody's.

    >>> boxes = [Box("n0", "op", (), ""), Box("n1", "op", (), "", scope="MLP.layers.0")]
    >>> own, inner = by_module(boxes, depth=0)
    >>> [box.id for box in own], list(inner)
    (['n0'], ['MLP'])
    """
    own: list[Box] = []
    inner: dict[str, list[Box]] = {}
    for box in boxes:
        below = path_of(box.scope)[depth:]
        inside = below and box.kind != "constant"
        (inner.setdefault(below[0], []) if inside else own).append(box)
    return own, inner


def kind_of(node: Value) -> Kind:
    """Return what a node is: made by an operation, or which kind of leaf."""
    if not node.is_leaf:
        return "op"
    if node.scope:  # also of a frozen one: only a module gives a leaf its scope
        return "parameter"
    return "input" if node.requires_grad or node.label else "constant"


def _module(subject: Subject, i: int, part: Part) -> Box:
    parameters = sum(kind_of(node) == "parameter" for node in part.nodes)
    counts = {"parameter": parameters, "value": len(part.nodes) - parameters}
    if part.kind:
        name, counts = one_line(part.kind), {"value": len(part.nodes)}
    else:
        # neurons.0 of one layer is not neurons.0 of another
        name = one_line(".".join(part.path))
    call = f", call {part.call}" if part.call > 1 else ""
    rows = [(f"{name}{call}",), (", ".join(_counted(counts)),)]
    gradients = [node.grad for node in part.nodes if node.has_grad]
    most = largest(gradients)
    rows += [] if most is None else [(f"|grad| up to {number(most)}",)]
    wrong = _complaints(subject, part.nodes)
    known = sum(not subject.is_waiting(node) for node in part.nodes)
    rows += [(f"{known:,} computed",)] if known < len(part.nodes) else []
    now = any(map(subject.is_now, part.nodes))
    rows += [("this step",)] if now else []
    rows += [(wrong,)] if wrong else []
    title = f"{'.'.join(part.path) or name}{call}: " + ", ".join(
        cell for row in rows[1:] for cell in row
    )
    scope = ".".join(part.path[:-1])
    live = any(node.requires_grad for node in part.nodes)
    return Box(
        f"n{i}", "module", tuple(rows), one_line(title, LONG), scope, live,
        subject.view.root in part.nodes, subject.level(gradients), wrong,
        label=f"{part.kind or part.path[-1]}{call}", count=len(part.nodes),
        largest=most, now=now,
    )  # fmt: skip


def _counted(counts: Mapping[str, int]) -> list[str]:
    return [f"{n:,} {name}{'s' * (n > 1)}" for name, n in counts.items() if n]


def _complaints(subject: Subject, nodes: Sequence[Value]) -> str:
    """Say how many nodes of a module are not well, and how."""
    counts: dict[str, int] = {}
    for node in nodes:
        wrong = _wrong(subject, node)
        if wrong:
            counts[wrong] = counts.get(wrong, 0) + 1
    return ", ".join(f"{n:,} {wrong}" for wrong, n in sorted(counts.items()))


def _sum(whole: Sum) -> str:
    """Write the terms of a gradient; `elsewhere` is what no arrow here has added."""
    first, *others = whole.terms
    if others[_MOST - 1 :]:
        written = f"sum of {len(whole.terms):,}"
    else:
        written = " ".join([number(first), *map(_signed, others)])
    return (
        written if whole.rest is None else f"{written} {_signed(whole.rest)} elsewhere"
    )


def _signed(x: float) -> str:
    return f"- {number(-x)}" if x < 0 else f"+ {number(x)}"
