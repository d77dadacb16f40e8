"""Walks over a graph: order, sharing, depth, and nothing asked but `.parents`."""

from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st

from autograd_core import Value, leaves, topological_order


@dataclass(eq=False)
class Bare:
    """A node that has parents and nothing else."""

    parents: tuple["Bare", ...] = field(default=())


PARENTS = st.lists(st.lists(st.integers(0, 10**6), max_size=4), max_size=40)


def grown(parents: list[list[int]]) -> list[Bare]:
    """Return nodes, each with parents among those before it."""
    nodes = [Bare()]
    for picks in parents:
        nodes.append(Bare(tuple(nodes[i % len(nodes)] for i in picks)))
    return nodes


def recursive_order(root: Bare) -> list[Bare]:
    """Return the textbook's depth-first postorder."""
    order: list[Bare] = []

    def visit(node: Bare) -> None:
        if node not in order:
            for parent in node.parents:
                visit(parent)
            order.append(node)

    visit(root)
    return order


@given(PARENTS)
def test_order_is_that_of_the_recursive_walk(parents: list[list[int]]) -> None:
    """The iterative walk visits as the textbook's recursion does."""
    root = grown(parents)[-1]

    assert topological_order(root) == recursive_order(root)


@given(PARENTS, st.data())
def test_order_of_several_roots(parents: list[list[int]], data: st.DataObject) -> None:
    """Parents come before children, each ancestor of any root exactly once."""
    roots = data.draw(st.lists(st.sampled_from(grown(parents)), max_size=3))
    order = topological_order(*roots)
    place = {node: i for i, node in enumerate(order)}

    assert len(place) == len(order)
    assert set(order) == {node for root in roots for node in recursive_order(root)}
    assert all(place[p] < place[node] for node in order for p in node.parents)


@given(PARENTS)
def test_leaves_are_the_nodes_without_parents(parents: list[list[int]]) -> None:
    """Leaves come in the order of the walk."""
    root = grown(parents)[-1]

    assert leaves(root) == [n for n in recursive_order(root) if not n.parents]


def test_nothing_has_no_order() -> None:
    """No roots, no nodes."""
    assert topological_order() == leaves() == []


def test_constants_are_nodes_and_leaves() -> None:
    """A number in an expression is met where it stands."""
    x = Value(2.0)
    y = 3.0 * x

    assert [node.data for node in topological_order(y)] == [3.0, 2.0, 6.0]
    assert [node.data for node in leaves(y)] == [3.0, 2.0]


def test_a_diamond_with_2_to_the_60_paths() -> None:
    """The walk is linear in nodes, not in paths."""
    node = Bare()
    for _ in range(60):
        node = Bare((node, node))

    assert len(topological_order(node)) == 61


def test_a_deep_chain() -> None:
    """A chain of 200,000 nodes is an ordinary graph."""
    x = Value(0.0)
    y = x
    for _ in range(200_000):
        y = -y
    order = topological_order(y)

    assert len(order) == 200_001
    assert order[0] is x
    assert order[-1] is y
