"""What the nodes of a graph are called, and which node a person means.

A node is called by its label, else by the name that a variable has for it, and always
by `n7`, its place in topological order. The debugger, breakpoints and the debug-adapter
server take and give these names.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

from ..errors import GraphError, UnknownNameError
from ..inspection import find, named_values, one_line
from ..value import Value

__all__ = ["Names"]

_ID = re.compile(r"n(\d+)")
_LISTED = 5


class Names:
    """The names of `nodes`; `variables` is a mapping such as `locals()`.

    >>> x = Value(3.0, label="x")
    >>> names = Names([x, x * x])
    >>> names.of(x), names.find("n0") is x
    ('x', True)
    """

    def __init__(
        self, nodes: Sequence[Value], variables: Mapping[str, Any] | None = None
    ) -> None:
        """Keep what names may be asked for; nothing is named yet."""
        self._nodes = nodes
        self._variables = variables

    @cached_property
    def _places(self) -> dict[Value, int]:
        return {node: i for i, node in enumerate(self._nodes)}

    @cached_property
    def _by_variables(self) -> dict[Value, str]:
        return named_values(self._variables)

    @cached_property
    def _by_name(self) -> dict[str, list[Value]]:
        found: dict[str, list[Value]] = {}
        for node in self._nodes:
            for name in dict.fromkeys(self._given(node)):
                found.setdefault(name, []).append(node)
        return found

    def _given(self, node: Value) -> Iterator[str]:
        if node.label:
            yield str(node.label)
        if node in self._by_variables:
            yield self._by_variables[node]

    def id(self, node: Value) -> str:
        """Return `n` and the place of a node in topological order."""
        return f"n{self._places[node]}"

    def of(self, node: Value) -> str:
        """Return the one name that only this node has."""
        for name in self._given(node):
            if len(self._by_name[name]) == 1 and not _ID.fullmatch(name):
                return name
        return self.id(node)

    def shown(self, node: Value) -> str:
        """Return the name of a node as one short line of text."""
        return one_line(self.of(node))

    def known(self) -> list[str]:
        """Return every name that one node has alone, for completion and messages."""
        return sorted(name for name, nodes in self._by_name.items() if len(nodes) == 1)

    def find(self, name: str) -> Value:
        """Return the node that a person means: a label, a variable, `n7` or a path.

        Raises `UnknownNameError` with the near names where there is none, `GraphError`
        where there are several; both are a `ValueError`.
        """
        name = name.strip()
        candidates = self._by_name.get(name, [])
        if len(candidates) == 1:
            return candidates[0]
        if candidates:
            ids = ", ".join(self.id(node) for node in candidates[:_LISTED])
            more = ", ..." if len(candidates) > _LISTED else ""
            raise GraphError(
                f"{len(candidates)} nodes are called {name!r}; say which: {ids}{more}"
            )
        for look in (self._by_place, self._by_path):
            if (node := look(name)) is not None:
                return node
        known = [*self.known(), self.id(self._nodes[-1])]
        raise UnknownNameError("node", name, known)

    def _by_place(self, name: str) -> Value | None:
        match = _ID.fullmatch(name)
        if match is None:
            return None
        place = int(match[1])
        if place >= len(self._nodes):
            raise UnknownNameError("node", name, [f"n{len(self._nodes) - 1}"])
        return self._nodes[place]

    def _by_path(self, name: str) -> Value | None:
        """Return the node at a path such as `losses[-1]`, None where none is."""
        try:
            node = find(name, self._variables or {})
        except (TypeError, ValueError):
            return None
        return node if node in self._places else None
