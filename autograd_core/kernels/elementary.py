"""Elementary functions with IEEE results.

Python's own edges are inconsistent: `math.exp(1000)` raises, `1e200 * 1e200` is inf,
`1 / 0` raises, `(-8.0) ** (1 / 3)` is complex. The kernels here decide once, as
hardware does: nothing raises for a float, an overflow is inf, a pole is inf with the
sign of the approach, and a point outside the domain is nan.
"""

import math
from collections.abc import Callable
from math import copysign, inf, nan

__all__ = [
    "absolute",
    "acos",
    "acosh",
    "asin",
    "asinh",
    "atan",
    "atan2",
    "atanh",
    "cbrt",
    "cos",
    "cosh",
    "div",
    "exp",
    "exp2",
    "expm1",
    "heaviside",
    "hypot",
    "log",
    "log1p",
    "log2",
    "log10",
    "power",
    "sign",
    "sin",
    "sinh",
    "sqrt",
    "tan",
    "tanh",
]

Kernel = Callable[[float], float]


def _nan_outside(function: Kernel) -> Kernel:
    """Wrap a function of `math` that raises outside its domain."""

    def kernel(x: float) -> float:
        try:
            return function(x)
        except ValueError:
            return nan

    return kernel


def _inf_beyond(function: Kernel, *, odd: bool = False) -> Kernel:
    """Wrap a function of `math` that raises where its result overflows."""

    def kernel(x: float) -> float:
        try:
            return function(x)
        except OverflowError:
            return copysign(inf, x) if odd else inf

    return kernel


def _with_poles(function: Kernel, poles: dict[float, float]) -> Kernel:
    """Wrap a function of `math` that raises at its poles and outside its domain."""

    def kernel(x: float) -> float:
        try:
            return function(x)
        except ValueError:
            return poles.get(x, nan)

    return kernel


absolute = math.fabs
exp = _inf_beyond(math.exp)
expm1 = _inf_beyond(math.expm1)
exp2 = _inf_beyond(math.exp2)
log = _with_poles(math.log, {0.0: -inf})
log1p = _with_poles(math.log1p, {-1.0: -inf})
log2 = _with_poles(math.log2, {0.0: -inf})
log10 = _with_poles(math.log10, {0.0: -inf})
sqrt = _nan_outside(math.sqrt)
sin = _nan_outside(math.sin)
cos = _nan_outside(math.cos)
tan = _nan_outside(math.tan)
asin = _nan_outside(math.asin)
acos = _nan_outside(math.acos)
atan = math.atan
atan2 = math.atan2
sinh = _inf_beyond(math.sinh, odd=True)
cosh = _inf_beyond(math.cosh)
tanh = math.tanh
asinh = math.asinh
acosh = _nan_outside(math.acosh)
atanh = _with_poles(math.atanh, {1.0: inf, -1.0: -inf})
hypot = math.hypot


def div(a: float, b: float) -> float:
    """Divide as hardware does: 1/0 is inf, 1/-0.0 is -inf, 0/0 is nan."""
    try:
        return a / b
    except ZeroDivisionError:
        return nan if a == 0 or a != a else copysign(inf, a) * copysign(1.0, b)


def cbrt(x: float) -> float:
    """Return the cube root, the few units that `math.cbrt` may be off corrected.

    Of its root 23 bits are kept, whose square is exact, for one step of Halley's.
    """
    y = math.cbrt(x)
    if not 0 < math.fabs(y) < inf:
        return y
    c = 1073741825.0 * y  # 2³⁰ + 1 (Dekker 1971)
    high = c - (c - y)
    ratio = x / (high * high)
    return high + high * ((ratio - high) / (high + high + ratio))


def power(a: float, b: float) -> float:
    """Raise `a` to the power `b`; a negative base to a fractional power is nan."""
    try:
        return math.pow(a, b)
    except OverflowError:
        return -inf if a < 0 and b % 2 == 1 else inf
    except ValueError:
        if a != 0:
            return nan
        return copysign(inf, a) if b % 2 == 1 else inf


def sign(x: float) -> float:
    """Return -1, 0 or 1, and nan for nan."""
    return x if x != x else float((x > 0) - (x < 0))


def heaviside(x: float) -> float:
    """Return the unit step with 0 at 0, and nan for nan."""
    return x if x != x else float(x > 0)
