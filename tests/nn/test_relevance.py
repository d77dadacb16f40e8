"""Relevance is conserved, and each rule is its published formula.

Conservation is judged by the rounding that it allows: a node hands on its relevance in
fractions, each rounded a few times, so that a sum is off by a few ULP of the magnitudes
of all that was handed on, however many layers there are.
"""

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import nn
from autograd_core import (
    OPS,
    Op,
    Value,
    dot,
    logsumexp,
    maximum,
    mean,
    minimum,
    power,
    prod,
    record_source,
    relu,
    tanh,
    total,
    where,
)
from autograd_core import topological_order as nodes_below
from autograd_core.errors import (
    DomainError,
    GraphError,
    NonFiniteError,
    OperandError,
    ShapeError,
    UnknownNameError,
)
from nn.explaining import gradient_times_input, relevance
from nn.layers.attention import CausalSelfAttention
from nn.layers.containers import Flatten, Residual, Sequential
from nn.layers.convolution import AvgPool2d, Conv2d, MaxPool2d
from nn.layers.linear import Linear
from nn.layers.normalization import LayerNorm, RMSNorm
from nn.layers.recurrent import LSTMCell
from nn.nested import flat

EPS = 2.0**-52
numbers = st.floats(-3, 3)
triples = st.lists(numbers, min_size=3, max_size=3)
seeds = st.integers(0, 1000)
widths = st.lists(st.integers(1, 5), min_size=1, max_size=3)
activations = st.sampled_from(["relu", "tanh", "sigmoid", "leaky_relu", "silu"])


def allowed(output, x, **options):
    """Return the rounding of all that was handed on, as the docstring above has it."""
    between, readers = set(flat(x)), {}
    order = nodes_below(output)
    for node in order:
        if not between.isdisjoint(node.parents):
            between.add(node)
            for parent in node.parents:
                readers[parent] = readers.get(parent, 0) + 1
    parts = relevance(output, list(between), **options)
    return EPS * (8 + max(readers.values())) * sum(map(abs, parts)) + 1e-300


def array(tree):
    """Return nested lists as an array."""
    return np.array(tree, dtype=float)


# --- the formulas of the papers, in numpy -------------------------------------------
def safe(numerator, divisor):
    """Divide, and give 0 where there is nothing to divide by."""
    return np.divide(numerator, divisor, out=np.zeros_like(numerator),
                     where=divisor != 0)  # fmt: skip


def sign(x):
    """Return the sign of each number, 1 at 0."""
    return np.where(np.signbit(x), -1.0, 1.0)


def lrp_epsilon(w, b, a, r, epsilon):
    """R_j = Σ_k a_j·w_jk/(z_k + ε·sign z_k)·R_k (Montavon et al. 2019)."""
    z = w @ a + b
    return a * (w.T @ safe(r, z + epsilon * sign(z)))


def lrp_gamma(w, b, a, r, gamma):
    """Boost what has the sign of z_k (the same, for sums of either sign)."""
    z = w @ a + b
    terms, own = w * a, np.array(b)
    terms = terms + gamma * np.where(terms * z[:, None] > 0, terms, 0)
    own = own + gamma * np.where(own * z > 0, own, 0)
    return terms.T @ safe(r, terms.sum(axis=1) + own)


def lrp_z_plus(w, b, a, r):
    """R_j = Σ_k (a_j·w_jk)⁺/Σ(a·w)⁺·R_k (Bach et al. 2015, α = 1, β = 0)."""
    terms = np.maximum(w * a, 0)
    return terms.T @ safe(r, terms.sum(axis=1) + np.maximum(b, 0))


def lrp_z_box(w, a, r, low, high):
    """R_j = Σ_k (a·w - l·w⁺ - h·w⁻)/Σ(...)·R_k (Montavon et al. 2017)."""
    terms = w * a - low * np.maximum(w, 0) - high * np.minimum(w, 0)
    return terms.T @ safe(r, terms.sum(axis=1))


FORMULAS = {
    "zero": lambda w, b, a, r: lrp_epsilon(w, b, a, r, 0.0),
    "epsilon": lambda w, b, a, r: lrp_epsilon(w, b, a, r, 0.125),
    "gamma": lambda w, b, a, r: lrp_gamma(w, b, a, r, 0.5),
    "z_plus": lrp_z_plus,
}


def dense(seed, sizes, activation="relu", biased=True):
    """Return an MLP with random biases, its layers as arrays, and an input."""
    random = np.random.default_rng(seed)
    model = nn.MLP(sizes[0], sizes[1:], activation=activation, seed=seed)
    for layer in model.layers:
        for neuron in layer.neurons:
            neuron.bias.data = random.normal() if biased else 0.0
    state = [tuple(map(array, layer.state_dict().values())) for layer in model.layers]
    return model, state, random.uniform(0.1, 0.9, size=sizes[0])


def walked_back(state, x, activation, target, formulas):
    """Return the relevance of x, layer by layer, each by its own formula."""
    signals = [x]
    for i, (w, b) in enumerate(state):
        z = w @ signals[-1] + b
        last = i == len(state) - 1
        signals.append(z if last else array([OPS[activation](float(t)) for t in z]))
    r = np.zeros(len(signals[-1]))
    r[target] = signals[-1][target]
    for i in reversed(range(len(state))):
        r = formulas[i](*state[i], signals[i], r)
    return r


@pytest.mark.parametrize("rule", sorted(FORMULAS))
@given(seeds, st.sampled_from(["relu", "tanh", "sigmoid"]), st.integers(0, 1))
def test_a_rule_is_its_published_formula(rule, seed, activation, target):
    """On dense layers with biases the walk gives what matrices give, layer by layer."""
    model, state, x = dense(seed, [4, 5, 3, 2], activation)

    found = relevance(model, x, target, rule=rule, epsilon=0.125, gamma=0.5)

    wanted = walked_back(state, x, activation, target, [FORMULAS[rule]] * 3)
    scale = np.abs(wanted).max() + 1.0
    assert isinstance(found, np.ndarray)
    assert found == pytest.approx(wanted, rel=1e-9, abs=1e-12 * scale)


@given(seeds)
def test_bounded_inputs_follow_z_box_and_layers_their_own_rule(seed):
    """A composite as the papers use it: z^B for pixels, then γ, then 0 at the top."""
    model, state, x = dense(seed, [4, 5, 3, 2])

    found = relevance(
        model,
        x.tolist(),
        1,
        rule={"layers.1": "gamma", "": "zero"},
        gamma=0.5,
        bounds=(0.0, [1.0] * 4),
    )

    formulas = [
        lambda w, b, a, r: lrp_z_box(w, a, r, 0.0, 1.0),
        FORMULAS["gamma"],
        FORMULAS["zero"],
    ]
    wanted = walked_back(state, x, "relu", 1, formulas)
    scale = np.abs(wanted).max() + 1.0
    assert found == pytest.approx(wanted.tolist(), rel=1e-9, abs=1e-12 * scale)


def test_a_path_that_is_misspelt_is_named_beside_those_that_are():
    """A rule for a module that made no node would change nothing, silently."""
    model, _, x = dense(0, [3, 4, 1])

    with pytest.raises(UnknownNameError, match=r"'layer\.1'; did you mean"):
        relevance(model, x, rule={"layer.1": "gamma"})


def test_a_layer_that_no_path_names_follows_epsilon():
    """A dict that leaves layers out leaves them at the default."""
    model, _, x = dense(0, [3, 4, 1])

    named = relevance(model, x, rule={"layers.0": "zero", "layers.1": "epsilon"})
    rest = relevance(model, x, rule={"layers.0": "zero"})
    wrong = relevance(model, x, rule={"layers.0": "zero"}, epsilon=1.0)

    assert named.tolist() == rest.tolist() != wrong.tolist()


# --- conservation -------------------------------------------------------------------
@given(triples, widths, activations, seeds, st.sampled_from(["zero", "gamma"]))
def test_without_biases_relevance_is_conserved(x, hidden, activation, seed, rule):
    """The parts of the inputs sum to the output, to rounding, in any dense network."""
    model = nn.MLP(3, [*hidden, 1], activation=activation, seed=seed)
    nodes = [Value(number) for number in x]
    output = model(nodes)
    assume(all(number for number in x) and output.data)

    parts = relevance(output, nodes, rule=rule)

    slack = allowed(output, nodes, rule=rule)
    assert abs(math.fsum(parts) - output.data) <= slack


@given(triples, widths, activations, seeds)
def test_what_biases_absorb_is_what_they_would_get_as_inputs(x, hidden, kind, seed):
    """Asked for the biases too, the walk leaves nothing out."""
    model, _, _ = dense(seed, [3, *hidden, 1], kind)
    nodes = [Value(number) for number in x]
    output = model(nodes)
    biases = [neuron.bias for layer in model.layers for neuron in layer.neurons]
    assume(all(number for number in x) and output.data)

    parts = relevance(output, [nodes, biases], rule="zero")

    slack = allowed(output, nodes, rule="zero")
    assert abs(math.fsum(flat(parts)) - output.data) <= slack
    alone = relevance(output, nodes, rule="zero")
    assert alone == pytest.approx(parts[0], rel=1e-9, abs=slack)


@given(triples, seeds)
def test_biases_that_are_spread_keep_nothing(x, seed):
    """Each term of a sum takes an equal part of the bias, and all is conserved."""
    model, state, _ = dense(seed, [3, 4, 1], "tanh")
    nodes = [Value(number) for number in x]
    output = model(nodes)
    assume(all(number for number in x) and output.data)

    parts = relevance(output, nodes, rule="zero", bias="spread")

    slack = allowed(output, nodes, rule="zero", bias="spread")
    assert abs(math.fsum(parts) - output.data) <= slack

    def spread(w, b, a, r):
        terms = w * a + b[:, None] / len(a)
        return terms.T @ safe(r, terms.sum(axis=1))

    wanted = walked_back(state, array(x), "tanh", 0, [spread] * 2)
    assert parts == pytest.approx(wanted.tolist(), rel=1e-9, abs=slack)


def convolution(seed):
    """Return a convolution whose weights are shared, both poolings and a sum."""
    return Sequential(
        Conv2d(1, 2, 2, bias=False, seed=seed), relu, MaxPool2d(2),
        Conv2d(2, 3, 2, padding=1, bias=False, seed=seed), relu, AvgPool2d(2),
        Flatten(0), Linear(3, 2, bias=False, seed=seed),
    )  # fmt: skip


def recurrent(seed):
    """Return the last output of an LSTM over a sequence, without biases."""
    cell = LSTMCell(2, 3, bias=False, seed=seed)

    def run(steps):
        state = None
        for step in steps:
            state = cell(step, state)
        return state[0]

    return run


STRUCTURES = {
    "convolution": (convolution, (1, 5, 5)),
    "residual": (
        lambda seed: Sequential(
            Residual(Sequential(Linear(4, 4, bias=False, seed=seed), relu)),
            Residual(Sequential(Linear(4, 4, bias=False, seed=seed + 1), tanh)),
        ),
        (4,),
    ),
    "attention": (
        lambda seed: lambda x: CausalSelfAttention(4, 2, seed=seed)(x)[-1],
        (3, 4),
    ),
    "layer norm": (lambda seed: LayerNorm(4, elementwise_affine=False), (4,)),
    "root mean square": (lambda seed: RMSNorm(4), (4,)),
    "recurrent": (recurrent, (3, 2)),
}


@pytest.mark.parametrize("name", sorted(STRUCTURES))
@given(seed=seeds)
def test_every_structure_conserves_relevance(name, seed):
    """Shared weights, skips, winners, gates and shares: nothing is lost or made."""
    make, shape = STRUCTURES[name]
    draws = np.random.default_rng(seed).normal(size=shape)
    x = np.array([Value(d) for d in draws.ravel()], dtype=object).reshape(shape)
    output = make(seed)(x.tolist())[0]

    parts = relevance(output, x, rule="zero")

    assert parts.shape == shape
    slack = allowed(output, x, rule="zero")
    assert abs(math.fsum(parts.ravel()) - output.data) <= slack


@given(triples, seeds)
def test_epsilon_absorbs_and_the_rest_is_conserved(x, seed):
    """The larger ε, the smaller the sum, which is never of the other sign."""
    w = np.random.default_rng(seed).normal(size=3).tolist()
    output = dot(w, [Value(number) for number in x])
    assume(abs(output.data) > 1e-6)

    sums = [
        sum(relevance(output, output.parents[3:6], epsilon=epsilon))
        for epsilon in (0.0, 0.5, 5.0)
    ]

    wanted = [output.data / (1 + e / abs(output.data)) for e in (0.0, 0.5, 5.0)]
    assert sums == pytest.approx(wanted, rel=1e-9)


# --- what a node hands on -----------------------------------------------------------
@given(triples, triples, numbers)
def test_a_fused_sum_shares_as_its_written_form(x, w, bias):
    """`dot` and the sums and products that it stands for hand on the same by LRP-0."""
    fused = [Value(number) for number in x]
    plain = [Value(number) for number in x]
    one = dot(w, fused, bias)
    other = OPS["dot"].definition(*w, *plain, bias)
    sums = np.abs(np.cumsum([bias, *(a * b for a, b in zip(x, w, strict=True))]))
    assume(sums.min() > 1e-3)

    found = relevance(one, fused, rule="zero")

    assert relevance(other, plain, rule="zero") == pytest.approx(found, rel=1e-9)


@given(triples, seeds)
def test_rectifiers_without_bias_get_their_gradient_times_the_input(x, seed):
    """There LRP-0 is that product (Shrikumar et al. 2016), as is known."""
    model = nn.MLP(3, [4, 4, 1], activation="relu", seed=seed)

    found = relevance(model, x, rule="zero")

    wanted = gradient_times_input(model, x)
    assert found == pytest.approx(wanted, rel=1e-7, abs=1e-12)


a, b, c = 3.0, -1.0, 2.0
LOGS = math.exp(a) + math.exp(b) + math.exp(c)


@pytest.mark.parametrize(
    ("function", "wanted"),
    [
        (lambda a, b, c: a + b, [3.0, -1.0, 0.0]),
        (lambda a, b, c: a - b, [3.0, 1.0, 0.0]),
        (lambda a, b, c: a + 5.0, [3.0, 0.0, 0.0]),
        (lambda a, b, c: total([a, b, c]), [3.0, -1.0, 2.0]),
        (lambda a, b, c: mean([a, b, c, 4.0]), [0.75, -0.25, 0.5]),
        (lambda a, b, c: dot([a, 2.0, b], [c, 3.0, b], c), [3.0, 1.0, 5.0]),
        (lambda a, b, c: dot([2.0, 1.0], [5.0, a], b), [3.0, -1.0, 0.0]),
        (lambda a, b, c: -(4 * a), [-12.0, 0.0, 0.0]),
        (lambda a, b, c: a * b, [-1.5, -1.5, 0.0]),
        (lambda a, b, c: a * a, [9.0, 0.0, 0.0]),
        (lambda a, b, c: prod([a, b, c, 2.0]), [-4.0, -4.0, -4.0]),
        (lambda a, b, c: a / c, [1.5, 0.0, 0.0]),
        (lambda a, b, c: 6.0 / c, [0.0, 0.0, 3.0]),
        (lambda a, b, c: (a + b) / c, [1.5, -0.5, 0.0]),
        (lambda a, b, c: maximum(a, c), [3.0, 0.0, 0.0]),
        (lambda a, b, c: maximum(a, a + 0.0), [3.0, 0.0, 0.0]),
        (lambda a, b, c: maximum(c, 2.0), [0.0, 0.0, 1.0]),
        (lambda a, b, c: minimum(a, b), [0.0, -1.0, 0.0]),
        (lambda a, b, c: where(a > b, c, a), [0.0, 0.0, 2.0]),
        (lambda a, b, c: a.tanh().exp() * 2, [2 * math.exp(math.tanh(3)), 0.0, 0.0]),
        (lambda a, b, c: c.log1p() ** 3.0, [0.0, 0.0, math.log(3) ** 3]),
        (lambda a, b, c: a, [3.0, 0.0, 0.0]),
        (
            lambda a, b, c: logsumexp([a, b, c]),
            [math.exp(x) / LOGS * math.log(LOGS) for x in (a, b, c)],
        ),
    ],
)
def test_each_op_hands_on_by_its_row_of_the_table(function, wanted):
    """Sums in proportion, products evenly, choices to the winner, the rest as it is.

    In dot([a, 2, b], [c, 3, b], c) the pair a·c is shared by both and b·b falls to b;
    what falls to the constants 2·3 is absorbed.
    """
    x = [Value(a), Value(b), Value(c)]
    output = function(*x)
    assert relevance(output, x, rule="zero") == pytest.approx(wanted, rel=1e-15)


def test_constants_take_nothing():
    """A gate that is held counts as a weight: the signal takes all (Arras 2017)."""
    x, gate_in = Value(3.0), Value(0.5)
    gate = gate_in.sigmoid()
    output = gate * x.tanh()

    both = relevance(output, [x, gate_in])
    held = relevance(output, [x, gate_in], constants=gate)

    assert both == [output.data / 2] * 2
    assert held == [output.data, 0.0]
    assert relevance(output, [x, gate_in], constants=[[gate]]) == held


def test_a_sum_of_zero_ends_there():
    """What cancels exactly has nothing to share by; a zero is no one's work."""
    x = [Value(2.0), Value(-2.0)]
    nothing = (x[0] + x[1]).exp() * 3

    assert relevance(nothing, x, rule="zero") == [0.0, 0.0]
    assert relevance(x[0] * 0.0, x[:1]) == [0.0]
    assert all(map(math.isfinite, relevance(nothing, x, epsilon=1e-9)))


def test_units_in_between_are_explained_too():
    """Their relevances sum to the output as the inputs' do."""
    model, _, x = dense(4, [3, 4, 1], biased=False)
    nodes = [Value(number) for number in x]
    output = model(nodes)

    hidden = relevance(output, model.layers[0].a, rule="zero")

    assert sum(hidden) == pytest.approx(output.data, rel=1e-12)
    whole = relevance(output, [nodes, model.layers[0].a], rule="zero")
    assert whole[1] == hidden


# --- rules of one's own -------------------------------------------------------------
def test_the_table_is_extended_by_the_name_of_an_op():
    """A rule reads a Step, and gives each operand its part."""
    x, y = Value(3.0), Value(4.0)
    steps = []

    def to_the_exponent(step):
        steps.append(step)
        return [0.0, step.relevance]

    output = power(x, y) + 1.0
    parts = relevance(output, [x, y], rule="zero", rules={"power": to_the_exponent})

    assert parts == [0.0, 81.0]
    (step,) = steps
    assert (step.relevance, step.carries) == (81.0, [True, True])
    assert step.node.operands == (3.0, 4.0)


def test_an_op_of_ones_own_has_a_rule_too():
    """It need not stand in the op table."""
    blend = Op("blend", lambda a, b: 0.25 * a + 0.75 * b,
               (lambda y, a, b: 0.25, lambda y, a, b: 0.75))  # fmt: skip
    x = [Value(4.0), Value(8.0)]

    found = relevance(
        blend(*x),
        x,
        rules={"blend": lambda step: [0.25 * step.relevance, 0.75 * step.relevance]},
    )

    assert found == [1.75, 5.25]


def test_a_way_to_share_is_a_function_of_the_terms():
    """The bias is the last of them; here every term takes the same (Bach's flat)."""
    x = [Value(3.0), Value(5.0)]

    found = relevance(
        dot([1.0, 2.0], x, 3.0), x, rule=lambda terms: [1 / len(terms)] * len(terms)
    )

    assert found == pytest.approx([16 / 3, 16 / 3])


# --- the graph ----------------------------------------------------------------------
def test_nothing_is_changed_and_the_recorded_values_count():
    """No data and no gradient moves; steps taken since the forward pass do not show."""
    model, _, x = dense(2, [3, 4, 1])
    nodes = [Value(number) for number in x]
    output = model(nodes)
    output.backward()
    before = [(node.data, node.grad, node.has_grad) for node in nodes_below(output)]

    parts = relevance(output, nodes)

    assert before == [(n.data, n.grad, n.has_grad) for n in nodes_below(output)]
    for parameter in model.parameters():
        parameter.data += 1.0
    assert relevance(output, nodes) == parts


def test_inputs_may_be_constants_and_some_unused():
    """They need no gradient; what the output does not look at has no part in it."""
    x = [Value(2.0, requires_grad=False), Value(3.0)]

    assert relevance(x[0] * 4.0 + 0.0, x) == pytest.approx([8.0, 0.0])


def test_a_chain_of_any_length_is_walked():
    """A hundred thousand nodes are no recursion."""
    x = y = Value(1.0)
    for _ in range(100_000):
        y = y * 1.0

    assert relevance(y, x) == 1.0


# --- bad input ----------------------------------------------------------------------
def of_two(function, **options):
    """Return the relevance of a function of two numbers."""
    return relevance(function, [2.0, 3.0], **options)


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"rule": "epsilom"}, UnknownNameError, "did you mean 'epsilon'"),
        ({"rule": {"": "gama"}}, UnknownNameError, "did you mean 'gamma'"),
        ({"rule": {"layer": "zero"}}, UnknownNameError, "no module .* 'layer'"),
        ({"rule": lambda terms: [1.0]}, ShapeError, "takes 3 terms.* returned 1$"),
        (
            {"epsilon": -1.0},
            DomainError,
            "finite number from 0 up, not -1.0",
        ),
        (
            {"gamma": math.nan},
            DomainError,
            "gamma takes .*, not nan",
        ),
        ({"bias": "spred"}, UnknownNameError, "did you mean 'spread'"),
        ({"bounds": (0, 1)}, DomainError, r"\(0\.0, 1\.0\) do not hold"),
        ({"bounds": (-math.inf, 9)}, DomainError, "bounds are finite"),
        ({"bounds": 0.5}, OperandError, r"a pair \(low, high\), not 0\.5"),
        ({"bounds": ([0], 9)}, ShapeError, r"shape \(2,\) of the inputs; got \(1,\)"),
        ({"rules": {"dto": max}}, UnknownNameError, "did you mean 'dot'"),
        ({"rules": {"dot": 1}}, OperandError, "takes a function of a Step, not 1"),
        ({"rules": {"add": lambda step: [1.0]}}, ShapeError, "returns 2 numbers.* 1$"),
        ({"target": 1}, ShapeError, "no target 1 in a single number"),
        ({"function": lambda x: x[0] / 0}, NonFiniteError, "the output is Value.*inf"),
        ({"function": lambda x: Value(1.0)}, GraphError, "none of the inputs"),
    ],
)
def test_what_cannot_be_asked_is_refused(options, error, words):
    """The message says what is wrong and what there is."""
    with pytest.raises(error, match=words):
        of_two(**({"function": lambda x: x[0] + x[1]} | options))


def test_an_op_without_a_rule_is_named_with_its_line():
    """Where more than one operand depends on the inputs, no rule can be guessed."""
    with pytest.raises(GraphError, match=r"no rule for 'power', of which 2 operands"):
        of_two(lambda x: x[0] ** x[1])
    with record_source(), pytest.raises(GraphError, match=r"test_relevance\.py:\d+"):
        of_two(lambda x: x[0] ** x[1])
    assert of_two(lambda x: x[0] ** 2.0 * 1.0) == [4.0, 0.0]


def test_numbers_in_place_of_nodes_are_refused():
    """An output belongs to the nodes it was computed from."""
    x = Value(2.0)
    with pytest.raises(OperandError, match=r"the nodes it was computed from, not 2\.0"):
        relevance(x * 3, 2.0)
