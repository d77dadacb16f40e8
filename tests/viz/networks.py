"""Networks with a known illness, and the loss of each after its backward pass."""

from collections.abc import Sequence
from random import Random
from typing import Any

import nn
from autograd_core import Value


def points(count: int = 40, size: int = 6) -> list[list[float]]:
    """Draw inputs of mean 0 and spread 1."""
    random = Random(1)
    return [[random.gauss(0, 1) for _ in range(size)] for _ in range(count)]


def backward(model: Any, count: int = 40) -> Value:
    """Return the cross-entropy of `model` on drawn points, its gradients found."""
    outputs = [model(x) for x in points(count)]
    loss: Value = nn.cross_entropy(outputs, [i % 3 for i in range(count)])
    loss.backward()
    return loss


def network(
    activation: str, widths: Sequence[int], *, scale: float = 1.0, bias: float = 0.0
) -> nn.MLP:
    """Return an MLP from 6 inputs to 3 classes with its weights multiplied."""
    model = nn.MLP(6, [*widths, 3], activation=activation, seed=0)
    for name, parameter in model.named_parameters():
        parameter.data = bias if name.endswith("bias") else scale * parameter.data
    return model
