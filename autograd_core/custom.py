"""Rows of one's own, written as a function with its partial derivatives."""

from collections.abc import Callable
from typing import Any

from .op import Op

__all__ = ["custom_op"]


def custom_op(
    *partials: Callable[..., Any], **facts: Any
) -> Callable[[Callable[..., float]], Op]:
    """Make a row of the plain float function that is decorated.

    `partials` holds one function of `(y, *operands)` for each operand, in which `y` is
    the result; written in arithmetic and rows, they can be differentiated again. The
    function's name and the first line of its docstring become the row's; `facts` are
    the other fields of `Op`, such as `domain` and `kinks`.

    >>> @custom_op(lambda y, x: 3 * x * x)
    ... def cube(x):
    ...     '''Return x³.'''
    ...     return x * x * x
    >>> from autograd_core import derivative
    >>> cube(2.0), derivative(cube, 1)(2.0), derivative(cube, 2)(2.0)
    (8.0, 12.0, 12.0)
    """

    def decorate(forward: Callable[..., float]) -> Op:
        doc = (forward.__doc__ or "").strip().partition("\n")[0].rstrip(".")
        name = getattr(forward, "__name__", "custom")
        return Op(name, forward, partials, **({"doc": doc} | facts))

    return decorate
