"""The linear map computes W·x + b, for one vector or a batch of them."""

import pickle
from copy import deepcopy
from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from layer_functions import assert_derivatives

from autograd_core import OPS, Value, topological_order
from autograd_core.errors import OperandError, ShapeError, UnknownNameError
from nn.initializers import normal
from nn.layers import Layer
from nn.layers.linear import Linear
from nn.nested import numbers

sizes = st.integers(1, 4)
seeds = st.integers(0, 1000)


@given(n_in=sizes, n_out=sizes, seed=seeds)
def test_the_outputs_are_the_matrix_form(n_in, n_out, seed):
    """Each output is a row of W times x, plus its bias."""
    layer = Linear(n_in, n_out, seed=seed)
    x = np.random.default_rng(seed).normal(size=n_in)
    state = {name: np.array(tensor) for name, tensor in layer.state_dict().items()}

    assert numbers(layer(x)) == pytest.approx(state["weight"] @ x + state["bias"])


@given(n_in=sizes, n_out=sizes, seed=seeds)
def test_its_derivatives_are_right(n_in, n_out, seed):
    """By every weight, every bias and every input."""
    assert_derivatives(Linear(n_in, n_out), (2, n_in), seed=seed)


@given(n_in=sizes, n_out=sizes, seed=seeds)
def test_a_layer_without_activation_is_a_linear_map(n_in, n_out, seed):
    """Layer(..., None) loads the state of a Linear and computes the same bits."""
    linear, layer = Linear(n_in, n_out, seed=seed), Layer(n_in, n_out, None)
    layer.load_state_dict(linear.state_dict())
    x = np.random.default_rng(seed).normal(size=n_in)

    assert numbers(layer(x)) == numbers(linear(x))
    assert layer.state_dict() == linear.state_dict()


def test_an_output_is_one_node_and_an_input_number_one_constant():
    """Three outputs of two numbers: three nodes, two constants, nine parameters."""
    layer = Linear(2, 3)
    outputs = layer([1.0, 2.0])

    assert {y.op for y in outputs} == {OPS["dot"]}
    nodes = {node for y in outputs for node in topological_order(y)}
    assert len(nodes) == 3 + 2 + 9


def test_a_layer_without_bias_has_one_constant_for_all_outputs():
    """The 0 that stands for the bias is made once for each call."""
    first, second = Linear(1, 2, bias=False)([1.0])

    assert first.parents[-1] is second.parents[-1]
    assert not first.parents[-1].requires_grad


@pytest.mark.parametrize(
    "kind", [list, tuple, np.array, partial(np.array, dtype=object)]
)
def test_any_kind_of_list_goes_in_and_lists_come_out(kind):
    """Lists, tuples and arrays of numbers or Values give the same nested lists."""
    layer = Linear(2, 1, seed=0)
    batch = [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]

    outputs = layer(kind(batch))

    assert isinstance(outputs, list)
    assert all(isinstance(row, list) for row in outputs)
    assert numbers(outputs) == [numbers(layer(x)) for x in batch]


def test_arrays_of_values_get_gradients():
    """An object array of Values goes in, and gradients reach its Values."""
    layer = Linear(2, 1, seed=0)
    x = np.array([Value(1.0), Value(2.0)])

    (y,) = layer(x)
    y.backward()

    assert [v.grad for v in x] == layer.state_dict()["weight"][0]


def test_outputs_make_an_array_to_go_on_with():
    """What comes out is an array's worth: `W @ x + b` may follow."""
    x = np.array(Linear(2, 3, seed=0)([1.0, 2.0]))
    w, b = np.array([[1.0, -1.0, 2.0]]), np.array([0.5])

    (y,) = w @ x + b

    assert y.data == pytest.approx(x[0].data - x[1].data + 2 * x[2].data + 0.5)


def test_weights_are_drawn_row_by_row_and_then_the_bias():
    """A seed makes the same layer every time, in the order that is documented."""
    from random import Random

    random = Random(7)
    bound = 1 / np.sqrt(3)
    numbers = [random.uniform(-bound, bound) for _ in range(8)]

    state = Linear(3, 2, seed=7).state_dict()

    assert np.ravel(state["weight"]).tolist() == numbers[:6]
    assert state["bias"] == numbers[6:]


@pytest.mark.parametrize("init", ["he_normal", partial(normal, std=0.08)])
def test_an_initialiser_draws_the_weights_and_leaves_the_bias_at_zero(init):
    """By its name or as a function; a named one gets the layer's fans."""
    state = Linear(200, 50, init=init, seed=0).state_dict()

    wanted = 0.1 if init == "he_normal" else 0.08
    assert np.std(state["weight"]) == pytest.approx(wanted, rel=0.03)
    assert set(state["bias"]) == {0.0}


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: Linear(2, 3)([1.0]), ShapeError, r"Linear\(2, 3\) takes 2 inputs; go"),
        (lambda: Linear(2, 3)([]), ShapeError, "takes 2 inputs; got 0"),
        (lambda: Linear(2, 3)(1.0), OperandError, "takes a list of 2 numbers, not 1.0"),
        (lambda: Linear(2, 3)([[1.0, 2.0], [3.0]]), ShapeError, "inputs; got 1"),
        (lambda: Linear(2, 3)([1.0, [2.0]]), OperandError, "one by one"),
        (lambda: Linear(2, 3)(["a", 2.0]), OperandError, "'a' of type str"),
        (lambda: Linear(0, 3), ShapeError, "in_features .* from 1 up, not 0"),
        (lambda: Linear(2, 1.5), OperandError, "out_features takes a whole number"),
        (lambda: Linear(2, 1, init="he"), UnknownNameError, "he_normal"),
    ],
)
def test_what_does_not_fit_is_refused(call, error, words):
    """The message names the layer, what it takes and what came."""
    with pytest.raises(error, match=words):
        call()


# --- z and a ------------------------------------------------------------------------
def test_z_and_a_are_at_hand_after_a_call():
    """Each layer hands out its last sums and activations, in the order of its units."""
    from nn.layers import MLP

    model = MLP(2, [3, 1], "tanh", seed=0)
    y = model([1.0, -1.0])

    hidden, last = model.layers
    assert [z.op.name for z in hidden.z] == ["dot"] * 3
    assert numbers(hidden.a) == np.tanh(numbers(hidden.z)).tolist()
    assert [a.parents for a in hidden.a] == [(z,) for z in hidden.z]
    assert last.z == last.a == [y]
    assert model.layers[0].neurons[2].z is hidden.z[2]


def test_gradients_of_z_are_at_hand_after_backward():
    """δ = ∂C/∂z of each unit is the gradient of its z."""
    from nn.layers import MLP

    model = MLP(1, [2, 1], "tanh", seed=0)
    cost = model([0.5])
    cost.backward()

    hidden, last = model.layers
    slopes = [1 - a.data**2 for a in hidden.a]
    wanted = [w.data * s for w, s in zip(last.neurons[0].weight, slopes, strict=True)]
    assert [z.grad for z in hidden.z] == pytest.approx(wanted)


def test_any_function_as_activation_has_its_z():
    """Z is the weighted sum, however many nodes follow it."""
    layer = Layer(1, 1, lambda z: z * z + 1.0, seed=0)
    (a,) = layer([2.0])

    (z,) = layer.z
    assert z.op is OPS["dot"]
    assert a.data == z.data**2 + 1


def test_a_layer_keeps_no_graph_alive():
    """When the outputs are dropped, so is the graph; the layer says what to do."""
    from autograd_core.errors import GraphError

    layer = Layer(2, 1, seed=0)
    with pytest.raises(GraphError, match=r"Neuron\(2\) has no z at hand: call it"):
        _ = layer.z
    outputs = layer([1.0, 2.0])
    assert layer.a == outputs

    del outputs

    with pytest.raises(GraphError, match="as long as its graph"):
        _ = layer.a


def test_without_a_graph_only_what_came_out_is_at_hand():
    """Under no_grad nothing holds the z that an activation was made of."""
    from autograd_core import no_grad
    from autograd_core.errors import GraphError

    layer = Layer(2, 1, "tanh", seed=0)
    with no_grad():
        outputs = layer([1.0, 2.0])

    assert layer.a == outputs
    with pytest.raises(GraphError, match=r"not under no_grad\(\)"):
        _ = layer.z


def test_a_called_layer_is_copied_and_pickled():
    """References to the last call stay behind."""
    layer = Layer(2, 1, seed=0)
    outputs = layer([1.0, 2.0])

    for copy in (deepcopy(layer), pickle.loads(pickle.dumps(layer))):
        assert numbers(copy([1.0, 2.0])) == numbers(outputs)


def test_sizes_have_pytorchs_names():
    """As arguments and as attributes."""
    layer = Linear(in_features=3, out_features=2, bias=False)

    assert (layer.in_features, layer.out_features) == (3, 2)
    assert repr(layer) == "Linear(3, 2, bias=False)"


@pytest.mark.parametrize("x", [{1.0, 2.0}, {0: 1.0, 1: 2.0}, frozenset({1.0, 2.0})])
def test_what_has_no_order_is_no_vector(x):
    """A set or a dict is refused in the layer's name."""
    with pytest.raises(
        OperandError, match=rf"Linear\(2, 2\) .* type {type(x).__name__}"
    ):
        Linear(2, 2)(x)
