"""The neuron of the README."""

from autograd_core import Value, tanh

x1, x2 = Value(2.0, label="x1"), Value(0.0, label="x2")
w1, w2 = Value(-3.0, label="w1"), Value(1.0, label="w2")
bias = Value(6.8813735870195432, label="bias")
output = tanh(x1 * w1 + x2 * w2 + bias)
