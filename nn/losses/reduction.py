"""From many losses to one number, which all losses have in common.

A loss is a function of one output and one target; here it is taken over nested lists,
and what it gives is averaged, added up or handed back in the nesting of the outputs.
"""

from collections.abc import Callable, Collection
from typing import Any

from autograd_core import mean, total
from autograd_core.errors import DomainError, ShapeError, UnknownNameError

from ..nested import data_of, flat, nest, shape

__all__ = [
    "at_most_zero",
    "check_reduction",
    "pairs",
    "pointwise",
    "probability",
    "reduced",
]

REDUCTIONS = ("mean", "none", "sum")

Shape = tuple[int, ...]


def pointwise(
    name: str,
    loss: Callable[[Any, Any], Any],
    predictions: Any,
    targets: Any,
    reduction: str,
) -> Any:
    """Reduce `loss(prediction, target)` over two nestings of one shape.

    >>> pointwise("f", lambda p, t: p - t, [[5.0], [3.0]], [[1.0], [2.0]], "none")
    [[4.0], [1.0]]
    """
    check_reduction(reduction)
    form, both = pairs(name, predictions, targets)
    return reduced(name, [loss(p, t) for p, t in both], form, reduction)


def pairs(
    name: str, predictions: Any, targets: Any
) -> tuple[Shape, list[tuple[Any, Any]]]:
    """Return the shape of both nestings, and each prediction with its target."""
    form = shape(predictions)
    if form != shape(targets):
        raise ShapeError(
            f"{name} takes predictions and targets of one shape; got {form} and "
            f"{shape(targets)}"
        )
    return form, list(zip(flat(predictions), flat(targets), strict=True))


def reduced(name: str, losses: list[Any], form: Shape, reduction: str) -> Any:
    """Return the mean or the sum of losses, or the losses themselves nested."""
    if reduction == "none":
        return nest(losses, form)
    if reduction == "sum":
        return total(losses)
    if not losses:
        raise ShapeError(
            f"{name} has no mean over an empty batch, of shape {form}; pass at least "
            "one example, or reduction='sum'"
        )
    return mean(losses)


def check_reduction(reduction: Any, known: Collection[str] = REDUCTIONS) -> None:
    """Refuse a reduction that is not in the table, before anything is computed."""
    if reduction not in known:
        raise UnknownNameError("reduction", reduction, known)


def probability(name: str, target: Any) -> float:
    """Return a target as a number, if it is one from 0 to 1."""
    share = data_of(target)
    if not 0.0 <= share <= 1.0:
        raise DomainError(
            f"{name} takes targets that are probabilities from 0 to 1, not {share!r}"
        )
    return share


def at_most_zero(name: str, logarithm: Any) -> float:
    """Return a log-probability as a number, if it is one up to rounding."""
    found = data_of(logarithm)
    if found > 1e-6:
        raise DomainError(
            f"{name} takes log-probabilities, which are at most 0, not {found!r}; make "
            "them of logits with log_softmax"
        )
    return found
