"""Which parameters and which nodes of a graph belong to which layer of a model.

A model is anything with PyTorch's `named_parameters()` and `named_modules()`. Its
layers are the modules that hold parameters, or that hold no other module. Units are
folded into what holds them: a unit is a module in a list whose parameters are single
numbers and vectors, such as a neuron. So an MLP has the layers `layers.0`, `layers.1`,
a module that holds two MLPs has `encoder.layers.0`, ..., and one that holds only
numbers is a layer by itself. `depth` asks for the modules that many levels below the
model instead.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from autograd_core import Value, topological_order
from autograd_core.errors import OperandError, ShapeError

from .scopes import Scopes, above, enclosing, outputs

__all__ = ["Layer", "Model", "layers_of", "parameters_of"]


class Model(Protocol):
    """What is asked of a model."""

    def named_parameters(self) -> Iterable[tuple[str, Value]]:
        """Yield each parameter after its path."""

    def named_modules(self) -> Iterable[tuple[str, Any]]:
        """Yield each module after its path, the model itself first under ''."""


@dataclass(slots=True)
class Layer:
    """The parameters of a layer by name, and its outputs by unit.

    An output is a node of the layer that is used outside of it.
    """

    name: str
    parameters: dict[str, Value] = field(default_factory=dict)
    units: dict[Value | None, list[Value]] = field(default_factory=dict)

    @property
    def outputs(self) -> list[Value]:
        """The outputs of all units."""
        return [node for nodes in self.units.values() for node in nodes]


def parameters_of(model: Model) -> dict[str, Value]:
    """Return the parameters by name, or say what is no model."""
    wanted = ("named_parameters", "named_modules")
    if isinstance(model, type) or not all(hasattr(model, name) for name in wanted):
        raise OperandError(
            "a flow report takes a model with named_parameters() and named_modules(), "
            f"such as an nn.Module; got {model!r:.80} of type {type(model).__name__}"
        )
    return dict(model.named_parameters())


def layers_of(
    model: Model, root: Value | None = None, depth: int | None = None
) -> list[Layer]:
    """Return the layers of a model: in the order of the graph, then the unused ones.

    >>> import nn
    >>> model = nn.MLP(2, [3, 1], seed=0)
    >>> [(layer.name, len(layer.parameters)) for layer in layers_of(model)]
    [('layers.0', 9), ('layers.1', 4)]
    >>> hidden, last = layers_of(model, model([1.0, 2.0]) * 2.0)
    >>> [node.op.name for node in hidden.outputs + last.outputs]
    ['tanh', 'tanh', 'tanh', 'dot']
    """
    parameters = parameters_of(model)
    modules = [path for path, _ in model.named_modules()]
    paths = _layer_paths(modules, list(parameters), _checked(depth))
    layers = {path: Layer(path or type(model).__name__) for path in paths}
    for name, parameter in parameters.items():
        path = enclosing(name, layers)
        if path is not None:
            layers[path].parameters[name] = parameter
    used: dict[str, Layer] = {}
    if root is not None:
        scopes = Scopes(type(model).__name__, parameters, topological_order(root))
        for path, unit, node in outputs(scopes, layers):
            layer = used.setdefault(path, layers[path])
            layer.units.setdefault(unit, []).append(node)
    return list((used | layers).values())


def _checked(depth: Any) -> int | None:
    if depth is None or (type(depth) is int and depth >= 0):
        return depth
    raise ShapeError(
        "depth takes the number of levels below the model from 0 up, or None for its "
        f"layers; got {depth!r}"
    )


def _layer_paths(
    modules: Sequence[str], names: Sequence[str], depth: int | None
) -> list[str]:
    """Return where the layers stand, in the order of the modules."""
    known = set(modules)
    outer = {path: enclosing(above(path), known) for path in modules if path}
    holders = set(outer.values())
    bearing = {above(name) for name in names}  # modules with parameters of their own
    ends = [path for path in modules if path in bearing or path not in holders]
    if depth is not None:
        level = {"": 0}
        for path, holder in outer.items():
            level[path] = level[holder or ""] + 1
        shallow = {path for path in ends if level[path] < depth}
        return [p for p in modules if level[p] == depth or p in shallow]
    matrices = {above(name) for name in names if name.count("[") > 1}
    units = {p for p in bearing - holders - matrices if _is_listed(p)}
    folded = {p: _holder(p, known, names) for p in {above(p) for p in units}}
    layers = (folded[above(p)] if p in units else p for p in ends)
    return list(dict.fromkeys(layers))


def _is_listed(path: str) -> bool:
    return path.rpartition(".")[2].isdigit()


def _holder(units: str, modules: set[str], names: Sequence[str]) -> str:
    """Return the module that holds nothing but this list of units, else the list."""
    holder = enclosing(units, modules) or ""
    below = f"{holder}." if holder else ""
    others = (n for n in names if n.startswith(below) and not n.startswith(f"{units}."))
    return units if any(others) else holder
