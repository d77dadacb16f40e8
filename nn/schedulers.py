"""Schedulers: an optimiser's rate, set by a schedule after every step or epoch.

Names, arguments and the sequences of rates are PyTorch's. Each is a schedule from
`nn.schedules` and an optimiser: `step()` counts one up and sets the rate of each group
to its first one times the factor of that count.
"""

from collections.abc import Sequence
from typing import Any

from autograd_core.errors import DomainError, OperandError, ShapeError

from .hyperparameters import between, count
from .optimizers import Optimizer
from .optimizers.states import checked_keys
from .schedules import (
    Schedule,
    cosine,
    exponential,
    linear,
    multi_step,
    sequential,
    step_decay,
)

__all__ = [
    "CosineAnnealingLR",
    "ExponentialLR",
    "LRScheduler",
    "LambdaLR",
    "LinearLR",
    "MultiStepLR",
    "SequentialLR",
    "StepLR",
]


class LRScheduler:
    """Set `optimizer.lr` to its first value times schedule(0), schedule(1), ...

    `schedule` may be a list of them, one for each group of parameters. The first
    scheduler of an optimiser notes the rates that all of its schedulers scale.

    >>> from nn import SGD
    >>> from autograd_core import Value
    >>> optimizer = SGD([Value(1.0)], lr=0.4)
    >>> scheduler = LRScheduler(optimizer, lambda step: 1 / (1 + step))
    >>> scheduler.step()
    >>> optimizer.lr
    0.2
    """

    def __init__(
        self, optimizer: Optimizer, schedule: Schedule | Sequence[Schedule]
    ) -> None:
        """Note the rates and set those of step 0."""
        self.base_lrs = base_lrs(optimizer)
        each = list(schedule) if isinstance(schedule, Sequence) else [schedule]
        if each and not isinstance(schedule, Sequence):
            each *= len(self.base_lrs)
        if len(each) != len(self.base_lrs):
            raise ShapeError(
                f"a scheduler takes one schedule, or one for each of "
                f"{len(self.base_lrs)} groups of parameters; got {len(each)}"
            )
        for function in each:
            if not callable(function):
                raise OperandError(f"a schedule is a function, not {function!r:.60}")
        self.optimizer, self.schedules, self.last_epoch = optimizer, each, 0
        self._set(0, self.base_lrs)

    def step(self) -> None:
        """Go on to the next rate."""
        self._set(self.last_epoch + 1, self.base_lrs)

    def get_last_lr(self) -> list[float]:
        """Return the rate of each group that the last step set."""
        return list(self._last_lr)

    def state_dict(self) -> dict[str, Any]:
        """Return the position, which JSON can hold."""
        return {"last_epoch": self.last_epoch, "base_lrs": list(self.base_lrs)}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on where another scheduler of the same kind was."""
        checked_keys(state_dict, ["last_epoch", "base_lrs"], "a scheduler's state")
        last_epoch = count("last_epoch", state_dict["last_epoch"], 0)
        saved = state_dict["base_lrs"]
        if not isinstance(saved, list) or len(saved) != len(self.base_lrs):
            raise ShapeError(
                f"base_lrs takes {len(self.base_lrs)} rates, one for each group of "
                f"parameters; the state has {saved!r:.60}"
            )
        self._set(last_epoch, [between("a rate of base_lrs", lr, 0.0) for lr in saved])

    def _set(self, step: int, rates: list[float]) -> None:
        pairs = zip(rates, self.schedules, strict=True)
        lrs = [between("lr", lr * schedule(step), 0.0) for lr, schedule in pairs]
        self.last_epoch, self.base_lrs, self._last_lr = step, rates, lrs
        for group, lr, base in zip(
            self.optimizer.param_groups, lrs, rates, strict=True
        ):
            group.lr, group.initial_lr = lr, base

    def __repr__(self) -> str:
        return f"{type(self).__name__}(last_epoch={self.last_epoch})"


class LambdaLR(LRScheduler):
    """The rate times any function of the step, or one function for each group.

    >>> from nn import SGD
    >>> from autograd_core import Value
    >>> LambdaLR(SGD([Value(1.0)], lr=0.4), lambda step: 0.5**step).get_last_lr()
    [0.4]
    """

    def __init__(
        self, optimizer: Optimizer, lr_lambda: Schedule | Sequence[Schedule]
    ) -> None:
        """Choose the function."""
        super().__init__(optimizer, lr_lambda)


class StepLR(LRScheduler):
    """The rate times gamma every step_size steps: `step_decay`.

    >>> from nn import SGD
    >>> from autograd_core import Value
    >>> scheduler = StepLR(SGD([Value(1.0)], lr=0.5), step_size=2, gamma=0.5)
    >>> for _ in range(5):
    ...     scheduler.step()
    >>> scheduler.get_last_lr()
    [0.125]
    """

    def __init__(
        self, optimizer: Optimizer, step_size: int, gamma: float = 0.1
    ) -> None:
        """Choose how often and how much."""
        super().__init__(optimizer, step_decay(step_size, gamma))


class MultiStepLR(LRScheduler):
    """The rate times gamma at each milestone: `multi_step`.

    >>> from nn import SGD
    >>> from autograd_core import Value
    >>> scheduler = MultiStepLR(SGD([Value(1.0)], lr=0.5), [1, 4], gamma=0.5)
    >>> scheduler.step()
    >>> scheduler.get_last_lr()
    [0.25]
    """

    def __init__(
        self, optimizer: Optimizer, milestones: Sequence[int], gamma: float = 0.1
    ) -> None:
        """Choose when and how much."""
        super().__init__(optimizer, multi_step(sorted(milestones), gamma))


class ExponentialLR(LRScheduler):
    """The rate times gamma at every step: `exponential`.

    >>> from nn import SGD
    >>> from autograd_core import Value
    >>> scheduler = ExponentialLR(SGD([Value(1.0)], lr=0.5), gamma=0.5)
    >>> scheduler.step()
    >>> scheduler.get_last_lr()
    [0.25]
    """

    def __init__(self, optimizer: Optimizer, gamma: float) -> None:
        """Choose how much."""
        super().__init__(optimizer, exponential(gamma))


class LinearLR(LRScheduler):
    """From one share of the rate to another, in equal steps: `linear`.

    A warm-up with the defaults; LinearLR(optimizer, 1.0, 0.0, n) is a linear decay.

    >>> from nn import SGD
    >>> from autograd_core import Value
    >>> scheduler = LinearLR(SGD([Value(1.0)], lr=0.5), 1.0, 0.0, total_iters=4)
    >>> scheduler.step()
    >>> scheduler.get_last_lr()
    [0.375]
    """

    def __init__(
        self,
        optimizer: Optimizer,
        start_factor: float = 1 / 3,
        end_factor: float = 1.0,
        total_iters: int = 5,
    ) -> None:
        """Choose both ends and the way between them."""
        super().__init__(optimizer, linear(start_factor, end_factor, total_iters))


class CosineAnnealingLR(LRScheduler):
    """From the rate down to eta_min along half a cosine: `cosine`.

    >>> from nn import SGD
    >>> from autograd_core import Value
    >>> scheduler = CosineAnnealingLR(SGD([Value(1.0)], lr=0.4), T_max=2, eta_min=0.2)
    >>> scheduler.step()
    >>> [round(lr, 12) for lr in scheduler.get_last_lr()]
    [0.3]
    """

    def __init__(
        self,
        optimizer: Optimizer,
        T_max: int,  # noqa: N803 - PyTorch's name
        eta_min: float = 0.0,
    ) -> None:
        """Choose the steps of the way down and the rate at its end."""
        end = between("eta_min", eta_min, 0.0)
        rates = base_lrs(optimizer)
        if end and 0.0 in rates:
            raise DomainError(f"eta_min={eta_min} takes rates above 0, not {rates}")
        schedules = [cosine(T_max, end / lr if end else 0.0) for lr in rates]
        super().__init__(optimizer, schedules)


class SequentialLR(LRScheduler):
    """One scheduler after the other, each from its first rate at its milestone.

    The schedulers lend their schedules; only this one is stepped.

    >>> from nn import SGD
    >>> from autograd_core import Value
    >>> optimizer = SGD([Value(1.0)], lr=0.4)
    >>> parts = [LinearLR(optimizer, 0.25, 1.0, 3), CosineAnnealingLR(optimizer, 10)]
    >>> scheduler = SequentialLR(optimizer, parts, milestones=[3])
    >>> for _ in range(8):
    ...     scheduler.step()
    >>> round(optimizer.lr, 12)
    0.2
    """

    def __init__(
        self,
        optimizer: Optimizer,
        schedulers: Sequence[LRScheduler],
        milestones: Sequence[int],
    ) -> None:
        """Choose the schedulers and the steps at which the next one takes over."""
        for scheduler in schedulers:
            if not isinstance(scheduler, LRScheduler):
                raise OperandError(
                    f"SequentialLR takes schedulers, not {scheduler!r:.60}"
                )
            if scheduler.optimizer is not optimizer:
                raise OperandError(
                    "SequentialLR takes schedulers of its own optimiser, which is not "
                    f"that of {scheduler!r}"
                )
        groups = zip(*(scheduler.schedules for scheduler in schedulers), strict=True)
        each = [sequential(schedules, milestones) for schedules in groups]
        super().__init__(optimizer, each or sequential([], milestones))


def base_lrs(optimizer: Optimizer) -> list[float]:
    """Return the rate of each group that its schedulers scale."""
    if not isinstance(optimizer, Optimizer):
        raise OperandError(
            "a scheduler takes an optimiser such as nn.SGD(params), not "
            f"{optimizer!r:.60}"
        )
    groups = optimizer.param_groups
    return [g.lr if g.initial_lr is None else g.initial_lr for g in groups]
