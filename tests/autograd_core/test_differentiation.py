"""Functions on fresh nodes: no confusion, and numbers in, numbers out."""

import warnings
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from modes import DERIVATIVES, MAY_BE_CONSTANT

from autograd_core import (
    Op,
    Value,
    derivative,
    grad,
    gradient,
    hessian,
    hvp,
    jacobian,
    jvp,
    no_grad,
    tanh,
    total,
    value_and_grad,
    vjp,
    where,
)
from autograd_core.errors import IndependentInputWarning

Function = Callable[..., Any]


# --- nested: no confusion of perturbations ------------------------------------------
@MAY_BE_CONSTANT
@pytest.mark.parametrize("outer", DERIVATIVES.values(), ids=DERIVATIVES)
@pytest.mark.parametrize("inner", DERIVATIVES.values(), ids=DERIVATIVES)
class TestNested:
    """An inner derivative inside the function that an outer one differentiates."""

    def test_the_example_of_siskind_and_pearlmutter(
        self, inner: Function, outer: Function
    ) -> None:
        """d/dx [x · d/dy (x + y) at y = 1] at 1 is 1, and 2 for confused tangents."""
        f = outer(lambda x: x * inner(lambda y: x + y)(1))

        assert f(1) == 1.0

    def test_an_inner_argument_that_is_the_outer_variable(
        self, inner: Function, outer: Function
    ) -> None:
        """d/dx [x · d/dy (x·y) at y = x] at 3 is 6, and 12 without fresh nodes."""
        assert outer(lambda x: x * inner(lambda y: x * y)(x))(3) == 6.0

    def test_an_inner_number_under_an_outer_variable(
        self, inner: Function, outer: Function
    ) -> None:
        """What the inner function closes over is differentiated by the outer one."""
        assert outer(lambda x: x * inner(lambda y: x * y)(2))(2) == 4.0
        assert outer(lambda x: inner(lambda y: x * x * y * y)(5))(3) == 60.0

    def test_three_levels(self, inner: Function, outer: Function) -> None:
        """d/dx d/dy d/dz x³y²z at z = y, y = x: 2x³y at y = x, derivative 8x³."""
        f = outer(
            lambda x: inner(lambda y: outer(lambda z: x * x * x * y * y * z)(y))(x)
        )

        assert f(2) == 64.0


def test_a_higher_order_function_that_is_itself_differentiated() -> None:
    """The curried example of Manzyuk et al. (2019): s(u)(f)(x) = f(x + u)."""

    def shift(u: Any) -> Function:
        return lambda f: lambda x: f(x + u)

    twice = grad(lambda u: shift(u)(lambda x: x * x * x)(2.0) * 1.0)
    of_derivative = grad(lambda u: shift(u)(grad(lambda x: x * x * x))(2.0))

    assert twice(0.0) == 12.0
    assert of_derivative(0.0) == 12.0


def test_gradients_of_an_unrolled_inner_loop() -> None:
    """Meta-learning: the derivative by the learning rate goes through the steps."""

    def loss(w: Any) -> Any:
        return (w - 3.0) ** 2

    def after_two_steps(rate: Any) -> Any:
        w: Any = 0.0
        for _ in range(2):
            w = w - rate * grad(loss)(rate * 0.0 + w)
        return loss(w)

    rate = 0.1  # w₂ - 3 = -3·(1 - 2η)², so that the loss is 9·(1 - 2η)⁴
    assert grad(after_two_steps)(rate) == pytest.approx(-72 * (1 - 2 * rate) ** 3)


# --- numbers in, numbers out; values in, values out ---------------------------------
def test_values_give_values_that_backward_goes_through() -> None:
    """The gradient of a Value is a node, and hangs on the Value that was passed."""
    x = Value(2.0, label="x")
    slope = grad(lambda x: x * x * x)(x)
    (slope * slope).backward()

    assert isinstance(slope, Value)
    assert slope.data == 12.0
    assert x.grad == 2 * 12.0 * 12.0


def test_every_derivative_takes_values() -> None:
    """Each function of this module gives nodes for nodes, in the same structure."""
    x = Value(2.0)
    found = [
        *value_and_grad(lambda x: x * x * x)(x),
        derivative(lambda x: x * x * x, 2)(x),
        *jacobian(lambda x: [x * x, x * x * x])(x),
        hessian(lambda x: x * x * x)(x),
        hvp(lambda x: x * x * x)(x, 2.0),
        *jvp(lambda x: x * x * x, (x,), (3.0,)),
        vjp(lambda x: x * x * x, x)[1](1.0)[0],
    ]

    assert [y.data for y in found] == [8, 12, 12, 4, 12, 12, 24, 8, 36, 12]
    assert [gradient(y, x) for y in found] == [12, 12, 6, 2, 12, 6, 12, 12, 36, 12]


def test_a_closed_over_value_counts_as_an_argument() -> None:
    """A derivative by a number is a node where it depends on a parameter."""
    w = Value(3.0)
    slope = grad(lambda x: w * x * x)(2.0)
    slope.backward()

    assert slope.data == 12.0
    assert w.grad == 4.0


def test_leaves_that_the_function_makes_itself_do_not_count() -> None:
    """A function that starts a sum from Value(0.0) still has numbers as derivatives."""

    def f(x: Any) -> Any:
        y = Value(0.0)
        for factor in (1.0, 2.0):
            y = y + Value(factor) * x * grad(lambda z: z * Value(2.0))(1.0)
        return y

    assert grad(f)(5.0) == 6.0
    assert type(grad(f)(5.0)) is float


def test_without_recording_a_derivative_is_a_constant() -> None:
    """Under no_grad a function is still differentiated, and nothing hangs on it."""
    w = Value(3.0)
    with no_grad():
        by_number = grad(lambda x: w * x * x)(2.0)
        by_value = grad(lambda x: x * x)(w)

    assert (by_number, type(by_number)) == (12.0, float)
    assert (by_value.data, by_value.requires_grad) == (6.0, False)


def test_what_the_function_itself_does_not_record_is_constant() -> None:
    """A no_grad inside the function holds, as a stop of the gradient."""

    def f(x: Any) -> Any:
        with no_grad():
            frozen = x * x
        return frozen * x

    assert grad(f)(3.0) == 9.0


def test_constants_in_give_constants_out() -> None:
    """A Value that needs no gradient gives Values that need none."""
    slope = grad(lambda x: x * x)(Value(3.0, requires_grad=False))

    assert (slope.data, slope.requires_grad) == (6.0, False)


def test_a_gradient_leaves_no_trace() -> None:
    """Neither grad nor label nor data of what the function uses is changed."""
    w = Value(3.0, label="w")
    inner = w * 2.0
    inner.backward()
    before = [(v.grad, v.data, v.has_grad) for v in (w, inner)]
    grad(lambda x: inner * x * x)(2.0)
    gradient(inner * inner, [w, inner])

    assert [(v.grad, v.data, v.has_grad) for v in (w, inner)] == before


def test_a_branch_not_taken_gets_nothing() -> None:
    """The unused root of a negative number gives 0 rather than nan, at any order."""
    f = lambda x: where(x > 0, x**0.5, x * x)  # noqa: E731

    assert [derivative(f, order)(-2.0) for order in (1, 2, 3)] == [-4.0, 2.0, 0.0]


def test_a_quotient_of_nothing_has_every_order() -> None:
    """Where 0/b is 0, the care for quotients that underflow does not get in the way."""
    f = lambda x: x / (1 - x)  # noqa: E731 - x + x² + x³ + …

    assert [derivative(f, order)(0.0) for order in range(5)] == [0, 1, 2, 6, 24]


def test_rows_of_your_own_have_every_order() -> None:
    """A row whose partial is made of rows is differentiated like any other."""
    cube = Op("cube", lambda x: x * x * x, (lambda y, x: 3 * x * x,))

    assert [derivative(cube, order)(2.0) for order in range(5)] == [8, 12, 12, 6, 0]


def test_threads_differentiate_side_by_side() -> None:
    """Functions that share a parameter are differentiated at once, each by itself."""
    w = Value(3.0)

    def slopes(x: float) -> tuple[float, float]:
        with no_grad():
            first = grad(lambda x: w * x * x * grad(lambda y: y * x)(x))(x)
        return first, hvp(lambda x: x * x * x)(x, 1.0)

    numbers = [float(i) for i in range(200)]
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(slopes, numbers))

    assert found == [(9.0 * x * x, 6.0 * x) for x in numbers]
    assert not w.has_grad


def test_a_function_that_fails_leaves_nothing_open() -> None:
    """After an error in the function, recording goes on as before."""
    with no_grad(), pytest.raises(ZeroDivisionError):
        grad(lambda x: 1 // 0)(1.0)
    x = Value(2.0)
    made = Value(1.0) * x

    assert made.parents[1] is x
    assert grad(lambda x: x * x)(3.0) == 6.0


# --- numpy and scipy ----------------------------------------------------------------
def test_arrays_in_arrays_out() -> None:
    """A gradient by an array is an array of floats, a Hessian a square one."""
    x = np.array([[1.0, 2.0], [3.0, 4.0]])
    gradients = grad(lambda x: (x**2).sum())(x)
    square = hessian(lambda x: (x**3).sum() / 6)(x[0])
    slopes = jacobian(lambda x: x @ x[:, 0])(x)

    assert gradients.dtype == float
    assert (gradients == 2 * x).all()
    assert (square == np.diag(x[0])).all()
    assert slopes.shape == (2, 2, 2)


def test_arrays_of_values_give_arrays_of_values() -> None:
    """An object array of nodes has an object array of differentiable gradients."""
    x = np.array([Value(1.0), Value(2.0)])
    gradients = grad(lambda x: (x**3).sum())(x)
    total(gradients).backward()

    assert gradients.dtype == object
    assert [v.grad for v in x] == [6.0, 12.0]


def test_numpy_numbers_are_numbers() -> None:
    """A numpy scalar as argument or as result counts as a float."""
    assert grad(tanh)(np.float64(20)) == 1.6993417021166355e-17
    with pytest.warns(IndependentInputWarning):
        assert value_and_grad(lambda x: np.float64(2))(1.0) == (2.0, 0.0)


# --- what can go wrong --------------------------------------------------------------
INDEPENDENT = {
    "a number": lambda x: 3.0,
    "a constant": lambda x: Value(3.0) * 2,
    "lost on the way": lambda x: Value(x.data) * 2,
}


@pytest.mark.parametrize("f", INDEPENDENT.values(), ids=INDEPENDENT)
@pytest.mark.parametrize("d", [*DERIVATIVES.values(), hessian, jacobian])
def test_an_independent_output_warns(d: Function, f: Function) -> None:
    """The derivative is 0, and the warning can be turned into an error."""
    with pytest.warns(IndependentInputWarning, match="does not depend on argument 0"):
        assert d(f)(2.0) == 0.0
    with warnings.catch_warnings():
        warnings.simplefilter("error", IndependentInputWarning)
        with pytest.raises(IndependentInputWarning):
            d(f)(2.0)


def test_the_warning_points_at_the_line_that_asked() -> None:
    """It is the caller's file that is shown, however deep the call."""
    with pytest.warns(IndependentInputWarning) as of_a_function:
        grad(lambda x: x[0])([1.0, 2.0, 3.0, 4.0, 5.0])
    with pytest.warns(IndependentInputWarning, match=r"inputs\[0\]") as of_a_node:
        gradient(Value(1.0) * 2, [Value(3.0)])
    message = str(of_a_function[0].message)

    assert [of_a_function[0].filename, of_a_node[0].filename] == [__file__, __file__]
    assert "argument 0[1], argument 0[2], argument 0[3] and 1 more" in message
