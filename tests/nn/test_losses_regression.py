"""Losses of numbers against their definitions."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd_core import Value
from nn.losses import (
    half_squared_error,
    huber_loss,
    l1_loss,
    mse_loss,
    smooth_l1_loss,
)

numbers = st.floats(-50, 50)
pairs = st.lists(st.tuples(numbers, numbers), min_size=1, max_size=8)
widths = st.floats(0.125, 8)


def loss_and_gradients(loss, examples, **options):
    """Return the loss of pairs (prediction, target) and its gradients."""
    predictions = [Value(p) for p, _ in examples]
    result = loss(predictions, [t for _, t in examples], **options)
    result.backward()
    return result.data, [p.grad for p in predictions]


@given(pairs)
def test_mean_squared_error(examples):
    """The loss is the mean of (p - t)², its derivative 2(p - t)/n."""
    n = len(examples)

    loss, gradients = loss_and_gradients(mse_loss, examples)

    wanted = math.fsum((p - t) ** 2 for p, t in examples) / n
    assert loss == pytest.approx(wanted, rel=1e-15)
    wanted = [2 * (p - t) / n for p, t in examples]
    assert gradients == pytest.approx(wanted, rel=1e-15)


@given(pairs)
def test_half_the_squared_error(examples):
    """It is half of the squared length of a - y; its derivative is a - y to the bit."""
    a, y = [p for p, _ in examples], [t for _, t in examples]

    loss, gradients = loss_and_gradients(half_squared_error, examples)

    assert loss == pytest.approx(math.dist(a, y) ** 2 / 2, rel=1e-14)
    # half of a difference is a float unless it is next to the smallest
    assert gradients == pytest.approx([p - t for p, t in examples], rel=0, abs=5e-324)
    for reduction in ("sum", "mean"):
        whole = mse_loss(a, y, reduction)
        assert half_squared_error(a, y, reduction) == pytest.approx(
            whole / 2, rel=1e-15
        )


@given(pairs)
def test_mean_absolute_error(examples):
    """The loss is the mean of |p - t|, with slopes of ±1/n and 0 at the target."""
    n = len(examples)

    loss, gradients = loss_and_gradients(l1_loss, examples)

    assert loss == pytest.approx(math.fsum(abs(p - t) for p, t in examples) / n)
    assert gradients == [((p > t) - (p < t)) / n for p, t in examples]


@given(pairs, widths)
def test_hubers_loss(examples, delta):
    """It is ½e² up to delta and delta·(|e| - ½delta) beyond; its slope is e, held."""
    errors = [p - t for p, t in examples]

    loss, gradients = loss_and_gradients(
        huber_loss, examples, delta=delta, reduction="sum"
    )

    wanted = [
        e * e / 2 if abs(e) <= delta else delta * (abs(e) - delta / 2) for e in errors
    ]
    assert loss == pytest.approx(math.fsum(wanted), rel=1e-15)
    held = [max(-delta, min(e, delta)) for e in errors]
    assert gradients == pytest.approx(held, rel=1e-15, abs=5e-324)


@given(pairs, widths)
def test_smooth_l1_is_hubers_loss_by_its_width(examples, beta):
    """Divided by beta, Huber's loss has slopes of ±1 far away."""
    loss, gradients = loss_and_gradients(smooth_l1_loss, examples, beta=beta)
    huber, slopes = loss_and_gradients(huber_loss, examples, delta=beta)

    assert loss == pytest.approx(huber / beta, rel=1e-14)
    wanted = [slope / beta for slope in slopes]
    assert gradients == pytest.approx(wanted, rel=1e-14, abs=1e-320)


@given(pairs)
def test_smooth_l1_without_a_width_is_the_absolute_error(examples):
    """With beta = 0 there is nothing left to smooth."""
    wanted = loss_and_gradients(l1_loss, examples)

    assert loss_and_gradients(smooth_l1_loss, examples, beta=0.0) == wanted


@pytest.mark.parametrize("sign", [-1.0, 1.0])
@pytest.mark.parametrize("error", [10.0, 1e200])
def test_an_outlier_pulls_no_harder_than_delta(sign, error):
    """However large the error, Huber's slope is delta, and no square overflows."""
    loss, (slope,) = loss_and_gradients(huber_loss, [(sign * error, 0.0)], delta=3.0)

    assert loss == 3.0 * (error - 1.5)
    assert slope == sign * 3.0


def test_a_number_alone_is_its_own_batch():
    """A network with one output and one target needs no lists."""
    assert mse_loss(3.0, 1.0) == 4.0
    assert mse_loss([[1.0, 2.0], [3.0, 4.0]], [[1, 2], [3, 6]]) == 1.0
    assert mse_loss(3.0, 1.0, reduction="none") == 4.0
    assert mse_loss([1.0, 2.0], [0, 0], reduction="sum") == 5.0
    assert mse_loss([1.0, 2.0], [0, 0], reduction="none") == [1.0, 4.0]
