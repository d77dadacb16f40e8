"""The flow report: every layer of a model with its measurements and a verdict."""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from autograd_core import Value
from autograd_core.errors import OperandError, UnknownNameError

from .layers import Model, layers_of, parameters_of
from .measurement import LayerFlow, Verdict, measured
from .table import paragraph, remarks, table
from .thresholds import DEFAULT, Thresholds
from .verdicts import judged, worst

__all__ = ["FlowReport", "flow_report"]

NO_LOSS = (
    "Of weights only. After loss.backward(), flow_report(model, loss) also shows "
    "activations, their gradients, dead and saturated units."
)
NO_BACKWARD = "No gradients: call backward() on the loss before the report."
NO_LAYERS = (
    "The graph of this loss holds no node of the model's layers: pass the loss that "
    "was computed by calling this model, outside of no_grad()."
)


@dataclass(frozen=True)
class FlowReport:
    """What flows through each layer, and how healthy that is.

    `layers` are in the order in which the graph reaches them. Printed, it is a table,
    the thresholds it was judged by, and what usually helps; `as_dict()` is data.
    """

    layers: tuple[LayerFlow, ...]
    thresholds: Thresholds = DEFAULT
    notes: tuple[str, ...] = ()

    @property
    def verdict(self) -> Verdict:
        """The gravest verdict on a layer; unknown only if it is for all."""
        return worst(self.layers)

    def as_dict(self) -> dict[str, Any]:
        """Return everything as JSON can hold it, with None for what is not finite.

        >>> import json, nn
        >>> report = flow_report(nn.MLP(2, [3, 1], seed=0))
        >>> json.loads(json.dumps(report.as_dict()))["layers"][1]["weights"]["count"]
        4
        """
        layers = [
            asdict(layer) | {"non_finite": layer.non_finite} for layer in self.layers
        ]
        whole = {"verdict": self.verdict, "layers": layers, "notes": list(self.notes)}
        plain: dict[str, Any] = _plain(whole | {"thresholds": asdict(self.thresholds)})
        return plain

    def __str__(self) -> str:
        limits = paragraph(f"thresholds: {self.thresholds.described()}")
        notes = list(map(paragraph, self.notes))
        paragraphs = table(self.layers), [limits], notes, remarks(self.layers)
        return "\n\n".join("\n".join(lines) for lines in paragraphs if lines)


def flow_report(
    model: Model,
    loss: Value | None = None,
    *,
    thresholds: Thresholds = DEFAULT,
    updates: Mapping[str, float] | None = None,
    depth: int | None = None,
) -> FlowReport:
    """Measure the flow of activations and gradients through a model.

    `loss` is the root of the graph, after `backward()`; without it, only the weights
    and their gradients are known. `updates` holds how far each parameter last moved,
    by name; `FlowRecorder` finds that by itself. `depth` asks for the modules that many
    levels below the model instead of its layers (see `viz.gradient_flow.layers`).

    >>> import nn
    >>> model = nn.MLP(2, [3, 1], seed=0)
    >>> inputs, targets = [[1.0, 0.0], [0.0, 1.0]], [1.0, -1.0]
    >>> loss = nn.mse_loss([model(x) for x in inputs], targets)
    >>> loss.backward()
    >>> report = flow_report(model, loss)
    >>> report.verdict, [layer.units for layer in report.layers]
    ('healthy', [3, 1])
    >>> print(report)  # doctest: +ELLIPSIS
    layer     units  activations ...
    """
    if loss is not None and not isinstance(loss, Value):
        raise OperandError(
            "flow_report(model, loss) takes the loss as one Value, after backward(); "
            f"got {loss!r:.80} of type {type(loss).__name__}"
        )
    if not isinstance(thresholds, Thresholds):
        raise OperandError(
            "thresholds takes viz.Thresholds(name=limit, ...); "
            f"got {thresholds!r:.80} of type {type(thresholds).__name__}"
        )
    _check_updates(updates, model)
    layers = layers_of(model, loss, depth)
    has_run = loss is not None and loss.has_grad
    flows = [
        measured(layer, thresholds, updates, backward_has_run=has_run)
        for layer in layers
        if layer.parameters or layer.units
    ]
    reached = any(layer.units for layer in layers)
    notes = _notes(loss, reached=reached)
    return FlowReport(tuple(judged(flows, thresholds)), thresholds, notes)


def _check_updates(updates: Any, model: Model) -> None:
    known = parameters_of(model)
    if updates is None:
        return
    if not isinstance(updates, Mapping):
        raise OperandError(
            "updates takes a mapping of parameter names to changes, such as "
            f"{{'layers.0.bias': -0.01}}; got {type(updates).__name__}"
        )
    for name, change in updates.items():
        if name not in known:
            raise UnknownNameError("parameter", name, known)
        if isinstance(change, bool) or not isinstance(change, int | float):
            raise OperandError(f"updates[{name!r}] takes a number, not {change!r}")


def _notes(loss: Value | None, *, reached: bool) -> tuple[str, ...]:
    if loss is None:
        return (NO_LOSS,)
    if not reached:
        return (NO_LAYERS,)
    return () if loss.has_grad else (NO_BACKWARD,)


def _plain(tree: Any) -> Any:
    if isinstance(tree, dict):
        return {key: _plain(item) for key, item in tree.items()}
    if isinstance(tree, list):
        return [_plain(item) for item in tree]
    return None if isinstance(tree, float) and not math.isfinite(tree) else tree
