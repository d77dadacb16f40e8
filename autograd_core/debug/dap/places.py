"""Places in files, as a client counts lines and columns and writes paths.

The protocol counts columns in UTF-16 code units, Python in bytes of UTF-8; whether the
first is 0 or 1 is the client's choice. A source that is no file, such as generated
code, gets a number by which its text can be asked for.
"""

import linecache
import os
from functools import lru_cache
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

from ...source import Source
from .arguments import Arguments, RequestError
from .wire import Json

__all__ = ["Places", "same_file", "utf16_column"]


@lru_cache(maxsize=4096)
def same_file(path: str) -> str:
    """Return what two paths have in common if they lead to the same file."""
    return os.path.normcase(os.path.realpath(path))


def utf16_column(line: str, column: int) -> int:
    """Return where a byte of a line in UTF-8 stands, in UTF-16 code units.

    >>> utf16_column("é = 𝒙 * x", 12)  # é has two bytes, 𝒙 has four
    9
    """
    before = line.encode(errors="surrogatepass")[:column]
    return len(before.decode(errors="replace").encode("utf-16-le")) // 2


class Places:
    """How a client writes places; `arguments` are those of `initialize`.

    >>> places = Places(Arguments("initialize", {"linesStartAt1": False}))
    >>> places.line(13), places.asked_line(Arguments("goto", {"line": 13}))
    (12, 14)
    """

    def __init__(self, arguments: Arguments) -> None:
        """Count as the client does: from 1, and with paths, if it says nothing."""
        self._first_line = int(arguments.flag("linesStartAt1", True))
        self._first_column = int(arguments.flag("columnsStartAt1", True))
        self._uri = arguments.text("pathFormat", "path") == "uri"
        self._unfiled: list[str] = []

    # --- to the client --------------------------------------------------------------
    def line(self, line: int) -> int:
        """Return a line, counted from 1 here, as the client counts."""
        return line - 1 + self._first_line

    def column(self, file: str, line: int, column: int) -> int:
        """Return a column, counted in bytes from 0 here, as the client counts."""
        text = linecache.getline(file, line)
        return utf16_column(text, column) + self._first_column

    def range(self, source: Source) -> Json:
        """Return where an expression begins and ends."""
        file = source.filename
        return {
            "line": self.line(source.line),
            "column": self.column(file, source.line, source.column),
            "endLine": self.line(source.end_line),
            "endColumn": self.column(file, source.end_line, source.end_column),
        }

    def source(self, file: str) -> Json:
        """Return a file as the client finds it."""
        name = os.path.basename(file) or file
        if os.path.isfile(file):
            path = os.path.abspath(file)
            return {"name": name, "path": Path(path).as_uri() if self._uri else path}
        if file not in self._unfiled:
            self._unfiled.append(file)
        return {"name": name, "sourceReference": self._unfiled.index(file) + 1}

    def text(self, reference: int) -> str:
        """Return the text of a source that is no file."""
        if not 0 < reference <= len(self._unfiled):
            raise RequestError(f"there is no source number {reference}")
        return "".join(linecache.getlines(self._unfiled[reference - 1]))

    # --- from the client ------------------------------------------------------------
    def asked_line(self, arguments: Arguments, name: str = "line") -> int:
        """Return the line that is asked for, counted from 1."""
        return arguments.number(name) + 1 - self._first_line

    def asked_column(self, arguments: Arguments) -> int | None:
        """Return the column that is asked for, in UTF-16 code units from 0."""
        if not arguments.has("column"):
            return None
        return arguments.number("column") - self._first_column

    def asked_file(self, arguments: Arguments) -> str:
        """Return the file of a request with a source."""
        source = arguments.part("source")
        reference = source.number("sourceReference", 0)
        if 0 < reference <= len(self._unfiled):
            return self._unfiled[reference - 1]
        path = source.text("path")
        if path.startswith("file:"):
            return url2pathname(urlsplit(path).path)
        return path
