"""What a flow report measures, and the verdicts on networks with known illnesses."""

import json
import math
import re
from statistics import fmean, pstdev

import pytest
from hypothesis import given
from hypothesis import strategies as st

import nn
from autograd_core import (
    Op,
    Value,
    clip,
    dot,
    maximum,
    no_grad,
    relu,
    scope,
    tanh,
    total,
)
from autograd_core.errors import (
    DomainError,
    OperandError,
    ShapeError,
    UnknownNameError,
)
from viz.gradient_flow import Thresholds, flow_report
from viz.gradient_flow.activity import dead_share, saturated_share
from viz.gradient_flow.statistics import statistics

from .networks import backward, network, points


def only(activation, widths, **changes):
    """Return the report on one of the networks."""
    model = network(activation, widths, **changes)
    return flow_report(model, backward(model))


def verdicts(report):
    """Return the verdict on each layer."""
    return [layer.verdict for layer in report.layers]


# --- verdicts -----------------------------------------------------------------------
@pytest.mark.parametrize("activation", ["tanh", "relu", "gelu", "elu", "leaky_relu"])
def test_a_network_with_its_usual_weights_is_healthy(activation):
    """Glorot's and He's weights keep four layers alive."""
    report = only(activation, [12] * 4)

    assert verdicts(report) == ["healthy"] * 5
    assert report.verdict == "healthy"


def test_a_deep_sigmoid_network_vanishes_towards_its_inputs():
    """Each sigmoid passes at most a quarter on, so the first layers starve."""
    report = only("sigmoid", [10] * 8, scale=0.5)

    assert verdicts(report)[0] == report.verdict == "vanishing"
    assert verdicts(report)[-3:] == ["healthy"] * 3
    norms = [layer.gradients.norm for layer in report.layers]
    assert norms == sorted(norms)


def test_relus_below_a_large_negative_bias_are_dead():
    """No example reaches them: all layers but the linear one are dead."""
    report = only("relu", [10, 10], bias=-20.0)

    assert verdicts(report) == ["dead", "dead", "healthy"]
    assert [layer.dead_share for layer in report.layers] == [1.0, 1.0, None]


@pytest.mark.parametrize("activation", ["tanh", "sigmoid", "erf"])
def test_large_weights_saturate_what_squashes(activation):
    """Most activations lie where tanh or its like is flat."""
    report = only(activation, [10] * 3, scale=40.0)

    assert report.verdict == "saturated"
    assert verdicts(report)[:3] == ["saturated"] * 3
    assert report.layers[-1].saturated_share is None


def test_large_weights_explode_where_nothing_squashes():
    """Seven layers of relus that each multiply by about ten."""
    report = only("relu", [10] * 6, scale=10.0)

    assert report.verdict == "exploding"
    assert verdicts(report)[0] == "exploding"
    assert report.layers[0].gradients.norm > 1e3 * report.layers[-1].gradients.norm


def test_a_number_that_is_not_finite_is_an_explosion():
    """The count is in the reason, and the other numbers are still described."""
    model = network("tanh", [4])
    loss = backward(model)
    model.layers[0].neurons[0].bias.data = math.inf
    (hidden, last) = flow_report(model, loss).layers

    assert (hidden.verdict, hidden.non_finite) == ("exploding", 1)
    assert hidden.reason == "1 numbers are inf or nan"
    assert math.isfinite(hidden.weights.norm)
    assert last.verdict == "healthy"


@pytest.mark.parametrize(
    ("limits", "verdict"),
    [
        ({"exploding_gradient": 1e-9}, "exploding"),
        ({"exploding_ratio": 1e-9}, "exploding"),
        ({"vanishing_gradient": 1e9}, "vanishing"),
        ({"vanishing_ratio": 1e9}, "vanishing"),
        ({"saturated_share": 0.0, "saturated_slope": 1.0}, "saturated"),
        ({"update_ratio_low": 1e9}, "vanishing"),
        ({"update_ratio_high": 1e-9}, "exploding"),
    ],
)
def test_every_limit_can_be_overridden(limits, verdict):
    """A healthy network is ill by stricter limits, which the report prints."""
    model = network("tanh", [5])
    loss = backward(model)
    updates = dict.fromkeys(dict(model.named_parameters()), 1e-3)
    usual = flow_report(model, loss, updates=updates)
    strict = flow_report(model, loss, updates=updates, thresholds=Thresholds(**limits))

    assert usual.verdict == "healthy"
    assert strict.verdict == verdict
    assert f"{next(iter(limits))} " in str(strict)


def test_a_cause_comes_before_its_symptoms():
    """A layer below a dead one gets no gradient, but what counts is its own death."""
    report = only("relu", [10, 10], bias=-20.0)

    assert report.layers[0].gradients.norm == 0.0
    assert report.layers[0].verdict == "dead"


def test_without_gradients_nothing_is_called_healthy():
    """Before backward() the verdict is unknown, and the report says what to do."""
    model = network("tanh", [4])
    report = flow_report(model, nn.cross_entropy(model(points()[0]), 1))

    assert report.verdict == "unknown"
    assert report.layers[0].activations is not None
    assert report.layers[0].gradients is None
    assert "call backward() on the loss" in str(report)


# --- measurements -------------------------------------------------------------------
def test_activations_and_gradients_are_those_of_the_layers():
    """The numbers equal those found by calling layer after layer."""
    model = network("tanh", [5, 4])
    seen = [[] for _ in model.layers]
    for x in points():
        for layer, signals in zip(model.layers, seen, strict=True):
            x = layer(x)
            signals += x
    logits = [seen[-1][i : i + 3] for i in range(0, len(seen[-1]), 3)]
    loss = nn.cross_entropy(logits, [i % 3 for i in range(40)])
    loss.backward()

    for layer, nodes in zip(flow_report(model, loss).layers, seen, strict=True):
        data, slopes = [n.data for n in nodes], [n.grad for n in nodes]
        assert layer.activations.mean == pytest.approx(fmean(data))
        assert layer.activations.std == pytest.approx(pstdev(data))
        assert layer.activations.norm == pytest.approx(math.hypot(*data))
        assert layer.gradients.mean == pytest.approx(fmean(slopes), abs=1e-15)
        assert layer.gradients.norm == pytest.approx(math.hypot(*slopes))
        assert (layer.units * layer.examples) == len(nodes)


def test_weights_and_their_gradients_are_measured():
    """All parameters of a layer, biases included, with or without the loss."""
    model = network("tanh", [5])
    loss = backward(model)

    for report in (flow_report(model), flow_report(model, loss)):
        for layer, module in zip(report.layers, model.layers, strict=True):
            weights = module.parameters()
            assert layer.weights.norm == math.hypot(*(p.data for p in weights))
            assert layer.weight_gradients.norm == math.hypot(*(p.grad for p in weights))


def test_an_update_is_compared_with_the_weights():
    """The ratio is that of the norms; what did not move has the logarithm -inf."""
    model = network("tanh", [2])
    names = [name for name, _ in model.named_parameters()]
    moved = {name: 0.01 * p.data for name, p in model.named_parameters()}

    assert [x.update_ratio for x in flow_report(model).layers] == [None, None]
    for layer in flow_report(model, updates=moved).layers:
        assert layer.log_update_ratio == pytest.approx(-2.0)
    for layer in flow_report(model, updates=dict.fromkeys(names, 0.0)).layers:
        assert layer.log_update_ratio == -math.inf
    del moved[names[0]]
    partly = flow_report(model, updates=moved).layers
    assert [x.update_ratio is None for x in partly] == [True, False]


@pytest.mark.parametrize("activation", ["tanh", "sigmoid"])
def test_saturation_is_makemores(activation):
    """|tanh| > 0.97, and a sigmoid at the same slope: within 0.015 of 0 or 1."""
    report = only(activation, [10], scale=4.0)
    model = network(activation, [10], scale=4.0)
    hidden = [unit.data for x in points() for unit in model.layers[0](x)]
    centred = [2 * a - 1 if activation == "sigmoid" else a for a in hidden]

    share = fmean(abs(a) > 0.97 for a in centred)
    assert 0 < share < 1
    assert report.layers[0].saturated_share == pytest.approx(share)


def test_dead_units_are_counted_one_by_one():
    """One neuron that no example reaches is a quarter of a layer of four."""
    model = nn.MLP(6, [4, 3], activation="relu", seed=0)
    model.layers[0].neurons[2].bias.data = -100.0
    (hidden, _) = flow_report(model, backward(model)).layers

    assert hidden.dead_share == 0.25
    assert hidden.verdict == "healthy"


def test_few_examples_tell_no_death():
    """On five examples a relu may be silent by chance, so nothing is said."""
    model = network("relu", [4], bias=-20.0)
    layer = flow_report(model, backward(model, count=5)).layers[0]

    assert (layer.examples, layer.dead_share) == (5, None)


def test_activity_is_told_by_slopes_and_not_by_names():
    """A row of one's own, a clipped line and a maximum are judged as what they are."""
    squash = Op("squash", lambda x: x / (1 + abs(x)), (lambda y, x: (1 - abs(y)) ** 2,))
    limits = Thresholds()
    xs = [Value(float(x)) for x in range(-20, 20)]

    assert saturated_share([squash(x) for x in xs], limits) > 0.5
    assert saturated_share([clip(x, -1.0, 1.0) for x in xs], limits) > 0.9
    assert dead_share([[maximum(x - 30.0, 0.0) for x in xs]], limits) == 1.0
    assert dead_share([[maximum(x, 0.0) for x in xs]], limits) == 0.0
    for function in (lambda x: x * x, lambda x: x.exp(), lambda x: 3 * x, Value.sqrt):
        nodes = [function(x) for x in xs]
        assert saturated_share(nodes, limits) is dead_share([nodes], limits) is None


@given(st.lists(st.floats(allow_nan=True, allow_infinity=True), max_size=30))
def test_statistics_hold_for_all_floats(xs):
    """Nothing overflows on the way, and every number is counted."""
    found = statistics(xs)
    finite = [x for x in xs if math.isfinite(x)]

    assert (found is None) == (not xs)
    if found is not None:
        assert found.count - found.non_finite == len(finite)
    if finite:
        assert min(finite) <= found.mean <= max(finite) or found.mean == pytest.approx(
            finite[0]
        )
        assert found.norm == math.hypot(*finite)


# --- which layers there are ---------------------------------------------------------
class Dense(nn.Module):
    """A layer of matrices, without neurons."""

    def __init__(self, n_in, n_out):
        self.weight = [
            [Value(0.1 * (i - j)) for i in range(n_in)] for j in range(n_out)
        ]
        self.bias = [Value(0.0) for _ in range(n_out)]

    def forward(self, x):
        """Compute the outputs."""
        pairs = zip(self.weight, self.bias, strict=True)
        return [dot(x, weights, bias) for weights, bias in pairs]


class Tanh(nn.Module):
    """An activation that is a module of its own."""

    def forward(self, xs):
        """Compute the outputs."""
        return [tanh(x) for x in xs]


class Functional(nn.Module):
    """Layers as attributes, the activation applied in between."""

    def __init__(self):
        self.hidden, self.out = Dense(6, 5), Dense(5, 3)

    def forward(self, x):
        """Compute the outputs."""
        return self.out([relu(z) for z in self.hidden(x)])


class Pair(nn.Module):
    """A module that holds two networks."""

    def __init__(self):
        self.encoder = nn.MLP(6, [4, 2], seed=0)
        self.decoder = nn.MLP(2, [4, 3], seed=1)

    def forward(self, x):
        """Compute the outputs."""
        return self.decoder(self.encoder(x))


class Mixed(nn.Module):
    """Neurons in two lists, a list of layers, and numbers of its own."""

    def __init__(self):
        self.parts = [Dense(6, 4), Tanh(), Dense(4, 3)]
        self.first = [nn.Neuron(3) for _ in range(2)]
        self.second = [nn.Neuron(2) for _ in range(3)]
        self.gain = [Value(1.5) for _ in range(3)]

    def forward(self, x):
        """Compute the outputs."""
        for part in self.parts:
            x = part(x)
        x = [neuron(x) for neuron in self.first]
        return [n(x) * g for n, g in zip(self.second, self.gain, strict=True)]


def names_and_units(model, depth=None):
    """Return the name and the units of each layer in the report."""
    report = flow_report(model, backward(model), depth=depth)
    return [(layer.name, layer.units) for layer in report.layers]


@pytest.mark.parametrize(
    ("model", "depth", "expected"),
    [
        (Functional(), None, [("hidden", 5), ("out", 3)]),
        (
            Pair(),
            None,
            [
                ("encoder.layers.0", 4),
                ("encoder.layers.1", 2),
                ("decoder.layers.0", 4),
                ("decoder.layers.1", 3),
            ],
        ),
        (Pair(), 1, [("encoder", 2), ("decoder", 3)]),
        (Pair(), 0, [("Pair", 3)]),
        (
            Mixed(),
            None,
            [
                ("parts.0", 4),
                ("parts.1", 4),
                ("parts.2", 3),
                ("first", 2),
                ("second", 3),
                ("Mixed", 3),
            ],
        ),
        (nn.MLP(6, [2, 3], seed=0), 2, [(f"layers.0.neurons.{i}", 1) for i in (0, 1)]),
        (nn.Layer(6, 3, seed=0), None, [("Layer", 3)]),
    ],
)
def test_layers_are_found_in_any_tree(model, depth, expected):
    """Modules with parameters are layers; neurons count as units of their holder."""
    assert names_and_units(model, depth)[: len(expected)] == expected


def test_an_activation_applied_by_the_model_belongs_to_the_layer():
    """The hidden layer is judged by the relus that its holder applies to it."""
    model = Functional()
    for bias in model.hidden.bias:
        bias.data = -100.0
    hidden, _ = flow_report(model, backward(model)).layers

    assert (hidden.dead_share, hidden.verdict) == (1.0, "dead")


def test_a_part_is_reported_alone_though_its_name_occurs_twice():
    """Both networks have `layers.0`; each report shows the one it was asked for."""
    model = Pair()
    loss = backward(model)
    whole = {layer.name: layer for layer in flow_report(model, loss).layers}

    for part in ("encoder", "decoder"):
        for layer in flow_report(getattr(model, part), loss).layers:
            same = whole[f"{part}.{layer.name}"]
            assert layer.activations == same.activations
            assert layer.gradients == same.gradients


def test_a_model_may_be_called_in_a_scope_or_layer_by_layer():
    """Where the call stood does not change what is measured."""
    model = network("tanh", [4])
    plain = flow_report(model, backward(model)).layers
    model.zero_grad()
    with scope("training"):
        inside = flow_report(model, backward(model)).layers
    model.zero_grad()
    hidden, out = model.layers
    apart = flow_report(model, backward(lambda x: out(hidden(x)))).layers

    assert plain == inside == apart


def test_a_module_with_only_its_own_parameters_is_a_layer():
    """Its nodes are found by its class, since its path is empty."""

    class Scale(nn.Module):
        def __init__(self):
            self.factor = Value(2.0)

        def forward(self, x):
            """Compute the outputs."""
            return self.factor * x

    model = Scale()
    loss = total([model(3.0), model(1.0)]) + 100.0
    loss.backward()
    (layer,) = flow_report(model, loss).layers

    assert (layer.name, layer.units, layer.examples) == ("Scale", 1, 2)
    assert layer.activations.mean == 4.0


def test_a_frozen_layer_is_unknown_and_the_rest_is_judged():
    """No gradient is wanted there, so its lack says nothing about the others."""
    model = network("tanh", [4])
    for parameter in model.layers[0].parameters():
        parameter.requires_grad = False
    report = flow_report(model, backward(model))

    assert verdicts(report) == ["unknown", "healthy"]
    assert report.verdict == "healthy"
    assert "layers.0 is unknown: no gradient is known; it is frozen" in str(report)


def test_a_layer_outside_of_the_loss_is_unknown():
    """It stands last, with its weights and the reason."""
    model = Pair()
    loss = total(model.decoder([1.0, 2.0]))
    loss.backward()
    report = flow_report(model, loss)

    assert [layer.name for layer in report.layers][:2] == [
        "decoder.layers.0",
        "decoder.layers.1",
    ]
    assert verdicts(report)[2:] == ["unknown"] * 2
    assert "encoder.layers.0 is unknown: no gradient is known" in str(report)


# --- the text and the data ----------------------------------------------------------
def test_the_table_is_aligned_and_fits():
    """Numbers end in one column, no line is longer than a terminal's hundred."""
    lines = str(only("sigmoid", [10] * 8, scale=0.5)).splitlines()
    table = lines[: lines.index("")]

    assert len(table) == 2 + 9
    assert len({line.rindex("%") for line in table[2:-1]}) == 1
    assert max(map(len, lines)) <= 100


def test_the_text_says_why_and_what_helps():
    """Each layer that is ill has its line, each illness its advice, once."""
    text = str(only("sigmoid", [10] * 8, scale=0.5))

    assert re.search(r"layers.0 is vanishing: its gradient norm is \S+ times", text)
    assert text.count("if vanishing: use relu") == 1
    assert "vanishing_ratio 0.001" in text.replace("\n    ", " ")
    assert " is healthy" not in text


def test_without_a_loss_the_text_says_how_to_see_more():
    """Only weights are in the table, and a line names the call."""
    model = network("tanh", [4])
    backward(model)
    text = str(flow_report(model))

    assert "flow_report(model, loss)" in text
    assert "weights" in text.splitlines()[0]
    assert "activations" not in text.splitlines()[0]


def test_a_loss_of_another_model_is_noticed():
    """The report names the likely reasons instead of showing nothing."""
    model = network("tanh", [4])
    with no_grad():
        constant = nn.cross_entropy(model(points()[0]), 1)

    for loss in (Value(1.0), constant):
        assert "holds no node of the model's layers" in str(flow_report(model, loss))


def test_a_report_is_data():
    """as_dict() is plain JSON, strictly: what is not finite is None."""
    model = network("tanh", [4])
    loss = backward(model)
    model.layers[0].neurons[0].bias.data = math.inf
    limits = Thresholds(exploding_ratio=math.inf)
    data = flow_report(model, loss, thresholds=limits).as_dict()

    assert json.loads(json.dumps(data, allow_nan=False)) == data
    assert data["verdict"] == "exploding"
    assert [layer["non_finite"] for layer in data["layers"]] == [1, 0]
    assert data["layers"][0]["activations"]["count"] == 4 * 40
    assert data["thresholds"]["exploding_ratio"] is None
    assert data["thresholds"]["vanishing_ratio"] == 1e-3


def test_a_report_leaves_the_graph_as_it_was():
    """No gradient, number or label changes."""
    model = network("tanh", [4])
    loss = backward(model)
    before = [(p.data, p.grad, p.label) for p in model.parameters()]
    str(flow_report(model, loss))

    assert before == [(p.data, p.grad, p.label) for p in model.parameters()]


# --- errors -------------------------------------------------------------------------
MODEL = nn.MLP(6, [3], seed=0)


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (
            lambda: flow_report([1.0]),
            OperandError,
            r"such as an nn\.Module; got \[1.0\]",
        ),
        (lambda: flow_report(nn.MLP), OperandError, "named_parameters"),
        (lambda: flow_report(MODEL, 3.0), OperandError, "one Value, .* got 3.0 of"),
        (lambda: flow_report(MODEL, depth=-1), ShapeError, "from 0 up, .* got -1"),
        (lambda: flow_report(MODEL, depth="1"), ShapeError, "got '1'"),
        (
            lambda: flow_report(MODEL, thresholds={"dead_share": 1}),
            OperandError,
            r"viz\.Thresholds\(name=limit",
        ),
        (
            lambda: flow_report(MODEL, updates={"layers.0.weight": 1.0}),
            UnknownNameError,
            "no parameter is called 'layers.0.weight'; did you",
        ),
        (
            lambda: flow_report(MODEL, updates=[1.0]),
            OperandError,
            "a mapping .*; got li",
        ),
        (
            lambda: flow_report(MODEL, updates={"layers.0.neurons.0.bias": "1"}),
            OperandError,
            "takes a number, not '1'",
        ),
        (lambda: Thresholds(dead_share=-1), DomainError, r"dead_share=.*0 up, not -1"),
        (lambda: Thresholds(dead_share=math.nan), DomainError, "not nan"),
        (lambda: Thresholds(dead_share="x"), DomainError, "not 'x'"),
        (lambda: Thresholds(dead_share=True), DomainError, "not True"),
    ],
)
def test_what_cannot_be_reported_is_refused(call, error, words):
    """The message names what was found and what to pass instead."""
    with pytest.raises(error, match=words):
        call()
