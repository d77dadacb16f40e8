"""A module called with other parameters than its own."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

import nn
from autograd_core import Value, grad, hessian
from autograd_core.errors import OperandError, ShapeError, UnknownNameError
from nn import functional_call
from nn.nested import numbers

MODELS = {
    "MLP": (lambda seed: nn.MLP(2, [3, 2], seed=seed), [0.5, -1.0]),
    "Linear": (lambda seed: nn.Linear(2, 3, seed=seed), [0.5, -1.0]),
    "LSTMCell": (lambda seed: nn.LSTMCell(2, 2, seed=seed), [0.5, -1.0]),
    "Conv2d": (lambda seed: nn.Conv2d(1, 2, 2, seed=seed), [[[0.5, 1.0], [2.0, 3.0]]]),
    "Embedding": (lambda seed: nn.Embedding(3, 2, seed=seed), [2, 0]),
    "attention": (
        lambda seed: nn.Sequential(
            nn.LayerNorm(2), nn.CausalSelfAttention(2, 1, seed=seed)
        ),
        [[0.5, 1.0], [2.0, 3.0]],
    ),
}


@pytest.mark.parametrize("name", MODELS)
def test_the_outputs_are_those_of_a_module_with_these_parameters(name):
    """One module with the state of another says what the other says, to the bit."""
    make, x = MODELS[name]
    one, other = make(0), make(1)
    before = one.state_dict()

    found = functional_call(one, other.state_dict(), x)

    assert numbers(found) == numbers(other(x))
    assert one.state_dict() == before
    assert numbers(one(x)) == numbers(make(0)(x))


@given(st.lists(st.floats(-2, 2), min_size=3, max_size=3))
def test_gradients_reach_the_parameters_that_were_passed(numbers_):
    """And not those of the module."""
    layer = nn.Linear(2, 1, seed=0)
    state = {"weight": [[Value(x) for x in numbers_[:2]]], "bias": [Value(numbers_[2])]}

    (y,) = functional_call(layer, state, [3.0, -1.0])
    y.backward()

    assert [w.grad for w in state["weight"][0]] == [3.0, -1.0]
    assert state["bias"][0].grad == 1.0
    assert not any(p.has_grad for p in layer.parameters())


def test_what_is_not_named_is_the_modules_own():
    """A step may be taken with the last layer alone."""
    model = nn.MLP(2, [3, 1], seed=0)
    y = functional_call(model, {"layers.1.bias": [Value(5.0)]}, [1.0, 2.0])

    own = model([1.0, 2.0])
    assert y.data == pytest.approx(
        own.data + 5.0 - model.layers[1].neurons[0].bias.data
    )


def test_derivatives_of_any_order_are_taken_by_parameters():
    """The Hessian of a squared error in two parameters is written by hand."""
    layer = nn.Linear(1, 1, seed=0)

    def loss(state):
        (y,) = functional_call(layer, state, [3.0])
        return (y - 1.0) ** 2

    at = {"weight": [[0.5]], "bias": [0.25]}
    assert grad(loss)(at) == {"weight": [[4.5]], "bias": [1.5]}
    second = hessian(loss)(at)
    assert second["weight"][0][0]["weight"] == [[18.0]]
    assert second["bias"][0]["weight"] == [[6.0]]


def test_the_module_is_whole_again_after_an_error():
    """Wherever a call breaks off."""
    model = nn.MLP(2, [3, 1], seed=0)
    before = model.parameters()

    with pytest.raises(ShapeError):
        functional_call(model, {"layers.1.bias": [1.0]}, [1.0, 2.0, 3.0])

    assert model.parameters() == before


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ((nn.Linear(2, 1), {"wieght": [[1.0, 2.0]]}), UnknownNameError, "'weight'"),
        (
            (nn.Linear(2, 1), {"weight": [1.0, 2.0]}),
            ShapeError,
            r"\(1, 2\); got \(2,\)",
        ),
        ((nn.Linear(2, 1), [1.0]), OperandError, "a dict of parameters"),
        ((abs, {}), OperandError, "takes a module"),
    ],
)
def test_what_does_not_fit_is_refused(arguments, error, words):
    """The message names the parameter, and what it should have been."""
    with pytest.raises(error, match=words):
        functional_call(*arguments, [1.0, 2.0])
