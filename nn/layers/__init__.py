"""The layers: modules that turn one signal into the next.

Each takes and returns nested lists of numbers and `Value`s; numpy arrays of `Value`s go
in as well. Their states have PyTorch's names and shapes.

Lists are not vectors to Python: `x + layer(x)` of two lists is one list, of both ends.
`Residual(layer)` adds number by number; so do arrays, and a comprehension.
"""

from .attention import (
    CausalSelfAttention,
    MultiheadAttention,
    scaled_dot_product_attention,
)
from .batch_normalization import BatchNorm1d
from .containers import Activation, Flatten, Residual, Sequential, flatten
from .convolution import AvgPool2d, Conv2d, MaxPool2d
from .dropout import Dropout
from .embedding import Embedding
from .linear import Linear
from .normalization import LayerNorm, RMSNorm
from .perceptron import MLP, Layer, Neuron
from .recurrent import GRUCell, LSTMCell, RNNCell
from .sequences import GRU, LSTM, RNN

__all__ = [
    "Activation",
    "AvgPool2d",
    "BatchNorm1d",
    "CausalSelfAttention",
    "Conv2d",
    "Dropout",
    "Embedding",
    "Flatten",
    "GRU",
    "GRUCell",
    "LSTM",
    "LSTMCell",
    "Layer",
    "LayerNorm",
    "Linear",
    "MLP",
    "MaxPool2d",
    "MultiheadAttention",
    "Neuron",
    "RMSNorm",
    "RNN",
    "RNNCell",
    "Residual",
    "Sequential",
    "flatten",
    "scaled_dot_product_attention",
]
