"""What every row must compute, from mpmath at 50 digits, and how far off it may be.

`REFERENCES` is keyed by row name; a test holds its keys against the op table, so that a
row without an independent reference fails. A reference is the value and one derivative
per operand, as textbooks print them, on numbers of 50 digits, where no care for
rounding is needed; another test holds the derivatives against `mp.diff` of the values.

An error is counted in units in the last place of the true result. Where a function
crosses zero by cancellation, no formula keeps relative accuracy: there the unit is that
of the `size`, the sum of the magnitudes of the terms that cancel.
"""

import math
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from . import true_functions as fn
from .true_functions import mp

__all__ = ["MAX", "REFERENCES", "SMALLEST_PROMISED", "Reference", "mp", "ulps"]

MAX = sys.float_info.max
SMALLEST_PROMISED = 1e-300  # smaller results may lose digits to underflow


@dataclass(frozen=True)
class Reference:
    """The true value and derivatives of a row, and the errors it is allowed.

    `partials` holds a function of the operands for each operand; of a row on sequences
    it is one function that returns all derivatives. `choices` names the only sensible
    values of an operand, by its position.
    """

    value: Callable[..., Any]
    partials: Any
    size: Callable[..., Any] | None = None
    partial_size: Callable[..., Any] | None = None
    ulps: float = 4
    partial_ulps: float = 4
    choices: dict[int, tuple[float, ...]] = field(default_factory=dict)

    def partials_at(self, operands: Sequence[float]) -> list[Any]:
        """Return the true derivatives by each operand."""
        xs = [mp.mpf(x) for x in operands]
        if callable(self.partials):
            return list(self.partials(*xs))
        return [partial(*xs) for partial in self.partials]

    def value_error(self, found: float, operands: Sequence[float]) -> float:
        """Return the error of the value `found` in ULP."""
        size = self.size and self.size(*map(mp.mpf, operands))
        return ulps(found, self.value(*map(mp.mpf, operands)), size)

    def partial_errors(
        self, found: Sequence[float], operands: Sequence[float]
    ) -> list[float]:
        """Return the error of each derivative `found` in ULP."""
        size = self.partial_size and self.partial_size(*map(mp.mpf, operands))
        true = self.partials_at(operands)
        return [
            (0.0 if y is t else math.inf)
            if y is None or t is None
            else ulps(y, t, size)
            for y, t in zip(found, true, strict=True)
        ]


def ulps(found: float, true: Any, size: Any = None) -> float:
    """Return the error of `found` in units in the last place of `size`, or of `true`.

    >>> ulps(1.0 + 2**-52, mp.mpf(1)), ulps(math.inf, mp.mpf(10) ** 309)
    (1.0, 0.0)
    """
    if math.isnan(found):
        return math.inf
    if math.isinf(found):
        beyond = abs(true) > MAX * (1 - mp.mpf(2) ** -52)
        return 0.0 if beyond and (true > 0) == (found > 0) else math.inf
    magnitude = float(min(abs(true if size is None else size), mp.mpf(MAX)))
    unit = math.ulp(max(magnitude, SMALLEST_PROMISED))
    return float(abs(mp.mpf(found) - true) / unit)


# fmt: off
REFERENCES: dict[str, Reference] = {
    "add": Reference(lambda a, b: a + b, (fn.one, fn.one), ulps=0.5, partial_ulps=0),
    "sub": Reference(lambda a, b: a - b, (fn.one, lambda a, b: mp.mpf(-1)),
        ulps=0.5, partial_ulps=0),
    "mul": Reference(lambda a, b: a * b, (lambda a, b: b, lambda a, b: a),
        ulps=0.5, partial_ulps=0),
    "div": Reference(lambda a, b: a / b,
        (lambda a, b: 1 / b, lambda a, b: -a / b**2)),
    "identity": Reference(lambda x: x, (fn.one,), ulps=0, partial_ulps=0),
    "neg": Reference(lambda x: -x, (lambda x: mp.mpf(-1),), ulps=0, partial_ulps=0),
    "power": Reference(fn.power,
        (lambda a, b: b * fn.power(a, b - 1) if b else mp.zero,
         lambda a, b: fn.power(a, b) * mp.log(a) if a or b <= 0 else mp.zero)),
    "abs": Reference(abs, (mp.sign,), ulps=0, partial_ulps=0),
    "sign": Reference(mp.sign, (fn.zero,), ulps=0, partial_ulps=0),
    "heaviside": Reference(lambda x: fn.step(x > 0), (fn.zero,),
        ulps=0, partial_ulps=0),
    "exp": Reference(mp.exp, (mp.exp,)),
    "expm1": Reference(mp.expm1, (mp.exp,)),
    "exp2": Reference(lambda x: mp.exp(x * mp.ln2),
        (lambda x: mp.exp(x * mp.ln2) * mp.ln2,)),
    "exp_difference": Reference(lambda a, b: mp.exp(a - b),
        (lambda a, b: mp.exp(a - b), lambda a, b: -mp.exp(a - b))),
    "log": Reference(mp.log, (lambda x: 1 / x,)),
    "log1p": Reference(mp.log1p, (lambda x: 1 / (1 + x),)),
    "log2": Reference(lambda x: mp.log(x) / mp.ln2, (lambda x: 1 / (x * mp.ln2),)),
    "log10": Reference(mp.log10, (lambda x: 1 / (x * mp.ln10),)),
    "sqrt": Reference(mp.sqrt, (lambda x: 1 / (2 * mp.sqrt(x)),)),
    "cbrt": Reference(fn.cbrt, (lambda x: 1 / (3 * fn.cbrt(x)**2),)),
    "hypot": Reference(mp.hypot,
        (lambda a, b: a / mp.hypot(a, b), lambda a, b: b / mp.hypot(a, b))),
    "sin": Reference(mp.sin, (mp.cos,)),
    "cos": Reference(mp.cos, (lambda x: -mp.sin(x),)),
    "tan": Reference(mp.tan, (lambda x: mp.sec(x)**2,)),
    "asin": Reference(mp.asin, (lambda x: 1 / mp.sqrt(1 - x*x),)),
    "acos": Reference(mp.acos, (lambda x: -1 / mp.sqrt(1 - x*x),)),
    "atan": Reference(mp.atan, (lambda x: 1 / (1 + x*x),)),
    "atan2": Reference(mp.atan2,
        (lambda a, b: b / (a*a + b*b), lambda a, b: -a / (a*a + b*b))),
    "sinh": Reference(mp.sinh, (mp.cosh,)),
    "cosh": Reference(mp.cosh, (mp.sinh,)),
    "tanh": Reference(mp.tanh, (fn.sech2,)),
    "sech_squared": Reference(fn.sech2, (lambda x: -2 * mp.tanh(x) * fn.sech2(x),)),
    "asinh": Reference(mp.asinh, (lambda x: 1 / mp.sqrt(1 + x*x),)),
    "acosh": Reference(mp.acosh, (lambda x: 1 / mp.sqrt(x*x - 1),)),
    "atanh": Reference(mp.atanh, (lambda x: 1 / (1 - x*x),)),
    "erf": Reference(mp.erf, (lambda x: 2 / mp.sqrt(mp.pi) * mp.exp(-x*x),)),
    "erfc": Reference(fn.erfc, (lambda x: -2 / mp.sqrt(mp.pi) * mp.exp(-x*x),)),
    "gaussian": Reference(lambda x: mp.exp(-x*x), (lambda x: -2*x * mp.exp(-x*x),)),
    "normal_pdf": Reference(fn.pdf, (lambda x: -x * fn.pdf(x),)),
    "normal_cdf": Reference(fn.cdf, (fn.pdf,)),
    "lgamma": Reference(lambda x: mp.loggamma(x).real, (fn.digamma,),
        size=fn.lgamma_size, partial_size=fn.digamma_size),
    "digamma": Reference(fn.digamma, (lambda x: fn.polygamma(1, x),),
        size=fn.digamma_size),
    "polygamma": Reference(fn.polygamma, (fn.zero, lambda n, x: fn.polygamma(n + 1, x)),
        ulps=5, partial_ulps=5, choices={0: (0.0, 1.0, 2.0, 3.0, 4.0, 7.0, 20.0)}),
    "sigmoid": Reference(fn.sigmoid, (lambda x: fn.sigmoid(x) * fn.sigmoid(-x),)),
    "sigmoid_difference": Reference(lambda a, b: fn.sigmoid(a - b),
        (lambda a, b: fn.sigmoid(a - b) * fn.sigmoid(b - a),
         lambda a, b: -fn.sigmoid(a - b) * fn.sigmoid(b - a))),
    "log_sigmoid": Reference(lambda x: -mp.log1p(mp.exp(-x)),
        (lambda x: fn.sigmoid(-x),)),
    "softplus": Reference(lambda x: mp.log1p(mp.exp(x)), (fn.sigmoid,)),
    "logaddexp": Reference(fn.logaddexp,
        (lambda a, b: fn.sigmoid(a - b), lambda a, b: fn.sigmoid(b - a)),
        size=fn.logaddexp_size),
    "relu": Reference(lambda x: max(x, mp.mpf(0)), (lambda x: fn.step(x > 0),),
        ulps=0, partial_ulps=0),
    "leaky_relu": Reference(lambda x, slope: x if x > 0 else slope * x,
        (lambda x, slope: mp.mpf(1) if x > 0 else slope,
         lambda x, slope: mp.mpf(0) if x > 0 else x)),
    "elu": Reference(lambda x, alpha: x if x > 0 else alpha * mp.expm1(x),
        (lambda x, alpha: mp.mpf(1) if x > 0 else alpha * mp.exp(x),
         lambda x, alpha: mp.mpf(0) if x > 0 else mp.expm1(x))),
    "silu": Reference(lambda x: x * fn.sigmoid(x),
        (lambda x: fn.sigmoid(x) + x * fn.sigmoid(x) * fn.sigmoid(-x),),
        partial_size=fn.silu_slope_size),
    "gelu": Reference(lambda x: x * fn.cdf(x), (lambda x: fn.cdf(x) + x * fn.pdf(x),),
        partial_size=lambda x: fn.cdf(x) + abs(x) * fn.pdf(x)),
    "maximum": Reference(max,
        (lambda a, b: fn.step(a > b), lambda a, b: fn.step(b > a)),
        ulps=0, partial_ulps=0),
    "minimum": Reference(min,
        (lambda a, b: fn.step(a < b), lambda a, b: fn.step(b < a)),
        ulps=0, partial_ulps=0),
    "clip": Reference(lambda x, low, high: min(max(x, low), high),
        (lambda x, low, high: fn.step(low < x < high),
         lambda x, low, high: fn.step(x < low < high),
         lambda x, low, high: fn.step(high < max(x, low))),
        ulps=0, partial_ulps=0),
    "where": Reference(lambda condition, a, b: a if condition else b,
        (lambda condition, a, b: None,
         lambda condition, a, b: mp.mpf(1) if condition else None,
         lambda condition, a, b: None if condition else mp.mpf(1)),
        ulps=0, partial_ulps=0, choices={0: (0.0, 1.0)}),
    "dot": Reference(fn.dot,
        lambda *xs: (*xs[len(xs) // 2 : -1], *xs[: len(xs) // 2], mp.mpf(1)),
        size=lambda *xs: fn.dot(*map(abs, xs)), partial_ulps=0),
    "total": Reference(lambda *xs: mp.fsum(xs), lambda *xs: [mp.mpf(1)] * len(xs),
        size=lambda *xs: mp.fsum(map(abs, xs)), ulps=1, partial_ulps=0),
    "mean": Reference(lambda *xs: mp.fsum(xs) / len(xs),
        lambda *xs: [mp.mpf(1) / len(xs)] * len(xs),
        size=lambda *xs: mp.fsum(map(abs, xs)) / len(xs)),
    "prod": Reference(lambda *xs: mp.fprod(xs), fn.others),
    "logsumexp": Reference(fn.logaddexp, fn.softmax, size=fn.logaddexp_size),
}
# fmt: on
