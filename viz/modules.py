"""Which values stand in one box: the calls of a module, seen from above.

A node's scope names the module whose call made it, and a parameter's scope the module
that holds it: `MLP.layers.0.neurons.3`. Seen at a depth, all nodes of a deeper module
are one part. A module that is called again with what it returned, as a recurrent cell
is, would be its own ancestor; such a module is one part for each call. Nodes outside of
modules can be folded: those that do the same with the same parts, as the losses of the
examples of a batch, are one part.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from heapq import heapify, heappop, heappush
from typing import NamedTuple

from autograd_core import Value

__all__ = ["Modules", "Part", "path_of"]

Path = tuple[str, ...]


@dataclass(frozen=True)
class Part:
    """What one box stands for: a single node, a module, or nodes of one `kind`.

    `path` is the module's and `kind` the name of the operation or "inputs"; of a single
    node both are empty.
    """

    nodes: tuple[Value, ...]
    path: Path = ()
    call: int = 1
    kind: str = ""

    @property
    def is_single(self) -> bool:
        """Whether it is one node and not several."""
        return not self.path and not self.kind


class _Several(NamedTuple):
    """What several nodes are part of: a module, or nodes of one kind."""

    path: Path
    kind: str = ""
    number: int = 0  # of a kind
    call: int = 1


Key = Value | _Several
Neighbours = list[set[int]]

_DEEPEST = 50  # modules in modules; what is below is one name


@cache
def path_of(scope: str) -> Path:
    """Return the modules in a scope, from the outermost to the innermost.

    >>> path_of("MLP.layers.0.neurons.3")
    ('MLP', 'layers.0', 'neurons.3')
    """
    path: list[str] = []
    for word in scope.split(".", _DEEPEST) if scope else ():
        if word.isdigit() and path:
            path[-1] += f".{word}"
        else:
            path.append(word)
    return tuple(path)


class Modules:
    """A graph, to be divided into parts at any depth.

    >>> from autograd_core import scope, topological_order
    >>> x = Value(3.0, label="x")
    >>> with scope("square"):
    ...     y = x * x * x
    >>> modules = Modules(topological_order(y + 1), lambda node: node.parents)
    >>> [len(part.nodes) for part in modules.parts(modules.keys(depth=0))]
    [1, 2, 1, 1]
    """

    def __init__(
        self, nodes: Sequence[Value], parents: Callable[[Value], Sequence[Value]]
    ) -> None:
        """Take nodes in topological order and what to show as their operands."""
        self._nodes = nodes
        self._parents = {node: tuple(dict.fromkeys(parents(node))) for node in nodes}
        self._readers: dict[Value, list[Value]] = {}
        lone = {node for node in nodes if node.is_leaf and not node.scope}
        for node, read in self._parents.items():
            for parent in read:
                if parent in lone:
                    self._readers.setdefault(parent, []).append(node)
        self.deepest = max(len(path_of(s)) for s in {n.scope for n in nodes})

    def keys(self, depth: int, *, fold: bool = False) -> dict[Value, Key]:
        """Say for each node what it is part of.

        Modules stand open to the given depth: 0 makes each outermost module one part.
        `fold` makes one part of nodes that do the same with the same parts.
        """
        boxes: dict[str, _Several | None] = {}
        for scope in {node.scope for node in self._nodes}:
            path = path_of(scope)
            boxes[scope] = _Several(path[: depth + 1]) if len(path) > depth else None
        keys: dict[Value, Key] = {n: boxes[n.scope] or n for n in self._nodes}
        if fold:
            self._fold(keys)
        self._place_leaves(keys)
        return keys

    def _fold(self, keys: dict[Value, Key]) -> None:
        """Give one key to all nodes outside of modules that do the same with the same.

        Leaves do not count, so that each example of a batch may have its own target.
        """
        numbers: dict[tuple[object, ...], int] = {}
        for node in self._nodes:
            if node.op is not None and keys[node] is node:
                read = [keys[p] for p in self._parents[node] if p not in self._readers]
                number = numbers.setdefault((node.op, *read), len(numbers))
                keys[node] = _Several((), node.op.name, number)

    def _place_leaves(self, keys: dict[Value, Key]) -> None:
        """Put what one part reads beside it: constants into it, inputs together."""
        for leaf, by in self._readers.items():
            reader = keys[by[0]]
            alone = isinstance(reader, _Several) and all(keys[n] == reader for n in by)
            if alone and isinstance(reader, _Several):
                named = bool(leaf.label or leaf.requires_grad)
                keys[leaf] = reader._replace(kind="inputs") if named else reader

    def parts(self, keys: dict[Value, Key]) -> list[Part]:
        """Return the parts, in an order in which parents come first."""
        members = _members(keys)
        beside = self._beside(keys, members)
        order = _ordered(*beside)
        if len(order) < len(members):  # a module is its own ancestor
            left = set(range(len(members))).difference(order)
            left = left.difference(_ordered(*reversed(beside)))
            keys = self._calls(
                keys, {key for i, key in enumerate(members) if i in left}
            )
            members = _members(keys)
            order = _ordered(*self._beside(keys, members))
        by_place = list(members)
        return [_part(by_place[i], members[by_place[i]]) for i in order]

    def _beside(
        self, keys: dict[Value, Key], members: dict[Key, list[Value]]
    ) -> tuple[Neighbours, Neighbours]:
        """Return which parts each part is read by, and which ones it reads."""
        order_of = {key: i for i, key in enumerate(members)}
        place = {node: order_of[key] for node, key in keys.items()}
        readers: Neighbours = [set() for _ in order_of]
        read: Neighbours = [set() for _ in order_of]
        for node, parents in self._parents.items():
            head = place[node]
            tails = {place[parent] for parent in parents}
            tails.discard(head)
            read[head] |= tails
            for tail in tails:
                readers[tail].add(head)
        return readers, read

    def _calls(self, keys: dict[Value, Key], cyclic: set[Key]) -> dict[Value, Key]:
        """Give each call of the cyclic modules a number, and so a part of its own.

        A node's step is how often the way to it changed from one such part to another.
        Steps only grow along an arrow between two parts, so no cycle is left, whichever
        modules call each other.
        """
        steps = self._steps(keys, cyclic)
        taken: dict[Key, set[int]] = {}
        for node, step in steps.items():
            taken.setdefault(keys[node], set()).add(step)
        calls = {
            key: {step: call for call, step in enumerate(sorted(found), start=1)}
            for key, found in taken.items()
        }
        numbered = dict(keys)
        for node, step in steps.items():
            key = keys[node]
            if isinstance(key, _Several):
                numbered[node] = key._replace(call=calls[key][step])
        return numbered

    def _steps(self, keys: dict[Value, Key], cyclic: set[Key]) -> dict[Value, int]:
        steps: dict[Value, int] = {}
        for node, parents in self._parents.items():
            own = keys[node]
            if own in cyclic:
                before = [steps[p] + (keys[p] != own) for p in parents if p in steps]
                steps[node] = max(before, default=0)
        self._delay(steps, keys)
        return steps

    def _delay(self, steps: dict[Value, int], keys: dict[Value, Key]) -> None:
        """Move what depends on no earlier call to the first call that reads it.

        What a recurrent cell makes of its input alone would all be in its first call.
        """
        latest: dict[Value, int] = {}
        read_inside: set[Value] = set()
        for node, parents in reversed(self._parents.items()):
            if node in steps:
                if node in read_inside:
                    steps[node] = latest[node]
                for parent in parents:
                    if parent in steps:
                        inside = keys[parent] == keys[node]
                        step = steps[node] - (not inside)
                        latest[parent] = min(latest.get(parent, step), step)
                        if inside:
                            read_inside.add(parent)


def _ordered(after: Neighbours, before: Neighbours) -> list[int]:
    """Return numbers in topological order, without those on or after a cycle."""
    waiting = [len(numbers) for numbers in before]
    ready = [i for i, count in enumerate(waiting) if not count]
    heapify(ready)
    order = []
    while ready:
        i = heappop(ready)
        order.append(i)
        for later in after[i]:
            waiting[later] -= 1
            if not waiting[later]:
                heappush(ready, later)
    return order


def _part(key: Key, members: list[Value]) -> Part:
    if isinstance(key, Value) or (key.kind and len(members) == 1):
        return Part((members[0],))
    return Part(tuple(members), () if key.kind else key.path, key.call, key.kind)


def _members(keys: dict[Value, Key]) -> dict[Key, list[Value]]:
    """Return the nodes of each key, the keys by their first nodes."""
    members: dict[Key, list[Value]] = {}
    for node, key in keys.items():
        members.setdefault(key, []).append(node)
    return members
