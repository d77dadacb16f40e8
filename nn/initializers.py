"""How weights begin: random, and as large as the layer's width asks.

A signal keeps its variance through a layer if the weights' variance fits the number of
inputs, and a gradient if it fits the number of outputs. Each initialiser draws one
weight from `(n_in, n_out, random)`; the variances are those of the papers named.
"""

import math
from collections.abc import Callable
from random import Random

__all__ = ["INITIALIZERS", "glorot_normal", "glorot_uniform", "he_normal", "he_uniform"]


def glorot_uniform(n_in: int, n_out: int, random: Random) -> float:
    """Draw from U(-b, b) with b = √(6/(n_in + n_out)) (Glorot and Bengio 2010)."""
    bound = math.sqrt(6.0 / (n_in + n_out))
    return random.uniform(-bound, bound)


def glorot_normal(n_in: int, n_out: int, random: Random) -> float:
    """Draw from a normal distribution of variance 2/(n_in + n_out) (same paper)."""
    return random.gauss(0.0, math.sqrt(2.0 / (n_in + n_out)))


def he_uniform(n_in: int, n_out: int, random: Random) -> float:
    """Draw from U(-b, b) with b = √(6/n_in), for relu and its kin (He et al. 2015)."""
    bound = math.sqrt(6.0 / n_in)
    return random.uniform(-bound, bound)


def he_normal(n_in: int, n_out: int, random: Random) -> float:
    """Draw from a normal distribution of variance 2/n_in (same paper)."""
    return random.gauss(0.0, math.sqrt(2.0 / n_in))


INITIALIZERS: dict[str, Callable[[int, int, Random], float]] = {
    "glorot_normal": glorot_normal,
    "glorot_uniform": glorot_uniform,
    "he_normal": he_normal,
    "he_uniform": he_uniform,
}
