"""Demos as they are run from the command line."""

import subprocess
import sys
from collections.abc import Sequence

__all__ = ["assert_refused"]


def assert_refused(demo: str, arguments: Sequence[str], words: str) -> None:
    """Assert that a demo ends at once: exit status 2, and why, on standard error."""
    command = [sys.executable, "-m", f"demos.{demo}", *arguments]

    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert done.returncode == 2
    assert words in done.stderr
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
