"""Losses for one class out of several, from logits or from log-probabilities.

The classes stand in the innermost lists: C logits for one example, N lists of C for a
batch, and so on for batches of sequences, where PyTorch has the classes second. The
surprise -log p of a class is never the difference of two large numbers, so that values
and derivatives keep their digits however sure the network is.
"""

from math import inf
from typing import Any

from autograd_core import (
    Value,
    add,
    div,
    dot,
    log_sigmoid,
    logaddexp,
    logsumexp,
    mul,
    neg,
    softplus,
    sub,
    total,
    where,
)
from autograd_core.errors import DomainError

from ..nested import data_of, is_traced, shape
from .classes import (
    class_indices,
    class_weights,
    distributions,
    one_hot,
    picked,
    rows_of,
)
from .reduction import at_most_zero, check_reduction, reduced

__all__ = ["cross_entropy", "log_softmax", "nll_loss"]


def cross_entropy(
    logits: Any,
    targets: Any,
    reduction: str = "mean",
    *,
    weight: Any = None,
    label_smoothing: float = 0.0,
) -> Any:
    """Return -log softmax(logits)[target], the mean over a batch.

    Of C logits and the index of the true class, or of N lists of C and N indices: with
    the true logit t and the others x it is softplus(logsumexp(x) - t). A target may
    also be C probabilities q that sum to 1; the loss is then -Σ q·log softmax(logits).
    With `label_smoothing` ε it is that of (1 - ε)·q + ε/C (Szegedy et al. 2016, section
    7). `weight` has a factor for each class; the mean over indices is then weighted.

    >>> round(cross_entropy([0.0, 0.0], 1), 6)
    0.693147
    >>> round(cross_entropy([[2.0, 0.0], [0.0, 2.0]], [0, 1], label_smoothing=0.1), 6)
    0.226928
    >>> round(cross_entropy([2.0, 0.0], [0.25, 0.75]), 6)
    1.626928
    """
    check_reduction(reduction)
    smoothing = _checked_smoothing(label_smoothing)
    form, classes, rows = rows_of("cross_entropy", logits)
    factors = class_weights("cross_entropy", weight, classes)
    if rows and shape(targets) == (*form, classes):
        shares = distributions("cross_entropy", targets)
        shares = [_weighted(_smoothed(q, smoothing), factors) for q in shares]
        losses = [_expected_surprise(*pair) for pair in zip(rows, shares, strict=True)]
        return reduced("cross_entropy", losses, form, reduction)
    indices = class_indices("cross_entropy", targets, form, classes)
    losses = [
        _smoothed_surprise(row, index, smoothing, factors)
        if smoothing
        else _scaled(_surprise(row, index), index, factors)
        for row, index in zip(rows, indices, strict=True)
    ]
    weights = factors and [picked(factors, index) for index in indices]
    return _reduced("cross_entropy", losses, form, reduction, weights)


def nll_loss(
    log_probabilities: Any,
    targets: Any,
    reduction: str = "mean",
    *,
    weight: Any = None,
) -> Any:
    """Return minus the log-probability of the target, the mean over a batch.

    Of C log-probabilities, such as `log_softmax` gives, and the index of the true
    class, or of N lists of C and N indices; `weight` is that of `cross_entropy`.

    >>> nll_loss([-0.5, -1.0], 1)
    1.0
    """
    check_reduction(reduction)
    form, classes, rows = rows_of("nll_loss", log_probabilities)
    factors = class_weights("nll_loss", weight, classes)
    indices = class_indices("nll_loss", targets, form, classes)
    for row in rows:
        for logarithm in row:
            at_most_zero("nll_loss", logarithm)
    losses = [
        _scaled(neg(picked(row, index)), index, factors)
        for row, index in zip(rows, indices, strict=True)
    ]
    weights = factors and [picked(factors, index) for index in indices]
    return _reduced("nll_loss", losses, form, reduction, weights)


def log_softmax(logits: Any) -> list[Any]:
    """Return log(e^xᵢ/Σ e^xⱼ) for each xᵢ of a list, also where it is -1e-300.

    That of the largest logit, which may be next to 0, is log_sigmoid(x - logsumexp of
    the others); the rest are below log ½, and lose nothing as x - logsumexp.

    >>> log_softmax([0.0, 500.0])
    [-500.0, -7.12457640...e-218]
    """
    xs = list(logits)
    if not xs:
        return []
    numbers = [data_of(x) for x in xs]
    if any(isinstance(x, Value) for x in numbers):  # traced: any may be the largest
        return [log_sigmoid(sub(x, _others(xs, i))) for i, x in enumerate(xs)]
    top = numbers.index(max(numbers))
    others = _others(xs, top)
    whole = logaddexp(others, xs[top])
    logs = [sub(x, whole) for x in xs]
    logs[top] = log_sigmoid(sub(xs[top], others))
    return logs


def _others(logits: list[Any], index: int) -> Any:
    return logsumexp(logits[:index] + logits[index + 1 :])


def _surprise(logits: list[Any], index: Any) -> Any:
    if not is_traced(index):
        return softplus(sub(_others(logits, index), logits[index]))
    pairs = zip(one_hot(index, len(logits)), logits, strict=True)
    others = logsumexp([where(is_it, -inf, x) for is_it, x in pairs])
    return softplus(sub(others, picked(logits, index)))


def _expected_surprise(logits: list[Any], shares: list[Any]) -> Any:
    """Return -Σ q·log softmax; a share of plain 0 counts nothing, even of infinity."""
    logs = log_softmax(logits)
    counted = [i for i, share in enumerate(shares) if share != 0]
    if not counted:
        return where(False, logs[0], 0.0)
    return dot([neg(shares[i]) for i in counted], [logs[i] for i in counted])


def _smoothed_surprise(
    logits: list[Any], index: Any, smoothing: float, factors: list[float] | None
) -> Any:
    certain = [where(is_it, 1.0, 0.0) for is_it in one_hot(index, len(logits))]
    shares = _weighted(_smoothed(certain, smoothing), factors)
    return _expected_surprise(logits, shares)


def _smoothed(shares: list[Any], smoothing: float) -> list[Any]:
    if not smoothing:
        return shares
    floor = smoothing / len(shares)
    return [add(mul(1.0 - smoothing, share), floor) for share in shares]


def _weighted(shares: list[Any], factors: list[float] | None) -> list[Any]:
    if factors is None:
        return shares
    return [mul(share, w) for share, w in zip(shares, factors, strict=True)]


def _scaled(loss: Any, index: Any, factors: list[float] | None) -> Any:
    return loss if factors is None else mul(loss, picked(factors, index))


def _reduced(
    name: str,
    losses: list[Any],
    form: tuple[int, ...],
    reduction: str,
    weights: list[Any] | None,
) -> Any:
    """Reduce; where there are weights, a mean divides by their sum."""
    if weights is None or reduction != "mean" or not losses:
        return reduced(name, losses, form, reduction)
    whole = total(weights)
    if whole == 0:
        raise DomainError(
            f"{name} has no mean: the weights of all classes among the targets are 0"
        )
    return div(total(losses), whole)


def _checked_smoothing(smoothing: Any) -> float:
    share = data_of(smoothing)
    if not 0.0 <= share <= 1.0:
        raise DomainError(
            f"label_smoothing takes a share from 0 to 1, not {smoothing!r}"
        )
    return share
