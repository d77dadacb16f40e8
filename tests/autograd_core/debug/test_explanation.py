"""Why a gradient is what it is: its sum, its paths, and a text of any graph's size."""

import gc
import math
import sys
import threading
from collections.abc import Sequence
from typing import Any

import pytest
from hostile import LABELS
from hypothesis import assume, given
from hypothesis import strategies as st
from random_graphs import STEPS, Steps, grown
from reference_passes import Reference, bits, recipes, roots

import nn
from autograd_core import Value, hook, no_grad, record_source, relu, tanh, total
from autograd_core.debug import Tape, explain
from autograd_core.debug.explanation import explain_on, heaviest
from autograd_core.errors import GraphError, OperandError

PLACES = st.integers(0, 10**6)


def chosen(root: Value, place: int) -> Value:
    """Return one of the nodes of a graph."""
    nodes = Reference(root).nodes
    return nodes[place % len(nodes)]


# --- the sum ------------------------------------------------------------------------
@given(roots(), PLACES)
def test_contributions_sum_to_the_gradient(root: Value, place: int) -> None:
    """They are the terms of `backward()`, which in their order give its bits."""
    node, reference = chosen(root, place), Reference(root)
    found = explain(node, root)
    gradient = reference.grads(len(reference.schedule)).get(node)
    whole: float | None = None
    for sent in found.contributions:
        whole = (0.0 if whole is None else whole) + sent.upstream * sent.local
        assert sent.child.parents[sent.place] is node
        assert bits(sent.total) == bits(whole)

    assert bits(found.gradient) == bits(gradient)
    if node is not root:
        assert bits(whole) == bits(gradient)


@given(roots(), PLACES)
def test_every_use_is_a_contribution(root: Value, place: int) -> None:
    """Each operand place of each consumer with a gradient is there once."""
    node, reference = chosen(root, place), Reference(root)
    grads = reference.grads(len(reference.schedule))
    expected = sorted(
        (reference.nodes.index(child), i, bits(grads[child]), bits(local))
        for child in reference.nodes
        if child in grads
        for i, (parent, local) in enumerate(
            zip(child.parents, reference.local_derivatives(child), strict=True)
        )
        if parent is node and local is not None
    )
    found = explain(node, root).contributions

    assert expected == sorted(
        (reference.nodes.index(c.child), c.place, bits(c.upstream), bits(c.local))
        for c in found
    )


@given(roots(), PLACES)
def test_explaining_changes_nothing(root: Value, place: int) -> None:
    """The nodes keep their gradients; the same question has the same answer."""
    node = chosen(root, place)
    before = [(n.grad, n.has_grad) for n in Reference(root).nodes]
    first, second = explain(node, root), explain(node, root)

    assert first.text == second.text == str(first)
    assert repr([(n.grad, n.has_grad) for n in Reference(root).nodes]) == repr(before)


# --- the paths ----------------------------------------------------------------------
def products(root: Value, end: Value, most: int = 3000) -> list[float]:
    """Return the products along every path from a root to a node, without zeros."""
    reference = Reference(root)
    waiting, found = [(root, 1.0)], list[float]()
    for _ in range(most):
        if not waiting:
            return found
        node, product = waiting.pop()
        if node is end:
            found.append(product)
        locals_ = reference.local_derivatives(node)
        for parent, local in zip(node.parents, locals_, strict=False):
            if local:
                waiting.append((parent, product * local))
    return []


def weight(product: float) -> float:
    """Return what paths are ranked by: nan comes last."""
    return -1.0 if math.isnan(product) else abs(product)


SMALL = recipes().map(lambda recipe: recipe.nodes()[-1])


@given(SMALL | STEPS.map(lambda steps: grown(steps[:12])[-1]), PLACES)
def test_the_paths_are_the_heaviest_of_all(root: Value, place: int) -> None:
    """Brute force over every path finds the same products."""
    node = chosen(root, place)
    every = products(root, node)
    assume(every and root.requires_grad)
    best = explain(node, root).paths

    weights = sorted(map(weight, every), reverse=True)
    assert [weight(path.product) for path in best] == weights[: len(best)]
    assert len(best) == min(3, len(every))
    for path in best:
        assert path.nodes[0] is root
        assert path.nodes[-1] is node
        assert math.prod(path.factors, start=1.0).hex() == path.product.hex()


def test_heaviest_between_two_nodes() -> None:
    """A path leads back in the graph, so there is none to a node that comes later."""
    x = Value(3.0)
    y = x * x
    tape = Tape(y * 2.0)

    assert [path.product for path in heaviest(tape, y, x, 5)] == [3.0, 3.0]
    assert heaviest(tape, x, y, 5) == []
    assert [(p.nodes, p.factors, p.product) for p in heaviest(tape, y, y, 5)] == [
        ((y,), (), 1.0)
    ]


# --- the root -----------------------------------------------------------------------
def test_the_root_is_that_of_the_last_backward() -> None:
    """Whatever was differentiated last, also where others were before."""
    x = Value(3.0)
    first, second = x * 2.0, x * 5.0
    first.backward()
    assert explain(x).gradient == 2.0
    second.backward()
    assert explain(x).gradient == 5.0
    assert explain(x, first).gradient == 2.0


def test_each_thread_has_a_root_of_its_own() -> None:
    """A pass in another thread is not the one that this thread asks about."""
    x = Value(3.0)
    mine, its = x * 2.0, x * 5.0
    found: list[Any] = []
    mine.backward()

    def work() -> None:
        with pytest.raises(GraphError, match="run backward"):
            explain(x)
        its.backward()
        found.append(explain(x).gradient)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert found == [5.0]
    assert explain(x).gradient == 2.0


def test_the_root_is_not_kept_alive() -> None:
    """A graph that is dropped is freed, and then there is none to ask about."""
    x = Value(3.0)
    gc.disable()
    try:
        (x * 2.0).backward()
        with pytest.raises(
            GraphError, match=r"or give the root as explain\(node, root"
        ):
            explain(x)
    finally:
        gc.enable()


def test_a_node_that_the_root_does_not_need() -> None:
    """It has no gradient; the message says how that comes about."""
    x = Value(3.0)
    y = x.detach() * 2.0 + Value(1.0)

    with pytest.raises(GraphError, match=r"not computed from it; detach\(\)"):
        explain(x, y)
    with no_grad():
        z = x * 2.0
    with pytest.raises(GraphError, match="no_grad"):
        explain(x, z)


@pytest.mark.parametrize("thing", [3.0, "x", None, [Value(1.0)]])
def test_only_values_are_explained(thing: Any) -> None:
    """Anything else is refused, as the node and as the root."""
    x = Value(1.0)
    x.backward()
    with pytest.raises(OperandError, match=r"explain\(node\) takes a Value"):
        explain(thing)
    if thing is not None:
        with pytest.raises(OperandError, match="of a Value"):
            explain(x, thing)


# --- the text -----------------------------------------------------------------------
def test_a_text_is_a_tree_of_sums() -> None:
    """Each term stands below what it is a term of, with the line that made it."""
    with record_source():
        x = Value(2.0, label="x")
        y = tanh(x) * x
    place = x.source.place if x.source else ""
    after = f"{place.rpartition(':')[0]}:{int(place.rpartition(':')[2]) + 1}"
    lines = explain(x, y).text.splitlines()

    assert lines[0] == "x: gradient 1.105"
    assert [" ".join(line.split()) for line in lines[1:]] == [
        f"├─ n2 = n1 * x 1 × 0.964 = 0.964 {after}",
        f"└─ n1 = tanh(x) 2 × 0.07065 = 0.1413 {after}",
        f"└─ n2 = n1 * x 1 × 2 = 2 {after}",
    ]


@given(st.integers(1, 30))
def test_every_consumer_is_named_or_counted(count: int) -> None:
    """The six largest terms are written out, what is left is counted and summed."""
    x = Value(1.0, label="x")
    uses = [x * float(i + 1) for i in range(count)]
    for i, use in enumerate(uses):
        use.label = f"use{i}."
    text = explain(x, total(uses), depth=1).text
    shown = [i for i in range(count) if f"use{i}. = " in text]

    assert shown == list(range(max(0, count - 6), count))
    rest = sum(range(1, count - 5))
    assert (f"… {count - 6} more, {rest} in all" in text) == (count > 6)


@given(roots(), PLACES, st.integers(0, 12))
def test_a_text_is_bounded(root: Value, place: int, depth: int) -> None:
    """However large or deep a graph is, its text can be read."""
    check_bounds(explain(chosen(root, place), root, depth=depth).text)


def check_bounds(text: str) -> None:
    """Check the lines and the columns of an explanation."""
    lines = text.splitlines()
    assert len(lines) < 100
    assert max(map(len, lines)) < 400
    assert all(line.replace("\u200d", "").isprintable() for line in lines)


@pytest.mark.parametrize("label", LABELS)
def test_any_label_stands_on_one_line(label: str) -> None:
    """Line breaks, control characters and ten thousand letters do no harm."""
    with record_source():
        x, y = Value(-1.0, label=label), Value(2.0, label=f"y{label}")
        z = relu(x) * y
    z.label = f"z{label}"
    for node in (x, y, z):
        check_bounds(explain(node, z * x).text)


def test_a_node_with_a_hundred_thousand_children() -> None:
    """The sum is whole, its text short."""
    x = Value(1.0, label="x")
    found = explain(x, total([x * 2.0 for _ in range(100_000)]))

    assert found.gradient == 200_000.0
    assert len(found.contributions) == 100_000
    assert "… 99,994 more, 199988 in all" in found.text
    check_bounds(found.text)


def test_a_chain_of_a_hundred_thousand_nodes() -> None:
    """Nothing recurses, and a cause at its far end is found."""
    x = Value(2.0, label="x")
    y = relu(-x)
    middle = y
    for _ in range(100_000):
        y = y * 1.0
    limit = sys.getrecursionlimit()
    found = explain(x, y, depth=10**6)

    assert sys.getrecursionlimit() == limit
    assert found.gradient == 0
    assert "relu(" in found.reasons[0]
    check_bounds(found.text)
    deep = explain(middle, y, depth=10**6)
    assert len(deep.paths[0].factors) == 100_000
    check_bounds(deep.text)


def test_dense_layers_are_explained_once() -> None:
    """What was asked is linear in the arrows, however many paths there are."""
    model = nn.MLP(8, [30, 30, 30, 1], seed=0)
    xs = [Value(0.1 * i, label=f"x{i}") for i in range(8)]
    asked = 0
    local_derivatives = Tape.local_derivatives

    class Counting(Tape):
        def local_derivatives(self, node: Value) -> Any:
            nonlocal asked
            asked += 1
            return local_derivatives(self, node)

    tape = Counting(model(xs) * 0.0)
    tape.go_to(len(tape))
    found = explain_on(tape, xs[0])

    assert asked <= 2 * len(tape.nodes)
    last, before = map(tape.names.of, (tape.root, tape.root.parents[0]))
    assert found.reasons == (
        f"{last} = {before} * 0 has the local derivative 0 with respect to {before}",
    )


def test_shared_sums_are_written_once() -> None:
    """A tower of diamonds has 2**40 paths, and a text of a few lines."""
    x = y = Value(1.0, label="x")
    for _ in range(40):
        y = y * 0.75 + y * 0.25
    text = explain(x, y, depth=12).text

    assert "(see above)" in text or "(see below)" in text
    check_bounds(text)


@given(STEPS)
def test_the_same_program_is_explained_alike(steps: Steps) -> None:
    """A text depends on the graph alone."""

    def text() -> str:
        nodes = grown(steps)
        return explain(nodes[0], nodes[-1], depth=6).text

    assert text() == text()


@pytest.mark.parametrize("depth", [0, 1, 2, 3, 10])
def test_depth_is_how_many_sums_are_written(depth: int) -> None:
    """What lies deeper is an ellipsis."""
    x = y = Value(1.0, label="x")
    for _ in range(4):
        y = y * 3.0
    lines = explain(x, y, depth=depth).text.splitlines()
    branches = [line for line in lines if "─" in line]

    assert len(branches) == min(depth, 4) + (depth < 4)
    assert branches[-1].endswith("└─ …") == (depth < 4)


# --- a moment -----------------------------------------------------------------------
@given(roots(), PLACES, st.floats(0, 1))
def test_a_moment_is_explained_as_far_as_it_is(
    root: Value, place: int, share: float
) -> None:
    """What has arrived is explained, and called so while more may come."""
    tape = Tape(root)
    tape.go_to(round(share * len(tape)))
    node = tape.nodes[place % len(tape.nodes)]
    found = explain_on(tape, node)
    headline = found.text.splitlines()[0]

    assert bits(found.gradient) == bits(tape.grad(node))
    assert headline.endswith(" so far") == (tape.state(node) == "partial")
    assert headline.endswith("no gradient") == (found.gradient is None)
    assert repr(found) == f"<explanation: {headline}>"


def test_what_a_hook_made_is_explained() -> None:
    """A gradient that is not the sum of its terms has a hook to thank."""
    x = Value(3.0, label="x")
    y = x * 2.0
    y.label = "y"
    with hook(y, lambda gradient: 10 * gradient):
        found = explain(x, y * 4.0), explain(y, y * 4.0)

    assert found[0].gradient == 80.0
    assert found[1].gradient == 40.0
    assert found[1].reasons == ("a hook made 40 of the gradient 4 of y",)


def names(nodes: Sequence[Value]) -> list[str]:
    """Return the labels of nodes."""
    return [node.label for node in nodes]


def test_the_example_of_a_learner() -> None:
    """An explanation as data: by consumer, by path, and why."""
    w, x = Value(3.0, label="w"), Value(-2.0, label="x")
    h = relu(w * x)
    h.label = "h"
    loss = h * 2.0
    loss.label = "loss"
    loss.backward()
    found = explain(h)

    assert names([c.child for c in found.contributions]) == ["loss"]
    assert [names(path.nodes) for path in found.paths] == [["loss", "h"]]
    assert found.reasons == ()
    assert explain(w).reasons == ("h = relu(n2) has the local derivative 0 at n2 = -6",)
