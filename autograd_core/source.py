"""Which expression of which file made a node.

While sources are recorded, a node keeps the code object and the instruction of the
caller that made it, which costs little; `Source` finds the file, the line and the
columns of the sub-expression when somebody asks (PEP 657).
"""

import linecache
import os
import sys
from itertools import islice
from types import CodeType, FrameType
from typing import NamedTuple

__all__ = ["Source", "calling", "decoded"]

Instruction = tuple[CodeType, int]

WIDTH = 76
INSIDE = f"{__package__}."


class Source(NamedTuple):
    """A place in a file: lines from 1, columns from 0, the end not included."""

    filename: str
    line: int
    column: int
    end_line: int
    end_column: int

    @property
    def text(self) -> str:
        """The line, without its line break; empty where the file cannot be read."""
        return linecache.getline(self.filename, self.line).rstrip("\n")

    @property
    def place(self) -> str:
        """The file, as seen from the working directory, and the line."""
        below = os.path.relpath(self.filename) if os.path.exists(self.filename) else ""
        name = below if below and not below.startswith("..") else self.filename
        return f"{name}:{self.line}"

    def underlined(self) -> str:
        """Return the line without its indent, and carets below the sub-expression.

        Of a long line the part around it is shown.
        """
        line = self.text.encode(errors="surrogatepass")  # columns count bytes
        end = self.end_column if self.end_line == self.line else len(line)
        before = line[: self.column].decode(errors="replace")
        inside = line[self.column : end].decode(errors="replace")
        first, carets = len(before), len(inside)
        indent = len(self.text) - len(self.text.lstrip())
        start = indent if first + carets <= indent + WIDTH else max(indent, first - 8)
        shown = self.text[start : start + WIDTH]
        carets = min(carets, WIDTH - (first - start))
        margin = "".join(["\t" if c == "\t" else " " for c in before[start:]])
        return f"{shown}\n{margin}{'^' * carets}"


def calling(depth: int = 1) -> Instruction | None:
    """Return what is executed now outside of this package.

    `depth` is how many frames are known to be inside: each that is not looked at saves
    a tenth of a microsecond.
    """
    try:
        frame: FrameType | None = sys._getframe(depth)
    except ValueError:  # somebody came in by a shorter way
        frame = sys._getframe(1)
    while frame is not None:
        if not str(frame.f_globals.get("__name__")).startswith(INSIDE):
            return frame.f_code, frame.f_lasti
        frame = frame.f_back
    return None


def decoded(instruction: Instruction | None) -> Source | None:
    """Return where an instruction stands, None where its code does not tell.

    >>> def f(x, y): return x * y + x
    >>> decoded((f.__code__, 0)).line
    1
    """
    if not instruction:
        return None
    code, offset = instruction
    position = next(islice(code.co_positions(), offset // 2, None), None)
    if position is None:
        return None
    line, end_line, column, end_column = position
    if line is None or end_line is None or column is None or end_column is None:
        return None
    return Source(code.co_filename, line, column, end_line, end_column)
