"""Verdicts: what `check_derivative` says of this engine's own derivatives."""

import math
from collections.abc import Callable
from math import inf, nextafter
from typing import Any

import pytest

from autograd_core import (
    Value,
    abs,
    acos,
    acosh,
    asin,
    atanh,
    cbrt,
    clip,
    dot,
    erfc,
    exp,
    gradient,
    lgamma,
    log,
    log1p,
    logsumexp,
    maximum,
    mean,
    minimum,
    no_grad,
    polygamma,
    prod,
    relu,
    scope,
    sigmoid,
    sin,
    sqrt,
    tan,
    tanh,
    total,
    where,
)
from autograd_core.errors import OperandError, ShapeError
from autograd_core.testing import DerivativeError, check_derivative

Function = Callable[..., Any]
Cases = dict[str, tuple[Any, ...]]


def verdict(f: Function, *x: float, **options: Any) -> str:
    """Return the verdict, whatever it is."""
    return check_derivative(f, *x, raise_on_failure=False, **options).verdict


def repeated(x: Any) -> Any:
    """Use one sub-expression four times, the first one included."""
    y = sin(x) * x
    return y * y + y / (1.0 + y * y)


PASSES: Cases = {
    # domain edges
    "sqrt near 0": (sqrt, 1e-10),
    "log near 0": (log, 1e-300),
    "log1p near -1": (log1p, -1 + 2**-53),
    "asin near 1": (asin, 1 - 2**-53),
    "acos near -1": (acos, -1 + 2**-53),
    "acosh near 1": (acosh, nextafter(1.0, 2.0)),
    "atanh near 1": (atanh, nextafter(1.0, 0.0)),
    "cbrt near 0": (cbrt, 1e-300),
    "a reciprocal near 0": (lambda x: 1 / x, 1e-300),
    "tan near its pole": (tan, 1.5707963267948966),
    "lgamma between poles": (lgamma, -1.5),
    "polygamma between poles": (lambda x: polygamma(2.0, x), -1.4),
    # tails
    "tanh in its tail": (tanh, 400.0),
    "sigmoid in its tail": (sigmoid, -800.0),
    "erfc in its tail": (lambda x: erfc(x) / x, 26.0),
    # powers
    "a negative base": (lambda x: x**2, -3.0),
    "a negative base and exponent": (lambda x: x**-3, -2.0),
    "a difference squared": (lambda x: (x - 1) ** 2, 0.25),
    "a square at its minimum": (lambda x: x**2, 0.0),
    "a cube at its inflection": (lambda x: x**3, 0.0),
    "exponent 1": (lambda x: x**1, -2.0),
    "exponent 0": (lambda x: x**0, -2.0),
    "0 to the power 0": (lambda x: x**0, 0.0),
    "a power of 2": (lambda x: 2**x, -3.5),
    "both operands": (lambda x, y: x**y, 0.3, -4.5),
    # scales
    "scaled by 1e-8": (lambda x: 1e-8 * sin(x), 1.0),
    "scaled by 1e-300": (lambda x: 1e-300 * sin(x), 1.0),
    "scaled by 1e300": (lambda x: 1e300 * sin(x), 1.0),
    "a slope of 1e-290": (lambda x: x * x, 1e-290),
    "an oscillation of 1e9": (lambda x: sin(1e9 * x), 0.7),
    # graphs
    "the argument itself": (lambda x: x, 3.0),
    "a number": (lambda x: 3.0, 1.0),
    "a constant": (lambda x: Value(3.0), 1.0),
    "no argument at all": (lambda: 3.0,),
    "an ignored argument": (lambda x, y: x * 2.0, 1.0, 2.0),
    "a difference of nothing": (lambda x: x - x, 1.0),
    "one parent twice": (lambda x: x * x, 3.0),
    "shared parts": (repeated, 1.2),
    "an infinite constant": (lambda x: minimum(x, inf), 2.0),
    "a bound at infinity": (lambda x: clip(x, -inf, 5.0), 2.0),
    "what underflows to nothing": (lambda x: x + exp(-exp(x)), 7.0),
    # sequences
    "dot": (lambda a, b, c: dot([a, b], [c, a], b), 1.0, 2.0, 3.0),
    "total": (lambda *x: total(x), 1.0, -2.0, 3.0),
    "mean": (lambda *x: mean(x), 1.0, -2.0, 3.0),
    "prod with a zero": (lambda *x: prod(x), 1.0, 0.0, 3.0),
    "prod with two zeros": (lambda *x: prod(x), 0.0, 0.0, 3.0),
    "logsumexp": (lambda *x: logsumexp(x), 1.0, 2.0, -3.0),
    "logsumexp of extremes": (lambda *x: logsumexp(x), 1000.0, -1000.0),
    "one operand thrice": (lambda x: logsumexp([x, x, 1.0, x]), 0.5),
    "41 operands": (lambda *x: logsumexp(x) * mean(x), *[i / 7 for i in range(41)]),
    # choices
    "the branch taken": (lambda x: where(x > 0, sqrt(x), x), 2.0),
    "the other branch": (lambda x: where(x > 0, sqrt(x), x * x), -2.0),
    "an infinite slope not taken": (lambda x: where(x > 0, sqrt(x), x * x), 0.0),
    "a pole not taken": (lambda x: where(x > 0, log(x), x * x), 0.0),
    "an overflow not taken": (lambda x: where(x < 0, exp(x * 1e3), x * x), 2.0),
    "a kink not taken": (lambda x: where(x >= 1, x * x, relu(x - 1)), 1.0),
    "far from a kink": (lambda x: relu(x) + abs(x) + maximum(x, 0.1), 3.0),
}


@pytest.mark.parametrize(("f", "x"), [(f, x) for f, *x in PASSES.values()], ids=PASSES)
def test_what_is_right_passes(f: Function, x: list[float]) -> None:
    """A derivative that is right to rounding passes, however steep or tiny."""
    report = check_derivative(f, *x)

    assert (report.verdict, report.fault) == ("pass", None)
    assert all(y in e for y, e in zip(report.found, report.wanted, strict=True))


def test_what_a_report_holds() -> None:
    """The verdict, a line why, the derivatives found and where the true ones lie."""
    report = check_derivative(lambda x, y: x * y, 3.0, 4)

    assert (report.verdict, report.found, bool(report)) == ("pass", (4.0, 3.0), True)
    assert [(float(e.low), float(e.high)) for e in report.wanted] == [(4, 4), (3, 3)]
    assert str(report) == f"pass: {report.reason}"
    assert "\n" not in str(report)


# --- what the function uses ---------------------------------------------------------
def test_a_value_that_the_function_closes_over_is_a_constant() -> None:
    """Only the derivatives by the arguments are judged."""
    w = Value(3.0)

    assert check_derivative(lambda x: w * x * x, 2.0, order=2).verdict == "pass"


def test_a_check_leaves_no_trace() -> None:
    """Gradients of what the function closes over are what they were."""
    w, unused = Value(3.0), Value(4.0)
    inner = w * 2.0
    inner.backward()
    before = [(v.grad, v.has_grad) for v in (w, inner, unused)]
    check_derivative(lambda x: w * inner * unused * x * x, 2.0, order=2)

    assert [(v.grad, v.has_grad) for v in (w, inner, unused)] == before


@pytest.mark.parametrize("context", [no_grad, lambda: scope("part")])
def test_open_contexts_do_not_matter(context: Function) -> None:
    """The function is recorded, and its second derivative, under `no_grad` too."""
    with context():
        report = check_derivative(lambda x: x * x * x, 2.0, order=2)

    assert (report.verdict, report.found) == ("pass", (12.0,))


def test_a_function_may_differentiate() -> None:
    """The gradient inside of a function is part of its graph."""

    def f(x: Value) -> Any:
        return gradient(tanh(x) * x, x, create_graph=True) * x

    assert verdict(f, 0.7) == "pass"


def test_a_long_chain() -> None:
    """Nothing recurses: a thousand nodes in a row are judged."""

    def f(x: Any) -> Any:
        for _ in range(500):
            x = x * 0.5 + sin(x)
        return x

    assert verdict(f, 1.0) in ("pass", "ill_conditioned")


# --- misuse -------------------------------------------------------------------------
@pytest.mark.parametrize("result", [[Value(1.0)], None, "3", 3j])
def test_a_function_returns_one_value(result: Any) -> None:
    """Anything else is refused by what it is."""
    with pytest.raises(OperandError, match="returns one Value; this one returned"):
        check_derivative(lambda x: result, 1.0)


@pytest.mark.parametrize("x", ["3", None, [1.0], 3j, Value(1.0)])
def test_a_point_is_made_of_numbers(x: Any) -> None:
    """A point that is no number is refused."""
    with pytest.raises(OperandError, match=r"check_derivative takes a real number"):
        check_derivative(sin, x)


@pytest.mark.parametrize("order", [0, -1, 1.5, "2", None])
def test_an_order_counts(order: Any) -> None:
    """An order is 1, 2, ..., and no other kind of thing."""
    with pytest.raises(ShapeError, match=r"an order of 1, 2, \.\.\., not"):
        check_derivative(sin, 1.0, order=order)


def test_an_opaque_function_is_refused_in_the_words_of_the_engine() -> None:
    """A function that takes floats only has no derivative here without `claimed`."""
    with pytest.raises(TypeError, match="would lose the graph"):
        check_derivative(math.sin, 1.0)


def test_errors_of_the_function_are_its_own() -> None:
    """What the function raises comes out as it is."""
    with pytest.raises(ZeroDivisionError):
        check_derivative(lambda x: 1 // 0, 1.0)


def test_a_derivative_error_is_an_assertion_error() -> None:
    """So that pytest reports it as a failed test."""
    assert issubclass(DerivativeError, AssertionError)
