"""The sparse linear map that a recorded graph is at its point."""

import math

import pytest
from hypothesis import given
from random_graphs import STEPS, Steps, grown

from autograd_core import Value, exp, log, sqrt, topological_order, where
from autograd_core.errors import GraphError
from autograd_core.linearization import Linearization, ancestors


def linearized(
    outputs: list[Value], inputs: list[Value], create_graph: bool = False
) -> Linearization:
    """Return the derivative of nodes by nodes."""
    order, _ = ancestors(outputs, inputs)
    return Linearization(order, outputs, inputs, create_graph=create_graph)


@given(STEPS)
def test_ancestors_stand_in_topological_order(steps: Steps) -> None:
    """Interior nodes that need a gradient, in the order that the whole graph has."""
    *_, root = grown(steps)
    order, ends = ancestors([root])
    nodes = [node for node in topological_order(root) if node.requires_grad]

    assert order == [node for node in nodes if not node.is_leaf]
    assert ends == {node for node in nodes if node.is_leaf}


def test_the_walk_stops_where_it_is_told() -> None:
    """What lies above a stop is not visited; a stop that is not met is no end."""
    x, other = Value(3.0), Value(4.0)
    seat = x * x
    y = seat * 2.0
    order, ends = ancestors([y, y, 5.0], [seat, other])

    assert (order, ends) == ([y], {seat})


@given(STEPS)
def test_pulling_a_one_is_backward(steps: Steps) -> None:
    """A cotangent of 1 at the root gives, bit for bit, what backward() gives."""
    *_, root = nodes = grown(steps)
    inputs = [node for node in nodes if node.is_leaf and node.requires_grad]
    pulled = linearized([root], inputs).pull([1.0])
    root.backward()

    assert [(p + 0.0).hex() for p in pulled] == [(x.grad + 0.0).hex() for x in inputs]


@given(STEPS)
def test_edges_of_nodes_hold_the_numbers(steps: Steps) -> None:
    """As nodes or as numbers, pulls and pushes are the same to rounding."""
    *_, root = nodes = grown(steps)
    inputs = [node for node in nodes if node.is_leaf and node.requires_grad]
    numbers = linearized([root], inputs)
    graph = linearized([root], inputs, create_graph=True)
    tangents = [1.0, -2.0, 0.5, 3.0][: len(inputs)]

    for found, expected in (
        (graph.pull([2.0]), numbers.pull([2.0])),
        (graph.push(tangents), numbers.push(tangents)),
    ):
        assert [getattr(y, "data", y) for y in found] == pytest.approx(
            expected, rel=1e-12, abs=1e-12
        )


def test_it_may_be_pushed_and_pulled_often() -> None:
    """The local derivatives are evaluated once and used for every direction."""
    x, y = Value(3.0), Value(4.0)
    slope = linearized([x * y, x / y], [x, y])

    assert slope.push([1.0, 0.0]) == [4.0, 0.25]
    assert slope.push([0.0, 1.0]) == [3.0, -0.1875]
    assert slope.pull([1.0, 0.0]) == [4.0, 3.0]
    assert slope.pull([None, 1.0]) == [0.25, -0.1875]


def test_nothing_is_less_than_zero() -> None:
    """A cotangent of None sends nothing, where 0 times infinity would be nan."""
    x = Value(0.0)
    slope = linearized([sqrt(x), x * 2.0], [x])

    assert slope.pull([None, 1.0]) == [2.0]
    assert math.isnan(slope.pull([0.0, 1.0])[0])


def test_a_branch_not_taken_has_no_edge() -> None:
    """In both modes the other branch of `where` neither sends nor gets anything."""
    x = Value(-1.0)
    slope = linearized([where(x > 0, log(x), x)], [x])

    assert slope.pull([1.0]) == [1.0]
    assert slope.push([1.0]) == [1.0]


def test_plain_numbers_and_inputs_may_be_outputs() -> None:
    """A number depends on nothing, and an input on itself."""
    x, y = Value(3.0), Value(4.0)
    slope = linearized([x, 7.0, y * 2.0], [x, y, x])  # type: ignore[list-item]

    assert slope.push([1.0, 10.0, 1.0]) == [1.0, 0.0, 20.0]
    assert slope.pull([1.0, 5.0, 1.0]) == [1.0, 2.0, 1.0]


def test_a_graph_is_not_built_on_changed_data() -> None:
    """Numbers come from the recorded operands; nodes would come from the new data."""
    x = Value(3.0, label="x")
    nan = Value(math.nan)
    y = x * nan
    linearized([y], [x], create_graph=True)
    x.data = 5.0

    with pytest.raises(GraphError, match=r"label='x'\) was 3\.0 when the node of mul"):
        linearized([y], [x], create_graph=True)
    assert math.isnan(linearized([y], [x]).pull([1.0])[0])


def test_nor_on_results_that_were_changed() -> None:
    """A result that was assigned is not what the derivative of exp is any more."""
    x = Value(0.0)
    y = exp(x)
    y.data = 5.0

    with pytest.raises(GraphError, match=r"was 1\.0 when the node of exp was made"):
        linearized([y], [x], create_graph=True)
    assert linearized([y], [x]).pull([1.0]) == [1.0]
