"""Integrated gradients: the change of an output, shared out among its inputs.

A gradient is blind where the model is flat, as a saturated neuron is. Collected on the
whole way from a baseline, an input that says nothing, gradients add up to what has
changed in all: that is completeness, and `convergence_delta` tells how nearly the sum
with finitely many points keeps it.
"""

from typing import Any

from autograd_core import dot, total
from autograd_core.errors import OperandError

from ..hyperparameters import count
from ..nested import flat, numbers
from .quadrature import gauss_legendre
from .subject import Target, filled, mapped, slopes, subject

__all__ = ["convergence_delta", "integrated_gradients"]


def integrated_gradients(
    model: Any,
    x: Any,
    baseline: Any = 0.0,
    target: Target = None,
    *,
    n_steps: int = 50,
) -> Any:
    """Return (x - x')·∫₀¹ ∂f/∂x (x' + t·(x - x')) dt for each input.

    f is the output `target` of the model and x' the `baseline`, one number for all
    inputs or nested like them (Sundararajan, Taly, Yan 2017). The result, in the
    structure of x, sums to f(x) - f(x') up to the error of Gauss-Legendre quadrature
    with `n_steps` points, each a call of the model. It is exact to rounding where f is
    a polynomial of degree 2·n_steps along the way, falls geometrically for smooth
    activations, and is at most π/(2·n_steps + 1) times the sum of the jumps of f's
    slope along the way for rectifiers.

    >>> integrated_gradients(lambda x: x[0] * x[1], [2.0, 3.0], n_steps=1)
    [3.0, 3.0]
    """
    _check(model)
    count("n_steps", n_steps)
    end = mapped(numbers, x)
    start = filled("a baseline", baseline, end)
    points, weights = gauss_legendre(n_steps)
    found = [
        slopes(subject("integrated_gradients", model, _between(start, end, t), target))
        for t in points
    ]
    means = mapped(lambda *over: dot(weights, over), *found)
    return mapped(lambda slope, a, b: slope * (b - a), means, start, end)


def convergence_delta(
    model: Any, attributions: Any, x: Any, baseline: Any = 0.0, target: Target = None
) -> float:
    """Return Σ attributions - (f(x) - f(baseline)), which completeness makes 0.

    >>> def cube(x):
    ...     return x * x * x
    >>> coarse = integrated_gradients(cube, 2.0, n_steps=1)
    >>> convergence_delta(cube, coarse, 2.0)
    -2.0
    """
    _check(model)
    end = mapped(numbers, x)
    ends = [filled("a baseline", baseline, end), end]
    low, high = [
        subject("convergence_delta", model, end, target).output.data for end in ends
    ]
    delta: float = total([*flat(attributions), -high, low])
    return delta


def _check(model: Any) -> None:
    if not callable(model):
        raise OperandError(
            "integrated gradients call the model on the way from the baseline: pass "
            f"the model itself, not {model!r:.60}"
        )


def _between(start: Any, end: Any, t: float) -> Any:
    return mapped(lambda a, b: a + t * (b - a), start, end)
