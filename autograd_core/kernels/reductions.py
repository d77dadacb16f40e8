"""Sums and products of many numbers.

A sum of n rounded additions is off by up to n units; `math.fsum` is exact and fast,
and makes the result independent of the order of the operands. Every kernel takes the
operands one by one, as the rows of the op table do.
"""

import math
from math import inf, nan
from operator import mul

from .activations import exp_difference

__all__ = ["dot", "logsumexp", "mean", "prod", "total"]

_KEPT_BITS = 160  # of a running product: far more than its factors can erode


def total(*xs: float) -> float:
    """Return the sum, rounded once."""
    try:
        return math.fsum(xs)
    except (OverflowError, ValueError):
        return _unusual_total(xs)


def _unusual_total(xs: tuple[float, ...]) -> float:
    unbounded = [x for x in xs if not math.isfinite(x)]
    if unbounded:
        return sum(unbounded)
    scale = 2.0**64  # a partial sum overflowed; the whole need not
    return math.fsum(x / scale for x in xs) * scale


def mean(*xs: float) -> float:
    """Return the arithmetic mean."""
    y = total(*xs) / len(xs)
    if math.isinf(y) and all(map(math.isfinite, xs)):
        y = math.fsum(x * 0.5**64 for x in xs) / len(xs) * 2.0**64
        return min(max(y, min(xs)), max(xs))  # where rounding left their range
    return y


def dot(*operands: float) -> float:
    """Return Σ xᵢ·yᵢ + bias for operands (x₁ … xₙ, y₁ … yₙ, bias)."""
    n = len(operands) // 2
    try:
        return math.fsum((*map(mul, operands[:n], operands[n:-1]), operands[-1]))
    except (OverflowError, ValueError):
        return total(*map(mul, operands[:n], operands[n:-1]), operands[-1])


def prod(*xs: float) -> float:
    """Return the product, rounded once, whatever the order of large and small."""
    if not all(map(math.isfinite, xs)) or 0.0 in xs:
        return _unusual_prod(xs)
    whole, exponent = 1, 0
    for x in xs:
        numerator, denominator = x.as_integer_ratio()
        whole *= numerator
        exponent -= denominator.bit_length() - 1
        surplus = whole.bit_length() - _KEPT_BITS
        if surplus > 0:
            whole >>= surplus
            exponent += surplus
    return _scaled(whole, exponent)


def _unusual_prod(xs: tuple[float, ...]) -> float:
    # Of the ordinary factors only the signs count, in whatever order they come.
    return math.prod(
        x if x == 0 or not math.isfinite(x) else math.copysign(1.0, x) for x in xs
    )


def _scaled(whole: int, exponent: int) -> float:
    """Return whole·2^exponent as a float, inf where it does not fit."""
    surplus = max(0, whole.bit_length() - 1000)
    try:
        return math.ldexp(float(whole >> surplus), exponent + surplus)
    except OverflowError:
        return inf if whole > 0 else -inf


def logsumexp(*xs: float) -> float:
    """Return log Σ e^xᵢ, shifted by the largest operand; -inf for no operands."""
    if any(map(math.isnan, xs)):
        return nan
    high = max(xs, default=-inf)
    if math.isinf(high):
        return high
    rest = list(xs)
    rest.remove(high)
    return high + math.log1p(math.fsum(exp_difference(x, high) for x in rest))
