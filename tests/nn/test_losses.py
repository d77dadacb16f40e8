"""Losses against their formulas, evaluated in high precision."""

import math

import mpmath
import pytest
from hypothesis import given
from hypothesis import strategies as st

import nn
from autograd_core import Value
from autograd_core.errors import OperandError, ShapeError, UnknownNameError

numbers = st.floats(-50, 50)
ERRORS = (OperandError, ShapeError, UnknownNameError)


@given(st.lists(st.tuples(numbers, numbers), min_size=1, max_size=8))
def test_mean_squared_error_and_its_gradient(pairs):
    """The loss is the mean of (p - t)², its derivative 2(p - t)/n."""
    predictions = [Value(p) for p, _ in pairs]
    targets = [t for _, t in pairs]

    loss = nn.mse_loss(predictions, targets)
    loss.backward()

    n = len(pairs)
    assert loss.data == pytest.approx(sum((p - t) ** 2 for p, t in pairs) / n)
    wanted = [2 * (p - t) / n for p, t in pairs]
    assert [p.grad for p in predictions] == pytest.approx(wanted)


@given(st.lists(st.floats(-500, 500), min_size=2, max_size=6), st.data())
def test_cross_entropy_keeps_its_digits_however_sure(logits, data):
    """Value and gradients equal -log softmax to 14 digits, also where it is 1e-200."""
    target = data.draw(st.integers(0, len(logits) - 1))
    values = [Value(x) for x in logits]

    loss = nn.cross_entropy(values, target)
    loss.backward()

    with mpmath.workdps(400):
        shares = [mpmath.exp(mpmath.mpf(x)) for x in logits]
        whole = mpmath.fsum(shares)
        others = whole - shares[target]
        wanted = mpmath.log1p(others / shares[target])
        slopes = [share / whole for share in shares]
        slopes[target] = -others / whole
        assert loss.data == pytest.approx(float(wanted), rel=1e-13, abs=1e-300)
        wanted = [float(slope) for slope in slopes]
        assert [v.grad for v in values] == pytest.approx(wanted, rel=3e-13, abs=1e-300)


def test_cross_entropy_of_a_batch_is_the_mean():
    """Lists of logits and a list of targets give the mean of the single losses."""
    batch, targets = [[1.0, 2.0, 3.0], [0.0, 5.0, 0.0]], [0, 1]
    single = [nn.cross_entropy(x, t) for x, t in zip(batch, targets, strict=True)]

    assert nn.cross_entropy(batch, targets) == pytest.approx(sum(single) / 2)
    assert nn.cross_entropy(batch, targets, "sum") == pytest.approx(sum(single))
    assert nn.cross_entropy(batch, targets, "none") == single


def test_cross_entropy_of_equal_logits_is_log_n():
    """A network that knows nothing of n classes pays log n; of one class, nothing."""
    assert nn.cross_entropy([7.0] * 10, 3) == pytest.approx(math.log(10))
    assert nn.cross_entropy([7.0], 0) == 0.0


@given(st.lists(st.tuples(numbers, st.sampled_from([-1, 1])), min_size=1, max_size=8))
def test_hinge_loss_and_its_gradient(pairs):
    """The loss is the mean of max(0, 1 - t·s), with slope -t/n inside the margin."""
    scores = [Value(s) for s, _ in pairs]

    loss = nn.hinge_loss(scores, [t for _, t in pairs])
    loss.backward()

    n = len(pairs)
    assert loss.data == pytest.approx(sum(max(0.0, 1 - t * s) for s, t in pairs) / n)
    wanted = [-t / n if t * s < 1 else 0.0 for s, t in pairs]
    assert [s.grad for s in scores] == pytest.approx(wanted)


def test_losses_take_one_example_or_nested_lists():
    """A single number, a list and a list of lists are all outputs."""
    assert nn.mse_loss(3.0, 1.0) == 4.0
    assert nn.mse_loss([[1.0, 2.0], [3.0, 4.0]], [[1, 2], [3, 6]]) == 1.0
    assert nn.mse_loss([1.0, 2.0], [0, 0], reduction="sum") == 5.0
    assert nn.mse_loss([1.0, 2.0], [0, 0], reduction="none") == [1.0, 4.0]


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: nn.mse_loss([1.0], [1.0, 2.0]), r"one shape; got \(1,\) and \(2,\)"),
        (lambda: nn.mse_loss([1.0], [1.0], "average"), "no reduction .* 'average'"),
        (lambda: nn.mse_loss(["a"], [1.0]), "not 'a' of type str|unsupported operand"),
        (lambda: nn.hinge_loss([1.0], [0]), "targets of -1 and 1, not 0"),
        (lambda: nn.cross_entropy([1.0, 2.0], 2), "target 2 for 2 classes"),
        (lambda: nn.cross_entropy([1.0, 2.0], -1), "target -1 for 2 classes"),
        (lambda: nn.cross_entropy([1.0, 2.0], 1.0), "index of a class .* not 1.0"),
        (lambda: nn.cross_entropy([[1.0, 2.0]], [0, 1]), "1 lists and 2 targets"),
    ],
)
def test_bad_arguments_are_named(call, words):
    """Shapes, targets and reductions that make no sense are refused in words."""
    with pytest.raises((*ERRORS, TypeError), match=words):
        call()
