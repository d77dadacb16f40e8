"""Every row of the table against mpmath, and on every float there is."""

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd_core import OPS, NaryOp, Op, Value
from autograd_core.testing.hostile import hostile_operands, is_kink, ordinary_operands
from autograd_core.testing.references import REFERENCES, mp

EVERY_ROW = pytest.mark.parametrize("row", OPS.values(), ids=OPS)
SPECIAL = (0.0, -0.0, 1.0, -1.0, 0.5, 2.0, -3.0, math.inf, -math.inf, math.nan, 5e-324)
WORST_VALUES: dict[str, float] = {}
WORST_DERIVATIVES: dict[str, float] = {}
FLOATS = st.floats() | st.sampled_from(SPECIAL)


def operands_of(row: Op) -> st.SearchStrategy[tuple[float, ...]]:
    """Draw any floats at all, as many as the row takes."""
    if isinstance(row, NaryOp):
        return st.lists(FLOATS, min_size=1, max_size=7).map(
            lambda xs: tuple(xs if len(xs) % 2 or row.name != "dot" else [*xs, 0.0])
        )
    return st.tuples(*[FLOATS] * len(row.partials))


def test_every_row_has_a_reference() -> None:
    """A new row fails until an independent reference is written for it."""
    assert set(REFERENCES) == set(OPS)


@EVERY_ROW
def test_references_are_consistent(row: Op) -> None:
    """The derivatives of a reference are those of its value, by mp.diff."""
    reference = REFERENCES[row.name]
    for operands in ordinary_operands(row, 2):
        for i, expected in enumerate(reference.partials_at(operands)):
            if i not in reference.choices and expected is not None:
                slope = _slope(reference.value, operands, i)
                assert mp.almosteq(slope, expected, 1e-15, 1e-15), operands


@EVERY_ROW
def test_values_are_within_a_few_ulp(row: Op) -> None:
    """A row's value meets its bound on hostile operands inside its domain."""
    reference = REFERENCES[row.name]
    for operands in hostile_operands(row):
        y = row.forward(*operands)
        if is_kink(row, operands) and not math.isfinite(y):
            continue  # a pole, which IEEE results tell
        error = reference.value_error(y, operands)
        WORST_VALUES[row.name] = max(error, WORST_VALUES.get(row.name, 0.0))

        assert error <= reference.ulps, (operands, y)


@EVERY_ROW
def test_local_derivatives_are_within_a_few_ulp(row: Op) -> None:
    """Each derivative meets its bound on hostile operands away from kinks."""
    reference = REFERENCES[row.name]
    for operands in hostile_operands(row):
        if not is_kink(row, operands):
            found = _locals(row, operands)
            errors = reference.partial_errors(found, operands)
            worst = max(*errors, WORST_DERIVATIVES.get(row.name, 0.0))
            WORST_DERIVATIVES[row.name] = worst

            assert max(errors) <= reference.partial_ulps, (operands, found, errors)


def test_the_worst_errors_are_told() -> None:
    """What was measured above is printed as a table, shown by `pytest -rP`."""
    print("row: worst error in ULP of the value, of the local derivatives")
    for name in OPS:
        value, slope = WORST_VALUES.get(name, 0.0), WORST_DERIVATIVES.get(name, 0.0)
        print(f"{name:20} {value:6.2f} {slope:6.2f}")

        assert value <= REFERENCES[name].ulps
        assert slope <= REFERENCES[name].partial_ulps


@EVERY_ROW
def test_second_derivatives_match_mpmath(row: Op) -> None:
    """A partial evaluated on Values is a graph whose derivative is the second one."""
    reference = REFERENCES[row.name]
    for operands in ordinary_operands(row, 3):
        count = len(operands)
        for i in range(count):
            if i in reference.choices:
                continue
            found = _gradient_of_partial(row, i, operands)
            for j in set(range(count)) - set(reference.choices):
                partial = _reference_partial(row, i)
                expected = 0.0 if partial is None else _slope(partial, operands, j)

                assert found[j] == pytest.approx(
                    float(expected), rel=1e-11, abs=1e-12
                ), (i, j, operands)


def _reference_partial(row: Op, i: int) -> Any:
    partials = REFERENCES[row.name].partials
    if callable(partials):
        return lambda *xs: partials(*xs)[i]
    return None if row.name == "where" else partials[i]


def _gradient_of_partial(row: Op, i: int, operands: tuple[float, ...]) -> list[float]:
    values = [Value(x) for x in operands]
    y = Value.__apply_op__(row, values)
    partial = _partials(row, y, values)[i]
    if isinstance(partial, Value) and partial.requires_grad:
        partial.backward()
    return [value.grad for value in values]


def _partials(row: Op, y: Any, operands: Any) -> list[Any]:
    if isinstance(row, NaryOp):
        return list(row.partials(y, *operands))
    return [partial(y, *operands) for partial in row.partials]


def _locals(row: Op, operands: tuple[float, ...]) -> tuple[Any, ...]:
    y = row.forward(*operands)
    return row.local_derivatives([True] * len(operands), y, operands)


def _slope(function: Any, operands: tuple[float, ...], i: int) -> Any:
    xs = [mp.mpf(x) for x in operands]
    return mp.diff(lambda x: function(*xs[:i], x, *xs[i + 1 :]), xs[i])


@EVERY_ROW
@given(data=st.data())
def test_no_row_raises_on_a_float(row: Op, data: st.DataObject) -> None:
    """Value and derivatives of any floats are floats, None where `where` has none."""
    operands = data.draw(operands_of(row))

    assert type(row.forward(*operands)) is float
    for local in _locals(row, operands):
        assert type(local) is float or (row.name == "where" and local is None)


@EVERY_ROW
@given(data=st.data())
def test_partials_on_values_equal_those_on_floats(row: Op, data: st.DataObject) -> None:
    """The graph that a partial makes of Values holds the bits it makes of floats."""
    operands = data.draw(operands_of(row))
    y = row.forward(*operands)
    on_floats = _partials(row, y, operands)
    on_values = _partials(row, Value(y), [Value(x) for x in operands])

    assert repr([getattr(p, "data", p) for p in on_values]) == repr(on_floats)


KINKS = [
    ("relu", (0.0,), (0.0,)),
    ("abs", (0.0,), (0.0,)),
    ("abs", (-0.0,), (0.0,)),
    ("sign", (0.0,), (0.0,)),
    ("heaviside", (0.0,), (0.0,)),
    ("leaky_relu", (0.0, 0.25), (0.25, 0.0)),
    ("elu", (0.0, 0.5), (0.5, 0.0)),
    ("maximum", (2.0, 2.0), (0.5, 0.5)),
    ("minimum", (2.0, 2.0), (0.5, 0.5)),
    ("maximum", (0.0, -0.0), (0.5, 0.5)),
    ("clip", (1.0, 1.0, 2.0), (0.0, 0.0, 0.0)),
    ("clip", (2.0, 1.0, 2.0), (0.0, 0.0, 0.0)),
    ("hypot", (0.0, 0.0), (0.0, 0.0)),
    ("sqrt", (0.0,), (math.inf,)),
    ("cbrt", (0.0,), (math.inf,)),
    ("power", (0.0, 2.0), (0.0, 0.0)),
    ("power", (0.0, 1.0), (1.0, 0.0)),
    ("power", (0.0, 0.5), (math.inf, 0.0)),
    ("power", (0.0, 0.0), (0.0, -math.inf)),
]


@pytest.mark.parametrize(("name", "operands", "slopes"), KINKS)
def test_kinks_give_the_agreed_subgradient(
    name: str, operands: tuple[float, ...], slopes: tuple[float, ...]
) -> None:
    """At a kink the slope is the smallest subgradient, and a tie is shared evenly."""
    row = OPS[name]

    assert _locals(row, operands) == slopes
    assert name == "power" or is_kink(row, operands)


def test_clip_has_a_kink_where_its_bounds_meet() -> None:
    """Where low and high meet, the smaller change of the two decides: a kink."""
    assert is_kink(OPS["clip"], (1.0, 2.0, 2.0))


@pytest.mark.parametrize(
    ("a", "b", "by_a"),
    [(-3.0, 2.0, -6.0), (-2.0, 3.0, 12.0), (-2.0, -1.0, -0.25), (-5.0, 0.0, 0.0)],
)
def test_whole_powers_of_negative_numbers(a: float, b: float, by_a: float) -> None:
    """x² at -3 has slope -6; only the derivative by the exponent is undefined."""
    assert _locals(OPS["power"], (a, b))[0] == by_a


@pytest.mark.parametrize("b", [2.0**53 + 2, 2.0**54 + 8, -(2.0**53) - 2])
def test_powers_beyond_the_last_odd_float(b: float) -> None:
    """A vast whole exponent, of which one cannot be subtracted, costs no digits."""
    operands = (1 + 2e-14, b)
    error, _ = REFERENCES["power"].partial_errors(
        _locals(OPS["power"], operands), operands
    )

    assert error <= 4


@pytest.mark.parametrize("operands", [(5e-324, 9e-13), (1.5e-323, -7e-12)])
def test_quotients_of_subnormals(operands: tuple[float, float]) -> None:
    """A quotient that underflows costs its derivative by the divisor no digits."""
    errors = REFERENCES["div"].partial_errors(_locals(OPS["div"], operands), operands)

    assert max(errors) <= 4


FOUND = [
    ("power", (1.0000000000000002, -3.2962543871233316e18)),
    ("power", (1.0000000000031983, -224056279486220.38)),
    ("power", (0.9999999999999999, 6.715148960079877e18)),
    ("power", (0.4748, -952.91)),
    ("power", (1.5e-323, 0.0435)),
    ("power", (5e-324, 1.93)),
    ("exp2", (1024.0,)),
    ("exp2", (1024.5,)),
    ("elu", (-745.13, -1.15e52)),
    ("elu", (-1022.0, 3.3e238)),
    ("atan", (1.3407807929942597e154,)),
    ("atan2", (1.59e-314, 2.35e-320)),
    ("atan2", (1.61895e-319, 4.58415217226e-313)),
    ("atan2", (-2.912170716620805e301, -1.7976931348623157e308)),
    ("cbrt", (3.2676659057014944e-40,)),
    ("sech_squared", (-2.41584116887845,)),
    ("sech_squared", (0.26993570172258685,)),
    ("sigmoid_difference", (2.95, -0.4626)),
    ("normal_pdf", (0.94336651,)),
    ("silu", (-30.48873453436812,)),
]


@pytest.mark.parametrize(("name", "operands"), FOUND)
def test_points_that_a_search_found(name: str, operands: tuple[float, ...]) -> None:
    """Where 100,000 points a row, or a first remedy, showed a miss, all is well."""
    errors = REFERENCES[name].partial_errors(_locals(OPS[name], operands), operands)

    assert max(errors) <= 4


LIMITS = [
    ("tanh", math.inf, 0.0),
    ("sigmoid", -math.inf, 0.0),
    ("softplus", math.inf, 1.0),
    ("exp", -math.inf, 0.0),
    ("atan", math.inf, 0.0),
    ("erf", -math.inf, 0.0),
    ("normal_cdf", math.inf, 0.0),
    ("relu", math.inf, 1.0),
    ("log", math.inf, 0.0),
    ("asinh", -math.inf, 0.0),
]


@pytest.mark.parametrize(("name", "x", "slope"), LIMITS)
def test_slopes_at_infinity_are_their_limits(name: str, x: float, slope: float) -> None:
    """Where a function flattens out or straightens, infinity has that slope."""
    assert _locals(OPS[name], (x,)) == (slope,)
