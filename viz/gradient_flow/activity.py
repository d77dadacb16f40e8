"""When a unit passes no gradient on: what is saturated, and what is dead.

Both are told by the local derivative of a node, not by the name of its operation, so
that a row of one's own is judged like a built-in one. A function whose slope comes to
nothing at both ends squashes, as tanh does, and can saturate; one whose slope does so
at one end rectifies, as relu does, and can be dead; others can be neither.
"""

from collections.abc import Sequence
from functools import lru_cache
from math import isfinite
from typing import NamedTuple

from autograd_core import Op, Value

from .thresholds import Thresholds

__all__ = ["dead_share", "saturated_share"]

_FAR = 1000.0  # where even the slope of atan has come to nothing
_SAMPLES = (-_FAR, *(i / 2 for i in range(-16, 17)), _FAR)
_FLAT = 1e-4  # of the steepest slope: a leaky rectifier's tail is steeper


class _Curve(NamedTuple):
    """What a function of one variable looks like from afar."""

    steepest: float
    squashes: bool


@lru_cache(maxsize=256)
def _curve(op: Op, place: int, operands: tuple[float, ...]) -> _Curve | None:
    """Sample the slope of `op` along one operand; None if it never stays flat."""
    needed = [i == place for i in range(len(operands))]
    slopes = []
    for x in _SAMPLES:
        at = (*operands[:place], x, *operands[place + 1 :])
        try:
            slope = op.local_derivatives(needed, op.forward(*at), at)[place]
        except (ArithmeticError, ValueError):
            return None  # a row of somebody's own, outside of its domain
        if slope is None or not isfinite(slope):
            return None
        slopes.append(abs(slope))
    low, *near, high = slopes
    steepest = max(near)
    flat = [end <= _FLAT * steepest for end in (low, high)]
    if max(low, high) > 1.01 * steepest or not any(flat):
        return None
    return _Curve(steepest, squashes=all(flat))


def _slope(node: Value) -> tuple[float, _Curve] | None:
    """Return how steep an activation is, as a part of its steepest, and its curve."""
    varying = [i for i, p in enumerate(node.parents) if p.requires_grad]
    if node.op is None or node.op.arity is None or len(varying) != 1:
        return None
    (place,) = varying
    operands = node.operands
    fixed = (*operands[:place], 0.0, *operands[place + 1 :])
    curve = _curve(node.op, place, fixed)
    local = node.local_derivatives()[place]
    if curve is None or local is None:
        return None
    return (abs(local) / curve.steepest if curve.steepest else 0.0), curve


def saturated_share(outputs: Sequence[Value], limits: Thresholds) -> float | None:
    """Return the share of squashed outputs whose slope is nearly 0.

    >>> from autograd_core import tanh
    >>> outputs = [tanh(Value(x)) for x in (0.0, 2.0, 2.5, 3.0)]  # up to 0.995
    >>> saturated_share(outputs, Thresholds())
    0.5
    """
    found = [slope for slope in map(_slope, outputs) if slope and slope[1].squashes]
    flat = sum(slope <= limits.saturated_slope for slope, _ in found)
    return flat / len(found) if found else None


def dead_share(units: Sequence[Sequence[Value]], limits: Thresholds) -> float | None:
    """Return the share of rectifying units that are active on next to no example.

    >>> from autograd_core import relu
    >>> units = [[relu(Value(sign * x)) for x in range(1, 9)] for sign in (-1, 1)]
    >>> dead_share(units, Thresholds())
    0.5
    """
    dead = [_is_dead(unit, limits) for unit in units]
    known = [verdict for verdict in dead if verdict is not None]
    return sum(known) / len(known) if known else None


def _is_dead(nodes: Sequence[Value], limits: Thresholds) -> bool | None:
    found = [slope for slope in map(_slope, nodes) if slope and not slope[1].squashes]
    if not found or len(found) < limits.dead_examples:
        return None
    active = sum(slope > limits.dead_slope for slope, _ in found)
    return active / len(found) < limits.dead_activity
