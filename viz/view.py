"""Which part of a graph a picture shows.

All of it where that can be read; else its modules as boxes, as deep as the limit
allows; else what is nearest to the root. `focus` shows the neighbourhood of a node,
`top_paths` the paths that carry most of the gradient, `expand` the elementary
operations inside of fused ones. What is left out is counted, and the picture says so.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypedDict

from autograd_core import Value, topological_order
from autograd_core.errors import GraphError, OperandError, ShapeError

from .expand import Expansion, expanded
from .modules import Modules, Part
from .paths import heaviest_paths

__all__ = ["LIMIT", "Options", "View", "ViewOptions", "view"]

LIMIT = 250  # boxes that a reader can find the way among


class ViewOptions(TypedDict, total=False):
    """What of a graph is shown.

    `depth` is how deep modules stand open, `limit` how many boxes there may be before
    modules are closed by themselves. `focus` and `radius` show a node and what is so
    many arrows away; `top_paths` the so many heaviest paths. `expand` is True or the
    names of the fused operations to take apart.
    """

    depth: int | None
    limit: int
    focus: Value | None
    radius: int
    top_paths: int | None
    expand: bool | Collection[str]


class Options(ViewOptions, total=False):
    """What every picture can be asked for.

    `names` gives names to values without a label: a mapping such as `locals()`.
    `theme` is "light" or "dark".
    """

    names: Mapping[str, Any] | None
    theme: str


@dataclass(frozen=True)
class View:
    """The parts that are shown, of a graph whose nodes `order` holds.

    `count` is the number of nodes that the parts stand for, `note` says why it is not
    all of them.
    """

    root: Value
    order: Sequence[Value]
    parts: Sequence[Part]
    expansion: Expansion
    note: str = ""

    @property
    def count(self) -> int:
        """How many nodes the parts stand for."""
        return sum(len(part.nodes) for part in self.parts)


def view(
    root: Value,
    *,
    depth: int | None = None,
    limit: int = LIMIT,
    focus: Value | None = None,
    radius: int = 1,
    top_paths: int | None = None,
    expand: bool | Collection[str] = False,
) -> View:
    """Choose what to show of the graph below `root`.

    >>> x = Value(3.0)
    >>> y = x
    >>> for _ in range(1000):
    ...     y = y + x
    >>> small = view(y, limit=100)
    >>> small.count, small.note
    (100, 'the 100 nearest to the root of 1,001 values')
    """
    _check(root, depth, limit, radius, top_paths)
    order, expansion = expanded(topological_order(root), expand)
    shown, note = list(order), ""
    if top_paths is not None:
        shown, note = _on_paths(root, order, expansion, top_paths)
    if focus is not None:
        shown = _around(expansion.original(focus), shown, expansion, radius)
        note = f"{len(shown):,} of {len(order):,} values, near the one in focus"
    parts = _parts(shown, expansion, depth, limit)
    if len(parts) > limit and depth is None and not note:
        shown = _nearest(expansion.original(root), order, expansion, limit)
        parts = _parts(shown, expansion, depth, limit)
        note = f"the {len(shown):,} nearest to the root of {len(order):,} values"
    return View(expansion.original(root), order, parts, expansion, note)


def _check(root: Any, depth: Any, limit: Any, radius: Any, top_paths: Any) -> None:
    if not isinstance(root, Value):
        raise OperandError(
            f"a picture starts from one Value; got {type(root).__name__}. "
            "Pass the node to look at, such as the loss or one element of a list"
        )
    least = {"depth": (depth, 0), "limit": (limit, 1), "radius": (radius, 0)}
    least["top_paths"] = (top_paths, 1)
    for name, (number, smallest) in least.items():
        if number is None and name in ("depth", "top_paths"):
            continue
        if isinstance(number, bool) or not isinstance(number, int):
            raise OperandError(f"{name} takes a whole number, not {number!r}")
        if number < smallest:
            raise ShapeError(f"{name} takes a number from {smallest} up, not {number}")


def _parts(
    shown: Sequence[Value], expansion: Expansion, depth: int | None, limit: int
) -> list[Part]:
    """Close the modules that are too deep, or as many as the limit demands."""
    kept = set(shown)

    def parents(node: Value) -> list[Value]:
        return [p for p in expansion.parents(node) if p in kept]

    modules = Modules(shown, parents)
    if depth is not None:
        return modules.parts(modules.keys(depth))
    for fold in (False, True):
        for open_to in reversed(range(modules.deepest + 1)):
            keys = modules.keys(open_to, fold=fold)
            if len(set(keys.values())) <= limit:
                return modules.parts(keys)
    return modules.parts(keys)


def _on_paths(
    root: Value, order: Sequence[Value], expansion: Expansion, count: int
) -> tuple[list[Value], str]:
    paths = heaviest_paths(root, count)
    if not paths:
        raise GraphError("top_paths found no path: no gradient reaches a leaf")
    on_them = {expansion.original(node) for path in paths for node in path.nodes}
    share = sum(path.share for path in paths)
    plural = "s" if len(paths) > 1 else ""
    note = f"{len(paths)} path{plural}, which carry {share:.0%} of the gradient"
    return [node for node in order if node in on_them], note


def _around(
    focus: Value, shown: Sequence[Value], expansion: Expansion, radius: int
) -> list[Value]:
    """Return the nodes at most so many arrows from the focus, in either direction."""
    if focus not in shown:
        raise GraphError(f"focus={focus!r} is not in the graph that is drawn")
    beside = _neighbours(shown, expansion)
    found = ring = {focus}
    for _ in range(radius):
        ring = {n for node in ring for n in beside[node]} - found
        found = found | ring
    return [node for node in shown if node in found]


def _nearest(
    root: Value, order: Sequence[Value], expansion: Expansion, limit: int
) -> list[Value]:
    found = {root: None}  # a set that keeps its order
    for node in found_in_turn(root, expansion):
        found[node] = None
        if len(found) >= limit:
            break
    return [node for node in order if node in found]


def found_in_turn(root: Value, expansion: Expansion) -> Iterable[Value]:
    """Yield the ancestors of a node, the nearest first."""
    seen, ring = {root}, [root]
    while ring:
        parents = [p for node in ring for p in expansion.parents(node)]
        ring = [p for p in dict.fromkeys(parents) if p not in seen]
        seen.update(ring)
        yield from ring


def _neighbours(
    shown: Sequence[Value], expansion: Expansion
) -> Mapping[Value, list[Value]]:
    beside: dict[Value, list[Value]] = {node: [] for node in shown}
    for node in shown:
        for parent in expansion.parents(node):
            if parent in beside:
                beside[node].append(parent)
                beside[parent].append(node)
    return beside
