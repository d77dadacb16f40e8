"""Step through a graph in a debugger, forwards and backwards.

`Tape` is the stepper, a plain object for tests and notebooks; `debug(root)` is the
debugger to sit in front of, and `python -m autograd_core.debug SCRIPT.py` runs a script
and opens it. `explain` says why a gradient is what it is, `to_python` writes both
passes as straight-line Python, `first_nonfinite` finds where a nan comes from, and
`hook` sees a gradient as it passes.
"""

from ..anomaly import Anomaly, first_nonfinite
from ..hooks import Hook, hook
from .console import debug
from .drawing import draw
from .explanation import Explanation, explain
from .straight_line import to_python
from .tape import Breakpoint, Contribution, Step, Stop, Tape

__all__ = [
    "Anomaly",
    "Breakpoint",
    "Contribution",
    "Explanation",
    "Hook",
    "Step",
    "Stop",
    "Tape",
    "debug",
    "draw",
    "explain",
    "first_nonfinite",
    "hook",
    "to_python",
]
