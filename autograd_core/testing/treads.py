"""Steps that stay on one tread of a stair, which tell nothing of its slope.

A rounding inside a function, as in (x + 1e8) - 1e8, makes a constant of what is none,
without a trace of noise until the step reaches where the value leaps. Some functions
are made to leap, as floor is: they do so far apart, by much, or at 0.
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from math import ulp

from .noise import Difference, value

__all__ = ["beyond_treads"]

Function = Callable[[float], float]
Pair = tuple[float, float]

OUTBURST = 8.0  # times the noise of smaller steps
TRIED = 3  # of the outbursts, the last; each costs two dozen evaluations
HALVINGS = 10  # over which a continuous function has all but ceased to change
WIDEST = 2.0**-6  # tread of a rounding, in units of x or 1, unless
HIGHEST = 2.0**-6  # times the value is all that it leaps
AT_ZERO = 2.0**-6  # times x is how near to 0 a leap is no rounding


def beyond_treads(
    f: Function, x: float, known: Sequence[Difference]
) -> list[Difference]:
    """Return the differences of f at x whose steps end beyond the first rounding of f.

    >>> from .noise import differences
    >>> f = lambda x: (x + 1e8) - 1e8
    >>> known = differences(f, 0.3)
    >>> known[0].slope, round(beyond_treads(f, 0.3, known)[-1].slope, 6)
    (0.0, 1.0)
    """
    widest = WIDEST * max(abs(x), 1.0)
    for k in _outbursts(known)[: -TRIED - 1 : -1]:
        for edge, height in _leaps(f, x, known[k - 1 : k + 4]):
            is_rounding = abs(edge) <= widest or height <= HIGHEST * known[k + 3].size
            if is_rounding and abs(x + edge) > AT_ZERO * abs(x):
                return [d for d in known if d.step > abs(edge)]
    return list(known)


def _outbursts(known: Sequence[Difference]) -> list[int]:
    """Return the last steps before the noise grows as no polynomial does."""
    noise = [d.noise * d.step for d in known[:-3]]
    growth = [1.0, *(after / before for before, after in pairwise(noise))]
    return [k for k in range(1, len(noise)) if growth[k] > OUTBURST * growth[k - 1]]


def _leaps(
    f: Function, x: float, known: Sequence[Difference]
) -> Iterator[tuple[float, float]]:
    """Yield where the value leaps between the second difference and the last."""
    before, near, further, _, far = known
    least = OUTBURST * max(before.noise * before.step, ulp(far.size))
    for sign, slopes in (
        (-1, (near.left, further.left)),
        (1, (near.right, further.right)),
    ):
        steps = sign * near.step, sign * further.step
        bend = _beyond_parabola(f, x, steps, slopes)
        edge, height = _steepest(bend, steps[0], sign * far.step)
        if height > max(bend(sign * far.step) / 8, least):
            yield edge, height


def _beyond_parabola(f: Function, x: float, steps: Pair, slopes: Pair) -> Function:
    """Return how far f is from the parabola through x with two slopes over steps."""
    here = value(f, x)
    curvature = (slopes[1] - slopes[0]) / (steps[1] - steps[0])

    def bend(step: float) -> float:
        slope = slopes[0] + curvature * (step - steps[0])
        return abs(value(f, x + step) - here - slope * step)

    return bend


def _steepest(bend: Function, near: float, far: float) -> tuple[float, float]:
    """Return where a bend passes a quarter of its end, and its leap there."""
    quarter = bend(far) / 4
    for _ in range(HALVINGS):
        middle = (near + far) / 2
        near, far = (near, middle) if bend(middle) > quarter else (middle, far)
    return far, bend(far) - bend(near)
