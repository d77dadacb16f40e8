"""Activations and their kin, accurate in both tails.

The textbook forms lose every digit where a network saturates: 1 - tanh(x)² is 0 at
x = 20, where the derivative of tanh is 1.7e-17. Each kernel here evaluates the
exponential of a number that is never positive, so that nothing overflows, and never
subtracts two numbers that are nearly equal.
"""

import math
from math import exp, inf, log1p, nan

from . import elementary

__all__ = [
    "clip",
    "elu",
    "exp_difference",
    "leaky_relu",
    "log_sigmoid",
    "logaddexp",
    "maximum",
    "minimum",
    "relu",
    "sech_squared",
    "sigmoid",
    "sigmoid_difference",
    "silu",
    "softplus",
    "where",
]


def sigmoid(x: float) -> float:
    """Return 1 / (1 + e⁻ˣ)."""
    if x >= 0:
        return 1.0 / (1.0 + exp(-x))
    e = exp(x)
    return e / (1.0 + e)


def softplus(x: float) -> float:
    """Return log(1 + eˣ)."""
    tail = log1p(exp(-math.fabs(x)))
    return tail if x < 0 else x + tail


def log_sigmoid(x: float) -> float:
    """Return log(1 / (1 + e⁻ˣ))."""
    return -softplus(-x)


def sech_squared(x: float) -> float:
    """Return 1 / cosh(x)², the derivative of tanh."""
    if -0.5 < x < 0.5:  # where tanh is small, and its error counts little
        y = math.tanh(x)
        return 1.0 - y * y
    t = exp(-2.0 * math.fabs(x))
    return 4.0 * t / (1.0 + t * (2.0 + t))


def relu(x: float) -> float:
    """Return max(0, x), and nan for nan."""
    return 0.0 if x <= 0 else x


def leaky_relu(x: float, slope: float) -> float:
    """Return x where it is positive, slope·x elsewhere."""
    return slope * x if x <= 0 else x


def elu(x: float, alpha: float) -> float:
    """Return x where it is positive, alpha·(eˣ - 1) elsewhere (Clevert 2015)."""
    return alpha * math.expm1(x) if x <= 0 else x


def silu(x: float) -> float:
    """Return x·sigmoid(x)."""
    return -0.0 if x == -inf else x * sigmoid(x)


def maximum(a: float, b: float) -> float:
    """Return the larger of two numbers; nan if either is nan."""
    return a if a >= b or a != a else b


def minimum(a: float, b: float) -> float:
    """Return the smaller of two numbers; nan if either is nan."""
    return a if a <= b or a != a else b


def clip(x: float, low: float, high: float) -> float:
    """Return x held between low and high; high wins where they cross."""
    return minimum(maximum(x, low), high)


def where(condition: float, a: float, b: float) -> float:
    """Return a where the condition holds, else b."""
    return a if condition else b


def _difference(a: float, b: float) -> tuple[float, float]:
    """Return a - b rounded, and what the rounding lost (Knuth, TwoSum)."""
    d = a - b
    moved = d - a
    lost = (a - (d - moved)) - (b + moved)
    return d, lost if lost == lost else 0.0


def exp_difference(a: float, b: float) -> float:
    """Return e^(a - b) with the rounding error of a - b corrected."""
    d, lost = _difference(a, b)
    y = elementary.exp(d)
    return y + y * lost if y < inf else y


def sigmoid_difference(a: float, b: float) -> float:
    """Return sigmoid(a - b) with the rounding error of a - b corrected."""
    d, lost = _difference(a, b)
    e = exp(-math.fabs(d))
    s = 1.0 + e
    over = e - (s - 1.0)  # what rounding took from s
    y, other = (1.0 / s, e / s) if d >= 0 else (e / s, 1.0 / s)
    return y + y * (other * lost - over / s)


def logaddexp(a: float, b: float) -> float:
    """Return log(eᵃ + eᵇ)."""
    if a != a or b != b:
        return nan
    high, low = (a, b) if a >= b else (b, a)
    if math.isinf(high) or low == -inf:
        return high
    return high + log1p(exp_difference(low, high))
