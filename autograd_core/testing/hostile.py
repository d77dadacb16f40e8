"""Where to look for errors: the points at which formulas break, and ordinary ones.

Tails, subnormals, vast numbers, the neighbours of 0, 1, zeros and overflow thresholds,
near ties, and random numbers in between, inside the domain that the row itself states
and, for derivatives, off the kinks that it states.
"""

import math
import random
import sys
from collections.abc import Iterator, Sequence
from itertools import product

from ..op import NaryOp, Op
from .references import MAX, REFERENCES

_LANDMARKS = (
    *(5e-324, 1e-310, sys.float_info.min, 1e-300, 1e-200, 1e-154, 1e-100, 1e-30),
    *(1e-16, 1e-8, 1e-5, 1e-3, 0.1, 0.25, 0.5, 0.7, 1.0, 1.1, 1.4616321449683622),
    *(1.5, math.pi / 2, 2.0, 2.5, math.e, 3.0, math.pi, 5.0, 6.5, 8.3, 10.0, 18.7),
    *(20.0, 26.5, 36.7, 37.5, 100.0, 171.6, 354.9, 700.0, 708.39, 709.78, 710.4),
    *(744.4, 745.1, 1e3, 1e5, 1e8, 1e10, 1e16, 1e22, 1e100, 1e154, 1e200, 1e300, MAX),
)
# Where 1 - x, log(x) and vast powers of x take their digits from what x lacks of 1.
_NEAR_ONE = tuple(1 + s * 10**-k for k in range(4, 15, 2) for s in (-1, 1))
# Below 0 the zeros of lgamma and digamma and halves at which the cotangent of their
# reflection is 0; near 2 and 3 what is left of lgamma where its formulas meet; then
# what overflows as an exponent of 2, as an odd whole number, and squared.
_TURNS = (
    *(0.5040830082644554, 1.5734984731623905, 2.4570247382208, 2.6107208684441447),
    *(2 - 1e-9, 2 + 1e-9, 3 + 1e-7, 4.5, 10.5, 1024.0, 2.0**53, MAX**0.5),
)
_FEW = (
    *(5e-324, 1e-310, 3e-160, 1e-17, 1e-3, 0.3, 0.5, 1.0, 1.7, 3.0, 37.0, 710.0),
    *(745.1, 1e5, 9007199254740994.0, 1e154, 1.2e308),
)
# Exponents of e at which a result leaves the normal numbers, and the floats.
_EDGES = (-745.0, -708.4, -691.0, 709.7)


def _spread(rng: random.Random) -> float:
    """Draw a number whose magnitude is 1, more or less, or anything at all."""
    scale = rng.choice([1.0, 1.0, 3.0, 20.0, 300.0])
    return rng.choice([-1, 1]) * 10 ** rng.uniform(-scale, min(scale, 3) + scale / 2.1)


def hostile_numbers() -> list[float]:
    """Return tails, subnormals, neighbours of landmarks, and numbers in between."""
    rng = random.Random(0)
    drawn = [_spread(rng) for _ in range(150)]
    return sorted({0.0, *_beside(_LANDMARKS), *drawn})


def _beside(landmarks: Sequence[float]) -> list[float]:
    """Return landmarks and their neighbours, on both sides of 0."""
    sides = [math.nextafter(x, side) for x in landmarks for side in (0.0, x, math.inf)]
    return [s * x for x in sides if x <= MAX for s in (1, -1)]


def hostile_operands(row: Op) -> Iterator[tuple[float, ...]]:
    """Yield operands inside the row's domain, most of them where formulas break."""
    reference, rng = REFERENCES[row.name], random.Random(row.name)
    if isinstance(row, NaryOp):
        yield from _hostile_sequences(row, rng)
        return
    count = len(row.partials)
    if count == 1:
        numbers = sorted({*hostile_numbers(), *_beside(_NEAR_ONE + _TURNS)})
    else:
        numbers = [s * x for x in _FEW for s in (1, -1)]
    candidates = [reference.choices.get(i) or numbers for i in range(count)]
    grid = list(product(*candidates))
    drawn = [
        tuple(
            rng.choice(reference.choices[i]) if i in reference.choices else _spread(rng)
            for i in range(count)
        )
        for _ in range(300)
    ]
    firsts = [x for x, *_ in drawn]
    near = [(x, x * (1 + d)) for x in firsts for d in (1e-16, 1e-9, 1e-3)]
    bases = [] if reference.choices else [*_NEAR_ONE, *map(abs, firsts[:60])]
    powers = [(a, edge / math.log(a)) for a in bases for edge in _EDGES]
    small = rng.sample(grid, min(len(grid), 1200))
    for operands in small + drawn + (near + powers if count == 2 else []):
        if all(x in interval for x, interval in zip(operands, row.domain, strict=True)):
            yield operands


def _hostile_sequences(row: Op, rng: random.Random) -> Iterator[tuple[float, ...]]:
    for length in (1, 3, 5, 9, 41):
        for scale in (1.0, 30.0, 700.0):
            for _ in range(8):
                yield tuple(rng.uniform(-scale, scale) for _ in range(length))
        yield tuple(rng.choice([-1, 1]) * rng.choice(_FEW[:-3]) for _ in range(length))
        yield tuple(_spread(rng) for _ in range(length))


def is_kink(row: Op, operands: Sequence[float]) -> bool:
    """Tell whether the row has no derivative at the operands."""
    return any(kink(*operands) == 0 for kink in row.kinks)


def ordinary_operands(row: Op, count: int = 6) -> Iterator[tuple[float, ...]]:
    """Yield operands of magnitude about 1 inside the domain, away from kinks."""
    reference, rng = REFERENCES[row.name], random.Random(row.name)
    length = 5 if isinstance(row, NaryOp) else len(row.partials)
    domain = row.domain if len(row.domain) == length else row.domain * length
    while count:
        operands = tuple(
            rng.choice(reference.choices[i])
            if i in reference.choices
            else rng.uniform(max(-2.5, low.low), min(2.5, low.high))
            for i, low in enumerate(domain)
        )
        if not any(abs(kink(*operands)) < 0.05 for kink in row.kinks):
            count -= 1
            yield operands
