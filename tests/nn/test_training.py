"""Data come in batches, and fit lowers the loss."""

import gc
import sys
import weakref
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

import nn
from autograd_core.errors import (
    MissingExtraError,
    NonFiniteError,
    OperandError,
    ShapeError,
)

LINE = [[float(x)] for x in range(-3, 4)], [2.0 * x + 1.0 for x in range(-3, 4)]


def fit_line(model=None, **options):
    """Fit y = 2x + 1 with one linear neuron."""
    model = model or nn.MLP(1, [1], seed=0)
    settings = {
        "loss": nn.mse_loss,
        "optimizer": nn.SGD(model.parameters(), lr=0.05),
        "epochs": 50,
        "batch_size": 3,
        "progress": False,
    }
    return model, nn.fit(model, *LINE, **{**settings, **options})


@given(st.integers(1, 30), st.integers(1, 12), st.integers(0, 9))
def test_an_epoch_holds_each_example_once(count, size, seed):
    """Batches partition the data; each input stays with its target."""
    loader = nn.DataLoader(range(count), [-i for i in range(count)], size, seed=seed)

    batches = list(loader)

    assert len(batches) == len(loader) == -(-count // size)
    assert sorted(i for xs, _ in batches for i in xs) == list(range(count))
    assert all(y == -x for xs, ys in batches for x, y in zip(xs, ys, strict=True))
    assert all(len(xs) == size for xs, _ in batches[:-1])


def test_shuffling_differs_by_epoch_and_repeats_by_seed():
    """Two epochs differ in order; two loaders of one seed do not."""
    one, other = (nn.DataLoader(range(50), range(50), 50, seed=1) for _ in "ab")

    first, second = list(one), list(one)

    assert first != second
    assert [first, second] == [list(other), list(other)]
    assert list(nn.DataLoader("ab", "cd", shuffle=False)) == [(["a", "b"], ["c", "d"])]


def test_fit_finds_the_line():
    """The weights come to slope 2 and intercept 1, and the history shows how."""
    model, history = fit_line()

    state = model.state_dict()
    assert state["layers.0.weight"][0][0] == pytest.approx(2.0, abs=1e-3)
    assert state["layers.0.bias"][0] == pytest.approx(1.0, abs=1e-3)
    assert len(history.loss) == 50 * 3
    assert len(history.epoch_loss) == 50
    assert history.epoch_loss[-1] < 1e-4 * history.epoch_loss[0]
    assert history.epoch_loss[0] == pytest.approx(sum(history.loss[:3]) / 3)


def test_fit_is_the_same_every_run():
    """The same seeds give the same losses, to the last bit."""
    assert fit_line()[1].loss == fit_line()[1].loss
    assert fit_line()[1].loss != fit_line(seed=1)[1].loss


def test_fit_pauses_the_collector_and_leaves_it_as_it_was():
    """While a graph is built the collector is off; afterwards it is as before."""
    seen = []

    def loss(outputs, targets):
        seen.append(gc.isenabled())
        return nn.mse_loss(outputs, targets)

    for enabled in (True, False):
        (gc.enable if enabled else gc.disable)()
        try:
            fit_line(loss=loss, epochs=1)
            assert gc.isenabled() is enabled
        finally:
            gc.enable()
    assert not any(seen)


def test_a_loss_that_is_not_finite_stops_before_the_step():
    """The message names the step, and the parameters are the last good ones."""
    model = nn.MLP(1, [1], seed=0)
    states = []

    def loss(outputs, targets):
        states.append(model.state_dict())
        scale = float("inf") if len(states) == 3 else 1.0
        return nn.mse_loss(outputs, targets) * scale

    with pytest.raises(NonFiniteError, match="the loss is inf at step 2"):
        fit_line(model, loss=loss)

    assert len(states) == 3
    assert model.state_dict() == states[-1]


def test_progress_is_shown_on_demand(capsys):
    """A bar counts the steps and shows the loss; without it nothing is printed."""
    fit_line(epochs=2, progress=True)
    assert "6/6" in capsys.readouterr().err

    fit_line(epochs=2)
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("", "")


def test_without_tqdm_a_bar_is_only_missed_when_demanded(monkeypatch):
    """The default goes without; progress=True says what to install."""
    monkeypatch.setitem(sys.modules, "tqdm", None)

    fit_line(epochs=1, progress=None)
    with pytest.raises(MissingExtraError, match=r"pip install 'autograd-core\[nn\]'"):
        fit_line(epochs=1, progress=True)


def test_accuracy_is_the_share_of_right_answers():
    """The largest output is the answer; a model is asked without recording."""
    model = nn.MLP(2, [2])
    model.load_state_dict(
        {"layers.0.weight": [[1.0, 0.0], [0.0, 1.0]], "layers.0.bias": [0.0, 0.0]}
    )
    images = [[1, 0], [0, 1], [3, 2], [2, 3]]

    assert nn.accuracy(model, images, [0, 1, 0, 0]) == 0.75


def test_two_moons_are_told_apart():
    """A small network separates two interleaved half circles."""
    from math import cos, pi, sin

    random = Random(0)
    angles = [random.uniform(0, pi) for _ in range(60)]
    points = [[cos(a), sin(a)] for a in angles] + [
        [1 - cos(a), 0.5 - sin(a)] for a in angles
    ]
    labels = [0] * 60 + [1] * 60
    model = nn.MLP(2, [8, 2], activation="relu", seed=0)

    nn.fit(
        model,
        points,
        labels,
        loss=nn.cross_entropy,
        optimizer=nn.Adam(model.parameters(), lr=0.05),
        epochs=40,
        progress=False,
    )

    assert nn.accuracy(model, points, labels) == 1.0


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: nn.DataLoader([1], [1, 2]), ShapeError, "1 inputs and 2 targets"),
        (lambda: nn.DataLoader([], []), ShapeError, "data set is empty"),
        (lambda: nn.DataLoader([1], [1], 0), ShapeError, "from 1 up, not 0"),
        (lambda: fit_line(epochs=-1), ShapeError, "epochs .* not -1"),
        (lambda: fit_line(optimizer=None), OperandError, r"such as nn\.SGD.* not None"),
        (lambda: fit_line(loss=lambda o, t: 1.0), OperandError, "one Value, not 1.0"),
        (lambda: fit_line(loss=lambda o, t: o), OperandError, r"one Value, not \["),
    ],
)
def test_training_that_cannot_be_is_refused(call, error, words):
    """Counts, data and losses that make no sense are named."""
    with pytest.raises(error, match=words):
        call()


# --- callbacks ----------------------------------------------------------------------
def test_a_callback_sees_each_step_before_the_parameters_move():
    """Number, epoch, loss and gradients are those of the step; the move comes after."""
    model = nn.MLP(1, [1], seed=0)
    steps, states = [], []

    def watch(step):
        steps.append((step.number, step.epoch, step.loss.data, step.loss.grad))
        states.append(model.state_dict())
        assert step.model is model
        assert all(p.has_grad for p in step.optimizer.parameters)

    start = model.state_dict()
    _, history = fit_line(model, epochs=2, callbacks=[watch])

    assert [(number, epoch) for number, epoch, _, _ in steps] == [
        *((0, 0), (1, 0), (2, 0)),
        *((3, 1), (4, 1), (5, 1)),
    ]
    assert [(loss, grad) for *_, loss, grad in steps] == [
        (loss, 1.0) for loss in history.loss
    ]
    assert states[0] == start
    assert len({str(state) for state in states}) == 6


def test_callbacks_change_nothing_by_being_there():
    """The losses are the same to the last bit; they are called in their order."""
    calls = []
    watched = fit_line(
        callbacks=[lambda s: calls.append("a"), lambda s: calls.append("b")]
    )

    assert watched[1].loss == fit_line()[1].loss
    assert calls[:4] == ["a", "b", "a", "b"]


def test_an_error_in_a_callback_ends_the_training_before_the_move():
    """The parameters are those of the step before, and the collector is as it was."""
    model = nn.MLP(1, [1], seed=0)
    states = []

    def fail(step):
        states.append(model.state_dict())
        if step.number == 2:
            raise KeyError("stop")

    with pytest.raises(KeyError, match="stop"):
        fit_line(model, callbacks=[fail])

    assert len(states) == 3
    assert model.state_dict() == states[-1]
    assert gc.isenabled()


def test_a_step_cannot_be_changed_and_keeps_no_graph_alive():
    """It is frozen, and the graph is freed when the step is over."""
    steps = []

    def watch(step):
        with pytest.raises(AttributeError):
            step.number = 3
        steps.append(weakref.ref(step.loss))

    fit_line(epochs=2, callbacks=[watch])

    assert [step() for step in steps] == [None] * 6


@pytest.mark.parametrize("callbacks", [print, [3], ["print"], None, [print, None]])
def test_callbacks_that_cannot_be_called_are_refused_at_once(callbacks):
    """The message shows what to write, before anything is trained."""
    model = nn.MLP(1, [1], seed=0)
    before = model.state_dict()

    with pytest.raises(OperandError, match=r"functions of one nn\.Step, such as"):
        fit_line(model, callbacks=callbacks)

    assert model.state_dict() == before
