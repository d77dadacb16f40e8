"""What is measured of one layer: its signals, its gradients, its weights."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from .activity import dead_share, saturated_share
from .layers import Layer
from .statistics import Statistics, norm, statistics
from .thresholds import Thresholds

__all__ = ["LayerFlow", "Verdict", "measured"]

Verdict = Literal["exploding", "dead", "saturated", "vanishing", "unknown", "healthy"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerFlow:
    """The flow through one layer; None stands for what is not known.

    `activations` are the outputs of all units on all `examples`, and `gradients` the
    derivatives of the loss with respect to them; `weights` are all parameters, biases
    included. `update_ratio` is ‖update‖/‖weights‖, which for numbers around 0 is the
    ratio of their spreads. `reason` says what `verdict` rests on.
    """

    name: str
    units: int | None = None
    examples: int | None = None
    activations: Statistics | None = None
    gradients: Statistics | None = None
    weights: Statistics | None = None
    weight_gradients: Statistics | None = None
    update_ratio: float | None = None
    dead_share: float | None = None
    saturated_share: float | None = None
    verdict: Verdict = "unknown"
    reason: str = ""

    @property
    def non_finite(self) -> int:
        """How many of all these numbers are inf or nan."""
        return sum(part.non_finite for part in self._parts())

    @property
    def gradient_norm(self) -> float | None:
        """The norm of the gradients, or where they are not known, of the weights'."""
        known = self.gradients or self.weight_gradients
        return known.norm if known else None

    @property
    def log_update_ratio(self) -> float | None:
        """The power of ten of `update_ratio`: about -3 when training goes well."""
        if self.update_ratio is None:
            return None
        return math.log10(self.update_ratio) if self.update_ratio else -math.inf

    def _parts(self) -> list[Statistics]:
        parts = self.activations, self.gradients, self.weights, self.weight_gradients
        return [part for part in parts if part]


def measured(
    layer: Layer,
    limits: Thresholds,
    updates: Mapping[str, float] | None = None,
    *,
    backward_has_run: bool,
) -> LayerFlow:
    """Measure one layer, without a verdict."""
    outputs, weights = layer.outputs, list(layer.parameters.values())
    learning = [node for node in outputs if node.requires_grad]
    trained = [p for p in weights if p.requires_grad]
    reached = any(p.has_grad for p in trained)
    return LayerFlow(
        name=layer.name,
        units=len(layer.units) or None,
        examples=max(map(len, layer.units.values()), default=None),
        activations=statistics(node.data for node in outputs),
        gradients=statistics(x.grad for x in learning if backward_has_run),
        weights=statistics(p.data for p in weights),
        weight_gradients=statistics(p.grad for p in trained if reached),
        update_ratio=_update_ratio(layer, updates),
        dead_share=dead_share(list(layer.units.values()), limits),
        saturated_share=saturated_share(outputs, limits),
    )


def _update_ratio(layer: Layer, updates: Mapping[str, float] | None) -> float | None:
    trained = {n: p for n, p in layer.parameters.items() if p.requires_grad}
    if updates is None or not trained or not trained.keys() <= updates.keys():
        return None
    size = norm(p.data for p in trained.values())
    ratio = norm(updates[name] for name in trained) / size if size else math.nan
    return ratio if math.isfinite(ratio) else None
