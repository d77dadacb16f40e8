"""The debugger at its prompt: whole sessions, whose transcripts are the specification.

Each file in `sessions/` is what a person sees: the command, then what was typed after
each prompt and what was answered.
"""

import io
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from project import ROOT

from autograd_core import Value, detect_anomaly, log, no_grad, tanh
from autograd_core.debug import Tape, debug
from autograd_core.debug.console import Console
from autograd_core.errors import AnomalyError, OperandError

SESSIONS = sorted(Path(__file__).parent.glob("sessions/*.txt"))
PROMPT = "(tape) "
COMMAND = "$ python -m autograd_core.debug"


def run(arguments: list[str], typed: str, folder: Path) -> str:
    """Return the transcript of a session whose input comes from a pipe."""
    done = subprocess.run(
        [sys.executable, "-m", "autograd_core.debug", *arguments],
        input=typed,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        cwd=folder,
        text=True,
        encoding="utf-8",
        timeout=120,
        env=os.environ | {"PYTHONIOENCODING": "utf-8", "PYTHONPATH": str(ROOT)},
        check=False,
    )
    return done.stdout.replace(f"{ROOT}/", "").replace(f"{folder}/", "")


@pytest.mark.parametrize("path", SESSIONS, ids=lambda path: path.stem)
def test_a_session_is_answered_as_its_transcript_says(
    path: Path, tmp_path: Path
) -> None:
    """What was typed in the transcript is answered by what stands in it."""
    expected = path.read_text(encoding="utf-8")
    first, _, answers = expected.partition("\n")
    typed = [line[len(PROMPT) :] for line in answers.splitlines() if PROMPT in line]
    arguments = shlex.split(first.removeprefix(COMMAND))
    shutil.copytree(path.parent, tmp_path, dirs_exist_ok=True)

    found = run(arguments, "".join(f"{line}\n" for line in typed), tmp_path)

    assert f"{first}\n{found}" == expected


def test_every_command_is_used_in_a_session() -> None:
    """No command is without a transcript that shows it."""
    names = {name[3:] for name in dir(Console) if name.startswith("do_")} - {"EOF"}
    text = "".join(path.read_text(encoding="utf-8") for path in SESSIONS)
    typed = {line.split()[0] for line in re.findall(r"^\(tape\) (.+)$", text, re.M)}

    assert names - typed == set()


# --- in a program of one's own ------------------------------------------------------
def session(root: Value, *commands: str, **named: object) -> list[str]:
    """Return the lines of a session on a graph."""
    typed, answers = io.StringIO("\n".join([*commands, ""])), io.StringIO()
    debug(root, stdin=typed, stdout=answers, **named)
    return answers.getvalue().splitlines()


def test_nodes_are_called_what_the_caller_calls_them() -> None:
    """A value without a label has the name of the caller's variable."""
    hidden = Value(2.0) * 3.0
    loss = hidden + 1.0
    answers = io.StringIO()

    debug(loss, stdin=io.StringIO("print hidden\n"), stdout=answers)

    assert answers.getvalue().startswith("loss = 7: ")
    assert "hidden = " in answers.getvalue()


def test_a_value_opens_the_debugger_on_itself(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """`loss.debug()` reads the terminal, and knows the caller's names."""
    hidden = Value(2.0) * 3.0
    loss = hidden + 1.0
    monkeypatch.setattr("sys.stdin", io.StringIO("until hidden\nquit\n"))

    loss.debug()

    assert "hidden = n0 * 3 = 6" in capsys.readouterr().out


def test_an_anomaly_opens_the_debugger_where_it_is(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """With `on_anomaly="debug"` the session comes first, then the error."""
    p = Value(0.0, label="p")
    monkeypatch.setattr("sys.stdin", io.StringIO("where\nquit\n"))

    with pytest.raises(AnomalyError), detect_anomaly(on_anomaly="debug"):
        log(p) * 2.0

    shown = capsys.readouterr().out
    assert "-inf is the value of log(p)" in shown
    assert "forward 1/1" in shown


def test_the_end_of_the_input_ends_the_session() -> None:
    """A pipe that ends without `quit` lets the program go on."""
    assert session(Value(2.0) * 3.0)[-1] == "(tape) "


def test_the_graph_is_left_as_it_was() -> None:
    """After a session that stepped, set and drew nothing, no number is different."""
    x = Value(0.5, label="x")
    y = tanh(x) * x
    y.backward()
    before = [(node.data, node.grad) for node in Tape(y).nodes]

    session(y, "step 3", "set x 9", "jump end", "quit")

    assert [(node.data, node.grad) for node in Tape(y).nodes] == before


def test_a_session_works_while_recording_is_paused() -> None:
    """Under `no_grad()` a graph that stands is debugged like any other."""
    y = Value(0.5, label="x") * 2.0
    with no_grad():
        lines = session(y, "jump end", "quit")

    assert "  x: gradient 2" in lines


def test_a_root_without_parents_has_nothing_to_step_through() -> None:
    """A leaf is debugged as what it is: its gradient by itself is 1."""
    lines = session(Value(3.0, label="x"), "step", "step", "print x", "up", "quit")

    assert lines[0] == "x = 3: 0 operations on 1 leaf"
    assert "  gradient  1.0, final" in lines
    assert "*** nothing uses x" in lines


def test_a_root_that_needs_no_gradient_has_no_backward_pass() -> None:
    """Of a graph of constants only the forward pass is stepped through."""
    two = Value(2.0, requires_grad=False)
    lines = session(two * 3.0, "jump end", "why", "jump backward", "quit")

    end = "at the end: the root needs no gradient, there is no backward pass"
    assert end in lines


def test_what_a_row_of_ones_own_raises_ends_no_session() -> None:
    """An error of somebody's own code is told, and the tape stays where it was."""
    from autograd_core import Op

    def forward(x: float) -> float:
        if x > 5:
            raise RuntimeError("too much for me")
        return x

    y = Op("fragile", forward, (lambda y, x: 1.0,))(Value(1.0, label="x"))
    lines = session(y, "set x 9", "print x", "quit")

    assert "*** RuntimeError: too much for me" in lines
    assert "  value     1.0" in lines


@pytest.mark.parametrize("root", [3.0, None, [Value(1.0)], "loss"])
def test_only_a_value_can_be_debugged(root: object) -> None:
    """Anything else is refused before a prompt is shown."""
    with pytest.raises(OperandError, match="Value"):
        debug(root, stdin=io.StringIO(), stdout=io.StringIO())  # type: ignore[arg-type]


def test_hostile_labels_are_shown_on_one_line_and_never_obeyed() -> None:
    """A label with line breaks or colour codes cannot forge an answer."""
    x = Value(1.0, label="x\n(tape) quit\x1b[2J")
    lines = session(x * 2.0, "jump end", "tree", "print n0", "quit")

    assert not any("\x1b" in line for line in lines)
    assert lines.count("(tape) quit") == 1


def test_a_terminal_that_cannot_show_a_sign_is_given_an_escape() -> None:
    """Names in any script reach a stream that takes ASCII only."""
    raw = io.BytesIO()
    out = io.TextIOWrapper(raw, encoding="ascii", write_through=True)
    y = Value(1.0, label="größe") * 2.0

    debug(y, stdin=io.StringIO("jump end\nwhy größe\nquit\n"), stdout=out)

    assert rb"gr\xf6\xdfe: gradient 2" in raw.getvalue()


def test_completion_offers_commands_and_nodes() -> None:
    """What is typed before the tabulator is completed by what there is."""
    x, y = Value(1.0, label="layers.0.weight[0]"), Value(2.0, label="layers.0.bias")
    console = Console(Tape(x * y))

    assert console.completedefault("layers.0.w") == ["layers.0.weight[0]"]
    assert console.complete_break("mu") == ["mul"]
    assert "step" in console.completenames("st")


def test_an_interrupt_ends_the_command_and_not_the_session(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Ctrl-C stops a long run where it is."""
    console = Console(Tape(Value(1.0) * 2.0), stdout=io.StringIO())
    monkeypatch.setattr(
        console, "do_continue", lambda _: (_ for _ in ()).throw(KeyboardInterrupt)
    )

    assert console.onecmd("continue") is False
    assert "interrupted" in console.stdout.getvalue()
