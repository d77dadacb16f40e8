"""Which Python objects count as real numbers.

`to_float` is the one gate through which numbers from outside enter the engine. The
cut is here so that `Value(...)`, a row called on numbers, and an operator with a
number on one side all accept and refuse the same things in the same words.
"""

import reprlib
from numbers import Complex, Number, Real
from typing import Any

from .errors import DomainError, OperandError

__all__ = ["described", "is_real", "shown", "to_float"]


def is_real(x: object) -> bool:
    """Tell whether `x` is one real number.

    `int`, `float`, `bool`, `Fraction`, `Decimal` and numpy scalars are; strings,
    sequences, arrays, `None` and complex numbers are not.

    >>> is_real(3), is_real("3"), is_real(3j)
    (True, False, False)
    """
    if x.__class__ is float or x.__class__ is int:
        return True
    if isinstance(x, Number):
        return isinstance(x, Real) or not isinstance(x, Complex)
    return _is_numpy_scalar(x)


def _is_numpy_scalar(x: Any) -> bool:
    # numpy's bool and 0-d arrays register with no class of `numbers`.
    kind = getattr(getattr(x, "dtype", None), "kind", "")
    return kind in ("b", "i", "u", "f") and getattr(x, "shape", None) == ()


def to_float(x: Any, asked: str) -> float:
    """Return `x` as a float, or refuse with a message that begins with `asked`.

    >>> to_float(True, "Value(data)")
    1.0
    >>> to_float("3", "Value(data)")
    Traceback (most recent call last):
    ...
    autograd_core.errors.OperandError: Value(data) takes a real number, not '3' of \
type str; convert it with float(...)
    """
    if x.__class__ is float:
        return x
    if not is_real(x):
        raise OperandError(f"{asked} takes a real number, not {shown(x)}")
    try:
        return float(x)
    except OverflowError:
        raise DomainError(
            f"{asked} takes a number that fits a float; this {type(x).__name__} is "
            "beyond 1.8e308, so scale it first"
        ) from None


def described(x: object) -> str:
    """Describe what was passed, shortly."""
    return f"{reprlib.repr(x)} of type {type(x).__name__}"


def shown(x: object) -> str:
    """Describe what was passed, and say what to pass instead."""
    return f"{described(x)}; {_advice(x)}"


def _advice(x: object) -> str:
    if isinstance(x, (str, bytes)):
        return "convert it with float(...)"
    if isinstance(x, Complex):
        return "this engine is for real numbers: take .real or abs(...)"
    if isinstance(x, (list, tuple, set, dict)) or hasattr(x, "shape"):
        return "pass its numbers one by one"
    if hasattr(x, "local_derivatives"):
        return "use its .data, or .detach() for a node without history"
    return "pass an int or a float"
