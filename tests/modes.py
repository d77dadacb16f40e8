"""Ways to differentiate a function of one number, by name."""

from collections.abc import Callable
from typing import Any

import pytest

from autograd_core import derivative, grad, jvp, vjp

__all__ = ["DERIVATIVES", "MAY_BE_CONSTANT", "MODES", "near"]

Function = Callable[..., Any]

MAY_BE_CONSTANT = pytest.mark.filterwarnings(
    "ignore::autograd_core.errors.IndependentInputWarning"
)


def forward(f: Function) -> Function:
    """Differentiate by pushing a tangent of 1."""
    return lambda x: jvp(f, (x,), (1.0,))[1]


def reverse(f: Function) -> Function:
    """Differentiate by pulling a cotangent of 1 back."""
    return lambda x: vjp(f, x)[1](1.0)[0]


MODES = {"forward": forward, "reverse": reverse}
DERIVATIVES = {"grad": grad, "derivative": derivative, **MODES}


def near(found: float, true: Any, tolerance: float = 1e-9) -> bool:
    """Tell whether a number is right to the tolerance, relative where it is large."""
    return bool(abs(found - true) <= tolerance * max(1, abs(true)))
