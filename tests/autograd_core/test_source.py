"""Which expression of which file made a node."""

import copy
import pickle
import threading
from collections.abc import Callable
from pathlib import Path
from types import CodeType
from typing import Any

import pytest
from project import ROOT

from autograd_core import (
    Value,
    dot,
    grad,
    gradient,
    no_grad,
    tanh,
    topological_order,
)
from autograd_core.recording import Evaluation, record_source
from autograd_core.source import Source, calling, decoded

Function = Callable[..., Any]


def underlined(node: Value) -> str:
    """Return the part of the line that is underlined, by its carets."""
    assert node.source is not None
    line, carets = node.source.underlined().split("\n")
    assert set(carets) <= {" ", "\t", "^"}
    start = carets.index("^")
    return line[start : start + carets.count("^")]


# --- which nodes have one -----------------------------------------------------------
def test_a_node_knows_the_expression_that_made_it() -> None:
    """The file, the line, and the columns of the sub-expression within it."""
    x, w = Value(2.0), Value(3.0)
    with record_source():
        y = x * w + tanh(x)
    source = y.source
    here = (test_a_node_knows_the_expression_that_made_it).__code__.co_firstlineno

    assert source is not None
    assert source[:3] == (__file__, here + 4, 12)
    assert source.text == "        y = x * w + tanh(x)"
    assert [underlined(node) for node in (y, *y.parents)] == [
        *("x * w + tanh(x)", "x * w", "tanh(x)"),
    ]


def test_without_asking_a_node_has_none() -> None:
    """Nor has a leaf, nor a constant in an expression."""
    x = Value(2.0)
    before = x * x
    with record_source():
        y = x * 3.0 + Value(1.0)
    after = x * x

    assert [node.source for node in (before, after)] == [None, None]
    assert [node.source is None for node in topological_order(y) if node.is_leaf] == [
        *(True, True, True),
    ]


def test_it_may_be_asked_for_twice() -> None:
    """Contexts nest, and an error closes them."""
    x = Value(2.0)
    with record_source():
        with pytest.raises(ZeroDivisionError), record_source():
            raise ZeroDivisionError
        inner = x * x
    outer = x * x

    assert inner.source is not None
    assert outer.source is None


def test_other_threads_are_not_asked() -> None:
    """Sources are kept for the thread that wants them."""
    made: list[Value] = []
    with record_source():
        thread = threading.Thread(target=lambda: made.append(Value(2.0) * 3.0))
        thread.start()
        thread.join()
        made.append(Value(2.0) * 3.0)

    assert [node.source is None for node in made] == [True, False]


def test_other_contexts_do_not_matter() -> None:
    """Evaluating records; under no_grad there is no node to have a source."""
    x = Value(2.0)
    with no_grad(), record_source():
        constant = x * x
        with Evaluation():
            recorded = x * x

    assert constant.source is None
    assert underlined(recorded) == "x * x"


def test_the_line_is_that_of_the_caller() -> None:
    """What this package computes for a call has the source of the call."""
    x, w = Value(2.0), Value(3.0)
    with record_source():
        many = dot([x, w], [w, x], 1.0)
        power = x ** 2 - 1  # fmt: skip
        slope = gradient(power, x, create_graph=True)
        inner = grad(lambda t: w * t * t)(x)

    assert [underlined(node) for node in (many, power)] == [
        *("dot([x, w], [w, x], 1.0)", "x ** 2 - 1"),
    ]
    assert underlined(slope) == "gradient(power, x, create_graph=True)"
    assert inner.source is not None
    assert inner.source.filename == __file__


@pytest.mark.parametrize(
    "made",
    [
        lambda x: -x,
        lambda x: 2.0 / x,
        lambda x: abs(x),
        lambda x: x.tanh(),
        lambda x: sum([x, x]),
        lambda x: max(x * 1.0, 0.0 * x, key=lambda node: node.data),
        lambda x: next(node * x for node in [x]),
        lambda x: (lambda: x * x)(),
    ],
)
def test_every_way_to_make_a_node(made: Function) -> None:
    """Operators, methods, builtins, generators: the line is in this file."""
    with record_source():
        node = made(Value(2.0))

    assert node.source is not None
    assert node.source.filename == __file__
    assert "x" in underlined(node)


# --- code that does not tell --------------------------------------------------------
def test_code_that_is_in_no_file() -> None:
    """A line that cannot be read is empty, and is not underlined."""
    names: dict[str, Any] = {"x": Value(2.0)}
    with record_source():
        exec("y = x * x", names)
    source = names["y"].source

    assert source is not None
    assert source.place == "<string>:1"
    assert source.text == ""
    assert source.underlined().strip() == ""


@pytest.mark.parametrize("name", [None, 3, ""])
def test_code_in_a_module_without_a_name(name: Any) -> None:
    """What globals say of themselves is anything at all."""
    names: dict[str, Any] = {"x": Value(2.0), "__name__": name}
    with record_source():
        exec("y = x * x", names)

    assert names["y"].source is not None


def without_positions(code: CodeType) -> CodeType:
    """Return code that does not tell where it was written."""
    return code.replace(co_linetable=b"")


def test_code_without_positions() -> None:
    """As after `python -X no_debug_ranges`, or of a code generator: no source."""
    names: dict[str, Any] = {"x": Value(2.0)}
    with record_source():
        exec(without_positions(compile("y = x * x", "generated", "exec")), names)

    assert names["y"].source is None
    assert decoded(None) is None
    assert decoded((without_positions(compile("1", "generated", "eval")), 0)) is None


def test_calling_finds_who_calls_this_package() -> None:
    """The first frame outside of it; a package of a similar name is outside too."""
    frame = calling()
    other: dict[str, Any] = {"__name__": "autograd_core_of_mine", "calling": calling}
    exec(compile("found = calling()", "mine", "exec"), other)
    inside: dict[str, Any] = {"__name__": "autograd_core.x", "calling": calling}
    exec(compile("found = calling()", "inside", "exec"), inside)

    assert frame is not None
    assert frame[0] is test_calling_finds_who_calls_this_package.__code__
    assert other["found"][0].co_filename == "mine"
    assert inside["found"][0] is frame[0]


def test_a_place_is_seen_from_the_working_directory(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A file below it is named from there, any other by its whole path."""
    source = Source(__file__, 3, 0, 3, 4)
    monkeypatch.chdir(ROOT)
    inside = source.place
    monkeypatch.chdir(tmp_path)

    assert inside == f"{Path(__file__).relative_to(ROOT)}:3"
    assert source.place == f"{__file__}:3"


# --- copies -------------------------------------------------------------------------
@pytest.mark.parametrize(
    "copied",
    [copy.copy, copy.deepcopy, lambda node: pickle.loads(pickle.dumps(node))],
)
def test_nodes_with_sources_are_copied_and_pickled(copied: Function) -> None:
    """A copy has the same numbers and derivatives; where it was made may be lost."""
    x = Value(2.0, label="x")
    with record_source():
        y = tanh(x * x) + x
    y.backward()
    other = copied(y)

    assert (other.data, other.grad, other.op) == (y.data, y.grad, y.op)
    assert other.local_derivatives() == y.local_derivatives()
    assert other.source in (None, y.source)
    assert [node.data for node in topological_order(other)] == [
        node.data for node in topological_order(y)
    ]
