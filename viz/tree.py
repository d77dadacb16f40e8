"""A picture as a tree of text for a terminal, the root first.

Each line is one use of a value: below what uses it, with the term of the chain rule
that this use hands down. A value is written out once; where it is used again the line
says where it stands. What grows too deep for the width goes on further below, at the
left again, so that a chain of any length is as wide as a short one.
"""

import unicodedata
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from typing import NamedTuple, Unpack

from autograd_core import Value
from autograd_core.inspection import one_line

from .boxes import Box
from .edges import Edge
from .picture import Picture, picture
from .view import Options

__all__ = ["to_tree", "tree_text"]

DEEPEST = 7  # branches, of three columns each, before a tree goes on below
_NAME = 34  # columns for the branches and the name
_WORD = 16  # and for the name of an operation

_ASCII = str.maketrans("├└│─↑↓×…→", "|`|-^v*~>")

Cells = tuple[str, ...]  # of a line
_HEADER = ("value", "op", "data", "grad", "term", "")  # the last one is for notes


def to_tree(
    root: Value, *, ascii_only: bool = False, **options: Unpack[Options]
) -> str:
    """Write the graph below `root` as a tree of text, about 100 columns wide.

    `ascii_only` writes branches, signs and labels in ASCII, for terminals that can show
    no more. The other options are those of every picture (see `viz`).

    >>> x, y = Value(3, label="x"), Value(4, label="y")
    >>> root = x * x + y
    >>> root.backward()
    >>> print(to_tree(root))
    value            op     data  grad  term
    n3               +      13    1
    ├─ n1            *      9     1     1 × 1 = 1
    │  ├─ x          input  3     6     1 × 3 = 3
    │  └─ ↑ x above                     1 × 3 = 3
    └─ y             input  4     1     1 × 1 = 1
    <BLANKLINE>
    on each branch: upstream gradient × local derivative = what it adds
    <BLANKLINE>

    Raises `OperandError`, a `TypeError`, for anything but a `Value`.
    """
    return tree_text(picture(root, **options), ascii_only=ascii_only)


def tree_text(shown: Picture, *, ascii_only: bool = False) -> str:
    """Write a picture as a tree of text."""
    rows = [_HEADER, *_Tree(shown).rows()]
    caption = shown.caption.replace("on each arrow", "on each branch")
    if ascii_only:
        rows = [tuple(map(_plain, row)) for row in rows]
        caption = _plain(caption)
    lines = (*_aligned(rows), "", *caption.split("; "))
    return "".join(f"{line}\n" for line in lines)


class _Use(NamedTuple):
    """A line to be written: `lead` are the branches that pass by on its left."""

    box: int
    term: str = ""
    lead: str = ""
    branch: str = ""

    @property
    def inner_lead(self) -> str:
        """What stands to the left of the operands."""
        return self.lead + {"├─ ": "│  ", "└─ ": "   ", "": ""}[self.branch]

    @property
    def depth(self) -> int:
        """How many branches lead to it."""
        return len(self.lead + self.branch) // 3


class _Tree:
    """Walks a picture from the root to the leaves."""

    def __init__(self, shown: Picture) -> None:
        self._boxes = shown.boxes
        self._names = _names(shown.boxes)
        self._operands: list[list[Edge]] = [[] for _ in shown.boxes]
        for edge in shown.edges:
            self._operands[edge.head].append(edge)
        self._written: set[int] = set()

    def rows(self) -> Iterator[Cells]:
        """Yield the lines, an empty one between trees."""
        used = {edge.tail for held in self._operands for edge in held}
        tops = [i for i in reversed(range(len(self._boxes))) if i not in used]
        waiting = deque(tops)
        while waiting:
            top = waiting.popleft()
            if top in self._written:
                continue
            if self._written:
                yield ()
            yield from self._tree(top, waiting)

    def _tree(self, top: int, later: deque[int]) -> Iterator[Cells]:
        """Yield the lines of one tree, and put off what would be too deep in it."""
        stack = [_Use(top)]
        while stack:
            use = stack.pop()
            if use.box in self._written:
                yield self._reference(use, "↑", "above")
            elif use.depth >= DEEPEST and self._operands[use.box]:
                later.append(use.box)
                yield self._reference(use, "↓", "below")
            else:
                self._written.add(use.box)
                yield self._line(use)
                stack += reversed(self._uses(use))

    def _uses(self, use: _Use) -> list[_Use]:
        edges = self._operands[use.box]
        branches = ["├─ "] * (len(edges) - 1) + ["└─ "]
        return [
            _Use(edge.tail, edge.text, use.inner_lead, branch)
            for edge, branch in zip(edges, branches, strict=False)
        ]

    def _line(self, use: _Use) -> Cells:
        box = self._boxes[use.box]
        before = use.lead + use.branch
        name = before + _short(self._names[use.box], _NAME - len(before))
        data, grad, *notes = [", ".join(row) for row in box.rows[1:]] + [""] * 2
        data = data.removeprefix("data ")
        # The terms of a sum have lines of their own.
        so_far = " so far" if grad.endswith(" so far") else ""
        sum_ = grad.removeprefix("grad ").removesuffix(so_far).partition(" = ")[0]
        grad = f"{sum_}{so_far}"
        note = ", ".join(filter(None, notes))
        return (name, one_line(_header(box)[1], _WORD), data, grad, use.term, note)

    def _reference(self, use: _Use, mark: str, where: str) -> Cells:
        before = use.lead + use.branch
        room = _NAME - len(f"{before}{mark}  {where}")
        name = f"{before}{mark} {_short(self._names[use.box], room)} {where}"
        return (name, "", "", "", use.term, "")


def _names(boxes: Sequence[Box]) -> list[str]:
    """Return a name for each box: its label, with the id where others have it too."""
    labels = [_header(box)[0] for box in boxes]
    pairs = list(zip(labels, boxes, strict=True))
    count = Counter(labels) + Counter(box.id for label, box in pairs if label != box.id)
    is_name = {label for label, n in count.items() if label and n == 1}
    return [
        label if label in is_name else " ".join(filter(None, (label, box.id)))
        for label, box in pairs
    ]


def _short(name: str, room: int) -> str:
    """Leave out what many names have in common, which is nearer to their beginning."""
    head = room // 4
    return name if len(name) <= room else f"{name[:head]}…{name[head + 1 - room :]}"


def _header(box: Box) -> tuple[str, str]:
    """Return the label of a box, which may be empty, and the word beside it."""
    cells = box.rows[0]
    if box.kind == "module":
        return cells[0], "module"
    if box.root and len(cells) > 1 and cells[-1] == "output":
        cells = cells[:-1]
    return (cells[0], cells[1]) if len(cells) > 1 else ("", cells[0])


def _aligned(rows: Sequence[Cells]) -> Iterator[str]:
    """Yield the lines of a table, each column as wide as its widest cell."""
    columns = zip(*filter(None, rows), strict=True)  # a line between trees has none
    widths = [max(map(_columns, cells)) for cells in columns]
    for row in rows:
        pairs = [(cell, w) for cell, w in zip(row, widths, strict=False) if w]
        padded = [cell + " " * (w - _columns(cell)) for cell, w in pairs]
        yield "  ".join(padded).rstrip()


def _columns(text: str) -> int:
    """Return how many columns of a terminal a text takes."""
    if text.isascii():
        return len(text)
    wide = sum(unicodedata.east_asian_width(c) in "WF" for c in text)
    return len(text) + wide - sum(unicodedata.combining(c) > 0 for c in text)


def _plain(text: str) -> str:
    return text.translate(_ASCII).encode("ascii", "backslashreplace").decode()
