"""What an optimiser does to gradients, in small steps that chain.

A transformation is a pair of pure functions on lists of floats: `init(parameters)`
gives its first state, `update(updates, state)` gives new updates and the next state.
An optimiser is a chain of them; the shape is that of optax.
"""

from collections.abc import Callable
from math import sqrt
from typing import Any, NamedTuple

__all__ = ["Transformation", "chain", "momentum", "scale_by_adam"]

Floats = list[float]


class Transformation(NamedTuple):
    """A pair `init(parameters) -> state`, `update(updates, state) -> (updates, state)`.

    >>> double = Transformation(lambda p: (), lambda u, s: ([2 * x for x in u], s))
    >>> double.update([1.0, 2.0], ())
    ([2.0, 4.0], ())
    """

    init: Callable[[Floats], Any]
    update: Callable[[Floats, Any], tuple[Floats, Any]]


def chain(*parts: Transformation) -> Transformation:
    """Apply transformations one after the other; the state is a tuple of theirs."""

    def update(updates: Floats, state: Any) -> tuple[Floats, Any]:
        following = []
        for part, its_state in zip(parts, state, strict=True):
            updates, its_state = part.update(updates, its_state)
            following.append(its_state)
        return updates, tuple(following)

    return Transformation(lambda p: tuple(part.init(p) for part in parts), update)


def momentum(decay: float) -> Transformation:
    """Replace each gradient g by the velocity v = decay·v + g (Polyak 1964).

    >>> velocity = momentum(0.5)
    >>> velocity.update([1.0], [4.0])
    ([3.0], [3.0])
    """

    def update(gradients: Floats, velocity: Floats) -> tuple[Floats, Floats]:
        velocity = [decay * v + g for v, g in zip(velocity, gradients, strict=True)]
        return velocity, velocity

    return Transformation(lambda p: [0.0] * len(p), update)


def scale_by_adam(b1: float, b2: float, eps: float) -> Transformation:
    """Divide the running mean of g by the root of that of g² (Kingma and Ba 2015).

    mu = b1·mu + (1 - b1)·g,  nu = b2·nu + (1 - b2)·g²,
    update = mu/(1 - b1ᵗ) / (√(nu/(1 - b2ᵗ)) + eps).
    """

    def update(gradients: Floats, state: Any) -> tuple[Floats, Any]:
        t, mu, nu = state
        t += 1
        mu = [b1 * m + (1 - b1) * g for m, g in zip(mu, gradients, strict=True)]
        nu = [b2 * n + (1 - b2) * g * g for n, g in zip(nu, gradients, strict=True)]
        mu_scale, nu_scale = 1 / (1 - b1**t), 1 / (1 - b2**t)
        updates = [
            m * mu_scale / (sqrt(n * nu_scale) + eps)
            for m, n in zip(mu, nu, strict=True)
        ]
        return updates, (t, mu, nu)

    return Transformation(lambda p: (0, [0.0] * len(p), [0.0] * len(p)), update)
