"""What is wrong with a value, in a word."""

import math

import pytest
from graphs import roots
from hypothesis import given
from hypothesis import strategies as st

from autograd_core import (
    OPS,
    Op,
    Value,
    clip,
    custom_op,
    maximum,
    relu,
    sign,
    tanh,
    where,
)
from viz.health import SATURATED, complaint, saturation
from viz.picture import picture

RISING = ("atan", "erf", "normal_cdf", "sigmoid", "tanh")
BOUNDED = (*RISING, "erfc")


def test_the_table_holds_no_other_bounded_function() -> None:
    """Each row of one operand that runs from one limit to another is judged here."""
    found = [
        name
        for name, op in OPS.items()
        if op.arity == 1 and saturation(op(Value(0.25))) is not None
    ]

    assert sorted(found) == sorted([*BOUNDED, "sign"])


@pytest.mark.parametrize("name", BOUNDED)
@pytest.mark.parametrize("end", [-1.0, 1.0])
def test_bounded_functions_saturate_at_both_ends(name: str, end: float) -> None:
    """Near a limit the unit is saturated, in the middle it is well."""
    row = OPS[name]
    x = next(x for x in (4.0, 50.0) if (saturation(row(Value(x))) or 0) > SATURATED)

    assert complaint(row(Value(end * x))) in ("saturated", "dead")
    assert complaint(row(Value(end * 0.1))) == ""
    assert saturation(row(Value(0.0))) == 0
    assert 0.97 < (saturation(row(Value(end * x))) or 0) <= 1


@pytest.mark.parametrize("name", BOUNDED)
@given(a=st.floats(-50, 50), b=st.floats(-50, 50))
def test_saturation_grows_to_both_sides(name: str, a: float, b: float) -> None:
    """Further from the middle is never less saturated, and it stays within 0 and 1."""
    near, far = sorted((a, b), key=abs)
    less, more = (saturation(OPS[name](Value(x))) for x in (near, far))

    assert less is not None
    assert more is not None
    assert -1e-12 <= less <= more + 1e-12 <= 1 + 2e-12


def test_the_bound_can_be_chosen() -> None:
    """What counts as saturated is the caller's to say."""
    y = tanh(Value(1.0))

    assert complaint(y) == ""
    assert complaint(y, saturated=0.7) == "saturated"


@pytest.mark.parametrize(
    "node",
    [
        relu(Value(-1.0)),
        relu(Value(0.0)),
        clip(Value(5.0), 0.0, 1.0),
        sign(Value(2.0)),
        maximum(Value(1.0), 2.0),
        tanh(Value(1000.0)),
        Value(3.0) * 0.0,
    ],
    ids=lambda node: node.op.name,
)
def test_what_passes_no_gradient_is_dead(node: Value) -> None:
    """A unit with only zeros for derivatives is dead, whatever its function."""
    assert complaint(node) == "dead"


@pytest.mark.parametrize(
    "node",
    [
        relu(Value(1.0)),
        clip(Value(0.5), 0.0, 1.0),
        clip(Value(5.0), 0.0, Value(1.0)),
        maximum(Value(1.0), Value(2.0)),
        where(True, Value(1.0), Value(2.0)),
        relu(Value(-1.0, requires_grad=False)),
        tanh(Value(50.0, requires_grad=False)),
        Value(0.0),
        Value(0.0, requires_grad=False),
    ],
    ids=str,
)
def test_what_is_well_is_not_complained_of(node: Value) -> None:
    """A unit with one open way is alive, and a constant has no gradient to pass."""
    assert complaint(node) == ""


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_what_is_not_finite_comes_first(number: float) -> None:
    """Data or a gradient that is no number is worse than any other illness."""
    x = Value(1.0)
    x.grad = number

    assert complaint(Value(number)) == "not finite"
    assert complaint(Value(number, requires_grad=False)) == "not finite"
    assert complaint(x) == "not finite"
    assert complaint(relu(Value(-1.0)) * number) == "not finite"


def fails(x: float) -> float:
    """Compute what is in a table, and nothing else."""
    return {0.5: 1.0}[x]


@pytest.mark.parametrize(
    "row",
    [
        Op("table", fails, (lambda y, x: 1.0,)),
        custom_op(lambda y, x: 1.0)(lambda x: float(int(x * 2))),
        custom_op(lambda y, x: math.cos(x))(math.sin),
        custom_op(lambda y, x: 1.0)(lambda x: math.nan if x > 1e9 else x),
    ],
    ids=["KeyError", "OverflowError", "ValueError", "nan"],
)
def test_rows_of_ones_own_may_fail_far_out(row: Op) -> None:
    """A function that cannot be asked for its limits is not bounded."""
    assert saturation(row(Value(0.5))) is None


def test_a_bounded_row_of_ones_own_saturates() -> None:
    """Limits are asked of the row, so a new one is judged as those of the table."""
    soft_sign = custom_op(lambda y, x: 1 / (1 + abs(x)) ** 2)(
        lambda x: x / (1 + abs(x)) if math.isfinite(x) else math.copysign(1, x)
    )

    assert complaint(soft_sign(Value(99.0))) == "saturated"
    assert complaint(soft_sign(Value(1.0))) == ""


@given(roots())
def test_boxes_say_what_is_wrong_with_their_nodes(root: Value) -> None:
    """A complaint stands in the box of its node as a row, and in its title."""
    for box in picture(root, depth=99).boxes:
        cells = [cell for row in box.rows for cell in row]
        said = [c for c in cells if c in ("dead", "saturated", "not finite")]

        assert said == [box.complaint] * bool(box.complaint)
        assert box.complaint in box.title


@given(roots())
def test_modules_count_their_complaints(root: Value) -> None:
    """The numbers of ill nodes in boxes of several are those of the graph."""
    open_, closed = (picture(root, depth=depth).boxes for depth in (99, 0))
    words = ("dead", "not finite", "saturated")
    in_closed = dict.fromkeys(words, 0)
    for box in closed:
        for text in filter(None, box.complaint.split(", ")):
            number, _, word = (
                text.rpartition(" ") if text[0].isdigit() else "1",
                "",
                text,
            )
            if text[0].isdigit():
                number, _, word = text.partition(" ")
            in_closed[word] += int(number)

    assert in_closed == {
        word: sum(box.complaint == word for box in open_) for word in words
    }
