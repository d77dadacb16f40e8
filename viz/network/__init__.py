"""The flow of a network: layers as columns, neurons as dots, weights as lines.

`flow(model, loss)` draws the signal that goes forward and the gradient that comes back
side by side. `columns` finds what stands where in a model and its graph, `drawing` says
how that looks.
"""

from .flow import Flow, flow

__all__ = ["Flow", "flow"]
