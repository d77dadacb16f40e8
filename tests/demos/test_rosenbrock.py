"""Rosenbrock's valley: the table that the demo prints."""

import sys

import numpy as np
import pytest
from scipy import optimize

from autograd_core import hessian, value_and_grad
from demos import rosenbrock as demo
from demos.rosenbrock import Row, descended, ours, rosenbrock, scipys, starts


def rows(start: list[float]) -> dict[str, Row]:
    """Return the rows of ours and of scipy's methods by name."""
    found = [*ours(start), *scipys(start, optimize.minimize)]
    return {row.method: row for row in found}


def test_the_valley_is_scipys() -> None:
    """Value, gradient and Hessian are those of scipy.optimize.rosen."""
    for point in starts().values():
        value, gradient = value_and_grad(rosenbrock)(point)
        assert value == pytest.approx(optimize.rosen(point), rel=1e-14)
        assert gradient == pytest.approx(optimize.rosen_der(point).tolist(), rel=1e-14)
        assert np.array(hessian(rosenbrock)(point)) == pytest.approx(
            optimize.rosen_hess(point), rel=1e-14
        )


@pytest.mark.parametrize("name", starts())
def test_our_methods_hold_their_own_beside_scipys(name: str) -> None:
    """L-BFGS asks for at most a tenth more gradients than scipy's, to 9 digits."""
    table = rows(starts()[name])
    lbfgs, newton = table["nn L-BFGS"], table["nn Newton"]

    assert lbfgs.error < 1e-9
    assert lbfgs.gradients <= 1.1 * table["scipy L-BFGS-B"].gradients
    assert newton.gradients < table["scipy Newton-CG"].gradients
    second = newton.value == pytest.approx(3.98657901)
    assert second or newton.error < 1e-9
    assert second == (table["scipy trust-exact"].value > 1)


def test_descent_without_curvature_is_far_away_after_a_thousand_steps() -> None:
    """What the methods are for."""
    for start in starts().values():
        assert descended(start).error > 0.5


def test_the_demo_prints_a_line_for_each_method(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Three tables of six lines."""
    monkeypatch.setattr("sys.argv", ["rosenbrock"])

    demo.main()

    printed = capsys.readouterr().out
    for method in ("nn.SGD", "nn L-BFGS", "nn Newton", "scipy trust-exact"):
        assert printed.count(method) == len(starts())
    assert "pip install" not in printed


def test_without_scipy_our_part_is_shown(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """And the demo says how to get the rest."""
    monkeypatch.setattr("sys.argv", ["rosenbrock"])
    monkeypatch.setitem(sys.modules, "scipy.optimize", None)

    demo.main()

    printed = capsys.readouterr().out
    assert printed.count("nn Newton") == len(starts())
    assert "scipy L-BFGS-B" not in printed
    assert "pip install 'autograd-core[test]'" in printed
