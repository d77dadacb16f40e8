"""Graphs as formulas of sympy, which differentiates them on its own."""

import math
import sys
from collections.abc import Sequence
from typing import Any

import pytest
import sympy
from sympy.core.function import AppliedUndef

from autograd_core import (
    OPS,
    NaryOp,
    Op,
    Value,
    clip,
    dot,
    exp,
    gelu,
    gradient,
    log,
    logsumexp,
    maximum,
    mean,
    no_grad,
    prod,
    relu,
    sigmoid,
    sin,
    softmax,
    softplus,
    sqrt,
    tanh,
    total,
    where,
)
from autograd_core.errors import MissingExtraError, OperandError
from autograd_core.symbolic import to_sympy
from autograd_core.testing.hostile import ordinary_operands
from autograd_core.testing.references import REFERENCES

EVERY_ROW = pytest.mark.parametrize("row", OPS.values(), ids=OPS)
X, Y = sympy.symbols("x y", real=True)


def formula(root: Any) -> Any:
    """Translate a node into an expression of real symbols."""
    return to_sympy(root, real=True)


def node(row: Op, operands: Sequence[float]) -> tuple[Value, dict[int, Value]]:
    """Return the node of a row, and by position the leaves a0, a1, ... it is of."""
    choices = REFERENCES[row.name].choices
    leaves = [
        Value(x, label=f"a{i}", requires_grad=i not in choices)
        for i, x in enumerate(operands)
    ]
    free = {i: leaf for i, leaf in enumerate(leaves) if leaf.requires_grad}
    return Value.__apply_op__(row, leaves), free


def symbol(leaf: Value) -> Any:
    """Return the symbol of a leaf with a label of its own."""
    return sympy.Symbol(leaf.label, real=True)


def number(expression: Any, leaves: Sequence[Value]) -> float:
    """Evaluate an expression where the leaves are, to more digits than a float's."""
    point = {symbol(leaf): sympy.Rational(leaf.data) for leaf in leaves}
    return float(expression.subs(point).evalf(20))


def is_zero(expression: Any) -> bool:
    """Tell whether sympy can prove that an expression is 0."""
    return sympy.simplify(expression.rewrite(sympy.exp)) == 0


# --- rows ---------------------------------------------------------------------------
@EVERY_ROW
def test_a_row_has_its_value(row: Op) -> None:
    """The expression of each row, evaluated by sympy, is what the row computes."""
    for operands in ordinary_operands(row):
        y, leaves = node(row, operands)
        expression = formula(y)

        assert not expression.has(AppliedUndef)
        assert number(expression, [*leaves.values()]) == pytest.approx(
            y.data, rel=1e-13, abs=1e-300
        )


@EVERY_ROW
def test_a_row_has_the_derivatives_that_sympy_finds(row: Op) -> None:
    """Away from kinks each partial of each row is sympy's own, evaluated there."""
    for operands in ordinary_operands(row):
        y, leaves = node(row, operands)
        expression, partials = formula(y), y.local_derivatives()
        for i, leaf in leaves.items():
            slope = number(expression.diff(symbol(leaf)), [*leaves.values()])

            assert slope == pytest.approx(partials[i] or 0.0, rel=1e-13, abs=1e-300)


# Of these rows the derivative is another formula than sympy's, for a reason.
ROUNDED_FACTOR = {"exp2", "log2", "log10", "erf", "erfc", "mean"}  # log 2, 2/√π, 1/n
DELTA_AT_A_KINK = {"sign", "cbrt"}  # where the row has a number, sympy a distribution
CHOSEN_ON_DATA = {"leaky_relu", "elu", "maximum", "minimum", "clip"}
SAME_FORMULA = set(OPS) - ROUNDED_FACTOR - DELTA_AT_A_KINK - CHOSEN_ON_DATA


@pytest.mark.parametrize("name", [name for name in OPS if name in SAME_FORMULA])
def test_a_derivative_is_the_same_formula_as_that_of_sympy(name: str) -> None:
    """Where no factor is rounded and nothing chosen, sympy proves the partials."""
    y, leaves = node(OPS[name], next(ordinary_operands(OPS[name])))
    for leaf in leaves.values():
        slope = gradient(y, leaf, create_graph=True)

        assert is_zero(formula(slope) - formula(y).diff(symbol(leaf)))


@pytest.mark.parametrize("name", ["relu", "heaviside", "abs", "sign"])
def test_a_row_at_its_kink(name: str) -> None:
    """At 0 the formula has the value that the row has."""
    x = Value(0.0, label="x")
    y = OPS[name](x)

    assert number(formula(y), [x]) == y.data == 0.0


def test_the_slope_of_relu_at_its_kink() -> None:
    """Sympy differentiates relu to the unit step that is 0 at 0, as the engine does."""
    x = Value(0.0, label="x")
    y = relu(x)
    slope = formula(y).diff(X)

    assert slope == formula(gradient(y, x, create_graph=True))
    assert slope.subs(X, 0) == 0


def test_the_cube_root_of_a_negative_number() -> None:
    """Cbrt is real below 0, where sympy's principal root is not."""
    y = OPS["cbrt"](Value(-8.0, label="x"))

    assert formula(y).subs(X, -8) == -2


def test_lgamma_of_a_negative_number() -> None:
    """Lgamma is the logarithm of |Γ|, and its derivative is digamma everywhere."""
    x = Value(-1.5, label="x")
    expression = formula(OPS["lgamma"](x))

    assert number(expression, [x]) == pytest.approx(math.lgamma(-1.5), rel=1e-14)
    assert expression.diff(X) == sympy.digamma(X)


def test_sequences_are_written_out() -> None:
    """A fused node is the formula of its definition, constants in it exact."""
    x, y = Value(2.0, label="x"), Value(3.0, label="y")

    assert formula(dot([x, 2.0], [y, x], 0.5)) == X * Y + 2 * X + sympy.Rational(1, 2)
    assert formula(total([x, y, 1])) == X + Y + 1
    assert formula(mean([x, y])) == X / 2 + Y / 2
    assert formula(prod([x, y, x])) == X**2 * Y
    assert formula(logsumexp([x, y])) == sympy.log(sympy.exp(X) + sympy.exp(Y))


def test_sequences_are_written_out_while_nothing_is_recorded() -> None:
    """Under no_grad a graph that stands is translated all the same."""
    y = dot([Value(2.0, label="x")], [Value(3.0, label="y")])
    with no_grad():
        assert formula(y) == X * Y


def test_a_choice_is_the_side_that_was_taken() -> None:
    """A condition is a number, so the other side does not appear."""
    x, y = Value(2.0, label="x"), Value(3.0, label="y")

    assert formula(where(x > y, x, y)) == Y
    assert formula(where(x < y, x, y)) == X
    assert formula(where(2.0, x, y)) == formula(where(math.nan, x, y)) == X


def test_a_condition_that_needs_a_gradient() -> None:
    """A condition that is a leaf stays a symbol, and so do both sides."""
    condition = Value(1.0, label="c")
    choice = formula(where(condition, Value(2.0, label="x"), Value(3.0, label="y")))
    c = sympy.Symbol("c", real=True)

    assert choice.subs(c, 1) == X
    assert choice.subs(c, 0) == Y


# --- derivatives of expressions -----------------------------------------------------
EXPRESSIONS = {
    "tanh(x)·x": lambda x, y: tanh(x) * x,
    "exp(-x²)": lambda x, y: exp(-x * x),
    "x³y": lambda x, y: x**3 * y,
    "x^y": lambda x, y: x**y,
    "quotient": lambda x, y: (x - y) / (x * x + 1),
    "rational": lambda x, y: 1 / (1 + x) ** 2 - 0.75 / y,
    "dot": lambda x, y: tanh(dot([x, y], [y, 2.0], 0.5)),
    "sigmoid": lambda x, y: sigmoid(2 * x) * y,
    "softplus": lambda x, y: softplus(x * y),
    "gelu": lambda x, y: gelu(x),
    "logsumexp": lambda x, y: logsumexp([x, 2 * x, y]),
    "softmax": lambda x, y: softmax([x, y])[0],
    "prod": lambda x, y: prod([x, y, x, sin(x)]),
    "roots": lambda x, y: sqrt(x * x + y) * log(x),
    "shared": lambda x, y: (z := sin(x)) * z + z,
}
EACH_EXPRESSION = pytest.mark.parametrize("f", EXPRESSIONS.values(), ids=EXPRESSIONS)


@EACH_EXPRESSION
def test_the_graph_of_a_derivative_is_the_derivative_of_the_graph(f: Any) -> None:
    """`gradient`, translated, is what sympy makes of the translated function."""
    x, y = Value(0.75, label="x"), Value(1.5, label="y")
    z = f(x, y)
    slope = gradient(z, x, create_graph=True)

    assert is_zero(formula(slope) - formula(z).diff(X))


@EACH_EXPRESSION
def test_so_is_the_second_derivative(f: Any) -> None:
    """The gradient of a gradient is sympy's second derivative."""
    x, y = Value(0.75, label="x"), Value(1.5, label="y")
    z = f(x, y)
    curvature = gradient(gradient(z, x, create_graph=True), x, create_graph=True)

    assert is_zero(formula(curvature) - formula(z).diff(X, 2))


def test_a_mixed_derivative() -> None:
    """Two leaves in turn give ∂²z/∂x∂y."""
    x, y = Value(0.75, label="x"), Value(1.5, label="y")
    z = sin(x * y) / y
    mixed = gradient(gradient(z, x, create_graph=True), y, create_graph=True)

    assert is_zero(formula(mixed) - formula(z).diff(X, Y))


# --- leaves -------------------------------------------------------------------------
def test_a_labelled_leaf_is_a_real_symbol() -> None:
    """The symbol of a leaf has its label for a name, and stands for a real number."""
    (found,) = formula(exp(Value(2.0, label="weight[3]"))).free_symbols

    assert found == sympy.Symbol("weight[3]", real=True)


def test_symbols_have_the_assumptions_asked_for() -> None:
    """Without any, a symbol is the one that sympy makes of the same name."""
    x = Value(2.0, label="x")

    assert to_sympy(x * x) == sympy.Symbol("x") ** 2
    assert to_sympy(x * x).diff("x") == 2 * sympy.Symbol("x")
    assert to_sympy(abs(x), positive=True) == sympy.Symbol("x", positive=True)


def test_a_leaf_alone() -> None:
    """The graph of one leaf is its symbol, or its number."""
    assert formula(Value(2.0, label="x")) == X
    assert formula(Value(2.0, requires_grad=False)) == 2


def names(root: Value) -> set[str]:
    """Return the names of the symbols in the expression of a node."""
    return {found.name for found in formula(root).free_symbols}


def test_leaves_without_labels_are_numbered() -> None:
    """They are x0, x1, ... in topological order, skipping what a label has taken."""
    a, b, c = Value(2.0), Value(3.0), Value(4.0)

    assert str(formula(a / b - c)) == "x0/x1 - x2"
    assert str(formula(b / a)) == "x0/x1"
    assert names(a * b * Value(1.0, label="x0")) == {"x0", "x1", "x2"}


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        (["w", "w", "w"], {"w", "w_1", "w_2"}),
        (["w", "w", "w_1"], {"w", "w_2", "w_1"}),
        (["w_1", "w_1", "w", "w"], {"w_1", "w_1_1", "w", "w_2"}),
        (["x", "", "x", "x1", ""], {"x", "x0", "x_1", "x1", "x2"}),
    ],
)
def test_different_leaves_are_different_symbols(
    labels: list[str], expected: set[str]
) -> None:
    """Of two leaves with one label the second gets a number that no label has."""
    leaves = [Value(float(i), label=label) for i, label in enumerate(labels)]

    assert names(total(leaves)) == expected


def test_the_first_of_a_label_keeps_it() -> None:
    """The order is that of the graph, whichever leaf was made first."""
    second, first = Value(2.0, label="w"), Value(3.0, label="w")

    assert str(formula(first / second)) == "w/w_1"


@pytest.mark.parametrize(
    "label",
    ["a b", "it's", 'say "x"', "x + y", "x:3", "__import__('os')", "1", "π", "\n", "I"],
)
def test_a_label_is_only_a_name(label: str) -> None:
    """No label is parsed, whatever it spells."""
    expression = formula(Value(2.0, label=label) * 3)

    assert expression == 3 * sympy.Symbol(label, real=True)


def test_labels_of_nodes_and_constants_are_left_out() -> None:
    """What is computed is its formula, what is constant its number."""
    x = Value(2.0, label="x")
    y = x * Value(3.0, label="three", requires_grad=False)
    y.label = "y"

    assert formula(y + 1) == 3 * X + 1


# --- constants ----------------------------------------------------------------------
@pytest.mark.parametrize(
    ("constant", "expected"),
    [
        (3.0, sympy.Integer(3)),
        (-0.0, sympy.Integer(0)),
        (2.0**53 - 1, sympy.Integer(2**53 - 1)),
        (0.5, sympy.Rational(1, 2)),
        (-5.125, sympy.Rational(-41, 8)),
        (1 / 1024, sympy.Rational(1, 1024)),
        (1 / 2048, sympy.Float(1 / 2048, 17)),
        (0.1, sympy.Float(0.1, 17)),
        (2.0**53, sympy.Float(2.0**53, 17)),
        (1e300, sympy.Float(1e300, 17)),
        (5e-324, sympy.Float(5e-324, 17)),
        (math.inf, sympy.oo),
        (-math.inf, -sympy.oo),
        (math.nan, sympy.nan),
    ],
    ids=repr,
)
def test_a_constant_is_exact_where_it_is_short(constant: float, expected: Any) -> None:
    """Integers and short fractions are exact, others floats that keep their bits."""
    found = formula(Value(constant, requires_grad=False))

    assert type(found) is type(expected)
    assert found == expected
    assert repr(float(found)) == repr(constant + 0.0)


def test_numbers_in_an_expression_are_constants() -> None:
    """So `0.5 * x` has one half in it, and a root of 2 stays a root."""
    x = Value(2.0, label="x")

    assert formula(0.5 * x + 3) == X / 2 + 3
    assert formula(x * sqrt(Value(2, requires_grad=False))) == sympy.sqrt(2) * X


def test_constants_that_are_not_finite() -> None:
    """What IEEE arithmetic makes of constants is kept where sympy has no answer."""
    zero, nan = (Value(c, requires_grad=False) for c in (0.0, math.nan))
    x = Value(2.0, label="x")

    assert formula(1 / zero) == sympy.oo
    assert formula(x + -1 / zero) == X - sympy.oo
    for y in (relu(nan), maximum(x, nan), clip(x, nan, 1.0), relu(nan) * x, x + nan):
        assert formula(y) is sympy.nan
    assert formula(where(True, x, nan)) == X


# --- rows of somebody's own ---------------------------------------------------------
def test_an_own_row_is_an_undefined_function() -> None:
    """Its name is all that is known of it."""
    cube = Op("cube", lambda x: x * x * x, (lambda y, x: 3 * x * x,))
    x = Value(2.0, label="x")

    assert formula(cube(x * x) + 1) == sympy.Function("cube")(X**2) + 1


def test_an_own_row_that_is_called_like_one_of_the_table() -> None:
    """A row is known by itself, not by its name."""
    impostor = Op("exp", lambda x: x, (lambda y, x: 1.0,))

    assert formula(impostor(Value(2.0, label="x"))) == sympy.Function("exp")(X)


def test_an_own_row_with_a_definition() -> None:
    """The definition is translated in its place, be it made of fused rows itself."""
    energy = NaryOp(
        "energy",
        lambda *xs: sum(x * x for x in xs) / 2,
        lambda y, *xs: list(xs),
        definition=lambda *xs: 0.5 * dot(xs, xs),
    )
    x, y = Value(2.0, label="x"), Value(3.0, label="y")

    assert formula(energy([x, 2 * y])) == (X**2 + 4 * Y**2) / 2


def test_a_definition_that_is_a_number() -> None:
    """A definition need not depend on its operands."""
    seven = Op("seven", lambda x: 7, (lambda y, x: 0,), definition=lambda x: 7)

    assert formula(seven(Value(2.0)) / 2) == sympy.Rational(7, 2)


# --- large graphs, and what can go wrong --------------------------------------------
def test_a_deep_graph() -> None:
    """A chain of thousands of nodes is walked without recursion."""
    x = Value(1.0, label="x")
    y = x
    for _ in range(3000):
        y = y + x

    assert formula(y) == 3001 * X


def test_a_node_is_translated_once() -> None:
    """A diamond of 2⁶⁰ paths is as many nodes as it has."""
    own = Op("f", lambda a, b: a, (lambda y, a, b: 1.0, lambda y, a, b: 0.0))
    y = Value(1.0, label="x")
    for _ in range(60):
        y = own(y, y)
    expression = formula(y)

    assert expression.args[0] is expression.args[1]


def test_a_graph_is_left_as_it_was() -> None:
    """No gradient, number or label changes."""
    x = Value(2.0)
    y = dot([x, 3.0], [x, x])
    y.backward()
    before = x.grad, x.data, x.label, y.grad, y.parents
    formula(y)

    assert (x.grad, x.data, x.label, y.grad, y.parents) == before


@pytest.mark.parametrize("root", [2.0, None, "x", X, [Value(1.0)], tanh])
def test_what_is_no_node(root: Any) -> None:
    """The message says what was passed and what to pass instead."""
    with pytest.raises(OperandError, match=r"to_sympy\(root\) .*Value\(x\)") as caught:
        formula(root)

    assert type(root).__name__ in str(caught.value)


def test_without_sympy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where sympy is missing, the message names the extra that brings it."""
    monkeypatch.setitem(sys.modules, "sympy", None)

    with pytest.raises(
        MissingExtraError, match=r"sympy.*pip install 'autograd-core\[symbolic\]'"
    ):
        formula(Value(1.0))
