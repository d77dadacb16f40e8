"""The standard debugger, driven through generated code by keys on a terminal."""

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from autograd_core import Value, sech_squared, tanh

pexpect = pytest.importorskip("pexpect")
if sys.platform == "win32":
    pytest.skip("there is no terminal to drive", allow_module_level=True)

Ask = Callable[[str], str]

SCRIPT = """
import pdb
from autograd_core import Value, tanh
from autograd_core.debug.straight_line import to_python

x, w = Value(0.5, label="x"), Value(-3.0, label="w[0]")
code = to_python(tanh(x * w){path})
print(pdb.runcall(code.run))
"""


def start(folder: Path, path: str = "") -> tuple[str, Ask]:
    """Run the script; return what is shown first, and what asks pdb for more."""
    script = folder / "script.py"
    script.write_text(SCRIPT.format(path=path))
    terminal = pexpect.spawn(
        sys.executable,
        [str(script)],
        cwd=str(folder),
        dimensions=(60, 160),
        echo=False,
        encoding="utf-8",
        # no settings of the person who runs the test, no escapes, no colours
        env=os.environ | {"HOME": str(folder), "TERM": "dumb", "NO_COLOR": "1"},
        timeout=60,
    )

    def answer() -> str:
        terminal.expect([r"\(Pdb\) ", pexpect.EOF])
        return str(terminal.before).replace("\r\n", "\n").strip("\n")

    def ask(command: str) -> str:
        terminal.sendline(command)
        return answer()

    return answer(), ask


def by_backward() -> str:
    """Return what the script should print."""
    x, w = Value(0.5), Value(-3.0)
    y = tanh(x * w)
    y.backward()
    return repr((y.data, {"x": x.grad, "w_0": w.grad}))


def test_stepping_from_line_to_line(tmp_path: Path) -> None:
    """Each node is a line to stop at, and each name can be printed."""
    shown, ask = start(tmp_path)

    assert shown == "> <graph 0>(12)run()\n-> v1 = x * w_0"
    assert ask("n") == "> <graph 0>(13)run()\n-> v2 = tanh(v1)"
    assert ask("p x, v1") == "(0.5, -1.5)"
    assert ask("n") == "> <graph 0>(16)run()\n-> d_x = d_w_0 = 0.0"
    assert ask("n") == "> <graph 0>(17)run()\n-> d_v1 = 0.0"
    assert ask("n") == "> <graph 0>(18)run()\n-> d_v2 = 1.0"
    assert ask("n").endswith("\n-> d_v1 += d_v2 * sech_squared(v1)  # v2 = tanh(v1)")
    assert ask("n").endswith("\n-> d_x += d_v1 * w_0                # v1 = x * w_0")
    assert ask("p d_x, d_v1") == f"(0.0, {sech_squared(-1.5)})"
    assert ask("n").endswith("(21)run()\n-> d_w_0 += d_v1 * x")
    assert ask("p d_x") == f"{-3.0 * sech_squared(-1.5)}"
    assert ask("c") == by_backward()


def test_the_listing_is_the_source(tmp_path: Path) -> None:
    """Eleven lines around the one that is next."""
    _, ask = start(tmp_path)

    assert ask("l").split("\n") == [
        "  7  \t    x=0.5,",
        "  8  \t    w_0=-3.0,  # w[0]",
        "  9  \t):",
        ' 10  \t    """Return v2 and the gradient of each leaf."""',
        " 11  \t    # Forward: each node is computed from its parents.",
        " 12  ->\t    v1 = x * w_0",
        " 13  \t    v2 = tanh(v1)",
        " 14  \t",
        " 15  \t    # Backward: each node sends on its gradient times the local "
        "derivative.",
        " 16  \t    d_x = d_w_0 = 0.0",
        " 17  \t    d_v1 = 0.0",
    ]


def test_breakpoints(tmp_path: Path) -> None:
    """Of this file by its lines, with and without a condition."""
    _, ask = start(tmp_path)

    assert ask("b 18") == "Breakpoint 1 at <graph 0>:18"
    assert ask("tbreak 20, d_v1 > 0") == "Breakpoint 2 at <graph 0>:20"
    assert ask("b 21, d_v1 < 0") == "Breakpoint 3 at <graph 0>:21"
    assert ask("c") == "> <graph 0>(18)run()\n-> d_v2 = 1.0"
    assert ask("c") == (
        "Deleted breakpoint 2 at <graph 0>:20\n"
        "> <graph 0>(20)run()\n-> d_x += d_v1 * w_0                # v1 = x * w_0"
    )
    assert ask("c") == by_backward()


def test_stepping_into_a_row(tmp_path: Path) -> None:
    """A line steps into what it calls, and `up` leads back to it."""
    _, ask = start(tmp_path)
    ask("n")

    assert "op.py" in ask("s")
    assert ask("up") == "> <graph 0>(13)run()\n-> v2 = tanh(v1)"
    assert ask("p v1") == "-1.5"
    assert ask("c") == by_backward()


def test_changing_a_number_on_the_way(tmp_path: Path) -> None:
    """What is assigned at the prompt is what the next line computes with."""
    _, ask = start(tmp_path)
    ask("n")
    ask("!v1 = 0.0")

    assert ask("c") == "(0.0, {'x': -3.0, 'w_0': 0.5})"


def test_a_file_takes_breakpoints_by_its_name(tmp_path: Path) -> None:
    """As editors set them."""
    shown, ask = start(tmp_path, ', "graph.py"')
    place = tmp_path / "graph.py"

    assert shown == f"> {place}(12)run()\n-> v1 = x * w_0"
    assert ask("b graph.py:20") == f"Breakpoint 1 at {place}:20"
    assert ask("c").startswith(f"> {place}(20)run()\n-> d_x += d_v1 * w_0")
    assert ask("c") == by_backward()
