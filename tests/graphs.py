"""Random graphs in modules, for the tests of pictures."""

from collections.abc import Iterator
from contextlib import ExitStack
from itertools import pairwise

from hypothesis import strategies as st
from random_graphs import STEPS, Steps, grown

from autograd_core import OPS, Value, mean, relu, scope, total

SCOPES = (
    "",
    "a",
    "a.b",
    "a.b.0",
    "a.b.1",
    "c",
    "c.a",
    "a.b..c.",
    ".5",
    '"] x',
    "legend",
)

ScopedSteps = list[tuple[str, str, int, int]]
SCOPED_STEPS = st.lists(
    st.tuples(
        st.sampled_from(SCOPES),
        st.sampled_from(["add", "mul", "tanh", "total", "mean", "relu", "constant"]),
        st.integers(0, 10**6),
        st.integers(0, 10**6),
    ),
    min_size=1,
    max_size=30,
)


def in_modules(steps: ScopedSteps) -> Value:
    """Return the root of a random graph whose nodes belong to modules, after backward.

    Any module may be called on its own output, and on that of a module it gave to.
    """
    nodes = [Value(0.5, label="x"), Value(-1.25), Value(2.0, requires_grad=False)]
    for name, op, i, j in steps:
        a, b = nodes[i % len(nodes)], nodes[j % len(nodes)]
        with scope(name) if name else ExitStack():
            nodes.append(_node(op, a, b))
    root = total([n for n in nodes if not n.is_leaf or n.label])
    root.backward()
    return root


def _node(op: str, a: Value, b: Value) -> Value:
    if op == "constant":
        return a * 3.0
    if op in ("tanh", "relu"):
        return (relu if op == "relu" else OPS["tanh"])(a)
    if op in ("total", "mean"):
        return (total if op == "total" else mean)([a, b, a]) * 0.3
    return a + b if op == "add" else a * b


def differentiated(steps: Steps) -> Value:
    """Return the root of a random graph after its backward pass."""
    root = grown(steps)[-1]
    root.backward()
    return root


def roots() -> st.SearchStrategy[Value]:
    """Draw random graphs after a backward pass, in modules or not."""
    return STEPS.map(differentiated) | SCOPED_STEPS.map(in_modules)


def paths(node: Value) -> Iterator[tuple[list[Value], float]]:
    """Yield each path from a node to its leaves with its product, one after another."""
    waiting: list[tuple[list[Value], float]] = [([node], 1.0)]
    while waiting:
        path, product = waiting.pop()
        last = path[-1]
        if last.is_leaf and last.requires_grad:
            yield path, product
        for parent, local in zip(last.parents, last.local_derivatives(), strict=True):
            if local:
                waiting.append(([*path, parent], product * local))


def is_path(nodes: list[Value]) -> bool:
    """Tell whether each node is an operand of the one before."""
    return all(below in above.parents for above, below in pairwise(nodes))
