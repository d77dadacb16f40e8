"""Which objects count as real numbers, and what is said to the others."""

import math
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd_core.errors import DomainError, OperandError
from autograd_core.real import is_real, to_float

REAL = [
    *(3, -1.5, True, Fraction(1, 3), Decimal("0.1"), math.inf, math.nan, 10**300),
    *(np.float64(2.5), np.float32(0.5), np.int8(-3), np.uint64(7), np.bool_(True)),
    *(np.array(2.0), np.longdouble(1.5), np.float16(0.25)),
]
NOT_REAL = [
    ("3", "convert it with float"),
    (b"3", "convert it with float"),
    (None, "pass an int or a float"),
    (3j, "real numbers: take .real or abs"),
    (np.complex128(1j), "real numbers: take .real or abs"),
    ([1.0], "one by one"),
    ((1.0,), "one by one"),
    ({1.0}, "one by one"),
    ({"a": 1}, "one by one"),
    (np.array([1.0, 2.0]), "one by one"),
    (np.array([1.0]), "one by one"),
    (object(), "pass an int or a float"),
    (math.sin, "pass an int or a float"),
]


@pytest.mark.parametrize("x", REAL, ids=repr)
def test_real_numbers(x: Any) -> None:
    """Python's and numpy's real scalars become the float of their value."""
    assert is_real(x)
    assert type(to_float(x, "f(x)")) is float
    assert repr(to_float(x, "f(x)")) == repr(float(x))


@pytest.mark.parametrize(("x", "advice"), NOT_REAL, ids=lambda x: repr(x)[:20])
def test_what_is_no_real_number(x: Any, advice: str) -> None:
    """The message says what was asked, what was passed, its type, and what to do."""
    assert not is_real(x)
    with pytest.raises(OperandError) as caught:
        to_float(x, "f(x)")

    message = str(caught.value)
    assert message.startswith("f(x) takes a real number, not ")
    assert f"of type {type(x).__name__}; " in message
    assert advice in message


def test_a_long_repr_is_cut() -> None:
    """A message stays readable, whatever was passed."""
    with pytest.raises(OperandError) as caught:
        to_float(list(range(10_000)), "f(x)")

    assert len(str(caught.value)) < 150


@pytest.mark.parametrize(
    "x",
    [10**400, -(10**400), Fraction(10**400), Fraction(10**401, 3)],
    ids=["large", "negative", "whole fraction", "fraction"],
)
def test_a_number_that_fits_no_float(x: Any) -> None:
    """A number beyond the largest float is refused, not made infinite."""
    with pytest.raises(DomainError, match=r"f\(x\) takes a number that fits a float"):
        to_float(x, "f(x)")


@given(st.floats())
def test_floats_pass_unchanged(x: float) -> None:
    """A float is returned as the same object."""
    assert to_float(x, "f(x)") is x


@given(st.fractions() | st.integers(-(10**300), 10**300))
def test_other_numbers_are_rounded_once(x: Any) -> None:
    """An exact number becomes the nearest float."""
    y = to_float(x, "f(x)")

    assert abs(Fraction(y) - x) <= Fraction(math.ulp(y)) / 2
