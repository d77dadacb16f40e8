"""Both passes over a graph in the plainest way, and hostile graphs to try them on."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from expressions import on_rows
from hypothesis import strategies as st
from random_graphs import STEPS, grown

from autograd_core import OPS, NaryOp, Value, topological_order
from autograd_core.testing import expressions

Grads = dict[Value, float]

HOSTILE = (
    *(0.5, -1.25, 2.0, 1.0, 0.0, -0.0, float("nan"), float("inf"), float("-inf")),
    *(5e-324, -1e-310, 1.7e308, -1.7e308, 1e16, -3.0),
)


class Recipe(NamedTuple):
    """A graph to be made: numbers for its leaves, and rows of earlier results."""

    leaves: Sequence[tuple[float, bool]]
    steps: Sequence[tuple[str, Sequence[int]]]

    def nodes(self, changed: Mapping[int, float] | None = None) -> list[Value]:
        """Make the graph, perhaps with other numbers; the last node is its root."""
        nodes = [
            Value((changed or {}).get(i, number), requires_grad=needed)
            for i, (number, needed) in enumerate(self.leaves)
        ]
        for name, places in self.steps:
            row = OPS[name]
            count = 5 if isinstance(row, NaryOp) else len(row.partials)
            operands = [nodes[-1 - i % len(nodes)] for i in places[:count]]
            nodes.append(on_rows(name, operands))
        return nodes


def recipes(min_size: int = 0) -> st.SearchStrategy[Recipe]:
    """Draw graphs of every row at every kind of number, some of them only a leaf."""
    leaves = st.tuples(st.sampled_from(HOSTILE), st.sampled_from((True, True, False)))
    place = st.integers(0, 2) | st.integers(0, 30)
    steps = st.tuples(st.sampled_from(sorted(OPS)), st.tuples(*[place] * 5))
    return st.builds(
        Recipe,
        st.lists(leaves, min_size=1, max_size=4),
        st.lists(steps, min_size=min_size, max_size=12),
    )


def roots() -> st.SearchStrategy[Value]:
    """Draw graphs: hostile ones, large ordinary ones, and those of the test kit."""
    kit = expressions(avoid_kinks=False).map(lambda e: e(*map(Value, e.point)))
    hostile = recipes().map(lambda recipe: recipe.nodes()[-1])
    return hostile | hostile | STEPS.map(lambda steps: grown(steps)[-1]) | kit


class Reference:
    """The steps that lead to a root and back, done from the start for each moment.

    `settings` are values that nodes have in place of their own. It shares with the
    engine the rows and the order of nodes, and nothing else.
    """

    def __init__(self, root: Value, settings: Mapping[Value, float] | None = None):
        """Write down the schedule, and every value."""
        self.root, self.nodes = root, topological_order(root)
        made = [node for node in self.nodes if node.parents]
        self.schedule = [("forward", node) for node in made]
        self.forward_steps = len(made)
        if root.requires_grad:
            back = [node for node in reversed(made) if node.requires_grad]
            self.schedule.append(("seed", root))
            self.schedule += [("backward", node) for node in back]
        self.values: dict[Value, float] = {}
        for node in self.nodes:
            operands = [self.values[parent] for parent in node.parents]
            own = node.op.forward(*operands) if node.op else node.data
            self.values[node] = (settings or {}).get(node, own)

    def local_derivatives(self, node: Value) -> Sequence[float | None]:
        """Return ∂node/∂parent for each parent at its operands."""
        if node.op is None:
            return ()
        operands = [self.values[parent] for parent in node.parents]
        needed = [parent.requires_grad for parent in node.parents]
        return node.op.local_derivatives(needed, node.op.forward(*operands), operands)

    def grads(self, moment: int) -> Grads:
        """Return what has reached each node after so many steps."""
        grads: Grads = {}
        for kind, node in self.schedule[:moment]:
            if kind == "seed":
                grads[node] = 1.0
            elif kind == "backward" and node in grads:
                locals_ = self.local_derivatives(node)
                for parent, local in zip(node.parents, locals_, strict=True):
                    if local is not None:
                        grads[parent] = grads.get(parent, 0.0) + grads[node] * local
        return grads

    def computed_at(self, node: Value) -> int:
        """Return after how many steps a value is there."""
        return self.schedule.index(("forward", node)) + 1 if node.parents else 0

    def sent_at(self, node: Value) -> int | None:
        """Return after how many steps a node has handed its gradient on."""
        sent = ("backward", node)
        return self.schedule.index(sent) + 1 if sent in self.schedule else None

    def complete_at(self, node: Value) -> int:
        """Return after how many steps nothing more can come."""
        giving = [
            moment
            for moment, (kind, giver) in enumerate(self.schedule, start=1)
            if (kind == "backward" and any(node is p for p in giver.parents))
            or (kind == "seed" and giver is node)
        ]
        needed = node.requires_grad and giving
        return giving[-1] if needed else len(self.schedule)

    def state(self, node: Value, moment: int) -> str:
        """Return how far a node is."""
        if self.computed_at(node) > moment:
            return "waiting"
        if not node.requires_grad:
            return "constant"
        if node not in self.grads(moment):
            return "computed"
        return "final" if self.complete_at(node) <= moment else "partial"

    def arrivals(self, node: Value) -> list[int]:
        """Return when a node gets its value and hands its gradient on, or has all."""
        if node.parents:
            return [m for m in (self.computed_at(node), self.sent_at(node)) if m]
        return [self.complete_at(node)] if node.requires_grad else []


def bits(number: float | None) -> str:
    """Return the number bit for bit; every nan is the same."""
    return "none" if number is None else number.hex()


def all_bits(tape: Any) -> list[tuple[str, str, str]]:
    """Return what a tape says of each node, bit for bit."""
    return [
        (bits(tape.data(node)), bits(tape.grad(node)), tape.state(node))
        for node in tape.nodes
    ]


def expected_bits(reference: Reference, moment: int) -> list[tuple[str, str, str]]:
    """Return what a tape must say of each node at a moment."""
    grads = reference.grads(moment)
    known = {n for n in reference.nodes if reference.computed_at(n) <= moment}
    return [
        (
            bits(reference.values[node] if node in known else None),
            bits(grads.get(node)),
            reference.state(node, moment),
        )
        for node in reference.nodes
    ]
