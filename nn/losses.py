"""Losses: one number that says how wrong the outputs are.

Each takes the outputs and the targets of one example or of a batch, nested alike, and
reduces with `reduction="mean"`, `"sum"` or `"none"` (a list), as PyTorch does.
"""

from collections.abc import Callable
from typing import Any

from autograd_core import logsumexp, mean, relu, softplus, total
from autograd_core.errors import OperandError, ShapeError, UnknownNameError

from .nested import flat, shape

__all__ = ["cross_entropy", "hinge_loss", "mse_loss"]

_REDUCTIONS: dict[str, Callable[[list[Any]], Any]] = {
    "mean": mean,
    "none": list,
    "sum": total,
}


def mse_loss(predictions: Any, targets: Any, reduction: str = "mean") -> Any:
    """Return the mean squared error, mean of (prediction - target)².

    >>> mse_loss([1.0, 3.0], [0.0, 1.0])
    2.5
    """
    pairs = _pairs("mse_loss", predictions, targets)
    errors = [p - t for p, t in pairs]
    return _reduce([error * error for error in errors], reduction)


def hinge_loss(scores: Any, targets: Any, reduction: str = "mean") -> Any:
    """Return the mean of max(0, 1 - target·score), for targets of -1 and 1.

    >>> hinge_loss([2.0, 0.5], [1, -1])
    0.75
    """
    pairs = _pairs("hinge_loss", scores, targets)
    wrong = next((t for _, t in pairs if t not in (-1, 1)), None)
    if wrong is not None:
        raise OperandError(f"hinge_loss takes targets of -1 and 1, not {wrong!r}")
    return _reduce([relu(1.0 - t * s) for s, t in pairs], reduction)


def cross_entropy(logits: Any, targets: Any, reduction: str = "mean") -> Any:
    """Return -log softmax(logits)[target], the mean over a batch.

    `logits` is a list of C numbers and `targets` the index of the true class, or a
    list of N such lists and N indices. With the true logit t and the others x it is
    softplus(logsumexp(x) - t), whose value and derivatives keep their digits however
    sure the network is.

    >>> round(cross_entropy([0.0, 0.0], 1), 6)
    0.693147
    """
    if not isinstance(targets, list | tuple) and not hasattr(targets, "__len__"):
        logits, targets = [logits], [targets]
    if len(logits) != len(targets):
        raise ShapeError(
            f"cross_entropy takes one target for each list of logits; got "
            f"{len(logits)} lists and {len(targets)} targets"
        )
    pairs = zip(logits, targets, strict=True)
    return _reduce([_surprise(xs, target) for xs, target in pairs], reduction)


def _surprise(logits: Any, target: Any) -> Any:
    others = list(logits)
    if isinstance(target, float) or not hasattr(target, "__index__"):
        raise OperandError(
            f"cross_entropy takes the index of a class as target, not {target!r}"
        )
    if not 0 <= target < len(others):
        raise ShapeError(
            f"cross_entropy got target {target} for {len(others)} classes; "
            f"targets count from 0 to {len(others) - 1}"
        )
    true = others.pop(target)
    return softplus(logsumexp(others) - true)


def _pairs(name: str, predictions: Any, targets: Any) -> list[tuple[Any, Any]]:
    if shape(predictions) != shape(targets):
        raise ShapeError(
            f"{name} takes predictions and targets of one shape; got "
            f"{shape(predictions)} and {shape(targets)}"
        )
    return list(zip(flat(predictions), flat(targets), strict=True))


def _reduce(losses: list[Any], reduction: str) -> Any:
    if reduction not in _REDUCTIONS:
        raise UnknownNameError("reduction", reduction, _REDUCTIONS)
    return _REDUCTIONS[reduction](losses)
