"""The command `python -m autograd_core.debug`: run a script, and debug what it made."""

import argparse
import sys
from collections import deque
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from ..anomaly import Anomaly, detect_anomaly
from ..inspection import ScriptError, divided, find, only_end, run
from ..passes import listening
from ..value import Value
from .console import debug
from .dap import DEFAULT_PORT, serve

__all__ = ["main"]

_ABOUT = "Run a script as python would, then step through one of its graphs."

_EXAMPLES = """\
The graph is that of --root, else of the script's last backward(), else of the one
result that all its other global Values lead to.

examples:
  python -m autograd_core.debug train.py
  python -m autograd_core.debug train.py --root "losses[-1]"
  python -m autograd_core.debug --anomaly train.py -- --epochs 3
  python -m autograd_core.debug train.py < commands.txt
  python -m autograd_core.debug --dap
"""


def main(arguments: Sequence[str]) -> int:
    """Do what the arguments ask, print what went wrong, and return the exit code."""
    parser = _parser()
    own, of_script = divided(arguments)
    asked = parser.parse_args(own)
    try:
        if asked.script is not None and not Path(asked.script).is_file():
            raise FileNotFoundError(f"there is no script {asked.script!r} to run")
        if asked.dap:
            serve(asked.port, script=asked.script, arguments=of_script, root=asked.root)
            return 0
        if asked.script is None:
            raise ValueError(
                "no SCRIPT.py to run; put it first, or --dap for an editor"
            )
        return _debug_script(asked, of_script)
    except (OSError, TypeError, ValueError) as error:
        print(f"{parser.prog}: error: {error}", file=sys.stderr)
        return 2


def _debug_script(asked: argparse.Namespace, of_script: Sequence[str]) -> int:
    """Run the script and debug what stands then, also where it failed."""
    latest: deque[Value] = deque(maxlen=1)
    detecting = detect_anomaly(_stop) if asked.anomaly else nullcontext()
    code = 0
    try:
        with listening(latest.append), detecting:
            names = run(asked.script, of_script)
    except ScriptError as error:
        if isinstance(error.__cause__, _Stopped):
            return error.code
        names, code = error.names, error.code
        print(f"{error}; what it had computed stands", file=sys.stderr)
    debug(_root(asked.root, names, latest), variables=names)
    return code


class _Stopped(SystemExit):
    """The end of a script at an anomaly, which `except Exception` does not catch."""


def _stop(anomaly: Anomaly) -> None:
    """Debug the graph at the anomaly, in the middle of the script, and end there."""
    debug(anomaly.root, anomaly=anomaly)
    raise _Stopped(1)


def _root(path: str | None, names: dict[str, Any], latest: Sequence[Value]) -> Value:
    if path:
        return find(path, names)
    return latest[0] if latest else only_end(names)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m autograd_core.debug",
        description=_ABOUT,
        epilog=_EXAMPLES,
        usage="%(prog)s SCRIPT.py [--root NAME] [--anomaly] [-- ARGUMENTS]\n"
        "       %(prog)s --dap [--port PORT] [SCRIPT.py]",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("script", nargs="?", metavar="SCRIPT.py", help="the script to run")
    add("--root", metavar="NAME", help="the Value: loss, losses[-1], model.bias")
    add(
        "--anomaly",
        action="store_true",
        help="stop the script at the first number that is not finite",
    )
    add("--dap", action="store_true", help="serve an editor: VS Code and its like")
    add(
        "--port",
        type=int,
        default=DEFAULT_PORT,
        help="where the editor looks for it, on this machine only (%(default)s)",
    )
    return parser
