"""Networks of every layer, traced or taken from a graph: the engine's numbers."""

from collections.abc import Callable
from random import Random
from typing import Any

import numpy as np
import pytest
from program_forms import CLOSE, assert_near, engine, run_source, sizes

import nn
from autograd_core import Value, logsumexp, softmax, tanh, total
from autograd_core.errors import TraceError
from autograd_core.program import Program, jit, trace

Numbers = list[Any]


def drawn(random: Random, *shape: int) -> Any:
    """Draw nested lists of numbers."""
    if not shape:
        return random.gauss(0.0, 1.0)
    return [drawn(random, *shape[1:]) for _ in range(shape[0])]


# --- models -------------------------------------------------------------------------
def elementary(random: Random) -> tuple[Any, Any, Any]:
    """Return neurons written with `*` and `+`, and a hinge loss with a penalty."""
    count = 6 * 3 + 6 * 7 + 7
    p = [Value(x) for x in drawn(random, count)]
    xs = drawn(random, 5, 2)
    loss: Any = 0.0
    for x, y in zip(xs, (1, -1, 1, 1, -1), strict=True):
        h, k = list(x), 0
        for n_out in (6, 6, 1):
            rows = []
            for _ in range(n_out):
                w, k = p[k : k + len(h)], k + len(h) + 1
                s = sum((a * b for a, b in zip(w, h, strict=True)), p[k - 1])
                rows.append(s if n_out == 1 else s.relu())
            h = rows
        loss = loss + (1 + -y * h[0]).relu() / 5
    return loss + 1e-2 * sum(a * a for a in p), p, None


def mlp(random: Random) -> tuple[Any, Any, Any]:
    """Return a batch of examples and indices of classes."""
    model = nn.MLP(4, [7, 3], seed=0)
    loss = nn.cross_entropy(model(drawn(random, 6, 4)), [0, 1, 2, 2, 1, 0])
    return loss, model.parameters(), model


def convolution(random: Random) -> tuple[Any, Any, Any]:
    """Return feature maps, pooled by maximum and by mean."""
    model = nn.Sequential(
        *(nn.Conv2d(2, 3, 3, padding=1, seed=0), "relu", nn.MaxPool2d(2)),
        *(nn.Conv2d(3, 2, 2, seed=1), "tanh", nn.AvgPool2d(2, stride=1)),
        *(nn.Flatten(0), nn.Linear(2, 3, seed=2)),
    )
    loss = nn.cross_entropy(model(drawn(random, 2, 6, 6)), 1)
    return loss, model.parameters(), model


def recurrent(kind: Any) -> Callable[[Random], tuple[Any, Any, Any]]:
    """Return a recurrent network on a sequence, and one on a batch of them."""

    def build(random: Random) -> tuple[Any, Any, Any]:
        model, head = kind(3, 4, seed=0), nn.Linear(4, 2, seed=1)
        outputs, _ = model(drawn(random, 5, 3))
        loss = nn.cross_entropy(head(outputs), [0, 1, 1, 0, 1])
        return loss, model.parameters() + head.parameters(), model

    return build


def transformer(random: Random) -> tuple[Any, Any, Any]:
    """Return a block of attention and a perceptron between norms and residuals."""
    inner = nn.Sequential(nn.Linear(8, 12, seed=1), "gelu", nn.Linear(12, 8, seed=2))
    model = nn.Sequential(
        nn.RMSNorm(8),
        nn.Residual(nn.CausalSelfAttention(8, 2, seed=0)),
        nn.Residual(nn.Sequential(nn.LayerNorm(8), inner)),
        nn.Linear(8, 5, seed=3),
    )
    loss = nn.cross_entropy(model(drawn(random, 6, 8)), [i % 5 for i in range(6)])
    return loss, model.parameters(), model


def embedded(random: Random) -> tuple[Any, Any, Any]:
    """Return vectors of tokens, some of them twice, averaged by attention."""
    table = nn.Embedding(6, 4, seed=0)
    attention = nn.MultiheadAttention(4, 2, seed=1)
    outputs, _ = attention(table([1, 5, 1, 0]))
    return (
        nn.mse_loss(outputs, drawn(random, 4, 4)),
        (table.parameters() + attention.parameters()),
        table,
    )


def normalized(random: Random) -> tuple[Any, Any, Any]:
    """Return a batch whose examples meet in the statistics of the batch."""
    model = nn.Sequential(
        nn.Linear(3, 4, seed=0), nn.BatchNorm1d(4), "silu", nn.Linear(4, 1, seed=1)
    )
    loss = nn.huber_loss(model(drawn(random, 7, 3)), [[0.3]] * 7)
    return loss, model.parameters(), model


NETWORKS: dict[str, Callable[[Random], tuple[Any, Any, Any]]] = {
    "elementary code": elementary,
    "MLP": mlp,
    "Conv2d": convolution,
    "RNN": recurrent(nn.RNN),
    "LSTM": recurrent(nn.LSTM),
    "GRU": recurrent(nn.GRU),
    "transformer": transformer,
    "embedding": embedded,
    "batch norm": normalized,
}


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("build", NETWORKS.values(), ids=NETWORKS)
def test_the_graph_of_a_network_as_a_program(build: Any, seed: int) -> None:
    """Replay, simplified, printed and over arrays: loss and gradients by weights."""
    loss, parameters, _ = build(Random(seed))
    value, gradient = engine(loss, parameters)
    terms = sizes(loss, parameters)
    largest = max(terms[1:])
    allowed = [CLOSE * terms[0], *(CLOSE * largest for _ in gradient)]
    point = [p.data for p in parameters]
    program = Program.from_graph(loss, parameters)
    simpler = program.simplify()

    assert program(point) == value
    assert run_source(simpler, point) == simpler(point)
    for run in (program, simpler, program.arrays(), simpler.arrays()):
        found, slopes = run.value_and_grad(point)
        assert_near(build, [found, *slopes], [value, *gradient], allowed)


@pytest.mark.parametrize("name", ["elementary code", "MLP", "Conv2d", "transformer"])
def test_a_network_shrinks(name: str) -> None:
    """Simplified it is shorter, and over arrays a few lines a layer, both passes."""
    loss, parameters, _ = NETWORKS[name](Random(0))
    program = Program.from_graph(loss, parameters)
    lines = program.arrays().source.count("\n")

    assert len(program.simplify()) <= len(program)
    assert lines < len(program) / 3


# --- traced with examples and targets as arguments ----------------------------------
def assert_batch_as_engine(f: Any, example: Any, rows: Numbers) -> None:
    """Hold a batch of a traced function against the function on each example."""
    program = trace(f, *example)
    batch = program.batch()
    columns = [list(column) for column in zip(*rows, strict=True)]
    found = batch.value_and_grad(*columns)

    for i, row in enumerate(rows):
        leaves = nodes(row[0])
        root = f(leaves, *row[1:])
        value, gradient = engine(root, list(np.ravel(np.array(leaves, dtype=object))))
        one, slopes = program.value_and_grad(*row)

        assert one == pytest.approx(value, rel=1e-13)
        assert np.ravel(slopes) == pytest.approx(gradient, rel=1e-11, abs=1e-14)
        assert found[0][i] == pytest.approx(value, rel=1e-12)
        assert np.ravel(found[1][i]) == pytest.approx(gradient, rel=1e-11, abs=1e-14)


def nodes(tree: Any) -> Any:
    """Return nested lists of leaves."""
    return [nodes(x) for x in tree] if isinstance(tree, list) else Value(tree)


LOSSES: dict[str, tuple[Any, Any]] = {
    "cross-entropy": (nn.cross_entropy, [0, 3, 1, 2]),
    "smoothed": (
        lambda x, t: nn.cross_entropy(x, t, label_smoothing=0.2),
        [0, 3, 1, 2],
    ),
    "weighted": (
        lambda x, t: nn.cross_entropy(x, t, "sum", weight=[1.0, 2.0, 0.5, 3.0]),
        [0, 3, 1, 2],
    ),
    "likelihood": (lambda x, t: nn.nll_loss(nn.log_softmax(x), t), [3, 3, 0, 1]),
    "binary": (
        lambda x, t: nn.binary_cross_entropy_with_logits(x[0] * x[1], t),
        [0.0, 1.0, 0.25, 1.0],
    ),
    "hinge": (lambda x, t: nn.hinge_loss(x[0] * x[1] - x[2], t), [1, -1, -1, 1]),
    "squares": (lambda x, t: nn.mse_loss(x[0] * x[1], t), [0.0, 1.5, -2.0, 3.0]),
    "huber": (lambda x, t: nn.huber_loss(x[0] * x[1], t), [0.0, 1.5, -2.0, 3.0]),
    "divergence": (
        lambda x, t: nn.kl_div(nn.log_softmax(x), [0.1, 0.2, 0.3, 0.4], "sum") + 0 * t,
        [0.0] * 4,
    ),
    "softmax": (lambda x, t: total(y * y for y in softmax(x)) * t, [1.0] * 4),
    "logsumexp": (lambda x, t: logsumexp(x) * t, [1.0, 2.0, -1.0, 0.5]),
}


@pytest.mark.parametrize(("f", "targets"), LOSSES.values(), ids=LOSSES)
def test_losses_with_the_target_as_an_argument(f: Any, targets: Numbers) -> None:
    """One traced example serves every class and every target, each by itself."""
    logits = [
        [0.5, -1.0, 2.0, 0.0],
        [30.0, -20.0, 1.0, 29.0],
        [-0.1, 0.2, -0.3, 0.4],
        [1.0, 1.0, 1.0, 1.0],
    ]

    rows = [list(row) for row in zip(logits, targets, strict=True)]
    assert_batch_as_engine(f, rows[0], rows)


def test_a_class_that_is_not_there() -> None:
    """An index out of range is no class in a replay either."""
    program = trace(nn.cross_entropy, [0.0, 1.0], 1)

    for bad in (2, -1):
        with pytest.raises(TraceError):
            program([0.0, 1.0], bad)
        with pytest.raises(TraceError):
            program.batch()([[0.0, 1.0]] * 2, [0, bad])


def test_tokens_as_arguments() -> None:
    """An embedding finds the row of a token that is known when the program runs."""
    table, head = nn.Embedding(5, 3, seed=0), nn.Linear(3, 5, seed=1)

    def loss(token: Any, following: Any) -> Any:
        return nn.cross_entropy(head(table(token)), following)

    program = trace(loss, 0, 1)
    pairs = [(a, b) for a in range(5) for b in range(5)]
    found = program.batch()([a for a, _ in pairs], [b for _, b in pairs])

    for (a, b), y in zip(pairs, found, strict=True):
        assert y == pytest.approx(loss(a, b).data, rel=1e-13)
        assert program(a, b) == pytest.approx(loss(a, b).data, rel=1e-13)


MODELS: dict[str, tuple[Any, tuple[int, ...]]] = {
    "MLP": (lambda: nn.MLP(4, [5, 2], seed=0), (4,)),
    "LayerNorm": (lambda: nn.LayerNorm(4), (4,)),
    "RMSNorm": (lambda: nn.RMSNorm(4), (4,)),
    "Conv2d": (lambda: nn.Conv2d(1, 2, 2, seed=0), (1, 3, 3)),
    "MaxPool2d": (lambda: nn.MaxPool2d(2), (1, 4, 4)),
    "AvgPool2d": (lambda: nn.AvgPool2d(2), (1, 4, 4)),
    "CausalSelfAttention": (lambda: nn.CausalSelfAttention(4, 2, seed=0), (3, 4)),
    "BatchNorm1d, evaluating": (lambda: nn.BatchNorm1d(4).eval(), (2, 4)),
    "Dropout, evaluating": (lambda: nn.Dropout(0.5).eval(), (4,)),
}


@pytest.mark.parametrize(("make", "shape"), MODELS.values(), ids=MODELS)
def test_a_layer_with_its_input_as_the_argument(
    make: Any, shape: tuple[int, ...]
) -> None:
    """Weights are closed over; gradients by the input are those of the engine."""
    model, random = make(), Random(0)

    def f(x: Any) -> Any:
        flat = np.ravel(np.array(model(x), dtype=object))
        return total([tanh(y * (0.3 + 0.1 * i)) for i, y in enumerate(flat)])

    rows = [[drawn(random, *shape)] for _ in range(3)]
    assert_batch_as_engine(f, rows[0], rows)


@pytest.mark.parametrize("kind", [nn.RNN, nn.GRU, nn.LSTM])
def test_sequences_of_any_length(kind: Any) -> None:
    """The decorator traces each length once, and follows the weights as they learn."""
    model, random = kind(2, 3, seed=0), Random(0)

    @jit
    def f(xs: Any) -> Any:
        outputs, _ = model(xs)
        return total(outputs[-1])

    for length in (1, 4, 2, 4, 1):
        xs = drawn(random, length, 2)
        for parameter in model.parameters():
            parameter.data += 0.01

        assert f(xs) == pytest.approx(total(model(xs)[0][-1]).data, rel=1e-13)
    assert len(f.programs) == 3


def test_training_by_programs_is_training() -> None:
    """A hundred steps by a batch's summed gradient end where the engine's do."""
    random = Random(0)
    xs, ys = drawn(random, 8, 2), drawn(random, 8)

    def loss(w: Any, x: Any, y: Any) -> Any:
        hidden = [tanh(r[0] * x[0] + r[1] * x[1] + r[2]) for r in w[:3]]
        out = sum((a * h for a, h in zip(w[3], hidden, strict=True)), 0.0)
        return (out - y) ** 2 / 8

    w = np.array(drawn(random, 4, 3))
    eager = [[Value(a) for a in row] for row in w.tolist()]
    batch = trace(loss, w.tolist(), xs[0], ys[0]).batch(in_axes=(None, 0, 0))
    for _ in range(100):
        values, gradient = batch.value_and_grad(w, xs, ys)
        w = w - 0.1 * gradient
        whole = total([loss(eager, x, y) for x, y in zip(xs, ys, strict=True)])
        for row in eager:
            for a in row:
                a.grad = 0.0
        whole.backward()
        for row in eager:
            for a in row:
                a.data -= 0.1 * a.grad

        assert values.sum() == pytest.approx(whole.data, rel=1e-11)
    assert w.ravel() == pytest.approx([a.data for r in eager for a in r], rel=1e-10)
