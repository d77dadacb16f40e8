"""A recorder looks at the steps of a training run and at how far each one moved."""

import math
import weakref
from itertools import pairwise
from types import SimpleNamespace

import pytest

import nn
from autograd_core.errors import OperandError, ShapeError
from viz.gradient_flow import FlowRecorder, Thresholds, flow_report

from .networks import backward, network, points


def trained(every=1, steps=6, callbacks=(), **options):
    """Return the recorder that saw a network being trained, one batch a step."""
    model = network("tanh", [4])
    recorder = FlowRecorder(model, every, **options)
    xs = points(12)
    nn.fit(
        model,
        xs,
        [i % 3 for i in range(12)],
        loss=nn.cross_entropy,
        optimizer=nn.SGD(model.parameters(), lr=0.1),
        epochs=steps,
        batch_size=12,
        progress=False,
        callbacks=[recorder, *callbacks],
    )
    return recorder


def test_fit_shows_it_every_step():
    """Each step has a report, in order, with a verdict on each layer."""
    reports = trained().reports

    assert [number for number, _ in reports] == list(range(6))
    assert {report.verdict for _, report in reports} == {"healthy"}
    assert all(report.layers[0].examples == 12 for _, report in reports)


def test_a_report_is_that_of_flow_report_before_the_move():
    """The same numbers as a report made at that moment, apart from the update."""
    seen = []
    recorder = trained(callbacks=[lambda s: seen.append(flow_report(s.model, s.loss))])

    for (_, report), direct in zip(recorder.reports, seen, strict=True):
        for layer, same in zip(report.layers, direct.layers, strict=True):
            assert layer.gradients == same.gradients
            assert layer.weights == same.weights


def test_the_update_ratio_is_that_of_the_step_before():
    """With plain SGD it is lr·‖gradient before‖/‖weights now‖; the first has none."""
    reports = [report for _, report in trained().reports]

    assert [layer.update_ratio for layer in reports[0].layers] == [None, None]
    for before, after in pairwise(reports):
        for old, new in zip(before.layers, after.layers, strict=True):
            expected = 0.1 * old.weight_gradients.norm / new.weights.norm
            assert new.update_ratio == pytest.approx(expected)


def test_skipped_steps_still_tell_the_size_of_the_last_move():
    """Every third step, with the update of the one step before it."""
    every, third = trained().reports, trained(every=3).reports

    assert [number for number, _ in third] == [0, 3]
    assert third[1][1] == every[3][1]


def test_it_works_in_a_loop_of_ones_own():
    """record(loss) numbers the steps itself."""
    model = network("tanh", [4])
    recorder = FlowRecorder(model, every=2)
    for _ in range(5):
        model.zero_grad()
        recorder.record(backward(model))

    assert [number for number, _ in recorder.reports] == [0, 2, 4]
    assert recorder.reports[1][1].layers[0].log_update_ratio == -math.inf


def test_its_thresholds_and_its_depth_are_those_of_the_reports():
    """They are handed on to every report."""
    limits = Thresholds(exploding_gradient=1e-9)
    recorder = trained(thresholds=limits, depth=0)

    assert {report.verdict for _, report in recorder.reports} == {"exploding"}
    assert [layer.name for layer in recorder.reports[0][1].layers] == ["MLP"]


def test_it_keeps_no_graph():
    """A report holds numbers only: nothing of the graph is alive afterwards."""
    losses = []
    recorder = trained(callbacks=[lambda step: losses.append(weakref.ref(step.loss))])

    assert len(recorder.reports) == len(losses) == 6
    assert [loss() for loss in losses] == [None] * 6


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: FlowRecorder([1.0]), OperandError, r"such as an nn\.Module"),
        (lambda: FlowRecorder(network("tanh", [2]), 0), ShapeError, "1 up, not 0"),
        (lambda: FlowRecorder(network("tanh", [2]), "2"), ShapeError, "not '2'"),
        (
            lambda: FlowRecorder(network("tanh", [2]))(3.0),
            OperandError,
            r"an nn\.Step.*got float.*record\(loss\)",
        ),
        (
            lambda: FlowRecorder(network("tanh", [2]))(
                SimpleNamespace(loss=1, number=0)
            ),
            OperandError,
            "loss as one Value",
        ),
    ],
)
def test_wrong_uses_are_named(call, error, words):
    """The message says what was found and what to do instead."""
    with pytest.raises(error, match=words):
        call()
