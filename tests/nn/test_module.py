"""A module is a tree of named parameters."""

from dataclasses import dataclass

import pytest

import nn
from autograd_core import Value, topological_order
from autograd_core.errors import OperandError, ShapeError


class Pair(nn.Module):
    """A module that holds a number, a list of numbers and two modules."""

    def __init__(self):
        self.scale = Value(2.0)
        self.shifts = [Value(0.5), Value(-0.5)]
        self.first = nn.Neuron(2)
        self.rest = [nn.Neuron(1)]
        self._cache = [Value(9.0)]

    def forward(self, x):
        """Mix the input with the first shift and scale the result."""
        return self.rest[0]([self.first([x, self.shifts[0]])]) * self.scale


def test_parameters_are_named_by_their_path():
    """Each parameter's name is its place in the tree, and its label."""
    named = dict(Pair().named_parameters())

    assert list(named) == [
        "scale",
        "shifts[0]",
        "shifts[1]",
        "first.weight[0]",
        "first.weight[1]",
        "first.bias",
        "rest.0.weight[0]",
        "rest.0.bias",
    ]
    assert all(parameter.label == name for name, parameter in named.items())


def test_an_mlp_labels_each_weight_by_layer_and_neuron():
    """The label says which weight of which neuron of which layer."""
    model = nn.MLP(3, [4, 2])

    assert model.layers[0].neurons[3].weight[2].label == "layers.0.neurons.3.weight[2]"
    assert model.layers[1].neurons[0].bias.label == "layers.1.neurons.0.bias"


def test_nesting_a_module_renames_what_is_below():
    """A model that becomes part of a larger one gets longer names."""
    whole = nn.Module()
    whole.encoder = nn.MLP(1, [1])

    labels = [parameter.label for parameter in whole.parameters()]

    assert labels == [
        "encoder.layers.0.neurons.0.weight[0]",
        "encoder.layers.0.neurons.0.bias",
    ]


def test_a_shared_parameter_is_one_parameter():
    """What stands in two places is learnt once, and saved under both names."""
    tied = nn.Module()
    tied.encoder = nn.Neuron(1)
    tied.decoder = nn.Neuron(1)
    tied.decoder.weight = tied.encoder.weight

    assert [name for name, _ in tied.named_parameters()] == [
        "encoder.weight[0]",
        "encoder.bias",
        "decoder.bias",
    ]
    assert {"encoder.weight", "decoder.weight"} <= tied.state_dict().keys()


def test_private_attributes_and_results_are_not_parameters():
    """What begins with an underscore, and what was computed, is not learnt."""
    pair = Pair()
    pair.output = pair(1.0)

    assert len(pair.parameters()) == 8


def test_every_node_knows_the_module_that_made_it():
    """A call opens a scope, named by the path from the outermost module."""
    model = nn.MLP(2, [2, 1], activation="relu", seed=0)

    scopes = {n.scope for n in topological_order(model([1.0, 2.0])) if n.op}

    assert scopes == {
        "MLP.layers.0.neurons.0",
        "MLP.layers.0.neurons.1",
        "MLP.layers.1.neurons.0",
    }


def test_an_object_array_of_values_holds_parameters():
    """A reader's own layer, `W @ x + b` on arrays, is a module like any other."""
    numpy = pytest.importorskip("numpy")

    class Own(nn.Module):
        def __init__(self):
            self.W = numpy.array([[Value(1.0), Value(2.0)], [Value(3.0), Value(4.0)]])
            self.b = numpy.array([Value(0.5), Value(-0.5)])
            self.scales = numpy.array([2.0, 3.0])

        def forward(self, x):
            return self.W @ x + self.b

    model = Own()
    y, z = model(numpy.array([1.0, -1.0]))
    (y + z).backward()

    assert [p.label for p in model.parameters()][:2] == ["W[0][0]", "W[0][1]"]
    assert len(model.parameters()) == 6
    assert [w.grad for w in model.W.ravel()] == [1.0, -1.0, 1.0, -1.0]
    assert y.scope == model.b[0].scope == "Own"
    state = model.state_dict()
    assert state == {"W": [[1.0, 2.0], [3.0, 4.0]], "b": [0.5, -0.5]}
    model.load_state_dict({**state, "b": numpy.array([1.0, 2.0])})
    assert [b.data for b in model.b] == [1.0, 2.0]


def test_a_call_hands_its_keywords_to_forward():
    """What forward names may be named in the call."""

    class Scaled(nn.Module):
        def forward(self, x, factor=1.0):
            return x * factor

    assert Scaled()(2.0, factor=3.0) == 6.0


def test_zero_grad_clears_every_parameter():
    """After zero_grad no parameter remembers a backward pass."""
    model = nn.MLP(2, [2, 1], seed=0)
    model([1.0, 2.0]).backward()
    assert any(parameter.grad for parameter in model.parameters())

    model.zero_grad()

    assert not any(parameter.has_grad for parameter in model.parameters())


def test_train_and_eval_reach_every_module_below():
    """The mode is set in the whole tree and the model is returned."""
    model = nn.MLP(2, [2, 1])

    assert model.training
    assert model.eval() is model
    assert not any(module.training for module in model.modules())
    assert all(module.training for module in model.train().modules())


def test_state_has_pytorchs_names_and_layout():
    """Each layer's weight is n_out rows of n_in, its bias a list of n_out."""
    state = nn.MLP(3, [4, 2]).state_dict()

    assert {name: _shape(numbers) for name, numbers in state.items()} == {
        "layers.0.weight": (4, 3),
        "layers.0.bias": (4,),
        "layers.1.weight": (2, 4),
        "layers.1.bias": (2,),
    }
    assert nn.Neuron(2).state_dict().keys() == {"weight", "bias"}


def _shape(numbers):
    return (len(numbers), *_shape(numbers[0])) if isinstance(numbers, list) else ()


def test_a_loaded_state_makes_two_models_equal():
    """A model that loads another's state computes the same, to the last bit."""
    one, other = nn.MLP(2, [3, 1], seed=1), nn.MLP(2, [3, 1], seed=2)

    other.load_state_dict(one.state_dict())

    assert other([0.3, -0.7]).data == one([0.3, -0.7]).data


def test_arrays_are_welcome_in_a_state():
    """Arrays and tensors, which have tolist(), load like nested lists."""
    numpy = pytest.importorskip("numpy")
    model = nn.MLP(2, [1])

    model.load_state_dict(
        {"layers.0.weight": numpy.array([[1.5, -2]]), "layers.0.bias": numpy.zeros(1)}
    )

    assert model([2.0, 1.0]).data == 1.0


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        ({"layers.0.bias": None}, OperandError, "None"),
        ({"layers.0.bias": ["1"]}, OperandError, "'1' of type str"),
        ({"layers.0.bias": [1.0, 2.0]}, ShapeError, r"layers.0.bias has shape \(1,\)"),
        ({"layers.0.weight": [[1.0], [2.0]]}, ShapeError, r"\(2, 1\) in the state"),
        ({"layers.0.weight": [[1.0, 2.0], [3.0]]}, ShapeError, "different shapes"),
        ({"layers.9.bias": [1.0]}, ShapeError, "unexpected 'layers.9.bias'"),
    ],
)
def test_a_state_that_does_not_fit_changes_nothing(change, error, words):
    """The message names the entry, and every parameter keeps its number."""
    model = nn.MLP(2, [1], seed=0)
    before = model.state_dict()

    with pytest.raises(error, match=words):
        model.load_state_dict({**nn.MLP(2, [1], seed=1).state_dict(), **change})

    assert model.state_dict() == before


def test_a_missing_entry_is_named():
    """A state without the bias is refused by the bias's name."""
    with pytest.raises(ShapeError, match=r"missing 'layers.0.bias', unexpected none"):
        nn.MLP(2, [1]).load_state_dict({"layers.0.weight": [[1.0, 2.0]]})


def test_a_module_without_forward_says_so():
    """Calling the base class asks for a forward method."""
    with pytest.raises(TypeError, match="Module has no forward"):
        nn.Module()(1.0)


def test_named_modules_are_the_modules_with_their_paths():
    """Each parameter's path begins with that of its module; a part starts at ''."""
    model = nn.MLP(2, [2, 1], seed=0)
    named = dict(model.named_modules())

    assert list(named.values()) == list(model.modules())
    for name, _ in model.named_parameters():
        assert name.rpartition(".")[0] in named
    assert [path for path, _ in model.layers[0].named_modules()] == [
        *("", "neurons.0", "neurons.1")
    ]


# --- parts that are put in later ----------------------------------------------------
def assert_named(model):
    """Assert that labels and scopes are those of the places in the tree."""
    named = dict(model.named_parameters())
    modules = dict(model.named_modules())
    root = type(model).__name__
    for path, parameter in named.items():
        holder = path.rpartition(".")[0]
        assert holder in modules
        assert parameter.label == path
        assert parameter.scope == (f"{root}.{holder}" if holder else root)


class Stack(nn.Module):
    """Blocks in a list that may grow."""

    def __init__(self):
        self.blocks = []
        self.scales = []

    def forward(self, x):
        """Run through all blocks."""
        for block in self.blocks:
            x = block(x)
        return x


def test_a_part_that_was_put_in_later_is_named_by_a_call():
    """Nodes know their layer although nobody has asked for parameters."""
    model = nn.MLP(2, [3, 2], seed=0)
    model.layers[-1] = nn.Layer(3, 2, None, seed=5)

    y, _ = model([1.0, 2.0])

    assert y.scope == "MLP.layers.1.neurons.0"
    assert_named(model)


@pytest.mark.parametrize(
    "change",
    [
        lambda layers: layers.reverse(),
        lambda layers: layers.append(nn.Layer(2, 2)),
        lambda layers: layers.insert(0, nn.Linear(2, 2)),
        lambda layers: layers.__setitem__(0, nn.MLP(2, [2, 2]).layers[1]),
        lambda layers: layers[0].neurons.append(nn.Neuron(2)),
        lambda layers: layers[0].neurons[1].weight.append(Value(1.0)),
        lambda layers: layers.pop(0),
    ],
)
def test_parameters_are_named_by_where_they_stand_now(change):
    """Whatever was done to the lists, asking for the parameters sets it right."""
    model = nn.MLP(2, [2, 2, 2], seed=0)

    change(model.layers)

    model.parameters()
    assert_named(model)


def test_blocks_and_parameters_may_be_appended():
    """An empty list is a place, too."""
    model = Stack()
    model.blocks.append(nn.Linear(2, 3, seed=0))
    model.blocks.append(nn.MLP(3, [2, 1], seed=0))
    model.scales.append(Value(1.0))

    y = model([1.0, 2.0])

    assert y.scope == "Stack.blocks.1.layers.1.neurons.0"
    assert len(model.parameters()) == 9 + 11 + 1
    assert_named(model)


def test_relevance_finds_a_part_that_was_put_in_later():
    """A rule for its path applies."""
    model = nn.MLP(2, [3, 2], seed=0)
    model.layers[1] = nn.Layer(3, 2, None, seed=5)

    rules = {"layers.1": "zero", "": "zero"}
    found = nn.relevance(model, [1.0, 2.0], 0, rule=rules)

    assert sum(found) == pytest.approx(model([1.0, 2.0])[0].data)


def test_a_shared_parameter_is_labelled_by_its_first_path():
    """As named_parameters has it, whichever was assigned last."""
    tied = nn.Module()
    tied.encoder, tied.decoder = nn.Neuron(1), nn.Neuron(1)
    tied.decoder.weight = tied.encoder.weight

    assert [p.label for p in tied.parameters()] == [n for n, _ in assert_tied(tied)]
    tied.decoder.parameters()
    assert tied.encoder.weight[0].label == "encoder.weight[0]"


def assert_tied(tied):
    """Return the named parameters, of which the weight stands under `encoder`."""
    named = list(tied.named_parameters())
    assert named[0][0] == "encoder.weight[0]"
    return named


def test_a_label_of_ones_own_stays():
    """Only what has no name, or that of another place, is renamed."""
    model = nn.MLP(2, [1])
    model.layers[0].neurons[0].bias.label = "offset"

    assert [p.label for p in model.parameters()][-1] == "offset"


def test_a_module_that_is_no_part_keeps_its_name():
    """A helper that a function closes over is called by its class."""
    helper = nn.Linear(2, 2, seed=0)
    model = nn.Sequential(lambda x: helper(x), nn.Linear(2, 1, seed=0))

    ((y,), (z,)) = model([1.0, 2.0]), model([1.0, 2.0])

    assert y.scope == z.scope == "Sequential.layers.1"
    assert {n.scope for n in topological_order(y) if n.op} == {
        "Sequential.layers.0.Linear",
        "Sequential.layers.1",
    }


def test_a_module_needs_no_hash():
    """A data class compares by its fields, and is a module like any other."""

    @dataclass
    class Scaled(nn.Module):
        factor: Value
        inner: nn.Module

        def forward(self, x):
            return self.factor * self.inner(x)

    model = Scaled(Value(2.0), Scaled(Value(3.0), nn.MLP(1, [1])))

    assert len(model.parameters()) == 4
    assert_named(model)


@pytest.mark.parametrize(
    "held",
    [
        {"a": nn.Linear(1, 1)},
        {"a": 1, "b": [Value(1.0)]},
        {Value(1.0)},
        frozenset({nn.Linear(1, 1)}),
    ],
    ids=["modules", "parameters", "set", "frozenset"],
)
def test_a_dict_or_a_set_of_parts_is_refused(held):
    """What would not be found is told at once, and nothing is assigned."""
    model = nn.Module()

    with pytest.raises(
        OperandError, match=r"Module\.heads is a \w+ that holds modules"
    ):
        model.heads = held

    assert not hasattr(model, "heads")


def test_a_dict_that_was_filled_later_is_refused_when_parameters_are_asked_for():
    """A dict of anything else is no matter, and what is private is one's own."""
    model = nn.Module()
    model.words, model.heads, model._private = {"a": 1}, {}, {"a": Value(1.0)}
    assert model.parameters() == []

    model.heads["a"] = nn.Linear(1, 1)

    with pytest.raises(OperandError, match=r"Module\.heads is a dict"):
        model.parameters()
