"""Step through a graph in a debugger, forwards and backwards.

`Tape` is the stepper, a plain object for tests and notebooks.
"""

from .steps import Contribution, Step
from .tape import Tape

__all__ = ["Contribution", "Step", "Tape"]
