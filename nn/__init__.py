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

from typing import Any

from . import explaining, schedules
from .callbacks import Callback, EarlyStopping, Epoch, History, Step
from .checkpoints import Checkpoint, load_checkpoint, save_checkpoint
from .clipping import (
    clip_by_global_norm,
    clip_by_value,
    clip_grad_norm_,
    clip_grad_value_,
)
from .data import DataLoader
from .datasets import StackDataset, Subset, random_split
from .deltas import deltas
from .evaluation import accuracy, binary_accuracy, evaluate, multiclass_accuracy
from .explaining import (
    attention_relevance,
    convergence_delta,
    gradient_times_attention,
    gradient_times_input,
    integrated_gradients,
    relevance,
    saliency,
    smooth_grad,
)
from .files import load, save
from .freezing import freeze, unfreeze
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
from .lbfgs import LBFGS
from .loading import LoadedKeys
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
from .minimizers import Minimum, minimize
from .module import Module
from .newton import Newton
from .optimizers import SGD, Adagrad, Adam, AdamW, Optimizer, RMSprop
from .other_names import missing as _missing
from .pytorch import to_torch
from .schedulers import (
    CosineAnnealingLR,
    ExponentialLR,
    LambdaLR,
    LinearLR,
    LRScheduler,
    MultiStepLR,
    SequentialLR,
    StepLR,
)
from .stateless import functional_call
from .steps import collector_paused
from .training import fit
from .transformations import (
    Transformation,
    add_decayed_weights,
    chain,
    momentum,
    scale_by_adagrad,
    scale_by_adam,
    scale_by_rms,
    scale_by_stddev,
)
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
    "Adagrad",
    "Adam",
    "AdamW",
    "AvgPool2d",
    "BatchNorm1d",
    "Callback",
    "CausalSelfAttention",
    "Checkpoint",
    "Conv2d",
    "CosineAnnealingLR",
    "DataLoader",
    "Dropout",
    "EarlyStopping",
    "Embedding",
    "Epoch",
    "ExponentialLR",
    "Flatten",
    "GRU",
    "GRUCell",
    "History",
    "INITIALIZERS",
    "LBFGS",
    "LRScheduler",
    "LSTM",
    "LSTMCell",
    "LambdaLR",
    "Layer",
    "LayerNorm",
    "Linear",
    "LinearLR",
    "LoadedKeys",
    "MLP",
    "MaxPool2d",
    "Minimum",
    "Module",
    "MultiStepLR",
    "MultiheadAttention",
    "Neuron",
    "Newton",
    "Optimizer",
    "RMSNorm",
    "RMSprop",
    "RNN",
    "RNNCell",
    "Residual",
    "SGD",
    "Sequential",
    "SequentialLR",
    "StackDataset",
    "Step",
    "StepLR",
    "Subset",
    "Transformation",
    "accuracy",
    "add_decayed_weights",
    "attention_relevance",
    "biases_to_vector",
    "binary_accuracy",
    "binary_cross_entropy_with_logits",
    "calculate_gain",
    "chain",
    "clip_by_global_norm",
    "clip_by_value",
    "clip_grad_norm_",
    "clip_grad_value_",
    "collector_paused",
    "constant",
    "convergence_delta",
    "cross_entropy",
    "deltas",
    "evaluate",
    "explaining",
    "fans",
    "fit",
    "flatten",
    "freeze",
    "functional_call",
    "glorot_normal",
    "glorot_uniform",
    "gradient_times_attention",
    "gradient_times_input",
    "half_squared_error",
    "he_normal",
    "he_uniform",
    "hinge_loss",
    "huber_loss",
    "integrated_gradients",
    "kl_div",
    "l1_loss",
    "load",
    "load_checkpoint",
    "log_softmax",
    "minimize",
    "momentum",
    "mse_loss",
    "multiclass_accuracy",
    "nll_loss",
    "normal",
    "ones",
    "orthogonal",
    "parameters_to_vector",
    "random_split",
    "relevance",
    "saliency",
    "save",
    "save_checkpoint",
    "scale_by_adagrad",
    "scale_by_adam",
    "scale_by_rms",
    "scale_by_stddev",
    "scaled_dot_product_attention",
    "schedules",
    "smooth_grad",
    "smooth_l1_loss",
    "to_torch",
    "unfreeze",
    "uniform",
    "vector_to_biases",
    "vector_to_parameters",
    "vector_to_weights",
    "weights_to_vector",
    "zeros",
]


def __getattr__(name: str) -> Any:
    """Say what PyTorch's names are called here."""
    raise _missing(name)
