"""Initialisers draw from the distributions that their papers name.

Whether draws come from a distribution F is judged by the largest distance between F and
the share of draws below each number: over n draws it exceeds d with a probability of at
most 2·exp(-2nd²), for every F (Dvoretzky, Kiefer and Wolfowitz 1956; Massart 1990).
"""

import math
from functools import partial
from random import Random
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd_core.errors import ShapeError, UnknownNameError
from nn.initializers import (
    INITIALIZERS,
    calculate_gain,
    constant,
    fans,
    glorot_normal,
    glorot_uniform,
    he_normal,
    he_uniform,
    normal,
    ones,
    orthogonal,
    uniform,
    zeros,
)

DRAWS = 40_000
FARTHEST = math.sqrt(math.log(2 / 1e-9) / (2 * DRAWS))  # exceeded once in 10⁹ runs
N_IN, N_OUT = 30, 10
counts = st.integers(1, 50)


def gaussian(variance):
    """Return the distribution function of N(0, variance)."""
    return NormalDist(0.0, math.sqrt(variance)).cdf


def box(variance):
    """Return the distribution function of U(-b, b) that has this variance."""
    bound = math.sqrt(3 * variance)
    return lambda x: min(max((x + bound) / (2 * bound), 0.0), 1.0)


# Each initialiser with the distribution of its paper, for 30 inputs and 10 outputs.
DISTRIBUTIONS = {
    "glorot_uniform": (glorot_uniform, box(2 / 40)),
    "glorot_uniform, tanh": (partial(glorot_uniform, gain=5 / 3), box(25 / 9 * 2 / 40)),
    "glorot_normal": (glorot_normal, gaussian(2 / 40)),
    "glorot_normal, gain 3": (partial(glorot_normal, gain=3.0), gaussian(9 * 2 / 40)),
    "he_uniform": (he_uniform, box(2 / 30)),
    "he_uniform, fan_out": (partial(he_uniform, mode="fan_out"), box(2 / 10)),
    "he_uniform, slope √5": (partial(he_uniform, a=math.sqrt(5)), box(1 / 30 / 3)),
    "he_normal": (he_normal, gaussian(2 / 30)),
    "he_normal, linear": (partial(he_normal, nonlinearity="linear"), gaussian(1 / 30)),
    "he_normal, fan_out": (partial(he_normal, mode="fan_out"), gaussian(2 / 10)),
    "normal": (normal, gaussian(1.0)),
    "normal, 0.02": (partial(normal, std=0.02), gaussian(0.02**2)),
    "normal, around 1": (partial(normal, mean=1.0), NormalDist(1.0, 1.0).cdf),
    "uniform": (uniform, lambda x: x),
    "uniform, ±½": (partial(uniform, a=-0.5, b=0.5), box(1 / 12)),
}


@pytest.mark.parametrize(
    ("draw", "distribution"), DISTRIBUTIONS.values(), ids=list(DISTRIBUTIONS)
)
def test_draws_have_the_distribution_of_the_paper(draw, distribution):
    """The share of draws below any number is within 1.7 % of what it should be."""
    random = Random(0)
    draws = sorted(draw(N_IN, N_OUT, random) for _ in range(DRAWS))

    exact = [distribution(x) for x in draws]

    above = max((i + 1) / DRAWS - p for i, p in enumerate(exact))
    below = max(p - i / DRAWS for i, p in enumerate(exact))
    assert 0.0 <= exact[0] <= exact[-1] <= 1.0
    assert max(above, below) < FARTHEST


def test_the_distance_tells_he_from_glorot():
    """The test above would notice a variance that is a third too large."""
    random = Random(0)
    draws = sorted(he_normal(N_IN, N_OUT, random) for _ in range(DRAWS))
    wrong = [gaussian(2 / 40)(x) for x in draws]

    assert max(abs(i / DRAWS - p) for i, p in enumerate(wrong)) > 1.5 * FARTHEST


@given(n_in=counts, n_out=counts, seed=st.integers(0, 1000))
def test_uniform_draws_keep_to_their_bounds(n_in, n_out, seed):
    """No weight is beyond the bound of the paper."""
    random = Random(seed)
    for _ in range(20):
        assert abs(glorot_uniform(n_in, n_out, random)) <= math.sqrt(6 / (n_in + n_out))
        assert abs(he_uniform(n_in, n_out, random)) <= math.sqrt(6 / n_in)


def test_constants_are_what_they_say():
    """Zeros, ones and a number of one's own take nothing from the generator."""
    random = Random(0)
    state = random.getstate()

    assert zeros(3, 2, random) == 0.0
    assert ones(3, 2, random) == 1.0
    assert constant(3, 2, random, val=0.1) == 0.1
    assert random.getstate() == state


def test_initialisers_have_both_their_names():
    """PyTorch names a paper by its author's first name or his last; both are known."""
    for kind in ("uniform", "normal"):
        assert INITIALIZERS[f"xavier_{kind}"] is INITIALIZERS[f"glorot_{kind}"]
        assert INITIALIZERS[f"kaiming_{kind}"] is INITIALIZERS[f"he_{kind}"]


@pytest.mark.parametrize("name", sorted(INITIALIZERS))
def test_a_seed_fixes_the_draws(name):
    """The same generator draws the same weights."""
    draw = INITIALIZERS[name]
    first, second = Random(3), Random(3)

    for _ in range(5):
        assert draw(4, 5, first) == draw(4, 5, second)


# --- gains and fans -----------------------------------------------------------------
def test_published_gains():
    """The gains are those of PyTorch's table."""
    table = {"linear": 1, "conv2d": 1, "sigmoid": 1, "tanh": 5 / 3, "selu": 3 / 4}
    for name, gain in table.items():
        assert calculate_gain(name) == gain
    assert calculate_gain("relu") == math.sqrt(2)
    assert calculate_gain("leaky_relu") == math.sqrt(2 / (1 + 0.01**2))
    assert calculate_gain("leaky_relu", 0.2) == math.sqrt(2 / (1 + 0.2**2))
    assert calculate_gain("leaky_relu", 0.0) == calculate_gain("relu")


def test_the_gain_of_relu_makes_up_for_the_half_that_it_cuts_off():
    """For z ~ N(0, 1) the mean of relu(z)² is ½, of leaky_relu(z)² (1 + slope²)/2."""
    z = [NormalDist().inv_cdf((i + 0.5) / 10_000) for i in range(10_000)]
    for slope in (0.0, 0.01, 0.3):
        kept = math.fsum((x if x > 0 else slope * x) ** 2 for x in z) / len(z)
        assert kept * calculate_gain("leaky_relu", slope) ** 2 == pytest.approx(
            1.0, abs=1e-3
        )


def test_fans_count_the_window_of_a_convolution():
    """A dense layer has its inputs and outputs, a convolution those of every place."""
    assert fans((4, 3)) == (3, 4)
    assert fans((16, 3, 5, 5)) == (75, 400)
    assert fans([8, 2, 3]) == (6, 24)


# --- orthogonal ---------------------------------------------------------------------
@given(st.integers(1, 12), st.integers(1, 12), st.integers(0, 1000), st.floats(0.5, 2))
def test_an_orthogonal_matrix_keeps_lengths(rows, columns, seed, gain):
    """Rows are orthonormal times the gain, or columns where they are fewer."""
    matrix = np.array(orthogonal(rows, columns, Random(seed), gain))

    assert matrix.shape == (rows, columns)
    product = matrix @ matrix.T if rows <= columns else matrix.T @ matrix
    wanted = gain**2 * np.eye(min(rows, columns))
    assert np.abs(product - wanted).max() < 1e-14 * gain**2


def test_no_orthogonal_matrix_is_likelier_than_another():
    """A plane's turns and mirrors come at every angle, each as often as the other."""
    random = Random(0)
    matrices = [orthogonal(2, 2, random) for _ in range(10_000)]
    angles = sorted(math.atan2(b, a) for (a, b), _ in matrices)
    farthest = math.sqrt(math.log(2 / 1e-9) / (2 * len(angles)))
    shares = [(angle + math.pi) / (2 * math.pi) for angle in angles]

    assert max(abs(i / len(angles) - p) for i, p in enumerate(shares)) < farthest
    turns = sum(a * d - b * c > 0 for (a, b), (c, d) in matrices) / len(matrices)
    assert abs(turns - 0.5) < farthest


# --- refusals -----------------------------------------------------------------------
@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: calculate_gain("rely"), UnknownNameError, "mean 'relu'"),
        (lambda: he_normal(2, 2, Random(), mode="fan"), UnknownNameError, "'fan_in'"),
        (
            lambda: he_normal(2, 2, Random(), nonlinearity="no"),
            UnknownNameError,
            "'no'",
        ),
        (lambda: he_uniform(0, 2, Random()), ShapeError, "at least 1 unit, not 0"),
        (lambda: he_uniform(2, 0, Random(), mode="fan_out"), ShapeError, "not 0"),
        (lambda: glorot_normal(0, 0, Random()), ShapeError, "at least 1 unit"),
        (lambda: fans((3,)), ShapeError, r"not \(3,\)"),
        (lambda: fans((3, 0)), ShapeError, "from 1 up"),
        (lambda: fans((3, 1.5)), ShapeError, "whole numbers"),
        (lambda: orthogonal(0, 3, Random()), ShapeError, "at least one row"),
    ],
)
def test_bad_arguments_are_named(call, error, words):
    """Unknown names and layers without units are refused in words."""
    with pytest.raises(error, match=words):
        call()
