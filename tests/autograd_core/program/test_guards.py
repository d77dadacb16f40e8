"""Control flow: taken as data, or kept as a decision that every replay asks again."""

import math
import re
import sys
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from program_forms import run_source

from autograd_core import (
    Value,
    abs,
    clip,
    exp,
    grad,
    maximum,
    minimum,
    no_grad,
    relu,
    where,
)
from autograd_core.errors import OperandError, TraceError
from autograd_core.program import Program, jit, trace

NUMBERS = st.floats(-3.0, 3.0)


def ways(program: Program) -> list[Callable[..., Any]]:
    """Return everything that runs a program on one number."""
    return [
        program,
        program.value_and_grad,
        program.simplify(),
        program.arrays(),
        program.arrays().value_and_grad,
        lambda x: program.batch()([x, x]),
        lambda x: program.batch().value_and_grad([x, x]),
        partial(run_source, program),
        partial(run_source, program.simplify()),
    ]


# --- as data ------------------------------------------------------------------------
CHOICES = {
    "where": lambda x: where(x > 0.5, x * x, -x),
    "a comparison the other way": lambda x: where(0.5 < x, x * x, -x),  # noqa: SIM300
    "not more": lambda x: where(x <= 0.5, -x, x * x),
    "of two": lambda x: where(x >= x * x, x, exp(x)),
    "and": lambda x: where((x > -1) & (x < 1), x, 2 * x),
    "or": lambda x: where((x < -1) | (x > 1), 2 * x, x),
    "not": lambda x: where(~(x > 0), x, x * x),
    "with a plain bool": lambda x: where((x > 0) & True, x, 3 * x),
    "of data": lambda x: where(x.data > 0, x, 3 * x),
    "of equal data": lambda x: where((x * 0).data == 0, x, 3 * x),
    "of unequal data": lambda x: where(x.data != x.data, x, 3 * x),
    "counted": lambda x: x * ((x > 0) + (x > 1)),
    "maximum": lambda x: maximum(x, x * x) + minimum(x, 0.25),
    "relu and clip": lambda x: relu(x) * clip(x, -1.0, 2.0) + abs(x),
}


def by_hand(f: Any, x: float) -> float:
    """Evaluate a choice on a leaf of the engine, whose comparisons are bools."""
    return float(f(Value(x)).data)


@pytest.mark.parametrize("name", [n for n in CHOICES if n not in ("not", "counted")])
@given(traced_at=NUMBERS, x=NUMBERS)
def test_a_choice_made_of_data_is_made_anew(
    name: str, traced_at: float, x: float
) -> None:
    """No guard is kept, and each call chooses as the engine would."""
    f = CHOICES[name]
    program = trace(f, traced_at)

    assert program.code.guards == []
    assert program(x) == by_hand(f, x)
    assert program.arrays()(x) == pytest.approx(by_hand(f, x), rel=1e-15)


@pytest.mark.parametrize("name", ["not", "counted"])
@given(traced_at=NUMBERS, x=NUMBERS)
def test_what_python_does_with_bools(name: str, traced_at: float, x: float) -> None:
    """`~` is not the -2 or -1 of Python; comparisons add up as bools do."""
    true = {"not": x if x <= 0 else x * x, "counted": x * ((x > 0) + (x > 1))}

    assert trace(CHOICES[name], traced_at)(x) == true[name]


@given(st.lists(NUMBERS, min_size=1, max_size=6), NUMBERS)
def test_each_example_of_a_batch_chooses_for_itself(
    xs: list[float], traced_at: float
) -> None:
    """One program serves examples that go different ways."""
    f = CHOICES["where"]
    values, gradients = trace(f, traced_at).batch().value_and_grad(xs)

    assert list(values) == [by_hand(f, x) for x in xs]
    assert list(gradients) == [2 * x if x > 0.5 else -1.0 for x in xs]


def test_a_comparison_as_a_result() -> None:
    """What a function returns of a comparison is 1 or 0."""
    program = trace(lambda x: [x > 1, x <= 1], 0.0)

    assert program(0.5) == [0.0, 1.0]
    assert program.arrays()(3.0).tolist() == [1.0, 0.0]


def test_comparisons_outside_of_a_trace_stay_bools() -> None:
    """Tracing changes nothing for anybody else, before, after or beside it."""
    x, y = Value(1.0), Value(2.0)
    trace(lambda z: where(z > 0, z, -z), 1.0)

    assert (x < y) is True
    assert (x >= y) is False
    assert (x == y, x.data == 1.0) == (False, True)


# --- as decisions -------------------------------------------------------------------
DECISIONS: dict[str, tuple[Any, float, float]] = {  # made at the first, not at the last
    "if": (lambda x: x if x > 0 else -x, 1.0, -1.0),
    "max": (lambda x: max(x, 0.5) * x, 1.0, 0.0),
    "min of data": (lambda x: min(x.data, 0.5) * x, 1.0, 0.0),
    "sorted": (lambda x: sorted([x, 0.5, x * x])[0] * x, 0.25, 2.0),
    "a chain": (lambda x: x if 0 < x < 1 else -x, 0.5, 2.0),
    "and": (lambda x: x if x > 0 and x < 1 else -x, 0.5, 2.0),
    "not": (lambda x: x if not x > 0 else -x, -1.0, 1.0),
    "any": (lambda x: x if any(y > 2 for y in (x, x * x)) else -x, 3.0, 0.0),
    "of equal data": (lambda x: x if x.data == 1 else -x, 1.0, 2.0),
    "of unequal data": (lambda x: x if x.data != 1 else -x, 2.0, 1.0),
    "among numbers": (lambda x: x if x.data in (1.0, 2.0) else -x, 2.0, 3.0),
    "the truth of data": (lambda x: x * x if x.data else x, 2.0, 0.0),
    "of a detached node": (lambda x: x if x.detach() > 1 else -x, 1.0, 2.0),
    "of its data": (lambda x: x if x.detach().data == 1 else -x, 1.0, 2.0),
    "of what was made of data": (lambda x: x if x.data - 1 == 0 else -x, 1.0, 2.0),
    "of a comparison": (lambda x: x if (x > 1) == (x > 0) else -x, 2.0, 0.5),
    "a partial": (lambda x: grad(lambda t: t**0.5)(x), 4.0, 0.0),
}


@pytest.mark.parametrize(("f", "first", "last"), DECISIONS.values(), ids=DECISIONS)
def test_a_decision_is_asked_again(f: Any, first: float, last: float) -> None:
    """A replay that would decide otherwise raises, in whatever form it runs."""
    program = trace(f, first)

    assert program.code.guards
    for run in ways(program):
        run(first)
        with pytest.raises(TraceError, match=r"test_guards\.py:\d+"):
            run(last)


@pytest.mark.parametrize(("f", "first", "last"), DECISIONS.values(), ids=DECISIONS)
def test_jit_traces_again_instead(f: Any, first: float, last: float) -> None:
    """With the decorator each way has a program of its own."""
    jitted = jit(f)
    for x in (first, last, first, last):
        found = f(Value(x))
        assert jitted(x) == pytest.approx(getattr(found, "data", found), rel=1e-15)
    assert len(jitted.programs) == 2


def test_the_error_says_where_and_what_to_do() -> None:
    """The message names the file and the line, how it went, and three ways out."""

    def f(x: Any) -> Any:
        return x if x > 0 else -x

    line = f.__code__.co_firstlineno + 1
    program = trace(f, 1.0)
    with pytest.raises(TraceError) as caught:
        program(-1.0)
    message = str(caught.value)

    assert re.search(rf"test_guards\.py:{line} held when", message)
    assert all(word in message for word in ("trace again", "jit", "where(condition"))
    with pytest.raises(TraceError, match="did not hold when"):
        trace(f, -1.0)(1.0)


def test_the_line_is_the_callers_where_the_engine_decides() -> None:
    """A partial that chooses between formulas is blamed on who asked for it."""

    def f(x: Any) -> Any:
        return grad(lambda t: t**2.5)(x)

    (_, guard), *_ = trace(f, 2.0).code.guards

    assert guard.line == f"{f.__code__.co_filename}:{f.__code__.co_firstlineno + 1}"


def test_the_first_decision_that_differs_is_named() -> None:
    """Of several guards the earliest that does not hold is the one to tell of."""

    def f(x: Any) -> Any:
        y = x if x > 0 else -x
        return y if y > 10 else -y

    first = f.__code__.co_firstlineno
    program = trace(f, 1.0)

    for x, line in ((-1.0, first + 1), (20.0, first + 2), (-20.0, first + 1)):
        with pytest.raises(TraceError, match=f":{line} "):
            program(x)


def test_loops_run_as_often_as_they_did() -> None:
    """A `while` is a guard for each turn: the program holds for as many turns."""

    def halvings(x: Any) -> Any:
        count = 0.0
        while x > 1:
            x, count = x * 0.5, count + 1
        return x * count

    program = trace(halvings, 6.0)

    assert len(program.code.guards) == 4
    assert program(7.0) == 0.875 * 3
    with pytest.raises(TraceError):
        program(9.0)
    assert jit(halvings)(9.0) == 0.5625 * 4


def test_nan_is_a_decision_too() -> None:
    """A comparison with nan does not hold, as for floats."""
    program = trace(lambda x: x if x > 0 else 2 * x, 1.0)

    with pytest.raises(TraceError):
        program(math.nan)
    same = trace(lambda x: 1.0 if x.data == x.data else 2.0, 1.0)
    with pytest.raises(TraceError):
        same(math.nan)


def test_a_batch_holds_only_if_all_examples_decide_alike() -> None:
    """One example that would go another way is enough to raise."""
    batch = trace(lambda x, y: x * y if x > 0 else -x, 1.0, 1.0).batch(
        in_axes=(0, None)
    )

    assert batch([1.0, 2.0], 3.0).tolist() == [3.0, 6.0]
    for run in (batch, batch.value_and_grad):
        with pytest.raises(TraceError, match="comes out the other way"):
            run([1.0, 2.0, -1e-9], 3.0)


def test_a_decision_about_what_is_closed_over() -> None:
    """The comparison of a captured Value is asked again with its data of the day."""
    w = Value(1.0)
    program = trace(lambda x: x * w if w > 0 else x, 2.0)
    w.data = 3.0

    assert program(2.0) == 6.0
    w.data = -3.0
    with pytest.raises(TraceError):
        program(2.0)


def test_decisions_that_can_change_nothing_are_not_kept() -> None:
    """What hangs on constants alone is known for good."""
    five = Value(5.0, requires_grad=False)

    def f(x: Any) -> Any:
        return x if five > 4 and five * 2 > 9 and five.data == 5 else -x

    assert trace(f, 1.0).code.guards == []


def test_a_decision_under_no_grad() -> None:
    """Without a gradient a decision is as much a decision."""

    def f(x: Any) -> Any:
        with no_grad():
            large = x * x > 4
        return x if large else -x

    with pytest.raises(TraceError):
        trace(f, 1.0)(3.0)


def test_simplifying_keeps_every_decision() -> None:
    """Dead code, twins and folded constants leave the guards where they were."""

    def f(x: Any) -> Any:
        unused = x * 17
        return x * (1.0 if unused * 1.0 > 3 else 2.0) + 0 * max(x, 0.5)

    program = trace(f, 1.0).simplify()

    assert len(program.code.guards) == 2
    with pytest.raises(TraceError):
        program(0.1)


# --- what cannot be traced ----------------------------------------------------------
PLAIN: dict[str, Any] = {
    "float": lambda x: float(x) * x,
    "float of data": lambda x: float(x.data) * x,
    "int": lambda x: int(x) * x,
    "math.exp": lambda x: math.exp(x),
    "math.floor": lambda x: math.floor(x),
    "math.ceil of data": lambda x: math.ceil(x.data),
    "math.trunc": lambda x: math.trunc(x),
    "round": lambda x: round(x),
    "range": lambda x: [x for _ in range(x)],
    "an index": lambda x: [1.0, 2.0][x],
    "an index by a comparison": lambda x: [1.0, 2.0][x > 0],
    "isnan": lambda x: math.isnan(x),
    "isfinite of data": lambda x: math.isfinite(x.data),
}


@pytest.mark.parametrize("f", PLAIN.values(), ids=PLAIN)
def test_a_plain_number_is_not_to_be_had(f: Any) -> None:
    """Whatever needs the number itself would freeze it, and is refused in words."""
    with pytest.raises(TraceError, match="static_argnums"):
        trace(f, 1.0)


def test_the_truth_of_a_node_is_ambiguous_as_ever() -> None:
    """A node is no condition, traced or not."""
    with pytest.raises(OperandError, match="ambiguous"):
        trace(lambda x: x if x else -x, 1.0)


def test_nodes_are_equal_only_to_themselves() -> None:
    """As in the engine `==` of nodes is identity: it depends on no number."""

    def f(x: Any) -> Any:
        assert [x == 1.0, x.detach() == x, x == x] == [False, False, True]
        return x

    assert trace(f, 1.0).code.guards == []


def test_backward_is_no_part_of_a_program() -> None:
    """Gradients in nodes would be those of the one time that was traced."""

    def f(x: Any) -> Any:
        y = x * x
        y.backward()
        return x.grad

    with pytest.raises(TraceError, match="value_and_grad"):
        trace(f, 3.0)


def test_data_cannot_be_assigned() -> None:
    """A program would not repeat what is written into a node."""

    def f(x: Any) -> Any:
        x.data = 3.0
        return x

    with pytest.raises(TraceError, match=r"cannot assign to \.data"):
        trace(f, 1.0)


def test_an_error_closes_the_trace() -> None:
    """After a function has failed, the thread records as before."""
    with pytest.raises(ZeroDivisionError):
        trace(lambda x: 1 / 0, 1.0)
    x = Value(2.0)
    y = x * x
    y.backward()

    assert (y > 3) is True
    assert x.grad == 4.0
    assert trace(lambda x: x + 1, 1.0)(2.0) == 3.0


def test_who_profiles_is_left_alone() -> None:
    """A decision asks for its line without a trace function of Python."""
    before = sys.gettrace()
    trace(lambda x: x if x > 0 else -x, 1.0)

    assert sys.gettrace() is before
