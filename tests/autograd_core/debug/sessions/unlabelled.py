"""A sum of a thousand terms, one of which is too large."""

from autograd_core import Value, exp

xs = [Value(i / 1000) for i in range(1000)]
xs[700].data = 800.0
loss = sum(exp(x) for x in xs)
