"""What an optimiser does to gradients, in small steps that chain.

A transformation is a pair of pure functions on lists of floats: `init(parameters)`
gives its first state, `update(updates, state)` gives new updates and the next state.
An optimiser is a chain of them; the shape is that of optax.

A state is a tree of tuples. Its lists hold one entry for each parameter, so that an
optimiser can leave out a parameter that got no gradient; the names are PyTorch's.
"""

from collections.abc import Callable
from math import sqrt
from typing import Any, NamedTuple

from autograd_core.errors import DomainError, OperandError

from .hyperparameters import between

__all__ = [
    "Transformation",
    "add_decayed_weights",
    "chain",
    "momentum",
    "scale_by_adagrad",
    "scale_by_adam",
    "scale_by_rms",
    "scale_by_stddev",
]

Floats = list[float]


class Transformation(NamedTuple):
    """A pair `init(parameters) -> state`, `update(updates, state) -> (updates, state)`.

    One that `reads_parameters` is given them as a third argument of `update`.

    >>> double = Transformation(lambda p: (), lambda u, s: ([2 * x for x in u], s))
    >>> double.update([1.0, 2.0], ())
    ([2.0, 4.0], ())
    """

    init: Callable[[Floats], Any]
    update: Callable[..., tuple[Floats, Any]]
    reads_parameters: bool = False

    def apply(
        self, updates: Floats, state: Any, parameters: Floats
    ) -> tuple[Floats, Any]:
        """Call `update` with the arguments that it takes."""
        if self.reads_parameters:
            return self.update(updates, state, parameters)
        return self.update(updates, state)


def chain(*parts: Transformation) -> Transformation:
    """Apply transformations one after the other; the state is a tuple of theirs.

    >>> both = chain(add_decayed_weights(0.5), momentum(0.5))
    >>> both.update([1.0], ((), [4.0]), [4.0])
    ([5.0], ((), [5.0]))
    """
    for part in parts:
        if not isinstance(part, Transformation):
            raise OperandError(
                "chain takes transformations such as scale_by_adam(0.9, 0.999, 1e-8) "
                f"and clip_by_value(1.0), not {part!r:.60} of type "
                f"{type(part).__name__}"
            )

    def update(
        updates: Floats, state: Any, parameters: Floats | None = None
    ) -> tuple[Floats, Any]:
        following = []
        for part, its_state in zip(parts, state, strict=True):
            updates, its_state = part.apply(updates, its_state, parameters or [])
            following.append(its_state)
        return updates, tuple(following)

    return Transformation(
        lambda p: tuple(part.init(p) for part in parts),
        update,
        reads_parameters=any(part.reads_parameters for part in parts),
    )


def add_decayed_weights(weight_decay: float) -> Transformation:
    """Replace each gradient g by g + weight_decay·θ, which pulls the parameter θ to 0.

    In front of the moments of a chain it is the gradient of ½·weight_decay·θ², the L2
    penalty, and the moments rescale it. Behind them it is decoupled: every parameter
    shrinks at the same rate (Loshchilov and Hutter 2019).

    >>> add_decayed_weights(0.5).update([1.0], (), [4.0])
    ([3.0], ())
    """
    weight_decay = between("weight_decay", weight_decay, 0.0)

    def update(gradients: Floats, state: Any, parameters: Floats) -> tuple[Floats, Any]:
        pairs = zip(gradients, parameters, strict=True)
        return [g + weight_decay * p for g, p in pairs], state

    return Transformation(lambda p: (), update, reads_parameters=True)


def momentum(
    decay: float, dampening: float = 0.0, nesterov: bool = False
) -> Transformation:
    """Replace each gradient g by the velocity v = decay·v + (1 - dampening)·g.

    The first velocity is the first gradient (Polyak 1964). Nesterov's form looks a
    step ahead, g + decay·v, as in Sutskever et al. 2013. The state is the list of
    velocities, None where there has been no gradient yet.

    >>> momentum(0.5).update([1.0], [4.0])
    ([3.0], [3.0])
    >>> momentum(0.5, nesterov=True).update([1.0], [4.0])
    ([2.5], [3.0])
    """
    decay = between("momentum", decay, 0.0, 1.0)
    dampening = between("dampening", dampening, 0.0, 1.0)
    if nesterov and (not decay or dampening):
        raise DomainError(
            "nesterov=True takes a momentum above 0 and no dampening, not "
            f"momentum={decay} and dampening={dampening}"
        )

    def update(gradients: Floats, state: list[Any]) -> tuple[Floats, Floats]:
        velocity = [
            g if v is None else decay * v + (1 - dampening) * g
            for v, g in zip(state, gradients, strict=True)
        ]
        if not nesterov:
            return velocity, velocity
        pairs = zip(gradients, velocity, strict=True)
        return [g + decay * v for g, v in pairs], velocity

    return Transformation(lambda p: [None] * len(p), update)


class RMSState(NamedTuple):
    """The running mean of each squared gradient."""

    square_avg: Floats


def scale_by_rms(alpha: float, eps: float) -> Transformation:
    """Divide each g by the root of a running mean of g² (Tieleman and Hinton 2012).

    nu = alpha·nu + (1 - alpha)·g²,  update = g / (√nu + eps).

    >>> scale_by_rms(0.75, 0.0).update([3.0], RMSState([0.0]))
    ([2.0], RMSState(square_avg=[2.25]))
    """
    alpha, eps = between("alpha", alpha, 0.0, 1.0), between("eps", eps, 0.0)

    def update(gradients: Floats, state: Any) -> tuple[Floats, Any]:
        (nu,) = state
        nu = [
            alpha * n + (1 - alpha) * g * g for n, g in zip(nu, gradients, strict=True)
        ]
        return _divided(gradients, nu, eps), RMSState(nu)

    return Transformation(lambda p: RMSState([0.0] * len(p)), update)


class DeviationState(NamedTuple):
    """The running mean of each gradient, and of its squared distance from it."""

    grad_avg: Floats
    variance: Floats


def scale_by_stddev(alpha: float, eps: float) -> Transformation:
    """Divide each g by a running standard deviation of it (Graves 2013, eq. 38–45).

    The variance nu - mu² of the running means of g² and g, updated as it stands,
    variance = alpha·(variance + (1 - alpha)·(g - mu)²): the difference would lose its
    digits, and its sign, where gradients hardly vary.

    >>> scale_by_stddev(0.5, 0.0).update([3.0], DeviationState([1.0], [6.0]))
    ([1.5], DeviationState(grad_avg=[2.0], variance=[4.0]))
    """
    alpha, eps = between("alpha", alpha, 0.0, 1.0), between("eps", eps, 0.0)

    def update(gradients: Floats, state: Any) -> tuple[Floats, Any]:
        mu, variance = state
        away = [g - m for g, m in zip(gradients, mu, strict=True)]
        variance = [
            alpha * (v + (1 - alpha) * a * a)
            for v, a in zip(variance, away, strict=True)
        ]
        mu = [m + (1 - alpha) * a for m, a in zip(mu, away, strict=True)]
        return _divided(gradients, variance, eps), DeviationState(mu, variance)

    return Transformation(
        lambda p: DeviationState([0.0] * len(p), [0.0] * len(p)), update
    )


class AdagradState(NamedTuple):
    """The steps and the sum of squared gradients of each parameter."""

    step: list[int]
    sum: Floats


def scale_by_adagrad(
    eps: float, lr_decay: float = 0.0, initial: float = 0.0
) -> Transformation:
    """Divide each g by the root of the sum of all g² so far (Duchi et al. 2011).

    sum = sum + g²,  update = g / (√sum + eps) / (1 + (t - 1)·lr_decay).

    >>> scale_by_adagrad(0.0).update([3.0], AdagradState([1], [16.0]))
    ([0.6], AdagradState(step=[2], sum=[25.0]))
    """
    eps, lr_decay = between("eps", eps, 0.0), between("lr_decay", lr_decay, 0.0)
    initial = between("initial_accumulator_value", initial, 0.0)

    def update(gradients: Floats, state: Any) -> tuple[Floats, Any]:
        step, total = state
        total = [s + g * g for s, g in zip(total, gradients, strict=True)]
        pairs = zip(_divided(gradients, total, eps), step, strict=True)
        updates = [u / (1 + t * lr_decay) for u, t in pairs]
        return updates, AdagradState([t + 1 for t in step], total)

    return Transformation(
        lambda p: AdagradState([0] * len(p), [initial] * len(p)), update
    )


class AdamState(NamedTuple):
    """The steps and the two running means of each parameter."""

    step: list[int]
    exp_avg: Floats
    exp_avg_sq: Floats


def scale_by_adam(b1: float, b2: float, eps: float) -> Transformation:
    """Divide the running mean of g by the root of that of g² (Kingma and Ba 2015).

    mu = b1·mu + (1 - b1)·g,  nu = b2·nu + (1 - b2)·g²,
    update = mu/(1 - b1ᵗ) / (√(nu/(1 - b2ᵗ)) + eps).

    >>> updates, state = scale_by_adam(0.5, 0.5, 0.0).update(
    ...     [3.0], AdamState([0], [0.0], [0.0])
    ... )
    >>> updates, state
    ([1.0], AdamState(step=[1], exp_avg=[1.5], exp_avg_sq=[4.5]))
    """
    b1, b2 = between("b1 of betas", b1, 0.0, 1.0), between("b2 of betas", b2, 0.0, 1.0)
    eps = between("eps", eps, 0.0)

    def update(gradients: Floats, state: Any) -> tuple[Floats, Any]:
        step, mu, nu = state
        step = [t + 1 for t in step]
        mu = [b1 * m + (1 - b1) * g for m, g in zip(mu, gradients, strict=True)]
        nu = [b2 * n + (1 - b2) * g * g for n, g in zip(nu, gradients, strict=True)]
        scales = {t: (1 / (1 - b1**t), 1 / (1 - b2**t)) for t in set(step)}
        means = [m * scales[t][0] for m, t in zip(mu, step, strict=True)]
        squares = [n * scales[t][1] for n, t in zip(nu, step, strict=True)]
        return _divided(means, squares, eps), AdamState(step, mu, nu)

    return Transformation(
        lambda p: AdamState([0] * len(p), [0.0] * len(p), [0.0] * len(p)), update
    )


def _divided(numbers: Floats, squares: Floats, eps: float) -> Floats:
    """Return each number over the root of its square plus eps; where that is 0, 0."""
    return [
        x / d if (d := sqrt(s) + eps) else 0.0
        for x, s in zip(numbers, squares, strict=True)
    ]
