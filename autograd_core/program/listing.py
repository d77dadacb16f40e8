"""A program in words: as Python that can be run, and as a short description."""

import re
from collections.abc import Iterable, Sequence
from typing import Any

from ..expression_text import Text, call_text, number_text
from ..op import OPS, Op
from ..trees import is_leaf, paths
from .tracing import COMPARISONS

__all__ = ["listed", "python_source"]

SHOWN = 12  # operations in the description of a program


def python_source(program: Any) -> str:
    """Return the text of a module with one function, which is the program.

    >>> from autograd_core.program import trace
    >>> print(python_source(trace(lambda x, y: (x * y).tanh(), 1.0, 2.0)))
    from autograd_core import tanh
    <BLANKLINE>
    <BLANKLINE>
    def program(x, y):
        v2 = x * y
        v3 = tanh(v2)
        return v3
    <BLANKLINE>
    """
    writing = _Writing(program)
    body = [*writing.unpacked(), *writing.operations(), writing.result()]
    head = f"def program({', '.join(writing.parameters)}):"
    lines = [*writing.imports(), "", "", head, *(f"    {line}" for line in body)]
    return "\n".join(lines).lstrip("\n") + "\n"


def _parameters(names: Iterable[str]) -> list[str]:
    """Return the names of arguments, changed where the text means something by them."""
    taken = {"TraceError", "bool", "captured", "float", *OPS}
    found: list[str] = []
    for name in names:
        while name in taken or re.fullmatch(r"v\d+", name):
            name += "_"
        taken.add(name)
        found.append(name)
    return found


class _Writing:
    """The names of a program's places, and the rows that its lines call."""

    def __init__(self, program: Any) -> None:
        self._program, self._code = program, program.code
        self._called: dict[str, Op] = {}
        self._names = [f"v{i}" for i in range(len(self._code.ops))]
        self.parameters = _parameters(program.arguments)
        for place, number in self._code.constants.items():
            text = number_text(number)
            plain = text.lstrip("-") not in ("inf", "nan")
            self._names[place] = text if plain else f'float("{text}")'

    def unpacked(self) -> list[str]:
        """Return lines that take the numbers out of the arguments."""
        lines, place = [], 0
        examples = self._program.arguments.values()
        for name, example in zip(self.parameters, examples, strict=True):
            for path in paths(example, name):
                if path == name:
                    self._names[place] = name
                else:
                    lines.append(f"{self._names[place]} = {path}")
                place += 1
        for i in range(len(self._program.captured)):
            lines.append(f"{self._names[place + i]} = captured[{i}].data")
        return lines

    def operations(self) -> list[str]:
        """Return a line for each operation, and for each guard below what it asks."""
        lines = []
        guards = dict(self._code.guards)
        for place, op in enumerate(self._code.ops):
            if op is not None:
                lines.append(f"{self._names[place]} = {self._call(place, op)}")
            if place in guards:
                guard = guards[place]
                lines.append(f"if bool({self._names[place]}) is not {guard.held}:")
                lines.append(f"    raise TraceError({str(guard)!r})")
        return lines

    def _call(self, place: int, op: Op) -> str:
        operands = [self._names[i] for i in self._code.operands[place]]
        if op.name in ("less", "less_equal"):
            return f"float({operands[0]} {op.symbol} {operands[1]})"
        if op.name in COMPARISONS:
            if op.name == "negation":
                return f"float(not {operands[0]})"
            word = "and" if op.name == "both" else "or"
            return f"float(bool({operands[0]} {word} {operands[1]}))"
        texts = [Text(name, self._name_of) for name in operands]
        return call_text(op, texts, self._name_of).text

    def _name_of(self, row: Any) -> str:
        self._called[row.name] = row
        return str(row.name)

    def imports(self) -> list[str]:
        """Return the lines that bring the rows that are called."""
        known = sorted(
            name for name in self._called if OPS.get(name) is self._called[name]
        )
        lines = [f"from autograd_core import {', '.join(known)}"] if known else []
        if self._code.guards:
            lines.append("from autograd_core.errors import TraceError")
        others = sorted(set(self._called) - set(known))
        return lines + [
            f"# {name} is a row that is not in the op table" for name in others
        ]

    def result(self) -> str:
        """Return the last line."""
        names = iter(self._names[place] for place in self._code.outputs)
        return f"return {_structure(self._program.result, names)}"


def _structure(tree: Any, names: Any) -> str:
    if is_leaf(tree):
        return str(next(names))
    if isinstance(tree, dict):
        parts = [f"{key!r}: {_structure(item, names)}" for key, item in tree.items()]
        return f"{{{', '.join(parts)}}}"
    inside = ", ".join([_structure(item, names) for item in tree])
    if isinstance(tree, tuple):
        return f"({inside},)" if len(tree) == 1 else f"({inside})"
    return f"[{inside}]"


def listed(program: Any) -> str:
    """Describe a program: its size, its operations, its guards, its first lines."""
    counts = ", ".join(f"{n:,} {name}" for name, n in program.counts().most_common())
    lines = [repr(program)[1:-1], f"  {counts}" if counts else "  nothing to compute"]
    lines += [f"  guard: {guard}" for _, guard in program.code.guards]
    operations = _Writing(program)
    unpacked = operations.unpacked()
    written = [*_some(unpacked), *_some(operations.operations()), operations.result()]
    return "\n".join([*lines, *(f"    {line}" for line in written)])


def _some(lines: Sequence[str]) -> list[str]:
    if len(lines) <= SHOWN:
        return list(lines)
    left = len(lines) - SHOWN
    return [*lines[: SHOWN - 2], f"... {left + 1:,} more", lines[-1]]
