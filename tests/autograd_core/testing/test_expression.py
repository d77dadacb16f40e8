"""An expression: a graph of rows that can be called, compared and written as code."""

import math
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd_core
from autograd_core import OPS, NaryOp, Op, Value, no_grad, tanh, topological_order
from autograd_core.errors import OperandError, ShapeError
from autograd_core.testing.expression import Expression
from autograd_core.testing.references import REFERENCES, mp
from autograd_core.testing.strategies import expressions

SCOPE = {name: getattr(autograd_core, name) for name in autograd_core.__all__}
SCOPE["Expression"] = Expression


def again(expression: Expression, **names: Any) -> Expression:
    """Return what the code of an expression makes."""
    made: Expression = eval(repr(expression), SCOPE | names)
    return made


def body(function: Callable[..., Any], *at: float) -> str:
    """Return how the graph of a function is written."""
    return repr(Expression(function, at=at)).partition(": ")[2].partition(", at=")[0]


# --- what it is ---------------------------------------------------------------------
@given(expressions(max_ops=20))
def test_the_code_of_an_expression_makes_an_equal_one(expression: Expression) -> None:
    """Its text, steps, point and value come back, and so does its sharing."""
    copy = again(expression)

    assert copy == expression
    assert hash(copy) == hash(expression)
    assert repr(copy) == repr(expression)
    assert copy.steps == expression.steps
    assert copy.point == expression.point
    assert copy(*copy.point) == expression(*expression.point)


@given(expressions(max_ops=20))
def test_floats_and_nodes_give_the_same_number(expression: Expression) -> None:
    """Calling it on Values makes one node a step, with the value that floats give."""
    arguments = [Value(x) for x in expression.point]
    root = expression(*arguments)
    made = [node for node in topological_order(root) if node.op is not None]

    assert root.data == expression(*expression.point)
    assert tuple(node.op for node in made) == expression.ops
    assert len(made) == len(expression)
    assert Expression.of(root, arguments) == expression


def test_any_kind_of_number_can_be_put_in() -> None:
    """A table of functions evaluates it, here on mpmath's numbers of 50 digits."""
    expression = Expression(lambda x: tanh(x) / 3.0, at=(0.5,))

    def apply(op: Op, operands: Any) -> Any:
        return REFERENCES[op.name].value(*map(mp.mpf, operands))

    found = expression.evaluate([mp.mpf("0.1")], apply)

    assert abs(found - mp.tanh(mp.mpf("0.1")) / 3) < mp.mpf(10) ** -48


def test_what_it_is_made_of() -> None:
    """The point, the arity, the rows in order and their number can be asked for."""
    expression = Expression(lambda x, y: (x * y) * (x * y), at=[2, -1.5])

    assert expression.point == (2.0, -1.5)
    assert expression.arity == 2
    assert [op.name for op in expression.ops] == ["mul", "mul", "mul"]
    assert len(expression) == 3
    assert expression(3, 1) == 9.0


def test_a_shared_sub_expression_is_evaluated_once() -> None:
    """What the function computes once is one step, whatever uses it."""
    calls = []

    def forward(x: float) -> float:
        calls.append(x)
        return x * x

    square = Op("square", forward, (lambda y, x: 2.0 * x,))

    def f(x: Any) -> Any:
        y = square(x)
        return y * y + y

    expression = Expression(f, at=(3.0,))
    calls.clear()

    assert expression(2.0) == 20.0
    assert calls == [2.0]


def test_the_expression_of_a_graph() -> None:
    """Leaves that need a gradient are arguments in order of use, others constants."""
    w, x, c = Value(2.0), Value(3.0), Value(0.5, requires_grad=False)
    root = tanh(x * w + c)

    assert repr(Expression.of(root)) == (
        "Expression(lambda x0, x1: tanh(x0 * x1 + 0.5), at=(3.0, 2.0))"
    )
    assert repr(Expression.of(root, [w])) == (
        "Expression(lambda x0: tanh(3.0 * x0 + 0.5), at=(2.0,))"
    )


@pytest.mark.parametrize(
    ("function", "at", "text"),
    [
        (lambda x: x, (1,), "Expression(lambda x0: x0, at=(1.0,))"),
        (lambda x: 2, (1,), "Expression(lambda x0: 2.0, at=(1.0,))"),
        (lambda: Value(2), (), "Expression(lambda: 2.0, at=())"),
        (lambda x, y: -y, (1, 2), "Expression(lambda x0, x1: -x1, at=(1.0, 2.0))"),
        (lambda x: x + Value(2), (1,), "Expression(lambda x0: x0 + 2.0, at=(1.0,))"),
        (lambda: tanh(Value(0)) * 2, (), "Expression(lambda: 0.0, at=())"),
    ],
)  # fmt: skip
def test_constants_and_unused_arguments(
    function: Callable[..., Any], at: tuple[float, ...], text: str
) -> None:
    """What is made of constants is one, and arguments keep their places."""
    assert repr(Expression(function, at=at)) == text
    assert again(Expression(function, at=at)) == Expression(function, at=at)


def test_it_is_recorded_whatever_is_open_around_it() -> None:
    """Under no_grad an expression is still made, though a call makes a constant."""
    with no_grad():
        expression = Expression(lambda x: x * x, at=(3.0,))

        assert expression(Value(3.0)).parents == ()
    assert len(expression) == 1


# --- how it is written --------------------------------------------------------------
@pytest.mark.parametrize(
    ("function", "text"),
    [
        (lambda x, y: x + y - x, "x0 + x1 - x0"),
        (lambda x, y: x - (y + x), "x0 - (x1 + x0)"),
        (lambda x, y: x - (y - x), "x0 - (x1 - x0)"),
        (lambda x, y: (x + y) * x, "(x0 + x1) * x0"),
        (lambda x, y: x * y / x, "x0 * x1 / x0"),
        (lambda x, y: x / (y * x), "x0 / (x1 * x0)"),
        (lambda x, y: x + y * x, "x0 + x1 * x0"),
        (lambda x, y: -(x**2), "-(x0 ** 2.0)"),
        (lambda x, y: (-x) ** 2, "(-x0) ** 2.0"),
        (lambda x, y: x ** (-y), "x0 ** -x1"),
        (lambda x, y: x**-2, "x0 ** -2.0"),
        (lambda x, y: (-2) ** x, "(-2.0) ** x0"),
        (lambda x, y: (x**y) ** x, "(x0 ** x1) ** x0"),
        (lambda x, y: x ** (y**x), "x0 ** (x1 ** x0)"),
        (lambda x, y: (x * y) ** x, "(x0 * x1) ** x0"),
        (lambda x, y: x * y**2, "x0 * x1 ** 2.0"),
        (lambda x, y: (-x).neg(), "-(-x0)"),
        (lambda x, y: -(x * y), "-(x0 * x1)"),
        (lambda x, y: -x * y, "-x0 * x1"),
        (lambda x, y: x - -3, "x0 - -3.0"),
        (lambda x, y: x * -0.0, "x0 * -0.0"),
        (lambda x, y: x + math.inf, "x0 + float('inf')"),
        (lambda x, y: x * math.nan, "x0 * float('nan')"),
        (lambda x, y: -math.inf * x, "float('-inf') * x0"),
        (lambda x, y: abs(x), "abs(x0)"),
        (lambda x, y: tanh(x + y), "tanh(x0 + x1)"),
        (lambda x, y: OPS["elu"](x), "elu(x0, 1.0)"),
        (lambda x, y: OPS["where"](True, x, y), "where(1.0, x0, x1)"),
        (lambda x, y: OPS["total"]([x, y + 1, 2]), "total([x0, x1 + 1.0, 2.0])"),
        (lambda x, y: OPS["dot"]([x, 2], [y, x]), "dot([x0, 2.0], [x1, x0], 0.0)"),
        (lambda x, y: OPS["dot"]([], [], x), "dot([], [], x0)"),
    ],
)
def test_code_is_written_as_one_would(function: Callable[..., Any], text: str) -> None:
    """Operators are infix, with the parentheses they need and few more."""
    assert body(function, 0.5, 2.0) == text
    expression = Expression(function, at=(0.5, 2.0))
    assert again(expression).steps == expression.steps or "nan" in text


def test_a_sub_expression_used_twice_has_a_name() -> None:
    """It is named where it is first evaluated, by a letter that is free."""

    def f(x: Any, y: Any) -> Any:
        p = x * y
        q = tanh(p)
        return (q - p) * (q + p)

    assert body(f, 1.0, 2.0) == "((b := tanh((a := x0 * x1))) - a) * (b + a)"


def test_names_keep_clear_of_rows() -> None:
    """A row of one's own called a is not hidden by a name."""
    a = Op("a", lambda x: x + 1.0, (lambda y, x: 1.0,))

    def f(x: Any) -> Any:
        y = a(x)
        return y * y

    assert body(f, 1.0) == "(b := a(x0)) * b"
    assert again(Expression(f, at=(1.0,)), a=a)(2.0) == 9.0


def test_rows_of_ones_own_are_written_by_their_names() -> None:
    """With the rows in scope the code runs, a sequence row taking a list."""
    cube = Op("cube", lambda x: x**3, (lambda y, x: 3.0 * x * x,), symbol="^3")
    norm = NaryOp("norm", math.hypot, lambda y, *xs: [x / y for x in xs])
    expression = Expression(lambda x, y: cube(norm([x, y])), at=(3.0, 4.0))

    assert repr(expression) == (
        "Expression(lambda x0, x1: cube(norm([x0, x1])), at=(3.0, 4.0))"
    )
    assert again(expression, cube=cube, norm=norm)(3.0, 4.0) == 125.0


@pytest.mark.parametrize("length", [26, 300, 3000])
def test_deep_graphs_are_written_step_by_step(length: int) -> None:
    """Beyond what parsers nest, named steps come one after another."""

    def f(x: Any) -> Any:
        for _ in range(length):
            x = tanh(x + 1.0)
        return x

    expression = Expression(f, at=(0.5,))

    assert ")[-1], at=" in repr(expression)
    assert again(expression).steps == expression.steps


def test_many_names() -> None:
    """There are as many names as sub-expressions used twice, all different."""

    def f(x: Any) -> Any:
        for _ in range(60):
            x = x * 0.5 + 0.25
            x = x * x
        return x

    assert again(Expression(f, at=(0.5,))) == Expression(f, at=(0.5,))


@given(st.lists(st.floats(), min_size=1, max_size=3))
def test_every_point_is_written_exactly(point: list[float]) -> None:
    """Each number of the point comes back to the last bit."""
    found = again(Expression(lambda *xs: xs[0], at=point)).point

    assert list(map(repr, found)) == list(map(repr, point))


def test_equality() -> None:
    """Another function or another point is another expression."""
    expression = Expression(lambda x: x * x, at=(1.0,))

    assert expression == Expression(lambda a: a * a, at=(1,))
    assert expression != Expression(lambda x: x * x, at=(2.0,))
    assert expression != Expression(lambda x: x + x, at=(1.0,))
    assert expression != repr(expression)


# --- misuse -------------------------------------------------------------------------
def test_a_wrong_count_of_numbers() -> None:
    """The message gives the expression, the count it takes and the count it got."""
    expression = Expression(lambda x: x * 2, at=(1.0,))

    with pytest.raises(ShapeError, match=r"x0 \* 2\.0.* takes 1 number; got 2"):
        expression(1.0, 2.0)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((3.0, (1.0,)), "takes a function and a number for each .*, not 3.0"),
        ((tanh, 1.0), "takes a function and a number for each .* 1.0 of type float"),
        ((tanh, ("1",)), "takes a real number, not '1'"),
        ((lambda x: [x], (1.0,)), "the result of the function .* not .*list"),
    ],
)
def test_what_no_expression_can_be_made_of(arguments: Any, words: str) -> None:
    """The message says what an Expression takes, and what it got."""
    function, at = arguments
    with pytest.raises(OperandError, match=words):
        Expression(function, at=at)


def test_an_argument_that_is_no_number() -> None:
    """A call takes real numbers and Values, and names the argument that is neither."""
    with pytest.raises(
        OperandError, match=r"argument 1 .*takes a real number, not '1'"
    ):
        Expression(lambda x: x, at=(1.0,))("1")
