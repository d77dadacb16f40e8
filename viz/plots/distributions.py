"""How activations and gradients of each layer are distributed at one moment."""

import math
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from autograd_core import Value
from autograd_core.errors import GraphError, OperandError, ShapeError
from autograd_core.inspection import one_line

from ..gradient_flow.layers import Layer, Model, layers_of
from .canvas import COLOURS, Path, finish, label, new_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["histograms"]


def histograms(
    model: Model,
    loss: Value,
    *,
    bins: int = 40,
    depth: int | None = None,
    path: Path = None,
) -> "Figure":
    """Plot histograms of each layer's activations and of the gradients that reach them.

    `loss` is the root of the graph, after `backward()`. All layers share their axes, so
    that one which differs is seen. Gradients are shown by magnitude on a logarithmic
    axis, where those that vanish stand to the left; exact zeros are counted in words.

    >>> import nn
    >>> model = nn.MLP(2, [3, 1], seed=0)
    >>> loss = nn.mse_loss([model([1.0, 2.0])], [0.0])
    >>> loss.backward()
    >>> len(histograms(model, loss).axes)  # two for each layer
    4
    """
    if not isinstance(loss, Value):
        raise OperandError(
            "histograms(model, loss) takes the loss as one Value, after backward(); "
            f"got {type(loss).__name__}"
        )
    layers = [layer for layer in layers_of(model, loss, depth) if layer.units]
    if not layers or not loss.has_grad:
        raise GraphError(
            "histograms needs a loss computed by calling this model, after backward(); "
            f"{'backward() has not run' if layers else 'no layer is in its graph'}"
        )
    if type(bins) is not int or bins < 1:
        raise ShapeError(f"bins takes a number from 1 up, not {bins!r}")
    figure = new_figure(8, 1.2 + 1.5 * len(layers))
    left, right = figure.subplots(len(layers), 2, sharex="col", squeeze=False).T
    _draw_signals(left, layers, bins)
    _draw_gradients(right, layers, bins)
    left[-1].set_xlabel("activation")
    right[-1].set_xlabel("|∂loss/∂activation|")
    return finish(figure, path)


def _draw_signals(column: Sequence["Axes"], layers: Sequence[Layer], bins: int) -> None:
    signals = [_finite(node.data for node in layer.outputs) for layer in layers]
    low = min(map(min, filter(None, signals)), default=0.0)
    high = max(map(max, filter(None, signals)), default=1.0)
    high = high if high > low else low + 1.0
    step = high / bins - low / bins
    edges = [*(low + i * step for i in range(bins)), high]
    for axes, layer, numbers in zip(column, layers, signals, strict=True):
        _draw(axes, numbers, edges, COLOURS[0])
        name = one_line(layer.name)
        label(axes, f"{name}: {len(layer.units)} units", "", "share (%)")


def _draw_gradients(
    column: Sequence["Axes"], layers: Sequence[Layer], bins: int
) -> None:
    nodes = [[n for n in layer.outputs if n.requires_grad] for layer in layers]
    slopes = [_finite(abs(node.grad) for node in part) for part in nodes]
    present = [slope for part in slopes for slope in part if slope] or [1.0]
    low, high = (math.floor(math.log10(f(present))) for f in (min, max))
    low = max(low, -323)  # 1e-324 is 0
    step = (high + 1 - low) / bins
    edges = [10.0 ** (low + i * step) for i in range(bins + 1)]
    for axes, numbers in zip(column, slopes, strict=True):
        zeros = sum(not slope for slope in numbers)
        axes.set_xscale("log")
        _draw(axes, numbers, edges, COLOURS[1])
        title = f"gradients, {zeros / len(numbers):.0%} exactly 0" if numbers else ""
        label(axes, title, "", "")


def _draw(
    axes: "Axes", numbers: Sequence[float], edges: Sequence[float], colour: str
) -> None:
    """Draw a histogram in percent of all numbers, those outside of it included."""
    counts = [0.0] * (len(edges) - 1)
    for x in numbers:
        i = bisect_right(edges, x) - 1
        if edges[0] <= x <= edges[-1]:
            counts[min(i, len(counts) - 1)] += 100.0 / len(numbers)
    axes.stairs(counts, edges, fill=True, color=colour)


def _finite(numbers: Iterable[float]) -> list[float]:
    return [x for x in numbers if math.isfinite(x)]
