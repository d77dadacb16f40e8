"""Slopes of functions of which nothing is known but their floats.

A central difference has an error that falls with the square of the step until rounding
takes over. Three neighbouring steps enclose the slope by how far they differ and by
what rounding can do. `slope` intersects these enclosures from the smallest steps, which
are all rounding, up to the first that contradicts them: there the function bends, or
oscillates, within the step. It is an estimate, and the last resort.
"""

from collections.abc import Callable
from math import inf, isfinite, ulp

from .enclosures import EVERYTHING, Enclosure
from .references import mp

__all__ = ["jump", "slope"]

SAFETY = 16.0
STEPS = 50


def slope(f: Callable[[float], float], x: float) -> Enclosure:
    """Return where the derivative of f at x very probably lies.

    >>> from math import exp
    >>> enclosure = slope(exp, 1.0)
    >>> exp(1.0) in enclosure, enclosure.relative_width < 1e-6
    (True, True)
    """
    enclosure = EVERYTHING
    estimates = _estimates(f, x)
    for triple in zip(estimates, estimates[1:], estimates[2:], strict=False):
        (narrowest, noise), (middle, _), (widest, _) = triple
        spread = max(abs(narrowest - middle), abs(middle - widest))
        radius = SAFETY * (spread + noise)
        low = max(enclosure.low, narrowest - radius)
        high = min(enclosure.high, narrowest + radius)
        if low > high:
            break
        enclosure = Enclosure(mp.mpf(low), mp.mpf(high))
    return enclosure


def _estimates(f: Callable[[float], float], x: float) -> list[tuple[float, float]]:
    """Return central differences from small steps to large ones, with their noise."""
    estimates = []
    step = (abs(x) or 1.0) / 8
    for _ in range(STEPS):
        high, low = x + step, x - step
        above, below = _value(f, high), _value(f, low)
        if high > low and isfinite(above) and isfinite(below):
            noise = 4 * max(ulp(above), ulp(below)) / (high - low)
            estimates.append(((above - below) / (high - low), noise))
        step /= 2
    return estimates[::-1]


def _value(f: Callable[[float], float], x: float) -> float:
    """Evaluate f, infinite where it is not defined."""
    try:
        return float(f(x))
    except (ArithmeticError, ValueError):
        return inf


def jump(f: Callable[[float], float], x: float) -> Enclosure | None:
    """Return the slopes on the two sides of x and all between, None if they agree.

    At a kink the two differ as much for small steps as for large ones.

    >>> sides = jump(abs, 0.0)
    >>> float(sides.low), float(sides.high)
    (-1.0, 1.0)
    """
    sides = [_sides(f, x, (abs(x) or 1.0) * 2.0**-k) for k in range(12, 22)]
    gaps = [right - left for left, right in sides]
    left, right = sides[-1]
    if not all(map(isfinite, gaps)) or not gaps[-1]:
        return None
    if max(gaps) - min(gaps) > 0.1 * abs(gaps[-1]):
        return None
    return Enclosure(mp.mpf(min(left, right)), mp.mpf(max(left, right)))


def _sides(f: Callable[[float], float], x: float, step: float) -> tuple[float, float]:
    here, above, below = _value(f, x), _value(f, x + step), _value(f, x - step)
    return (here - below) / step, (above - here) / step
