"""Optimisers step for step beside PyTorch's, on the same gradients and models."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from valleys import VALLEYS

import nn
from autograd_core import Value
from nn.clipping import clip_grad_norm_, clip_grad_value_
from nn.lbfgs import LBFGS
from nn.optimizers import SGD, Adagrad, Adam, AdamW, RMSprop

torch = pytest.importorskip("torch", reason="pip install 'autograd-core[parity]'")

METHODS = [
    (SGD, {}),
    (SGD, {"lr": 0.1}),
    (SGD, {"lr": 0.1, "momentum": 0.9}),
    (SGD, {"lr": 0.05, "momentum": 0.8, "dampening": 0.5}),
    (SGD, {"lr": 0.05, "momentum": 0.9, "nesterov": True, "weight_decay": 0.1}),
    (RMSprop, {}),
    (RMSprop, {"lr": 0.02, "alpha": 0.9, "eps": 1e-6, "weight_decay": 0.1}),
    (RMSprop, {"momentum": 0.9}),
    (RMSprop, {"momentum": 0.5, "centered": True}),
    (Adagrad, {}),
    (Adagrad, {"lr": 0.1, "lr_decay": 0.1, "weight_decay": 0.1, "eps": 1e-6}),
    (Adagrad, {"initial_accumulator_value": 0.5}),
    (Adam, {}),
    (Adam, {"lr": 0.02, "betas": (0.8, 0.95), "eps": 1e-6, "weight_decay": 0.1}),
    (Adam, {"betas": (0.0, 0.0)}),
    (AdamW, {}),
    (AdamW, {"lr": 0.05, "weight_decay": 0.5, "betas": (0.5, 0.9)}),
]
sizes = st.floats(1e-3, 1e3)
gradients = st.builds(lambda size, sign: size * sign, sizes, st.sampled_from([-1, 1]))
sequences = st.lists(
    st.tuples(*[st.none() | gradients | st.just(0.0)] * 3), min_size=1, max_size=100
)


def twin_of(method, options, data):
    """Return our optimiser and PyTorch's with their parameters, a tensor a number."""
    ours = [Value(x) for x in data]
    theirs = [torch.tensor(x, dtype=torch.float64, requires_grad=True) for x in data]
    their_method = getattr(torch.optim, method.__name__)
    return method(ours, **options), their_method(theirs, **options), ours, theirs


def give(gradient, ours, theirs):
    """Set both gradients, or clear both."""
    if gradient is None:
        nn.Optimizer([ours], nn.chain(), lr=0.0).zero_grad()
        theirs.grad = None
    else:
        ours.grad = gradient
        theirs.grad = torch.tensor(gradient, dtype=torch.float64)


def numbers(values):
    """Return the numbers of Values or of tensors."""
    return [v.data if isinstance(v, Value) else v.item() for v in values]


@pytest.mark.parametrize(("method", "options"), METHODS)
@given(sequence=sequences, data=st.tuples(*[gradients] * 3))
@settings(max_examples=30, deadline=None)
def test_every_step_is_pytorchs(method, options, sequence, data):
    """Whatever the gradients, absent ones included, each step ends where PyTorch's do.

    An absent gradient moves nothing, ages no mean and shrinks no parameter.
    """
    our_method, their_method, ours, theirs = twin_of(method, options, data)

    for gradients in sequence:
        for gradient, a, b in zip(gradients, ours, theirs, strict=True):
            give(gradient, a, b)
        our_method.step()
        their_method.step()
        wanted = numbers(theirs)
        assert numbers(ours) == pytest.approx(wanted, rel=1e-12, abs=1e-12)


@pytest.mark.parametrize("method", [SGD, RMSprop, Adagrad, Adam, AdamW])
def test_the_defaults_are_pytorchs(method):
    """Each argument of ours is one of PyTorch's, with its default and in its order."""
    described = method([Value(1.0)]).state_dict()["param_groups"][0]
    tensor = torch.zeros(1, requires_grad=True)
    theirs = getattr(torch.optim, method.__name__)([tensor]).param_groups[0]

    names = described.keys() - {"params", "initial_lr"}
    assert names == theirs.keys() & names
    for name in names:
        wanted = theirs[name]
        found = described[name]
        assert found == (list(wanted) if isinstance(wanted, tuple) else wanted), name


def torch_twin(model):
    """Return the MLP in PyTorch, with the same weights."""
    layers = []
    for n_in, n_out in pairwise(model._widths):
        layers += [torch.nn.Linear(n_in, n_out, dtype=torch.float64), torch.nn.Tanh()]
    twin = torch.nn.Sequential(*layers[:-1])
    state = model.state_dict().items()
    tensors = [torch.tensor(part, dtype=torch.float64) for _, part in state]
    with torch.no_grad():
        for parameter, tensor in zip(twin.parameters(), tensors, strict=True):
            parameter.copy_(tensor)
    return twin


XS = [[0.5, -1.0], [1.5, 2.0], [-0.3, 0.8], [0.0, 0.1]]
YS = [1.0, -0.5, 0.3, 0.0]


def our_loss(model):
    """Return the mean squared error of our model."""
    return nn.mse_loss([model(x) for x in XS], YS)


def their_loss(model):
    """Return the mean squared error of PyTorch's."""
    outputs = model(torch.tensor(XS, dtype=torch.float64))[:, 0]
    return torch.nn.functional.mse_loss(outputs, torch.tensor(YS, dtype=torch.float64))


@pytest.mark.parametrize(("method", "options"), METHODS)
def test_a_hundred_steps_of_training_are_pytorchs(method, options):
    """A network's weights after 100 steps are PyTorch's to 12 digits.

    The rate is low: at a high one these methods circle the minimum, and rounding grows
    on its way through the network, whoever takes the steps.
    """
    options = {**options, "lr": 0.001}
    model = nn.MLP(2, [4, 1], seed=3)
    twin = torch_twin(model)
    ours = method(model.parameters(), **options)
    theirs = getattr(torch.optim, method.__name__)(twin.parameters(), **options)

    for _ in range(100):
        ours.zero_grad()
        our_loss(model).backward()
        ours.step()
        theirs.zero_grad()
        their_loss(twin).backward()
        theirs.step()

    same_weights(model, twin, 1e-12)


def same_weights(model, twin, tolerance):
    """Compare our model's weights with PyTorch's."""
    states = zip(model.state_dict().values(), twin.parameters(), strict=True)
    for ours, theirs in states:
        away = torch.tensor(ours, dtype=torch.float64) - theirs.detach()
        assert away.abs().max().item() <= tolerance


def test_groups_are_pytorchs():
    """Each group has its own rate and options, and the rest from the optimiser."""
    data = [1.0, -2.0, 3.0]
    ours = [Value(x) for x in data]
    theirs = [torch.tensor(x, dtype=torch.float64, requires_grad=True) for x in data]

    def groups(params):
        return [
            {"params": params[:1], "lr": 0.1},
            {"params": params[1:], "weight_decay": 0.3, "betas": (0.5, 0.5)},
        ]

    our_method = Adam(groups(ours), lr=0.02)
    their_method = torch.optim.Adam(groups(theirs), lr=0.02)
    for step in range(20):
        for i, (a, b) in enumerate(zip(ours, theirs, strict=True)):
            give((-1) ** step * (i + 1.0), a, b)
        our_method.step()
        their_method.step()

    assert numbers(ours) == pytest.approx(numbers(theirs), rel=1e-12)


def test_zeros_for_the_rows_of_an_embedding():
    """With zero_grad(set_to_none=False) an unused row moves on, as in PyTorch."""
    rows = [[0.5, -0.5], [1.0, 2.0], [3.0, 4.0]]
    ours = [[Value(x) for x in row] for row in rows]
    theirs = torch.tensor(rows, dtype=torch.float64, requires_grad=True)
    our_method = Adam([x for row in ours for x in row], lr=0.1)
    their_method = torch.optim.Adam([theirs], lr=0.1)

    for token in (0, 1, 1, 0, 2, 1):
        our_method.zero_grad(set_to_none=False)
        (ours[token][0] * ours[token][0] + 3 * ours[token][1]).backward()
        our_method.step()
        their_method.zero_grad()
        (theirs[token, 0] ** 2 + 3 * theirs[token, 1]).backward()
        their_method.step()

    found = [numbers(row) for row in ours]
    assert found == [pytest.approx(row, rel=1e-12) for row in theirs.tolist()]


# --- clipping -----------------------------------------------------------------------
all_floats = st.floats(allow_nan=False, width=32) | st.just(float("nan"))
NORMS = [1.0, 1.5, 2.0, 3.0, float("inf")]


@pytest.mark.parametrize("norm_type", NORMS)
@given(st.lists(all_floats, min_size=1, max_size=6), st.floats(1e-3, 1e3))
def test_clipping_by_norm_is_pytorchs(norm_type, grads, max_norm):
    """The returned norm and the clipped gradients are PyTorch's, inf and nan too."""
    ours = [Value(0.0) for _ in grads]
    theirs = [torch.zeros((), dtype=torch.float64) for _ in grads]
    for gradient, a, b in zip(grads, ours, theirs, strict=True):
        give(gradient, a, b)

    norm = clip_grad_norm_(ours, max_norm, norm_type)
    wanted = torch.nn.utils.clip_grad_norm_(theirs, max_norm, norm_type)

    assert norm == pytest.approx(wanted.item(), rel=1e-12, nan_ok=True)
    found = [v.grad for v in ours]
    wanted = [v.grad.item() for v in theirs]
    assert found == pytest.approx(wanted, rel=1e-12, abs=1e-300, nan_ok=True)


@given(st.lists(all_floats, min_size=1, max_size=6), st.floats(1e-3, 1e3))
def test_clipping_by_value_is_pytorchs(grads, clip_value):
    """Each gradient is held within the limits; nan stays nan."""
    ours = [Value(0.0) for _ in grads]
    theirs = [torch.zeros((), dtype=torch.float64) for _ in grads]
    for gradient, a, b in zip(grads, ours, theirs, strict=True):
        give(gradient, a, b)

    clip_grad_value_(ours, clip_value)
    torch.nn.utils.clip_grad_value_(theirs, clip_value)

    wanted = [v.grad.item() for v in theirs]
    assert [v.grad for v in ours] == pytest.approx(wanted, rel=0, abs=0, nan_ok=True)


# --- L-BFGS -------------------------------------------------------------------------
def closure_of(optimizer, f, parameters):
    """Return the closure that PyTorch asks for, which serves both."""

    def closure():
        optimizer.zero_grad()
        loss = f(parameters)
        loss.backward()
        return loss

    return closure


@pytest.mark.parametrize("name", VALLEYS)
def test_lbfgs_takes_pytorchs_steps(name):
    """With the line search, direction after direction ends where PyTorch's does.

    The way is unstable: rounding grows along it, so that 12 digits become 6.
    """
    f, start, _ = VALLEYS[name]
    options = {"max_iter": 1, "max_eval": 20, "line_search_fn": "strong_wolfe"}
    ours, theirs, a, b = twin_of(LBFGS, options, start)

    for count in range(30):
        ours.step(closure_of(ours, f, a))
        theirs.step(closure_of(theirs, f, b))
        tolerance = 1e-12 if count < 10 else 1e-6
        assert numbers(a) == pytest.approx(numbers(b), rel=tolerance, abs=tolerance)


def test_lbfgs_without_a_search_takes_pytorchs_steps():
    """Steps of one length, of a short history, over several calls."""
    options = {"lr": 0.1, "max_iter": 5, "history_size": 3}
    ours, theirs, a, b = twin_of(LBFGS, options, [2.0, -1.0, 0.5])

    def bowl(p):
        x, y, z = p
        return (
            (x - 3) ** 2 + 10 * (y + x) ** 2 + 2 * (z - y) ** 2 + (x * y - z) ** 4 / 100
        )

    for _ in range(20):
        ours.step(closure_of(ours, bowl, a))
        theirs.step(closure_of(theirs, bowl, b))
        assert numbers(a) == pytest.approx(numbers(b), rel=1e-12)
    assert ours.func_evals == theirs.state[b[0]]["func_evals"]
    assert ours.n_iter == theirs.state[b[0]]["n_iter"]


def test_lbfgs_trains_a_network_as_pytorch_does():
    """Five steps of up to 20 directions on a network."""
    model = nn.MLP(2, [4, 1], seed=3)
    twin = torch_twin(model)
    ours = LBFGS(model.parameters(), line_search_fn="strong_wolfe")
    theirs = torch.optim.LBFGS(twin.parameters(), line_search_fn="strong_wolfe")

    for tolerance in (1e-11, 1e-9, 1e-8):
        first = ours.step(closure_of(ours, lambda p: our_loss(model), None))
        other = theirs.step(closure_of(theirs, lambda p: their_loss(twin), None))
        assert first.data == pytest.approx(other.item(), rel=tolerance, abs=tolerance)
        same_weights(model, twin, tolerance)
