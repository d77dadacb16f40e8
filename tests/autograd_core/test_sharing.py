"""The table that keeps graphs of derivatives small."""

import math
from itertools import product
from typing import Any

import pytest

from autograd_core import OPS, Op, Value, add, mul, no_grad, power, sin, where
from autograd_core.recording import sharing
from autograd_core.sharing import Shared

NUMBERS = (-2.0, -1.0, -0.5, 0.0, 0.25, 1.0, 3.0, 1e300, math.inf)
SIMPLIFIED = [row for row in OPS.values() if row.simplify is not None]


@pytest.mark.parametrize("row", SIMPLIFIED, ids=[row.name for row in SIMPLIFIED])
def test_what_a_row_says_is_simpler_is_equal(row: Op) -> None:
    """Whatever the other operands are, a simpler expression has the same value."""
    assert row.simplify is not None
    for operands in product(NUMBERS, repeat=row.arity or 1):
        for i in range(len(operands)):
            mixed: list[Any] = list(operands)
            mixed[i] = Value(mixed[i])
            simpler = row.simplify(*mixed)
            if simpler is not None:
                assert getattr(simpler, "data", simpler) == row.forward(*operands)


SIMPLER = {
    "x + 0": lambda x: x + 0.0,
    "0 + x": lambda x: 0.0 + x,
    "x - 0": lambda x: x - 0.0,
    "1 * x": lambda x: 1.0 * x,
    "x * 1": lambda x: x * 1.0,
    "x / 1": lambda x: x / 1.0,
    "x ** 1": lambda x: x**1.0,
    "where": lambda x: where(True, x, 2.0),
}


@pytest.mark.parametrize("expression", SIMPLER.values(), ids=SIMPLER)
def test_neutral_operands_make_no_node(expression: Any) -> None:
    """While nodes are shared, an operation that changes nothing is left out."""
    x = Value(3.0)
    with sharing(Shared([])):
        assert expression(x) is x
    assert expression(x) is not x


def test_simpler_forms() -> None:
    """A factor of -1 is a sign, and a power of 0 the number 1."""
    x = Value(3.0)
    with sharing(Shared([])):
        assert (x * -1.0).op is OPS["neg"]
        assert x**0.0 == 1.0


def test_the_same_operation_is_done_once() -> None:
    """Of one operation on the same parents there is one node; numbers are parents."""
    x, y = Value(3.0), Value(4.0)
    with sharing(Shared([])):
        assert sin(x) is sin(x)
        assert sin(x) is not sin(y)
        assert 2 * x is 2.0 * x
        assert 2.0 * x is not 3.0 * x
        assert (2.0 * x).parents[0] is (2.0 * y).parents[0]
        assert add(x, y) is not mul(x, y)
        assert x - y is not y - x


def test_nodes_that_stand_are_found() -> None:
    """An operation that the graph has already is not done again."""
    x = Value(3.0)
    y, doubled = sin(x), 2.0 * x
    with sharing(Shared([y, doubled])):
        assert sin(x) is y
        assert 2.0 * x is doubled


def test_zeros_of_either_sign_and_nan_are_numbers_too() -> None:
    """0 and -0 are two constants, nan is one."""
    x = Value(3.0)
    with sharing(Shared([])):
        assert x * 0.0 is x * 0.0
        assert x * 0.0 is not x * -0.0
        assert x * math.nan is x * math.nan


def test_equal_leaves_stay_apart() -> None:
    """Two leaves with the same number are two variables."""
    x, y = Value(3.0), Value(3.0)
    with sharing(Shared([])):
        assert sin(x) is not sin(y)
        assert power(x, 2.0) is not power(y, 2.0)


def test_sharing_ends_with_its_block() -> None:
    """Outside of the block every operation makes its node, also after an error."""
    x = Value(3.0)
    with pytest.raises(KeyError), sharing(Shared([])):
        raise KeyError
    first = sin(x)

    assert sin(x) is not first


def test_nothing_is_recorded_under_no_grad() -> None:
    """A pause of recording holds while nodes are shared."""
    x = Value(3.0)
    with no_grad(), sharing(Shared([])):
        assert (sin(x) * x).parents == ()
