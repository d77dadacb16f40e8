"""Normalisation: numbers brought to mean 0 and variance 1, then scaled as is best.

`LayerNorm` and `RMSNorm` look at the numbers of one example, `BatchNorm1d` at one
number of all examples. `weight` begins at 1 and `bias` at 0, so that nothing is random.
"""

from collections.abc import Sequence
from typing import Any

from autograd_core import Value, dot, mean, sqrt
from autograd_core.errors import ShapeError

from ..hyperparameters import between, count
from ..module import Module
from .signals import each, nodes, vector

__all__ = ["LayerNorm", "RMSNorm", "rescaled", "standardized"]

_EPSILON = 2.0**-52  # of a float, PyTorch's default for RMSNorm


def root_mean_square(xs: Sequence[Any], eps: float) -> Any:
    """Return √(mean of x² + eps), three nodes for any number of numbers.

    >>> root_mean_square([1.0, 7.0], 0.0)
    5.0
    """
    n = len(xs)
    return sqrt(dot(xs, xs, eps * n) / n)


def standardized(xs: Sequence[Any], eps: float) -> list[Any]:
    """Return (x - mean)/√(variance + eps) for each x.

    The variance is the mean of the squared deviations, divided by n and not by n - 1.
    """
    center = mean(xs)
    deviations = [x - center for x in xs]
    root = root_mean_square(deviations, eps)
    return [d / root for d in deviations]


def rescaled(xs: Sequence[Any], weight: Any, bias: Any) -> list[Any]:
    """Return weight·x + bias for each x, one node; None leaves out either."""
    if weight is None:
        return list(xs)
    if bias is None:
        return [w * x for w, x in zip(weight, xs, strict=True)]
    return [dot((w,), (x,), b) for w, x, b in zip(weight, xs, bias, strict=True)]


def _length(normalized_shape: Any) -> int:
    """Return how many numbers are normalised together, the length of a last level."""
    form = normalized_shape
    if isinstance(form, list | tuple):
        if len(form) != 1:
            raise ShapeError(
                f"normalized_shape takes one number, of the innermost lists, not "
                f"{form!r:.60}; flatten what nests deeper first"
            )
        (form,) = form
    return count("normalized_shape", form)


class LayerNorm(Module):
    """Each example to mean 0 and variance 1: y = w·(x - mean)/√(var + eps) + b.

    Of lists of `normalized_shape` numbers, at any depth (Ba, Kiros and Hinton 2016);
    PyTorch's `(3,)` is welcome for 3.
    `weight` and `bias` are as long, or None without `elementwise_affine`; `bias=False`
    leaves out the bias alone.

    >>> norm = LayerNorm(2, eps=0.0)
    >>> [y.data for y in norm([1.0, 3.0])]
    [-1.0, 1.0]
    """

    def __init__(
        self,
        normalized_shape: int | Sequence[int],
        eps: float = 1e-5,
        elementwise_affine: bool = True,
        bias: bool = True,
    ) -> None:
        """Begin with the weight 1 and the bias 0."""
        n = self.normalized_shape = _length(normalized_shape)
        self.eps = between("eps", eps, 0.0)
        affine = elementwise_affine
        self.weight = [Value(1.0) for _ in range(n)] if affine else None
        self.bias = [Value(0.0) for _ in range(n)] if affine and bias else None

    def forward(self, x: Any) -> Any:
        """Return the normalised numbers, nested as x."""
        return each(self._outputs, x, 1)

    def _outputs(self, x: Any) -> list[Any]:
        xs = nodes(vector(x, self.normalized_shape, self))
        return rescaled(standardized(xs, self.eps), self.weight, self.bias)

    def __repr__(self) -> str:
        return f"LayerNorm({self.normalized_shape}, eps={self.eps})"


class RMSNorm(Module):
    """Each example to root mean square 1: y = w·x/√(mean(x²) + eps).

    The mean stays where it is (Zhang and Sennrich 2019). `eps` is 2⁻⁵², the distance
    from 1 to the next float, unless it is given; without `elementwise_affine` there is
    no weight.

    >>> norm = RMSNorm(2, eps=0.0, elementwise_affine=False)
    >>> [y.data for y in norm([2.0, -2.0])]
    [1.0, -1.0]
    """

    def __init__(
        self,
        normalized_shape: int | Sequence[int],
        eps: float | None = None,
        elementwise_affine: bool = True,
    ) -> None:
        """Begin with the weight 1."""
        n = self.normalized_shape = _length(normalized_shape)
        self.eps = _EPSILON if eps is None else between("eps", eps, 0.0)
        self.weight = [Value(1.0) for _ in range(n)] if elementwise_affine else None

    def forward(self, x: Any) -> Any:
        """Return the scaled numbers, nested as x."""
        return each(self._outputs, x, 1)

    def _outputs(self, x: Any) -> list[Any]:
        xs = nodes(vector(x, self.normalized_shape, self))
        root = root_mean_square(xs, self.eps)
        return rescaled([x / root for x in xs], self.weight, None)

    def __repr__(self) -> str:
        return f"RMSNorm({self.normalized_shape}, eps={self.eps})"
