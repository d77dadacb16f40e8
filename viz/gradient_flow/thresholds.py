"""The limits that a verdict is given by, each with its name and its source.

The limits in use elsewhere differ by orders of magnitude, so none is hidden: every
report prints those it was judged by, and each can be overridden.
"""

import math
from dataclasses import asdict, dataclass

from autograd_core.errors import DomainError
from autograd_core.inspection import number

__all__ = ["DEFAULT", "Thresholds"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """When a layer counts as dead, saturated, vanishing or exploding.

    >>> Thresholds(dead_share=0.2).dead_share
    0.2
    >>> print(Thresholds().described()[:44])
    saturated_slope 0.0591, saturated_share 0.5,

    Norms are Euclidean and taken over the whole batch. A limit of `float("inf")`, or of
    0 where it is a lower one, switches its rule off.
    """

    saturated_slope: float = 1 - 0.97**2
    """An activation is saturated where its slope is at most this part of its steepest:
    a tanh beyond ±0.97 (Karpathy, makemore part 3), hence a sigmoid, which is a tanh of
    half the height, within 0.015 of 0 or 1."""

    saturated_share: float = 0.5
    """A layer is saturated if more than this share of its activations is. A choice, by
    analogy with `dead_share`."""

    dead_slope: float = 1e-7
    """A rectifier is inactive where its slope is at most this part of its steepest: 0
    for relu; softplus, elu, silu and gelu come near it. SageMaker's limit for a
    gradient that has vanished."""

    dead_activity: float = 0.01
    """A unit is dead if it is active on less than this share of the examples
    (SageMaker Debugger, DeadRelu)."""

    dead_share: float = 0.5
    """A layer is dead if more than this share of its units is (the same)."""

    dead_examples: float = 8
    """On fewer examples no unit is called dead: one that is active half of the time
    would be silent on all of 8 with probability 0.4 %. A choice."""

    vanishing_gradient: float = 1e-7
    """A gradient vanishes if its norm is below this (SageMaker Debugger)."""

    vanishing_ratio: float = 1e-3
    """Or if it is below this part of the last layer's. A choice: each factor of ten
    takes ten times the steps, unless the optimiser makes up for it."""

    exploding_gradient: float = 1e4
    """A gradient explodes if its norm is above this (TorchLens; graphyco: 50), or if it
    is not finite (SageMaker Debugger)."""

    exploding_ratio: float = 1e3
    """Or if it is above this multiple of the last layer's. A choice, as above."""

    update_ratio_low: float = 1e-8
    """A layer hardly moves if ‖update‖/‖weights‖ is below this (SageMaker Debugger)."""

    update_ratio_usual: float = 1e-3
    """Where ‖update‖/‖weights‖ usually is when training goes well, as a guide for the
    eye; no verdict depends on it (Karpathy, makemore part 3)."""

    update_ratio_high: float = 10.0
    """A layer is thrown about if ‖update‖/‖weights‖ is above this (SageMaker)."""

    def __post_init__(self) -> None:
        for name, limit in asdict(self).items():
            is_number = isinstance(limit, int | float) and not isinstance(limit, bool)
            if not is_number or math.isnan(limit) or limit < 0:
                raise DomainError(
                    f"Thresholds({name}=...) takes a number from 0 up, not {limit!r}"
                )

    def described(self) -> str:
        """Return every limit after its name, on one line."""
        limits = asdict(self).items()
        return ", ".join(f"{name} {number(float(limit))}" for name, limit in limits)


DEFAULT = Thresholds()
