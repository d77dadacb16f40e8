"""Gauss-Legendre quadrature: n points that integrate polynomials of degree 2n - 1.

The points on [-1, 1] are the zeros xᵢ of the Legendre polynomial Pₙ, found by Newton's
method, and the weights are 2/((1 - xᵢ²)·Pₙ'(xᵢ)²) (Abramowitz and Stegun, 25.4.29).
Here they are carried over to [0, 1], where the weights sum to 1.
"""

from functools import lru_cache
from math import cos, pi

__all__ = ["gauss_legendre"]


@lru_cache(maxsize=16)
def gauss_legendre(n: int) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Return the n points on [0, 1], in ascending order, and their weights.

    >>> points, weights = gauss_legendre(2)
    >>> abs(sum(w * t**3 for t, w in zip(points, weights)) - 1 / 4) < 1e-15
    True
    """
    pairs = [_pair(n, i) for i in range(n)]
    return tuple(t for t, _ in pairs), tuple(w for _, w in pairs)


def _pair(n: int, i: int) -> tuple[float, float]:
    x = cos(pi * (i + 0.75) / (n + 0.5))  # within 0.002 of the zero; the largest first
    for _ in range(6):  # the error is squared each time: four would do
        value, slope = _legendre(n, x)
        x -= value / slope
    value, slope = _legendre(n, x)
    rest = value / slope  # by which the float next to the zero misses it
    weight = 1.0 / ((1.0 - x) * (1.0 + x) * slope * slope)
    return 0.5 * ((1.0 - x) + rest), weight * (1.0 + 2.0 * x * rest / (1.0 - x * x))


def _legendre(n: int, x: float) -> tuple[float, float]:
    """Return Pₙ(x) and Pₙ'(x), by Bonnet's recursion."""
    before, value = 1.0, x
    for k in range(2, n + 1):
        before, value = value, ((2 * k - 1) * x * value - (k - 1) * before) / k
    return value, n * (before - x * value) / ((1.0 - x) * (1.0 + x))
