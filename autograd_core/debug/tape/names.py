"""What the nodes of a graph are called, and which node a person means.

A node is called by its label, else by the name that a variable has for it, and always
by `n7`, its place in topological order. The debugger, breakpoints and the debug-adapter
server take and give these names.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from heapq import nsmallest
from typing import Any

from ...errors import GraphError, OperandError, UnknownNameError
from ...inspection import find, named_values, one_line
from ...real import described
from ...value import Value

__all__ = ["Names", "unknown"]

_ID = re.compile(r"n([0-9]{1,9})")
_LISTED = 5
_LONGEST_PATH = 1000
_LONGEST_SHOWN = 60
_COMPARED = 500


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
        """Return the one name that only this node has, and by which it is found."""
        for name in self._given(node):
            if self._is_unique(name):
                return name
        return self.id(node)

    def _is_unique(self, name: str) -> bool:
        is_found = bool(name.strip()) and not _ID.fullmatch(name.strip())
        return is_found and len(self._by_name[name]) == 1

    def shown(self, node: Value) -> str:
        """Return the name of a node as one short line of text."""
        return one_line(self.of(node))

    def known(self) -> list[str]:
        """Return every name that one node has alone, for completion and messages."""
        return sorted(filter(self._is_unique, self._by_name))

    def find(self, name: str) -> Value:
        """Return the node that a person means: `n7`, a label, a variable or a path.

        Raises `UnknownNameError` with the near names where there is none, `GraphError`
        where there are several; both are a `ValueError`.
        """
        node = self.get(name)
        if node is None:
            raise unknown("node", name, [*self.known(), self.id(self._nodes[-1])])
        return node

    def get(self, name: str) -> Value | None:
        """Return the node that `find` finds, None where there is none.

        >>> x = Value(3.0, label="x")
        >>> names = Names([x])
        >>> names.get("x") is x, names.get("abs(grad) > 10")
        (True, None)

        Raises `GraphError`, a `ValueError`, where several nodes have the name.
        """
        if not isinstance(name, str):
            raise OperandError(f"the name of a node is a text, not {described(name)}")
        short = name.strip()
        if (node := self._by_place(short)) is not None:
            return node
        candidates = self._by_name.get(name) or self._by_name.get(short) or []
        if len(candidates) > 1:
            ids = ", ".join(self.id(node) for node in candidates[:_LISTED])
            more = ", ..." if len(candidates) > _LISTED else ""
            raise GraphError(
                f"{len(candidates)} nodes are called {one_line(name)!r}; say which: "
                f"{ids}{more}"
            )
        return candidates[0] if candidates else self._by_path(short)

    def _by_place(self, name: str) -> Value | None:
        match = _ID.fullmatch(name)
        place = int(match[1]) if match else len(self._nodes)
        return self._nodes[place] if place < len(self._nodes) else None

    def _by_path(self, name: str) -> Value | None:
        """Return the node at a path such as `losses[-1]`, None where none is."""
        if len(name) > _LONGEST_PATH or not self._variables:
            return None
        try:
            node = find(name, self._variables)
        except Exception:  # a property of somebody's own object may raise anything
            return None
        return node if node in self._places else None


def unknown(kind: str, name: str, known: Iterable[str]) -> UnknownNameError:
    """Return the error for a name that is not known, with the near ones.

    A graph may have a million labels, each of any length; a message has room for few.

    >>> print(unknown("node", "loos", ["loss", "x"]))
    no node is called 'loos'; did you mean 'loss'?
    """
    from difflib import get_close_matches  # slow to import, and rarely needed

    letters = set(name)
    candidates = nsmallest(
        _COMPARED,
        (each for each in known if len(each) <= _LONGEST_SHOWN),
        key=lambda each: len(letters.symmetric_difference(each)),
    )
    near = get_close_matches(name[:_LONGEST_SHOWN], candidates, n=3)
    shown = name if len(name) <= _LONGEST_SHOWN else one_line(name, _LONGEST_SHOWN)
    return UnknownNameError(kind, shown, near or candidates[:_LISTED])
