"""Batch normalisation: each number compared with the same number of other examples.

In training the statistics are those of the batch, and running ones are kept; in
evaluation the running ones stand in, so that an example's output depends on no other.
"""

from typing import Any

from autograd_core import Value, dot, mean, sqrt
from autograd_core.errors import DomainError, ShapeError, TraceError

from ..hyperparameters import between, count, real
from ..module import Module
from ..nested import is_traced, numbers
from .normalization import rescaled, standardized
from .signals import depth, each, grid, nodes, vector

__all__ = ["BatchNorm1d"]


class BatchNorm1d(Module):
    """Each of C numbers to mean 0 and variance 1 over a batch: a list of N × C numbers.

    y = w·(x - mean)/√(var + eps) + b (Ioffe and Szegedy 2015), with one weight and one
    bias for each of the C numbers. Training moves the running statistics by `momentum`
    towards those of the batch, whose variance is then divided by N - 1 (with None they
    are the mean over all batches); evaluation uses them, and takes a single example as
    well. They are no parameters, but stand in the state under PyTorch's names. They
    move in the call, whatever the layers behind make of it; `fit` moves them back if a
    step fails.

    >>> norm = BatchNorm1d(1, eps=0.0)
    >>> [[y.data for y in row] for row in norm([[1.0], [3.0]])]
    [[-1.0], [1.0]]
    >>> norm.running_mean, norm.running_var
    ([0.2], [1.1])
    """

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = True,
    ) -> None:
        """Begin with weight 1, bias 0, running mean 0 and running variance 1."""
        n = self.num_features = count("num_features", num_features)
        self.eps, self.momentum = between("eps", eps, 0.0), _share(momentum)
        self.weight = [Value(1.0) for _ in range(n)] if affine else None
        self.bias = [Value(0.0) for _ in range(n)] if affine else None
        self._running: dict[str, Any] = {
            "running_mean": [Value(0.0, requires_grad=False) for _ in range(n)],
            "running_var": [Value(1.0, requires_grad=False) for _ in range(n)],
            "num_batches_tracked": Value(0.0, requires_grad=False),
        }

    @property
    def running_mean(self) -> list[float]:
        """The mean of each number over the batches seen, the last ones most."""
        return list(numbers(self._running["running_mean"]))

    @property
    def running_var(self) -> list[float]:
        """The variance of each number over the batches seen."""
        return list(numbers(self._running["running_var"]))

    @property
    def num_batches_tracked(self) -> int:
        """How many batches were seen in training."""
        return int(numbers(self._running["num_batches_tracked"]))

    def tensors(self) -> dict[str, Any]:
        """Return the parameters and the running statistics."""
        return super().tensors() | self._running

    def forward(self, x: Any) -> Any:
        """Return the normalised batch."""
        if depth(x) > 2:  # PyTorch has the numbers at the second of three levels
            grid(x, (None, self.num_features), self)
        return self._trained(x) if self.training else each(self._evaluated, x, 1)

    def _trained(self, x: Any) -> list[list[Any]]:
        columns = list(zip(*self._batch(x), strict=True))
        if any(map(is_traced, columns[0])):
            raise TraceError(
                f"{self!r} in training keeps running statistics, which a program does "
                "not; call eval(), or leave it out of what is traced"
            )
        normal = [standardized(column, self.eps) for column in columns]
        rows = zip(*normal, strict=True)
        outputs = [rescaled(row, self.weight, self.bias) for row in rows]
        self._follow([[v.data for v in column] for column in columns])
        return outputs

    def _batch(self, x: Any) -> list[list[Value]]:
        levels = depth(x)
        if levels and len(x) and (levels == 1 or len(x) == 1):
            raise ShapeError(
                f"{self!r} in training takes more than one example, since one alone "
                "has no variance; got a batch of 1. Pass a list of examples, or call "
                "eval() to use the running statistics"
            )
        rows = grid(x, (None, self.num_features), self)
        return [nodes(row, f"x[{i}]") for i, row in enumerate(rows)]

    def _follow(self, columns: list[list[float]]) -> None:
        """Move the running statistics towards those of a batch."""
        seen, n = self.num_batches_tracked + 1, len(columns[0])
        share = 1.0 / seen if self.momentum is None else self.momentum
        means = [mean(column) for column in columns]
        for i, (column, center) in enumerate(zip(columns, means, strict=True)):
            deviations = [x - center for x in column]
            variance = dot(deviations, deviations) / (n - 1)
            _move(self._running["running_mean"][i], share, center)
            _move(self._running["running_var"][i], share, variance)
        self._running["num_batches_tracked"].data = seen

    def _evaluated(self, x: Any) -> list[Any]:
        xs = nodes(vector(x, self.num_features, self))
        statistics = zip(xs, self.running_mean, self.running_var, strict=True)
        normal = [(x - center) / sqrt(var + self.eps) for x, center, var in statistics]
        return rescaled(normal, self.weight, self.bias)

    def __repr__(self) -> str:
        return f"BatchNorm1d({self.num_features}, eps={self.eps})"


def _move(running: Value, share: float, found: float) -> None:
    running.data = (1.0 - share) * running.data + share * found


def _share(momentum: Any) -> float | None:
    if momentum is None:
        return None
    share = real("momentum", momentum)
    if not 0.0 <= share <= 1.0:
        raise DomainError(f"momentum takes a share from 0 to 1, not {momentum!r}")
    return share
