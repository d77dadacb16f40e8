"""The error function and the normal distribution against printed tables."""

import math
from math import inf, nan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd_core import kernels

FINITE = st.floats(allow_nan=False, allow_infinity=False)


@pytest.mark.parametrize(
    ("x", "printed"),
    [
        (0.1, 0.1124629160),
        (0.5, 0.5204998778),
        (1.0, 0.8427007929),
        (2.0, 0.9953222650),
    ],
)
def test_erf_as_printed(x: float, printed: float) -> None:
    """Abramowitz and Stegun, table 7.1, ten digits."""
    assert kernels.erf(x) == pytest.approx(printed, abs=5.1e-11)
    assert kernels.erfc(x) == pytest.approx(1 - printed, abs=5.1e-11)
    assert kernels.erf(-x) == -kernels.erf(x)


@pytest.mark.parametrize(
    ("x", "cdf", "pdf"),
    [
        (0.0, 0.500000000000000, 0.398942280401433),
        (1.0, 0.841344746068543, 0.241970724519143),
        (1.96, 0.975002104851780, 0.058440944333451),
        (3.0, 0.998650101968370, 0.004431848411938),
    ],
)
def test_the_normal_distribution_as_printed(x: float, cdf: float, pdf: float) -> None:
    """Abramowitz and Stegun, table 26.1, fifteen digits."""
    assert kernels.normal_cdf(x) == pytest.approx(cdf, abs=6e-16)
    assert kernels.normal_pdf(x) == pytest.approx(pdf, abs=6e-16)


@pytest.mark.parametrize(
    ("x", "printed"), [(-5.0, -6.54265), (-10.0, -23.11805), (-20.0, -88.56010)]
)
def test_the_far_tail_as_printed(x: float, printed: float) -> None:
    """Abramowitz and Stegun, table 26.2: log₁₀ Q(x), five decimals."""
    assert math.log10(kernels.normal_cdf(x)) == pytest.approx(printed, abs=6e-6)


@pytest.mark.parametrize(
    ("name", "x", "expected"),
    [
        ("gaussian", inf, 0.0),
        ("gaussian", 1e300, 0.0),
        ("normal_pdf", -inf, 0.0),
        ("normal_cdf", inf, 1.0),
        ("normal_cdf", -inf, 0.0),
        ("normal_cdf", -1e300, 0.0),
        ("gelu", inf, inf),
        ("gelu", -inf, 0.0),
        ("gelu", 1e300, 1e300),
        ("erfc", -inf, 2.0),
        *(
            (name, nan, nan)
            for name in ("gaussian", "normal_pdf", "normal_cdf", "gelu")
        ),
        *((name, nan, nan) for name in ("erf", "erfc")),
    ],
)
def test_edges(name: str, x: float, expected: float) -> None:
    """Each function is at its limit in both tails, and nan stays nan."""
    assert getattr(kernels, name)(x) == pytest.approx(expected, abs=0, nan_ok=True)


@given(FINITE)
def test_densities_are_even_and_bounded(x: float) -> None:
    """The bell is symmetric, highest in the middle, and never negative."""
    for kernel in (kernels.gaussian, kernels.normal_pdf):
        assert kernel(x) == kernel(-x)
        assert 0.0 <= kernel(x) <= kernel(0.0)


@given(FINITE)
def test_both_tails_make_one(x: float) -> None:
    """Φ(x) + Φ(-x) = 1, and gelu(x) - gelu(-x) = x."""
    whole = kernels.normal_cdf(x) + kernels.normal_cdf(-x)
    assert whole == pytest.approx(1.0, rel=4e-16)
    assert kernels.gelu(x) - kernels.gelu(-x) == pytest.approx(x, rel=1e-15)
