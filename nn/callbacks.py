"""What happens beside the training: at each step, after each epoch, at the end.

A callback of `fit` is a function of a `Step`, or an object with one of the methods of
`Callback`, or both. One with `state_dict()` and `load_state_dict(state)` goes on where
it was when training is resumed from a checkpoint.
"""

from dataclasses import dataclass, field
from math import inf, isnan
from typing import Any

from autograd_core import Value
from autograd_core.errors import OperandError, UnknownNameError
from autograd_core.inspection import counted

from .hyperparameters import between, count
from .module import Module
from .nested import numbers
from .optimizers import Optimizer
from .optimizers.states import checked_keys

__all__ = ["Callback", "EarlyStopping", "Epoch", "History", "Step", "checked_callbacks"]

_HOOKS = ("on_fit_start", "on_epoch_end", "on_fit_end")


@dataclass
class History:
    """The losses of a training run: of every step, and their mean over each epoch.

    With validation data, `validation_loss` and each of `metrics` have one number for
    each epoch. `stopped` says why training ended before its last epoch; a callback that
    sets it ends the training after the epoch.

    >>> history = History(loss=[4.0, 2.0, 1.0, 1.0], epoch_loss=[3.0, 1.0])
    >>> history.epoch_loss[-1], len(history.loss), history.stopped
    (1.0, 4, '')
    """

    loss: list[float] = field(default_factory=list)
    epoch_loss: list[float] = field(default_factory=list)
    validation_loss: list[float] = field(default_factory=list)
    metrics: dict[str, list[float]] = field(default_factory=dict)
    stopped: str = ""

    def by_epoch(self) -> dict[str, list[float]]:
        """Return the columns that have a number for each epoch, by name.

        >>> History([0.5, 0.25], [0.375], [0.5], {"accuracy": [0.9]}).by_epoch()
        {'epoch_loss': [0.375], 'validation_loss': [0.5], 'accuracy': [0.9]}
        """
        losses = {"epoch_loss": self.epoch_loss}
        return losses | {"validation_loss": self.validation_loss} | self.metrics

    def state_dict(self) -> dict[str, Any]:
        """Return what JSON can hold."""
        return {
            "loss": list(self.loss),
            "epoch_loss": list(self.epoch_loss),
            "validation_loss": list(self.validation_loss),
            "metrics": {name: list(found) for name, found in self.metrics.items()},
            "stopped": self.stopped,
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take over the history of a run with the same metrics; on an error, none."""
        checked_keys(state, list(self.state_dict()), "a history")
        checked_keys(state["metrics"], list(self.metrics), "metrics")
        loss, epochs, validation = (
            numbers(_column(state[name], name))
            for name in ("loss", "epoch_loss", "validation_loss")
        )
        metrics = {
            name: numbers(_column(column, name))
            for name, column in state["metrics"].items()
        }
        if not isinstance(state["stopped"], str):
            raise OperandError(f"stopped takes a reason, not {state['stopped']!r:.60}")
        self.loss[:], self.epoch_loss[:], self.validation_loss[:] = (
            *(loss, epochs, validation),
        )
        for name, column in metrics.items():
            self.metrics[name][:] = column
        self.stopped = state["stopped"]


def _column(column: Any, name: str) -> list[Any]:
    if isinstance(column, list):
        return column
    raise OperandError(
        f"{name} of a history takes a list of numbers, not {column!r:.60}"
    )


@dataclass(frozen=True)
class Step:
    """What a callback of `fit` sees: all gradients there, no parameter moved yet.

    `number` counts the steps of the run from 0, `epoch` the passes over the data;
    `loss` is the root of the graph. The graph is freed after the step, unless a
    callback keeps the loss.
    """

    number: int
    epoch: int
    loss: Value
    model: Module
    optimizer: Optimizer


@dataclass(frozen=True)
class Epoch:
    """What a `Callback` sees: the epochs done so far, their history and the model.

    `columns` names what the history has a number of for each epoch.
    """

    number: int
    history: History
    model: Module
    optimizer: Optimizer
    columns: tuple[str, ...]


class Callback:
    """Base of callbacks with more than one thing to do; each method may be left out.

    A method `on_...` of another name would never be called, and is refused.

    >>> class Shout(Callback):
    ...     def on_epoch_end(self, epoch):
    ...         print(f"epoch {epoch.number}: {epoch.history.epoch_loss[-1]:.3f}")
    """

    def __init_subclass__(cls, **options: Any) -> None:
        """Refuse a hook that is none."""
        super().__init_subclass__(**options)
        for name in vars(cls):
            if name.startswith("on_") and name not in _HOOKS:
                raise UnknownNameError("hook of a Callback", name, _HOOKS)

    def on_fit_start(self, epoch: Epoch) -> Any:
        """Prepare for a run, of which no epoch is done and nothing is resumed yet."""

    def on_epoch_end(self, epoch: Epoch) -> Any:
        """Look at the history after an epoch; set `epoch.history.stopped` to end it."""

    def on_fit_end(self, epoch: Epoch) -> Any:
        """Finish, when all epochs are done or training was stopped, but no error."""


class EarlyStopping(Callback):
    """Stop when `patience` epochs in a row have brought nothing better.

    `monitor` names a column of the history: "validation_loss", "epoch_loss" or one of
    the metrics, of which less (`mode="min"`) or more (`mode="max"`) is better, by more
    than `min_delta`. With `restore_best` the model ends as it was after its best epoch
    (Prechelt 1998, "Early stopping - but when?"). A number that is nan is never better.

    >>> from nn import MLP, SGD, fit, mse_loss
    >>> model = MLP(1, [1], seed=0)
    >>> early = EarlyStopping(patience=2, monitor="epoch_loss")
    >>> history = fit(model, [[0.0], [1.0]], [1.0, 3.0], loss=mse_loss, epochs=20,
    ...               optimizer=SGD(model.parameters(), lr=1.5), progress=False,
    ...               callbacks=[early])
    >>> early.best_epoch, history.stopped
    (0, 'epoch_loss has not become less for 2 epochs')
    """

    def __init__(
        self,
        patience: int = 5,
        min_delta: float = 0.0,
        *,
        monitor: str = "validation_loss",
        mode: str = "min",
        restore_best: bool = True,
    ) -> None:
        """Choose how long to wait for what."""
        if mode not in ("min", "max"):
            raise UnknownNameError("mode of EarlyStopping", mode, ["min", "max"])
        self.patience = count("patience", patience)
        self.min_delta = between("min_delta", min_delta, 0.0)
        self.monitor, self.mode, self.restore_best = monitor, mode, restore_best
        self._reset()

    def _reset(self) -> None:
        self.best = inf if self.mode == "min" else -inf
        self.best_epoch: int | None = None
        self.waited = 0
        self._best_state: dict[str, Any] | None = None

    def on_fit_start(self, epoch: Epoch) -> None:
        """Forget another run, and see that there will be something to monitor."""
        missing = self.monitor not in epoch.columns
        if missing and self.monitor == "validation_loss":
            raise OperandError(
                "EarlyStopping monitors 'validation_loss', of which there is none; "
                "pass fit(..., validation=(inputs, targets)), or monitor 'epoch_loss'"
            )
        if missing:
            raise UnknownNameError("column of the history", self.monitor, epoch.columns)
        self._reset()

    def on_epoch_end(self, epoch: Epoch) -> None:
        """Compare the epoch with the best one."""
        found = epoch.history.by_epoch()[self.monitor][-1]
        if self._is_better(found):
            self.best, self.best_epoch, self.waited = found, epoch.number - 1, 0
            self._best_state = epoch.model.state_dict() if self.restore_best else None
            return
        self.waited += 1
        if self.waited >= self.patience and not epoch.history.stopped:
            word = "less" if self.mode == "min" else "more"
            now = " is nan and" if isnan(found) else ""
            epoch.history.stopped = (
                f"{self.monitor}{now} has not become {word} for "
                f"{counted(self.waited, 'epoch', 'epochs')}"
            )

    def on_fit_end(self, epoch: Epoch) -> None:
        """Put the model back to its best epoch."""
        if self._best_state is not None:
            epoch.model.load_state_dict(self._best_state)

    def _is_better(self, found: float) -> bool:
        if self.mode == "min":
            return found < self.best - self.min_delta
        return found > self.best + self.min_delta

    def state_dict(self) -> dict[str, Any]:
        """Return the best epoch, what the model was then, and how long ago it was."""
        return {
            "best": None if self.best_epoch is None else self.best,  # inf is not JSON
            "best_epoch": self.best_epoch,
            "waited": self.waited,
            "best_state": self._best_state,
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on waiting where another run did."""
        checked_keys(state, list(self.state_dict()), "the state of EarlyStopping")
        waited, epoch = count("waited", state["waited"], 0), state["best_epoch"]
        epoch = None if epoch is None else count("best_epoch", epoch, 0)
        if not isinstance(state["best_state"], dict | None):
            raise OperandError(
                f"best_state takes a dict, not {state['best_state']!r:.60}"
            )
        best = None if epoch is None else numbers(state["best"])
        self._reset()
        self.best = self.best if best is None else best
        self.best_epoch, self.waited = epoch, waited
        self._best_state = state["best_state"]


def checked_callbacks(callbacks: Any) -> tuple[list[Any], dict[str, list[Any]]]:
    """Return what to call at each step, and at each of the other times."""
    given = callbacks if isinstance(callbacks, list | tuple) else [callbacks]
    for callback in given:
        called = callable(callback) or any(hasattr(callback, name) for name in _HOOKS)
        if given is not callbacks or not called or isinstance(callback, type):
            raise OperandError(
                "fit takes callbacks as a list of functions of one nn.Step, such as "
                "callbacks=[print], and of nn.Callbacks, such as nn.EarlyStopping(); "
                f"got {callbacks!r:.60}"
            )
    hooks = {
        name: [getattr(c, name) for c in given if hasattr(c, name)] for name in _HOOKS
    }
    return [callback for callback in given if callable(callback)], hooks
