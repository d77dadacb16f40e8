"""Operators, comparisons, methods, and life among other people's numbers."""

import math
import operator
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd_core import OPS, Op, Value, clip, elu, leaky_relu, topological_order
from autograd_core.errors import OperandError

BINARY = [operator.add, operator.sub, operator.mul, operator.truediv, operator.pow]
COMPARISONS = [operator.lt, operator.le, operator.gt, operator.ge]
NUMBERS = [
    *(2, 2.5, True, Fraction(1, 2), Decimal("0.25")),
    *(np.float64(1.5), np.float32(0.5), np.int64(3), np.bool_(True), np.array(2.0)),
]
NOT_NUMBERS = ["a", None, [1.0], (1.0,), 1j, {}, {1}, b"x"]
UNARY_ROWS = [row for row in OPS.values() if row.arity == 1]

BOTH_SIDES = pytest.mark.parametrize("swap", [False, True], ids=["right", "left"])


def applied(op: Callable[[Any, Any], Any], a: Any, b: Any, swap: bool) -> Any:
    """Apply an operator with its operands in this order or the other."""
    return op(b, a) if swap else op(a, b)


@pytest.mark.parametrize("op", BINARY)
@BOTH_SIDES
@pytest.mark.parametrize("number", NUMBERS, ids=lambda n: type(n).__name__)
def test_numbers_on_either_side(op: Any, swap: bool, number: Any) -> None:
    """Any real number beside a node, on either side, is a constant operand."""
    x = Value(3.0)
    y = applied(op, x, number, swap)
    if isinstance(y, np.ndarray):
        y = y.item()

    assert type(y) is Value
    assert y.data == applied(op, 3.0, float(number), swap)
    assert y.parents[1 if swap else 0] is x
    assert y.parents[0 if swap else 1].data == float(number)


@pytest.mark.parametrize("op", BINARY)
@BOTH_SIDES
@pytest.mark.parametrize("bad", NOT_NUMBERS, ids=repr)
def test_what_is_no_number_on_either_side(op: Any, swap: bool, bad: Any) -> None:
    """It is refused by its repr and its type, with the operator's sign."""
    with pytest.raises(OperandError, match="takes real numbers and Values") as caught:
        applied(op, Value(3.0), bad, swap)

    message = str(caught.value)
    assert f"{bad!r} of type {type(bad).__name__}" in message
    assert message.split()[0] in {"+", "-", "*", "/", "**"}


def test_a_refusal_is_short() -> None:
    """A huge operand is not printed whole."""
    with pytest.raises(OperandError) as caught:
        Value(1.0) + list(range(10_000))

    assert len(str(caught.value)) < 200


class Metres:
    """Somebody else's quantity, which knows how to meet a node."""

    def __radd__(self, other: Any) -> tuple[str, Any]:
        return ("metres", other)

    def __gt__(self, other: Any) -> str:
        return "compared"


def test_other_classes_get_their_chance() -> None:
    """An operand of an unknown class is asked for its reflected operator."""
    x = Value(1.0)

    assert x + Metres() == ("metres", x)
    assert (x < Metres()) == "compared"
    with pytest.raises(TypeError, match=r"'Value' and 'Metres'"):
        x * Metres()


@given(st.floats(), st.floats())
def test_operators_equal_their_rows(a: float, b: float) -> None:
    """An operator is its row: the same bits, the same node."""
    x, y = Value(a), Value(b)
    for op, name in zip(BINARY, ["add", "sub", "mul", "div", "power"], strict=True):
        node = op(x, y)

        assert repr(node.data) == repr(OPS[name](a, b))
        assert node.op is OPS[name]
        assert node.parents == (x, y)
    assert repr((-x).data) == repr(-a)
    assert abs(x).op is OPS["abs"]
    assert +x is x


@pytest.mark.parametrize("row", UNARY_ROWS, ids=lambda row: row.name)
def test_every_row_with_one_operand_is_a_method(row: Op) -> None:
    """`v.tanh()` is `tanh(v)`, as numpy's functions on objects need it."""
    x = Value(1.25)
    y = getattr(x, row.name)()

    assert y.op is row
    assert repr(y.data) == repr(row(1.25))
    assert y.parents == (x,)
    assert getattr(Value, row.name).__doc__ == row.__doc__


def test_methods_with_parameters() -> None:
    """Rows with constants after the operand are methods with the same defaults."""
    x = Value(-2.0)

    assert x.leaky_relu().data == leaky_relu(-2.0)
    assert x.leaky_relu(negative_slope=0.5).data == -1.0
    assert x.elu().data == elu(-2.0)
    assert x.elu(2.0).data == elu(-2.0, 2.0)
    assert x.clip(-1, 1).data == clip(-2.0, -1.0, 1.0) == -1.0


@pytest.mark.parametrize("compare", COMPARISONS)
@given(a=st.floats(), b=st.floats())
def test_comparisons_give_a_bool(compare: Any, a: float, b: float) -> None:
    """Data are compared, with nodes and with numbers, and the answer is a bool."""
    for answer in (
        compare(Value(a), Value(b)),
        compare(Value(a), b),
        compare(a, Value(b)),
    ):
        assert answer is compare(a, b)


@pytest.mark.parametrize("compare", COMPARISONS)
@pytest.mark.parametrize("bad", ["a", None, [1.0], 1j])
def test_comparisons_with_what_is_no_number(compare: Any, bad: Any) -> None:
    """Python's own error names the two types."""
    with pytest.raises(TypeError, match=type(bad).__name__):
        compare(Value(1.0), bad)


def test_the_truth_of_a_node() -> None:
    """`if v:` is an error that shows what to write."""
    with pytest.raises(TypeError, match=r"ambiguous.*v > 0"):
        bool(Value(1.0))


@pytest.mark.parametrize("function", [math.exp, math.sin, float, int, complex])
def test_functions_that_would_lose_the_graph(function: Any) -> None:
    """The message names both ways out: the row and `.data`."""
    with pytest.raises(TypeError, match=r"autograd_core\.exp.*v\.data") as caught:
        function(Value(1.0, label="x"))

    assert "label='x'" in str(caught.value)


def test_format() -> None:
    """A format specification applies to the data; none gives the repr."""
    x = Value(math.pi, label="x")

    assert f"{x:.4f}" == "3.1416"
    assert f"{x:>10.2e}" == "  3.14e+00"
    assert f"{x}" == repr(x) == str(x)


def test_augmented_assignment_makes_a_new_node() -> None:
    """`x += 1` binds the name anew and leaves the node as it was."""
    x = y = Value(1.0)
    x += 1
    x *= 3

    assert (x.data, y.data) == (6.0, 1.0)


def test_sum_of_values() -> None:
    """`sum` and `math.prod` work, from a number on."""
    xs = [Value(2.0), Value(3.0)]

    assert sum(xs).data == 5.0  # type: ignore[union-attr]
    assert math.prod(xs).data == 6.0  # type: ignore[call-overload]


def test_a_layer_of_numpy_objects() -> None:
    """`W @ x + b` on arrays of Values differentiates like one written out."""
    w = np.array([[Value(1.0), Value(2.0)], [Value(3.0), Value(4.0)]])
    x = np.array([Value(0.5), Value(-1.0)])
    b = np.array([0.25, 0.75])
    z = np.tanh(w @ x + b)
    (z.sum() * 2.0).backward()

    expected = np.tanh(np.array([[1.0, 2.0], [3.0, 4.0]]) @ [0.5, -1.0] + b)
    assert [v.data for v in z] == pytest.approx(expected, rel=1e-15)
    slopes = 2.0 * (1.0 - expected**2)
    assert [v.grad for v in w[:, 0]] == pytest.approx(0.5 * slopes, rel=1e-14)
    assert x[0].grad == pytest.approx(slopes @ [1.0, 3.0], rel=1e-14)


NUMPY_UNARY = [
    *("exp", "log", "tanh", "sin", "cos", "tan", "sinh", "cosh", "sqrt", "cbrt"),
    *("exp2", "expm1", "log2", "log10", "log1p", "arcsin", "arccos", "arctan"),
    *("arcsinh", "arctanh", "negative", "absolute", "square", "reciprocal"),
]


@pytest.mark.parametrize("name", NUMPY_UNARY)
def test_numpy_functions_of_objects(name: str) -> None:
    """A numpy function of an object array calls the method of its name."""
    function = getattr(np, name)
    x = Value(0.5)
    (y,) = function(np.array([x]))

    assert y.data == pytest.approx(float(function(0.5)), rel=1e-15)
    assert x in topological_order(y)


def test_arccosh_of_objects() -> None:
    """So does the one that 0.5 is outside of."""
    (y,) = np.arccosh(np.array([Value(1.5)]))

    assert y.data == math.acosh(1.5)


@pytest.mark.parametrize("op", BINARY)
@BOTH_SIDES
def test_arrays_beside_a_node(op: Any, swap: bool) -> None:
    """An array applies the operator to each element, on either side."""
    x, array = Value(3.0), np.array([1.0, 2.0])
    ys = applied(op, x, array, swap)

    assert ys.shape == (2,)
    assert [y.data for y in ys] == [applied(op, 3.0, n, swap) for n in (1.0, 2.0)]


def test_an_expression_as_deep_as_it_is_long() -> None:
    """Printing a node, whatever lies below it, takes no walk."""
    y = Value(1.0)
    for _ in range(100_000):
        y = y + 1e-9
    text = f"{y!r} {y:.3f}"

    assert len(text) < 60
