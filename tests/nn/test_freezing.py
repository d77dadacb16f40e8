"""What is frozen stays; what two networks have in common is carried over."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import nn
from autograd_core import Value
from autograd_core.errors import GraphError, OperandError, ShapeError
from nn.freezing import freeze, unfreeze
from nn.layers.batch_normalization import BatchNorm1d
from nn.layers.containers import Sequential
from nn.layers.linear import Linear
from nn.loading import LoadedKeys, load_tensors

LINE = [[float(x)] for x in range(-3, 4)], [2.0 * x + 1.0 for x in range(-3, 4)]


def fit_line(model, **options):
    """Train a model on a line, with momentum and decay, which also move things."""
    optimizer = nn.SGD(model.parameters(), lr=0.01, momentum=0.9, weight_decay=0.1)
    settings = {"loss": nn.mse_loss, "optimizer": optimizer, "progress": False}
    return nn.fit(model, *LINE, **{**settings, **options})


# --- freezing -----------------------------------------------------------------------
@given(st.sets(st.integers(0, 12), max_size=12))
def test_just_what_is_frozen_stays(places):
    """Of any choice of parameters, training moves all others and none of these."""
    model = nn.MLP(1, [3, 2, 1], seed=0)
    parameters = model.parameters()[:13]
    frozen = freeze([parameters[i] for i in places])
    freeze(model.parameters()[13:])
    before = [p.data for p in parameters]

    fit_line(model, epochs=2)

    assert {p for p, x in zip(parameters, before, strict=True) if p.data == x} == set(
        frozen
    )


def test_a_frozen_layer_takes_part_in_no_backward_pass():
    """Nothing below the head is recorded as needing a gradient."""
    model = nn.MLP(2, [3, 1], seed=0)
    model([1.0, 2.0]).backward()
    freeze(model.layers[0])

    signal = model.layers[0]([1.0, 2.0])
    model([1.0, 2.0]).backward()

    assert not any(value.requires_grad for value in signal)
    assert not any(p.has_grad for p in model.layers[0].parameters())
    assert all(p.has_grad for p in model.layers[1].parameters())


def test_modules_parameters_and_lists_of_them_are_frozen_alike():
    """The parameters come back, each once, to be given to an optimiser."""
    model = nn.MLP(2, [3, 2, 1])
    first, second, head = model.layers

    assert freeze(first) == first.parameters()
    assert freeze([second, head.neurons[0].bias, second]) == [
        *second.parameters(),
        head.neurons[0].bias,
    ]
    assert unfreeze(head.neurons[0].bias) == [head.neurons[0].bias]
    assert unfreeze(p for p in first.parameters()) == first.parameters()
    assert [p for p in model.parameters() if not p.requires_grad] == second.parameters()


def test_what_was_unfrozen_learns_again():
    """Freezing and unfreezing leaves no trace in what is learnt afterwards."""
    one, other = nn.MLP(1, [2, 1], seed=0), nn.MLP(1, [2, 1], seed=0)
    freeze(one)
    unfreeze(one)

    assert fit_line(one) == fit_line(other)
    assert one.state_dict() == other.state_dict()


def test_fit_leaves_frozen_statistics_alone():
    """A part that is frozen and in evaluation mode comes out of training as it was."""
    norm = BatchNorm1d(1)
    model = Sequential(norm, Linear(1, 1, seed=0))
    freeze(norm)
    norm.eval()
    before = norm.state_dict()

    fit_line(model, batched=True, loss=lambda o, t: nn.mse_loss([y for (y,) in o], t))

    assert norm.state_dict() == before
    assert (model.training, norm.training) == (True, False)


def test_a_model_that_is_frozen_whole_cannot_be_trained():
    """The error comes from the backward pass, and nothing has changed."""
    model = nn.MLP(1, [1], seed=0)
    freeze(model)
    before = model.state_dict()

    with pytest.raises(GraphError, match="needs no gradient"):
        fit_line(model)

    assert model.state_dict() == before


@pytest.mark.parametrize("what", [None, 3.0, "weight", [3.0], {"weight": Value(1.0)}])
@pytest.mark.parametrize("function", [freeze, unfreeze])
def test_what_is_no_parameter_is_refused(function, what):
    """The message shows what to pass, and what stood before it is not touched."""
    parameter = Value(1.0, requires_grad=function is freeze)
    given = [parameter, *what] if isinstance(what, list) else what

    with pytest.raises(OperandError, match=r"such as model\.layers\[:2\], not"):
        function(given)

    assert parameter.requires_grad is (function is freeze)


def test_a_result_is_no_parameter():
    """A node that was computed cannot be frozen."""
    with pytest.raises(OperandError, match="freeze takes a module"):
        freeze([Value(1.0) * 2])


def test_arrays_and_nested_lists_of_parameters_are_frozen():
    """Each once, with modules among them."""
    w, neuron = np.array([[Value(1.0), Value(2.0)]]), nn.Neuron(1)

    assert freeze([w, [neuron, (w,)]]) == [*w[0], *neuron.parameters()]
    assert not any(p.requires_grad for p in [*w[0], *neuron.parameters()])
    assert unfreeze(w) == list(w[0])
    assert all(p.requires_grad for p in w[0])


# --- partial loading ----------------------------------------------------------------
NAMES = st.sets(st.sampled_from(["a", "b", "c", "d", "e"]))


@given(NAMES, NAMES)
def test_what_is_in_common_is_loaded_and_the_rest_is_told(own, saved):
    """Numbers come over under the same names; others keep theirs; all are listed."""
    tensors = {name: [Value(0.0), Value(1.0)] for name in sorted(own)}
    state = {name: [7.0, 8.0] for name in sorted(saved)}
    if not own & saved and own:
        with pytest.raises(ShapeError, match="nothing in the state fits"):
            load_tensors(tensors, state, "a model", strict=False)
    else:
        found = load_tensors(tensors, state, "a model", strict=False)
        assert found == LoadedKeys(
            sorted(own - saved), sorted(saved - own), sorted(own & saved)
        )
    for name, values in tensors.items():
        loaded = [7.0, 8.0] if name in saved else [0.0, 1.0]
        assert [value.data for value in values] == loaded


def test_a_body_is_carried_over_to_a_new_head():
    """The first layer's numbers come, the head keeps its own."""
    old, new = nn.MLP(4, [3, 5], seed=1), nn.MLP(4, [3, 2], seed=2)
    body = {k: v for k, v in old.state_dict().items() if k.startswith("layers.0")}
    head = new.layers[1].state_dict()

    found = new.load_state_dict(body, strict=False)
    assert found is not None

    assert found.missing_keys == ["layers.1.weight", "layers.1.bias"]
    assert found.unexpected_keys == []
    assert new.layers[0].state_dict() == old.layers[0].state_dict()
    assert new.layers[1].state_dict() == head


def test_the_rule_is_all_or_nothing():
    """Strict loading names what is missing, what is too much, and what is near."""
    weight = [Value(0.0)]

    with pytest.raises(ShapeError, match=r"missing 'weight', unexpected 'weihgt'; per"):
        load_tensors({"weight": weight}, {"weihgt": [1.0]}, "a model")
    assert load_tensors({"weight": weight}, {"weight": [2.0]}, "a model").loaded_keys
    assert weight[0].data == 2.0


@pytest.mark.parametrize(
    ("state", "error", "words"),
    [
        ({"b": [9.0], "a": [[9.0]]}, ShapeError, r"a has shape \(1,\) .* \(1, 1\) in"),
        ({"b": [9.0], "a": "x"}, OperandError, "a in the state holds .* 'x'"),
        ({"b": [9.0], "a": None}, OperandError, "a in the state holds .* None"),
        ({"b": [9.0], "a": [[1.0], 2.0]}, ShapeError, "a in the state holds rows of"),
        ([9.0], OperandError, r"a dict, not \[9.0\]"),
        (None, OperandError, "a dict, not None"),
    ],
)
@pytest.mark.parametrize("strict", [True, False])
def test_a_state_of_another_shape_is_refused_whole(state, error, words, strict):
    """The entry is named, and no other one was loaded."""
    tensors = {"a": [Value(0.0)], "b": [Value(0.0)]}

    with pytest.raises(error, match=words):
        load_tensors(tensors, state, "a model", strict=strict)

    assert [tensors["a"][0].data, tensors["b"][0].data] == [0.0, 0.0]
