"""How a graph grows from recipes of small integers.

Whatever a recipe says makes a graph that stays ordinary at its point, inside every
domain: so whatever a shrinker deletes or lowers in it, the rest still makes one.
"""

from collections.abc import Sequence

from ..domain import Interval
from ..op import Op
from ..value import Value
from .suitable import Numbers, is_ordinary, numbers_in, ranges_of, safe_operands

__all__ = ["LARGEST", "Growth", "Recipe"]

Recipe = Sequence[int]
"""For each operand an integer up to LARGEST: where it comes from, and which number."""

# Where an operand comes from: the place in a list of the nodes that suit, or these. The
# first operand mostly continues the graph, so that few steps come to nothing.
_LEAF, _CONSTANT = -1, -2
_FIRST = (*(0,) * 12, 1, 2, 3, _LEAF)
_OTHERS = (*(_LEAF,) * 4, *(0,) * 4, *(1,) * 3, 2, 3, 4, 5, _CONSTANT)
LARGEST = 2**17 - 1  # sixteen places times more numbers than there are


class Growth:
    """Graphs that take one step after another, where they stay ordinary."""

    def __init__(self, max_ops: int, share: bool, avoid_kinks: bool) -> None:
        """Start from nothing."""
        self.max_ops, self.share, self.avoid_kinks = max_ops, share, avoid_kinks
        self.steps: dict[Value, set[Value]] = {}  # below each node, itself included
        self.used: set[Value] = set()

    def largest(self) -> tuple[int, Value]:
        """Return the number of steps of the largest graph, and its root."""
        root = max(self.steps, key=lambda node: len(self.steps[node]))
        return len(self.steps[root]), root

    def take(self, row: Op, recipe: Recipe) -> None:
        """Add a step of the row, unless it does not suit or rests on too many."""
        operands: list[Value | float] = []
        for where, code in zip(ranges_of(row, len(recipe)), recipe, strict=True):
            operands.append(self._operand(where, code, operands))
        numbers = [x.data if isinstance(x, Value) else x for x in operands]
        if not any(isinstance(x, Value) for x in operands):
            operands = _as_leaves(row, numbers)
        if is_ordinary(row, numbers, self.avoid_kinks):
            self._add(row, operands)
        elif not self.steps:
            self._add(row, _as_leaves(row, safe_operands(row)))

    def _operand(
        self, where: Interval | Numbers, code: int, before: list[Value | float]
    ) -> Value | float:
        index, place = divmod(code, len(_FIRST))
        source = (_OTHERS if before else _FIRST)[place]
        numbers = numbers_in(where, tame=True)
        number = numbers[index % len(numbers)]
        if source == _CONSTANT or not isinstance(where, Interval):
            return number
        if source == _LEAF:
            return Value(number)
        suitable = self._suitable(where, [x for x in before if isinstance(x, Value)])
        return suitable[source % len(suitable)] if suitable else Value(number)

    def _suitable(self, where: Interval, taken: list[Value]) -> list[Value]:
        """Return the nodes in the interval: unused ones first, later ones first."""
        new = [x for x in taken if x not in self.steps]
        nodes = [x for x in (*reversed(self.steps), *new) if x.data in where]
        used = self.used.union(taken)
        again = [x for x in nodes if x in used] if self.share else []
        return [*(x for x in nodes if x not in used), *again]

    def _add(self, row: Op, operands: list[Value | float]) -> None:
        parents = [x for x in operands if isinstance(x, Value)]
        below = {step for x in parents for step in self.steps.get(x, ())}
        if len(below) < self.max_ops:
            for x in parents:
                self.steps.setdefault(x, set())
            node = Value.__apply_op__(row, operands)
            self.steps[node] = {*below, node}
            self.used.update(parents)


def _as_leaves(row: Op, numbers: Sequence[float]) -> list[Value | float]:
    """Make each operand a leaf that can be one."""
    return [
        Value(x) if isinstance(where, Interval) else x
        for x, where in zip(numbers, ranges_of(row, len(numbers)), strict=True)
    ]
