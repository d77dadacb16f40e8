"""How far to go along a direction: a line search for the strong Wolfe conditions.

On the line φ(t) = f(x + t·d) a step t is long enough and low enough where

    φ(t) ≤ φ(0) + c1·t·φ'(0)   and   |φ'(t)| ≤ c2·|φ'(0)|.

A bracket that holds such steps is found by lengthening the step and then narrowed, both
by cubic interpolation (Nocedal and Wright 2006, algorithms 3.5 and 3.6). A step where φ
or its slope is not finite counts as too high: it is backed off from.
"""

from collections.abc import Callable
from math import inf, isfinite, sqrt
from typing import Any, NamedTuple

__all__ = ["Trial", "cubic_minimum", "strong_wolfe"]

_EPSILON = 2.0**-52


class Trial(NamedTuple):
    """A step t with φ(t) and φ'(t), and the gradient of f there."""

    t: float
    value: float
    slope: float
    gradient: list[float]
    loss: Any = None  # its graph, for those who ask for second derivatives


def strong_wolfe(
    evaluate: Callable[[float], Trial],
    start: Trial,
    t: float,
    *,
    c1: float = 1e-4,
    c2: float = 0.9,
    max_iter: int = 25,
    tolerance: float = 0.0,
) -> Trial:
    """Return a trial that meets both conditions, or the best one in max_iter trials.

    `start` is the trial at 0, whose slope is negative, and `t` the first step to try;
    an interval shorter than `tolerance` is not narrowed further.

    >>> def parabola(t):
    ...     return Trial(t, (t - 3.0) ** 2, 2.0 * (t - 3.0), [])
    >>> strong_wolfe(parabola, parabola(0.0), 1.0, c2=0.1).t
    3.0
    """
    return _Search(evaluate, start, c1, c2, max_iter, tolerance).lengthened(t)


class _Search:
    """What both algorithms know: the line, its beginning, the conditions."""

    def __init__(
        self,
        evaluate: Callable[[float], Trial],
        start: Trial,
        c1: float,
        c2: float,
        left: int,
        tolerance: float,
    ) -> None:
        self.line, self.start = evaluate, start
        self.left, self.tolerance = left, tolerance
        self.rate, self.flat = c1 * start.slope, c2 * abs(start.slope)
        self.rounding = 4 * _EPSILON * abs(start.value)

    def evaluate(self, t: float) -> Trial:
        trial = self.line(t)
        finite = isfinite(trial.value) and isfinite(trial.slope)
        return trial if finite else trial._replace(value=inf)

    def too_high(self, trial: Trial) -> bool:
        """Tell whether the first condition fails by more than rounding."""
        return trial.value > self.start.value + self.rate * trial.t + self.rounding

    def lengthened(self, t: float) -> Trial:
        """Go further until a good step is passed (algorithm 3.5)."""
        first, before, trial = True, self.start, self.evaluate(t)
        while self.left > 0:
            if self.too_high(trial) or (not first and trial.value >= before.value):
                return self.narrowed(before, trial)
            if abs(trial.slope) <= self.flat:
                return trial
            if trial.slope >= 0:
                return self.narrowed(trial, before)
            first, before, trial = False, trial, self.evaluate(_further(before, trial))
            self.left -= 1
        return min(self.start, before, trial, key=lambda trial: trial.value)

    def narrowed(self, low: Trial, high: Trial) -> Trial:
        """Narrow the interval at whose end `low` φ is lowest (algorithm 3.6)."""
        stalled = False
        while self.left > 0 and abs(high.t - low.t) > self.tolerance:
            t, stalled = _inside(low, high, stalled)
            trial = self.evaluate(t)
            self.left -= 1
            if self.too_high(trial) or trial.value >= low.value:
                high = trial
                continue
            if abs(trial.slope) <= self.flat:
                return trial
            if trial.slope * (high.t - low.t) >= 0:
                high = low
            low = trial
        return low


def _further(before: Trial, trial: Trial) -> float:
    """Return the next step, up to ten times as long; as long where it grows steeper.

    There the cubic has its minimum behind the trials.
    """
    longest = 10 * trial.t
    if trial.slope <= before.slope:
        return longest
    shortest = trial.t + 0.01 * (trial.t - before.t)
    return cubic_minimum(before, trial, shortest, longest)


def _inside(low: Trial, high: Trial, stalled: bool) -> tuple[float, bool]:
    """Return the next step, away from the ends if the last one was near one, too."""
    left, right = sorted((low.t, high.t))
    t = cubic_minimum(low, high, left, right)
    margin = 0.1 * (right - left)
    if min(right - t, t - left) >= margin:
        return t, False
    if stalled or not left < t < right:
        return (right - margin if right - t < t - left else left + margin), False
    return t, True


def cubic_minimum(a: Trial, b: Trial, low: float, high: float) -> float:
    """Return the minimum, held between low and high, of the cubic through two trials.

    It has their values and slopes (Nocedal and Wright 2006, eq. 3.59). Where it has no
    minimum, or a trial is not finite, the middle is returned.

    >>> a, b = Trial(0.0, 9.0, -6.0, []), Trial(2.0, 1.0, -2.0, [])
    >>> cubic_minimum(a, b, 2.0, 10.0)
    3.0
    """
    if a.t > b.t:
        a, b = b, a
    middle = (low + high) / 2
    if a.t == b.t:
        return middle
    mean = a.slope + b.slope - 3 * (a.value - b.value) / (a.t - b.t)
    square = mean * mean - a.slope * b.slope
    if not square >= 0:
        return middle
    root = sqrt(square)
    bottom = b.slope - a.slope + 2 * root
    share = (b.slope + root - mean) / bottom if bottom else inf
    t = b.t - (b.t - a.t) * share
    return min(max(t, low), high) if isfinite(t) else middle  # from inf comes nan
