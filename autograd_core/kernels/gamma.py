"""The gamma family: every function is a short series about a well-chosen point.

`lgamma`, `digamma` and `polygamma` map a float to a float, follow IEEE at the edges and
never raise. A logarithm or a sum loses its digits where the function crosses zero, so
each zero that can be tamed (1 and 2 for `lgamma`, 1.4616... for `digamma`) is the centre
of a series; exact shifts by integers bring the other arguments near it, and Bernoulli's
asymptotic series serves the large ones.
"""

import math
from functools import cache

# B_2, B_4, ..., B_16 (DLMF 24.2, table 24.2.3).
_BERNOULLI = (1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730, 7 / 6, -3617 / 510)

# DLMF 5.7.3: log Γ(2+z) = z(1−γ) + Σ_{k≥2} (−1)^k (ζ(k)−1) z^k / k; here 1 − γ and the
# coefficients of z², z³, ..., enough for |z| ≤ 1/2.
_ONE_MINUS_EULER = 0.42278433509846713939
_LGAMMA_AT_2 = (
    0.32246703342411321824,
    -0.067352301053198095133,
    0.020580808427784547879,
    -0.0073855510286739852663,
    0.0028905103307415232858,
    -0.0011927539117032609771,
    0.00050966952474304242234,
    -0.00022315475845357937976,
    9.9457512781808533715e-5,
    -4.49262367381331417e-5,
    2.0507212775670691553e-5,
    -9.439488275268395904e-6,
    4.3748667899074878042e-6,
    -2.0392157538013662368e-6,
    9.5514121304074198329e-7,
    -4.4924691987645660433e-7,
    2.1207184805554665869e-7,
    -1.0043224823968099609e-7,
    4.7698101693639805658e-8,
    -2.271109460894316491e-8,
    1.0838659214896954091e-8,
    -5.1834750419700466551e-9,
    2.4836745438024783172e-9,
    -1.1921401405860912074e-9,
    5.7313672416788620133e-10,
    -2.7595228851242331452e-10,
    1.3304764374244489481e-10,
)

# The positive zero x0 of ψ (DLMF 5.4.20) as a float and what the float leaves out, and
# (−1)^(k+1) ζ(k+1, x0+5), k ≥ 1: the Taylor coefficients of ψ at x0 + 5 (DLMF 25.11.12).
_ROOT, _ROOT_TAIL = 1.4616321449683622, 9.5499954299656977152e-17
_DIGAMMA_AT_ROOT_PLUS_5 = (
    0.1673497903824367841,
    -0.013970854694567003818,
    0.001551588881616868924,
    -0.00019342675682387620254,
    2.5664759359364818581e-5,
    -3.5396357158340641407e-6,
    5.0108066240200616323e-7,
    -7.2264871921244022093e-8,
    1.0566357548150134919e-8,
    -1.5612827224716642816e-9,
    2.3258967227767172815e-10,
    -3.4875166004404362904e-11,
    5.256621652600044143e-12,
    -7.9567927454528654648e-13,
    1.2085916476799285109e-13,
    -1.8410666303118354426e-14,
    2.8112400422783458546e-15,
    -4.3012522458053175676e-16,
    6.592067227812662453e-17,
    -1.011728128539429251e-17,
)


def lgamma(x: float) -> float:
    """Return log|Γ(x)|, inf at the poles 0, −1, −2, ...

    The zeros 1 and 2 keep full relative accuracy (DLMF 5.7.3, 5.5.1). Below zero the
    error is small against the two terms, log Γ(2+f) and a logarithm, that cancel.

    >>> lgamma(2.0000000000000004)
    1.8774765541910673e-16
    """
    if _is_pole(x):
        return math.inf
    if -30 < x < 2.5:
        n = round(x)
        return _lgamma_near_2(x - n) - _log_abs_rising(x, 2 - n)
    if 2.5 <= x < 3.5:
        return _lgamma_near_2(x - 3) + math.log(x - 1)
    if 3.5 <= x < 170:
        return math.log(math.gamma(x))
    try:
        return math.lgamma(x)
    except OverflowError:
        return math.inf


def digamma(x: float) -> float:
    """Return ψ(x) = Γ′(x)/Γ(x), nan at the poles −1, −2, ...

    At a zero the sign of the zero picks the side: ψ(0.0) is −inf, ψ(−0.0) is inf.
    Reflection (DLMF 5.5.4) serves x < 0, where the error is small against the two terms
    that cancel.

    >>> digamma(1.0)
    -0.5772156649015329
    """
    if math.isnan(x) or x == -math.inf:
        return math.nan
    if x == 0:
        return math.copysign(math.inf, -x)
    if x < 0:
        return math.nan if _is_pole(x) else _digamma_1p(-x) - math.pi * _cot_pi(x)
    # Both terms are negative up to x0 − 1, so nothing cancels.
    return _digamma_1p(x) - 1 / x if x < _ROOT - 1 else _digamma_1p(x - 1)


def polygamma(n: float, x: float) -> float:
    """Return the n-th derivative of ψ at x, nan unless n is a non-negative integer.

    At a pole an odd n gives inf; an even n changes sign there, so it gives the side that
    the sign of a zero picks, and nan at −1, −2, ... For x > 0 this is
    (−1)^(n+1) n! ζ(n+1, x) (DLMF 25.11.12), for x < 0 its reflection (DLMF 5.15.6).

    >>> polygamma(1.0, 1.0)
    1.6449340668482264
    """
    if n == 0:
        return digamma(x)
    if not n > 0 or n % 1 != 0 or math.isnan(x) or x == -math.inf:
        return math.nan
    odd = n % 2 == 1
    if x == 0 and not odd:
        return math.copysign(math.inf, -x)
    if _is_pole(x):
        return math.inf if odd else math.nan
    if x > 0:
        return _scaled_zeta(n, x) if odd else -_scaled_zeta(n, x)
    cotangent = _cot_derivative(n, x)
    return -cotangent if math.isinf(cotangent) else -cotangent - _scaled_zeta(n, 1 - x)


def _is_pole(x: float) -> bool:
    return x <= 0 and x % 1 == 0


def _lgamma_near_2(z: float) -> float:
    series = 0.0
    for coefficient in reversed(_LGAMMA_AT_2):
        series = series * z + coefficient
    return z * (_ONE_MINUS_EULER + z * series)


def _log_abs_rising(x: float, n: int) -> float:
    """Return log|x(x+1)⋯(x+n−1)|, the product taken exactly as a ratio of integers.

    Rounded, a product near ±1 would take with it every digit of lgamma near a zero.
    """
    p, q = x.as_integer_ratio()
    top, bottom = abs(math.prod(p + k * q for k in range(n))), q**n
    if bottom < 2 * top < 4 * bottom:
        return math.log1p((top - bottom) / bottom)
    return math.log(top / bottom)


def _digamma_1p(u: float) -> float:
    """Return ψ(1+u) for u > x0 − 2; reflection would lose digits in rounding 1 + u."""
    if u > 8:
        return _digamma_large(1 + u)
    # Only shifts down to x0 add terms of one sign (DLMF 5.5.2).
    n = max(0, math.ceil(u - _ROOT))
    return math.fsum([_digamma_near_root(u - n), *(1 / (u - k) for k in range(n))])


def _digamma_near_root(u: float) -> float:
    """Return ψ(1+u) as d times a positive number, where d = 1 + u − x0.

    ψ(x0+d) = Σ_{k<5} d/((x0+k)(x0+k+d)) + ψ(x0+5+d) − ψ(x0+5): five recurrences (DLMF
    5.5.2) move the nearest pole out, which leaves a Taylor series in d/6.46.
    """
    d = (u - (_ROOT - 1)) - _ROOT_TAIL
    slope = 0.0
    for coefficient in reversed(_DIGAMMA_AT_ROOT_PLUS_5):
        slope = slope * d + coefficient
    for k in (4, 3, 2, 1, 0):
        slope += 1 / ((_ROOT + k) * (_ROOT + k + d))
    return d * slope


def _digamma_large(x: float) -> float:
    """Return ψ(x) by its asymptotic series (DLMF 5.11.2), for x ≥ 9."""
    w = 1 / x / x
    series = 0.0
    for k in range(len(_BERNOULLI), 0, -1):
        series = w * (series + _BERNOULLI[k - 1] / (2 * k))
    return math.log(x) - (0.5 / x + series)


def _cot_pi(x: float) -> float:
    f = math.remainder(x, 1.0)
    if abs(f) <= 0.25:
        return 1 / math.tan(math.pi * f)
    # cot(πf) = tan(π(½ − f)) keeps the zero at f = ½ exact.
    return math.copysign(math.tan(math.pi * (0.5 - abs(f))), f)


def _scaled_zeta(n: float, x: float) -> float:
    """Return n! ζ(n+1, x) for x > 0 by Euler–Maclaurin summation (DLMF 25.11.28)."""
    if x == math.inf:
        return 0.0
    terms: list[float] = []
    y = x
    while y < 2 * n + 12:
        terms.append(_scaled_power(n, y))
        if terms[0] == math.inf or terms[-1] <= 1e-18 * terms[0]:
            return sum(reversed(terms))
        y = x + len(terms)
    return sum(reversed(terms), _scaled_power(n, y, _euler_maclaurin(n + 1, y)))


def _euler_maclaurin(s: float, y: float) -> float:
    """Return y^s ζ(s, y) for y that is large against s."""
    total = 0.5
    factor = s / (2 * y)
    for k, bernoulli in enumerate(_BERNOULLI, start=1):
        total += bernoulli * factor
        factor *= (s + 2 * k - 1) / (2 * k + 1) / y * ((s + 2 * k) / (2 * k + 2) / y)
    return total + y / (s - 1)


def _scaled_power(n: float, y: float, weight: float = 1.0) -> float:
    """Return n! y^−(n+1) weight, inf where it overflows.

    Neither n! nor the power need be a float where the product is one: the power is
    applied in two halves, and beyond 170! in logarithms, with an error that grows with n.
    """
    try:
        if n > 170:
            log_root = 0.5 * math.log(n) + 0.5 * math.log(math.tau) + 1 / (12 * n)
            log_power = n * (math.log(n / y) - 1) - math.log(y)
            return weight * math.exp(log_power + log_root)
        half = y ** (-(n + 1) / 2)
    except OverflowError:
        return math.inf
    return math.factorial(int(n)) * half * weight * half


@cache
def _cot_polynomial(n: int) -> tuple[float, ...]:
    """Return P_n(c)/n!, c = cot, every other coefficient, highest power first.

    P_0 = c and P_{k+1} = −(1+c²) P_k′, so that dⁿcot(πx)/dxⁿ = πⁿ P_n(cot πx).
    """
    p = [0, 1]
    for _ in range(n):
        slope = [k * a for k, a in enumerate(p)][1:]
        p = [-(a + b) for a, b in zip([*slope, 0, 0], [0, 0, *slope], strict=True)]
    return tuple(a / math.factorial(n) for a in p[::-2])


def _cot_derivative(n: float, x: float) -> float:
    """Return the n-th derivative of π cot(πx)."""
    c = _cot_pi(x)
    if n > 170:
        # At least 171! 2^171, save at the exact zeros.
        return -math.inf if n % 2 == 1 else c and math.copysign(math.inf, c)
    total, *rest = _cot_polynomial(int(n))
    for coefficient in rest:
        # The coefficients have one sign: nothing cancels.
        total = total * (c * c) + coefficient
    if n % 2 == 0:
        total *= c
    return total * math.pi ** (n + 1) * math.factorial(int(n))
