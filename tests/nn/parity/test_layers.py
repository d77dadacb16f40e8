"""Every layer computes what its PyTorch twin computes, and the same gradients."""

from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

torch = pytest.importorskip("torch", reason="pip install 'autograd-core[parity]'")

from autograd_core import Value, dot, sigmoid, softmax, tanh  # noqa: E402
from nn.layers import MLP, Layer  # noqa: E402
from nn.layers.attention import (  # noqa: E402
    CausalSelfAttention,
    MultiheadAttention,
    scaled_dot_product_attention,
)
from nn.layers.batch_normalization import BatchNorm1d  # noqa: E402
from nn.layers.containers import Flatten, Residual, Sequential  # noqa: E402
from nn.layers.convolution import AvgPool2d, Conv2d, MaxPool2d  # noqa: E402
from nn.layers.dropout import Dropout  # noqa: E402
from nn.layers.embedding import Embedding  # noqa: E402
from nn.layers.linear import Linear  # noqa: E402
from nn.layers.normalization import LayerNorm, RMSNorm  # noqa: E402
from nn.layers.recurrent import GRUCell, LSTMCell, RNNCell  # noqa: E402
from nn.layers.sequences import GRU, LSTM, RNN  # noqa: E402
from nn.nested import flat, numbers, shape  # noqa: E402

T = torch.nn
seeds = st.integers(0, 2**32 - 1)


class Case(NamedTuple):
    """A layer, its twin and the shapes of the numbers that both are called with."""

    ours: object
    twin: object
    shapes: tuple[tuple[int, ...], ...]


def cases():
    """Return the layers by name; each is made anew for every test."""
    return {
        "Linear": Case(Linear(3, 4), T.Linear(3, 4), ((3,),)),
        "Linear, batch": Case(Linear(3, 2), T.Linear(3, 2), ((2, 5, 3),)),
        "Linear, no bias": Case(
            Linear(3, 4, bias=False), T.Linear(3, 4, bias=False), ((3,),)
        ),
        "Layer without activation": Case(Layer(3, 4, None), T.Linear(3, 4), ((3,),)),
        "Layer, relu": Case(
            Layer(3, 4, "relu"), Activated(T.Linear(3, 4), T.ReLU()), ((3,),)
        ),
        "Layer, relu, batch": Case(
            Layer(3, 4, "relu"), Activated(T.Linear(3, 4), T.ReLU()), ((5, 3),)
        ),
        "MLP": Case(MLP(3, [4, 5, 2]), Perceptron([3, 4, 5, 2], T.Tanh()), ((3,),)),
        "MLP, gelu, batch": Case(
            MLP(3, [4, 2], "gelu"), Perceptron([3, 4, 2], T.GELU()), ((5, 3),)
        ),
        "Conv2d": Case(Conv2d(1, 2, 3), T.Conv2d(1, 2, 3), ((1, 5, 4),)),
        "Conv2d, all settings": Case(
            Conv2d(2, 3, (2, 3), stride=(2, 1), padding=(1, 2), bias=False),
            T.Conv2d(2, 3, (2, 3), stride=(2, 1), padding=(1, 2), bias=False),
            ((2, 5, 4),),
        ),
        "Conv2d, batch": Case(
            Conv2d(2, 1, 2, 2, 1), T.Conv2d(2, 1, 2, 2, 1), ((2, 2, 3, 4),)
        ),
        "Conv2d, wide padding": Case(
            Conv2d(1, 1, 2, padding=3), T.Conv2d(1, 1, 2, padding=3), ((1, 1, 2),)
        ),
        "MaxPool2d": Case(MaxPool2d(2), T.MaxPool2d(2), ((2, 4, 5),)),
        "MaxPool2d, all settings": Case(
            MaxPool2d((3, 2), (1, 2), (1, 0)),
            T.MaxPool2d((3, 2), (1, 2), (1, 0)),
            ((1, 4, 5),),
        ),
        "AvgPool2d": Case(AvgPool2d(2), T.AvgPool2d(2), ((2, 4, 5),)),
        "AvgPool2d, all settings": Case(
            AvgPool2d(3, 2, 1), T.AvgPool2d(3, 2, 1), ((2, 2, 4, 5),)
        ),
        "RNNCell": Case(RNNCell(3, 4), T.RNNCell(3, 4), ((3,), (4,))),
        "RNNCell, relu": Case(
            RNNCell(3, 4, nonlinearity="relu"),
            T.RNNCell(3, 4, nonlinearity="relu"),
            ((3,), (4,)),
        ),
        "GRUCell": Case(GRUCell(3, 4), T.GRUCell(3, 4), ((3,), (4,))),
        "GRUCell, first step": Case(GRUCell(3, 4), T.GRUCell(3, 4), ((3,),)),
        "GRUCell, no bias": Case(
            GRUCell(2, 3, bias=False), T.GRUCell(2, 3, bias=False), ((2,), (3,))
        ),
        "LSTMCell": Case(LSTMCell(3, 4), T.LSTMCell(3, 4), ((3,),)),
        "RNNCell, batch": Case(RNNCell(3, 4), T.RNNCell(3, 4), ((5, 3), (5, 4))),
        "GRUCell, batch": Case(GRUCell(3, 4), T.GRUCell(3, 4), ((5, 3), (5, 4))),
        "LSTMCell, batch": Case(LSTMCell(3, 4), T.LSTMCell(3, 4), ((5, 3),)),
        "LSTMCell, no bias": Case(
            LSTMCell(3, 2, bias=False), T.LSTMCell(3, 2, bias=False), ((3,),)
        ),
        "RNN": Case(RNN(2, 3, 2), T.RNN(2, 3, 2), ((5, 2), (2, 3))),
        "RNN, relu, no bias": Case(
            RNN(2, 3, nonlinearity="relu", bias=False),
            T.RNN(2, 3, nonlinearity="relu", bias=False),
            ((5, 2),),
        ),
        "GRU": Case(GRU(2, 3, 2), T.GRU(2, 3, 2), ((5, 2), (2, 3))),
        "LSTM": Case(LSTM(2, 3, 2), T.LSTM(2, 3, 2), ((5, 2),)),
        "MultiheadAttention": Case(
            MultiheadAttention(4, 2),
            Averaged(T.MultiheadAttention(4, 2)),
            ((3, 4), (5, 4), (5, 4)),
        ),
        "MultiheadAttention, no bias": Case(
            MultiheadAttention(6, 3, bias=False),
            Averaged(T.MultiheadAttention(6, 3, bias=False)),
            ((3, 6), (2, 6), (2, 6)),
        ),
        "LayerNorm": Case(LayerNorm(5), T.LayerNorm(5), ((5,),)),
        "LayerNorm, no bias": Case(
            LayerNorm(5, 1e-3, bias=False), T.LayerNorm(5, 1e-3, bias=False), ((2, 5),)
        ),
        "LayerNorm, plain": Case(
            LayerNorm(5, elementwise_affine=False),
            T.LayerNorm(5, elementwise_affine=False),
            ((2, 3, 5),),
        ),
        "RMSNorm": Case(RMSNorm(5), T.RMSNorm(5), ((2, 5),)),
        "RMSNorm, plain": Case(
            RMSNorm(5, 1e-5, elementwise_affine=False),
            T.RMSNorm(5, 1e-5, elementwise_affine=False),
            ((5,),),
        ),
        "BatchNorm1d": Case(BatchNorm1d(3), T.BatchNorm1d(3), ((4, 3),)),
        "BatchNorm1d, all settings": Case(
            BatchNorm1d(3, 1e-3, None, affine=False),
            T.BatchNorm1d(3, 1e-3, None, affine=False),
            ((2, 3),),
        ),
        "a perceptron": Case(
            Sequential(Linear(3, 4), tanh, Linear(4, 2), softmax),
            T.Sequential(T.Linear(3, 4), T.Tanh(), T.Linear(4, 2), T.Softmax(-1)),
            ((3,),),
        ),
        "a convolutional network": Case(
            Sequential(Conv2d(1, 2, 3), "relu", MaxPool2d(2), Flatten(), Linear(8, 3)),
            T.Sequential(
                *(T.Conv2d(1, 2, 3), T.ReLU(), T.MaxPool2d(2)),
                *(T.Flatten(), T.Linear(8, 3)),
            ),
            ((2, 1, 6, 6),),
        ),
        "a normalised network": Case(
            Sequential(Linear(3, 4), BatchNorm1d(4), sigmoid, LayerNorm(4)),
            T.Sequential(T.Linear(3, 4), T.BatchNorm1d(4), T.Sigmoid(), T.LayerNorm(4)),
            ((5, 3),),
        ),
    }


class Averaged(T.Module):
    """PyTorch's attention with the weights of each head, as ours returns them."""

    def __init__(self, attention):
        super().__init__()
        self.attention = attention

    def forward(self, *inputs):
        """Return outputs and weights without a mean over the heads."""
        return self.attention(*inputs, average_attn_weights=False)

    def state_dict(self, *args, **options):
        """Return the state without the name of the wrapped module."""
        return self.attention.state_dict()

    def load_state_dict(self, state, **options):
        """Load the wrapped module's state."""
        return self.attention.load_state_dict(state, **options)

    def named_parameters(self, **options):
        """Name the parameters as the wrapped module does."""
        return self.attention.named_parameters()


class Activated(T.Module):
    """A linear layer and its activation, with the names of the layer alone."""

    def __init__(self, linear, activation):
        super().__init__()
        self.weight, self.bias = linear.weight, linear.bias
        self.activation = activation

    def forward(self, x):
        """Return σ(W·x + b)."""
        return self.activation(T.functional.linear(x, self.weight, self.bias))


class Perceptron(T.Module):
    """Linear layers with an activation between each two."""

    def __init__(self, widths, activation):
        super().__init__()
        self.layers = T.ModuleList(map(T.Linear, widths, widths[1:]))
        self.activation = activation

    def forward(self, x):
        """Return the outputs of the last layer."""
        for layer in self.layers[:-1]:
            x = self.activation(layer(x))
        return self.layers[-1](x)


NAMES = sorted(cases())


def loaded(case, random):
    """Return both layers with the same random parameters, in double precision."""
    twin = case.twin.double()
    with torch.no_grad():
        for _, parameter in twin.named_parameters():
            parameter.copy_(torch.from_numpy(random.normal(size=parameter.shape)))
    case.ours.load_state_dict(twin.state_dict())
    return case.ours, twin


def tensors(x):
    """Return the tensors of nested tuples from left to right."""
    return [t for part in x for t in tensors(part)] if isinstance(x, tuple) else [x]


def values(array):
    """Return nested lists of Values."""
    return [values(part) for part in array] if array.ndim else Value(float(array))


def gradients(nested):
    """Return the gradients of nested Values from left to right."""
    return [value.grad for value in flat(nested)]


def assert_twins(ours, twin, arrays, random):
    """Assert that outputs, gradients of parameters and gradients of inputs agree."""
    inputs = [values(array) for array in arrays]
    theirs = [torch.tensor(array, requires_grad=True) for array in arrays]
    outputs = list(flat(_lists(ours(*inputs))))
    wanted = torch.cat([t.flatten() for t in tensors(twin(*theirs))])
    assert_close([y.data for y in outputs], wanted.detach())
    coefficients = random.normal(size=len(outputs))

    dot(outputs, coefficients.tolist()).backward()
    (wanted * torch.from_numpy(coefficients)).sum().backward()

    for mine, their in zip(inputs, theirs, strict=True):
        assert_close(gradients(mine), their.grad)
    by_name = ours.tensors()
    for name, parameter in twin.named_parameters():
        assert shape(by_name[name]) == tuple(parameter.shape)
        assert_close(gradients(by_name[name]), parameter.grad)


def _lists(x):
    return [_lists(part) for part in x] if isinstance(x, tuple) else x


def assert_close(found, wanted):
    """Assert equality to 1e-12 of numbers of the size of 1."""
    found, wanted = np.array(found), np.array(list(flat(wanted)))
    assert found == pytest.approx(wanted, rel=1e-12, abs=1e-12)


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=5)
@given(seed=seeds)
def test_a_layer_is_its_twin(name, seed):
    """Values and gradients agree to 1e-12 on the same weights and inputs."""
    case, random = cases()[name], np.random.default_rng(seed)
    ours, twin = loaded(case, random)

    assert_twins(ours, twin, [random.normal(size=s) for s in case.shapes], random)


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=2)
@given(seed=seeds)
def test_a_layer_is_its_twin_in_evaluation(name, seed):
    """After training on two batches, both agree in evaluation too."""
    case, random = cases()[name], np.random.default_rng(seed)
    ours, twin = loaded(case, random)
    for _ in range(2):
        arrays = [random.normal(1.0, 2.0, size=s) for s in case.shapes]
        ours(*arrays)
        twin(*map(torch.from_numpy, arrays))
    assert_same_state(ours, twin)

    assert_twins(ours.eval(), twin.eval(), arrays, random)


def assert_same_state(ours, twin):
    """Assert that both have the same entries, of the same shapes and numbers."""
    state, theirs = ours.state_dict(), twin.state_dict()
    assert list(state) == list(theirs)
    for name, tensor in theirs.items():
        assert shape(state[name]) == tuple(tensor.shape)
        assert_close(list(flat(state[name])), tensor)


@pytest.mark.parametrize("name", NAMES)
def test_a_state_goes_to_the_twin_and_back_without_loss(name):
    """Our state loads into PyTorch, and PyTorch's into another of ours, bit by bit."""
    case, other = cases()[name], cases()[name]
    state = case.ours.state_dict()
    twin = case.twin.double()

    doubles = {k: torch.tensor(v, dtype=torch.float64) for k, v in state.items()}
    twin.load_state_dict(doubles)
    other.ours.load_state_dict(twin.state_dict())

    assert other.ours.state_dict() == state


@pytest.mark.parametrize(
    ("ours", "twin", "bound"),
    [
        (Linear(16, 90, seed=0), T.Linear(16, 90), 0.25),
        (Conv2d(4, 30, 2, seed=0), T.Conv2d(4, 30, 2), 0.25),
        (LSTM(9, 16, seed=0), T.LSTM(9, 16), 0.25),
        (GRUCell(9, 16, seed=0), T.GRUCell(9, 16), 0.25),
        (MultiheadAttention(24, 1, seed=0), T.MultiheadAttention(24, 1), 0.25),
    ],
)
def test_a_layer_begins_in_the_range_of_its_twin(ours, twin, bound):
    """First weights fill the same range; entries that begin at one number agree."""
    theirs = {name: p.detach().numpy() for name, p in twin.named_parameters()}
    for name, tensor in ours.state_dict().items():
        mine = np.array(tensor)
        if len(np.unique(theirs[name])) == 1:
            assert np.all(mine == theirs[name])
        else:
            wanted = bound * np.sqrt(16 / 24) if name == "out_proj.weight" else bound
            for found in (mine, theirs[name]):
                assert wanted * 0.85 < np.abs(found).max() <= wanted * (1 + 1e-6)


@settings(max_examples=5)
@given(seed=seeds)
def test_lstm_states_are_handed_on_as_in_pytorch(seed):
    """A state given to begin with gets the same gradient in both."""
    random = np.random.default_rng(seed)
    ours, twin = loaded(Case(LSTM(2, 3, 2), T.LSTM(2, 3, 2), ()), random)
    x, h, c = (random.normal(size=s) for s in ((4, 2), (2, 3), (2, 3)))
    mine, theirs = (
        [values(h), values(c)],
        [torch.tensor(a, requires_grad=True) for a in (h, c)],
    )

    outputs, (h_n, c_n) = ours(x, tuple(mine))
    wanted, (their_h, their_c) = twin(torch.tensor(x), tuple(theirs))
    dot(list(flat([outputs, c_n])), [1.0] * 18).backward()
    (wanted.sum() + their_c.sum()).backward()

    assert_close([v.data for v in flat(h_n)], their_h.detach())
    for found, tensor in zip(mine, theirs, strict=True):
        assert_close(gradients(found), tensor.grad)


@settings(max_examples=5)
@given(seed=seeds)
def test_fifty_steps_of_back_propagation_through_time(seed):
    """Over 50 steps of an LSTM cell the gradients of all weights agree."""
    random = np.random.default_rng(seed)
    ours, twin = loaded(Case(LSTMCell(2, 3), T.LSTMCell(2, 3), ()), random)
    mine = theirs = None
    for x in random.normal(size=(50, 2)):
        mine, theirs = ours(x, mine), twin(torch.tensor(x), theirs)

    dot(mine[0], [1.0, -2.0, 3.0]).backward()
    (theirs[0] * torch.tensor([1.0, -2.0, 3.0])).sum().backward()

    for name, parameter in twin.named_parameters():
        assert_close(gradients(ours.tensors()[name]), parameter.grad)


@pytest.mark.parametrize("heads", [1, 2, 4])
def test_causal_attention_is_pytorchs_with_a_mask(heads):
    """Both forms of causal attention agree with PyTorch's masked one."""
    random = np.random.default_rng(heads)
    ours, simple = MultiheadAttention(4, heads), CausalSelfAttention(4, heads, True)
    twin = T.MultiheadAttention(4, heads).double()
    loaded(Case(ours, twin, ()), random)
    names = [("wq", 0), ("wk", 4), ("wv", 8)]
    state = ours.state_dict()
    parts = {
        f"{name}.{what}": state[f"in_proj_{what}"][at : at + 4]
        for name, at in names
        for what in ("weight", "bias")
    }
    out = {f"wo.{what}": state[f"out_proj.{what}"] for what in ("weight", "bias")}
    simple.load_state_dict(parts | out)
    x = random.normal(size=(5, 4))

    tensor = torch.tensor(x)
    mask = torch.ones(5, 5).triu(1).bool()
    wanted, weights = twin(
        *(tensor, tensor, tensor), attn_mask=mask, average_attn_weights=False
    )
    outputs, shares = ours(x, is_causal=True)

    assert_close([v.data for v in flat(outputs)], wanted.detach())
    assert_close(list(flat(numbers(shares))), weights.detach())
    assert_close([v.data for v in flat(simple(x))], wanted.detach())


@pytest.mark.parametrize("is_causal", [False, True])
def test_scaled_dot_product_attention_is_pytorchs(is_causal):
    """The function under PyTorch's name gives its numbers and gradients."""
    random = np.random.default_rng(0)
    arrays = [random.normal(size=s) for s in ((4, 3), (4, 3), (4, 2))]
    mine = [values(array) for array in arrays]
    theirs = [torch.tensor(array, requires_grad=True) for array in arrays]

    found = scaled_dot_product_attention(*mine, is_causal=is_causal)
    wanted = T.functional.scaled_dot_product_attention(*theirs, is_causal=is_causal)
    dot(list(flat(found)), range(8)).backward()
    (wanted.flatten() * torch.arange(8)).sum().backward()

    assert_close([v.data for v in flat(found)], wanted.detach())
    for values_, tensor in zip(mine, theirs, strict=True):
        assert_close(gradients(values_), tensor.grad)


def test_an_embedding_is_its_twin():
    """Rows and their gradients agree, for a token that comes twice too."""
    ours, twin = Embedding(5, 3), T.Embedding(5, 3)
    loaded(Case(ours, twin, ()), np.random.default_rng(0))
    tokens = [[1, 4], [1, 0]]

    rows, wanted = ours(tokens), twin(torch.tensor(tokens))
    dot(list(flat(rows)), range(12)).backward()
    (wanted.flatten() * torch.arange(12)).sum().backward()

    assert_close([v.data for v in flat(rows)], wanted.detach())
    assert_close(gradients(ours.weight), twin.weight.grad)
    assert_same_state(ours, twin)


def test_a_residual_block_is_x_plus_f():
    """The sum and the gradient of x, which has two ways back, agree."""
    ours, twin = Residual(Linear(3, 3)), T.Linear(3, 3)
    loaded(Case(ours.module, twin, ()), np.random.default_rng(0))
    x = np.array([0.5, -1.0, 2.0])
    mine, theirs = values(x), torch.tensor(x, requires_grad=True)

    dot(ours(mine), [1.0, 2.0, 3.0]).backward()
    ((theirs + twin(theirs)) * torch.tensor([1.0, 2.0, 3.0])).sum().backward()

    assert_close(gradients(mine), theirs.grad)


def test_dropout_keeps_and_scales_as_pytorch_does():
    """What is kept is x/(1 - p) in both; evaluation leaves x alone."""
    x = np.linspace(1, 2, 50)
    found = np.array(numbers(Dropout(0.25, seed=0)(x)))
    wanted = T.Dropout(0.25)(torch.tensor(x)).numpy()

    assert set(np.round(found / x, 12)) == set(np.round(wanted / x, 12))
    assert_close(Dropout(0.25).eval()(x), T.Dropout(0.25).eval()(torch.tensor(x)))
