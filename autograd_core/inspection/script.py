"""Somebody's script, run as `python SCRIPT.py` would run it, and what it left behind.

It is the module `__main__` while it runs, with the arguments and the folder for imports
that python gives it. `runpy` does that too, but hands nothing over from a script that
ends by `sys.exit()`.
"""

import sys
from collections.abc import Sequence
from io import open_code
from pathlib import Path
from types import ModuleType
from typing import Any

from .. import record_source

__all__ = ["ScriptError", "divided", "run"]


class ScriptError(Exception):
    """A script did not come to its end.

    `code` is the exit code python would give, `names` what the script had until then.
    """

    def __init__(self, message: str, code: int, names: dict[str, Any]) -> None:
        super().__init__(message)
        self.code, self.names = code, names


def divided(arguments: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return what stands before `--`, and what stands after it, for the script.

    >>> divided(["train.py", "--root", "loss", "--", "--epochs", "3"])
    (['train.py', '--root', 'loss'], ['--epochs', '3'])
    """
    before = list(arguments)
    if "--" not in before:
        return before, []
    place = before.index("--")
    return before[:place], before[place + 1 :]


def run(script: str, arguments: Sequence[str] = ()) -> dict[str, Any]:
    """Run a script and return its global names, without those that Python gives it.

    The process is the script's from then on: `sys.argv`, `sys.path[0]` and `__main__`
    stay as the script had them, since its values may need them when they are shown.

    Raises `ScriptError` where the script fails, after its own traceback is printed, and
    where its exit code is not 0.
    """
    module = ModuleType("__main__")
    module.__file__ = str(Path(script).absolute())
    with open_code(module.__file__) as file:
        source = file.read()
    sys.modules["__main__"], sys.argv = module, [script, *arguments]
    if not sys.flags.safe_path:
        sys.path[0] = str(Path(script).resolve().parent)
    try:
        with record_source():  # so that tools can name the lines
            exec(compile(source, module.__file__, "exec"), vars(module))
    except SystemExit as end:
        _check_exit(script, end, _names(module))
    except Exception as error:
        _print_traceback(error, module.__file__)
        raise ScriptError(f"{script} failed", 1, _names(module)) from error
    return _names(module)


def _names(module: ModuleType) -> dict[str, Any]:
    return {k: thing for k, thing in vars(module).items() if not k.startswith("__")}


def _check_exit(script: str, end: SystemExit, names: dict[str, Any]) -> None:
    """Pass over an exit with code 0; a code that is a text means 1, as for python."""
    if end.code is None or end.code == 0:
        return
    code = end.code if isinstance(end.code, int) else 1
    if code is not end.code:
        print(end.code, file=sys.stderr)
    message = f"{script} ended with exit code {code}"
    raise ScriptError(message, code, names) from end


def _print_traceback(error: Exception, file: str) -> None:
    """Print what python would: the frames from the script on, and none of ours."""
    trace = error.__traceback__
    while trace is not None and trace.tb_frame.f_code.co_filename != file:
        trace = trace.tb_next
    error.with_traceback(trace)
    sys.excepthook(type(error), error, trace)
