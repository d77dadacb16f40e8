"""Derivatives as graphs, judged by what comes of differentiating them again.

A partial may be right as a number and wrong as a graph: a constant in place of a node
spoils every second derivative. So the graph of each derivative is replayed, and must
enclose the first and the second derivatives that 50 digits give. Each node is judged
alone, so that a fault is named where it is, and then the whole graph.
"""

import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from ..derivatives import gradient
from ..errors import IndependentInputWarning
from ..op import Op
from ..recording import Evaluation, record_source
from ..source import Source
from ..value import Value
from .bounds import is_at_kink, local_at
from .differences import slope
from .enclosures import Enclosure, exactly, slack
from .oracles import oracle_of, precise_gradient, rates
from .references import mp
from .replay import Replay
from .report import MANY, Fault, off_by, reproducer

__all__ = ["faults_of_graphs", "slopes"]

BEYOND_FLOATS = mp.mpf(10) ** -40  # the error of a difference in many digits
LOOSENESS = 4.0  # in ULP
SMALLEST = mp.mpf(2) ** -1074


def slopes(root: Value, leaves: Sequence[Value]) -> list[Value]:
    """Return the derivatives of a node by the leaves, as nodes."""
    if not root.requires_grad:
        return [Value(0.0, requires_grad=False) for _ in leaves]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", IndependentInputWarning)
        with Evaluation(), record_source():
            found: list[Value] = gradient(root, list(leaves), create_graph=True)
    return found


def faults_of_graphs(
    root: Value, leaves: Sequence[Value], retry: str
) -> Iterator[Fault]:
    """Yield where derivatives are wrong as graphs, node by node and then as a whole.

    `retry` is the reproducer of the whole.
    """
    replay = Replay(root, leaves)
    for node in replay.order:
        alone = _alone(node)
        if alone is not None:
            yield from alone.faults()
    if leaves and not replay.kinks and all(map(_is_known, replay.order)):
        names = [f"x{i}" for i in range(len(leaves))]
        yield from _Subject(root, leaves, names, retry=retry).faults()


def _is_known(node: Value) -> bool:
    return node.op is None or oracle_of(node.op, node.operands) is not None


def _alone(node: Value) -> "_Subject | None":
    """Return the row of a node on its operands, and nothing else."""
    op, numbers = node.op, node.operands
    if op is None or not node.requires_grad or len(numbers) > MANY:
        return None
    if is_at_kink(node, [exactly(x) for x in numbers]):
        return None
    needed = [parent.requires_grad for parent in node.parents]
    with Evaluation():
        operands = [
            Value(x, requires_grad=wanted)
            for x, wanted in zip(numbers, needed, strict=True)
        ]
        root = op._evaluate(tuple(operands))
    return _Subject(
        root,
        [x for x in operands if x.requires_grad],
        [f"operand {i}" for i, wanted in enumerate(needed) if wanted],
        op,
        node.source,
        reproducer(op, numbers, order=2),
    )


@dataclass(frozen=True)
class _Subject:
    """A graph whose derivatives are judged as graphs, and how its leaves are called."""

    root: Value
    leaves: Sequence[Value]
    names: Sequence[str]
    op: Op | None = None
    source: Source | None = None
    retry: str = ""

    def faults(self) -> Iterator[Fault]:
        """Hold each derivative, as a graph, against what is true of it."""
        true = self._true_derivatives()
        for i, graph in enumerate(slopes(self.root, self.leaves)):
            judged = Replay(graph, self.leaves)
            if judged.kinks:
                continue
            name = self.names[i]
            what = f"derivative by {name}, built as a graph,"
            first, *seconds = true[i]
            if first and not first.overlaps(_loosened(judged.values[graph])):
                yield self._fault(what, first, graph.data)
            for j, (leaf, second) in enumerate(zip(self.leaves, seconds, strict=True)):
                enclosure = judged.gradients.get(leaf, exactly(0.0))
                if second and not second.overlaps(_loosened(enclosure)):
                    what = f"second derivative by {name} and {self.names[j]}"
                    found = slopes(graph, self.leaves)[j].data
                    yield self._fault(what, second, found)

    def _fault(self, what: str, true: Enclosure, found: float) -> Fault:
        op, operands = self.op, tuple(x.data for x in self.root.parents)
        name = f"{what} of {op.name}" if op else what
        away = off_by(found, true)
        return Fault(name, op, operands, true, found, away, self.source, self.retry)

    def _true_derivatives(self) -> list[list[Enclosure | None]]:
        """Return by each leaf the derivative, and its own derivatives by each leaf."""
        if _is_known(self.root):
            return self._in_many_digits()
        return [self._by_differences(leaf) for leaf in self.leaves]

    def _in_many_digits(self) -> list[list[Enclosure | None]]:
        at = [mp.mpf(leaf.data) for leaf in self.leaves]

        def derivatives(j: int, x: Any) -> list[Any]:
            xs = [*at[:j], x, *at[j + 1 :]]
            known = dict(zip(self.leaves, xs, strict=True))
            return precise_gradient(self.root, self.leaves, known)

        try:
            columns = [[(y, mp.zero) for y in derivatives(0, at[0])]]
            for j, x in enumerate(at):
                columns.append(rates(partial(derivatives, j), x))
        except (ArithmeticError, TypeError, ValueError):  # outside of the domain
            return [[None] * (1 + len(at)) for _ in at]
        return [[_known(*column[i]) for column in columns] for i in range(len(at))]

    def _by_differences(self, leaf: Value) -> list[Enclosure | None]:
        """Return what differences tell of a row that only floats are known of."""
        op, operands = self.root.op, self.root.operands
        assert op is not None
        places = {parent: i for i, parent in enumerate(self.root.parents)}

        def local(j: int, x: float) -> float:
            xs = (*operands[:j], x, *operands[j + 1 :])
            return local_at(op, places[leaf], op.forward(*xs), xs)

        return [
            exactly(local_at(op, places[leaf], self.root.data, operands)),
            *(
                slope(partial(local, places[other]), other.data)
                for other in self.leaves
            ),
        ]


def _loosened(enclosure: Enclosure) -> Enclosure:
    """Allow for constants of the partials, such as 1/3, which replays take as exact."""
    if enclosure.is_unbounded:
        return enclosure
    width = enclosure.high - enclosure.low
    return enclosure.widened(width + slack(enclosure.magnitude, LOOSENESS))


def _known(number: Any, error: Any) -> Enclosure | None:
    """Return the interval of a number, None of one that is no real number."""
    if isinstance(number, mp.mpc) or not mp.isfinite(number):
        return None
    return exactly(number).widened(error + abs(number) * BEYOND_FLOATS + SMALLEST)
