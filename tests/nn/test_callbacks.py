"""Callbacks see every step and epoch; early stopping keeps the best model."""

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

import nn
from autograd_core.errors import (
    DomainError,
    OperandError,
    ShapeError,
    UnknownNameError,
)
from nn.callbacks import Callback, EarlyStopping, Epoch, History
from nn.schedulers import LambdaLR

LINE = [[float(x)] for x in range(-3, 4)], [2.0 * x + 1.0 for x in range(-3, 4)]
UNSEEN = [[5.0], [6.0]], [11.0, 13.0]


def fit_line(model=None, **options):
    """Fit y = 2x + 1 with one linear neuron."""
    model = model or nn.MLP(1, [1], seed=0)
    settings = {
        "loss": nn.mse_loss,
        "optimizer": nn.SGD(model.parameters(), lr=0.05),
        "epochs": 5,
        "batch_size": 3,
        "progress": False,
    }
    return model, nn.fit(model, *LINE, **{**settings, **options})


class Diary(Callback):
    """Write down what is called when."""

    def __init__(self):
        """Begin with nothing."""
        self.entries = []

    def __call__(self, step):
        """Note the number of the step."""
        self.entries.append(step.number)

    def on_fit_start(self, epoch):
        """Note the beginning."""
        self.entries.append(f"start {epoch.number}")

    def on_epoch_end(self, epoch):
        """Note how much of the history is there."""
        assert len(epoch.history.epoch_loss) == epoch.number
        self.entries.append(f"epoch {epoch.number} of {len(epoch.history.loss)} steps")

    def on_fit_end(self, epoch):
        """Note the end."""
        self.entries.append(f"end {epoch.number}")


def test_a_callback_is_called_at_each_step_and_after_each_epoch():
    """Start, steps, epoch, steps, epoch, end."""
    diary = Diary()
    fit_line(epochs=2, callbacks=[diary])

    assert diary.entries == [
        "start 0",
        *(0, 1, 2, "epoch 1 of 3 steps"),
        *(3, 4, 5, "epoch 2 of 6 steps"),
        "end 2",
    ]


def test_methods_of_a_callback_may_be_left_out():
    """An object with only `on_epoch_end` is a callback, of our class or not."""

    class Count:
        epochs = 0

        def on_epoch_end(self, epoch):
            assert isinstance(epoch, Epoch)
            self.epochs += 1

    count = Count()
    fit_line(epochs=3, callbacks=[count, Callback(), lambda step: None])

    assert count.epochs == 3


def test_a_callback_stops_the_training_with_a_reason():
    """No further epoch is begun; the history keeps why."""

    class Stop(Callback):
        def on_epoch_end(self, epoch):
            if epoch.history.epoch_loss[-1] < 3.0:
                epoch.history.stopped = "good enough"

    _, history = fit_line(epochs=100, callbacks=[Stop()])

    assert history.stopped == "good enough"
    assert [x < 3.0 for x in history.epoch_loss].count(True) == 1
    assert history.epoch_loss[-1] < 3.0
    assert fit_line()[1].stopped == ""


def test_an_error_after_an_epoch_ends_the_training_without_the_end():
    """`on_fit_end` belongs to runs that end well."""

    class Fail(Diary):
        def on_epoch_end(self, epoch):
            raise KeyError("no more")

    fail = Fail()
    with pytest.raises(KeyError, match="no more"):
        fit_line(callbacks=[fail])

    assert fail.entries == ["start 0", 0, 1, 2]


@pytest.mark.parametrize("callbacks", [[EarlyStopping], [object()], EarlyStopping()])
def test_what_is_no_callback_is_refused(callbacks):
    """A class in place of an object, an object without methods, no list."""
    with pytest.raises(OperandError, match=r"and of nn\.Callbacks, such as nn\.Early"):
        fit_line(callbacks=callbacks)


# --- early stopping -----------------------------------------------------------------
def watched(early, column):
    """Show an early stopping one epoch after the other; return the epochs it saw."""
    model = nn.MLP(1, [1], seed=0)
    optimizer = nn.SGD(model.parameters(), lr=0.1)
    history, columns = History(), ("epoch_loss", "validation_loss")
    early.on_fit_start(Epoch(0, history, model, optimizer, columns))
    for i, loss in enumerate(column):
        model.layers[0].neurons[0].bias.data = float(i)  # tells the epochs apart
        history.validation_loss.append(loss)
        epoch = Epoch(i + 1, history, model, optimizer, columns)
        early.on_epoch_end(epoch)
        if history.stopped:
            break
    early.on_fit_end(epoch)
    return i + 1, model.layers[0].neurons[0].bias.data


LOSSES = st.lists(st.sampled_from([*range(9), math.nan, math.inf]), min_size=1)


@given(LOSSES, st.integers(1, 4), st.sampled_from([0.0, 1.0]), st.booleans())
def test_training_stops_after_epochs_that_brought_nothing(
    losses, patience, min_delta, restore
):
    """The rule as its docstring has it, followed by hand; the best model is back."""
    best, best_epoch, seen = math.inf, None, 0
    for i, loss in enumerate(losses):
        seen = i + 1
        if loss < best - min_delta:
            best, best_epoch = loss, i
        if i - (-1 if best_epoch is None else best_epoch) >= patience:
            break
    early = EarlyStopping(patience, min_delta, restore_best=restore)

    assert watched(early, losses) == (
        seen,
        float(best_epoch if restore and best_epoch is not None else seen - 1),
    )
    assert (early.best, early.best_epoch) == (best, best_epoch)


def test_more_is_better_in_the_other_mode():
    """The same numbers, negated, stop at the same epoch."""
    losses = [3.0, 2.0, 1.0, 1.0, 0.5, 2.0, 3.0, 0.1]

    for patience in (1, 2, 3):
        least = EarlyStopping(patience)
        most = EarlyStopping(patience, mode="max")
        assert watched(least, losses) == watched(most, [-x for x in losses])


def growing_rate(model):
    """Return an optimiser and a schedule that make a model better, then worse."""
    optimizer = nn.SGD(model.parameters(), lr=0.01)
    return {
        "optimizer": optimizer,
        "scheduler": LambdaLR(optimizer, lambda epoch: 1.5**epoch),
    }


def test_the_model_ends_as_it_was_after_its_best_epoch():
    """Through fit, with unseen data: the model's loss is that of its best epoch."""
    early, model = EarlyStopping(patience=2), nn.MLP(1, [1], seed=0)
    _, history = fit_line(
        model, epochs=40, validation=UNSEEN, callbacks=[early], **growing_rate(model)
    )

    assert history.stopped == "validation_loss has not become less for 2 epochs"
    assert early.best == min(history.validation_loss)
    assert early.best_epoch == history.validation_loss.index(early.best) > 3
    assert len(history.validation_loss) == early.best_epoch + 3
    assert nn.mse_loss([model(x) for x in UNSEEN[0]], UNSEEN[1]).data == early.best


def test_an_early_stopping_serves_one_run_after_the_other():
    """What it saw in one run is forgotten in the next."""
    early = EarlyStopping(patience=1, monitor="epoch_loss")
    runs = []
    for _ in range(2):
        model = nn.MLP(1, [1], seed=0)
        rates = growing_rate(model)
        runs.append(fit_line(model, epochs=40, callbacks=[early], **rates)[1])

    assert runs[0] == runs[1]
    assert runs[0].stopped


def test_its_state_goes_through_json():
    """Another one goes on waiting where it was, for the same best model."""
    one, other = EarlyStopping(2), EarlyStopping(2)
    watched(one, [3.0, 2.0, 2.5])

    other.load_state_dict(json.loads(json.dumps(one.state_dict())))

    assert other.state_dict() == one.state_dict()
    assert (other.best, other.best_epoch, other.waited) == (2.0, 1, 1)


def test_a_metric_can_be_monitored():
    """By its name, and more of it is better."""
    early = EarlyStopping(1, monitor="constant", mode="max")
    _, history = fit_line(
        validation=UNSEEN, metrics={"constant": lambda o, t: 0.5}, callbacks=[early]
    )

    assert history.metrics == {"constant": [0.5, 0.5]}
    assert history.stopped == "constant has not become more for 1 epoch"


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: EarlyStopping(0), ShapeError, "patience .* from 1 up, not 0"),
        (lambda: EarlyStopping(2.5), OperandError, "patience .* not 2.5"),
        (lambda: EarlyStopping(2, -1.0), DomainError, "min_delta"),
        (lambda: EarlyStopping(mode="mix"), UnknownNameError, "did you mean 'min'"),
        (
            lambda: fit_line(callbacks=[EarlyStopping(monitor="epoch_los")]),
            UnknownNameError,
            "no column of the history is called 'epoch_los'; did you mean 'epoch_loss'",
        ),
        (
            lambda: fit_line(callbacks=[EarlyStopping()]),
            OperandError,
            r"monitors 'validation_loss', of which there is none; pass fit\(",
        ),
        (
            lambda: EarlyStopping().load_state_dict({"best": 1.0}),
            ShapeError,
            "missing 'best_epoch', 'waited', 'best_state'",
        ),
        (
            lambda: EarlyStopping().load_state_dict(
                {"best": 1.0, "best_epoch": 0, "waited": 0, "best_state": [1.0]}
            ),
            OperandError,
            r"best_state takes a dict, not \[1.0\]",
        ),
    ],
)
def test_early_stopping_that_cannot_be_is_refused(call, error, words):
    """The message names the setting, and near names."""
    with pytest.raises(error, match=words):
        call()


# --- history ------------------------------------------------------------------------
NUMBERS = st.lists(st.floats(allow_nan=False), max_size=3)


@given(NUMBERS, NUMBERS, NUMBERS, NUMBERS, st.text())
def test_a_history_goes_through_json(loss, epochs, validation, metric, stopped):
    """It comes back equal, in the very lists that are looked at."""
    one = History(loss, epochs, validation, {"accuracy": metric}, stopped)
    other = History(metrics={"accuracy": []})
    seen = other.loss

    other.load_state_dict(json.loads(json.dumps(one.state_dict())))

    assert other == one
    assert other.loss is seen


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        ({"metrics": {}}, ShapeError, "metrics does not fit: missing 'accuracy'"),
        ({"loss": 3}, OperandError, "loss of a history takes a list of numbers, not 3"),
        ({"loss": ["3"]}, OperandError, "'3' of type str"),
        ({"metrics": {"accuracy": [None]}}, OperandError, "None"),
        ({"stopped": None}, OperandError, "stopped takes a reason, not None"),
    ],
)
def test_a_wrong_history_is_refused_whole(change, error, words):
    """The entry is named, and the history stays as it was."""
    history = History([1.0], [1.0], [2.0], {"accuracy": [0.5]})
    before = history.state_dict()

    with pytest.raises(error, match=words):
        history.load_state_dict({**before, "loss": [7.0], **change})

    assert history.state_dict() == before


# --- what was found to be missing ---------------------------------------------------
@pytest.mark.parametrize("mode", ["min", "max"])
def test_a_change_within_min_delta_is_nothing(mode):
    """In both directions: from 3 down to 2.5 is no more than ½."""
    sign = 1.0 if mode == "min" else -1.0
    early = EarlyStopping(2, 0.5, mode=mode)

    seen, _ = watched(early, [sign * loss for loss in (3.0, 2.75, 2.5, 1.0)])

    assert (seen, early.best, early.best_epoch) == (3, sign * 3.0, 0)


def test_a_number_that_is_nan_is_named_when_training_stops():
    """There is no best epoch, and the state is JSON for any program."""
    early = EarlyStopping(2, monitor="odd")
    _, history = fit_line(
        validation=UNSEEN, metrics={"odd": lambda o, t: math.nan}, callbacks=[early]
    )

    assert history.stopped == "odd is nan and has not become less for 2 epochs"
    assert early.best_epoch is None
    state = json.loads(json.dumps(early.state_dict(), allow_nan=False))
    other = EarlyStopping(2, monitor="odd", mode="max")
    other.load_state_dict(state)
    assert (other.best, other.best_epoch, other.waited) == (-math.inf, None, 2)


def test_the_state_of_an_older_checkpoint_is_read():
    """There the best of no epoch was infinity."""
    early = EarlyStopping(2)
    state = {"best": math.inf, "best_epoch": None, "waited": 1, "best_state": None}

    early.load_state_dict(state)

    assert (early.best, early.best_epoch, early.waited) == (math.inf, None, 1)


@pytest.mark.parametrize("name", ["on_epoch_ends", "on_train_end", "on_fit_begin"])
def test_a_misspelt_hook_is_refused(name):
    """It would never be called; the near names are told."""
    with pytest.raises(UnknownNameError, match=f"'{name}'; .*'on_"):
        type("Shout", (Callback,), {name: lambda self, epoch: None})
    with pytest.raises(UnknownNameError, match=f"'{name}'"):
        type("Stop", (EarlyStopping,), {name: lambda self, epoch: None})


def test_other_methods_and_known_hooks_are_free():
    """Whatever is not called `on_...` is one's own."""
    shout = type("Shout", (Callback,), {"on_epoch_end": print, "shout": print})

    assert issubclass(shout, Callback)
