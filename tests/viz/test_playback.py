"""The steps of the forward and the backward pass."""

import math
from collections.abc import Sequence

import pytest
from graphs import SCOPED_STEPS, ScopedSteps, differentiated, in_modules
from hypothesis import given
from random_graphs import STEPS, Steps, grown

from autograd_core import Value, scope, zero_grad
from viz.picture import picture_of
from viz.playback import Playback, playback
from viz.subject import Subject
from viz.view import view

DEPTHS = range(4)


def subject(root: Value, **options) -> Subject:
    """Choose all of a graph, its modules open unless a depth is asked for."""
    return Subject(view(root, **{"limit": 10_000, **options}), root, {})


def same(a: float, b: float) -> bool:
    """Tell whether two floats are equal to the last bit, any two nans included."""
    return a.hex() == b.hex()


def last_totals(shown: Subject, steps: Playback) -> dict[int, float]:
    """Return the gradient of each box after the last step."""
    edges = picture_of(shown).edges
    totals = dict(steps.seeds)
    for step in steps.backward:
        for handing in step.handings:
            totals[edges[handing.edge].tail] = handing.total
        if step.inside is not None:
            totals[step.box] = step.inside
    return totals


def check_sums(shown: Subject, steps: Playback) -> None:
    """Check that each handing is a product, and each total the sum before plus it."""
    edges = picture_of(shown).edges
    totals = dict(steps.seeds)
    bundles = list(shown.bundles.values())
    for step in steps.backward:
        for handing in step.handings:
            edge, term = edges[handing.edge], bundles[handing.edge].term
            assert edge.head == step.box
            assert term is not None
            upstream = totals[edge.head]
            assert same(handing.amount, upstream * term.local)
            assert same(handing.total, totals.get(edge.tail, 0.0) + handing.amount)
            totals[edge.tail] = handing.total


def members(shown: Subject, i: int) -> Sequence[Value]:
    """Return the nodes of a box that have a gradient."""
    return [node for node in shown.view.parts[i].nodes if node.has_grad]


@given(STEPS)
def test_the_last_sums_are_the_gradients_to_the_last_bit(steps: Steps) -> None:
    """Played node by node, the sums are those of backward(), in its order."""
    shown = subject(differentiated(steps))
    played = playback(shown)

    check_sums(shown, played)
    totals = last_totals(shown, played)
    for i, part in enumerate(shown.view.parts):
        (node,) = part.nodes
        assert node.has_grad == (i in totals)
        assert not node.has_grad or same(totals[i], node.grad)


@given(SCOPED_STEPS)
def test_a_closed_module_plays_as_the_sum_of_its_members(steps: ScopedSteps) -> None:
    """At any depth, values end with their gradient, modules with their largest."""
    root = in_modules(steps)
    for depth in DEPTHS:
        shown = subject(root, depth=depth)
        for i, total in last_totals(shown, playback(shown)).items():
            found = members(shown, i)
            if shown.view.parts[i].is_single:
                assert same(total, found[0].grad)
            else:
                assert same(total, max(abs(node.grad) for node in found))


@given(SCOPED_STEPS)
def test_nothing_is_used_before_it_is_there(steps: ScopedSteps) -> None:
    """A box computes after its operands, and hands on after all it is handed."""
    shown = subject(in_modules(steps), depth=1)
    played, edges = playback(shown), picture_of(shown).edges
    computed = {i: at for at, i in enumerate(played.forward)}
    handed = {step.box: at for at, step in enumerate(played.backward)}

    assert all(computed.get(e.tail, -1) < computed[e.head] for e in edges)
    for step in played.backward:
        tails = {edges[handing.edge].tail for handing in step.handings}
        assert all(handed.get(t, math.inf) > handed[step.box] for t in tails)


@given(STEPS)
def test_without_a_pass_the_steps_are_what_it_would_do(steps: Steps) -> None:
    """Before backward() the page plays the sums that it is going to leave."""
    root = grown(steps)[-1]
    shown = subject(root)
    totals = last_totals(shown, playback(shown))
    root.backward()

    for i, part in enumerate(shown.view.parts):
        assert i not in totals or same(totals[i], part.nodes[0].grad)


def test_each_use_is_a_term_of_its_own() -> None:
    """In x * x the operand is handed two terms, one after the other."""
    x = Value(3.0)
    root = x * x
    root.backward()
    (step,) = playback(subject(root)).backward

    assert step.box == 1
    assert step.handings == ((0, 3.0, 3.0), (1, 3.0, 6.0))


def test_an_earlier_pass_is_there_to_begin_with() -> None:
    """After a second pass a leaf begins with the gradient that the first one left."""
    x = Value(3.0)
    root = x * x
    root.backward()
    root.backward()
    played = playback(subject(root))

    assert played.seeds == {0: 6.0, 1: 1.0}
    assert played.backward[0].handings[-1].total == x.grad == 12.0


def test_what_is_not_shown_has_handed_its_share_to_begin_with() -> None:
    """A neighbourhood begins with the gradients that come from outside of it."""
    x = Value(2.0, label="x")
    y = x * 3
    root = (y * y).tanh() * x
    root.backward()
    shown = subject(root, focus=y, radius=1)
    played = playback(shown)
    totals = last_totals(shown, played)

    assert played.seeds
    for i, part in enumerate(shown.view.parts):
        if part.nodes[0].has_grad:
            assert math.isclose(totals[i], part.nodes[0].grad)


def test_a_graph_of_constants_has_no_way_back() -> None:
    """Where no gradient is needed, only the forward pass is played."""
    played = playback(subject(Value(2.0, requires_grad=False) * 3))

    assert played == Playback((2,), {}, ())


@pytest.mark.parametrize("number", ["nan", "inf", "-inf"])
def test_numbers_that_are_not_finite_are_played(number: str) -> None:
    """An infinite or undefined gradient is a sum like any other."""
    x = Value(1.0)
    root = x * float(number) + x * 2
    root.backward()
    shown = subject(root)

    assert same(last_totals(shown, playback(shown))[0], x.grad)


def test_gradients_that_were_cleared_are_no_error() -> None:
    """After an optimiser cleared the leaves, the pass of the rest is still played."""
    with scope("model"):
        x = Value(3.0)
        root = x * x
    root.backward()
    zero_grad([x])
    shown = subject(root)

    assert last_totals(shown, playback(shown))[0] == 6.0
