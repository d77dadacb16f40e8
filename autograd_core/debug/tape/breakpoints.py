"""Where a tape shall stop: at nodes, at a kind of node, or where a condition holds.

A breakpoint at nodes stops when one of them gets its value, and when it hands its
gradient on; a leaf, when its gradient is complete. A watch stops whenever the value or
the gradient of a node changes. A condition alone is asked of every node whose numbers a
step changes. Which nodes are meant is found once, when the breakpoint is made; `Tape`
asks while it runs.
"""

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import PureWindowsPath

from ...errors import GraphError, OperandError
from ...source import Source, decoded
from ...value import Value
from .conditions import Condition
from .names import unknown

__all__ = ["Breakpoint", "Stop", "of_line", "of_module", "of_op"]


@dataclass(eq=False)
class Breakpoint:
    """One reason to stop; `text` is how a person asked for it.

    `nodes` are those that are meant, None of a condition on any. With `on_change` it
    stops at each contribution to a gradient, not only when it is complete; `fact` is
    "data" or "grad" where only that one is watched. `hits` counts how often it stopped.
    """

    number: int
    text: str
    nodes: frozenset[Value] | None = None
    condition: Condition | None = None
    on_change: bool = False
    fact: str = ""
    enabled: bool = True
    hits: int = 0

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
        raise unknown("operation of this graph", name, known)
    return found


def of_module(nodes: Iterable[Value], name: str) -> frozenset[Value]:
    """Return the nodes that a module made, those of its parts included.

    Raises `UnknownNameError` where no node was made in it.
    """
    made = [node for node in nodes if node.scope and not node.is_leaf]
    found = frozenset(n for n in made if f"{n.scope}.".startswith(f"{name}."))
    if not found:
        known = {node.scope for node in made}
        raise unknown("module of this graph", name, known)
    return found


def of_line(nodes: Sequence[Value], place: str | int) -> frozenset[Value]:
    """Return the nodes made at `file.py:14`, or at a line of the root's file.

    Of a file the last folders may be given. An expression of several lines was made at
    each of them. Constants, at which nothing happens, are left out.

    Raises `GraphError`, a `ValueError`, where there are none, with the lines that there
    are, and `OperandError`, a `TypeError`, for what is no place.
    """
    file, line = _file_and_line(place)
    made = [*_with_sources(n for n in nodes if n.requires_grad or not n.is_leaf)]
    file = file or (made[-1][1].filename if made else "")
    meant = {name for name in {s.filename for _, s in made} if _is_file(name, file)}
    here = [(node, source) for node, source in made if source.filename in meant]
    found = frozenset(node for node, s in here if s.line <= line <= s.end_line)
    if not found:
        lines = {source.line for _, source in here}
        raise GraphError(_no_line(file, line, lines, recorded=bool(made)))
    return found


def _with_sources(nodes: Iterable[Value]) -> Iterator[tuple[Value, Source]]:
    """Yield the nodes with a source; each instruction made many and is read once."""
    sources: dict[object, Source | None] = {}
    for node in nodes:
        instruction = getattr(node, "_instruction", None)
        if instruction not in sources:
            sources[instruction] = decoded(instruction)
        source = sources[instruction]
        if source is not None:
            yield node, source


def _file_and_line(place: str | int) -> tuple[str, int]:
    file, _, line = str(place).strip().rpartition(":")
    if not (line.isdecimal() and len(line) < 10) or isinstance(place, float):
        raise OperandError(
            f"a line is written as 14 or as file.py:14, not {str(place)!r}"
        )
    return file, int(line)


def _is_file(filename: str, asked: str) -> bool:
    """Tell whether a file is meant, by its last folders or from the working one."""
    whole = os.path.abspath(filename)
    end = _parts(asked)
    if ".." in end:
        return os.path.abspath(asked) == whole
    return bool(end) and any(_parts(p)[-len(end) :] == end for p in (filename, whole))


def _parts(path: str) -> tuple[str, ...]:
    """Return the parts of a path, whichever system or editor wrote it."""
    parts = PureWindowsPath(path).parts
    if parts and ":" in parts[0]:  # a drive, of which editors write c: for C:
        return (parts[0].lower(), *parts[1:])
    return parts


def _no_line(file: str, line: int, lines: set[int], *, recorded: bool) -> str:
    if not recorded:
        return (
            "the lines that made these nodes were not recorded; make the graph inside "
            "`with record_source():`"
        )
    where = f"no node was made at line {line} of {file}"
    near = sorted(sorted(lines, key=lambda known: abs(known - line))[:5])
    return f"{where}; near lines are {', '.join(map(str, near))}" if near else where
