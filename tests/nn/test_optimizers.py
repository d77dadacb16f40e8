"""Optimisers against closed forms of their own definitions."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

import nn
from autograd_core import Value
from autograd_core.errors import DomainError, OperandError, ShapeError

gradients = st.floats(0.01, 100) | st.floats(-100, -0.01)
rates = st.floats(1e-4, 1.0)


def steps(optimizer, parameter, gradient, count):
    """Take `count` steps under one constant gradient."""
    for _ in range(count):
        parameter.grad = gradient
        optimizer.step()
    return parameter.data


@given(gradients, rates, st.integers(1, 20))
def test_sgd_moves_by_the_rate_times_the_gradient(gradient, lr, count):
    """Under a constant gradient n steps move by -n·lr·g."""
    x = Value(1.0)

    moved = steps(nn.SGD([x], lr=lr), x, gradient, count) - 1.0

    assert moved == pytest.approx(-count * lr * gradient, rel=1e-9, abs=1e-12)


@given(gradients, rates, st.floats(0.1, 0.95), st.integers(1, 20))
def test_momentum_is_a_geometric_series(gradient, lr, kept, count):
    """The k-th velocity under a constant gradient is g·(1 - mᵏ)/(1 - m)."""
    x = Value(0.0)

    moved = steps(nn.SGD([x], lr=lr, momentum=kept), x, gradient, count)

    series = sum((1 - kept**k) / (1 - kept) for k in range(1, count + 1))
    assert moved == pytest.approx(-lr * gradient * series, rel=1e-9)


@given(gradients, rates, st.integers(1, 20))
def test_adam_forgets_the_size_of_a_constant_gradient(gradient, lr, count):
    """Bias-corrected, both means are exact at once, so that each step is ±lr."""
    x = Value(0.0)

    moved = steps(nn.Adam([x], lr=lr, eps=0.0), x, gradient, count)

    assert moved == pytest.approx(-count * lr * (1 if gradient > 0 else -1), rel=1e-9)


def test_adam_on_two_gradients_is_the_papers_arithmetic():
    """After gradients 1 and -3 the moments are those worked out by hand."""
    x = Value(0.0)
    optimizer = nn.Adam([x], lr=1.0, betas=(0.5, 0.5), eps=0.0)
    for gradient in (1.0, -3.0):
        before = x.data
        x.grad = gradient
        optimizer.step()

    # mu = 0.5·0.5 - 0.5·3 = -1.25, nu = 0.5·0.5 + 0.5·9 = 4.75, both over 0.75
    assert x.data - before == pytest.approx(1.25 / 0.75 / (4.75 / 0.75) ** 0.5)


@pytest.mark.parametrize(
    "make",
    [
        lambda p: nn.SGD(p, lr=0.1),
        lambda p: nn.SGD(p, lr=0.05, momentum=0.8),
        lambda p: nn.Adam(p, lr=0.3),
    ],
)
def test_every_optimizer_finds_the_bottom_of_a_bowl(make):
    """(x - 3)² + 10(y + 1)² is minimal at (3, -1)."""
    x, y = Value(0.0), Value(0.0)
    optimizer = make([x, y])

    for _ in range(300):
        optimizer.zero_grad()
        ((x - 3) * (x - 3) + (y + 1) * (y + 1) * 5).backward()
        optimizer.step()

    assert [x.data, y.data] == pytest.approx([3.0, -1.0], abs=1e-2)


def test_zero_grad_clears_only_its_parameters():
    """Gradients of other leaves stay."""
    x, y = Value(2.0), Value(3.0)
    (x * y).backward()

    nn.SGD([x]).zero_grad()

    assert (x.has_grad, y.grad) == (False, 2.0)


def test_a_frozen_parameter_stays_where_it_is():
    """A parameter that requires no gradient is not moved."""
    x = Value(1.0, requires_grad=False)
    x.grad = 5.0

    nn.SGD([x], lr=1.0).step()

    assert x.data == 1.0


def test_chained_transformations_apply_in_order():
    """The second one sees what the first one made."""
    halve = nn.Transformation(lambda p: (), lambda u, s: ([x / 2 for x in u], s))
    both = nn.chain(halve, nn.momentum(1.0))

    state = both.init([0.0])
    updates, state = both.update([4.0], state)
    updates, state = both.update([4.0], state)

    assert updates == [4.0]
    assert state == ((), [4.0])


@pytest.mark.parametrize(
    ("make", "error", "words"),
    [
        (lambda: nn.SGD([]), ShapeError, "at least one parameter"),
        (
            lambda: nn.SGD(nn.MLP(1, [1])),
            OperandError,
            r"model.parameters\(\), not MLP",
        ),
        (lambda: nn.SGD([1.0]), OperandError, "leaf Values as parameters, not 1.0"),
        (lambda: nn.SGD([Value(1) + 1]), OperandError, "leaf Values"),
        (lambda: nn.SGD([Value(1)], lr=-0.1), DomainError, "lr takes .* not -0.1"),
        (lambda: nn.SGD([Value(1)], lr=float("nan")), DomainError, "not nan"),
        (lambda: nn.SGD([Value(1)], momentum=1.0), DomainError, "momentum .* not 1.0"),
        (lambda: nn.Adam([Value(1)], betas=(0.9, 2)), DomainError, "betas .* not 2"),
    ],
)
def test_an_optimizer_that_cannot_work_is_refused(make, error, words):
    """What is wrong, and its value, is in the message."""
    with pytest.raises(error, match=words):
        make()
