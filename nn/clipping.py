"""Clipping: what keeps one bad batch from throwing the parameters away.

By value, each gradient is held within limits; by norm, all of them are scaled alike,
which keeps their direction (Pascanu et al. 2013). PyTorch's functions change the
gradients of parameters between `backward()` and `step()`; the transformations do the
same inside an optimiser's chain.
"""

import math
from collections.abc import Iterable
from typing import Any

from autograd_core import Value
from autograd_core.errors import NonFiniteError, OperandError

from .hyperparameters import positive
from .nested import flat
from .transformations import Transformation

__all__ = [
    "clip_by_global_norm",
    "clip_by_value",
    "clip_grad_norm_",
    "clip_grad_value_",
]

_EPS = 1e-6  # PyTorch's, which leaves the clipped norm that much below max_norm


def clip_grad_value_(parameters: Value | Iterable[Value], clip_value: float) -> None:
    """Hold the gradient of each parameter between -clip_value and clip_value.

    >>> x = Value(1.0)
    >>> x.grad = -7.0
    >>> clip_grad_value_([x], 5.0)
    >>> x.grad
    -5.0
    """
    limit = positive("clip_value", clip_value)
    for parameter in _with_gradients("clip_grad_value_", parameters):
        parameter.grad = _held(parameter.grad, limit)


def clip_grad_norm_(
    parameters: Value | Iterable[Value],
    max_norm: float,
    norm_type: float = 2.0,
    error_if_nonfinite: bool = False,
) -> float:
    """Scale the gradients by min(1, max_norm/(norm + 1e-6)) and return their norm.

    The norm is that of all gradients in one vector, (Σ|g|ᵖ)^(1/p) for a `norm_type` of
    p, and max |g| for infinity. Where it is not finite, what PyTorch does is done: nan
    spoils every gradient, infinity leaves zeros and nan. `error_if_nonfinite` raises
    instead, and changes nothing.

    >>> x, y = Value(1.0), Value(1.0)
    >>> x.grad, y.grad = 3.0, -4.0
    >>> clip_grad_norm_([x, y], 1.0)
    5.0
    >>> round(x.grad, 6), round(y.grad, 6)
    (0.6, -0.8)
    """
    limit, p = positive("max_norm", max_norm), positive("norm_type", norm_type)
    found = _with_gradients("clip_grad_norm_", parameters)
    norm = _norm([parameter.grad for parameter in found], p)
    if error_if_nonfinite and not math.isfinite(norm):
        raise NonFiniteError(_blamed(found, norm))
    scale = _scale(norm, limit)
    for parameter in found:
        parameter.grad *= scale
    return norm


def clip_by_value(clip_value: float) -> Transformation:
    """Hold each update between -clip_value and clip_value.

    >>> clip_by_value(5.0).update([-7.0, 3.0], ())
    ([-5.0, 3.0], ())
    """
    limit = positive("clip_value", clip_value)
    return Transformation(
        lambda p: (), lambda updates, s: ([_held(u, limit) for u in updates], s)
    )


def clip_by_global_norm(max_norm: float, norm_type: float = 2.0) -> Transformation:
    """Scale the updates of a group by min(1, max_norm/(norm + 1e-6)).

    >>> updates, _ = clip_by_global_norm(1.0).update([3.0, -4.0], ())
    >>> [round(u, 6) for u in updates]
    [0.6, -0.8]
    """
    limit, p = positive("max_norm", max_norm), positive("norm_type", norm_type)

    def update(updates: list[float], state: Any) -> tuple[list[float], Any]:
        scale = _scale(_norm(updates, p), limit)
        return [u * scale for u in updates], state

    return Transformation(lambda p: (), update)


def _held(number: float, limit: float) -> float:
    """Return the nearest number within the limits; nan stays nan."""
    return limit if number > limit else -limit if number < -limit else number


def _norm(numbers: list[float], p: float) -> float:
    """Return the p-norm, without overflow on the way."""
    if any(map(math.isnan, numbers)):
        return math.nan
    if p == 2.0:
        return math.hypot(*numbers)
    largest = max(map(abs, numbers), default=0.0)
    if p == math.inf or largest in (0.0, math.inf):
        return largest
    return float(
        largest * math.fsum((abs(x) / largest) ** p for x in numbers) ** (1 / p)
    )


def _scale(norm: float, limit: float) -> float:
    scale = limit / (norm + _EPS)
    return 1.0 if scale > 1.0 else scale  # and nan if it is nan


def _with_gradients(asked: str, parameters: Any) -> list[Value]:
    given = [parameters] if isinstance(parameters, Value) else parameters
    if not isinstance(given, Iterable):
        raise OperandError(
            f"{asked} takes a list of parameters such as model.parameters(), not "
            f"{given!r:.60}"
        )
    found = list(flat(list(given)))
    for parameter in found:
        if not isinstance(parameter, Value):
            raise OperandError(
                f"{asked} takes Values as parameters, not {parameter!r:.60}"
            )
    return [p for p in dict.fromkeys(found) if p.requires_grad and p.has_grad]


def _blamed(parameters: list[Value], norm: float) -> str:
    wrong = [p for p in parameters if not math.isfinite(p.grad)]
    culprit = f"; the gradient of {wrong[0]!r} is not finite" if wrong else ""
    return (
        f"the norm of the gradients is {norm}{culprit}, so they cannot be clipped. "
        "Leave this step out, or find the cause with detect_anomaly()"
    )
