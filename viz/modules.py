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


@cache
def path_of(scope: str) -> Path:
    """Return the modules in a scope, from the outermost to the innermost.

    >>> path_of("MLP.layers.0.neurons.3")
    ('MLP', 'layers.0', 'neurons.3')
    """
    path: list[str] = []
    for word in scope.split(".") if scope else ():
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
        for node, read in self._parents.items():
            for parent in read:
                if parent.is_leaf and not parent.scope:
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
            reader, *others = {keys[node] for node in by}
            if not others and isinstance(reader, _Several):
                named = bool(leaf.label or leaf.requires_grad)
                keys[leaf] = reader._replace(kind="inputs") if named else reader

    def parts(self, keys: dict[Value, Key]) -> list[Part]:
        """Return the parts, in an order in which parents come first."""
        members = _members(keys)
        order = self._ordered(keys, members)
        if len(order) < len(members):  # a module is its own ancestor
            keys = self._calls(keys, members.keys() - set(order))
            members = _members(keys)
            order = self._ordered(keys, members)
        return [_part(key, members[key]) for key in order]

    def _ordered(
        self, keys: dict[Value, Key], members: dict[Key, list[Value]]
    ) -> list[Key]:
        """Return the keys in topological order, without those on or after a cycle."""
        order_of = {key: i for i, key in enumerate(members)}
        place = {node: order_of[key] for node, key in keys.items()}
        readers: list[set[int]] = [set() for _ in order_of]
        for node, read in self._parents.items():
            head = place[node]
            for parent in read:
                readers[place[parent]].add(head)
        waiting = [0] * len(readers)
        for tail, heads in enumerate(readers):
            heads.discard(tail)
            for head in heads:
                waiting[head] += 1
        ready = [i for i, count in enumerate(waiting) if not count]
        heapify(ready)
        by_place, order = list(members), []
        while ready:
            i = heappop(ready)
            order.append(by_place[i])
            for head in readers[i]:
                waiting[head] -= 1
                if not waiting[head]:
                    heappush(ready, head)
        return order

    def _calls(self, keys: dict[Value, Key], cyclic: set[Key]) -> dict[Value, Key]:
        """Give each visit of a cyclic module a number, and so a part of its own."""
        visits: dict[Value, dict[Key, int]] = {}
        numbered = dict(keys)
        for node in self._nodes:
            seen: dict[Key, int] = {}
            own = keys[node]
            for parent in self._parents[node]:
                for key, count in visits[parent].items():
                    again = key == own and keys[parent] != own
                    seen[key] = max(seen.get(key, 0), count + again)
            if own in cyclic and isinstance(own, _Several):
                numbered[node] = own._replace(call=seen.setdefault(own, 1))
            visits[node] = seen
        return numbered


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
