"""Optimisers against closed forms of their own definitions."""

import math

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import nn
from autograd_core import Value
from autograd_core.errors import (
    DomainError,
    OperandError,
    ShapeError,
    UnknownNameError,
)
from nn.optimizers import SGD, Adagrad, Adam, AdamW, Optimizer, RMSprop
from nn.transformations import scale_by_stddev

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


@given(gradients, rates, st.floats(0.1, 0.95), st.integers(1, 20))
def test_nesterov_is_momentum_one_step_ahead(gradient, lr, kept, count):
    """Its k-th update is g + m·vₖ, which under a constant gradient is vₖ₊₁."""
    x = Value(0.0)

    moved = steps(SGD([x], lr=lr, momentum=kept, nesterov=True), x, gradient, count)

    series = sum((1 - kept**k) / (1 - kept) for k in range(2, count + 2))
    assert moved == pytest.approx(-lr * gradient * series, rel=1e-9)


@given(gradients, rates, st.floats(0.1, 0.95), st.integers(1, 20))
def test_dampening_spares_the_first_gradient(gradient, lr, kept, count):
    """Dampened by its own decay, the velocity of a constant gradient is constant."""
    x = Value(0.0)

    optimizer = SGD([x], lr=lr, momentum=kept, dampening=kept)

    moved = steps(optimizer, x, gradient, count)
    assert moved == pytest.approx(-count * lr * gradient, rel=1e-9)


@given(gradients, rates, st.floats(0.0, 0.99), st.integers(1, 20))
def test_rmsprop_divides_by_a_mean_that_begins_at_zero(gradient, lr, alpha, count):
    """Under a constant gradient the k-th mean is g²(1 - alphaᵏ)."""
    x = Value(0.0)

    moved = steps(RMSprop([x], lr=lr, alpha=alpha, eps=0.0), x, gradient, count)

    series = sum(1 / math.sqrt(1 - alpha**k) for k in range(1, count + 1))
    assert moved == pytest.approx(-math.copysign(lr * series, gradient), rel=1e-9)


@given(gradients, rates, st.integers(1, 20))
def test_adagrad_slows_down_as_the_root_of_the_steps(gradient, lr, count):
    """Under a constant gradient the k-th step is lr/√k."""
    x = Value(0.0)

    moved = steps(Adagrad([x], lr=lr, eps=0.0), x, gradient, count)

    series = sum(1 / math.sqrt(k) for k in range(1, count + 1))
    assert moved == pytest.approx(-math.copysign(lr * series, gradient), rel=1e-9)


@pytest.mark.parametrize("make", [SGD, AdamW])
@given(rates, st.floats(0.0, 1.0), st.integers(1, 20))
def test_decay_that_nothing_rescales_is_a_geometric_series(make, lr, decay, count):
    """Without a gradient each step multiplies θ by 1 - lr·weight_decay."""
    x = Value(3.0)

    left = steps(make([x], lr=lr, weight_decay=decay), x, 0.0, count)

    assert left == pytest.approx(3.0 * (1 - lr * decay) ** count, rel=1e-9)


@given(st.floats(0.01, 100), rates, st.floats(0.01, 1.0))
def test_the_moments_of_adam_rescale_an_l2_penalty(theta, lr, decay):
    """Where decay is the only gradient, its size does not matter: a step of lr."""
    x = Value(theta)

    moved = steps(Adam([x], lr=lr, weight_decay=decay, eps=0.0), x, 0.0, 1) - theta

    assert moved == pytest.approx(-lr, rel=1e-9)


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
        lambda p: SGD(p, lr=0.02, momentum=0.8, nesterov=True),
        lambda p: RMSprop(p, lr=0.02),
        lambda p: RMSprop(p, lr=0.01, centered=True, momentum=0.5),
        lambda p: Adagrad(p, lr=1.0),
        lambda p: AdamW(p, lr=0.3, weight_decay=1e-4),
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


MAKERS = [
    lambda p: SGD(p, lr=0.1, momentum=0.9, weight_decay=0.1),
    lambda p: RMSprop(p, lr=0.1, momentum=0.9, weight_decay=0.1),
    lambda p: RMSprop(p, lr=0.1, centered=True),
    lambda p: Adagrad(p, lr=0.1, lr_decay=0.1),
    lambda p: Adam(p, lr=0.1, weight_decay=0.1),
    lambda p: AdamW(p, lr=0.1),
]


@pytest.mark.parametrize("make", MAKERS)
@given(seen=st.lists(st.booleans(), max_size=10))
def test_a_parameter_without_a_gradient_stays_as_if_no_step_was_taken(make, seen):
    """Neither momentum nor decay moves it, and its means do not age."""
    watched, other, alone = Value(1.0), Value(1.0), Value(1.0)
    both, single = make([watched, other]), make([alone])

    for takes_part in seen:
        both.zero_grad()
        other.grad = 1.0
        if takes_part:
            watched.grad = alone.grad = 0.5
            single.step()
        both.step()

    assert watched.data == alone.data


@pytest.mark.parametrize("make", MAKERS)
def test_freezing_stops_movement_and_decay(make):
    """From the moment a parameter is frozen, it keeps its number; the others move."""
    x, y = Value(1.0), Value(1.0)
    optimizer = make([x, y])
    steps(optimizer, x, 1.0, 3)
    frozen = x.data

    x.requires_grad = False
    y.grad = 1.0
    steps(optimizer, x, 1.0, 3)

    assert x.data == frozen
    assert y.data < 1.0


def test_gradients_set_to_zero_take_part():
    """After zero_grad(set_to_none=False) momentum goes on and decay shrinks."""
    x = Value(1.0)
    optimizer = SGD([x], lr=0.5, momentum=0.5)
    steps(optimizer, x, 1.0, 1)

    optimizer.zero_grad(set_to_none=False)
    optimizer.step()

    assert (x.has_grad, x.data) == (True, 0.25)


@pytest.mark.parametrize("make", [RMSprop, Adagrad, Adam, AdamW])
def test_no_gradient_at_all_divided_by_no_eps_is_no_step(make):
    """0/0 is a step of 0, so that a parameter that never mattered is no nan."""
    options = {"weight_decay": 0.0} if make is AdamW else {}
    x = Value(1.0)

    assert steps(make([x], lr=1.0, eps=0.0, **options), x, 0.0, 3) == 1.0


@given(st.floats(1, 1e6), st.lists(st.floats(-1e-6, 1e-6), min_size=1, max_size=60))
def test_a_running_variance_keeps_its_digits_where_gradients_hardly_vary(size, noise):
    """It is the difference of running means that mpmath takes with 60 digits."""
    alpha = 0.5
    init, update, _ = scale_by_stddev(alpha, 0.0)
    state = init([0.0])
    with mpmath.workdps(60):
        mean = square = mpmath.mpf(0)
        for gradient in (size + x for x in noise):
            exact = mpmath.mpf(gradient)
            mean = alpha * mean + (1 - alpha) * exact
            square = alpha * square + (1 - alpha) * exact**2
            _, state = update([gradient], state)
        wanted = float(square - mean**2)

    # beyond 1e-20 of g² the last gradients' own rounding in their mean is all there is
    assert state.variance[0] == pytest.approx(wanted, rel=1e-9, abs=1e-20 * size**2)


# --- groups -------------------------------------------------------------------------
def test_groups_have_rates_and_options_of_their_own():
    """What a group does not say is as for the whole optimiser."""
    x, y, z = Value(1.0), Value(1.0), Value(1.0)
    groups = [
        {"params": [x]},
        {"params": [y], "lr": 1.0},
        {"params": iter([z]), "weight_decay": 0.25},
    ]
    optimizer = SGD(groups, lr=0.5)
    for parameter in (x, y, z):
        parameter.grad = 0.25
    optimizer.step()

    assert [x.data, y.data, z.data] == [0.875, 0.75, 0.75]
    assert optimizer.parameters == [x, y, z]
    assert [group.lr for group in optimizer.param_groups] == [0.5, 1.0, 0.5]


def test_a_group_may_spare_its_parameters_the_decay():
    """Biases are usually not decayed."""
    weight, bias = Value(1.0), Value(1.0)
    groups = [{"params": [weight]}, {"params": [bias], "weight_decay": 0.0}]
    optimizer = AdamW(groups, lr=0.1, weight_decay=0.5)

    optimizer.zero_grad(set_to_none=False)
    optimizer.step()

    assert (weight.data, bias.data) == (0.95, 1.0)


def test_assigning_lr_sets_that_of_every_group():
    """And reading it gives the first one's."""
    optimizer = SGD([{"params": [Value(1)]}, {"params": [Value(2)], "lr": 9.0}], lr=1.0)
    assert optimizer.lr == 1.0

    optimizer.lr = 0.5

    assert [group.lr for group in optimizer.param_groups] == [0.5, 0.5]
    with pytest.raises(DomainError, match=r"lr takes .* not -1"):
        optimizer.lr = -1


def test_parameters_may_be_added_later():
    """A layer that is no longer frozen gets its group."""
    x, y = Value(1.0), Value(1.0)
    optimizer = SGD([x], lr=0.5)

    optimizer.add_param_group({"params": [y], "lr": 0.25})
    x.grad = y.grad = 1.0
    optimizer.step()

    assert (x.data, y.data) == (0.5, 0.75)
    with pytest.raises(OperandError, match="each parameter once"):
        optimizer.add_param_group({"params": [x]})
    assert len(optimizer.param_groups) == 2


# --- steps --------------------------------------------------------------------------
def test_a_closure_computes_the_loss_that_step_returns():
    """One call evaluates, goes backward and moves, as in PyTorch."""
    x = Value(3.0)
    optimizer = SGD([x], lr=0.1)

    def closure():
        optimizer.zero_grad()
        loss = x * x
        loss.backward()
        return loss

    assert optimizer.step(closure).data == 9.0
    assert x.data == pytest.approx(2.4)
    assert optimizer.step() is None


@pytest.mark.parametrize(
    ("closure", "words"),
    [(lambda: None, "returned None"), (lambda: 1.0, "returned 1.0"), (3, "not 3")],
)
def test_a_closure_that_returns_no_loss_moves_nothing(closure, words):
    """The message says what it must return."""
    x = Value(3.0)
    x.grad = 1.0

    with pytest.raises(OperandError, match=words):
        SGD([x]).step(closure)

    assert x.data == 3.0


@pytest.mark.parametrize(
    ("update", "error"),
    [
        (lambda u, s: (u[1:], s), ShapeError),
        (lambda u, s: (["a"] * len(u), s), TypeError),
        (lambda u, s: 1 / 0, ZeroDivisionError),
    ],
)
def test_a_transformation_that_fails_moves_nothing(update, error):
    """Not even the parameters of the groups before the one that failed."""
    x, y = Value(1.0), Value(2.0)
    optimizer = SGD([x], lr=0.5, momentum=0.5)
    optimizer._defaults["transformation"] = nn.Transformation(lambda p: (), update)
    optimizer.add_param_group({"params": [y]})
    before = optimizer.state_dict()
    x.grad = y.grad = 1.0

    with pytest.raises(error):
        optimizer.step()

    assert (x.data, y.data) == (1.0, 2.0)
    assert optimizer.state_dict() == before


SHARED = Value(1.0, label="shared")


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
        (lambda: Adam([Value(1)], betas=(-0.1, 0.9)), DomainError, "betas .* not -0.1"),
        (lambda: Adam([Value(1)], betas=0.9), OperandError, "two numbers, not 0.9"),
        (
            lambda: Adam([Value(1)], betas=(0.9,)),
            OperandError,
            r"two numbers.*\(0.9,\)",
        ),
        (lambda: Adam([Value(1)], eps=-1e-8), DomainError, "eps takes .* not -1e-08"),
        (lambda: AdamW([Value(1)], weight_decay=-1), DomainError, "weight_decay .* -1"),
        (lambda: RMSprop([Value(1)], alpha=1.0), DomainError, "alpha .* not 1.0"),
        (
            lambda: Adagrad([Value(1)], lr_decay=math.inf),
            DomainError,
            "lr_decay .* inf",
        ),
        (lambda: SGD([Value(1)], lr="0.1"), OperandError, "lr takes a number, not '0"),
        (lambda: SGD([Value(1)], lr=True), OperandError, "not True"),
        (lambda: SGD([Value(1)], lr=math.inf), DomainError, "finite number"),
        (lambda: SGD([Value(1)], nesterov=True), DomainError, "momentum above 0"),
        (
            lambda: SGD([Value(1)], momentum=0.5, dampening=0.1, nesterov=True),
            DomainError,
            "no dampening, .* dampening=0.1",
        ),
        (lambda: SGD([SHARED, SHARED]), OperandError, "once; .*'shared'.* twice"),
        (
            lambda: SGD([{"params": [SHARED]}, {"params": [SHARED]}]),
            OperandError,
            "once; .*'shared'",
        ),
        (lambda: SGD(SHARED), OperandError, r"list of parameters .* not Value"),
        (lambda: SGD([{"lr": 0.1}]), OperandError, "groups .* is none"),
        (lambda: SGD([{"params": [SHARED]}, SHARED]), OperandError, "groups .* none"),
        (lambda: SGD([{"params": []}]), ShapeError, "at least one parameter"),
        (lambda: SGD("weights"), OperandError, "list of parameters .* not 'weights'"),
        (lambda: SGD([[Value(1)], [2.0]]), OperandError, "leaf Values .* not 2.0"),
        (
            lambda: Optimizer([Value(1)], "adam", lr=0.1),
            OperandError,
            r"such as nn\.momentum\(0.9\), .* not 'adam'",
        ),
        (lambda: Optimizer([Value(1)], Adam, 0.1), OperandError, "not <class"),
        (lambda: Optimizer([Value(1)], dict, 0.1), OperandError, "not <class"),
        (lambda: Optimizer([Value(1)], lambda: 3, 0.1), OperandError, "one, not 3"),
        (
            lambda: SGD([Value(1)]).add_param_group(Value(2)),
            OperandError,
            "groups such as .* of which Value.* is none",
        ),
        (lambda: SGD([Value(1)]).add_param_group({}), OperandError, "is none"),
        (lambda: SGD([{"params": [SHARED], "lr": -1}]), DomainError, "lr takes"),
        (
            lambda: SGD([{"params": [SHARED], "momentun": 0.5}]),
            UnknownNameError,
            "option of a group is called 'momentun'; did you mean .*'momentum'",
        ),
        (
            lambda: Optimizer([{"params": [SHARED], "decay": 0.5}], nn.chain(), 0.1),
            UnknownNameError,
            "'decay'",
        ),
    ],
)
def test_an_optimizer_that_cannot_work_is_refused(make, error, words):
    """What is wrong, and its value, is in the message."""
    with pytest.raises(error, match=words):
        make()


def test_arrays_and_nested_lists_of_parameters_are_taken():
    """As a reader has them who writes `W @ x + b`."""
    w = np.array([[Value(1.0), Value(2.0)], [Value(3.0), Value(4.0)]])
    b, c = [Value(5.0)], [[Value(6.0)], (Value(7.0),)]

    assert SGD([w, b, c]).parameters == [*w.ravel(), *b, *c[0], *c[1]]
    assert SGD(w).parameters == list(w.ravel())
    groups = SGD([{"params": w}, {"params": c}]).param_groups
    assert [len(group.params) for group in groups] == [4, 2]


def test_a_message_shows_no_whole_array():
    """However large what was passed is."""
    large = np.zeros((1000, 1000))
    for call in (SGD, nn.freeze, nn.parameters_to_vector):
        with pytest.raises(OperandError) as caught:
            call([Value(1.0), large])
        assert len(str(caught.value)) < 300
    with pytest.raises(OperandError) as caught:
        nn.Linear(2, 2)(dict.fromkeys(range(99), large))
    assert len(str(caught.value)) < 300
