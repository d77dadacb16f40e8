"""The hunt of a nan: what the demo trains, finds and cures."""

import math

import pytest
from project import ROOT

from autograd_core import Value, log_sigmoid
from demos import hunt_a_nan
from demos.hunt_a_nan import COMMANDS, cured_loss, session, textbook_loss, train


def test_the_textbook_loss_turns_nan_and_the_cured_one_learns() -> None:
    """From the same start, on the same images, only the cured loss gets to the end."""
    ill, _ = train(textbook_loss)
    well, _ = train(cured_loss)

    assert math.isnan(ill[-1])
    assert 20 < len(ill) < len(well)
    assert all(map(math.isfinite, [*ill[:-1], *well]))
    assert sum(well[-10:]) < sum(well[:10]) / 10


@pytest.mark.parametrize("logit", [-3.0, 0.0, 0.5, 7.0])
@pytest.mark.parametrize("is_eight", [0.0, 1.0])
def test_both_losses_are_the_same_function(logit: float, is_eight: float) -> None:
    """Where nothing is lost they agree with -log p and -log(1 - p)."""
    wanted = -log_sigmoid(logit if is_eight else -logit)

    for loss in (textbook_loss, cured_loss):
        assert loss(Value(logit), is_eight).data == pytest.approx(wanted, rel=1e-9)


def test_the_bug_is_found_in_five_commands() -> None:
    """The first stops at log(0), the next go down to the logit, the last cures it."""
    _, loss = train(textbook_loss)
    _, *answers = session(loss).split("(tape) ")

    assert len(COMMANDS) == 5
    assert "= -inf" in answers[0]
    assert "log(1 - p)" in answers[0]
    assert "sigmoid(" in answers[2]
    assert "nan → 0.002" in answers[4]
    assert math.isnan(loss.data)


def test_the_demo_prints_the_session(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is printed begins with the failure and ends with the cure."""
    monkeypatch.setattr("sys.argv", ["hunt_a_nan"])

    hunt_a_nan.main()

    first, *_, last = capsys.readouterr().out.splitlines()
    assert first.startswith("textbook loss: ")
    assert first.endswith(", then nan")
    assert last.startswith("cured loss: ")


def test_the_readme_shows_the_session() -> None:
    """The transcript in the README is what the debugger answers now."""
    _, loss = train(textbook_loss)

    assert session(loss) in (ROOT / "README.md").read_text(encoding="utf-8")
