"""Figures show the numbers they are given, and say what is wrong with the others."""

import math
import subprocess
import sys
from pathlib import Path

import pytest
from hostile import LABELS

import nn
from autograd_core import Value
from autograd_core.errors import (
    DomainError,
    GraphError,
    MissingExtraError,
    OperandError,
    ShapeError,
)
from viz.gradient_flow import FlowRecorder, Thresholds
from viz.gradient_flow.layers import layers_of

from .networks import backward, network, points

pytest.importorskip("matplotlib")
from viz import plots

ROOT = Path(__file__).parents[2]


@pytest.fixture
def recorder() -> FlowRecorder:
    """Return the recorder of five steps of training."""
    model = network("tanh", [4, 4])
    recorder = FlowRecorder(model)
    optimizer = nn.SGD(model.parameters(), lr=0.5)
    for _ in range(5):
        optimizer.zero_grad()
        recorder.record(backward(model))
        optimizer.step()
    return recorder


def heights(line):
    """Return the numbers that a line shows, None for a gap."""
    return [None if math.isnan(y) else y for y in line.get_ydata()]


# --- curves -------------------------------------------------------------------------
def test_the_loss_curve_shows_every_step_and_every_epoch():
    """Steps from 0, the epoch's mean in its middle, a log axis over a wide range."""
    history = nn.History([100.0, 50.0, 5.0, 1.0], [75.0, 3.0])
    (axes,) = plots.loss_curve(history).axes
    steps, means = axes.lines

    assert steps.get_ydata().tolist() == history.loss
    assert means.get_xydata().tolist() == [[0.5, 75.0], [2.5, 3.0]]
    assert axes.get_yscale() == "log"
    assert axes.get_xlabel() == "step (2 an epoch)"
    names = [text.get_text() for text in axes.get_legend().get_texts()]
    assert names == ["each step", "mean of the epoch"]


@pytest.mark.parametrize("losses", [[1.0, 0.5], [100.0, 0.0], [3.0, -3.0]])
def test_a_narrow_or_signed_loss_has_a_linear_axis(losses):
    """A logarithm would hide zeros and exaggerate small changes."""
    (axes,) = plots.loss_curve(losses).axes

    assert axes.get_yscale() == "linear"
    assert axes.lines[0].get_ydata().tolist() == losses


def test_the_accuracy_curve_is_in_percent():
    """Several data sets have a line and a name each."""
    (axes,) = plots.accuracy_curve({"seen": [0.5, 1.0], "held out": [0.25]}).axes

    assert [line.get_ydata().tolist() for line in axes.lines] == [[50.0, 100.0], [25.0]]
    assert [line.get_xdata().tolist() for line in axes.lines] == [[1, 2], [1]]
    assert axes.get_ylabel() == "right answers (%)"
    assert plots.accuracy_curve([0.5]).axes[0].get_legend() is None


# --- flow ---------------------------------------------------------------------------
def test_flow_shows_the_reports(recorder):
    """Each line of each panel is one number of one layer over the steps."""
    panels = recorder.plot().axes
    reads = (
        lambda layer: layer.gradients.norm,
        lambda layer: layer.activations.std,
        lambda layer: layer.update_ratio,
    )

    for axes, read in zip(panels, reads, strict=True):
        assert axes.get_yscale() == "log"
        for i in range(3):
            expected = [read(report.layers[i]) for _, report in recorder.reports]
            assert heights(axes.lines[i]) == expected
            assert axes.lines[i].get_xdata().tolist() == list(range(5))
    (legend,) = panels[0].figure.legends
    names = [text.get_text() for text in legend.get_texts()]
    assert names == ["layers.0", "layers.1", "layers.2"]
    assert panels[2].get_xlabel() == "step"


def test_thresholds_near_the_data_are_lines_and_others_are_named(recorder):
    """A line far away would press the data flat."""
    recorder.thresholds = Thresholds(update_ratio_usual=0.02, vanishing_gradient=0.05)
    gradients, _, updates = plots.flow(recorder).axes

    assert gradients.lines[-1].get_ydata() == [0.05, 0.05]
    assert gradients.texts[0].get_text() == "vanishing_gradient\n0.05"
    assert gradients.get_title("right") == "↑ exploding_gradient 10000"
    assert updates.texts[0].get_text() == "update_ratio_usual\n0.02"
    assert "↓ update_ratio_low 1e-8" in updates.get_title("right")


def test_what_a_log_axis_cannot_show_is_a_gap():
    """Dead layers have gradients of 0, which leave no mark and raise nothing."""
    model = network("relu", [4], bias=-20.0)
    recorder = FlowRecorder(model)
    recorder.record(backward(model))
    recorder.record(backward(model))
    figure = recorder.plot()

    assert heights(figure.axes[2].lines[0]) == [None, None]
    assert figure.axes[2].texts[0].get_text().startswith("nothing recorded yet")


def test_lines_differ_in_more_than_colour(recorder):
    """Markers differ, and so do dashes once the colours are used up."""
    from viz.plots.canvas import line_style

    lines = recorder.plot().axes[0].lines[:3]
    styles = {tuple(line_style(i).values()) for i in range(28)}

    assert len({line.get_marker() for line in lines}) == 3
    assert len(styles) == 28


# --- histograms ---------------------------------------------------------------------
def test_histograms_hold_every_number():
    """The bars of each plot add up to 100 %, on axes that all layers share."""
    model = network("tanh", [4, 4])
    figure = plots.histograms(model, backward(model), bins=7)
    signals, gradients = figure.axes[0::2], figure.axes[1::2]

    for axes in figure.axes:
        (stairs,) = axes.patches
        assert sum(stairs.get_data().values) == pytest.approx(100.0)
        assert len(stairs.get_data().values) == 7
    assert {axes.get_xlim() for axes in signals} == {signals[0].get_xlim()}
    assert {axes.get_xscale() for axes in gradients} == {"log"}
    assert signals[0].get_title("left") == "layers.0: 4 units"


def test_histograms_show_where_the_numbers_are():
    """Edges and counts are those of the activations."""
    model = network("tanh", [4])
    loss = backward(model)
    outputs = [x.data for x in layers_of(model, loss)[0].outputs]
    shown = plots.histograms(model, loss).axes[0].patches[0].get_data()

    for share, low, high in zip(
        shown.values, shown.edges, shown.edges[1:], strict=False
    ):
        inside = sum(low <= x < high for x in outputs)
        assert share == pytest.approx(100.0 * inside / len(outputs))


def test_gradients_of_zero_are_counted_in_words():
    """A log axis has no place for them."""
    model = network("relu", [4, 4], bias=-20.0)
    figure = plots.histograms(model, backward(model))

    assert figure.axes[1].get_title("left") == "gradients, 100% exactly 0"
    assert sum(figure.axes[1].patches[0].get_data().values) == 0.0


# --- inputs -------------------------------------------------------------------------
def test_a_boundary_runs_where_the_output_changes_sign():
    """Of x - y, it is the diagonal; the shading is the output itself."""
    points_, sides = [[0.0, 1.0], [1.0, 0.0], [0.2, 0.9]], [-1, 1, -1]
    figure = plots.decision_boundary(
        lambda p: Value(p[0]) - p[1], points_, sides, resolution=11
    )
    axes = figure.axes[0]
    (image,) = axes.images

    assert image.get_array().shape == (11, 11)
    assert image.get_array()[0, 10] > 0 > image.get_array()[10, 0]
    segments = [path.vertices for path in axes.collections[0].get_paths()]
    assert all(x == pytest.approx(y, abs=0.01) for part in segments for x, y in part)
    shown = sorted(len(c.get_offsets()) for c in axes.collections[1:])
    assert shown == [1, 2]


def test_a_boundary_of_several_classes_colours_where_each_is_largest():
    """One region for each class that wins somewhere, one marker for each target."""
    figure = plots.decision_boundary(
        lambda p: [p[0], -p[0], -100.0], [[1.0, 0.0], [-1.0, 0.5]], [0, 1]
    )
    names = [t.get_text() for t in figure.axes[0].get_legend().get_texts()]

    assert names == ["0", "1"]
    assert len(figure.axes) == 1


def test_a_boundary_leaves_no_gradient_behind():
    """The model is asked without recording, and its gradients stay."""
    model = nn.MLP(2, [3, 1], seed=0)
    plots.decision_boundary(model, [[0.0, 1.0], [1.0, 0.0]], [0, 1], resolution=3)

    assert not any(p.has_grad for p in model.parameters())


def test_saliency_is_the_gradients_row_by_row():
    """The scale is symmetric, so that 0 is white; the image stands beside it."""
    figure = plots.saliency([1, -4, 0, 2], (2, 2), image=[0, 1, 2, 3])
    left, right = figure.axes[:2]

    assert left.images[0].get_array().tolist() == [[0, 1], [2, 3]]
    assert right.images[0].get_array().tolist() == [[1, -4], [0, 2]]
    assert right.images[0].get_clim() == (-4, 4)
    assert right.images[0].cmap(0.5)[:3] == pytest.approx((1, 1, 1), abs=0.02)


# --- all of them --------------------------------------------------------------------
@pytest.mark.parametrize("suffix", ["png", "svg", "pdf"])
def test_a_path_saves_the_figure(suffix, tmp_path, recorder):
    """Every function writes a file where it is given one."""
    model = network("tanh", [3])
    loss = backward(model)
    plane = [[0.0, 1.0], [1.0, 0.0]], [0, 1]
    calls = (
        lambda path: plots.loss_curve([2.0, 1.0], path=path),
        lambda path: plots.accuracy_curve([0.5], path=path),
        lambda path: recorder.plot(path),
        lambda path: plots.histograms(model, loss, path=path),
        lambda path: plots.decision_boundary(sum, *plane, resolution=3, path=path),
        lambda path: plots.saliency([1.0], (1, 1), path=path),
    )

    for i, call in enumerate(calls):
        call(tmp_path / f"{i}.{suffix}")
    assert all(path.stat().st_size > 1000 for path in tmp_path.iterdir())
    assert len(list(tmp_path.iterdir())) == len(calls)


@pytest.mark.parametrize("label", ["$\\frac{$", "_hidden", "a\nb", *LABELS[:8]])
def test_hostile_labels_are_text(label, tmp_path):
    """A dollar starts no formula, an underscore hides no line, a break no legend."""
    figure = plots.accuracy_curve({label: [0.5], "b": [0.6]}, path=tmp_path / "a.svg")
    names = [text.get_text() for text in figure.axes[0].get_legend().get_texts()]

    assert len(names) == 2
    assert all(name.isprintable() and len(name) <= 32 for name in names)


def test_nothing_global_changes():
    """Pyplot is not imported, no display is asked for, no setting differs after."""
    code = """
import sys
import matplotlib
def settings():
    # asking for the backend is what imports pyplot
    return {k: matplotlib.rcParams[k] for k in matplotlib.rcParams if k != "backend"}
before = settings()
from viz import plots
plots.loss_curve([1.0, 0.5])
assert "matplotlib.pyplot" not in sys.modules
assert settings() == before
"""
    command = [sys.executable, "-c", code]

    subprocess.run(command, cwd=ROOT, check=True)


def test_without_matplotlib_the_extra_is_named(monkeypatch):
    """The message is the command that installs it."""
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)

    with pytest.raises(MissingExtraError, match=r"'autograd-core\[plots\]'"):
        plots.loss_curve([1.0])


def model_without_backward():
    """Return a model and a loss that has no gradients yet."""
    model = network("tanh", [3])
    return model, nn.cross_entropy(model(points()[0]), 1)


PLANE = [[0.0, 1.0], [1.0, 0.0]]


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: plots.loss_curve(nn.History()), ShapeError, "history is empty.*epoch"),
        (lambda: plots.loss_curve("loss"), OperandError, "got str"),
        (lambda: plots.loss_curve(3.0), OperandError, "what nn.fit returned.*float"),
        (lambda: plots.accuracy_curve([]), ShapeError, "empty"),
        (lambda: plots.accuracy_curve({}), ShapeError, "empty"),
        (lambda: plots.accuracy_curve([97.0]), DomainError, "0 to 1.*got 97.0"),
        (lambda: plots.flow([1.0]), OperandError, "a viz.FlowRecorder.*got list"),
        (
            lambda: FlowRecorder(network("tanh", [3])).plot(),
            ShapeError,
            r"empty.*callbacks=\[recorder\]",
        ),
        (
            lambda: plots.histograms(*model_without_backward()),
            GraphError,
            r"backward\(\) has not run",
        ),
        (
            lambda: plots.histograms(network("tanh", [3]), Value(1.0)),
            GraphError,
            "no layer is in its graph",
        ),
        (lambda: plots.histograms(network("tanh", [3]), 1.0), OperandError, "float"),
        (lambda: plots.decision_boundary(sum, [[1.0]], [1]), ShapeError, "two.* got 1"),
        (lambda: plots.decision_boundary(sum, PLANE, [1]), ShapeError, "2 .* and 1 "),
        (lambda: plots.decision_boundary(sum, [], []), ShapeError, "at least one"),
        (
            lambda: plots.decision_boundary(sum, PLANE, [0, 1], resolution=1),
            ShapeError,
            "2 up, not 1",
        ),
        (lambda: plots.saliency([1.0], (2, 2)), ShapeError, "4 gradients .* got 1"),
        (lambda: plots.saliency([1.0], 4), ShapeError, r"\(rows, columns\).*not 4"),
        (lambda: plots.saliency([Value(1.0)], (1, 1)), OperandError, r"x\.grad for x"),
    ],
)
def test_what_cannot_be_plotted_is_refused(call, error, words):
    """The message names what was found and what to do instead."""
    with pytest.raises(error, match=words):
        call()
