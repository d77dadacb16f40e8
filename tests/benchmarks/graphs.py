"""The graphs to measure on: a network on two moons, a chain, a diamond.

The network is that of micrograd's demo, written in elementary operations that any
engine with `+`, `*` and a relu can run: which engine, is an argument.
"""

import math
from collections.abc import Callable, Sequence
from itertools import pairwise
from random import Random
from typing import Any

__all__ = [
    "ALPHA",
    "WIDTHS",
    "chain",
    "diamond",
    "draw_weights",
    "moons",
    "moons_loss",
    "network",
]

WIDTHS = (2, 16, 16, 1)
ALPHA = 1e-4  # the weight of the regularisation Σ p²

Neuron = tuple[list[Any], Any]


def moons(
    count: int, noise: float = 0.1, seed: int = 1337
) -> tuple[list[tuple[float, float]], list[int]]:
    """Return points on two interleaved half circles, and their labels, ±1."""
    random = Random(seed)
    points, labels = [], [1 if i % 2 else -1 for i in range(count)]
    for label in labels:
        angle = random.uniform(0.0, math.pi)
        x, y = math.cos(angle), math.sin(angle)
        x, y = (x, y) if label == 1 else (1.0 - x, 0.5 - y)
        points.append((x + random.gauss(0, noise), y + random.gauss(0, noise)))
    return points, labels


def draw_weights(seed: int = 1337) -> list[list[list[float]]]:
    """Return the numbers of each layer's neurons: the weights, then the bias."""
    random = Random(seed)
    return [
        [[random.uniform(-1.0, 1.0) for _ in range(n_in)] + [0.0] for _ in range(n_out)]
        for n_in, n_out in pairwise(WIDTHS)
    ]


def network(number: Callable[[float], Any]) -> list[list[Neuron]]:
    """Return layers of neurons (weights, bias) whose parameters `number` makes."""
    return [
        [([number(w) for w in weights], number(bias)) for *weights, bias in layer]
        for layer in draw_weights()
    ]


def moons_loss(
    layers: list[list[Neuron]],
    points: Sequence[Sequence[float]],
    labels: Sequence[int],
    number: Callable[[float], Any],
    relu: Callable[[Any], Any],
) -> Any:
    """Return the mean hinge loss plus α·Σ p², one operation at a time."""
    scores = [_score(layers, list(map(number, point)), relu) for point in points]
    losses = [relu(1 + -y * score) for y, score in zip(labels, scores, strict=True)]
    data_loss = sum(losses) * (1.0 / len(losses))
    parameters = [p for layer in layers for w, b in layer for p in (*w, b)]
    return data_loss + ALPHA * sum(p * p for p in parameters)


def _score(layers: list[list[Neuron]], x: list[Any], relu: Any) -> Any:
    *hidden, (last,) = layers
    for layer in hidden:
        x = [relu(_weighted_sum(neuron, x)) for neuron in layer]
    return _weighted_sum(last, x)


def _weighted_sum(neuron: Neuron, x: list[Any]) -> Any:
    w, b = neuron
    return sum((wi * xi for wi, xi in zip(w, x, strict=True)), b)


def chain(x: Any, length: int) -> Any:
    """Return x + x + … + x, as deep as it is long."""
    y = x
    for _ in range(length):
        y = y + x
    return y


def diamond(x: Any, height: int) -> Any:
    """Return 2^height·x as a tower of doublings, to which 2^height paths lead."""
    for _ in range(height):
        x = x + x
    return x
