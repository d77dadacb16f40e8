"""What is wrong with a value, in a word.

A value that is not finite, a unit that passes no gradient, a unit at the flat end of a
bounded function: a picture marks them by their outline and says it in a word.
"""

from functools import cache
from math import inf, isfinite

from autograd_core import Op, Value

__all__ = ["SATURATED", "complaint", "saturation"]

SATURATED = 0.97  # |tanh| beyond which hardly any gradient passes (makemore, part 3)


def complaint(node: Value, saturated: float = SATURATED) -> str:
    """Return what is wrong with a node, and the empty string of one that is well.

    >>> from autograd_core import relu, tanh
    >>> [complaint(y) for y in (relu(Value(-1)), tanh(Value(4)), Value(2) / 0)]
    ['dead', 'saturated', 'not finite']
    """
    if not isfinite(node.data) or not isfinite(node.grad):
        return "not finite"
    if node.op is None or not node.requires_grad:
        return ""
    locals_ = [by for by in node.local_derivatives() if by is not None]
    if locals_ and not any(locals_):
        return "dead"
    share = saturation(node)
    return "saturated" if share is not None and share > saturated else ""


def saturation(node: Value) -> float | None:
    """Return how far a bounded function is from its middle: 0 there, 1 at its limits.

    None is for nodes of all other functions.

    >>> from autograd_core import sigmoid
    >>> saturation(sigmoid(Value(0.0))), saturation(Value(2.0) * 3)
    (0.0, None)
    """
    limits = _limits(node.op) if node.op else None
    if limits is None:
        return None
    low, high = limits
    return abs((node.data - (low + high) / 2) / (high - low)) * 2


@cache
def _limits(op: Op) -> tuple[float, float] | None:
    """Return the limits of a function that runs from one to another, as tanh does."""
    if op.arity != 1:
        return None
    try:
        low, middle, high = (float(op.forward(x)) for x in (-inf, 0.0, inf))
    except Exception:  # somebody's own row may fail in any way so far out
        return None
    differ = isfinite(low) and isfinite(high) and low != high
    return (low, high) if differ and middle == (low + high) / 2 else None
