"""The least value of a function of a list of numbers.

`minimize` is L-BFGS or Newton's method for those who have a function, not a model.
"""

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from autograd_core import Value
from autograd_core.errors import OperandError, UnknownNameError

from .descent import Descent
from .lbfgs import LBFGS
from .newton import Newton

__all__ = ["Minimum", "minimize"]


class Minimum(NamedTuple):
    """Where `minimize` ended: x, f(x), the gradient there, and what it cost.

    `converged` tells whether no derivative is larger than `tolerance_grad`.
    """

    x: list[float]
    value: float
    gradient: list[float]
    iterations: int
    evaluations: int
    converged: bool


_METHODS: dict[str, Callable[..., Descent]] = {
    "lbfgs": lambda params, **options: LBFGS(
        params, line_search_fn="strong_wolfe", **options
    ),
    "newton": Newton,
}


def minimize(
    f: Callable[[list[Any]], Any],
    x0: Iterable[float],
    method: str = "lbfgs",
    *,
    max_iter: int = 1000,
    tolerance_grad: float = 1e-8,
) -> Minimum:
    """Return a local minimum of `f`, a function from a list of Values to one Value.

    `method` is "lbfgs", which takes first derivatives, or "newton", which takes second
    ones too and suits tens of numbers.

    >>> found = minimize(lambda x: (x[0] - 1) ** 2 + (x[1] - x[0] ** 2) ** 2, [5, 5])
    >>> [round(x, 6) for x in found.x], found.converged
    ([1.0, 1.0], True)
    """
    if method not in _METHODS:
        raise UnknownNameError("method", method, _METHODS)
    if not callable(f):
        raise OperandError(f"minimize(f, x0) takes a function, not {f!r:.60}")
    if not isinstance(x0, Iterable) or isinstance(x0, str | dict):
        raise OperandError(
            f"minimize(f, x0) takes a list of numbers to begin at, not {x0!r:.60}"
        )
    xs = [Value(x, label=f"x[{i}]") for i, x in enumerate(x0)]
    optimizer = _METHODS[method](
        xs,
        max_iter=max_iter,
        max_eval=25 * max_iter,
        tolerance_grad=tolerance_grad,
        tolerance_change=0.0,
    )

    def closure() -> Any:
        y = f(list(xs))
        if isinstance(y, Value):  # anything else is refused by the step
            y.backward()
        return y

    optimizer.step(closure)
    return _described(optimizer, xs)


def _described(optimizer: Descent, xs: list[Value]) -> Minimum:
    point = optimizer.point
    assert point is not None  # a step that ended has reached one
    return Minimum(
        x=[x.data for x in xs],
        value=point.value,
        gradient=point.gradient,
        iterations=optimizer.n_iter,
        evaluations=optimizer.func_evals,
        converged=max(map(abs, point.gradient)) <= optimizer.tolerance_grad,
    )
