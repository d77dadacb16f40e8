"""A digit explained: the maps that the demo draws, and the trial they are put to."""

import pytest

from autograd_core import Value
from demos import explain_a_digit as demo
from demos.datasets import load_digits


@pytest.fixture(scope="module")
def trained():
    """Train once, as the command does."""
    return demo.train()


def test_the_network_knows_its_digits(trained):
    """Of the images that it has not seen, 93.6 % are named rightly with these seeds."""
    model, held_out = trained
    images, digits = load_digits()

    right = sum(demo.verdict(model, images[i]) == digits[i] for i in held_out)

    assert right / len(held_out) == pytest.approx(0.936, abs=0.005)


def test_what_is_blank_has_no_part_in_a_verdict(trained):
    """Black pixels add nothing; saliency alone looks at them too."""
    model, held_out = trained
    image = load_digits()[0][held_out[0]]
    blank = [i for i, pixel in enumerate(image) if pixel == 0.0]

    maps = {
        name: explain(model, image, 4) for name, explain in demo.explanations.items()
    }

    assert all(maps["relevance"][i] == 0.0 for i in blank)
    assert all(maps["integrated gradients"][i] == 0.0 for i in blank)
    assert any(maps["saliency"][i] > 0.0 for i in blank)


def test_explanations_find_what_a_verdict_rests_on(trained):
    """It falls by a quarter of the pixels that chance needs; saliency is in between."""
    model, held_out = trained

    pixels = demo.trial(model, held_out[:20])

    assert pixels["relevance"] < pixels["saliency"] < pixels["chance"]
    assert pixels["integrated gradients"] < pixels["saliency"]
    sums = max(pixels["relevance"], pixels["integrated gradients"])
    assert sums < 0.25 * pixels["chance"]


def test_blanking_stops_where_the_verdict_falls():
    """The count is of the pixels that were blanked, not looked at."""
    images, _ = load_digits()

    class First:
        """Says 1 as long as two pixels are lit."""

        def __call__(self, image):
            lit = sum(image[:3])
            return [Value(2.0), Value(lit)]

    assert demo.blanked(First(), [1.0, 1.0, 1.0, 0.0], [3, 0, 1, 2]) == 2
    assert demo.blanked(lambda image: [Value(1.0)], images[0], range(64)) == 64


def test_the_demo_prints_and_draws(trained, tmp_path, capsys, monkeypatch):
    """Its maps stand side by side, and their sums beside the logit."""
    monkeypatch.setattr("sys.argv", ["explain_a_digit", "--out", str(tmp_path)])
    monkeypatch.setattr(demo, "train", lambda: trained)

    demo.main()

    printed = capsys.readouterr().out
    assert "integrated gradients sum to" in printed
    assert "input · saliency · integrated gradients · relevance" in printed
    assert (tmp_path / "explain_a_digit.png").read_bytes()[:4] == b"\x89PNG"
