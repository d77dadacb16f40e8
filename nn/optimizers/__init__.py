"""Optimisers: what turns gradients into better parameters.

An `Optimizer` is a thin shell around a transformation: `step()` reads the gradients of
its parameters, lets the transformation shape them, and moves each parameter against
its update by `lr`. `SGD`, `RMSprop`, `Adagrad`, `Adam` and `AdamW` are chains of
transformations, under PyTorch's names.

>>> from autograd_core import Value
>>> x = Value(3.0)
>>> optimizer = SGD([x], lr=0.1)
>>> (x * x).backward()
>>> optimizer.step()
>>> round(x.data, 12)
2.4
"""

from .methods import SGD, Adagrad, Adam, AdamW, RMSprop
from .optimizer import Optimizer

__all__ = ["SGD", "Adagrad", "Adam", "AdamW", "Optimizer", "RMSprop"]
