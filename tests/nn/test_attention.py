"""Embeddings and attention, the parts of a language model."""

import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from layer_functions import assert_derivatives

from autograd_core import Value, dot, no_grad, topological_order, total
from autograd_core.errors import GraphError, OperandError, ShapeError
from nn.layers.attention import (
    CausalSelfAttention,
    MultiheadAttention,
    scaled_dot_product_attention,
)
from nn.layers.embedding import Embedding
from nn.module import Module
from nn.nested import flat, numbers, shape

few = st.integers(1, 4)
seeds = st.integers(0, 1000)


def attended(q, k, v, is_causal=False):
    """Return softmax(Q·Kᵀ/√d)·V and the shares, on arrays."""
    logits = q @ k.T / np.sqrt(q.shape[1])
    if is_causal:
        logits = np.where(np.tri(*logits.shape, dtype=bool), logits, -np.inf)
    shares = np.exp(logits - logits.max(1, keepdims=True))
    shares /= shares.sum(1, keepdims=True)
    return shares @ v, shares


# --- scaled dot product attention ---------------------------------------------------
@given(length=few, keys=few, size=few, out=few, causal=st.booleans(), seed=seeds)
def test_attention_is_its_formula(length, keys, size, out, causal, seed):
    """softmax(Q·Kᵀ/√d)·V for any lengths; a causal query sees what is not after it."""
    random = np.random.default_rng(seed)
    keys = length if causal else keys
    q, k, v = (
        random.normal(size=s) for s in ((length, size), (keys, size), (keys, out))
    )

    found = scaled_dot_product_attention(q, k, v, is_causal=causal)

    wanted, _ = attended(q, k, v, causal)
    assert np.array(numbers(found)) == pytest.approx(wanted, rel=1e-12, abs=1e-14)


@given(seed=seeds)
def test_attention_ignores_the_order_of_what_it_sees(seed):
    """Keys and values moved together change nothing but rounding."""
    random = np.random.default_rng(seed)
    q, k, v = (random.normal(size=(n, 3)) for n in (2, 4, 4))
    order = random.permutation(4)

    found = numbers(scaled_dot_product_attention(q, k[order], v[order]))
    wanted = numbers(scaled_dot_product_attention(q, k, v))

    assert np.array(found) == pytest.approx(np.array(wanted), rel=1e-12)


def test_equal_keys_give_the_mean_of_the_values():
    """Who asks all alike takes of all alike."""
    found = scaled_dot_product_attention([[3.0]], [[2.0]] * 4, [[1.0], [2.0], [3], [4]])

    assert numbers(found) == [[2.5]]


def test_logits_of_a_thousand_overflow_nothing():
    """The largest key takes all, without inf or nan."""
    found = scaled_dot_product_attention([[1e3]], [[1.0], [-1.0]], [[5.0], [7.0]])

    assert numbers(found) == [[5.0]]


# --- several heads ------------------------------------------------------------------
@given(heads=st.sampled_from([1, 2, 3, 6]), length=few, keys=few, seed=seeds)
def test_each_head_attends_in_its_own_part(heads, length, keys, seed):
    """The heads' results stand side by side, and go through the last linear map."""
    layer, random = MultiheadAttention(6, heads, seed=seed), np.random.default_rng(seed)
    w, b, w_out, b_out = (np.array(t) for t in layer.state_dict().values())
    x, y = random.normal(size=(length, 6)), random.normal(size=(keys, 6))
    q, k, v = x @ w[:6].T + b[:6], y @ w[6:12].T + b[6:12], y @ w[12:].T + b[12:]
    size = 6 // heads
    parts = [slice(h * size, (h + 1) * size) for h in range(heads)]
    wanted = [attended(q[:, p], k[:, p], v[:, p]) for p in parts]

    outputs, shares = layer(x, y)

    joined = np.hstack([part for part, _ in wanted]) @ w_out.T + b_out
    assert np.array(numbers(outputs)) == pytest.approx(joined, rel=1e-11, abs=1e-12)
    assert np.array(numbers(shares)) == pytest.approx(np.array([s for _, s in wanted]))


@pytest.mark.parametrize(
    ("layer", "shapes"),
    [
        (MultiheadAttention(4, 2, bias=False, seed=0), ((3, 4), (2, 4))),
        (CausalSelfAttention(4, 2, seed=0), ((3, 4),)),
        (CausalSelfAttention(3, 1, seed=0), ((2, 2, 3),)),
    ],
    ids=str,
)
def test_derivatives_are_right(layer, shapes):
    """By every weight and every number of every position."""
    assert_derivatives(layer, *shapes)


def test_a_bias_of_the_keys_changes_nothing():
    """It adds the same to all logits of a query, and softmax takes it away."""
    layer = MultiheadAttention(4, 2, seed=0)
    outputs, _ = layer(np.random.default_rng(0).normal(size=(3, 4)))
    total(list(flat(outputs))).backward()

    of_queries, of_keys, of_values = np.split(
        np.array([b.grad for b in layer.in_proj_bias]), 3
    )
    assert np.abs(of_keys).max() < 1e-15
    assert np.abs(of_queries).max() > 1e-4
    assert np.abs(of_values).max() > 1e-2


@given(length=st.integers(2, 5), seed=seeds)
def test_causal_attention_does_not_see_the_future(length, seed):
    """What follows changes no bit of an output, and gets no gradient from it."""
    layer = CausalSelfAttention(4, 2, seed=seed)
    x = np.random.default_rng(seed).normal(size=(length, 4))
    values = [[Value(v) for v in row] for row in x]

    outputs = layer(values)
    total(outputs[0]).backward()

    assert numbers(layer(x[:-1])) == numbers(outputs[:-1])
    assert any(v.grad for v in values[0])
    assert not any(v.has_grad for row in values[1:] for v in row)


def test_causal_attention_makes_no_node_for_what_it_does_not_see():
    """Of four positions, 1 + 2 + 3 + 4 shares in each head, no masked ones."""
    layer = CausalSelfAttention(4, 2, seed=0)
    outputs = layer(np.ones((4, 4)))

    assert [[len(row) for row in head] for head in layer.shares] == [[1, 2, 3, 4]] * 2
    nodes = {n for row in outputs for y in row for n in topological_order(y)}
    assert sum(n.op is not None and n.op.name == "div" for n in nodes) == 2 * 10


def test_shares_are_at_hand_with_their_gradients():
    """The nodes of the last call, which sum to 1; they live as long as the graph."""
    layer = CausalSelfAttention(4, 2, seed=0)
    outputs = layer(np.random.default_rng(0).normal(size=(3, 4)))
    total(outputs[-1]).backward()

    for head in layer.shares:
        assert [sum(numbers(row)) for row in head] == pytest.approx([1.0] * 3)
        assert any(share.grad for share in head[-1])

    del outputs, head
    with pytest.raises(GraphError, match=r"CausalSelfAttention\(4, 2\) has no shares"):
        _ = layer.shares


def test_attention_runs_without_a_graph():
    """Under no_grad the outputs are constants of the same numbers."""
    layer, x = CausalSelfAttention(4, 2, seed=0), np.ones((2, 4))
    with no_grad():
        outputs = layer(x)

    assert numbers(outputs) == numbers(layer(x))
    assert not outputs[0][0].requires_grad


def test_a_batch_of_sequences_nests_deeper():
    """Each sequence attends to itself only."""
    layer = CausalSelfAttention(4, 2, bias=True, seed=0)
    batch = np.random.default_rng(0).normal(size=(2, 3, 4))

    outputs = layer(batch)

    assert shape(outputs) == (2, 3, 4)
    assert numbers(outputs) == [numbers(layer(x)) for x in batch]


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (
            lambda: MultiheadAttention(6, 4),
            ShapeError,
            "embed_dim=6 cannot be divided among num_heads=4",
        ),
        (lambda: CausalSelfAttention(6, 4), ShapeError, "cannot be divided"),
        (
            lambda: CausalSelfAttention(4, 0),
            ShapeError,
            "num_heads .* from 1 up, not 0",
        ),
        (
            lambda: CausalSelfAttention(4, 2)([[1.0, 2.0]]),
            ShapeError,
            r"CausalSelfAttention\(4, 2\) takes .* any × 4 numbers; got .* \(1, 2\)",
        ),
        (lambda: CausalSelfAttention(4, 2)([]), ShapeError, r"got the shape \(0,\)"),
        (lambda: MultiheadAttention(2, 1)([1.0, 2.0]), ShapeError, r"shape \(2,\)"),
        (
            lambda: MultiheadAttention(2, 1)([[1, 2]], [[1, 2]], [[1, 2], [3, 4]]),
            ShapeError,
            "one value for each key; got 1 keys and 2 values",
        ),
        (
            lambda: scaled_dot_product_attention([[1.0]], [[1.0, 2.0]], [[1.0]]),
            ShapeError,
            "attention's key takes nested lists of any × 1 numbers",
        ),
        (
            lambda: scaled_dot_product_attention([[1.0]], [[1.0]], [[1.0], [2.0]]),
            ShapeError,
            "attention's value takes nested lists of 1 × any numbers",
        ),
    ],
)
def test_what_does_not_fit_is_refused(call, error, words):
    """The message names the layer, the shape it takes and what came."""
    with pytest.raises(error, match=words):
        call()


# --- embeddings ---------------------------------------------------------------------
def test_a_token_is_a_row_of_parameters():
    """No node is made: the parameters themselves go on, in a list of one's own."""
    table = Embedding(3, 2, seed=0)
    row = table(1)

    assert row == table.weight[1]
    row.append(None)
    assert shape(table.weight) == (3, 2)


@pytest.mark.parametrize("tokens", [[2, 0, 2], (2, 0, 2), np.array([2, 0, 2])])
def test_a_list_of_tokens_is_a_list_of_rows(tokens):
    """A token that comes twice collects its gradient twice."""
    table = Embedding(3, 2, seed=0)
    rows = table(tokens)
    total(list(flat(rows))).backward()

    assert numbers(rows) == [numbers(table.weight[i]) for i in (2, 0, 2)]
    assert [[w.grad for w in row] for row in table.weight] == [[1, 1], [0, 0], [2, 2]]
    assert not table.weight[1][0].has_grad


def test_rows_begin_normal():
    """From the standard normal distribution, row by row, alike for a seed."""
    from random import Random

    random = Random(3)
    wanted = [random.gauss(0.0, 1.0) for _ in range(6)]

    assert list(flat(Embedding(3, 2, seed=3).state_dict()["weight"])) == wanted
    assert set(flat(Embedding(3, 2, init="ones").state_dict()["weight"])) == {1.0}


@pytest.mark.parametrize(
    ("token", "error", "words"),
    [
        (3, ShapeError, r"Embedding\(3, 2\) knows the tokens 0 to 2; got 3"),
        (-1, ShapeError, "knows the tokens 0 to 2; got -1"),
        ([0, 9], ShapeError, "got 9"),
        (1.0, OperandError, "whole numbers as tokens, not 1.0 of type float"),
        (True, OperandError, "not True of type bool"),
        ("a", OperandError, "not 'a' of type str"),
        (None, OperandError, "not None"),
        (Value(1.0), OperandError, "of type Value"),
    ],
)
def test_an_unknown_token_is_refused(token, error, words):
    """The message says which tokens are known."""
    with pytest.raises(error, match=words):
        Embedding(3, 2)(token)


def test_derivatives_of_an_embedding():
    """A row that is looked up twice collects both gradients, another one none."""

    class Looked(Module):
        def __init__(self):
            self.table = Embedding(3, 2, seed=0)

        def forward(self, x):
            return [dot(row, x) for row in self.table([2, 0, 2])]

    assert_derivatives(Looked(), (2,))


@pytest.mark.parametrize("kind", [CausalSelfAttention, MultiheadAttention])
def test_attention_that_was_called_is_pickled_without_its_graph(kind):
    """The copy has the weights, and no shares."""
    layer = kind(2, 1, seed=0)
    outputs = layer([[1.0, 2.0]])

    other = pickle.loads(pickle.dumps(layer))

    assert outputs
    assert other.state_dict() == layer.state_dict()
    assert numbers(layer.shares) == [[[1.0]]]
    with pytest.raises(GraphError, match="call it"):
        _ = other.shares


def test_what_pytorch_has_no_position_for_is_named():
    """Its third argument is the share of dropout, its fourth of a call a mask."""
    layer, x = MultiheadAttention(4, 2, seed=0), [[1.0] * 4]
    with pytest.raises(TypeError, match="positional"):
        MultiheadAttention(4, 2, 0.1)
    with pytest.raises(TypeError, match="positional"):
        layer(x, x, x, True)
    with pytest.raises(TypeError, match="positional"):
        scaled_dot_product_attention(x, x, x, True)


def test_a_batch_for_multihead_attention_is_refused_with_the_way_out():
    """PyTorch reads its second level as the batch, or its first."""
    layer, batch = MultiheadAttention(2, 1, seed=0), [[[1.0, 2.0], [3.0, 4.0]]]
    with pytest.raises(ShapeError, match=r"MultiheadAttention\(2, 1\) takes one seq"):
        layer(batch)

    assert len([layer(x) for x in batch]) == 1
