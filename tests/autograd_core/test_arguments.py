"""Which argument a derivative is taken by, and how misuse is answered."""

import math
from collections.abc import Callable
from typing import Any

import pytest

import autograd_core
from autograd_core import (
    Value,
    derivative,
    grad,
    gradient,
    hessian,
    hvp,
    jacobian,
    jvp,
    tanh,
    vjp,
)
from autograd_core.errors import (
    GraphError,
    IndependentInputWarning,
    OperandError,
    ShapeError,
)

Function = Callable[..., Any]


def test_other_arguments_are_passed_on_as_they_are() -> None:
    """Only the arguments asked for become nodes: an int can still be an index."""
    f = grad(lambda x, i, *, scale: x[i] * x[i] * scale, argnums=0)
    with pytest.warns(IndependentInputWarning, match=r"argument 0\[0\]"):
        assert f([1.0, 5.0], 1, scale=2) == [0.0, 20.0]


@pytest.mark.parametrize(
    ("argnums", "expected"),
    [(0, 12.0), (1, 9.0), (-1, 9.0), ((1, 0), (9.0, 12.0)), ((0,), (12.0,))],
)
def test_argnums_select_arguments(argnums: Any, expected: Any) -> None:
    """A number selects one, a tuple of numbers gives a tuple, -1 is the last."""
    assert grad(lambda x, y: x * x * y, argnums)(3, 2) == expected


def test_structures_of_several_arguments() -> None:
    """Second derivatives by several arguments are a tuple of tuples."""
    found = hessian(lambda x, y: x * x * y[0], argnums=(0, 1))(3.0, [2.0])

    assert found == ((4.0, [6.0]), [(6.0, [0.0])])


X = Value(1.0, label="x")
MISUSE: dict[str, tuple[Function, type[Exception], str]] = {
    "a structure to grad": (
        lambda: grad(lambda x: [x, x])(1.0),
        ShapeError,
        "returned a list of 2: take jacobian",
    ),
    "a structure to hessian": (
        lambda: hessian(lambda x: {"a": x})(1.0),
        ShapeError,
        "returned a dict of 1: take jacobian",
    ),
    "a structure as variable": (
        lambda: derivative(lambda x: x[0])([1.0]),
        ShapeError,
        "by one number, its first argument, not by a list of 1: take grad",
    ),
    "no result": (
        lambda: grad(lambda x: None)(1.0),
        OperandError,
        "the result is None of type NoneType",
    ),
    "a string among the results": (
        lambda: jacobian(lambda x: {"a": [x, "b"]})(1.0),
        OperandError,
        r"the result\['a'\]\[1\] is 'b' of type str",
    ),
    "a string among the arguments": (
        lambda: (
            grad(lambda p, x: x)(1.0, 2.0, 3.0)
            if False
            else grad(lambda x: x["w"][1])({"w": [1.0, "2"]})
        ),
        OperandError,
        r"argument 0\['w'\]\[1\] is '2' of type str; convert it with float",
    ),
    "an argument number too high": (
        lambda: grad(tanh, argnums=2)(1.0),
        ShapeError,
        "by argument 2, but the call has 1 positional argument; they count from 0",
    ),
    "an argument number in a tuple": (
        lambda: grad(tanh, argnums=(0, 1))(1.0),
        ShapeError,
        "by argument 1, but the call has 1 positional argument",
    ),
    "no argument number": (
        lambda: grad(tanh, 1.5),
        OperandError,
        r"takes the number of an argument, or a tuple of them, not 1\.5",
    ),
    "the argument in place of its number": (
        lambda: hessian(tanh, [1.0]),
        OperandError,
        r"not \[1\.0\]; call hessian\(tanh\) with the arguments",
    ),
    "an argument number twice": (
        lambda: grad(lambda x, y: x, (1, 1)),
        ShapeError,
        "takes each number once",
    ),
    "no function": (
        lambda: grad(X * X),
        OperandError,
        r"of a function, not of Value\(.*; of a node, take gradient",
    ),
    "a negative order": (lambda: derivative(tanh, -1), ShapeError, "not -1"),
    "a fractional order": (lambda: derivative(tanh, 1.5), ShapeError, "not 1.5"),
    "arguments that are no tuple": (
        lambda: jvp(tanh, 1.0, 1.0),
        OperandError,
        r"takes the tuple of the arguments, such as \(x,\) for one, not 1\.0",
    ),
    "tangents that are no tuple": (
        lambda: jvp(tanh, (1.0,), 1.0),
        ShapeError,
        "cannot use the tangents: expected a tuple of length 1, got one number",
    ),
    "tangents of another structure": (
        lambda: jvp(lambda x: x["a"], ({"a": 1.0},), ({"b": 1.0},)),
        ShapeError,
        r"the tangents: expected a dict with the keys 'a' at \[0\], got a dict with",
    ),
    "cotangents of another structure": (
        lambda: vjp(lambda x: [x, x], 1.0)[1]([1.0]),
        ShapeError,
        "the cotangents: expected a list of length 2, got a list of length 1",
    ),
    "a vector of another structure": (
        lambda: hvp(lambda x: x[0] * x[0])([1.0], [1.0, 2.0]),
        ShapeError,
        "the vector: expected a list of length 1, got a list of length 2",
    ),
    "no vector": (
        lambda: hvp(tanh)(1.0),
        ShapeError,
        "the arguments of the function and then the vector; got 1",
    ),
    "a tangent that is no number": (
        lambda: jvp(tanh, (1.0,), ("1",)),
        OperandError,
        r"a number of the tangents of jvp\(tanh\) takes a real number, not '1'",
    ),
    "gradient of a number": (
        lambda: gradient(3.0, X),
        OperandError,
        "takes one Value and a structure of Values, not 3.0 of type float",
    ),
    "gradient by a number": (lambda: gradient(X, [X, 2.0]), OperandError, "not 2.0"),
    "gradient by a constant": (
        lambda: gradient(X, Value(2.0, requires_grad=False)),
        GraphError,
        r"a constant; make it with Value\(x\)",
    ),
}


@pytest.mark.parametrize(("ask", "error", "message"), MISUSE.values(), ids=MISUSE)
def test_misuse_is_answered(
    ask: Function, error: type[Exception], message: str
) -> None:
    """The message says what was asked, what was found, and what to do instead."""
    with pytest.raises(error, match=message):
        ask()


def test_a_derivative_is_named_after_its_function() -> None:
    """A traceback shows what was differentiated."""
    assert grad(tanh).__name__ == "grad(tanh)"
    assert repr(hvp(math.sqrt)).startswith("<function hvp(sqrt)")
    assert autograd_core.jacobian(lambda x: x).__name__ == "jacobian(<lambda>)"
