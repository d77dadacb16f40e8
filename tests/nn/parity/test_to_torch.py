"""`nn.to_torch(model)`: PyTorch's module of the model's names, numbers and results."""

import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

torch = pytest.importorskip("torch", reason="pip install 'autograd-core[torch]'")

import nn  # noqa: E402
from autograd_core import OPS, Op, Value, custom_op, dot, softmax  # noqa: E402
from autograd_core.errors import (  # noqa: E402
    GraphError,
    MissingExtraError,
    OperandError,
)
from nn.nested import flat, shape  # noqa: E402

ROWS = sorted(name for name, op in OPS.items() if op.takes_one_operand)

# A model, and the shapes of a batch of what it takes; None where it takes one sequence,
# and PyTorch's several at once.
CASES = {
    "Linear": (lambda: nn.Linear(3, 4), (2, 5, 3)),
    "Linear, no bias": (lambda: nn.Linear(3, 4, bias=False), (5, 3)),
    "Layer": (lambda: nn.Layer(3, 4, "relu"), (5, 3)),
    "Layer, linear": (lambda: nn.Layer(3, 4, None), (5, 3)),
    "MLP": (lambda: nn.MLP(3, [4, 2]), (5, 3)),
    "MLP, one output": (lambda: nn.MLP(3, [4, 1], "gelu"), (2, 5, 3)),
    "Residual": (lambda: nn.Residual(nn.Linear(3, 3)), (5, 3)),
    "Residual of a row": (lambda: nn.Residual("tanh"), (5, 3)),
    "Flatten": (lambda: nn.Flatten(), (2, 3, 2)),
    "Flatten from within": (lambda: nn.Flatten(-2), (2, 3, 2)),
    "Conv2d": (lambda: nn.Conv2d(2, 3, (2, 3), (2, 1), (1, 2)), (2, 2, 5, 4)),
    "Conv2d, no bias": (lambda: nn.Conv2d(1, 2, 3, bias=False), (2, 1, 5, 4)),
    "MaxPool2d": (lambda: nn.MaxPool2d((3, 2), (1, 2), (1, 0)), (2, 1, 4, 5)),
    "AvgPool2d": (lambda: nn.AvgPool2d(3, 2, 1), (2, 2, 4, 5)),
    "RNNCell": (lambda: nn.RNNCell(3, 4, nonlinearity="relu"), (5, 3), (5, 4)),
    "GRUCell": (lambda: nn.GRUCell(3, 4, bias=False), (5, 3), (5, 4)),
    "LSTMCell": (lambda: nn.LSTMCell(3, 4), (5, 3)),
    "RNN": (lambda: nn.RNN(2, 3, 2, nonlinearity="relu"), (5, 2)),
    "GRU": (lambda: nn.GRU(2, 3, 2), (5, 2)),
    "LSTM": (lambda: nn.LSTM(2, 3, bias=False), (5, 2)),
    "MultiheadAttention": (lambda: nn.MultiheadAttention(4, 2), *[(3, 4), (5, 4)]),
    "CausalSelfAttention": (lambda: nn.CausalSelfAttention(4, 2), (2, 3, 4)),
    "CausalSelfAttention, bias": (
        lambda: nn.CausalSelfAttention(6, 3, bias=True),
        (2, 3, 6),
    ),
    "LayerNorm": (lambda: nn.LayerNorm(5, 1e-3), (2, 5)),
    "LayerNorm, no bias": (lambda: nn.LayerNorm(5, bias=False), (2, 5)),
    "LayerNorm, plain": (lambda: nn.LayerNorm(5, elementwise_affine=False), (2, 5)),
    "RMSNorm": (lambda: nn.RMSNorm(5), (2, 3, 5)),
    "RMSNorm, plain": (lambda: nn.RMSNorm(5, 0.1, elementwise_affine=False), (2, 5)),
    "BatchNorm1d": (lambda: nn.BatchNorm1d(3, 1e-3, None), (4, 3)),
    "BatchNorm1d, plain": (lambda: nn.BatchNorm1d(3, affine=False), (4, 3)),
    "a perceptron": (
        lambda: nn.Sequential(
            nn.Linear(3, 4), "elu", nn.BatchNorm1d(4), nn.MLP(4, [2])
        ),
        (5, 3),
    ),
    "a convolutional network": (
        lambda: nn.Sequential(
            *(nn.Conv2d(1, 2, 3), "relu", nn.MaxPool2d(2)),
            *(nn.Flatten(), nn.Linear(8, 3)),
        ),
        (2, 1, 6, 6),
    ),
    "a transformer block": (
        lambda: nn.Sequential(
            nn.Residual(nn.Sequential(nn.RMSNorm(4), nn.CausalSelfAttention(4, 2))),
            nn.Residual(
                nn.Sequential(nn.LayerNorm(4), nn.Layer(4, 8, "silu"), nn.Linear(8, 4))
            ),
        ),
        (2, 3, 4),
    ),
}


def values(array):
    """Return nested lists of Values."""
    return [values(part) for part in array] if array.ndim else Value(float(array))


def tensors(x):
    """Return the tensors of nested tuples from left to right."""
    return [t for part in x for t in tensors(part)] if isinstance(x, tuple) else [x]


def lists(x):
    """Return nested lists in place of tuples."""
    return [lists(part) for part in x] if isinstance(x, tuple) else x


def stirred(model, random):
    """Return a model with random parameters, so that no bias is 0 or weight 1."""
    for parameter in model.parameters():
        parameter.data = float(random.normal())
    return model


def assert_close(found, wanted, within=1e-12):
    """Assert equality to 1e-12, or less, of numbers of the size of 1."""
    wanted = [float(x) for x in flat(wanted)]
    assert [float(x) for x in flat(found)] == pytest.approx(wanted, within, within)


def assert_same(model, twin, arrays, random, within=1e-12):
    """Assert equal outputs, gradients of inputs, and of parameters by their names."""
    mine = [values(array) for array in arrays]
    theirs = [torch.tensor(array, requires_grad=True) for array in arrays]
    outputs = list(flat(lists(model(*mine))))
    wanted = torch.cat([t.flatten() for t in tensors(twin(*theirs))])
    assert wanted.dtype is torch.float64
    assert_close([y.data for y in outputs], wanted)
    factors = random.normal(size=len(outputs))

    dot(outputs, factors.tolist()).backward()
    (wanted * torch.from_numpy(factors)).sum().backward()

    for xs, tensor in zip(mine, theirs, strict=True):
        assert_close([x.grad for x in flat(xs)], tensor.grad, within)
    named = model.tensors()
    for name, parameter in twin.named_parameters():
        assert shape(named[name]) == tuple(parameter.shape)
        assert_close([v.grad for v in flat(named[name])], parameter.grad)


# --- layers -------------------------------------------------------------------------
@pytest.mark.parametrize("name", CASES)
@settings(max_examples=2)
@given(seed=st.integers(0, 2**32 - 1), training=st.booleans())
def test_a_model_and_its_twin_compute_the_same(name, seed, training):
    """Values and gradients of a batch agree to 1e-12 in both modes."""
    make, *shapes = CASES[name]
    random = np.random.default_rng(seed)
    model = stirred(make(), random).train(training)
    twin = nn.to_torch(model)

    assert_same(model, twin, [random.normal(size=s) for s in shapes], random)
    assert_same_state(model, twin)  # the running statistics have moved alike


def assert_same_state(model, twin):
    """Assert that names, shapes and numbers of both states agree."""
    state, theirs = model.state_dict(), twin.state_dict()
    assert sorted(state) == sorted(theirs)
    for name, tensor in theirs.items():
        assert shape(state[name]) == tuple(tensor.shape)
        assert_close(state[name], tensor)


@pytest.mark.parametrize("name", CASES)
def test_the_states_are_equal_bit_by_bit(name):
    """The model's numbers arrive, and go back into another model, without loss."""
    model = stirred(CASES[name][0](), np.random.default_rng(0))
    other = CASES[name][0]()

    other.load_state_dict(nn.to_torch(model).state_dict())

    assert other.state_dict() == model.state_dict()


@pytest.mark.parametrize("name", ROWS)
def test_an_activation_is_its_row(name):
    """Every row of one operand has a twin, of the same value and slope."""
    op, within = OPS[name], 1e-8 if name == "digamma" else 1e-12  # PyTorch's trigamma
    xs = [x for x in (-2.5, -0.75, -0.5, 0.25, 0.75, 1.5, 25.0) if x in op.domain[0]]
    model = nn.Activation(name)

    assert xs
    random = np.random.default_rng(0)
    assert_same(model, nn.to_torch(model), [np.array(xs)], random, within)


@pytest.mark.parametrize("name", ["relu", "abs", "sign", "heaviside", "leaky_relu"])
def test_an_activation_has_the_slope_of_its_row_at_the_kink(name):
    """PyTorch's conventions at 0 are the engine's."""
    model = nn.Activation(name)

    assert_same(model, nn.to_torch(model), [np.zeros(1)], np.random.default_rng(0))


@pytest.mark.parametrize(
    ("function", "kind"),
    [(softmax, "Softmax"), (nn.log_softmax, "LogSoftmax"), (nn.flatten, "Flatten")],
)
def test_a_function_in_a_row_of_layers_is_pytorchs(function, kind):
    """The functions that nn knows are modules there."""
    model = nn.Sequential(nn.Linear(3, 4, seed=0), function)
    twin = nn.to_torch(model)

    assert type(twin[1]).__name__ == kind
    random = np.random.default_rng(0)
    assert_same(model, twin, [random.normal(size=3)], random)


def test_a_batch_of_sequences_is_each_of_them():
    """Recurrent layers and attention take several sequences along the first axis."""
    random = np.random.default_rng(0)
    xs = torch.tensor(random.normal(size=(3, 5, 4)))
    lstm, attention = nn.LSTM(4, 2, 2, seed=0), nn.MultiheadAttention(4, 2, seed=0)

    outputs, (h_n, c_n) = nn.to_torch(lstm)(xs)
    mixed, weights = nn.to_torch(attention)(xs, is_causal=True)

    for i, x in enumerate(xs.tolist()):
        rows, (h, c) = lstm(x)
        assert_close([v.data for v in flat(rows)], outputs[i])
        assert_close([v.data for v in flat([h, c])], [h_n[:, i], c_n[:, i]])
        rows, shares = attention(x, is_causal=True)
        assert_close([v.data for v in flat(rows)], mixed[i])
        assert_close([getattr(v, "data", v) for v in flat(shares)], weights[i])


def test_an_embedding_takes_tokens():
    """Whole numbers pick rows, and the gradient of a row that comes twice adds up."""
    model = nn.Embedding(5, 3, seed=0)
    twin = nn.to_torch(model)
    tokens = [[1, 4], [1, 0]]

    rows = model(tokens)
    dot(list(flat(rows)), range(12)).backward()
    (twin(torch.tensor(tokens)).flatten() * torch.arange(12)).sum().backward()

    assert_close([v.grad for v in flat(model.weight)], twin.weight.grad)


# --- what else is carried over ------------------------------------------------------
def test_each_module_is_in_the_mode_of_its_twin():
    """Training and evaluation may differ from part to part."""
    model = nn.Sequential(nn.BatchNorm1d(2), nn.Sequential(nn.Dropout(0.5)))
    model.eval()[1].training = True
    twin = nn.to_torch(model)

    assert [m.training for m in twin.modules()] == [False, False, True, False]
    assert twin[1][0].p == 0.5


def test_frozen_parameters_stay_frozen():
    """What needs no gradient here needs none there."""
    model = nn.MLP(2, [3, 1])
    nn.freeze(model.layers[0])

    found = {n: p.requires_grad for n, p in nn.to_torch(model).named_parameters()}

    assert found == {
        "layers.0.weight": False,
        "layers.0.bias": False,
        "layers.1.weight": True,
        "layers.1.bias": True,
    }


def test_what_is_shared_stays_shared():
    """A module that stands twice is one; tied tensors are one parameter."""
    layer = nn.Linear(3, 3, seed=0)
    model = nn.Sequential(layer, "tanh", layer, nn.Linear(3, 3, bias=False))
    model[3].weight = layer.weight
    twin = nn.to_torch(model)

    assert twin[0] is twin[2]
    assert twin[3].weight is twin[0].weight
    random = np.random.default_rng(0)
    assert_same(model, twin, [random.normal(size=(2, 3))], random)


def test_pytorchs_generator_is_left_alone():
    """Handing over a model draws nothing from PyTorch's global generator."""
    before = torch.random.get_rng_state()
    nn.to_torch(nn.MLP(3, [4, 2]))

    assert torch.equal(torch.random.get_rng_state(), before)


def test_an_optimiser_of_pytorch_takes_the_step_of_ours():
    """Training goes on there as it would have here."""
    model = nn.MLP(2, [3, 1], seed=0)
    twin = nn.to_torch(model)
    x, y = [[0.5, -1.0], [1.0, 2.0]], [1.0, -1.0]

    nn.mse_loss(model(x), y).backward()
    nn.Adam(model.parameters(), lr=0.1).step()
    doubles = [torch.tensor(part, dtype=torch.float64) for part in (x, y)]
    torch.nn.functional.mse_loss(twin(doubles[0]), doubles[1]).backward()
    torch.optim.Adam(twin.parameters(), lr=0.1).step()

    assert_same_state(model, twin)


# --- bad input ----------------------------------------------------------------------
class Doubled(nn.Module):
    """A module of one's own."""

    def forward(self, x):
        """Return 2·x."""
        return [2 * item for item in x]


class Louder(nn.Linear):
    """A layer of nn with a forward of its own."""

    def forward(self, x):
        """Return 2·(W·x + b)."""
        return [2 * item for item in super().forward(x)]


own = custom_op(lambda y, x: 1.0)(lambda x: x + 1.0)


@pytest.mark.parametrize(
    ("model", "words"),
    [
        (nn.Sequential("tanh", Doubled()), r"layers\.1 is .*of class Doubled"),
        (nn.Residual(nn.Sequential(Louder(1, 1))), r"module\.layers\.0 .*Louder"),
        (Doubled(), r"the model itself is .*Doubled"),
        (nn.Neuron(2), r"the model itself is .*Neuron"),
        (nn.Sequential(sorted), r"layers\.0 is 'sorted'"),
        (nn.Sequential(nn.Activation(own)), r"layers\.0 is '<lambda>'"),
        (nn.MLP(2, [2, 1], lambda z: z * z), r"layers\.0 is '<lambda>'"),
    ],
)
def test_what_has_no_twin_is_named_with_its_path(model, words):
    """The message says where it stands, what it is and what to do."""
    with pytest.raises(OperandError, match=words) as caught:
        nn.to_torch(model)
    assert "state_dict" in str(caught.value)


def test_a_row_under_a_known_name_is_not_taken_for_it():
    """A row of one's own called tanh is refused like any other."""
    row = Op("tanh", lambda x: x, (lambda y, x: 1.0,))

    with pytest.raises(OperandError, match="'tanh'"):
        nn.to_torch(nn.Activation(row))


def test_a_tensor_cannot_be_frozen_or_shared_in_part():
    """The message names the tensor, and what it shares."""
    half = nn.Linear(2, 2)
    half.weight[0][0].requires_grad = False
    with pytest.raises(GraphError, match="weight is frozen in part"):
        nn.to_torch(half)
    model = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2))
    model[1].weight = [model[0].weight[0], model[1].weight[1]]
    with pytest.raises(GraphError, match=r"1\.weight has some .* of 0\.weight"):
        nn.to_torch(model)


def test_only_a_module_is_taken():
    """A list of layers, or a function, is no model."""
    with pytest.raises(OperandError, match="takes a Module, not"):
        nn.to_torch([nn.Linear(2, 2)])


def test_to_torch_without_pytorch_names_the_extra(monkeypatch):
    """The error is about the extra."""
    monkeypatch.setitem(sys.modules, "torch", None)

    with pytest.raises(MissingExtraError, match=r"autograd-core\[torch\]"):
        nn.to_torch(nn.Linear(2, 2))
