"""The errors δ of the textbook, read off the graph.

Backpropagation is told with a number for each unit: δ = ∂C/∂z, how the cost C answers
to the unit's weighted sum z = w·x + b before the activation. A graph has a node for
every z, so after `loss.backward()` all δ are there, as its gradients; nothing needs to
be kept while the model runs.
"""

from typing import Any

from autograd_core import Value, topological_order
from autograd_core.errors import GraphError, OperandError

from .layers import Neuron
from .module import Module
from .nested import flat

__all__ = ["deltas"]


def deltas(model: Module, loss: Value) -> dict[str, Any]:
    """Return for each layer of a model the list of δ = ∂loss/∂z of its units.

    Call it after `loss.backward()`. The keys are the layers' paths, the order of units
    that of the neurons; a layer that was called several times, for a batch or for the
    steps of a sequence, has a list for each call, in the order in which the loss reads
    them. The loss is taken as it is: that of a mean over N examples has 1/N of theirs.
    Layers are the modules with a `weight` matrix, and neurons that stand alone; a
    convolution's units are its channels, called at every place. A layer that the loss
    does not depend on, or through which no gradient flows, is left out.

    Raises `GraphError`, a `ValueError`, where no backward pass has reached the loss.

    >>> from nn import MLP, mse_loss
    >>> model = MLP(2, [2, 1], "linear")
    >>> model.load_state_dict({"layers.0.weight": [[1, 1], [1, 1]],
    ...     "layers.0.bias": [0, 0], "layers.1.weight": [[3, 5]], "layers.1.bias": [0]})
    >>> loss = mse_loss(model([0.5, 0.5]), 7.0)
    >>> loss.backward()
    >>> deltas(model, loss)
    {'layers.0': [6.0, 10.0], 'layers.1': [2.0]}
    """
    _check(model, loss)
    sums = _weighted_sums(model, loss)
    found: dict[str, Any] = {}
    taken: set[Value] = set()
    for path, module in model.named_modules():
        if isinstance(module, Neuron) and module.bias in taken:
            continue  # it is a unit of the layer that holds it
        units = _units(module)
        taken.update(units)
        calls = _calls(path, [_within(sums.get(u, []), module) for u in units])
        if calls:
            found[path or type(model).__name__] = calls if len(calls) > 1 else calls[0]
    return found


def _check(model: Any, loss: Any) -> None:
    if not isinstance(model, Module) or not isinstance(loss, Value):
        raise OperandError(
            f"deltas(model, loss) takes a Module and a Value, not {model!r:.60} and "
            f"{loss!r}"
        )
    if not loss.has_grad:
        raise GraphError(
            f"deltas(model, loss) reads the gradients that a backward pass left, and "
            f"none has reached {loss!r}; call loss.backward() first"
        )


def _weighted_sums(model: Module, loss: Value) -> dict[Value, list[Value]]:
    """Return for each parameter the nodes that read it, in the order of the graph."""
    readers: dict[Value, list[Value]] = {p: [] for p in model.parameters()}
    for node in topological_order(loss):
        for parent in dict.fromkeys(node.parents):
            if parent in readers and node.requires_grad:
                readers[parent].append(node)
    return readers


def _units(module: Module) -> list[Value]:
    """Return the bias of each unit, or the first weight of one that has no bias.

    The gradient of the node that reads it is δ however the weighted sum is written,
    since all that is added up to z has the derivative 1.
    """
    tensors = module.tensors()
    weight, bias = tensors.get("weight"), tensors.get("bias")
    if not isinstance(weight, list) or not weight:
        return []
    if isinstance(weight[0], Value):  # a neuron; a norm, which adds nothing up, is none
        return [bias] if isinstance(bias, Value) else []
    return [next(flat(row)) for row in weight] if bias is None else list(flat(bias))


def _within(nodes: list[Value], module: Module) -> list[Value]:
    """Return those made in a call of the module, not by a penalty on its weights."""
    name = f".{module._name or type(module).__name__}."
    return [node for node in nodes if name in f".{node.scope}."]


def _calls(path: str, sums: list[list[Value]]) -> list[list[float]]:
    """Turn the nodes of each unit into the δ of each call; an unused unit has 0."""
    counts = {len(nodes) for nodes in sums if nodes}
    if len(counts) > 1:
        raise GraphError(
            f"the units of {path} were reached {sorted(counts)} times, so that it "
            "cannot be told which belong to one example; ask for one at a time"
        )
    count = counts.pop() if counts else 0
    rows = [[node.grad for node in nodes] or [0.0] * count for nodes in sums]
    return [list(row) for row in zip(*rows, strict=True)]
