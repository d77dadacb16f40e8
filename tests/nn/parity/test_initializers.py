"""Gains, fans and distributions of the initialisers are PyTorch's."""

import math
from functools import partial
from random import Random

import pytest

from nn.initializers import (
    calculate_gain,
    fans,
    glorot_normal,
    glorot_uniform,
    he_normal,
    he_uniform,
    normal,
    uniform,
)

torch = pytest.importorskip("torch", reason="pip install 'autograd-core[parity]'")
init = torch.nn.init

SHAPES = [(4, 3), (1, 7), (16, 3, 5, 5), (8, 2, 3), (2, 3, 1, 2, 4)]
GAINS = ["linear", "conv1d", "conv2d", "conv3d", "sigmoid", "tanh", "relu", "selu"]

# Ours beside PyTorch's, which fills a tensor in place.
INITIALIZERS = {
    "uniform": (uniform, init.uniform_),
    "normal": (normal, init.normal_),
    "xavier_uniform": (glorot_uniform, init.xavier_uniform_),
    "xavier_uniform, gain": (
        partial(glorot_uniform, gain=5 / 3),
        partial(init.xavier_uniform_, gain=5 / 3),
    ),
    "xavier_normal": (glorot_normal, init.xavier_normal_),
    "kaiming_uniform": (he_uniform, init.kaiming_uniform_),
    "kaiming_uniform, fan_out": (
        partial(he_uniform, mode="fan_out"),
        partial(init.kaiming_uniform_, mode="fan_out"),
    ),
    "kaiming_uniform, tanh": (
        partial(he_uniform, nonlinearity="tanh"),
        partial(init.kaiming_uniform_, nonlinearity="tanh"),
    ),
    "kaiming_normal": (he_normal, init.kaiming_normal_),
    "kaiming_normal, slope √5": (
        partial(he_normal, a=math.sqrt(5)),
        partial(init.kaiming_normal_, a=math.sqrt(5)),
    ),
}


@pytest.mark.parametrize("name", GAINS)
def test_gains_are_pytorchs(name):
    """The table is the same to the bit."""
    assert calculate_gain(name) == init.calculate_gain(name)


@pytest.mark.parametrize("slope", [None, 0.0, 0.2, 1, math.sqrt(5)])
def test_the_gain_of_leaky_relu_is_pytorchs(slope):
    """It follows the slope, 0.01 if none is given."""
    assert calculate_gain("leaky_relu", slope) == init.calculate_gain(
        "leaky_relu", slope
    )


@pytest.mark.parametrize("shape", SHAPES)
def test_fans_are_pytorchs(shape):
    """Inputs of a unit and outputs of an input, for dense layers and convolutions."""
    assert fans(shape) == init._calculate_fan_in_and_fan_out(torch.empty(shape))


@pytest.mark.parametrize(
    ("ours", "theirs"), INITIALIZERS.values(), ids=list(INITIALIZERS)
)
def test_draws_are_distributed_as_pytorchs(ours, theirs):
    """Two samples of 40,000 are as near to each other as samples of one distribution.

    Each is within d of its distribution except with probability 2·exp(-2nd²), so both
    are within 2d of each other (Massart 1990).
    """
    shape = (100, 4, 10, 10)
    count = math.prod(shape)
    farthest = 2 * math.sqrt(math.log(2 / 1e-9) / (2 * count))
    random = Random(0)
    n_in, n_out = fans(shape)
    generator = torch.Generator().manual_seed(0)
    tensor = torch.empty(shape, dtype=torch.float64)

    draws = torch.empty(count, dtype=torch.float64)
    draws.apply_(lambda _: ours(n_in, n_out, random))
    theirs(tensor, generator=generator)

    grid = torch.cat([draws, tensor.flatten()]).sort().values
    share = torch.searchsorted(draws.sort().values, grid, right=True) / count
    wanted = (
        torch.searchsorted(tensor.flatten().sort().values, grid, right=True) / count
    )
    assert (share - wanted).abs().max() < farthest
