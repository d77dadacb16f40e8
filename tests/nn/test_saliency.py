"""Saliency maps are gradients by the inputs, in the inputs' structure."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import nn
from autograd_core import Value, no_grad, normal_cdf, tanh
from autograd_core.errors import DomainError, GraphError, OperandError, ShapeError
from nn.explaining import (
    attention_relevance,
    gradient_times_attention,
    gradient_times_input,
    saliency,
    smooth_grad,
)
from nn.layers.attention import CausalSelfAttention, MultiheadAttention
from nn.nested import flat

numbers = st.floats(-3, 3)
seeds = st.integers(0, 1000)


def product_and_first(x):
    """Return two outputs."""
    return [x[0] * x[1], x[0]]


# --- the gradient -------------------------------------------------------------------
@given(st.lists(numbers, min_size=3, max_size=3), st.integers(0, 1), seeds)
def test_saliency_is_the_size_of_the_gradient(x, target, seed):
    """It is |∂ output/∂ input| as a backward pass finds it; its sign can be kept."""
    model = nn.MLP(3, [4, 2], seed=seed)
    nodes = [Value(number) for number in x]
    model(nodes)[target].backward()
    slopes = [node.grad for node in nodes]

    assert saliency(model, x, target, absolute=False) == slopes
    assert saliency(model, x, target) == [abs(slope) for slope in slopes]
    assert gradient_times_input(model, x, target) == pytest.approx(
        [slope * number for slope, number in zip(slopes, x, strict=True)], abs=1e-300
    )


@given(st.lists(numbers, min_size=3, max_size=3), seeds)
def test_rectifiers_without_bias_are_their_gradient_times_the_input(x, seed):
    """Such a network is linear in pieces through 0, so the products sum to it."""
    model = nn.MLP(3, [5, 4, 1], activation="relu", seed=seed)

    parts = gradient_times_input(model, x)

    slack = 1e-14 * sum(map(abs, parts)) + 1e-300
    assert sum(parts) == pytest.approx(model(x).data, abs=slack)


def test_every_gradient_stays_as_it_was():
    """Neither parameters nor inputs show that they have been asked."""
    model, x = nn.MLP(2, [3, 1], seed=0), [Value(1.0), Value(-2.0)]
    model(x).backward()
    nodes = [*model.parameters(), *x]
    before = [node.grad for node in nodes]

    for explain in (saliency, gradient_times_input, smooth_grad):
        explain(model, x)
    output = model(x)
    saliency(output, x)

    assert [node.grad for node in nodes] == before
    assert not output.has_grad


# --- structures ---------------------------------------------------------------------
def total_of(x):
    """Return Σ i·xᵢ over the numbers of any structure."""
    return sum((i * leaf for i, leaf in enumerate(flat(x), 1)), Value(0.0))


@pytest.mark.parametrize(
    ("x", "wanted"),
    [
        (5.0, 1.0),
        ([5, 6], [1.0, 2.0]),
        ([[5.0], [6.0]], [[1.0], [2.0]]),
        (([5.0, 6.0], 7.0), ([1.0, 2.0], 3.0)),
        ([Value(5.0), 6.0], [1.0, 2.0]),
    ],
)
def test_the_result_has_the_structure_of_the_inputs(x, wanted):
    """Lists stay lists and tuples stay tuples, however they nest."""
    assert saliency(total_of, x) == wanted
    assert smooth_grad(total_of, x, samples=2) == wanted


def test_an_array_gives_an_array_and_a_model_of_arrays_is_a_model():
    """Written as W @ x + b, over arrays of floats or of Values."""
    w, b = np.array([[1.0, -2.0], [3.0, 0.5]]), np.array([0.5, -0.5])
    x = np.array([0.25, 0.75])

    def model(x):
        return np.tanh(w @ x + b)

    wanted = (1 - np.tanh(w @ x + b) ** 2)[:, None] * w
    for inputs in (x, np.array([Value(number) for number in x], dtype=object)):
        found = saliency(model, inputs, 1, absolute=False)
        assert found.dtype == float
        assert found == pytest.approx(wanted[1], rel=1e-14)
    image = np.arange(6.0).reshape(2, 3)
    assert saliency(total_of, image).tolist() == [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]


def test_a_tuple_of_indices_names_an_output_in_nested_ones():
    """The outputs may be lists of lists, or an array."""
    for nest in (list, np.array):

        def model(x, nest=nest):
            return nest([product_and_first(x), [x[1], x[1] * x[1]]])

        assert saliency(model, [3.0, 4.0], (1, 1)) == [0.0, 8.0]
        assert saliency(model, [3.0, 4.0], (0, -1)) == [1.0, 0.0]


def test_an_output_is_explained_by_the_nodes_it_came_from():
    """They may be inputs, or the units of a layer in between."""
    model = nn.MLP(2, [3, 1], seed=1)
    x = [Value(0.5), Value(-1.0)]
    output = model(x)
    hidden = model.layers[0].a

    weights = [abs(w.data) for w in model.layers[1].neurons[0].weight]
    assert saliency(output, hidden) == weights
    assert saliency(hidden, x, 2) == saliency(model.layers[0], [0.5, -1.0], 2)
    assert saliency(output, x) == saliency(model, [0.5, -1.0])


# --- around a point -----------------------------------------------------------------
def test_the_mean_gradient_of_a_step_is_the_share_of_copies_beyond_it():
    """For relu it is P(x + σZ > 0) = Φ(x/σ), within four standard errors."""
    x, noise, samples = [0.3, 1.3], 0.5, 4000  # the range is 1, so σ = 0.5

    found = smooth_grad(
        lambda x: x[0].relu() + x[1], x, noise=noise, samples=samples, seed=0
    )

    wanted = normal_cdf(0.3 / 0.5)
    error = math.sqrt(wanted * (1 - wanted) / samples)
    assert found[0] == pytest.approx(wanted, abs=4 * error)
    assert found[1] == 1.0


def test_smooth_grad_is_repeated_by_its_seed_and_without_noise_is_the_gradient():
    """The noise alone is random."""
    model, x = nn.MLP(2, [4, 1], seed=3), [0.5, -0.5]

    assert smooth_grad(model, x, seed=1) == smooth_grad(model, x, seed=1)
    assert smooth_grad(model, x, seed=1) != smooth_grad(model, x, seed=2)
    exact = saliency(model, x, absolute=False)
    assert smooth_grad(model, x, noise=0.0) == pytest.approx(exact, rel=1e-15)


# --- bad input ----------------------------------------------------------------------
@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ((product_and_first, [1, 2]), ShapeError, "list of 2; say which one: target=0"),
        ((product_and_first, [1, 2], 2), ShapeError, "no target 2 in a list of 2"),
        ((product_and_first, [1, 2], -3), ShapeError, "no target -3 in a list of 2"),
        ((product_and_first, [1, 2], (0, 0)), ShapeError, "0 in a single number"),
        ((product_and_first, [1, 2], True), OperandError, "not True"),
        ((product_and_first, [1, 2], 1.0), OperandError, "one whole number"),
        ((lambda x: 3.0, [1, 2]), OperandError, "this one returned 3.0"),
        ((lambda x: Value(3.0), [1, 2]), GraphError, "none of the inputs"),
        ((lambda x: tanh(x[0].data) + Value(0), [1]), GraphError, "not on their .data"),
        (("model", [1, 2]), OperandError, "not 'model'"),
        ((Value(1.0), [1.0]), OperandError, "the nodes it was computed from, not 1.0"),
        ((product_and_first, ["1", 2], 1), OperandError, "'1' of type str"),
    ],
)
@pytest.mark.parametrize("explain", [saliency, gradient_times_input])
def test_what_cannot_be_explained_is_refused(explain, arguments, error, words):
    """The message names the function, what it takes and what it found."""
    with pytest.raises(error, match=words):
        explain(*arguments)


def test_a_model_called_under_no_grad_has_nothing_to_tell():
    """Without a graph there is no gradient, and the message says why."""
    with no_grad(), pytest.raises(GraphError, match=r"not under no_grad\(\)"):
        saliency(nn.MLP(2, [1]), [1.0, 2.0])


def test_wrong_settings_of_smooth_grad_are_refused():
    """Copies are counted from 1, noise from 0."""
    with pytest.raises(ShapeError, match=r"samples .* from 1 up, not 0"):
        smooth_grad(total_of, [1.0], samples=0)
    for noise in (-0.1, math.nan, math.inf):
        with pytest.raises(DomainError, match="noise takes a finite number"):
            smooth_grad(total_of, [1.0], noise=noise)


# --- attention ----------------------------------------------------------------------
def attentive(seed):
    """Return a causal attention, its inputs and its outputs, which keep its graph."""
    attention = CausalSelfAttention(4, 2, seed=seed)
    x = np.random.default_rng(seed).normal(size=(3, 4)).tolist()
    return attention, x, attention(x)


@given(seeds)
def test_gradient_times_attention_tells_what_a_share_contributes(seed):
    """The output is linear in the last query's shares: the parts sum to it."""
    attention, _, outputs = attentive(seed)
    output = outputs[-1][0]

    parts = gradient_times_attention(output, attention.shares)

    assert [[len(row) for row in head] for head in parts] == [[1, 2, 3]] * 2
    found = list(flat(parts))
    assert sum(found) == pytest.approx(output.data, abs=1e-14 * sum(map(abs, found)))
    assert all(part == 0.0 for head in parts for row in head[:2] for part in row)


def test_numbers_among_the_shares_count_nothing():
    """Keys that a causal query does not see are plain zeros."""
    layer = MultiheadAttention(4, 2, seed=0)
    x = np.random.default_rng(0).normal(size=(3, 4)).tolist()
    outputs, shares = layer(x, is_causal=True)

    parts = gradient_times_attention(outputs[1][0], shares)

    assert all(head[1][2] == head[0][1] == 0.0 for head in parts)
    assert all(head[1][0] != 0.0 for head in parts)


def test_relevance_of_attention_is_the_published_recursion():
    """R = I, then R + mean over heads of (a·∂y/∂a)⁺·R, by numpy, over two layers."""
    first, x, _ = attentive(5)
    second = CausalSelfAttention(4, 2, seed=6)
    inner = first(x)
    outputs = second(inner)
    output = outputs[-1][1]
    layers = [first.shares, second.shares]

    wanted = np.eye(3)
    for shares in layers:
        gains = np.zeros((2, 3, 3))
        for h, head in enumerate(gradient_times_attention(output, shares)):
            for q, row in enumerate(head):
                gains[h, q, : len(row)] = row
        wanted += np.maximum(gains, 0).mean(axis=0) @ wanted

    found = np.array(attention_relevance(output, layers))
    assert found == pytest.approx(wanted, rel=1e-14)
    assert (np.triu(found, 1) == 0).all()
    assert attention_relevance(output, []) == []


def test_shares_that_do_not_fit_are_refused():
    """They belong to the output, and each layer has as many queries."""
    attention, x, outputs = attentive(0)
    shares = attention.shares
    with pytest.raises(OperandError, match=r"not 1\.0; the shares of attention"):
        gradient_times_attention(1.0, shares)
    with pytest.raises(GraphError, match="none of the inputs"):
        gradient_times_attention(attention(x)[-1][0], shares)
    with pytest.raises(ShapeError, match=r"3 queries in each head.*got \[2, 3\]"):
        attention_relevance(outputs[-1][0], [shares, [shares[0][1:], shares[1]]])
