"""The debugger at a real terminal: completion, history, the end of the input."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

pexpect = pytest.importorskip("pexpect", reason="pip install 'autograd-core[test]'")

FOLDER = Path(__file__).parent / "sessions"
PROMPT = r"\(tape\) "

pytestmark = pytest.mark.skipif(
    not hasattr(pexpect, "spawn"), reason="Windows has no pseudo-terminals"
)


@pytest.fixture
def terminal() -> Iterator["pexpect.spawn[str]"]:
    """Return a terminal in which the debugger waits for the first command."""
    command = ["-m", "autograd_core.debug", "neuron.py"]
    child = pexpect.spawn(
        sys.executable, command, cwd=str(FOLDER), encoding="utf-8", timeout=60
    )
    child.expect(PROMPT)
    yield child
    child.close(force=True)


def typed(terminal: "pexpect.spawn[str]", keys: str) -> str:
    """Press keys and return what is shown up to the next prompt."""
    terminal.send(keys)
    terminal.expect(PROMPT)
    return str(terminal.before)


def test_the_tabulator_completes_commands_and_nodes(
    terminal: "pexpect.spawn[str]",
) -> None:
    """The beginning of a command, then of a node, is enough."""
    terminal.send("unt\t")
    terminal.expect("until")

    assert "output = tanh(n8) = 0.7071" in typed(terminal, " outp\t\r")


def test_the_arrow_key_brings_back_what_was_typed(
    terminal: "pexpect.spawn[str]",
) -> None:
    """A command from the history is done again, here one step further."""
    assert "forward 1/5" in typed(terminal, "step\r")
    assert "forward 2/5" in typed(terminal, "\x1b[A\r")


def test_an_empty_line_repeats_the_last_command(
    terminal: "pexpect.spawn[str]",
) -> None:
    """As in pdb, Enter goes on stepping."""
    assert "forward 1/5" in typed(terminal, "s\r")
    assert "forward 2/5" in typed(terminal, "\r")


def test_ctrl_d_ends_the_session(terminal: "pexpect.spawn[str]") -> None:
    """The end of the input is the end of the program, with exit code 0."""
    terminal.sendeof()
    terminal.expect(pexpect.EOF)
    terminal.close()

    assert terminal.exitstatus == 0
