"""Runs along a tape: to a node, a condition or another module, on and back."""

from collections.abc import Callable
from typing import Any

import pytest
from graphs import SCOPED_STEPS, ScopedSteps, in_modules
from hypothesis import given
from hypothesis import strategies as st
from reference_passes import Reference, roots

from autograd_core import Value, scope, tanh
from autograd_core.debug import Tape

SHARES = st.floats(0, 1)


def at(tape: Tape, share: float) -> int:
    """Go to this share of the steps, and return the moment."""
    tape.go_to(round(share * len(tape)))
    return tape.moment


def check(tape: Tape, move: Callable[[], Any], moments: list[int], on: bool) -> None:
    """See that a move ends at the next of these moments, or at the end of the way.

    The start is no such moment, since nothing is at work there.
    """
    start = tape.moment
    ahead = [m for m in moments if (m > start if on else 0 < m < start)]
    arrived = (min if on else max)(ahead, default=len(tape) if on else 0)
    step = move()

    assert tape.moment == arrived
    assert (step is None) == (not ahead)
    assert step is None or repr(step) == repr(tape.last)


# --- to a node ----------------------------------------------------------------------
@given(roots(), st.integers(0, 99), SHARES)
def test_a_run_to_a_node(root: Value, place: int, share: float) -> None:
    """It ends when the node gets its value, and when it hands its gradient on."""
    tape, reference = Tape(root), Reference(root)
    node = tape.nodes[place % len(tape.nodes)]
    moments = reference.arrivals(node)
    start = at(tape, share)
    for on, run in ((True, tape.run_to), (False, tape.reverse_to)):
        for target in (node, tape.names.id(node)):
            tape.go_to(start)
            check(tape, lambda run=run, target=target: run(target), moments, on)


def test_a_leaf_is_met_when_its_gradient_is_complete() -> None:
    """With its last contribution, by label, variable or place."""
    w, x = Value(2.0, label="w"), Value(3.0)
    tape = Tape(tanh(w * x) + w, {"x": x})

    for name, moment in (("w", 7), ("x", 7), ("n0", 7), ("n1", 7), ("n4", 3)):
        tape.go_to(0)
        step = tape.run_to(name)
        assert step is not None
        assert step.number == moment


# --- to a condition, or a function ---------------------------------------------------
@given(roots(), st.floats(-3, 3), SHARES)
def test_a_run_to_a_condition_on_any_node(
    root: Value, bound: float, share: float
) -> None:
    """It ends at the first step after which the condition holds of a node it changed.

    The reference asks of each step what it touched.
    """
    tape, reference = Tape(root), Reference(root)
    values, gradients = [], []
    for step in Tape(root):
        grads = reference.grads(step.number)
        if step.kind == "forward" and reference.values[step.node] > bound:
            values.append(step.number)
        if any(n in grads and grads[n] > bound for n in step.touched):
            gradients.append(step.number)
    start = at(tape, share)
    for text, moments in (
        (f"data > {bound!r}", values),
        (f"grad > {bound!r}", gradients),
    ):
        tape.go_to(start)
        check(tape, lambda text=text: tape.run_to(text), moments, on=True)
        tape.go_to(start)
        check(tape, lambda text=text: tape.reverse_to(text), moments, on=False)
        assert tape.stops == []


@given(roots(), st.lists(st.integers(1, 60), max_size=4), SHARES)
def test_a_run_to_a_function_of_the_tape(
    root: Value, moments: list[int], share: float
) -> None:
    """It is asked at each moment, and ends where the function says yes."""
    tape = Tape(root)
    moments = [m for m in moments if m <= len(tape)]
    start = at(tape, share)
    check(tape, lambda: tape.run_to(lambda t: t.moment in moments), moments, on=True)
    tape.go_to(start)
    check(tape, lambda: tape.reverse_to(lambda t: t.moment in moments), moments, False)


def test_a_function_that_raises_leaves_the_tape_where_it_was_asked() -> None:
    """Its error is not swallowed."""
    tape = Tape(Value(2.0) * 3.0 * 4.0)
    with pytest.raises(ZeroDivisionError):
        tape.run_to(lambda t: 1 / (t.moment - 2) > 5)

    assert tape.moment == 2


def test_a_condition_that_cannot_be_told_ends_the_run() -> None:
    """It stops at the node, and `stops` holds the error."""
    x = Value(2.0, label="x")
    tape = Tape((x - 2.0) * x)
    step = tape.run_to("1 / data > 3")

    assert step is not None
    assert step.number == 1
    (stop,) = tape.stops
    assert stop.node is step.node
    assert isinstance(stop.error, ZeroDivisionError)
    tape.run_to(tape.root)
    assert tape.stops == []


def test_a_run_to_what_a_breakpoint_means() -> None:
    """Once, whether the tape has it or not."""
    x = Value(2.0, label="x")
    tape = Tape(tanh(x) * x)
    each = tape.break_at(op="tanh")
    tape.clear(each)
    step = tape.run_to(each)

    assert step is not None
    assert (step.node.op, tape.breakpoints, each.hits) == (tanh, [], 0)


def test_a_run_goes_to_its_target_whatever_the_breakpoints() -> None:
    """To stop at those there is `run`; they count no hits meanwhile."""
    x = Value(2.0, label="x")
    tape = Tape(tanh(x) * x)
    each = tape.break_at(op="tanh")
    tape.run_to(tape.root)

    assert (tape.moment, each.hits, tape.stops) == (2, 0, [])


@pytest.mark.parametrize("run", [Tape.run_to, Tape.reverse_to])
@pytest.mark.parametrize(
    ("target", "error", "message"),
    [
        ("los", ValueError, "no node is called 'los'; did you mean 'loss'"),
        ("twin", ValueError, "2 nodes are called 'twin'; say which: n1, n3"),
        ("loss >", TypeError, "cannot read 'loss >' as a condition"),
        ("", TypeError, "a condition is an expression such as"),
        ("1 < 2", TypeError, "asks nothing of the graph"),
        ("n99", ValueError, "no node is called 'n99'"),
        (Value(1.0), ValueError, "not on this tape"),
        (None, ValueError, "not on this tape"),
        (3, ValueError, "not on this tape"),
    ],
)
def test_where_a_run_cannot_go(
    run: Callable[[Tape, Any], Any], target: Any, error: type, message: str
) -> None:
    """The error comes before the first step."""
    twins = [Value(2.0, label="twin") for _ in range(2)]
    loss = Value(1.0) * twins[0] * twins[1]
    loss.label = "loss"
    tape = Tape(loss)
    tape.go_to(2)
    with pytest.raises(error, match=message):
        run(tape, target)

    assert tape.moment == 2


# --- modules ------------------------------------------------------------------------
def scopes(root: Value) -> list[str]:
    """Return the module at work in each step."""
    return [node.scope for _, node in Reference(root).schedule]


@given(SCOPED_STEPS, SHARES)
def test_to_the_next_module(steps: ScopedSteps, share: float) -> None:
    """A run ends as soon as another module is at work than now; at the start, none."""
    root = in_modules(steps)
    tape, names = Tape(root), scopes(root)
    start = at(tape, share)
    now = names[start - 1] if start else ""
    others = [m for m, name in enumerate(names, start=1) if name != now]
    check(tape, tape.next_module, others, on=True)
    tape.go_to(start)
    check(tape, tape.previous_module, others, on=False)


@given(SCOPED_STEPS, SHARES)
def test_over_what_is_called_from_here(steps: ScopedSteps, share: float) -> None:
    """A run ends at the first step that is not inside of a part of this module."""
    root = in_modules(steps)
    tape, names = Tape(root), scopes(root)
    start = at(tape, share)
    parts = (names[start - 1] if start else "").split(".")
    inside = [
        name != "" if parts == [""] else name.split(".")[: len(parts)] == parts
        for name in names
    ]
    same = [name.split(".") == parts for name in names]
    others = [
        m
        for m, (is_in, is_same) in enumerate(zip(inside, same, strict=True), start=1)
        if is_same or not is_in
    ]
    check(tape, tape.over, others, on=True)
    tape.go_to(start)
    check(tape, tape.back_over, others, on=False)


def model() -> Value:
    """Return a loss behind a module of two parts."""
    x = Value(2.0)
    with scope("model"):
        with scope("first"):
            y = tanh(x * 3.0)
        with scope("second"):
            y = tanh(y * 4.0)
        y = y + 1.0
    return y * y


def test_the_way_through_a_model() -> None:
    """Over it in one step from outside, part by part from inside."""
    tape = Tape(model())

    def way(move: Callable[[Tape], Any]) -> list[int]:
        tape.go_to(0)
        found = []
        while move(tape) is not None:
            found.append(tape.moment)
        return found

    assert way(Tape.over) == [6, 7, 8]
    assert way(Tape.next_module) == [1, 3, 5, 6, 9, 10, 12]
    tape.go_to(5)
    assert tape.back_over() is None
    tape.go_to(9)
    assert [tape.over() and tape.moment for _ in range(2)] == [None, None]


@pytest.mark.parametrize(
    ("move", "start"),
    [
        (Tape.over, 0),
        (Tape.next_module, 2),
        (Tape.back_over, 6),
        (Tape.previous_module, 4),
    ],
)
def test_a_breakpoint_on_the_way_through_a_module_stops(
    move: Callable[[Tape], Any], start: int
) -> None:
    """As in every debugger, stepping over a call does not run over a breakpoint."""
    tape = Tape(model())
    each = tape.break_at("n5")
    tape.go_to(start)
    move(tape)

    assert tape.nodes[5].op is not None
    assert tape.moment == tape.computed_at(tape.nodes[5])
    assert [stop.breakpoint for stop in tape.stops] == [each]
    assert each.hits == 1


@pytest.mark.parametrize(
    "move", [Tape.step, Tape.back, lambda tape: tape.go_to(tape.moment)]
)
def test_the_reasons_of_a_run_end_with_the_next_move(move: Any) -> None:
    """A step by hand after a breakpoint is none of it."""
    tape = Tape(tanh(Value(1.0)) * 2.0)
    tape.break_at(op="tanh")
    tape.run()
    assert len(tape.stops) == 1

    move(tape)

    assert tape.stops == []
