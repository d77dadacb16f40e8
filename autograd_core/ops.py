"""The op table: each operation's value, local derivatives, domain and kinks.

Read a row as a line of a handbook: its name, its kernel, then one partial derivative
per operand, in which `y` is the output and `x`, or `a, b`, are the inputs. Partials
call other rows, so every derivative of every order is again made of rows; where a
derivative needs an accuracy that arithmetic loses, it is a row too. Adding an operation
means adding its row here, and its kernel if `math` has none.
"""

import operator
from math import inf, isfinite
from typing import Any

from . import kernels
from .domain import (
    ABOVE_MINUS_ONE,
    FROM_ONE,
    NOT_NEGATIVE,
    OPEN_UNIT,
    POSITIVE,
    REALS,
    UNIT,
)
from .op import Op, register

LN_2 = 0.6931471805599453
LOG2_E = 1.4426950408889634
LOG10_E = 0.4342944819032518
TWO_BY_ROOT_PI = 1.1283791670955126

TINY = 1e-290  # below it a result may have lost digits to underflow
HUGE = 2.0**600
TWO_53 = 2.0**53  # beyond it b - 1 is not a float

at_zero = operator.pos  # zero at the kink that sign, abs and relu have in common
at_tie = operator.sub  # zero where two operands tie


def at_pole_of_gamma(*operands: float) -> float:
    """Be zero at 0, -1, -2, ..."""
    x = operands[-1]
    return x - round(x) if x < 0.5 and isfinite(x) else 1.0


def number(x: Any) -> float:
    """Return the number that a choice between formulas depends on, traced a node."""
    if x.__class__ is float:
        return x
    return x.data if hasattr(x, "parents") else float(x)


def quotient_by_divisor(y: Any, a: Any, b: Any) -> Any:
    """-y/b, computed from a scaled up where y has lost digits to underflow."""
    if number(a) == 0 or not -TINY < number(y) < TINY:
        return -div(y, b)
    return -div(div(a * HUGE, b), b) * (1.0 / HUGE)


def power_by_base(y: Any, a: Any, b: Any) -> Any:
    """b·a^(b-1), without a rounded b - 1 in the exponent or a power out of range."""
    base, exponent = number(a), number(b)
    exact = -TWO_53 <= exponent <= TWO_53 and (exponent - 1.0) + 1.0 == exponent
    if exact or base == 0 or not -inf < base < inf:
        slope = power(a, b - 1.0)
        steepness = number(slope)
        if exponent == 0 and not -inf < steepness < inf:
            return 0.0
        least = 0.0 if -1e6 < exponent < 1e6 else TINY  # a vast b magnifies its error
        if least <= steepness < inf or not 0 < base < inf:
            return b * slope
    if base < 0 or TINY < number(y) < inf:
        quotient = div(y, a)
        return b * quotient if number(quotient) < inf else div(b * y, a)
    half = power(a, 0.5 * b)  # y itself has overflowed, or lost digits to underflow
    return b * half * div(half, a)


def hypot_by(y: Any, a: Any, b: Any) -> Any:
    """a/y: 0 at the origin, scaled where y overflows or has lost digits."""
    if number(y) == 0:
        return 0.0
    if TINY < number(y) < inf:
        return div(a, y)
    scale = 0.25 if number(y) > 1 else HUGE
    return div(a * scale, hypot(a * scale, b * scale))


def atan2_by(a: Any, b: Any) -> Any:
    """b/(a² + b²), computed from scaled operands where the squares are out of range."""
    h = hypot(a, b)
    if 1e-140 < number(h) < 1e140:
        return div(b, h * h)
    scale = HUGE if number(h) < 1 else 1.0 / HUGE
    h = hypot(a * scale, b * scale)
    return div(b * scale, h * h) * scale


def elu_by(x: Any, alpha: Any) -> Any:
    """alpha·eˣ below 0, in halves where eˣ has lost digits to underflow."""
    if number(x) > -600:
        return 1.0 if number(x) > 0 else alpha * exp(x)
    half = exp(0.5 * x)
    return alpha * half * half


def simpler_sum(a: Any, b: Any) -> Any:
    """Leave out a 0."""
    return b if a == 0.0 else a if b == 0.0 else None


def simpler_product(a: Any, b: Any) -> Any:
    """Leave out a factor 1; a factor -1 is neg."""
    for factor, x in ((a, b), (b, a)):
        if factor == 1.0:
            return x
        if factor == -1.0:
            return neg(x)
    return None


def power_by_exponent(y: Any, a: Any, b: Any) -> Any:
    """y·log(a), in halves where y overflows; 0 where y is 0 and log(a) infinite."""
    inside = 0 < number(a) < inf
    if inside and number(y) == inf:
        half = power(a, 0.5 * b)
        return half * log(a) * half
    return y * log(a if inside or number(y) != 0 else 1.0)


def base_of_fraction(a: Any, b: Any) -> Any:
    """Return the base, at whose zero a power is smooth only if b is 0, 1, 2, ..."""
    return 1.0 if b >= 0.0 and b % 1.0 == 0.0 else a


# fmt: off
# --- arithmetic ---------------------------------------------------------------------
add = Op("add", operator.add, (lambda y, a, b: 1.0, lambda y, a, b: 1.0),
    symbol="+", simplify=simpler_sum, doc="the sum a + b")
sub = Op("sub", operator.sub, (lambda y, a, b: 1.0, lambda y, a, b: -1.0),
    symbol="-", simplify=lambda a, b: a if b == 0.0 else None,
    doc="the difference a - b")
mul = Op("mul", operator.mul, (lambda y, a, b: b, lambda y, a, b: a),
    symbol="*", simplify=simpler_product, doc="the product a·b")
div = Op("div", kernels.div,
    (lambda y, a, b: div(1.0, b), quotient_by_divisor),
    symbol="/", kinks=(lambda a, b: b,), simplify=lambda a, b: a if b == 1.0 else None,
    doc="the quotient a/b; 1/0 is inf")
identity = Op("identity", operator.pos, (lambda y, x: 1.0,),
    symbol="=", doc="x itself, as a node of its own")
neg = Op("neg", operator.neg, (lambda y, x: -1.0,),
    symbol="-", doc="-x")
power = Op("power", kernels.power,
    (power_by_base, power_by_exponent),
    symbol="**", domain=(POSITIVE, REALS), kinks=(base_of_fraction,),
    simplify=lambda a, b: a if b == 1.0 else 1.0 if b == 0.0 else None,
    doc="a to the power b; nan for a negative a and a fractional b")
abs = Op("abs", kernels.absolute, (lambda y, x: sign(x),),
    kinks=(at_zero,), doc="the absolute value")
sign = Op("sign", kernels.sign, (lambda y, x: 0.0,),
    kinks=(at_zero,), doc="-1, 0 or 1")
heaviside = Op("heaviside", kernels.heaviside, (lambda y, x: 0.0,),
    kinks=(at_zero,), doc="the unit step, 0 at 0; the derivative of relu")

# --- exponentials, logarithms, roots ------------------------------------------------
exp = Op("exp", kernels.exp, (lambda y, x: y,), doc="e to the power x")
expm1 = Op("expm1", kernels.expm1, (lambda y, x: exp(x),),
    doc="e to the power x, minus 1, accurate near 0")
exp2 = Op("exp2", kernels.exp2,  # y overflows before its derivative does
    (lambda y, x: LN_2 * y if number(y) < inf else 2.0 * LN_2 * exp2(x - 1.0),),
    doc="2 to the power x")
exp_difference = Op("exp_difference", kernels.exp_difference,
    (lambda y, a, b: y, lambda y, a, b: -y),
    doc="e to the power a - b, whose rounding is corrected")
log = Op("log", kernels.log, (lambda y, x: div(1.0, x),),
    domain=(POSITIVE,), doc="the natural logarithm")
log1p = Op("log1p", kernels.log1p, (lambda y, x: div(1.0, 1.0 + x),),
    domain=(ABOVE_MINUS_ONE,), doc="log(1 + x), accurate near 0")
log2 = Op("log2", kernels.log2, (lambda y, x: div(LOG2_E, x),),
    domain=(POSITIVE,), doc="the logarithm to base 2")
log10 = Op("log10", kernels.log10, (lambda y, x: div(LOG10_E, x),),
    domain=(POSITIVE,), doc="the logarithm to base 10")
sqrt = Op("sqrt", kernels.sqrt, (lambda y, x: div(0.5, y),),
    domain=(NOT_NEGATIVE,), kinks=(at_zero,), doc="the square root")
cbrt = Op("cbrt", kernels.cbrt, (lambda y, x: div(1.0 / 3.0, y * y),),
    kinks=(at_zero,), doc="the cube root")
hypot = Op("hypot", kernels.hypot,
    (lambda y, a, b: hypot_by(y, a, b), lambda y, a, b: hypot_by(y, b, a)),
    kinks=(lambda a, b: kernels.hypot(a, b),), doc="the length of (a, b)")

# --- trigonometric and hyperbolic ---------------------------------------------------
sin = Op("sin", kernels.sin, (lambda y, x: cos(x),), doc="the sine of x radians")
cos = Op("cos", kernels.cos, (lambda y, x: -sin(x),), doc="the cosine of x radians")
tan = Op("tan", kernels.tan, (lambda y, x: 1.0 + y * y,),
    doc="the tangent of x radians")
asin = Op("asin", kernels.asin, (lambda y, x: div(1.0, sqrt((1.0 - x) * (1.0 + x))),),
    domain=(UNIT,), kinks=(lambda x: 1.0 - x * x,), doc="the arc sine, in radians")
acos = Op("acos", kernels.acos, (lambda y, x: -div(1.0, sqrt((1.0 - x) * (1.0 + x))),),
    domain=(UNIT,), kinks=(lambda x: 1.0 - x * x,), doc="the arc cosine, in radians")
atan = Op("atan", kernels.atan,  # x² overflows before 1/x² is lost
    (lambda y, x: div(1.0, 1.0 + x * x) if -1e150 < number(x) < 1e150
     else div(div(1.0, x), x),),
    doc="the arc tangent, in radians")
atan2 = Op("atan2", kernels.atan2,
    (lambda y, a, b: atan2_by(a, b), lambda y, a, b: -atan2_by(b, a)),
    kinks=(lambda a, b: a if b <= 0 else 1.0, lambda a, b: kernels.hypot(a, b)),
    doc="the angle of the point (b, a), in radians")
sinh = Op("sinh", kernels.sinh, (lambda y, x: cosh(x),), doc="the hyperbolic sine")
cosh = Op("cosh", kernels.cosh, (lambda y, x: sinh(x),), doc="the hyperbolic cosine")
tanh = Op("tanh", kernels.tanh, (lambda y, x: sech_squared(x),),
    doc="the hyperbolic tangent")
sech_squared = Op("sech_squared", kernels.sech_squared,
    (lambda y, x: -2.0 * tanh(x) * y,), doc="1/cosh(x)², the derivative of tanh")
asinh = Op("asinh", kernels.asinh, (lambda y, x: div(1.0, hypot(1.0, x)),),
    doc="the inverse hyperbolic sine")
acosh = Op("acosh", kernels.acosh,
    (lambda y, x: div(1.0, sqrt(x - 1.0) * sqrt(x + 1.0)),),
    domain=(FROM_ONE,), kinks=(lambda x: x - 1.0,),
    doc="the inverse hyperbolic cosine")
atanh = Op("atanh", kernels.atanh, (lambda y, x: div(1.0, (1.0 - x) * (1.0 + x)),),
    domain=(OPEN_UNIT,), doc="the inverse hyperbolic tangent")

# --- special functions --------------------------------------------------------------
erf = Op("erf", kernels.erf, (lambda y, x: TWO_BY_ROOT_PI * gaussian(x),),
    doc="the error function")
erfc = Op("erfc", kernels.erfc, (lambda y, x: -TWO_BY_ROOT_PI * gaussian(x),),
    doc="1 - erf(x), accurate in the tail")
gaussian = Op("gaussian", kernels.gaussian, (lambda y, x: -2.0 * (x * y),),
    doc="e to the power -x²")
normal_pdf = Op("normal_pdf", kernels.normal_pdf, (lambda y, x: -x * y,),
    doc="the density of the standard normal distribution")
normal_cdf = Op("normal_cdf", kernels.normal_cdf, (lambda y, x: normal_pdf(x),),
    doc="the standard normal distribution function")
lgamma = Op("lgamma", kernels.lgamma, (lambda y, x: digamma(x),),
    kinks=(at_pole_of_gamma,), doc="the logarithm of |Γ(x)|")
digamma = Op("digamma", kernels.digamma, (lambda y, x: polygamma(1.0, x),),
    kinks=(at_pole_of_gamma,), doc="the derivative of lgamma")
polygamma = Op("polygamma", kernels.polygamma,
    (lambda y, n, x: 0.0, lambda y, n, x: polygamma(n + 1.0, x)),
    domain=(NOT_NEGATIVE, POSITIVE), kinks=(at_pole_of_gamma,),
    doc="the n-th derivative of digamma; n is a constant")

# --- activations --------------------------------------------------------------------
sigmoid = Op("sigmoid", kernels.sigmoid, (lambda y, x: 0.25 * sech_squared(0.5 * x),),
    doc="1/(1 + e⁻ˣ)")
sigmoid_difference = Op("sigmoid_difference", kernels.sigmoid_difference,
    (lambda y, a, b: y * sigmoid_difference(b, a),
     lambda y, a, b: -y * sigmoid_difference(b, a)),
    doc="sigmoid(a - b), whose rounding is corrected")
log_sigmoid = Op("log_sigmoid", kernels.log_sigmoid, (lambda y, x: sigmoid(-x),),
    doc="log(sigmoid(x))")
softplus = Op("softplus", kernels.softplus, (lambda y, x: sigmoid(x),),
    doc="log(1 + eˣ)")
logaddexp = Op("logaddexp", kernels.logaddexp,
    (lambda y, a, b: sigmoid_difference(a, b),
     lambda y, a, b: sigmoid_difference(b, a)),
    doc="log(eᵃ + eᵇ)")
relu = Op("relu", kernels.relu, (lambda y, x: heaviside(x),),
    kinks=(at_zero,), doc="max(0, x), with slope 0 at 0")
leaky_relu = Op("leaky_relu", kernels.leaky_relu,
    (lambda y, x, negative_slope: where(x > 0, 1.0, negative_slope),
     lambda y, x, negative_slope: where(x > 0, 0.0, x)),
    defaults=(0.01,), kinks=(lambda x, negative_slope: x,),
    doc="x where it is positive, negative_slope·x elsewhere")
elu = Op("elu", kernels.elu,
    (lambda y, x, alpha: elu_by(x, alpha),
     lambda y, x, alpha: where(x > 0, 0.0, expm1(x))),
    defaults=(1.0,), kinks=(lambda x, alpha: x,),
    doc="x where it is positive, alpha·(eˣ - 1) elsewhere")
silu = Op("silu", kernels.silu,
    (lambda y, x: sigmoid(x) + x * (0.25 * sech_squared(0.5 * x)),),
    doc="x·sigmoid(x)")
gelu = Op("gelu", kernels.gelu,
    (lambda y, x: normal_cdf(x) + x * normal_pdf(x),), doc="x·Φ(x), the exact form")

# --- choices ------------------------------------------------------------------------
maximum = Op("maximum", kernels.maximum,
    (lambda y, a, b: where(a > b, 1.0, where(b > a, 0.0, 0.5)),
     lambda y, a, b: where(b > a, 1.0, where(a > b, 0.0, 0.5))),
    kinks=(at_tie,), doc="the larger; a tie shares the gradient evenly")
minimum = Op("minimum", kernels.minimum,
    (lambda y, a, b: where(a < b, 1.0, where(b < a, 0.0, 0.5)),
     lambda y, a, b: where(b < a, 1.0, where(a < b, 0.0, 0.5))),
    kinks=(at_tie,), doc="the smaller; a tie shares the gradient evenly")
clip = Op("clip", kernels.clip,
    (lambda y, x, low, high: where((low < x) & (x < high), 1.0, 0.0),
     lambda y, x, low, high: where((x < low) & (low < high), 1.0, 0.0),
     lambda y, x, low, high: where((high < x) | (high < low), 1.0, 0.0)),
    kinks=(lambda x, low, high: x - low, lambda x, low, high: x - high,
           lambda x, low, high: low - high),
    doc="x held between low and high, with slope 0 at both")
where = Op("where", kernels.where,
    (lambda y, condition, a, b: None,
     lambda y, condition, a, b: 1.0 if number(condition) else None,
     lambda y, condition, a, b: None if number(condition) else 1.0),
    simplify=lambda condition, a, b: a if number(condition) else b,
    doc="a where the condition holds, else b; the other one gets no gradient")
# fmt: on

register(vars())
