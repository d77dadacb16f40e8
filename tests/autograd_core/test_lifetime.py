"""A graph of any depth is freed by reference counting the moment it is dropped."""

import gc
import os
import sys
import weakref
from collections.abc import Iterator

import pytest
from hypothesis import given
from random_graphs import STEPS, Steps, grown

from autograd_core import Value

DEEP = 1_000_000 if os.environ.get("HYPOTHESIS_PROFILE") == "deep" else 200_000


@pytest.fixture
def _no_collector() -> Iterator[None]:
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@pytest.mark.usefixtures("_no_collector")
def test_a_deep_chain_runs_backward_and_is_freed() -> None:
    """Depth costs no recursion, and dropping the root frees all, collector off."""
    limit = sys.getrecursionlimit()
    x = Value(1.0)
    y = x
    for _ in range(DEEP):
        y = y + 1.0
    middle = weakref.ref(y.parents[0].parents[0])
    y.backward()

    assert (y.data, x.grad) == (DEEP + 1.0, 1.0)
    assert sys.getrecursionlimit() == limit
    assert repr(y) == f"Value(data={DEEP + 1.0}, grad=1.0)"
    del y
    assert middle() is None


@given(steps=STEPS)
def test_a_graph_holds_no_reference_cycle(steps: Steps) -> None:
    """Reference counting alone frees every node the moment the graph is dropped."""
    gc.disable()
    try:
        nodes = grown(steps)
        nodes[-1].backward()
        closures = [node.local_derivatives for node in nodes]
        watched = [weakref.ref(node) for node in nodes]
        del nodes, closures

        assert [ref() for ref in watched] == [None] * len(watched)
    finally:
        gc.enable()


@pytest.mark.usefixtures("_no_collector")
def test_a_closure_does_not_keep_its_node() -> None:
    """The closure holds operand values, never the node."""
    y = Value(3.0) * Value(4.0)
    closure, watched = y.local_derivatives, weakref.ref(y)
    del y

    assert watched() is None
    assert closure() == (4.0, 3.0)
