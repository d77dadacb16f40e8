"""Optimisers: what turns gradients into better parameters.

An `Optimizer` is a thin shell around a transformation: `step()` reads the gradients of
its parameters, lets the transformation shape them, and moves each parameter against
its update by `lr`. `SGD` and `Adam` are two chains, under PyTorch's names.
"""

from collections.abc import Iterable
from math import isfinite
from typing import Any

from autograd_core import Value, zero_grad
from autograd_core.errors import DomainError, OperandError, ShapeError

from .transformations import Transformation, chain, momentum, scale_by_adam

__all__ = ["SGD", "Adam", "Optimizer"]


class Optimizer:
    """Move parameters by -lr times what a transformation makes of their gradients.

    >>> x = Value(3.0)
    >>> optimizer = Optimizer([x], chain(), lr=0.1)
    >>> (x * x).backward()
    >>> optimizer.step()
    >>> round(x.data, 12)
    2.4
    """

    def __init__(
        self, parameters: Iterable[Value], transformation: Transformation, lr: float
    ) -> None:
        """Remember the parameters and make the transformation's first state."""
        self.parameters = _checked(parameters)
        self.lr = _between("lr", lr, 0.0, float("inf"))
        self._update = transformation.update
        self.state = transformation.init([p.data for p in self.parameters])

    def zero_grad(self) -> None:
        """Clear the gradients of the parameters."""
        zero_grad(self.parameters)

    def step(self) -> None:
        """Move every parameter that requires a gradient once."""
        gradients = [p.grad for p in self.parameters]
        updates, self.state = self._update(gradients, self.state)
        for parameter, update in zip(self.parameters, updates, strict=True):
            if parameter.requires_grad:
                parameter.data -= self.lr * update


class SGD(Optimizer):
    """Gradient descent with optional momentum: v = momentum·v + g, θ = θ - lr·v.

    >>> x = Value(1.0)
    >>> SGD([x], lr=0.5, momentum=0.9).state
    ([0.0],)
    """

    def __init__(
        self, parameters: Iterable[Value], lr: float = 0.01, momentum: float = 0.0
    ) -> None:
        """Choose the rate and the share of the velocity that is kept."""
        kept = _between("momentum", momentum, 0.0, 1.0)
        super().__init__(parameters, chain(*_velocity(kept)), lr)


class Adam(Optimizer):
    """Adaptive moments, bias-corrected (Kingma and Ba 2015, algorithm 1).

    >>> x = Value(1.0)
    >>> optimizer = Adam([x], lr=0.1)
    >>> (x * x).backward()
    >>> optimizer.step()
    >>> round(x.data, 6)
    0.9
    """

    def __init__(
        self,
        parameters: Iterable[Value],
        lr: float = 0.001,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
    ) -> None:
        """Choose the rate and the memory of the two running means."""
        b1, b2 = (_between("betas", beta, 0.0, 1.0) for beta in betas)
        eps = _between("eps", eps, 0.0, float("inf"))
        super().__init__(parameters, chain(scale_by_adam(b1, b2, eps)), lr)


def _velocity(decay: float) -> list[Transformation]:
    return [momentum(decay)] if decay else []


def _checked(candidates: Any) -> list[Value]:
    if not isinstance(candidates, Iterable):
        raise OperandError(
            f"an optimiser takes a list of parameters such as model.parameters(), not "
            f"{candidates!r}"
        )
    parameters = list(candidates)
    for parameter in parameters:
        if not isinstance(parameter, Value) or not parameter.is_leaf:
            raise OperandError(
                f"an optimiser takes leaf Values as parameters, not {parameter!r}"
            )
    if not parameters:
        raise ShapeError("an optimiser takes at least one parameter; got none")
    return parameters


def _between(name: str, number: float, low: float, high: float) -> float:
    if not isfinite(number) or not low <= number < high:
        raise DomainError(f"{name} takes a number from {low} to {high}, not {number!r}")
    return number
