"""Copies and pickles: any depth, sharing kept, nothing lost."""

import copy
import gc
import io
import os
import pickle
import sys
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd_core import OPS, Op, Value, scope, tanh, topological_order, total
from autograd_core.errors import GraphError

DEEP = 1_000_000 if os.environ.get("HYPOTHESIS_PROFILE") == "deep" else 200_000
unregistered = Op("unregistered", lambda x: 2.0 * x, (lambda y, x: 2.0,))


def pickled(thing: Any) -> Any:
    """Write and read with the pickler in C."""
    return pickle.loads(pickle.dumps(thing))


def pickled_slowly(thing: Any) -> Any:
    """Write and read with the pickler in Python, which recurses where C does not."""
    file = io.BytesIO()
    pickle._Pickler(file).dump(thing)  # type: ignore[attr-defined]
    file.seek(0)
    return pickle._Unpickler(file).load()  # type: ignore[attr-defined]


WAYS = pytest.mark.parametrize("duplicate", [copy.deepcopy, pickled, pickled_slowly])
Way = Callable[[Any], Any]


def model() -> Value:
    """Return a graph with shared nodes, labels, scopes, gradients and constants."""
    x, w = Value(0.5, label="x"), Value(-2.0, label="w")
    with scope("layer"):
        h = tanh(x * w + 1.0)
    y = total([h, h * h, x, 3])
    y.label = "y"
    y.backward()
    x.data = 7.0
    return y


def facts(root: Value) -> list[Any]:
    """List all that a graph says of itself, the nodes named by their order."""
    order = topological_order(root)
    place = {node: i for i, node in enumerate(order)}
    return [
        (
            *(node.data, node.grad, node.has_grad, node.label, node.scope, node.op),
            *(node.requires_grad, node.operands, node.local_derivatives()),
            tuple(place[parent] for parent in node.parents),
        )
        for node in order
    ]


@WAYS
def test_a_duplicate_says_the_same_and_shares_nothing(duplicate: Way) -> None:
    """Data, gradients, labels, recorded operands and sharing are those of the graph."""
    y = model()
    z = duplicate(y)

    assert facts(z) == facts(y)
    assert not set(topological_order(y)) & set(topological_order(z))


@WAYS
def test_a_duplicate_runs_backward(duplicate: Way) -> None:
    """The duplicate's gradients are its own and equal the graph's."""
    y = model()
    before = facts(y)
    z = duplicate(y)
    z.backward()
    assert facts(y) == before
    y.backward()

    assert facts(z) == facts(y)


@WAYS
def test_what_is_shared_within_one_call_stays_shared(duplicate: Way) -> None:
    """Roots and leaves in one list are duplicated together."""
    x = Value(3.0)
    y, z = x * x, x + 1.0
    x2, y2, z2 = duplicate([x, y, z])

    assert y2.parents == (x2, x2)
    assert z2.parents[0] is x2
    assert x2 is not x


@WAYS
def test_never_run_and_zero_are_told_apart(duplicate: Way) -> None:
    """`has_grad` survives, be the gradient 0, or cleared, or never there."""
    x, y, z = Value(0.0), Value(5.0), Value(1.0)
    (x * y).backward()
    x2, y2, z2 = duplicate([x, y, z])

    assert (y2.grad, y2.has_grad) == (0.0, True)
    assert (x2.grad, x2.has_grad) == (5.0, True)
    assert not z2.has_grad


@WAYS
@pytest.mark.parametrize("depth", [20_000])
def test_deep_chains_need_no_recursion(duplicate: Way, depth: int) -> None:
    """A chain far deeper than the recursion limit is duplicated."""
    _assert_duplicates(duplicate, depth)


@pytest.mark.parametrize("duplicate", [copy.deepcopy, pickled])
def test_very_deep_chains(duplicate: Way) -> None:
    """So is one of 200,000 nodes, or a million in the deep profile."""
    _assert_duplicates(duplicate, DEEP)


def _assert_duplicates(duplicate: Way, depth: int) -> None:
    limit = sys.getrecursionlimit()
    gc.disable()
    try:
        x = Value(1.0)
        y = x
        for _ in range(depth // 2):
            y = -(y + x)
        z = duplicate(y)
    finally:
        gc.enable()

    assert sys.getrecursionlimit() == limit
    order = topological_order(z)
    assert len(order) == depth + 1
    assert z.data == y.data
    assert all(node.parents[1] is order[0] for node in order[1::2])


def test_copy_makes_one_node_on_the_same_parents() -> None:
    """A shallow copy is a node beside the first, with its label and gradient."""
    x = Value(3.0)
    y = x * x
    y.label = "y"
    y.backward()
    z = copy.copy(y)

    assert z is not y
    assert z.parents == y.parents == (x, x)
    assert (z.data, z.grad, z.label, z.op) == (y.data, y.grad, "y", y.op)
    assert copy.copy(x).is_leaf


@WAYS
def test_rows_are_duplicated_as_themselves(duplicate: Way) -> None:
    """There is one row of each name, in every copy."""
    assert all(duplicate(row) is row for row in OPS.values())


@WAYS
def test_a_subclass_keeps_what_it_holds(duplicate: Way) -> None:
    """Attributes that a subclass adds are duplicated with the node."""
    x = Annotated(3.0)
    x.note = ["kept"]
    y = duplicate(x * x)

    assert type(y) is type(y.parents[0]) is Annotated
    assert y.parents[0].note == ["kept"]


class Annotated(Value):
    """A node that somebody has attached a note to."""

    note: list[str]


def test_deepcopy_copies_a_subclass_note() -> None:
    """A deep copy is deep: a change of the copy's note leaves the first alone."""
    x = Annotated(3.0)
    x.note = ["kept"]
    copy.deepcopy(x).note.append("changed")

    assert x.note == ["kept"]


def test_an_unregistered_row_cannot_be_pickled() -> None:
    """The message names the row and how to register it."""
    y = unregistered(Value(1.0)) + 1.0
    for dumps in (pickle.dumps, pickled_slowly):
        with pytest.raises(
            GraphError, match=r"unregistered\(x\).*OPS\['unregistered'\]"
        ):
            dumps(y)


@pytest.mark.parametrize("write", [pickle.dumps, pickled_slowly])
def test_a_failed_pickle_leaves_nothing_behind(write: Way) -> None:
    """After the failure the parts that can be pickled still are, at any depth."""
    y = Value(1.0)
    for _ in range(20_000):
        y = y + 1.0
    before = y.data
    with pytest.raises(GraphError):
        write(unregistered(y) * 2.0)

    assert len(topological_order(pickled(y))) == 40_001
    assert len(topological_order(pickled_slowly(y))) == 40_001
    assert y.data == before


def test_an_unregistered_row_can_be_deepcopied() -> None:
    """Only pickling needs the row's name."""
    y = unregistered(Value(1.0))

    assert copy.deepcopy(y).op is unregistered


def test_ones_own_registered_row_is_pickled_by_name() -> None:
    """A row in the table is found again where the pickle is read."""
    row = Op("registered", lambda x: 3.0 * x, (lambda y, x: 3.0,))
    OPS["registered"] = row
    try:
        y = pickled(row(Value(2.0)))
    finally:
        del OPS["registered"]

    assert y.op is row
    assert y.local_derivatives() == (3.0,)


@given(st.lists(st.tuples(st.integers(0, 99), st.integers(0, 99)), max_size=20))
def test_random_graphs_are_duplicated(steps: list[tuple[int, int]]) -> None:
    """However nodes are shared, the duplicate is shared alike."""
    nodes = [Value(1.0), Value(2.0)]
    for i, j in steps:
        nodes.append(nodes[i % len(nodes)] - nodes[j % len(nodes)])
    root = total(nodes)
    root.backward()

    assert facts(copy.deepcopy(root)) == facts(pickled(root)) == facts(root)
