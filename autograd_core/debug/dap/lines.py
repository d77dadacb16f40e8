"""Which nodes each line of a file made.

A graph of a million nodes is made by some dozens of expressions: they are found once,
by the instruction that each node remembers, and asked by file and line from then on.
"""

from collections.abc import Iterable
from functools import cached_property
from typing import Any

from ...source import Source
from ...value import Value
from .arguments import RequestError
from .places import same_file, utf16_column

__all__ = ["Lines"]


class Lines:
    """The expressions that made `nodes`, by file and line.

    >>> from autograd_core import record_source
    >>> names = {"x": Value(3.0)}
    >>> with record_source():
    ...     exec(compile("y = x * x + x", "example.py", "exec"), names)
    >>> lines = Lines([*names["y"].parents, names["y"]])
    >>> [(place.line, place.column) for place in lines.at("example.py", 5)]
    [(1, 4), (1, 4)]
    """

    def __init__(self, nodes: Iterable[Value]) -> None:
        """Keep the nodes; their expressions are looked for when first asked."""
        self._nodes = nodes

    @cached_property
    def _made(self) -> dict[Source, list[Value]]:
        """The nodes that each expression made: operations, and leaves to train."""
        groups: dict[Any, list[Value]] = {}
        for node in self._nodes:
            instruction = getattr(node, "_instruction", None)
            if instruction is not None and (node.requires_grad or not node.is_leaf):
                # a code object is slow to hash, and its nodes keep it alive
                key = id(instruction[0]), instruction[1]
                groups.setdefault(key, []).append(node)
        made: dict[Source, list[Value]] = {}
        for nodes in groups.values():
            if (source := nodes[0].source) is not None:
                made.setdefault(source, []).extend(nodes)
        return made

    @cached_property
    def _by_file(self) -> dict[str, list[Source]]:
        files: dict[str, list[Source]] = {}
        for source in sorted(self._made):
            files.setdefault(same_file(source.filename), []).append(source)
        return files

    def files(self) -> list[str]:
        """Return the files whose lines made nodes."""
        return sorted({source.filename for source in self._made})

    def nodes(self, sources: Iterable[Source]) -> list[Value]:
        """Return what expressions made: the operations, else the leaves."""
        made = [node for source in sources for node in self._made[source]]
        return [node for node in made if not node.is_leaf] or made

    def within(self, file: str, first: int, last: int) -> list[Source]:
        """Return the expressions that begin on some lines of a file."""
        sources = self._by_file.get(same_file(file), [])
        return [source for source in sources if first <= source.line <= last]

    def on(self, file: str, line: int) -> list[Source]:
        """Return the expressions that begin on a line, else those around it."""
        sources = self._by_file.get(same_file(file), [])
        starts = [s.line for s in sources if s.line <= line <= s.end_line]
        return self.within(file, max(starts), max(starts)) if starts else []

    def at(self, file: str, line: int, column: int | None = None) -> list[Source]:
        """Return the expressions on a line, or on the nearest that has any.

        With a column they are those that begin nearest to it.

        Raises `RequestError`, a `ValueError`, where the file made no nodes.
        """
        sources = self._by_file.get(same_file(file), [])
        if not sources:
            raise RequestError(self._nothing(file))
        near = min(sources, key=lambda s: (abs(s.line - line), -s.line)).line
        found = self.on(file, line) or self.within(file, near, near)
        if column is None:
            return found
        away = {source: abs(_column(source) - column) for source in found}
        return [source for source in found if away[source] == min(away.values())]

    def _nothing(self, file: str) -> str:
        files = ", ".join(self.files()[:5])
        hint = f"those are of {files}" if files else "their lines were not recorded"
        return f"no node of this graph was made in {file}; {hint}"


def _column(source: Source) -> int:
    return utf16_column(source.text, source.column)
