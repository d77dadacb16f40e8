"""What is refused: other structures, other counts, what is no number, in words."""

import subprocess
import sys
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from autograd_core import Value
from autograd_core.errors import (
    DomainError,
    OperandError,
    ShapeError,
    TraceError,
)
from autograd_core.program import Program, trace


def model(w: Any, x: Any) -> Any:
    """Return a number made of a dict and a list."""
    return w["a"][0] * x[0] + w["a"][1] * x[1] + w["b"]


W = {"a": [1.0, 2.0], "b": 3.0}
X = [4.0, 5.0]


@pytest.fixture(params=["program", "simplified", "value_and_grad"])
def scalar(request: pytest.FixtureRequest) -> Any:
    """Return a way to run a program number by number."""
    program = trace(model, W, X)
    ways = {
        "program": program,
        "simplified": program.simplify(),
        "value_and_grad": program.value_and_grad,
    }
    return ways[request.param]


@pytest.fixture(params=["arrays", "arrays value_and_grad", "batch"])
def arrays(request: pytest.FixtureRequest) -> Any:
    """Return a way to run a program over arrays, for one example."""
    program = trace(model, W, X)
    run = (
        program.batch(None) if request.param != "batch" else program.batch((None, None))
    )
    return run.value_and_grad if "grad" in request.param else run


# --- structures ---------------------------------------------------------------------
STRUCTURES: dict[str, tuple[Any, Any, str]] = {
    "a list too long": (W, [1.0, 2.0, 3.0], "x"),
    "a list too short": (W, [1.0], "x"),
    "a number for a list": (W, 1.0, "x"),
    "a list for a number": ({"a": [1.0, 2.0], "b": [3.0]}, X, "w"),
    "a list in a list": (W, [[1.0], 2.0], "x"),
    "a key too many": ({**W, "c": 1.0}, X, "w"),
    "a key too few": ({"a": [1.0, 2.0]}, X, "w"),
    "another key": ({"a": [1.0, 2.0], "c": 3.0}, X, "w"),
    "a list for a dict": ([[1.0, 2.0], 3.0], X, "w"),
    "a dict for a list": (W, {0: 1.0, 1: 2.0}, "x"),
    "nothing": (W, [], "x"),
    "an array of another shape": (W, np.ones((2, 1)), "x"),
}


@pytest.mark.parametrize(("w", "x", "name"), STRUCTURES.values(), ids=STRUCTURES)
def test_another_structure(scalar: Any, w: Any, x: Any, name: str) -> None:
    """The message names the argument, what was expected and what came."""
    with pytest.raises(
        ShapeError, match=rf"traced with another {name}: expected .*got"
    ):
        scalar(w, x)


@pytest.mark.parametrize(("w", "x", "name"), STRUCTURES.values(), ids=STRUCTURES)
def test_another_structure_of_arrays(arrays: Any, w: Any, x: Any, name: str) -> None:
    """Over arrays too, by the argument or the part of it."""
    with pytest.raises((ShapeError, OperandError), match=rf"^{name}"):
        arrays(w, x)


@pytest.mark.parametrize("args", [(), (W,), (W, X, X)])
def test_another_count_of_arguments(scalar: Any, arrays: Any, args: Any) -> None:
    """The message lists the arguments that there are."""
    for run in (scalar, arrays):
        with pytest.raises(
            ShapeError, match=rf"2 arguments, \(w, x\); got {len(args)}"
        ):
            run(*args)


def test_the_program_is_whole_after_an_error(scalar: Any, arrays: Any) -> None:
    """What was refused has changed nothing."""
    for run in (scalar, arrays):
        true = run(W, X)
        for bad in ([1.0], ["a", "b"], [None, 1.0], np.ones(7)):
            with pytest.raises((ShapeError, OperandError)):
                run(W, bad)
        again = run(W, X)
        assert str(again) == str(true)


# --- numbers ------------------------------------------------------------------------
NO_NUMBERS = ["a", None, 1j, Value(1.0), object(), b"1", {1.0}]


@pytest.mark.parametrize("bad", NO_NUMBERS, ids=lambda x: type(x).__name__)
def test_what_is_no_number(scalar: Any, bad: Any) -> None:
    """It is described, with the argument that it stands in."""
    with pytest.raises(OperandError, match=r"x\[1\] of model takes a real number, not"):
        scalar(W, [1.0, bad])
    with pytest.raises(OperandError, match=r"w\['b'\] of model takes a real number"):
        scalar({"a": [1.0, 2.0], "b": bad}, X)


@pytest.mark.parametrize("bad", NO_NUMBERS, ids=lambda x: type(x).__name__)
def test_what_is_no_number_in_arrays(arrays: Any, bad: Any) -> None:
    """Lists of what is no number, and arrays of objects, are refused alike."""
    with pytest.raises(OperandError, match="x of model takes numbers; got"):
        arrays(W, [1.0, bad])
    with pytest.raises(OperandError, match="x of model takes numbers; got"):
        arrays(W, np.array([bad, bad], dtype=object))


@pytest.mark.parametrize(
    "dtype", ["complex128", "U4", "S4", "datetime64[s]", "timedelta64[s]", "V8"]
)
def test_arrays_of_another_type(arrays: Any, dtype: str) -> None:
    """Numpy would turn some of them into numbers; what was meant is not known."""
    with pytest.raises(OperandError, match="x of model takes numbers; got"):
        arrays(W, np.zeros(2, dtype=dtype))


def test_numbers_of_other_types(scalar: Any) -> None:
    """Fractions, bools, ints, scalars of numpy are numbers, and a huge int is not."""
    assert scalar({"a": [Fraction(1, 2), True], "b": np.int8(3)}, [2, np.float32(5)])
    with pytest.raises(DomainError, match=r"beyond 1\.8e308"):
        scalar(W, [10**400, 1.0])


def test_nan_and_infinity_are_numbers(scalar: Any, arrays: Any) -> None:
    """They are computed with, as in the engine."""
    for run in (scalar, arrays):
        found = run(W, [float("nan"), float("inf")])
        value = found[0] if isinstance(found, tuple) else found
        assert value != value


# --- batches ------------------------------------------------------------------------
def test_batches_of_another_shape() -> None:
    """The message gives both shapes; the count may be any but 0."""
    batch = trace(model, W, X).batch(in_axes=(None, 0))
    for bad in (X, [[1.0]], [[1.0, 2.0, 3.0]], [[[1.0, 2.0]]], 3.0):
        with pytest.raises(ShapeError, match=r"x of model .*\(count, 2\); got \("):
            batch(W, bad)
    with pytest.raises(ShapeError, match="at least one example"):
        batch(W, np.zeros((0, 2)))
    with pytest.raises(ShapeError, match="x of model"):
        batch(W, [])
    with pytest.raises((ShapeError, OperandError), match="x of model"):
        batch(W, [[1.0, 2.0], [3.0]])


def test_examples_of_unlike_counts() -> None:
    """The message names both parts."""
    batch = trace(lambda x, y: x[0] * y, [1.0], 1.0).batch()
    nested = trace(model, W, X).batch()

    with pytest.raises(ShapeError, match=r"as many examples.*x has 3, y has 2"):
        batch([[1.0]] * 3, [1.0] * 2)
    with pytest.raises(ShapeError, match="as many examples"):
        nested({"a": [[1.0, 2.0]], "b": [3.0, 4.0]}, [X])


@pytest.mark.parametrize("in_axes", [1, -1, "0", (0,), (0, 0, 0), (0, 1), {}, 0.5])
def test_axes_that_are_none(in_axes: Any) -> None:
    """Examples lie along the first axis, or there are none."""
    with pytest.raises(ShapeError, match=r"batch\(in_axes\) takes 0.*None"):
        trace(model, W, X).batch(in_axes)


# --- derivatives --------------------------------------------------------------------
@pytest.mark.parametrize("argnums", ["x", 1.0, None, True, (0, "x"), [0], ((0,),)])
def test_argnums_that_are_no_numbers(argnums: Any) -> None:
    """A derivative is by the number of an argument, or a tuple of them."""
    program = trace(model, W, X)
    for run in (program, program.arrays(), program.batch((None, None))):
        with pytest.raises(OperandError, match="the number of an argument"):
            run.value_and_grad(W, X, argnums=argnums)


@pytest.mark.parametrize(
    ("argnums", "words"),
    [
        (2, "counts? from 0|count from 0"),
        (-3, "count from 0"),
        ((0, 2), "count from 0"),
        ((0, 0), "each number once"),
    ],
)
def test_argnums_that_are_not_there(argnums: Any, words: str) -> None:
    """The message tells how many arguments there are."""
    program = trace(model, W, X)
    for run in (program, program.arrays()):
        with pytest.raises(ShapeError, match=words):
            run.value_and_grad(W, X, argnums=argnums)


@pytest.mark.parametrize("result", [lambda x: [x, x], lambda x: [], lambda x: {}])
def test_gradients_of_structures(result: Any) -> None:
    """Only one number has a gradient; the message says what to do."""
    program = trace(result, 1.0)
    for run in (program, program.simplify(), program.arrays()):
        with pytest.raises(ShapeError, match=r"one number.*their total"):
            run.value_and_grad(1.0)
    with pytest.raises(ShapeError, match="one number"):
        program.batch().value_and_grad([1.0])


# --- tracing ------------------------------------------------------------------------
@pytest.mark.parametrize("bad", ["a", None, 1j, Value(1.0), object()])
def test_examples_that_are_no_numbers(bad: Any) -> None:
    """The message says which number of which argument."""
    with pytest.raises(OperandError, match=r"trace\(model\).*\[0\]\['a'\]\[1\]"):
        trace(model, {"a": [1.0, bad], "b": 3.0}, X)


@pytest.mark.parametrize(
    "result", [None, "a", object(), 1j, [1.0, None], {"a": "b"}, {1.0}]
)
def test_results_that_are_no_numbers(result: Any) -> None:
    """The message says where in the result it stands."""
    with pytest.raises(OperandError, match=r"trace\(.*returns numbers; the result"):
        trace(lambda x: result, 1.0)


def test_what_is_no_function() -> None:
    """A node, a number and a name are not."""
    for bad in (3.0, "sin", None, Value(1.0)):
        with pytest.raises(OperandError, match="a trace is taken of a function"):
            trace(bad, 1.0)  # type: ignore[arg-type]


def test_a_wrong_call_of_the_function_is_its_own_error() -> None:
    """Python says what it always says."""
    with pytest.raises(TypeError, match="positional argument"):
        trace(lambda x, y: x, 1.0)
    assert trace(lambda x: x, 1.0)(2.0) == 2.0


def test_graphs_that_are_none() -> None:
    """Inputs and outputs are nodes, and an input is there once."""
    x = Value(1.0)
    y = x * x
    for outputs, inputs in ((y, [x, 3.0]), (y, "x"), ([y, None], [x]), (3.0, [x])):
        with pytest.raises(OperandError, match=r"takes Values as (in|out)puts, not"):
            Program.from_graph(outputs, inputs)
    with pytest.raises(ShapeError, match="each input once"):
        Program.from_graph(y, {"a": x, "b": [x]})


def test_a_program_inside_of_another_trace() -> None:
    """It takes numbers, and a traced node is none."""
    program = trace(lambda x: x * x, 1.0)
    with pytest.raises((OperandError, TraceError)):
        trace(lambda x: program(x), 1.0)
    assert program(3.0) == 9.0


# --- what is missing ----------------------------------------------------------------
WITHOUT_NUMPY = """
import sys
sys.modules["numpy"] = None
from autograd_core import tanh
from autograd_core.errors import MissingExtraError
from autograd_core.program import jit, trace
program = trace(lambda x: tanh(x[0]) * x[1] if x[0] > 0 else x[1], [1.0, 2.0])
print(program.simplify().value_and_grad([1e-9, 3.0])[0] > 0, "def" in program.source)
try:
    program.batch()
except MissingExtraError as error:
    print(error)
try:
    jit(lambda x: x, arrays=True)(1.0)
except MissingExtraError as error:
    print("again")
"""


def test_without_numpy_all_but_arrays_works() -> None:
    """Tracing, replaying, simplifying and printing need nothing but Python."""
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_NUMPY],
        capture_output=True,
        text=True,
        check=True,
    )
    first, second, third = done.stdout.splitlines()

    assert first == "True True"
    assert "autograd-core[arrays]" in second
    assert third == "again"
