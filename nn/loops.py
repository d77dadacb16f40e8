"""The epochs of a training run: one after the other, from wherever it stands.

Where a run stands is nowhere but in its parts: the history counts the steps and the
epochs, the loader the batches of this one. So the states of the parts, in a checkpoint,
are all that it takes to go on.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from math import fsum
from typing import Any

from .callbacks import Epoch, History
from .checkpoints import Checkpoint, Modes, save_checkpoint
from .data import DataLoader
from .evaluation import checked_batch
from .generators import Generators
from .module import Module
from .optimizers import Optimizer
from .steps import Place, StepTaker, collector_paused

__all__ = ["Run"]

Bar = AbstractContextManager[Callable[[float], None]]


@dataclass(frozen=True)
class Run:
    """All that takes part in a training run."""

    model: Module
    optimizer: Optimizer
    loader: DataLoader
    history: History
    take_step: StepTaker
    validate: Callable[[], dict[str, float]] | None
    scheduler: Any
    schedule_every: str
    hooks: dict[str, list[Callable[[Epoch], Any]]]
    checkpoint: Checkpoint | None
    stateful: list[Any]

    def train(self, epochs: int, bar: Callable[[int], Bar]) -> History:
        """Go on from the checkpoint, if there is one, to the last epoch.

        `bar`, given the number of steps done, is a context with what advances it.
        """
        history = self.history
        self._call("on_fit_start")
        if self.checkpoint is not None:
            self.checkpoint.resume(**self._parts())
        with bar(len(history.loss)) as advance:
            while len(history.epoch_loss) < epochs and not history.stopped:
                self._epoch(advance)
                ended = len(history.epoch_loss) == epochs or bool(history.stopped)
                self._save(len(history.epoch_loss), "every_n_epochs", ended=ended)
        self._call("on_fit_end")
        return history

    def _epoch(self, advance: Callable[[float], None]) -> None:
        """Train on the batches of an epoch that are left, and look what came of it."""
        history, epoch = self.history, len(self.history.epoch_loss)
        start = max(0, len(history.loss) - self.loader.position)
        for batch in self.loader:
            xs, ys = checked_batch(batch)
            place = Place(len(history.loss), epoch, self.loader.position - 1)
            with collector_paused():  # until the graph is freed
                history.loss.append(self.take_step(xs, ys, place))
            if self.scheduler is not None and self.schedule_every == "step":
                self.scheduler.step()
            advance(history.loss[-1])
            self._save(len(history.loss), "every_n_steps")
        steps = history.loss[start:]
        history.epoch_loss.append(fsum(steps) / len(steps))
        self._validate()
        if self.scheduler is not None and self.schedule_every == "epoch":
            self.scheduler.step()
        self._call("on_epoch_end")

    def _validate(self) -> None:
        found = self.validate() if self.validate is not None else {}
        if found:
            self.history.validation_loss.append(found.pop("loss"))
        for name, number in found.items():
            self.history.metrics[name].append(number)

    def _call(self, hook: str) -> None:
        history = self.history
        validated = () if self.validate is None else ("validation_loss",)
        columns = ("epoch_loss", *validated, *history.metrics)
        done = len(history.epoch_loss)
        epoch = Epoch(done, history, self.model, self.optimizer, columns)
        for call in self.hooks[hook]:
            call(epoch)

    def _save(self, done: int, every: str, *, ended: bool = False) -> None:
        """Write a checkpoint if it is time for one."""
        interval = getattr(self.checkpoint, every, None)
        is_time = interval is not None and (ended or done % interval == 0)
        if self.checkpoint is not None and is_time:
            save_checkpoint(self.checkpoint.path, **self._parts())

    def _parts(self) -> dict[str, Any]:
        """Return what a checkpoint holds."""
        parts = {
            "model": self.model,
            "modes": Modes(self.model),
            "optimizer": self.optimizer,
            "loader": self.loader,
            "generators": Generators(self.model),
            "history": self.history,
        }
        if self.scheduler is not None:
            parts["scheduler"] = self.scheduler
        parts |= {f"callbacks[{i}]": part for i, part in enumerate(self.stateful)}
        extra = self.checkpoint.extra if self.checkpoint is not None else {}
        return parts | {f"extra.{name}": part for name, part in extra.items()}
