"""Training by programs: the losses of the eager engine, and what cannot be compiled."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

import nn
from autograd_core import Value, trace
from autograd_core.errors import (
    NonFiniteError,
    OperandError,
    TraceError,
    UnknownNameError,
)
from nn.nested import numbers

pytest.importorskip("numpy", reason="pip install 'autograd-core[arrays]'")

DRAW = random.Random(0)
POINTS = [[DRAW.gauss(0, 1), DRAW.gauss(0, 1)] for _ in range(20)]
SIDES = [1 if x * y > 0 else -1 for x, y in POINTS]
CLASSES = [(side + 1) // 2 for side in SIDES]
IMAGES = [[[[DRAW.random() for _ in range(4)] for _ in range(4)]] for _ in range(6)]
WORDS = [[DRAW.randrange(5) for _ in range(n)] for n in (2, 3, 2, 4, 3, 2)]


class Reader(nn.Module):
    """A class of each word, from the mean of its letters' rows and a recurrent unit."""

    def __init__(self):
        self.rows = nn.Embedding(5, 3, seed=0)
        self.cell = nn.GRU(3, 4, seed=1)
        self.head = nn.Linear(4, 2, seed=2)

    def forward(self, word):
        """Return the logits after the last letter."""
        outputs, _ = self.cell(self.rows(word))
        return self.head(outputs[-1])


def attention():
    """Return a transformer of one block, on two numbers a position."""
    attend = nn.CausalSelfAttention(2, 1, seed=0)
    block = nn.Sequential(nn.LayerNorm(2), attend)
    return nn.Sequential(nn.Residual(block), nn.Linear(2, 2, seed=1))


def of_all_positions(outputs, targets):
    """Return the loss at each position, the first half of the batch counting twice."""
    losses = [
        nn.cross_entropy(rows, [target] * len(rows))
        for rows, target in zip(outputs, targets, strict=True)
    ]
    return sum(losses) / len(losses)


MODELS = {
    "mlp": (
        lambda: nn.MLP(2, [5, 2], seed=0),
        POINTS,
        CLASSES,
        nn.cross_entropy,
    ),
    "smoothed": (
        lambda: nn.MLP(2, [5, 3], "relu", seed=0),
        POINTS,
        CLASSES,
        lambda o, t: nn.cross_entropy(o, t, label_smoothing=0.1, weight=[1, 2, 1]),
    ),
    "hinge": (lambda: nn.MLP(2, [4, 1], "relu", seed=0), POINTS, SIDES, nn.hinge_loss),
    "binary": (
        lambda: nn.MLP(2, [4, 1], "gelu", seed=0),
        POINTS,
        CLASSES,
        nn.binary_cross_entropy_with_logits,
    ),
    "regression": (
        lambda: nn.MLP(2, [4, 1], "silu", seed=0),
        POINTS,
        SIDES,
        nn.huber_loss,
    ),
    "convolution": (
        lambda: nn.Sequential(
            nn.Conv2d(1, 2, 3, seed=0), "tanh", nn.MaxPool2d(2), nn.Flatten(0),
            nn.Linear(2, 3, seed=1),
        ),
        IMAGES,
        [0, 1, 2, 0, 1, 2],
        nn.cross_entropy,
    ),
    "attention": (
        attention,
        [POINTS[i : i + 3] for i in range(6)],
        CLASSES[:6],
        of_all_positions,
    ),
}  # fmt: skip
OPTIMIZERS = {
    "SGD": lambda p: nn.SGD(p, lr=0.1, momentum=0.9, nesterov=True),
    "Adam": lambda p: nn.Adam(p, lr=0.01),
    "AdamW": lambda p: nn.AdamW(p, lr=0.01, weight_decay=0.1),
    "RMSprop": lambda p: nn.RMSprop(p, lr=0.01),
    "clipped": lambda p: nn.Optimizer(
        p, nn.chain(nn.clip_by_global_norm(0.5), nn.momentum(0.9)), lr=0.1
    ),
    "LBFGS": lambda p: nn.LBFGS(p, max_iter=3),
}


def trained(kind, engine, optimizer="Adam", epochs=3, **options):
    """Return a model of a kind after some epochs, and the history of its loss."""
    make, inputs, targets, loss = MODELS[kind]
    model = make()
    history = nn.fit(
        model, inputs, targets, loss=loss, epochs=epochs, seed=0,
        batch_size=20 if optimizer == "LBFGS" else 8,
        optimizer=OPTIMIZERS[optimizer](model.parameters()), engine=engine,
        progress=False, **options,
    )  # fmt: skip
    return model, history


def assert_equal(eager, compiled, tolerance=1e-12):
    """Assert that two trainings had the same losses and ended at the same numbers."""
    (one, first), (other, second) = eager, compiled
    assert second.loss == pytest.approx(first.loss, rel=tolerance, abs=tolerance)
    for wanted, found in zip(one.parameters(), other.parameters(), strict=True):
        assert found.data == pytest.approx(wanted.data, rel=1e-9, abs=1e-11)


@pytest.mark.parametrize("kind", MODELS)
def test_the_losses_are_those_of_the_eager_engine(kind):
    """Every layer, activation and loss that is traced gives the same curve."""
    assert_equal(trained(kind, "eager"), trained(kind, "compiled"))


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_every_optimiser_takes_the_same_steps(optimizer):
    """The gradients are put on the parameters, and the optimiser does the rest."""
    pair = [trained("mlp", engine, optimizer) for engine in ("eager", "compiled")]

    assert_equal(*pair)


@given(
    st.lists(st.integers(1, 5), min_size=1, max_size=3),
    st.sampled_from(["tanh", "relu", "sigmoid", "softplus", "elu", "leaky_relu"]),
    st.integers(0, 100),
)
def test_any_network_is_trained_alike(widths, activation, seed):
    """Whatever its widths, its activation and its weights."""
    curves = []
    for engine in ("eager", "compiled"):
        model = nn.MLP(2, [*widths, 2], activation, seed=seed)
        optimizer = nn.SGD(model.parameters(), lr=0.1)
        history = nn.fit(
            model, POINTS[:6], CLASSES[:6], loss=nn.cross_entropy, batch_size=3,
            optimizer=optimizer, engine=engine, progress=False,
        )  # fmt: skip
        curves.append(history.loss)

    assert curves[1] == pytest.approx(curves[0], rel=1e-11)


def test_sequences_of_all_lengths_are_trained_one_by_one():
    """A program is traced for each length; letters choose their rows as data."""
    curves = []
    for engine in ("eager", "compiled"):
        model = Reader()
        history = nn.fit(
            model, WORDS, [0, 1, 0, 1, 1, 0], loss=nn.cross_entropy, batch_size=1,
            optimizer=nn.SGD(model.parameters(), lr=0.1), epochs=4, engine=engine,
            progress=False,
        )  # fmt: skip
        curves.append(history.loss)

    assert curves[1] == pytest.approx(curves[0], rel=1e-12)


def test_a_frozen_layer_stays_and_an_unused_one_gets_no_gradient():
    """As in the eager engine, to the bit."""
    model = nn.MLP(2, [3, 2], seed=0)
    model.other = nn.Linear(2, 2, seed=1)
    nn.freeze(model.layers[0])
    before = model.state_dict()

    nn.fit(
        model, POINTS, CLASSES, loss=nn.cross_entropy, engine="compiled",
        optimizer=nn.Adam(model.parameters(), lr=0.1), progress=False,
    )  # fmt: skip

    after = model.state_dict()
    moved = {name for name in before if before[name] != after[name]}
    assert moved == {"layers.1.weight", "layers.1.bias"}
    assert not any(p.has_grad for p in model.other.parameters())


def test_a_choice_that_changes_is_traced_anew():
    """A loss with a branch takes the branch of each batch, like the eager engine."""

    def branching(outputs, targets):
        loss = nn.mse_loss(outputs, targets)
        return loss * 2.0 if loss > 0.9 else loss

    curves = []
    for engine in ("eager", "compiled"):
        model = nn.MLP(2, [3, 1], seed=0)
        optimizer = nn.SGD(model.parameters(), lr=0.3)
        history = nn.fit(
            model, POINTS, SIDES, loss=branching, optimizer=optimizer, epochs=10,
            batch_size=5, engine=engine, progress=False,
        )  # fmt: skip
        curves.append(history.loss)

    assert min(curves[0]) < 0.9 < max(curves[0])
    assert curves[1] == pytest.approx(curves[0], rel=1e-11)


def test_validation_callbacks_and_schedules_work_as_ever():
    """Callbacks see the loss and the gradients; they need no graph."""
    seen = []
    for engine in ("eager", "compiled"):
        found = []

        def look(step, found=found):
            norm = sum(p.grad**2 for p in step.model.parameters()) ** 0.5
            found.append((step.number, step.loss.data, norm))

        make, inputs, targets, loss = MODELS["mlp"]
        model = make()
        optimizer = nn.Adam(model.parameters(), lr=0.1)
        history = nn.fit(
            model, inputs, targets, loss=loss, optimizer=optimizer, epochs=4,
            scheduler=nn.StepLR(optimizer, 1, 0.5), callbacks=[look], engine=engine,
            validation=(inputs[:4], targets[:4]), progress=False,
            metrics={"accuracy": nn.multiclass_accuracy},
        )  # fmt: skip
        seen.append((found, history.validation_loss, history.metrics["accuracy"]))

    for eager, compiled in zip(*seen, strict=True):
        assert len(eager) == len(compiled) == 4
        for wanted, got in zip(eager, compiled, strict=True):
            assert got == pytest.approx(wanted, rel=1e-11)


def test_a_run_is_resumed_bit_for_bit(tmp_path):
    """Two epochs and two more are four, by programs too."""
    whole, _ = trained("mlp", "compiled", epochs=4)

    trained("mlp", "compiled", epochs=2, checkpoint=tmp_path / "run.json")
    resumed, _ = trained("mlp", "compiled", epochs=4, checkpoint=tmp_path / "run.json")

    assert resumed.state_dict() == whole.state_dict()


# --- what cannot be compiled ---------------------------------------------------------
def fitted(model, inputs=POINTS, targets=CLASSES, loss=nn.cross_entropy, **options):
    """Train a model by programs."""
    optimizer = nn.SGD(model.parameters(), lr=0.1)
    options = {"engine": "compiled", "progress": False, **options}
    return nn.fit(model, inputs, targets, loss=loss, optimizer=optimizer, **options)


def test_an_unknown_engine_is_refused():
    """The message lists what is near."""
    with pytest.raises(UnknownNameError, match="did you mean 'compiled'"):
        fitted(nn.MLP(2, [2], seed=0), engine="compield")


@pytest.mark.parametrize(
    ("layer", "words"),
    [
        (nn.Dropout(0.5), "Dropout.* its random draws would be the same"),
        (nn.BatchNorm1d(2), "running_mean.* without learning it"),
    ],
    ids=["dropout", "batch norm"],
)
def test_what_a_program_would_freeze_is_refused(layer, words):
    """Before anything is trained, with the module's place and the way out."""
    model = nn.Sequential(nn.Linear(2, 2, seed=0), layer)
    before = model.state_dict()

    with pytest.raises(OperandError, match=words):
        fitted(model, batched=True)

    assert model.state_dict() == before


def test_dropout_of_nothing_is_no_obstacle():
    """With p = 0 nothing is drawn."""
    model = nn.Sequential(nn.Linear(2, 2, seed=0), nn.Dropout(0.0))

    assert len(fitted(model, epochs=2, batch_size=20).loss) == 2


def test_anomalies_are_looked_for_by_the_eager_engine_only():
    """A program makes no nodes to look at."""
    with pytest.raises(OperandError, match="take engine='eager'"):
        fitted(nn.MLP(2, [2], seed=0), detect_anomaly=True)


def test_a_loss_that_wants_plain_numbers_is_told_so():
    """The step is named, and nothing has moved."""
    model = nn.MLP(2, [2], seed=0)
    before = model.state_dict()

    with pytest.raises(TraceError, match="asks for a plain number") as caught:
        fitted(model, loss=lambda o, t: o[0][int(t[0])])

    assert "step 0" in " ".join(caught.value.__notes__)
    assert model.state_dict() == before


def test_a_loss_that_is_not_finite_ends_the_run():
    """The step is named, and the parameters are those before it."""
    model = nn.MLP(2, [3, 1], seed=0)
    points = [*POINTS[:8], [float("inf"), 1.0], *POINTS[8:15]]
    states = []

    with pytest.raises(NonFiniteError, match="step 1 "):
        fitted(
            model, points, SIDES[:16], nn.mse_loss, batch_size=8, shuffle=False,
            callbacks=[lambda step: states.append(model.state_dict())],
        )  # fmt: skip

    assert len(states) == 2
    assert model.state_dict() == states[1] != states[0]


def test_the_loss_of_a_step_is_a_value_without_a_graph():
    """What callbacks are handed says what it is."""
    losses = []

    fitted(nn.MLP(2, [2], seed=0), callbacks=[lambda step: losses.append(step.loss)])

    assert all(isinstance(loss, Value) and loss.is_leaf for loss in losses)


def test_gradients_may_begin_at_0():
    """What a batch does not reach then moves by what the optimiser remembers."""
    curves = {}
    for set_to_none in (True, False):
        for engine in ("eager", "compiled"):
            model = Reader()
            model.head.bias[0].data = 1.0
            history = nn.fit(
                model, WORDS, [0, 1, 0, 1, 1, 0], loss=nn.cross_entropy, batch_size=1,
                optimizer=nn.Adam(model.parameters(), lr=0.1), epochs=3, engine=engine,
                set_to_none=set_to_none, progress=False,
            )  # fmt: skip
            curves[set_to_none, engine] = history.loss

    assert curves[False, "compiled"] == pytest.approx(curves[False, "eager"], rel=1e-9)
    assert curves[True, "eager"][-1] != pytest.approx(curves[False, "eager"][-1])


@pytest.mark.parametrize("layer", [nn.Dropout(0.5), nn.BatchNorm1d(2)], ids=str)
def test_what_a_trace_would_freeze_cannot_be_traced(layer):
    """In evaluation it can: nothing is drawn, and no statistics are kept."""
    with pytest.raises(TraceError, match=r"in training .* call eval\(\)"):
        trace(layer, [[1.0, 2.0], [3.0, 5.0]])

    program = trace(layer.eval(), [[1.0, 2.0], [3.0, 5.0]])

    assert program([[2.0, 2.0], [3.0, 4.0]]) == numbers(layer([[2.0, 2.0], [3.0, 4.0]]))


def test_probabilities_may_be_traced_as_targets():
    """And must add up to 1 in every replay."""
    program = trace(nn.cross_entropy, [1.0, 2.0, 3.0], [0.2, 0.3, 0.5])
    logits, shares = [5.0, 1.0, 2.0], [0.0, 1.0, 0.0]

    assert program(logits, shares) == pytest.approx(nn.cross_entropy(logits, shares))
    with pytest.raises(TraceError, match="comes out the other way"):
        program(logits, [0.5, 0.5, 0.5])
