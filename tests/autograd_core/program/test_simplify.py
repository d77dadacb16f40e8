"""The passes: each keeps the meaning, shortens what it says, and can be run alone."""

from collections.abc import Callable
from typing import Any

import pytest
from array_programs import STEPS as ARRAY_STEPS
from array_programs import Step, evaluated
from hypothesis import given
from hypothesis import strategies as st
from program_forms import (
    allowed_errors,
    assert_near,
    engine,
    run_source,
    traced,
)

from autograd_core import (
    OPS,
    Value,
    div,
    dot,
    exp,
    log,
    maximum,
    mean,
    no_grad,
    power,
    sqrt,
    tanh,
    total,
    where,
)
from autograd_core.program import PASSES, Program, trace
from autograd_core.program.simplify import common, dead, dots, fold, sums
from autograd_core.testing import expressions

EACH = pytest.mark.parametrize("one", PASSES.values(), ids=list(PASSES))


def after(f: Callable[..., Any], *args: Any, by: Any) -> dict[str, int]:
    """Return what operations are left of a function after some passes."""
    passes = by if isinstance(by, list) else [by]
    return dict(trace(f, *args).simplify(passes).counts())


def both(program: Program) -> tuple[list[Any], list[tuple[int, ...]]]:
    """Return the operations of a program and their operands."""
    return program.code.ops, program.code.operands


# --- the meaning --------------------------------------------------------------------
def assert_same_meaning(f: Any, point: list[float], one: Any) -> None:
    """Hold a program after one pass against the engine, value and gradient."""
    inputs = [Value(x) for x in point]
    root = f(*inputs)
    value, gradient = engine(root, inputs)
    true = [value, *gradient]
    allowed = allowed_errors(root, inputs, true)
    program = traced(f, point)
    shorter = program.simplify([one])
    found, slopes = shorter.value_and_grad(point)

    pairs = sum(op is dot and len(x) == 3 for op, x in zip(*both(program), strict=True))
    assert len(shorter) <= len(program) + pairs  # x·y + b may come as two operations
    assert_near(one.__name__, [found, *slopes], true, allowed)


@EACH
@given(expressions(max_ops=10))
def test_a_pass_keeps_the_meaning_of_expressions(one: Any, expression: Any) -> None:
    """Value and gradient stay those of the engine, and no pass makes it longer."""
    assert_same_meaning(expression, list(expression.point), one)


@EACH
@given(ARRAY_STEPS, st.lists(st.integers(-2000, 2000), min_size=2, max_size=9))
def test_a_pass_keeps_the_meaning_of_programs_of_lists(
    one: Any, steps: list[Step], drawn: list[int]
) -> None:
    """So do sums, products, layers and choices that share what they read."""
    point = [n / 1000 for n in drawn]

    assert_same_meaning(lambda *xs: evaluated(steps, xs[:1], xs[1:]), point, one)


@given(
    ARRAY_STEPS,
    st.lists(st.integers(-2000, 2000), min_size=2, max_size=9),
    st.permutations(list(PASSES.values())),
)
def test_passes_run_in_any_order(
    steps: list[Step], drawn: list[int], order: list[Any]
) -> None:
    """Each takes what any other leaves, and all twice as well as once."""
    point = [n / 1000 for n in drawn]

    def run(code: Any) -> Any:
        for one in (*order, *order):
            code = one(code)
        return code

    run.__name__ = "all passes"
    assert_same_meaning(lambda *xs: evaluated(steps, xs[:1], xs[1:]), point, run)


@EACH
@given(expressions(max_ops=6))
def test_a_pass_that_has_run_finds_nothing_more(one: Any, expression: Any) -> None:
    """Run again, a pass changes nothing in number; sums wait for nobody."""
    once = traced(expression, list(expression.point)).simplify([one])

    assert len(once.simplify([one])) <= len(once)


@EACH
def test_a_pass_changes_no_program_but_makes_one(one: Any) -> None:
    """The program before stays as it was, to be printed beside the one after."""
    program = trace(lambda x, y: (x * 1.0 + y * 2 + y * 2 + (3 + x)) * 1, 1.0, 2.0)
    before = program.source
    shorter = program.simplify([one])

    assert program.source == before
    assert shorter.source != before or one is dead
    assert list(shorter.arguments) == ["x", "y"]
    assert run_source(shorter, 3.0, 4.0) == pytest.approx(25.0, rel=1e-15)


# --- folding ------------------------------------------------------------------------
FOLDED: dict[str, tuple[Any, dict[str, int]]] = {
    "what hangs on constants": (lambda x: x * exp(Value(1.0) * 2), {"mul": 1}),
    "a factor 1": (lambda x: 1.0 * x * 1.0, {}),
    "a factor -1": (lambda x: tanh(-1.0 * x), {"neg": 1, "tanh": 1}),
    "a sum with 0": (lambda x: 0.0 + tanh(x) + 0.0, {"tanh": 1}),
    "a difference from 0": (lambda x: tanh(x) - 0.0, {"tanh": 1}),
    "a divisor 1": (lambda x: x / 1.0, {}),
    "a square": (lambda x: x**2, {"mul": 1}),
    "an inverse": (lambda x: x**-1, {"div": 1}),
    "a power of 1": (lambda x: tanh(x**1), {"tanh": 1}),
    "a power of 0": (lambda x: x**0 + tanh(x), {"add": 1, "tanh": 1}),
    "a negative term": (lambda x: tanh(x) + -x, {"tanh": 1, "sub": 1, "neg": 1}),
    "a choice that is made": (
        lambda x: where(Value(1.0, requires_grad=False), x, tanh(x)),
        {"tanh": 1},
    ),
    "a dot of one pair": (lambda x: dot([x], [x], x), {"mul": 1, "add": 1}),
    "a dot of one pair and no bias": (lambda x: dot([x], [x]), {"mul": 1}),
}


@pytest.mark.parametrize(("f", "left"), FOLDED.values(), ids=FOLDED)
def test_folding(f: Any, left: dict[str, int]) -> None:
    """What is known is computed; what a row calls idle is left out."""
    assert after(f, 0.5, by=fold) == left
    assert trace(f, 0.5).simplify([fold])(0.25) == trace(f, 0.5)(0.25)


def test_what_is_not_idle_stays() -> None:
    """A factor 0 is not: 0 times infinity is nan. Nor is a sum with -0 or a 0 less."""
    assert after(lambda x: x * 0.0, 1.0, by=fold) == {"mul": 1}
    assert after(lambda x: 0.0 - x, 1.0, by=fold) == {"sub": 1}
    assert after(lambda x: where(x, x, x), 1.0, by=fold) == {"where": 1}


def test_folding_keeps_gradients_out_of_what_has_none() -> None:
    """Under no_grad `1·x` is x without its gradient, and stays."""

    def f(x: Any) -> Any:
        with no_grad():
            idle = 1.0 * (x + 0.0)
        return idle * x

    for by in ([fold], list(PASSES.values())):
        assert trace(f, 1.0).simplify(by).value_and_grad(3.0) == (9.0, 3.0)


def test_constants_are_kept_once() -> None:
    """Equal numbers share a place; 0 and -0 are two, and so is every nan but one."""
    nan = float("nan")
    program = trace(
        lambda x: [x + 2, x + 2.0, x * 0.0, x * -0.0, x + nan, x - nan], 1.0
    )
    constants = program.simplify([fold]).code.constants.values()

    assert sorted(map(repr, constants)) == ["-0.0", "0.0", "2.0", "nan"]


# --- common sub-expressions ---------------------------------------------------------
def test_nothing_is_computed_twice() -> None:
    """Equal operations on equal operands are one, also through what they feed."""

    def f(x: Any, y: Any) -> Any:
        return tanh(x * y) * tanh(x * y) + exp(tanh(x * y) - x) / exp(tanh(x * y) - x)

    left = {"mul": 2, "tanh": 1, "sub": 1, "exp": 1, "div": 1, "add": 1}
    assert after(f, 1.0, 2.0, by=[common, dead]) == left


def test_sums_and_products_are_equal_in_either_order() -> None:
    """x·y is y·x to the bit; x - y is not y - x, and no gradient is mixed up."""
    orders = [lambda x, y, op=OPS[n]: [op(x, y), op(y, x)] for n in ("add", "mul")]
    others = [lambda x, y, op=OPS[n]: [op(x, y), op(y, x)] for n in ("sub", "div")]

    assert [len(trace(f, 1.0, 2.0).simplify([common])) for f in orders] == [1, 1]
    assert [len(trace(f, 1.0, 2.0).simplify([common])) for f in others] == [2, 2]


def test_twins_with_and_without_a_gradient_are_two() -> None:
    """What is computed under no_grad does not stand in for what is not."""

    def f(x: Any) -> Any:
        with no_grad():
            fixed = tanh(x)
        return fixed * tanh(x)

    program = trace(f, 1.0).simplify()
    value, slope = program.value_and_grad(0.5)
    x = Value(0.5)
    true = engine(f(x), [x])

    assert program.counts()["tanh"] == 2
    assert (value, slope) == pytest.approx((true[0], true[1][0]), rel=1e-15)


# --- dead code ----------------------------------------------------------------------
def test_what_nobody_reads_is_left_out() -> None:
    """Chains that end nowhere go, whole; outputs and guards stay."""

    def f(x: Any) -> Any:
        y = x
        for _ in range(10):
            y = exp(y) * 2
        return x * 3 if x * 5 > 1 else x

    assert after(f, 1.0, by=dead) == {"mul": 2, "less": 1}
    assert len(trace(f, 1.0).simplify([dead]).code.constants) == 3


# --- sums ---------------------------------------------------------------------------
SUMMED: dict[str, tuple[Any, dict[str, int]]] = {
    "a chain": (lambda x: x[0] + x[1] + x[2] + x[3], {"total": 1}),
    "a tree": (lambda x: (x[0] + x[1]) + (x[2] + x[3]), {"total": 1}),
    "a chain from the right": (lambda x: x[0] + (x[1] + (x[2] + 5)), {"total": 1}),
    "sum()": (lambda x: sum(x), {"total": 1}),
    "a total of totals": (
        lambda x: total([total(x), total(x[:2]), x[3]]),
        {"total": 1},
    ),
    "a total of one": (lambda x: total([total([x[0] + x[1]])]), {"add": 1}),
    "a total of a total": (lambda x: total([total(x)]), {"total": 1}),
    "two terms": (lambda x: x[0] + x[1], {"add": 1}),
    "what is read twice": (
        lambda x: (x[0] + x[1] + x[2]) * (x[0] + x[1] + x[2]),
        {"total": 2, "mul": 1},
    ),
    "a mean": (lambda x: mean([x[0] + x[1] + x[2], x[3]]), {"total": 1, "mean": 1}),
}


@pytest.mark.parametrize(("f", "left"), SUMMED.values(), ids=SUMMED)
def test_chains_of_additions(f: Any, left: dict[str, int]) -> None:
    """Additions that feed nothing but one another are one sum, rounded once."""
    program = trace(f, [1.0, 2.0, 3.0, 4.0])
    shorter = program.simplify([sums])
    xs = [0.25, 0.5, 1.5, -2.0]

    assert dict(shorter.counts()) == left
    assert shorter.value_and_grad(xs) == program.value_and_grad(xs)


def test_a_sum_that_is_an_output_or_read_elsewhere_stays() -> None:
    """Only what nobody else reads is taken into another sum."""

    def f(x: Any) -> Any:
        part = x[0] + x[1]
        return [part, part + x[2] + x[3]]

    assert after(f, [1.0] * 4, by=sums) == {"add": 1, "total": 1}


def test_a_sum_is_rounded_once() -> None:
    """Small terms beside a large one survive, which one by one they do not."""
    xs = [1e16] + [1.0] * 10 + [-1e16]
    program = trace(lambda x: sum(x), xs)

    assert program(xs) != 10.0
    assert program.simplify()(xs) == 10.0


# --- dots ---------------------------------------------------------------------------
DOTS: dict[str, tuple[Any, dict[str, int]]] = {
    "a weighted sum": (
        lambda w, x: sum((a * b for a, b in zip(w, x, strict=True)), 0.0),
        {"dot": 1},
    ),
    "with a bias": (lambda w, x: w[0] * x[0] + w[1] * x[1] + w[2], {"dot": 1}),
    "with two biases": (
        lambda w, x: w[0] * x[0] + x[1] + w[1] * x[2] + w[2],
        {"dot": 1, "add": 1},
    ),
    "with three": (
        lambda w, x: w[0] * x[0] + x[1] + w[1] * x[2] + w[2] + x[0],
        {"dot": 1, "total": 1},
    ),
    "with constants": (
        lambda w, x: 1.0 + w[0] * x[0] + 2.0 + w[1] * x[1] + 3.0,
        {"dot": 1},
    ),
    "one product": (lambda w, x: w[0] * x[0] + w[1], {"mul": 1, "add": 1}),
    "squares": (lambda w, x: w[0] * w[0] + w[1] * w[1] + w[2] * w[2], {"dot": 1}),
    "a product that is read twice": (
        lambda w, x: (w[0] * x[0]) + w[1] * x[1] + w[2] * x[2] + tanh(w[0] * x[0]),
        {"mul": 1, "dot": 1, "tanh": 1, "add": 1},
    ),
}


@pytest.mark.parametrize(("f", "left"), DOTS.values(), ids=DOTS)
def test_sums_of_products(f: Any, left: dict[str, int]) -> None:
    """Two products or more are a dot, the rest of the sum its bias."""
    w, x = [0.5, -1.0, 2.0], [1.5, 0.25, -0.75]
    program = trace(f, [1.0] * 3, [2.0] * 3)
    shorter = program.simplify([common, sums, dots])
    true = program.value_and_grad(w, x, argnums=(0, 1))

    assert dict(shorter.counts()) == left
    assert shorter.value_and_grad(w, x, argnums=(0, 1)) == true


def test_a_neuron_of_elementary_code() -> None:
    """Eighty-one nodes are two: a dot and its activation, as by hand."""

    def neuron(w: Any, b: Any, x: Any) -> Any:
        return sum((a * c for a, c in zip(w, x, strict=True)), b).tanh()

    program = trace(neuron, [0.1] * 40, 0.0, [1.0] * 40)

    assert len(program) == 81
    assert dict(program.simplify().counts()) == {"dot": 1, "tanh": 1}
    assert program.simplify().source.count("\n") < 90


def test_sizes_at_each_pass() -> None:
    """The 2-16-16-1 network of micrograd's code, with its penalty, pass by pass."""

    def network(p: Any, x: Any, y: Any) -> Any:
        h, k = list(x), 0
        for n_out in (16, 16, 1):
            rows = []
            for _ in range(n_out):
                w, k = p[k : k + len(h)], k + len(h) + 1
                s = sum((a * b for a, b in zip(w, h, strict=True)), p[k - 1])
                rows.append(s if n_out == 1 else s.relu())
            h = rows
        return (1 + -y * h[0]).relu() + 1e-4 * sum(a * a for a in p)

    count = 16 * 3 + 16 * 17 + 17
    program = trace(network, [0.01 * (i % 7 - 3) for i in range(count)], [0.5, -1.0], 1)
    lengths = [len(program)]
    for one in PASSES.values():
        program = program.simplify([one])
        lengths.append(len(program))

    assert lengths == sorted(lengths, reverse=True)
    assert lengths[0] > 1300
    assert dict(program.counts())["dot"] == 34
    assert lengths[-1] < 75


# --- rows that are left alone -------------------------------------------------------
def test_nothing_is_folded_that_may_change() -> None:
    """Captured Values are inputs, not constants, however they look."""
    w = Value(1.0)
    program = trace(lambda x: x * w, 3.0).simplify()
    w.data = 2.0

    assert program(3.0) == 6.0


@pytest.mark.parametrize(
    "f",
    [
        lambda x: div(1.0, x),
        lambda x: log(x) + sqrt(x),
        lambda x: power(x, 2.0) * maximum(x, 1.0),
        lambda x: (x * 1e200) * 1e200 - x,
    ],
)
@pytest.mark.parametrize("x", [0.0, -0.0, -1.0, float("inf"), float("nan")])
def test_what_is_not_finite_stays_as_it_was(f: Any, x: float) -> None:
    """No pass makes a number of what the engine finds infinite or nan."""
    leaf = Value(x)
    true = engine(f(leaf), [leaf])
    found = trace(f, 2.0).simplify().value_and_grad(x)

    assert repr((found[0], [found[1]])) == repr(true)


def test_the_table_of_passes_is_what_simplify_runs() -> None:
    """`simplify()` is all of them, in their order."""
    program = trace(lambda x, y: x * y + y * x + 0.0 + x * 2 + tanh(1.0), 1.0, 2.0)
    one_by_one: Program = program
    for one in PASSES.values():
        one_by_one = one_by_one.simplify([one])

    assert program.simplify().source == one_by_one.source
    assert list(PASSES) == [
        *("constants folded", "common subexpressions", "sums", "dots", "dead code")
    ]
