"""The gamma family against mpmath: within a few ULP, and never an exception."""

import math
import random
from collections.abc import Callable, Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mpmath import mp, mpf

from autograd_core.kernels.gamma import digamma, lgamma, polygamma

Oracle = Callable[[mpf], mpf]

INF, NAN = math.inf, math.nan
SUBNORMAL, HUGE = 5e-324, 1.7976931348623157e308
DIGAMMA_ROOT = 1.4616321449683622


@pytest.fixture(autouse=True)
def fifty_digits():
    """Every oracle works with 50 digits."""
    with mp.workdps(50):
        yield


def ulp_error(got: float, want: mpf, scale: mpf | None = None) -> float:
    """Return |got - want| in units in the last place of want, or of scale."""
    reference = abs(float(want if scale is None else scale))
    if math.isinf(reference) or not math.isfinite(got):
        return 0.0 if got == float(want) else INF
    return float(abs(mpf(got) - want) / mpf(math.ulp(reference)))


def worst_error(
    f: Callable[[float], float],
    oracle: Oracle,
    points: Iterable[float],
    terms: Oracle | None = None,
) -> tuple[float, float]:
    """Return the largest error and its point, in ULP of the result or of its terms."""
    errors = []
    for x in points:
        want = oracle(mpf(x))
        errors.append((ulp_error(f(x), want, terms and terms(mpf(x))), x))
    return max(errors)


def linear(low: float, high: float, count: int) -> list[float]:
    """Return points spread evenly, none of them round numbers."""
    draw = random.Random(f"{low} {high}").uniform
    return [draw(low, high) for _ in range(count)]


def logarithmic(low: float, high: float, count: int) -> list[float]:
    """Return points whose logarithms are spread evenly."""
    return [math.exp(u) for u in linear(math.log(low), math.log(high), count)]


def around(center: float) -> list[float]:
    """Return the nearest floats on both sides of a point, then ever farther ones."""
    above = below = center
    points = []
    for _ in range(10):
        above, below = math.nextafter(above, INF), math.nextafter(below, -INF)
        points += [above, below]
    return points + [center + side * 10.0**-e for e in range(1, 16) for side in (1, -1)]


def negative(points: Iterable[float]) -> list[float]:
    """Keep the points below zero that are no poles."""
    return [x for x in points if x < 0 and x % 1 != 0]


def true_lgamma(x: mpf) -> mpf:
    """Return log|Γ(x)|; mpmath's loggamma is complex below zero."""
    return mp.log(abs(mp.gamma(x))) if x < 0 else mp.loggamma(x)


def lgamma_terms(x: mpf) -> mpf:
    """Return the sizes of the logarithm and of the log Γ that lgamma subtracts."""
    part = mp.loggamma(2 + x - mp.nint(x)) if x > -30 else mp.loggamma(-x)
    return abs(part) + abs(true_lgamma(x) - part)


def reflection_terms(n: int) -> Oracle:
    """Return the sizes of ψ⁽ⁿ⁾(1 - x) and of the cotangent's term (DLMF 5.15.6)."""

    def terms(x: mpf) -> mpf:
        mirrored = mp.psi(n, 1 - x)
        return abs(mirrored) + abs(mp.psi(n, x) - (-1) ** n * mirrored)

    return terms


BELOW_ZERO = negative(
    [
        *(point for k in range(8) for point in around(-float(k))),
        *(point for k in range(8) for point in around(-k - 0.5)),
        *(-x for x in logarithmic(1e-300, 1e15, 300)),
        *linear(-4, 0, 400),
        *linear(-200, -4, 300),
    ]
)


@pytest.mark.parametrize(
    ("points", "bound"),
    [
        pytest.param(linear(0, 0.5, 500), 2, id="below one half"),
        pytest.param([*linear(0.5, 1.5, 1500), *around(1.0)], 4, id="root 1"),
        pytest.param([*linear(1.5, 3.5, 1000), *around(2.0)], 3, id="root 2"),
        pytest.param(linear(3.5, 20, 1000), 4, id="middle"),
        pytest.param(linear(20, 300, 500), 3, id="large"),
        pytest.param([*logarithmic(300, 2.5e305, 300), 2.55e305], 3, id="huge"),
        pytest.param([SUBNORMAL, *logarithmic(1e-320, 0.1, 300)], 2, id="tiny"),
    ],
)
def test_lgamma_is_within_4_ulp_for_positive_x(points, bound):
    """Log Γ keeps its relative accuracy to both zeros and both ends."""
    error, x = worst_error(lgamma, true_lgamma, points)

    assert error <= bound, x


def test_lgamma_is_accurate_on_the_scale_of_its_terms_for_negative_x():
    """Below zero, log|Γ| is within 3 ULP of the sum of the terms' sizes."""
    error, x = worst_error(lgamma, true_lgamma, BELOW_ZERO, lgamma_terms)

    assert error <= 3, x


def test_lgamma_keeps_relative_accuracy_at_negative_zeros_next_to_poles():
    """The zeros from -5.99 on lie by a pole and lose nothing to cancellation.

    The zero by -n is where |Γ| = 1, about 1/n! from it, on either side.
    """
    points = [
        -n + side * factor / math.factorial(n)
        for n in range(6, 17)
        for side in (1, -1)
        for factor in (0.9, 0.99, 0.999, 1.001, 1.01, 1.1)
    ]

    error, x = worst_error(lgamma, true_lgamma, negative(points))

    assert error <= 4, x


@pytest.mark.parametrize(
    ("points", "bound"),
    [
        pytest.param(linear(0, 1, 1500), 4, id="below 1"),
        pytest.param([*linear(1, 2.5, 1500), *around(DIGAMMA_ROOT)], 3, id="root"),
        pytest.param(linear(2.5, 9.5, 1000), 3, id="middle"),
        pytest.param(logarithmic(9, HUGE, 500), 3, id="large"),
        pytest.param(logarithmic(1e-307, 0.1, 300), 2, id="tiny"),
    ],
)
def test_digamma_is_within_4_ulp_for_positive_x(points, bound):
    """The digamma function keeps its relative accuracy to its positive zero."""
    error, x = worst_error(digamma, mp.digamma, points)

    assert error <= bound, x


def test_digamma_is_accurate_on_the_scale_of_its_terms_for_negative_x():
    """Below zero, ψ is within 4 ULP of the sum of the two reflected terms' sizes."""
    error, x = worst_error(digamma, mp.digamma, BELOW_ZERO, reflection_terms(0))

    assert error <= 4, x


@pytest.mark.parametrize("n", range(1, 7))
def test_polygamma_of_small_order_is_within_4_ulp_for_positive_x(n):
    """The first six derivatives of ψ keep their relative accuracy for x > 0."""
    least, most = (1e-307 ** (1 / (n + 1)), 1e300 ** (1 / n))
    points = [
        *linear(0, 5, 70),
        *linear(5, 40, 100),
        *logarithmic(least, 1, 30),
        *logarithmic(20, min(1e5, most), 30),
        *logarithmic(20, most, 30),
    ]
    error, x = worst_error(lambda x: polygamma(n, x), lambda x: mp.psi(n, x), points)

    assert error <= 4, x


@pytest.mark.parametrize(("n", "bound"), [(1, 4), (2, 6), (3, 5), (6, 7), (20, 16)])
def test_polygamma_is_accurate_on_the_scale_of_its_terms_for_negative_x(n, bound):
    """Below zero, ψ⁽ⁿ⁾ is a few ULP from the truth on the scale of its two terms."""
    points = negative(
        [*linear(-60, 0, 60), *linear(-1, 0, 60), *around(-2.5), *around(-3.0)]
    )
    error, x = worst_error(
        lambda x: polygamma(n, x), lambda x: mp.psi(n, x), points, reflection_terms(n)
    )

    assert error <= bound, x


@pytest.mark.parametrize("n", [20, 50, 100, 170])
def test_polygamma_survives_a_factorial_and_a_power_that_are_no_floats(n):
    """A large order is accurate although n! or the power overflows or underflows."""
    points = logarithmic(max(1.0, n / 50), 40 * n, 30) + linear(n, 2 * n + 14, 60)

    error, x = worst_error(lambda x: polygamma(n, x), lambda x: mp.psi(n, x), points)

    assert error <= 4, x


@pytest.mark.parametrize(("n", "x"), [(171, 150.3), (300, 400.7), (1000, 5000.5)])
def test_polygamma_keeps_twelve_digits_beyond_the_last_factorial(n, x):
    """Orders whose factorial overflows go through logarithms and lose a few digits."""
    assert polygamma(n, x) == pytest.approx(float(mp.psi(n, mpf(x))), rel=1e-12)


@pytest.mark.parametrize(
    ("f", "x", "expected"),
    [
        (lgamma, 1.0, 0.0),
        (lgamma, 2.0, 0.0),
        (lgamma, 0.0, INF),
        (lgamma, -0.0, INF),
        (lgamma, -1.0, INF),
        (lgamma, -1e300, INF),
        (lgamma, 2.6e305, INF),
        (lgamma, HUGE, INF),
        (lgamma, INF, INF),
        (lgamma, -INF, INF),
        (lgamma, NAN, NAN),
        (digamma, 0.0, -INF),
        (digamma, -0.0, INF),
        (digamma, SUBNORMAL, -INF),
        (digamma, -SUBNORMAL, INF),
        (digamma, -1.0, NAN),
        (digamma, -1e300, NAN),
        (digamma, INF, INF),
        (digamma, -INF, NAN),
        (digamma, NAN, NAN),
    ],
)
def test_edges(f, x, expected):
    """Poles, overflow, infinities and nan give the IEEE result."""
    assert f(x) == pytest.approx(expected, abs=0, rel=0, nan_ok=True)


@pytest.mark.parametrize(
    ("n", "x", "expected"),
    [
        (0.0, 1.0, -0.5772156649015329),
        (0.5, 1.0, NAN),
        (-1.0, 1.0, NAN),
        (INF, 1.0, NAN),
        (NAN, 1.0, NAN),
        (1.0, NAN, NAN),
        (1.0, 0.0, INF),
        (1.0, -0.0, INF),
        (1.0, -3.0, INF),
        (1.0, 1e-200, INF),
        (1.0, INF, 0.0),
        (1.0, -INF, NAN),
        (2.0, 0.0, -INF),
        (2.0, -0.0, INF),
        (2.0, -3.0, NAN),
        (2.0, 1e-200, -INF),
        (2.0, -1e-200, INF),
        (2.0, INF, 0.0),
        (171.0, 1.0, INF),
        (172.0, 1.0, -INF),
        (171.0, -0.5, INF),
        (172.0, -0.4, INF),
        (172.0, -0.6, -INF),
        (1e300, 1e300, 0.0),
        (1e300, 1.0, -INF),
    ],
)
def test_edges_of_polygamma(n, x, expected):
    """Orders that are none, poles, overflow and infinities give the IEEE result."""
    assert polygamma(n, x) == pytest.approx(expected, abs=0, rel=0, nan_ok=True)


def test_polygamma_of_even_order_has_only_its_mirror_image_at_half_integers():
    """The cotangent's term is exactly 0 at -100.5 and leaves ψ″(101.5)."""
    assert polygamma(2, -100.5) == polygamma(2, 101.5)


def test_polygamma_of_vast_order_ends_where_no_step_changes_x():
    """The sum over x + k ends although x + k == x and its terms never shrink."""
    n = 1e300
    x = next(x for x in around(n / math.e) if math.log(n / x) == 1)

    assert -1e-100 < polygamma(n, x) < 0


@given(st.floats())
def test_lgamma_and_digamma_never_raise(x):
    """Any float gives a float."""
    assert isinstance(lgamma(x), float)
    assert isinstance(digamma(x), float)


@given(st.floats() | st.integers(0, 300).map(float), st.floats())
def test_polygamma_never_raises(n, x):
    """Any order and any float give a float."""
    assert isinstance(polygamma(n, x), float)


@given(st.integers(1, 12), st.floats(min_value=0.01, max_value=1e6))
def test_polygamma_obeys_its_recurrence(n, x):
    """ψ⁽ⁿ⁾(x) = ψ⁽ⁿ⁾(x+1) - (-1)ⁿ n!/xⁿ⁺¹ (DLMF 5.15.5)."""
    step = math.factorial(n) / x ** (n + 1)

    assert abs(polygamma(n, x)) == pytest.approx(
        abs(polygamma(n, x + 1)) + step, rel=1e-12
    )
