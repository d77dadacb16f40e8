"""Sequential, Residual and flatten put modules, rows and functions together."""

from copy import deepcopy

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from layer_functions import assert_derivatives

from autograd_core import OPS, Value, softmax, tanh, topological_order
from autograd_core.errors import OperandError, ShapeError, UnknownNameError
from nn import Module
from nn.layers import MLP
from nn.layers.containers import Activation, Flatten, Residual, Sequential, flatten
from nn.layers.linear import Linear
from nn.nested import numbers
from viz import to_tree

shapes = st.lists(st.integers(1, 3), min_size=1, max_size=4).map(tuple)


def network():
    """Return two linear maps with tanh between them."""
    return Sequential(Linear(2, 3, seed=0), tanh, Linear(3, 2, seed=1))


def test_each_part_is_fed_with_what_the_one_before_it_gives():
    """The whole is the composition of its parts."""
    model, x = network(), [0.5, -1.0]
    first, activation, last = model

    assert numbers(model(x)) == numbers(last(activation(first(x))))


def test_a_sequential_of_linear_maps_is_an_mlp():
    """With the same weights both compute the same bits."""
    model, mlp = network(), MLP(2, [3, 2], "tanh")
    state = model.state_dict()
    places = {"0": "layers.0", "2": "layers.1"}
    mlp.load_state_dict({f"{places[k[0]]}.{k[2:]}": v for k, v in state.items()})

    assert numbers(model([0.5, -1.0])) == numbers(mlp([0.5, -1.0]))


def test_rows_act_on_every_number_and_functions_on_the_whole():
    """A row, its name and a function each do what they do when called alone."""
    model = Sequential(tanh, "relu", softmax, lambda xs: [x * 2 for x in xs])

    wanted = [2 * s for s in softmax([np.tanh(1.0), 0.0])]
    assert model([1.0, -1.0]) == pytest.approx(wanted)


def test_parts_are_had_by_index_and_by_slice():
    """Negative indices and slices are those of a list."""
    model = network()

    assert len(model) == 3
    assert model[0].state_dict() == Linear(2, 3, seed=0).state_dict()
    assert model[-1] is list(model)[2]
    assert numbers(model[1:](model[:1]([1.0, 2.0]))) == numbers(model([1.0, 2.0]))
    with pytest.raises(IndexError):
        _ = model[3]


def test_a_slice_shares_its_parts_and_renames_nothing():
    """Parameters keep the names and the scopes that they have in the whole."""
    model = network()
    labels = [p.label for p in model.parameters()]

    head = model[2:]
    (y, _) = head([1.0, 2.0, 3.0])

    assert head.parameters() == model[2].parameters()
    assert [p.label for p in model.parameters()] == labels
    assert y.scope == "Sequential.layers.2" == model[2].bias[0].scope


def test_state_has_pytorchs_names():
    """Parts count from 0, those without parameters too; nesting adds a number."""
    model = Sequential(network(), "relu", Residual(Linear(2, 2)))

    assert list(model.state_dict()) == [
        *("0.0.weight", "0.0.bias", "0.2.weight", "0.2.bias"),
        *("2.module.weight", "2.module.bias"),
    ]


def test_every_node_belongs_to_the_part_that_made_it():
    """Linear maps, activations and plain functions each have a scope."""
    model = Sequential(Linear(2, 2), tanh, softmax)
    (y, _) = model([1.0, 2.0])

    scopes = {node.scope for node in topological_order(y) if node.op}
    assert scopes == {f"Sequential.layers.{i}" for i in range(3)}


def test_a_picture_at_depth_one_shows_the_parts():
    """Viz folds each part into one box."""
    model = network()
    y, z = model([1.0, 2.0])

    tree = to_tree(y + z, depth=1)

    for i in range(3):
        assert f"layers.{i}" in tree
    assert len(tree.splitlines()) < 25


def test_a_sequential_runs_on_a_batch():
    """A batch nests deeper, and so does the result."""
    model, batch = network(), [[1.0, 2.0], [3.0, 4.0]]

    assert numbers(model(batch)) == [numbers(model(x)) for x in batch]


def test_an_empty_sequential_changes_nothing():
    """Without parts the output is the input."""
    assert Sequential()([1.0]) == [1.0]


def test_the_mode_reaches_the_parts():
    """Train and eval go down through the list."""
    model = Sequential(network(), Residual(network()))

    assert not any(module.training for module in model.eval().modules())


def test_a_copy_is_a_model_of_its_own():
    """Changing the copy's weights leaves the original alone."""
    model = network()
    copy = deepcopy(model)
    copy[0].bias[0].data += 1.0

    assert numbers(copy([1.0, 2.0])) != numbers(model([1.0, 2.0]))


def test_its_derivatives_are_right():
    """Through maps, rows and a shortcut."""
    assert_derivatives(Sequential(Linear(2, 2), "tanh", Residual(Linear(2, 2))), (2,))


@pytest.mark.parametrize(
    ("part", "error", "words"),
    [
        ("tahn", UnknownNameError, "did you mean .*'tanh'"),
        (OPS["add"], UnknownNameError, "no activation is called 'add'"),
        (3, OperandError, "made of modules, rows, names .* not 3 of type int"),
        (None, OperandError, "not None"),
        (Linear, OperandError, "not <class"),
    ],
)
def test_what_is_no_part_is_refused(part, error, words):
    """The message says what a model is made of."""
    for make in (Sequential, Residual):
        with pytest.raises(error, match=words):
            make(part)


# --- residual connections -----------------------------------------------------------
def test_a_residual_block_adds_its_input():
    """Y = x + f(x), number by number."""
    assert numbers(Residual(tanh)([[0.5], [2.0]])) == [
        [0.5 + np.tanh(0.5)],
        [2.0 + np.tanh(2.0)],
    ]


def test_the_gradient_has_a_way_past_the_module():
    """Where f is constant, dy/dx is still 1: the cure of vanishing gradients."""
    x = Value(3.0)
    (y,) = Residual(Linear(1, 1, init="zeros"))([x])
    y.backward()

    assert x.grad == 1.0


@pytest.mark.parametrize(
    ("x", "shapes"),
    [
        ([1.0, 2.0], r"\(2,\) and \(3,\)"),
        ([[1.0, 2.0], [3.0, 4.0]], r"\(2, 2\) and \(2, 3\)"),
    ],
)
def test_a_residual_block_must_keep_the_shape(x, shapes):
    """The message names the block and both shapes."""
    with pytest.raises(ShapeError, match=rf"^Residual\(Linear\(2, 3\)\) .*{shapes}$"):
        Residual(Linear(2, 3))(x)


# --- flatten ------------------------------------------------------------------------
@given(shape=shapes, data=st.data())
def test_flatten_is_numpys_reshape(shape, data):
    """From any level on, counted from outside or from inside."""
    array = np.arange(float(np.prod(shape))).reshape(shape)
    start = data.draw(st.integers(-len(shape), len(shape) - 1))

    wanted = array.reshape((*shape[: start % len(shape)], -1)).tolist()
    assert flatten(array, start) == flatten(array.tolist(), start) == wanted
    assert Flatten(start)(array) == wanted


@pytest.mark.parametrize(("x", "start"), [([1.0], 1), ([[1.0]], -3), (1.0, 0)])
def test_flatten_refuses_a_level_that_is_not_there(x, start):
    """The message shows the shape."""
    with pytest.raises(ShapeError, match=r"nest deep enough; got the shape \("):
        flatten(x, start)


def test_activation_modules_name_their_row():
    """What is printed is what makes it again."""
    assert (
        repr(Sequential("tanh", softmax)) == "Sequential(Activation('tanh'), softmax)"
    )
    assert isinstance(Activation(tanh), Module)


def test_a_part_may_be_replaced_or_appended():
    """By index, as in a list; it has its name at once."""
    model = network()

    model[-1] = Linear(3, 5, seed=3)
    assert model.append("tanh") is model

    assert len(model) == 4
    assert len(model([1.0, 2.0])) == 5
    assert model[2].bias[4].label == "layers.2.bias[4]"
    assert list(model.state_dict())[-2:] == ["2.weight", "2.bias"]
    with pytest.raises(IndexError):
        model[4] = "relu"
    with pytest.raises(OperandError, match="made of modules"):
        model[0] = 3
    assert len(model([1.0, 2.0])) == 5
