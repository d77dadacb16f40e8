"""What flowed through each layer, step by step, against the thresholds."""

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from autograd_core.errors import OperandError, ShapeError
from autograd_core.inspection import number, one_line

from ..gradient_flow import FlowRecorder, FlowReport, LayerFlow, Thresholds
from .canvas import GREY, MARKERS, Path, finish, label, legend, line_style, new_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["flow"]

_NEAR = 1e2  # a threshold this factor beyond the data is still drawn as a line


def _gradient_norm(layer: LayerFlow) -> float | None:
    return layer.gradients.norm if layer.gradients else None


def _spread(layer: LayerFlow) -> float | None:
    return layer.activations.std if layer.activations else None


def _update_ratio(layer: LayerFlow) -> float | None:
    return layer.update_ratio


class Panel(NamedTuple):
    """One of the plots: what it shows of a layer, and the limits beside it."""

    title: str
    unit: str
    read: Callable[[LayerFlow], float | None]
    limits: tuple[str, ...] = ()


PANELS = (
    Panel(
        "Gradient norm",
        "‖∂loss/∂activation‖",
        _gradient_norm,
        ("vanishing_gradient", "exploding_gradient"),
    ),
    Panel("Activation spread", "standard deviation", _spread),
    Panel(
        "Update ratio",
        "‖update‖/‖weights‖",
        _update_ratio,
        ("update_ratio_low", "update_ratio_usual", "update_ratio_high"),
    ),
)


def flow(recorder: FlowRecorder, *, path: Path = None) -> "Figure":
    """Plot gradient norm, activation spread and update ratio of each layer over steps.

    All axes are logarithmic: a number that is 0 or unknown is a gap. Thresholds near
    the numbers are dashed lines; those further off are named above.

    >>> import nn
    >>> model = nn.MLP(1, [2, 1], seed=0)
    >>> recorder = FlowRecorder(model)
    >>> for _ in range(3):
    ...     loss = nn.mse_loss(model([1.0]), 2.0)
    ...     loss.backward()
    ...     recorder.record(loss)
    >>> [len(axes.lines[0].get_ydata()) for axes in flow(recorder).axes]
    [3, 3, 3]
    """
    if not isinstance(recorder, FlowRecorder):
        raise OperandError(
            "flow takes a viz.FlowRecorder that saw the training, as "
            f"nn.fit(..., callbacks=[recorder]) does; got {type(recorder).__name__}"
        )
    if not recorder.reports:
        raise ShapeError(
            "flow takes a recorder with at least one report; this one is empty. Pass "
            "it to nn.fit(..., callbacks=[recorder]) first"
        )
    names = list({x.name: 0 for _, report in recorder.reports for x in report.layers})
    figure = new_figure(8, 9)
    for axes, panel in zip(figure.subplots(3, sharex=True), PANELS, strict=True):
        lines = _draw(axes, panel, names, recorder)
    axes.set_xlabel("step")
    axes.locator_params(axis="x", integer=True)
    shown = [one_line(name, 24) for name in names]
    columns = 90 // (max(map(len, shown)) + 8)  # what fits the width
    legend(figure, *lines, names=shown, loc="outside upper left", ncols=columns)
    return finish(figure, path)


def _draw(
    axes: "Axes", panel: Panel, names: Sequence[str], recorder: FlowRecorder
) -> list[Any]:
    """Draw a line for each layer, and the limits; return the lines."""
    steps = [number for number, _ in recorder.reports]
    series = [_series(name, panel.read, recorder.reports) for name in names]
    lines = []
    for i, heights in enumerate(series):
        style: Any = line_style(i) | {"marker": MARKERS[i % len(MARKERS)]}
        style |= {"markersize": 4, "markevery": max(1, len(steps) // 10)}
        lines += axes.plot(steps, heights, **style)
    axes.set_yscale("log")
    label(axes, panel.title, "", panel.unit)
    known = [y for heights in series for y in heights if not math.isnan(y)]
    if known:
        _draw_limits(axes, known, recorder.thresholds, panel.limits)
    else:
        nowhere: Any = {"transform": axes.transAxes, "ha": "center", "color": GREY}
        axes.text(0.5, 0.5, "nothing recorded yet, or all of it 0", **nowhere)
    return lines


def _series(
    name: str,
    read: Callable[[LayerFlow], float | None],
    reports: Sequence[tuple[int, FlowReport]],
) -> list[float]:
    """Return a number of one layer in every report; nan where a log axis has a gap."""
    by_name = [{x.name: read(x) for x in report.layers} for _, report in reports]
    known = [layers.get(name) or math.nan for layers in by_name]
    return [height if math.isfinite(height) else math.nan for height in known]


def _draw_limits(
    axes: "Axes", heights: Sequence[float], thresholds: Thresholds, names: Sequence[str]
) -> None:
    """Draw limits near the data as lines, and name the others above the panel."""
    low, high = min(heights), max(heights)
    style: Any = {"fontsize": 8, "color": GREY, "parse_math": False}
    beyond = []
    for name in names:
        limit = float(getattr(thresholds, name))
        text = f"{name} {number(limit)}"
        if low / _NEAR < limit < high * _NEAR:
            axes.axhline(limit, color=GREY, dashes=(4, 3), linewidth=1)
            at: Any = {"xycoords": ("axes fraction", "data"), "va": "center"}
            axes.annotate(text.replace(" ", "\n"), (1.01, limit), **at, **style)
        else:
            beyond.append(f"{'↑' if limit >= high else '↓'} {text}")
    axes.set_title("   ".join(beyond), loc="right", **style)
