"""The debugger to sit in front of: commands about a tape, from a terminal or a pipe.

`debug(root)` opens it in the middle of a program; `python -m autograd_core.debug
SCRIPT.py` runs a script and opens it on what the script computed.
"""

import sys
from collections.abc import Mapping
from typing import Any, TextIO

from ...inspection import counted, number
from ...source import INSIDE
from ...value import Value
from ..tape import Tape
from .asking import Asking
from .looking import Looking
from .moving import Moving

__all__ = ["Console", "debug"]


class Console(Asking, Looking, Moving):
    """The debugger's prompt with all its commands."""

    def greet(self) -> None:
        """Say what there is to step through."""
        tape = self.tape
        leaves = sum(node.is_leaf for node in tape.nodes)
        operations = counted(tape.forward_steps, "operation", "operations")
        made = f"{operations} on {counted(leaves, 'leaf', 'leaves')}"
        root = self.words.name(tape.root)
        self.say(f"{root} = {number(tape.root.data)}: {made}")
        self.say(
            f"forward {tape.forward_steps} steps, backward "
            f"{max(0, len(tape) - tape.forward_steps - 1)}; help lists the commands"
        )


def debug(
    root: Value,
    *,
    anomaly: Any = None,
    variables: Mapping[str, Any] | None = None,
    stdin: TextIO | None = None,
    stdout: TextIO | None = None,
) -> None:
    """Open the debugger on the graph below `root`; return when the session ends.

    `variables` give names to nodes without labels, by themselves those of the caller.
    With an `anomaly`, as `detect_anomaly` finds it, the session begins there.

    Raises `OperandError`, a `TypeError`, for anything but a `Value`.
    """
    tape = Tape(root, _callers() if variables is None else variables)
    if anomaly is not None:
        _go_to(tape, anomaly)
    console = Console(tape, stdin=stdin, stdout=stdout)
    console.greet()
    if anomaly is not None:
        console.say(str(anomaly))
    console.cmdloop()


def _go_to(tape: Tape, anomaly: Any) -> None:
    """Go to the moment of an anomaly."""
    sent = tape.sent_at(anomaly.node)
    is_value = anomaly.kind == "value" or sent is None
    tape.go_to(tape.computed_at(anomaly.node) if is_value else sent or 0)


def _callers() -> dict[str, Any]:
    """Return the variables of the nearest frame outside of this package."""
    frame = sys._getframe(1)
    while frame.f_back and str(frame.f_globals.get("__name__")).startswith(INSIDE):
        frame = frame.f_back
    return {**frame.f_globals, **frame.f_locals}
