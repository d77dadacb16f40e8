"""Jacobians and Hessians times a vector, which need neither of them.

A push of tangents through a function is its Jacobian times a vector (`jvp`, forward
mode), a pull of cotangents the vector times the Jacobian (`vjp`, reverse mode), and a
push through the gradient the Hessian times a vector (`hvp`). Each costs a few
evaluations of the function, where the whole matrix costs one of them a row or column.
Arguments, results and numbers are treated as in `derivatives`.

>>> from autograd_core import jvp, sin
>>> jvp(sin, (0.0,), (1.0,))
(0.0, 1.0)
"""

from collections.abc import Callable, Sequence
from typing import Any

from .arguments import Argnums, check_argnums, name_of, named
from .differentiation import Point
from .errors import OperandError, ShapeError
from .real import described

__all__ = ["hvp", "jvp", "vjp"]

Function = Callable[..., Any]


def jvp(f: Function, primals: Sequence[Any], tangents: Sequence[Any]) -> Any:
    """Return `f(*primals)` and its rate of change along the tangents: forward mode.

    `tangents` has the structure of `primals`, the tuple of arguments.

    >>> jvp(lambda x, y: [x * y, x], (3, 4), (1, 10))
    ([12.0, 3.0], [34.0, 1.0])
    """
    point = _at_all_arguments("jvp", f, primals)
    numbers = point.matching("tangents", tangents, point.primals)
    rates = point.linearization().push(numbers)
    return point.value(), point.like_result([point.present(rate) for rate in rates])


def vjp(f: Function, *primals: Any) -> tuple[Any, Function]:
    """Return `f(*primals)` and its pullback: reverse mode.

    The pullback takes cotangents in the structure of the result, and returns the tuple
    of their products with the Jacobian, one for each argument. It may be called often.

    >>> result, pullback = vjp(lambda x, y: [x * y, x], 3, 4)
    >>> result, pullback([1, 100])
    ([12.0, 3.0], (104.0, 3.0))
    """
    point = _at_all_arguments("vjp", f, primals)
    slope = point.linearization()

    def pullback(cotangents: Any) -> tuple[Any, ...]:
        numbers = point.matching("cotangents", cotangents, point.result)
        products: tuple[Any, ...] = point.like_primals(slope.pull(numbers))
        return products

    return point.value(), pullback


def hvp(f: Function, argnums: Argnums = 0) -> Function:
    """Return the function that gives the Hessian of `f` times a vector.

    The vector is the last argument, in the structure of the argument it is multiplied
    with. The Hessian is never built: the cost is that of a few gradients (Pearlmutter
    1994), and `minimize(f, x0, jac=grad(f), hessp=hvp(f))` works on many inputs.

    >>> hvp(lambda x: x[0] * x[0] * x[1])([3, 4], [1, 10])
    [68.0, 6.0]
    """
    check_argnums("hvp", f, argnums)

    def product_at(*args: Any, **keywords: Any) -> Any:
        if len(args) < 2:
            raise ShapeError(
                f"hvp({name_of(f)}) takes the arguments of the function and then the "
                f"vector; got {len(args)} positional argument(s)"
            )
        *arguments, vector = args
        point = Point("hvp", f, arguments, keywords, argnums)
        tangents = point.matching("vector", vector, point.primals)
        return point.like_primals(point.slope_of_gradient(often=False).push(tangents))

    return named(product_at, "hvp", f)


def _at_all_arguments(asked: str, f: Function, primals: Sequence[Any]) -> Point:
    if not isinstance(primals, list | tuple):
        raise OperandError(
            f"{asked}({name_of(f)}) takes the tuple of the arguments, such as (x,) for "
            f"one, not {described(primals)}"
        )
    return Point(asked, f, primals, {}, tuple(range(len(primals))))
