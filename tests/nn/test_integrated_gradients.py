"""Integrated gradients against their definition, closed forms and completeness."""

import math
from itertools import pairwise

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import nn
from autograd_core import Value, dot, exp, sigmoid, tanh
from autograd_core.errors import OperandError, ShapeError
from nn.explaining import convergence_delta, integrated_gradients
from nn.explaining.quadrature import gauss_legendre

numbers = st.floats(-2, 2)
triples = st.lists(numbers, min_size=3, max_size=3)
seeds = st.integers(0, 1000)


# --- quadrature ---------------------------------------------------------------------
@given(st.integers(1, 100), st.data())
def test_n_points_integrate_polynomials_of_degree_2n_minus_1(n, data):
    """∫₀¹ tᵏ dt is 1/(k + 1) up to rounding, and the points lie inside."""
    power = data.draw(st.integers(0, 2 * n - 1))

    points, weights = gauss_legendre(n)

    assert all(0 < a < b < 1 for a, b in pairwise(points))
    assert len(points) == len(weights) == n
    whole = math.fsum(w * t**power for t, w in zip(points, weights, strict=True))
    assert whole == pytest.approx(1 / (power + 1), rel=1e-13)


@pytest.mark.parametrize("n", [1, 2, 3, 8, 25])
def test_points_and_weights_have_their_digits(n):
    """They are those that mpmath finds with 40 digits."""
    points, weights = gauss_legendre(n)

    with mpmath.workdps(40):
        zeros = sorted(
            mpmath.polyroots(mpmath.taylor(lambda x: mpmath.legendre(n, x), 0, n)[::-1],
                             maxsteps=500, extraprec=400)
        )  # fmt: skip
        slopes = [mpmath.diff(lambda x: mpmath.legendre(n, x), zero) for zero in zeros]
        pairs = list(zip(zeros, slopes, strict=True))
        wanted = [float((1 + zero) / 2) for zero in zeros]
        shares = [float(1 / ((1 - zero**2) * slope**2)) for zero, slope in pairs]

    assert points == pytest.approx(wanted, rel=1e-14)
    assert weights == pytest.approx(shares, rel=1e-14)


# --- completeness -------------------------------------------------------------------
@given(triples, triples, st.integers(1, 4))
def test_polynomials_need_half_their_degree_of_points(x, baseline, n_steps):
    """A product of 2n factors is shared out to rounding by n points."""

    def model(x):
        y = Value(1.0)
        for i in range(2 * n_steps):
            y = y * (x[i % 3] + 0.5)
        return y

    parts = integrated_gradients(model, x, baseline, n_steps=n_steps)

    most = 3 * 2.5 ** (2 * n_steps) * n_steps * 4
    assert abs(convergence_delta(model, parts, x, baseline)) < 1e-15 * most


@given(triples, triples, seeds, st.sampled_from(["tanh", "sigmoid", "softplus"]))
def test_smooth_networks_are_shared_out_to_rounding(x, baseline, seed, activation):
    """Fifty points leave nothing of f(x) - f(baseline)."""
    model = nn.MLP(3, [4, 4, 2], activation=activation, seed=seed)

    parts = integrated_gradients(model, x, baseline, target=1)

    assert abs(convergence_delta(model, parts, x, baseline, target=1)) < 1e-12


@given(triples, triples, st.integers(1, 60), seeds)
def test_a_layer_of_rectifiers_keeps_the_stated_bound(x, baseline, n_steps, seed):
    """A slope that jumps along the way costs at most π/(2n + 1) of the jump."""
    random = np.random.default_rng(seed)
    w, b, v = random.normal(size=(5, 3)), random.normal(size=5), random.normal(size=5)

    def model(x):
        units = [dot(row, x, c).relu() for row, c in zip(w, b, strict=True)]
        return dot(v, units)

    parts = integrated_gradients(model, x, baseline, n_steps=n_steps)

    jumps = np.abs(v * (w @ (np.array(x) - np.array(baseline)))).sum()
    bound = math.pi / (2 * n_steps + 1) * jumps + 1e-13
    assert abs(convergence_delta(model, parts, x, baseline)) <= bound


# --- the definition -----------------------------------------------------------------
@given(numbers, numbers, numbers, numbers)
def test_a_product_is_shared_by_the_means_of_the_other_factor(x, y, x0, y0):
    """For x·y the integral is (x - x₀)·(y + y₀)/2, and the same for y."""
    parts = integrated_gradients(lambda z: z[0] * z[1], [x, y], [x0, y0], n_steps=1)

    wanted = [(x - x0) * (y + y0) / 2, (y - y0) * (x + x0) / 2]
    assert parts == pytest.approx(wanted, rel=1e-14, abs=1e-14)


def test_the_integral_is_that_of_mpmath():
    """Each attribution of σ(2x - y)·eˣ equals its integral to thirteen digits."""
    end, start = (1.25, -0.5), (-0.5, 0.75)

    parts = integrated_gradients(
        lambda z: sigmoid(2 * z[0] - z[1]) * exp(z[0]), end, start
    )

    def slope(i, t):
        x, y = (a + t * (b - a) for a, b in zip(start, end, strict=True))
        s = 1 / (1 + mpmath.exp(y - 2 * x))
        inner = (2 * s * (1 - s) + s, -s * (1 - s))[i]
        return inner * mpmath.exp(x)

    wanted = [
        float((end[i] - start[i]) * mpmath.quad(lambda t, i=i: slope(i, t), [0, 1]))
        for i in (0, 1)
    ]
    assert parts == pytest.approx(tuple(wanted), rel=1e-13)


def test_what_saturates_is_seen_all_the_same():
    """The example of the paper: 1 - relu(1 - x) at 2 has slope 0 and came from 0."""
    (part,) = integrated_gradients(lambda x: 1 - (1 - x[0]).relu(), [2.0], n_steps=50)

    assert part == pytest.approx(1.0, abs=math.pi / 101)


@given(triples, seeds)
def test_dummies_get_nothing_and_twins_the_same(x, seed):
    """An input that is not looked at has 0; two that are interchangeable share."""
    a, _, c = x

    def model(x):
        return tanh(x[0] + x[1] + 0.1 * seed) * (x[0] * x[1])

    first, second, dummy = integrated_gradients(model, [a, a, c], 0.25)

    assert dummy == 0.0
    assert first == pytest.approx(second, rel=1e-14, abs=1e-300)


def test_a_baseline_is_one_number_or_many_in_any_structure():
    """The result has the structure of x, whatever the baseline came in."""
    image = np.array([[1.0, 2.0], [3.0, 4.0]])

    def model(x):
        return x[0][0] * x[1][1] + x[0][1]

    wanted = [[0.0, 1.0], [0.0, 3.0]]  # the factor 1 has not changed, the other by 3
    for baseline in (1.0, [[1.0] * 2] * 2, np.ones((2, 2))):
        found = integrated_gradients(model, image, baseline, n_steps=3)
        assert isinstance(found, np.ndarray)
        assert found == pytest.approx(np.array(wanted), abs=1e-15)
        again = integrated_gradients(model, image.tolist(), baseline, n_steps=3)
        assert again == found.tolist()
    from_black = integrated_gradients(model, image, n_steps=3)
    assert from_black == pytest.approx(np.array([[2.0, 2.0], [0.0, 2.0]]))


def test_gradients_and_numbers_stay_as_they_were():
    """The way leaves no trace on parameters or inputs."""
    model, x = nn.MLP(2, [3, 1], seed=0), [Value(1.0), Value(2.0)]
    model(x).backward()
    nodes = [*model.parameters(), *x]
    before = [(node.data, node.grad) for node in nodes]

    integrated_gradients(model, x, n_steps=3)

    assert [(node.data, node.grad) for node in nodes] == before


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"baseline": [0.0]}, ShapeError, r"shape \(2,\) of the inputs; got \(1,\)"),
        ({"baseline": "black"}, OperandError, "'black' of type str"),
        ({"n_steps": 0}, ShapeError, "n_steps .* from 1 up, not 0"),
        ({"n_steps": 2.5}, OperandError, "whole number, not 2.5"),
        ({"target": 3}, ShapeError, "no target 3 in a single number"),
        ({"model": Value(1.0)}, OperandError, "pass the model itself"),
    ],
)
def test_what_cannot_be_integrated_is_refused(options, error, words):
    """The message says what was asked and what to do instead."""
    call = {"model": lambda x: x[0] * x[1], "x": [1.0, 2.0]} | options
    with pytest.raises(error, match=words):
        integrated_gradients(**call)
