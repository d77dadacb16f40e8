"""Who judges a row: its reference, its own formula in 50 digits, its definition."""

import math
from typing import Any

import pytest

from autograd_core import (
    OPS,
    NaryOp,
    Op,
    Value,
    cos,
    exp,
    logsumexp,
    sin,
    tanh,
    total,
    where,
)
from autograd_core.testing.hostile import ordinary_operands
from autograd_core.testing.oracles import oracle_of, precisely
from autograd_core.testing.references import REFERENCES, mp

THIRD = mp.mpf(1) / 3


def same(a: Any, b: Any) -> bool:
    """Tell whether two numbers agree to forty digits."""
    return bool(abs(a - b) <= mp.mpf(10) ** -40 * max(1, abs(a)))


@pytest.mark.parametrize("name", OPS)
def test_a_row_of_the_table_is_judged_by_its_reference(name: str) -> None:
    """Value, derivatives, sizes and the ULP it is allowed come from there."""
    row, reference = OPS[name], REFERENCES[name]
    (operands,) = ordinary_operands(row, 1)
    oracle = oracle_of(row, operands)

    assert oracle is not None
    assert not oracle.is_own
    assert oracle.value is reference.value
    assert (oracle.value_ulps, oracle.partial_ulps) == (
        *(reference.ulps, reference.partial_ulps),
    )
    assert (oracle.value_size, oracle.partial_size) == (
        *(reference.size, reference.partial_size),
    )
    xs = [mp.mpf(x) for x in operands]
    found = [oracle.partial(i)(*xs) for i in range(len(xs))]
    assert found == reference.partials_at(operands)


def test_arithmetic_judges_itself() -> None:
    """A row that keeps the digits of its operands is differentiated in 50 of them."""
    cube = Op("cube", lambda x: x * x * x, (lambda y, x: 0.0,))
    oracle = oracle_of(cube, (2.0,))

    assert oracle is not None
    assert oracle.is_own
    assert same(oracle.value(THIRD), THIRD**3)
    assert same(oracle.partial(0)(THIRD), 3 * THIRD**2)


def test_each_partial_is_by_its_own_operand() -> None:
    """Of several operands, the others are held."""
    row = Op("row", lambda a, b: a * b * b, (lambda y, a, b: 0.0,) * 2)
    oracle = oracle_of(row, (2.0, 3.0))

    assert oracle is not None
    assert same(oracle.partial(0)(mp.mpf(2), mp.mpf(3)), 9)
    assert same(oracle.partial(1)(mp.mpf(2), mp.mpf(3)), 12)


@pytest.mark.parametrize(
    "x", ["1e-300", "1e-60", "1e60", "1e300", "-1e-100", "0.1", "0"]
)
def test_the_step_suits_the_operand(x: str) -> None:
    """Derivatives in 50 digits are right however small or large the operand is."""
    row = Op("row", lambda x: (x + 1) * (x + 1), (lambda y, x: 0.0,))
    inverse = Op("inverse", lambda x: 1 / x, (lambda y, x: 0.0,))
    operand = mp.mpf(x)
    oracle, other = oracle_of(row, (0.5,)), oracle_of(inverse, (0.5,))

    assert oracle is not None
    assert other is not None
    assert abs(oracle.partial(0)(operand) / (2 * (operand + 1)) - 1) < 1e-30
    if operand:
        assert abs(other.partial(0)(operand) * operand**2 + 1) < 1e-30


LOSSY = {
    "math": math.sin,
    "a row": lambda x: sin(x),
    "float": lambda x: float(x) * 2.0,
    "format": lambda x: float(f"{x}"),
    "an int": lambda x: int(x),
    "an error": lambda x: [][0],
    "nothing": lambda x: None,
    "a string": lambda x: "1.0",
    "a part in math": lambda x: x + math.exp(x),
}


@pytest.mark.parametrize("forward", LOSSY.values(), ids=LOSSY)
def test_what_loses_digits_judges_nothing(forward: Any) -> None:
    """A formula through floats is not one in 50 digits, whatever it returns."""
    assert oracle_of(Op("lossy", forward, (lambda y, x: 0.0,)), (0.5,)) is None


def test_a_definition_judges_what_its_row_cannot() -> None:
    """The rows it is made of have references, through which digits are kept."""
    row = Op("sinc", lambda x: math.sin(x) / x, (lambda y, x: 0.0,),
             definition=lambda x: sin(x) / x)  # fmt: skip
    oracle = oracle_of(row, (0.5,))

    assert oracle is not None
    assert oracle.is_own
    assert same(oracle.value(THIRD), mp.sin(THIRD) / THIRD)
    assert same(
        oracle.partial(0)(THIRD), mp.cos(THIRD) / THIRD - mp.sin(THIRD) / THIRD**2
    )


def test_a_definition_of_a_sequence() -> None:
    """A row on sequences is defined on its flattened operands."""
    row = NaryOp("norm", lambda *xs: math.fsum(x * x for x in xs), lambda y, *xs: xs,
                 definition=lambda *xs: total([x * x for x in xs]))  # fmt: skip
    oracle = oracle_of(row, (1.0, 2.0, 3.0))

    assert oracle is not None
    assert same(oracle.partial(2)(*map(mp.mpf, (1, 2, 3))), 6)


def test_a_name_of_the_table_is_no_disguise() -> None:
    """Another row of that name is judged by what it computes itself."""
    mine = Op("tanh", lambda x: x * x, (lambda y, x: 2 * x,))
    oracle = oracle_of(mine, (3.0,))

    assert oracle is not None
    assert same(oracle.value(THIRD), THIRD * THIRD)
    assert oracle_of(Op("tanh", math.tanh, (lambda y, x: 0.0,)), (3.0,)) is None


def test_rows_of_the_table_keep_their_digits_in_a_graph() -> None:
    """A graph is evaluated in 50 digits from what is known of some nodes."""
    x, w = Value(0.1), Value(3.0)
    y = tanh(x * w) + logsumexp([x, exp(x), 2.0])
    known = {x: THIRD}
    expected = mp.tanh(THIRD * 3) + mp.log(
        mp.exp(THIRD) + mp.exp(mp.exp(THIRD)) + mp.exp(2)
    )

    assert same(precisely(y, known), expected)
    assert known[x] == THIRD
    assert same(known[y], expected)


def test_inner_nodes_may_be_known() -> None:
    """What is known is not computed again, and leaves count as they are."""
    x = Value(0.5)
    inner = sin(x)
    y = inner * inner + x

    assert same(precisely(y, {inner: mp.mpf(2)}), mp.mpf("4.5"))


def test_a_choice_in_a_graph_is_the_one_recorded() -> None:
    """`where` chooses by the condition that was recorded."""
    x = Value(0.5)

    assert same(precisely(where(x > 0, x, cos(x)), {x: THIRD}), THIRD)
    assert same(precisely(where(x > 1, x, cos(x)), {x: THIRD}), mp.cos(THIRD))


def test_a_graph_with_an_opaque_row_has_no_value_in_50_digits() -> None:
    """The row is named."""
    opaque = Op("opaque", math.sin, (lambda y, x: cos(x),))

    with pytest.raises(ValueError, match="opaque has no value in 50 digits"):
        precisely(opaque(Value(0.5)) * 2.0, {})
