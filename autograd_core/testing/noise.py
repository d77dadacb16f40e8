"""One-sided differences of floats over many steps, and the noise in them.

Beside x a function is a polynomial over small steps, so of the slopes over four of them
a combination cancels all that is smooth and leaves the noise. (Moré and Wild,
*Estimating Computational Noise*, 2011, do so at equal distances.) What smaller steps
have shown of it holds for larger ones too.
"""

from collections.abc import Callable, Iterator, Sequence
from math import hypot, isfinite, nan, prod, ulp
from typing import NamedTuple

__all__ = ["Difference", "differences", "value"]

Function = Callable[[float], float]

NEAREST = 11  # ULP of x, and no power of two, at which floats are seldom rounded
RATIO = 2.03  # of steps; over doubled ones some functions are always rounded alike
REACH = 2.0**-3  # of x or 1
BEYOND = 2.0**17  # of x or 1, while nothing has changed
TINY = 2.0**-55  # numbers below are far from 1 and its roundings
ROUNDINGS = 8  # ULP of a value below which its noise is rounding whatever it hides
RESOLVED = 2.0**-10  # noise per change of the value beyond which it may be oscillation
SMALLEST = ulp(0.0)


class Difference(NamedTuple):
    """The slopes over a step to the left and to the right, and their noise."""

    step: float
    left: float
    right: float
    size: float  # the largest of the values
    noise: float = 0.0

    @property
    def slope(self) -> float:
        """The central difference."""
        return self.left / 2 + self.right / 2

    @property
    def gap(self) -> float:
        """By how much the slope on the right is larger."""
        return self.right - self.left

    @property
    def is_resolved(self) -> bool:
        """Whether the noise is rounding, not what the steps are too wide to see."""
        change = max(abs(self.left), abs(self.right))
        rounding = ROUNDINGS * ulp(self.size) / self.step
        return self.noise <= max(RESOLVED * change, rounding, SMALLEST)


def differences(f: Function, x: float) -> list[Difference]:
    """Return differences of f at x over growing steps, up to the end of its domain.

    >>> from math import sin
    >>> known = differences(sin, 1.0)
    >>> known[0].noise > 0.01, known[20].noise < 1e-6
    (True, True)
    """
    known, noisy, most = list(_measured(f, x)), [], 0.0
    for k, d in enumerate(known):
        most = max(most, _noise(known[k : k + 4]))
        noise = max(most, ulp(d.size)) / d.step
        noisy.append(d._replace(noise=max(noise, SMALLEST)))
    return noisy


def value(f: Function, x: float) -> float:
    """Evaluate f, nan where it is not defined or complex."""
    try:
        y = f(x)
    except (ArithmeticError, ValueError):
        return nan
    return nan if isinstance(y, complex) else float(y)


def _measured(f: Function, x: float) -> Iterator[Difference]:
    here, is_flat = value(f, x), True
    for step in _steps(x):
        above, below = x + step, x - step
        upper, lower = value(f, above), value(f, below)
        left, right = (here - lower) / (x - below), (upper - here) / (above - x)
        if not all(map(isfinite, (below, above, right - left))):
            return
        yield Difference(step, left, right, max(map(abs, (here, upper, lower))))
        is_flat = is_flat and left == 0 == right
        if not is_flat and step > REACH * max(abs(x), 1.0):
            return


def _steps(x: float) -> Iterator[float]:
    """Yield steps from a few ULP of x to far beyond it; of a tiny x in two parts."""
    end = BEYOND * max(abs(x), 1.0)
    if x == 0:
        parts = [(TINY * TINY, end)]
    elif abs(x) < TINY:
        parts = [(ulp(x), abs(x)), (TINY, end)]
    else:
        parts = [(ulp(x), end)]
    for unit, last in parts:
        k = 0
        while (step := round(NEAREST * RATIO**k) * unit) < last:
            yield step
            k += 1


def _noise(known: Sequence[Difference]) -> float:
    """Return what no polynomial on either side of x explains of four differences."""
    if len(known) < 4 or known[3].step > 2 * RATIO**3 * known[0].step:
        return 0.0
    steps = [d.step / known[3].step for d in known]
    weights = [1 / prod(h - g for g in steps if g != h) for h in steps]
    gains = [weight / h for weight, h in zip(weights, steps, strict=True)]
    left = sum(w * d.left for w, d in zip(weights, known, strict=True))
    right = sum(w * d.right for w, d in zip(weights, known, strict=True))
    return max(abs(left), abs(right)) / hypot(*gains, sum(gains)) * known[3].step
