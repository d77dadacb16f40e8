"""Property tests of derivatives, this engine's and anybody's.

`check_derivative` judges a derivative at a point by a tolerance that is derived, not
guessed: mpmath gives the true value of every operation, and intervals carry what each
rounding can do. `values`, `points`, `expressions` and `mlps` are strategies for
Hypothesis that draw what to judge, and the laws are what any derivative must obey.
Needs the extra `testing`.

>>> from autograd_core import tanh
>>> from autograd_core.testing import check_derivative
>>> check_derivative(tanh, 20.0).verdict
'pass'
"""

from .check import check_derivative
from .expression import Expression
from .laws import (
    assert_adjoint,
    assert_backward_twice,
    assert_chain_rule,
    assert_homogeneous,
    assert_inverse,
    assert_laws,
    assert_linear,
    assert_permutable,
    assert_product_rule,
    assert_raises_alike,
    assert_sharing_is_free,
)
from .report import DerivativeError, Fault, Report
from .strategies import expressions, mlps, points, values

__all__ = [
    "DerivativeError",
    "Expression",
    "Fault",
    "Report",
    "assert_adjoint",
    "assert_backward_twice",
    "assert_chain_rule",
    "assert_homogeneous",
    "assert_inverse",
    "assert_laws",
    "assert_linear",
    "assert_permutable",
    "assert_product_rule",
    "assert_raises_alike",
    "assert_sharing_is_free",
    "check_derivative",
    "expressions",
    "mlps",
    "points",
    "values",
]
