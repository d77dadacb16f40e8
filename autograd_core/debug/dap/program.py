"""The program that is debugged: a script's values, and the tape of one of them.

It outlives the clients that look at it. A script runs in this process, once for each
launch; what stood before is let go only when the new one has a graph to show.
"""

import linecache
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

from ...errors import GraphError
from ...inspection import ScriptError, find, only_end, run
from ...passes import listening
from ...value import Value
from ..tape import Tape
from .lines import Lines

__all__ = ["Program", "Workspace"]

_OWN = __name__.partition(".")[0]


class Program:
    """The graph of `root`, the tape on it, and the lines that made it.

    `failure` says why the script did not come to its end, empty where it did.
    """

    def __init__(
        self, script: str, root: Value, names: Mapping[str, Any], failure: str = ""
    ) -> None:
        """Stand at the start of the passes."""
        self.script, self.failure = script, failure
        self.tape = Tape(root, names)
        self.lines = Lines(self.tape.nodes)


class Workspace:
    """Where scripts are run; `program` is the last that had a graph, or None."""

    def __init__(self) -> None:
        """Run nothing yet."""
        self.program: Program | None = None
        self._folder = os.getcwd()
        self._loaded: list[str] = []

    def load(
        self,
        script: str,
        arguments: Sequence[str] = (),
        root: str | None = None,
        folder: str = "",
    ) -> Program:
        """Run a script in a folder, and open a tape on one of its values.

        Raises an `OSError` for a script that cannot be read, and `GraphError`, a
        `ValueError`, for one that fails before it has a graph, and where it is not
        clear which value is meant.
        """
        os.chdir(os.path.join(self._folder, folder))
        self._forget()
        path = Path(script).absolute()  # the script may go to another folder
        before = set(sys.modules)
        try:
            names, last, failure = _run(script, arguments)
        finally:
            self._remember(before, path.resolve().parent)
        try:
            found = _root(names, root, last)
        except ValueError as error:
            if failure is None:
                raise
            raise GraphError(f"{_told(failure)}; {error}") from None
        told = _told(failure) if failure else ""
        self.program = Program(str(path), found, names, told)
        return self.program

    def _forget(self) -> None:
        """Have the script's own modules, which may have been edited, read anew."""
        for name in self._loaded:
            sys.modules.pop(name, None)
        linecache.checkcache()

    def _remember(self, before: set[str], folder: Path) -> None:
        new = {name: sys.modules[name] for name in sys.modules.keys() - before}
        self._loaded = [name for name in new if _is_own(name, new[name], folder)]


def _told(error: ScriptError) -> str:
    cause = error.__cause__
    if cause is None or isinstance(cause, SystemExit):
        return str(error)
    return f"{error}: {type(cause).__name__}: {cause}"


def _run(
    script: str, arguments: Sequence[str]
) -> tuple[dict[str, Any], list[Value], ScriptError | None]:
    """Return a script's names, the root of its last backward pass, and its failure."""
    last: list[Value] = []
    hook = sys.excepthook
    with listening(lambda root: last.__setitem__(slice(None), [root])):
        try:
            return run(script, arguments), last, None
        except ScriptError as error:
            return error.names, last, error
        finally:
            sys.excepthook = hook  # the next script's errors are printed by it


def _root(names: Mapping[str, Any], root: str | None, last: Sequence[Value]) -> Value:
    """Return the value of a name, else the last root, else where all leads to."""
    try:
        if root is not None:
            return find(root, names)
        return last[0] if last else only_end(names)
    except (TypeError, ValueError) as error:
        # on a command line root is an option, in a launch entry an attribute
        raise GraphError(str(error).replace("--root", "root")) from None


def _is_own(name: str, module: ModuleType, folder: Path) -> bool:
    """Tell whether a module lies beside the script rather than among the installed."""
    file = getattr(module, "__file__", None)
    if not isinstance(file, str) or name.partition(".")[0] == _OWN:
        return False
    path = Path(file).resolve()
    return folder in path.parents and "site-packages" not in path.parts
