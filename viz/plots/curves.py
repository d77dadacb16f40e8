"""How training went: the loss of every step, the accuracy of every epoch."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from autograd_core.errors import DomainError, OperandError, ShapeError
from autograd_core.inspection import one_line

from .canvas import (
    COLOURS,
    MARKERS,
    Path,
    finish,
    label,
    legend,
    line_style,
    new_figure,
)

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["accuracy_curve", "loss_curve"]


def loss_curve(history: Any, *, path: Path = None) -> "Figure":
    """Plot the loss of each step and, if the history has it, each epoch's mean.

    `history` is what `nn.fit` returns, or a list of losses. The axis is logarithmic
    where all losses are positive and the largest is over ten times the smallest.

    >>> figure = loss_curve([2.0, 1.0, 0.5])
    >>> figure.axes[0].get_ylabel()
    'loss'
    """
    losses = _numbers("loss_curve", getattr(history, "loss", history))
    means = list(getattr(history, "epoch_loss", ()))
    figure = new_figure(8, 4.5)
    axes = figure.add_subplot()
    size = len(losses) // len(means) if means else 0
    steps = axes.plot(range(len(losses)), losses, color=COLOURS[5], linewidth=1)
    if means:
        middles = [(epoch + 0.5) * size - 0.5 for epoch in range(len(means))]
        style: Any = {"color": COLOURS[0], "marker": "o", "markersize": 4}
        steps += axes.plot(middles, means, linewidth=2, **style)
        legend(axes, *steps, names=["each step", "mean of the epoch"])
    if min(losses) > 0 and max(losses) > 10 * min(losses):
        axes.set_yscale("log")
    x = f"step ({size} an epoch)" if means else "step"
    label(axes, "Loss during training", x, "loss")
    return finish(figure, path)


def accuracy_curve(
    accuracies: Sequence[float] | Mapping[str, Sequence[float]], *, path: Path = None
) -> "Figure":
    """Plot the share of right answers after each epoch, for one or several data sets.

    >>> figure = accuracy_curve({"seen": [0.5, 0.9], "held out": [0.4, 0.8]})
    >>> [line.get_ydata().tolist() for line in figure.axes[0].lines]
    [[50.0, 90.0], [40.0, 80.0]]
    """
    if not isinstance(accuracies, Mapping):
        accuracies = {"": accuracies}
    if not accuracies:
        raise ShapeError(
            "accuracy_curve takes at least one data set; got an empty dict"
        )
    figure = new_figure(8, 4.5)
    axes = figure.add_subplot()
    lines = []
    for i, shares in enumerate(accuracies.values()):
        percents = [100.0 * share for share in _shares(shares)]
        style: Any = line_style(i) | {"marker": MARKERS[i % len(MARKERS)]}
        lines += axes.plot(range(1, len(percents) + 1), percents, **style)
    names = [one_line(name) for name in accuracies]
    if any(names):
        legend(axes, *lines, names=names, loc="lower right")
    axes.locator_params(axis="x", integer=True)
    label(axes, "Accuracy during training", "epoch", "right answers (%)")
    return finish(figure, path)


def _numbers(asked: str, numbers: Any) -> list[float]:
    if isinstance(numbers, str) or not isinstance(numbers, Sequence):
        raise OperandError(
            f"{asked} takes what nn.fit returned, or a list of numbers; got "
            f"{type(numbers).__name__}"
        )
    if not numbers:
        raise ShapeError(
            f"{asked} takes at least one number; this history is empty. Train for one "
            "epoch or more"
        )
    return [float(x) for x in numbers]


def _shares(numbers: Any) -> list[float]:
    shares = _numbers("accuracy_curve", numbers)
    for share in shares:
        if not 0 <= share <= 1:
            raise DomainError(
                f"accuracy_curve takes shares from 0 to 1, as nn.accuracy gives them; "
                f"got {share!r}"
            )
    return shares
