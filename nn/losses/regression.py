"""Losses for numbers: how far each prediction is from its target.

Predictions and targets have one shape: two numbers, two lists, or a list of lists for a
batch, whose reduction runs over every number. With the error e = p - t they are e², |e|
and, between the two, Huber's loss. A target that is nan makes the loss nan.
"""

from typing import Any

from autograd_core import abs as absolute
from autograd_core import clip, div, mul, sub
from autograd_core.errors import DomainError

from ..nested import data_of
from .reduction import pointwise

__all__ = [
    "half_squared_error",
    "huber_loss",
    "l1_loss",
    "mse_loss",
    "smooth_l1_loss",
]


def mse_loss(predictions: Any, targets: Any, reduction: str = "mean") -> Any:
    """Return the mean squared error, the mean of (p - t)² (Legendre 1805, Gauss 1809).

    Its derivative by a prediction is 2·(p - t)/n for n numbers in all; `"sum"` gives
    ‖p - t‖², without the ½ of the textbooks, which `half_squared_error` has.

    >>> mse_loss([1.0, 3.0], [0.0, 1.0])
    2.5
    >>> mse_loss([[1.0], [3.0]], [[0.0], [1.0]], reduction="none")
    [[1.0], [4.0]]
    """
    return pointwise("mse_loss", _square, predictions, targets, reduction)


def half_squared_error(predictions: Any, targets: Any, reduction: str = "sum") -> Any:
    """Return ½‖a - y‖², the textbook's cost of one example: ½·Σ (a - y)².

    Its derivative by an output is a - y and nothing else, which is what the ½ is for.
    It is half of `mse_loss` in every reduction; over a batch the default adds up the
    costs of the examples, of which Nielsen's C = 1/(2n)·Σ ‖a - y‖² is the n-th part
    (Neural Networks and Deep Learning, eq. 6).

    >>> half_squared_error([1.0, 3.0], [0.0, 1.0])
    2.5
    """
    return pointwise(
        "half_squared_error", _half_square, predictions, targets, reduction
    )


def l1_loss(predictions: Any, targets: Any, reduction: str = "mean") -> Any:
    """Return the mean absolute error, the mean of |p - t| (Boscovich 1757).

    Its derivative is the sign of p - t, and 0 where they are equal.

    >>> l1_loss([1.0, 3.0], [0.0, 5.0])
    1.5
    """
    return pointwise("l1_loss", _distance, predictions, targets, reduction)


def huber_loss(
    predictions: Any, targets: Any, reduction: str = "mean", *, delta: float = 1.0
) -> Any:
    """Return the mean of ½e² where |e| ≤ delta and of delta·(|e| - ½·delta) beyond.

    It is quadratic near the target and no steeper than delta for outliers (Huber
    1964). With c, the error held between -delta and delta, both are c·(e - ½c), and
    the derivative is c.

    >>> huber_loss([1.5, 4.0], [1.0, 1.0], reduction="none")
    [0.125, 2.5]
    """
    _check_width("huber_loss(delta=...)", data_of(delta), "above 0")

    def loss(prediction: Any, target: Any) -> Any:
        error = sub(prediction, target)
        held = clip(error, -delta, delta)
        return mul(held, sub(error, mul(0.5, held)))

    return pointwise("huber_loss", loss, predictions, targets, reduction)


def smooth_l1_loss(
    predictions: Any, targets: Any, reduction: str = "mean", *, beta: float = 1.0
) -> Any:
    """Return the mean of ½e²/beta where |e| ≤ beta and of |e| - ½·beta beyond.

    It is the absolute error with its corner rounded (Girshick 2015, eq. 3), Huber's
    loss divided by beta; with beta = 0 the corner is sharp and it is `l1_loss`.

    >>> smooth_l1_loss([1.5, 4.0], [1.0, 1.0], reduction="none", beta=2.0)
    [0.0625, 2.0]
    """
    if data_of(beta) == 0:
        return l1_loss(predictions, targets, reduction)
    _check_width("smooth_l1_loss(beta=...)", data_of(beta), "from 0 up")

    def loss(prediction: Any, target: Any) -> Any:
        error = sub(prediction, target)
        held = clip(error, -beta, beta)
        return mul(div(held, beta), sub(error, mul(0.5, held)))

    return pointwise("smooth_l1_loss", loss, predictions, targets, reduction)


def _square(prediction: Any, target: Any) -> Any:
    error = sub(prediction, target)
    return mul(error, error)


def _half_square(prediction: Any, target: Any) -> Any:
    error = sub(prediction, target)
    return mul(mul(0.5, error), error)


def _distance(prediction: Any, target: Any) -> Any:
    return absolute(sub(prediction, target))


def _check_width(name: str, width: float, wanted: str) -> None:
    if not 0.0 < width < float("inf"):
        raise DomainError(f"{name} takes a finite number {wanted}, not {width!r}")
