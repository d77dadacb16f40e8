"""L-BFGS: Newton's direction, guessed from the last few steps.

The inverse of the Hessian is never made. What is known of it are the last steps s and
the changes y of the gradient that they caused: it must take each y to its s. Two loops
over these pairs apply it to a gradient (Nocedal and Wright 2006, algorithm 7.4).
"""

from collections.abc import Iterable
from functools import partial
from typing import Any, NamedTuple

from autograd_core import dot
from autograd_core.errors import ShapeError, UnknownNameError

from .descent import Descent
from .hyperparameters import count
from .line_search import Trial
from .optimizers.groups import Group
from .optimizers.states import checked_keys, decoded
from .transformations import Transformation

__all__ = ["LBFGS", "LBFGSState", "scale_by_lbfgs", "two_loops"]

Floats = list[float]
Vectors = tuple[Floats, ...]


class LBFGSState(NamedTuple):
    """The pairs, and the point that the next pair begins at."""

    steps: Vectors
    changes: Vectors
    x: Floats | None
    gradient: Floats | None


class LBFGS(Descent):
    """Limited-memory BFGS (Liu and Nocedal 1989), with PyTorch's interface.

    The last `history_size` steps tell the curvature. With
    `line_search_fn="strong_wolfe"` the length of a step is searched for, without it is
    `lr`; the very first is no longer than 1, in the sum of its changes.

    >>> from autograd_core import Value
    >>> x, y = Value(-1.2), Value(1.0)
    >>> optimizer = LBFGS([x, y], max_iter=50, line_search_fn="strong_wolfe")
    >>> def closure():
    ...     optimizer.zero_grad()
    ...     loss = 100 * (y - x * x) ** 2 + (1 - x) ** 2
    ...     loss.backward()
    ...     return loss
    >>> round(optimizer.step(closure).data, 6)
    24.2
    >>> round(x.data, 3), round(y.data, 3)
    (1.0, 1.0)
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1.0,
        max_iter: int = 20,
        max_eval: int | None = None,
        tolerance_grad: float = 1e-7,
        tolerance_change: float = 1e-9,
        history_size: int = 100,
        line_search_fn: str | None = None,
    ) -> None:
        """Choose how many steps are remembered and how far each goes."""
        if line_search_fn not in (None, "strong_wolfe"):
            raise UnknownNameError("line search", line_search_fn, ["strong_wolfe"])
        super().__init__(
            params,
            partial(scale_by_lbfgs, history_size=history_size),
            lr,
            max_iter,
            max_eval,
            (tolerance_grad, tolerance_change),
            searches=line_search_fn is not None,
        )

    def direction(self, point: Trial, x: Floats) -> Floats:
        """Return minus the gradient times the guessed inverse of the Hessian."""
        group = self.param_groups[0]
        scaled, group.state = group.transformation.apply(point.gradient, group.state, x)
        return [-u for u in scaled]

    def _read(self, group: Group, saved: Any, where: str) -> Any:
        """Return the saved pairs, as many as there are."""
        checked_keys(saved, LBFGSState._fields, where)
        zeros = [0.0] * len(group.params)
        pairs = len(saved["steps"]) if isinstance(saved["steps"], list) else 0
        if pairs > group.options["history_size"]:
            raise ShapeError(
                f"{where}.steps takes up to {group.options['history_size']} steps; the "
                f"state has {pairs}"
            )
        point = None if saved["x"] is None else zeros
        model = LBFGSState((zeros,) * pairs, (zeros,) * pairs, point, point)
        return decoded(model, saved, where)


def scale_by_lbfgs(history_size: int) -> Transformation:
    """Multiply the gradients by the inverse of the Hessian, guessed from past steps.

    A pair that shows no curvature, y·s ≤ 1e-10, is not remembered.

    >>> part = scale_by_lbfgs(history_size=5)
    >>> updates, state = part.update([8.0], part.init([2.0]), [2.0])
    >>> part.update([4.0], state, [1.0])[0]  # the slope fell by 4 in a step of 1
    [1.0]
    """
    most = count("history_size", history_size)

    def update(gradient: Floats, state: Any, x: Floats) -> tuple[Floats, Any]:
        steps, changes = state.steps, state.changes
        if state.x is not None:
            step, change = (
                _difference(x, state.x),
                _difference(gradient, state.gradient),
            )
            if dot(change, step) > 1e-10:
                steps, changes = (*steps, step)[-most:], (*changes, change)[-most:]
        scaled = two_loops(gradient, steps, changes)
        return scaled, LBFGSState(steps, changes, x, gradient)

    return Transformation(
        lambda p: LBFGSState((), (), None, None), update, reads_parameters=True
    )


def two_loops(gradient: Floats, steps: Vectors, changes: Vectors) -> Floats:
    """Apply the guessed inverse of the Hessian to a gradient (algorithm 7.4).

    The latest change of the gradient is taken to its step, exactly.

    >>> two_loops([4.0, 6.0], steps=([1.0, 2.0],), changes=([4.0, 6.0],))
    [1.0, 2.0]
    """
    pairs = list(zip(steps, changes, strict=True))
    shares = []
    q = gradient
    for s, y in reversed(pairs):
        shares.append(dot(s, q) / dot(y, s))
        q = _added(q, -shares[-1], y)
    scale = (
        dot(steps[-1], changes[-1]) / dot(changes[-1], changes[-1]) if pairs else 1.0
    )
    r = [scale * qi for qi in q]
    for s, y in pairs:
        r = _added(r, shares.pop() - dot(y, r) / dot(y, s), s)
    return r


def _added(x: Floats, factor: float, y: Floats) -> Floats:
    return [xi + factor * yi for xi, yi in zip(x, y, strict=True)]


def _difference(x: Floats, y: Floats) -> Floats:
    return [xi - yi for xi, yi in zip(x, y, strict=True)]
