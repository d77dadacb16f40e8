"""A graph as straight-line Python: the bits of `backward()`."""

import math
import random

import pytest
from generated_code import (
    assert_same_bits,
    body,
    by_backward,
    by_code,
    code_of,
    labelled,
)
from hypothesis import assume, given
from hypothesis import strategies as st
from random_graphs import STEPS, Steps, grown

from autograd_core import (
    OPS,
    Op,
    Value,
    dot,
    log,
    maximum,
    no_grad,
    prod,
    tanh,
    topological_order,
    total,
    where,
)
from autograd_core.debug.straight_line import to_python
from autograd_core.errors import OperandError
from autograd_core.testing import Expression, expressions
from autograd_core.testing.hostile import hostile_operands

FLOATS = st.floats()


# --- to the last bit ----------------------------------------------------------------
@given(expressions(max_ops=12, avoid_kinks=False))
def test_it_gives_the_bits_of_backward(drawn: Expression) -> None:
    """On random graphs of every row, at hostile points and kinks."""
    inputs = [Value(x) for x in drawn.point]
    root = drawn(*inputs)
    assume(isinstance(root, Value))

    assert_same_bits(root)


@given(STEPS)
def test_it_adds_in_the_order_of_backward(steps: Steps) -> None:
    """On graphs with many shared parts, frozen constants and branches not taken."""
    assert_same_bits(grown(steps)[-1])


@pytest.mark.parametrize("row", [OPS[name] for name in OPS if name != "where"], ids=str)
def test_every_row_at_its_hostile_points(row: Op) -> None:
    """Tails, subnormals, overflow: the text chooses no formula that the row does not.

    One text is made, at ordinary numbers, and it has to be right for all points.
    """
    points = list(hostile_operands(row))
    points = random.Random(row.name).sample(points, min(200, len(points)))
    for count in {len(point) for point in points}:
        alike = [point for point in points if len(point) == count]
        root = Value.__apply_op__(row, [Value(x) for x in alike[0]])
        code = to_python(root)
        for point in alike:
            inputs = [Value(x) for x in point]
            fresh = Value.__apply_op__(row, inputs)
            value, gradients = code(*point)

            assert [repr(x) for x in (value, *gradients.values())] == by_backward(
                fresh, inputs
            )


@given(expressions([row for row in OPS if row != "where"], max_ops=6), st.data())
def test_other_numbers_give_what_a_fresh_graph_gives(
    drawn: Expression, data: st.DataObject
) -> None:
    """Nothing of the pass at hand is in the code but its numbers, even inf and nan."""
    inputs = [Value(x) for x in drawn.point]
    root = drawn(*inputs)
    assume(isinstance(root, Value))
    numbers = data.draw(st.tuples(*[FLOATS] * len(inputs)))
    others = [Value(x) for x in numbers]

    assert by_code(root, inputs, *numbers) == by_backward(drawn(*others), others)


@given(st.lists(FLOATS, min_size=3, max_size=3))
def test_numbers_are_written_to_the_last_bit(numbers: list[float]) -> None:
    """Signed zeros, infinities, nan and subnormals, as leaves and as constants."""
    a, b = labelled(*numbers[:2])
    constant = Value(numbers[1], requires_grad=False, label="k")

    assert_same_bits(a * numbers[2] + b * constant)
    assert_same_bits(numbers[2] - a)
    assert_same_bits(a)


# --- which numbers ------------------------------------------------------------------
def test_a_leaf_that_was_assigned_since_then_has_its_former_number() -> None:
    """As after a step of training: the pass is the one that ran."""
    a, b = labelled(2.0, 3.0)
    root = a * b
    a.data = 7.0

    assert "    a=2.0,  # 7.0 by now\n    b=3.0,\n" in str(to_python(root))
    assert by_code(root, [a, b]) == ["6.0", "3.0", "2.0"]


def test_where_nodes_disagree_on_a_number_it_stands_in_their_lines() -> None:
    """A leaf assigned between two operations has its present number as a parameter."""
    a, b = labelled(2.0, 3.0)
    early = a * b
    a.data = -0.0
    root = early + a

    assert body(root).startswith("v1 = 2.0 * b  # a was 2.0 here\nv2 = v1 + a\n")
    assert by_code(root, [a, b]) == ["6.0", "4.0", "2.0"]


def test_zeros_of_either_sign_are_different_numbers() -> None:
    """1/-0.0 is -inf, so a zero that changed its sign is another number."""
    a, _ = labelled(-0.0, 0.0)
    early = 1 / a
    a.data = 0.0
    root = early + a

    assert "v1 = div(1.0, -0.0)  # a was -0.0 here" in body(root)
    assert_same_bits(root * 0.0)


def test_nan_is_the_same_number_as_nan() -> None:
    """Although it is not equal to itself."""
    a, _ = labelled(math.nan, 0.0)

    assert "    a=nan,\n" in str(to_python(a * 2.0))
    assert code_of(a * 2.0)[0] == "v1 = a * 2.0"


def test_a_bias_that_is_left_out_is_positive_zero() -> None:
    """A sum of negative zeros is one only if nothing else is added."""
    a, b = labelled(-0.0, 1.0)

    assert code_of(dot([a], [b], -0.0))[0] == "v1 = dot([a], [b], -0.0)"
    assert_same_bits(dot([a], [b], -0.0))
    assert_same_bits(dot([a], [b]))


def test_a_node_that_was_assigned_is_what_its_children_recorded() -> None:
    """The line of the node computes what it was; its child has the other number."""
    a, _ = labelled(2.0, 3.0)
    square = a * a
    square.data = 5.0
    root = square * 3.0

    assert "v2 = 5.0 * 3.0  # v1 was 5.0 here" in body(root)
    assert by_code(root, [a]) == ["15.0", "12.0"]


@given(STEPS, st.data())
def test_any_leaf_and_node_may_be_assigned_at_any_time(
    steps: Steps, data: st.DataObject
) -> None:
    """What was recorded counts, whatever `data` says now."""
    nodes = grown(steps)
    for node in data.draw(st.lists(st.sampled_from(nodes), max_size=4)):
        node.data = data.draw(FLOATS)
    root = total([*nodes[:3], nodes[-1], nodes[-1] * nodes[0]])

    assert_same_bits(root)


# --- where no gradient flows --------------------------------------------------------
def test_the_side_that_was_not_taken_gets_nothing() -> None:
    """0 times the infinite derivative of log at 0 would be nan."""
    a, _ = labelled(0.0, 1.0)
    root = where(a > 0, log(a), a * 2.0)

    assert by_code(root, [a]) == ["0.0", "2.0"]
    assert "# v1 gets no gradient: this side was not taken" in body(root)
    assert "d_v1" not in body(root)


def test_a_choice_by_a_parameter_is_not_silently_wrong() -> None:
    """Given a number that turns the choice, the code takes no gradient for another."""
    choice, a, b = labelled(1.0, 2.0, 3.0)
    code = to_python(where(choice, a, b))

    assert code() == (2.0, {"a": 0.0, "b": 1.0, "c": 0.0})
    with pytest.raises(TypeError, match="NoneType"):
        code(a=0.0)


def test_constants_get_no_gradient() -> None:
    """Neither those with a label, which are parameters, nor what is made of them."""
    a, b = labelled(2.0, 3.0)
    b.requires_grad = False
    root = a * (b * b)

    assert by_code(root, [a]) == ["18.0", "9.0"]
    assert "d_b" not in str(to_python(root))
    assert to_python(root)(b=1.0) == (2.0, {"a": 1.0})


def test_a_frozen_node_lets_nothing_through() -> None:
    """What needs no gradient by now is passed by, and the order is of what is left."""
    a, b = labelled(0.1, 0.7)
    inner = a * b
    root = tanh(inner) * a + inner * b
    inner.requires_grad = False

    assert_same_bits(root)
    assert "d_v1" not in body(root)


@pytest.mark.parametrize("number", [0.1 * i for i in range(1, 20)])
def test_a_frozen_node_changes_the_order_of_a_sum(number: float) -> None:
    """The walk of `backward()` passes it by, and meets what is below it later."""
    a = Value(number, label="a")
    first, second, third = tanh(a), log(a), a * 0.7
    frozen = first * 2.0
    root = total([frozen, second, third, first])
    frozen.requires_grad = False

    assert_same_bits(root)


@given(STEPS, st.data())
def test_any_node_may_be_frozen(steps: Steps, data: st.DataObject) -> None:
    """The order of what is added is that of the graph that is left."""
    nodes = grown(steps)
    root = total([*nodes, nodes[0]])
    for node in data.draw(st.lists(st.sampled_from(nodes), max_size=6)):
        node.requires_grad = False

    assert_same_bits(root)


def test_a_root_that_needs_no_gradient_has_one_pass() -> None:
    """There is nothing to send."""
    a = Value(2.0, label="a", requires_grad=False)
    root = a * a

    assert to_python(root)() == (4.0, {})
    assert to_python(root)(a=3.0) == (9.0, {})
    assert body(root).split("\n")[2:] == [
        *("# No leaf needs a gradient of v1: no backward pass.", "return v1, {}"),
    ]


@pytest.mark.parametrize(
    ("root", "result"),
    [
        (Value(2.0, label="a"), (2.0, {"a": 1.0})),
        (Value(2.0), (2.0, {"x0": 1.0})),
        (Value(2.0, label="a", requires_grad=False), (2.0, {})),
        (Value(-math.inf, requires_grad=False), (-math.inf, {})),
    ],
)
def test_a_root_may_be_a_leaf(root: Value, result: tuple[object, object]) -> None:
    """Its derivative by itself is 1."""
    assert to_python(root)() == result


def test_what_was_made_without_recording_is_a_constant() -> None:
    """Under no_grad a result is a number."""
    a, _ = labelled(2.0, 3.0)
    with no_grad():
        constant = a * a

    assert code_of(a + constant)[0] == "v1 = a + 4.0"


@pytest.mark.parametrize("root", [3.0, None, "x", [Value(1.0)]])
def test_anything_but_a_value_is_refused(root: object) -> None:
    """The message says what was passed."""
    with pytest.raises(OperandError, match=r"to_python\(root\) takes a Value, not"):
        to_python(root)  # type: ignore[arg-type]


# --- size ---------------------------------------------------------------------------
def test_a_long_chain_needs_no_recursion() -> None:
    """Neither to be written, nor to be compiled, nor to run."""
    x = Value(0.9, label="x")
    root = x
    for _ in range(10_000):
        root = tanh(root) * x

    assert_same_bits(root)
    assert len(to_python(root).names) == len(topological_order(root))


def test_wide_rows_and_many_leaves() -> None:
    """More operands and parameters than any person writes."""
    ws = [Value(0.001 * i) for i in range(2_000)]
    root = dot(ws, ws[::-1], ws[7]) + prod([x + 1.0 for x in ws[:50]])

    assert_same_bits(root + maximum(ws[0], ws[1]))
