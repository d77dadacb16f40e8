"""Activations: tails, nan, and the laws that tie them to one another."""

import math
from math import inf, nan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd_core import kernels
from autograd_core.testing.references import mp, ulps

FINITE = st.floats(allow_nan=False, allow_infinity=False)
EDGES = [
    ("relu", (nan,), nan),
    ("relu", (-inf,), 0.0),
    ("relu", (inf,), inf),
    ("leaky_relu", (nan, 0.01), nan),
    ("leaky_relu", (-inf, 0.01), -inf),
    ("elu", (nan, 1.0), nan),
    ("elu", (-inf, 2.0), -2.0),
    ("elu", (1000.0, 1.0), 1000.0),
    ("silu", (-inf,), -0.0),
    ("silu", (inf,), inf),
    ("silu", (nan,), nan),
    ("sigmoid", (-inf,), 0.0),
    ("sigmoid", (inf,), 1.0),
    ("sigmoid", (-1000.0,), 0.0),
    ("sigmoid", (nan,), nan),
    ("sech_squared", (-inf,), 0.0),
    ("sech_squared", (0.0,), 1.0),
    ("softplus", (-inf,), 0.0),
    ("softplus", (inf,), inf),
    ("softplus", (1e300,), 1e300),
    ("softplus", (nan,), nan),
    ("log_sigmoid", (-1e300,), -1e300),
    ("log_sigmoid", (-inf,), -inf),
    ("logaddexp", (-inf, -inf), -inf),
    ("logaddexp", (inf, -inf), inf),
    ("logaddexp", (inf, inf), inf),
    ("logaddexp", (-inf, 3.0), 3.0),
    ("logaddexp", (nan, inf), nan),
    ("logaddexp", (1000.0, 1000.0), 1000.0 + math.log(2)),
    ("exp_difference", (inf, 0.0), inf),
    ("exp_difference", (0.0, inf), 0.0),
    ("exp_difference", (1e308, -1e308), inf),
    ("sigmoid_difference", (1e308, -1e308), 1.0),
    ("sigmoid_difference", (-inf, 0.0), 0.0),
    ("maximum", (nan, 1.0), nan),
    ("maximum", (1.0, nan), nan),
    ("minimum", (nan, 1.0), nan),
    ("minimum", (1.0, nan), nan),
    ("maximum", (-inf, 1.0), 1.0),
    ("clip", (nan, 0.0, 1.0), nan),
    ("clip", (inf, 0.0, 1.0), 1.0),
    ("clip", (0.5, 2.0, 1.0), 1.0),
    ("where", (1.0, 2.0, nan), 2.0),
    ("where", (0.0, nan, 3.0), 3.0),
]


@pytest.mark.parametrize(("name", "operands", "expected"), EDGES)
def test_edges(name: str, operands: tuple[float, ...], expected: float) -> None:
    """A saturated activation is at its limit, and nan stays nan."""
    y = getattr(kernels, name)(*operands)

    assert y == pytest.approx(expected, rel=2e-16, abs=0.0, nan_ok=True)


@given(FINITE)
def test_sigmoid_and_its_mirror_make_one(x: float) -> None:
    """σ(x) + σ(-x) = 1, and both lie between 0 and 1."""
    y, mirror = kernels.sigmoid(x), kernels.sigmoid(-x)

    assert 0.0 <= y <= 1.0
    assert y + mirror == pytest.approx(1.0, rel=4e-16)


@given(FINITE)
def test_softplus_and_log_sigmoid_are_mirrors(x: float) -> None:
    """Softplus is positive, above relu, and log σ(x) = -softplus(-x)."""
    assert kernels.log_sigmoid(x) == -kernels.softplus(-x)
    assert kernels.softplus(x) >= kernels.relu(x)


@given(FINITE)
def test_sech_squared_is_even_and_never_vanishes_early(x: float) -> None:
    """The derivative of tanh is positive up to |x| = 372, far past 1 - tanh²."""
    y = kernels.sech_squared(x)

    assert y == kernels.sech_squared(-x)
    assert (y > 0.0) == (abs(x) < 373.0) or 372.0 < abs(x) < 374.0
    assert y <= 1.0 + 2**-52


@given(FINITE, FINITE)
def test_maximum_and_minimum_are_the_two_operands(a: float, b: float) -> None:
    """Between them they return both operands, ordered."""
    assert (kernels.minimum(a, b), kernels.maximum(a, b)) == tuple(sorted((a, b)))


@given(FINITE, FINITE)
def test_logaddexp_does_not_depend_on_the_order(a: float, b: float) -> None:
    """It is symmetric and not below its larger operand."""
    y = kernels.logaddexp(a, b)

    assert y == kernels.logaddexp(b, a)
    assert y >= max(a, b)


@given(FINITE, FINITE, FINITE)
def test_clip_holds_between_its_bounds(x: float, low: float, high: float) -> None:
    """The result is inside, and is x wherever x is inside."""
    low, high = sorted((low, high))
    y = kernels.clip(x, low, high)

    assert low <= y <= high
    assert y == x or not low <= x <= high


@given(st.floats(0.0, 700.0), st.floats(-1.0, 1.0))
def test_a_rounded_difference_costs_nothing(a: float, b: float) -> None:
    """Where a - b rounds, exp and sigmoid of it are still those of the true one."""
    difference = mp.mpf(a) - mp.mpf(b)

    assert ulps(kernels.exp_difference(a, b), mp.exp(difference)) <= 1.5
    falling = 1 / (1 + mp.exp(difference))
    assert ulps(kernels.sigmoid_difference(b, a), falling) <= 3
    assert kernels.exp_difference(a, a) == 1.0
