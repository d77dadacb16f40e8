"""L-BFGS and its line search keep what their algorithms promise."""

import math
from dataclasses import dataclass, field

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import optimize
from valleys import VALLEYS, beale, rosenbrock

from autograd_core import Value, exp, log, sigmoid, sin, sqrt, value_and_grad, where
from autograd_core.errors import (
    DomainError,
    GraphError,
    NonFiniteError,
    OperandError,
    ShapeError,
    UnknownNameError,
)
from nn.lbfgs import LBFGS, two_loops
from nn.line_search import Trial, cubic_minimum, strong_wolfe
from nn.minimizers import minimize
from nn.newton import Newton

each = pytest.mark.parametrize("name", VALLEYS)


# --- the line search ----------------------------------------------------------------
@dataclass
class Line:
    """A function of one number, which notes its values."""

    f: object
    values: list = field(default_factory=list)

    def __call__(self, t):
        """Return the trial at t."""
        value, slope = value_and_grad(self.f)(t)
        self.values.append(value)
        return Trial(t, value, slope, [slope])


quartics = st.tuples(
    st.floats(0.1, 5.0), st.floats(-5.0, 5.0), st.floats(-5.0, 5.0), st.floats(0.1, 5.0)
)


@given(quartics, st.floats(1e-3, 1e2), st.sampled_from([0.1, 0.5, 0.9]))
def test_the_step_that_is_found_meets_both_conditions(factors, first, c2):
    """On any quartic that falls at 0, from any first step."""
    a, b, c, slope = factors
    line = Line(lambda t: a * t**4 + b * t**3 + c * t**2 - slope * t)
    start = line(0.0)

    found = strong_wolfe(line, start, first, c2=c2, max_iter=60)

    rounding = 1e-14 * (1 + abs(found.value))
    assert found.value <= 1e-4 * found.t * start.slope + rounding
    assert abs(found.slope) <= c2 * slope
    assert found.t > 0
    assert len(line.values) <= 40


@given(st.floats(0.1, 5.0), st.floats(0.1, 5.0), st.floats(1e-2, 1e2))
@settings(max_examples=300)
def test_no_trial_that_is_low_enough_is_lower(wave, drift, first):
    """Of a line with many valleys, the lowest point that was seen is kept."""
    line = Line(lambda t: sin(wave * t) ** 2 - sin(t) - drift * t / (1 + t * t))
    trials = []

    def noted(t):
        trials.append(line(t))
        return trials[-1]

    start = noted(0.0)
    found = strong_wolfe(noted, start, first, max_iter=60)

    low_enough = [x for x in trials if x.value <= 1e-4 * x.t * start.slope]
    assert found.value == min(x.value for x in low_enough)
    assert abs(found.slope) <= 0.9 * abs(start.slope)


@given(st.floats(0.5, 100.0), st.floats(1e-2, 1e4))
def test_a_line_that_ends_is_backed_off_from(end, first):
    """Where the function is not finite beyond a point, the step stays before it."""
    for f in (
        lambda t: -log(end - t) - 5.0 / end * t,  # inf at the end, nan beyond
        lambda t: where(t < end, (t - end / 2) ** 2, math.inf),
        lambda t: -sqrt(end - t) - 5.0 / sqrt(end) * t,
    ):
        line = Line(f)
        start = line(0.0)
        assume(start.slope < 0)

        found = strong_wolfe(line, start, first, max_iter=60)

        assert 0 < found.t < end
        assert math.isfinite(found.value)
        assert found.value < start.value


def test_a_hump_is_not_walked_over():
    """A second trial that is not lower than the first ends the lengthening."""
    line = Line(lambda t: -t + 9.5 * sigmoid(3 * (t - 5)))  # falls for ever beyond 5

    found = strong_wolfe(line, line(0.0), 1.0, max_iter=60)

    assert 3 < found.t < 5


def test_where_a_line_grows_steeper_the_step_grows_tenfold():
    """The cubic would have it grow by a hundredth, again and again."""
    line = Line(lambda t: t**4 / 10 - 3 * t**3 - 3 * t**2 - t / 10)

    found = strong_wolfe(line, line(0.0), 1e-3, c2=0.1, max_iter=60)

    assert abs(found.slope) < 0.01
    assert len(line.values) <= 15


def test_a_wall_is_approached_though_the_cubic_stays_away():
    """Where interpolation stalls near an end, the interval shrinks by a tenth."""

    def wall(t):
        return Trial(t, -t, -1.0, []) if t < 0.5 else Trial(t, 1e9, 1e9, [])

    found = strong_wolfe(wall, wall(0.0), 1.0, max_iter=100)

    assert found.t == pytest.approx(0.5, abs=1e-2)


def test_a_line_without_a_bottom_ends_with_its_lowest_trial():
    """The budget of trials is kept, and the best of them returned."""
    line = Line(lambda t: -t)

    found = strong_wolfe(line, line(0.0), 1.0, max_iter=5)

    assert len(line.values) == 7
    assert found.value == -found.t == min(line.values)
    assert found.t > 1e3


def test_without_an_improvement_the_start_is_returned():
    """Where every trial is higher, nothing is better than standing still."""
    line = Line(lambda t: where(t > 0, math.inf, -t))
    start = line(0.0)

    assert strong_wolfe(line, start, 1.0) is start


@given(st.floats(0.1, 9), st.floats(-5, 5), st.floats(0.5, 5), st.floats(0.1, 9))
def test_the_cubic_through_two_trials_is_flat_at_its_minimum(a, bottom, before, after):
    """From trials on both sides, or both behind it, in either order."""

    def cubic(t):  # a·(t - bottom)²·(t - bottom + 3), with its maximum 2 before
        away = t - bottom
        return Trial(t, a * away * away * (away + 3), 3 * a * away * (away + 2), [])

    near, far = cubic(bottom - min(before, 1.5)), cubic(bottom + after)
    nearer = cubic(bottom - min(before, 1.5) / 2)

    for one, other in [(near, far), (far, near), (near, nearer)]:
        assert cubic_minimum(one, other, -99, 99) == pytest.approx(bottom, abs=1e-9)
    assert cubic_minimum(near, far, bottom + 1, bottom + 2) == bottom + 1


def test_where_there_is_no_cubic_the_middle_is_tried():
    """A trial that is not finite has no cubic, and some cubics have no minimum."""
    start = Trial(0.0, 1.0, -1.0, [])

    for other in (
        Trial(2.0, math.inf, math.nan, []),
        Trial(2.0, -1.0, -1.0, []),  # a line
        Trial(2.0, -1 / 3, -1.0, []),  # always falling
    ):
        assert cubic_minimum(start, other, 0.0, 2.0) == 1.0


# --- the direction ------------------------------------------------------------------
vectors = st.lists(st.floats(-5, 5), min_size=4, max_size=4)


@given(st.lists(st.tuples(vectors, st.floats(0.5, 2)), min_size=1, max_size=6), vectors)
def test_the_two_loops_apply_the_bfgs_matrix(pairs, gradient):
    """The dense matrix of Nocedal and Wright's eq. 6.17, from the scaled identity."""
    stretch = np.diag([1.0, 2.0, 3.0, 4.0])
    steps = [np.array(s) for s, _ in pairs]
    changes = [
        factor * stretch @ s for s, (_, factor) in zip(steps, pairs, strict=True)
    ]
    assume(all(s @ s > 1e-2 for s in steps))
    inverse = np.eye(4) * (steps[-1] @ changes[-1]) / (changes[-1] @ changes[-1])
    for s, y in zip(steps, changes, strict=True):
        v = np.eye(4) - np.outer(y, s) / (y @ s)
        inverse = v.T @ inverse @ v + np.outer(s, s) / (y @ s)

    found = two_loops(
        gradient, tuple(s.tolist() for s in steps), tuple(y.tolist() for y in changes)
    )

    scale = 1e-9 * (1 + np.abs(inverse).max())
    assert found == pytest.approx((inverse @ gradient).tolist(), rel=1e-9, abs=scale)


def test_without_a_history_the_direction_is_the_gradient():
    """Nothing is known of the curvature yet."""
    assert two_loops([1.0, -2.0], (), ()) == [1.0, -2.0]


# --- minimisation -------------------------------------------------------------------
@each
def test_lbfgs_finds_each_minimum(name):
    """To 8 digits, and to 3 where the Hessian is singular."""
    f, start, minimum = VALLEYS[name]

    found = minimize(f, start, tolerance_grad=1e-9)

    assert found.converged
    assert found.x == pytest.approx(minimum, abs=1e-3 if name == "powell" else 1e-8)
    assert found.value == f(found.x)
    assert found.gradient == value_and_grad(f)(found.x)[1]


@each
def test_lbfgs_is_about_as_good_as_scipys(name):
    """It asks for at most 1.5 times the evaluations, to an equal gradient."""
    f, start, _ = VALLEYS[name]

    ours = minimize(f, start, tolerance_grad=1e-6)

    theirs = optimize.minimize(
        value_and_grad(f),
        start,
        jac=True,
        method="L-BFGS-B",
        options={"gtol": 1e-6, "ftol": 0.0},
    )
    assert theirs.success
    assert ours.evaluations <= 1.5 * theirs.nfev


def test_a_minimum_beside_a_cliff():
    """Trials beyond the domain are nan or inf; the minimum is found all the same."""
    found = minimize(lambda x: -log(x[0]) - log(1 - x[0]) + 50 * x[0], [0.5])
    closed_form = (52 - math.sqrt(52**2 - 200)) / 100  # of 50x² - 52x + 1

    assert found.x == pytest.approx([closed_form], rel=1e-7)
    steep = minimize(lambda x: exp(x[0] * x[0] * 4) + x[0], [2.5])
    assert steep.converged


def test_an_overflow_far_out_is_backed_off_from():
    """A first step of length 1 leads to inf here; halves of it do not."""
    x = Value(0.0)
    optimizer = LBFGS([x], lr=1e6, max_iter=100, line_search_fn="strong_wolfe")

    optimizer.step(closure_of(optimizer, lambda: exp(x) - 3 * x))

    assert x.data == pytest.approx(math.log(3), abs=1e-4)


def closure_of(optimizer, f):
    """Return the closure that PyTorch asks for."""

    def closure():
        optimizer.zero_grad()
        loss = f()
        loss.backward()
        return loss

    return closure


def bowl_of(x, y):
    """Return the closure's function of two parameters."""
    return lambda: (x - 3) ** 2 + 10 * (y + x) ** 2


def test_frozen_parameters_stay_and_the_rest_find_their_own_minimum():
    """Also if it is frozen between two steps, when directions remember it."""
    x, y = Value(0.0), Value(0.0)
    optimizer = LBFGS([x, y], max_iter=3, line_search_fn="strong_wolfe")
    optimizer.step(closure_of(optimizer, bowl_of(x, y)))
    x.requires_grad = False
    frozen = x.data

    for _ in range(5):
        optimizer.step(closure_of(optimizer, bowl_of(x, y)))

    assert x.data == frozen
    assert y.data == pytest.approx(-frozen, abs=1e-5)
    assert optimizer.state.x[0] == frozen  # in what it remembers, too


def test_a_step_keeps_its_budgets():
    """No more directions and evaluations than were allowed, and the counts add up."""
    x, y = Value(-1.2), Value(1.0)
    optimizer = LBFGS([x, y], max_iter=4, max_eval=6, line_search_fn="strong_wolfe")
    calls = []

    def f():
        calls.append(1)
        return rosenbrock([x, y])

    for count in range(1, 4):
        before = len(calls)
        first = optimizer.step(closure_of(optimizer, f))
        assert first.data >= optimizer.point.value
        assert len(calls) - before <= 7
        assert optimizer.n_iter <= 4 * count
        assert optimizer.func_evals == len(calls)


def test_without_a_search_each_direction_costs_one_evaluation():
    """The last move of a step is evaluated by the next one."""
    x = Value(3.0)
    optimizer = LBFGS([x], lr=0.1, max_iter=4)

    for count in range(1, 4):
        optimizer.step(closure_of(optimizer, lambda: x * x))
        assert optimizer.func_evals == optimizer.n_iter == 4 * count


@pytest.mark.parametrize("method", [LBFGS, Newton])
def test_a_default_step_of_one_direction_moves(method):
    """The budget of evaluations leaves room for one."""
    x = Value(1.0)
    optimizer = method([x], max_iter=1)

    optimizer.step(closure_of(optimizer, lambda: x * x))

    assert x.data < 1.0


@pytest.mark.parametrize("method", [LBFGS, Newton])
def test_at_a_minimum_nothing_moves(method):
    """One evaluation tells."""
    x = Value(0.0)
    optimizer = method([x])

    loss = optimizer.step(closure_of(optimizer, lambda: x * x + 1))

    assert (loss.data, x.data, optimizer.func_evals) == (1.0, 0.0, 1)


# --- bad input ----------------------------------------------------------------------
@pytest.mark.parametrize("method", [LBFGS, Newton])
@pytest.mark.parametrize(
    ("closure", "error", "words"),
    [
        (None, OperandError, r"step\(closure\) needs the loss many times"),
        (lambda x: None, OperandError, "returned None"),
        (lambda x: 1.0, OperandError, "returned 1.0"),
        (lambda x: x * x, GraphError, r"no parameter has a gradient .*loss.backward"),
        (lambda x: run(log(x - 5)), NonFiniteError, "the loss is nan"),
        (lambda x: run(sqrt(x - 1)), NonFiniteError, "gradient is not finite"),
    ],
)
def test_a_closure_that_cannot_be_used_changes_nothing(method, closure, error, words):
    """The message says what is missing; parameter, counts and memory stay."""
    x = Value(1.0)
    optimizer = method([x])
    before = optimizer.state_dict()

    with pytest.raises(error, match=words):
        optimizer.step(closure and (lambda: closure(x)))

    assert x.data == 1.0
    assert optimizer.state_dict() == before


def run(loss):
    """Go backward and return the loss."""
    loss.backward()
    return loss


@pytest.mark.parametrize("after", range(1, 12))
@pytest.mark.parametrize("searches", ["strong_wolfe", None])
def test_an_error_in_the_middle_of_a_step_takes_it_back(after, searches):
    """Whichever evaluation fails, parameters, memory and counts are as before."""
    x, y = Value(-1.2), Value(1.0)
    optimizer = LBFGS([x, y], lr=0.01, max_iter=15, line_search_fn=searches)
    closure = closure_of(optimizer, lambda: beale([x, y]))
    optimizer.step(closure)
    before, data = optimizer.state_dict(), (x.data, y.data)
    left = iter(range(after))

    def failing():
        next(left)
        return closure()

    with pytest.raises(StopIteration):
        optimizer.step(failing)

    assert optimizer.state_dict() == before
    assert (x.data, y.data) == data


def test_without_a_search_a_loss_that_overflows_is_an_error():
    """The message offers the search, and the parameters are those of before."""
    x = Value(1.0)
    optimizer = LBFGS([x], lr=1e3)

    with pytest.raises(NonFiniteError, match="search along the line"):
        optimizer.step(closure_of(optimizer, lambda: exp(x * x)))

    assert x.data == 1.0


@pytest.mark.parametrize(
    ("make", "error", "words"),
    [
        (lambda p: LBFGS(p, lr=0), DomainError, "lr takes a number above 0, not 0"),
        (lambda p: LBFGS(p, max_iter=0), ShapeError, "max_iter .* from 1 up, not 0"),
        (lambda p: LBFGS(p, max_eval=2.5), OperandError, "max_eval .* not 2.5"),
        (lambda p: LBFGS(p, tolerance_grad=-1), DomainError, "tolerance_grad .* -1"),
        (lambda p: LBFGS(p, history_size=0), ShapeError, "history_size .* not 0"),
        (
            lambda p: LBFGS(p, line_search_fn="wolfe"),
            UnknownNameError,
            "line search is called 'wolfe'; .*'strong_wolfe'",
        ),
        (lambda p: LBFGS([]), ShapeError, "at least one parameter"),
        (lambda p: minimize(lambda x: x[0], 3.0), OperandError, "to begin at, not 3.0"),
        (
            lambda p: minimize(lambda x: x[0], "12"),
            OperandError,
            "to begin at, not '12'",
        ),
        (
            lambda p: LBFGS([{"params": p}, {"params": [Value(1)]}]),
            ShapeError,
            "LBFGS takes one group",
        ),
        (lambda p: minimize(rosenbrock, [1, 2], "bfgs"), UnknownNameError, "'lbfgs'"),
        (lambda p: minimize(3, [1, 2]), OperandError, "takes a function, not 3"),
        (lambda p: minimize(rosenbrock, []), ShapeError, "at least one parameter"),
        (lambda p: minimize(rosenbrock, ["a", 1]), OperandError, "'a' of type str"),
        (lambda p: minimize(lambda x: x, [1.0]), OperandError, "the loss, one Value"),
        (lambda p: minimize(lambda x: 3.0, [1.0]), OperandError, "returned 3.0"),
    ],
)
def test_what_cannot_be_minimised_is_refused(make, error, words):
    """The message gives the name and the number."""
    with pytest.raises(error, match=words):
        make([Value(1.0)])
