"""The printed Python: it runs, and gives the bits of the replay."""

import math
from typing import Any

import numpy as np
import pytest
from array_programs import STEPS as ARRAY_STEPS
from array_programs import Step, evaluated
from hypothesis import given
from hypothesis import strategies as st
from program_forms import run_source, traced
from random_graphs import STEPS, Steps, grown

import autograd_core
from autograd_core import (
    OPS,
    Value,
    custom_op,
    div,
    dot,
    leaves,
    mean,
    mul,
    tanh,
    total,
    where,
)
from autograd_core.errors import TraceError
from autograd_core.program import Program, trace
from autograd_core.testing import expressions, mlps


def assert_same_bits(program: Program, *args: Any) -> None:
    """Hold the printed Python of a program against its replay, simplified too."""
    for one in (program, program.simplify()):
        assert repr(run_source(one, *args)) == repr(one(*args))


@given(expressions(max_ops=12) | mlps())
def test_expressions_of_all_rows(expression: Any) -> None:
    """Every row is written so that it computes the same bits."""
    point = list(expression.point)

    assert_same_bits(traced(expression, point), point)


@given(STEPS)
def test_graphs_that_stand(steps: Steps) -> None:
    """Shared nodes have one line, constants are written to the last digit."""
    root = grown(steps)[-1]
    inputs = [leaf for leaf in leaves(root) if leaf.requires_grad]

    assert_same_bits(Program.from_graph(root, inputs), [leaf.data for leaf in inputs])


@given(ARRAY_STEPS, st.lists(st.floats(-2, 2), min_size=2, max_size=9))
def test_programs_of_lists(steps: list[Step], point: list[float]) -> None:
    """Layers, choices and sums of any numbers, at another point than the traced."""
    program = trace(lambda xs: evaluated(steps, xs[:1], xs[1:]), [0.5] * len(point))

    assert_same_bits(program, point)


@pytest.mark.parametrize("row", OPS.values(), ids=list(OPS))
@pytest.mark.parametrize("x", [0.0, -0.0, math.inf, -math.inf, math.nan, 0.3])
def test_every_row_at_the_edges(row: Any, x: float) -> None:
    """A row is written as the function that decides what IEEE has to say."""
    operands = [Value(0.5) for _ in range(row.arity or 3)]
    if row.name == "polygamma":
        operands[0] = Value(1.0)
    root = Value.__apply_op__(row, operands)
    point = [x] * len(operands)
    if row.name == "polygamma":
        point[0] = 1.0

    assert_same_bits(Program.from_graph(root, operands), point)


@pytest.mark.parametrize(
    "constant", [math.inf, -math.inf, math.nan, -0.0, -2.5, 1e-320, 1e308, 0.1]
)
def test_constants_of_any_kind(constant: float) -> None:
    """A number is read back to the bit, with its sign, also beside an operator."""
    program = trace(
        lambda x: [
            x - constant,
            constant * x,
            tanh(x) + constant,
            where(x, x, constant),
        ],
        1.0,
    )

    assert_same_bits(program, 0.5)
    assert_same_bits(program, 0.0)


def test_a_program_reads_as_it_was_written() -> None:
    """A line an operation, operators where Python's compute the very same."""

    def f(w: Any, x: Any) -> Any:
        return {"loss": (w[0] * x - w["b"] if False else -(w[0] * x)) / 3, "x": [x]}

    assert trace(f, [0.5], 2.0).source == (
        "from autograd_core import div\n"
        "\n"
        "\n"
        "def program(w, x):\n"
        "    v0 = w[0]\n"
        "    v2 = v0 * x\n"
        "    v3 = -v2\n"
        "    v5 = div(v3, 3.0)\n"
        "    return {'loss': v5, 'x': [x]}\n"
    )


def test_dots_and_sums_are_calls() -> None:
    """A bias of 0 is left out, as by a person."""
    program = trace(lambda w, x: dot(w, x) + mean(x) * total(w), [1.0] * 2, [2.0] * 2)

    assert "dot([v0, v1], [v2, v3])\n" in program.source
    assert "mean([v2, v3])\n" in program.source
    assert_same_bits(program, [0.1, 0.2], [0.3, 0.4])


def test_guards_are_lines_that_raise() -> None:
    """Below the comparison stands what is asked, and the error with its line."""

    def f(x: Any) -> Any:
        return x if x > 0 and (x < 5) & ~(x > 4) else -x

    program = trace(f, 1.0)

    assert program.source.count("raise TraceError") == 2
    assert_same_bits(program, 2.0)
    for x in (-1.0, 4.5, 6.0):
        with pytest.raises(TraceError, match=r"test_source\.py"):
            run_source(program, x)


def test_comparisons_are_floats() -> None:
    """As data a comparison is 1.0 or 0.0, also of nan."""
    program = trace(
        lambda x, y: [x < y, x <= y, (x > y) & (x > 0), (x > y) | (y > 0), ~(x > y)],
        1.0,
        2.0,
    )
    for x in (-1.0, 0.0, 1.0, math.nan):
        for y in (-1.0, -0.0, 2.0, math.nan):
            assert_same_bits(program, x, y)


def test_what_is_closed_over_is_read_from_captured() -> None:
    """The text names the Values of `program.captured` by their number."""
    w = Value(2.0)
    program = trace(lambda x: x * w + w, 1.0)
    w.data = 5.0

    assert "captured[0].data" in program.source
    assert_same_bits(program, 3.0)


@pytest.mark.parametrize(
    "result",
    [
        lambda x, y: x,
        lambda x, y: (x,),
        lambda x, y: [],
        lambda x, y: ([x, (y, {})], {"a": x * y, 3: {"b": (y,)}}),
        lambda x, y: {("a", 1): [x], 'quo"te\n': y},
    ],
)
def test_results_of_any_structure(result: Any) -> None:
    """Tuples of one, empty lists and keys of any kind are written as they are."""
    assert_same_bits(trace(result, 1.0, 2.0), 3.0, 4.0)


def test_arguments_of_any_structure() -> None:
    """Numbers are taken out of lists, dicts and arrays by how one would index."""
    example = ({"a b": [1.0, (2.0,)], 7: 3.0}, np.array([[4.0], [5.0]]))

    def f(tree: Any, array: Any) -> Any:
        return tree["a b"][0] * tree["a b"][1][0] + tree[7] * array[1, 0] - array[0, 0]

    assert_same_bits(trace(f, *example), example[0], [[6.0], [7.0]])


@pytest.mark.parametrize(
    "names",
    [
        *(("v2", "v3"), ("v3", "v0"), ("tanh", "mul"), ("captured", "float")),
        *(("TraceError", "bool"), ("program", "x"), ("tanh", "tanh_"), ("div", "v1")),
    ],
)
def test_an_argument_may_be_called_anything(names: tuple[str, str]) -> None:
    """No name of an argument is one that the text means something else by."""
    a, b = names
    f = eval(
        f"lambda {a}, {b}: DIV(MUL({a}, {b}) + {a}, {b}) if TANH({a}) < 9 else {b}",
        {"DIV": div, "MUL": mul, "TANH": tanh},
    )
    program = trace(f, 2.0, 3.0)

    assert_same_bits(program, 5.0, 7.0)
    assert run_source(program, 5.0, 7.0) == 40 / 7


@custom_op(lambda y, x: 3 * x * x)
def cube(x: float) -> float:
    """Return x³."""
    return x * x * x


def test_a_row_of_ones_own_is_named() -> None:
    """It is called by its name, which the text says is not to be imported."""
    program = trace(lambda x: cube(x) * 2, 1.0)

    assert "# cube is a row that is not in the op table" in program.source
    assert_same_bits(program, 1.7)


def test_the_text_imports_what_it_calls() -> None:
    """Run in an empty namespace, it needs nothing but the package."""
    program = trace(lambda x: tanh(x) / x if x > 0 else x, 1.0)
    scope: dict[str, Any] = {}
    exec(program.source, scope)

    assert scope["program"](0.5) == math.tanh(0.5) / 0.5
    assert scope["tanh"] is autograd_core.tanh


def test_the_text_of_arrays_is_python() -> None:
    """The numpy code is one function of the arguments, and compiles."""
    program = trace(lambda w, x: total([tanh(a * x) for a in w]), [1.0] * 3, 2.0)
    text = program.batch(in_axes=(None, 0)).source

    compile(text, "text", "exec")
    assert text.startswith("def program(w, x):\n")
    assert "tanh(" in text
