"""Flat vectors of weights and of biases, and back."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import nn
from autograd_core import Value
from autograd_core.errors import OperandError, ShapeError
from nn.vectors import (
    biases_to_vector,
    parameters_to_vector,
    vector_to_biases,
    vector_to_parameters,
    vector_to_weights,
    weights_to_vector,
)

widths = st.lists(st.integers(1, 4), min_size=1, max_size=3)
seeds = st.integers(0, 1000)


class Gate(nn.Module):
    """A module whose parameters have PyTorch's longer names."""

    def __init__(self):
        self.weight_ih = [[Value(1.0), Value(2.0)]]
        self.bias_ih = [Value(3.0)]
        self.in_proj_bias = Value(4.0)
        self.scale = Value(5.0)


def state_of(model):
    """Return every parameter's number by its name."""
    return {name: p.data for name, p in model.named_parameters()}


@given(st.integers(1, 4), widths, seeds)
def test_weights_go_layer_by_layer_and_row_by_row(n_in, n_outs, seed):
    """The vector is what numpy's ravel gives of the matrices, one after the other."""
    model = nn.MLP(n_in, n_outs, seed=seed)
    vector_to_biases([0.5 * i for i in range(sum(n_outs))], model)
    state = model.state_dict()

    for name, vector in (("weight", weights_to_vector), ("bias", biases_to_vector)):
        tensors = [np.ravel(state[f"layers.{i}.{name}"]) for i in range(len(n_outs))]
        assert vector(model) == np.concatenate(tensors).tolist()


@given(st.integers(1, 4), widths, seeds)
def test_there_and_back_changes_nothing(n_in, n_outs, seed):
    """Another model becomes equal to the bit, and computes the same."""
    model, other = (nn.MLP(n_in, n_outs, seed=seed + i) for i in (0, 1))
    vector_to_biases([0.1 * i for i in range(sum(n_outs))], model)

    vector_to_weights(weights_to_vector(model), other)
    vector_to_biases(np.array(biases_to_vector(model)), other)

    assert other.state_dict() == model.state_dict()
    third = nn.MLP(n_in, n_outs, seed=seed + 2)
    vector_to_parameters(parameters_to_vector(model.parameters()), third.parameters())
    assert third.state_dict() == model.state_dict()


@given(st.integers(1, 4), widths)
def test_a_parameter_stands_in_one_of_the_two(n_in, n_outs):
    """Setting the weights leaves the biases, and the other way round."""
    model = nn.MLP(n_in, n_outs, seed=0)
    weights, biases = weights_to_vector(model), biases_to_vector(model)

    assert len(weights) + len(biases) == len(model.parameters())
    vector_to_weights([-1.0] * len(weights), model)
    assert biases_to_vector(model) == biases
    vector_to_biases([-2.0] * len(biases), model)
    assert weights_to_vector(model) == [-1.0] * len(weights)


def test_what_is_called_a_bias_is_one():
    """PyTorch's bias_ih and in_proj_bias are biases; everything else is a weight."""
    assert weights_to_vector(Gate()) == [1.0, 2.0, 5.0]
    assert biases_to_vector(Gate()) == [3.0, 4.0]


def test_a_shared_weight_comes_once():
    """What two layers have in common is one number of the vector."""
    tied = nn.Module()
    tied.encoder, tied.decoder = nn.Neuron(1), nn.Neuron(1)
    tied.decoder.weight = tied.encoder.weight

    assert len(weights_to_vector(tied)) == 1
    vector_to_weights([0.25], tied)
    assert tied.decoder.weight[0].data == 0.25


def test_numbers_are_copied_and_gradients_stay():
    """The vector is a list of floats: changing it changes no model."""
    model = nn.MLP(1, [1], seed=0)
    model([1.0]).backward()
    vector = weights_to_vector(model)
    vector[0] = 9.0

    assert weights_to_vector(model) != vector
    vector_to_weights([Value(2.0)], model)
    assert state_of(model)["layers.0.neurons.0.weight[0]"] == 2.0
    assert [p.grad for p in model.parameters()] == [1.0, 1.0]


@pytest.mark.parametrize(
    ("vector", "error", "words"),
    [
        (
            [1.0],
            ShapeError,
            r"20 numbers, one for each of .* got shape \(1,\)",
        ),
        ([[1.0] * 20], ShapeError, r"got shape \(1, 20\)"),
        (1.0, ShapeError, r"got shape \(\)"),
        ([*[1.0] * 19, "a"], OperandError, "'a'"),
        ([*[1.0] * 19, None], OperandError, "None"),
    ],
)
def test_a_vector_that_does_not_fit_changes_nothing(vector, error, words):
    """All of the numbers are taken or, where one is wrong, none."""
    model = nn.MLP(3, [4, 2], seed=0)
    before = state_of(model)

    with pytest.raises(error, match=words):
        vector_to_weights(vector, model)

    assert state_of(model) == before


def test_what_is_no_model_and_no_parameter_is_refused():
    """The message says what each function takes."""
    with pytest.raises(OperandError, match="biases_to_vector takes a Module, not 3"):
        biases_to_vector(3)
    with pytest.raises(OperandError, match=r"model.parameters\(\), not 1.0"):
        parameters_to_vector([1.0])
    with pytest.raises(OperandError, match=r"model.parameters\(\), not MLP"):
        vector_to_parameters([1.0], nn.MLP(1, [1]))


def test_arrays_and_nested_lists_of_parameters_are_vectors():
    """From left to right, there and back."""
    numpy = pytest.importorskip("numpy")
    w, b = numpy.array([[Value(1.0), Value(2.0)]]), [[Value(3.0)]]

    vector_to_parameters([4.0, 5.0, 6.0], [w, b])

    assert parameters_to_vector([w, b]) == [4.0, 5.0, 6.0]
    assert parameters_to_vector(w) == [4.0, 5.0]
