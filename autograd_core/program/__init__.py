"""Scalar code at matrix speed: traced once, replayed many times.

`trace` keeps what a function does with its numbers as a `Program`, which `simplify`
makes shorter, `source` prints as Python and `batch` runs over arrays, with its
derivative. `jit` does so for every structure of arguments that it meets.

>>> program = trace(lambda x, y: x * y + x, 3.0, 4.0)
>>> program.value_and_grad(1.0, 2.0)
(3.0, 3.0)
"""

from .jit import jit
from .program import Program, trace
from .simplify import PASSES

__all__ = ["PASSES", "Program", "jit", "trace"]
