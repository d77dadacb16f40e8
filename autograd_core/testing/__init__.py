"""Property tests of derivatives, this engine's and anybody's.

`check_derivative` judges a derivative at a point by a tolerance that is derived, not
guessed: mpmath gives the true value of every operation, and intervals carry what each
rounding can do. Needs the extra `testing`: hypothesis to draw, mpmath to judge.

>>> from autograd_core import tanh
>>> from autograd_core.testing import check_derivative
>>> check_derivative(tanh, 20.0).verdict
'pass'
"""

from .check import check_derivative
from .report import DerivativeError, Fault, Report

__all__ = ["DerivativeError", "Fault", "Report", "check_derivative"]
