"""Gradients and Hessians of the functions that optimisers are tested on.

Moré, Garbow & Hillstrom, "Testing unconstrained optimization software" (ACM TOMS 7,
1981) give the functions, their starting points and values; the gradients and Hessians
are written out here by hand. Helmholtz's energy is the example of Griewank & Walther,
"Evaluating Derivatives" (2008), whose gradient is written out and whose Hessian is left
to mpmath at 50 digits.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from autograd_core import dot, grad, hessian, hvp, log, total, value_and_grad
from autograd_core.testing.references import mp

Point = Sequence[float]


@dataclass(frozen=True)
class Published:
    """A function, its derivatives by hand, its start, and its value there."""

    f: Callable[[Any], Any]
    gradient: Callable[..., list[Any]]
    hessian: Callable[..., list[list[Any]]]
    start: Point
    value: float
    solution: Point


def rosenbrock(p: Any) -> Any:
    """MGH 1."""
    x, y = p
    return (10 * (y - x * x)) ** 2 + (1 - x) ** 2


def beale(p: Any) -> Any:
    """MGH 5."""
    x, y = p
    return total(
        [
            (1.5 - x * (1 - y)) ** 2,
            (2.25 - x * (1 - y**2)) ** 2,
            (2.625 - x * (1 - y**3)) ** 2,
        ]
    )


def beale_residuals(x: float, y: float) -> list[tuple[float, float, float, float]]:
    """Return each residual, its slopes, and its second derivatives by xy and yy."""
    return [
        (c - x * (1 - y**k), y**k - 1, k * x * y ** (k - 1), k)
        for k, c in ((1, 1.5), (2, 2.25), (3, 2.625))
    ]


def beale_gradient(x: float, y: float) -> list[float]:
    """2·Σ r·∂r."""
    parts = beale_residuals(x, y)
    return [
        2 * sum(r * p for r, p, _, _ in parts),
        2 * sum(r * q for r, _, q, _ in parts),
    ]


def beale_hessian(x: float, y: float) -> list[list[float]]:
    """2·Σ (∂r·∂rᵀ + r·∂²r)."""
    parts = beale_residuals(x, y)
    xx = 2 * sum(p * p for _, p, _, _ in parts)
    xy = 2 * sum(p * q + r * k * y ** (k - 1) for r, p, q, k in parts)
    yy = 2 * sum(
        q * q + r * k * (k - 1) * x * (y ** (k - 2) if k > 1 else 0)
        for r, _, q, k in parts
    )
    return [[xx, xy], [xy, yy]]


def powell_singular(p: Any) -> Any:
    """MGH 13, whose Hessian is singular at the solution."""
    a, b, c, d = p
    return (a + 10 * b) ** 2 + 5 * (c - d) ** 2 + (b - 2 * c) ** 4 + 10 * (a - d) ** 4


def wood(p: Any) -> Any:
    """MGH 14."""
    a, b, c, d = p
    return (
        100 * (b - a * a) ** 2
        + (1 - a) ** 2
        + 90 * (d - c * c) ** 2
        + (1 - c) ** 2
        + 10 * (b + d - 2) ** 2
        + (b - d) ** 2 / 10
    )


PUBLISHED = {
    "Rosenbrock": Published(
        rosenbrock,
        lambda x, y: [-400 * x * (y - x * x) - 2 * (1 - x), 200 * (y - x * x)],
        lambda x, y: [[1200 * x * x - 400 * y + 2, -400 * x], [-400 * x, 200]],
        (-1.2, 1.0),
        24.2,
        (1.0, 1.0),
    ),
    "Beale": Published(
        beale, beale_gradient, beale_hessian, (1.0, 1.0), 14.203125, (3.0, 0.5)
    ),
    "Powell singular": Published(
        powell_singular,
        lambda a, b, c, d: [
            2 * (a + 10 * b) + 40 * (a - d) ** 3,
            20 * (a + 10 * b) + 4 * (b - 2 * c) ** 3,
            10 * (c - d) - 8 * (b - 2 * c) ** 3,
            -10 * (c - d) - 40 * (a - d) ** 3,
        ],
        lambda a, b, c, d: [
            [2 + 120 * (a - d) ** 2, 20, 0, -120 * (a - d) ** 2],
            [20, 200 + 12 * (b - 2 * c) ** 2, -24 * (b - 2 * c) ** 2, 0],
            [0, -24 * (b - 2 * c) ** 2, 10 + 48 * (b - 2 * c) ** 2, -10],
            [-120 * (a - d) ** 2, 0, -10, 10 + 120 * (a - d) ** 2],
        ],
        (3.0, -1.0, 0.0, 1.0),
        215.0,
        (0.0, 0.0, 0.0, 0.0),
    ),
    "Wood": Published(
        wood,
        lambda a, b, c, d: [
            -400 * a * (b - a * a) - 2 * (1 - a),
            200 * (b - a * a) + 20 * (b + d - 2) + (b - d) / 5,
            -360 * c * (d - c * c) - 2 * (1 - c),
            180 * (d - c * c) + 20 * (b + d - 2) - (b - d) / 5,
        ],
        lambda a, b, c, d: [
            [1200 * a * a - 400 * b + 2, -400 * a, 0, 0],
            [-400 * a, 220.2, 0, 19.8],
            [0, 0, 1080 * c * c - 360 * d + 2, -360 * c],
            [0, 19.8, -360 * c, 200.2],
        ],
        (-3.0, -1.0, -3.0, -1.0),
        19192.0,
        (1.0, 1.0, 1.0, 1.0),
    ),
}
EVERY = pytest.mark.parametrize("published", PUBLISHED.values(), ids=PUBLISHED)


def points(published: Published) -> list[list[float]]:
    """Return the start, the solution, and two points beside them."""
    start, solution = published.start, published.solution
    between = [(a + 2 * b) / 3 for a, b in zip(start, solution, strict=True)]
    beyond = [10 * a + 0.5 for a in start]
    return [list(start), list(solution), between, beyond]


@EVERY
def test_values_and_gradients(published: Published) -> None:
    """The start has the published value, every point the gradient by hand."""
    assert published.f(published.start) == pytest.approx(published.value, rel=1e-14)
    for x in points(published):
        value, gradients = value_and_grad(published.f)(x)

        assert value == published.f(x)
        scale = max(map(abs, gradients), default=0.0)
        assert gradients == pytest.approx(
            published.gradient(*x), rel=1e-12, abs=1e-13 * (1 + scale)
        )


@EVERY
def test_solutions_are_stationary(published: Published) -> None:
    """At the published solution the value and the gradient are 0."""
    value, gradients = value_and_grad(published.f)(list(published.solution))

    assert value == 0.0
    assert [abs(slope) for slope in gradients] == [0.0] * len(gradients)


@EVERY
def test_hessians(published: Published) -> None:
    """The Hessian by hand, whole and times a vector."""
    for x in points(published):
        expected = published.hessian(*x)
        found = hessian(published.f)(x)
        vector = [(-1.0) ** i * (i + 0.5) for i in range(len(x))]

        scale = max(abs(entry) for row in expected for entry in row)
        for row, true in zip(found, expected, strict=True):
            assert row == pytest.approx(true, rel=1e-12, abs=1e-13 * scale)
        products = hvp(published.f)(x, vector)
        assert products == pytest.approx(
            [
                math.fsum(h * v for h, v in zip(row, vector, strict=True))
                for row in found
            ],
            rel=1e-12,
            abs=1e-12 * scale,
        )


def test_the_singular_hessian_of_powell() -> None:
    """At the solution the Hessian has rank 2: two rows are multiples of others."""
    h = hessian(powell_singular)([0.0, 0.0, 0.0, 0.0])

    assert h == [[2, 20, 0, 0], [20, 200, 0, 0], [0, 0, 10, -10], [0, 0, -10, 10]]
    assert np.linalg.matrix_rank(np.array(h)) == 2


# --- Helmholtz ----------------------------------------------------------------------
N = 6
B = [0.3 / (i + 1) for i in range(N)]
A = [[1.0 / (i + j + 1) for j in range(N)] for i in range(N)]
ROOT_8 = math.sqrt(8.0)
PLUS, MINUS = 1 + math.sqrt(2.0), 1 - math.sqrt(2.0)


def helmholtz(x: Any) -> Any:
    """Σ xᵢ log(xᵢ/(1 - bᵀx)) - xᵀAx/(√8 bᵀx) · log((1 + (1+√2)bᵀx)/(1 + (1-√2)bᵀx))."""
    bx = dot(B, x)
    entropy = total([xi * log(xi / (1 - bx)) for xi in x])
    quadratic = dot(x, [dot(row, x) for row in A])
    ratio = (1 + PLUS * bx) / (1 + MINUS * bx)
    return entropy - quadratic / (ROOT_8 * bx) * log(ratio)


def helmholtz_slope(i: int, x: Sequence[Any]) -> Any:
    """Return the derivative by xᵢ, by hand, in mpmath's numbers."""
    b = [mp.mpf(number) for number in B]
    bx, ax = mp.fdot(b, x), mp.fdot(map(mp.mpf, A[i]), x)
    quadratic = mp.fsum(
        mp.mpf(A[j][k]) * x[j] * x[k] for j in range(N) for k in range(N)
    )
    plus, minus = 1 + PLUS * bx, 1 + MINUS * bx
    logarithm = mp.log(plus / minus)
    return (
        mp.log(x[i] / (1 - bx))
        + 1
        + mp.fsum(x) * b[i] / (1 - bx)
        - 2 * ax / (ROOT_8 * bx) * logarithm
        + quadratic * b[i] / (ROOT_8 * bx**2) * logarithm
        - quadratic / (ROOT_8 * bx) * b[i] * (PLUS / plus - MINUS / minus)
    )


def test_helmholtz() -> None:
    """The gradient by hand and the Hessian of mpmath, at a mixture of six parts."""
    x = [0.1 + 0.05 * i for i in range(N)]
    exact = [mp.mpf(number) for number in x]
    slopes, curvature = grad(helmholtz)(x), hessian(helmholtz)(x)

    for i in range(N):
        assert slopes[i] == pytest.approx(float(helmholtz_slope(i, exact)), rel=1e-13)
        for j in range(N):
            true = mp.diff(
                lambda xj, i=i, j=j: helmholtz_slope(
                    i, [*exact[:j], xj, *exact[j + 1 :]]
                ),
                exact[j],
            )
            assert curvature[i][j] == pytest.approx(float(true), rel=1e-12)
