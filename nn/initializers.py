"""How weights begin: random, and as large as the layer's width asks.

A signal keeps its variance through a layer if the weights' variance fits the number of
inputs, and a gradient if it fits the number of outputs. Each initialiser draws one
weight from `(n_in, n_out, random)`, where a convolution counts the numbers under its
window as `fans` does; what else it takes is given with `functools.partial`. Only
`orthogonal` draws a whole matrix, whose numbers hang together.
"""

import math
from collections.abc import Callable, Sequence
from random import Random

from autograd_core import dot
from autograd_core.errors import ShapeError, UnknownNameError

__all__ = [
    "INITIALIZERS",
    "calculate_gain",
    "constant",
    "fans",
    "glorot_normal",
    "glorot_uniform",
    "he_normal",
    "he_uniform",
    "normal",
    "ones",
    "orthogonal",
    "uniform",
    "zeros",
]

_SQUARED_GAINS = {  # squared, since √2 cannot be a float and 2 can
    **dict.fromkeys(("linear", "conv1d", "conv2d", "conv3d", "sigmoid"), 1.0),
    "relu": 2.0,
    "selu": 0.75**2,
    "tanh": (5.0 / 3.0) ** 2,
}


def calculate_gain(nonlinearity: str, param: float | None = None) -> float:
    """Return the factor by which weights make up for what a non-linearity takes away.

    It is √2 for relu, which loses half of the variance, √(2/(1 + slope²)) for
    leaky_relu of the slope `param`, 5/3 for tanh, ¾ for selu and 1 otherwise: the table
    of PyTorch's `torch.nn.init.calculate_gain`.

    >>> calculate_gain("leaky_relu", 1.0)
    1.0
    """
    return math.sqrt(_squared_gain(nonlinearity, 0.01 if param is None else param))


def _squared_gain(nonlinearity: str, slope: float) -> float:
    if nonlinearity == "leaky_relu":
        return 2.0 / (1.0 + slope * slope)
    if nonlinearity not in _SQUARED_GAINS:
        raise UnknownNameError("gain", nonlinearity, [*_SQUARED_GAINS, "leaky_relu"])
    return _SQUARED_GAINS[nonlinearity]


def fans(shape: Sequence[int]) -> tuple[int, int]:
    """Return how many inputs a unit sees, and how many units an input feeds.

    `shape` is that of the weights in PyTorch's layout: outputs × inputs, then the
    window of a convolution, whose every place counts.

    >>> fans((16, 3, 5, 5))
    (75, 400)
    """
    if len(shape) < 2 or not all(type(n) is int and n > 0 for n in shape):
        raise ShapeError(
            "fans takes the shape (n_out, n_in, *window) of weights, whole numbers "
            f"from 1 up, not {shape!r:.60}"
        )
    n_out, n_in, *window = shape
    return n_in * math.prod(window), n_out * math.prod(window)


def zeros(n_in: int, n_out: int, random: Random) -> float:
    """Be 0: right for biases; units that all begin so stay equal to each other."""
    return 0.0


def ones(n_in: int, n_out: int, random: Random) -> float:
    """Be 1."""
    return 1.0


def constant(n_in: int, n_out: int, random: Random, val: float) -> float:
    """Be `val`, as in `partial(constant, val=0.1)`.

    >>> constant(2, 3, Random(0), val=0.1)
    0.1
    """
    return val


def uniform(
    n_in: int, n_out: int, random: Random, a: float = 0.0, b: float = 1.0
) -> float:
    """Draw from U(a, b), whatever the width.

    >>> from functools import partial
    >>> draw = partial(uniform, a=-0.5, b=0.5)
    >>> -0.5 <= draw(2, 3, Random(0)) <= 0.5
    True
    """
    return random.uniform(a, b)


def normal(
    n_in: int, n_out: int, random: Random, mean: float = 0.0, std: float = 1.0
) -> float:
    """Draw from a normal distribution of this mean and this standard deviation.

    >>> normal(2, 3, Random(0), mean=5.0, std=0.0)
    5.0
    """
    return random.gauss(mean, std)


def glorot_uniform(n_in: int, n_out: int, random: Random, gain: float = 1.0) -> float:
    """Draw from U(-b, b) with b = gain·√(6/(n_in + n_out)) (Glorot and Bengio 2010).

    >>> random = Random(0)
    >>> max(abs(glorot_uniform(2, 4, random)) for _ in range(99)) <= 1.0
    True
    """
    bound = gain * math.sqrt(6.0 / _counted(n_in + n_out))
    return random.uniform(-bound, bound)


def glorot_normal(n_in: int, n_out: int, random: Random, gain: float = 1.0) -> float:
    """Draw from a normal distribution of variance gain²·2/(n_in + n_out) (as above).

    >>> random = Random(0)
    >>> weights = [glorot_normal(50, 150, random) for _ in range(9999)]
    >>> round(sum(w * w for w in weights) / 9999, 3)
    0.01
    """
    return random.gauss(0.0, gain * math.sqrt(2.0 / _counted(n_in + n_out)))


def he_uniform(
    n_in: int,
    n_out: int,
    random: Random,
    a: float = 0.0,
    mode: str = "fan_in",
    nonlinearity: str = "leaky_relu",
) -> float:
    """Draw from U(-b, b) with b = gain·√(3/fan), for relu and its kin (He et al. 2015).

    The gain is that of the non-linearity, leaky_relu of slope `a`, which at 0 is relu
    and makes b = √(6/n_in). The fan is n_in, or n_out with `mode="fan_out"`, which
    keeps the variance of gradients instead. PyTorch's linear layers begin with a = √5.

    >>> random = Random(0)
    >>> max(abs(he_uniform(6, 1, random)) for _ in range(99)) <= 1.0
    True
    """
    bound = math.sqrt(3.0 * _squared_gain(nonlinearity, a) / _fan(mode, n_in, n_out))
    return random.uniform(-bound, bound)


def he_normal(
    n_in: int,
    n_out: int,
    random: Random,
    a: float = 0.0,
    mode: str = "fan_in",
    nonlinearity: str = "leaky_relu",
) -> float:
    """Draw from a normal distribution of variance gain²/fan, which `he_uniform` has.

    It is 2/n_in unless `a`, `mode` or `nonlinearity` say otherwise (same paper).

    >>> random = Random(0)
    >>> weights = [he_normal(50, 10, random) for _ in range(9999)]
    >>> round(sum(w * w for w in weights) / 9999, 3)
    0.04
    """
    std = math.sqrt(_squared_gain(nonlinearity, a) / _fan(mode, n_in, n_out))
    return random.gauss(0.0, std)


def orthogonal(
    rows: int, columns: int, random: Random, gain: float = 1.0
) -> list[list[float]]:
    """Draw a whole matrix that keeps lengths: orthonormal rows, or columns, times gain.

    Of all such matrices none is likelier than another: normal draws are made orthogonal
    one after the other (Saxe et al. 2014; Mezzadri 2007).

    >>> (a, b), (c, d) = orthogonal(2, 2, Random(0))
    >>> abs(a * c + b * d) < 1e-15
    True
    """
    few, many = sorted((rows, columns))
    if few < 1:
        raise ShapeError(f"orthogonal takes at least one row and column, not {few}")
    basis: list[list[float]] = []
    while len(basis) < few:
        vector = [random.gauss(0.0, 1.0) for _ in range(many)]
        for other in basis * 2:  # the second pass takes away what rounding left
            overlap = dot(vector, other)
            vector = [v - overlap * o for v, o in zip(vector, other, strict=True)]
        length = math.hypot(*vector)
        basis.append([v / length for v in vector])
    matrix = [[gain * v for v in vector] for vector in basis]
    return matrix if rows <= columns else [*map(list, zip(*matrix, strict=True))]


INITIALIZERS: dict[str, Callable[[int, int, Random], float]] = {
    "glorot_normal": glorot_normal,
    "glorot_uniform": glorot_uniform,
    "he_normal": he_normal,
    "he_uniform": he_uniform,
    "kaiming_normal": he_normal,  # PyTorch calls the papers by their first authors
    "kaiming_uniform": he_uniform,
    "normal": normal,
    "ones": ones,
    "uniform": uniform,
    "xavier_normal": glorot_normal,
    "xavier_uniform": glorot_uniform,
    "zeros": zeros,
}


def _fan(mode: str, n_in: int, n_out: int) -> int:
    counts = {"fan_in": n_in, "fan_out": n_out}
    if mode not in counts:
        raise UnknownNameError("mode", mode, counts)
    return _counted(counts[mode])


def _counted(fan: int) -> int:
    if fan < 1:
        raise ShapeError(f"an initialiser takes a layer of at least 1 unit, not {fan}")
    return fan
