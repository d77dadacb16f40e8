"""Generated code as an object: run it, step in it, find its source where tools look.

Tools show a line by asking `linecache` for it, so source without a file is entered
there, for as long as the function lives. Source with a file is written whole or not at
all, and an editor's breakpoints in that file are hit.
"""

import linecache
import os
import weakref
from collections.abc import Callable, Mapping
from itertools import count
from pathlib import Path
from typing import Any

from ...errors import OperandError
from ...files import check_place, write_whole
from ...real import described
from ...value import Value

__all__ = ["GeneratedCode", "checked_path", "write"]

_numbers = count()
LONGEST_SHOWN = 1000  # lines in a notebook


class GeneratedCode:
    """The source of a graph as Python, and the function that it makes.

    `source` is the text, which `print` shows; `path` is the file that holds it, or a
    name such as `<graph 0>`; `names` holds the `Value` behind each name. Called with
    nothing, or with numbers for leaves by name, it returns the value and the gradients.

    >>> from autograd_core.debug import to_python
    >>> x = Value(3.0, label="x")
    >>> code = to_python(x * x + 1)
    >>> code(), code(x=5)
    ((10.0, {'x': 6.0}), (26.0, {'x': 10.0}))
    >>> code.names["v1"]
    Value(data=9.0, grad=0.0)

    `pdb.runcall(code.run)` steps through it.
    """

    source: str
    path: str
    names: Mapping[str, Value]

    def __init__(
        self,
        source: str,
        names: Mapping[str, Value],
        objects: Mapping[str, Any],
        path: Path | None = None,
    ) -> None:
        """Compile `source`, which finds `objects` among its globals."""
        self.source, self.names = source, names
        self.path = f"<graph {next(_numbers)}>" if path is None else str(path)
        scope = {**objects, "__name__": self.path}  # never "__main__"
        exec(compile(source, self.path, "exec", dont_inherit=True), scope)
        self._run: Callable[..., Any] = scope.pop("run")  # no cycle through its globals
        if path is None:
            self._lines = source.splitlines(keepends=True)
            forget = weakref.finalize(self._run, linecache.cache.pop, self.path, None)
            forget.atexit = False
        self._show_to_tools()

    def _show_to_tools(self) -> None:
        if self.path.startswith("<"):
            entry = (len(self.source), None, self._lines, self.path)
            linecache.cache.setdefault(self.path, entry)

    @property
    def run(self) -> Callable[..., tuple[Any, dict[str, Any]]]:
        """The function itself, to step into."""
        self._show_to_tools()  # again after linecache.clearcache()
        return self._run

    def __call__(self, *numbers: Any, **named: Any) -> tuple[Any, dict[str, Any]]:
        """Return the value of the root and the gradient of each leaf by name."""
        return self.run(*numbers, **named)

    def __str__(self) -> str:
        return self.source

    def __repr__(self) -> str:
        return f"<the Python of {len(self.names)} nodes in {self.path!r}>"

    def _repr_markdown_(self) -> str | None:
        """Show the source in a notebook, unless it is very long."""
        if self.source.count("\n") > LONGEST_SHOWN:
            return None
        return f"```python\n{self.source}```"


def checked_path(path: Any) -> Path:
    """Return where a file can be written, or raise before anything is done."""
    if not isinstance(path, str | os.PathLike):
        raise OperandError(
            f"to_python(root, path) takes the name of a file, not {described(path)}"
        )
    place = Path(os.fsdecode(path)).absolute()
    check_place(place, "Python")
    return place


def write(path: Path, source: str) -> None:
    """Write a file whole or not at all, and forget what was in it before."""
    write_whole(path, source.encode(), "Python")
    linecache.cache.pop(str(path), None)
