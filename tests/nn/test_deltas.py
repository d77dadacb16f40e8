"""The δ of the textbook, read off the graph, beside the recurrences written out."""

from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import nn
from autograd_core import Value, dot, gradient, scope, sigmoid, tanh
from autograd_core.errors import GraphError, OperandError
from demos.recurrences import by_engine, distance, rows, sigmoid_network
from nn.deltas import deltas
from nn.layers.convolution import Conv2d
from nn.losses import cross_entropy, half_squared_error, mse_loss

seeds = st.integers(0, 1000)


def network(widths, seed=0):
    """Return layers of sigmoid units with normal weights and biases."""
    random, model = Random(seed), sigmoid_network(*widths)
    for parameter in model.parameters():
        parameter.data = random.gauss(0.0, 1.0)
    return model


# --- the recurrences ----------------------------------------------------------------
@pytest.mark.parametrize("widths", [[1, 1], [1, 1, 1, 1], [3, 4, 2]], ids=str)
@pytest.mark.parametrize("seed", range(20))
def test_the_textbooks_networks_agree_to_the_last_bits(widths, seed):
    """One neuron a layer, and 3-4-2: each δ and ∂C/∂W is the formulas' to a few ULP."""
    model = network(widths, seed)
    random = Random(seed)
    x = [random.gauss(0.0, 1.0) for _ in range(widths[0])]

    table = list(rows(model, x, [0.0] * widths[-1]))

    assert [len(delta) for _, delta, _ in table[::2]] == widths[1:]
    for name, wanted, found in table:
        assert distance(wanted, found) <= 8, name


@given(st.lists(st.integers(1, 4), min_size=2, max_size=5), seeds)
def test_the_recurrences_of_any_network(widths, seed):
    """δ⁽ᴸ⁾, δ⁽ˡ⁾ and ∂C/∂W⁽ˡ⁾ are the texts', whatever the widths."""
    model = network(widths, seed)
    x, y = [0.5] * widths[0], [0.25] * widths[-1]

    for name, wanted, found in rows(model, x, y):
        assert found == pytest.approx(wanted, rel=0, abs=1e-14), name


@given(st.lists(st.integers(1, 4), min_size=2, max_size=4), seeds)
def test_the_gradient_of_a_bias_is_delta(widths, seed):
    """∂C/∂b⁽ˡ⁾ = δ⁽ˡ⁾ to the bit, for one example."""
    model = network(widths, seed)
    found = by_engine(model, [0.5] * widths[0], [0.25] * widths[-1])

    biases = [[n.bias.grad for n in layer.neurons] for layer in model]
    assert [delta for delta, _ in found] == biases


# --- what is a layer, a unit, a call --------------------------------------------------
def test_a_batch_has_a_list_for_each_example():
    """The examples come in the order in which the loss reads them."""
    model = network([2, 3, 2])
    xs, ys = [[0.0, 1.0], [1.0, -1.0], [2.0, 0.5]], [[0.0, 1.0], [1.0, 0.0], [0.5, 0.5]]
    single = []
    for x, y in zip(xs, ys, strict=True):
        loss = half_squared_error(model(x), y)
        loss.backward()
        single.append(deltas(model, loss))

    loss = half_squared_error([model(x) for x in xs], ys)
    loss.backward()

    for name, deltas_of in deltas(model, loss).items():
        assert deltas_of == [one[name] for one in single]


def test_the_mean_over_a_batch_divides_delta():
    """The loss is taken as it is: a mean of four numbers quarters what it answers."""
    model = network([2, 2])
    xs, ys = [[0.0, 1.0], [1.0, -1.0]], [[0.0, 1.0], [1.0, 0.0]]
    found = []
    for reduction in ("sum", "mean"):
        loss = mse_loss([model(x) for x in xs], ys, reduction)
        loss.backward()
        found.append(np.array(deltas(model, loss)["layers.0"]))

    assert found[1] == pytest.approx(found[0] / 4, rel=1e-14)


def test_a_model_may_be_called_layer_by_layer_or_in_a_larger_one():
    """Where a node was made is told by the module, not by who called it."""
    whole = nn.Module()
    whole.first, whole.second = nn.MLP(2, [3, 2], seed=0), nn.MLP(2, [1], seed=1)
    inner = whole.first
    hidden = inner.layers[1](inner.layers[0]([1.0, 2.0]))
    with scope("training"):
        loss = mse_loss(whole.second(hidden), 0.5)
    loss.backward()

    found = deltas(whole, loss)

    assert list(found) == ["first.layers.0", "first.layers.1", "second.layers.0"]
    assert deltas(inner, loss)["layers.0"] == found["first.layers.0"]
    assert deltas(inner.layers[0], loss) == {"Layer": found["first.layers.0"]}
    neuron = inner.layers[0].neurons[1]
    assert deltas(neuron, loss) == {"Neuron": [found["first.layers.0"][1]]}


def test_a_penalty_on_the_weights_is_no_weighted_sum():
    """Nodes that read a parameter outside of its layer's calls do not count."""
    model = network([2, 2])
    fit = half_squared_error(model([1.0, 2.0]), [0.0, 1.0])
    fit.backward()
    wanted = deltas(model, fit)

    penalty = dot(model.parameters(), model.parameters())
    loss = penalty + half_squared_error(model([1.0, 2.0]), [0.0, 1.0])
    loss.backward()

    assert deltas(model, loss) == wanted


def test_an_output_that_the_loss_ignores_has_delta_0():
    """A unit that is never reached answers to nothing."""
    model = nn.MLP(2, [3, 2], seed=0)
    loss = mse_loss(model([1.0, 2.0])[1], 0.5)
    loss.backward()

    first, second = deltas(model, loss)["layers.1"]

    assert first == 0.0
    assert second == loss.parents[0].parents[0].grad


def test_layers_that_the_loss_does_not_reach_are_left_out():
    """Of a model of which one part was called, the other has no δ."""
    whole = nn.Module()
    whole.used, whole.unused = nn.Layer(2, 1, seed=0), nn.Layer(2, 1, seed=1)
    (output,) = whole.used([1.0, 2.0])
    output.backward()

    assert list(deltas(whole, output)) == ["used"]


def test_a_frozen_layer_has_delta_as_long_as_a_gradient_flows_through():
    """Frozen weights on top pass it on; frozen ones below all others get none."""
    for frozen, wanted in ((0, ["layers.1"]), (1, ["layers.0", "layers.1"])):
        model = network([2, 2, 2])
        for parameter in model[frozen].parameters():
            parameter.requires_grad = False
        loss = half_squared_error(model([1.0, 2.0]), [0.0, 1.0])
        loss.backward()

        assert list(deltas(model, loss)) == wanted


class Written(nn.Module):
    """The same two units in other words: a matrix W and W @ x + b, or a loop."""

    def __init__(self, how):
        self._how = how
        self.weight = [[Value(0.5), Value(-1.0)], [Value(2.0), Value(0.25)]]
        self.bias = None if how == "no bias" else [Value(0.1), Value(-0.2)]

    def forward(self, x):
        """Return tanh of the two sums."""
        if self._how == "numpy":
            return list(np.tanh(np.array(self.weight) @ np.array(x) + self.bias))
        if self._how == "no bias":
            return [tanh(dot(row, x)) for row in self.weight]
        sums = []
        for row, total in zip(self.weight, self.bias, strict=True):
            for w, number in zip(row, x, strict=True):
                total = total + w * number
            sums.append(total)
        return [tanh(z) for z in sums]


@pytest.mark.parametrize("how", ["numpy", "loop", "no bias"])
def test_a_weighted_sum_may_be_written_in_any_way(how):
    """δ is the gradient before the activation, however z was added up."""
    model = Written(how)
    outputs = model([1.0, 2.0])
    loss = half_squared_error(outputs, [0.3, 0.4])
    loss.backward()

    (found,) = deltas(model, loss).values()

    sums = [output.parents[0] for output in outputs]
    assert found == gradient(loss, sums)
    (again,) = deltas(model, loss).values()
    assert again == found


def test_a_norm_is_no_layer_of_units():
    """What only scales and shifts has no weighted sum."""

    class Norm(nn.Module):
        def __init__(self):
            self.weight, self.bias = [Value(1.0), Value(1.0)], [Value(0.0), Value(0.0)]

        def forward(self, xs):
            pairs = zip(self.weight, xs, self.bias, strict=True)
            return [w * x + b for w, x, b in pairs]

    model = nn.Module()
    model.layer, model.norm = nn.Layer(2, 2, seed=0), Norm()
    loss = cross_entropy(model.norm(model.layer([1.0, 2.0])), 0)
    loss.backward()

    assert list(deltas(model, loss)) == ["layer"]


def test_the_steps_of_a_sequence_are_calls():
    """A unit that feeds itself has a δ for each step, the first step first."""
    cell = nn.Neuron(2, "sigmoid", random=Random(0))
    state, sums = Value(0.0), []
    for x in (1.0, -0.5, 2.0):
        state = cell([x, state])
        sums.append(state.parents[0])
    loss = half_squared_error(state, 0.75)
    loss.backward()

    assert deltas(cell, loss) == {"Neuron": [[z.grad] for z in sums]}
    assert sum(z.grad for z in sums) == pytest.approx(cell.bias.grad, rel=1e-15)


def test_a_convolution_is_called_at_every_place():
    """Its channels are the units; over all places their δ add up to ∂C/∂b."""
    model = Conv2d(1, 2, 2, seed=0)
    image = [[[0.1, 0.2, 0.3], [0.4, 0.5, 0.6]]]
    loss = half_squared_error(model(image), [[[1.0, 0.0]], [[0.0, 1.0]]])
    loss.backward()

    (places,) = deltas(model, loss).values()

    assert [len(channels) for channels in places] == [2, 2]
    for channel, bias in zip(zip(*places, strict=True), model.bias, strict=True):
        assert sum(channel) == pytest.approx(bias.grad, rel=1e-15)


# --- refusals -----------------------------------------------------------------------
def test_delta_is_read_after_the_backward_pass():
    """Before it there is nothing to read, and zeros would be wrong."""
    model = network([2, 2])
    loss = half_squared_error(model([1.0, 2.0]), [0.0, 1.0])

    with pytest.raises(GraphError, match=r"call loss.backward\(\) first"):
        deltas(model, loss)


def test_units_that_were_not_reached_equally_often_are_refused():
    """Where each example uses another output, no table of examples can be made."""
    model = nn.MLP(2, [3, 2], seed=0)
    outputs = [model([1.0, i]) for i in range(3)]
    loss = mse_loss([outputs[0][0], outputs[1][0], outputs[2][1]], [0.0, 0.0, 0.0])
    loss.backward()

    with pytest.raises(GraphError, match=r"layers.1 were reached \[1, 2\] times"):
        deltas(model, loss)


@pytest.mark.parametrize(("model", "loss"), [(3, sigmoid(Value(1.0))), (None, 1.0)])
def test_what_is_no_model_or_no_loss_is_refused(model, loss):
    """The message says what deltas takes."""
    with pytest.raises(OperandError, match="takes a Module and a Value, not"):
        deltas(model, loss)
    with pytest.raises(OperandError, match="not Sequential"):
        deltas(network([1, 1]), 1.0)
