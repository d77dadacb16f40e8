"""The heaviest paths, against all paths."""

import math

import pytest
from graphs import is_path, paths
from hypothesis import assume, given
from hypothesis import strategies as st

from autograd_core import Value, maximum, sqrt, topological_order
from autograd_core.errors import ShapeError
from autograd_core.inspection import heaviest_paths

Steps = list[tuple[str, int, int]]
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["add", "mul", "tanh", "maximum", "sqrt", "double"]),
        st.integers(0, 10**6),
        st.integers(0, 10**6),
    ),
    max_size=8,
)
NUMBERS = st.floats(-4, 4) | st.sampled_from(
    [0.0, -1.0, 1e-200, 1e200, math.inf, math.nan]
)


def grown(steps: Steps, numbers: list[float]) -> Value:
    """Return a small graph with zeros, infinities and parallel edges."""
    nodes = [Value(x) for x in numbers] + [Value(2.0, requires_grad=False)]
    for op, i, j in steps:
        a, b = nodes[i % len(nodes)], nodes[j % len(nodes)]
        if op in ("tanh", "sqrt"):
            nodes.append(a.tanh() if op == "tanh" else sqrt(a))
        elif op == "maximum":
            nodes.append(maximum(a, b))
        else:
            nodes.append({"add": a + b, "mul": a * b, "double": a * a}[op])
    return nodes[-1] * nodes[0]


def weight(product: float) -> float:
    """Return what paths are ranked by: nan comes last."""
    return -1.0 if math.isnan(product) else abs(product)


@given(STEPS, st.lists(NUMBERS, min_size=1, max_size=3), st.integers(1, 40))
def test_the_heaviest_paths_are_those_of_all_paths(
    steps: Steps, numbers: list[float], count: int
) -> None:
    """The products are the largest of all, in order, and belong to their paths."""
    root = grown(steps, numbers)
    every = sorted((weight(product) for _, product in paths(root)), reverse=True)
    best = heaviest_paths(root, count)

    assert [weight(path.product) for path in best] == every[:count]
    for path in best:
        products = [p for nodes, p in paths(root) if tuple(nodes) == path.nodes]
        assert path.nodes[0] is root
        assert path.nodes[-1].is_leaf
        assert is_path(list(path.nodes))
        assert any(repr(p) == repr(path.product) for p in products)


@given(STEPS, st.lists(st.floats(-4, 4), min_size=1, max_size=3))
def test_shares_are_parts_of_one(steps: Steps, numbers: list[float]) -> None:
    """Shares add up to 1 over all paths; each is its part of the magnitudes."""
    root = grown(steps, numbers)
    every = list(paths(root))
    best = heaviest_paths(root, len(every) + 1)
    shares = [path.share for path in best]
    whole = math.fsum(abs(product) for _, product in every)

    assert len(best) == len(every)
    assert shares == sorted(shares, reverse=True)
    if 0 < whole < math.inf:
        assert math.fsum(shares) == pytest.approx(1)
        assert math.fsum(shares[:3]) <= 1 + 1e-12


@given(STEPS, st.lists(st.floats(-4, 4), min_size=1, max_size=3))
def test_products_add_up_to_the_gradients(steps: Steps, numbers: list[float]) -> None:
    """A leaf's gradient is the sum of the products of the paths to it (Bauer)."""
    root = grown(steps, numbers)
    root.backward()
    order = topological_order(root)
    assume(all(math.isfinite(node.grad) for node in order))  # 0 × inf is on no path
    best = heaviest_paths(root, 10_000)

    for leaf in (node for node in order if node.is_leaf and node.requires_grad):
        products = [path.product for path in best if path.nodes[-1] is leaf]
        size = max(map(abs, products), default=1.0)
        assert abs(math.fsum(products) - leaf.grad) <= 1e-8 * size


@given(STEPS, st.lists(NUMBERS, min_size=1, max_size=3), st.integers(0, 10**6))
def test_paths_may_end_anywhere(steps: Steps, numbers: list[float], n: int) -> None:
    """With `to` they end at that node, and their shares are parts of its gradient."""
    root = grown(steps, numbers)
    order = topological_order(root)
    end = order[n % len(order)]
    every = [product for nodes, product in beginnings(root) if nodes[-1] is end]
    best = heaviest_paths(root, 5, to=end)

    weights = sorted(map(weight, every), reverse=True)
    assert [weight(path.product) for path in best] == weights[:5]
    assert all(path.nodes[-1] is end and path.nodes[0] is root for path in best)
    whole = sum(map(abs, every))
    if len(every) <= 5 and 0 < whole < math.inf:
        assert math.fsum(path.share for path in best) == pytest.approx(1)


def beginnings(root: Value) -> list[tuple[list[Value], float]]:
    """Return every path from a root to any node with its product."""
    found, waiting = [], [([root], 1.0)]
    while waiting:
        path, product = waiting.pop()
        found.append((path, product))
        node = path[-1]
        for parent, local in zip(node.parents, node.local_derivatives(), strict=True):
            if local:
                waiting.append(([*path, parent], product * local))
    return found


@given(STEPS, st.lists(NUMBERS, min_size=1, max_size=3))
def test_a_product_is_that_of_its_factors(steps: Steps, numbers: list[float]) -> None:
    """Each factor is a local derivative along the path, the root's first."""
    for path in heaviest_paths(grown(steps, numbers), 20):
        product = 1.0
        for above, below, factor in zip(
            path.nodes, path.nodes[1:], path.factors, strict=False
        ):
            pairs = zip(above.parents, above.local_derivatives(), strict=True)
            assert repr(factor) in [repr(x) for p, x in pairs if p is below]
            product *= factor
        assert len(path.factors) == len(path.nodes) - 1
        assert repr(product) == repr(path.product)


def test_other_local_derivatives_may_stand_on_the_arrows() -> None:
    """Those of a tape on which a value was set, for one."""
    x, y = Value(3.0), Value(5.0)
    root = x * y

    def of_another(node: Value) -> list[float | None]:
        return [-7.0, None] if node is root else []

    (best,) = heaviest_paths(root, 1, to=x, local_derivatives=of_another)
    assert (best.factors, best.product, best.share) == ((-7.0,), -7.0, 1.0)
    assert heaviest_paths(root, 1, to=y, local_derivatives=of_another) == []


def test_the_end_may_be_a_constant_or_the_root() -> None:
    """A gradient flows into no constant; to the root there is one path, of no step."""
    x, constant = Value(3.0), Value(2.0, requires_grad=False)
    root = x * constant

    assert heaviest_paths(root, 3, to=constant) == []
    assert [
        (p.nodes, p.factors, p.product) for p in heaviest_paths(root, 3, to=root)
    ] == [((root,), (), 1.0)]


@pytest.mark.parametrize("count", [0, -1])
def test_at_least_one_path_is_asked_for(count: int) -> None:
    """Anything less is refused."""
    with pytest.raises(ShapeError, match="a count from 1 up"):
        heaviest_paths(Value(3.0), count)


def test_parallel_edges_are_two_paths() -> None:
    """A product x * x hands its gradient to x twice."""
    x = Value(3.0)
    best = heaviest_paths(x * x, 5)

    assert [path.product for path in best] == [3.0, 3.0]
    assert [path.share for path in best] == [0.5, 0.5]


def test_a_leaf_is_a_path() -> None:
    """A graph of one leaf has one path with all of the gradient, a constant none."""
    x = Value(3.0)

    assert [(p.nodes, p.product, p.share) for p in heaviest_paths(x, 2)] == [
        ((x,), 1.0, 1.0)
    ]
    assert heaviest_paths(Value(3.0, requires_grad=False), 2) == []


def test_an_infinite_path_has_no_share() -> None:
    """Of magnitudes without end no path is a part."""
    x = Value(0.0)

    assert [path.share for path in heaviest_paths(sqrt(x) + x, 2)] == [0.0, 0.0]


def test_two_to_the_sixty_paths_are_walked_once() -> None:
    """A tower of diamonds comes to an end, since each node is visited once."""
    x = Value(1.0)
    y = x
    for _ in range(60):
        y = y * 0.75 + y * 0.25
    best = heaviest_paths(y, 4)

    assert best[0].product == pytest.approx(0.75**60)
    assert [path.product for path in best[1:]] == pytest.approx([0.75**59 * 0.25] * 3)
    assert best[0].share == pytest.approx(0.75**60)
