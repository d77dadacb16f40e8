"""What generated code calls, and the lines at its head that bring it there.

A row of the table is imported by its name, and so are the functions of the table that
choose between formulas. A row of somebody's own is looked up in `OPS`, or else handed
to the code as an object.
"""

import sys
from collections.abc import Collection
from types import FunctionType
from typing import Any

from ... import ops, sequences
from ...errors import GraphError
from ...op import OPS, Op
from .identifiers import Identifiers

__all__ = ["BUILT_IN", "Functions", "place_of"]

CORE = __name__.partition(".")[0]
WIDTH = 88

BUILT_IN = {
    row.name: row
    for module in (ops, sequences)
    for row in vars(module).values()
    if isinstance(row, Op)
}


def place_of(function: Any) -> tuple[str, str] | None:
    """Return the module and the name to import a row or a function of the core by."""
    if isinstance(function, Op):
        known = BUILT_IN.get(function.name) is function
        return (CORE, function.name) if known else None
    if not isinstance(function, FunctionType):
        return None
    module, name = function.__module__, function.__name__
    found = getattr(sys.modules.get(module), name, None)
    return (module, name) if found is function and is_of_core(function) else None


def is_of_core(function: Any) -> bool:
    """Tell whether a function was written in the core."""
    return str(getattr(function, "__module__", "")).startswith(f"{CORE}.")


class Functions:
    """The rows and functions that a piece of code calls, each with a name in it."""

    def __init__(self, identifiers: Identifiers) -> None:
        self._identifiers = identifiers
        self._names: dict[Any, str] = {}

    def name_of(self, function: Any) -> str:
        """Return the name of a row or a function, a new one when it is first met."""
        if function not in self._names:
            self._names[function] = self._new_name(function)
        return self._names[function]

    def _new_name(self, function: Any) -> str:
        place = place_of(function)
        if place is None:
            return self._identifiers.new(function.name, "row")
        if not self._identifiers.is_free(place[1]):
            return self._identifiers.new(place[1])
        self._identifiers.take(place[1])
        return place[1]

    @property
    def objects(self) -> dict[str, Any]:
        """Every row and function by its name."""
        return {name: function for function, name in self._names.items()}

    def held(self, used: Collection[str]) -> dict[str, Op]:
        """Return the rows that no file could import, by their names."""
        return {
            name: row
            for name, row in self._others(used).items()
            if OPS.get(row.name) is not row
        }

    def check_importable(self, used: Collection[str]) -> None:
        """Raise where the code could not stand in a file of its own."""
        for row in self.held(used).values():
            raise GraphError(
                f"a file cannot import {row!r}, which is not in the op table; register "
                f"it with OPS[{row.name!r}] = ..., or leave out path="
            )

    def head(self, used: Collection[str]) -> list[str]:
        """Return the lines that bring what is used, in groups set off by empty ones."""
        constants = sorted({"inf", "nan"} & set(used))
        groups = [
            _import_lines("math", constants),
            [
                line
                for module, names in sorted(self._imports(used).items())
                for line in _import_lines(module, sorted(names))
            ],
            [self._row_line(name, row) for name, row in self._others(used).items()],
        ]
        lines = [line for group in groups if group for line in ("", *group)]
        return lines[1:]

    def _others(self, used: Collection[str]) -> dict[str, Op]:
        """Return the rows of somebody's own."""
        return {
            name: row
            for name, row in self.objects.items()
            if name in used and place_of(row) is None
        }

    def _imports(self, used: Collection[str]) -> dict[str, list[str]]:
        imported: dict[str, list[str]] = {}
        for name, function in self.objects.items():
            place = place_of(function)
            if name in used and place is not None:
                given = "" if place[1] == name else f" as {name}"
                imported.setdefault(place[0], []).append(f"{place[1]}{given}")
        if self._others(used).keys() - self.held(used).keys():
            imported.setdefault(CORE, []).append("OPS")
        return imported

    def _row_line(self, name: str, row: Op) -> str:
        if OPS.get(row.name) is row:
            return f"{name} = OPS[{row.name!a}]  # import what registers it first"
        return f"# {name}: a row that is not in OPS; this code holds it"


def _import_lines(module: str, names: list[str]) -> list[str]:
    line = f"from {module} import {', '.join(names)}"
    if len(line) <= WIDTH:
        return [line] if names else []
    return [f"from {module} import (", *(f"    {name}," for name in names), ")"]
