"""Functions that see a gradient on its way, and breakpoints in the backward pass."""

import copy
import gc
import os
import pickle
import subprocess
import sys
import threading
import traceback
import weakref
from collections.abc import Callable
from math import isnan, nan
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from project import ROOT
from random_graphs import STEPS, Steps, grown

from autograd_core import (
    Value,
    exp,
    grad,
    gradient,
    hook,
    record_source,
    sin,
    tanh,
    topological_order,
    where,
)
from autograd_core.errors import GraphError, OperandError
from autograd_core.hooks import passed

Function = Callable[..., Any]


def needing_grad(nodes: list[Value]) -> list[Value]:
    """Return the nodes that a hook can be put on."""
    return [node for node in nodes if node.requires_grad]


# --- what a hook sees ---------------------------------------------------------------
@given(STEPS, st.data())
def test_a_hook_that_returns_none_changes_no_bit(
    steps: Steps, data: st.DataObject
) -> None:
    """Not of any gradient of any graph, whichever nodes have hooks."""
    *_, root = nodes = grown(steps)
    root.backward()
    expected = [(node.grad.hex(), node.has_grad) for node in nodes]
    *_, root = nodes = grown(steps)
    for node in data.draw(st.lists(st.sampled_from(needing_grad(nodes)))):
        hook(node, lambda gradient: None)
    root.backward()

    assert [(node.grad.hex(), node.has_grad) for node in nodes] == expected


@given(STEPS)
def test_a_hook_sees_the_complete_gradient_once(steps: Steps) -> None:
    """It is what the pass leaves on the node; one that it never reached sees none."""
    *_, root = nodes = grown(steps)
    seen: list[tuple[Value, float]] = []
    for node in needing_grad(nodes):
        hook(node, lambda gradient, node=node: seen.append((node, gradient)))
    root.backward()

    assert dict(seen) == {node: node.grad for node in nodes if node.has_grad}
    assert len(seen) == len(dict(seen))


def naive_gradients(root: Value, hooks: dict[Value, Function]) -> dict[Value, float]:
    """Apply the chain rule as it is written, and the hooks where a sum is complete."""
    grads = {root: 1.0}
    for node in reversed(topological_order(root)):
        if node in grads and node in hooks:
            grads[node] = hooks[node](grads[node])
        for parent, local in zip(node.parents, node.local_derivatives(), strict=True):
            if local is not None and node in grads:
                grads[parent] = grads.get(parent, 0.0) + grads[node] * local
    return grads


@given(STEPS, st.data(), st.floats(-4, 4))
def test_a_changed_gradient_is_what_is_sent_on(
    steps: Steps, data: st.DataObject, factor: float
) -> None:
    """The pass is the naive one with the changes in it, bit for bit."""
    *_, root = nodes = grown(steps)
    drawn = data.draw(st.lists(st.sampled_from(needing_grad(nodes)), unique=True))
    changes = {node: lambda gradient: gradient * factor + 0.25 for node in drawn}
    expected = naive_gradients(root, changes)
    for node in drawn:
        hook(node, changes[node])
    root.backward()

    for node in nodes:
        assert node.grad.hex() == expected.get(node, 0.0).hex()


def test_a_scaled_gradient_by_hand() -> None:
    """∂(y²)/∂x through y = sin x, with ∂/∂y clipped to 0.5."""
    x = Value(1.0)
    y = sin(x)
    hook(y, lambda gradient: min(gradient, 0.5))
    (y * y).backward()

    assert y.grad == 0.5
    assert x.grad == 0.5 * y.local_derivatives()[0]


def test_a_leaf_sees_the_sum_of_this_pass() -> None:
    """What it returns is added to the gradient that the leaf has."""
    x = Value(3.0)
    seen: list[float] = []
    hook(x, seen.append)
    (x * x).backward()
    (x * x).backward()
    with hook(x, lambda gradient: 100.0):
        (x + x).backward()

    assert seen == [6.0, 6.0, 2.0]
    assert x.grad == 6.0 + 6.0 + 100.0


def test_a_leaf_that_is_the_root() -> None:
    """Its gradient of 1 is a gradient."""
    x = Value(3.0)
    with hook(x, lambda gradient: gradient + 1.0):
        x.backward()

    assert x.grad == 2.0


def test_hooks_are_called_in_the_order_of_registration() -> None:
    """Each sees what the one before it returned; a root's first sees 1."""
    y = Value(3.0) * 2.0
    seen: list[float] = []
    hook(y, lambda gradient: seen.append(gradient) or gradient + 1.0)  # type: ignore[func-returns-value]
    hook(y, lambda gradient: seen.append(gradient) or gradient * 5.0)  # type: ignore[func-returns-value]
    hook(y, seen.append)
    y.backward()

    assert seen == [1.0, 2.0, 10.0]
    assert y.parents[0].grad == 20.0


def test_the_branch_not_taken_calls_no_hook() -> None:
    """Nor does a constant's neighbour in another graph."""
    x, unused, other = Value(1.0), Value(2.0), Value(3.0)
    seen: list[float] = []
    away = exp(unused)
    for node in (unused, away, other, other * other):
        hook(node, seen.append)
    where(x > 0, x, away).backward()

    assert seen == []
    assert not away.has_grad


@pytest.mark.parametrize(
    "derivative",
    [
        lambda x: grad(lambda t: x * t)(2.0),
        lambda x: gradient(x * x, x),
        lambda x: gradient(x * x, x, create_graph=True),
    ],
)
def test_only_backward_calls_hooks(derivative: Function) -> None:
    """Derivatives that leave no trace on the nodes ask nobody."""
    x, seen = Value(3.0), list[float]()
    hook(x, seen.append)
    derivative(x)

    assert seen == []


# --- how long it is there -----------------------------------------------------------
def test_a_hook_is_removed() -> None:
    """Once or twice, alone or with others, in a context or not."""
    x = Value(3.0)
    seen: list[str] = []
    first = hook(x, lambda gradient: seen.append("first"))
    with hook(x, lambda gradient: seen.append("second")) as second:
        (x * x).backward()
        first.remove()
        first.remove()
        (x * x).backward()
    second.remove()
    (x * x).backward()

    assert seen == ["first", "second", "second"]


def test_a_context_removes_its_hook_after_an_error() -> None:
    """The node is then as it was."""
    x, seen = Value(3.0), list[float]()
    with pytest.raises(ZeroDivisionError), hook(x, seen.append):
        raise ZeroDivisionError
    (x * x).backward()

    assert seen == []


def test_a_hook_may_remove_itself() -> None:
    """It is called once, and those behind it are called all the same."""
    x, seen = Value(3.0), list[str]()
    once = hook(x, lambda gradient: (seen.append("once"), once.remove())[1])
    hook(x, lambda gradient: seen.append("always"))
    (x * x).backward()
    (x * x).backward()

    assert seen == ["once", "always", "always"]


@pytest.mark.parametrize(
    "copied",
    [copy.copy, copy.deepcopy, lambda node: pickle.loads(pickle.dumps(node))],
)
def test_copies_have_no_hooks(copied: Function) -> None:
    """A hook is about one node, not about its numbers."""
    y = Value(3.0) * 2.0
    seen: list[float] = []
    hook(y, seen.append)
    tanh(copied(y)).backward()

    assert seen == []


def test_a_hook_frees_with_its_graph() -> None:
    """Even one that refers to its own node, which the collector then finds."""
    x = Value(3.0)
    y = x * x
    watched = weakref.ref(y)
    hook(y, lambda gradient, node=y: node.data * gradient)
    y.backward()
    del y
    gc.collect()

    assert watched() is None


def test_a_hook_without_its_node_does_nothing() -> None:
    """Removing it after the graph is gone is no error."""
    handle = hook(Value(3.0), print)
    handle.remove()


def test_sources_and_hooks_live_side_by_side() -> None:
    """A hook hides no source, and a node without a source gets none by a hook."""
    x = Value(3.0)
    with record_source():
        y = x * x
    source = y.source
    handles = [hook(x, print), hook(y, print)]

    assert y.source == source is not None
    assert x.source is None
    for handle in handles:
        handle.remove()
    assert (x.source, y.source) == (None, source)


def test_threads_with_hooks_of_their_own() -> None:
    """Each pass calls the hooks of its own graph while others come and go."""
    wrong: list[Any] = []

    def train() -> None:
        for i in range(200):
            x = Value(float(i))
            y = x * x
            seen: list[float] = []
            with hook(y, seen.append), hook(x, seen.append):
                y.backward()
            if seen != [1.0, 2.0 * i]:
                wrong.append(seen)

    threads = [threading.Thread(target=train) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert wrong == []


# --- what goes wrong ----------------------------------------------------------------
def failing(gradient: float) -> float:
    """Raise an error of one's own."""
    raise KeyError(gradient)


@pytest.mark.parametrize(
    ("bad", "error"),
    [
        (failing, KeyError),
        (lambda gradient: "1.0", OperandError),
        (lambda gradient: [gradient], OperandError),
        (lambda gradient: 1j * gradient, OperandError),
        (lambda gradient: Value(gradient), OperandError),
        (lambda: 1.0, TypeError),
    ],
)
@pytest.mark.parametrize("where_to", ["root", "middle", "leaf"])
def test_a_hook_that_fails_changes_no_leaf(
    bad: Function, error: type[Exception], where_to: str
) -> None:
    """The error says which hook it was, and the next pass is an ordinary one."""
    x, w = Value(3.0, label="x"), Value(2.0, label="w")
    (x * w).backward()
    middle = x * w
    root = tanh(middle * 0.1)
    node = {"root": root, "middle": middle, "leaf": w}[where_to]
    with hook(node, bad), pytest.raises(error) as caught:
        root.backward()

    assert caught.value.__notes__[0].startswith(
        f"raised by a hook on Value(data={node.data}"
    )
    assert (x.grad, w.grad) == (2.0, 3.0)
    assert not any(n.has_grad for n in (root, middle))
    root.backward()
    assert w.grad > 3.0


@pytest.mark.parametrize("bad", [None, 3.0, "x", [Value(1.0)]])
def test_a_hook_is_put_on_a_value(bad: Any) -> None:
    """The message shows what was passed."""
    with pytest.raises(OperandError, match=r"hook\(node, f\) needs a Value, not"):
        hook(bad, print)


@pytest.mark.parametrize("bad", [None, 3.0, "print"])
def test_a_hook_is_a_function(bad: Any) -> None:
    """The message shows what was passed."""
    with pytest.raises(OperandError, match="takes a function of the gradient, not"):
        hook(Value(1.0), bad)


def test_a_constant_gets_no_gradient_to_hook() -> None:
    """Nor does it to stop at."""
    constant = Value(1.0, requires_grad=False)
    with pytest.raises(GraphError, match="a constant, which gets no gradient"):
        hook(constant * 2.0, print)
    with pytest.raises(GraphError, match=r"breakpoint\(\) asked of Value\(data=1.0"):
        constant.breakpoint()


def test_numbers_of_any_kind_are_gradients() -> None:
    """An int and a bool become floats, nan is a number."""
    x = Value(3.0)
    for returned, kept in ((2, 2.0), (True, 1.0)):
        with hook(x, lambda gradient, returned=returned: returned):
            x.grad = 0.0
            (x * x).backward()
        assert x.grad == kept
        assert type(x.grad) is float
    with hook(x, lambda gradient: nan):
        (x * x).backward()
    assert isnan(x.grad)


def test_passed_runs_the_hooks_of_a_node_alone() -> None:
    """As a tape does, which stops at no breakpoint."""
    x = Value(3.0)
    hook(x, lambda gradient: gradient + 1.0)
    x.breakpoint()
    hook(x, lambda gradient: gradient * 3.0)

    assert passed(x, 1.0) == 6.0
    assert passed(Value(1.0), 1.5) == 1.5


# --- breakpoints --------------------------------------------------------------------
@pytest.fixture
def frames(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """Collect the locals of each frame that calls breakpoint()."""
    found: list[dict[str, Any]] = []

    def look() -> None:
        frame = sys._getframe(1)
        names = [summary.name for summary in traceback.extract_stack(frame)]
        found.append({**frame.f_locals, "names": names})

    monkeypatch.setattr(sys, "breakpointhook", look)
    return found


def test_a_breakpoint_shows_how_the_gradient_is_made(
    frames: list[dict[str, Any]],
) -> None:
    """The frame has the node, its gradient and the contributions; up is the caller."""
    x = Value(3.0)
    y = x * x
    z = y * y + y
    y.breakpoint()
    z.backward()
    (frame,) = frames
    square = z.parents[0]

    assert frame["node"] is y
    assert frame["gradient"] == 2 * 9.0 + 1.0
    assert frame["contributions"] == [
        (z, 1.0, 1.0, 1.0),
        (square, 1.0, 9.0, 9.0),
        (square, 1.0, 9.0, 9.0),
    ]
    assert sum(sent for *_, sent in frame["contributions"]) == y.grad
    assert frame["names"][-6:-4] == [
        "test_a_breakpoint_shows_how_the_gradient_is_made",
        "backward",
    ]


@given(steps=STEPS)
def test_the_contributions_add_up_to_the_gradient(steps: Steps) -> None:
    """In the order in which they came, to the last bit, at every node."""
    *_, root = nodes = grown(steps)
    stops: list[tuple[Value, float, list[tuple[Value, float, float, float]]]] = []

    def look() -> None:
        found = sys._getframe(1).f_locals
        stops.append((found["node"], found["gradient"], found["contributions"]))

    before, sys.breakpointhook = sys.breakpointhook, look
    try:
        for node in needing_grad(nodes):
            node.breakpoint()
        root.backward()
    finally:
        sys.breakpointhook = before

    assert {node for node, *_ in stops} == {node for node in nodes if node.has_grad}
    for node, stopped_at, contributions in stops:
        total = 0.0
        for child, upstream, local, sent in contributions:
            assert node in child.parents
            assert upstream == child.grad
            assert sent == upstream * local
            total += sent
        assert stopped_at.hex() == (1.0 if node is root else total).hex()


def test_a_breakpoint_with_a_condition(frames: list[dict[str, Any]]) -> None:
    """It stops where the gradient fulfils it, until it is removed."""
    x = Value(3.0)
    stop = x.breakpoint(lambda gradient: gradient > 5.0)
    (x * 1.0).backward()
    (x * x).backward()
    stop.remove()
    (x * x).backward()

    assert [frame["gradient"] for frame in frames] == [6.0]


@pytest.mark.parametrize("bad", [True, 3.0, "gradient > 1"])
def test_a_condition_is_a_function(bad: Any) -> None:
    """The message has an example."""
    with pytest.raises(OperandError, match="such as lambda gradient: gradient > 1"):
        Value(1.0).breakpoint(bad)


SCRIPT = """
from autograd_core import Value
x = Value(3.0, label="x")
y = x * x
y.breakpoint()
(y * 2.0).backward()
print("gradient of x:", x.grad)
"""


def debugged(*commands: str) -> str:
    """Return what pdb and the script print when these commands are typed."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONBREAKPOINT": ""}
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        input="\n".join([*commands, ""]),
        env=environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.stdout + done.stderr


def test_pdb_stops_in_the_frame_that_is_meant() -> None:
    """Its names can be printed at once, and the way up leads to the script."""
    out = debugged("p node, gradient", "p len(contributions)", "w", "c")

    assert "(Value(data=9.0, grad=2.0), 2.0)" in out
    assert "(Pdb) 1\n" in out
    assert "backward()" in out
    assert "-> return gradient" in out or "-> breakpoint()" in out
    assert out.endswith("gradient of x: 12.0\n")


def test_pdb_changes_the_gradient() -> None:
    """What is assigned to `gradient` is sent on."""
    out = debugged("gradient = 10.0", "c")

    assert out.endswith("gradient of x: 60.0\n")


def test_quitting_pdb_leaves_no_half_done_pass() -> None:
    """The error that pdb raises passes through like any other."""
    out = debugged("q")

    assert "BdbQuit" in out
    assert "gradient of x" not in out
