"""While it trains, fit looks at other data, sets rates, and tells the modes apart."""

import gc
from itertools import pairwise
from math import inf
from random import Random
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

import nn
from autograd_core import Value
from autograd_core.errors import (
    DomainError,
    OperandError,
    ShapeError,
    UnknownNameError,
)
from nn.clipping import clip_by_global_norm
from nn.data import DataLoader
from nn.datasets import StackDataset, random_split
from nn.evaluation import accuracy, binary_accuracy, evaluate, multiclass_accuracy
from nn.freezing import freeze
from nn.layers.batch_normalization import BatchNorm1d
from nn.layers.containers import Sequential
from nn.layers.dropout import Dropout
from nn.layers.linear import Linear
from nn.lbfgs import LBFGS
from nn.optimizers import Optimizer
from nn.schedulers import ExponentialLR
from nn.training import fit

LINE = [[float(x)] for x in range(-3, 4)], [2.0 * x + 1.0 for x in range(-3, 4)]
UNSEEN = [[5.0], [6.0]], [11.0, 13.0]


def fit_line(model=None, *data, **options):
    """Fit y = 2x + 1 with one linear neuron."""
    model = model or nn.MLP(1, [1], seed=0)
    settings = {
        "loss": nn.mse_loss,
        "optimizer": nn.SGD(model.parameters(), lr=0.05),
        "epochs": 4,
        "batch_size": 3,
        "progress": False,
    }
    return model, fit(model, *(data or LINE), **{**settings, **options})


def column_loss(outputs, targets):
    """Return the mean squared error of outputs that are lists of one number."""
    return nn.mse_loss([y for (y,) in outputs], targets)


# --- data ---------------------------------------------------------------------------
def test_data_in_any_form_train_alike():
    """Lists, pairs, columns, arrays and loaders of the same data give the same bits."""
    numpy = pytest.importorskip("numpy")
    inputs, targets = LINE
    columns = {"y": targets, "file": "abcdefg", "x": inputs}
    wanted = fit_line()

    for data in [
        (list(zip(inputs, targets, strict=True)),),
        (StackDataset(inputs, targets),),
        (numpy.array(inputs), numpy.array(targets)),
        (DataLoader(inputs, targets, 3),),
        (DataLoader(columns, batch_size=3, keys=("x", "y")),),
    ]:
        model, history = fit_line(None, *data)
        assert history == wanted[1]
        assert model.state_dict() == wanted[0].state_dict()


def test_an_array_of_values_is_as_good_a_model_as_any():
    """`W @ x + b` of object arrays, in a module of one's own, learns the line."""
    numpy = pytest.importorskip("numpy")

    class Affine(nn.Module):
        def __init__(self):
            self.weight = numpy.array([[Value(0.5)]])
            self.bias = numpy.array([Value(0.0)])

        def forward(self, x):
            return (self.weight @ numpy.array(x) + self.bias)[0]

    model, history = fit_line(Affine(), epochs=60)

    assert history.epoch_loss[-1] < 1e-4
    assert model.state_dict()["weight"][0][0] == pytest.approx(2.0, abs=0.01)


def test_the_last_batch_is_kept_or_dropped():
    """Seven examples in batches of three are three steps, or two."""
    assert len(fit_line(epochs=1)[1].loss) == 3
    assert len(fit_line(epochs=1, drop_last=True)[1].loss) == 2


def test_a_batched_model_sees_a_whole_batch():
    """Batch normalisation has the batch's statistics, and outputs keep their order."""
    model = Sequential(BatchNorm1d(1), Linear(1, 1, seed=0))
    _, history = fit_line(
        model,
        batched=True,
        epochs=40,
        batch_size=7,
        loss=column_loss,
    )

    assert model[0].num_batches_tracked == 40
    assert history.epoch_loss[-1] < 0.1 * history.epoch_loss[0]


# --- validation ---------------------------------------------------------------------
def test_validation_is_measured_after_each_epoch():
    """Its losses are those of the model as it is then, on all examples at once."""
    model = nn.MLP(1, [1], seed=0)
    seen = []

    class Look(nn.training.Callback):
        def on_epoch_end(self, epoch):
            outputs = [model(x) for x in UNSEEN[0]]
            seen.append((nn.mse_loss(outputs, UNSEEN[1]).data, outputs[1].data))

    _, history = fit_line(
        model,
        validation=UNSEEN,
        metrics={"second": lambda outputs, targets: outputs[1]},
        callbacks=[Look()],
    )

    assert list(zip(history.validation_loss, history.metrics["second"])) == seen  # noqa: B905
    assert len(seen) == 4


def test_validation_changes_nothing_by_being_there():
    """The same losses to the last bit, with dropout and running statistics."""

    def train(**options):
        model = Sequential(BatchNorm1d(1), Dropout(0.3, seed=4), Linear(1, 1, seed=0))
        settings = {"loss": column_loss, "batched": True, "batch_size": 7}
        return fit_line(model, **settings, **options)

    watched, alone = train(validation=UNSEEN), train()

    assert watched[1].loss == alone[1].loss
    assert watched[0].state_dict() == alone[0].state_dict()
    assert len(watched[1].validation_loss) == 4


def test_a_model_is_measured_in_evaluation_mode_and_trained_in_training_mode():
    """Each module ends in the mode it was in, whatever happens in between."""
    modes = []

    class Spy(nn.Module):
        def forward(self, x):
            modes.append((self.training, x[0] in (5.0, 6.0)))
            return x

    model = Sequential(Spy(), Dropout(0.5, seed=0), Linear(1, 1, seed=0))
    for mode, frozen_mode in [(True, True), (True, False), (False, False)]:
        model.train(mode)
        model[1].train(frozen_mode)
        fit_line(model, loss=column_loss, validation=UNSEEN)
        assert [m.training for m in model.modules()] == [mode, mode, frozen_mode, mode]
        with pytest.raises(ZeroDivisionError):
            fit_line(model, loss=lambda o, t: 1 / 0)
        assert [m.training for m in model.modules()] == [mode, mode, frozen_mode, mode]
    assert all(training is not unseen for training, unseen in modes)


def test_accuracy_asks_without_dropout():
    """What is left out in training is there when a model is judged."""
    model = Sequential(Dropout(0.9, seed=0))
    images = [[1.0, 0.0], [0.0, 1.0]] * 20

    assert nn.accuracy(model, images, [0, 1] * 20) == 1.0
    assert model.training


def test_evaluate_gives_the_loss_and_the_metrics():
    """Of data in any form, in its order, whatever the order of the loader."""
    model = nn.MLP(1, [2], seed=0)
    inputs, targets = [[float(i)] for i in range(9)], [i % 2 for i in range(9)]
    loader = DataLoader(inputs, targets, 2, drop_last=True)
    place = loader.state_dict()
    metrics = {"accuracy": multiclass_accuracy, "first": lambda o, t: o[0][0]}

    found = evaluate(model, inputs, targets, loss=nn.cross_entropy, metrics=metrics)

    assert found["accuracy"] == nn.accuracy(model, inputs, targets)
    assert found["first"] == model([0.0])[0].data
    assert found == evaluate(model, loader, loss=nn.cross_entropy, metrics=metrics)
    assert loader.state_dict() == place


def test_accuracy_of_moons_comes_with_the_history():
    """A split of real work: training and validation parts, a metric, a good end."""
    random = Random(0)
    points = [[random.uniform(-1, 1), random.uniform(-1, 1)] for _ in range(120)]
    labels = [int(x * y > 0) for x, y in points]
    training, validation = random_split(StackDataset(points, labels), [0.75, 0.25])
    model = nn.MLP(2, [8, 2], seed=0)

    history = fit(
        model,
        training,
        loss=nn.cross_entropy,
        optimizer=nn.Adam(model.parameters(), lr=0.05),
        epochs=20,
        validation=validation,
        metrics={"accuracy": multiclass_accuracy},
        progress=False,
    )

    assert history.metrics["accuracy"][-1] >= 0.85 > history.metrics["accuracy"][0]
    assert history.validation_loss[-1] < 0.5 * history.validation_loss[0]


# --- rates and methods --------------------------------------------------------------
@pytest.mark.parametrize(("every", "rates"), [("epoch", 3), ("step", 9)])
def test_a_schedule_is_stepped_after_each_step_or_epoch(every, rates):
    """The rate of each step is that of the schedule."""
    model = nn.MLP(1, [1], seed=0)
    optimizer = nn.SGD(model.parameters(), lr=0.5)
    seen = []

    fit_line(
        model,
        epochs=3,
        optimizer=optimizer,
        scheduler=ExponentialLR(optimizer, 0.5),
        schedule_every=every,
        callbacks=[lambda step: seen.append(step.optimizer.lr)],
    )

    turns = range(9) if every == "step" else [0, 0, 0, 1, 1, 1, 2, 2, 2]
    assert seen == [0.5 * 0.5**turn for turn in turns]
    assert optimizer.lr == 0.5 * 0.5**rates


def test_gradients_are_clipped_in_the_optimisers_chain():
    """No step is longer than the rate times the limit, however steep the loss."""
    model = nn.MLP(1, [1], seed=0)
    optimizer = Optimizer(model.parameters(), clip_by_global_norm(1.0), lr=0.01)
    points = []

    def watch(step):
        points.append([p.data for p in step.optimizer.parameters])
        gradients = [p.grad for p in step.optimizer.parameters]
        assert sum(g * g for g in gradients) > 1.0

    fit_line(
        model,
        optimizer=optimizer,
        loss=lambda o, t: nn.mse_loss(o, t) * 1e6,
        callbacks=[watch],
    )

    for (a, b), (c, d) in pairwise(points):
        assert ((a - c) ** 2 + (b - d) ** 2) ** 0.5 == pytest.approx(0.01, rel=1e-5)


def test_a_method_that_needs_a_closure_is_fitted_alike():
    """L-BFGS solves the line in one epoch; callbacks are called once a step."""
    model, steps = nn.MLP(1, [1], seed=0), []
    optimizer = LBFGS(model.parameters(), line_search_fn="strong_wolfe")

    _, history = fit_line(
        model,
        optimizer=optimizer,
        epochs=2,
        batch_size=7,
        callbacks=[lambda step: steps.append(step.number)],
    )

    assert steps == [0, 1]
    assert history.loss[1] < 1e-9 < history.loss[0]


# --- the collector ------------------------------------------------------------------
def test_no_graph_is_alive_when_the_collector_may_run():
    """It is paused until the graph of a step is freed, so it walks none."""
    alive = []

    def look(phase, info):
        if phase == "start":
            alive.append(sum(1 for o in gc.get_objects() if type(o) is Value and o.op))

    gc.collect()
    already = sum(1 for o in gc.get_objects() if type(o) is Value and o.op)
    gc.callbacks.append(look)
    try:
        fit_line(nn.MLP(1, [20, 20, 1], seed=0), epochs=3)
    finally:
        gc.callbacks.remove(look)

    assert all(count <= already for count in alive)


# --- what cannot be -----------------------------------------------------------------
@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"validation": ([], [])}, ShapeError, "data set is empty"),
        ({"validation": ([[1.0]], [])}, ShapeError, "1 inputs and 0 targets"),
        ({"validation": [[1.0]]}, OperandError, "pairs .input, target."),
        ({"validation": 3}, OperandError, "got 3 of type int"),
        ({"metrics": {"a": max}}, OperandError, "metrics are of the validation data"),
        (
            {"validation": UNSEEN, "metrics": {"a": 3}},
            OperandError,
            "functions of outputs and targets .*'a' is 3",
        ),
        (
            {"validation": UNSEEN, "metrics": {"loss": max}},
            OperandError,
            "'loss' is a loss of the history",
        ),
        (
            {"validation": UNSEEN, "metrics": {"a": lambda o, t: o}},
            OperandError,
            r"a\(outputs, targets\) must return one number, not \[",
        ),
        ({"scheduler": 0.5}, OperandError, r"such as nn\.StepLR.* not 0.5"),
        ({"scheduler": nn.StepLR}, OperandError, r"such as nn\.StepLR.* not <class"),
        ({"loss": "mse_loss"}, OperandError, r"such as nn\.mse_loss.* not 'mse_loss'"),
        ({"loss": None}, OperandError, "fit takes a loss.* not None"),
        ({"epochs": 1.5}, OperandError, "epochs takes a whole number, not 1.5"),
        ({"epochs": -1}, ShapeError, "epochs .* from 0 up, not -1"),
        ({"batch_size": "a"}, OperandError, "batch_size .* not 'a'"),
        (
            {"scheduler": ExponentialLR(nn.SGD([Value(1.0)]), 0.5)},
            OperandError,
            "rate of another optimizer",
        ),
        ({"schedule_every": "stp"}, UnknownNameError, "did you mean 'step'"),
    ],
)
def test_options_that_cannot_be_are_refused(options, error, words):
    """The option is named, and what it takes."""
    with pytest.raises(error, match=words):
        fit_line(**options)


@pytest.mark.parametrize(
    ("data", "error", "words"),
    [
        (([],), ShapeError, "data set is empty"),
        (({"x": [1], "y": [2]},), OperandError, r"dicts of 'x', 'y'; pick two: nn\.D"),
        (([[1.0], [2.0]],), OperandError, r"batches are \[\[1.0\], \[2.0\]\]"),
        (([(1, 2, 3)],), OperandError, r"batches are \(\[1\], \[2\], \[3\]\)"),
        ((DataLoader(*LINE), LINE[1]), OperandError, "a DataLoader has its targets"),
    ],
)
def test_data_without_inputs_and_targets_are_refused(data, error, words):
    """The message says what a data set is, and what this one has."""
    model = nn.MLP(1, [1], seed=0)
    before = model.state_dict()

    with pytest.raises(error, match=words):
        fit_line(model, *data, shuffle=False)

    assert model.state_dict() == before


def test_what_is_no_module_is_refused():
    """A function has no parameters to train."""
    with pytest.raises(OperandError, match=r"fit takes a model, an nn\.Module, not <"):
        fit(lambda x: x, *LINE, loss=nn.mse_loss, optimizer=None)


@pytest.mark.parametrize("targets", [[], [1, 2]])
def test_accuracy_takes_one_target_for_each_output(targets):
    """Counts that differ, or are 0, are named."""
    with pytest.raises(ShapeError, match=r"one target for each output.* 0 outputs"):
        multiclass_accuracy([], targets)


# --- time ---------------------------------------------------------------------------
def test_fit_costs_little_more_than_a_loop_of_ones_own():
    """A few per cent; a machine that is busy with something else is asked again."""
    inputs = [[i / 32, i % 7 / 7] for i in range(64)]
    targets = [i % 3 for i in range(64)]

    def loop(model, optimizer):
        loader = DataLoader(inputs, targets)
        for xs, ys in [*loader, *loader]:
            with nn.collector_paused():
                optimizer.zero_grad()
                loss = nn.cross_entropy([model(x) for x in xs], ys)
                loss.backward()
                optimizer.step()
                del loss

    def fitted(model, optimizer):
        settings = {"optimizer": optimizer, "epochs": 2, "progress": False}
        fit(model, inputs, targets, loss=nn.cross_entropy, **settings)

    def seconds(train):
        model = nn.MLP(2, [12, 3], seed=0)
        optimizer = nn.Adam(model.parameters(), lr=0.01)
        begin = process_time()
        train(model, optimizer)
        return process_time() - begin

    best = {loop: inf, fitted: inf}
    for _ in range(60):
        best = {train: min(least, seconds(train)) for train, least in best.items()}
        if best[fitted] < 1.05 * best[loop]:
            return
    pytest.fail(f"fit takes {best[fitted] / best[loop]:.2f} times as long as a loop")


# --- one output ---------------------------------------------------------------------
@given(
    st.lists(st.tuples(st.floats(-9, 9), st.booleans()), min_size=1),
    st.sampled_from([-1, 0]),
    st.booleans(),
)
def test_binary_accuracy_is_the_share_of_right_signs(examples, other, alone):
    """For targets of -1 and 1 or of 0 and 1; numbers may stand alone in lists."""
    scores = [score for score, _ in examples]
    targets = [1 if is_one else other for _, is_one in examples]

    outputs = scores if alone else [[score] for score in scores]

    hits = [(score > 0) == is_one for score, is_one in examples]
    assert binary_accuracy(outputs, targets) == sum(hits) / len(hits)
    assert accuracy(Echo(), [[s] for s in scores], targets) == sum(hits) / len(hits)


class Echo(nn.Module):
    """Give back the input."""

    def forward(self, x):
        """Return x."""
        return x


def test_accuracy_of_a_model_with_one_output():
    """Whether it gives the number or a list of it."""
    data = [[-1.0], [2.0], [3.0]], [-1, 1, -1]
    for model in (nn.MLP(1, [1], init="ones"), Linear(1, 1, init="ones")):
        assert accuracy(model, *data) == pytest.approx(2 / 3)


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: binary_accuracy([0.5], [2]), DomainError, r"-1 and 1, .* got \[2.0\]"),
        (lambda: binary_accuracy([0.5, 1.0], [0, -1]), DomainError, "0 and 1; got"),
        (lambda: binary_accuracy([[0.5, 1.0]], [1]), ShapeError, "multiclass_accuracy"),
        (lambda: binary_accuracy([], []), ShapeError, "at least one; got 0 outputs"),
        (lambda: binary_accuracy([0.5], [1, 1]), ShapeError, "1 outputs and 2 targets"),
        (lambda: multiclass_accuracy([0.5], [1]), OperandError, "binary_accuracy"),
        (
            lambda: evaluate(Echo(), [[1.0]], [1], loss="mse_loss"),
            OperandError,
            "evaluate takes a loss.* not 'mse_loss'",
        ),
    ],
)
def test_measures_that_do_not_fit_are_refused(call, error, words):
    """The message names the other measure where it fits."""
    with pytest.raises(error, match=words):
        call()


# --- whose parameters ---------------------------------------------------------------
def test_the_optimizer_of_another_model_is_refused():
    """Nothing would be learnt, and nobody would say so."""
    other = nn.MLP(1, [1], seed=1)

    with pytest.raises(OperandError, match="none of the model's parameters"):
        fit_line(optimizer=nn.SGD(other.parameters()))


def test_parameters_that_the_optimizer_lacks_are_told():
    """The first ones by name, and how many they are; the rest is trained."""
    model = nn.MLP(1, [3, 1], seed=0)
    before = model.state_dict()
    optimizer = nn.SGD(model.layers[1].parameters(), lr=0.01)

    words = (
        r"^6 parameters of MLP\(1, \[3, 1\]\) could learn.*'layers.0.neurons.0.weigh.*"
    )
    with pytest.warns(UserWarning, match=words + r", \.\.\.; nn\.freeze them") as told:
        fit_line(model, optimizer=optimizer)

    assert told[0].filename == __file__
    assert model.state_dict()["layers.0.weight"] == before["layers.0.weight"]
    assert model.state_dict()["layers.1.weight"] != before["layers.1.weight"]


def test_what_is_left_out_on_purpose_is_no_matter():
    """Frozen parameters, parts that are trained alone, more than the model's."""
    model, scale = nn.MLP(1, [3, 1], seed=0), Value(1.0)
    freeze(model.layers[0])
    fit_line(model, optimizer=nn.SGD([*model.layers[1].parameters(), scale]))

    whole = nn.Module()
    whole.generator, whole.discriminator = nn.MLP(1, [1]), nn.MLP(1, [1])
    fit_line(whole.generator, optimizer=nn.SGD(whole.generator.parameters()))

    freeze(model)
    fit_line(
        model,
        loss=lambda o, t: nn.mse_loss([y * scale for y in o], t),
        optimizer=nn.SGD([scale], lr=0.01),
    )
    assert scale.data != 1.0


@pytest.mark.filterwarnings("ignore:6 parameters of MLP")
def test_gradients_do_not_pile_up_in_what_is_not_trained():
    """After three equal steps they are those of one."""
    model = nn.MLP(1, [3, 1], seed=0)
    seen = []

    fit_line(
        model,
        optimizer=nn.SGD(model.layers[1].parameters(), lr=0.0),
        batch_size=9,
        shuffle=False,
        callbacks=[lambda step: seen.append([p.grad for p in model.parameters()])],
    )

    assert seen[0] == seen[1] == seen[-1]
    assert any(seen[0][:6])


def test_a_dense_network_trains_batched_as_it_does_one_by_one():
    """It takes the list of all inputs, and the losses are the same bits."""
    assert fit_line(batched=True)[1].loss == fit_line()[1].loss
