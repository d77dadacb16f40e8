"""What the measurements of a layer mean: causes are named before their symptoms.

`RULES` are asked in order, and the first that finds something gives the verdict: a dead
layer also lets gradients vanish, but it is the dead units that need help.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

from autograd_core.inspection import number

from .measurement import LayerFlow, Verdict
from .thresholds import Thresholds

__all__ = ["ADVICE", "SEVERITY", "judged", "worst"]

Rule = Callable[[LayerFlow, float | None, Thresholds], str]

SEVERITY: tuple[Verdict, ...] = (
    "exploding",
    "dead",
    "saturated",
    "vanishing",
    "healthy",
    "unknown",
)

ADVICE: dict[Verdict, str] = {
    "exploding": "lower the learning rate, clip the gradients, or draw smaller weights "
    "(Glorot's for tanh, He's for relu)",
    "dead": "draw He's weights, start the biases at 0 or above, lower the learning "
    "rate, or use leaky_relu",
    "saturated": "draw smaller weights (Glorot's), bring the inputs to about -1 to 1, "
    "or use relu",
    "vanishing": "use relu with He's weights or tanh with Glorot's, or fewer layers; "
    "where the loss is low already, training is over",
}


def judged(layers: Sequence[LayerFlow], limits: Thresholds) -> list[LayerFlow]:
    """Give each layer its verdict; the last one is the measure of the others."""
    norms = [norm for layer in layers if (norm := layer.gradient_norm) is not None]
    last = norms[-1] if norms else None
    return [_with_verdict(layer, last, limits) for layer in layers]


def worst(layers: Sequence[LayerFlow]) -> Verdict:
    """Return the gravest verdict; what is unknown counts only where all is."""
    return min((layer.verdict for layer in layers), key=SEVERITY.index)


def _with_verdict(
    layer: LayerFlow, last: float | None, limits: Thresholds
) -> LayerFlow:
    for verdict, rule in RULES:
        reason = rule(layer, last, limits)
        if reason:
            return replace(layer, verdict=verdict, reason=reason)
    if layer.gradient_norm is None:
        reason = "no gradient is known; it is frozen, or the loss does not depend on it"
        return replace(layer, verdict="unknown", reason=reason)
    return replace(layer, verdict="healthy")


def _not_finite(layer: LayerFlow, last: float | None, limits: Thresholds) -> str:
    return f"{layer.non_finite} numbers are inf or nan" if layer.non_finite else ""


def _dead(layer: LayerFlow, last: float | None, limits: Thresholds) -> str:
    share = layer.dead_share
    if share is None or share <= limits.dead_share:
        return ""
    return f"{share:.0%} of its units pass no gradient on any example, or nearly so"


def _saturated(layer: LayerFlow, last: float | None, limits: Thresholds) -> str:
    share = layer.saturated_share
    if share is None or share <= limits.saturated_share:
        return ""
    return f"{share:.0%} of its activations lie where their function is flat"


def _exploding(layer: LayerFlow, last: float | None, limits: Thresholds) -> str:
    for what, part in (("", layer.gradients), ("weight ", layer.weight_gradients)):
        if part and part.norm > limits.exploding_gradient:
            return f"its {what}gradient norm is {number(part.norm)}"
    norm = layer.gradient_norm
    if norm is not None and last and norm > limits.exploding_ratio * last:
        return f"its gradient norm is {number(norm / last)} times the last layer's"
    return ""


def _thrown_about(layer: LayerFlow, last: float | None, limits: Thresholds) -> str:
    ratio = layer.update_ratio
    if ratio is None or ratio <= limits.update_ratio_high:
        return ""
    return f"one update is {number(ratio)} times as large as its weights"


def _vanishing(layer: LayerFlow, last: float | None, limits: Thresholds) -> str:
    norm = layer.gradient_norm
    if norm is not None and last and norm < limits.vanishing_ratio * last:
        return f"its gradient norm is {number(norm / last)} times the last layer's"
    if norm is not None and norm < limits.vanishing_gradient:
        return f"its gradient norm is {number(norm)}"
    return ""


def _stuck(layer: LayerFlow, last: float | None, limits: Thresholds) -> str:
    ratio = layer.update_ratio
    if ratio is None or ratio >= limits.update_ratio_low:
        return ""
    return f"an update moves its weights by {number(ratio)} of their size"


RULES: tuple[tuple[Verdict, Rule], ...] = (
    ("exploding", _not_finite),
    ("dead", _dead),
    ("saturated", _saturated),
    ("exploding", _exploding),
    ("exploding", _thrown_about),
    ("vanishing", _vanishing),
    ("vanishing", _stuck),
)
