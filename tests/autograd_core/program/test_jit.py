"""The decorator: a program for each structure and each way through the function."""

import threading
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd_core import Value, dot, tanh, total, where
from autograd_core.errors import OperandError, ShapeError, TraceError
from autograd_core.program import jit, trace


def counted(f: Any) -> tuple[Any, list[Any]]:
    """Return a function that notes each time that Python runs it."""
    runs: list[Any] = []

    def g(*args: Any) -> Any:
        runs.append(args)
        return f(*args)

    return g, runs


# --- when it traces -----------------------------------------------------------------
def test_a_function_is_run_once_for_each_structure() -> None:
    """Other numbers are replayed; lists of another length are traced."""
    f, runs = counted(lambda xs: total([x * x for x in xs]))
    jitted = jit(f)

    assert [jitted([float(n)] * 3) for n in range(4)] == [0.0, 3.0, 12.0, 27.0]
    assert len(runs) == 1
    assert jitted([1.0]) == 1.0
    assert jitted([2.0]) == 4.0
    assert (len(runs), len(jitted.programs)) == (2, 2)


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ([1.0], (1.0,)),
        ([1.0], [[1.0]]),
        ([1.0], np.array([1.0])),
        (np.ones(2), np.ones((2, 1))),
        ({"a": 1.0}, {"b": 1.0}),
        ({"a": 1.0}, [1.0]),
        (1.0, [1.0]),
        ([[1.0], []], [[], [1.0]]),
        ([], ()),
    ],
)
def test_structures_that_differ(a: Any, b: Any) -> None:
    """Kinds of sequences, shapes and keys are told apart."""
    f, runs = counted(lambda tree: tree)
    jitted = jit(f)
    for tree in (a, b, a, b):
        found = jitted(tree)
        assert type(found) is type(tree)
    assert len(runs) == 2


@pytest.mark.parametrize(
    "others", [(2,), (True,), (np.float32(2),), (np.int64(7),), (np.array(2.0),)]
)
def test_numbers_of_any_type_are_one_structure(others: Any) -> None:
    """An int, a bool and a scalar of numpy are numbers like any other."""
    f, runs = counted(lambda x: x * 3)
    jitted = jit(f)

    assert jitted(1.0) == 3.0
    assert jitted(*others) == 3.0 * float(others[0])
    assert len(runs) == 1


@given(st.lists(st.lists(st.floats(-2, 2), min_size=1, max_size=4), min_size=1))
def test_it_computes_what_the_function_computes(calls: list[list[float]]) -> None:
    """Whatever it is called with, in whatever order, by whatever way."""

    def f(xs: Any) -> Any:
        y = xs[0]
        for x in xs[1:]:
            y = y * x if x > 0 else y + x
        return y if y < 1 else y - max(xs)

    jitted = jit(f)
    for xs in calls:
        leaves = [Value(x) for x in xs]
        y = f(leaves)
        y.backward()
        value, gradient = jitted.value_and_grad(xs)

        assert jitted(xs) == value == y.data
        assert gradient == pytest.approx([x.grad for x in leaves], rel=1e-14)


def test_both_ways_of_a_decision_are_kept() -> None:
    """A guard that fails traces again; afterwards both programs are at hand."""
    f, runs = counted(lambda x: x if x > 0 else -x)
    jitted = jit(f)

    assert [jitted(x) for x in (1.0, -2.0, 3.0, -4.0, 5.0)] == [1, 2, 3, 4, 5]
    assert len(runs) == 2
    assert jitted.last is jitted.programs[0]


def test_the_programs_that_are_kept_are_not_too_many() -> None:
    """A loop with a new number of turns each time does not fill the memory."""

    def steps(x: Any) -> Any:
        n = 0.0
        while x > 0.5:
            x, n = x - 1.0, n + 1.0
        return n * 1.0 + 0 * x

    jitted = jit(steps)

    assert [jitted(float(n)) for n in range(100)] == [float(n) for n in range(100)]
    assert len(jitted.programs) == 64
    assert [jitted(float(n)) for n in range(100)] == [float(n) for n in range(100)]


def test_where_needs_one_program() -> None:
    """A choice taken as data is no reason to trace again."""
    jitted = jit(lambda x: where(x > 0, x, -x))

    assert [jitted(x) for x in (1.0, -2.0, 3.0)] == [1.0, 2.0, 3.0]
    assert len(jitted.programs) == 1


# --- arguments that are no numbers --------------------------------------------------
def test_static_arguments() -> None:
    """A program is made for each value of them, which Python sees as they are."""
    f, runs = counted(lambda x, how, n: sum([x] * n, 0.0) if how == "add" else x**n)
    jitted = jit(f, static_argnums=(1, 2))

    assert jitted(2.0, "add", 3) == 6.0
    assert jitted(2.0, "power", 3) == 8.0
    assert jitted(3.0, "power", 3) == 27.0
    assert len(runs) == 2


def test_static_arguments_anywhere() -> None:
    """First, last, in between, given or left to their default."""

    def f(a: Any, x: Any, b: Any = 2, y: Any = 0.0) -> Any:
        return a * x + b * y

    jitted = jit(f, static_argnums=(0, 2))

    assert jitted(10, 3.0) == 30.0
    assert jitted(10, 3.0, 5) == 30.0
    assert jitted(10, 3.0, 5, 7.0) == 65.0
    assert jitted.value_and_grad(10, 3.0, 5, 7.0, argnums=(1, 3)) == (65.0, (10.0, 5.0))
    assert jitted.value_and_grad(10, 3.0, 5, 7.0, argnums=-1) == (65.0, 5.0)


def test_static_arguments_that_are_equal_but_not_the_same() -> None:
    """1, 1.0 and True are three: Python may tell them apart."""
    jitted = jit(lambda x, n: x * (10 if n is True else n), static_argnums=1)

    assert [jitted(2.0, n) for n in (1, True, 1.0, 1)] == [2.0, 20.0, 2.0, 2.0]


@pytest.mark.parametrize("argnums", [0, (1, 0), 5, -3])
def test_a_gradient_by_what_has_none(argnums: Any) -> None:
    """Neither a static argument nor one that is not there has a gradient."""
    jitted = jit(lambda n, x: n * x, static_argnums=0)

    with pytest.raises(OperandError, match=r"static or not there.*\[1\]"):
        jitted.value_and_grad(2, 3.0, argnums=argnums)


@pytest.mark.parametrize("bad", [-1, "x", 1.0, (0, "x"), None])
def test_numbers_of_static_arguments(bad: Any) -> None:
    """They count from 0."""
    with pytest.raises(OperandError, match="static_argnums takes numbers"):
        jit(lambda x: x, static_argnums=bad)


def test_a_static_argument_that_cannot_be_hashed() -> None:
    """It cannot be looked up, and the message shows it."""
    with pytest.raises(OperandError, match=r"can be hashed, not \[\[4\]\]"):
        jit(lambda x, n: x, static_argnums=1)(1.0, [4])


# --- arrays -------------------------------------------------------------------------
def test_programs_over_arrays() -> None:
    """With `arrays` results and gradients are arrays, the rest is the same."""

    @jit(arrays=True)
    def f(w: Any, x: Any) -> Any:
        y = tanh(dot(w, x))
        return y * y if y > 0 else y

    for sign in (1.0, -1.0):
        for n in (2, 3):
            w, x = [0.1] * n, [sign] * n
            y = np.tanh(np.dot(w, x))
            value, gradient = f.value_and_grad(w, x)
            slope = (2 * y if y > 0 else 1) * (1 - y * y)

            assert value == pytest.approx(y * y if y > 0 else y, rel=1e-14)
            assert gradient == pytest.approx(slope * np.array(x), rel=1e-14)
            assert f(w, x) == pytest.approx(value, rel=1e-15)
    assert len(f.programs) == 4


# --- as a function ------------------------------------------------------------------
def test_it_looks_like_the_function() -> None:
    """Name and docstring are the function's; it may decorate a method's body."""

    @jit
    def energy(x: Any) -> Any:
        """Return x²."""
        return x * x

    assert (energy.__name__, energy.__doc__) == ("energy", "Return x².")
    assert energy.programs == []
    energy(1.0)
    assert [program.name for program in energy.programs] == ["energy"]


def test_inside_of_a_trace_it_is_a_part_of_it() -> None:
    """One jitted function calls another, and a trace goes through both."""
    square = jit(lambda x: x * x)
    outer = jit(lambda x: square(x) * square(x + 1))

    assert outer.value_and_grad(2.0) == (36.0, 60.0)
    assert square.programs == []
    assert trace(lambda x: square(x), 1.0).counts() == {"mul": 1}
    assert square(3.0) == 9.0


def test_values_are_no_arguments() -> None:
    """Programs compute numbers: a node would lose its graph without a word."""
    with pytest.raises(OperandError, match=r"not Value\(data=3"):
        jit(lambda x: x * x)(Value(3.0))


def test_what_is_closed_over_is_read_at_each_call() -> None:
    """A parameter that is trained changes what the program gives."""
    w = Value(2.0)
    jitted = jit(lambda x: x * w)

    assert jitted(3.0) == 6.0
    w.data = 5.0
    assert jitted(3.0) == 15.0
    assert len(jitted.programs) == 1


def test_threads_share_the_programs() -> None:
    """Calls at once, of structures and ways old and new, give their own results."""
    jitted = jit(lambda xs: total(xs) if xs[0] > 0 else -total(xs))
    wrong: list[Any] = []

    def work(seed: int) -> None:
        for i in range(60):
            n, sign = 1 + (i * seed) % 5, (-1.0) ** (i + seed)
            if jitted([sign] * n) != float(n):
                wrong.append((seed, i))

    threads = [threading.Thread(target=work, args=(k,)) for k in range(1, 6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert wrong == []


# --- what goes wrong ----------------------------------------------------------------
def test_an_error_of_the_function_is_its_own() -> None:
    """It passes through, leaves no program, and the next call is as the first."""

    def f(x: Any, fail: Any) -> Any:
        if fail:
            raise KeyError("mine")
        return x

    jitted = jit(f, static_argnums=1)
    with pytest.raises(KeyError, match="mine"):
        jitted(1.0, True)
    assert jitted.programs == []
    assert jitted(1.0, False) == 1.0


@pytest.mark.parametrize("bad", ["text", None, 1j, [1.0, "text"], {"a": None}])
def test_what_is_no_number(bad: Any) -> None:
    """It is named, whether a program stands already or not."""
    jitted = jit(lambda tree: tree)
    for _ in range(2):
        with pytest.raises(OperandError, match="takes a real number"):
            jitted(bad)


def test_what_is_no_function() -> None:
    """The decorator refuses it at once."""
    with pytest.raises(OperandError, match="not of 3"):
        jit(3)


def test_a_structure_has_no_gradient() -> None:
    """One number is differentiated, as everywhere."""
    with pytest.raises(ShapeError, match="one number"):
        jit(lambda x: [x, x]).value_and_grad(1.0)


def test_a_function_that_cannot_be_traced() -> None:
    """What needs a plain number says so, and how to pass it."""
    jitted = jit(lambda x, n: x * sum(range(n)))
    with pytest.raises(TraceError, match="static_argnums"):
        jitted(1.0, 3)
    assert jit(lambda x, n: x * sum(range(n)), static_argnums=1)(1.0, 3) == 3.0
