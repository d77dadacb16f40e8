"""Recurrent cells carry a state from step to step, and gradients back through time."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from layer_functions import assert_derivatives

from autograd_core import OPS, Value, dot, topological_order
from autograd_core.errors import OperandError, ShapeError, UnknownNameError
from nn.layers.recurrent import GRUCell, LSTMCell, RNNCell
from nn.layers.sequences import GRU, LSTM, RNN
from nn.nested import flat, numbers, shape

CELLS = {RNNCell: 1, GRUCell: 3, LSTMCell: 4}
RUNNERS = {RNN: RNNCell, GRU: GRUCell, LSTM: LSTMCell}
sizes = st.integers(1, 3)


def sigmoid(z):
    """Return 1/(1 + e⁻ᶻ) of an array."""
    return 1 / (1 + np.exp(-z))


def step(cell, x, h, c):
    """Return the next (h, c) by the equations of the papers, on arrays."""
    state = {name: np.array(tensor) for name, tensor in cell.state_dict().items()}
    gates = len(state["weight_ih"]) // cell.hidden_size
    zero = np.zeros(gates * cell.hidden_size)
    seen = state["weight_ih"] @ x + state.get("bias_ih", zero)
    held = state["weight_hh"] @ h + state.get("bias_hh", zero)
    if isinstance(cell, RNNCell):
        return np.tanh(seen + held), c
    if isinstance(cell, GRUCell):
        (r1, z1, n1), (r2, z2, n2) = np.split(seen, 3), np.split(held, 3)
        z = sigmoid(z1 + z2)
        return (1 - z) * np.tanh(n1 + sigmoid(r1 + r2) * n2) + z * h, c
    i, f, g, o = np.split(seen + held, 4)
    c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
    return sigmoid(o) * np.tanh(c), c


@given(
    kind=st.sampled_from(list(CELLS)), n=sizes, m=sizes, bias=st.booleans(), seed=sizes
)
def test_a_cell_computes_its_equations(kind, n, m, bias, seed):
    """Three steps from a state of zeros, against the equations on arrays."""
    cell = kind(n, m, bias, seed=seed)
    state, h, c = None, np.zeros(m), np.zeros(m)
    for x in np.random.default_rng(seed).normal(size=(3, n)):
        state = cell(x, state)
        h, c = step(cell, x, h, c)

    found = [h, c] if kind is LSTMCell else h
    assert numbers(state) == pytest.approx(np.array(found), rel=1e-12, abs=1e-12)


@pytest.mark.parametrize("kind", CELLS)
@pytest.mark.parametrize("bias", [True, False])
def test_the_derivatives_of_a_cell_are_right(kind, bias):
    """By every parameter, the input and the hidden state before."""
    states = [] if kind is LSTMCell else [(3,)]
    assert_derivatives(kind(2, 3, bias), (2,), *states)


@pytest.mark.parametrize("kind", RUNNERS)
def test_the_derivatives_through_a_sequence_are_right(kind):
    """By every parameter of two layers and every input of three steps."""
    assert_derivatives(kind(2, 2, 2), (3, 2))


def test_fifty_steps_of_back_propagation_through_time():
    """∂C/∂W of 50 steps are the sums of δₜ·hₜ₋₁ᵀ, with δ walked back by hand."""
    cell, random = RNNCell(2, 3, seed=0), np.random.default_rng(0)
    xs = random.normal(size=(50, 2))
    w_ih, w_hh, b_ih, b_hh = (np.array(t) for t in cell.state_dict().values())
    hs = [np.zeros(3)]
    for x in xs:
        hs.append(np.tanh(w_ih @ x + b_ih + w_hh @ hs[-1] + b_hh))
    h = None
    for x in xs:
        h = cell(x, h)
    dot(h, [1.0, -2.0, 3.0]).backward()

    delta, by_ih, by_hh, by_b = np.array([1.0, -2.0, 3.0]), 0.0, 0.0, 0.0
    for t in reversed(range(50)):
        delta = delta * (1 - hs[t + 1] ** 2)
        by_ih, by_hh = by_ih + np.outer(delta, xs[t]), by_hh + np.outer(delta, hs[t])
        by_b = by_b + delta
        delta = w_hh.T @ delta
    for tensor, wanted in [
        (cell.weight_ih, by_ih),
        (cell.weight_hh, by_hh),
        (cell.bias_ih, by_b),
        (cell.bias_hh, by_b),
    ]:
        grads = [v.grad for v in flat(tensor)]
        assert grads == pytest.approx(np.ravel(wanted), rel=1e-12, abs=1e-14)


def test_an_lstm_that_forgets_nothing_carries_its_gradient():
    """With f = 1 and i = 0 the cell state comes through 1,000 steps, and so does ∂."""
    cell = LSTMCell(1, 1)
    state = {n: np.zeros(shape(t)) for n, t in cell.state_dict().items()}
    state["bias_ih"] = [-800.0, 800.0, 0.0, 0.0]
    cell.load_state_dict(state)
    start = Value(0.5)
    h, c = [0.0], [start]
    for _ in range(1000):
        h, c = cell([1.0], (h, c))

    c[0].backward()

    assert (c[0].data, start.grad) == (0.5, 1.0)


def test_a_closed_update_gate_keeps_the_digits_of_what_is_new():
    """At z = σ(50) the GRU's 1 - z is σ(-50), not 0, and so is its gradient."""
    cell = GRUCell(1, 1)
    state = {n: np.zeros(shape(t)) for n, t in cell.state_dict().items()}
    state["bias_ih"] = [0.0, 50.0, 1.0]
    cell.load_state_dict(state)

    (h,) = cell([0.0], [0.0])
    h.backward()

    wanted = math.tanh(1.0) / (1.0 + math.exp(50.0))
    assert h.data == pytest.approx(wanted, rel=1e-15)
    assert cell.bias_ih[2].grad == pytest.approx(
        (1 - math.tanh(1.0) ** 2) / (1.0 + math.exp(50.0)), rel=1e-14
    )


@pytest.mark.parametrize(
    ("kind", "nodes"), [(RNNCell, 2), (GRUCell, 11), (LSTMCell, 11)]
)
def test_a_gate_is_one_dot_and_one_activation(kind, nodes):
    """How many operations one hidden unit takes."""
    outputs = list(flat(kind(3, 1)([1.0, 2.0, 3.0])))
    found = {n for y in outputs for n in topological_order(y) if n.op}

    assert len(found) == nodes
    assert {n.op for n in found} <= {
        OPS[name] for name in ("dot", "mul", "neg", "sigmoid", "tanh")
    }


@pytest.mark.parametrize(("kind", "cell"), RUNNERS.items())
def test_a_sequence_is_a_loop_over_cells(kind, cell):
    """The outputs are the hidden states; a second layer sees the first one's."""
    runner = kind(2, 3, 2, seed=0)
    first, second = runner.cells
    assert isinstance(first, cell)
    xs = np.random.default_rng(0).normal(size=(4, 2))
    wanted, a, b = [], None, None
    for x in xs:
        a = first(x, a)
        b = second(a[0] if kind is LSTM else a, b)
        wanted.append(numbers(b[0] if kind is LSTM else b))

    outputs, last = runner(xs)

    assert numbers(outputs) == wanted
    both = [[a[0], b[0]], [a[1], b[1]]] if kind is LSTM else [a, b]
    assert numbers(last) == numbers(both)


@pytest.mark.parametrize("kind", RUNNERS)
def test_a_sequence_goes_on_where_it_stopped(kind):
    """Two halves, the second from the state of the first, are the whole."""
    runner = kind(2, 3, 2, seed=0)
    xs = np.random.default_rng(0).normal(size=(4, 2))

    whole, last = runner(xs)
    head, between = runner(xs[:2])
    tail, end = runner(xs[2:], between)

    assert numbers(head) + numbers(tail) == numbers(whole)
    assert numbers(end) == numbers(last)


@pytest.mark.parametrize(("kind", "gates"), CELLS.items())
def test_parameters_are_drawn_alike_every_time(kind, gates):
    """From U(-1/√n, 1/√n), with PyTorch's shapes, in the order of the docstring."""
    from random import Random

    random, m = Random(5), 4
    wanted = [random.uniform(-0.5, 0.5) for _ in range(gates * m * (2 + m + 2))]

    state = kind(2, m, seed=5).state_dict()

    assert {name: shape(tensor) for name, tensor in state.items()} == {
        "weight_ih": (gates * m, 2),
        "weight_hh": (gates * m, m),
        "bias_ih": (gates * m,),
        "bias_hh": (gates * m,),
    }
    assert list(flat(list(state.values()))) == wanted


def test_arrays_and_lists_go_in_and_lists_come_out():
    """A sequence may be a 2-d array, a state an array too."""
    runner, xs = GRU(2, 3, seed=0), np.ones((4, 2))

    outputs, last = runner(xs, np.zeros((1, 3)))

    assert isinstance(outputs, list)
    assert isinstance(outputs[0], list)
    assert numbers(outputs) == numbers(runner(xs.tolist())[0])
    assert numbers(last) == numbers(outputs[-1:])


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: RNNCell(2, 3)([1.0]), ShapeError, r"RNNCell\(2, 3\) takes 2 inputs"),
        (lambda: GRUCell(2, 3)(1.0), OperandError, "takes a list of 2 numbers"),
        (
            lambda: GRUCell(2, 3)([1, 2], [0, 0]),
            ShapeError,
            r"GRUCell\(2, 3\) takes a state h of 3 numbers; got 2",
        ),
        (
            lambda: LSTMCell(2, 1)([1, 2], ([0], [0, 0])),
            ShapeError,
            "state c of 1 numbers; got 2",
        ),
        (lambda: LSTMCell(2, 1)([1, 2], [0]), ShapeError, r"two lists, \(h, c\)"),
        (
            lambda: LSTMCell(2, 1)([1, 2], 0),
            OperandError,
            r"two lists, \(h, c\), not 0",
        ),
        (lambda: RNNCell(2, 3, nonlinearity="gelu"), UnknownNameError, "mean 'relu'"),
        (lambda: RNNCell(0, 3), ShapeError, "input_size .* from 1 up"),
        (lambda: RNN(2, 3, 0), ShapeError, "num_layers .* from 1 up"),
        (lambda: RNN(2, 3)([1.0, 2.0]), ShapeError, "lists of any × 2 numbers; got th"),
        (lambda: RNN(2, 3)([]), ShapeError, r"got the shape \(0,\)"),
        (
            lambda: GRU(2, 3, 2)([[1, 2]], [[0, 0, 0]]),
            ShapeError,
            r"GRU\(2, 3, 2\) takes a state h of 2 × 3 numbers.* got 1 lists",
        ),
        (lambda: LSTM(2, 3)([[1, 2]], [[0]]), ShapeError, r"two parts, \(h, c\)"),
        (
            lambda: GRU(2, 3)([[1, 2]], 0),
            OperandError,
            r"GRU\(2, 3, 1\) takes a state h of 1 × 3 numbers, .* not 0 of type int",
        ),
        (
            lambda: RNN(2, 3)([[[1, 2]]] * 2),
            ShapeError,
            r"RNN\(2.* takes one sequence.*x in",
        ),
        (
            lambda: GRUCell(2, 3)([[1, 2], [3, 4]], [[0, 0, 0]]),
            ShapeError,
            r"GRUCell\(2, 3\) takes a state h of 2 × 3 numbers for a batch of 2; got",
        ),
        (
            lambda: LSTMCell(2, 1)([[1, 2], [3, 4]], ([[0], [0]], 0.0)),
            ShapeError,
            r"a state c of 2 × 1 numbers for a batch of 2; got 0.0",
        ),
    ],
)
def test_what_does_not_fit_is_refused(call, error, words):
    """The message names the layer, what it takes and what came."""
    with pytest.raises(error, match=words):
        call()


@pytest.mark.parametrize("kind", CELLS)
@given(size=sizes, seed=sizes)
def test_a_cell_takes_a_batch_of_inputs_and_states(kind, size, seed):
    """Two steps of a batch are two steps of each of its examples."""
    cell = kind(2, 3, seed=seed)
    first, second = np.random.default_rng(seed).normal(size=(2, size, 2))

    found = cell(second, cell(first))

    alone = [cell(x, cell(before)) for before, x in zip(first, second, strict=True)]
    if kind is LSTMCell:  # of which PyTorch's state is a pair of batches
        alone = list(zip(*alone, strict=True))
    assert numbers(found) == numbers(alone)


def test_derivatives_of_a_cell_of_relus_and_of_batches():
    """By every weight, input and state."""
    assert_derivatives(RNNCell(2, 3, nonlinearity="relu", seed=0), (2,), (3,))
    assert_derivatives(GRUCell(2, 2, seed=0), (2, 2), (2, 2))
    assert_derivatives(LSTMCell(2, 2, seed=0), (2, 2), (2, 2, 2))


def test_the_options_of_cells_reach_every_layer():
    """Non-linearity and bias of all cells are those that were asked for."""
    layer = RNN(2, 3, 2, nonlinearity="relu", bias=False, seed=0)

    outputs, _ = layer([[1.0, -2.0], [0.5, 3.0]])

    assert list(layer.state_dict()) == [
        *("weight_ih_l0", "weight_hh_l0", "weight_ih_l1", "weight_hh_l1")
    ]
    assert {y.op.name for y in flat(outputs)} == {"relu"}
