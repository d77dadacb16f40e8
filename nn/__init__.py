"""Neural networks made of scalar `Value`s.

Models are trees of neurons (`Module`, `Neuron`, `Layer`, `MLP`), losses say how wrong
they are, optimisers make them better, and `fit` is the loop around the three. Names are
PyTorch's wherever PyTorch has one; data are plain lists of numbers.

>>> import nn
>>> model = nn.MLP(2, [3, 1], seed=0)
>>> loss = nn.mse_loss(model([1.0, -1.0]), 0.5)
>>> loss.backward()
>>> len(model.parameters())
13
"""

from .data import DataLoader
from .files import load, save
from .initializers import (
    INITIALIZERS,
    glorot_normal,
    glorot_uniform,
    he_normal,
    he_uniform,
)
from .layers import MLP, Layer, Neuron
from .losses import cross_entropy, hinge_loss, mse_loss
from .module import Module
from .optimizers import SGD, Adam, Optimizer
from .training import History, Step, accuracy, collector_paused, fit
from .transformations import Transformation, chain, momentum, scale_by_adam

__all__ = [
    "INITIALIZERS",
    "MLP",
    "SGD",
    "Adam",
    "DataLoader",
    "History",
    "Layer",
    "Module",
    "Neuron",
    "Optimizer",
    "Step",
    "Transformation",
    "accuracy",
    "chain",
    "collector_paused",
    "cross_entropy",
    "fit",
    "glorot_normal",
    "glorot_uniform",
    "he_normal",
    "he_uniform",
    "hinge_loss",
    "load",
    "momentum",
    "mse_loss",
    "save",
    "scale_by_adam",
]
