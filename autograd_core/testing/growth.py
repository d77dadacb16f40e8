"""How a graph grows from a recipe of small integers.

Whatever the recipe says makes a graph that stays ordinary at its point, inside every
domain: so whatever a shrinker deletes or lowers in it, the rest still makes one.
"""

from collections.abc import Sequence

from ..domain import Interval
from ..op import Op
from ..value import Value
from .suitable import Numbers, is_ordinary, numbers_in, ranges_of, safe_operands

__all__ = ["CONSTANT", "LEAF", "Growth", "Recipe", "as_leaves"]

Recipe = Sequence[tuple[int, int]]  # for each operand a source and a number

# Where an operand comes from: the place in a list of the nodes that suit, or these.
LEAF, CONSTANT = -1, -2


class Growth:
    """A graph that takes one step after another, where it stays ordinary."""

    def __init__(self, share: bool, avoid_kinks: bool) -> None:
        """Start from nothing."""
        self.share, self.avoid_kinks = share, avoid_kinks
        self.nodes: list[Value] = []
        self.used: set[Value] = set()

    def take(self, row: Op, recipe: Recipe) -> None:
        """Add a step of the row, unless the operands turn out not to suit it."""
        operands: list[Value | float] = []
        for where, (source, index) in zip(
            ranges_of(row, len(recipe)), recipe, strict=True
        ):
            operands.append(self._operand(where, source, index, operands))
        numbers = [x.data if isinstance(x, Value) else x for x in operands]
        if not any(isinstance(x, Value) for x in operands):
            operands = as_leaves(row, numbers)
        if is_ordinary(row, numbers, self.avoid_kinks):
            self._add(row, operands)
        elif not self.nodes:
            self._add(row, as_leaves(row, safe_operands(row)))

    def _operand(
        self,
        where: Interval | Numbers,
        source: int,
        index: int,
        before: list[Value | float],
    ) -> Value | float:
        numbers = numbers_in(where, tame=True)
        number = numbers[index % len(numbers)]
        if source == CONSTANT or not isinstance(where, Interval):
            return number
        if source == LEAF:
            return Value(number)
        taken = [x for x in before if isinstance(x, Value)]
        new = [x for x in taken if self.share and x not in self.nodes]
        suitable = [*self._suitable(where, taken), *new]
        return suitable[source % len(suitable)] if suitable else Value(number)

    def _suitable(self, where: Interval, taken: list[Value]) -> list[Value]:
        """Return the nodes in the interval: unused ones first, later ones first."""
        used = self.used.union(taken)
        nodes = [x for x in reversed(self.nodes) if x.data in where]
        again = [x for x in nodes if x in used] if self.share else []
        return [*(x for x in nodes if x not in used), *again]

    def _add(self, row: Op, operands: list[Value | float]) -> None:
        parents = [x for x in operands if isinstance(x, Value)]
        self.nodes += [x for x in dict.fromkeys(parents) if x not in self.nodes]
        self.nodes.append(Value.__apply_op__(row, operands))
        self.used.update(parents)


def as_leaves(row: Op, numbers: Sequence[float]) -> list[Value | float]:
    """Make each operand a leaf that can be one."""
    return [
        Value(x) if isinstance(where, Interval) else x
        for x, where in zip(numbers, ranges_of(row, len(numbers)), strict=True)
    ]
