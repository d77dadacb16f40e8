"""One step of training: it is taken whole, or nothing has moved.

A step predicts, measures, goes backward and lets the optimiser move the parameters.
Where the loss, a gradient or a moved parameter is not finite, or anything raises, the
parameters, the running statistics, the optimiser's state and the random generators of
modules such as `Dropout` are those before the step.
"""

import gc
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from math import isfinite
from operator import attrgetter
from random import Random
from typing import Any, NamedTuple

from autograd_core import Value, detect_anomaly, first_nonfinite, zero_grad
from autograd_core.errors import AnomalyError, NonFiniteError, OperandError

from .callbacks import Step
from .evaluation import Measure, outputs_of
from .module import Module
from .nested import flat
from .optimizers import Optimizer

__all__ = ["Place", "StepTaker", "collector_paused"]

_data = attrgetter("data")


class Place(NamedTuple):
    """Where in a run a step is: its number, its epoch, its batch of that epoch."""

    number: int
    epoch: int
    batch: int

    def __str__(self) -> str:
        return f"step {self.number} (epoch {self.epoch}, batch {self.batch})"


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


class StepTaker:
    """What takes the steps of a run; with `anomalies` it looks at each operation."""

    def __init__(
        self,
        model: Module,
        loss: Measure,
        optimizer: Optimizer,
        callbacks: Sequence[Callable[[Step], Any]] = (),
        *,
        batched: bool = False,
        anomalies: bool = False,
        set_to_none: bool = True,
    ) -> None:
        """Find what of the model a pass changes besides the optimizer's parameters."""
        self.model, self.loss, self.optimizer = model, loss, optimizer
        self.callbacks, self.batched, self.anomalies = callbacks, batched, anomalies
        self.set_to_none = set_to_none
        parameters = dict.fromkeys(model.parameters())
        moved = set(optimizer.parameters)
        self._others = [p for p in parameters if p not in moved]
        attributes = [a for module in model.modules() for a in vars(module).values()]
        self._generators = [a for a in attributes if isinstance(a, Random)]
        held = flat(list(model.tensors().values()))
        self._buffers = [
            v for v in held if isinstance(v, Value) and v not in parameters
        ]

    def __call__(self, xs: list[Any], ys: list[Any], place: Place) -> float:
        """Take a step and return the loss before it, or change nothing."""
        optimizer = self.optimizer
        held = [*optimizer.parameters, *self._buffers]
        before = list(map(_data, held))
        states = [(group, group.state) for group in optimizer.param_groups]
        draws = [(generator, generator.getstate()) for generator in self._generators]
        try:
            loss: Value = optimizer.step(self._closure(xs, ys, place))
            self._check_moved(before, loss, place)
        except BaseException as error:
            for value, data in zip(held, before, strict=True):
                value.data = data
            for group, state in states:
                group.state = state
            for generator, stood in draws:
                generator.setstate(stood)
            if isinstance(error, Exception):
                error.add_note(f"in {place} of nn.fit; nothing has moved in it")
            raise
        return loss.data

    def _closure(
        self, xs: list[Any], ys: list[Any], place: Place
    ) -> Callable[[], Value]:
        """Return what computes the loss; only its first call is the step's."""
        calls = 0

        def closure() -> Value:
            nonlocal calls
            calls += 1
            self.optimizer.zero_grad(self.set_to_none)
            zero_grad(self._others)
            loss = self._loss(xs, ys, place, finite=calls == 1)
            self._watched(place, loss.backward)
            if calls == 1:
                step = Step(place.number, place.epoch, loss, self.model, self.optimizer)
                for callback in self.callbacks:
                    callback(step)
            return loss

        return closure

    def _loss(
        self, xs: list[Any], ys: list[Any], place: Place, *, finite: bool
    ) -> Value:
        def forward() -> Any:
            return self.loss(outputs_of(self.model, xs, self.batched), ys)

        loss = _checked_loss(self._watched(place, forward))
        if finite and not isfinite(loss.data):
            headline = f"the loss is {loss.data} at {place}"
            raise _stopped(headline, first_nonfinite(loss))
        return loss

    def _watched(self, place: Place, act: Callable[[], Any]) -> Any:
        """Look at each operation if asked to; say where what was found was found."""
        try:
            if not self.anomalies:
                return act()
            with detect_anomaly():
                return act()
        except AnomalyError as error:
            headline = f"{place} met a number that is not finite"
            raise _stopped(headline, error.anomaly) from None

    def _check_moved(self, before: list[float], loss: Value, place: Place) -> None:
        """Refuse a move that makes inf or nan of a parameter."""
        parameters = self.optimizer.parameters
        if isfinite(sum(map(_data, parameters))):  # most often, and then all are
            return
        for parameter, data in zip(parameters, before, strict=False):
            if isfinite(data) and not isfinite(parameter.data):
                headline = (
                    f"{place}, whose loss is {loss.data}, would make {parameter.data} "
                    f"of {parameter!r}"
                )
                raise _stopped(headline, first_nonfinite(loss))


def _checked_loss(value: Any) -> Value:
    if isinstance(value, Value):
        return value
    raise OperandError(
        f"loss(outputs, targets) must return one Value, not {value!r:.60}"
    )


def _stopped(headline: str, anomaly: Any) -> NonFiniteError:
    """Return the error that ends a run, with what is known of the first such number."""
    message = f"{headline}; the parameters are those before that step. Lower lr, "
    message += "clip the gradients or look at the inputs"
    if anomaly is None:
        return NonFiniteError(message)
    error = AnomalyError(anomaly)
    error.args = (
        f"{message}. The first number that is not finite (nn.fit(..., "
        "detect_anomaly=True) names its line, `error.anomaly.root.debug()` opens its "
        f"graph):\n{anomaly.text}",
    )
    return error
