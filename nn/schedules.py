"""Schedules: the learning rate as a function of the step.

A schedule is a pure function from the number of steps taken, 0, 1, 2, ..., to a factor
of the rate. Schedules compose: `product` multiplies them, `sequential` plays one after
the other. `nn.schedulers` sets an optimiser's rate by them, in PyTorch's names.

>>> schedule = sequential([warm_up(4), cosine(10)], milestones=[4])
>>> [round(schedule(step), 3) for step in (0, 1, 3, 4, 9, 14)]
[0.25, 0.5, 1.0, 1.0, 0.5, 0.0]
"""

from bisect import bisect_right
from collections.abc import Callable, Sequence
from itertools import pairwise
from math import cos, pi, prod

from autograd_core.errors import OperandError, ShapeError

from .hyperparameters import between, count

__all__ = [
    "Schedule",
    "checked_milestones",
    "cosine",
    "exponential",
    "linear",
    "multi_step",
    "product",
    "sequential",
    "step_decay",
    "warm_up",
]

Schedule = Callable[[int], float]


def step_decay(step_size: int, gamma: float = 0.1) -> Schedule:
    """Multiply by gamma every step_size steps: gamma^⌊step/step_size⌋.

    The plan of the first deep networks, by tenths (Krizhevsky et al. 2012).

    >>> [step_decay(2, 0.5)(step) for step in range(5)]
    [1.0, 1.0, 0.5, 0.5, 0.25]
    """
    step_size, gamma = count("step_size", step_size), between("gamma", gamma, 0.0)
    return lambda step: gamma ** (step // step_size)


def multi_step(milestones: Sequence[int], gamma: float = 0.1) -> Schedule:
    """Multiply by gamma at each milestone; one that is listed twice counts twice.

    gamma^n after n milestones (He et al. 2016, who divide by 10 at two of them).

    >>> [multi_step([1, 3], 0.5)(step) for step in range(5)]
    [1.0, 0.5, 0.5, 0.25, 0.25]
    """
    turns = checked_milestones(milestones)
    gamma = between("gamma", gamma, 0.0)
    return lambda step: gamma ** bisect_right(turns, step)


def exponential(gamma: float) -> Schedule:
    """Multiply by gamma at every step: gamma^step (Senior et al. 2013).

    >>> [exponential(0.5)(step) for step in range(4)]
    [1.0, 0.5, 0.25, 0.125]
    """
    gamma = between("gamma", gamma, 0.0)
    return lambda step: gamma**step


def linear(
    start_factor: float = 1 / 3, end_factor: float = 1.0, total_iters: int = 5
) -> Schedule:
    """Go from start_factor to end_factor in total_iters steps, and stay there.

    start + (end - start)·min(1, step/total_iters); up at first and then down, it is the
    plan of Devlin et al. 2019.

    >>> [linear(1.0, 0.0, 4)(step) for step in range(6)]
    [1.0, 0.75, 0.5, 0.25, 0.0, 0.0]
    """
    start = between("start_factor", start_factor, 0.0)
    end = between("end_factor", end_factor, 0.0)
    total = count("total_iters", total_iters, 0)
    return lambda step: end if step >= total else start + (end - start) * (step / total)


def warm_up(total_iters: int) -> Schedule:
    """Rise to 1 in total_iters steps, the first of which already moves: (step + 1)/n.

    Large batches and transformers diverge without it (Goyal et al. 2017).

    >>> [warm_up(4)(step) for step in range(6)]
    [0.25, 0.5, 0.75, 1.0, 1.0, 1.0]
    """
    total = count("total_iters", total_iters)
    return lambda step: min(1.0, (step + 1) / total)


def cosine(
    T_max: int,  # noqa: N803 - PyTorch's name
    end_factor: float = 0.0,
) -> Schedule:
    """Fall from 1 to end_factor along half a cosine, in T_max steps, then rise again.

    end_factor + (1 - end_factor)·(1 + cos(π·step/T_max))/2 (Loshchilov and Hutter
    2017, without restarts).

    >>> [round(cosine(4)(step), 3) for step in range(5)]
    [1.0, 0.854, 0.5, 0.146, 0.0]
    """
    period, end = count("T_max", T_max), between("end_factor", end_factor, 0.0)
    return lambda step: end + (1 - end) * (1 + cos(pi * step / period)) / 2


def product(*schedules: Schedule) -> Schedule:
    """Multiply the factors of schedules that run at the same time.

    >>> product(exponential(0.5), warm_up(2))(0)
    0.5
    """
    _check_schedules("product", schedules)
    return lambda step: prod(schedule(step) for schedule in schedules)


def sequential(schedules: Sequence[Schedule], milestones: Sequence[int]) -> Schedule:
    """Play schedules one after the other; each counts from 0 at its milestone.

    >>> [sequential([lambda s: 0.1, exponential(0.5)], [2])(step) for step in range(5)]
    [0.1, 0.1, 1.0, 0.5, 0.25]
    """
    schedules = list(schedules)
    _check_schedules("sequential", schedules)
    turns = checked_milestones(milestones)
    if len(turns) != len(schedules) - 1:
        raise ShapeError(
            "sequential takes one milestone between each two schedules; got "
            f"{len(turns)} milestones for {len(schedules)} schedules"
        )

    def factor(step: int) -> float:
        place = bisect_right(turns, step)
        return schedules[place](step - turns[place - 1] if place else step)

    return factor


def checked_milestones(milestones: Sequence[int]) -> list[int]:
    """Return milestones that are counts of steps in increasing order."""
    turns = [count("a milestone", milestone, 0) for milestone in milestones]
    if any(a > b for a, b in pairwise(turns)):
        raise ShapeError(f"milestones take increasing steps, not {turns}")
    return turns


def _check_schedules(asked: str, schedules: Sequence[Schedule]) -> None:
    if not schedules:
        raise ShapeError(f"{asked} takes at least one schedule; got none")
    for schedule in schedules:
        if not callable(schedule):
            raise OperandError(
                f"{asked} takes schedules, functions from a step to a factor, not "
                f"{schedule!r:.60}"
            )
