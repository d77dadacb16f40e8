"""Gradients that get lost: in a dead unit, in a branch not taken, by cancelling."""

from autograd_core import Value, relu, where

x = Value(2.0, label="x")
y = Value(3.0, label="y")
dead = relu(-x) * y
untaken = where(x > 5, y * 10, x)
cancelled = x * y - x * y
loss = dead + untaken + cancelled
