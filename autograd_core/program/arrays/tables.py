"""Which dots are the entries of one matrix product.

The dots of a group pair rows of numbers. Rows of different lengths are made equally
long; dots that are connected by a shared row, directly or through others, make a table
with a row and a column for each. Of dots that pair the same rows, and differ in their
biases alone, a table has one.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

__all__ = ["Dot", "Table", "tables"]

Row = tuple[int, ...]


def tables(operands: Iterable[tuple[int, Row]], zero: int) -> list["Table"]:
    """Return the tables of dots, given by places and operands; `zero` is what pads.

    >>> found = tables([(7, (1, 2, 5, 6, 0)), (8, (3, 4, 5, 6, 0))], 0)
    >>> [(table.right, table.left) for table in found]
    [({(5, 6): 0}, {(1, 2): 0, (3, 4): 1})]
    """
    dots = [Dot(place, own) for place, own in operands]
    _pad(dots, zero)
    return [table for once in _told_apart(dots) for table in _components(once)]


class Dot:
    """The two rows of a dot, and its bias."""

    def __init__(self, place: int, operands: Row) -> None:
        n = len(operands) // 2
        self.place, self.bias = place, operands[-1]
        self.left, self.right = operands[:n], operands[n:-1]


class Table:
    """Dots that hang together: which row and which column each is."""

    def __init__(self, dots: Sequence[Dot]) -> None:
        self.dots = dots
        # in order, so that the rows of a weight matrix are read as they lie
        self.right = {row: i for i, row in enumerate(sorted({d.right for d in dots}))}
        self.left = {row: i for i, row in enumerate(sorted({d.left for d in dots}))}
        self.rows, self.columns = len(self.right), len(self.left)

    def at(self, dot: Dot) -> int:
        """Return the place of a dot in the table, read row by row."""
        return self.right[dot.right] * self.columns + self.left[dot.left]

    def turned(self) -> "Table":
        """Return the table with rows for columns."""
        for dot in self.dots:
            dot.left, dot.right = dot.right, dot.left
        return Table(self.dots)


def _told_apart(dots: Sequence[Dot]) -> list[list[Dot]]:
    """Part dots so that no two of one part pair the same rows."""
    seen: Counter[tuple[Row, Row]] = Counter()
    parts: list[list[Dot]] = []
    for dot in dots:
        turn = seen[dot.left, dot.right]
        seen[dot.left, dot.right] += 1
        if turn == len(parts):
            parts.append([])
        parts[turn].append(dot)
    return parts


def _pad(dots: Sequence[Dot], zero: int) -> None:
    """Make rows equally long: one side by zeros, the other by what it goes on with.

    Where one row is the beginning of another, as of the values that attention mixes, it
    may be read to the other's end, since each number beyond meets a zero.
    """
    longest = max(1, *(len(dot.left) for dot in dots))
    if all(len(dot.left) == longest for dot in dots):
        return
    sides = [_extended([getattr(d, side) for d in dots]) for side in ("left", "right")]
    longer = min((0, 1), key=lambda i: len(set(sides[i].values())))
    for dot in dots:
        rows = [dot.left, dot.right]
        rows[longer] = sides[longer][rows[longer]]
        dot.left, dot.right = (row + (zero,) * (longest - len(row)) for row in rows)


def _extended(rows: Sequence[Row]) -> dict[Row, Row]:
    """Return for each row the longest that begins with it."""
    found: dict[Row, Row] = {}
    by_first: dict[int, list[Row]] = defaultdict(list)
    for row in sorted(set(rows), key=len, reverse=True):
        starts = by_first[row[0]] if row else []
        longer = next((other for other in starts if other[: len(row)] == row), None)
        found[row] = row if longer is None else longer
        if longer is None:
            starts.append(row)
    return found


def _components(dots: Sequence[Dot]) -> list[Table]:
    """Return the dots by what rows connect, directly or through others."""
    leader: dict[Any, Any] = {}

    def find(row: Any) -> Any:
        while leader.setdefault(row, row) != row:
            leader[row] = leader[leader[row]]
            row = leader[row]
        return row

    for dot in dots:
        leader[find((0, dot.left))] = find((1, dot.right))
    found: dict[Any, list[Dot]] = defaultdict(list)
    for dot in dots:
        found[find((0, dot.left))].append(dot)
    return [Table(part) for part in found.values()]
