"""IEEE results at the edges, as hardware gives them (IEEE 754-2019, clause 9.2)."""

import math
import operator
from math import inf, nan, pi
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd_core import OPS, Value
from autograd_core.kernels import elementary

EDGES: list[tuple[str, tuple[float, ...], float]] = [
    ("exp", (1000.0,), inf),
    ("exp", (-inf,), 0.0),
    ("exp", (inf,), inf),
    ("expm1", (1000.0,), inf),
    ("expm1", (-inf,), -1.0),
    ("expm1", (-0.0,), -0.0),
    ("exp2", (1024.0,), inf),
    ("exp2", (-1074.0,), 5e-324),
    ("log", (0.0,), -inf),
    ("log", (-0.0,), -inf),
    ("log", (-1.0,), nan),
    ("log", (inf,), inf),
    ("log", (-inf,), nan),
    ("log2", (0.0,), -inf),
    ("log2", (-1.0,), nan),
    ("log10", (0.0,), -inf),
    ("log10", (-1.0,), nan),
    ("log1p", (-1.0,), -inf),
    ("log1p", (-2.0,), nan),
    ("log1p", (-0.0,), -0.0),
    ("sqrt", (-1.0,), nan),
    ("sqrt", (-0.0,), -0.0),
    ("sqrt", (inf,), inf),
    ("cbrt", (-8.0,), -2.0),
    ("cbrt", (-inf,), -inf),
    ("div", (1.0, 0.0), inf),
    ("div", (-1.0, 0.0), -inf),
    ("div", (1.0, -0.0), -inf),
    ("div", (-1.0, -0.0), inf),
    ("div", (0.0, 0.0), nan),
    ("div", (inf, 0.0), inf),
    ("div", (nan, 0.0), nan),
    ("div", (inf, inf), nan),
    ("div", (1.0, -inf), -0.0),
    ("div", (1e308, 1e-308), inf),
    ("mul", (1e200, 1e200), inf),
    ("mul", (0.0, inf), nan),
    ("add", (inf, -inf), nan),
    ("sub", (inf, inf), nan),
    ("power", (1e200, 2.0), inf),
    ("power", (-1e200, 3.0), -inf),
    ("power", (-1e200, 2.0), inf),
    ("power", (-8.0, 1 / 3), nan),
    ("power", (-8.0, 0.5), nan),
    ("power", (0.0, -1.0), inf),
    ("power", (-0.0, -1.0), -inf),
    ("power", (-0.0, -2.0), inf),
    ("power", (0.0, -0.5), inf),
    ("power", (-0.0, -0.5), inf),
    ("power", (0.0, 0.0), 1.0),
    ("power", (nan, 0.0), 1.0),
    ("power", (1.0, nan), 1.0),
    ("power", (-1.0, inf), 1.0),
    ("power", (0.5, inf), 0.0),
    ("power", (0.5, -inf), inf),
    ("power", (-inf, 3.0), -inf),
    ("power", (-inf, -3.0), -0.0),
    ("power", (-2.0, -2000.0), 0.0),
    ("power", (0.0, -inf), inf),
    ("sin", (inf,), nan),
    ("cos", (-inf,), nan),
    ("tan", (inf,), nan),
    ("sin", (-0.0,), -0.0),
    ("asin", (1.5,), nan),
    ("acos", (-1.5,), nan),
    ("acos", (1.0,), 0.0),
    ("atan", (-inf,), -pi / 2),
    ("atan2", (0.0, -1.0), pi),
    ("atan2", (-0.0, -1.0), -pi),
    ("atan2", (0.0, 0.0), 0.0),
    ("atan2", (-0.0, -0.0), -pi),
    ("atan2", (inf, inf), pi / 4),
    ("sinh", (-1000.0,), -inf),
    ("cosh", (-1000.0,), inf),
    ("tanh", (inf,), 1.0),
    ("asinh", (-inf,), -inf),
    ("acosh", (0.5,), nan),
    ("acosh", (1.0,), 0.0),
    ("atanh", (1.0,), inf),
    ("atanh", (-1.0,), -inf),
    ("atanh", (1.5,), nan),
    ("hypot", (inf, nan), inf),
    ("hypot", (1e200, 1e200), math.sqrt(2) * 1e200),
    ("abs", (-0.0,), 0.0),
    ("abs", (-inf,), inf),
    ("sign", (nan,), nan),
    ("sign", (-inf,), -1.0),
    ("sign", (-0.0,), 0.0),
    ("heaviside", (nan,), nan),
    ("heaviside", (0.0,), 0.0),
    ("heaviside", (inf,), 1.0),
]


@pytest.mark.parametrize(("name", "operands", "expected"), EDGES)
def test_edges(name: str, operands: tuple[float, ...], expected: float) -> None:
    """Overflow is inf, a pole is inf with its sign, outside the domain is nan."""
    on_floats = OPS[name](*operands)
    on_values = OPS[name](*map(Value, operands))

    assert repr(on_floats) == repr(on_values.data)
    assert on_floats == pytest.approx(expected, rel=1e-15, abs=0, nan_ok=True)
    if expected == 0:
        assert math.copysign(1.0, on_floats) == math.copysign(1.0, expected)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        (lambda v: v(1.0) / 0, inf),
        (lambda v: -1 / v(0.0), -inf),
        (lambda v: v(0.0) / v(0.0), nan),
        (lambda v: v(-8.0) ** (1 / 3), nan),
        (lambda v: (-8) ** v(1 / 3), nan),
        (lambda v: v(1e200) ** 2, inf),
        (lambda v: v(1e200) * 1e200, inf),
        (lambda v: v(0.0) ** -1, inf),
    ],
)
def test_operators_never_raise_and_are_never_complex(
    expression: Any, expected: float
) -> None:
    """Where Python raises or turns complex, a node goes on in IEEE arithmetic."""
    y = expression(Value)

    assert type(y.data) is float
    assert repr(y.data) == repr(expected)


@pytest.mark.parametrize("name", elementary.__all__)
@given(data=st.data())
def test_nan_in_nan_out(name: str, data: st.DataObject) -> None:
    """A nan operand gives nan, save where every number would give the same."""
    kernel = getattr(elementary, name)
    if name not in ("div", "power", "atan2", "hypot"):
        assert math.isnan(kernel(nan))
        return
    x = data.draw(st.floats(allow_nan=False))
    for operands in ((x, nan), (nan, x)):
        settled = name == "hypot" and math.isinf(x)
        settled |= name == "power" and operands in ((1.0, nan), (nan, 0.0))
        assert settled or math.isnan(kernel(*operands))


@given(st.floats(), st.floats(allow_nan=False).filter(bool))
def test_division_is_the_hardware_s(a: float, b: float) -> None:
    """Away from a zero divisor, division is Python's."""
    assert repr(elementary.div(a, b)) == repr(operator.truediv(a, b))


@given(st.floats(), st.floats())
def test_division_by_zero_is_the_limit(a: float, b: float) -> None:
    """x/0 has the sign of x/tiny with the same sign, or is nan for 0/0."""
    zero = math.copysign(0.0, b)
    near = a * math.copysign(inf, b) if a != 0 else nan

    assert elementary.div(a, zero) == pytest.approx(near, nan_ok=True)
