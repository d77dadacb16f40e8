"""The training loop: batches in, a history of losses out.

`fit` is the loop everybody writes: predict, measure, go backward, step. It pauses the
cyclic collector while a graph is built and walked, which no graph needs, since graphs
hold no cycle; and it stops before a loss that is not finite can spoil the parameters.
"""

import gc
import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from autograd_core import Value, no_grad
from autograd_core.errors import (
    MissingExtraError,
    NonFiniteError,
    OperandError,
    ShapeError,
)

from .data import DataLoader
from .module import Module
from .optimizers import Optimizer

__all__ = ["History", "Step", "accuracy", "collector_paused", "fit"]


@dataclass
class History:
    """The losses of a training run: of every step, and their mean over each epoch."""

    loss: list[float] = field(default_factory=list)
    epoch_loss: list[float] = field(default_factory=list)


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


@contextmanager
def collector_paused() -> Iterator[None]:
    """Pause the cyclic garbage collector, and leave it as it was found.

    >>> with collector_paused():
    ...     gc.isenabled()
    False
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def fit(
    model: Module,
    inputs: Sequence[Any],
    targets: Sequence[Any],
    *,
    loss: Callable[[list[Any], list[Any]], Any],
    optimizer: Optimizer,
    epochs: int = 1,
    batch_size: int = 32,
    shuffle: bool = True,
    seed: int | None = 0,
    progress: bool | None = None,
    callbacks: Sequence[Callable[[Step], Any]] = (),
) -> History:
    """Train `model` on examples and return the history of its loss.

    `loss` takes the outputs and the targets of a batch. `progress` shows a bar: True
    demands it, None shows it if tqdm is installed, False is silent. Each of `callbacks`
    is called with a `Step` between the backward pass and the move of the parameters;
    an error in one ends the training before that move.

    >>> from nn import MLP, SGD, mse_loss
    >>> model = MLP(1, [1], seed=0)
    >>> history = fit(model, [[0.0], [1.0]], [1.0, 3.0], loss=mse_loss,
    ...               optimizer=SGD(model.parameters(), lr=0.5), epochs=60,
    ...               progress=False)
    >>> history.epoch_loss[-1] < 1e-3 < history.epoch_loss[0]
    True
    """
    if not isinstance(epochs, int) or epochs < 0:
        raise ShapeError(f"epochs takes a count from 0 up, not {epochs!r}")
    if not isinstance(optimizer, Optimizer):
        raise OperandError(
            "fit takes an optimizer such as nn.SGD(model.parameters()), not "
            f"{optimizer!r}"
        )
    _check_callbacks(callbacks)
    loader = DataLoader(inputs, targets, batch_size, shuffle=shuffle, seed=seed)
    history = History()
    take_step = partial(_step, model, loss, optimizer, callbacks)
    with _bar(epochs * len(loader), progress) as advance:
        for epoch in range(epochs):
            start = len(history.loss)
            for xs, ys in loader:
                history.loss.append(take_step(xs, ys, len(history.loss), epoch))
                advance(history.loss[-1])
            steps = history.loss[start:]
            history.epoch_loss.append(math.fsum(steps) / len(steps))
    return history


def _check_callbacks(callbacks: Any) -> None:
    given = callbacks if isinstance(callbacks, list | tuple) else [callbacks]
    for callback in given:
        if given is not callbacks or not callable(callback):
            raise OperandError(
                "fit takes callbacks as a list of functions of one nn.Step, such as "
                f"callbacks=[print]; got {callbacks!r}"
            )


def _step(
    model: Module,
    loss: Callable[[list[Any], list[Any]], Any],
    optimizer: Optimizer,
    callbacks: Sequence[Callable[[Step], Any]],
    xs: list[Any],
    ys: list[Any],
    number: int,
    epoch: int,
) -> float:
    """Take one step of gradient descent and return the loss before it."""
    with collector_paused():
        optimizer.zero_grad()
        value = _checked_loss(loss([model(x) for x in xs], ys))
        if not math.isfinite(value.data):
            raise NonFiniteError(
                f"the loss is {value.data} at step {number}; the parameters are those "
                "of the step before. Lower lr, or look at the inputs"
            )
        value.backward()
        for callback in callbacks:
            callback(Step(number, epoch, value, model, optimizer))
    optimizer.step()
    return value.data


def _checked_loss(value: Any) -> Value:
    if isinstance(value, Value):
        return value
    raise OperandError(f"loss(outputs, targets) must return one Value, not {value!r}")


@contextmanager
def _bar(steps: int, progress: bool | None) -> Iterator[Callable[[float], None]]:
    """Open a progress bar and yield the function that advances it."""
    try:
        tqdm = _tqdm() if progress is not False else None
    except ImportError:
        if progress:
            raise MissingExtraError("a progress bar needs tqdm", "nn") from None
        tqdm = None
    if tqdm is None:
        yield lambda loss: None
        return
    with tqdm(total=steps, unit="step", mininterval=0.5) as bar:

        def advance(loss: float) -> None:
            bar.set_postfix_str(f"loss {loss:.4f}", refresh=False)
            bar.update()

        yield advance


def _tqdm() -> Any:
    from tqdm import tqdm

    return tqdm


def accuracy(model: Module, inputs: Sequence[Any], targets: Sequence[int]) -> float:
    """Return the share of examples whose largest output is at the target's index.

    >>> class Echo(Module):
    ...     def forward(self, x):
    ...         return x
    >>> accuracy(Echo(), [[1.0, 2.0], [4.0, 3.0]], [1, 1])
    0.5
    """
    loader = DataLoader(inputs, targets, batch_size=1, shuffle=False)
    with no_grad():
        hits = sum(1 for (x,), (y,) in loader if _largest(model(x)) == y)
    return hits / len(inputs)


def _largest(outputs: Sequence[Any]) -> int:
    return max(range(len(outputs)), key=lambda i: outputs[i])
