"""A graph as straight-line Python: what is written."""

import math
import textwrap
from fractions import Fraction

import pytest
from generated_code import (
    assert_same_bits,
    body,
    by_code,
    code_of,
    labelled,
)

from autograd_core import (
    NaryOp,
    Op,
    Value,
    clip,
    custom_op,
    dot,
    exp,
    exp2,
    hypot,
    logsumexp,
    mean,
    prod,
    record_source,
    scope,
    sigmoid,
    sqrt,
    tanh,
    total,
    where,
)
from autograd_core.debug.straight_line import to_python


# --- what is written ----------------------------------------------------------------
def test_it_reads_like_a_page_of_a_textbook() -> None:
    """Forward and backward, one node a line, with the source of each."""
    x, w, b = (Value(v, label=n) for n, v in [("x", 0.5), ("w[0]", -3.0), ("b", 2.0)])
    with record_source():
        y = tanh(x * w + b)
    y.label = "out"
    line = test_it_reads_like_a_page_of_a_textbook.__code__.co_firstlineno + 4
    assert y.source is not None
    place = y.source.place

    assert place.endswith(f":{line}")
    assert str(to_python(y)) == textwrap.dedent(
        f'''\
        """The forward and the backward pass of a graph, one node a line."""

        from autograd_core import sech_squared, tanh


        def run(
            x=0.5,
            w_0=-3.0,  # w[0]
            b=2.0,
        ):
            """Return out and the gradient of each leaf."""
            # Forward: each node is computed from its parents.
            v1 = x * w_0    # {place}  x * w
            v2 = v1 + b     # {place}  x * w + b
            out = tanh(v2)  # {place}  tanh(x * w + b)

            # Backward: each node sends on its gradient times the local derivative.
            d_x = d_w_0 = d_b = 0.0
            d_v1 = d_v2 = 0.0
            d_out = 1.0
            d_v2 += d_out * sech_squared(v2)  # out = tanh(v2)
            d_v1 += d_v2                      # v2 = v1 + b
            d_b += d_v2
            d_x += d_v1 * w_0                 # v1 = x * w_0
            d_w_0 += d_v1 * x
            return out, {{"x": d_x, "w_0": d_w_0, "b": d_b}}
        '''
    )


A, B, C = labelled(0.5, -1.5, 2.0)


@pytest.mark.parametrize(
    ("node", "forward", "backward"),
    [
        (A + B, "a + b", ["d_a += d_v1", "d_b += d_v1"]),
        (A - B, "a - b", ["d_a += d_v1", "d_b -= d_v1"]),
        (A * A, "a * a", ["d_a += d_v1 * a", "d_a += d_v1 * a"]),
        (A * -3.0, "a * -3.0", ["d_a += d_v1 * -3.0"]),
        (A * 1.0, "a * 1.0", ["d_a += d_v1"]),
        (-A, "-a", ["d_a -= d_v1"]),
        (1 / A, "div(1.0, a)", ["d_a += d_v1 * quotient_by_divisor(v1, 1.0, a)"]),
        (A**2, "power(a, 2.0)", ["d_a += d_v1 * power_by_base(v1, a, 2.0)"]),
        (exp(A), "exp(a)", ["d_a += d_v1 * v1"]),
        (A.tan(), "tan(a)", ["d_a += d_v1 * (1.0 + v1 * v1)"]),
        (A.cos(), "cos(a)", ["d_a += d_v1 * -sin(a)"]),
        (sqrt(A), "sqrt(a)", ["d_a += d_v1 * div(0.5, v1)"]),
        (sigmoid(A), "sigmoid(a)", ["d_a += d_v1 * (0.25 * sech_squared(0.5 * a))"]),
        (
            A.asin(),
            "asin(a)",
            ["d_a += d_v1 * div(1.0, sqrt((1.0 - a) * (1.0 + a)))"],
        ),
        (A.atan(), "atan(a)", ["d_a += d_v1 * atan.partials[0](v1, a)"]),
        (hypot(A, 2), "hypot(a, 2.0)", ["d_a += d_v1 * hypot_by(v1, a, 2.0)"]),
        (
            A.leaky_relu(),
            "leaky_relu(a, 0.01)",
            ["d_a += d_v1 * where(a > 0, 1.0, 0.01)"],
        ),
        (
            clip(A, -1, 1),
            "clip(a, -1.0, 1.0)",
            ["d_a += d_v1 * where((-1.0 < a) & (a < 1.0), 1.0, 0.0)"],
        ),
        (where(A > B, A, B), "where(1.0, a, b)", ["d_a += d_v1"]),
        (where(A < B, A, B), "where(0.0, a, b)", ["d_b += d_v1"]),
        (
            dot([A, B], [C, 2]),
            "dot([a, b], [c, 2.0])",
            ["d_a += d_v1 * c", "d_b += d_v1 * 2.0", "d_c += d_v1 * a"],
        ),
        (
            dot([A], [3], B),
            "dot([a], [3.0], b)",
            ["d_a += d_v1 * 3.0", "d_b += d_v1"],
        ),
        (total([A, B]), "total([a, b])", ["d_a += d_v1", "d_b += d_v1"]),
        (mean([A, 1]), "mean([a, 1.0])", ["d_a += d_v1 * 0.5"]),
        (
            prod([A, B, 3]),
            "prod([a, b, 3.0])",
            ["d_a += d_v1 * prod([b, 3.0])", "d_b += d_v1 * prod([a, 3.0])"],
        ),
        (
            logsumexp([A, B]),
            "logsumexp([a, b])",
            [
                "local = softmax([a, b])",
                *("d_a += d_v1 * local[0]", "d_b += d_v1 * local[1]"),
            ],
        ),
    ],
    ids=lambda node: node.op.name if isinstance(node, Value) else "",
)
def test_a_row_is_written_as_a_person_would(
    node: Value, forward: str, backward: list[str]
) -> None:
    """The call of each row, and each derivative with as few signs as it takes."""
    lines = code_of(node)

    assert lines[0] == f"v1 = {forward}"
    assert lines[lines.index("d_v1 = 1.0") + 1 : -1] == backward


def test_long_products_are_not_written_out() -> None:
    """The derivatives by ten factors are ten products of nine."""
    lines = code_of(prod([Value(1.0, label=name) for name in "abcdefghij"]))

    assert "local = prod_partials(v1, a, b, c, d, e, f, g, h, i, j)" in lines
    assert "d_i += d_v1 * local[8]" in lines


def test_what_is_imported_is_what_is_called() -> None:
    """Functions that only a comment names, or a failed attempt, are left out."""
    x = Value(2.0, label="a number, nan")
    source = str(to_python(exp2(x * math.inf)))

    assert source.split("\n\n\n")[0].split("\n")[2:] == [
        *("from math import inf", "", "from autograd_core import exp2"),
    ]


def test_scopes_are_headings() -> None:
    """Forward, the lines of each module stand below its name."""
    a, b = labelled(2.0, 3.0)
    with scope("layers.0"):
        inner = tanh(a * b)
    with scope("bad\nlabel"):
        inner = exp(inner)

    assert body(inner + b).split("\n\n")[0].split("\n") == [
        *("# in layers.0:", "v1 = a * b", "v2 = tanh(v1)"),
        *("# in bad\\nlabel:", "v3 = exp(v2)"),
        *("# in no module:", "v4 = v3 + b"),
    ]


def test_a_long_list_of_zeros_is_broken() -> None:
    """No line of zeros is wider than a page, and every gradient is in one."""
    inputs = [Value(1.0, label=f"weight.{i}") for i in range(40)]
    lines = [line for line in body(total(inputs)).split("\n") if line.endswith("= 0.0")]
    names = [name for line in lines for name in line.split(" = ")[:-1]]

    assert names == [f"d_weight_{i}" for i in range(40)]
    assert max(map(len, lines)) <= 84


# --- rows of one's own --------------------------------------------------------------
def test_a_row_of_ones_own_is_seen_through() -> None:
    """Its partial is written out where it is arithmetic."""

    @custom_op(lambda y, x: 3 * x**2 / (1 - -x))
    def strange(x: float) -> float:
        return x

    a, _ = labelled(2.0, 3.0)
    root = strange(a)

    assert "d_a += d_v1 * (3 * a**2 / (1 - -a))" in code_of(root)
    assert "# strange: a row that is not in OPS; this code holds it" in str(
        to_python(root)
    )
    assert_same_bits(root)


@pytest.mark.parametrize(
    ("partial", "text"),
    [
        (lambda y, x, k: -(x + 1), "-(a + 1)"),
        (lambda y, x, k: -x + 1, "(-a + 1)"),
        (lambda y, x, k: -1 * -x, "(-1 * -a)"),
        (lambda y, x, k: x - (1 - x), "(a - (1 - a))"),
        (lambda y, x, k: (x - 1) - x, "(a - 1 - a)"),
        (lambda y, x, k: x / (x * 3), "(a / (a * 3))"),
        (lambda y, x, k: x * (x * 3), "(a * (a * 3))"),
        (lambda y, x, k: (x + 1) * y, "((a + 1) * v1)"),
        (lambda y, x, k: (-x) ** 2, "(-a)**2"),
        (lambda y, x, k: -(x**2), "-(a**2)"),
        (lambda y, x, k: (x**2) ** 2, "(a**2)**2"),
        (lambda y, x, k: 2**x, "2**a"),
        (lambda y, x, k: k**2 * x, "((-3.0)**2 * a)"),
        (lambda y, x, k: -k * x, "(-(-3.0) * a)"),
        (lambda y, x, k: 1 - k, "(1 - -3.0)"),
        (lambda y, x, k: (x < 2) * 3.0, "((a < 2) * 3.0)"),
        (
            lambda y, x, k: where((x == 2) | (k >= x), x, y),
            "where((a == 2) | (-3.0 >= a), a, v1)",
        ),
        (lambda y, x, k: math.inf * x, "(inf * a)"),
    ],
)
def test_an_expression_keeps_its_order(partial: object, text: str) -> None:
    """Parentheses stand where Python would compute something else without them."""
    row = Op("own", lambda x, k: x * x * k, (partial, lambda y, x, k: x * x))
    a, b = labelled(1.7, -0.3)

    assert f"d_a += d_v1 * {text}" in code_of(row(a, -3.0))
    assert_same_bits(row(a, -3.0))
    assert_same_bits(row(b, -3.0))


def test_a_text_that_cannot_be_compared_is_not_trusted() -> None:
    """Where a row is defined nowhere near 0, its partial is called."""

    def far(x: float) -> float:
        return math.sqrt(x - 100.0)

    row = Op("far", far, (lambda y, x: 0.5 / y if isinstance(x, float) else y,))
    a, _ = labelled(104.0, 0.0)

    assert "d_a += d_v1 * far.partials[0](v1, a)" in code_of(row(a))
    assert_same_bits(row(a))


@pytest.mark.parametrize(
    "partial",
    [
        lambda y, x: math.cos(x),
        lambda y, x: 1.0 if x > 0 else -1.0,
        lambda y, x: x if x == 2.0 else 0.0,
        lambda y, x: 3.0 if isinstance(x, float) else x,
        lambda y, x: float(x) * 2,
        lambda y, x: abs(x),
        lambda y, x: max(x, 0.0),
        lambda y, x: x // 2,
        lambda y, x: hash(x) * 1.0,
        lambda y, x: Fraction(1, 3) * x,
        lambda y, x: sum([x, *iter(range(2))]) if math.isfinite(x) else x,
    ],
)
def test_a_partial_that_cannot_be_written_is_called(partial: object) -> None:
    """It looks at the number, or at its class, or leaves what texts can do."""
    row = Op("peculiar", lambda x: x * 2.0, (partial,))
    a, _ = labelled(2.0, 3.0)
    root = row(a)

    assert "d_a += d_v1 * peculiar.partials[0](v1, a)" in code_of(root)
    assert_same_bits(root)
    assert_same_bits(row(Value(-1.5)))


def test_rows_on_sequences_of_ones_own() -> None:
    """One that gathers nothing is called with a list, any other by its operands."""

    def partials(y: object, *xs: object) -> list[float]:
        return [2.0 * x for x in xs]  # type: ignore[operator]

    def squares(*xs: float) -> float:
        return sum(x * x for x in xs)

    plain = NaryOp("squares", squares, partials)
    odd = NaryOp("odd", squares, partials, gather=lambda xs, y: (*xs, y))
    chosen = NaryOp("chosen", squares, lambda y, *xs: [2.0 * float(x) for x in xs])
    a, b = labelled(2.0, 3.0)

    assert code_of(plain([a, b]))[0] == "v1 = squares([a, b])"
    assert "d_a += d_v1 * (2.0 * a)" in code_of(plain([a, b]))
    assert code_of(odd([a], b))[0] == "v1 = odd.forward(a, b)"
    assert "local = chosen.partials(v1, a, b)" in code_of(chosen([a, b]))
    for root in (plain([a, b]), odd([a], b), chosen([a, b, a]), plain([2.0, b])):
        assert_same_bits(root)


def test_three_operands_of_which_some_have_no_derivative() -> None:
    """None from a partial sends nothing, as with `where`."""
    row = Op(
        "pick",
        lambda a, b, c: a * b,
        (lambda y, a, b, c: b, lambda y, a, b, c: a, lambda y, a, b, c: None),
    )
    a, b, c = labelled(2.0, 3.0, 4.0)

    assert by_code(row(a, b, exp(c)), [a, b, c]) == ["6.0", "3.0", "2.0", "0.0"]


def test_a_row_that_returns_an_int_is_made_a_float() -> None:
    """As the node of it is."""
    row = Op("three", lambda x: 3, (lambda y, x: 0,))  # type: ignore[arg-type]
    a, _ = labelled(2.0, 3.0)
    root = row(a) * 0.5

    assert code_of(root)[0] == "v1 = float(three(a))"
    assert_same_bits(root)
