"""The steps of the scale of gradients."""

import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from viz.picture import legend_of
from viz.scale import LEVELS, Scale, scale_of
from viz.style import THIN, WIDTHS, pen, theme_of

FLOATS = st.floats(allow_nan=False, allow_infinity=False).filter(bool)
SCALES = st.lists(FLOATS, min_size=1, max_size=10).map(scale_of)


@given(st.lists(FLOATS, min_size=1, max_size=20))
def test_the_largest_is_on_the_last_level(numbers: list[float]) -> None:
    """Whatever the gradients, the largest one gets the widest line."""
    scale = scale_of(numbers)

    assert scale is not None
    assert scale.level(max(numbers, key=abs)) == LEVELS - 1
    assert all(scale.level(x) in range(LEVELS) for x in numbers)


@given(SCALES, FLOATS, FLOATS)
def test_levels_are_monotone(scale: Scale, a: float, b: float) -> None:
    """A larger gradient is never on a lower level; the sign does not matter."""
    small, large = sorted((a, b), key=abs)

    assert (scale.level(small) or 0) <= (scale.level(large) or 0)
    assert scale.level(a) == scale.level(-a)


@given(SCALES, FLOATS)
def test_levels_are_within_their_bounds(scale: Scale, x: float) -> None:
    """A gradient is as large as its level says, and smaller than the next level."""
    level, bounds = scale.level(x), [*scale.bounds, math.inf]

    assert level is not None
    if level > 0:
        assert abs(x) >= bounds[level] * (1 - 1e-12)
    if level < LEVELS - 1:
        assert abs(x) <= bounds[level + 1] * (1 + 1e-12)


@given(SCALES)
def test_the_legend_says_where_levels_begin(scale: Scale) -> None:
    """Each entry names a bound; the lowest level has no least gradient."""
    legend = legend_of(scale)
    bounds = [float(text.split()[-1]) for text, _ in legend]

    assert [level for _, level in legend] == sorted({level for _, level in legend})
    assert legend[-1][1] == LEVELS - 1
    for (text, level), bound in zip(legend, bounds, strict=True):
        least = scale.bounds[max(level, 1)]
        assert bound == pytest.approx(least, rel=1e-3, abs=5e-324)
        assert ("<" if level == 0 else "≥") in text
    assert bounds[1:] == sorted(set(bounds[1:]))


@given(st.lists(st.sampled_from([0.0, -0.0, math.nan, math.inf, -math.inf, None])))
def test_nothing_to_measure_is_no_scale(numbers: list[float | None]) -> None:
    """Zeros, nan, inf and missing gradients alone have no scale and no legend."""
    assert scale_of(numbers) is None
    assert legend_of(scale_of(numbers)) == ()


@given(SCALES)
def test_what_has_no_size_has_no_level(scale: Scale) -> None:
    """0, nan and None have no level; inf is on the last."""
    assert [scale.level(x) for x in (0.0, -0.0, math.nan, None)] == [None] * 4
    assert scale.level(math.inf) == scale.level(-math.inf) == LEVELS - 1


@given(FLOATS, st.integers(1, 5))
def test_equal_gradients_are_on_one_level(x: float, count: int) -> None:
    """Gradients that are all the same are all the largest."""
    scale = scale_of([x, -x] * count)

    assert scale is not None
    assert scale.decades == 1
    assert scale.level(x) == LEVELS - 1


def test_gradients_far_apart_share_wide_steps() -> None:
    """From 1 to 1e-300 steps span three decades, and what is below is on the first."""
    scale = scale_of([1.0, 1e-300])

    assert scale is not None
    assert [scale.level(10.0**-k) for k in (0, 1, 3, 6, 9, 12, 300)] == [
        *(4, 3, 3, 2, 1, 0, 0)
    ]


def test_five_decades_are_five_levels() -> None:
    """Gradients of five neighbouring decades are told apart."""
    numbers = [10.0**-k for k in range(5)]
    scale = scale_of(numbers)

    assert scale is not None
    assert [scale.level(x) for x in numbers] == [4, 3, 2, 1, 0]


def luminance(color: str) -> float:
    """Return the relative luminance of a colour as WCAG defines it."""
    channels = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels
    ]
    return sum(k * c for k, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(a: str, b: str) -> float:
    """Return the contrast of two colours, from 1 to 21."""
    low, high = sorted((luminance(a), luminance(b)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("name", ["light", "dark"])
def test_texts_have_contrast(name: str) -> None:
    """What is written has WCAG's 4.5:1 on every fill, and on the paper."""
    theme = theme_of(name)
    fills = [*theme.fills.values(), theme.root, theme.paper]

    assert min(contrast(theme.ink, fill) for fill in fills) >= 4.5
    assert contrast(theme.quiet, theme.paper) >= 4.5


@pytest.mark.parametrize("name", ["light", "dark"])
def test_lines_have_contrast(name: str) -> None:
    """Lines of every level, and of no gradient, have WCAG's 3:1 on the paper."""
    theme = theme_of(name)

    assert min(contrast(c, theme.paper) for c in (*theme.levels, theme.line)) >= 3


@pytest.mark.parametrize("name", ["light", "dark"])
def test_levels_are_told_apart_without_colour(name: str) -> None:
    """Each level is wider, and further from the paper in grey, than the one before."""
    theme = theme_of(name)
    greys = [contrast(color, theme.paper) for color in theme.levels]

    assert len(theme.levels) == len(WIDTHS) == LEVELS
    for steps in (greys, (THIN, *WIDTHS)):
        assert all(b / a > 1.09 for a, b in itertools.pairwise(steps))
    assert all(b / a > 1.2 for a, b in itertools.pairwise((THIN, *WIDTHS)))
    assert pen(theme, None).width == THIN
