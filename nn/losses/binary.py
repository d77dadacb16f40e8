"""Losses for two classes, from one score each.

A positive score is a vote for one class, a negative one for the other: cross-entropy
asks how sure the vote is, the hinge loss whether it clears a margin of 1.
"""

from typing import Any

from autograd_core import Value, add, dot, mul, neg, relu, softplus, sub
from autograd_core.errors import DomainError, ShapeError

from ..nested import is_traced, shape
from .classes import factors
from .reduction import check_reduction, pairs, pointwise, probability, reduced

__all__ = ["binary_cross_entropy_with_logits", "hinge_loss"]


def binary_cross_entropy_with_logits(
    logits: Any, targets: Any, reduction: str = "mean", *, pos_weight: Any = None
) -> Any:
    """Return the mean of -t·log σ(x) - (1 - t)·log(1 - σ(x)), for targets from 0 to 1.

    It is t·softplus(-x) + (1 - t)·softplus(x), where nothing cancels and nothing
    overflows; a target of 0 or 1 leaves one of the two terms. `pos_weight` multiplies
    the first: one factor, or a list with one for each number of the innermost lists.

    >>> round(binary_cross_entropy_with_logits([0.0, 40.0], [1, 1]), 6)
    0.346574
    >>> binary_cross_entropy_with_logits(-1000.0, 1, pos_weight=3.0)
    3000.0
    """
    name = "binary_cross_entropy_with_logits"
    check_reduction(reduction)
    form, both = pairs(name, logits, targets)
    weights = _positive_weights(name, pos_weight, form)
    losses = [
        _binary_surprise(name, logit, target, weights[i % len(weights)])
        for i, (logit, target) in enumerate(both)
    ]
    return reduced(name, losses, form, reduction)


def hinge_loss(scores: Any, targets: Any, reduction: str = "mean") -> Any:
    """Return the mean of max(0, 1 - t·s), for targets t of -1 and 1.

    Its derivative is -t where a score is inside the margin, and 0 from the margin on
    (Cortes and Vapnik 1995).

    >>> hinge_loss([2.0, 0.5], [1, -1])
    0.75
    """
    return pointwise("hinge_loss", _shortfall, scores, targets, reduction)


def _binary_surprise(name: str, logit: Any, target: Any, factor: float) -> Any:
    share = probability(name, target)
    if isinstance(target, Value) or 0.0 < share < 1.0:
        shares = [mul(factor, target), sub(1.0, target)]
        return dot(shares, [softplus(neg(logit)), softplus(logit)])
    if share == 0.0:
        return softplus(logit)
    loss = softplus(neg(logit))
    return loss if factor == 1.0 else mul(factor, loss)


def _positive_weights(name: str, weight: Any, form: tuple[int, ...]) -> list[float]:
    if weight is None:
        return [1.0]
    if shape(weight) not in ((), form[-1:]):
        raise ShapeError(
            f"{name} takes as pos_weight one factor, or one for each of the innermost "
            f"numbers of shape {form}; got shape {shape(weight)}"
        )
    return factors(name, "a pos_weight", weight) or [1.0]


def _shortfall(score: Any, target: Any) -> Any:
    if is_traced(target):
        return relu(sub(1.0, mul(target, score)))
    if target not in (-1, 1):
        raise DomainError(f"hinge_loss takes targets of -1 and 1, not {target!r}")
    return relu(sub(1.0, score) if target == 1 else add(1.0, score))
