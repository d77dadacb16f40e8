"""Plots of training: what people expect to see, as matplotlib figures.

Each function returns a `matplotlib.figure.Figure` and saves it where `path` is given.
pyplot stays out of it, so that nothing global changes and no display is needed.

- `loss_curve`, `accuracy_curve`: how training went;
- `flow`: gradients, activations and updates of each layer, step by step;
- `histograms`: activations and gradients of each layer at one moment;
- `decision_boundary`, `saliency`: what the model makes of its inputs.
"""

from .curves import accuracy_curve, loss_curve
from .distributions import histograms
from .evolution import flow
from .inputs import decision_boundary, saliency

__all__ = [
    "accuracy_curve",
    "decision_boundary",
    "flow",
    "histograms",
    "loss_curve",
    "saliency",
]
