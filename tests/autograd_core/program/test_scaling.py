"""How the work grows: in proportion to the operations, whatever their shape.

What is counted are lines of Python that run, so that no clock is asked.
"""

import sys
import tracemalloc
from collections.abc import Callable
from typing import Any

import pytest

from autograd_core import Value, dot, logsumexp, softmax, tanh, total, where
from autograd_core.program import PASSES, Program, trace


def lines_run(work: Callable[[], Any]) -> int:
    """Count the lines that run in the package while some work is done."""
    count = 0

    def local(frame: Any, event: str, _: Any) -> Any:
        nonlocal count
        count += event == "line"
        return local

    before = sys.gettrace()
    sys.settrace(local)
    try:
        work()
    finally:
        sys.settrace(before)
    return count


def chain(n: int) -> Program:
    """Return operations that each hang on the one before."""

    def f(x: Any) -> Any:
        for _ in range(n // 2):
            x = tanh(x) * 1.5
        return x

    return trace(f, 0.5)


def row(n: int) -> Program:
    """Return operations of one kind beside each other."""
    return trace(lambda xs: total([tanh(x) * x for x in xs]), [0.5] * (n // 2))


def layers(n: int) -> Program:
    """Return neurons of elementary code, sixteen a layer."""
    depth = max(1, n // (2 * 16 * 16))

    def f(ws: Any, x: Any) -> Any:
        for w in ws:
            x = [sum((a * b for a, b in zip(r, x, strict=True)), 0.0) for r in w]
            x = [tanh(y) for y in x]
        return total(x)

    return trace(f, [[[0.1] * 16] * 16] * depth, [1.0] * 16)


def examples(n: int) -> Program:
    """Return one layer for many examples, which is one matrix product."""
    count = max(1, n // 64)

    def f(w: Any, xs: Any) -> Any:
        return total([tanh(dot(r, x)) for x in xs for r in w])

    return trace(f, [[0.1] * 8] * 8, [[1.0] * 8] * count)


def triangle(n: int) -> Program:
    """Return sequences of all lengths, as attention has."""
    side = int((2 * n) ** 0.5)

    def f(q: Any, v: Any) -> Any:
        shares = [softmax(q[: i + 1]) for i in range(side)]
        mixed = [dot(s, v[: len(s)]) for s in shares]
        return total(mixed) + logsumexp(q)

    return trace(f, [0.1 * (i % 7) for i in range(side)], [0.5] * side)


def choices(n: int) -> Program:
    """Return comparisons, choices and guards."""

    def f(xs: Any) -> Any:
        ys = [where(x > 0.1, x, -x) for x in xs]
        return total([y if y > 0 else y * 2 for y in ys])

    return trace(f, [0.5] * (n // 5))


PROGRAMS = {f.__name__: f for f in (chain, row, layers, examples, triangle, choices)}
WORK: dict[str, Callable[[Program], Any]] = {
    "replaying": lambda p: p(*p.arguments.values()),
    "differentiating": lambda p: p.value_and_grad(*p.arguments.values()),
    "printing": lambda p: p.source,
    "describing": str,
    **{name: lambda p, one=one: p.simplify([one]) for name, one in PASSES.items()},
}


@pytest.mark.parametrize("make", PROGRAMS.values(), ids=PROGRAMS)
def test_tracing_is_linear(make: Callable[[int], Program]) -> None:
    """Twice the operations are twice the lines."""
    small, large = (lines_run(lambda n=n: make(n)) for n in (1500, 3000))
    sizes = len(make(3000)) / len(make(1500))

    assert large / small < 1.15 * sizes


@pytest.mark.parametrize("work", WORK.values(), ids=WORK)
@pytest.mark.parametrize("make", PROGRAMS.values(), ids=PROGRAMS)
def test_all_that_is_done_with_a_program_is_linear(
    make: Callable[[int], Program], work: Callable[[Program], Any]
) -> None:
    """Replays, both passes, text and each pass of simplification."""
    programs = [make(n) for n in (1500, 3000)]
    small, large = (lines_run(lambda p=p: work(p)) for p in programs)

    assert large / small < 1.15 * len(programs[1]) / len(programs[0])


@pytest.mark.parametrize("make", PROGRAMS.values(), ids=PROGRAMS)
def test_writing_array_code_is_linear(make: Callable[[int], Program]) -> None:
    """Grouping, placing and writing, of the forward and the backward pass."""
    programs = [make(n) for n in (1500, 3000)]

    def compiled(program: Program) -> None:
        arrays = program.arrays()
        arrays.value_and_grad(*program.arguments.values())

    small, large = (lines_run(lambda p=p: compiled(p)) for p in programs)

    assert large / small < 1.25 * len(programs[1]) / len(programs[0])


@pytest.mark.parametrize("make", [row, examples, choices], ids=lambda f: f.__name__)
def test_array_code_does_not_grow_with_what_is_alike(
    make: Callable[[int], Program],
) -> None:
    """More numbers of the same kind are longer arrays, not more lines."""
    texts = [make(n).arrays().source.count("\n") for n in (640, 6400)]

    assert texts[0] == texts[1] < 40


def test_a_call_over_arrays_runs_as_many_lines_for_any_number() -> None:
    """What Python runs is one line an array operation."""
    runs = []
    for n in (500, 5000):
        program = row(n)
        arrays, point = program.arrays(), list(program.arguments.values())
        arrays.value_and_grad(*point)
        runs.append(lines_run(lambda a=arrays, p=point: a.value_and_grad(*p)))

    assert runs[0] == runs[1] < 200


def test_long_chains_need_no_recursion() -> None:
    """Twenty thousand operations one upon another, in every form but the text."""
    program = chain(20_000)
    shorter = program.simplify()

    assert len(program) == len(shorter) == 20_000
    value, slope = program.value_and_grad(0.5)
    assert shorter.value_and_grad(0.5) == (value, slope)
    assert "more" in str(program)


def test_graphs_with_many_ways_are_walked_once() -> None:
    """A diamond upon a diamond has 2¹⁰⁰⁰ paths and 1000 operations."""

    def f(x: Any) -> Any:
        for _ in range(1000):
            x = (x + x) * 0.5
        return x

    program = trace(f, 1.5)

    assert program.value_and_grad(1.5) == (1.5, 1.0)
    assert program.arrays().value_and_grad(1.5) == (1.5, 1.0)
    x = Value(1.5)
    assert len(Program.from_graph(f(x), [x])) == 2000


def test_a_program_is_smaller_than_its_graph() -> None:
    """It holds places instead of nodes: a part of the memory."""
    tracemalloc.start()
    try:
        x = Value(0.5)
        before = tracemalloc.get_traced_memory()[0]
        root = x
        for _ in range(10_000):
            root = tanh(root) * 1.5
        graph = tracemalloc.get_traced_memory()[0] - before
        program = Program.from_graph(root, [x])
        held = tracemalloc.get_traced_memory()[0] - before - graph
    finally:
        tracemalloc.stop()

    assert len(program) == 20_000
    assert held < graph / 2
