"""Derivatives: right at every order and in every combination of modes."""

import math
from collections.abc import Callable
from itertools import product
from typing import Any

import pytest
from expressions import (
    Step,
    distance_to_kinks,
    evaluate,
    on_references,
    on_rows,
    steps,
    steps_with,
)
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from modes import MAY_BE_CONSTANT, MODES, near

from autograd_core import (
    OPS,
    Value,
    derivative,
    exp,
    gaussian,
    gradient,
    hessian,
    hvp,
    sigmoid,
    sin,
    tanh,
    topological_order,
)
from autograd_core.errors import (
    GraphError,
)
from autograd_core.testing.references import mp, ulps

Function = Callable[..., Any]

POINT = st.floats(-1.5, 1.5)
FEW = settings(max_examples=max(5, settings.default.max_examples // 10))


# --- every row, every order, every mode ---------------------------------------------
@MAY_BE_CONSTANT
@pytest.mark.parametrize("name", OPS)
@FEW
@given(data=st.data(), x=POINT)
def test_orders_one_to_three_in_all_modes(
    name: str, data: st.DataObject, x: float
) -> None:
    """Each of the 14 ways to differentiate up to three times agrees with mpmath."""
    drawn = data.draw(steps_with(name))
    assume(distance_to_kinks(drawn, [x, 0.7]) > 0.1)

    def f(x: Any) -> Any:
        return evaluate(drawn, [x, 0.7], on_rows)[-1]

    for order in (1, 2, 3):
        true = mp.diff(
            lambda x: evaluate(drawn, [x, 0.7], on_references)[-1], mp.mpf(x), order
        )

        assert near(derivative(f, order)(x), true)
        for modes in product(MODES, repeat=order):
            differentiated = f
            for mode in modes:
                differentiated = MODES[mode](differentiated)

            assert near(differentiated(x), true), modes


# --- high orders of one function ----------------------------------------------------
def coefficients_of_tanh(order: int) -> list[int]:
    """Return the polynomial in tanh(x) that is the derivative: P' · (1 - t²) each."""
    polynomial = [0, 1]
    for _ in range(order):
        slopes = [i * c for i, c in enumerate(polynomial)][1:]
        polynomial = [
            (slopes[i] if i < len(slopes) else 0)
            - (slopes[i - 2] if 0 <= i - 2 < len(slopes) else 0)
            for i in range(len(slopes) + 2)
        ]
    return polynomial


@pytest.mark.parametrize("order", [1, 2, 3, 4, 5])
def test_derivatives_of_tanh_are_right_to_a_few_ulp(order: int) -> None:
    """Five orders, both tails included; near its zeros, in ULP of its terms."""
    polynomial = coefficients_of_tanh(order)
    found = derivative(tanh, order)
    with mp.workdps(400):
        for i in range(-70, 71):
            x = i / 10 if abs(i) < 61 else math.copysign((abs(i) - 60) * 30.0, i)
            t = mp.tanh(mp.mpf(x))
            terms = [c * t**power for power, c in enumerate(polynomial)]
            true, size = mp.fsum(terms), mp.fsum(map(abs, terms))

            assert ulps(found(x), true, size) <= 4, (order, x)
            if abs(true) > size / 4:
                assert ulps(found(x), true) <= 8, (order, x)


def test_published_derivatives_in_the_tail() -> None:
    """tanh''(20), where 1 - tanh² has no digit left, keeps all of its digits."""
    assert derivative(tanh, 2)(20) == pytest.approx(-3.39868340423327e-17, rel=1e-14)


HERMITE = {3: (0, -12, 0, 8), 4: (12, 0, -48, 0, 16), 5: (0, 120, 0, -160, 0, 32)}


@pytest.mark.parametrize("order", HERMITE)
@pytest.mark.parametrize("f", [gaussian, lambda x: exp(-x * x), lambda x: exp(-(x**2))])
def test_derivatives_of_the_bell_curve(f: Function, order: int) -> None:
    """The k-th derivative of exp(-x²) is (-1)ᵏ Hₖ(x) exp(-x²) (DLMF 18.5.5)."""
    for x in (-2.5, -0.3, 0.0, 0.9, 5.0):
        hermite = sum(c * x**power for power, c in enumerate(HERMITE[order]))
        size = sum(abs(c * x**power) for power, c in enumerate(HERMITE[order]))
        true = (-1) ** order * hermite * math.exp(-x * x)

        tolerance = 1e-14 * size * math.exp(-x * x)
        assert abs(derivative(f, order)(x) - true) <= tolerance


@pytest.mark.parametrize("order", range(8))
def test_derivatives_of_powers(order: int) -> None:
    """The k-th derivative of xᵇ is b·(b-1)·…·x^(b-k), for any b and past 0."""
    for b, x in product((4.0, 2.5, 0.5, 0.1, -1.5, -2.0), (0.3, 2.0, 1e10)):
        factor = math.prod(b - k for k in range(order))
        true = factor * x ** (b - order)

        assert derivative(lambda x, b=b: x**b, order)(x) == pytest.approx(
            true, rel=1e-11
        )


@pytest.mark.filterwarnings("error")
def test_derivatives_beyond_the_degree_are_zero_without_a_warning() -> None:
    """A function that depends on its input may have derivatives that do not."""
    assert derivative(lambda x: x * x, 3)(5) == 0.0
    assert hessian(lambda x: x[0] + 2 * x[1])([1, 2]) == [[0.0, 0.0], [0.0, 0.0]]
    assert hvp(lambda x: 3 * x)(1, 1) == 0.0
    assert derivative(lambda x: 3.0 * x, 0)(2) == 6.0


def test_a_derivative_has_the_structure_of_the_result() -> None:
    """A path in the plane has a velocity and an acceleration with its names."""
    path = derivative(lambda t, r: {"x": r * sin(t), "y": [t * t * t]}, order=2)

    assert path(0.5, 2.0) == {"x": pytest.approx(-2 * math.sin(0.5)), "y": [3.0]}


# --- how large the graphs are -------------------------------------------------------
NODES = {  # of the first five derivatives at most, constants and input included
    "tanh": (tanh, (2, 6, 10, 18, 32)),
    "sigmoid": (sigmoid, (6, 11, 17, 27, 43)),
    "exp(-x²)": (lambda x: exp(-x * x), (6, 10, 15, 21, 28)),
}


@pytest.mark.parametrize(("f", "most"), NODES.values(), ids=NODES)
def test_graphs_of_derivatives_do_not_explode(
    f: Function, most: tuple[int, ...]
) -> None:
    """Each further order adds about half as many nodes again, not twice as many."""
    for order, limit in enumerate(most, start=1):
        x = Value(0.7)
        y = derivative(f, order)(x)
        own = [node for node in topological_order(y) if node.op is not OPS["identity"]]

        assert len(own) <= limit


# --- gradient of nodes --------------------------------------------------------------
def test_gradient_by_interior_nodes_and_their_ancestors() -> None:
    """Each input gets its own derivative, whether it depends on another or not."""
    x = Value(3.0)
    square = x * x
    y = square * x

    assert gradient(y, {"x": x, "square": (square, square)}) == {
        "x": 27.0,
        "square": (3.0, 3.0),
    }
    assert gradient(y, y) == 1.0


def test_gradient_as_nodes() -> None:
    """With create_graph=True the result is a node, a constant where it must be."""
    x, y = Value(3.0), Value(2.0)
    by_x, by_y = gradient(x * x + 5.0 * y, [x, y], create_graph=True)

    assert gradient(by_x, x) == 2.0
    assert (by_y.data, by_y.requires_grad) == (5.0, False)


def test_gradients_are_those_of_the_pass_that_ran() -> None:
    """Numbers come from the recorded operands; a graph of them would be a lie."""
    x = Value(3.0, label="x")
    y = x * x
    x.data = 100.0

    assert gradient(y, x) == 6.0
    with pytest.raises(GraphError, match=r"was 3\.0 when the node of mul was made"):
        gradient(y, x, create_graph=True)


@given(steps(max_size=8), st.lists(POINT, min_size=3, max_size=3))
@MAY_BE_CONSTANT
def test_gradient_is_backward_bit_for_bit(
    drawn: list[Step], numbers: list[float]
) -> None:
    """The functional gradient of a graph is what backward() leaves on its leaves."""
    leaves = [Value(x) for x in numbers]
    root = evaluate(drawn, leaves, on_rows)[-1]
    found = gradient(root, leaves)
    root.backward()

    assert [f + 0.0 for f in found] == pytest.approx(
        [leaf.grad for leaf in leaves], rel=0, abs=0, nan_ok=True
    )


def test_long_chains_are_differentiated_without_recursion() -> None:
    """A chain of 20,000 sines has a gradient and a second derivative as nodes."""

    def f(x: Any) -> Any:
        for _ in range(20_000):
            x = x + 1.0
        return x * x

    assert derivative(f, 2)(1.0) == 2.0
