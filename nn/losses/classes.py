"""Classes and targets as the losses of classification take them, checked.

A target is the index of a class, or a probability for each class; which of the two is
told by its shape alone.
"""

import math
import operator
from typing import Any

from autograd_core import total, where
from autograd_core.errors import DomainError, OperandError, ShapeError

from ..nested import data_of, flat, is_traced, shape
from .reduction import probability

__all__ = [
    "class_indices",
    "class_weights",
    "distributions",
    "factors",
    "one_hot",
    "picked",
    "rows_of",
]

_TOLERANCE = 1e-4  # what single precision leaves of a sum of 1


def rows_of(name: str, scores: Any) -> tuple[tuple[int, ...], int, list[list[Any]]]:
    """Return the shape of the batch, the number of classes, and a row per example.

    >>> rows_of("f", [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    ((2,), 3, [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    """
    whole = shape(scores)
    if not whole:
        raise OperandError(
            f"{name} takes a list with one number for each class, not {scores!r:.60}"
        )
    if whole == (0,):  # a batch without examples: how many classes is not known
        return (0,), 0, []
    *form, classes = whole
    if not classes:
        raise ShapeError(f"{name} takes at least one class; got shape {whole}")
    items = list(flat(scores))
    starts = range(0, len(items), classes)
    return tuple(form), classes, [items[i : i + classes] for i in starts]


def class_indices(
    name: str, targets: Any, form: tuple[int, ...], classes: int
) -> list[Any]:
    """Return the indices of the true classes, one for each row.

    An index may be one that is traced.
    """
    if shape(targets) != form:
        raise ShapeError(
            f"{name} takes one target for each list of {classes} numbers, of shape "
            f"{form}; got targets of shape {shape(targets)}"
        )
    return [_class_index(name, target, classes) for target in flat(targets)]


def _class_index(name: str, target: Any, classes: int) -> Any:
    if is_traced(target):
        if not (target > -0.5 and target < classes - 0.5):
            raise _no_class(name, f"{target:g}", classes)
        return target
    try:
        index = operator.index(target)
    except TypeError:
        raise OperandError(
            f"{name} takes the index of a class as target, not {target!r:.60}"
        ) from None
    if not 0 <= index < classes:
        raise _no_class(name, target, classes)
    return index


def _no_class(name: str, target: Any, classes: int) -> ShapeError:
    return ShapeError(
        f"{name} got target {target} for {classes} classes; targets count from 0 to "
        f"{classes - 1}"
    )


def one_hot(index: Any, classes: int) -> list[Any]:
    """Return for each class whether it is the one; of a traced index, as data.

    >>> one_hot(1, 3)
    [False, True, False]
    """
    if is_traced(index):
        return [abs(index - i) < 0.5 for i in range(classes)]
    return [i == index for i in range(classes)]


def picked(items: list[Any], index: Any) -> Any:
    """Return the item of one class, also where the index is traced.

    >>> picked([0.5, 1.5, 2.5], 1)
    1.5
    """
    if not is_traced(index):
        return items[index]
    pairs = zip(one_hot(index, len(items)), items, strict=True)
    return total([where(is_it, item, 0.0) for is_it, item in pairs])


def class_weights(name: str, weight: Any, classes: int) -> list[float] | None:
    """Return a factor for each class, or None where all count alike."""
    if weight is None:
        return None
    if classes and shape(weight) != (classes,):
        raise ShapeError(
            f"{name} takes as weight one factor for each of {classes} classes; got "
            f"shape {shape(weight)}"
        )
    return factors(name, "weights", weight)


def factors(name: str, what: str, numbers: Any) -> list[float]:
    """Return numbers that a loss may be multiplied with."""
    found = [data_of(number) for number in flat(numbers)]
    for factor in found:
        if not 0.0 <= factor < math.inf:
            raise DomainError(f"{name} takes {what} from 0 up, not {factor!r}")
    return found


def distributions(name: str, targets: Any) -> list[list[Any]]:
    """Return the probabilities of the classes, row by row, if they sum to 1."""
    _, _, rows = rows_of(name, targets)
    for row in rows:
        whole = total([probability(name, share) for share in row])
        if abs(whole - 1.0) > _TOLERANCE:
            raise DomainError(
                f"{name} takes targets whose probabilities sum to 1; got "
                f"{[data_of(share) for share in row]}, which sum to {whole!r}"
            )
    return rows
