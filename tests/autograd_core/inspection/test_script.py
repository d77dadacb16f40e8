"""A script that is run for a tool: its arguments, and what it had when it failed."""

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd_core.inspection import divided

WORDS = st.lists(st.text().filter(lambda word: word != "--"))


@given(WORDS, st.lists(st.text()))
def test_arguments_are_divided_at_the_first_dashes(
    own: list[str], of_script: list[str]
) -> None:
    """What stands after them is the script's, other dashes included."""
    assert divided([*own, "--", *of_script]) == (own, of_script)
    assert divided(own) == (own, [])


@pytest.mark.parametrize(
    ("end", "code"),
    [("1 / 0", 1), ("raise SystemExit(3)", 3), ("raise SystemExit('no')", 1)],
)
def test_a_script_that_fails_leaves_its_names(
    end: str, code: int, tmp_path: Path
) -> None:
    """What it had computed until then can still be looked at."""
    script = tmp_path / "script.py"
    script.write_text(f"import sys\nx = 41 + len(sys.argv)\n{end}\ny = 2\n")
    program = (
        "from autograd_core.inspection import ScriptError, run\n"
        "try:\n"
        f"    run({str(script)!r})\n"
        "except ScriptError as error:\n"
        "    print(error.code, error.names['x'], 'y' in error.names)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )

    assert done.stdout.split() == [str(code), "42", "False"]
