"""The strategies: what every draw keeps, how failures shrink, what is refused."""

import math
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from importlib.metadata import entry_points
from typing import Any

import pytest
from hypothesis import find, given, settings
from hypothesis import strategies as st
from hypothesis.errors import FailedHealthCheck, Unsatisfiable
from project import ROOT

from autograd_core import OPS, Interval, NaryOp, Op, Value, no_grad
from autograd_core.errors import (
    DomainError,
    OperandError,
    ShapeError,
    UnknownNameError,
)
from autograd_core.testing.expression import Expression
from autograd_core.testing.hostile import is_kink
from autograd_core.testing.references import REFERENCES
from autograd_core.testing.strategies import expressions, mlps, points, values

EVERY_ROW = pytest.mark.parametrize("row", OPS.values(), ids=OPS)
KINKED = [row for row in OPS.values() if row.kinks]

cube = Op("cube", lambda x: x**3, (lambda y, x: 3.0 * x * x,))
root = Op("root", lambda x: math.sqrt(x - 2.5), (lambda y, x: 0.5 / y,),
    domain=(Interval(2.5, math.inf),), kinks=(lambda x: x - 2.5,))  # fmt: skip
norm = NaryOp("norm", math.hypot, lambda y, *xs: [x / y for x in xs],
    kinks=(math.hypot,))  # fmt: skip


def drawn(strategy: st.SearchStrategy[Any], count: int = 300) -> list[Any]:
    """Return what the strategy draws, the same each time."""
    found = []

    @settings(max_examples=count, database=None, derandomize=True)
    @given(strategy)
    def collect(x: Any) -> None:
        found.append(x)

    collect()
    return found


def smallest(strategy: st.SearchStrategy[Any], fails: Callable[[Any], bool]) -> str:
    """Return what a failure shrinks to."""
    with_time = settings(database=None, max_examples=2000, derandomize=True)
    return repr(find(strategy, fails, settings=with_time))


def domain(row: Op, count: int) -> tuple[Interval, ...]:
    """Return an interval for each of the operands."""
    return row.domain * count if isinstance(row, NaryOp) else row.domain


def steps_with_operands(e: Expression) -> list[tuple[Op, list[float]]]:
    """Return each row of an expression with its operands at the point."""
    seen = []

    def apply(op: Op, operands: Any) -> float:
        seen.append((op, list(operands)))
        return op.forward(*operands)

    e.evaluate(e.point, apply)
    return seen


def places(e: Expression) -> list[list[int]]:
    """Return for each step the arguments and steps it uses, constants left out."""
    return [[x for x in xs if isinstance(x, int)] for _, xs in e.steps]


# --- values -------------------------------------------------------------------------
@given(values(min_value=-2, max_value=3, labels=st.sampled_from("ab")))
def test_values_are_leaves_within_bounds(x: Value) -> None:
    """A draw is a leaf that needs a gradient, of the numbers and labels asked for."""
    assert x.is_leaf
    assert x.requires_grad
    assert -2 <= x.data <= 3
    assert x.label in ("a", "b")


def test_values_are_finite_unless_asked() -> None:
    """With allow_nan and allow_infinity the others come too."""
    assert all(math.isfinite(x.data) for x in drawn(values()))
    assert smallest(values(allow_nan=True), lambda x: math.isnan(x.data)) == (
        "Value(data=nan, grad=0.0)"
    )
    found = smallest(values(allow_infinity=True), lambda x: math.isinf(x.data))
    assert found == "Value(data=inf, grad=0.0)"


# --- points -------------------------------------------------------------------------
@EVERY_ROW
def test_points_lie_in_the_domain(row: Op) -> None:
    """Each operand is in its interval, or one of the only sensible values."""
    choices = REFERENCES[row.name].choices
    for point in drawn(points(row) | points(row, avoid_kinks=True), 30):
        intervals = domain(row, len(point))
        assert all(x in where for x, where in zip(point, intervals, strict=False))
        assert all(point[i] in sensible for i, sensible in choices.items())
        row.forward(*point)


@pytest.mark.parametrize("row", KINKED, ids=[row.name for row in KINKED])
def test_points_seek_kinks_or_keep_off(row: Op) -> None:
    """Kinks inside the domain are hit and neared, or none is nearer than 1e-3."""

    def distances(avoid_kinks: bool) -> list[float]:
        found = drawn(points(row, avoid_kinks=avoid_kinks), 300)
        return [min(abs(kink(*xs)) for kink in row.kinks) for xs in found]

    near, off = distances(avoid_kinks=False), distances(avoid_kinks=True)

    assert min(near) == 0 or Interval(0.0) in row.domain
    assert any(0 < distance < 1e-8 for distance in near)
    assert min(off) > 0.999e-3


def test_points_are_hostile_and_ordinary() -> None:
    """Tails, subnormals, near ties and plain numbers all come."""
    found = drawn(points("logaddexp"), 1200)

    assert any(max(a, b) > 1e300 for a, b in found)
    assert any(0 < abs(x) < sys.float_info.min for point in found for x in point)
    assert any(a != b and abs(a - b) <= 1e-8 * abs(a) for a, b in found)
    assert sum(max(abs(a), abs(b)) <= 3 for a, b in found) > 300


def test_points_of_sequences() -> None:
    """A sequence row gets one to six operands, dot pairs and a bias."""
    assert {len(point) for point in drawn(points("total"))} == {1, 2, 3, 4, 5, 6}
    assert {len(point) for point in drawn(points("dot"))} == {3, 5}


@pytest.mark.parametrize(
    "interval",
    [
        Interval(2.3, 2.4),
        Interval(1e10, 2e10),
        Interval(-math.inf, -1e300),
        Interval(1e308, math.inf),
        Interval(1.0, 1.0 + 1e-15),
        Interval(0.0, 5e-324, includes_high=True),
        Interval(7.0, 7.0, includes_low=True, includes_high=True),
    ],
)
def test_points_of_any_domain(interval: Interval) -> None:
    """However narrow or far off a domain is, numbers inside are found."""
    row = Op("row", lambda x: x, (lambda y, x: 1.0,), domain=(interval,))

    found = drawn(points(row) | points(row, avoid_kinks=True), 50)

    assert all(x in interval for (x,) in found)


@pytest.mark.parametrize(
    ("name", "fails", "simplest"),
    [
        ("atan2", lambda point: True, "(0.0, 0.0)"),
        ("log", lambda point: True, "(1.0,)"),
        ("exp", lambda point: point[0] > 1.5, "(2.0,)"),
        ("hypot", lambda point: min(point) > 0.5, "(1.0, 1.0)"),
        ("prod", lambda point: len(point) > 2, "(0.0, 0.0, 0.0)"),
    ],
)
def test_points_shrink_to_simple_numbers(
    name: str, fails: Callable[[Any], bool], simplest: str
) -> None:
    """What fails is reported at whole numbers near 0 if it fails there."""
    assert smallest(points(name), fails) == simplest


# --- expressions --------------------------------------------------------------------
@given(st.data(), st.booleans(), st.booleans())
def test_every_step_is_inside_its_domain(
    data: st.DataObject, share: bool, avoid_kinks: bool
) -> None:
    """At the point each operand is in its interval and each result is finite."""
    e = data.draw(expressions(max_ops=20, share=share, avoid_kinks=avoid_kinks))

    assert math.isfinite(e(*e.point))
    for row, operands in steps_with_operands(e):
        intervals = domain(row, len(operands))
        assert all(x in where for x, where in zip(operands, intervals, strict=False))
        assert abs(row.forward(*operands)) <= 1e6


@given(expressions(max_ops=20))
def test_expressions_keep_off_kinks(e: Expression) -> None:
    """No step is nearer than a thousandth to a kink or to an end of its domain."""
    for row, operands in steps_with_operands(e):
        assert all(abs(kink(*operands)) > 0.999e-3 for kink in row.kinks)
    assert not any(is_kink(row, xs) for row, xs in steps_with_operands(e))


@given(expressions(max_ops=20))
def test_nothing_in_an_expression_is_idle(e: Expression) -> None:
    """Arguments and steps are all used, and each step depends on an argument."""
    used = {x for xs in places(e) for x in xs} | {e.result}

    assert used == set(range(e.arity + len(e)))
    assert all(places(e))
    assert 1 <= len(e) <= 20


@given(st.data(), st.integers(1, 20), st.integers(0, 3), st.booleans())
def test_expressions_have_the_number_of_steps_asked_for(
    data: st.DataObject, min_ops: int, more: int, share: bool
) -> None:
    """However narrow, the bounds hold, with all that is drawn in use."""
    e = data.draw(expressions(min_ops=min_ops, max_ops=min_ops + more, share=share))

    assert min_ops <= len(e) <= min_ops + more
    assert {x for xs in places(e) for x in xs} | {e.result} == {
        *range(e.arity + len(e))
    }


def test_rows_that_allow_no_long_chain_are_drawn_as_far_as_they_go() -> None:
    """Logarithms of logarithms need a large argument, exponentials stay below 1e6."""
    assert min(len(e) for e in drawn(expressions("log", min_ops=3), 20)) == 3
    with pytest.raises((FailedHealthCheck, Unsatisfiable)):
        drawn(expressions("exp", min_ops=8), 20)


@given(expressions(max_ops=20, share=False))
def test_without_sharing_the_graph_is_a_tree(e: Expression) -> None:
    """Arguments and sub-expressions are used once each."""
    counts = Counter(x for xs in places(e) for x in xs)

    assert set(counts.values()) == {1}


def test_sharing_is_frequent() -> None:
    """Of 200 a third use something twice; x * x occurs, of steps and of arguments."""
    found = drawn(expressions(), 200)
    uses = [[x for xs in places(e) for x in xs] for e in found]
    squares = {
        xs[0] >= e.arity
        for e in drawn(expressions(["mul", "sin"]), 100)
        for (row, _), xs in zip(e.steps, places(e), strict=True)
        if row is OPS["mul"] and len(xs) == 2 and xs[0] == xs[1]
    }

    assert sum(len(set(xs)) < len(xs) for xs in uses) > len(found) / 3
    assert squares == {True, False}


def test_every_row_is_drawn() -> None:
    """Among 1,000 expressions each row occurs, and constants do."""
    found = drawn(expressions(), 1000)
    operands = [x for e in found for _, xs in e.steps for x in xs]

    assert {op.name for e in found for op in e.ops} == set(OPS)
    assert 0.02 < sum(isinstance(x, float) for x in operands) / len(operands) < 0.2


def test_graphs_are_large_when_asked() -> None:
    """With max_ops=20, many have ten steps and more, and several arguments."""
    found = drawn(expressions(max_ops=20), 100)

    assert sum(len(e) >= 10 for e in found) > len(found) / 3
    assert max(e.arity for e in found) > 4


@pytest.mark.parametrize("row", [cube, root, norm], ids=lambda row: row.name)
def test_a_row_of_ones_own_is_drawn_like_a_built_in(row: Op) -> None:
    """Alone and among others it occurs inside its domain, at points and in graphs."""
    alone = drawn(expressions([row]), 40)
    among = drawn(expressions([cube, root, norm, "add", "sin"]), 40)

    assert all(set(e.ops) == {row} for e in alone)
    assert sum(row in e.ops for e in among) > 5
    for point in drawn(points(row), 40):
        assert all(x in row.domain[0] for x in point)


@pytest.mark.parametrize("ops", ["exp", OPS["exp"], ["exp"], iter([OPS["exp"]])])
def test_rows_are_given_themselves_or_by_name(ops: Any) -> None:
    """One row need not be put in a list."""
    assert {e.ops[-1].name for e in drawn(expressions(ops), 20)} == {"exp"}


@pytest.mark.parametrize(
    ("fails", "graph"),
    [
        (lambda e: OPS["sin"] in e.ops, "sin(x0)"),
        (lambda e: OPS["atan2"] in e.ops, "atan2(x0, x1)"),
        (lambda e: {OPS["exp"], OPS["sin"]} <= {*e.ops}, "exp(sin(x0))|sin(exp(x0))"),
        (
            lambda e: any(
                op is OPS["mul"] and xs[0] == xs[1] and isinstance(xs[1], int)
                for op, xs in e.steps
            ),
            "x0 * x0",
        ),
    ],
)
def test_failures_shrink_to_the_smallest_graph(
    fails: Callable[[Expression], bool], graph: str
) -> None:
    """Steps that do not matter go, and what is repeated only by chance is parted."""
    ops = ["add", "sub", "mul", "atan2", "exp", "sin", "tanh", "log", "sqrt", "total"]
    found = smallest(expressions(ops), fails)

    assert found.partition(": ")[2].rpartition(", at=")[0] in graph.split("|")


@pytest.mark.parametrize(
    ("fails", "graph"),
    [
        (lambda e: True, "sin(sin(sin(x0)))"),
        (lambda e: OPS["atan2"] in e.ops, "atan2(sin(sin(x0)), x1)"),
        (lambda e: len({*e.ops}) > 2, "cos(exp(sin(x0)))"),
    ],
)
def test_failures_shrink_to_no_more_than_min_ops(
    fails: Callable[[Expression], bool], graph: str
) -> None:
    """Where steps have to stay, they become the simplest row, at simple numbers."""
    found = smallest(expressions(["sin", "exp", "cos", "atan2"], min_ops=3), fails)

    assert found.partition(": ")[2].rpartition(", at=")[0] == graph


def test_a_report_shows_code() -> None:
    """The falsifying example that Hypothesis prints is the expression's repr."""

    @settings(database=None)
    @given(expression=expressions(["sin"]))
    def fails(expression: Expression) -> None:
        assert not expression.ops

    with pytest.raises(AssertionError) as caught:
        fails()

    assert "expression=Expression(lambda x0: sin(x0), at=(0.0,))" in "\n".join(
        caught.value.__notes__
    )


@given(st.data())
def test_contexts_that_are_open_do_not_matter(data: st.DataObject) -> None:
    """Under no_grad too, a draw is an expression of steps."""
    with no_grad():
        assert len(data.draw(expressions())) > 0
        assert len(data.draw(mlps())) > 0


# --- networks -----------------------------------------------------------------------
@given(mlps(max_inputs=2, max_layers=3, max_width=4, activations=["tanh", "relu"]))
def test_mlps_are_layers_of_dots_and_activations(e: Expression) -> None:
    """Dots and one activation alternate, each argument is used, no kink is near."""
    dots = [op for op in e.ops if op is OPS["dot"]]
    activations = [op for op in e.ops if op is not OPS["dot"]]

    assert e.ops[-2] is OPS["dot"]
    assert len(dots) == len(activations) <= 9
    assert set(activations) in ({OPS["tanh"]}, {OPS["relu"]})
    assert {x for xs in places(e) for x in xs} >= set(range(e.arity))
    for row, operands in steps_with_operands(e):
        assert all(abs(kink(*operands)) > 0.999e-3 for kink in row.kinks)


def test_mlps_take_activations_with_defaults_and_domains() -> None:
    """A bias is moved so that each activation gets an operand of its domain."""
    for e in drawn(mlps(activations=["leaky_relu", "log", "acosh"]), 100):
        assert math.isfinite(e(*e.point))


def test_mlps_are_of_all_sizes() -> None:
    """One to three inputs, one or two layers and one to three neurons all come."""
    assert {len(e) for e in drawn(mlps())} == {2, 4, 6, 8}


# --- misuse -------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("ask", "error", "words"),
    [
        (lambda: points("tahn"), UnknownNameError, "'tahn'; did you mean .*'tanh'"),
        (lambda: expressions(["sni"]), UnknownNameError, "no op is called 'sni'"),
        (lambda: expressions([]), ShapeError, r"expressions\(ops\) .* got none"),
        (lambda: expressions([math.sin]), OperandError, "not <built-in function sin>"),
        (lambda: points(math.sin), OperandError, r"points\(op\) takes rows"),
        (lambda: expressions(max_ops=0), ShapeError, r"max_ops=.* from 1 on, not 0"),
        (lambda: expressions(max_ops=2.5), ShapeError, r"from 1 on, not 2\.5"),
        (lambda: expressions(min_ops=0), ShapeError, r"min_ops=.* from 1 on, not 0"),
        (lambda: expressions(min_ops=9), ShapeError, "min_ops=9 and max_ops=8; raise"),
        (lambda: mlps(max_layers=0), ShapeError, r"mlps\(max_layers=.* not 0"),
        (lambda: mlps(activations=["add"]), OperandError, "called with one operand"),
        (lambda: mlps(activations=[]), ShapeError, "at least one row"),
    ],
)
def test_what_cannot_be_drawn_is_refused_at_once(
    ask: Callable[[], Any], error: type[Exception], words: str
) -> None:
    """The message says what was asked and what was found, before anything is drawn."""
    with pytest.raises(error, match=words):
        ask()


def test_a_row_that_is_finite_nowhere() -> None:
    """Where a domain is wrong or empty, the message says to state it."""
    far = Op("far", lambda x: math.sqrt(x - 1e300), (lambda y, x: 0.5 / y,))
    empty = Op("empty", abs, (lambda y, x: 1.0,), domain=(Interval(1.0, 1.0),))

    with pytest.raises(DomainError, match=r"<op far\(x\)> cannot be drawn.*domain="):
        expressions([far])
    with pytest.raises(DomainError, match=r"no number to draw lies in .*Interval"):
        expressions([empty])


# --- st.from_type(Value) ------------------------------------------------------------
START = "import sys, hypothesis, _autograd_core_hypothesis\n"
USE = """
from autograd_core import Value
from hypothesis import find, given, infer, settings, strategies as st

class Pair:
    def __init__(self, a: Value, b: Value) -> None:
        self.a, self.b = a, b

@settings(max_examples=5, database=None)
@given(x=infer)
def check(x: Value) -> None:
    assert type(x) is Value and x.is_leaf

check()
assert find(st.from_type(Value), lambda x: x.data > 1).data == 2
assert find(st.builds(Pair), lambda p: p.a.data < p.b.data).b.data <= 1
"""


def run(code: str) -> None:
    """Run code in a new interpreter, as if the entry point were the one thing known."""
    command = [sys.executable, "-W", "error", "-c", code]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_the_entry_point_imports_nothing_of_the_engine() -> None:
    """Else coverage, which starts later, would miss what runs on import."""
    run(START + "assert not [m for m in sys.modules if m.startswith('autograd_core')]")


@pytest.mark.parametrize(
    "start",
    [START, START + "import autograd_core\n", "import autograd_core\n" + START],
    ids=["asked before", "imported after", "imported before"],
)
def test_from_type_draws_values(start: str) -> None:
    """Whichever is imported first, from_type, builds and annotations know Value."""
    run(start + USE)


def test_hypothesis_finds_the_entry_point() -> None:
    """An installation tells Hypothesis of it; an older one needs `pip install -e .`."""
    installed = {entry.value for entry in entry_points(group="hypothesis")}

    assert "_autograd_core_hypothesis" in installed
    run(USE)


def test_where_mpmath_is_missing_the_message_says_so() -> None:
    """Only what draws a Value asks for it, and is told what to install."""
    run(
        START
        + """
sys.modules["mpmath"] = None
from autograd_core import Value
from autograd_core.errors import MissingExtraError
from hypothesis import find, strategies as st
find(st.from_type(float), lambda x: True)
try:
    find(st.from_type(Value), lambda x: True)
except MissingExtraError as error:
    assert "pip install" in str(error)
else:
    raise SystemExit("mpmath was not missed")
"""
    )


def test_the_entry_point_loads_without_hypothesis() -> None:
    """Whatever loads every entry point there is may do so, and import the engine."""
    run(
        "import sys\n"
        "sys.modules['hypothesis'] = None\n"
        "import _autograd_core_hypothesis, autograd_core"
    )


def test_the_module_keeps_its_own_loader() -> None:
    """Specs, sources and reloads are as without the hook, and so are failed imports."""
    run(
        START
        + """
import importlib, inspect
assert importlib.util.find_spec("autograd_core.value").loader.is_package(
    "autograd_core.value") is False
from autograd_core import value
assert type(value.__spec__.loader).__name__ == "SourceFileLoader"
assert value.__loader__ is value.__spec__.loader
assert "class Value" in inspect.getsource(value)
importlib.reload(_autograd_core_hypothesis)
importlib.reload(value)
from hypothesis import find, strategies as st
assert type(find(st.from_type(value.Value), lambda x: True)) is value.Value
"""
    )


def test_a_failed_import_may_be_tried_again() -> None:
    """An error in the module is raised as it is, and the next import registers."""
    run(
        START
        + """
import autograd_core.op as op
real, op.Op = op.Op, None
for name in ("value", "derivatives"):
    sys.modules.pop("autograd_core." + name)
del op.Op
try:
    import autograd_core.value
except ImportError:
    op.Op = real
else:
    raise SystemExit("the import did not fail")
import autograd_core.value
from hypothesis import find, strategies as st
assert find(st.from_type(autograd_core.value.Value), lambda x: x.data > 1).data == 2
"""
    )
