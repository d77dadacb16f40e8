"""What a report says, in a few lines."""

import math
from pathlib import Path

import pytest

from autograd_core import NaryOp, Op, dot, log, mean, mul, tanh
from autograd_core.source import Source
from autograd_core.testing import DerivativeError, Fault, Report
from autograd_core.testing.enclosures import EVERYTHING, Enclosure, exactly
from autograd_core.testing.references import mp
from autograd_core.testing.report import off_by, reproducer


def between(low: float, high: float) -> Enclosure:
    """Return the interval from one float to another."""
    return Enclosure(mp.mpf(low), mp.mpf(high))


def test_a_fault_in_full() -> None:
    """Two numbers, their distance, the call, the line, and what to paste."""
    source = Source(__file__, 1, 3, 1, 17)
    fault = Fault(
        "value of tanh", tanh, (0.5,), exactly(0.25), 0.5, 2.0**52, source, "try_it()"
    )

    assert str(fault).splitlines() == [
        "  found   0.5",
        "  wanted  0.25, 4.5e+15 ULP away",
        "  node    tanh(0.5)",
        f"  line    {source.place}",
        '          """What a report says, in a few lines."""',
        "             ^^^^^^^^^^^^^^",
        "  try     try_it()",
    ]


def test_a_fault_without_a_node() -> None:
    """What is not known takes no line."""
    fault = Fault("derivative by x0", None, (), between(1, 2), 2.5, 3.25)

    assert str(fault).splitlines() == [
        "  found   2.5",
        "  wanted  1.0 to 2.0, 3.2 ULP away",
    ]


@pytest.mark.parametrize("name", ["<string>", "no such file.py"])
def test_a_line_that_cannot_be_read_is_not_shown(name: str) -> None:
    """Its place is, and no empty lines after it."""
    source = Source(name, 3, 4, 3, 9)
    fault = Fault("value of tanh", tanh, (0.5,), exactly(0.25), 0.5, 1.0, source)

    assert str(fault).splitlines()[3:] == [f"  line    {name}:3"]


def test_a_narrow_interval_is_shown_as_the_float_it_is_about() -> None:
    """And a wide one by its ends."""
    third = exactly(1 / 3)
    shown = {
        third: "0.3333333333333333,",
        third.widened(mp.mpf(2) ** -60): "0.3333333333333333,",
        between(0.25, 0.5): "0.25 to 0.5,",
        exactly(0.0): "0.0,",
        EVERYTHING: "-inf to inf,",
        exactly(1e300).times(exactly(1e300)): "inf,",
    }

    for wanted, text in shown.items():
        line = str(Fault("value", None, (), wanted, 0.5, 1.0)).splitlines()[1]
        assert line.startswith(f"  wanted  {text} ")


@pytest.mark.parametrize("verdict", ["pass", "kink", "ill_conditioned"])
def test_a_report_is_true_unless_it_is_a_failure(verdict: str) -> None:
    """And says its verdict and its reason in a line."""
    report = Report(verdict, "so it is", (1.0,), (exactly(1.0),))  # type: ignore[arg-type]

    assert report
    assert str(report) == f"{verdict}: so it is"


def test_a_failure_is_false() -> None:
    """And says what is at fault."""
    fault = Fault("value", None, (), exactly(1.0), 2.0, 1.0)
    report = Report("fail", "the value is wrong", (2.0,), (exactly(1.0),), fault)

    assert not report
    assert str(report) == f"fail: the value is wrong\n{fault}"
    assert issubclass(DerivativeError, AssertionError)


# --- what to paste ------------------------------------------------------------------
NORM = NaryOp("norm", lambda *xs: 0.0, lambda y, *xs: xs)
MINE = Op("mine", lambda a, b: a, (lambda y, a, b: 1.0, lambda y, a, b: 0.0))

LINES = {
    "check_derivative(tanh, -0.5)": (tanh, (-0.5,)),
    "check_derivative(mul, 1e-300, 5e-324)": (mul, (1e-300, 5e-324)),
    "check_derivative(log, float('inf'))": (log, (math.inf,)),
    "check_derivative(log, float('nan'))": (log, (math.nan,)),
    "check_derivative(mine, 1.0, -0.0)": (MINE, (1.0, -0.0)),
    "check_derivative(lambda *xs: mean(xs), 1.0, 2.0)": (mean, (1.0, 2.0)),
    "check_derivative(lambda *xs: norm(xs), 1.0)": (NORM, (1.0,)),
    "check_derivative(lambda *xs: dot(xs[:2], xs[2:4], xs[4]), 1.0, 2.0, 3.0, 4.0, 5.0)"
    "": (dot, (1.0, 2.0, 3.0, 4.0, 5.0)),
    "check_derivative(lambda *xs: dot(xs[:0], xs[0:0], xs[0]), 5.0)": (dot, (5.0,)),
}


@pytest.mark.parametrize(("row", "operands"), LINES.values(), ids=LINES)
def test_a_line_to_paste(row: Op, operands: tuple[float, ...]) -> None:
    """It calls the row on the very operands."""
    assert LINES[reproducer(row, operands)] == (row, operands)


@pytest.mark.parametrize(
    ("row", "operands", "call"),
    [
        (mul, (1.5, -2.0), "mul(1.5, -2.0)"),
        (mean, (1.5, -2.0), "mean([1.5, -2.0])"),
        (dot, (1.0, 2.0, 3.0, 4.0, 5.0), "dot([1.0, 2.0], [3.0, 4.0], 5.0)"),
        (log, (-math.inf,), "log(float('-inf'))"),
        (NORM, (), "norm([])"),
    ],
)
def test_a_node_is_written_as_a_call(
    row: Op, operands: tuple[float, ...], call: str
) -> None:
    """In the way that its row takes its operands."""
    fault = Fault("value", row, operands, exactly(0.0), 1.0, 1.0)

    assert f"  node    {call}" in str(fault).splitlines()


# --- distances ----------------------------------------------------------------------
@pytest.mark.parametrize(
    ("found", "wanted", "ulps"),
    [
        (1.5, between(1, 2), 0.0),
        (2.0, between(1, 2), 0.0),
        (2.0 + 2**-50, between(1, 2), 2.0),
        (1.0 - 2**-51, between(1, 2), 2.0),
        (-1.0, exactly(1.0), 2.0**53),
        (math.nan, between(1, 2), math.inf),
        (math.inf, between(1, 2), math.inf),
        (-math.inf, between(1, 2), math.inf),
        (math.inf, EVERYTHING, 0.0),
        (math.nan, EVERYTHING, 0.0),
    ],
)
def test_a_distance_is_counted_from_the_nearer_end(
    found: float, wanted: Enclosure, ulps: float
) -> None:
    """In units in the last place of that end."""
    assert off_by(found, wanted) == ulps


def test_large_counts_are_rounded() -> None:
    """One decimal below a thousand ULP, two digits above."""
    counts = {3.14159: "3.1", 999.9: "999.9", 1e6: "1.0e+06", math.inf: "inf"}

    for ulps, text in counts.items():
        fault = Fault("value", None, (), exactly(1.0), 2.0, ulps)
        assert f"{text} ULP away" in str(fault)


def test_this_file_is_named_as_seen_from_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """A path below the working directory is given from there."""
    monkeypatch.chdir(Path(__file__).parent)

    assert Source(__file__, 7, 0, 7, 1).place == f"{Path(__file__).name}:7"
