"""A function traced once: what it computes, of whatever structure, in any thread."""

import copy
import math
import pickle
import threading
from collections import namedtuple
from functools import partial
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from program_forms import CLOSE, assert_near, engine, forms_of, sizes, traced
from random_graphs import STEPS, Steps, grown

from autograd_core import (
    Value,
    derivative,
    dot,
    exp,
    grad,
    gradient,
    hessian,
    hvp,
    jacobian,
    jvp,
    leaves,
    log,
    logsumexp,
    no_grad,
    scope,
    sin,
    softmax,
    tanh,
    topological_order,
    total,
    value_and_grad,
    vjp,
    where,
)
from autograd_core.errors import TraceError
from autograd_core.program import Program, trace
from autograd_core.testing import expressions

Pair = namedtuple("Pair", "first second")


# --- the same as the engine ---------------------------------------------------------
@given(expressions(max_ops=12))
def test_a_replay_gives_the_bits_of_the_engine(expression: Any) -> None:
    """Rows, kernels and their order are the engine's, so the value is, to the bit."""
    program = traced(expression, expression.point)
    root = expression(*map(Value, expression.point))

    assert repr(program(list(expression.point))) == repr(getattr(root, "data", root))


@given(STEPS)
def test_a_graph_that_stands_is_a_program(steps: Steps) -> None:
    """Programs of random graphs give their values and gradients, and each form."""
    root = grown(steps)[-1]
    inputs = [leaf for leaf in leaves(root) if leaf.requires_grad]
    value, gradient = engine(root, inputs)
    allowed = [CLOSE * size for size in sizes(root, inputs)]
    program = Program.from_graph(root, inputs)
    point = [leaf.data for leaf in inputs]

    assert program(point) == value
    for name, run in forms_of(program):
        if name != "batch":  # its other examples may overflow
            found, slopes = run(point)
            assert_near(name, [found, *slopes], [value, *gradient], allowed)


@given(st.lists(st.floats(-3, 3), min_size=1, max_size=5), st.floats(-3, 3))
def test_a_program_holds_for_other_numbers(xs: list[float], start: float) -> None:
    """What was traced at one point is right at any other."""

    def f(xs: Any) -> Any:
        shares = softmax([x * x for x in xs])
        return logsumexp([tanh(x) * s for x, s in zip(xs, shares, strict=True)])

    program = trace(f, [start] * len(xs))
    inputs = [Value(x) for x in xs]
    value, gradient = engine(f(inputs), inputs)
    found, slopes = program.value_and_grad(xs)

    assert found == pytest.approx(value, rel=1e-14, abs=1e-15)
    assert slopes == pytest.approx(gradient, rel=1e-12, abs=1e-14)


def test_softmax_of_far_numbers_is_traced_as_data() -> None:
    """Which is the largest is found anew: no guard, and nothing overflows."""
    program = trace(softmax, [0.0, 1.0, 2.0])

    assert program.code.guards == []
    assert program([1000.0, 1000.0, -1000.0]) == [0.5, 0.5, 0.0]
    assert program([0.0, -math.inf, 0.0]) == [0.5, 0.0, 0.5]
    assert program.arrays()([1e308, -1e308, 0.0]).tolist() == [1.0, 0.0, 0.0]


# --- structures ---------------------------------------------------------------------
def weighted(tree: Any) -> Any:
    """Return 2x + 3yz of a structure of two levels."""
    return 2 * tree["x"] + 3 * tree["yz"][0] * tree["yz"][1]


@pytest.mark.parametrize("kind", [list, tuple, np.array])
def test_arguments_nest(kind: Any) -> None:
    """Dicts, lists, tuples and arrays are structures; gradients have the traced one."""
    program = trace(weighted, {"x": 1.0, "yz": kind([1.0, 1.0])})
    value, gradient = program.value_and_grad({"yz": (3.0, 4.0), "x": 0.5})

    assert value == 37.0
    assert list(gradient) == ["x", "yz"]
    assert (gradient["x"], list(gradient["yz"])) == (2.0, [12.0, 9.0])
    assert type(gradient["yz"]) is type(kind([1.0, 1.0]))


def test_any_sequence_fits_that_is_as_long() -> None:
    """A call may bring tuples for lists, arrays for both, and numbers of any type."""
    program = trace(lambda rows: rows[0][1] * rows[1][0], [[1.0, 2.0], [3.0, 4.0]])

    assert program(((0, 5), (7, 0))) == 35.0
    assert program(np.array([[0, 5], [7, 0]])) == 35.0
    assert program([np.float32([0, 5]), [np.int8(7), False]]) == 35.0


def test_named_tuples_are_kept() -> None:
    """They come in as arguments and go out as results and gradients."""
    program = trace(lambda pair: Pair(pair.second * pair.first, pair), Pair(1.0, 2.0))
    product = trace(lambda pair: pair.second * pair.first[0], Pair([1.0], 2.0))

    assert program(Pair(3.0, 4.0)) == Pair(12.0, Pair(3.0, 4.0))
    assert product.value_and_grad(Pair([3.0], 4.0)) == (12.0, Pair([4.0], 3.0))
    value, gradient = product.arrays().value_and_grad(Pair([3.0], 4.0))
    assert (value, gradient) == (12.0, Pair(first=np.array([4.0]), second=3.0))


def test_results_nest() -> None:
    """What a function returns keeps its structure, with numbers in it."""
    program = trace(lambda x, y: {"sum": x + y, "each": [x, (y, 7)], "none": []}, 1, 2)

    assert program(3, 4.5) == {"sum": 7.5, "each": [3.0, (4.5, 7.0)], "none": []}


def test_a_matrix_product_of_numpy() -> None:
    """Object arrays of nodes multiply as matrices, and come back as floats."""
    program = trace(lambda a, b: a @ b, np.eye(2), np.ones(2))
    a, b = np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([5.0, 6.0])

    assert program(a, b).tolist() == (a @ b).tolist()
    assert program(a, b).dtype == float


def test_the_example_may_change_afterwards() -> None:
    """A list that was traced with and then grows leaves the program alone."""
    xs = [1.0, 2.0]
    program = trace(total, xs)
    xs.append(3.0)

    assert program([4.0, 5.0]) == 9.0
    assert program.arguments == {"argument_0": [1.0, 2.0]}


@pytest.mark.parametrize(
    ("argnums", "expected"),
    [
        (0, 3.0),
        (1, 2.0),
        (-1, [20.0]),
        (-3, 3.0),
        ((2, 0), ([20.0], 3.0)),
        ((-2,), (2.0,)),
        ((), ()),
    ],
)
def test_gradients_by_some_arguments(argnums: Any, expected: Any) -> None:
    """An argument is named by its number, from the end too; several by a tuple."""
    program = trace(lambda x, y, z: x * y + z[0] * z[0], 0.0, 0.0, [0.0])

    for run in (program, program.simplify(), program.arrays()):
        value, gradient = run.value_and_grad(2.0, 3.0, [10.0], argnums=argnums)
        assert (value, gradient) == (106.0, expected)


# --- programs that do little --------------------------------------------------------
def test_a_program_that_does_nothing() -> None:
    """No arguments, no operations, no results: all of it is allowed."""
    assert trace(lambda: [])() == []
    assert trace(lambda: 2)() == 2.0
    assert trace(lambda xs: {"a": []}, [])([]) == {"a": []}
    assert trace(lambda: []).arrays()().tolist() == []
    assert len(trace(lambda x: x, 1.0)) == 0


@pytest.mark.parametrize(
    ("constant", "number"),
    [(3, 3.0), (True, 1.0), (2.5, 2.5), (Value(2.5), 2.5), (np.float32(2.5), 2.5)],
)
def test_a_constant_function(constant: Any, number: float) -> None:
    """A number is its own program, with the gradient 0."""
    program = trace(lambda x: constant, 1.0)

    assert program.value_and_grad(9.0) == (number, 0.0)
    assert program.arrays().value_and_grad(9.0) == (number, 0.0)
    assert program.batch().value_and_grad([8.0, 9.0])[0].tolist() == [number] * 2


def test_outputs_that_are_inputs_or_stand_twice() -> None:
    """An input may be returned, several times, beside what was made of it."""
    program = trace(lambda x, y: [x, x, y, x * y, x * y], 1.0, 2.0)

    assert program(3.0, 4.0) == [3.0, 3.0, 4.0, 12.0, 12.0]
    assert program.simplify()(3.0, 4.0) == [3.0, 3.0, 4.0, 12.0, 12.0]
    assert program.arrays()(3.0, 4.0).tolist() == [3.0, 3.0, 4.0, 12.0, 12.0]
    assert trace(lambda x: x, 1.0).value_and_grad(5.0) == (5.0, 1.0)


def test_inputs_that_are_not_used() -> None:
    """Their gradient is 0, and `used` tells which they are."""
    program = trace(lambda x, y: x[0] * 2, [1.0, 2.0], 3.0)

    assert program.value_and_grad([5.0, 6.0], 7.0, argnums=(0, 1)) == (
        10.0,
        ([2.0, 0.0], 0.0),
    )
    assert program.used == ([True, False], False)


def test_one_row_on_an_input_and_itself() -> None:
    """An operand that stands twice gets both shares."""
    for f, slope in ((lambda x: x * x, 6.0), (lambda x: dot([x, x], [x, x], x), 13.0)):
        program = trace(f, 1.0)

        assert program.value_and_grad(3.0)[1] == slope
        assert program.arrays().value_and_grad(3.0)[1] == slope


# --- what is closed over ------------------------------------------------------------
def test_values_that_are_closed_over_are_read_at_each_call() -> None:
    """Leaves, nodes made of them before, and those that are returned as they are."""
    w = Value(2.0)
    square = w * w
    program = trace(lambda x: [w * x, square + x, w], 1.0)

    assert program(10.0) == [20.0, 14.0, 2.0]
    w.data, square.data = 3.0, 5.0
    for run in (program, program.simplify(), program.arrays()):
        assert list(run(10.0)) == [30.0, 15.0, 3.0]
    assert program.batch()([10.0, 20.0]).tolist() == [[30, 15, 3], [60, 25, 3]]
    assert (w.grad, program.captured) == (0.0, (w, square))


def test_constants_that_are_closed_over_stay_as_they_were() -> None:
    """Numbers, Values without a gradient, and leaves that the function makes."""
    c = Value(2.0, requires_grad=False)
    program = trace(lambda x: x * c + Value(1.0) * 3, 1.0)
    c.data = 100.0

    assert program.captured == ()
    assert program(5.0) == 13.0


def test_a_captured_value_among_the_arguments_of_a_row() -> None:
    """It is no argument: its gradient is not asked, and nothing is written to it."""
    w = Value(0.5)
    program = trace(lambda xs: dot(xs, [w, w], w), [1.0, 2.0])

    assert program.value_and_grad([3.0, 4.0]) == (4.0, [0.5, 0.5])
    assert program.arrays().value_and_grad([3.0, 4.0])[1].tolist() == [0.5, 0.5]
    assert not w.has_grad


# --- where no gradient flows --------------------------------------------------------
STOPPED: dict[str, Any] = {
    "data": lambda x: x * x.data,
    "detach": lambda x: x * x.detach(),
    "what is made of data": lambda x: x * (x.data * 2.0 + 1.0) / 3.0,
    "what is made of detached": lambda x: x * exp(x.detach()),
    "data of detached": lambda x: x * x.detach().data,
    "a comparison": lambda x: x * (x > 0),
}


@pytest.mark.parametrize("f", STOPPED.values(), ids=STOPPED)
def test_no_gradient_flows_through_numbers(f: Any) -> None:
    """The value follows the argument; the gradient takes the number as given."""
    program = trace(f, 5.0)
    for x in (2.0, 3.0):
        leaf = Value(x)
        value, (slope,) = engine(f(leaf), [leaf])
        for run in (program, program.simplify(), program.arrays()):
            found, gradient = run.value_and_grad(x)

            assert found == pytest.approx(value, rel=1e-14)
            assert gradient == pytest.approx(slope, rel=1e-14)


def test_no_grad_inside_of_a_traced_function() -> None:
    """What is computed there is computed anew, and sends nothing back."""

    def f(x: Any) -> Any:
        with no_grad():
            scale = x * x + 1.0
        return x * scale

    program = trace(f, 1.0)

    for run in (program, program.simplify(), program.arrays()):
        assert run.value_and_grad(3.0) == (30.0, 10.0)


def test_no_grad_around_a_trace() -> None:
    """A trace records, whatever is open around it."""
    with no_grad():
        program = trace(lambda x: x * x, 1.0)

    assert program.value_and_grad(3.0) == (9.0, 6.0)


def test_a_graph_with_parts_without_gradient() -> None:
    """`from_graph` keeps out what needs no gradient, as backward does."""
    x, c = Value(2.0), Value(3.0, requires_grad=False)
    program = Program.from_graph(x * c + c * c, [x, c])

    for run in (program, program.simplify(), program.arrays()):
        value, gradient = run.value_and_grad([5.0, 4.0])
        assert (value, list(gradient)) == (36.0, [4.0, 0.0])


# --- derivatives inside -------------------------------------------------------------
def cubic(x: Any) -> Any:
    """Return x³."""
    return x * x * x


INSIDE: dict[str, tuple[Any, Any]] = {
    "grad": (grad(cubic), lambda x: 3 * x * x),
    "value and grad": (lambda x: value_and_grad(cubic)(x)[1], lambda x: 3 * x * x),
    "second": (derivative(cubic, 2), lambda x: 6 * x),
    "forward": (lambda x: jvp(cubic, (x,), (x,))[1], lambda x: 3 * x**3),
    "reverse": (lambda x: vjp(cubic, x)[1](x)[0], lambda x: 3 * x**3),
    "hvp": (lambda x: hvp(cubic)(x, 2.0), lambda x: 12 * x),
    "by another": (lambda x: grad(lambda t: t * t * x)(2.0), lambda x: 4 * x),
    "hessian": (lambda x: hessian(cubic)(x), lambda x: 6 * x),
    "jacobian": (lambda x: jacobian(lambda t: [t * x])(x)[0], lambda x: x),
}


@pytest.mark.parametrize(("f", "true"), INSIDE.values(), ids=INSIDE)
def test_derivatives_inside_of_a_traced_function(f: Any, true: Any) -> None:
    """They become operations of the program, to be differentiated again."""
    program = trace(f, 1.5)
    slope = (true(2.0 + 1e-6) - true(2.0 - 1e-6)) / 2e-6

    for run in (program, program.simplify(), program.arrays()):
        value, gradient = run.value_and_grad(2.0)
        assert value == pytest.approx(true(2.0), rel=1e-14)
        assert gradient == pytest.approx(slope, rel=1e-6)


def without_grad(x: Any) -> Any:
    """Return the slope of x² at x, taken where nothing is recorded."""
    with no_grad():
        return grad(lambda t: t * t)(x)


HELD_FAST: dict[str, tuple[Any, float]] = {  # and what it is at 3
    "by what is detached": (lambda x: grad(lambda t: t * t.data)(x), 3.0),
    "of what is closed over": (lambda x: grad(lambda t: t * x.data)(2.0), 3.0),
    "under no_grad": (without_grad, 6.0),
    "of a node": (lambda x: gradient(x * x, x), 6.0),
    "of a choice": (lambda x: grad(lambda t: where(t < 2.5, -t, t))(x), 1.0),
}


@pytest.mark.parametrize(("f", "true"), HELD_FAST.values(), ids=HELD_FAST)
def test_derivatives_inside_follow_the_numbers(f: Any, true: float) -> None:
    """Traced at 2, they are right at 3, or else a guard says that they are not."""
    try:
        found = trace(f, 2.0)(3.0)
    except TraceError:
        found = true

    assert found == true


def test_a_step_of_newton_in_one_program() -> None:
    """The minimum of a convex function from its first and second derivative."""

    def step(x: Any) -> Any:
        f = partial(lambda a, t: exp(t) - a * t, 2.0)
        return x - grad(f)(x) / derivative(f, 2)(x)

    program = trace(step, 1.0).simplify()
    x = 1.0
    for _ in range(6):
        x = program(x)

    assert x == pytest.approx(math.log(2), rel=1e-15)


# --- one trace at a time ------------------------------------------------------------
def test_a_trace_inside_of_a_trace_is_refused() -> None:
    """Which numbers would be whose is not to be guessed."""
    with pytest.raises(TraceError, match="another trace is open"):
        trace(lambda x: trace(sin, 1.0)(x), 2.0)
    assert trace(sin, 1.0)(0.0) == 0.0


def test_a_program_inside_of_a_function_that_is_differentiated() -> None:
    """Programs take numbers: they may be called anywhere but with nodes."""
    program = trace(lambda x: x * x, 1.0)

    assert grad(lambda x: x * program(3.0))(2.0) == 9.0


def test_threads_do_not_see_each_others_traces() -> None:
    """While one thread traces, another records, compares and differentiates."""
    inside, done = threading.Event(), threading.Event()
    found: list[Any] = []

    def traced_slowly(x: Any) -> Any:
        inside.set()
        assert done.wait(10)
        return x * x

    def other() -> None:
        assert inside.wait(10)
        y = Value(3.0)
        z = y * y if y > 2 else y
        z.backward()
        found.extend([type(z) is Value, z > 8, y.grad, y.data])
        found.append(trace(lambda x: x + 1, 1.0)(2.0))
        done.set()

    thread = threading.Thread(target=other)
    thread.start()
    program = trace(traced_slowly, 1.0)
    thread.join()

    assert found == [True, True, 6.0, 3.0, 3.0]
    assert len(program) == 1


def test_one_program_in_many_threads() -> None:
    """Calls at once do not meet: a replay keeps nothing of a call."""
    program = trace(lambda xs: total([exp(x) * x for x in xs]), [0.0] * 30)
    runs = [program, program.arrays(), program.batch(), program.simplify()]
    wrong: list[Any] = []

    def work(k: int) -> None:
        xs = [0.01 * k * i for i in range(30)]
        true = math.fsum(math.exp(x) * x for x in xs)
        for _ in range(20):
            for run in runs:
                batched = run is runs[2]
                value, slopes = run.value_and_grad([xs, xs] if batched else xs)
                value = value[1] if batched else value
                slope = slopes[1][3] if batched else slopes[3]
                near = slope == pytest.approx(math.exp(xs[3]) * (1 + xs[3]), rel=1e-12)
                if value != pytest.approx(true, rel=1e-12) or not near:
                    wrong.append((k, run, value))

    threads = [threading.Thread(target=work, args=(k,)) for k in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert wrong == []


# --- programs as things -------------------------------------------------------------
def test_a_program_tells_what_it_is() -> None:
    """Its length, its counts, its repr, and in print its lines and its guards."""

    def area(radius: Any, factor: Any) -> Any:
        return radius**2 * factor if radius > 0 else factor

    program = trace(area, 1.0, 3.0)

    assert len(program) == sum(program.counts().values()) == 3
    assert program.counts() == {"power": 1, "mul": 1, "less": 1}
    expected = "<Program area(radius, factor): 3 operations on 2 numbers, 1 guards>"
    assert repr(program) == expected
    lines = str(program).splitlines()
    assert lines[0] == expected[1:-1]
    assert any("guard: the comparison at" in line for line in lines)
    assert lines[-1].strip().startswith("return v")


def test_a_long_program_is_printed_in_part() -> None:
    """A million operations are no million lines, but the source has them all."""
    program = trace(lambda xs: total([tanh(x) for x in xs]), [0.0] * 500)

    assert len(str(program).splitlines()) < 40
    assert "more" in str(program)
    assert len(program.source.splitlines()) > 1000


def test_what_a_function_calls_its_arguments() -> None:
    """Names come from functions, methods and lambdas; others are counted."""

    class Model:
        def loss(self, w: Any, x: Any) -> Any:
            return w * x

        def __call__(self, w: Any) -> Any:
            return w

    assert list(trace(Model().loss, 1.0, 2.0).arguments) == ["w", "x"]
    assert list(trace(Model(), 1.0).arguments) == ["argument_0"]
    assert list(trace(lambda a, *rest: a, 1, 2, 3).arguments) == [
        *("a", "argument_1", "argument_2")
    ]
    assert trace(Model(), 1.0).name == "Model"


def test_programs_are_copied_and_pickled() -> None:
    """With their guards and comparisons, before and after a call."""
    program = trace(lambda x: where(x > 0, log(x), x) if x < 9 else x, 2.0)
    program(3.0)
    for same in (copy.deepcopy(program), copy.copy(program.simplify())):
        assert same.value_and_grad(4.0) == (math.log(4.0), 0.25)
    fresh = trace(lambda x: where(x > 0, log(x), x) if x < 9 else x, 2.0)
    loaded = pickle.loads(pickle.dumps(fresh))

    assert loaded.value_and_grad(4.0) == (math.log(4.0), 0.25)
    with pytest.raises(TraceError):
        loaded(10.0)


def test_a_program_keeps_no_nodes() -> None:
    """What was traced is let go: a guard holds its line, not the graph before it."""
    program = trace(lambda x: x if tanh(x) * x > 0 else -x, 1.0)

    assert [guard.node for _, guard in program.code.guards] == [None]


def test_scopes_and_labels_do_not_matter() -> None:
    """A model's scopes are open while it is traced, and leave no operations."""

    def f(x: Any) -> Any:
        with scope("model"), scope("layer"):
            return tanh(x)

    assert trace(f, 1.0).source == trace(lambda x: tanh(x), 1.0).source


# --- graphs that stand --------------------------------------------------------------
def test_from_graph_takes_structures() -> None:
    """Outputs and inputs nest, and interior nodes may be inputs."""
    x, y = Value(3.0), Value(4.0)
    middle = x * y
    program = Program.from_graph(
        {"z": tanh(middle) * x, "m": [middle]}, {"m": middle, "x": x}
    )

    assert program({"m": 0.5, "x": 2.0}) == {"z": math.tanh(0.5) * 2, "m": [0.5]}


def test_from_graph_leaves_the_graph_alone() -> None:
    """Neither data nor gradients change, nor do they change the program."""
    x = Value(3.0)
    y = x * x
    y.backward()
    program = Program.from_graph(y, [x])
    x.data = 100.0

    assert (program([2.0]), x.grad, y.data) == (4.0, 6.0, 9.0)
    assert len(topological_order(y)) == 2
