"""What all losses have in common: shapes, reductions, and refusals in words."""

import math
from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd_core import Value
from autograd_core.errors import DomainError, OperandError, ShapeError, UnknownNameError
from autograd_core.testing import check_derivative
from nn.losses import (
    binary_cross_entropy_with_logits,
    cross_entropy,
    half_squared_error,
    hinge_loss,
    huber_loss,
    kl_div,
    l1_loss,
    log_softmax,
    mse_loss,
    nll_loss,
    smooth_l1_loss,
)

reals = st.floats(-50, 50)
shares = st.floats(0, 1)
logarithms = st.floats(-50, 0)

# A loss of one number and one target, and where the two are drawn from.
POINTWISE = {
    "mse": (mse_loss, reals, reals),
    "half": (half_squared_error, reals, reals),
    "l1": (l1_loss, reals, reals),
    "huber": (partial(huber_loss, delta=2.0), reals, reals),
    "smooth l1": (partial(smooth_l1_loss, beta=0.5), reals, reals),
    "smooth l1 with a corner": (partial(smooth_l1_loss, beta=0.0), reals, reals),
    "binary": (binary_cross_entropy_with_logits, reals, shares),
    "weighted binary": (
        partial(binary_cross_entropy_with_logits, pos_weight=3.0),
        reals,
        shares,
    ),
    "hinge": (hinge_loss, reals, st.sampled_from([-1, 1])),
    "kl": (kl_div, logarithms, shares),
    "kl of logarithms": (partial(kl_div, log_target=True), logarithms, logarithms),
}
# A loss of a list of three numbers and one target.
CLASSIFYING = {
    "cross-entropy": (cross_entropy, reals),
    "smoothed": (partial(cross_entropy, label_smoothing=0.25), reals),
    "weighted": (partial(cross_entropy, weight=[1.0, 2.0, 0.5]), reals),
    "likelihood": (nll_loss, logarithms),
}

pointwise = pytest.mark.parametrize(
    ("loss", "outputs", "targets"), POINTWISE.values(), ids=list(POINTWISE)
)
classifying = pytest.mark.parametrize(
    ("loss", "outputs"), CLASSIFYING.values(), ids=list(CLASSIFYING)
)


# --- reductions ---------------------------------------------------------------------
@pointwise
@given(data=st.data())
def test_a_loss_is_reduced_over_every_number(loss, outputs, targets, data):
    """`none` gives each number's loss in its place; `sum` and `mean` reduce these."""
    size = data.draw(st.tuples(st.integers(1, 3), st.integers(1, 3)))
    xs, ts = ([[data.draw(s) for _ in range(size[1])] for _ in range(size[0])]
              for s in (outputs, targets))  # fmt: skip

    each = loss(xs, ts, "none")

    assert each == [
        [loss(x, t, "none") for x, t in zip(*rows, strict=True)]
        for rows in zip(xs, ts, strict=True)
    ]
    flat = [number for row in each for number in row]
    assert loss(xs, ts, "sum") == pytest.approx(math.fsum(flat), rel=1e-15)
    mean = math.fsum(flat) / len(flat)
    assert loss(xs, ts, "mean") == pytest.approx(mean, rel=1e-15)


@pointwise
@given(data=st.data())
def test_values_numbers_and_arrays_give_the_same_loss(loss, outputs, targets, data):
    """Lists, tuples, arrays of floats and arrays of Values are outputs alike."""
    xs = data.draw(st.lists(st.lists(outputs, min_size=2, max_size=2), min_size=1))
    ts = [[data.draw(targets) for _ in row] for row in xs]
    values = [[Value(x) for x in row] for row in xs]
    wanted = loss(xs, ts)
    assert type(wanted) is float

    assert loss(tuple(map(tuple, xs)), ts) == wanted
    assert loss(np.array(xs), np.array(ts)) == wanted
    assert loss([np.array(row) for row in xs], ts) == wanted
    node = loss(np.array(values, dtype=object), np.array(ts))
    assert loss(values, ts).data == node.data == wanted


@classifying
@given(data=st.data())
def test_a_batch_of_classifications_is_one_list_each(loss, outputs, data):
    """N lists of C numbers take N targets, M lists of those M lists of N."""
    rows = st.lists(outputs, min_size=3, max_size=3)
    xs = data.draw(st.lists(rows, min_size=1, max_size=4))
    ts = [data.draw(st.integers(0, 2)) for _ in xs]

    each = [loss(x, t, "none") for x, t in zip(xs, ts, strict=True)]

    assert all(type(number) is float for number in each)
    assert loss(xs, ts, "none") == each
    assert loss([xs, xs], [ts, ts], "none") == [each, each]
    assert loss(np.array(xs), np.array(ts), "none") == each
    values = np.array([[Value(x) for x in row] for row in xs], dtype=object)
    assert [v.data for v in loss(values, np.array(ts), "none")] == each
    assert loss(xs, ts, "sum") == pytest.approx(math.fsum(each), rel=1e-15)
    assert loss([xs, xs], [ts, ts]) == pytest.approx(loss(xs, ts), rel=1e-14)


@pytest.mark.parametrize("loss", [mse_loss, l1_loss, hinge_loss, cross_entropy, kl_div])
def test_an_empty_batch_has_a_sum_and_no_mean(loss):
    """Nothing adds up to 0; the mean of nothing is refused, in the loss's name."""
    assert loss([], [], "none") == []
    assert loss([], [], "sum") == 0.0
    with pytest.raises(ShapeError, match=f"{loss.__name__} has no mean over an empty"):
        loss([], [])


# --- derivatives --------------------------------------------------------------------
@pointwise
@given(data=st.data())
def test_the_derivative_by_an_output(loss, outputs, targets, data):
    """It is the true one at every point, to the digits that rounding leaves."""
    x, t = data.draw(outputs), data.draw(targets)

    assert check_derivative(lambda x: loss(x, t), x, order=2)


@pytest.mark.parametrize("name", ["mse", "half", "l1", "huber", "smooth l1", "binary"])
@given(data=st.data())
def test_the_derivative_by_a_target(name, data):
    """A target may be a Value too, as another network's output is."""
    loss, outputs, targets = POINTWISE[name]

    assert check_derivative(loss, data.draw(outputs), data.draw(targets))


@classifying
@given(data=st.data())
def test_the_derivative_by_the_numbers_of_the_classes(loss, outputs, data):
    """It is the true one for each class, the target's and the others'."""
    xs = data.draw(st.lists(outputs, min_size=3, max_size=3))
    target = data.draw(st.integers(0, 2))

    assert check_derivative(lambda *xs: loss(list(xs), target), *xs)


# --- refusals -----------------------------------------------------------------------
@pytest.mark.parametrize("place", ["output", "target"])
def test_nan_is_not_hidden(place):
    """Where any number may stand, nan makes the loss nan, which `fit` stops at."""
    x, t = (math.nan, 1.0) if place == "output" else (1.0, math.nan)
    for loss in (mse_loss, half_squared_error, l1_loss, huber_loss, smooth_l1_loss):
        assert math.isnan(loss([Value(x), 2.0], [t, 2.0]).data), loss
    if place == "output":
        assert math.isnan(cross_entropy([x, 1.0], 1))
        assert math.isnan(cross_entropy([x, 1.0], [0.5, 0.5]))
        assert math.isnan(nll_loss([x, -1.0], 0))
        assert math.isnan(binary_cross_entropy_with_logits(x, 0.5))
        assert math.isnan(hinge_loss(x, -1))
        assert math.isnan(kl_div(x, 0.5))


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: mse_loss([1.0], [1.0, 2.0]), ShapeError, r"got \(1,\) and \(2,\)"),
        (lambda: l1_loss([[1.0], [2.0]], [1.0, 2.0]), ShapeError, r"\(2, 1\) and"),
        (lambda: mse_loss([1.0, [2.0]], [1.0, 2.0]), ShapeError, "different shapes"),
        (lambda: mse_loss([1.0], [1.0], "average"), UnknownNameError, "'average'"),
        (lambda: mse_loss([1.0], [1.0], "men"), UnknownNameError, "mean 'mean'"),
        (lambda: kl_div([0.0], [1.0], "batch"), UnknownNameError, "'batchmean'"),
        (lambda: mse_loss([0.0], [1.0], "batchmean"), UnknownNameError, "'batchmean'"),
        (lambda: mse_loss(["a"], [1.0]), OperandError, "'a'"),
        (lambda: mse_loss([None], [1.0]), OperandError, "None"),
        (lambda: l1_loss(1.0, 1j), OperandError, "1j"),
        (lambda: hinge_loss([1.0], ["b"]), DomainError, "not 'b'"),
        (lambda: huber_loss(1.0, 2.0, delta=0.0), DomainError, "above 0, not 0.0"),
        (lambda: huber_loss(1.0, 2.0, delta=math.nan), DomainError, "not nan"),
        (lambda: huber_loss(1.0, 2.0, delta="1"), OperandError, "'1'"),
        (lambda: smooth_l1_loss(1.0, 2.0, beta=-1.0), DomainError, "from 0 up"),
        (lambda: hinge_loss([1.0], [0]), DomainError, "targets of -1 and 1, not 0"),
        (lambda: hinge_loss([1.0], [Value(1.0)]), DomainError, "not Value"),
        (lambda: hinge_loss([1.0], [math.nan]), DomainError, "not nan"),
        (
            lambda: binary_cross_entropy_with_logits([1.0], [-1]),
            DomainError,
            "probabilities from 0 to 1, not -1.0",
        ),
        (
            lambda: binary_cross_entropy_with_logits([1.0], [math.nan]),
            DomainError,
            "not nan",
        ),
        (
            lambda: binary_cross_entropy_with_logits([1.0], [1], pos_weight=[1, 2]),
            ShapeError,
            r"shape \(2,\)",
        ),
        (
            lambda: binary_cross_entropy_with_logits([1.0], [1], pos_weight=-1),
            DomainError,
            "from 0 up, not -1.0",
        ),
        (lambda: kl_div([0.25], [0.5]), DomainError, "at most 0, not 0.25"),
        (lambda: kl_div([-1.0], [1.5]), DomainError, "from 0 to 1, not 1.5"),
        (lambda: kl_div([-1.0], [0.5], log_target=True), DomainError, "not 0.5"),
        (lambda: nll_loss([0.25, 0.75], 0), DomainError, "log_softmax"),
        (lambda: nll_loss([-1.0, -2.0], [0.5, 0.5]), ShapeError, "one target"),
        (lambda: cross_entropy(1.0, 0), OperandError, "one number for each class"),
        (lambda: cross_entropy([[]], [0]), ShapeError, "at least one class"),
        (lambda: cross_entropy([1.0, 2.0], 2), ShapeError, "target 2 for 2 classes"),
        (lambda: cross_entropy([1.0, 2.0], -1), ShapeError, "target -1 for 2 classes"),
        (lambda: cross_entropy([1.0, 2.0], 1.0), OperandError, "index .* not 1.0"),
        (lambda: cross_entropy([1.0, 2.0], Value(1.0)), OperandError, "not Value"),
        (lambda: cross_entropy([1.0, 2.0], None), OperandError, "not None"),
        (lambda: cross_entropy([[1.0, 2.0]], [0, 1]), ShapeError, r"shape \(2,\)"),
        (lambda: cross_entropy([1.0, 2.0], [0.5, 0.4]), DomainError, "sum to 1"),
        (lambda: cross_entropy([1.0, 2.0], [1.5, -0.5]), DomainError, "not 1.5"),
        (
            lambda: cross_entropy([1.0, 2.0], 0, label_smoothing=1.5),
            DomainError,
            "from 0 to 1, not 1.5",
        ),
        (
            lambda: cross_entropy([1.0, 2.0], 0, weight=[1.0]),
            ShapeError,
            "of 2 classes",
        ),
        (lambda: cross_entropy([1.0, 2.0], 0, weight=[1, -1]), DomainError, "not -1.0"),
        (lambda: cross_entropy([1.0, 2.0], 0, weight=[0, 1]), DomainError, "no mean"),
    ],
)
def test_bad_arguments_are_named(call, error, words):
    """Shapes, targets and reductions that make no sense are refused in words."""
    with pytest.raises(error, match=words):
        call()


@given(st.lists(st.floats(-9, 9), min_size=2, max_size=4))
def test_the_derivatives_of_log_softmax(xs):
    """Each output by each number, all weighed."""

    def function(*xs):
        found = log_softmax(list(xs))
        return sum(y * (i + 0.5) for i, y in enumerate(found))

    assert check_derivative(function, *xs)


@given(st.lists(st.floats(-5, 5), min_size=6, max_size=6))
def test_the_derivatives_of_cross_entropy_of_probabilities(xs):
    """A batch of two, one of them certain."""
    shares = [[0.2, 0.3, 0.5], [1.0, 0.0, 0.0]]

    assert check_derivative(lambda *xs: cross_entropy([xs[:3], xs[3:]], shares), *xs)
