"""A layer as a function of plain numbers, to be judged by `check_derivative`."""

import math
from typing import Any

import numpy as np

from autograd_core import dot
from autograd_core.testing import check_derivative
from nn import Module
from nn.nested import flat, nest
from nn.stateless import replaced


def assert_derivatives(module: Module, *shapes: tuple[int, ...], seed: int = 0) -> None:
    """Assert that the derivatives by all parameters and inputs are right.

    The layer is called with arguments of these shapes, at a random point; what it
    returns is weighed and added up, so that every output counts.
    """
    parameters = module.parameters()
    count = len(parameters) + sum(map(math.prod, shapes))
    point = np.random.default_rng(seed).normal(size=count).tolist()

    def function(*numbers: Any) -> Any:
        rest = iter(numbers)
        seats = {parameter: next(rest) for parameter in parameters}
        with replaced(module, seats):
            return weighed(module(*[nest(rest, shape) for shape in shapes]))

    assert check_derivative(function, *point).verdict == "pass"


def weighed(outputs: Any) -> Any:
    """Return one node of all outputs, each of another weight."""
    numbers = list(flat(outputs))
    return dot(numbers, [math.cos(i + 0.5) for i in range(len(numbers))])
