"""Numbers and labels on one line."""

import math

import pytest
from hostile import LABELS, labels
from hypothesis import given
from hypothesis import strategies as st

from autograd_core.text import number, one_line


@pytest.mark.parametrize(
    ("x", "written"),
    [
        (0.0, "0"),
        (-0.0, "-0"),
        (1.0, "1"),
        (0.1 + 0.2, "0.3"),
        (2 / 3, "0.6667"),
        (-0.70710678, "-0.7071"),
        (1e-6, "1e-6"),
        (-1.23456e-12, "-1.235e-12"),
        (5e-324, "4.941e-324"),
        (999.96, "1000"),
        (12345.678, "12346"),
        (1e300, "1e300"),
        (-1.5e6, "-1.5e6"),
        (math.inf, "inf"),
        (-math.inf, "-inf"),
        (math.nan, "nan"),
    ],
)
def test_number_is_short_and_true(x: float, written: str) -> None:
    """A number keeps four significant digits, whatever its size."""
    assert number(x) == written


@given(st.floats(-1.79e308, 1.79e308))
def test_number_reads_back(x: float) -> None:
    """What is written differs from the number by its fifth digit at most."""
    assert math.isclose(float(number(x)), x, rel_tol=5.1e-4, abs_tol=5e-324)
    assert math.copysign(1, float(number(x))) == math.copysign(1, x)
    assert len(number(x)) <= 11


@given(st.one_of(st.sampled_from(LABELS), labels))
def test_one_line_is_short_printable_text(label: str) -> None:
    """Any label becomes a short line that UTF-8 and XML can hold."""
    shown = one_line(label, limit=32)

    assert len(shown) <= 32
    assert all(c.isprintable() or c in "\u200c\u200d" for c in shown)
    assert shown.encode().decode() == shown


@given(st.text(st.characters(whitelist_categories=["L", "N", "P"]), max_size=32))
def test_one_line_leaves_short_printable_labels_alone(label: str) -> None:
    """A label that fits is shown as it is, in any script."""
    assert one_line(label) == label


def test_one_line_keeps_both_ends() -> None:
    """A long label keeps the end, where the names of parameters differ."""
    shown = one_line("model.layers.0.neurons.3.weight[" + "1" * 50 + "]")

    assert shown.startswith("model.layers.0.n")
    assert "…" in shown
    assert shown.endswith("1]")


def test_direction_overrides_are_shown_not_obeyed() -> None:
    """A label cannot reverse the text around it; right-to-left letters stay."""
    assert one_line("\u202eabc") == "\\u202eabc"
    assert one_line("שלום") == "שלום"
