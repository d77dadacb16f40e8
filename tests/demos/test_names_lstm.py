"""Names read by an LSTM: what it learns, and how far back its gradient reaches."""

import math
import re

import pytest

import nn
from autograd_core import no_grad
from demos import names_lstm as demo
from demos.datasets import load_names
from demos.names_lstm import Reader, anagrams, by_counts, examples, reach


@pytest.fixture(scope="module")
def trained():
    """Train the LSTM and the counts once, as the command does."""
    lstm, counts = Reader(), by_counts()
    demo.train(lstm)
    demo.train(counts)
    return lstm, counts


def test_pairs_have_the_same_letters_and_stand_in_one_list_each():
    """89 of them, the woman's name first; no name of both lists is among them."""
    lists = dict(zip(*load_names(), strict=True))

    assert len(anagrams()) == 89
    for woman, man in anagrams():
        assert sorted(woman) == sorted(man)
        assert (lists[woman], lists[man]) == ("f", "m")
    assert ("norma", "roman") in anagrams()


def test_what_is_tried_is_not_learned():
    """Neither a name to try nor an anagram is among the names to learn from."""
    kept, tried = examples()
    asked = {name for pair in anagrams() for name in pair}

    assert (len(kept), len(tried)) == (1304, 326)
    assert kept.keys().isdisjoint(tried)
    assert asked.isdisjoint(kept.keys() | tried.keys())


def test_there_are_as_many_womens_names_as_mens():
    """So that half is what a coin gets right, and each answer is that of its list."""
    kept, tried = examples()
    both = kept | tried
    lists = dict(zip(*load_names(), strict=True))

    assert sum(both.values()) == len(both) / 2
    assert all(answer == (lists[name] == "f") for name, answer in both.items())
    assert not any(lists[name] == "fm" for name in both)


def test_counts_of_letters_cannot_order_a_pair(trained):
    """Equal counts give equal scores, whatever was learned: half of the pairs."""
    _, counts = trained

    with no_grad():
        assert all(counts(w).data == counts(m).data for w, m in anagrams())
    assert demo.in_order(counts) == 0.5


def test_the_order_of_letters_is_worth_more_than_their_counts(trained):
    """The LSTM gets 84 % of unseen names right and orders 87 % of the pairs."""
    lstm, counts = trained

    assert 0.6 < demo.right(counts) < 0.77
    assert demo.right(lstm) > 0.78
    assert demo.right(lstm) > demo.right(counts) + 0.03
    assert demo.in_order(lstm) > 0.78


def test_the_last_letter_tells_most_of_it():
    """Counted from the names to learn from, it gets 84 % right; that is no training."""
    score = demo.by_last_letter()

    assert demo.right(score) == pytest.approx(0.844, abs=0.001)
    assert demo.in_order(score) == pytest.approx(0.893, abs=0.001)
    assert score("xxa") > 0 > score("axo")


def test_a_score_is_judged_by_its_side_and_a_tie_is_half_right():
    """Everybody a woman is right for half; no opinion orders half of the pairs."""
    _, tried = examples()

    assert demo.right(lambda name: 1.0) == sum(tried.values()) / len(tried)
    assert demo.in_order(lambda name: 0.0) == 0.5
    women = {woman for woman, _ in anagrams()}
    assert demo.in_order(lambda name: name in women) == 1.0


def test_a_name_is_read_from_its_end():
    """The first vector is that of the last letter."""
    model = Reader()

    assert model.vectors("ab") == [model.letter(1), model.letter(0)]


def test_reach_is_the_derivative_by_each_letter():
    """A step of a letter's vector along one axis changes the log-odds as it says."""
    model, step = Reader(seed=3), 1e-5
    base = [[x.data for x in row] for row in model.vectors("anna")]

    def slope(letter: int, axis: int) -> float:
        ends = []
        for sign in (1, -1):
            moved = [list(row) for row in base]
            moved[letter][axis] += sign * step
            ends.append(model.judge(moved).data)
        return (ends[0] - ends[1]) / (2 * step)

    lengths = [math.hypot(*(slope(i, j) for j in range(demo.WIDTH))) for i in range(4)]
    assert reach(model, "anna") == pytest.approx(lengths[::-1], rel=1e-5)


def test_the_gradient_fades_on_its_way_back_through_a_simple_network():
    """Over seven steps, untrained, an RNN hands back 0.6 % of it, an LSTM 10 %."""
    simple, lstm = demo.mean_reach(Reader(nn.RNN)), demo.mean_reach(Reader())

    assert len(simple) == len(lstm) == 8
    assert simple == sorted(simple, reverse=True)
    assert simple[-1] / simple[0] == pytest.approx(0.0055, rel=0.1)
    assert lstm[-1] / lstm[0] == pytest.approx(0.103, rel=0.1)


def test_training_brings_the_gradient_to_the_letter_that_tells_most(trained):
    """The last letter, read first, gets more than ten times what it got."""
    lstm, _ = trained
    before, after = demo.mean_reach(Reader()), demo.mean_reach(lstm)

    assert after[-1] > 10 * before[-1]
    assert after[-1] / after[0] > 2 * before[-1] / before[0]


def test_letters_that_a_batch_has_not_take_part_with_gradient_zero():
    """Their rows, without a gradient, get one; the others keep theirs."""
    model = Reader()
    model("anna").backward()
    had = {p: p.grad for p in model.parameters() if p.has_grad}
    optimizer = nn.Adam(model.parameters())

    demo.zero_where_none(nn.Step(0, 0, model("anna"), model, optimizer))

    assert len(had) < len(model.parameters())
    for parameter in model.parameters():
        assert parameter.has_grad
        assert parameter.grad == had.get(parameter, 0.0)


def test_the_demo_prints_and_draws(trained, tmp_path, capsys, monkeypatch):
    """A table of three scores, the pairs, and the gradient at each letter."""
    lstm, _ = trained
    state = lstm.state_dict()

    def recall(model: nn.Module) -> None:
        if isinstance(model, Reader):
            model.load_state_dict(state)

    monkeypatch.setattr("sys.argv", ["names_lstm", "--out", str(tmp_path)])
    monkeypatch.setattr(demo, "train", recall)

    demo.main()

    printed = capsys.readouterr().out
    assert "1,304 names to learn from, 326 to try, and 89 pairs" in printed
    for name in ("counts of letters", "last letter", "LSTM"):
        assert re.search(rf"^{name} +\d+% +\d+%$", printed, re.M)
    for name in ("RNN, untrained", "LSTM, untrained", "LSTM, trained"):
        assert re.search(rf"^{name} +(\d\.\d{{4}} ?){{8}}$", printed, re.M)
    assert "best: " in printed
    assert "worst: " in printed
    assert (tmp_path / "names_lstm.png").read_bytes()[:4] == b"\x89PNG"


def test_the_command_names_a_folder_that_cannot_be(tmp_path, capsys, monkeypatch):
    """Before anything is trained."""
    (tmp_path / "file").touch()
    out = str(tmp_path / "file" / "out")
    monkeypatch.setattr("sys.argv", ["names_lstm", "--out", out])

    with pytest.raises(SystemExit, match="2"):
        demo.main()

    assert "--out: cannot write to" in capsys.readouterr().err
