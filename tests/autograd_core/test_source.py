"""Which expression of which file made a node."""

import copy
import pickle
import threading
from collections.abc import Callable, Iterator
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
    recording,
    scope,
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
    """Before and after the context nothing is kept."""
    x = Value(2.0)
    before = x * x
    with record_source():
        inside = x * x
    after = x * x

    nodes = (x, before, inside, after)
    assert [node.source is None for node in nodes] == [True, True, False, True]


def test_leaves_have_one_too() -> None:
    """A leaf knows its call of Value, a constant the expression that it was met in."""
    with record_source():
        x, fixed = Value(2.0), Value(1.0, requires_grad=False)
        y = x * 3.0 + dot([fixed], [4.0], 5.0) ** 2

    assert {underlined(leaf) for leaf in topological_order(y) if leaf.is_leaf} == {
        *("Value(2.0)", "Value(1.0, requires_grad=False)", "x * 3.0"),
        *("dot([fixed], [4.0], 5.0)", "dot([fixed], [4.0], 5.0) ** 2"),
    }


def test_seats_and_copies_of_numbers_have_the_line_of_the_call() -> None:
    """What the package makes on its own account was asked for by somebody."""
    seats = []
    with record_source():
        x = Value(2.0)
        grad(lambda t: seats.append(t) or t * t)(3.0)
        constant = x.detach()

    assert underlined(constant) == "x.detach()"
    assert "grad(lambda t: seats" in underlined(seats[0])


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


def made_in_thread() -> Value:
    """Return a node that another thread has made."""
    made: list[Value] = []
    thread = threading.Thread(target=lambda: made.append(Value(2.0) * 3.0))
    thread.start()
    thread.join()
    return made[0]


def test_other_threads_are_not_asked() -> None:
    """Sources are kept for the thread that wants them."""
    with record_source():
        elsewhere, here = made_in_thread(), Value(2.0) * 3.0

    assert elsewhere.source is None
    assert here.source is not None


def test_all_threads_may_be_asked() -> None:
    """The switch holds everywhere, and twice is once."""
    record_source.enable()
    record_source.enable()
    try:
        elsewhere, here = made_in_thread(), Value(2.0) * 3.0
    finally:
        record_source.disable()
    after = made_in_thread(), Value(2.0) * 3.0

    assert elsewhere.source is not None
    assert here.source is not None
    assert [node.source for node in after] == [None, None]


def test_the_switch_and_a_context_do_not_meet() -> None:
    """To switch off closes no context, and a context switches nothing off."""
    record_source.disable()
    with record_source():
        record_source.enable()
        record_source.disable()
        in_context = Value(2.0)
    record_source.enable()
    try:
        with record_source():
            pass
        switched_on = Value(2.0)
    finally:
        record_source.disable()

    assert in_context.source is not None
    assert switched_on.source is not None
    assert (recording.watchers, recording.notes, recording.leaf_notes) == (0, 0, 0)


def test_it_decorates_a_function() -> None:
    """A decorated function keeps sources, and only it."""

    @record_source()
    def square(x: Value) -> Value:
        return x * x

    assert underlined(square(Value(2.0))) == "x * x"
    assert (Value(2.0) * 2.0).source is None


def test_a_generator_that_is_closed_late() -> None:
    """Two contexts that end in the wrong order end all the same."""

    def nodes() -> Iterator[Value]:
        with record_source():
            while True:
                yield Value(2.0) * 2.0

    generator = nodes()
    assert next(generator).source is not None
    with record_source():
        generator.close()
        assert (Value(2.0) * 2.0).source is not None

    assert (Value(2.0) * 2.0).source is None


def test_scopes_and_sources() -> None:
    """One does not hide the other."""
    x = Value(2.0)
    with scope("block"), record_source():
        nodes = [x * x, -x, tanh(x), x * 2.0]

    assert [node.scope for node in nodes] == ["block"] * 4
    assert None not in [node.source for node in nodes]


def test_other_contexts_do_not_matter() -> None:
    """Under no_grad the constant that is the result has the source."""
    x = Value(2.0)
    with no_grad(), record_source():
        constant = x * x
        with Evaluation():
            recorded = x * x

    assert underlined(constant) == underlined(recorded) == "x * x"
    assert constant.parents == ()


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
