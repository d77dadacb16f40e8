"""The error function and the normal distribution, accurate in the tails.

e^(-x²) computed from a rounded x² is wrong by x² units in the last place, and a
rounded x/√2 spoils erfc likewise. The kernels here carry the lost part along: x is
split into a high half whose square is exact and a rest.
"""

import math
from math import exp, expm1

__all__ = ["erf", "erfc", "gaussian", "gelu", "normal_cdf", "normal_pdf"]

erf = math.erf
erfc = math.erfc

_SPLITTER = 134217729.0  # 2²⁷ + 1 (Dekker 1971)
_UNDERFLOW = 40.0  # beyond it even e^(-x²/2) is 0
_ROOT_HALF = 0.7071067811865476  # 1/√2, and what its rounding lost
_ROOT_HALF_LOST = -4.833646656726457e-17
_TWO_BY_ROOT_PI = 1.1283791670955126
_BY_ROOT_TWO_PI = 0.3989422804014327


def _split(x: float) -> tuple[float, float]:
    """Return x as a 26-bit high part and the rest, exactly (Dekker 1971)."""
    c = _SPLITTER * x
    high = c - (c - x)
    return high, x - high


def gaussian(x: float) -> float:
    """Return e^(-x²)."""
    if math.fabs(x) > _UNDERFLOW:
        return 0.0
    high, low = _split(x)
    return exp(-high * high) * exp(-low * (x + high))


def normal_pdf(x: float) -> float:
    """Return the standard normal density e^(-x²/2)/√(2π)."""
    if math.fabs(x) > _UNDERFLOW:
        return 0.0
    high, low = _split(x)
    y = _BY_ROOT_TWO_PI * exp(-0.5 * high * high)
    return y + y * expm1(-0.5 * low * (x + high))


def normal_cdf(x: float) -> float:
    """Return the standard normal distribution function erfc(-x/√2)/2."""
    if math.fabs(x) > _UNDERFLOW:
        return 1.0 if x > 0 else 0.0
    u = -x * _ROOT_HALF
    high, low = _split(-x)
    c_high, c_low = _split(_ROOT_HALF)
    lost = ((high * c_high - u) + high * c_low + low * c_high) + low * c_low
    lost -= x * _ROOT_HALF_LOST
    return 0.5 * (math.erfc(u) - lost * _TWO_BY_ROOT_PI * exp(-u * u))


def gelu(x: float) -> float:
    """Return x·Φ(x) (Hendrycks and Gimpel 2016, the exact form)."""
    return -0.0 if x == -math.inf else x * normal_cdf(x)
