"""The moments of both passes: what is done and undone, bit for bit."""

import sys
import time
import tracemalloc
from collections.abc import Callable
from contextlib import ExitStack
from types import FrameType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)
from reference_passes import (
    HOSTILE,
    Recipe,
    Reference,
    all_bits,
    bits,
    expected_bits,
    recipes,
    roots,
)

from autograd_core import Op, Value, dot, topological_order, where
from autograd_core.debug import Tape
from autograd_core.debug.tape import moments
from autograd_core.hooks import hook


# --- the schedule -------------------------------------------------------------------
@given(roots())
def test_the_steps_are_those_of_both_passes(root: Value) -> None:
    """Each value in topological order, then the seed, then each gradient in reverse."""
    reference = Reference(root)
    tape = Tape(root)
    steps = list(tape)

    assert [(step.kind, step.node) for step in steps] == reference.schedule
    assert [step.number for step in steps] == list(range(1, len(tape) + 1))
    assert [bits(step.value) for step in steps] == [
        bits(reference.values[step.node]) for step in steps
    ]
    assert len(tape) == len(reference.schedule)
    assert tape.forward_steps == reference.forward_steps
    assert tape.nodes == reference.nodes


@given(roots())
def test_a_step_tells_what_it_did(root: Value) -> None:
    """A step backward names each contribution, and the sum after it was added."""
    tape, reference = Tape(root), Reference(root)
    for step in tape:
        before, after = (reference.grads(m) for m in (step.number - 1, step.number))
        if step.kind == "forward":
            assert step.contributions == ()
            assert step.touched == (step.node,)
            continue
        assert bits(step.gradient) == bits(after.get(step.node))
        locals_ = reference.local_derivatives(step.node) if step.number - 1 else ()
        expected = [
            (step.node, place, parent, bits(local))
            for place, (parent, local) in enumerate(
                zip(step.node.parents, locals_, strict=True)
            )
            if local is not None and step.gradient is not None
        ]
        found = step.contributions
        if step.kind == "seed":
            assert found == ()
            assert step.touched == (root,)
            continue
        assert [(c.child, c.place, c.parent, bits(c.local)) for c in found] == expected
        for c in found:
            assert bits(c.upstream) == bits(step.gradient)
            assert bits(c.amount) == bits(c.upstream * c.local)
        sums = {c.parent: bits(c.total) for c in found}
        assert sums == {c.parent: bits(after[c.parent]) for c in found}
        assert step.touched == tuple(dict.fromkeys(c.parent for c in found))
        changed = {n for n in after if bits(after[n]) != bits(before.get(n))}
        assert changed <= set(step.touched)


@given(roots())
def test_the_last_step_is_the_one_that_led_here(root: Value) -> None:
    """`last` is what `step` returned; `back` returns what it undoes."""
    tape = Tape(root)
    assert tape.last is None
    assert tape.back() is None
    while (step := tape.step()) is not None:
        assert repr(tape.last) == repr(step)
        assert repr(tape.back()) == repr(step)
        assert tape.moment == step.number - 1
        tape.step()
    assert tape.step() is None
    assert tape.moment == len(tape)


# --- the gradients ------------------------------------------------------------------
def left_by_backward(node: Value) -> float | None:
    """Return the gradient of a node, None where no pass has reached it."""
    return node.grad if node.has_grad else None


@given(roots())
def test_at_the_end_every_gradient_is_that_of_backward(root: Value) -> None:
    """To the last bit; what backward() does not reach, the tape does not either."""
    tape = Tape(root)
    tape.go_to(len(tape))
    if root.requires_grad:
        root.backward()

    for node in tape.nodes:
        assert bits(tape.grad(node)) == bits(left_by_backward(node))


@given(roots())
def test_every_moment_is_the_one_that_a_replay_gives(root: Value) -> None:
    """Value, gradient and state of each node, going on and going back."""
    tape, reference = Tape(root), Reference(root)
    expected = [expected_bits(reference, m) for m in range(len(tape) + 1)]
    for moment in (*range(len(tape) + 1), *reversed(range(len(tape)))):
        if moment < tape.moment:
            tape.back()
        elif moment > tape.moment:
            tape.step()
        assert tape.moment == moment
        assert all_bits(tape) == expected[moment]


@given(recipes(), st.lists(st.floats(0, 1), max_size=8))
def test_every_moment_is_reached_from_every_other(
    recipe: Recipe, places: list[float]
) -> None:
    """However far, and in whatever direction."""
    root = recipe.nodes()[-1]
    tape, reference = Tape(root), Reference(root)
    for place in places:
        tape.go_to(round(place * len(tape)))
        assert tape.moment == round(place * len(tape))
        assert all_bits(tape) == expected_bits(reference, tape.moment)


@given(roots(), st.sampled_from(HOSTILE))
def test_the_nodes_of_the_program_are_left_alone(root: Value, grad: float) -> None:
    """A tape keeps its numbers to itself, whatever is done on it."""
    nodes = topological_order(root)
    for node in nodes[::2]:
        node.grad = grad

    def held() -> list[Any]:
        return [(bits(n.data), bits(n.grad), n.has_grad, n.label) for n in nodes]

    before = held()
    tape = Tape(root)
    for step in tape:
        tape.received(step.node)
    tape.set(nodes[0], 3.0)
    tape.go_to(0)

    assert held() == before


def test_what_was_recorded_counts() -> None:
    """Leaves that are assigned after the graph was made change nothing, as in training.

    `backward()` too is that of the forward pass that ran.
    """
    x, w = Value(3.0), Value(4.0)
    y = x * w
    root = y * y
    x.data = w.data = y.data = root.data = 100.0
    tape = Tape(root)
    tape.go_to(len(tape))
    root.backward()

    assert [tape.data(node) for node in (x, w, y, root)] == [3.0, 4.0, 12.0, 144.0]
    assert tape.grad(x) == x.grad == 24.0 * 4.0
    assert tape.grad(w) == w.grad == 24.0 * 3.0


def test_of_a_leaf_that_changed_between_its_uses_each_use_counts() -> None:
    """Each operation has its own operand; the value shown is the first."""
    x = Value(3.0)
    square = x * x
    x.data = 5.0
    root = square * x
    tape = Tape(root)
    tape.go_to(len(tape))
    root.backward()

    assert tape.data(x) == 3.0
    assert tape.operands(root) == (9.0, 5.0)
    assert tape.grad(x) == x.grad == 9.0 + 5.0 * 6.0


def test_a_leaf_is_a_root_too() -> None:
    """Its only step is the seed."""
    x = Value(3.0)
    tape = Tape(x)

    assert (tape.data(x), tape.state(x), len(tape)) == (3.0, "computed", 1)
    (step,) = tape
    assert (step.kind, step.value, step.gradient) == ("seed", 3.0, 1.0)
    assert (tape.grad(x), tape.state(x)) == (1.0, "final")


def test_a_root_that_needs_no_gradient_has_no_backward_pass() -> None:
    """Its steps are the values; a constant has none, and a tape all the same."""
    a = Value(3.0, requires_grad=False)
    tape, empty = Tape(a * a + 1.0), Tape(a)
    kinds = [step.kind for step in tape]

    assert kinds == ["forward", "forward"]
    assert {tape.state(node) for node in tape.nodes} == {"constant"}
    assert len(empty) == 0
    assert empty
    assert empty.step() is empty.back() is empty.last is None
    assert empty.run() is empty.reverse() is empty.over() is None
    empty.go_to(0)


def test_a_gradient_that_was_switched_off_later_stays_off() -> None:
    """As for `backward()`, what counts is what the nodes say then."""
    x, w = Value(3.0), Value(4.0)
    root = x * w * 2.0
    w.requires_grad = False
    tape = Tape(root)
    tape.go_to(len(tape))

    assert (tape.grad(x), tape.grad(w), tape.state(w)) == (8.0, None, "constant")
    root.requires_grad = False
    tape = Tape(root)
    assert [step.kind for step in tape] == ["forward", "forward"]
    assert set(map(tape.sent_at, tape.nodes)) == {None}


def test_the_branch_not_taken_is_reached_by_nothing() -> None:
    """Its steps are there, and hand on nothing."""
    x = Value(2.0)
    idle = x * 3.0
    root = where(x > 0, x * x, idle)
    tape = Tape(root)
    tape.go_to(len(tape))
    sent = tape.sent_at(idle)
    assert sent is not None
    tape.go_to(sent)
    step = tape.last

    assert step is not None
    assert (step.node, step.gradient, step.contributions) == (idle, None, ())
    assert tape.state(idle) == "computed"


# --- any walk -----------------------------------------------------------------------
class Walk(RuleBasedStateMachine):
    """Every way to move along a tape, and to change it, against a replay."""

    @initialize(recipe=recipes(min_size=1))
    def start(self, recipe: Recipe) -> None:
        """Take a graph."""
        self.root = recipe.nodes()[-1]
        self.tape, self.settings = Tape(self.root), dict[Value, float]()
        self.reference, self.moment = Reference(self.root), 0
        self.at_nodes: list[Value] = []

    @rule()
    def step(self) -> None:
        """Go on by one."""
        step = self.tape.step()
        assert (step is None) == (self.moment == len(self.tape))
        self.moment = min(self.moment + 1, len(self.tape))

    @rule()
    def back(self) -> None:
        """Go back by one."""
        step = self.tape.back()
        assert (step is None) == (self.moment == 0)
        self.moment = max(self.moment - 1, 0)

    @rule(share=st.floats(0, 1))
    def go_to(self, share: float) -> None:
        """Go anywhere."""
        self.moment = round(share * len(self.tape))
        self.tape.go_to(self.moment)

    @precondition(lambda self: len(self.at_nodes) < 3)
    @rule(place=st.integers(0, 99))
    def break_at(self, place: int) -> None:
        """Stop at a node from now on."""
        node = self.tape.nodes[place % len(self.tape.nodes)]
        self.tape.break_at(node)
        self.at_nodes.append(node)

    @rule()
    def clear(self) -> None:
        """Stop nowhere any more."""
        for each in list(self.tape.breakpoints):
            self.tape.clear(each)
        self.at_nodes = []

    @rule()
    def run(self) -> None:
        """Go on to a breakpoint, or to the end."""
        stops = [m for m in self.stops() if m > self.moment]
        self.moment = min(stops, default=len(self.tape))
        step = self.tape.run()
        assert (step.number if step else None) == min(stops, default=None)

    @rule()
    def reverse(self) -> None:
        """Go back to a breakpoint, or to the start."""
        stops = [m for m in self.stops() if m < self.moment]
        self.moment = max(stops, default=0)
        step = self.tape.reverse()
        assert (step.number if step else None) == max(stops, default=None)

    @rule(place=st.integers(0, 99))
    def run_to(self, place: int) -> None:
        """Go on to a node, whatever the breakpoints."""
        node = self.tape.nodes[place % len(self.tape.nodes)]
        later = [m for m in self.reference.arrivals(node) if m > self.moment]
        self.moment = min(later, default=len(self.tape))
        self.tape.run_to(node)

    @rule(place=st.integers(0, 99), number=st.sampled_from(HOSTILE))
    def set(self, place: int, number: float) -> None:
        """Give a node another value."""
        node = self.tape.nodes[place % len(self.tape.nodes)]
        self.settings[node] = number
        self.tape.set(node, number)
        self.reference = Reference(self.root, self.settings)

    @rule()
    def restore(self) -> None:
        """Take back what was set."""
        self.settings = {}
        self.tape.restore()
        self.reference = Reference(self.root)

    def stops(self) -> list[int]:
        """Return the moments at which the breakpoints stop."""
        return [m for node in self.at_nodes for m in self.reference.arrivals(node)]

    @invariant()
    def agrees(self) -> None:
        """Everything is what the replay gives at this moment."""
        assert self.tape.moment == self.moment
        assert self.tape.is_changed == bool(self.settings)
        assert all_bits(self.tape) == expected_bits(self.reference, self.moment)


class TestWalk(Walk.TestCase):  # type: ignore[name-defined, misc]
    """Hypothesis looks for a walk that goes astray."""

    settings = settings(stateful_step_count=25)


# --- hooks --------------------------------------------------------------------------
CHANGES: dict[str, Callable[[float], float | None]] = {
    "nothing": lambda gradient: None,
    "negated": lambda gradient: -gradient,
    "doubled": lambda gradient: 2 * gradient,
    "minus zero": lambda gradient: -0.0,
    "clipped": lambda gradient: max(-1.0, min(1.0, gradient)),
    "nan": lambda gradient: float("nan"),
}
HOOKS = st.lists(st.tuples(st.integers(0, 99), st.sampled_from(sorted(CHANGES))))


class Hooked(Reference):
    """Both passes in which functions change gradients that are complete."""

    functions: dict[Value, list[Callable[[float], float | None]]]

    def grads(self, moment: int) -> dict[Value, float]:
        """Return what has reached each node after so many steps."""
        grads: dict[Value, float] = {}
        for m, (kind, node) in enumerate(self.schedule[:moment], start=1):
            if kind == "seed":
                grads[node] = 1.0
            elif kind == "backward" and node in grads:
                locals_ = self.local_derivatives(node)
                for parent, local in zip(node.parents, locals_, strict=True):
                    if local is not None:
                        grads[parent] = grads.get(parent, 0.0) + grads[node] * local
            for each in [n for n in grads if self.complete_at(n) == m]:
                for change in self.functions.get(each, []):
                    changed = change(grads[each])
                    grads[each] = grads[each] if changed is None else changed
                if not each.parents:
                    grads[each] += 0.0
        return grads


@given(roots(), HOOKS)
def test_hooks_change_gradients_that_are_complete(
    root: Value, asked: list[tuple[int, str]]
) -> None:
    """As in `backward()`, bit for bit; what is undone is as it was before."""
    tape, reference = Tape(root), Hooked(root)
    reference.functions = {}
    with ExitStack() as hooks:
        for place, name in asked:
            node = tape.nodes[place % len(tape.nodes)]
            if node.requires_grad:
                hooks.enter_context(hook(node, CHANGES[name]))
                reference.functions.setdefault(node, []).append(CHANGES[name])
        expected = [expected_bits(reference, m) for m in range(len(tape) + 1)]
        for moment in (*range(len(tape) + 1), *reversed(range(len(tape)))):
            tape.go_to(moment)
            assert all_bits(tape) == expected[moment]
        tape.run()
        if root.requires_grad:
            root.backward()
            for node in tape.nodes:
                assert bits(tape.grad(node)) == bits(left_by_backward(node))


def test_a_hook_is_called_when_the_gradient_is_complete_and_before_it_is_sent() -> None:
    """Once for each time that the pass goes by; undoing calls none."""
    x, seen = Value(3.0), list[float]()
    y = x * x
    tape = Tape(y * y)
    with hook(y, seen.append), hook(x, seen.append):
        tape.go_to(tape.complete_at(y) - 1)
        assert seen == []
        tape.step()
        assert seen == [18.0]
        tape.step()
        assert seen == [18.0, 108.0]
        tape.go_to(0)
        assert seen == [18.0, 108.0]
        tape.run()
        assert seen == [18.0, 108.0] * 2


def test_hooks_may_come_and_go_during_a_pass() -> None:
    """What is registered when a gradient becomes complete counts."""
    x = Value(3.0)
    y = x * x
    tape = Tape(y * 2.0)
    with hook(y, lambda gradient: 5.0):
        tape.go_to(tape.complete_at(y))
        assert tape.grad(y) == 5.0
        tape.back()
    tape.run()

    assert (tape.grad(y), tape.grad(x)) == (2.0, 12.0)


def fail(gradient: float) -> float:
    """Raise."""
    raise ZeroDivisionError


@pytest.mark.parametrize(
    ("function", "error"),
    [(fail, ZeroDivisionError), (lambda gradient: "2", TypeError)],
)
def test_a_hook_that_fails_leaves_the_moment_as_it_was(
    function: Callable[[float], Any], error: type[Exception]
) -> None:
    """Neither its own gradient nor another of the same step is changed."""
    x, w = Value(3.0), Value(4.0)
    tape = Tape(x * w)
    with hook(w, function):
        for _ in range(2):
            with pytest.raises(error):
                tape.run()
            assert tape.moment == len(tape) - 1
            assert (tape.grad(x), tape.grad(w)) == (None, None)
        tape.go_to(0)
        with pytest.raises(error):
            tape.run()
    tape.run()

    assert (tape.grad(x), tape.grad(w)) == (4.0, 3.0)


# --- errors and interruptions -------------------------------------------------------
def broken_graph() -> tuple[Value, Value]:
    """Return a root, and a node on the way whose partial raises."""
    broken = Op(
        "broken", lambda a, b: a + b, (lambda y, a, b: 2.0, lambda y, a, b: 1 / 0)
    )
    x, w = Value(3.0), Value(4.0)
    node = broken(x * x, w)
    return node * x + w, node


@pytest.mark.parametrize("move", [Tape.step, Tape.run, lambda t: t.go_to(len(t)), list])
def test_a_step_that_raises_is_not_done(move: Callable[[Tape], Any]) -> None:
    """The tape stands before it with every number, and goes back from there."""
    root, node = broken_graph()
    tape = Tape(root)
    sent = tape.sent_at(node)
    assert sent is not None
    tape.go_to(sent - 1)
    before = all_bits(tape)
    if move is not Tape.step:
        tape.go_to(0)
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            move(tape)
        assert tape.moment == sent - 1
        assert all_bits(tape) == before
    tape.go_to(0)
    assert set(map(tape.grad, tape.nodes)) == {None}


def test_a_partial_that_returns_no_number_leaves_nothing_half_done() -> None:
    """The sums of the other operands are not touched either."""
    odd = Op("odd", lambda a, b: a + b, (lambda y, a, b: 1.0, lambda y, a, b: "1"))
    x, w = Value(3.0), Value(4.0)
    tape = Tape(odd(x, w))
    tape.go_to(len(tape) - 1)
    with pytest.raises(TypeError):
        tape.step()

    assert tape.moment == len(tape) - 1
    assert (tape.grad(x), tape.grad(w)) == (None, None)


class Interruption:
    """Press Ctrl-C at the n-th line that is executed in the tape's own modules."""

    def __init__(self, n: int) -> None:
        self.left = n

    def __call__(self, frame: FrameType, event: str, _: Any) -> Any:
        """Count lines, and interrupt once."""
        if frame.f_code.co_filename != moments.__file__:
            return None
        if event == "line" and self.left >= 0:
            self.left -= 1
            if self.left < 0:
                raise KeyboardInterrupt
        return self

    def during(self, move: Callable[[], Any]) -> bool:
        """Tell whether a move was interrupted."""
        outer = sys.gettrace()
        sys.settrace(self)
        try:
            move()
        except KeyboardInterrupt:
            return True
        finally:
            sys.settrace(outer)
        return False


@pytest.mark.parametrize(("start", "end"), [(0.0, 1.0), (1.0, 0.0)])
def test_an_interruption_anywhere_leaves_a_moment_as_it_is(
    start: float, end: float
) -> None:
    """At whichever line a person presses Ctrl-C in a run, on or back."""
    x, w = Value(3.0), Value(-0.5)
    y = x * w
    root = dot([x, y], [y, w], x) * x
    reference = Reference(root)
    for n in range(10_000):
        tape = Tape(root)
        tape.go_to(round(start * len(tape)))
        go = lambda tape=tape: tape.go_to(round(end * len(tape)))  # noqa: E731
        interrupted = Interruption(n).during(go)
        assert all_bits(tape) == expected_bits(reference, tape.moment)
        tape.go_to(len(tape))
        assert all_bits(tape) == expected_bits(reference, len(tape))
        if not interrupted:
            break

    assert 40 < n < 10_000


# --- size ---------------------------------------------------------------------------
def chain(length: int) -> Value:
    """Return a chain of operations that all read one leaf."""
    x, w = Value(0.5), Value(0.25)
    y = x
    for i in range(length):
        y = y * w if i % 2 else y + x
    return y


def test_a_chain_of_200_000_operations() -> None:
    """To the end and back, with every answer on the way, touches no recursion limit."""
    root = chain(200_000)
    tape = Tape(root)
    tape.go_to(len(tape))
    root.backward()
    x = tape.nodes[0]

    assert bits(tape.grad(x)) == bits(x.grad)
    assert len(tape.received(x)) == 100_001
    assert bits(tape.received(x)[-1].total) == bits(x.grad)
    assert tape.state(x) == "final"
    assert len(tape.set(x, 0.75)) == 200_001
    tape.restore()
    assert bits(tape.grad(x)) == bits(x.grad)
    tape.go_to(0)
    assert set(map(tape.grad, tape.nodes)) == {None}


def walk(tape: Tape) -> float:
    """Return how long 500 steps forward and back take in the backward pass."""
    tape.go_to(tape.forward_steps + 100)
    start = time.perf_counter()
    for _ in range(500):
        tape.step()
        tape.state(tape.nodes[0])
    for _ in range(500):
        tape.back()
    return time.perf_counter() - start


def test_a_step_costs_the_same_in_any_graph() -> None:
    """A graph of two hundred times the size makes no step much slower."""
    small, large = Tape(chain(1_000)), Tape(chain(200_000))
    walk(small), walk(large)

    assert walk(large) < 30 * walk(small)


def memory_of_steps(length: int) -> int:
    """Return the bytes that it takes to be able to undo both passes."""
    tape = Tape(chain(length))
    tracemalloc.start()
    try:
        tape.go_to(len(tape))
        return tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()


def test_nothing_of_the_graph_is_copied_for_a_step() -> None:
    """What is kept to undo a step is what it added to, of a few nodes."""
    small, large = memory_of_steps(10_000), memory_of_steps(40_000)

    assert large < 5 * small


# --- bad input ----------------------------------------------------------------------
@pytest.mark.parametrize(
    ("root", "described"),
    [
        (3.0, "3.0 of type float"),
        (None, "None of type NoneType"),
        ("loss", "'loss' of type str"),
        ([Value(1.0)], "of type list"),
        (Value, "of type type"),
    ],
)
def test_a_tape_is_made_of_a_value(root: Any, described: str) -> None:
    """The message says what was passed."""
    with pytest.raises(TypeError, match=described):
        Tape(root)


@pytest.mark.parametrize("moment", [-1, 6, 10**30, -(10**30)])
def test_a_moment_that_there_is_not(moment: int) -> None:
    """The message says which there are, and the tape stays where it is."""
    x = Value(3.0)
    tape = Tape(x * x + x)
    tape.go_to(4)
    before = all_bits(tape)
    with pytest.raises(ValueError, match=rf"no moment {moment}: .* 0 to 5"):
        tape.go_to(moment)

    assert (tape.moment, all_bits(tape)) == (4, before)


@pytest.mark.parametrize("moment", [1.0, 1.5, float("nan"), "3", None, [1], 1j])
def test_a_moment_is_a_whole_number(moment: Any) -> None:
    """Half a step leads nowhere."""
    x = Value(3.0)
    tape = Tape(x * x + x)
    with pytest.raises(TypeError, match="a whole number from 0 to 5, not"):
        tape.go_to(moment)

    assert tape.moment == 0


def test_a_moment_is_reached_and_not_assigned() -> None:
    """Assigning it would leave the gradients behind."""
    tape = Tape(Value(3.0) * 2.0)
    with pytest.raises(AttributeError):
        tape.moment = 2  # type: ignore[misc]


@pytest.mark.parametrize("ask", ["place", "data", "grad", "state", "received",
    "children", "operands", "local_derivatives", "computed_at", "sent_at",
    "complete_at"])  # fmt: skip
@pytest.mark.parametrize("node", [Value(1.0, label="other"), "x", None, 3, [1]])
def test_a_node_that_is_not_on_the_tape(ask: str, node: Any) -> None:
    """Whatever is asked, the message names what was given."""
    x = Value(3.0, label="x")
    tape = Tape(x * x)
    with pytest.raises(ValueError, match="is not on this tape; give one of the 2"):
        getattr(tape, ask)(node)
