"""What is inside of a fused operation, against the operation itself."""

import math
from typing import Any

import pytest
from expressions import on_rows
from hypothesis import given
from hypothesis import strategies as st

from autograd_core import (
    OPS,
    NaryOp,
    Op,
    Value,
    detect_anomaly,
    dot,
    exp,
    grad,
    log,
    logsumexp,
    mean,
    no_grad,
    prod,
    total,
)
from autograd_core.debug import Tape
from autograd_core.debug.fused import Part, parts
from autograd_core.errors import GraphError

SOFTEST = Op(  # a row of somebody's own
    "softest",
    lambda x: math.log(1.0 + math.exp(x)),
    (lambda y, x: exp(x - y),),
    definition=lambda x: log(1.0 + exp(x)),
)
FUSED = [row for row in (*OPS.values(), SOFTEST) if row.definition is not None]
NUMBERS = st.lists(st.floats(0.125, 4.0), min_size=5, max_size=5)  # add up without loss


def node_of(row: Op, operands: list[Any]) -> Value:
    """Apply a row to as many of five operands as it takes."""
    if isinstance(row, NaryOp):
        node: Value = on_rows(row.name, operands)
    else:
        node = row(*operands[: row.arity])
    return node


def ended(root: Value) -> Tape:
    """Return a tape after both passes."""
    tape = Tape(root)
    tape.go_to(len(tape))
    return tape


def is_near(x: float, y: float, ulps: int = 16) -> bool:
    """Tell whether two numbers are a few roundings apart."""
    return abs(x - y) <= ulps * math.ulp(max(abs(x), abs(y)))


def test_the_rows_with_a_definition() -> None:
    """All that are fused, and no other."""
    assert {row.name for row in FUSED} >= {"dot", "total", "mean", "prod", "logsumexp"}


@pytest.mark.parametrize("row", FUSED, ids=lambda row: row.name)
@given(numbers=NUMBERS)
def test_the_last_part_is_the_node(row: Op, numbers: list[float]) -> None:
    """Its value is the node's within a few ULP, its gradient that of the tape."""
    tape = ended(node_of(row, [*map(Value, numbers)]) * 3.0)
    node = tape.root.parents[0]
    *_, last = parts(tape, node)

    assert last.name == tape.names.of(node)
    assert is_near(last.value, node.data)
    assert last.gradient == tape.grad(node) == 3.0


@pytest.mark.parametrize("row", FUSED, ids=lambda row: row.name)
@given(numbers=NUMBERS)
def test_parts_are_what_plain_code_makes(row: Op, numbers: list[float]) -> None:
    """Each part is a node of the definition, with its value and its gradient."""
    fused = ended(node_of(row, [*map(Value, numbers)]) * 3.0)
    count = len(fused.root.parents[0].parents)
    definition = row.definition
    assert definition is not None
    operands = [Value(parent.data) for parent in fused.root.parents[0].parents]
    plain = ended(definition(*operands) * 3.0)
    found = parts(fused, fused.root.parents[0])
    expected = [n for n in plain.nodes if not n.is_leaf and n is not plain.root]

    assert len(operands) == count
    assert [part.value for part in found] == [node.data for node in expected]
    for part, node in zip(found, expected, strict=True):
        gradient = plain.grad(node)
        assert part.gradient is not None
        assert gradient is not None
        assert is_near(part.gradient, gradient)


def test_parts_are_written_on_the_operands_names() -> None:
    """Operands have their names, constants their numbers, parts are p1, p2, ..."""
    x, w = Value(2.0, label="x"), Value(3.0, label="w")
    tape = Tape(dot([x, x], [w, 5.0]))

    assert parts(tape, tape.root) == [
        Part("p1", "x * w", 6.0, None),
        Part("p2", "0 + p1", 6.0, None),
        Part("p3", "x * 5", 10.0, None),
        Part("n4", "p2 + p3", 16.0, None),
    ]


def test_a_part_has_a_name_of_its_own() -> None:
    """No operand is called as a part is."""
    tape = Tape(total([Value(1.0, label="p1"), Value(2.0, label="p2_")]))
    names = [part.name for part in parts(tape, tape.root)]

    assert names == ["p1_", tape.names.of(tape.root)]
    assert parts(tape, tape.root)[1].formula == "p1_ + p2_"


@pytest.mark.parametrize("moment", [0, 1, 2, 3])
def test_gradients_come_when_the_node_has_one(moment: int) -> None:
    """Before it, parts have values and no gradients."""
    tape = Tape(mean([Value(1.0), Value(3.0)]) * 2.0)
    tape.go_to(moment)
    found = parts(tape, tape.root.parents[0])
    assert [part.gradient for part in found] == [None] * 3
    tape.go_to(4)
    found = parts(tape, tape.root.parents[0])
    assert [part.gradient for part in found] == [1.0, 1.0, 2.0]
    assert [part.value for part in found] == [1.0, 4.0, 2.0]


def test_a_part_of_constants_has_no_gradient() -> None:
    """It flows to none of them."""
    x, constant = Value(2.0), Value(3.0, requires_grad=False)
    tape = ended(dot([constant, x], [constant, constant]))

    assert [part.gradient for part in parts(tape, tape.root)] == [None, None, 1.0, 1.0]
    everything = Tape(total([constant, constant]))
    assert {part.gradient for part in parts(everything, everything.root)} == {None}


def test_what_was_set_is_expanded() -> None:
    """Parts have the numbers of the tape."""
    x = Value(2.0, label="x")
    tape = Tape(total([x, x]))
    tape.set(x, 10.0)

    assert [part.value for part in parts(tape, tape.root)] == [10.0, 20.0]


def test_contexts_that_are_open_do_no_harm() -> None:
    """Parts are made under `no_grad()`, `detect_anomaly()` and within `grad` alike."""
    xs = [Value(x, label=label) for x, label in ((1.0, "a"), (900.0, "b"))]
    tape = ended(logsumexp(xs))
    expected = parts(tape, tape.root)
    with no_grad():
        assert parts(tape, tape.root) == expected
    with detect_anomaly():  # e⁹⁰⁰ overflows, of which the program knows nothing
        assert parts(tape, tape.root) == expected
    assert math.inf in [part.value for part in expected]

    def f(x: Value) -> Value:
        assert repr(parts(tape, tape.root)) == repr(expected)
        return x * x

    assert grad(f)(3.0) == 6.0


@pytest.mark.parametrize(
    ("node", "why"),
    [
        (Value(2.0, label="x"), "x cannot be expanded: it is a leaf"),
        (Value(2.0) * 3.0, "n2 cannot be expanded: mul is elementary"),
        (Value(2.0).tanh(), "n1 cannot be expanded: tanh is elementary"),
    ],
)
def test_what_is_elementary_is_not_expanded(node: Value, why: str) -> None:
    """The message says what it is."""
    with pytest.raises(GraphError, match=why):
        parts(Tape(node), node)


def test_a_node_of_another_graph_is_refused() -> None:
    """Parts are those of a node on the tape."""
    with pytest.raises(GraphError, match="not on this tape"):
        parts(Tape(Value(1.0)), total([Value(1.0)]))


def test_definitions_that_compute_nothing() -> None:
    """One that returns an operand, or a number, has no parts."""
    for definition in (lambda x: x, lambda x: 1.0):
        row = Op("same", lambda x: x, (lambda y, x: 1.0,), definition=definition)
        tape = Tape(row(Value(1.0)))
        assert parts(tape, tape.root) == []


def test_a_long_product_has_its_parts() -> None:
    """Ten thousand operands are ten thousand parts, and nothing recurses."""
    tape = Tape(prod([Value(1.0) for _ in range(10_000)]))

    assert len(parts(tape, tape.root)) == 10_000
