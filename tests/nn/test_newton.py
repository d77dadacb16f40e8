"""Newton's method: exact second derivatives, solved and safeguarded."""

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from scipy import optimize
from valleys import VALLEYS, beale

import nn
from autograd_core import Value, exp, hessian, log, sin, softplus, value_and_grad
from nn.line_search import Trial
from nn.minimizers import minimize
from nn.newton import Newton, cholesky, damped_cholesky, hessian_of, solved

each = pytest.mark.parametrize("name", VALLEYS)
squares = st.integers(1, 6).flatmap(
    lambda n: arrays.arrays(float, (n, n), elements=st.floats(-5, 5, width=32))
)


def product(factor):
    """Return L·Lᵀ, from rows that end at the diagonal."""
    n = len(factor)
    full = np.array([row + [0.0] * (n - len(row)) for row in factor])
    return full @ full.T


# --- the solution -------------------------------------------------------------------
@given(squares, st.data())
def test_a_positive_definite_system_is_solved(square, data):
    """A = B·Bᵀ + I has the factor L of A = L·Lᵀ, and x solves A·x = b."""
    n = len(square)
    matrix = square @ square.T + np.eye(n)
    right = np.array(data.draw(st.lists(st.floats(-9, 9), min_size=n, max_size=n)))

    factor, damping = damped_cholesky(matrix.tolist())
    x = np.array(solved(factor, right.tolist()))

    scale = 1e-12 * np.abs(matrix).max()
    assert damping == 0.0
    assert np.abs(product(factor) - matrix).max() <= scale
    assert np.abs(matrix @ x - right).max() <= scale * (1 + np.abs(x).max())


@given(squares)
def test_any_symmetric_matrix_becomes_positive_definite(square):
    """The factor is that of A + τ·I, with τ at most a few times what is needed."""
    matrix = square + square.T
    size = np.abs(matrix).max()
    assume(size > 1e-3)

    factor, damping = damped_cholesky(matrix.tolist())

    wanted = matrix + damping * np.eye(len(matrix))
    assert np.abs(product(factor) - wanted).max() <= 1e-12 * (size + damping)
    least = np.linalg.eigvalsh(matrix)[0]
    assert damping <= max(0.0, -3 * least) + 1e-2 * size
    assert damping > 0 or least > -1e-12 * size


def test_what_is_not_positive_definite_has_no_factor():
    """Nor has a singular matrix, or one that is not finite."""
    assert cholesky([[1.0], [2.0, 1.0]]) is None
    assert cholesky([[1.0], [1.0, 1.0]]) is None
    assert cholesky([[math.nan]]) is None
    assert cholesky([[math.inf]]) is None


def test_a_pivot_that_is_nothing_but_rounding_is_damped():
    """A direction along it would be as long as it is meaningless."""
    _, damping = damped_cholesky([[1.0, 1.0], [1.0, 1.0 + 2.0**-52]])

    assert damping > 0


def test_no_curvature_at_all_is_a_multiple_of_the_identity():
    """The Hessian of a linear function leaves the direction to the gradient."""
    factor, damping = damped_cholesky([[0.0, 0.0], [0.0, 0.0]])

    assert damping > 0
    first, second = solved(factor, [1.0, 2.0])
    assert second == pytest.approx(2 * first)


# --- the Hessian --------------------------------------------------------------------
@given(st.lists(st.floats(-2, 2), min_size=3, max_size=3))
def test_the_hessian_of_a_graph_is_that_of_the_function(point):
    """Symmetric, and equal to `hessian(f)`, unused parameters included."""

    def f(x):
        return exp(sin(x[0] * x[1])) + x[0] ** 3

    xs = [Value(x) for x in point]
    loss = f(xs)
    loss.backward()

    found = np.array(hessian_of(loss, xs))

    wanted = np.zeros((3, 3))
    wanted[:2, :2] = hessian(f)(point[:2])
    assert np.abs(found - wanted).max() <= 1e-12 * (1 + np.abs(wanted).max())


def test_the_hessian_of_a_linear_function_is_zero():
    """Slopes that are constants are no error."""
    x, y = Value(1.0), Value(2.0)

    assert hessian_of(3 * x - y, [x, y]) == [[0.0, 0.0], [0.0, 0.0]]


# --- the method ---------------------------------------------------------------------
@given(squares, st.data())
def test_a_parabola_takes_one_step(square, data):
    """Whatever its axes, its minimum is where the first direction leads."""
    n = len(square)
    matrix = square @ square.T + np.eye(n)
    centre = data.draw(st.lists(st.floats(-5, 5), min_size=n, max_size=n))

    def f(x):
        away = np.array(x) - centre
        return away @ matrix @ away

    found = minimize(f, [7.0] * n, "newton", max_iter=1)

    assert found.x == pytest.approx(centre, abs=1e-9)
    assert (found.iterations, found.evaluations) == (1, 2)


@each
def test_newton_finds_a_minimum_of_each_valley(name):
    """The gradient vanishes, and the Hessian there has no negative curvature.

    From this start the 10-dimensional valley leads it to the other minimum, near
    (-1, 1, …, 1), as it does scipy's exact trust region.
    """
    f, start, minimum = VALLEYS[name]

    found = minimize(f, start, "newton", tolerance_grad=1e-9)

    assert found.converged
    curvature = np.linalg.eigvalsh(hessian(f)(found.x))
    assert curvature[0] >= -1e-6
    if name == "rosenbrock 10":
        assert found.value == pytest.approx(3.9865790)
        assert found.x[0] == pytest.approx(-1, abs=0.01)
    else:
        digits = 1e-3 if name == "powell" else 1e-9
        assert found.x == pytest.approx(minimum, abs=digits)


@each
def test_newton_needs_no_more_gradients_than_scipys_newton_cg(name):
    """And about as many as its exact trust region."""
    f, start, _ = VALLEYS[name]

    def derivatives(x):
        return np.array(hessian(f)(list(x)))

    ours = minimize(f, start, "newton", tolerance_grad=1e-6)
    trust, conjugate = (
        optimize.minimize(
            value_and_grad(f), start, jac=True, hess=derivatives, method=method
        )
        for method in ("trust-exact", "Newton-CG")
    )

    assert ours.evaluations <= 1.5 * trust.nfev + 3
    assert ours.evaluations <= conjugate.njev


def test_newton_squares_the_error_near_the_minimum():
    """Each error is at most a multiple of the last one's square."""
    x, y = Value(2.5), Value(0.3)
    optimizer = Newton([x, y], max_iter=1, tolerance_grad=0.0)
    errors = []
    for _ in range(9):
        optimizer.step(closure_of(optimizer, lambda: beale([x, y])))
        errors.append(math.dist((x.data, y.data), (3.0, 0.5)))

    near = [error for error in errors if error < 0.1]
    assert len(near) >= 4
    assert all(b <= 10 * a * a + 1e-14 for a, b in pairwise(near))
    assert errors[-1] < 1e-14


def closure_of(optimizer, f):
    """Return the closure that PyTorch asks for."""

    def closure():
        optimizer.zero_grad()
        loss = f()
        loss.backward()
        return loss

    return closure


@given(away=st.floats(1e-9, 1e-5), a=st.floats(2.0, 50.0))
@example(away=1.9467497853637575e-09, a=13.700446391739957)
@example(away=4.281419423647795e-09, a=22.766624046859373)
@example(away=2.9494896108697056e-09, a=15.13233272342456)
@example(away=3.695780401186045e-09, a=45.84670612071155)
def test_the_last_digits_are_found_though_the_loss_no_longer_falls(away, a):
    """Near the minimum, log a, the loss is flat to rounding; steps go on."""
    bottom = math.log(a)

    found = minimize(
        lambda x: exp(x[0]) + a * a * exp(-x[0]) + a,
        [bottom + away],
        "newton",
        tolerance_grad=1e-13 * a,
        max_iter=4,
    )

    assert found.x == pytest.approx([bottom], rel=1e-14)
    assert found.evaluations == 1 + found.iterations


def test_a_saddle_is_left_downhill():
    """Where curvature is negative, the damped direction still descends."""
    found = minimize(lambda x: x[0] ** 4 - x[0] ** 2 + x[1] ** 2, [1e-3, 2.0], "newton")

    assert found.converged
    assert found.x == pytest.approx([math.sqrt(0.5), 0.0], abs=1e-8)


def test_trials_beyond_the_domain_are_backed_off_from():
    """The full step leads to nan here; the line search does not take it."""
    found = minimize(lambda x: x[0] - 100 * log(x[0]), [290.0], "newton")

    assert found.x == pytest.approx([100.0], rel=1e-7)
    away = minimize(lambda x: 20 * x[0] - log(x[0]), [1.0], "newton")
    assert away.x == pytest.approx([0.05], rel=1e-9)


def test_a_hessian_that_is_not_finite_leaves_the_gradient():
    """At a kink of the second derivative, steepest descent takes over."""
    found = minimize(lambda x: abs(x[0]) ** 1.5 + x[0], [0.0], "newton", max_iter=3)

    assert found.value < 0


@pytest.mark.parametrize("scale", [1e-300, 1e-150, 1.0, 1e150, 1e299, 1e304])
def test_curvature_of_any_size_gives_a_direction(scale):
    """Tiny, huge and negative numbers neither overflow nor go on for ever."""
    for rows in ([[1.0, 2.0], [2.0, -1.0]], [[0.0, 1.0], [1.0, 0.0]]):
        matrix = (np.array(rows) * scale).tolist()
        x, y = Value(0.0), Value(0.0)
        loss = x * x * (matrix[0][0] / 2) + y * y * (matrix[1][1] / 2)
        loss = loss + x * y * matrix[0][1] + x + y

        point = Trial(0.0, 0.0, 0.0, [1.0, 1.0], loss)
        direction = Newton([x, y]).direction(point, [0.0, 0.0])

        assert direction[0] + direction[1] < 0
        assert all(map(math.isfinite, direction))


def test_newton_fits_a_neuron_that_freezes_its_bias():
    """Logistic regression on separable counts, beside its closed form."""
    neuron = nn.Neuron(1, activation=None)
    neuron.load_state_dict({"weight": [0.0], "bias": 0.25})
    neuron.bias.requires_grad = False
    optimizer = Newton(neuron.parameters(), tolerance_grad=1e-12)
    data = [(1.0, 1)] * 7 + [(1.0, 0)] * 3

    def loss():
        return sum(softplus(neuron([x])) - y * neuron([x]) for x, y in data)

    optimizer.step(closure_of(optimizer, loss))

    assert neuron.bias.data == 0.25
    assert neuron.weight[0].data == pytest.approx(math.log(7 / 3) - 0.25, rel=1e-9)


@given(st.floats(-2.0, 2.0), st.floats(-2.0, 2.0))
@example(1.8254440367974238, -1.4346319770039688)
@settings(max_examples=20)
def test_a_trial_that_was_not_the_last_one_is_gone_on_from(x, y):
    """On a kink the search ends at its best trial, whose graph has the Hessian."""
    assume(min(abs(x), abs(y)) > 0.01)

    found = minimize(lambda x: (x[0] ** 2) ** 0.5 + x[1] ** 2, [x, y], "newton")

    assert isinstance(found, nn.Minimum)
    assert abs(found.x[0]) < 1e-6
    assert found.value <= abs(x) + y**2
