"""Slopes and kinks of functions of which nothing is known but their floats.

The error of a central difference falls with the square of the step until noise takes
over, and the slopes on the two sides of x come together. It is by these rates that a
slope is told from a step, a pole, a kink or an oscillation which the steps are too wide
to see. Where several steps in a row keep to them and agree, the narrowest of their
enclosures is the result; where small and large steps each agree on something else it is
whatever lies between, and where none agree, everything. It is the last resort.
"""

import warnings
from collections.abc import Callable, Iterator, Sequence

from .enclosures import EVERYTHING, Enclosure, hull
from .noise import Difference, differences
from .references import mp
from .treads import beyond_treads

__all__ = ["jump", "slope"]

Judge = Callable[[Sequence[Difference]], Enclosure | None]

SAFETY = 16.0
RUN = 4  # enclosures in a row that must agree
DECAY = 0.75  # of a change as the step is halved; where f is smooth it is 1/2 or 1/4
CHANCE = 4.0  # times the noise by which a slope may change by chance


def slope(f: Callable[[float], float], x: float) -> Enclosure:
    """Return where the derivative of f at x very probably lies.

    >>> from math import exp, floor
    >>> enclosure = slope(exp, 1.0)
    >>> exp(1.0) in enclosure, enclosure.relative_width < 1e-6
    (True, True)
    >>> slope(floor, 1.0) == EVERYTHING
    True
    """
    return _agreed(_known(f, x), _smooth) or EVERYTHING


def jump(f: Callable[[float], float], x: float) -> Enclosure | None:
    """Return the slopes on the two sides of x and all between, None if they agree.

    At a kink the two differ as much for small steps as for large ones.

    >>> sides = jump(abs, 0.0)
    >>> round(float(sides.low), 9), round(float(sides.high), 9)
    (-1.0, 1.0)
    >>> jump(abs, 1e-9) is None
    True
    """
    known = _known(f, x)
    sides = _agreed(known, _kinked)
    beside = _agreed(known, _smooth) or EVERYTHING  # x may be beside the kink
    if sides is None or not beside.low <= sides.low <= sides.high <= beside.high:
        return None
    return sides


def _known(f: Callable[[float], float], x: float) -> list[Difference]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that a step has left the domain
        return beyond_treads(f, x, differences(f, x))


def _smooth(triple: Sequence[Difference]) -> Enclosure | None:
    """Enclose the slope if it settles as steps shrink and the sides come together."""
    slopes, gaps = [d.slope for d in triple], [d.gap for d in triple]
    chance = CHANCE * triple[0].noise
    if not (_settles(slopes, chance) and _settles(gaps, chance)):
        return None
    if abs(gaps[0]) > DECAY * abs(gaps[1]) + chance:
        return None
    near, middle, _ = triple
    growth = (middle.gap - near.gap) / (middle.step / near.step - 1)
    apart = abs(near.gap - growth)  # where the step vanishes
    return _around(slopes, near.noise).widened(apart)


def _kinked(triple: Sequence[Difference]) -> Enclosure | None:
    """Enclose the slopes on the two sides if they settle, and apart."""
    sides = [d.left for d in triple], [d.right for d in triple]
    noise = triple[0].noise
    if not all(_settles(slopes, CHANCE * noise) for slopes in sides):
        return None
    left, right = (_around(slopes, noise) for slopes in sides)
    return None if _overlap(left, right) else hull([*left, *right])


def _settles(slopes: Sequence[float], chance: float) -> bool:
    """Tell whether slopes over steps that double change ever less as they shrink."""
    near, middle, far = slopes
    return abs(near - middle) <= DECAY * abs(middle - far) + chance


def _around(slopes: Sequence[float], noise: float) -> Enclosure:
    """Enclose the limit of slopes over steps that double."""
    near, middle, far = slopes
    spread = max(abs(near - middle), abs(middle - far))
    return Enclosure(near, near).widened(SAFETY * (spread + noise))


def _agreed(known: Sequence[Difference], judge: Judge) -> Enclosure | None:
    """Return the narrowest enclosure, and what lies between where runs disagree."""
    found = [min(run, key=_width) for run in _runs(known, judge)]
    if not found:
        return None
    best = min(found, key=_width)
    agreed = best if all(_overlap(best, e) for e in found) else hull(sum(found, ()))
    return Enclosure(mp.mpf(agreed.low), mp.mpf(agreed.high))


def _runs(known: Sequence[Difference], judge: Judge) -> Iterator[list[Enclosure]]:
    """Yield the enclosures of steps in a row that agree, where there are enough."""
    run: list[Enclosure] = []
    for triple in zip(known, known[1:], known[2:], strict=False):
        found = judge(triple) if _tells(triple) else None
        if found is None or not all(_overlap(found, other) for other in run):
            if len(run) >= RUN:
                yield run
            run = []
        if found is not None:
            run.append(found)
    if len(run) >= RUN:
        yield run


def _tells(triple: Sequence[Difference]) -> bool:
    """Tell whether steps that double have little noise, or less as they shrink."""
    near, middle, far = triple
    if far.step > 6 * near.step:
        return False
    return near.is_resolved or near.noise <= DECAY * middle.noise


def _overlap(a: Enclosure, b: Enclosure) -> bool:
    return bool(a.low <= b.high and b.low <= a.high)


def _width(enclosure: Enclosure) -> float:
    return float(enclosure.high - enclosure.low)
