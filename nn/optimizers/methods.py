"""The optimisers by name, each a chain of transformations.

Names, arguments and defaults are PyTorch's, and so are the steps, to rounding. In the
equations g is a gradient, θ a parameter, u the update of θ ← θ - lr·u.
"""

from collections.abc import Iterable
from functools import partial
from typing import Any

from autograd_core.errors import OperandError

from ..transformations import (
    Transformation,
    add_decayed_weights,
    chain,
    scale_by_adagrad,
    scale_by_adam,
    scale_by_rms,
    scale_by_stddev,
)
from ..transformations import (
    momentum as momentum_of,
)
from .optimizer import Optimizer

__all__ = ["SGD", "Adagrad", "Adam", "AdamW", "RMSprop"]


class SGD(Optimizer):
    """Gradient descent, u = v with v = momentum·v + (1 - dampening)·g.

    `nesterov` looks ahead, u = g + momentum·v (Sutskever et al. 2013), and
    `weight_decay` adds weight_decay·θ to g, the L2 penalty.

    >>> from autograd_core import Value
    >>> x = Value(1.0)
    >>> optimizer = SGD([x], lr=0.5, momentum=0.9)
    >>> for _ in range(2):
    ...     x.grad = 1.0
    ...     optimizer.step()
    >>> round(x.data, 12)
    -0.45
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 0.001,
        momentum: float = 0.0,
        dampening: float = 0.0,
        weight_decay: float = 0.0,
        nesterov: bool = False,
    ) -> None:
        """Choose the rate and the share of the velocity that is kept."""
        options: dict[str, Any] = {"momentum": momentum, "dampening": dampening}
        options |= {"weight_decay": weight_decay, "nesterov": nesterov}
        super().__init__(params, partial(self.transformation, **options), lr)

    @staticmethod
    def transformation(
        momentum: float, dampening: float, weight_decay: float, nesterov: bool
    ) -> Transformation:
        """Return the chain: decay, then momentum."""
        velocity = momentum_of(momentum, dampening, nesterov)
        return chain(*_decay(weight_decay), *([velocity] if momentum else []))


class RMSprop(Optimizer):
    """Each gradient over the root of its running mean square, u = g/(√nu + eps).

    nu = alpha·nu + (1 - alpha)·g² (Tieleman and Hinton 2012, lecture 6.5). `centered`
    takes the running variance instead (Graves 2013); `momentum` gathers u as SGD does
    g; `weight_decay` is the L2 penalty.

    >>> from autograd_core import Value
    >>> x = Value(1.0)
    >>> optimizer = RMSprop([x], lr=0.1, alpha=0.75)
    >>> x.grad = 20.0
    >>> optimizer.step()
    >>> round(x.data, 6)
    0.8
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 0.01,
        alpha: float = 0.99,
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        momentum: float = 0.0,
        centered: bool = False,
    ) -> None:
        """Choose the rate and the memory of the running mean."""
        options: dict[str, Any] = {
            "alpha": alpha,
            "eps": eps,
            "weight_decay": weight_decay,
        }
        options |= {"momentum": momentum, "centered": centered}
        super().__init__(params, partial(self.transformation, **options), lr)

    @staticmethod
    def transformation(
        alpha: float, eps: float, weight_decay: float, momentum: float, centered: bool
    ) -> Transformation:
        """Return the chain: decay, scale, then momentum."""
        scale = (scale_by_stddev if centered else scale_by_rms)(alpha, eps)
        velocity = momentum_of(momentum)
        return chain(*_decay(weight_decay), scale, *([velocity] if momentum else []))


class Adagrad(Optimizer):
    """Each gradient over the root of the sum of its squares so far (Duchi et al. 2011).

    u = g/(√sum + eps)/(1 + (t - 1)·lr_decay), sum = initial_accumulator_value + Σ g².

    >>> from autograd_core import Value
    >>> x = Value(1.0)
    >>> optimizer = Adagrad([x], lr=0.5)
    >>> x.grad = 7.0
    >>> optimizer.step()
    >>> round(x.data, 6)
    0.5
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 0.01,
        lr_decay: float = 0.0,
        weight_decay: float = 0.0,
        initial_accumulator_value: float = 0.0,
        eps: float = 1e-10,
    ) -> None:
        """Choose the rate and how it decays."""
        options: dict[str, Any] = {
            "lr_decay": lr_decay,
            "weight_decay": weight_decay,
            "eps": eps,
        }
        options |= {"initial_accumulator_value": initial_accumulator_value}
        super().__init__(params, partial(self.transformation, **options), lr)

    @staticmethod
    def transformation(
        lr_decay: float,
        weight_decay: float,
        initial_accumulator_value: float,
        eps: float,
    ) -> Transformation:
        """Return the chain: decay, then scale."""
        scale = scale_by_adagrad(eps, lr_decay, initial_accumulator_value)
        return chain(*_decay(weight_decay), scale)


class Adam(Optimizer):
    """Adaptive moments, bias-corrected (Kingma and Ba 2015, algorithm 1).

    u = mu/(1 - b1ᵗ) / (√(nu/(1 - b2ᵗ)) + eps), with the running means mu of g and nu
    of g². `weight_decay` is the L2 penalty: it is added to g.

    >>> from autograd_core import Value
    >>> x = Value(1.0)
    >>> optimizer = Adam([x], lr=0.1)
    >>> (x * x).backward()
    >>> optimizer.step()
    >>> round(x.data, 6)
    0.9
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 0.001,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
    ) -> None:
        """Choose the rate and the memory of the two running means."""
        options: dict[str, Any] = {
            "betas": betas,
            "eps": eps,
            "weight_decay": weight_decay,
        }
        super().__init__(params, partial(self.transformation, **options), lr)

    @staticmethod
    def transformation(
        betas: tuple[float, float], eps: float, weight_decay: float
    ) -> Transformation:
        """Return the chain: decay, then scale, whose moments see the decay."""
        return chain(*_decay(weight_decay), _adam(betas, eps))


class AdamW(Adam):
    """Adam with decoupled decay, u = Adam's u + weight_decay·θ.

    The moments do not see the decay, so that it shrinks every parameter alike
    (Loshchilov and Hutter 2019).

    >>> from autograd_core import Value
    >>> x = Value(1.0)
    >>> optimizer = AdamW([x], lr=0.1, weight_decay=0.5)
    >>> x.grad = 0.0
    >>> optimizer.step()
    >>> x.data
    0.95
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 0.001,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.01,
    ) -> None:
        """Choose the rate, the memory of the two running means and the decay."""
        super().__init__(params, lr, betas, eps, weight_decay)

    @staticmethod
    def transformation(
        betas: tuple[float, float], eps: float, weight_decay: float
    ) -> Transformation:
        """Return the chain: scale, then decay."""
        return chain(_adam(betas, eps), *_decay(weight_decay))


def _adam(betas: Any, eps: float) -> Transformation:
    if not isinstance(betas, tuple | list) or len(betas) != 2:
        raise OperandError(f"betas takes two numbers, not {betas!r:.60}")
    b1, b2 = betas
    return scale_by_adam(b1, b2, eps)


def _decay(weight_decay: float) -> list[Transformation]:
    decay = add_decayed_weights(weight_decay)
    return [decay] if weight_decay else []
