"""The main job: a network of scalar nodes learns real digits and is drawn."""

import subprocess
import sys
import xml.etree.ElementTree as ElementTree

import pytest
from demo_commands import assert_refused

import nn
from demos import datasets, digits, first_session


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """Train once for all tests below, as the command does."""
    model, held_out, right = digits.train()
    return model, held_out, right, tmp_path_factory.mktemp("pictures")


def test_the_data_are_the_published_ones():
    """1,797 images of 64 pixels, with the class counts that scikit-learn documents."""
    images, labels = datasets.load_digits()

    counts = [labels.count(digit) for digit in range(10)]
    assert counts == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
    assert {len(image) for image in images} == {64}
    assert (min(map(min, images)), max(map(max, images))) == (0.0, 1.0)


@pytest.mark.parametrize("seed", range(3))
def test_the_split_holds_out_a_fifth(seed):
    """Every example is on exactly one side, chosen by the seed."""
    kept, held_out = datasets.split(1797, share=0.2, seed=seed)

    assert (len(kept), len(held_out)) == (1438, 359)
    assert sorted(kept + held_out) == list(range(1797))
    assert datasets.split(1797, 0.2, seed) == (kept, held_out)
    assert datasets.split(1797, 0.2, seed + 1) != (kept, held_out)


def test_held_out_digits_are_recognised(run):
    """At least 93 % of the images that it has not seen are named rightly."""
    _, _, right, _ = run

    assert right >= 0.93


def test_the_report_describes_each_layer(run):
    """One row a layer: both are healthy, and only tanh can saturate."""
    model, held_out, _, _ = run

    hidden, output = digits.flow(model, held_out[:20]).layers

    assert (hidden.units, output.units) == (16, 10)
    assert (hidden.verdict, output.verdict) == ("healthy", "healthy")
    assert 0 < hidden.saturated_share < 0.5
    assert output.saturated_share is None
    assert abs(hidden.activations.mean) <= 1


def test_the_hardest_image_has_the_largest_loss(run):
    """No other held-out image costs the network more."""
    model, held_out, _, _ = run
    images, labels = datasets.load_digits()

    example, loss = digits.hardest(model, held_out)

    losses = [nn.cross_entropy(model(images[i]), labels[i]).data for i in held_out]
    assert loss == max(losses) == losses[held_out.index(example)]


def test_the_neuron_is_drawn_with_its_values_and_gradients(run):
    """The SVG holds the 16 hidden activations, the weights, and what backward gave."""
    model, held_out, _, folder = run

    path = digits.draw_neuron(model, held_out[0], folder / "neuron.svg")

    text = "".join(ElementTree.parse(path).getroot().itertext())
    assert all(f"hidden {i}" in text for i in range(16))
    assert "logit of" in text
    assert "not run" not in text


def test_the_first_session_is_drawn_with_the_published_numbers(tmp_path):
    """The README's neuron shows 0.7071 and -1.5, and its network every weight."""
    neuron, network = (
        "".join(ElementTree.parse(path).getroot().itertext())
        for path in first_session.draw(tmp_path)
    )

    assert "0.7071" in neuron
    assert "-1.5" in neuron
    assert "layers.0.neurons.2.weight[1]" in network
    assert "loss" in network


def test_the_list_of_demos_names_each_with_its_first_line():
    """`python -m demos` is the table of contents."""
    listing = subprocess.run(
        [sys.executable, "-m", "demos"], capture_output=True, text=True, check=True
    ).stdout

    assert "digits" in listing
    assert "real handwritten digits" in listing
    assert "datasets" not in listing


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--epochs", "0"], "--epochs takes a count from 1 up, not 0"),
        (["--epochs", "many"], "invalid int value: 'many'"),
        (["--out", "pyproject.toml/out"], "cannot write to pyproject.toml"),
    ],
)
def test_wrong_options_are_named_before_anything_is_trained(arguments, words):
    """The command ends at once, with the option and the reason on one line."""
    assert_refused("digits", arguments, words)


def test_the_first_session_names_a_folder_that_cannot_be(tmp_path):
    """Its command ends like that of the digits."""
    (tmp_path / "file").touch()
    command = [sys.executable, "-m", "demos.first_session", "--out"]

    done = subprocess.run(
        [*command, tmp_path / "file" / "out"],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 2
    assert "--out: cannot write to" in done.stderr
    assert "Traceback" not in done.stderr
