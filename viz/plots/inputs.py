"""What a model makes of its inputs: where it decides, and what it looks at."""

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from autograd_core import Value, no_grad
from autograd_core.errors import OperandError, ShapeError
from autograd_core.inspection import one_line

from .canvas import COLOURS, MARKERS, Path, finish, label, legend, new_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["decision_boundary", "saliency"]


def decision_boundary(
    model: Callable[[list[float]], Any],
    inputs: Sequence[Sequence[float]],
    targets: Sequence[Any],
    *,
    threshold: float = 0.0,
    resolution: int = 80,
    path: Path = None,
) -> "Figure":
    """Plot points of a plane over the regions that a model tells apart.

    `model` takes two numbers. If it returns one, the regions are where that is above
    and below `threshold`, shaded by how far (0.5 suits probabilities); if it returns a
    list, they are where each entry is the largest, and targets count from 0.

    >>> points, sides = [[0.0, 1.0], [1.0, 0.0]], [-1, 1]
    >>> figure = decision_boundary(lambda p: p[0] - p[1], points, sides, resolution=9)
    >>> [text.get_text() for text in figure.axes[0].get_legend().get_texts()]
    ['-1', '1']
    """
    points = _points(inputs, targets)
    if type(resolution) is not int or resolution < 2:
        raise ShapeError(f"resolution takes a number from 2 up, not {resolution!r}")
    figure = new_figure(8, 6)
    axes = figure.add_subplot()
    xs, ys = (_ticks([p[i] for p in points], resolution) for i in (0, 1))
    with no_grad():
        outputs = [[_numbers(model([x, y])) for x in xs] for y in ys]
    if len(outputs[0][0]) == 1:
        heights = [[output[0] - threshold for output in row] for row in outputs]
        _shade(figure, axes, xs, ys, heights)
    else:
        _colour(axes, xs, ys, outputs)
    _scatter(axes, points, targets)
    label(axes, "Decision boundary", "input 0", "input 1")
    axes.grid(visible=False)
    return finish(figure, path)


def _points(inputs: Any, targets: Any) -> list[tuple[float, float]]:
    points = [tuple(point) for point in inputs]
    if not points or len(points) != len(targets):
        raise ShapeError(
            "decision_boundary takes one target for each input, and at least one; got "
            f"{len(points)} inputs and {len(targets)} targets"
        )
    for point in points:
        if len(point) != 2:
            raise ShapeError(
                "decision_boundary takes inputs of two numbers, which are drawn as a "
                f"plane; got {len(point)}"
            )
    return [(float(x), float(y)) for x, y in points]


def _ticks(xs: Sequence[float], count: int) -> list[float]:
    low, high = min(xs), max(xs)
    margin = 0.1 * (high - low) or 1.0
    step = (high - low + 2 * margin) / (count - 1)
    return [low - margin + i * step for i in range(count)]


def _numbers(output: Any) -> list[float]:
    outputs = output if isinstance(output, list | tuple) else [output]
    return [x.data if isinstance(x, Value) else float(x) for x in outputs]


def _shade(
    figure: "Figure",
    axes: "Axes",
    xs: Sequence[float],
    ys: Sequence[float],
    heights: Sequence[Sequence[float]],
) -> None:
    """Shade a plane by how far the output is above or below the threshold."""
    reach = _reach(height for row in heights for height in row)
    options: Any = {"cmap": _diverging(), "vmin": -reach, "vmax": reach, "alpha": 0.6}
    options |= {"origin": "lower", "interpolation": "bilinear", "aspect": "auto"}
    shown = axes.imshow(heights, extent=(xs[0], xs[-1], ys[0], ys[-1]), **options)
    _frame(axes, xs, ys, heights)
    figure.colorbar(shown, ax=axes, label="output - threshold")


def _colour(
    axes: "Axes",
    xs: Sequence[float],
    ys: Sequence[float],
    outputs: Sequence[Sequence[Sequence[float]]],
) -> None:
    """Colour a plane by which output is the largest."""
    for i in range(len(outputs[0][0])):
        leads = [[o[i] - max([*o[:i], *o[i + 1 :]]) for o in row] for row in outputs]
        most = max(map(max, leads))
        if most > 0:
            options: Any = {"colors": [COLOURS[i % len(COLOURS)]], "alpha": 0.3}
            axes.contourf(xs, ys, leads, levels=[0.0, most], **options)
            _frame(axes, xs, ys, leads)


def _frame(
    axes: "Axes",
    xs: Sequence[float],
    ys: Sequence[float],
    heights: Sequence[Sequence[float]],
) -> None:
    """Draw a line where the heights change sign, if they do."""
    if min(map(min, heights)) < 0 < max(map(max, heights)):
        axes.contour(xs, ys, heights, levels=[0.0], colors="black", linewidths=1.2)


def _scatter(
    axes: "Axes", points: Sequence[tuple[float, float]], targets: Sequence[Any]
) -> None:
    """Draw the points of each class with its own marker, in the colour of its side."""
    handles = []
    kinds = sorted(set(targets))
    for i, kind in enumerate(kinds):
        own = [p for p, target in zip(points, targets, strict=True) if target == kind]
        style: Any = {"marker": MARKERS[i % len(MARKERS)], "edgecolors": "white"}
        style |= {"color": COLOURS[i % len(COLOURS)], "s": 36, "linewidths": 0.8}
        xs, ys = zip(*own, strict=True)
        handles.append(axes.scatter(xs, ys, **style))
    names = [one_line(str(kind)) for kind in kinds]
    legend(axes, *handles, names=names, title="target", frameon=True, framealpha=0.9)


def saliency(
    gradients: Sequence[float],
    shape: tuple[int, int],
    *,
    image: Sequence[float] | None = None,
    path: Path = None,
) -> "Figure":
    """Plot how the output changes with each input, as an image of (rows, columns).

    `gradients` are the inputs' gradients after `backward()`, row by row; `image`, if
    given, are the inputs themselves, shown beside them. Blue inputs lower the output
    when they grow, vermillion ones raise it, white ones do not matter.

    >>> figure = saliency([0.0, 1.0, -2.0, 0.0, 0.0, 0.0], (2, 3))
    >>> figure.axes[0].images[0].get_array().tolist()
    [[0.0, 1.0, -2.0], [0.0, 0.0, 0.0]]
    """
    rows = _rows("gradients", gradients, shape)
    reach = _reach(x for row in rows for x in row)
    figure = new_figure(8, 4.2) if image is not None else new_figure(5, 4.2)
    *first, last = figure.subplots(1, 1 if image is None else 2, squeeze=False)[0]
    for axes in first:
        axes.imshow(_rows("image", image, shape), cmap="gray_r")
        label(axes, "Input", "column", "row")
    shown = last.imshow(rows, cmap=_diverging(), vmin=-reach, vmax=reach)
    label(last, "Saliency", "column", "row")
    figure.colorbar(shown, ax=last, label="∂output/∂input", shrink=0.85)
    for axes in (*first, last):
        axes.grid(visible=False)
    return finish(figure, path)


def _rows(name: str, numbers: Any, shape: Any) -> list[list[float]]:
    whole = isinstance(shape, list | tuple) and [type(n) for n in shape] == [int, int]
    if not whole or min(shape) < 1:
        raise ShapeError(f"shape takes (rows, columns) from 1 up, not {shape!r}")
    flat = list(numbers)
    if any(isinstance(x, Value) for x in flat):
        raise OperandError(
            f"saliency takes {name} as numbers, not Values; pass "
            "[x.grad for x in inputs] after backward()"
        )
    height, width = shape
    if len(flat) != height * width:
        raise ShapeError(
            f"saliency takes {height * width} {name} for the shape {tuple(shape)}; got "
            f"{len(flat)}"
        )
    return [[float(x) for x in flat[i * width :][:width]] for i in range(height)]


def _reach(numbers: Any) -> float:
    """Return the largest magnitude, so that 0 is the middle of a scale."""
    return max((abs(x) for x in numbers if math.isfinite(x)), default=0.0) or 1.0


def _diverging() -> Any:
    """Return the scale from blue over white to vermillion, the same for every eye."""
    from matplotlib.colors import LinearSegmentedColormap

    return LinearSegmentedColormap.from_list("sign", [COLOURS[0], "white", COLOURS[1]])
