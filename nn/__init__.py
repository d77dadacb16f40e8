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
from .deltas import deltas
from .files import load, save
from .initializers import (
    INITIALIZERS,
    calculate_gain,
    constant,
    fans,
    glorot_normal,
    glorot_uniform,
    he_normal,
    he_uniform,
    normal,
    ones,
    orthogonal,
    uniform,
    zeros,
)
from .layers import (
    GRU,
    LSTM,
    MLP,
    RNN,
    Activation,
    AvgPool2d,
    BatchNorm1d,
    CausalSelfAttention,
    Conv2d,
    Dropout,
    Embedding,
    Flatten,
    GRUCell,
    Layer,
    LayerNorm,
    Linear,
    LSTMCell,
    MaxPool2d,
    MultiheadAttention,
    Neuron,
    Residual,
    RMSNorm,
    RNNCell,
    Sequential,
    flatten,
    scaled_dot_product_attention,
)
from .losses import (
    binary_cross_entropy_with_logits,
    cross_entropy,
    half_squared_error,
    hinge_loss,
    huber_loss,
    kl_div,
    l1_loss,
    log_softmax,
    mse_loss,
    nll_loss,
    smooth_l1_loss,
)
from .module import Module
from .optimizers import SGD, Adam, Optimizer
from .training import History, Step, accuracy, collector_paused, fit
from .transformations import Transformation, chain, momentum, scale_by_adam
from .vectors import (
    biases_to_vector,
    parameters_to_vector,
    vector_to_biases,
    vector_to_parameters,
    vector_to_weights,
    weights_to_vector,
)

__all__ = [
    "Activation",
    "Adam",
    "AvgPool2d",
    "BatchNorm1d",
    "CausalSelfAttention",
    "Conv2d",
    "DataLoader",
    "Dropout",
    "Embedding",
    "Flatten",
    "GRU",
    "GRUCell",
    "History",
    "INITIALIZERS",
    "LSTM",
    "LSTMCell",
    "Layer",
    "LayerNorm",
    "Linear",
    "MLP",
    "MaxPool2d",
    "Module",
    "MultiheadAttention",
    "Neuron",
    "Optimizer",
    "RMSNorm",
    "RNN",
    "RNNCell",
    "Residual",
    "SGD",
    "Sequential",
    "Step",
    "Transformation",
    "accuracy",
    "biases_to_vector",
    "binary_cross_entropy_with_logits",
    "calculate_gain",
    "chain",
    "collector_paused",
    "constant",
    "cross_entropy",
    "deltas",
    "fans",
    "fit",
    "flatten",
    "glorot_normal",
    "glorot_uniform",
    "half_squared_error",
    "he_normal",
    "he_uniform",
    "hinge_loss",
    "huber_loss",
    "kl_div",
    "l1_loss",
    "load",
    "log_softmax",
    "momentum",
    "mse_loss",
    "nll_loss",
    "normal",
    "ones",
    "orthogonal",
    "parameters_to_vector",
    "save",
    "scale_by_adam",
    "scaled_dot_product_attention",
    "smooth_l1_loss",
    "uniform",
    "vector_to_biases",
    "vector_to_parameters",
    "vector_to_weights",
    "weights_to_vector",
    "zeros",
]
