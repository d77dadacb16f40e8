"""A script that fails after it has computed something."""

from autograd_core import Value

loss = Value(3.0, label="x") ** 2
loss.backward()
raise RuntimeError("out of luck")
