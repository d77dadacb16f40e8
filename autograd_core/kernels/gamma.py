"""The gamma family: every function is a short series about a well-chosen point.

`lgamma`, `digamma` and `polygamma` map a float to a float, follow IEEE at the edges and
never raise. A logarithm or a sum loses its digits where the function crosses zero, so
the zeros for x > 0 (1 and 2 for `lgamma`, 1.4616... for `digamma`) are centres of
series. Exact shifts by integers bring the other arguments near them, and the asymptotic
series in Bernoulli's numbers serve the large ones.
"""

import math
from functools import cache

__all__ = ["digamma", "lgamma", "polygamma"]


def _floats(table: str) -> tuple[float, ...]:
    return tuple(map(float, table.split()))


# B_2, B_4, ..., B_16 (DLMF 24.2, table 24.2.3).
_BERNOULLI = (1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730, 7 / 6, -3617 / 510)

# DLMF 5.7.3: log Γ(2+z) = z(1-γ) + Σ_{k≥2} (-1)^k (ζ(k)-1) z^k / k; here 1 - γ and the
# coefficients of z², z³, ..., enough for -0.72 ≤ z ≤ 1/2.
_ONE_MINUS_EULER = 0.42278433509846713939
_LGAMMA_AT_2 = _floats(
    """
    0.32246703342411321824 -0.067352301053198095133 0.020580808427784547879
    -0.0073855510286739852663 0.0028905103307415232858 -0.0011927539117032609771
    0.00050966952474304242234 -0.00022315475845357937976 9.9457512781808533715e-5
    -4.49262367381331417e-5 2.0507212775670691553e-5 -9.439488275268395904e-6
    4.3748667899074878042e-6 -2.0392157538013662368e-6 9.5514121304074198329e-7
    -4.4924691987645660433e-7 2.1207184805554665869e-7 -1.0043224823968099609e-7
    4.7698101693639805658e-8 -2.271109460894316491e-8 1.0838659214896954091e-8
    -5.1834750419700466551e-9 2.4836745438024783172e-9 -1.1921401405860912074e-9
    5.7313672416788620133e-10 -2.7595228851242331452e-10 1.3304764374244489481e-10
    -6.4229645638381000221e-11 3.1044247747322272762e-11 -1.5021384080754142171e-11
    7.2759744802390796625e-12 -3.5277424765759150836e-12 1.7119917905596179086e-12
    -8.3153858414202848198e-13 4.0422005252894400655e-13 -1.9664756310966164904e-13
    """
)

# The positive zero x0 of ψ (DLMF 5.4.20) as a float and what the float leaves out, and
# (-1)^(k+1) ζ(k+1, x0+5), k ≥ 1, the Taylor coefficients of ψ at x0 + 5 (DLMF 5.15.1).
_ROOT, _ROOT_TAIL = 1.4616321449683622, 9.5499954299656977152e-17
_DIGAMMA_AT_ROOT_PLUS_5 = _floats(
    """
    0.1673497903824367841 -0.013970854694567003818 0.001551588881616868924
    -0.00019342675682387620254 2.5664759359364818581e-5 -3.5396357158340641407e-6
    5.0108066240200616323e-7 -7.2264871921244022093e-8 1.0566357548150134919e-8
    -1.5612827224716642816e-9 2.3258967227767172815e-10 -3.4875166004404362904e-11
    5.256621652600044143e-12 -7.9567927454528654648e-13 1.2085916476799285109e-13
    -1.8410666303118354426e-14 2.8112400422783458546e-15 -4.3012522458053175676e-16
    6.592067227812662453e-17 -1.011728128539429251e-17
    """
)


def lgamma(x: float) -> float:
    """Return log|Γ(x)|, inf at the poles 0, -1, -2, ...

    The zeros 1 and 2 keep full relative accuracy (DLMF 5.7.3, 5.5.1). Below zero the
    error is small against the two terms, log Γ(2+f) and a logarithm, that cancel.

    >>> lgamma(2.0000000000000004)
    1.8775396131086244e-16
    """
    if _is_pole(x):
        return math.inf
    if -30 < x < 2.5:
        # From 1.28 to 1.5, subtracting log x would cancel most of log Γ(1+x).
        n = 2 if x > 1.28 else round(x)
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
    """Return ψ(x) = Γ'(x)/Γ(x), nan at the poles -1, -2, ...

    The sign of a zero tells the side: ψ(0.0) is -inf, ψ(-0.0) is inf. Reflection (DLMF
    5.5.4) serves x < 0, where the error is small against the two terms that cancel.

    >>> digamma(1.0)
    -0.5772156649015329
    """
    if x == 0:
        return math.copysign(math.inf, -x)
    if math.isnan(x) or x == -math.inf or _is_pole(x):
        return math.nan
    if x < 0:
        return _digamma_1p(-x) - math.pi * _cot_pi(math.remainder(x, 1.0))
    # Both terms are negative up to x0 - 1, so nothing cancels.
    return _digamma_1p(x) - 1 / x if x < _ROOT - 1 else _digamma_1p(x - 1)


def polygamma(n: float, x: float) -> float:
    """Return the n-th derivative of ψ at x, nan unless n is a non-negative integer.

    At a pole an odd n gives inf; an even n gives what the sign of a zero tells, nan at
    -1, -2, ... The sum (-1)^(n+1) n! ζ(n+1, x) (DLMF 5.15.1) serves x > 0, reflection
    (DLMF 5.15.6) x < 0. The error is a few ULP up to n = 170; past it, hundreds.

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
    cotangent = _cot_derivative(n, math.remainder(x, 1.0))
    return -cotangent if math.isinf(cotangent) else -cotangent - _scaled_zeta(n, 1 - x)


def _is_pole(x: float) -> bool:
    return x <= 0 and x % 1 == 0


def _lgamma_near_2(z: float) -> float:
    series = 0.0
    for coefficient in reversed(_LGAMMA_AT_2):
        series = series * z + coefficient
    return z * (_ONE_MINUS_EULER + z * series)


def _log_abs_rising(x: float, n: int) -> float:
    """Return log|x(x+1)⋯(x+n-1)|, the product taken exactly as a ratio of integers.

    Rounded, a product near ±1 would take with it every digit of lgamma near a zero.
    """
    p, q = x.as_integer_ratio()
    top, bottom = abs(math.prod(p + k * q for k in range(n))), q**n
    if bottom < 2 * top < 4 * bottom:
        return math.log1p((top - bottom) / bottom)
    return math.log(top / bottom)


def _digamma_1p(u: float) -> float:
    """Return ψ(1+u) for u > x0 - 2; reflection would lose digits in rounding 1 + u."""
    if u > 8:
        return _digamma_large(1 + u)
    # Only shifts down to x0 add terms of one sign (DLMF 5.5.2).
    n = max(0, math.ceil(u - _ROOT))
    return math.fsum([_digamma_near_root(u - n), *(1 / (u - k) for k in range(n))])


def _digamma_near_root(u: float) -> float:
    """Return ψ(1+u) as d times a positive number, where d = 1 + u - x0.

    ψ(x0+d) = Σ_{k<5} d/((x0+k)(x0+k+d)) + ψ(x0+5+d) - ψ(x0+5): five recurrences (DLMF
    5.5.2) move the nearest pole out, which leaves a Taylor series in d/6.46.
    """
    d = (u - (_ROOT - 1)) - _ROOT_TAIL
    series = 0.0
    for coefficient in reversed(_DIGAMMA_AT_ROOT_PLUS_5):
        series = series * d + coefficient
    poles = (1 / ((_ROOT + k) * (1 + k + u)) for k in range(5))
    return d * math.fsum([series, *poles])


def _digamma_large(x: float) -> float:
    """Return ψ(x) by its asymptotic series (DLMF 5.11.2), for x ≥ 9."""
    w = 1 / x / x
    series = 0.0
    for k in range(len(_BERNOULLI), 0, -1):
        series = w * (series + _BERNOULLI[k - 1] / (2 * k))
    return math.log(x) - (0.5 / x + series)


def _cot_pi(f: float) -> float:
    if abs(f) <= 0.25:
        return 1 / math.tan(math.pi * f)
    # cot(πf) = tan(π(½ - f)) keeps the zero at f = ½ exact.
    return math.copysign(math.tan(math.pi * (0.5 - abs(f))), f)


def _scaled_zeta(n: float, x: float) -> float:
    """Return n! ζ(n+1, x) for x > 0 by Euler-Maclaurin summation (DLMF 25.11.28)."""
    if x == math.inf:
        return 0.0
    terms: list[float] = []
    rest = 0.0
    for k in range(400):  # where n and x are vast x + k never moves, nor do the terms
        y = x + k
        # The power would magnify what rounding took from y.
        weight = 1 - (n + 1) * ((x - (y - k)) / y)
        if y >= 2 * n + 12:
            rest = _scaled_power(n, y, weight * _euler_maclaurin(n + 1, y))
            break
        terms.append(_scaled_power(n, y, weight))
        if terms[0] == math.inf or terms[-1] <= 1e-18 * terms[0]:
            break
    return sum(reversed(terms), rest)


def _euler_maclaurin(s: float, y: float) -> float:
    """Return y^s ζ(s, y) for y that is large against s."""
    total = 0.5
    factor = s / (2 * y)
    for k, bernoulli in enumerate(_BERNOULLI, start=1):
        total += bernoulli * factor
        factor *= (s + 2 * k - 1) / (2 * k + 1) / y * ((s + 2 * k) / (2 * k + 2) / y)
    return total + y / (s - 1)


def _scaled_power(n: float, y: float, weight: float) -> float:
    """Return n! y^-(n+1) weight, inf where it overflows.

    Neither n! nor the power need be a float where the product is one: the power is
    applied in two halves, and beyond 170! all is done in logarithms.
    """
    try:
        if n > 170:
            stirling = (1 - 1 / (30 * n * n)) / (12 * n)  # DLMF 5.11.1
            log_rest = 0.5 * (math.log(n) + math.log(math.tau)) + stirling - math.log(y)
            return weight * math.exp(n * (math.log(n / y) - 1) + log_rest)
        half = math.pow(y, -(n + 1) / 2)
    except OverflowError:
        return math.inf
    return math.factorial(int(n)) * half * weight * half


def _cot_derivative(n: float, f: float) -> float:
    """Return the n-th derivative of π cot(πx) at a distance f ≤ 1/2 from an integer."""
    odd = n % 2 == 1
    if abs(f) == 0.5 and not odd:
        return 0.0
    if odd or n > 170 or abs(f) < 0.4:
        # The power n + 1 would magnify the rounding of a cotangent.
        near = _scaled_zeta(n, abs(f))
        far = _scaled_zeta(n, 1 - abs(f)) if near < math.inf else 0.0
        return -(near + far) if odd else math.copysign(near - far, f)
    c = _cot_pi(f)
    scaled = 0.0
    for coefficient in _cot_polynomial(int(n)):
        scaled = scaled * (c * c) + coefficient
    return scaled * c * math.pow(math.pi, n + 1) * math.factorial(int(n))


@cache
def _cot_polynomial(n: int) -> tuple[float, ...]:
    """Return P_n(c)/n!, c = cot, every other coefficient, highest power first.

    P_0 = c and P_{k+1} = -(1+c²) P_k', so dⁿcot(πx)/dxⁿ = πⁿ P_n(cot πx). All of its
    coefficients have one sign, so that nothing cancels near its zero c = 0.
    """
    p = [0, 1]
    for _ in range(n):
        slope = [k * a for k, a in enumerate(p)][1:]
        p = [-(a + b) for a, b in zip([*slope, 0, 0], [0, 0, *slope], strict=True)]
    return tuple(a / math.factorial(n) for a in p[::-2])
