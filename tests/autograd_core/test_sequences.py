"""Rows on sequences: the same as their elementary definitions, in one node."""

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd_core import (
    OPS,
    NaryOp,
    Value,
    dot,
    logsumexp,
    mean,
    prod,
    softmax,
    topological_order,
    total,
)
from autograd_core.errors import OperandError, ShapeError
from autograd_core.testing.references import REFERENCES, mp, ulps

SEQUENCE_ROWS = [row for row in OPS.values() if isinstance(row, NaryOp)]
EVERY_ROW = pytest.mark.parametrize("row", SEQUENCE_ROWS, ids=lambda row: row.name)
NUMBERS = st.floats(-20.0, 20.0).map(lambda x: round(x, 9))


@EVERY_ROW
@given(st.lists(NUMBERS, min_size=3, max_size=9).filter(lambda xs: len(xs) % 2))
def test_a_row_equals_its_definition(row: NaryOp, xs: list[float]) -> None:
    """Value and gradients of the fused node are those of the expanded graph."""
    fused, expanded = [Value(x) for x in xs], [Value(x) for x in xs]
    y = Value.__apply_op__(row, fused)
    y.backward()
    assert row.definition is not None
    z = row.definition(*expanded)
    z.backward()

    assert y.data == pytest.approx(z.data, rel=1e-12, abs=1e-13 * _size(row, xs))
    for a, b in zip(fused, expanded, strict=True):
        assert a.grad == pytest.approx(b.grad, rel=1e-12, abs=1e-300)


def _size(row: NaryOp, xs: list[float]) -> float:
    size = REFERENCES[row.name].size
    return float(1 + size(*map(mp.mpf, xs))) if size else 0.0


@EVERY_ROW
def test_a_row_makes_one_node(row: NaryOp) -> None:
    """However long the sequence, there is one node above the operands."""
    operands = [Value(1.0) for _ in range(41)]
    y = Value.__apply_op__(row, operands)

    assert len(topological_order(y)) == 42
    assert y.parents == tuple(operands)
    assert y.operands == (1.0,) * 41


@EVERY_ROW
def test_a_repeated_operand_gets_the_sum(row: NaryOp) -> None:
    """An operand met twice is a parent twice, and its gradient adds up."""
    x = Value(1.5)
    y = Value.__apply_op__(row, [x, x, x])
    y.backward()

    assert y.parents == (x, x, x)
    assert x.grad == pytest.approx(sum(y.local_derivatives()), rel=1e-15)


def test_a_row_takes_any_iterable_of_numbers_and_values() -> None:
    """Lists, tuples, generators, mixed with plain numbers, are one to a row."""
    x = Value(2.0)

    assert total(n for n in (1, x, 3.0)).data == 6.0
    assert mean((1, True, x)).data == pytest.approx(4 / 3, rel=1e-15)
    assert prod([x, 3]).data == 6.0
    assert dot([1, 2], (x, x), 1).data == 7.0
    assert type(total([1, 2])) is float


def test_constants_among_the_operands_get_no_derivative() -> None:
    """A number has no derivative, a Value beside it has."""
    y = dot([Value(2.0), 3.0], [5.0, Value(7.0)], 1.0)

    assert y.local_derivatives() == (5.0, None, None, 3.0, None)


def test_bias_of_dot() -> None:
    """The bias may be given by position or by name, as number or as Value."""
    b = Value(0.5)
    y = dot([1, 2], [3, 4], bias=b)
    y.backward()

    assert (y.data, b.grad) == (11.5, 1.0)
    assert dot([1, 2], [3, 4], 0.5) == dot([1, 2], [3, 4], bias=0.5) == 11.5
    assert dot([1, 2], [3, 4]) == 11.0


def test_empty_sequences() -> None:
    """Sum, product and logsumexp of nothing are their neutral elements."""
    assert total([]) == 0.0
    assert prod([]) == 1.0
    assert logsumexp([]) == -math.inf
    assert dot([], [], bias=2.0) == 2.0
    assert softmax([]) == []


def test_mean_of_nothing() -> None:
    """Nothing has no mean, and the message says so."""
    with pytest.raises(ShapeError, match=r"mean\(xs\) .*at least one.*empty"):
        mean([])


def test_dot_of_unequal_lengths() -> None:
    """The message gives both lengths."""
    with pytest.raises(ShapeError, match=r"dot\(xs, ys\).*3 and 2"):
        dot([1, 2, 3], [Value(1), 2])


@EVERY_ROW
def test_a_number_where_a_sequence_is_asked(row: NaryOp) -> None:
    """A single number is refused by the row's name and signature."""
    for bad in (5, Value(5.0), None):
        with pytest.raises(OperandError, match=rf"^{row.name}\(.*sequences"):
            row(bad, bad) if row is dot else row(bad)


@pytest.mark.parametrize("bad", ["a", None, 1j, [1.0]])
def test_what_is_no_number_among_the_operands(bad: Any) -> None:
    """The message names the operand's position and what it is."""
    with pytest.raises(OperandError, match=r"operand 2 of total") as caught:
        total([Value(1.0), bad])

    assert repr(bad) in str(caught.value)


@pytest.mark.parametrize("arguments", [(), ([1], [2], 3, 4), ([1],)])
def test_a_wrong_count_of_arguments(arguments: Any) -> None:
    """A call that leaves out a sequence or gives too many shows the signature."""
    with pytest.raises(OperandError, match=r"dot\(xs, ys, bias\)"):
        dot(*arguments)


@given(st.lists(st.floats(-700.0, 700.0), min_size=1, max_size=9))
def test_softmax_is_a_list_of_shares(xs: list[float]) -> None:
    """Softmax equals mpmath's to 4 ULP, and its shares make one whole."""
    shares = softmax(xs)
    true = REFERENCES["logsumexp"].partials_at(xs)

    assert type(shares) is list
    assert math.fsum(shares) == pytest.approx(1.0, abs=1e-15 * len(xs))
    for share, expected in zip(shares, true, strict=True):
        assert ulps(share, expected) <= 4


@given(st.lists(NUMBERS, min_size=2, max_size=5))
def test_the_gradient_of_softmax(xs: list[float]) -> None:
    """∂sᵢ/∂xⱼ = sᵢ(δᵢⱼ - sⱼ) (Bridle 1990)."""
    values = [Value(x) for x in xs]
    first, *_ = softmax(values)
    first.backward()
    s = REFERENCES["logsumexp"].partials_at(xs)

    for j, value in enumerate(values):
        expected = float(s[0] * ((j == 0) - s[j]))
        assert value.grad == pytest.approx(expected, rel=1e-12, abs=1e-15)


def test_softmax_of_far_and_of_infinite_numbers() -> None:
    """Nothing overflows, and a masked entry (-inf) gets no share."""
    assert softmax([1000.0, 1000.0]) == [0.5, 0.5]
    assert softmax([1e308, -1e308]) == [1.0, 0.0]
    assert softmax([0.0, -math.inf]) == [1.0, 0.0]


def test_the_derivatives_of_a_product_with_zeros() -> None:
    """The derivative by a zero is the product of the others, never 0/0."""
    x, y, z = Value(0.0), Value(3.0), Value(4.0)
    prod([x, y, z]).backward()

    assert (x.grad, y.grad, z.grad) == (12.0, 0.0, 0.0)
