"""A deep network that does not learn: the illness, the remedies, and the pictures."""

import io
import math
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from contextlib import redirect_stdout
from itertools import pairwise

import pytest

import nn
from autograd_core import Value, no_grad
from demos import vanishing_gradient as demo
from demos.datasets import load_digits
from demos.vanishing_gradient import (
    CLIPPED,
    CURED,
    ILL,
    REMEDIES,
    TWIN,
    Remedy,
    deep_network,
    drawable,
    examples,
    told_apart,
)
from viz.plots.canvas import new_figure

CURES = ["ReLU, He's", CURED, "Glorot's × 4", "batch norm", "skip connections"]
GUESS = math.log(10)


@pytest.fixture(scope="module")
def trials():
    """Try every remedy once for all tests below, as the command does."""
    return {name: demo.trial(how) for name, how in REMEDIES.items()}


def ratio(trial):
    """Return the gradient norm of the first layer over that of the last."""
    return trial.gradients[0] / trial.gradients[-1]


def verdicts(trial, which):
    """Return the verdict on each layer in one of the reports."""
    return [layer.verdict for layer in trial.recorder.reports[which][1].layers]


def parameters(model):
    """Return the numbers that a network begins with, sorted."""
    return sorted(nn.parameters_to_vector(model.parameters()))


def test_every_remedy_is_expected_here(trials):
    """The tests below speak of each of them."""
    assert {ILL, "layer norm", TWIN, CLIPPED, *CURES} == set(trials)


def test_the_ill_network_is_no_better_than_a_guess(trials):
    """Its loss is that of ten equal chances, within 2 %."""
    assert trials[ILL].loss == pytest.approx(GUESS, rel=0.02)
    assert trials[ILL].right < 0.2


def test_its_gradient_vanishes_layer_by_layer(trials):
    """From each hidden layer to the one below it shrinks at least fourfold."""
    gradients = trials[ILL].gradients

    assert len(gradients) == 9
    for below, above in pairwise(gradients[:8]):
        assert 0 < below < above / 4
    assert verdicts(trials[ILL], 0)[:4] == ["vanishing"] * 4
    assert verdicts(trials[ILL], 0)[-1] == "healthy"


def test_adam_makes_up_for_the_size_but_not_for_the_rest(trials):
    """The first layer moves by more than 0.1 % a step, and nothing comes of it."""
    moves = [r.layers[0].update_ratio for _, r in trials[ILL].recorder.reports[1:]]

    assert min(moves) > 1e-3


@pytest.mark.parametrize("name", CURES)
def test_each_cure_works_alone(trials, name):
    """The gradient reaches the first layer, and the network learns."""
    trial = trials[name]

    assert 0.01 < ratio(trial) < 100
    assert trial.loss < GUESS - 0.3
    assert trial.right > 1.5 * max(trials[ILL].right, 0.1)
    assert sum(trial.losses[-20:]) < 0.9 * 20 * GUESS


def test_layer_norm_before_a_sigmoid_is_no_cure(trials):
    """Its gradient is larger and still vanishes, and it learns as little."""
    trial = trials["layer norm"]

    assert 10 * ratio(trials[ILL]) < ratio(trial) < 0.01
    assert trial.loss == pytest.approx(GUESS, rel=0.02)


def test_what_differs_between_images_reaches_the_top_of_what_learns(trials):
    """It is one part in 1e12 of the ill network, nearly all after batch norm."""
    apart = {name: trial.apart for name, trial in trials.items()}

    assert apart[ILL] < 1e-11
    assert apart["layer norm"] < 1e-4 < min(apart[name] for name in CURES)
    assert apart["batch norm"] > 0.9


def test_the_twin_explodes_and_its_layers_die(trials):
    """The gradient grows on its way back; after training whole layers pass none."""
    trial = trials[TWIN]
    last = trial.recorder.reports[-1][1].layers

    assert ratio(trial) > 20
    assert trial.losses[0] > 10
    assert max(layer.dead_share or 0.0 for layer in last) == 1.0
    assert trial.loss == pytest.approx(GUESS, rel=0.02)


def test_clipping_keeps_the_twin_alive(trials):
    """From the same weights, no layer dies and something is learnt; a cure is more."""
    twin, clipped = trials[TWIN], trials[CLIPPED]
    last = clipped.recorder.reports[-1][1].layers

    assert clipped.gradients == twin.gradients
    assert max(layer.dead_share or 0.0 for layer in last) < 1.0
    assert clipped.loss < GUESS - 0.05
    assert min(trials[name].right for name in CURES) > 1.2 * clipped.right


def test_clipping_bounds_the_first_step():
    """Gradients with a norm of 100 move a parameter no further than those of norm 1."""
    parameters = deep_network(REMEDIES[CLIPPED]).parameters()[:4]
    before = [parameter.data for parameter in parameters]
    for parameter in parameters:
        parameter.grad = 50.0
    demo.clipped(parameters).step()

    moves = [b - p.data for b, p in zip(before, parameters, strict=True)]
    assert math.hypot(*moves) == pytest.approx(0.02, rel=1e-5)


@pytest.mark.parametrize("name", [ILL, CURED, TWIN])
def test_what_is_drawn_is_what_is_trained(name):
    """Neuron by neuron or as matrices, weights and outputs are the same."""
    matrices, neurons = deep_network(REMEDIES[name]), drawable(REMEDIES[name])
    image = examples(0, 1)[0][0]

    assert parameters(matrices) == parameters(neurons)
    with no_grad():
        wanted = [logit.data for logit in matrices(image)]
        assert [logit.data for logit in neurons(image)] == pytest.approx(wanted)


def test_weights_begin_in_the_range_that_was_the_custom():
    """U(-1/√n, 1/√n), of which the largest of many weights is next to the bound."""
    weights = deep_network(Remedy()).state_dict()["0.0.weight"]
    largest = max(abs(weight) for row in weights for weight in row)

    assert 0.95 / 8 < largest <= 1 / 8


def test_skip_connections_are_where_the_widths_agree():
    """Seven of the eight hidden layers have one."""
    kinds = [type(layer) for layer in deep_network(Remedy(skip=True))]

    assert [kind is nn.Residual for kind in kinds] == [False] + [True] * 7 + [False]


def test_told_apart_is_a_share_of_the_variance():
    """All of it where only images differ, none where only units do."""

    def sums(rows):
        return [[Value(sum(row))] * 2 for row in rows]

    def constants(rows):
        return [[Value(0.0), Value(1.0)] for _ in rows]

    def both(rows):
        return [[Value(float(i % 2)), Value(3.0 - i % 2)] for i in range(len(rows))]

    last = nn.Linear(2, 10, seed=0)
    assert told_apart(nn.Sequential(sums, last)) == pytest.approx(1.0)
    assert told_apart(nn.Sequential(constants, last)) == 0.0
    assert told_apart(nn.Sequential(both, last)) == pytest.approx(0.25 / 1.25)


def test_images_to_learn_from_and_to_be_tried_on_are_different():
    """No image is among both, and each has its own digit."""
    seen, unseen = examples(0, 320), examples(320, 200)
    pairs = {(tuple(image), digit) for image, digit in zip(*seen, strict=True)}
    others = {(tuple(image), digit) for image, digit in zip(*unseen, strict=True)}
    images, digits = load_digits()

    assert (len(pairs), len(others), pairs & others) == (320, 200, set())
    assert pairs | others <= {
        (tuple(image), digit) for image, digit in zip(images, digits, strict=True)
    }


def run_main(trials, out):
    """Run the command without the training; return what it prints and its figures."""
    by_remedy = {id(how): trials[name] for name, how in REMEDIES.items()}
    figures = []

    def kept(*size):
        figures.append(new_figure(*size))
        return figures[-1]

    text = io.StringIO()
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(text):
        patch.setattr("sys.argv", ["vanishing_gradient", "--out", str(out)])
        patch.setattr(demo, "trial", lambda how: by_remedy[id(how)])
        patch.setattr(demo, "new_figure", kept)
        demo.main()
    return text.getvalue(), figures


@pytest.fixture(scope="module")
def shown(trials, tmp_path_factory):
    """Return what the command prints, its figures, and its folder."""
    folder = tmp_path_factory.mktemp("pictures")
    return *run_main(trials, folder), folder


def test_the_demo_prints_a_diagnosis_and_a_table(trials, shown):
    """The report of the ill network, a line for each remedy, and why it works."""
    text, _, _ = shown

    assert "layers.0 is vanishing: its gradient norm is" in text
    for name, trial in trials.items():
        (row,) = [r for r in text.splitlines() if r.startswith(f"{name:16} ")]
        first, *_, loss, right, _ = row.removeprefix(f"{name:16}").split()
        assert float(first) == pytest.approx(ratio(trial), rel=0.05)
        assert (loss, right) == (f"{trial.loss:.2f}", f"{trial.right:.1%}")
        assert name in (ILL, TWIN) or f"\n{name}: " in text


def test_the_demo_draws_every_remedy_on_one_scale(trials, shown):
    """Seven panels compare with the ill network, the last one two trainings."""
    _, (figure,), _ = shown
    *panels, last = figure.axes
    before, after = ([a.lines[i].get_ydata().tolist() for a in panels] for i in (0, 1))
    losses = [line.get_ydata().tolist() for line in last.lines]

    assert len({axes.get_ylim() for axes in panels}) == 1
    assert before == [trials[ILL].gradients] * 7
    assert after == [
        trials[n].gradients for n in (*REMEDIES,) if n not in (ILL, CLIPPED)
    ]
    assert losses == [trials[CLIPPED].losses, trials[TWIN].losses]


def test_the_demo_writes_its_pictures(shown):
    """Two plots, and two networks with their gradients."""
    _, _, folder = shown

    for name in ("vanishing_remedies.png", "vanishing_steps.png"):
        assert (folder / name).read_bytes()[:4] == b"\x89PNG"
    for name in ("vanishing_flow.svg", "vanishing_flow_cured.svg"):
        text = "".join(ElementTree.parse(folder / name).getroot().itertext())
        assert "layers.8" in text
        assert "gradient, backward" in text


def test_without_matplotlib_the_networks_are_drawn(trials, tmp_path, monkeypatch):
    """And the demo says what to install."""
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    monkeypatch.setattr(demo, "draw_flow", lambda how, path: path)

    text, _ = run_main(trials, tmp_path)

    assert "plots need matplotlib" in text
    assert text.split("pictures:")[1].count(".svg") == 2
    assert ".png" not in text


def test_a_folder_that_cannot_be_is_named_before_anything_is_trained():
    """The command ends at once, with the option and the reason."""
    command = [sys.executable, "-m", "demos.vanishing_gradient", "--out"]

    done = subprocess.run(
        [*command, "pyproject.toml/out"], capture_output=True, text=True, check=False
    )

    assert done.returncode == 2
    assert "--out: cannot write to pyproject.toml" in done.stderr
    assert "Traceback" not in done.stderr
