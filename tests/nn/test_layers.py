"""Neurons, layers and the MLP compute what the textbook says, and its gradients."""

import math
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from layer_functions import assert_derivatives

import nn
from autograd_core import OPS, Op, Value, tanh
from autograd_core.errors import (
    GraphError,
    OperandError,
    ShapeError,
    UnknownNameError,
)
from nn.nested import numbers

widths = st.lists(st.integers(1, 4), min_size=1, max_size=3)
seeds = st.integers(0, 1000)


def test_a_neuron_is_one_dot_and_one_activation():
    """The weighted sum w·x + b is a single node, and so is its activation."""
    neuron = nn.Neuron(3, activation="tanh")

    output = neuron([1.0, 2.0, 3.0])

    (z,) = output.parents
    assert (output.op, z.op) == (OPS["tanh"], OPS["dot"])
    assert z.parents[:3] == tuple(neuron.weight)
    assert z.parents[-1] is neuron.bias


def test_the_published_neuron():
    """The neuron of micrograd's lecture gives 0.7071 and the gradients on its slide."""
    neuron = nn.Neuron(2, activation="tanh")
    neuron.load_state_dict({"weight": [-3.0, 1.0], "bias": 6.8813735870195432})
    x1, x2 = Value(2.0), Value(0.0)

    output = neuron([x1, x2])
    output.backward()

    assert output.data == pytest.approx(0.7071067811865476, rel=1e-12)
    gradients = [v.grad for v in (x1, x2, *neuron.weight)]
    assert gradients == pytest.approx([-1.5, 0.5, 1.0, 0.0], rel=1e-12)


@given(n_in=st.integers(1, 4), n_outs=widths, seed=seeds)
def test_an_mlp_is_the_matrix_form(n_in, n_outs, seed):
    """Value and weight gradients equal a = tanh(W·a + b) and the δ recurrences."""
    model = nn.MLP(n_in, n_outs, activation="tanh", seed=seed)
    x = np.random.default_rng(seed).normal(size=n_in)
    state = {name: np.array(t) for name, t in model.state_dict().items()}
    weights = [state[f"layers.{i}.weight"] for i in range(len(n_outs))]
    biases = [state[f"layers.{i}.bias"] for i in range(len(n_outs))]
    signals = [x]
    for i, (w, b) in enumerate(zip(weights, biases, strict=True)):
        z = w @ signals[-1] + b
        signals.append(np.tanh(z) if i < len(n_outs) - 1 else z)

    outputs = model(x)
    outputs = outputs if isinstance(outputs, list) else [outputs]
    sum(outputs, Value(0)).backward()

    assert [v.data for v in outputs] == pytest.approx(signals[-1].tolist(), abs=1e-12)
    delta = np.ones(n_outs[-1])
    for i in reversed(range(len(n_outs))):
        rows = [[w.grad for w in n.weight] for n in model.layers[i].neurons]
        assert np.allclose(rows, np.outer(delta, signals[i]), atol=1e-12)
        assert np.allclose([n.bias.grad for n in model.layers[i].neurons], delta)
        delta = (weights[i].T @ delta) * (1 - signals[i] ** 2)


def test_the_last_layer_is_linear():
    """Outputs are not squashed: only the layers before the last have activations."""
    model = nn.MLP(1, [2, 2], activation="relu")

    assert {output.op.name for output in model([1.0])} == {"dot"}


def test_one_output_is_a_value_and_more_are_a_list():
    """A network with one output gives it bare."""
    assert isinstance(nn.MLP(2, [3, 1])([0.0, 0.0]), Value)
    assert len(nn.MLP(2, [3, 2])([0.0, 0.0])) == 2


def test_inputs_may_be_values_numbers_or_an_array():
    """Whatever holds two numbers is an input, and Values get gradients."""
    model = nn.MLP(2, [1], seed=0)
    x = Value(1.0)
    outputs = [model(xs).data for xs in ([1, 2], (x, 2.0), np.array([1.0, 2.0]))]

    assert outputs[0] == outputs[1] == outputs[2]


@given(seed=seeds)
def test_a_seed_fixes_the_weights(seed):
    """The same seed makes the same network, another seed another one."""
    state = nn.MLP(2, [3, 1], seed=seed).state_dict()

    assert nn.MLP(2, [3, 1], seed=seed).state_dict() == state
    assert nn.MLP(2, [3, 1], seed=seed + 1).state_dict() != state


def test_rectifiers_begin_with_he_and_the_rest_with_glorot():
    """The default initialiser follows the activation; `init` overrides it."""

    def largest(**options):
        model = nn.MLP(100, [100], seed=0, **options)
        return max(abs(w.data) for w in model.layers[0].neurons[0].weight)

    layer = nn.Layer(100, 100, "relu", seed=0)
    he = max(abs(w.data) for n in layer.neurons for w in n.weight)
    assert math.sqrt(3 / 100) < he <= math.sqrt(6 / 100)
    assert largest() <= math.sqrt(6 / 200)
    assert math.sqrt(6 / 200) < largest(init="he_uniform")


@pytest.mark.parametrize(
    "name", sorted(name for name, op in OPS.items() if op.takes_one_operand)
)
def test_every_row_with_one_operand_is_an_activation(name):
    """An activation is chosen by its row's name, for every such row."""
    assert nn.Neuron(1, activation=name)([0.5]).op is OPS[name]


def test_a_row_or_a_function_is_an_activation_as_it_is():
    """A row of one's own needs no registration."""
    cube = Op("cube", lambda x: x * x * x, (lambda y, x: 3.0 * x * x,))

    assert nn.Neuron(1, activation=cube)([1.0]).op is cube
    assert nn.Neuron(1, activation=tanh)([1.0]).op is tanh
    assert nn.Neuron(1, activation="linear")([1.0]).op is OPS["dot"]


@pytest.mark.parametrize(
    ("make", "error", "words"),
    [
        (
            lambda: nn.MLP(2, [3], activation="tahn"),
            UnknownNameError,
            "did you mean .*'tanh'",
        ),
        (lambda: nn.MLP(2, [3], init="glorot"), UnknownNameError, "glorot_normal"),
        (
            lambda: nn.MLP(2, 3),
            OperandError,
            r"non-empty list such as \[16, 10\], not 3",
        ),
        (lambda: nn.MLP(2, []), ShapeError, "non-empty list"),
        (lambda: nn.MLP(2, "31"), OperandError, "not '31'"),
        (lambda: nn.MLP(0, [3]), ShapeError, "from 1 up, not 0"),
        (lambda: nn.MLP(2, [2.5]), OperandError, "whole number, not 2.5"),
        (lambda: nn.Neuron(True), OperandError, "not True"),
    ],
)
def test_a_network_that_cannot_be_is_refused(make, error, words):
    """Wrong widths and unknown names are named in the message."""
    with pytest.raises(error, match=words):
        make()


@pytest.mark.parametrize(
    ("inputs", "error", "words"),
    [
        ([1.0], ShapeError, r"MLP\(2, \[3, 1\]\) takes 2 inputs; got 1"),
        ([1.0, 2.0, 3.0], ShapeError, "takes 2 inputs; got 3"),
        (1.0, OperandError, "takes a list of 2 numbers, not 1.0"),
        (Value(1.0), OperandError, "takes a list of 2 numbers"),
        ("ab", OperandError, "'a' of type str"),
        ([[1.0, 2.0], [3.0]], ShapeError, "takes 2 inputs; got 1"),
        ([1.0, [2.0]], OperandError, "of type list"),
        ({1.0, 2.0}, OperandError, r"MLP\(2, \[3, 1\]\) takes .* of type set"),
        ({0: 1.0, 1: 2.0}, OperandError, r"MLP\(2, \[3, 1\]\) takes .* of type dict"),
        ([None, 1.0], OperandError, "None of type NoneType"),
    ],
)
def test_inputs_that_do_not_fit_are_refused(inputs, error, words):
    """The message says which model, how many it takes and what came."""
    with pytest.raises(error, match=words):
        nn.MLP(2, [3, 1])(inputs)


def test_a_neuron_and_a_layer_count_their_inputs_too():
    """Each module checks its own call."""
    with pytest.raises(ShapeError, match=r"Neuron\(2\) takes 2 inputs; got 3"):
        nn.Neuron(2)([1, 2, 3])
    with pytest.raises(ShapeError, match=r"Layer\(2, 3\) takes 2 inputs; got 1"):
        nn.Layer(2, 3)([1])


# --- batches ------------------------------------------------------------------------
DENSE = [
    nn.Neuron(2, random=None),
    nn.Layer(2, 3, seed=0),
    nn.Layer(2, 2, "relu", seed=0),
    nn.MLP(2, [3, 1], seed=0),
    nn.MLP(2, [2, 2], seed=0),
]
each = pytest.mark.parametrize("model", DENSE, ids=str)


@each
@given(batch=st.lists(st.tuples(*[st.floats(-9, 9)] * 2), min_size=1, max_size=3))
def test_a_batch_is_its_examples_one_after_the_other(model, batch):
    """As lists, as an array, and in a list of batches."""
    wanted = [numbers(model(x)) for x in batch]

    assert numbers(model(batch)) == numbers(model(np.array(batch))) == wanted
    assert numbers(model([batch, batch])) == [wanted, wanted]


def test_a_batch_of_one_input_is_told_from_an_example():
    """One number each, in lists of their own."""
    model = nn.MLP(1, [1], seed=0)

    assert numbers(model([[1.0]])) == [model([1.0]).data]


@each
def test_a_bad_example_in_a_batch_is_refused_in_the_layers_name(model):
    """The length of the example is told, not that of the batch."""
    name = type(model).__name__
    with pytest.raises(ShapeError, match=rf"{name}\(.* takes 2 inputs; got 3"):
        model([[1.0, 2.0], [1.0, 2.0, 3.0]])


def test_of_a_batch_the_sums_are_those_of_the_last_example():
    """And they live as long as the graph."""
    layer = nn.Layer(2, 3, seed=0)

    batch = layer([[1.0, 2.0], [3.0, 4.0]])

    assert layer.a == batch[-1]


@pytest.mark.parametrize("layer", [nn.Layer(2, 3, seed=0), nn.Neuron(2)], ids=str)
def test_a_layer_that_was_called_is_pickled_without_its_graph(layer):
    """The copy has the weights, and has not been called."""
    output = layer([1.0, 2.0])

    other = pickle.loads(pickle.dumps(layer))

    assert other.state_dict() == layer.state_dict()
    assert numbers(layer.a) == numbers(output)
    with pytest.raises(GraphError, match="call it"):
        _ = other.z


@pytest.mark.parametrize("name", ["elu", "gelu", "leaky_relu", "relu", "silu"])
def test_every_rectifier_begins_with_hes_variance(name):
    """All of relu's kin, by name or as rows."""
    wanted = nn.Layer(5, 4, name, init="he_uniform", seed=0).state_dict()

    assert nn.Layer(5, 4, name, seed=0).state_dict() == wanted
    assert nn.Layer(5, 4, OPS[name], seed=0).state_dict() == wanted
    assert nn.Layer(5, 4, "tanh", seed=0).state_dict() != wanted


@pytest.mark.parametrize("name", ["tanh", "sigmoid", "softplus", "gelu", "relu", None])
def test_derivatives_are_right(name):
    """By every weight and every input, of one example and of a batch."""
    assert_derivatives(nn.Neuron(3, name), (3,))
    assert_derivatives(nn.Layer(3, 2, name, seed=0), (3,))
    assert_derivatives(nn.MLP(2, [3, 2], name, seed=0), (2, 2))
