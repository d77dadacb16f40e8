"""Derivatives of derivatives: numbers that are right, and graphs that are not."""

import math
from collections.abc import Callable
from typing import Any

import pytest

from autograd_core import (
    OPS,
    NaryOp,
    Op,
    Value,
    cos,
    dot,
    exp,
    hypot,
    log,
    logsumexp,
    mul,
    prod,
    sigmoid,
    sin,
    softmax,
    softplus,
    tanh,
    where,
)
from autograd_core.testing import DerivativeError, check_derivative
from autograd_core.testing.hostile import ordinary_operands

Function = Callable[..., Any]

FUNCTIONS: dict[str, tuple[Any, ...]] = {
    "tanh in its tail": (tanh, 20.0),
    "a logistic loss": (lambda x, y: softplus(-x * y), 0.5, -2.0),
    "a power": (lambda x: x**5, -1.5),
    "a power of both": (lambda x, y: x**y, 1.5, 2.5),
    "a quotient": (lambda x, y: (x - y) / (x + y), 1.5, -0.25),
    "shared parts": (lambda x: sin(x * x) * (x * x), 0.7),
    "a norm": (lambda x, y: hypot(x, y) * log(x), 3.0, 4.0),
    "a choice": (lambda x: where(x > 0, x * x * x, exp(x)), 2.0),
    "dot": (lambda x, y: dot([x, y], [y, x], x * y) * x, 1.5, 2.5),
    "prod": (lambda *xs: prod(xs), 1.5, -2.0, 0.5),
    "prod with a zero": (lambda *xs: prod(xs), 1.5, 0.0, 0.5),
    "logsumexp": (lambda *xs: logsumexp(xs), 1.0, 2.0, -0.5),
    "softmax": (lambda *xs: softmax(xs)[0], 1.0, 2.0),
    "a straight line": (lambda x: 3.0 * x + 1.0, 2.0),
    "an ignored argument": (lambda x, y: x * x, 1.5, 2.0),
}


@pytest.mark.parametrize("order", [2, 3])
@pytest.mark.parametrize(
    ("f", "x"), [(f, x) for f, *x in FUNCTIONS.values()], ids=FUNCTIONS
)
def test_higher_derivatives_pass(f: Function, x: list[float], order: int) -> None:
    """All derivatives up to the order are judged, mixed ones too."""
    assert check_derivative(f, *x, order=order).verdict == "pass"


def test_a_function_of_nothing_has_no_higher_derivatives() -> None:
    """What it closes over is not asked for."""
    w = Value(3.0)

    assert check_derivative(lambda: w * w, order=2).verdict == "pass"


def test_the_report_is_of_the_highest_order() -> None:
    """What was found is the derivative of that order."""
    for order, y in enumerate((12.0, 12.0, 6.0), start=1):
        assert check_derivative(lambda x: x * x * x, 2.0, order=order).found == (y,)


def test_the_verdict_is_the_worst_of_all_orders() -> None:
    """A second derivative may be at a kink, or cancel, where the first one passes."""
    kinked = lambda x: where(x > 1.0, x * x, 2.0 * x - 1.0) + sigmoid(x) * 0  # noqa: E731
    lost = lambda x: 1e8 * x - cos(1e-6 * x) * 1e-9  # noqa: E731

    assert check_derivative(OPS["relu"], 1.0, order=2).verdict == "pass"
    assert check_derivative(kinked, 1.0, order=2).verdict != "fail"
    assert check_derivative(lost, 1e-9).verdict == "pass"


# --- right as numbers, wrong as graphs ----------------------------------------------
def cut_off(local: Any) -> Any:
    """Take a derivative out of the graph, so that it counts as a constant."""
    return local.data if isinstance(local, Value) else local


def bent(local: Any) -> Any:
    """Return the same number, with other derivatives."""
    return local * local / local.data if isinstance(local, Value) else local


def other(local: Any) -> Any:
    """Return another number, only where a graph is built."""
    return 1.5 * local if isinstance(local, Value) else local


@pytest.mark.parametrize("change", [cut_off, bent, other])
@pytest.mark.parametrize("name", ["tanh", "exp", "mul", "div", "power", "sin", "log"])
def test_a_wrong_graph_of_a_row_is_found(
    name: str, change: Function, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A partial may be right for floats and still spoil every second derivative."""
    row = OPS[name]
    (operands,) = ordinary_operands(row, 1)
    changed = tuple(
        (lambda *xs, p=p: change(p(*xs))) if i == 0 else p
        for i, p in enumerate(row.partials)
    )
    monkeypatch.setitem(vars(row), "partials", changed)

    assert check_derivative(row, *operands).verdict == "pass"
    with pytest.raises(DerivativeError):
        check_derivative(row, *operands, order=2)


@pytest.mark.parametrize("change", [cut_off, bent, other])
@pytest.mark.parametrize("name", ["prod", "logsumexp"])
def test_a_wrong_graph_of_a_sequence_row_is_found(
    name: str, change: Function, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same of rows on sequences."""
    row = OPS[name]
    partials = row.partials
    monkeypatch.setitem(
        vars(row), "partials", lambda y, *xs: [change(p) for p in partials(y, *xs)]
    )
    f = lambda *xs: row(xs)  # noqa: E731

    assert check_derivative(f, 0.5, 1.5, -2.0).verdict == "pass"
    with pytest.raises(DerivativeError):
        check_derivative(f, 0.5, 1.5, -2.0, order=2)


CUBES = {
    "a number": lambda y, x: 12.0,
    "a number of the data": lambda y, x: 3 * cut_off(x) ** 2,
    "another graph": lambda y, x: 6 * x,
    "a graph of another number": lambda y, x: (3 if isinstance(x, float) else 2) * x**2,
}


@pytest.mark.parametrize("partial", CUBES.values(), ids=CUBES)
def test_a_wrong_graph_of_ones_own_row_is_found(partial: Function) -> None:
    """A row of one's own: right at 2.0, wrong as soon as it is differentiated."""
    cube = Op("cube", lambda x: x**3, (partial,))
    inside = lambda x: sin(cube(x * 1.0)) * x  # noqa: E731

    assert check_derivative(cube, 2.0).verdict == "pass"
    for f in (cube, inside):
        with pytest.raises(DerivativeError):
            check_derivative(f, 2.0, order=2)


def test_a_wrong_graph_of_the_third_order_is_found() -> None:
    """A second derivative that is right as a number is judged as a graph in turn."""
    slope = Op("slope", lambda x: 3 * x**2, (lambda y, x: 6 * cut_off(x),))
    cube = Op("cube", lambda x: x**3, (lambda y, x: slope(x),))

    assert check_derivative(cube, 2.0, order=2).verdict == "pass"
    with pytest.raises(DerivativeError):
        check_derivative(cube, 2.0, order=3)


def test_rows_of_ones_own_may_be_right() -> None:
    """Graphs of one's own rows pass, opaque ones and sequences included."""
    square = Op("square", lambda x: x * x, (lambda y, x: 2 * x,))
    sine = Op("sine", math.sin, (lambda y, x: cos(x),))
    norm = NaryOp(
        "norm",
        lambda *xs: sum(mul(x, x) for x in xs),
        lambda y, *xs: [2.0 * x for x in xs],
    )

    assert check_derivative(square, 3.0, order=3).verdict == "pass"
    assert check_derivative(sine, 1.0, order=2).verdict == "pass"
    assert check_derivative(lambda *xs: norm(xs), 1.0, 2.0, order=2).verdict == "pass"
