"""The character transformer: what was published of it, and what the demo adds.

The published figures are of the 32,033 names that come with makemore. They are not
shipped here: MAKEMORE_NAMES says where they are, or they lie in `shared/data/names.txt`
beside the checkout.
"""

import math
import os
import re
import subprocess
import sys
from pathlib import Path
from random import Random
from statistics import fmean

import pytest
from project import ROOT

from autograd_core import topological_order
from demos import character_transformer as demo
from demos.character_transformer import Transformer, loss_of, sample, tokens_of, train
from demos.datasets import load_names, read_names

LETTERS = "abcdefghijklmnopqrstuvwxyz"
BESIDE = ROOT.parent / "shared" / "data" / "names.txt"


@pytest.fixture(scope="module")
def published():
    """Run all 1,000 steps on makemore's names, or say how to get them."""
    path = Path(os.environ.get("MAKEMORE_NAMES", BESIDE))
    if not path.is_file():
        pytest.skip(
            f"makemore's names are not at {path}; get names.txt from "
            "https://github.com/karpathy/makemore and set MAKEMORE_NAMES to its path"
        )
    random, names = Random(42), read_names(path)
    random.shuffle(names)
    model = Transformer(27, random)
    losses = list(train(model, names, LETTERS))
    return losses, [sample(model, LETTERS, random) for _ in range(3)]


@pytest.fixture(scope="module")
def trained():
    """Take 120 steps on the names that are shipped."""
    random, names = Random(42), list(load_names()[0])
    random.shuffle(names)
    model = Transformer(27, random)
    return model, names, list(train(model, names, LETTERS, steps=120))


def test_the_losses_are_the_published_ones(published):
    """Steps 1 to 5, 500 and 1,000, to the four digits that microgpt prints."""
    losses, _ = published

    found = [round(losses[step - 1], 4) for step in (1, 2, 3, 4, 5, 500, 1000)]

    assert found == [3.3660, 3.4243, 3.1778, 3.0664, 3.2209, 2.0645, 2.6497]


def test_the_first_new_names_are_the_published_ones(published):
    """The same generator goes on from the weights to the samples."""
    _, names = published

    assert names == ["kamon", "ann", "karai"]


def test_the_model_has_the_published_size():
    """4,192 numbers, drawn around 0 with a standard deviation of 0.08."""
    weights = [p.data for p in Transformer(27, Random(42)).parameters()]

    assert len(weights) == 4192
    assert abs(fmean(weights)) < 0.01
    assert math.sqrt(fmean(w * w for w in weights)) == pytest.approx(0.08, rel=0.05)


def test_the_weights_are_drawn_in_the_published_order():
    """Tokens, positions and the head come before the attention and the neurons."""
    random = Random(7)
    state = Transformer(27, random).state_dict()
    again = Random(7)

    firsts = []
    for rows, columns in [(27, 16), (16, 16), (27, 16), *[(16, 16)] * 4, (64, 16)]:
        firsts.append(again.gauss(0, 0.08))
        for _ in range(rows * columns - 1):
            again.gauss(0, 0.08)

    attention = [f"attention.module.1.{w}.weight" for w in ("wq", "wk", "wv", "wo")]
    names = ["token.weight", "position.weight", "head.weight", *attention]
    assert [state[name][0][0] for name in [*names, "neurons.module.1.weight"]] == firsts


def test_no_position_sees_what_comes_after_it():
    """Another last letter changes the last logits and no others."""
    model = Transformer(27, Random(0))

    one, other = ([[z.data for z in row] for row in model([26, 3, 4, last])]
                  for last in (5, 6))  # fmt: skip

    assert one[:-1] == other[:-1]
    assert one[-1] != other[-1]


def test_a_name_stands_between_two_edges():
    """So that the model learns how names begin and when they end."""
    assert tokens_of("abe", LETTERS) == [26, 0, 1, 4, 26]


def test_a_name_that_is_too_long_is_learned_as_far_as_it_goes():
    """The loss of twenty letters is that of the first sixteen positions."""
    model = Transformer(27, Random(0))
    long, cut = tokens_of("abcdefghijklmnopqrst", LETTERS), [26, *range(16)]

    assert loss_of(model, long).data == loss_of(model, cut).data


def test_it_learns_the_names_that_are_shipped(trained):
    """From a guess, log 27 = 3.30, to less than 2.8 at the end of 120 steps."""
    _, _, losses = trained

    assert losses[0] == pytest.approx(math.log(27), abs=0.2)
    assert fmean(losses[-40:]) < 2.8
    assert fmean(losses[-40:]) < fmean(losses[:10]) - 0.4


def test_the_first_steps_on_the_shipped_names_are_these(trained):
    """Before training has had time to magnify the last digits."""
    _, _, losses = trained

    assert losses[:5] == pytest.approx(
        [3.3962, 3.2794, 3.1765, 3.3072, 3.5040], abs=2e-4
    )


def test_samples_are_drawn_by_their_seed(trained):
    """The same generator writes the same names, of at most sixteen letters."""
    model, _, _ = trained

    first, again = ([sample(model, LETTERS, random) for _ in range(5)]
                    for random in (Random(1), Random(1)))  # fmt: skip

    assert first == again
    assert len(set(first)) > 1
    assert all(len(name) <= 16 and set(name) <= set(LETTERS) for name in first)


def test_a_cold_sample_is_the_likeliest_name(trained):
    """As the temperature goes to 0, each letter is the one with the largest logit."""
    model, _, _ = trained
    name = sample(model, LETTERS, Random(0), temperature=1e-3)

    tokens = [26, *map(LETTERS.index, name), 26][:17]
    rows = [[z.data for z in row] for row in model(tokens[:-1])]

    assert tokens[1:] == [row.index(max(row)) for row in rows]


def test_a_letter_that_is_not_read_goes_on_moving():
    """Its gradient is 0 and not none, so that Adam's moments go on moving it."""
    model = Transformer(3, Random(3))
    steps = train(model, ["ab", "bb"], "ab", steps=4)
    row = model.token.weight[0]
    next(steps)
    before = [x.data for x in row]
    next(steps)  # learned from the second name, which has no a

    assert all(x.data != was for x, was in zip(row, before, strict=True))


def test_the_graph_is_an_eighth_of_the_elementary_one(trained):
    """A name of six letters makes under 7,500 nodes, of which 2,990 are operations."""
    model, names, _ = trained
    tokens = tokens_of(next(name for name in names if len(name) == 6), LETTERS)

    nodes, leaves = demo.nodes_of(model, tokens)

    assert nodes == len(topological_order(loss_of(model, tokens)))
    assert nodes - leaves == 2990
    assert nodes < demo.ELEMENTARY / 7.9


def test_the_demo_prints_what_it_learns_and_draws(tmp_path, capsys, monkeypatch):
    """A table of losses, twenty names, the graph's size and the attention."""
    monkeypatch.setattr(
        "sys.argv", ["character_transformer", "--steps", "6", "--out", str(tmp_path)]
    )

    demo.main()

    printed = capsys.readouterr().out
    assert printed.startswith("5,163 names, 4,192 numbers to learn")
    assert re.findall(r"^ +(\d) +\d\.\d{4} ", printed, re.M) == list("12345")
    (written,) = re.findall(r"It writes (.*): \d+ that it never", printed, re.S)
    assert written.count(",") == 19
    assert "59,647" in printed
    assert (tmp_path / "attention.png").read_bytes()[:4] == b"\x89PNG"
    assert load_names()[0] == sorted(load_names()[0])


def test_names_of_ones_own_are_learned(tmp_path, capsys, monkeypatch):
    """The alphabet is that of the file."""
    path = tmp_path / "names.txt"
    path.write_text("Åsa\nÖrjan\n", encoding="utf-8")
    arguments = ["--data", str(path), "--steps", "5", "--out", str(tmp_path)]
    monkeypatch.setattr("sys.argv", ["character_transformer", *arguments])

    demo.main()

    printed = capsys.readouterr().out
    assert "2 names" in printed
    assert "guessing among 8 tokens" in printed


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--steps", "0"], "--steps takes a count from 1 up, not 0"),
        (["--data", "no/such/file"], "--data: cannot read no/such/file: No such file"),
        (
            ["--data", os.devnull],
            f"--data: {os.devnull} is empty; take one name a line",
        ),
        (["--data", "demos/data/names.csv.gz"], "names.csv.gz is no UTF-8 text"),
        (["--out", "pyproject.toml/out"], "cannot write to pyproject.toml"),
    ],
)
def test_wrong_options_are_named_before_anything_is_trained(arguments, words):
    """The command ends at once, with the option and the reason on one line."""
    command = [sys.executable, "-m", "demos.character_transformer", *arguments]

    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert done.returncode == 2
    assert words in " ".join(done.stderr.split())
    assert not done.stdout
