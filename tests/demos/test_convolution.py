"""Convolution: what a step of one pixel does to three networks."""

import contextlib
import io
import math
import sys

import pytest
from demo_commands import assert_refused

from demos import convolution as demo
from demos.datasets import load_digits


@pytest.fixture(scope="module")
def trained():
    """Train and try the networks once, as the command does."""
    return demo.trained()


@pytest.fixture(scope="module")
def session(trained, tmp_path_factory):
    """Return what the command prints, and the folder that it draws into."""
    folder, printed = tmp_path_factory.mktemp("out"), io.StringIO()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.argv", ["convolution", "--out", str(folder)])
        patch.setattr(demo, "trained", lambda: trained)
        with contextlib.redirect_stdout(printed):
            demo.main()
    return printed.getvalue(), folder


def moved_mean(trial):
    """Return the share that is right of the moved digits, over the four steps."""
    return sum(trial.right[step] for step in demo.STEPS) / len(demo.STEPS)


@pytest.mark.parametrize("step", [(0, 0), *demo.STEPS.values()])
def test_a_step_loses_no_ink(step):
    """The frame is wide enough for every digit and every step."""
    for pixels in load_digits()[0]:
        (rows,) = demo.framed(pixels, step)
        assert {len(rows), *map(len, rows)} == {10}
        assert math.fsum(map(math.fsum, rows)) == math.fsum(pixels)


def test_a_step_moves_every_pixel_alike():
    """Down and right are where rows and columns grow."""
    (still,) = demo.framed(load_digits()[0][3])
    (down,) = demo.framed(load_digits()[0][3], (1, 0))
    (right,) = demo.framed(load_digits()[0][3], (0, 1))

    assert down[1:] == still[:-1]
    assert [row[1:] for row in right] == [row[:-1] for row in still]


def test_the_networks_are_as_large_as_they_are_called():
    """The convolution has the fewest parameters, the large MLP over three times."""
    sizes = [len(model.parameters()) for model in demo.networks().values()]

    assert sizes == [6 * 26 + 250, 404 + 50, 1212 + 130]
    assert sizes[0] < sizes[1]
    assert sizes[2] > 3 * sizes[0]


def test_a_place_of_a_kernel_is_one_dot():
    """6 × 8 × 8 places and 10 digits; a maximum of 16 takes 15 nodes."""
    found = demo.nodes(demo.networks()["convolution"], demo.framed(load_digits()[0][0]))

    assert found == {"dot": 6 * 64 + 10, "maximum": 6 * 4 * 15, "tanh": 24}


def test_in_their_place_digits_are_known_to_the_convolution(trained):
    """It gets 92 % right, as many as an MLP of three times its parameters does."""
    trials, _ = trained
    in_place = {name: trial.right["in place"] for name, trial in trials.items()}

    assert in_place["convolution"] >= 0.88
    assert in_place["large MLP"] >= 0.86
    assert abs(in_place["convolution"] - in_place["large MLP"]) <= 0.05
    assert in_place["small MLP"] <= in_place["convolution"] - 0.1


def test_moved_digits_are_known_to_the_convolution_alone(trained):
    """It gets 67 % right and the others at most 40 %; so it is for every step."""
    trials, _ = trained
    convolution, *others = trials.values()

    assert moved_mean(convolution) >= 0.6
    for other in others:
        assert moved_mean(other) <= 0.46
        for step in demo.STEPS:
            assert convolution.right[step] > other.right[step] + 0.08


def test_the_maps_of_a_moved_digit_are_the_moved_maps(trained):
    """Bit for bit: the weights that every place shares see the same numbers."""
    trials, held_out = trained
    model = trials["convolution"].model

    for i in held_out[:10]:
        assert demo.along(model, load_digits()[0][i]) == (6 * 8 * 7, 6 * 8 * 7)


def test_pooling_holds_the_features_twice_as_still(trained):
    """A step moves a pooled feature half as far as a hidden unit of an MLP."""
    trials, held_out = trained
    moves = {
        name: demo.unrest(trial.model, held_out[:20]) for name, trial in trials.items()
    }

    assert moves["convolution"] < 0.7 * min(moves["small MLP"], moves["large MLP"])


def test_the_demo_prints_a_row_for_each_network(trained, session):
    """Parameters and percents stand in a table, and the counts below it."""
    trials, _ = trained
    printed, _ = session

    for name, trial in trials.items():
        row = next(line for line in printed.splitlines() if line.startswith(name))
        count, *percents = row.removeprefix(name).split()
        assert int(count.replace(",", "")) == len(trial.model.parameters())
        assert percents == [f"{100 * share:.1f}" for share in trial.right.values()]
    assert "336 of 336 numbers" in printed
    assert "A digit is 778 nodes to the convolution, 34 to the large MLP;" in printed


def test_the_demo_draws_kernels_and_maps(session):
    """The picture is where the command says that it is."""
    printed, folder = session

    assert f"picture: {folder / 'convolution.png'}" in printed
    assert (folder / "convolution.png").read_bytes()[:4] == b"\x89PNG"


def test_without_matplotlib_the_rest_is_printed(trained, tmp_path, capsys, monkeypatch):
    """The demo says which extra draws the picture, and ends well."""
    monkeypatch.setattr("sys.argv", ["convolution", "--out", str(tmp_path)])
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    monkeypatch.setattr(demo, "trained", lambda: trained)

    demo.main()

    printed = capsys.readouterr().out
    assert "no picture: plots need matplotlib" in printed
    assert "pip install 'autograd-core[plots]'" in printed
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--epochs", "3"], "unrecognized arguments: --epochs 3"),
        (["--out", "pyproject.toml/out"], "cannot write to pyproject.toml"),
    ],
)
def test_wrong_options_are_named_before_anything_is_trained(arguments, words):
    """The command ends at once, with the option and the reason on one line."""
    assert_refused("convolution", arguments, words)
