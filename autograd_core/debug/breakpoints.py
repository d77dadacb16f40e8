"""Where a tape shall stop: at nodes, at a kind of node, or where a condition holds.

A breakpoint at nodes stops when one of them gets its value, and when its gradient is
complete. A watch stops whenever the value or the gradient of a node changes. A
condition alone is asked of every node whose numbers a step changes. Which nodes are
meant is found once, when the breakpoint is made; `Tape` asks while it runs.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import PurePath

from ..errors import GraphError, OperandError, UnknownNameError
from ..value import Value
from .conditions import Condition

__all__ = ["Breakpoint", "Stop", "of_line", "of_module", "of_op"]


@dataclass
class Breakpoint:
    """One reason to stop; `text` is how a person asked for it.

    `nodes` are those that are meant, None of a condition on any. With `on_change` it
    stops at each contribution to a gradient, not only when it is complete. `hits`
    counts how often it stopped.
    """

    number: int
    text: str
    nodes: frozenset[Value] | None = None
    condition: Condition | None = None
    on_change: bool = False
    enabled: bool = True
    hits: int = field(default=0, compare=False)

    def __str__(self) -> str:
        kind = "watch" if self.on_change else "break"
        hits = f", stopped {self.hits}×" if self.hits else ""
        off = "" if self.enabled else ", disabled"
        return f"{self.number}  {kind} {self.text}{hits}{off}"


@dataclass(frozen=True)
class Stop:
    """Why a run stopped: at `breakpoint`, because of `node`.

    `error` is what the condition raised, None where it simply held.
    """

    breakpoint: Breakpoint
    node: Value
    error: Exception | None = None


def of_op(nodes: Iterable[Value], name: str) -> frozenset[Value]:
    """Return the nodes of an operation, by its name or its symbol.

    Raises `UnknownNameError` where the graph has none.
    """
    made = [node for node in nodes if node.op is not None]
    found = frozenset(n for n in made if n.op and name in (n.op.name, n.op.symbol))
    if not found:
        known = {node.op.name for node in made if node.op}
        raise UnknownNameError("operation of this graph", name, known)
    return found


def of_module(nodes: Iterable[Value], name: str) -> frozenset[Value]:
    """Return the nodes that a module made, those of its parts included.

    Raises `UnknownNameError` where no node was made in it.
    """
    made = [node for node in nodes if not node.is_leaf]
    found = frozenset(n for n in made if n.scope == name or _is_in(n.scope, name))
    if not found:
        known = {node.scope for node in made if node.scope}
        raise UnknownNameError("module of this graph", name, known)
    return found


def _is_in(scope: str, module: str) -> bool:
    return scope.startswith(f"{module}.")


def of_line(nodes: Sequence[Value], place: str | int) -> frozenset[Value]:
    """Return the operations made at `file.py:14`, or at a line of the root's file.

    Raises `GraphError` where there are none, with the lines that there are.
    """
    file, line = _file_and_line(place)
    made = [(node, node.source) for node in nodes if not node.is_leaf]
    lines = set[int]()
    found = set[Value]()
    if not file:
        source = nodes[-1].source
        file = source.filename if source else ""
    for node, source in made:
        if source is not None and _is_file(source.filename, file):
            lines.add(source.line)
            if source.line <= line <= source.end_line:
                found.add(node)
    if not found:
        raise GraphError(_no_line(file, line, lines, any(s for _, s in made)))
    return frozenset(found)


def _file_and_line(place: str | int) -> tuple[str, int]:
    file, _, line = str(place).rpartition(":")
    if not line.isdecimal():
        raise OperandError(
            f"a line is written as 14 or as file.py:14, not {str(place)!r}"
        )
    return file, int(line)


def _is_file(filename: str, asked: str) -> bool:
    """Tell whether a file is meant, of which the last folders may be given."""
    parts = PurePath(asked).parts
    return bool(parts) and PurePath(filename).parts[-len(parts) :] == parts


def _no_line(file: str, line: int, lines: set[int], recorded: bool) -> str:
    if not recorded:
        return (
            "the lines that made these nodes were not recorded; make the graph inside "
            "`with record_source():`"
        )
    where = f"no operation was made at line {line} of {file or 'any file'}"
    near = sorted(sorted(lines, key=lambda known: abs(known - line))[:5])
    return f"{where}; near lines are {', '.join(map(str, near))}" if near else where
