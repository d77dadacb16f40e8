"""The first number that is not finite: found exactly, told plainly."""

import pickle
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from math import inf, isfinite, nan
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from random_graphs import STEPS, Steps, grown

import autograd_core.debug
from autograd_core import (
    OPS,
    NaryOp,
    Op,
    Value,
    acosh,
    atanh,
    cbrt,
    derivative,
    detect_anomaly,
    dot,
    exp,
    first_nonfinite,
    grad,
    gradient,
    hessian,
    hook,
    hvp,
    jacobian,
    jvp,
    log,
    maximum,
    no_grad,
    power,
    record_source,
    recording,
    scope,
    sqrt,
    tanh,
    topological_order,
    total,
    value_and_grad,
    vjp,
    where,
)
from autograd_core.anomaly import Anomaly
from autograd_core.errors import (
    AnomalyError,
    NonFiniteError,
    OperandError,
    UnknownNameError,
)
from autograd_core.testing import expressions
from autograd_core.testing.hostile import hostile_operands

Function = Callable[..., Any]


# --- graphs that break --------------------------------------------------------------
NUMBERS = (0.0, -0.0, 1.0, -1.0, 0.5, 3.0, 1e-200, 1e200, -1e160, 1.7e308, 800.0)
ROWS = ("add", "sub", "mul", "div", "power", "log", "exp", "sqrt", "cbrt", "tanh")
LEAVES = st.lists(st.sampled_from(NUMBERS), min_size=4, max_size=4)
RECIPES = st.lists(
    st.tuples(
        st.sampled_from((*ROWS, "where", "total", "dot", "repeat")),
        st.integers(0, 10**6),
        st.integers(0, 10**6),
    ),
    min_size=1,
    max_size=25,
)


def made(numbers: list[float], recipes: Steps, *, finite: bool = False) -> list[Value]:
    """Return the nodes of a graph of rows with poles; with `finite`, of finite ones."""
    nodes = [Value(x, label=f"x{i}") for i, x in enumerate(numbers)]
    nodes[0].requires_grad = nodes[0].data < 0.7  # now and then a constant
    for name, i, j in recipes:
        a, b = nodes[i % len(nodes)], nodes[j % len(nodes)]
        node = _applied(name, a, b)
        if isfinite(node.data) or not finite:
            nodes.append(node)
    root = total(nodes) * 1e-3
    return [*nodes, root] if isfinite(root.data) or not finite else nodes


def _applied(name: str, a: Value, b: Value) -> Value:
    if name == "where":
        return where(a > b, a, b)
    if name == "total":
        return total([a, b, a])
    if name == "dot":
        return dot([a, 2.0, a], [b, a, a], b)
    if name == "repeat":
        return a * a
    row = OPS[name]
    return row(a, b) if row.arity == 2 else row(a)


def first_by_hand(root: Value) -> tuple[Any, ...] | None:
    """Look at all values, then apply the chain rule as it is written."""
    for node in topological_order(root):
        if not isfinite(node.data):
            return ("value", node)
    grads = {root: 1.0} if root.requires_grad else {}
    for node in reversed(topological_order(root)):
        if node not in grads:
            continue
        for i, local in enumerate(node.local_derivatives()):
            if local is not None:
                parent, sent = node.parents[i], grads[node] * local
                grads[parent] = grads.get(parent, 0.0) + sent
                if not isfinite(grads[parent]):
                    return ("gradient", node, i, grads[node], local, sent)
    return None


def found(anomaly: Anomaly | None) -> tuple[Any, ...] | None:
    """Return of an anomaly what `first_by_hand` returns."""
    if anomaly is None or anomaly.kind == "value":
        return anomaly and ("value", anomaly.node)
    factors = (anomaly.upstream, anomaly.local, anomaly.contribution)
    return (anomaly.kind, anomaly.node, anomaly.operand, *factors)


def same(a: tuple[Any, ...] | None, b: tuple[Any, ...] | None) -> bool:
    """Tell whether both are the same, nodes by identity and numbers to the bit."""
    if a is None or b is None:
        return a is b
    return len(a) == len(b) and all(
        x is y or (not isinstance(x, Value) and repr(x) == repr(y))
        for x, y in zip(a, b, strict=True)
    )


# --- first_nonfinite ----------------------------------------------------------------
@given(LEAVES, RECIPES)
def test_the_first_value_is_found(numbers: list[float], recipes: Steps) -> None:
    """In topological order, whatever follows from it."""
    *_, root = made(numbers, recipes)

    assert same(found(first_nonfinite(root)), first_by_hand(root))


@given(LEAVES, RECIPES)
def test_the_first_gradient_is_found(numbers: list[float], recipes: Steps) -> None:
    """Where all values are finite, the first product or sum of the pass counts."""
    *_, root = made(numbers, recipes, finite=True)
    anomaly = first_nonfinite(root)

    assert same(found(anomaly), first_by_hand(root))
    assert anomaly is None or anomaly.root is root


@given(LEAVES, RECIPES)
def test_to_look_changes_nothing(numbers: list[float], recipes: Steps) -> None:
    """Neither gradients nor whether there are any; and no hook is called."""
    *_, root = nodes = made(numbers, recipes)
    if root.requires_grad:
        root.backward()
    before = [(repr(node.grad), node.has_grad) for node in nodes]
    for node in nodes:
        if node.requires_grad:
            hook(node, pytest.fail)
    first_nonfinite(root)

    assert [(repr(node.grad), node.has_grad) for node in nodes] == before


@given(STEPS)
def test_a_finite_graph_has_none(steps: Steps) -> None:
    """None is the answer that everybody hopes for."""
    assert first_nonfinite(grown(steps)[-1]) is None


@pytest.mark.parametrize("number", [inf, -inf, nan])
def test_a_leaf_may_be_the_first(number: float) -> None:
    """A leaf or a constant that is not finite itself is where it begins."""
    x = Value(number, label="x")
    leaf = first_nonfinite(tanh(x))
    constant = first_nonfinite(maximum(Value(1.0), number))

    assert leaf is not None
    assert constant is not None
    assert (leaf.node, leaf.chain) == (x, (x,))
    assert leaf.text.startswith(f"{number!r} is the value of the leaf 'x'\n")
    assert constant.text.startswith(f"{number!r} is the value of the constant\n")


def test_a_leaf_as_the_root() -> None:
    """A graph of one node is a graph."""
    assert first_nonfinite(Value(1.0)) is None
    assert first_nonfinite(Value(nan)) is not None
    assert first_nonfinite(Value(1.0, requires_grad=False) * 2.0) is None


def test_the_branch_not_taken_sends_nothing() -> None:
    """0 times an infinite derivative is never computed; the other value is one."""
    x = Value(0.0)

    assert first_nonfinite(where(x > 0, sqrt(x), x * 2.0)) is None
    assert first_nonfinite(where(x > 0, log(x), x * 2.0)) is not None


def test_finite_contributions_may_sum_to_inf() -> None:
    """Then the contribution is the one that was too much."""
    x = Value(1e-10, label="x")
    y = x * 1.5e308 + x * 1.6e308
    anomaly = first_nonfinite(y)

    assert anomaly is not None
    assert (anomaly.kind, anomaly.node) == ("gradient", y.parents[0])
    assert anomaly.contribution == 1.5e308
    assert anomaly.text.startswith(
        "the gradient of 'x' is beyond 1.8e308, the largest float, once x * 1.5e+308 "
        "has sent 1.5e+308 to it\n"
    )


def test_a_deep_graph() -> None:
    """Depth costs no recursion, neither to find nor to tell."""
    x = Value(0.0, label="x")
    y = sqrt(x)
    for _ in range(100_000):
        y = y + 1.0
    value, slope = first_nonfinite(log(y * 0.0)), first_nonfinite(y)

    assert value is not None
    assert slope is not None
    assert (len(value.chain), len(slope.chain)) == (8, 8)
    assert slope.chain[-1] is slope.node
    for anomaly in (value, slope):
        assert "    ...\n" in f"{anomaly.text}\n"
        assert len(anomaly.text.splitlines()) < 20


@pytest.mark.parametrize("bad", [None, 3.0, "x", [Value(1.0)]])
def test_it_takes_a_value(bad: Any) -> None:
    """The message shows what was passed."""
    with pytest.raises(OperandError, match="first_nonfinite takes a Value, not"):
        first_nonfinite(bad)


# --- detect_anomaly: values ---------------------------------------------------------
def raised(computed: Function) -> Anomaly | None:
    """Return the anomaly that is raised while something is computed."""
    try:
        with detect_anomaly():
            computed()
    except AnomalyError as error:
        found: Anomaly = error.anomaly
        return found
    return None


@given(LEAVES, RECIPES)
def test_the_first_operation_raises(numbers: list[float], recipes: Steps) -> None:
    """Each that is not finite is looked at as it is made, and the first one raises."""
    seen: list[Anomaly] = []
    with detect_anomaly(seen.append):
        *nodes, root = made(numbers, recipes)
    order = [node for node in (*nodes, root.parents[0], root) if not node.is_leaf]
    bad = [node for node in order if not isfinite(node.data)]
    first = raised(lambda: made(numbers, recipes))

    assert [anomaly.node for anomaly in seen] == bad
    assert (first is None) == (bad == [])
    if first is not None:
        assert (first.kind, first.node.op) == ("value", bad[0].op)
        assert repr((first.node.data, *first.node.operands)) == repr(
            (bad[0].data, *bad[0].operands)
        )
        assert first.node.source is not None
    assert recording.detector() is None


@given(st.data())
def test_every_row_is_looked_at(data: st.DataObject) -> None:
    """Where it breaks and where it does not, under no_grad too."""
    row = data.draw(st.sampled_from(list(OPS.values())))
    operands = data.draw(st.sampled_from(list(hostile_operands(row))))
    context = data.draw(st.sampled_from([no_grad, record_source]))
    with context():
        anomaly = raised(lambda: Value.__apply_op__(row, [Value(x) for x in operands]))

    assert (anomaly is None) == isfinite(row.forward(*operands))
    if anomaly is not None:
        assert (anomaly.node.op, anomaly.node.operands) == (row, operands)


@pytest.mark.parametrize(
    "broken",
    [
        lambda x: x / 0.0,
        lambda x: 1.0 / (x - x),
        lambda x: -x * inf,
        lambda x: (x * -1e4).exp().log(),
        lambda x: log(x - 1.0),
        lambda x: dot([x, x], [1.0, inf]),
        lambda x: total([x, 1e308, 1e308]),
        lambda x: where(x > 0, x, log(-x)),
        lambda x: maximum(x, 1.0) + (-inf),
    ],
)
@pytest.mark.parametrize("context", [no_grad, record_source, lambda: scope("s")])
def test_every_way_to_make_a_node(broken: Function, context: Function) -> None:
    """The error is raised in the line, and the contexts end as they should."""
    with pytest.raises(AnomalyError) as caught, context(), detect_anomaly():
        broken(Value(1.0))

    source = caught.value.anomaly.node.source
    assert source is not None
    assert source.filename == __file__
    assert "lambda x:" in source.text
    assert broken(Value(1.0)) is not None


def test_a_leaf_may_be_inf() -> None:
    """Somebody put it there; what it does to an operation is looked at."""
    with detect_anomaly():
        x = Value(inf)
        y = tanh(x) + maximum(1.0, Value(-inf))
        with pytest.raises(AnomalyError):
            x - x

    assert y.data == 2.0


@pytest.mark.parametrize(
    "function", [lambda x: sqrt(x) * 1.0, lambda x: x**0.5, lambda x: cbrt(x)]
)
@pytest.mark.parametrize(
    "derived",
    [
        lambda f: grad(f)(0.0),
        lambda f: value_and_grad(f)(0.0),
        lambda f: derivative(f)(0.0),
        lambda f: derivative(f, 2)(0.0),
        lambda f: jacobian(lambda x: [f(x), x, x])(0.0),
        lambda f: jacobian(lambda x: f(x[0]) + x[1])([0.0, 1.0]),
        lambda f: hessian(lambda x: f(x[0]) * x[1])([0.0, 1.0]),
        lambda f: hvp(lambda x: f(x))(0.0, 1.0),
        lambda f: jvp(f, (0.0,), (1.0,)),
        lambda f: vjp(f, 0.0)[1](1.0),
        lambda f: grad(f)(Value(0.0)),
        lambda f: gradient(f(x := Value(0.0)), x),
        lambda f: gradient(f(x := Value(0.0)), x, create_graph=True),
        lambda f: f(Value(0.0)).backward(),
    ],
)
def test_every_derivative_is_looked_at(function: Function, derived: Function) -> None:
    """Forward mode and reverse mode, numbers and graphs; without it nothing raises."""
    derived(function)
    with pytest.raises(AnomalyError) as caught, detect_anomaly():
        derived(function)
    anomaly = caught.value.anomaly
    derived(function)

    assert anomaly.kind in ("gradient", "tangent")
    assert anomaly.local == inf
    assert not isfinite(anomaly.contribution)
    assert anomaly.node.parents[anomaly.operand].data == 0.0
    assert "inf" in anomaly.text


@pytest.mark.parametrize(
    "derived",
    [
        lambda: gradient(power(a := Value(0.0), 0.0), a, create_graph=True),
        lambda: derivative(lambda a: a**1.0, 2)(0.0),
        lambda: grad(lambda x: where(x > 0, sqrt(x), x))(0.0),
    ],
)
def test_what_a_partial_leaves_aside_is_no_anomaly(derived: Function) -> None:
    """A formula may try a power that overflows, and then take another one."""
    with detect_anomaly():
        derived()


def test_cotangents_and_tangents_may_begin_it() -> None:
    """What somebody passed that is not finite is told as such."""
    with detect_anomaly():
        for began in (
            lambda: vjp(lambda x: x * 2.0, 1.0)[1](nan),
            lambda: jvp(lambda x: x * 2.0, (1.0,), (inf,)),
        ):
            with pytest.raises(AnomalyError, match="given to begin with"):
                began()


@pytest.mark.parametrize("place", [0, 1, 2])
@pytest.mark.parametrize(
    "derived",
    [
        lambda op: grad(lambda x: op(x, x, x))(1.0),
        lambda op: derivative(lambda x: op(x, x, x))(1.0),
        lambda op: op(x := Value(1.0), x, x).backward(),
    ],
)
def test_the_operand_of_a_repeated_parent(place: int, derived: Function) -> None:
    """Of x, x and x the one is named whose derivative it is, in both directions."""
    locals_ = [inf if i == place else 1.0 for i in range(3)]
    partials = tuple(lambda *_, local=local: local for local in locals_)
    op = Op("thrice", lambda a, b, c: a + b + c, partials)
    with detect_anomaly(), pytest.raises(AnomalyError) as caught:
        derived(op)

    assert caught.value.anomaly.operand == place


@pytest.mark.parametrize("condition", [True, False])
@pytest.mark.parametrize("derived", [grad, derivative])
def test_the_operand_of_a_choice_of_one(condition: bool, derived: Function) -> None:
    """Where both branches are the same node, one of them is taken."""
    with detect_anomaly(), pytest.raises(AnomalyError) as caught:
        derived(lambda x: where(condition, s := sqrt(x), s) * 1e308 * 10.0)(1e-3)
    assert caught.value.anomaly.node.op.name == "mul"
    with detect_anomaly(), pytest.raises(AnomalyError) as caught:
        derived(lambda x: where(condition, x, x) * inf)(0.0)
    assert caught.value.anomaly.kind == "value"


# --- detect_anomaly: backward -------------------------------------------------------
@given(LEAVES, RECIPES)
def test_backward_raises_for_the_first_gradient(
    numbers: list[float], recipes: Steps
) -> None:
    """It is the first in the order of the pass, and no leaf is changed."""
    *_, root = nodes = made(numbers, recipes, finite=True)
    if not root.requires_grad:
        return
    for i, node in enumerate(nodes):
        if node.is_leaf:
            node.grad = float(i)
    expected = first_by_hand(root)
    anomaly = raised(root.backward)

    assert same(found(anomaly), expected)
    if anomaly is not None:
        for i, node in enumerate(nodes):
            assert node.grad == (float(i) if node.is_leaf else 0.0)
            assert node.has_grad == node.is_leaf


@given(STEPS, st.booleans())
def test_a_finite_graph_has_the_same_bits(steps: Steps, in_context: bool) -> None:
    """Values and gradients, built and run inside or only run inside."""
    expected = grown(steps)
    expected[-1].backward()
    nodes = [] if in_context else grown(steps)
    with detect_anomaly():
        nodes = nodes or grown(steps)
        nodes[-1].backward()

    assert [(n.data.hex(), n.grad.hex(), n.has_grad) for n in nodes] == [
        (n.data.hex(), n.grad.hex(), n.has_grad) for n in expected
    ]


@given(expressions())
def test_any_expression_has_the_same_bits(expression: Any) -> None:
    """Of any row, in its domain, wherever its own derivatives are finite."""
    leaves = [Value(x) for x in expression.point]
    y = expression(*leaves)
    if not (isinstance(y, Value) and y.requires_grad) or first_nonfinite(y):
        return
    y.backward()
    with detect_anomaly():
        again = [Value(x) for x in expression.point]
        z = expression(*again)
        z.backward()
        numbers = gradient(z, again)

    grads = [leaf.grad.hex() for leaf in leaves]
    assert z.data.hex() == y.data.hex()
    assert [leaf.grad.hex() for leaf in again] == grads
    assert [x + 0.0 for x in numbers] == [float.fromhex(x) for x in grads]


def test_gradients_of_two_passes_may_sum_to_inf() -> None:
    """The leaf keeps what it had before the second."""
    x = Value(0.5, label="x")
    y = x * 1.5e308
    with detect_anomaly():
        y.backward()
        with pytest.raises(AnomalyError, match=r"of 'x', 1.5e\+308 from passes before"):
            y.backward()

    assert x.grad == 1.5e308


def test_a_gradient_that_was_inf_before_is_not_of_this_pass() -> None:
    """It was found when it was made, or nobody asked."""
    x = Value(0.5)
    x.grad = inf
    with detect_anomaly():
        (x * 2.0).backward()

    assert x.grad == inf


def test_a_hook_that_makes_a_nan_is_told() -> None:
    """On a leaf, in the middle and on the root."""
    x = Value(3.0, label="x")
    y = x * x
    z = tanh(y)
    for node in (x, y, z):
        x.grad = 5.0
        with (
            detect_anomaly(),
            hook(node, lambda gradient: nan),
            pytest.raises(AnomalyError, match="nan is what a hook made of") as caught,
        ):
            z.backward()
        assert caught.value.anomaly.node is node
        assert x.grad == 5.0


def test_a_hook_does_not_hide_what_it_repairs() -> None:
    """The contribution was inf, whatever became of it; hooks are called once."""
    x = Value(0.0)
    y = sqrt(x)
    calls: list[float] = []
    hook(x, lambda gradient: (calls.append(gradient), 0.0)[1])
    y.backward()
    assert (x.grad, calls) == (0.0, [inf])
    with detect_anomaly(), pytest.raises(AnomalyError) as caught:
        y.backward()

    assert caught.value.anomaly.node is y
    assert calls == [inf, inf]


def test_a_hook_that_changes_a_gradient_is_followed() -> None:
    """The factors are those of the pass that ran."""
    x = Value(0.0)
    y = sqrt(x)
    z = y * 1.0
    hook(y, lambda gradient: 7.0)
    with detect_anomaly(), pytest.raises(AnomalyError) as caught:
        z.backward()

    assert (caught.value.anomaly.node, caught.value.anomaly.upstream) == (y, 7.0)


# --- what is done -------------------------------------------------------------------
def test_the_exception_holds_all() -> None:
    """It is a NonFiniteError and a ValueError, and survives a pickle."""
    with detect_anomaly(), pytest.raises(ValueError, match="-inf is the value") as it:
        log(Value(0.0, label="p"))
    error = it.value

    assert isinstance(error, AnomalyError)
    assert isinstance(error, NonFiniteError)
    assert str(error) == str(error.anomaly) == error.anomaly.text
    again = pickle.loads(pickle.dumps(error))
    assert again.anomaly.node.op.name == "log"


def test_a_function_decides_what_follows() -> None:
    """Where it returns, the computation goes on; it may raise what it likes."""
    seen: list[Anomaly] = []
    x = Value(0.0)
    with detect_anomaly(on_anomaly=seen.append):
        y = sqrt(x) * (1.0 / x)
        y.backward()

    assert [anomaly.kind for anomaly in seen] == ["value", "value", "gradient"]
    assert repr(x.grad) == "nan"

    def refuse(anomaly: Anomaly) -> None:
        raise KeyError(anomaly.kind)

    with pytest.raises(KeyError), detect_anomaly(refuse):
        log(x)


def test_what_acts_on_an_anomaly_may_compute() -> None:
    """Nobody looks at that, and detection goes on afterwards."""
    seen: list[float] = []
    with detect_anomaly(lambda anomaly: seen.append((log(Value(0.0)) * 2.0).data)):
        exp(Value(1000.0))
        exp(Value(1000.0))

    assert seen == [-inf, -inf]


def test_debug_opens_the_debugger_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the graph and the anomaly, before the error is raised."""
    opened: list[tuple[Value, Anomaly]] = []
    monkeypatch.setattr(
        autograd_core.debug,
        "debug",
        lambda root, *, anomaly: opened.append((root, anomaly)),
        raising=False,
    )
    x = Value(0.0)
    with pytest.raises(AnomalyError) as caught, detect_anomaly("debug"):
        (sqrt(x) * 2.0).backward()

    ((root, anomaly),) = opened
    assert anomaly is caught.value.anomaly
    assert root is anomaly.root
    assert root.op.name == "mul"


def test_a_value_opens_the_debugger(monkeypatch: pytest.MonkeyPatch) -> None:
    """`y.debug()` is `debug(y)`."""
    monkeypatch.setattr(
        autograd_core.debug, "debug", lambda root: ("opened", root), raising=False
    )
    y = Value(1.0) * 2.0

    assert y.debug() == ("opened", y)


def test_an_unknown_action() -> None:
    """The message has the ones that there are."""
    with pytest.raises(UnknownNameError, match="did you mean 'raise'"):
        detect_anomaly("raises")
    with pytest.raises(OperandError, match="'raise', 'debug' or a function"):
        detect_anomaly(3)  # type: ignore[arg-type]


# --- contexts -----------------------------------------------------------------------
def breaks() -> bool:
    """Tell whether a value that is not finite raises here."""
    try:
        log(Value(0.0))
    except AnomalyError:
        return True
    return False


def in_thread(function: Callable[[], bool]) -> bool:
    """Return the result of a function that another thread runs."""
    results: list[bool] = []
    thread = threading.Thread(target=lambda: results.append(function()))
    thread.start()
    thread.join()
    return results[0]


def test_contexts_nest() -> None:
    """The innermost acts, and each ends by itself, also by an error."""
    seen: list[Anomaly] = []
    with detect_anomaly(seen.append):
        with detect_anomaly():
            assert breaks()
        assert not breaks()
        with pytest.raises(ZeroDivisionError), detect_anomaly():
            raise ZeroDivisionError
        assert not breaks()
    assert not breaks()

    assert len(seen) == 2


def test_one_context_entered_twice() -> None:
    """As a decorated function that calls itself does."""

    @detect_anomaly()
    def count(n: int) -> bool:
        return count(n - 1) if n else breaks()

    assert count(3)
    assert not breaks()
    assert (recording.watchers, recording.state.sources) == (0, 0)


def test_it_belongs_to_its_thread() -> None:
    """One thread's search stops no other."""
    with detect_anomaly():
        assert not in_thread(breaks)
        assert breaks()


def test_it_may_hold_in_all_threads() -> None:
    """Until it is switched off; twice is once."""
    detect_anomaly.enable()
    detect_anomaly.enable()
    try:
        results = (breaks(), in_thread(breaks))
        source = Value(1.0).source
    finally:
        detect_anomaly.disable()

    assert results == (True, True)
    assert source is not None
    assert not breaks()
    assert Value(1.0).source is None
    assert recording.watchers == 0


def test_the_switch_takes_an_action() -> None:
    """A context inside goes before it."""
    seen: list[Anomaly] = []
    detect_anomaly.enable(seen.append)
    try:
        outside = breaks()
        with detect_anomaly():
            inside = breaks()
    finally:
        detect_anomaly.disable()

    assert (outside, inside, len(seen)) == (False, True, 1)


def test_a_generator_that_is_closed_late() -> None:
    """Contexts that end in the wrong order end each for itself."""
    seen: list[Anomaly] = []

    def search() -> Iterator[bool]:
        with detect_anomaly(seen.append):
            while True:
                yield breaks()

    generator = search()
    assert not next(generator)
    with detect_anomaly():
        generator.close()
        assert breaks()

    assert not breaks()
    assert (recording.watchers, recording.state.detectors) == (0, [])


# --- the message --------------------------------------------------------------------
def message(computed: Function) -> list[str]:
    """Return the lines of the error that is raised."""
    with pytest.raises(AnomalyError) as caught, detect_anomaly():
        computed()
    return str(caught.value).split("\n")


def V(label: str, data: float) -> Value:  # noqa: N802 - short for a line to underline
    """Return a leaf with a label."""
    return Value(data, label=label)


@pytest.mark.parametrize(
    ("computed", "first", "reason"),
    [
        (
            lambda: log(V("p", -0.5)),
            "nan is the value of log(p), where p = -0.5",
            "log(x) is defined for x > 0; here x is -0.5",
        ),
        (
            lambda: log(V("p", 0.0)),
            "-inf is the value of log(p), where p = 0.0",
            "log(x) is defined for x > 0; here x is 0.0",
        ),
        (
            lambda: log(V("p", -inf)),
            "nan is the value of log(p), where p = -inf",
            "log(x) is defined for x > 0; here x is -inf",
        ),
        (
            lambda: acosh(V("p", 0.5)),
            "nan is the value of acosh(p), where p = 0.5",
            "acosh(x) is defined for x >= 1; here x is 0.5",
        ),
        (
            lambda: atanh(V("p", 1.0)),
            "inf is the value of atanh(p), where p = 1.0",
            "atanh(x) is defined for -1 < x < 1; here x is 1.0",
        ),
        (
            lambda: V("a", 3.0) / V("b", 0.0),
            "inf is the value of a / b, where a = 3.0, b = 0.0",
            "div(a, b) has no finite value where b is 0.0",
        ),
        (
            lambda: 0.0 / V("a", 0.0),
            "nan is the value of 0.0 / a, where a = 0.0",
            "div(a, b) has no finite value where b is 0.0",
        ),
        (
            lambda: exp(V("z", 1000.0)),
            "inf is the value of exp(z), where z = 1000.0",
            "the result is beyond 1.8e308, the largest float",
        ),
        (
            lambda: V("a", inf) - V("b", inf),
            "nan is the value of a - b, where a = inf, b = inf",
            "inf - inf is not a number",
        ),
        (
            lambda: V("a", 0.0) * inf,
            "nan is the value of a * inf, where a = 0.0",
            "0.0 * inf is not a number",
        ),
        (
            lambda: V("a", 2.0) * inf,
            "inf is the value of a * inf, where a = 2.0",
            "b is inf already",
        ),
        (
            lambda: V("a", 2.0) + nan,
            "nan is the value of a + nan, where a = 2.0",
            "b is nan already",
        ),
        (
            lambda: V("a", -8.0) ** 0.5,
            "nan is the value of a ** 0.5, where a = -8.0",
            "power(a, b) is defined for a > 0; here a is -8.0",
        ),
        (
            lambda: dot([V("x", inf)], [V("w", 2.0)]),
            "inf is the value of dot([x], [w], 0.0), where x = inf, w = 2.0",
            "operand 1, 'x', is inf already",
        ),
        (
            lambda: total([V(f"x{i}", 1e308) for i in range(20)]),
            "inf is the value of total of 20 operands",
            "the result is beyond 1.8e308, the largest float",
        ),
        (
            lambda: sqrt(V("x", 0.0)).backward(),
            "inf is what sqrt(x) sends to the gradient of 'x', where x = 0.0",
            "it is 1.0 * inf: the gradient of sqrt(x), times the derivative of "
            "sqrt(x) by x",
        ),
        (
            lambda: (V("x", 1e-300) * 1e300 * 1e300).backward(),
            "inf is what x * 1e+300 sends to the gradient of 'x', where x = 1e-300",
            "it is 1e+300 * 1e+300: the gradient of x * 1e+300, times the derivative "
            "of mul(a, b) by a",
        ),
        (
            lambda: jvp(sqrt, (0.0,), (1.0,)),
            "inf is what the leaf 0.0 sends to the tangent of sqrt(0.0)",
            "it is 1.0 * inf: the tangent of the leaf 0.0, times the derivative of "
            "sqrt(x) by x",
        ),
    ],
)
def test_the_first_lines_say_what_and_why(
    computed: Function, first: str, reason: str
) -> None:
    """The number, the operation on names, the numbers, and a reason that is plain."""
    lines = message(computed)

    assert lines[:2] == [first, f"  {reason}"]


@pytest.mark.parametrize(
    ("computed", "reasons"),
    [
        (
            lambda: (sqrt(V("x", 0.0)) * 0.0).backward(),
            [
                "sqrt(x) is not differentiable where x is 0.0",
                "0.0 * inf is not a number",
            ],
        ),
        (
            lambda: (V("x", 0.0) ** 0.5).backward(),
            ["power(a, b) is differentiable for a > 0; here a is 0.0"],
        ),
        (
            lambda: (V("x", 1e-300) * 1e300 * 1e300).backward(),
            ["the product is beyond 1.8e308, the largest float"],
        ),
        (
            lambda: log(V("x", 5e-324)).backward(),
            ["the derivative is beyond 1.8e308, the largest float"],
        ),
    ],
)
def test_the_reasons_of_a_gradient(computed: Function, reasons: list[str]) -> None:
    """They follow on the factors."""
    assert message(computed)[2 : 2 + len(reasons)] == [f"  {line}" for line in reasons]


def test_the_whole_message() -> None:
    """The line is underlined; the chain goes back to what began it."""

    def loss(w: Value, x: Value) -> Value:
        score = w * x
        p = (score + 1.0).relu()
        p.label = "p"
        return -log(p)

    with pytest.raises(AnomalyError) as caught, detect_anomaly(), scope("model"):
        loss(V("w", -2.0), V("x", 3.0))
    first = loss.__code__.co_firstlineno
    file = caught.value.anomaly.node.source.place.rpartition(":")[0]
    *lines, leaf = str(caught.value).replace(file, "FILE").split("\n")

    assert lines == [
        "-inf is the value of log(p), where p = 0.0",
        "  log(x) is defined for x > 0; here x is 0.0",
        f"  FILE:{first + 4}, in model",
        "    return -log(p)",
        "            ^^^^^^",
        "  it came from",
        f"    'p' = relu(-5.0) is 0.0, FILE:{first + 2}",
        f"    -6.0 + 1.0 is -5.0, FILE:{first + 2}",
        f"    w * x is -6.0, FILE:{first + 1}",
    ]
    assert leaf.startswith("    the leaf 'w' is -2.0, FILE:")


def test_the_way_of_a_gradient() -> None:
    """From the root to the node, through those that sent most of it."""
    x = V("x", 0.0)
    with record_source():
        root = sqrt(x)
        middle = root * 3.0 + root * 1e-9
        y = middle * 2.0
    y.label = "loss"
    anomaly = first_nonfinite(y)

    assert anomaly is not None
    assert anomaly.chain == (y, middle, middle.parents[0], root)
    assert anomaly.upstream == 2.0 * (3.0 + 1e-9)
    assert (
        "  the gradient came by way of\n    'loss' = 0.0 * 2.0 is 0.0, " in anomaly.text
    )


def test_without_a_source_the_message_says_how_to_get_one() -> None:
    """As of a graph that was computed without recording."""
    anomaly = first_nonfinite(log(V("p", 0.0)))

    assert anomaly is not None
    assert "compute it in `with record_source():`" in anomaly.text


@given(st.text(), st.sampled_from(NUMBERS))
def test_labels_of_any_kind(label: str, number: float) -> None:
    """They end no line and reorder nothing."""
    plain = first_nonfinite(log(Value(number, label="p")) * 1e300 * 1e300)
    wild = first_nonfinite(log(Value(number, label=label)) * 1e300 * 1e300)

    assert (plain is None) == (wild is None)
    if wild is not None and plain is not None:
        assert wild.text.isprintable() or "\n" in wild.text
        assert all(line.isprintable() for line in wild.text.split("\n"))
        assert len(wild.text.split("\n")) == len(plain.text.split("\n"))


@pytest.mark.parametrize("name", sorted(OPS))
def test_every_row_can_be_told(name: str) -> None:
    """Whatever is wrong at whatever point, the text is short and is found."""
    row = OPS[name]
    count = 5 if isinstance(row, NaryOp) else len(row.partials)
    for numbers in ((0.0,), (-1.0, 0.0), (inf, 0.0), (nan,), (1.7e308,), (-inf, 2.0)):
        operands = [
            Value(numbers[i % len(numbers)], label=f"x{i}") for i in range(count)
        ]
        seen: list[Anomaly] = []
        with detect_anomaly(seen.append):
            y = Value.__apply_op__(row, operands) * 1.0
            y.backward()
        found_later = first_nonfinite(y)
        for anomaly in (*seen, *filter(None, [found_later])):
            assert len(anomaly.text) < 1500
        finite = [y.data, *(operand.grad for operand in operands)]
        assert bool(seen) != all(map(isfinite, finite))


def test_a_row_of_ones_own() -> None:
    """Its partials may raise, where they were never meant to be."""
    broken = Op(
        "broken",
        lambda a, b: inf if a > b else a,
        (lambda y, a, b: 1 / 0, lambda y, a, b: 1.0),
    )
    told = r"inf is the value of broken\(a, 1.0\)"
    with pytest.raises(AnomalyError, match=told), detect_anomaly():
        broken(V("a", 3.0), 1.0)


# --- what it costs ------------------------------------------------------------------
def test_importing_the_package_does_not_import_the_debugger() -> None:
    """It is imported when it is opened."""
    code = "import sys, autograd_core; print('autograd_core.debug' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )

    assert done.stdout == "False\n"
