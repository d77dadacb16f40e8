"""Sums and products: rounded once, whatever the order and the magnitudes."""

import math
import sys
from fractions import Fraction
from math import inf, nan
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from autograd_core import kernels

MAX = sys.float_info.max
FINITE = st.floats(allow_nan=False, allow_infinity=False)
MODERATE = st.floats(-1e150, 1e150)
SEQUENCES = st.lists(st.floats(), min_size=1, max_size=8)
ORDERED = ["total", "mean", "prod", "logsumexp"]


@given(st.lists(FINITE, max_size=9))
def test_total_is_the_exact_sum_rounded(xs: list[float]) -> None:
    """However much cancels or overflows on the way, the sum is rounded once."""
    exact = sum(map(Fraction, xs), Fraction(0))

    assert kernels.total(*xs) == _rounded(exact)


@given(st.lists(FINITE, min_size=1, max_size=9))
def test_mean_is_the_exact_mean_to_a_rounding(xs: list[float]) -> None:
    """The mean lies among its operands, even where their sum is no float."""
    exact = sum(map(Fraction, xs), Fraction(0)) / len(xs)
    y = kernels.mean(*xs)

    assert math.isfinite(y)
    assert abs(Fraction(y) - exact) <= Fraction(math.ulp(y)) * 2


@given(st.lists(FINITE, max_size=9))
def test_prod_is_the_exact_product_rounded(xs: list[float]) -> None:
    """Large and small factors meet in any order without overflow on the way."""
    exact = math.prod(map(Fraction, xs))
    y = kernels.prod(*xs)

    assert y == _rounded(exact) or abs(Fraction(y) - exact) <= Fraction(math.ulp(y))


@given(st.lists(st.tuples(MODERATE, MODERATE), max_size=6), FINITE)
def test_dot_is_within_the_rounding_of_its_terms(
    pairs: list[tuple[float, float]], bias: float
) -> None:
    """Each product is rounded once, and their sum once more."""
    terms = [Fraction(a) * Fraction(b) for a, b in pairs]
    exact = sum(terms, Fraction(bias))
    size = sum(map(abs, terms), abs(Fraction(bias)))
    assume(size < 10**300)
    y = kernels.dot(*(a for a, _ in pairs), *(b for _, b in pairs), bias)

    assert abs(Fraction(y) - exact) <= size / 2**52 + Fraction(5e-324) * 8


def _rounded(exact: Fraction) -> float:
    try:
        return float(exact)
    except OverflowError:
        return inf if exact > 0 else -inf


@pytest.mark.parametrize("name", ORDERED)
@given(data=st.data())
def test_the_order_of_the_operands_is_nothing(name: str, data: st.DataObject) -> None:
    """Any order gives the same bits, for any floats at all."""
    kernel: Any = getattr(kernels, name)
    xs = data.draw(SEQUENCES)
    ys = data.draw(st.permutations(xs))

    assert kernel(*xs) == pytest.approx(kernel(*ys), rel=0, abs=0, nan_ok=True)


@pytest.mark.parametrize(
    ("name", "operands", "expected"),
    [
        ("total", (inf, -inf), nan),
        ("total", (inf, 1.0), inf),
        ("total", (nan, 1.0), nan),
        ("total", (1e308, 1e308, -1e308), 1e308),
        ("total", (1e308, 1e308, -inf), -inf),
        ("total", (1e308, 1e308), inf),
        ("total", (0.1,) * 10, 1.0),
        ("mean", (1e308, 1e308), 1e308),
        ("mean", (-inf, 1.0), -inf),
        ("mean", (MAX, MAX, MAX), MAX),
        ("mean", (-MAX,) * 7, -MAX),
        ("mean", (-inf, 1e308, 1e308), -inf),
        ("prod", (0.0, inf), nan),
        ("prod", (1e-200, 1e-200, inf), inf),
        ("prod", (inf, 1e-200, -1e-200), -inf),
        ("prod", (1e200, 1e200, 0.0), 0.0),
        ("prod", (1e-200, 1e200, 1e-200, 1e200), 1.0),
        ("prod", (nan, 0.0), nan),
        ("logsumexp", (), -inf),
        ("logsumexp", (-inf, -inf), -inf),
        ("logsumexp", (inf, 0.0), inf),
        ("logsumexp", (nan, inf), nan),
        ("logsumexp", (1000.0, 1000.0), 1000.0 + math.log(2)),
        ("logsumexp", (3.0,), 3.0),
        ("dot", (1.0, 2.0, 3.0, 4.0, 0.5), 11.5),
        ("dot", (7.0,), 7.0),
        ("dot", (inf, 0.0, 0.0), nan),
        ("dot", (1e200, 1e200, 1.0), inf),
        ("dot", (1e200, 1.0, 1e108, -inf, 1e308), -inf),
        ("dot", (1e154, 1e154, -1e154, 1e154, 1e154, 1e154, 0.0), 1e308),
    ],
)
def test_edges(name: str, operands: tuple[float, ...], expected: float) -> None:
    """Infinities and nan obey IEEE rules; a passing overflow is none."""
    y = getattr(kernels, name)(*operands)

    assert y == pytest.approx(expected, rel=1e-15, nan_ok=True)
