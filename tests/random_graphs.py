"""Random graphs of smooth and broken rows, with shared parts, constants and repeats."""

from hypothesis import strategies as st

from autograd_core import OPS, Value, total, where

Steps = list[tuple[str, int, int]]
STEPS = st.lists(
    st.tuples(
        st.sampled_from(
            [
                "add",
                "sub",
                "mul",
                "tanh",
                "sin",
                "softplus",
                "maximum",
                "where",
                "total",
            ]
        ),
        st.integers(0, 10**6),
        st.integers(0, 10**6),
    ),
    min_size=1,
    max_size=40,
)


def grown(steps: Steps) -> list[Value]:
    """Return the nodes of a random graph with shared parts; the last is its root."""
    nodes = [Value(0.5), Value(-1.25), Value(2.0, requires_grad=False), Value(0.75)]
    for name, i, j in steps:
        a, b = nodes[i % len(nodes)], nodes[j % len(nodes)]
        if name == "where":
            nodes.append(where(a > b, a, b))
        elif name == "total":
            nodes.append(total([a, b, a, 1.0]) * 0.25)
        else:
            row = OPS[name]
            nodes.append(row(a, b) if row.arity == 2 else row(a))
    return [*nodes, nodes[-1] * 0.5 + nodes[0]]
