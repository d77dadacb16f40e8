"""Which part of a graph a picture shows.

All of it where that can be read; else its modules as boxes, as deep as the limit
allows; else what is nearest to the root. `focus` shows the neighbourhood of a node,
`top_paths` the paths that carry most of the gradient, `expand` the elementary
operations inside of fused ones. What is left out is counted, and the picture says so.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any, TypedDict

from autograd_core import Value, topological_order
from autograd_core.errors import GraphError, OperandError, ShapeError
from autograd_core.inspection import Expansion, expanded, heaviest_paths

from .modules import Modules, Part
from .moment import Moment

__all__ = ["LIMIT", "Options", "View", "ViewOptions", "view"]

READABLE = 60  # boxes beyond which modules are closed where there are any
LIMIT = 250  # boxes that a reader can find the way among


class ViewOptions(TypedDict, total=False):
    """What of a graph is shown.

    `depth` is how deep modules stand open; without it they are closed by themselves
    where there would be more than 60 boxes. `limit` is how many boxes there may be at
    most. `focus` and `radius` show a node and what is so many arrows away; `top_paths`
    the so many heaviest paths. `expand` is True or the names of the fused operations to
    take apart. `moment` is a moment of a pass, which the debugger draws.
    """

    depth: int | None
    limit: int
    focus: Value | None
    radius: int
    top_paths: int | None
    expand: bool | Collection[str]
    moment: Moment | None


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
    moment: Moment | None = None

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
    moment: Moment | None = None,
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
    _check(root, depth, limit, focus, radius, top_paths)
    _check_moment(moment, expand)
    order, expansion = expanded(topological_order(root), expand)
    centre = top = expansion.original(root)
    shown, notes = order, []
    if top_paths is not None:
        shown, note = _on_paths(top, order, expansion, top_paths)
        notes.append(note)
    if focus is not None:
        centre = expansion.original(focus)
        shown = _around(centre, shown, expansion, radius)
        notes.append(f"{len(shown):,} of {len(order):,} values, near the one in focus")
    parts = _parts(shown, expansion, depth, limit)
    if len(parts) > limit and depth is None:
        all_of_them, where = len(shown), "root" if focus is None else "one in focus"
        shown = _nearest(centre, shown, expansion, limit, both_ways=focus is not None)
        parts = _parts(shown, expansion, depth, limit)
        notes.append(f"the {limit:,} nearest to the {where} of {all_of_them:,} values")
    notes = [moment.caption, *notes] if moment else notes
    return View(top, order, parts, expansion, "; ".join(notes), moment)


def _check(
    root: Any, depth: Any, limit: Any, focus: Any, radius: Any, top_paths: Any
) -> None:
    if not isinstance(root, Value):
        raise OperandError(
            f"a picture starts from one Value; got {type(root).__name__}. "
            "Pass the node to look at, such as the loss or one element of a list"
        )
    if not (focus is None or isinstance(focus, Value)):
        raise OperandError(f"focus takes a node of the graph, a Value, not {focus!r}")
    least = {"depth": (depth, 0), "limit": (limit, 1), "radius": (radius, 0)}
    least["top_paths"] = (top_paths, 1)
    for name, (number, smallest) in least.items():
        if number is None and name in ("depth", "top_paths"):
            continue
        if isinstance(number, bool) or not isinstance(number, int):
            raise OperandError(f"{name} takes a whole number, not {number!r}")
        if number < smallest:
            raise ShapeError(f"{name} takes a number from {smallest} up, not {number}")


def _check_moment(moment: Any, expand: Any) -> None:
    if not (moment is None or isinstance(moment, Moment)):
        raise OperandError(f"moment takes a viz.Moment, not {moment!r}")
    if moment is not None and expand:
        raise OperandError(
            "a moment is one of the graph as it was made; leave moment or expand out"
        )


def _parts(
    shown: Sequence[Value], expansion: Expansion, depth: int | None, limit: int
) -> list[Part]:
    """Close the modules that are too deep, or as many as the limit demands."""
    kept = set(shown)

    def parents(node: Value) -> Sequence[Value]:
        read = expansion.parents(node)
        return read if kept.issuperset(read) else [p for p in read if p in kept]

    modules = Modules(shown, parents)
    if depth is not None:
        return modules.parts(modules.keys(depth))
    for most, may_fold in ((min(limit, READABLE), modules.deepest), (limit, True)):
        for fold in (False, True) if may_fold else (False,):
            for open_to in reversed(range(modules.deepest + 1)):
                keys = modules.keys(open_to, fold=fold)
                if len(set(keys.values())) <= most:
                    return modules.parts(keys)
    return modules.parts(keys)


def _on_paths(
    root: Value, order: Sequence[Value], expansion: Expansion, count: int
) -> tuple[list[Value], str]:
    paths = heaviest_paths(root, count, order, expansion.parents)
    if not paths:
        raise GraphError(
            "top_paths found no path along which a gradient reaches a leaf; draw the "
            "graph without it, or with focus=, to see where the gradient ends"
        )
    on_them = {node for path in paths for node in path.nodes}
    share = sum(path.share for path in paths)
    number = "1 path" if len(paths) == 1 else f"{len(paths):,} paths"
    verb = "carries" if len(paths) == 1 else "carry"
    # Paths that are not finite have no share.
    note = f"{number}, which {verb} {share:.0%} of the gradient" if share else number
    return [node for node in order if node in on_them], note


def _around(
    focus: Value, shown: Sequence[Value], expansion: Expansion, radius: int
) -> list[Value]:
    """Return the nodes at most so many arrows from the focus, in either direction."""
    beside = _neighbours(shown, expansion)
    if focus not in beside:
        raise GraphError(
            f"focus={focus!r} is not among the {len(shown):,} values that are drawn; "
            "give a node that the root depends on"
        )
    rings = islice(_rings(focus, beside.__getitem__), radius + 1)
    found = {node for ring in rings for node in ring}
    return [node for node in shown if node in found]


def _nearest(
    centre: Value,
    shown: Sequence[Value],
    expansion: Expansion,
    limit: int,
    *,
    both_ways: bool,
) -> list[Value]:
    """Return so many nodes: those that the centre needs, or all around it."""
    beside = _neighbours(shown, expansion)

    def parents(node: Value) -> list[Value]:
        return [p for p in expansion.parents(node) if p in beside]

    rings = _rings(centre, beside.__getitem__ if both_ways else parents)
    found = set(islice(chain.from_iterable(rings), limit))
    return [node for node in shown if node in found]


def _rings(
    centre: Value, beside: Callable[[Value], Sequence[Value]]
) -> Iterator[list[Value]]:
    """Yield the centre, then what is one arrow away, then what is two away, ..."""
    seen, ring = {centre}, [centre]
    while ring:
        yield ring
        found = dict.fromkeys(n for node in ring for n in beside(node))
        ring = [node for node in found if node not in seen]
        seen.update(ring)


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
