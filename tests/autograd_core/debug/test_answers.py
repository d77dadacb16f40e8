"""What is known at a moment, and what would be if a value were another."""

import math
import time
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
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

from autograd_core import OPS, Op, Value, topological_order, total, where
from autograd_core.debug import Tape

SHARES = st.floats(0, 1)


def at(tape: Tape, share: float) -> int:
    """Go to this share of the steps, and return the moment."""
    tape.go_to(round(share * len(tape)))
    return tape.moment


# --- what is known ------------------------------------------------------------------
@given(roots())
def test_when_a_node_is_computed_complete_and_sent(root: Value) -> None:
    """The three moments of a node, by looking through the schedule."""
    tape, reference = Tape(root), Reference(root)
    for node in tape.nodes:
        assert tape.computed_at(node) == reference.computed_at(node)
        assert tape.sent_at(node) == reference.sent_at(node)
        assert tape.complete_at(node) == reference.complete_at(node)
        assert 0 <= tape.complete_at(node) <= len(tape)


@given(roots())
def test_a_gradient_that_is_final_stays(root: Value) -> None:
    """Once it is complete it is that of the end, and not sent on before."""
    tape = Tape(root)
    tape.go_to(len(tape))
    end = {node: bits(tape.grad(node)) for node in tape.nodes}
    for node in tape.nodes:
        tape.go_to(tape.complete_at(node))
        assert bits(tape.grad(node)) == end[node]
        sent = tape.sent_at(node)
        assert sent is None or sent > tape.complete_at(node)


@given(roots(), SHARES)
def test_what_was_received_sums_up_to_the_gradient(root: Value, share: float) -> None:
    """In the order it came, bit for bit, at every moment."""
    tape, reference = Tape(root), Reference(root)
    moment = at(tape, share)
    grads = reference.grads(moment)
    for node in tape.nodes:
        received, so_far = tape.received(node), 0.0
        for sent in received:
            assert sent.parent is node
            assert sent.child.parents[sent.place] is node
            assert bits(sent.upstream) == bits(grads[sent.child])
            assert bits(sent.amount) == bits(sent.upstream * sent.local)
            so_far += sent.amount
            assert bits(sent.total) == bits(so_far)
        moments = [tape.sent_at(sent.child) for sent in received]
        assert moments == sorted(m for m in moments if m is not None)
        assert all(m is not None and m <= moment for m in moments)
        if node is not root:
            assert bits(so_far if received else None) == bits(tape.grad(node))


@given(roots(), SHARES)
def test_what_the_steps_told_is_what_was_received(root: Value, share: float) -> None:
    """No contribution of a step is lost, and none comes from elsewhere."""
    tape = Tape(root)
    moment = at(tape, share)
    tape.go_to(0)
    told = [c for _ in range(moment) for c in getattr(tape.step(), "contributions", ())]
    for node in tape.nodes:
        expected = [repr(c) for c in told if c.parent is node]
        assert [repr(c) for c in tape.received(node)] == expected


@given(roots())
def test_children_operands_and_local_derivatives(root: Value) -> None:
    """The edges from below, the numbers that came up, and what goes down."""
    tape, reference = Tape(root), Reference(root)
    for node in tape.nodes:
        users = [n for n in tape.nodes if any(node is p for p in n.parents)]
        locals_ = reference.local_derivatives(node)
        operands = [reference.values[parent] for parent in node.parents]
        assert tape.children(node) == users
        assert list(map(bits, tape.operands(node))) == list(map(bits, operands))
        assert list(map(bits, tape.local_derivatives(node))) == list(map(bits, locals_))
        assert tape.nodes[tape.place(node)] is node


@pytest.mark.parametrize("row", OPS.values(), ids=OPS)
def test_every_row_has_its_answers(row: Op) -> None:
    """Of each row in the table, at the end of its own small graph."""
    count = row.arity or 5
    leaves = [Value(0.25 + 0.125 * i) for i in range(count)]
    root = leaves[0].__apply_op__(row, leaves) * leaves[0]
    tape = Tape(root)
    tape.go_to(len(tape))
    root.backward()

    for leaf in leaves:
        assert bits(tape.grad(leaf) or 0.0) == bits(leaf.grad)
        amounts = [sent.amount for sent in tape.received(leaf)]
        assert bits(sum(amounts, 0.0)) == bits(leaf.grad)


def test_a_node_of_very_many_operands_is_answered_for_each() -> None:
    """The same leaf twice, and a thousand others once."""
    xs = [Value(float(i)) for i in range(1000)]
    tape = Tape(total([*xs, xs[7]]))
    tape.go_to(len(tape))

    assert [tape.grad(x) for x in xs] == [2.0 if x is xs[7] else 1.0 for x in xs]
    assert [sent.place for sent in tape.received(xs[7])] == [7, 1000]


# --- other values -------------------------------------------------------------------
@given(recipes(), st.integers(0, 3), st.sampled_from(HOSTILE), SHARES)
def test_a_leaf_that_is_set_is_as_in_a_new_graph(
    recipe: Recipe, place: int, number: float, share: float
) -> None:
    """Values and gradients are those of a graph made with the other number."""
    nodes, place = recipe.nodes(), place % len(recipe.leaves)
    leaf, root = nodes[place], nodes[-1]
    tape = Tape(root)
    assume(leaf in tape.nodes)
    moment = at(tape, share)
    tape.set(leaf, number)
    new = Reference(recipe.nodes({place: number})[-1])

    assert tape.moment == moment
    assert all_bits(tape) == expected_bits(new, moment)
    assert tape.is_changed
    for m in (len(tape), 0, moment):
        tape.go_to(m)
        assert all_bits(tape) == expected_bits(new, m)


@given(roots(), st.lists(st.tuples(st.integers(0, 99), st.sampled_from(HOSTILE))),
    SHARES)  # fmt: skip
def test_several_nodes_may_be_set(
    root: Value, asked: list[tuple[int, float]], share: float
) -> None:
    """Leaves, constants, operations and the root, one after the other.

    An operation that is set hands its gradient on with the local derivatives at its
    operands.
    """
    tape, settings = Tape(root), dict[Value, float]()
    moment = at(tape, share)
    for place, number in asked:
        node = tape.nodes[place % len(tape.nodes)]
        settings[node] = number
        tape.set(node, number)
    reference = Reference(root, settings)

    assert all_bits(tape) == expected_bits(reference, moment)
    for node in tape.nodes:
        expected = reference.local_derivatives(node)
        assert [*map(bits, tape.local_derivatives(node))] == [*map(bits, expected)]


@given(roots(), st.lists(st.tuples(st.integers(0, 99), st.sampled_from(HOSTILE))),
    SHARES)  # fmt: skip
def test_what_changed_is_told(
    root: Value, asked: list[tuple[int, float]], share: float
) -> None:
    """Each node whose bits differ, parents first, and no other; restoring too."""
    tape, settings, old = Tape(root), dict[Value, float](), Reference(root)
    at(tape, share)
    before = all_bits(tape)
    for place, number in asked:
        node = tape.nodes[place % len(tape.nodes)]
        settings[node] = number
        new = Reference(root, settings)
        check_changes(old, new, tape.set(node, number))
        old = new
    check_changes(old, Reference(root), tape.restore())

    assert not tape.is_changed
    assert all_bits(tape) == before
    assert tape.restore() == []


def check_changes(old: Reference, new: Reference, changes: list[Any]) -> None:
    """Hold what was told against the values before and after."""
    expected = [
        (node, bits(x), bits(y))
        for node, x in old.values.items()
        if bits(x) != bits(y := new.values[node])
    ]
    assert [(node, bits(x), bits(y)) for node, x, y in changes] == expected


def test_negative_zero_is_another_number() -> None:
    """1/x tells the two zeros apart, so a change between them is one."""
    x = Value(0.0)
    tape = Tape(1.0 / x)
    changes = tape.set(x, -0.0)

    assert [(bits(c.before), bits(c.after)) for c in changes] == [
        ("0x0.0p+0", "-0x0.0p+0"),
        ("inf", "-inf"),
    ]


def test_nan_stays_nan() -> None:
    """What was nan and is nan has not changed."""
    x = Value(math.nan)
    tape = Tape(x * x)

    assert tape.set(x, math.nan) == []
    assert tape.is_changed
    assert [c.node for c in tape.set(x, 2.0)] == tape.nodes


def test_the_condition_of_where_takes_the_other_branch() -> None:
    """The value, and the way of the gradient."""
    x, a, b = Value(1.0), Value(2.0), Value(3.0)
    root = where(x > 0, a * a, b * b)
    tape = Tape(root)
    tape.go_to(len(tape))
    condition = root.parents[0]
    assert [tape.grad(node) for node in (a, b)] == [4.0, None]
    changes = tape.set(condition, 0.0)

    assert [c.node for c in changes] == [condition, root]
    assert (tape.data(root), tape.state(a), tape.state(b)) == (9.0, "computed", "final")
    assert [tape.grad(node) for node in (a, b, condition)] == [None, 6.0, None]
    tape.restore()
    assert [tape.grad(node) for node in (a, b)] == [4.0, None]


def test_an_operation_that_is_set_hangs_together_above_and_below() -> None:
    """What follows is computed from it; what it hands on is that of its operands."""
    x = Value(3.0)
    y = x * x
    root = y * y
    tape = Tape(root)
    tape.go_to(len(tape))
    tape.set(y, 5.0)

    assert tape.data(root) == 25.0
    assert tape.grad(y) == 10.0
    assert tape.local_derivatives(y) == [3.0, 3.0]
    assert tape.grad(x) == 60.0
    tape.set(x, 4.0)
    assert (tape.data(y), tape.data(root), tape.grad(x)) == (5.0, 25.0, 80.0)


def test_what_was_recorded_of_a_leaf_holds_until_it_is_set() -> None:
    """Setting one leaf does not bring in what was assigned to another."""
    x, w = Value(3.0), Value(4.0)
    root = x * w
    w.data = 100.0
    tape = Tape(root)
    tape.go_to(1)
    tape.set(x, 5.0)

    assert (tape.data(w), tape.data(root)) == (4.0, 20.0)


@pytest.mark.parametrize("number", [True, 3, Fraction(1, 2), 0.5])
def test_every_real_number_may_be_set(number: Any) -> None:
    """Whatever `Value` takes."""
    x = Value(3.0)
    tape = Tape(x * x)
    tape.set(x, number)

    assert tape.data(x) == float(number)
    assert isinstance(tape.data(x), float)


@pytest.mark.parametrize("number", ["3", None, 3j, [3.0], Value(3.0), math.inf.hex])
def test_what_is_no_number_is_refused(number: Any) -> None:
    """Nothing is changed, and the message says what was passed."""
    x = Value(3.0)
    tape = Tape(x * x)
    tape.go_to(len(tape))
    before = all_bits(tape)
    with pytest.raises(TypeError, match=r"Tape\.set\(node, value\) takes a real"):
        tape.set(x, number)

    assert not tape.is_changed
    assert all_bits(tape) == before


def test_a_number_that_fits_no_float_is_refused() -> None:
    """As everywhere in the engine."""
    x = Value(3.0)
    tape = Tape(x * x)
    with pytest.raises(ValueError, match="fits a float"):
        tape.set(x, 10**400)

    assert not tape.is_changed


@pytest.mark.parametrize("node", [Value(1.0), "x", None])
def test_a_node_of_another_graph_cannot_be_set(node: Any) -> None:
    """The message says how many there are to choose from."""
    x = Value(3.0, label="x")
    tape = Tape(x * x)
    with pytest.raises(ValueError, match="not on this tape"):
        tape.set(node, 5.0)

    assert not tape.is_changed


def raising(part: str) -> tuple[Value, Value]:
    """Return a leaf and a root whose row raises above 10, in its value or later."""

    def forward(x: float) -> float:
        if part == "forward" and x > 10:
            raise RuntimeError("too large")
        return "y" if part == "text" and x > 10 else x + x  # type: ignore[return-value]

    def partial(y: float, x: float) -> float:
        if part == "partial" and x > 10:
            raise RuntimeError("too large")
        return 2.0

    x = Value(3.0)
    return x, Op("own", forward, (partial,))(x * x) * x


@pytest.mark.parametrize(("part", "error"), [("forward", RuntimeError),
    ("partial", RuntimeError), ("text", TypeError)])  # fmt: skip
def test_a_row_that_raises_leaves_everything_as_it_was(
    part: str, error: type[Exception]
) -> None:
    """The settings before, the moment, every value and every gradient."""
    x, root = raising(part)
    tape = Tape(root)
    tape.go_to(len(tape))
    tape.set(x, 2.0)
    before, moment, undone = all_bits(tape), tape.moment, []
    with pytest.raises(error):
        tape.set(x, 5.0)

    assert (all_bits(tape), tape.moment) == (before, moment)
    while (step := tape.back()) is not None:
        undone.append((step.kind, step.value))
    assert [value for kind, value in undone if kind == "forward"] == [16.0, 8.0, 4.0]
    tape.restore()
    tape.go_to(len(tape))
    root.backward()
    assert bits(tape.grad(x)) == bits(x.grad)


def test_a_row_that_returns_whole_numbers_gives_floats() -> None:
    """As when the graph was made."""
    sign = Op("own_sign", lambda x: (x > 0) - (x < 0), (lambda y, x: 0.0,))
    x = Value(3.0)
    root = sign(x)
    tape = Tape(root)
    tape.go_to(1)
    (_, change) = tape.set(x, -3.0)

    assert (change.before, change.after) == (1.0, -1.0)
    assert isinstance(change.after, float)


def test_a_partial_that_will_raise_stops_the_pass_there() -> None:
    """Set before the backward pass, the error comes with the step that asks it."""
    x, root = raising("partial")
    tape = Tape(root)
    tape.go_to(tape.forward_steps)
    tape.set(x, 5.0)
    with pytest.raises(RuntimeError, match="too large"):
        tape.run()

    assert tape.moment == tape.forward_steps + 2
    tape.restore()
    tape.run()
    assert tape.moment == len(tape)


@pytest.mark.parametrize("move", [Tape.restore, lambda tape: tape.set(tape.root, 1.0)])
def test_other_tapes_and_the_program_go_their_own_way(
    move: Callable[[Tape], Any],
) -> None:
    """Two tapes on one graph do not see each other's settings."""
    x = Value(3.0)
    root = x * x
    one, other = Tape(root), Tape(root)
    one.go_to(len(one))
    other.go_to(len(other))
    one.set(x, 5.0)
    move(other)
    root.backward()

    assert (one.data(root), one.grad(x)) == (25.0, 10.0)
    assert (root.data, x.data, x.grad) == (9.0, 3.0, 6.0)
    assert topological_order(root) == one.nodes


def test_the_values_of_leaves_cost_no_more_where_one_child_takes_them_all():
    """A sum of many leaves is read in the time of a chain of as many."""

    def seconds(root: Value) -> float:
        tape = Tape(root)
        start = time.perf_counter()
        for node in tape.nodes:
            tape.data(node)
        return time.perf_counter() - start

    count = 20_000
    chain = Value(1.0)
    for _ in range(count):
        chain = chain + Value(1.0)
    wide = total([Value(1.0) for _ in range(2 * count)])

    assert min(seconds(wide) for _ in range(3)) < 20 * min(
        seconds(chain) for _ in range(3)
    )
