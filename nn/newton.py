"""Newton's method: the step to the minimum of the parabola that fits here.

The direction d solves H·d = -g with the exact Hessian H, read off the graph of the
loss. Where H is not positive definite the parabola has no minimum; then a multiple of
the identity is added, doubled until it is enough, which turns d towards -g (Nocedal and
Wright 2006, algorithm 3.3). A line search does the rest.
"""

import warnings
from collections.abc import Iterable, Sequence
from math import inf, sqrt
from typing import Any

from autograd_core import Value, dot, gradient
from autograd_core.errors import IndependentInputWarning

from .descent import Descent
from .line_search import Trial
from .transformations import chain

__all__ = ["Newton", "cholesky", "damped_cholesky", "hessian_of", "solved"]

Floats = list[float]
Matrix = list[Floats]

_HUGE = 1e300  # what a multiple of the identity can still be added to
_SHARE = 1e-3  # of the largest number in H: the first multiple of the identity to try


class Newton(Descent):
    """Newton's method with a line search, for tens of parameters rather than thousands.

    It goes to θ + t·d with (H + τ·I)·d = -g, the gradient g and the Hessian H of the
    loss at θ, where τ is 0 unless H is not positive definite, and t is searched for
    (Nocedal and Wright 2006, algorithm 3.2). Near a minimum it squares the error at
    every step. The Hessian of n parameters takes
    n backward passes over the graph of the gradient, and the solution n³/6 products.
    Arguments are those of `LBFGS`.

    >>> from autograd_core import Value
    >>> x, y = Value(-1.2), Value(1.0)
    >>> optimizer = Newton([x, y], max_iter=30)
    >>> def closure():
    ...     optimizer.zero_grad()
    ...     loss = 100 * (y - x * x) ** 2 + (1 - x) ** 2
    ...     loss.backward()
    ...     return loss
    >>> round(optimizer.step(closure).data, 6)
    24.2
    >>> round(x.data, 6), round(y.data, 6)
    (1.0, 1.0)
    """

    second_order = True

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1.0,
        max_iter: int = 20,
        max_eval: int | None = None,
        tolerance_grad: float = 1e-7,
        tolerance_change: float = 0.0,
    ) -> None:
        """Choose when a step ends."""
        tolerances = (tolerance_grad, tolerance_change)
        super().__init__(
            params, chain(), lr, max_iter, max_eval, tolerances, searches=True
        )

    def direction(self, point: Trial, x: Floats) -> Floats:
        """Return the solution of (H + τ·I)·d = -g, or -g where H is not finite."""
        places = [i for i, p in enumerate(self.parameters) if p.requires_grad]
        matrix = hessian_of(point.loss, [self.parameters[i] for i in places])
        downhill = [-point.gradient[i] for i in places]
        if all(abs(entry) < _HUGE for row in matrix for entry in row):
            factor, _ = damped_cholesky(matrix)
            downhill = solved(factor, downhill)
        direction = [0.0] * len(x)
        for i, component in zip(places, downhill, strict=True):
            direction[i] = component
        return direction


def hessian_of(loss: Value, parameters: Sequence[Value]) -> Matrix:
    """Return the second derivatives of a node by leaves, at the recorded operands.

    >>> x, y = Value(3.0), Value(4.0)
    >>> hessian_of(x * x * y, [x, y])
    [[8.0, 6.0], [6.0, 0.0]]
    """
    with warnings.catch_warnings():  # a slope may well not depend on a parameter
        warnings.simplefilter("ignore", IndependentInputWarning)
        slopes = gradient(loss, list(parameters), create_graph=True)
        return [
            gradient(slope, list(parameters))
            if slope.requires_grad
            else [0.0] * len(slopes)
            for slope in slopes
        ]


def damped_cholesky(matrix: Matrix) -> tuple[Matrix, float]:
    """Return the Cholesky factor of matrix + τ·I, and τ: 0 where that will do.

    >>> damped_cholesky([[4.0, 2.0], [2.0, 5.0]])
    ([[2.0], [1.0, 2.0]], 0.0)
    >>> damped_cholesky([[-1.0]])[1]
    1.001
    """
    size = max((abs(entry) for row in matrix for entry in row), default=0.0) or 1.0
    least = min(row[i] for i, row in enumerate(matrix))
    damping = 0.0 if least > 0 else _SHARE * size - least
    while True:
        factor = cholesky(
            [[*row[:i], row[i] + damping] for i, row in enumerate(matrix)],
            2.0**-52 * size,
        )
        if factor is not None:
            return factor, damping
        damping = max(2 * damping, _SHARE * size)


def cholesky(lower: Matrix, least: float = 0.0) -> Matrix | None:
    """Return L with L·Lᵀ the matrix of this lower triangle, None if a pivot ≤ least.

    >>> cholesky([[4.0], [2.0, 5.0]])
    [[2.0], [1.0, 2.0]]
    >>> cholesky([[1.0], [2.0, 1.0]]) is None
    True
    """
    factor: Matrix = []
    for row in lower:
        entries: Floats = []
        for done, entry in zip(factor, row[:-1], strict=True):
            rest = -dot(done[:-1], entries, -entry)
            entries.append(rest / done[-1])
        pivot = -dot(entries, entries, -row[-1])
        if not least < pivot < inf:
            return None
        factor.append([*entries, sqrt(pivot)])
    return factor


def solved(factor: Matrix, right: Floats) -> Floats:
    """Return x with L·Lᵀ·x = right, forward and then backward.

    >>> solved([[2.0], [1.0, 2.0]], [8.0, 14.0])
    [0.75, 2.5]
    """
    z: Floats = []
    for row, known in zip(factor, right, strict=True):
        z.append(-dot(row[:-1], z, -known) / row[-1])
    x = [0.0] * len(z)
    for i in reversed(range(len(z))):
        below = [row[i] for row in factor[i + 1 :]]
        x[i] = -dot(below, x[i + 1 :], -z[i]) / factor[i][i]
    return x
