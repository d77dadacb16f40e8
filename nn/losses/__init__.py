"""Losses: one number that says how wrong the outputs are.

Each takes the outputs and the targets of one example or of a batch, nested alike, and
reduces with `reduction="mean"`, `"sum"` or `"none"`, as PyTorch does. Numbers give a
number; outputs that are `Value`s give a node to call `backward()` on.
"""

from .binary import binary_cross_entropy_with_logits, hinge_loss
from .classification import cross_entropy, log_softmax, nll_loss
from .divergence import kl_div
from .regression import (
    half_squared_error,
    huber_loss,
    l1_loss,
    mse_loss,
    smooth_l1_loss,
)

__all__ = [
    "binary_cross_entropy_with_logits",
    "cross_entropy",
    "half_squared_error",
    "hinge_loss",
    "huber_loss",
    "kl_div",
    "l1_loss",
    "log_softmax",
    "mse_loss",
    "nll_loss",
    "smooth_l1_loss",
]
