"""A recorded graph as a tape: both passes, one operation a step, in either direction.

`schedule` says which step comes when, `moments` does and undoes it, `answers` tells
what is known then, `stops` which breakpoints that concerns, and `tape` runs.
"""

from .answers import Change
from .breakpoints import Breakpoint, Stop
from .steps import Contribution, Step
from .tape import Tape

__all__ = ["Breakpoint", "Change", "Contribution", "Step", "Stop", "Tape"]
