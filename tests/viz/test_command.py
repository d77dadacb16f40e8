"""The command line, and how a value of a script is found."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from autograd_core import Value
from autograd_core.errors import GraphError, OperandError, UnknownNameError
from autograd_core.inspection import ends, find, only_end

ROOT = Path(__file__).parents[2]

SCRIPT = """\
import sys
from autograd_core import Value

x, w = Value(2.0), Value(-3.0)
unused = Value(1.0)
hidden = x * w
loss = hidden * hidden
history = [hidden, loss]
"""
BACKWARD = SCRIPT + "loss.backward()\n"


class Outcome:
    """What a run of the command left: exit code, output, errors."""

    def __init__(self, done: subprocess.CompletedProcess[bytes]) -> None:
        """Decode what was printed."""
        self.code = done.returncode
        self.out = done.stdout.decode().replace("\r\n", "\n")
        self.error = done.stderr.decode().replace("\r\n", "\n")


class Folder:
    """A folder with a script in it, where the command is run."""

    def __init__(self, path: Path) -> None:
        """Take an empty folder."""
        self.path = path

    def run(self, script: str, *arguments: str, encoding: str = "utf-8") -> Outcome:
        """Write `script.py` and run the command on it."""
        (self.path / "script.py").write_text(script, encoding="utf-8")
        return self.command("script.py", *arguments, encoding=encoding)

    def command(self, *arguments: str, encoding: str = "utf-8") -> Outcome:
        """Run the command as it is."""
        program = [sys.executable, "-m", "viz", *arguments]
        environment = {
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "PYTHONIOENCODING": encoding,
        }
        done = subprocess.run(
            program, cwd=self.path, env=environment, capture_output=True
        )
        return Outcome(done)


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    """Return an empty folder to run the command in."""
    return Folder(tmp_path)


# --- what is drawn ------------------------------------------------------------------
def test_without_a_file_the_tree_is_printed(folder: Folder) -> None:
    """The one root is found, and values are called what the script calls them."""
    done = folder.run(BACKWARD)

    assert (done.code, done.error) == (0, "")
    assert [line.split()[0] for line in done.out.splitlines()[1:4]] == [
        *("loss", "├─", "│")
    ]
    assert "├─ hidden" in done.out
    assert "↑ hidden above" in done.out
    assert "unused" not in done.out


@pytest.mark.parametrize("suffix", [".svg", ".dot", ".mmd", ".json", ".txt"])
def test_a_file_is_written_by_its_suffix(folder: Folder, suffix: str) -> None:
    """The picture stands in the file, and a line says who drew it."""
    done = folder.run(BACKWARD, "-o", f"graph{suffix}", "--theme", "dark")
    text = (folder.path / f"graph{suffix}").read_text(encoding="utf-8")

    assert (done.code, done.error) == (0, "")
    assert done.out.startswith(f"graph{suffix}: ")
    assert "hidden" in text


def test_a_page_is_written(folder: Folder) -> None:
    """With the suffix .html the file is a page."""
    done = folder.run(BACKWARD, "-o", "graph.html")

    assert (done.code, done.error) == (0, "")
    assert (folder.path / "graph.html").read_text("utf-8").startswith("<!doctype html>")


def test_the_renderer_is_chosen_and_said(folder: Folder) -> None:
    """`--renderer` is the one that draws."""
    done = folder.run(BACKWARD, "-o", "graph.svg", "--renderer", "built-in")

    assert done.out == "graph.svg: drawn by built-in\n"


def test_options_reach_the_picture(folder: Folder) -> None:
    """Focus, radius, limit, depth, paths and expansion are those of every picture."""
    options = ["--root", "history[-1]", "--focus", "hidden", "--radius", "1"]
    done = folder.run(BACKWARD, *options, "--limit", "50", "--depth", "2")
    paths = folder.run(BACKWARD, "--top-paths", "1", "--expand", "dot", "mean")

    assert "near the one in focus" in done.out
    assert "1 path, which carries" in paths.out


def test_a_missing_backward_pass_is_said_and_offered(folder: Folder) -> None:
    """Without gradients the picture has none and says so; `--backward` finds them."""
    without, found = folder.run(SCRIPT), folder.run(SCRIPT, "--backward")

    assert "--backward runs it" in without.error
    assert "backward not run" in without.out
    assert found.error == ""
    assert found.out == folder.run(BACKWARD).out
    assert found.out == folder.run(BACKWARD, "--backward").out


def test_names_are_listed(folder: Folder) -> None:
    """`--names` prints what there is to choose from, and draws nothing."""
    done = folder.run(SCRIPT, "--names")

    assert [line.split() for line in done.out.splitlines()] == [
        ["x", "leaf", "2"],
        ["w", "leaf", "-3"],
        ["unused", "leaf", "1"],
        ["hidden", "*", "-6"],
        ["loss", "*", "36"],
    ]


@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
def test_a_poor_terminal_gets_ascii(folder: Folder, encoding: str) -> None:
    """Where the output cannot hold the branches they are drawn in ASCII."""
    done = folder.run(BACKWARD, encoding=encoding)

    assert done.code == 0
    assert "|- hidden" in done.out
    assert "^ hidden above" in done.out


# --- how the script runs ------------------------------------------------------------
def test_the_script_runs_as_python_would_run_it(folder: Folder) -> None:
    """Name, arguments, file, folder for imports and `__main__` are python's."""
    (folder.path / "inner").mkdir()
    (folder.path / "inner" / "beside.py").write_text("number = 7.0\n")
    script = """\
import sys
import beside
import __main__
from autograd_core import Value
assert __main__.__dict__ is globals()
print([__name__, sys.argv, __file__, sys.path[0]])
loss = Value(beside.number)
"""
    place = Path("inner", "script.py")
    (folder.path / place).write_text(script)
    drawn = folder.command(str(place), "--", "--epochs", "3", "--", "-o")
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    plain = subprocess.run(
        [sys.executable, str(place), "--epochs", "3", "--", "-o"],
        cwd=folder.path,
        env=environment,
        capture_output=True,
        text=True,
    )

    assert drawn.code == 0
    assert drawn.out.splitlines()[0] == plain.stdout.strip()


@pytest.mark.parametrize("end", ["sys.exit()", "sys.exit(0)", "raise SystemExit"])
def test_a_script_may_end_by_exiting(folder: Folder, end: str) -> None:
    """What it made until then is drawn."""
    done = folder.run(f"{BACKWARD}def main():\n    {end}\nmain()\nloss = None\n")

    assert done.code == 0
    assert done.out.splitlines()[1].startswith("loss")


@pytest.mark.parametrize(("end", "code"), [("3", 3), ("'not today'", 1)])
def test_a_script_that_gives_up_is_not_drawn(
    folder: Folder, end: str, code: int
) -> None:
    """Its exit code and what it says are passed on."""
    done = folder.run(f"{BACKWARD}sys.exit({end})\n", "-o", "graph.svg")

    assert done.code == code
    assert f"ended with exit code {code}" in done.error
    assert ("not today" in done.error) == (code == 1)
    assert not (folder.path / "graph.svg").exists()


@pytest.mark.parametrize(
    "fault", ["def f():\n    return 1 / 0\nf()\n", "x = (\n", "import nowhere_at_all\n"]
)
def test_a_failing_script_shows_its_own_traceback(folder: Folder, fault: str) -> None:
    """What is printed is what python prints, and then that nothing is drawn."""
    done = folder.run(fault)
    plain = subprocess.run(
        [sys.executable, "script.py"], cwd=folder.path, capture_output=True
    )
    *shown, last = done.error.splitlines()

    assert done.code == plain.returncode == 1
    assert shown == plain.stderr.decode().splitlines()
    assert last == "python -m viz: script.py failed; nothing is drawn"


def test_a_script_may_change_the_folder(folder: Folder) -> None:
    """The file is written where the command was given."""
    (folder.path / "elsewhere").mkdir()
    script = f"import os\nos.chdir('elsewhere')\n{BACKWARD}"

    assert folder.run(script, "-o", "graph.json").code == 0
    assert json.loads((folder.path / "graph.json").read_text())["root"]


# --- what is refused ----------------------------------------------------------------
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--root", "lss"], "name of the script is called 'lss'; did you mean 'loss'?"),
        (["--root", "history[7]"], "history[7] leads nowhere: history is a list of 2"),
        (["--root", "history"], "history is no Value but a list of 2; say which Value"),
        (["--root", "print(1)"], "cannot read 'print(1)' as a path"),
        (["--focus", "unused"], "is not among the 4 values that are drawn"),
        (["--limit", "0"], "limit takes a number from 1 up, not 0"),
        (["--depth", "deep"], "invalid int value: 'deep'"),
        (["--expand", "dott"], "called 'dott'; did you mean 'dot'"),
        (["--theme", "pink"], "invalid choice: 'pink'"),
        (["-o", "graph.jpg"], "which has the suffix '.jpg'; end it with one of .svg"),
        (["-o", "graph"], "which has no suffix; end it with one of .svg"),
        (["-o", "no/graph.svg"], "there is no folder 'no'; make it first"),
        (["-o", "a.svg", "--renderer", "neato"], "no renderer 'neato' at hand"),
    ],
)  # fmt: skip
def test_what_cannot_be_done_is_an_error(
    folder: Folder, arguments: list[str], message: str
) -> None:
    """The message says what was asked, what was found and what to do instead."""
    done = folder.run(BACKWARD, *arguments)

    assert done.code == 2
    assert message.replace("no/", f"no{os.sep}") in done.error
    assert "Traceback" not in done.error


def test_a_bad_file_name_is_found_before_the_script_runs(folder: Folder) -> None:
    """A script may take long, so what is wrong is said first."""
    done = folder.run("print('running')", "-o", "graph.jpg")

    assert (done.code, done.out) == (2, "")


@pytest.mark.parametrize("arguments", [["nowhere.py"], [], ["--expand", "script.py"]])
def test_a_missing_script_is_an_error(folder: Folder, arguments: list[str]) -> None:
    """A script that is not there, or not given, is named."""
    done = folder.command(*arguments)

    assert done.code == 2
    assert ("no script 'nowhere.py'" if arguments[:1] == ["nowhere.py"] else
            "no SCRIPT.py to run; put it first") in done.error  # fmt: skip


def test_several_results_are_listed(folder: Folder) -> None:
    """Where there are several roots, the message names them."""
    done = folder.run(f"{SCRIPT}other = x * 7\n")

    assert done.code == 2
    assert "say which Value to show with --root: loss, other" in done.error


def test_a_script_without_values_is_an_error(folder: Folder) -> None:
    """Values inside of functions cannot be seen, and the message says where to put."""
    done = folder.run("def main():\n    pass\n")

    assert done.code == 2
    assert "no global name of the script holds a Value" in done.error


def test_help_has_examples(folder: Folder) -> None:
    """`--help` shows every option and how to use them, on lines of 80 columns."""
    done = folder.command("--help")

    assert done.code == 0
    for option in ("--root", "--top-paths", "--expand", "--names", "--backward"):
        assert option in done.out
    assert "examples:\n  python -m viz" in done.out
    assert max(map(len, done.out.splitlines())) <= 80


# --- paths to values ----------------------------------------------------------------
class Model:
    """Something with attributes."""

    def __init__(self) -> None:
        """Hold a value."""
        self.bias = Value(1.0)
        self.layers = [{"w": (Value(2.0), Value(3.0))}]


@pytest.mark.parametrize(
    ("path", "data"),
    [
        ("model.bias", 1.0),
        ("model.layers[0]['w'][1]", 3.0),
        ('model.layers[-1]["w"][-2]', 2.0),
        (" model . bias ", 1.0),
    ],
)
def test_a_path_leads_to_a_value(path: str, data: float) -> None:
    """Attributes and indices are followed, quoted and negative ones too."""
    assert find(path, {"model": Model()}).data == data


@pytest.mark.parametrize(
    ("path", "error"),
    [
        ("model.bais", GraphError),
        ("model.layers[3]", GraphError),
        ("model.layers['w']", GraphError),
        ("model[0]", GraphError),
        ("model.layers[0]['w'][exit()]", GraphError),
        ("model.layers[:1]", GraphError),
        ("exit()", GraphError),
        ("1", GraphError),
        ("", GraphError),
        ("a b", GraphError),
        ("\0", GraphError),
        ("modle", UnknownNameError),
        ("model", OperandError),
        ("model.layers", OperandError),
    ],
)
def test_a_path_is_read_and_never_evaluated(path: str, error: type[Exception]) -> None:
    """Calls and whatever is no path are refused, and nothing runs."""
    with pytest.raises(error):
        find(path, {"model": Model(), "exit": sys.exit})


def test_the_end_is_what_nothing_else_was_made_of() -> None:
    """An intermediate value is no end; a leaf is one only where it is all there is."""
    x = Value(3.0)
    y = x * x
    z = y + 1

    assert list(ends({"x": x, "y": y, "all": [x, z]}).values()) == ["all[1]"]
    assert only_end({"x": x, "again": x}) is x
    with pytest.raises(GraphError, match="--root: a, b"):
        only_end({"a": y * 2, "b": y * 3, "x": x})


def test_many_ends_are_cut() -> None:
    """A long list of candidates is not printed to its end."""
    many = {f"y{i}": Value(1.0) * 2 for i in range(1000)}

    with pytest.raises(GraphError, match=r"y11 and 988 more"):
        only_end(many)


def test_pages_name_the_lines_of_the_script(folder: Folder) -> None:
    """The script runs with its sources recorded."""
    folder.run(BACKWARD, "-o", "graph.html")
    page = (folder.path / "graph.html").read_text("utf-8")

    assert re.search(r"script\.py:[0-9]+", page)
