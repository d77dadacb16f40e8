"""Descent with many evaluations a step: a direction, then a search along it.

`Descent` is what L-BFGS and Newton's method have in common. Their `step(closure)` goes
on for up to `max_iter` directions; the closure computes the loss at the parameters as
they are, goes backward and returns the loss.
"""

from collections.abc import Callable, Iterable
from math import isfinite
from typing import Any

from autograd_core import Value, dot, zero_grad
from autograd_core.errors import GraphError, NonFiniteError, OperandError, ShapeError

from .hyperparameters import between, count, positive
from .line_search import Trial, strong_wolfe
from .optimizers import Optimizer
from .optimizers.optimizer import checked_loss
from .transformations import Transformation

__all__ = ["Descent"]

Floats = list[float]


class Descent(Optimizer):
    """Base of the optimisers whose step needs a closure; `direction` makes the rest.

    A step ends after `max_iter` directions or `max_eval` evaluations, where no gradient
    is larger than `tolerance_grad`, or where the loss or the parameters changed by less
    than `tolerance_change`. `n_iter` and `func_evals` count since the beginning;
    `point` is the last point evaluated. If the closure raises, nothing has changed.
    """

    second_order = False  # whether `direction` reads the Hessian off the loss

    def __init__(
        self,
        params: Iterable[Any],
        transformation: Transformation | Callable[..., Transformation],
        lr: float,
        max_iter: int,
        max_eval: int | None,
        tolerances: tuple[float, float],
        *,
        searches: bool,
    ) -> None:
        """Choose the first step to try along each direction, and when to end."""
        super().__init__(params, transformation, positive("lr", lr))
        if len(self.param_groups) > 1:
            raise ShapeError(f"{type(self).__name__} takes one group of parameters")
        self.max_iter = count("max_iter", max_iter)
        default = max_iter * 5 // 4
        self.max_eval = count("max_eval", default if max_eval is None else max_eval)
        self.tolerance_grad = between("tolerance_grad", tolerances[0], 0.0)
        self.tolerance_change = between("tolerance_change", tolerances[1], 0.0)
        self.searches = searches
        self.n_iter = self.func_evals = 0
        self.point: Trial | None = None

    def direction(self, point: Trial, x: Floats) -> Floats:
        """Return where to go from x, so that the loss falls; every descent has one."""
        raise TypeError(f"{type(self).__name__} has no direction(); define one")

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Descend, and return the loss before it."""
        if closure is None:
            raise OperandError(
                f"{type(self).__name__}.step(closure) needs the loss many times: it "
                "takes a function that computes it, goes backward and returns it"
            )
        data, state = [p.data for p in self.parameters], self.state
        counts = self.n_iter, self.func_evals
        try:
            return self._descend(closure, data)
        except BaseException:
            self._place(data)
            self.param_groups[0].state = state
            self.n_iter, self.func_evals = counts
            raise

    def _descend(self, closure: Callable[[], Any], x: Floats) -> Any:
        first = self.func_evals
        loss, point = self._evaluate(closure, x)
        budget, left = self.max_eval - 1, self.max_iter
        while left and _largest(point.gradient) > self.tolerance_grad:
            left, self.n_iter = left - 1, self.n_iter + 1
            direction = self._free(self.direction(point, x))
            before = point._replace(t=0.0, slope=dot(point.gradient, direction))
            if not before.slope < -self.tolerance_change:
                break
            if not left and not self.searches:  # the next step sees what comes of it
                x = _moved(x, self._first_length(before), direction)
                break
            point = self._search(closure, x, direction, before, budget)
            x = _moved(x, point.t, direction)
            self._place(x)  # not the last trial, where the parameters stand
            budget = self.max_eval - (self.func_evals - first)
            if budget <= 0 or self._stands_still(before, point, direction):
                break
        self._place(x)
        self.point = point._replace(loss=None)
        return loss

    def _stands_still(self, before: Trial, point: Trial, direction: Floats) -> bool:
        return (
            point.t * _largest(direction) <= self.tolerance_change
            or abs(point.value - before.value) < self.tolerance_change
        )

    def _first_length(self, start: Trial) -> float:
        """Return the step to try first, a short one while no curvature is known."""
        if self.n_iter == 1 and not self.second_order:
            return self.lr * min(1.0, 1.0 / sum(map(abs, start.gradient)))
        return self.lr

    def _search(
        self,
        closure: Callable[[], Any],
        x: Floats,
        direction: Floats,
        start: Trial,
        budget: int,
    ) -> Trial:
        """Return the trial to go on from."""

        def evaluate(t: float) -> Trial:
            point = self._evaluate(closure, _moved(x, t, direction), finite=False)[1]
            return point._replace(t=t, slope=dot(point.gradient, direction))

        t = self._first_length(start)
        if not self.searches:
            point = self._evaluate(closure, _moved(x, t, direction))[1]
            return point._replace(t=t)
        return strong_wolfe(
            evaluate,
            start,
            t,
            max_iter=min(25, budget),
            tolerance=self.tolerance_change / _largest(direction),
        )

    def _evaluate(
        self, closure: Callable[[], Any], x: Floats, finite: bool = True
    ) -> tuple[Value, Trial]:
        """Return the loss at x, and its number and gradient."""
        self._place(x)
        zero_grad(self.parameters)
        loss = checked_loss(closure)
        self.func_evals += 1
        if not any(p.has_grad for p in self.parameters):
            raise GraphError(
                "no parameter has a gradient after closure(); call loss.backward() in "
                "it, and compute the loss from the parameters of the optimiser"
            )
        gradient = [p.grad if p.requires_grad else 0.0 for p in self.parameters]
        if finite and not all(map(isfinite, (loss.data, *gradient))):
            raise NonFiniteError(
                f"the loss is {loss.data} and its gradient is not finite everywhere; "
                "the parameters are those before the step. Begin elsewhere, lower lr, "
                "or search along the line"
            )
        kept = loss if self.second_order else None
        return loss, Trial(0.0, loss.data, 0.0, gradient, kept)

    def _place(self, x: Floats) -> None:
        for parameter, data in zip(self.parameters, x, strict=True):
            if parameter.requires_grad:
                parameter.data = data

    def _free(self, direction: Floats) -> Floats:
        """Return the direction without the parameters that are frozen."""
        pairs = zip(direction, self.parameters, strict=True)
        return [d if p.requires_grad else 0.0 for d, p in pairs]

    def state_dict(self) -> dict[str, Any]:
        """Return the state of the group and the counts."""
        counts = {"n_iter": self.n_iter, "func_evals": self.func_evals}
        return {**super().state_dict(), **counts}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on where another optimiser of the same kind was; on an error, change none.

        >>> from nn import MLP
        >>> from nn.lbfgs import LBFGS
        >>> one, other = (LBFGS(MLP(1, [1]).parameters()) for _ in range(2))
        >>> other.load_state_dict(one.state_dict())
        """
        counts = [
            count(name, state_dict[name], 0)
            for name in ("n_iter", "func_evals")
            if isinstance(state_dict, dict) and name in state_dict
        ]
        super().load_state_dict(state_dict)
        self.n_iter, self.func_evals = counts


def _largest(numbers: Floats) -> float:
    return max(map(abs, numbers))


def _moved(x: Floats, t: float, direction: Floats) -> Floats:
    return [xi + t * di for xi, di in zip(x, direction, strict=True)]
