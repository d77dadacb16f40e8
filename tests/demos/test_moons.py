"""Two moons: the data, the training, and what a look inside finds."""

import math
import sys
import xml.etree.ElementTree as ElementTree
from itertools import pairwise

import pytest
from demo_commands import assert_refused

import nn
from demos import moons as demo
from demos.moons import Moons, dead, make_moons, measured, right, supports

SEEN, UNSEEN = make_moons(100, 0.1, seed=0), make_moons(400, 0.1, seed=1)


@pytest.fixture(scope="module")
def run():
    """Train once for all tests below, as the command does."""
    return demo.train(SEEN)


@pytest.fixture
def model(run):
    """Return the trained network, whatever another test has loaded into it."""
    trained, states = run
    trained.load_state_dict(states[100])
    return trained


def slopes(model):
    """Return the gradients of all parameters."""
    return [parameter.grad for parameter in model.parameters()]


@pytest.mark.parametrize("count", [2, 3, 10, 101])
def test_moons_without_noise_are_two_half_circles(count):
    """Half of the points, rounded down, are on the outer moon, the rest inside."""
    moons = make_moons(count, noise=0.0, seed=0)

    assert moons.sides == [-1] * (count // 2) + [1] * (count - count // 2)
    for (x, y), side in zip(*moons, strict=True):
        center = (0.0, 0.0) if side == -1 else (1.0, 0.5)
        assert math.dist((x, y), center) == pytest.approx(1.0)
        assert y >= 0.0 if side == -1 else y <= 0.5


def test_the_points_of_a_moon_are_evenly_spread():
    """From tip to tip, with the same angle between neighbours."""
    points = make_moons(20, noise=0.0, seed=0).points

    for moon, tips in ((points[:10], [1, 0, -1, 0]), (points[10:], [0, 0.5, 2, 0.5])):
        steps = [math.dist(a, b) for a, b in pairwise(moon)]
        assert steps == pytest.approx([2 * math.sin(math.pi / 18)] * 9)
        assert [*moon[0], *moon[-1]] == pytest.approx(tips, abs=1e-12)


def test_noise_moves_points_by_its_standard_deviation():
    """The mean square of all moves is noise², and the seed decides each of them."""
    still, moved = (make_moons(2000, noise, seed=3) for noise in (0.0, 0.1))

    moves = [math.dist(a, b) for a, b in zip(still.points, moved.points, strict=True)]
    assert sum(m * m for m in moves) / 4000 == pytest.approx(0.01, rel=0.1)
    assert moved == make_moons(2000, 0.1, seed=3) != make_moons(2000, 0.1, seed=4)


def test_the_network_is_that_of_micrograds_demo(model):
    """It has 337 parameters, as micrograd prints."""
    assert repr(model) == "MLP(2, [16, 16, 1])"
    assert len(model.parameters()) == 337


def test_unseen_points_are_told_apart(model):
    """With these seeds all are right; after ten steps 89 % are."""
    assert right(model, SEEN) >= 0.98
    assert right(model, UNSEEN) >= 0.97


def test_the_line_bends_and_the_margin_empties_as_training_goes(run):
    """After ten steps a tenth is wrong and a third charged, in the end next to none."""
    model, states = run
    wrong, charged = [], []
    for step in (0, 10, 100):
        model.load_state_dict(states[step])
        wrong.append(1 - right(model, UNSEEN))
        charged.append(len(supports(model, SEEN)))

    assert list(states) == [0, 5, 10, 20, 50, 100]
    assert wrong[0] > 0.3 > wrong[1] > 0.05 > wrong[2]
    assert charged[0] > 60 > charged[1] > 15 > charged[2] > 0


def test_only_the_points_in_the_margin_have_a_say(model):
    """The hinge loss of them alone has the same gradients as that of all points."""
    model.zero_grad()
    scores = [model(point) for point in SEEN.points]
    nn.hinge_loss(scores, SEEN.sides, reduction="sum").backward()
    wanted = slopes(model)

    held = supports(model, SEEN)
    model.zero_grad()
    scores = [model(SEEN.points[i]) for i in held]
    nn.hinge_loss(scores, [SEEN.sides[i] for i in held], reduction="sum").backward()

    assert slopes(model) == pytest.approx(wanted, rel=1e-9, abs=1e-12)
    assert max(map(abs, wanted)) > 0.1


def test_the_penalty_is_weight_decay(model):
    """α·Σθ² asks of SGD what weight_decay=2α does (Loshchilov and Hutter 2019)."""
    measured(model, SEEN)
    whole = slopes(model)
    model.zero_grad()
    nn.hinge_loss([model(p) for p in SEEN.points], SEEN.sides).backward()
    hinge = [parameter.grad for parameter in model.parameters()]

    decay = [2 * demo.PENALTY * parameter.data for parameter in model.parameters()]
    assert whole == pytest.approx([h + d for h, d in zip(hinge, decay, strict=True)])


def test_dead_units_are_silent_on_every_point(model):
    """Each unit is dead if and only if no point of the data makes it positive."""
    loss = measured(model, SEEN)
    silent = []
    signals = SEEN.points
    for i, layer in enumerate(model.layers[:2]):
        signals = [layer(signal) for signal in signals]
        for j, unit in enumerate(zip(*signals, strict=True)):
            if max(number.data for number in unit) == 0:
                silent.append(f"layers.{i}.neurons.{j}")

    assert dead(model, loss) == silent
    assert len(silent) < 16


def test_the_width_is_where_a_linear_score_reaches_one():
    """Of the score 3x + 4y it is a fifth, everywhere."""
    model = nn.MLP(2, [1], seed=0)
    state = {"layers.0.weight": [[3.0, 4.0]], "layers.0.bias": [0.5]}
    model.load_state_dict(state)

    assert demo.width(model, [7.0, -1.0]) == pytest.approx(0.2)


def test_the_nodes_of_a_step_are_counted(model):
    """A point is 2 inputs, a dot and a rectifier a unit, the output, and its hinge."""
    small = Moons([[0.5, 0.5], [2.0, 0.5]], [-1, 1])
    nodes, sums_and_products = demo.operations(measured(model, small))
    more, _ = demo.operations(measured(model, SEEN))

    assert (more - nodes) % 98 == 0
    assert 2 + 4 * 16 + 1 + 2 <= (more - nodes) / 98 <= 2 + 4 * 16 + 1 + 8
    assert sums_and_products > 2 * 2 * (2 * 16 + 16 * 16 + 16) > nodes


def test_the_demo_prints_and_draws(run, tmp_path, capsys, monkeypatch):
    """Six moments, the look inside, three boundaries, and the network."""
    monkeypatch.setattr("sys.argv", ["moons", "--out", str(tmp_path)])
    monkeypatch.setattr(demo, "train", lambda moons, steps: run)

    demo.main()

    head, *rows = capsys.readouterr().out.splitlines()
    assert head.split() == [
        "step",
        "loss",
        "seen",
        "unseen",
        "in",
        "margin",
        "dead",
        "units",
    ]
    assert [int(row.split()[0]) for row in rows[:6]] == [0, 5, 10, 20, 50, 100]
    printed = "\n".join(rows)
    assert "nodes, for" in printed
    model, states = run
    model.load_state_dict(states[100])
    assert f"{len(supports(model, SEEN))} of 100 points lie in the margin" in printed
    for step in (0, 10, 100):
        assert (tmp_path / f"moons_{step}.png").read_bytes()[:4] == b"\x89PNG"
    drawn = ElementTree.parse(tmp_path / "moons_network.svg").getroot()
    assert (
        "".join(drawn.itertext()).count("dead")
        == len(dead(model, measured(model, SEEN))) * 2
    )


def test_without_matplotlib_the_rest_is_there(run, tmp_path, capsys, monkeypatch):
    """And the demo says what to install."""
    monkeypatch.setattr("sys.argv", ["moons", "--out", str(tmp_path)])
    monkeypatch.setattr(demo, "train", lambda moons, steps: run)
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)

    demo.main()

    assert "plots need matplotlib" in capsys.readouterr().out
    assert [path.name for path in tmp_path.iterdir()] == ["moons_network.svg"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--steps", "0"], "--steps takes a count from 1 up, not 0"),
        (["--steps", "many"], "invalid int value: 'many'"),
        (["--out", "pyproject.toml/out"], "cannot write to pyproject.toml"),
    ],
)
def test_wrong_options_are_named_before_anything_is_trained(arguments, words):
    """The command ends at once, with the option and the reason."""
    assert_refused("moons", arguments, words)
