"""Slopes and kinks of functions of which only floats are known."""

import math
import random
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest

from autograd_core.testing.differences import jump, slope
from autograd_core.testing.references import mp

Function = Callable[[float], float]

SMOOTH: dict[str, tuple[Callable[..., Any], Callable[..., Any]]] = {
    "sin": (math.sin, mp.sin),
    "cos": (math.cos, mp.cos),
    "exp": (math.exp, mp.exp),
    "tanh": (math.tanh, mp.tanh),
    "atan": (math.atan, mp.atan),
    "square": (lambda x: x * x, lambda x: x * x),
    "log": (math.log, mp.log),
    "root": (lambda x: math.sqrt(1 + x * x), lambda x: mp.sqrt(1 + x * x)),
    "inverse": (lambda x: 1 / x, lambda x: 1 / x),
}
Chain = list[tuple[str, float, float]]


def drawn(rng: random.Random) -> Chain:
    """Draw f(a·x + b), and f of that, up to three times."""
    return [
        (
            rng.choice(list(SMOOTH)),
            rng.gauss(0, 1) * 10 ** rng.uniform(-1, 1),
            rng.choice([0.0, 0.0, rng.gauss(0, 1)]),
        )
        for _ in range(rng.randrange(1, 4))
    ]


def evaluated(chain: Sequence[tuple[str, float, float]], x: Any, precise: int) -> Any:
    """Evaluate a chain on a float, or precisely."""
    for name, a, b in chain:
        x = SMOOTH[name][precise](a * x + b)
    return x


def points(count: int, seed: int) -> Iterator[tuple[Chain, float, Any]]:
    """Yield chains, points inside their domains, and the true slopes there."""
    rng = random.Random(seed)
    while count:
        chain = drawn(rng)
        x = rng.choice(
            [0.0, 1.0, rng.gauss(0, 1), rng.gauss(0, 1) * 10 ** rng.uniform(-8, 3)]
        )
        step = mp.mpf(10) ** -25 * (abs(x) or 1)
        try:
            y = evaluated(chain, x, False)
            true = mp.diff(lambda t: evaluated(chain, t, True), mp.mpf(x), h=step)  # noqa: B023
        except (ArithmeticError, ValueError, TypeError):
            continue
        if math.isfinite(y) and isinstance(true, mp.mpf) and abs(true) < 1e9:
            count -= 1
            yield chain, x, true


@pytest.mark.parametrize("seed", range(4))
def test_the_enclosure_holds_the_true_slope(seed: int) -> None:
    """Of a thousand random smooth functions, at random points, not one is missed."""
    missed = []
    for chain, x, true in points(1000, seed):
        low, high = slope(lambda t: evaluated(chain, t, False), x)  # noqa: B023
        if not low <= true <= high:
            missed.append((chain, x, float(true), float(low), float(high)))

    assert missed == []


def test_most_enclosures_are_narrow() -> None:
    """Half of them are as narrow as 1e-7 of the slope."""
    widths = sorted(
        slope(lambda t: evaluated(chain, t, False), x).relative_width  # noqa: B023
        for chain, x, _ in points(500, 17)
    )

    assert widths[250] < 1e-7


KNOWN: dict[str, tuple[Function, float, float, float]] = {
    "sqrt near 0": (math.sqrt, 1e-10, 5e4, 1e-7),
    "log near 0": (math.log, 1e-300, 1e300, 1e-5),
    "at the last float below a pole": (lambda x: 1 / (1 - x), 0.5, 4.0, 1e-6),
    "asin near 1": (math.asin, 1 - 1e-9, 1 / math.sqrt((2 - 1e-9) * 1e-9), 1e-3),
    "exp near overflow": (math.exp, 709.7, math.exp(709.7), 1e-6),
    "a plane": (lambda x: 3 * x, 0.0, 3.0, 1e-9),
    "a parabola at 0": (lambda x: x * x, 0.0, 0.0, 2.0),
    "a cube at 0": (lambda x: x**3, 0.0, 0.0, 2.0),
    "a constant": (lambda x: 5.0, 3.0, 0.0, 2.0),
    "a tiny slope": (lambda x: 1e-300 * x, 1.0, 1e-300, 1e-6),
    "a vast offset": (lambda x: 1e6 + math.sin(x), 1.0, math.cos(1.0), 1e-3),
    "at 1e-300": (math.exp, 1e-300, 1.0, 1e-6),
    "at 1e100": (lambda x: x * x, 1e100, 2e100, 1e-6),
    "an oscillation of 1e6": (
        lambda x: math.sin(1e6 * x), 0.7, 1e6 * math.cos(0.7e6), 1e-3
    ),
}  # fmt: skip


@pytest.mark.parametrize(("f", "x", "true", "width"), KNOWN.values(), ids=KNOWN)
def test_a_slope_is_found(f: Function, x: float, true: float, width: float) -> None:
    """Inside the enclosure, which is no wider than rounding makes it."""
    enclosure = slope(f, x)

    assert true in enclosure
    assert enclosure.relative_width <= width


UNKNOWN: dict[str, tuple[Function, float]] = {
    "oscillation at the last digit": (lambda x: math.sin(1e18 * x), 0.7),
    "a step": (lambda x: float(x > 0), 0.0),
    "a step at 2": (math.floor, 2.0),
    "a pole": (lambda x: 1 / x if x else 0.0, 0.0),
    "a vertical tangent": (lambda x: math.copysign(math.fabs(x) ** (1 / 3), x), 0.0),
    "one side only": (math.sqrt, 0.0),
    "nowhere": (lambda x: math.nan, 1.0),
    "an error": (lambda x: math.log(-1), 1.0),
    "nan itself": (math.sin, math.nan),
    "infinity": (math.atan, math.inf),
}


@pytest.mark.parametrize(("f", "x"), UNKNOWN.values(), ids=UNKNOWN)
def test_nothing_is_guessed(f: Function, x: float) -> None:
    """Where floats tell no slope, neither does the enclosure."""
    assert slope(f, x).relative_width > 1e-3
    assert any(y in slope(f, x) for y in (math.inf, -math.inf, 1e30, -1e30))


def test_a_function_may_raise_beyond_its_domain() -> None:
    """The steps stay where it has values; a complex value is none."""
    assert 1e8 in slope(math.log, 1e-8)
    assert 1.5e-3 in slope(lambda x: x**1.5, 1e-6).widened(1e-12)
    assert slope(lambda x: x**1.5, 0.0).relative_width > 1e-3


# --- kinks --------------------------------------------------------------------------
KINKS: dict[str, tuple[Function, float, float, float]] = {
    "abs": (math.fabs, 0.0, -1.0, 1.0),
    "relu": (lambda x: max(x, 0.0), 0.0, 0.0, 1.0),
    "at 1": (lambda x: 3 * math.fabs(x - 1), 1.0, -3.0, 3.0),
    "at 0.1": (lambda x: math.fabs(x - 0.1), 0.1, -1.0, 1.0),
    "tiny": (lambda x: 1e-8 * math.fabs(x), 0.0, -1e-8, 1e-8),
    "on a slope": (lambda x: math.sin(x) + math.fabs(x), 0.0, 0.0, 2.0),
    "with an offset": (lambda x: 100 + math.fabs(x - 2), 2.0, -1.0, 1.0),
    "turned down": (lambda x: min(2 * x, x), 0.0, 1.0, 2.0),
    "far out": (lambda x: math.fabs(x - 1e10), 1e10, -1.0, 1.0),
}


@pytest.mark.parametrize(("f", "x", "left", "right"), KINKS.values(), ids=KINKS)
def test_a_kink_has_two_slopes(
    f: Function, x: float, left: float, right: float
) -> None:
    """And the enclosure goes from one to the other, whichever is larger."""
    sides = jump(f, x)

    assert sides is not None
    assert float(sides.low) == pytest.approx(left, rel=1e-3, abs=1e-5)
    assert float(sides.high) == pytest.approx(right, rel=1e-3, abs=1e-5)


NO_KINKS: dict[str, tuple[Function, float]] = {
    "smooth": (math.exp, 1.0),
    "a plane": (lambda x: 3 * x, 0.3),
    "a parabola": (lambda x: x * x, 0.0),
    "sharply bent": (lambda x: math.sqrt(x * x + 1e-8), 0.0),
    "beside a kink": (lambda x: math.fabs(x - 1e-9), 0.0),
    "further from a kink": (lambda x: math.fabs(x - 1e-3), 0.0),
    "on one side of a kink": (math.fabs, 1.0),
    "a vertical tangent": (lambda x: math.copysign(math.fabs(x) ** (1 / 3), x), 0.0),
    "a cusp": (lambda x: math.fabs(x) ** 0.5, 0.0),
    "a step": (lambda x: float(x > 0), 0.0),
    "oscillation": (lambda x: math.sin(1e9 * x), 0.7),
    "rounding": (lambda x: (x + 1e8) - 1e8, 0.3),
    "the edge of a domain": (math.sqrt, 0.0),
    "nowhere": (lambda x: math.nan, 1.0),
}


@pytest.mark.parametrize(("f", "x"), NO_KINKS.values(), ids=NO_KINKS)
def test_what_is_no_kink(f: Function, x: float) -> None:
    """A difference of the sides that vanishes with the step, or grows, is none."""
    assert jump(f, x) is None


@pytest.mark.parametrize("seed", range(2))
def test_no_smooth_function_has_a_kink(seed: int) -> None:
    """Of a thousand random smooth functions, at random points, not one has."""
    kinked = [
        (chain, x)
        for chain, x, _ in points(1000, 100 + seed)
        if jump(lambda t: evaluated(chain, t, False), x)  # noqa: B023
    ]

    assert kinked == []
