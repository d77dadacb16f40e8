"""A number that is not finite ends the training before it can spoil anything."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

import nn
from autograd_core import Value, cosh, log, sqrt
from autograd_core.errors import AnomalyError, NonFiniteError
from nn.layers.batch_normalization import BatchNorm1d
from nn.layers.containers import Sequential
from nn.layers.dropout import Dropout
from nn.layers.linear import Linear
from nn.lbfgs import LBFGS
from nn.training import fit


class Scale(nn.Module):
    """One parameter, and a loss that may go wrong at any step."""

    def __init__(self, weight=1.0):
        """Begin with a weight."""
        self.weight = Value(weight)

    def forward(self, x):
        """Return w·x."""
        return self.weight * x


def train(model, loss, inputs=(1.0,) * 6, **options):
    """Train with momentum, two examples at a time."""
    settings = {
        "optimizer": nn.SGD(model.parameters(), lr=0.1, momentum=0.9),
        "batch_size": 2,
        "epochs": 4,
        "progress": False,
        "shuffle": False,
    }
    targets = [0.0] * len(inputs)
    return fit(model, list(inputs), targets, loss=loss, **{**settings, **options})


BAD = {
    "value": lambda y: log(y * 0.0),
    "gradient": lambda y: sqrt((y - y) * 1.0) + y,
    "both": lambda y: y * math.nan,
}


@given(bad=st.integers(0, 11), kind=st.sampled_from(["value", "gradient", "both"]))
def test_whatever_is_not_finite_leaves_parameters_and_momentum(bad, kind):
    """At any step: the message names it, and nothing is other than before it."""
    model = Scale()
    optimizer = nn.SGD(model.parameters(), lr=0.1, momentum=0.9)
    states = []

    def loss(outputs, targets):
        states.append((model.state_dict(), optimizer.state_dict()))
        y = outputs[0] * outputs[1]
        return BAD[kind](y) if len(states) == bad + 1 else y

    with pytest.raises(NonFiniteError) as caught:
        train(model, loss, optimizer=optimizer)

    message = str(caught.value)
    assert f"step {bad} (epoch {bad // 3}, batch {bad % 3})" in message
    assert "the parameters are those before that step" in message
    assert "detect_anomaly=True" in message
    assert "root.debug()" in message
    assert (model.state_dict(), optimizer.state_dict()) == states[-1]


def test_the_message_tells_the_story_of_the_first_such_number():
    """The operation, its operands, why; the anomaly is there to be looked into."""
    model = Scale(0.0)

    with pytest.raises(AnomalyError, match="the loss is -inf at step 0") as caught:
        train(model, lambda outputs, targets: log(outputs[0]) * 2.0)

    assert "-inf is the value of log" in str(caught.value)
    assert "log(x) is defined for x > 0; here x is 0.0" in str(caught.value)
    assert "'weight' is 0.0" in str(caught.value)
    assert caught.value.anomaly.node.op.name == "log"
    assert caught.value.anomaly.root.data == -math.inf


def test_detection_names_the_line():
    """With `detect_anomaly` the source of the operation is in the message."""

    def loss(outputs, targets):
        return log(outputs[0] - outputs[1])  # the culprit

    with pytest.raises(AnomalyError, match=r"step 0 .epoch 0, batch 0. met") as caught:
        train(Scale(), loss, detect_anomaly=True)

    assert "# the culprit" in str(caught.value)
    assert "detect_anomaly=True" in str(caught.value)


def test_detection_changes_nothing_where_all_is_finite():
    """The same losses, to the last bit."""

    def loss(outputs, targets):
        return nn.mse_loss(outputs, targets)

    assert train(Scale(), loss, detect_anomaly=True) == train(Scale(), loss)


def test_a_move_beyond_the_floats_is_taken_back():
    """Loss and gradient are finite, the step is not: the parameter is named."""
    model = Scale(1e308)
    optimizer = nn.SGD(model.parameters(), lr=1e308)

    with pytest.raises(NonFiniteError, match=r"would make inf of Value\(.*'weight'"):
        train(model, lambda o, t: -o[0], optimizer=optimizer)

    assert model.weight.data == 1e308


def test_running_statistics_are_put_back():
    """A batch with a nan reaches no statistic that is kept."""
    model = Sequential(BatchNorm1d(1), Linear(1, 1, seed=0))
    before = model.state_dict()

    with pytest.raises(NonFiniteError, match="the loss is nan at step 0"):
        train(
            model,
            lambda o, t: nn.mse_loss([y for (y,) in o], t),
            [[1.0], [math.nan]],
            batched=True,
        )

    assert model.state_dict() == before


@pytest.mark.parametrize("where", ["loss", "callback"])
def test_any_error_leaves_the_step_undone_and_says_where(where):
    """Statistics included; the error is the one that was raised, with a note."""
    model = Sequential(BatchNorm1d(1), Linear(1, 1, seed=0))
    before = model.state_dict()

    def fail(*_):
        raise KeyError("no such thing")

    with pytest.raises(KeyError, match="no such thing") as caught:
        train(
            model,
            fail if where == "loss" else lambda o, t: nn.mse_loss([y for (y,) in o], t),
            [[1.0], [2.0]],
            batched=True,
            callbacks=[fail],
        )

    assert model.state_dict() == before
    (note,) = caught.value.__notes__
    assert note == "in step 0 (epoch 0, batch 0) of nn.fit; nothing has moved in it"


def test_a_line_search_may_look_beyond_the_floats():
    """Only the loss at the parameters themselves must be finite."""
    model = Scale(3.0)
    optimizer = LBFGS(model.parameters(), lr=2000.0, line_search_fn="strong_wolfe")
    seen = []

    def loss(outputs, targets):
        value = cosh(outputs[0])
        seen.append(value.data)
        return value

    history = train(model, loss, optimizer=optimizer, inputs=[1.0], batch_size=1)

    assert math.inf in seen
    assert all(map(math.isfinite, history.loss))
    assert history.loss[-1] < history.loss[0]


def test_a_validation_loss_may_be_anything():
    """It is looked at, not learnt from."""
    history = train(
        Scale(),
        lambda o, t: nn.mse_loss(o, t),
        validation=([math.inf], [0.0]),
        epochs=2,
    )

    assert history.validation_loss == [math.inf, math.inf]


@pytest.mark.parametrize("where", ["loss", "callback", "optimizer"])
def test_generators_of_modules_are_put_back(where):
    """The step that failed draws the same numbers when it is taken again."""
    model = Sequential(Dropout(0.5, seed=0), Linear(2, 1, seed=0))
    stood = model[0].random.getstate()
    bad = math.nan if where == "loss" else 1.0

    def fail(step):
        if where == "callback":
            raise KeyError("no such thing")

    with pytest.raises((KeyError, NonFiniteError)):
        train(
            model,
            lambda o, t: nn.mse_loss([y * bad for (y,) in o], t),
            [[1.0, 2.0], [3.0, 4.0]],
            optimizer=nn.SGD(model.parameters(), lr=1e308 if where[0] == "o" else 0.1),
            callbacks=[fail],
        )

    assert model[0].random.getstate() == stood
