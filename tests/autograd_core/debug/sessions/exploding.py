"""A distance whose gradient is nan where two points coincide."""

from autograd_core import Value, sqrt

x = Value(1.0, label="x")
y = Value(1.0, label="y")
squared = (x - y) ** 2
distance = sqrt(squared)
distance.backward()
