"""Jacobians and Hessians times a vector: the two modes hold each other."""

import math
from collections.abc import Callable, Sequence
from itertools import product
from typing import Any

from expressions import (
    Step,
    distance_to_kinks,
    evaluate,
    on_rows,
    steps,
)
from hypothesis import assume, given
from hypothesis import strategies as st
from modes import MAY_BE_CONSTANT, near

from autograd_core import (
    Op,
    Value,
    grad,
    hessian,
    hvp,
    jacobian,
    jvp,
    total,
    vjp,
)

Function = Callable[..., Any]

POINT = st.floats(-1.5, 1.5)


def many_to_many(drawn: Sequence[Step]) -> Function:
    """Make a function of a structure of three numbers to a structure of results."""

    def f(x: Any) -> Any:
        *inner, last = evaluate(drawn, [x["a"], *x["b"]], on_rows)
        return {"inner": inner, "last": (last,)}

    return f


@MAY_BE_CONSTANT
@given(steps(max_size=5), st.lists(POINT, min_size=9, max_size=9), POINT)
def test_forward_and_reverse_mode_are_transposed(
    drawn: list[Step], numbers: list[float], w: float
) -> None:
    """⟨Jv, w⟩ = ⟨v, Jᵀw⟩, and both are what the whole Jacobian says."""
    a, b, c, *numbers = numbers
    va, vb, vc, *_ = numbers
    assume(distance_to_kinks(drawn, [a, b, c]) > 0.1)
    f, x, v = many_to_many(drawn), {"a": a, "b": [b, c]}, {"a": va, "b": [vb, vc]}
    result, rates = jvp(f, (x,), (v,))
    weights = {"inner": [w] * len(result["inner"]), "last": (1.0,)}
    same_result, pullback = vjp(f, x)
    (products,) = pullback(weights)

    pushed = w * math.fsum(rates["inner"]) + rates["last"][0]
    pulled = products["a"] * va + products["b"][0] * vb + products["b"][1] * vc
    size = 1 + abs(pushed) + sum(map(abs, rates["inner"]))
    row = jacobian(f)(x)["last"][0]
    assert same_result == result
    assert abs(pushed - pulled) <= 1e-12 * size
    by_matrix = row["a"] * va + row["b"][0] * vb + row["b"][1] * vc
    assert near(rates["last"][0], by_matrix, 1e-12)


@MAY_BE_CONSTANT
@given(steps(max_size=5), st.lists(POINT, min_size=6, max_size=6))
def test_hessians_are_symmetric_and_agree_with_every_composition(
    drawn: list[Step], numbers: list[float]
) -> None:
    """The Hessian is the Jacobian of the gradient; hvp multiplies by it."""
    x, v = numbers[:3], numbers[3:]
    assume(distance_to_kinks(drawn, x) > 0.1)

    def f(x: Any) -> Any:
        return evaluate(drawn, x, on_rows)[-1]

    found = hessian(f)(x)
    composed = jacobian(grad(f))(x)
    products = hvp(f)(x, v)
    reverse_over_forward = grad(lambda x: jvp(f, (x,), (v,))[1])(x)

    size = 1 + max(abs(entry) for row in found for entry in row)
    for i, j in product(range(3), repeat=2):
        assert found[i][j] == found[j][i]
        assert abs(found[i][j] - composed[i][j]) <= 1e-11 * size
    for i in range(3):
        by_matrix = math.fsum(a * b for a, b in zip(found[i], v, strict=True))
        assert abs(products[i] - by_matrix) <= 1e-11 * size
        assert abs(reverse_over_forward[i] - by_matrix) <= 1e-11 * size


@MAY_BE_CONSTANT
@given(steps(max_size=6), st.lists(POINT, min_size=3, max_size=3))
def test_values_hold_the_gradients_that_numbers_have(
    drawn: list[Step], numbers: list[float]
) -> None:
    """A differentiable gradient holds the number that the plain gradient is."""
    assume(distance_to_kinks(drawn, numbers) > 0.1)

    def f(x: Any) -> Any:
        return evaluate(drawn, x, on_rows)[-1]

    as_numbers = grad(f)(numbers)
    as_values = grad(f)([Value(x) for x in numbers])

    assert {type(number) for number in as_numbers} == {float}
    assert {type(value) for value in as_values} == {Value}
    for number, value in zip(as_numbers, as_values, strict=True):
        assert near(value.data, number, 1e-13)


def test_a_product_with_the_hessian_never_builds_it() -> None:
    """On 300 inputs it asks no row for more derivatives than on 3, in proportion."""
    asked = {}
    for n in (3, 300):
        calls = []

        def by_x(y: Any, x: Any, calls: list[int] = calls) -> Any:
            calls.append(1)
            return 3.0 * x * x

        cube = Op("cube", lambda x: x * x * x, (by_x,))
        hvp(lambda xs, cube=cube: total([cube(x) for x in xs]))([0.5] * n, [1.0] * n)
        asked[n] = len(calls) / n

    assert asked[300] == asked[3] <= 2
