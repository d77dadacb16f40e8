"""Conditions that a person types: what they mean, and that they can do nothing else."""

import dis
import math
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from autograd_core import Value
from autograd_core.debug.tape.condition_reader import FUNCTIONS, NUMBERS, OWN
from autograd_core.debug.tape.conditions import Condition
from autograd_core.debug.tape.names import Names
from autograd_core.errors import OperandError, UnknownNameError

NODES = {name: Value(1.0, label=name) for name in ("w", "x", "e", "loss")}
NAMES = Names(list(NODES.values()))
FACTS = {
    "data": 0.5,
    "grad": -2.0,
    "op": "tanh",
    "label": "x",
    "module": "layers.0",
    "state": "partial",
}


def ask(node: Value, fact: str) -> float:
    """Return the numbers of the nodes that a condition names."""
    return {"data": 3.0, "grad": -0.25}[fact]


def holds(text: str, facts: Mapping[str, Any] = FACTS) -> bool:
    """Read a condition and ask it once."""
    return Condition(text, NAMES.find).holds(facts, ask)


# --- what they mean -----------------------------------------------------------------
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("abs(grad) > 1", True),
        ("not isfinite(data)", False),
        ("data > 1 or grad < 0 and data == 0.5", True),
        ("-2 <= grad <= -1", True),
        ("op == 'tanh' and label in ('x', 'y')", True),
        ("'layers' in module and module != 'layers.1'", True),
        ("state in ['partial', 'final']", True),
        ("data not in (1, 2)", True),
        ("label", True),
        ("0", False),
        ("True", True),
        ("data if grad > 0 else data - 0.5", False),
        ("w > 2 and w.grad == -0.25 and w.data == w", True),
        ("e == 3", True),  # a node of that name is meant, not Euler's number
        ("e.grad < 0 and pi > 3.14 and data < inf and nan != nan", True),
        ("round(2 * pi, 2) == 6.28 and round(data) == 0", True),
        ("log(8, 2) == 3 and log(1) == 0 and hypot(3, 4) == 5", True),
        ("max(data, grad, 1) == 1 and min(data, w.grad) == -0.25", True),
        ("(grad > 0) + (data > 0) == 1", True),
        ("7 // 2 + 7 % 2 - 2 ** 3 / 4 == 2", True),
        ("'b' > 'a'", True),
        (" (data\n> 0) \t", True),
        ("0x10 == 16 and 1_000 == 1e3", True),
    ],
)
def test_what_a_condition_means(text: str, expected: bool) -> None:
    """Python's expressions of numbers, and comparisons of texts."""
    assert holds(text) is expected


def test_the_value_of_an_expression() -> None:
    """A float, a text or a truth; None while a number is not there."""

    def value(text: str) -> Any:
        return Condition(text, NAMES.find).value(FACTS, ask)

    assert [value(text) for text in ("data * 2", "op", "data > 0")] == [
        1.0,
        "tanh",
        True,
    ]
    assert isinstance(value("round(2.5)"), float)
    assert isinstance(value("(data > 0) + (grad > 0)"), float)
    assert Condition("data + w", NAMES.find).value({"data": None}, ask) is None


def test_without_nodes_of_these_names_they_are_constants() -> None:
    """`e` is Euler's number where no node is called so."""
    assert Condition("e == exp(1) and pi > 3", None).holds({}, None)
    assert Condition("e > 2", Names([Value(1.0)]).find).nodes == ()


def test_what_a_condition_asks() -> None:
    """Facts of the node at hand, other nodes, and whether gradients matter to it."""
    rule = Condition("  abs(grad) > w.grad * x and w > 0 ", NAMES.find)

    assert rule.text == "abs(grad) > w.grad * x and w > 0"
    assert repr(rule) == "Condition('abs(grad) > w.grad * x and w > 0')"
    assert rule.mentions == {"grad"}
    assert rule.nodes == (NODES["w"], NODES["x"])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("data > 1", False),
        ("op == 'log' or label", False),
        ("w > 1", False),
        ("grad > 1", True),
        ("w.grad > data", True),
        ("state == 'final'", True),
    ],
)
def test_whether_gradients_matter(text: str, expected: bool) -> None:
    """What is only about values cannot change while gradients flow."""
    assert Condition(text, NAMES.find).asks_gradients is expected


@pytest.mark.parametrize(
    "text", ["grad > 0", "not grad > 0", "grad != grad", "1 or grad"]
)
def test_a_number_that_is_not_there_yet_makes_no_condition_hold(text: str) -> None:
    """Neither one nor its opposite."""
    assert not holds(text, {**FACTS, "grad": None})
    assert not Condition(text.replace("grad", "w.grad"), NAMES.find).holds(
        FACTS, lambda node, fact: None
    )


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("1 / (data - 0.5) > 1", ZeroDivisionError),
        ("data % 0", ZeroDivisionError),
        ("10.0 ** 1000 > data", OverflowError),
        ("exp(1000) > data", OverflowError),
        ("round(inf)", OverflowError),
        ("sqrt(grad) > 0", ValueError),
        ("round(nan)", ValueError),
        ("grad ** 0.5 > 0", TypeError),
    ],
)
def test_what_arithmetic_raises_comes_out(text: str, error: type[Exception]) -> None:
    """A tape stops there, and says so."""
    rule = Condition(text, NAMES.find)
    with pytest.raises(error):
        rule.holds(FACTS, ask)


# --- the same as Python -------------------------------------------------------------
class Node(float):
    """A number with a gradient, as Python would have it."""

    data = property(float)
    grad = -0.25


NUMBER = st.one_of(
    st.sampled_from(["data", "grad", "w", "w.data", "w.grad", "pi", "inf", "nan"]),
    st.floats(0, allow_infinity=False).map(repr),
)


def larger(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Draw an expression of smaller ones."""
    pairs = st.tuples(inner, inner)
    signs = st.sampled_from(
        ["+", "-", "*", "/", "//", "%", "<", "<=", ">", ">=", "==", "!=", "and", "or"]
    )
    ones = st.sampled_from(sorted(set(FUNCTIONS) - {"round", "max", "min", "copysign",
        "fmod", "hypot"}))  # fmt: skip
    twos = st.sampled_from(["max", "min", "copysign", "fmod", "hypot", "log"])
    return st.one_of(
        st.tuples(signs, pairs).map(lambda d: f"({d[1][0]}) {d[0]} ({d[1][1]})"),
        st.tuples(signs, pairs).map(lambda d: f"(({d[1][0]}) {d[0]} {d[1][1]})"),
        pairs.map(lambda d: f"(abs({d[0]}) ** ({d[1]}))"),
        pairs.map(lambda d: f"(({d[0]}) in ({d[1]}, 1.0))"),
        st.tuples(inner, pairs).map(
            lambda d: f"(({d[1][0]}) if {d[0]} else ({d[1][1]}))"
        ),
        st.tuples(st.sampled_from(["-", "+", "not "]), inner).map(
            lambda d: f"({d[0]}({d[1]}))"
        ),
        st.tuples(ones, inner).map(lambda d: f"{d[0]}({d[1]})"),
        st.tuples(twos, pairs).map(lambda d: f"{d[0]}({d[1][0]}, {d[1][1]})"),
    )


EXPRESSIONS = st.recursive(NUMBER, larger, max_leaves=8)


def outcome(evaluate: Callable[[], Any]) -> Any:
    """Return the truth of a result, or which error came."""
    try:
        return bool(evaluate())
    except (ArithmeticError, TypeError, ValueError) as error:
        return type(error)


@given(EXPRESSIONS, st.floats(), st.floats())
def test_a_condition_is_what_python_makes_of_it(
    text: str, data: float, grad: float
) -> None:
    """On floats, to the error that is raised."""
    rule = Condition(text, NAMES.find)
    facts = {"data": data, "grad": grad}
    names = vars(math) | facts | {"w": Node(3.0)}

    assert outcome(lambda: rule.holds(facts, ask)) == outcome(lambda: eval(text, names))


# --- and nothing else ---------------------------------------------------------------
HOSTILE = (
    *("__import__('os').system('x')", "().__class__.__bases__[0]", "data.__class__"),
    *("(lambda: 0)()", "[x for x in (1, 2)]", "{x: 1 for x in w}", "(y := data)"),
    *("f'{data}'", "f'{data!r:>{w}}'", "'%999999999d' % data", "'a' * 10 ** 9"),
    *("'{0.__class__}'.format", "open('x')", "exec('1')", "eval('1')", "print(data)"),
    *("10 ** 10 ** 10", "9 ** 9 ** 9 ** 9", "1 << 10 ** 9", "-1 ** 10 ** 10"),
    *("(1, 2) * 10 ** 9", "[data] * 10", "max(*w)", "max(w, key=abs)", "abs(x=1)"),
    *(
        "data[0]",
        "data.real",
        "w.grad.real",
        "w.__dict__",
        "w.data.grad",
        "w.backward()",
    ),
    *(
        "await data",
        "yield data",
        "lambda: data",
        "...",
        "None",
        "b'x'",
        "3j",
        "'a' 'b'",
    ),
    *("data; grad", "data = 1", "import os", "x" * 2000, "(" * 900, "-" * 990 + "1"),
    *(
        "not " * 240 + "1",
        "+".join(["1"] * 400),
        "[" * 90 + "]" * 90,
        "w." * 300 + "grad",
    ),
    *(
        "1if data else 2",
        "'\\d' == op",
        "0_7",
        "'\\N{BELL}'",
        "\x00",
        "\ud800",
        "é",
        "𝐝𝐚𝐭𝐚",
    ),
    *(
        "9" * 400 + " > data",
        "1e999",
        "0x" + "f" * 400,
        "~w",
        "data @ grad",
        "data is 1",
    ),
    *("__debug__", "__builtins__", "True + True", "print", "abs", "abs(abs)", "w()"),
    *("(1 == 1) + (1 == 1)", "round(1e308) ** round(1e308)", "~(1 == 1)"),
    "((1==1)+(1==1))**((1==1)+(1==1))**((1==1)+(1==1))**((1==1)+(1==1))**7**7**7",
    "(True+True)**(True+True)**(True+True)**(True+True)**(True+True)**(True+True)",
    "max(True, 2)**max(True, 9)**max(True, 9)**max(True, 9)**max(True, 9)",
    "abs(True + True) ** abs(9 if w else True) ** round(9.0) ** round(9) ** 9 ** 9",
    "(-True - True) ** (not 0) ** -(-9) ** +(9) ** (9 or 9) ** (9 and 9) ** 99 ** 99",
)
THREE = "((1 == 1) + (1 == 1) + (1 == 1))", "(abs(1 == 1) + abs(1 == 1) + abs(1 == 1))"
HOSTILE += tuple("**".join([three] * 4) for three in THREE)
PARTS = st.sampled_from(
    (
        *("data", "grad", "w", "abs", "(", ")", "[", "]", "{", "}", "'", '"', ".", ","),
        *(
            "**",
            "*",
            "+",
            "-",
            "/",
            "%",
            "<<",
            "|",
            "&",
            "~",
            "@",
            ":=",
            "=",
            "==",
            "<",
        ),
        *(" if ", " else ", " for ", " in ", " is ", " not ", " and ", "lambda ", "f'"),
        *(
            "9",
            "1e5",
            "0x",
            "j",
            "_",
            "__class__",
            "import ",
            "await ",
            "\\",
            "\n",
            "#",
        ),
        *HOSTILE,
    )
)
ALLOWED = {*FUNCTIONS, *NUMBERS, *OWN, "float"}


def check_harmless(text: str) -> None:
    """See that a text is refused, or that all it can do is arithmetic."""
    try:
        rule = Condition(text, NAMES.find)
    except (OperandError, UnknownNameError):
        return
    asked = {f"{name}.{fact}" for name in NODES for fact in ("data", "grad")}
    assert set(rule._code.co_names) <= ALLOWED | asked
    for instruction in dis.get_instructions(rule._code):
        assert "ATTR" not in instruction.opname
        assert "METHOD" not in instruction.opname
        assert "IMPORT" not in instruction.opname
        assert "STORE" not in instruction.opname
    outcome(lambda: rule.holds(FACTS, ask))


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_texts_do_nothing(text: str) -> None:
    """They are refused, or they are arithmetic that ends."""
    check_harmless(text)


@given(st.text())
@example("")
def test_no_text_does_anything_but_arithmetic(text: str) -> None:
    """Whatever is typed."""
    check_harmless(text)


@given(st.lists(PARTS, max_size=12).map("".join))
def test_no_pieces_of_python_do_anything_but_arithmetic(text: str) -> None:
    """Whatever a person who knows Python puts together."""
    check_harmless(text)


@given(EXPRESSIONS, PARTS, st.integers(0, 10**6), st.integers(0, 3))
def test_no_change_to_a_condition_makes_it_do_more(
    text: str, part: str, place: int, cut: int
) -> None:
    """Some of it left out, and something else put in."""
    place %= len(text) + 1
    check_harmless(text[:place] + part + text[place + cut :])


# --- refusals -----------------------------------------------------------------------
@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "an expression such as abs(grad) > 10"),
        (" \n", "an expression such as abs(grad) > 10"),
        ("data > " + "1" * 1000, "of at most 1000 characters; got 1007"),
        ("data >", "cannot read 'data >' as a condition (invalid syntax)"),
        ("data = 3", "cannot read"),
        ("-" * 90 + "data", "60 levels deep"),
        ("data.real > 1", "only .data and .grad of a name, not data.real"),
        ("print(data)", "calls of abs, copysign, cos"),
        ("w.backward()", "not w.backward()"),
        ("abs(data, grad)", "abs() of 1 operands, not abs(data, grad)"),
        ("max(data, grad, key=abs)", "calls of abs"),
        ("max(data)", "max() of 2 to 9 operands, not max(data)"),
        ("log() > 1", "log() of 1 to 2 operands, not log()"),
        ("abs > 3", "abs(...), not abs without its operand"),
        ("(data > 1) & (grad > 1)", "and, or and not"),
        ("~data", "+, - and not, not ~data"),
        ("grad is nan", "==, !=, <, <=, >, >= and in, not grad is nan"),
        ("data > 3j", "numbers and texts, not 3j"),
        ("grad == None", "numbers and texts, not None"),
        ("op > 3", "two numbers or two texts compared, not op > 3"),
        ("label + 1", "not label, a text, as a number"),
        ("abs(op)", "not op, a text, as a number"),
        ("-label", "not label, a text, as a number"),
        ("data in op", "after in, not op"),
        ("op in ('log', 3)", "after in, not ('log', 3)"),
        ("(data if w else op) + 1", "a number or a text, as a number"),
        ("[data]", "arithmetic and comparisons, not List"),
        ("lambda: 1", "arithmetic and comparisons, not Lambda"),
        ("9" * 400 + " > data", "numbers that fit"),
        ("los > 1", "no node is called 'los'; did you mean 'loss'"),
        ("lost.grad > 1", "no node is called 'lost'; did you mean 'loss'"),
    ],
)
def test_what_is_no_condition_is_refused(text: str, message: str) -> None:
    """The message says what was found, and what may stand there."""
    with pytest.raises((OperandError, UnknownNameError)) as caught:
        Condition(text, NAMES.find)

    assert message in str(caught.value)
    assert len(str(caught.value)) < 400


@pytest.mark.parametrize("text", [None, 3, b"data > 1", ["data"], Value(1.0)])
def test_a_condition_is_a_text(text: Any) -> None:
    """The message says what was passed."""
    with pytest.raises(TypeError, match="a condition is a text such as"):
        Condition(text, NAMES.find)


def test_without_a_graph_there_are_no_names() -> None:
    """The message lists what may be asked."""
    with pytest.raises(ValueError, match="no number is called 'grd'; did you mean"):
        Condition("grd > 1", None)


def test_a_name_of_several_nodes_is_told() -> None:
    """As wherever a node is named."""
    twins = [Value(1.0, label="e") for _ in range(2)]
    with pytest.raises(ValueError, match="2 nodes are called 'e'"):
        Condition("e > 1", Names(twins).find)
