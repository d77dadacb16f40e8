"""Programs over arrays: the engine's numbers, whatever rows, wherever numbers lie."""

import math
from itertools import product
from typing import Any

import numpy as np
import pytest
from array_programs import STEPS, Step, evaluated
from hypothesis import given, settings
from hypothesis import strategies as st
from program_forms import assert_as_engine, assert_near, engine, sizes

from autograd_core import (
    OPS,
    NaryOp,
    Op,
    Value,
    custom_op,
    dot,
    heaviside,
    hypot,
    log,
    maximum,
    minimum,
    mul,
    neg,
    power,
    relu,
    sign,
    sqrt,
    tanh,
    total,
    where,
)
from autograd_core.program import Program, trace
from autograd_core.program.arrays.forms import FORMS, forms, one_by_one, partials_form
from autograd_core.testing import expressions, mlps
from autograd_core.testing.hostile import hostile_operands, ordinary_operands
from autograd_core.testing.strategies import points

inf, nan = math.inf, math.nan
EVERY_ROW = pytest.mark.parametrize("row", OPS.values(), ids=list(OPS))
FEW = settings(max_examples=max(5, settings.default.max_examples // 5))
SUBNORMAL = 5e-322  # a hundred times the least float: below, no digit is certain
UNUSUAL = (inf, -inf, nan, 0.0, -0.0, 1.0, -1.0, 2.5, 1e308, 5e-324, 710.0, -745.5)


# --- rows ---------------------------------------------------------------------------
def program_of(row: Op, count: int) -> Program:
    """Return the program of one row on a list of operands."""
    operands = [Value(0.5) for _ in range(count)]
    return Program.from_graph(Value.__apply_op__(row, operands), operands)


def by_row(row: Op, point: tuple[float, ...]) -> list[float]:
    """Return the row's value and its partials, 0 for what it sends nothing."""
    y = row.forward(*point)
    locals_ = row.local_derivatives([True] * len(point), y, point)
    return [y, *(0.0 if local is None else local for local in locals_)]


def assert_row_in_arrays(row: Op, drawn: list[tuple[float, ...]]) -> None:
    """Hold a row on arrays against its kernel and its partials, all points at once."""
    for count in sorted({len(point) for point in drawn}):
        alike = [point for point in drawn if len(point) == count]
        batch = program_of(row, count).batch()
        values, gradients = batch.value_and_grad(np.array(alike))
        for point, y, slopes in zip(alike, values, gradients, strict=True):
            true = by_row(row, point)
            terms = list(true)
            if isinstance(row, NaryOp):  # what is added up may cancel
                slopes_by_x = zip(true[1:], point, strict=True)
                terms[0] = abs(true[0]) + sum(abs(d * x) for d, x in slopes_by_x)
            allowed = [min(1e-13 * abs(term) + SUBNORMAL, 1e300) for term in terms]
            assert_near((row.name, point), [y, *slopes], true, allowed)


@EVERY_ROW
def test_a_row_on_arrays_is_its_kernel_and_its_partials(row: Op) -> None:
    """At ordinary and at hostile points, to a few units in the last place."""
    hostile = list(hostile_operands(row))
    step = max(1, len(hostile) // 1500)

    assert_row_in_arrays(row, [*hostile[::step], *ordinary_operands(row, 30)])


@EVERY_ROW
@FEW
@given(data=st.data())
def test_a_row_on_arrays_at_drawn_points(row: Op, data: st.DataObject) -> None:
    """Tails, near ties and kinks that Hypothesis thinks of, several in one array."""
    drawn = data.draw(st.lists(points(row), min_size=1, max_size=8))

    assert_row_in_arrays(row, drawn)


@EVERY_ROW
def test_what_is_not_finite_is_what_the_engine_gives(row: Op) -> None:
    """Operands that are infinite, nan, or near the limits of a float."""
    if row.name == "polygamma":
        drawn = list(product((0.0, 1.0, 2.0), UNUSUAL))
    else:
        count = row.arity or 3
        some = UNUSUAL if count < 3 else UNUSUAL[:7]
        drawn = list(product(some, repeat=count))

    assert_row_in_arrays(row, drawn)


@EVERY_ROW
def test_non_finite_examples_leave_the_others_alone(row: Op) -> None:
    """One example of a batch that is nan changes no other."""
    drawn = list(ordinary_operands(row, 4))
    batch = program_of(row, len(drawn[0])).batch()
    alone = batch.value_and_grad(np.array(drawn))
    spoilt = np.array([*drawn, (nan,) * len(drawn[0])])
    values, gradients = batch.value_and_grad(spoilt)

    assert values[:-1] == pytest.approx(alone[0], rel=1e-13)
    assert gradients[:-1] == pytest.approx(alone[1], rel=1e-12, abs=1e-15)


@FEW
@given(data=st.data())
@pytest.mark.parametrize("name", ["total", "mean", "prod", "logsumexp"])
def test_a_partial_of_a_row_on_sequences(name: str, data: st.DataObject) -> None:
    """The partials on arrays are those of the row, for each sequence in its place."""
    row = OPS[name]
    numbers = st.floats(-5.0, 5.0)
    xs = data.draw(
        st.lists(st.lists(numbers, min_size=3, max_size=3), min_size=1, max_size=4)
    )
    ys = np.array([row.forward(*x) for x in xs])

    found = partials_form(row)(ys, np.array(xs))

    assert found.shape == (len(xs), 3)
    for x, y, partials in zip(xs, ys, found, strict=True):
        true = row.partials(float(y), *x)
        assert partials == pytest.approx(true, rel=1e-13, abs=1e-300)


def test_every_form_is_that_of_a_row() -> None:
    """No form is left over from a row that is gone."""
    comparisons = {"less", "less_equal", "both", "either", "negation"}

    assert set(FORMS) - set(OPS) == comparisons


# --- whole programs -----------------------------------------------------------------
@given(expressions(max_ops=10))
def test_expressions_of_all_rows(expression: Any) -> None:
    """Replayed, simplified, over arrays and in a batch: the engine's numbers."""
    assert_as_engine(expression, expression.point)


@given(mlps())
def test_multilayer_perceptrons(network: Any) -> None:
    """Networks of dots and activations, by inputs and weights alike."""
    assert_as_engine(network, network.point)


@given(
    STEPS,
    st.lists(st.integers(-2000, 2000), min_size=2, max_size=18),
    st.integers(1, 17),
)
def test_numbers_that_lie_in_any_way(
    steps: list[Step], drawn: list[int], cut: int
) -> None:
    """Slices, columns, repeats and shuffles of rows are read and added to rightly."""
    point = [n / 1000 for n in drawn]
    cut = min(cut, len(point) - 1)

    assert_as_engine(lambda *xs: evaluated(steps, xs[:cut], xs[cut:]), point, 1e-10)


def test_a_function_on_the_edge_of_what_rounding_decides() -> None:
    """Terms that cancel cost what they cost the engine: units of the largest."""
    xs = [1e8, 1.0, -1e8, 1e-8]
    program = trace(lambda xs: total([x * x * x for x in xs]), xs)
    leaves = [Value(x) for x in xs]
    root = total([x * x * x for x in leaves])
    value, gradient = engine(root, leaves)
    allowed = [1e-12 * size for size in sizes(root, leaves)]

    found, slopes = program.arrays().value_and_grad(xs)

    assert_near("cancelling", [found, *slopes], [value, *gradient], allowed)


# --- what groups and padding do -----------------------------------------------------
def test_operations_of_one_kind_become_one() -> None:
    """A thousand tangents are one operation on an array, whose text does not grow."""
    texts = {
        n: trace(lambda xs: total([tanh(x) for x in xs]), [0.5] * n).arrays().source
        for n in (10, 1000)
    }

    assert texts[1000] == texts[10].replace("10", "1000")
    assert texts[10].count("tanh(") == 1


def test_a_layer_is_a_matrix_product() -> None:
    """Neurons of elementary code, for a batch of examples: X·Wᵀ, then G·W and Gᵀ·X."""

    def layer(w: Any, x: Any) -> Any:
        sums = [sum((a * b for a, b in zip(row, x, strict=True)), 0.0) for row in w]
        return total([tanh(s) for s in sums])

    program = trace(layer, [[0.1, 0.2, 0.3]] * 4, [1.0, 2.0, 3.0])
    batch = program.batch(in_axes=(None, 0))
    w, x = np.arange(12.0).reshape(4, 3) / 10, np.arange(15.0).reshape(5, 3) / 7
    values, gradient = batch.value_and_grad(w, x)
    slopes = 1 - np.tanh(x @ w.T) ** 2

    assert values == pytest.approx(np.tanh(x @ w.T).sum(1), rel=1e-14)
    assert gradient == pytest.approx(slopes.T @ x, rel=1e-13)
    assert batch.source.count(" @ ") == 2


def test_sequences_of_unlike_lengths() -> None:
    """Dots, sums, means and logsumexps of 0 to 9 numbers, among them none at all."""

    def ragged(*xs: Any) -> Any:
        rows = [xs[:n] for n in range(10)]
        dots = [dot(row, row[::-1], 0.5) for row in rows]
        totals = [total(row) for row in rows]
        means = [OPS["mean"](row) for row in rows[1:]]
        peaks = [OPS["logsumexp"](row) for row in rows[1:]]
        return total([*dots, *totals, *means, *peaks])

    assert_as_engine(ragged, [0.1 * i - 0.4 for i in range(9)])


def test_a_dot_of_nothing_is_its_bias() -> None:
    """Two empty sequences and a number that a gradient flows through."""
    program = trace(lambda x: dot([], [], x) * 2, 3.0)

    assert program.arrays().value_and_grad(5.0) == (10.0, 2.0)


def test_one_operation_twice_on_the_same_operands() -> None:
    """Without the pass that finds them, twins are two places of one group."""
    program = trace(lambda x: total([tanh(x), tanh(x), x * 2, x * 2]), 0.3)
    value, slope = program.simplify([]).arrays().value_and_grad(0.5)

    assert value == pytest.approx(2 * math.tanh(0.5) + 2.0, rel=1e-14)
    assert slope == pytest.approx(2 / math.cosh(0.5) ** 2 + 4, rel=1e-14)


@pytest.mark.parametrize("constant", [inf, -inf, nan, -0.0, 1e308])
def test_constants_of_any_kind(constant: float) -> None:
    """Constants that are infinite or nan, where they count and where they do not."""
    program = trace(
        lambda x: where(x < 2, minimum(maximum(x, -inf), inf), constant), 1.0
    )

    assert program.arrays()(1.5) == 1.5
    assert repr(program.arrays()(2.5)) == repr(constant)


def test_nothing_is_sent_where_nothing_hangs_on_it() -> None:
    """The condition of `where` gets no gradient, the branch not taken no nan."""
    program = trace(lambda c, a: where(c, a, log(a)) * 2, 1.0, -1.0)

    assert program.arrays().value_and_grad(1.0, -1.0, argnums=(0, 1)) == (
        -2.0,
        (0.0, 2.0),
    )


@pytest.mark.parametrize("step", [sign, heaviside])
def test_zero_times_infinity_is_nan(step: Any) -> None:
    """A step function sends 0, which an infinite slope above it makes nan."""
    program = trace(lambda x: sqrt(step(x) - 1.0), 1.0)
    x = Value(1.0)
    root = sqrt(step(x) - 1.0)
    root.backward()

    assert math.isnan(x.grad)
    assert math.isnan(program.value_and_grad(1.0)[1])
    assert math.isnan(program.arrays().value_and_grad(1.0)[1])


def test_kinks_are_where_the_engine_has_them() -> None:
    """Ties share a gradient, relu is flat at 0, hypot has slope 0 at the origin."""
    functions = (
        lambda x, y: maximum(x, y),
        lambda x, y: minimum(x, y) * relu(x),
        lambda x, y: hypot(x, y),
        lambda x, y: power(x, 2.0) + power(y, 0.0),
    )
    for f in functions:
        for point in ((0.0, 0.0), (1.0, 1.0), (-0.0, 0.0)):
            leaves = [Value(x) for x in point]
            true = engine(f(*leaves), leaves)
            program = trace(f, 1.5, 2.5)

            found = program.arrays().value_and_grad(*point, argnums=(0, 1))

            assert (found[0], list(found[1])) == true


# --- rows of one's own --------------------------------------------------------------
@custom_op(lambda y, x: 3 * x * x)
def cube(x: float) -> float:
    """Return x³."""
    return x * x * x


@custom_op(lambda y, a, b: 1.0 if a > b else 0.0, lambda y, a, b: 0.0 if a > b else 1.0)
def larger(a: float, b: float) -> float:
    """Return the larger, with partials that look at numbers."""
    return max(a, b)


spread = NaryOp(
    "spread",
    lambda *xs: max(xs) - min(xs),
    lambda y, *xs: [float(x == max(xs)) - float(x == min(xs)) for x in xs],
)


def test_rows_without_an_array_form_are_computed_one_by_one() -> None:
    """A row of one's own works in every form, also on sequences and in a batch."""
    assert_as_engine(lambda x, y: cube(x) * larger(x, cube(y)), [0.7, 0.8])
    assert_as_engine(
        lambda *xs: spread(xs) * spread([x * x for x in xs]), [0.5, -2.0, 1.5, 0.1]
    )


def test_a_row_that_takes_a_name_of_the_table() -> None:
    """A row of one's own called tanh is computed by its own kernel."""
    own = Op("tanh", lambda x: 10.0 * x, (lambda y, x: 10.0,))
    program = trace(lambda x: own(x) + tanh(x), 0.5)

    assert program.arrays().value_and_grad(0.0) == (0.0, 11.0)
    assert forms(own)(np.array([2.0])).tolist() == [20.0]


def test_a_function_of_floats_on_arrays() -> None:
    """`one_by_one` repeats what is short, and keeps the shape."""
    found = one_by_one(lambda a, b: a * b)(np.ones((2, 3)), np.array([[1.0], [2.0]]))

    assert found.tolist() == [[1.0] * 3, [2.0] * 3]


# --- names --------------------------------------------------------------------------
NAMES = (
    *("count", "numbers", "zeros", "ones", "take", "concatenate", "broadcast_to"),
    *("reduceat", "inf", "nan", "np", "e1", "i1", "c1", "d_x", "mul_1", "d_mul_1"),
    *("tanh", "mul", "where", "program", "captured", "gathered_1", "log_by_a", "dot_1"),
)


@pytest.mark.parametrize("name", NAMES)
def test_an_argument_may_be_called_anything(name: str) -> None:
    """No name of an argument is one that the text means something else by."""
    f = eval(
        f"lambda {name}, x: DOT([{name}[0], {name}[1]], [MUL(x, x), TANH(x)], "
        f"{name}[2]) + NEG(WHERE(x > 0, {name}[1], x) * {name}[2])",
        {"WHERE": where, "DOT": dot, "MUL": mul, "NEG": neg, "TANH": tanh},
    )
    program = trace(f, [1.0, 2.0, 3.0], 0.5)
    batch = program.batch(in_axes=(None, 0))
    values, gradient = batch.value_and_grad([1.0, 2.0, 3.0], [0.5, 0.7])
    x = np.array([0.5, 0.7])

    assert values == pytest.approx(x * x + 2 * np.tanh(x) - 3, rel=1e-14)
    expected = [(x * x).sum(), (np.tanh(x) - 3).sum(), -2.0]
    assert gradient == pytest.approx(expected, rel=1e-13)


def test_keys_of_dicts_may_be_anything() -> None:
    """Keys that would make one name, or none, are kept apart."""
    keys = ["a b", "a_b", "²", "", "a.b", "d_", "שלום", 7, (1, 2), "\n"]
    example = {key: [float(i)] for i, key in enumerate(keys)}
    example["scalar"] = 2.0  # type: ignore[assignment]

    def f(tree: Any) -> Any:
        return total([tree[key][0] * i for i, key in enumerate(keys)]) * tree["scalar"]

    value, gradient = trace(f, example).arrays().value_and_grad(example)

    assert value == 2.0 * sum(i * i for i in range(len(keys)))
    assert [gradient[key][0] for key in keys] == [2.0 * i for i in range(len(keys))]
