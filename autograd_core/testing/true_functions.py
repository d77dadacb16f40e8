"""The functions that mpmath lacks, as textbooks print them.

Numbers of many digits need no care for rounding, so a definition is enough. `mp` is the
context in which all references are evaluated, with 50 digits unless somebody asks for
more.
"""

from typing import Any

from ..errors import MissingExtraError

try:
    import mpmath
except ImportError:
    raise MissingExtraError("autograd_core.testing needs mpmath", "testing") from None

__all__ = [
    "cbrt",
    "cdf",
    "cot_slope",
    "digamma",
    "digamma_size",
    "dot",
    "erfc",
    "lgamma_size",
    "log_of_others",
    "logaddexp",
    "logaddexp_size",
    "mp",
    "one",
    "others",
    "pdf",
    "polygamma",
    "power",
    "sech2",
    "sigmoid",
    "silu_slope_size",
    "softmax",
    "step",
    "zero",
]

mp = mpmath.MPContext()
mp.dps = 50


def sigmoid(x: Any) -> Any:
    """Return 1/(1 + e⁻ˣ)."""
    return 1 / (1 + mp.exp(-x))


def erfc(x: Any) -> Any:
    """Return 1 - erf x, at the ends without the series."""
    return mp.erfc(x) if abs(x) < 1e6 else mp.mpf(2 if x < 0 else 0)


def cdf(x: Any) -> Any:
    """Return Φ(x), the normal distribution function."""
    return erfc(-x / mp.sqrt(2)) / 2


def pdf(x: Any) -> Any:
    """Return φ(x), the normal density."""
    return mp.exp(-x * x / 2) / mp.sqrt(2 * mp.pi)


def cbrt(x: Any) -> Any:
    """Return ∛x, of negative numbers too."""
    return mp.sign(x) * mp.cbrt(abs(x))


def power(a: Any, b: Any) -> Any:
    """Return aᵇ, of negative a where b is whole."""
    return a ** int(b) if mp.isint(b) else mp.exp(b * mp.log(a))


def sech2(x: Any) -> Any:
    """Return 1/cosh² x."""
    return mp.sech(x) ** 2


def polygamma(n: Any, x: Any) -> Any:
    """Return ψ⁽ⁿ⁾(x), by reflection (DLMF 5.15.6) below 0."""
    n = int(mp.nint(n))
    if x < 0:
        return (-1) ** n * mp.polygamma(n, 1 - x) - mp.pi * cot_slope(n, x)
    return mp.polygamma(n, x)


def cot_slope(n: int, x: Any) -> Any:
    """Return the n-th derivative of cot(πx), a polynomial in the cotangent c."""
    polynomial = [mp.zero, mp.one]  # from the power 0 up
    for _ in range(n):  # c' = -π(1 + c²)
        slope = [-mp.pi * k * a for k, a in enumerate(polynomial)][1:]
        polynomial = [
            low + high for low, high in zip([*slope, 0, 0], [0, 0, *slope], strict=True)
        ]
    return mp.polyval(polynomial[::-1], mp.cospi(x) / mp.sinpi(x))


def digamma(x: Any) -> Any:
    """Return ψ(x), by reflection (DLMF 5.5.4) below 0."""
    return (
        mp.digamma(x)
        if x > 0
        else mp.digamma(1 - x) - mp.pi * mp.cospi(x) / mp.sinpi(x)
    )


def lgamma_size(x: Any) -> Any:
    """Return the sum of the magnitudes of the terms of log|Γ(x)|."""
    if x > 0:
        return mp.loggamma(x).real
    return abs(mp.loggamma(1 - x).real) + abs(mp.log(abs(mp.sinpi(x)) / mp.pi))


def digamma_size(x: Any) -> Any:
    """Return the sum of the magnitudes of the terms of ψ(x)."""
    if x > 0:
        return digamma(x)
    return abs(digamma(1 - x)) + abs(mp.pi * mp.cospi(x) / mp.sinpi(x))


def silu_slope_size(x: Any) -> Any:
    """Return the sum of the magnitudes of the terms of silu'(x)."""
    return sigmoid(x) + abs(x) * sigmoid(x) * sigmoid(-x)


def log_of_others(*xs: Any) -> Any:
    """Return log Σ e^(xᵢ - max) without the largest operand, log1p of the others."""
    high, *others = sorted(xs, reverse=True)
    return mp.log1p(mp.fsum(mp.exp(x - high) for x in others))


def logaddexp(*xs: Any) -> Any:
    """Return log Σ e^xᵢ."""
    return max(xs) + log_of_others(*xs)


def logaddexp_size(*xs: Any) -> Any:
    """Return the sum of the magnitudes of the two terms of log Σ e^xᵢ."""
    return abs(max(xs)) + log_of_others(*xs)


def softmax(*xs: Any) -> list[Any]:
    """Return the shares e^xᵢ/Σ e^xⱼ."""
    shares = [mp.exp(x - max(xs)) for x in xs]
    return [share / mp.fsum(shares) for share in shares]


def dot(*operands: Any) -> Any:
    """Return Σ aᵢ·bᵢ + c."""
    n = len(operands) // 2
    return mp.fdot(operands[:n], operands[n:-1]) + operands[-1]


def others(*xs: Any) -> list[Any]:
    """Return the product of all operands but one, for each."""
    return [mp.fprod(xs[:i] + xs[i + 1 :]) for i in range(len(xs))]


def one(*_: Any) -> Any:
    """Return 1, whatever the operands."""
    return mp.mpf(1)


def zero(*_: Any) -> Any:
    """Return 0, whatever the operands."""
    return mp.mpf(0)


def step(condition: bool) -> Any:
    """Return 1 or 0."""
    return mp.mpf(condition)
