"""Transfer: what features of the digits 0 to 4 are worth to those from 5 to 9."""

import contextlib
import io
import math
import sys
from statistics import fmean

import pytest
from demo_commands import assert_refused

import nn
from demos import transfer as demo
from demos.datasets import load_digits, split

FEW, MANY = 2, 40


@pytest.fixture(scope="module")
def source():
    """Learn 0 to 4 once, as the command does."""
    return demo.pretrained()


@pytest.fixture(scope="module")
def curves(source):
    """Learn 5 to 9 in the three ways: both ends of the curves, half of the seeds."""
    return demo.trial(source, (FEW, MANY), seeds=demo.SEEDS // 2)


@pytest.fixture(scope="module")
def session(source, curves, tmp_path_factory):
    """Return what the command prints, and the folder that it draws into."""
    folder, printed = tmp_path_factory.mktemp("out"), io.StringIO()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.argv", ["transfer", "--out", str(folder)])
        patch.setattr(demo, "pretrained", lambda: source)
        patch.setattr(demo, "trial", lambda model: curves)
        with contextlib.redirect_stdout(printed):
            demo.main()
    return printed.getvalue(), folder


def means(curves, count):
    """Return the mean accuracy of each way: from scratch, frozen, fine-tuned."""
    return [fmean(found[count]) for found in curves.values()]


def test_a_moving_digit_is_elsewhere_and_whole():
    """All nine places come up, in an order that the seed makes; no ink is lost."""
    images, digits = load_digits()

    seen, again = ([demo.Moving([7], (7,), seed=3)[0] for _ in "ab"] for _ in "ab")
    moving = demo.Moving([7], (5, digits[7]), seed=3)
    looks = [moving[0] for _ in range(100)]

    assert seen == again
    assert len({str(image) for image, _ in looks}) == 9
    assert {target for _, target in looks} == {1}
    assert {math.fsum(nn.flatten(image)) for image, _ in looks} == {
        math.fsum(images[7])
    }


def test_the_tasks_share_no_digit_and_no_example():
    """723 examples of 0 to 4 to learn from, none of which is held out."""
    kept, held_out = split(1797, share=0.2, seed=0)
    source, unseen = demo.of(demo.SOURCE, 0), demo.of(demo.SOURCE, 1)

    assert (len(source), len(unseen), len(demo.of(demo.TARGET, 1))) == (723, 178, 181)
    assert sorted(source + demo.of(demo.TARGET, 0)) == sorted(kept)
    assert set(unseen) <= set(held_out)


def test_a_handful_has_as_many_of_each_digit():
    """The seed draws which, and where each of them stands."""
    data = demo.handful(3, seed=0)

    assert sorted(target for _, target in data) == sorted([*range(5)] * 3)
    assert data == demo.handful(3, seed=0)
    assert data != demo.handful(3, seed=1)


def test_the_first_task_is_learnt(source):
    """96 % of the unseen digits from 0 to 4 are named rightly, wherever they are."""
    assert demo.accuracy(source, demo.SOURCE) >= 0.93


def test_the_body_fits_any_network_but_for_its_head(source):
    """The head is missing, nothing is left over, and only the features are taken."""
    model = demo.Network(seed=5)
    before = model.state_dict()

    keys = model.load_state_dict(demo.body(source), strict=False)

    assert keys == nn.LoadedKeys(
        missing_keys=["head.weight", "head.bias"],
        unexpected_keys=[],
        loaded_keys=["features.1.weight", "features.1.bias"],
    )
    after = model.state_dict()
    assert after["head.weight"] == before["head.weight"]
    assert after["features.1.weight"] == source.state_dict()["features.1.weight"]


@pytest.mark.parametrize(
    ("way", "kept"), [("from scratch", False), ("frozen", True), ("fine-tuned", False)]
)
def test_only_frozen_features_stay_to_the_bit(source, way, kept):
    """The head moves in every way, and the network that was loaded from in none."""
    before = source.state_dict()

    after = demo.learned(way, source, count=1, seed=0).state_dict()

    same = [after[name] == before[name] for name in before]
    assert same == [kept, kept, False, False]
    assert source.state_dict() == before


def test_fine_tuning_moves_the_features_less_than_the_head(source):
    """The parameter groups have two rates, the features' the smaller one."""
    seen = []

    class Watched(nn.Adam):
        """Adam that keeps the rates it was made with."""

        def __init__(self, params):
            super().__init__(params)
            seen.append([(len(g.params), g.lr) for g in self.param_groups])

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(nn, "Adam", Watched)
        demo.learned("fine-tuned", source, count=1, seed=0)

    assert seen == [[(125, 0.05), (2424, 0.02)]]


def test_with_few_examples_features_help(curves):
    """With 2 of each digit 34 % are right from scratch, 41 % with features."""
    scratch, frozen, tuned = means(curves, FEW)

    assert 0.2 < scratch < 0.4
    assert frozen > scratch + 0.03
    assert tuned > scratch + 0.02


def test_with_many_examples_frozen_features_hold_back(curves):
    """With 40 of each 70 % are right from scratch, 62 % frozen, 76 % fine-tuned."""
    scratch, frozen, tuned = means(curves, MANY)

    assert frozen < scratch - 0.04
    assert tuned > scratch + 0.02
    assert frozen > max(means(curves, FEW)) + 0.1


def test_the_demo_prints_what_was_loaded_and_the_means(curves, session):
    """The table has a row for each way; what the features are worth is below it."""
    printed, _ = session
    lines = printed.splitlines()

    for way, found in curves.items():
        (row,) = [line for line in lines if line.lstrip().startswith(way)]
        percents = row.strip().removeprefix(way).split()
        assert percents == [f"{100 * fmean(shares):.1f}" for shares in found.values()]
    assert "LoadedKeys(missing_keys=['head.weight', 'head.bias']," in printed
    assert printed.count("the same to the bit after") == 2
    assert printed.count("other numbers after") == 2
    assert "better than none with 2 of them" in printed


def test_the_demo_draws_the_learning_curves(session):
    """The picture is where the command says that it is."""
    printed, folder = session

    assert f"picture: {folder / 'transfer.png'}" in printed
    assert (folder / "transfer.png").read_bytes()[:4] == b"\x89PNG"


def test_without_matplotlib_the_rest_is_printed(
    source, curves, tmp_path, capsys, monkeypatch
):
    """The demo says which extra draws the picture, and ends well."""
    monkeypatch.setattr("sys.argv", ["transfer", "--out", str(tmp_path)])
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    monkeypatch.setattr(demo, "pretrained", lambda: source)
    monkeypatch.setattr(demo, "trial", lambda model: curves)

    demo.main()

    printed = capsys.readouterr().out
    assert "no picture: plots need matplotlib" in printed
    assert "pip install 'autograd-core[plots]'" in printed
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--out", "pyproject.toml/out"], "cannot write to pyproject.toml"),
        (["--seed", "3"], "unrecognized arguments: --seed 3"),
    ],
)
def test_wrong_options_are_named_before_anything_is_trained(arguments, words):
    """The command ends at once, with the option and the reason on one line."""
    assert_refused("transfer", arguments, words)
