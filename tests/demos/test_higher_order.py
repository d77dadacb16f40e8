"""Newton's method and Taylor series: the numbers that the demo prints."""

import math
import xml.etree.ElementTree as ElementTree
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import pytest

from demos import higher_order
from demos.higher_order import newton, rosenbrock, series, solve, taylor

# the coefficients of x, x³, … of tan (DLMF 4.19.3)
TAN = [1, Fraction(1, 3), Fraction(2, 15), Fraction(17, 315), Fraction(62, 2835)]
# k! times those of exp(sin(x)) (OEIS A002017)
EXP_SIN = [1, 1, 1, 0, -3, -8, -3, 56, 217, 64]


def test_newton_squares_the_error_at_every_step() -> None:
    """Once it is near, each error is at most a small multiple of the last squared."""
    points = list(newton(rosenbrock, [-1.2, 1.0], steps=7))
    errors = [math.dist(point, (1.0, 1.0)) for point in points]
    near = [error for error in errors if error < 0.1]

    assert errors[-1] <= 1e-15
    assert len(near) >= 3
    for before, after in pairwise(near):
        assert after <= 10 * before**2 + 1e-16


def test_newton_needs_one_step_for_a_parabola() -> None:
    """The Hessian of a quadratic function leads to its minimum at once."""
    _, point = newton(
        lambda p: (p[0] - 3) ** 2 + p[0] * p[1] + 4 * p[1] ** 2, [9, -9], 1
    )

    assert point == pytest.approx([48 / 15, -6 / 15], rel=1e-15)


def test_solve_swaps_rows_where_it_must() -> None:
    """A zero on the diagonal is no obstacle."""
    assert solve([[0.0, 2.0], [4.0, 1.0]], [6.0, 7.0]) == [1.0, 3.0]


def test_published_series() -> None:
    """The series of tan, tanh and exp(sin) are those of the handbooks."""
    odd = [float(c) for c in TAN]
    alternating = [c * (-1) ** i for i, c in enumerate(odd)]

    assert taylor(higher_order.FUNCTIONS["tan(x)"], 9)[1::2] == pytest.approx(odd)
    assert taylor(higher_order.FUNCTIONS["tanh(x)"], 9)[1::2] == pytest.approx(
        alternating
    )
    assert taylor(higher_order.FUNCTIONS["exp(sin(x))"], 9) == pytest.approx(
        [c / math.factorial(k) for k, c in enumerate(EXP_SIN)], abs=1e-15
    )


def test_series_are_written_as_in_a_book() -> None:
    """Signs, fractions, and nothing where a coefficient is 0."""
    assert series([0.0, -1.0, 0.0, 2 / 15]) == "-x + 2/15·x^3"
    assert series([0.0, 0.0]) == "0"


def test_the_demo_prints_and_draws(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Running it shows the convergence and the series, and writes the picture."""
    monkeypatch.setattr("sys.argv", ["higher_order", "--out", str(tmp_path)])
    higher_order.main()
    printed = capsys.readouterr().out

    assert "   6   1.000000   1.000000" in printed
    assert "x + 1/3·x^3 + 2/15·x^5 + 17/315·x^7 + 62/2835·x^9" in printed
    picture = (tmp_path / "second_derivative.svg").read_text()
    assert "-0.7672" in "".join(ElementTree.fromstring(picture).itertext())
