"""The backward pass: the chain rule, exactly, whatever the graph."""

import math

import pytest
from hypothesis import given
from random_graphs import STEPS, Steps, grown

from autograd_core import (
    Op,
    Value,
    div,
    exp,
    log,
    sin,
    topological_order,
    where,
)


def naive_gradients(root: Value) -> dict[Value, float]:
    """Apply the chain rule, as it is written, to what the closures return."""
    grads = {root: 1.0}
    for node in reversed(topological_order(root)):
        for parent, local in zip(node.parents, node.local_derivatives(), strict=True):
            if local is not None and node in grads:
                grads[parent] = grads.get(parent, 0.0) + grads[node] * local
    return grads


@given(STEPS)
def test_backward_is_the_naive_loop_bit_for_bit(
    steps: Steps,
) -> None:
    """The pass written for speed gives what the closures and the walk give."""
    *_, root = nodes = grown(steps)
    expected = naive_gradients(root)
    root.backward()

    for node in nodes:
        assert node.grad.hex() == expected.get(node, 0.0).hex()
        assert node.has_grad == (node in expected)


@given(STEPS)
def test_the_same_program_gives_the_same_bits(
    steps: Steps,
) -> None:
    """Neither addresses nor hashes of nodes reach the result."""
    runs = []
    for _ in range(2):
        *_, root = nodes = grown(steps)
        root.backward()
        runs.append([(node.data.hex(), node.grad.hex()) for node in nodes])

    assert runs[0] == runs[1]


@given(STEPS)
def test_backward_twice_gives_exactly_twice(steps: Steps) -> None:
    """Leaves accumulate, interior gradients are those of the last pass."""
    *_, root = nodes = grown(steps)
    root.backward()
    once = [node.grad for node in nodes]
    root.backward()

    for node, grad in zip(nodes, once, strict=True):
        assert node.grad.hex() == (2 * grad if node.is_leaf else grad).hex()


def test_two_roots_that_share_interior_nodes_add_up() -> None:
    """Each root's own gradient reaches the leaves once."""
    x = Value(3.0)
    shared = x * x
    (shared * 2.0).backward()
    (shared * 5.0).backward()

    assert x.grad == 6.0 * 7.0
    assert shared.grad == 5.0


def test_an_interior_root_and_its_child() -> None:
    """A node that was a root is an ordinary interior node of a later pass."""
    x = Value(3.0)
    y = x * x
    z = y * 2.0
    y.backward()
    z.backward()

    assert x.grad == 6.0 + 12.0
    assert y.grad == 2.0


def test_a_leaf_is_a_root_too() -> None:
    """∂x/∂x is 1, and accumulates like every gradient of a leaf."""
    x = Value(3.0)
    x.backward()
    x.backward()

    assert x.grad == 2.0


def test_gradients_accumulate_on_what_was_assigned() -> None:
    """A leaf's gradient set by hand is where accumulation starts."""
    x = Value(3.0)
    x.grad = 10.0
    (x * x).backward()

    assert x.grad == 16.0


def test_constants_get_no_gradient() -> None:
    """Neither a number nor a Value that needs no gradient is touched."""
    x, c = Value(3.0), Value(4.0, requires_grad=False)
    y = x * c + 2.0
    y.backward()

    assert x.grad == 4.0
    assert not c.has_grad
    assert not y.parents[1].has_grad


def test_changing_data_between_the_passes_changes_nothing() -> None:
    """Gradients are those of the forward pass that ran."""
    x, w = Value(3.0), Value(4.0)
    y = sin(x * w)
    x.data = w.data = y.data = 100.0
    y.backward()

    assert (x.grad, w.grad) == (math.cos(12.0) * 4.0, math.cos(12.0) * 3.0)


def test_a_gradient_of_zero_is_a_gradient() -> None:
    """`has_grad` tells a node that was reached with 0 from one never reached."""
    x, y = Value(0.0), Value(5.0)
    (x * y).backward()

    assert y.grad == 0.0
    assert y.has_grad


def test_the_branch_not_taken_gets_no_gradient() -> None:
    """Behind a `where`, a pole in the other branch leaves no nan."""
    x, unused = Value(0.0), Value(2.0)
    y = where(x > 0, log(x) * unused, x * 2.0)
    y.backward()

    assert x.grad == 2.0
    assert not unused.has_grad


def test_the_branch_not_taken_may_overflow() -> None:
    """The rule holds through the interior nodes of that branch as well."""
    x = Value(1000.0)
    y = where(x > 700, x, exp(x)) + where(x > 0, x, div(1.0, x - 1000.0))
    y.backward()

    assert x.grad == 2.0


def test_a_partial_that_raises_leaves_the_leaves_as_they_were() -> None:
    """An error in one's own row changes no leaf, and the graph works again."""
    broken = Op("broken", lambda x: x, (lambda y, x: 1 / 0,))
    x = Value(3.0)
    (x * x).backward()
    with pytest.raises(ZeroDivisionError):
        (x * x + broken(x * 2.0)).backward()

    assert x.grad == 6.0


def test_a_diamond_of_2_to_the_60_paths() -> None:
    """Work is linear in nodes, not in paths."""
    x = Value(1.0)
    y = x
    for _ in range(60):
        y = y + y
    y.backward()

    assert x.grad == 2.0**60
