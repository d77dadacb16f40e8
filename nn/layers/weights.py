"""How a layer's parameters begin: nested lists of Values, drawn from left to right.

Layers that PyTorch has begin as PyTorch's do, with other numbers: its generator is not
ours. One `random.Random` serves a layer, in the order in which its docstring names the
parameters, so that a seed makes the same layer on every machine.
"""

import math
from collections.abc import Callable, Sequence
from random import Random
from typing import Any

from autograd_core import Value
from autograd_core.errors import ShapeError, UnknownNameError

from ..hyperparameters import count
from ..initializers import INITIALIZERS

__all__ = ["Initializer", "by_fan_in", "drawn", "initializer", "pair"]

Initializer = Callable[[int, int, Random], float]


def pair(n: Any, name: str, least: int = 1) -> tuple[int, int]:
    """Return (rows, columns) from one number for both, or two.

    >>> pair(3, "kernel_size"), pair((2, 1), "stride")
    ((3, 3), (2, 1))
    """
    sides = n if isinstance(n, list | tuple) else (n, n)
    if len(sides) != 2:
        raise ShapeError(
            f"{name} takes one number or two, rows and columns, not {n!r:.60}"
        )
    rows, columns = (count(name, side, least) for side in sides)
    return rows, columns


def initializer(init: str | Initializer) -> Initializer:
    """Find an initialiser by its name; take a function as it is."""
    if callable(init):
        return init
    if init not in INITIALIZERS:
        raise UnknownNameError("initialiser", init, INITIALIZERS)
    return INITIALIZERS[init]


def drawn(
    shape: Sequence[int],
    draw: Initializer,
    random: Random,
    fans: tuple[int, int] = (1, 1),
) -> Any:
    """Return nested lists of parameters of this shape, for these fans.

    >>> drawn((2, 2), initializer("ones"), Random(0))[1]
    [Value(data=1.0, grad=0.0), Value(data=1.0, grad=0.0)]
    """
    if not shape:
        return Value(draw(*fans, random))
    return [drawn(shape[1:], draw, random, fans) for _ in range(shape[0])]


def by_fan_in(n_in: int, n_out: int, random: Random) -> float:
    """Draw from U(-1/√n_in, 1/√n_in), where PyTorch's layers begin.

    >>> abs(by_fan_in(100, 1, Random(0))) <= 0.1
    True
    """
    bound = 1.0 / math.sqrt(n_in)
    return random.uniform(-bound, bound)
