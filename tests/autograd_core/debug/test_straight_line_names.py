"""Names and comments of generated code: no text of anybody's becomes code."""

import ast
import builtins
import io
import keyword
import linecache
import tokenize
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd_core import OPS, Op, Value, exp, logsumexp, record_source, tanh
from autograd_core.debug.straight_line import to_python
from autograd_core.debug.straight_line.identifiers import (
    Identifiers,
    as_comment,
    as_identifier,
)

ATTACKS = [
    "x\nimport os; os.abort()",
    "x\r\nraise SystemExit(1)",
    "x\x0braise SystemExit(1)",
    "x\x0craise SystemExit(1)",
    "x\x85raise SystemExit(1)",
    "x\u2028raise SystemExit(1)",
    "x\u2029raise SystemExit(1)",
    "x\0raise SystemExit(1)",
    "\ud800\udfff",
    "\u202eevil\u2066\u2069",
    '"""); raise SystemExit(1); ("""',
    "'); raise SystemExit(1)  # ",
    "=0, y=__import__('os').abort()",
    "# -*- coding: utf-7 -*-",
    "coding=unknown",
    "__import__",
    "__builtins__",
    "\uff49\uff4d\uff50\uff4f\uff52\uff54",  # NFKC: import
    "ⅸ",
    "{0} {name} %s \\",
    "\\N{BULLET}\\",
    "lambda",
    "None",
    "match",
    "_",
    "x" * 10_000,
    " ",
]
HOSTILE = st.sampled_from(ATTACKS) | st.text() | st.text(st.characters())
TEXTS = HOSTILE | st.lists(HOSTILE, max_size=3).map("".join)


def names_in(source: str) -> set[str]:
    """Return every identifier of some code, of whatever kind."""
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    return {token.string for token in tokens if token.type == tokenize.NAME}


def assert_harmless(source: str, expected: set[str]) -> None:
    """Check that code is imports and one function of names, numbers and calls."""
    docstring, *rest = ast.parse(source).body
    *imports, function = rest
    allowed = (ast.Name, ast.Constant, ast.Call, ast.BinOp, ast.UnaryOp, ast.List)
    allowed += (ast.Dict, ast.Tuple, ast.Subscript, ast.operator, ast.unaryop)

    assert isinstance(docstring, ast.Expr)
    assert all(isinstance(node, ast.ImportFrom) for node in imports)
    assert isinstance(function, ast.FunctionDef)
    for default in function.args.defaults:
        assert all(isinstance(part, (*allowed, ast.Load)) for part in ast.walk(default))
    for statement in function.body[1:]:
        assert isinstance(statement, ast.Assign | ast.AugAssign | ast.Return)
        parts = [part for part in ast.walk(statement) if part is not statement]
        assert all(isinstance(p, (*allowed, ast.expr_context)) for p in parts)
    assert names_in(source) <= expected


FIXED = {
    *("from", "import", "autograd_core", "sequences", "def", "run", "return", "local"),
    *("tanh", "exp", "sech_squared", "logsumexp", "as", "softmax"),
    *(f"softmax_{i}" for i in range(5)),
}


@given(st.lists(TEXTS, min_size=4, max_size=4))
def test_no_label_becomes_code(labels: list[str]) -> None:
    """Whatever a label holds, the names are its letters and the rest is a comment."""
    a, b = (Value(0.5, label=label) for label in labels[:2])
    inner = tanh(a) + b
    inner.label = labels[2]
    root = logsumexp([exp(inner), a])
    root.label = labels[3]
    code = to_python(root)
    root.backward()

    assert_harmless(
        code.source, FIXED | {x for name in code.names for x in (name, f"d_{name}")}
    )
    assert len(code.names) == 6  # none is given twice
    assert sorted(code()[1].values()) == sorted([a.grad, b.grad])


@given(TEXTS, TEXTS)
def test_no_source_line_becomes_code(filename: str, line: str) -> None:
    """Nor does the name of a file, nor what tools believe to stand in it."""
    names: dict[str, Any] = {"x": Value(0.5, label="x")}
    name = "at " + filename.replace("\0", "").encode(errors="ignore").decode()
    with record_source():
        exec(compile("y = x * x", name, "exec"), names)
    linecache.cache[name] = (1, None, [line], name)
    code = to_python(names["y"])
    del linecache.cache[name]

    assert_harmless(code.source, FIXED | {"x", "d_x", "v1", "d_v1"})


@given(TEXTS)
def test_no_name_of_a_row_becomes_code(name: str) -> None:
    """Rows may be called anything, be they in the table or not."""
    row = Op(name, lambda x: 2.0 * x, (lambda y, x: 2.0,))
    node = row(Value(0.5))
    kept = dict(OPS)
    try:
        sources = [to_python(node).source]
        OPS[name] = row
        sources.append(to_python(node).source)
    finally:
        OPS.clear()
        OPS.update(kept)

    for source in sources:
        head, _, function = source.partition("\ndef run")
        call = ast.parse(f"def run{function}").body[0].body[1].value
        called = call.func.id
        assert called.isidentifier()
        assert called not in {*keyword.kwlist, *dir(builtins), *kept}
        for statement in ast.parse(head).body[1:]:
            if isinstance(statement, ast.Assign):
                assert ast.unparse(statement) == f"{called} = OPS[{name!r}]"
            else:
                assert isinstance(statement, ast.ImportFrom)


@pytest.mark.parametrize("label", ATTACKS)
def test_a_file_with_a_hostile_label_is_what_it_says(
    label: str, tmp_path: Path
) -> None:
    """Python reads the file as it was written, in its encoding, and prints numbers."""
    path = tmp_path / "graph.py"
    code = to_python(Value(2.0, label=label) * 3.0, path)
    with tokenize.open(path) as opened:
        text = opened.read()

    assert opened.encoding == "utf-8"
    assert text == code.source
    assert len(text.split("\n")) == len(text.splitlines()) + 1
    assert list(code()[1].values()) == [3.0]


# --- names --------------------------------------------------------------------------
@given(TEXTS)
def test_an_identifier_is_ascii_and_short(text: str) -> None:
    """Of a label there remain letters, digits and single underscores between."""
    name = as_identifier(text)

    assert name.isascii()
    assert len(name) <= 40
    assert name == "" or f"x{name}".isidentifier()
    assert not name.startswith("_")


@given(st.lists(TEXTS | st.sampled_from(["x", "x_1", "d_x", "d_d_x", "x0", "v1"])))
def test_no_name_is_given_twice_nor_that_of_a_gradient(texts: list[str]) -> None:
    """The names and the names of their gradients are all different, and free."""
    identifiers = Identifiers(["run"])
    names = [identifiers.new(text) for text in texts]
    gradients = [f"d_{name}" for name in names]

    assert len({*names, *gradients}) == 2 * len(texts)
    assert all(name.isidentifier() for name in names)
    assert not {*names, *gradients} & {"run", *keyword.kwlist, *dir(builtins)}


def test_names_are_told_apart_in_order() -> None:
    """The first has the name; labels come before what has none."""
    nodes = [Value(1.0, label=label) for label in ("w", "w", "w.1", "x0", "v1", "")]
    root = exp(nodes[0]) * 1.0
    for node in nodes[1:]:
        root = root + node
    names = to_python(root).names

    assert [name for name, node in names.items() if node.is_leaf] == [
        *("w", "w_1", "w_1_1", "x0", "v1", "x1"),
    ]
    assert [name for name, node in names.items() if not node.is_leaf] == [
        *("v2", "v3", "v4", "v5", "v6", "v7", "v8"),
    ]


@pytest.mark.parametrize("name", [*OPS, "run", "local", "OPS", "inf", "sum", "for"])
def test_what_the_code_calls_is_no_name_of_a_node(name: str) -> None:
    """A node called like a row, a builtin or a word of Python gets an underscore."""
    x = Value(0.5, label=name)

    assert list(to_python(tanh(x)).names) == [f"{name}_", "v1"]


def test_a_node_may_be_called_like_a_helper() -> None:
    """The helper is then imported by another name."""
    x = Value(0.5, label="softmax")
    code = to_python(logsumexp([x, x]))

    assert "from autograd_core.sequences import softmax as softmax_1\n" in str(code)
    assert code()[1] == {"softmax": 1.0}


def test_rows_of_one_name_are_told_apart() -> None:
    """Somebody's own tanh is not ours."""
    own = Op("tanh", lambda x: 2.0 * x, (lambda y, x: 2.0,))
    x = Value(0.5, label="x")
    code = to_python(own(tanh(x)))

    assert "    v1 = tanh(x)\n    v2 = tanh_(v1)\n" in str(code)
    assert code() == (2 * tanh(0.5), {"x": 2 * OPS["sech_squared"](0.5)})


@pytest.mark.parametrize(
    ("label", "name"), [(None, "x0"), (0, "x0"), (3, "x_3"), (["w"], "w")]
)
def test_a_label_that_is_no_text(label: Any, name: str) -> None:
    """Anything may have been assigned."""
    x = Value(0.5)
    x.label = label

    assert list(to_python(tanh(x)).names) == [name, "v1"]


# --- comments -----------------------------------------------------------------------
@pytest.mark.parametrize("character", [*"aZ 09#'\"{}éß→θ語𝑥"])
def test_a_comment_keeps_what_prints(character: str) -> None:
    """Labels in any script can be read."""
    assert as_comment(character) == character


@given(TEXTS, st.integers(5, 100))
def test_a_comment_is_one_line_that_prints(text: str, width: int) -> None:
    """It can be encoded, and shows no text from right to left that is not."""
    comment = as_comment(text, width)

    assert comment.isprintable()
    assert comment.encode("utf-8").decode() == comment
    assert len(comment.splitlines()) <= 1
    assert len(comment) <= 10 * width
