"""Each layer's twin among PyTorch's modules, or made of them.

A twin is built with the settings of its layer; what its weights are is no matter here,
since a whole state is loaded afterwards.
"""

from collections.abc import Callable, Iterable
from functools import cache
from types import SimpleNamespace
from typing import Any

from autograd_core import OPS, Op, softmax
from autograd_core.errors import OperandError

from .. import layers
from ..losses import log_softmax
from ..module import Module
from ..nested import shape
from .activations import FUNCTIONS, MODULES

__all__ = ["Twins"]


class Twins:
    """The twins made so far, each once."""

    def __init__(self) -> None:
        """Know none yet."""
        import torch

        self.nn: Any = torch.nn
        self._made: dict[int, tuple[Module, Any]] = {}

    def of(self, part: Any, path: str) -> Any:
        """Return the twin of a module, or of a function that stands in one."""
        if not isinstance(part, Module):
            return self._of_function(part, path)
        if id(part) not in self._made:
            build = _BUILDERS.get(type(part))
            if build is None:
                raise _unknown(f"{part!r:.60} of class {type(part).__name__}", path)
            self._made[id(part)] = part, build(self, part, f"{path}." if path else "")
        return self._made[id(part)][1]

    def _of_function(self, function: Any, path: str) -> Any:
        known: tuple[tuple[Any, Callable[[], Any]], ...] = (
            (softmax, lambda: self.nn.Softmax(-1)),
            (log_softmax, lambda: self.nn.LogSoftmax(-1)),
            (layers.flatten, lambda: self.nn.Flatten(0)),
        )
        for mine, make in known:
            if function is mine:
                return make()
        return self.activation(function, path)

    def activation(self, row: Any, path: str) -> Any:
        """Return the module that applies a row to every number."""
        own = isinstance(row, Op) and OPS.get(row.name) is row
        name = str(row.name) if own else ""
        if name in MODULES:
            kind, options = MODULES[name]
            return getattr(self.nn, kind)(**options)
        if name not in FUNCTIONS:
            called = getattr(row, "name", getattr(row, "__name__", repr(row)))
            raise _unknown(f"{called!r:.60}", path)
        function = FUNCTIONS[name]
        return composed(name, lambda module, x: function(x))

    def set_modes(self) -> None:
        """Have each module train or not as its model does, outer ones first."""
        for module, twin in reversed(self._made.values()):
            twin.train(module.training)


def _unknown(what: str, path: str) -> OperandError:
    return OperandError(
        "to_torch knows nn's own layers, rows of the op table, softmax, log_softmax "
        f"and flatten; {path or 'the model itself'} is {what}. Write a twin of the "
        "model for PyTorch, and load the model's state_dict()"
    )


@cache
def own_classes() -> Any:
    """Return the classes of twins that PyTorch has not itself."""
    import torch

    nn: Any = torch.nn

    class Composed(nn.Module):  # type: ignore[misc]
        """Parts, and a function of them and the inputs."""

        def __init__(self, name: str, function: Any, parts: dict[str, Any]) -> None:
            super().__init__()
            self._called, self._function = name, function
            for key, part in parts.items():
                setattr(self, key, part)

        def forward(self, *inputs: Any) -> Any:
            return self._function(self, *inputs)

        def _get_name(self) -> str:
            return self._called

    class MultiheadAttention(nn.MultiheadAttention):  # type: ignore[misc]
        """PyTorch's, called as nn's is, and with the weights of each head."""

        def forward(
            self,
            query: Any,
            key: Any = None,
            value: Any = None,
            *,
            is_causal: bool = False,
        ) -> Any:
            key = query if key is None else key
            value = key if value is None else value
            sides = query.shape[-2], key.shape[-2]
            mask = torch.ones(sides, dtype=torch.bool).triu(1) if is_causal else None
            return super().forward(
                query, key, value, attn_mask=mask, average_attn_weights=False
            )

    return SimpleNamespace(Composed=Composed, MultiheadAttention=MultiheadAttention)


def composed(name: str, function: Callable[..., Any], **parts: Any) -> Any:
    """Return a module of parts under their names, and what it does with them."""
    return own_classes().Composed(name, function, parts)


# --- builders -----------------------------------------------------------------------
# each takes the twins, its layer, and what the paths of its parts begin with
def _linear(twins: Twins, layer: Any, path: str) -> Any:
    rows, columns = shape(layer.weight)
    return twins.nn.Linear(columns, rows, bias=layer.bias is not None)


def _layer(twins: Twins, layer: Any, path: str) -> Any:
    rows, columns = shape(layer.tensors()["weight"])
    linear = twins.nn.Linear(columns, rows)
    activations = {neuron._activate for neuron in layer.neurons}
    if len(activations) > 1:
        raise _unknown(f"{layer!r} with several activations", path.rstrip("."))
    row = activations.pop()
    if row is None:
        return linear
    parts = {"weight": linear.weight, "bias": linear.bias}
    activate = twins.activation(row, path.rstrip("."))
    return composed("Layer", _activated, **parts, activation=activate)


def _activated(module: Any, x: Any) -> Any:
    from torch.nn.functional import linear

    return module.activation(linear(x, module.weight, module.bias))


def _mlp(twins: Twins, model: Any, path: str) -> Any:
    parts = _listed(twins, model.layers, path)
    rows = twins.nn.ModuleList(parts)
    one = len(model.layers[-1].neurons) == 1

    def forward(module: Any, x: Any) -> Any:
        for layer in module.layers:
            x = layer(x)
        return x.squeeze(-1) if one else x

    return composed("MLP", forward, layers=rows)


def _listed(twins: Twins, parts: Iterable[Any], path: str) -> list[Any]:
    return [twins.of(part, f"{path}layers.{i}") for i, part in enumerate(parts)]


def _sequential(twins: Twins, model: Any, path: str) -> Any:
    return twins.nn.Sequential(*_listed(twins, model.layers, path))


def _residual(twins: Twins, block: Any, path: str) -> Any:
    inner = twins.of(block.module, f"{path}module")
    return composed("Residual", lambda module, x: x + module.module(x), module=inner)


def _convolution(twins: Twins, layer: Any, path: str) -> Any:
    rows, columns, *kernel = shape(layer.weight)
    options = {"stride": layer.stride, "padding": layer.padding}
    bias = layer.bias is not None
    return twins.nn.Conv2d(columns, rows, tuple(kernel), bias=bias, **options)


def _pooling(kind: str) -> Any:
    def build(twins: Twins, layer: Any, path: str) -> Any:
        make = getattr(twins.nn, kind)
        return make(layer.kernel_size, stride=layer.stride, padding=layer.padding)

    return build


def _cell(kind: str) -> Any:
    def build(twins: Twins, cell: Any, path: str) -> Any:
        sizes = len(cell.weight_ih[0]), len(cell.weight_hh[0])
        return getattr(twins.nn, kind)(*sizes, **_options(cell))

    return build


def _recurrent(kind: str) -> Any:
    def build(twins: Twins, layer: Any, path: str) -> Any:
        first, depth = layer.cells[0], len(layer.cells)
        sizes = len(first.weight_ih[0]), len(first.weight_hh[0])
        options = {"num_layers": depth, "batch_first": True} | _options(first)
        return getattr(twins.nn, kind)(*sizes, **options)

    return build


def _options(cell: Any) -> dict[str, Any]:
    options: dict[str, Any] = {"bias": cell.bias_ih is not None}
    if isinstance(cell, layers.RNNCell):
        options["nonlinearity"] = cell._activate.name
    return options


def _embedding(twins: Twins, layer: Any, path: str) -> Any:
    return twins.nn.Embedding(*shape(layer.weight))


def _attention(twins: Twins, layer: Any, path: str) -> Any:
    bias = layer.in_proj_bias is not None
    sizes = layer.embed_dim, layer.num_heads
    return own_classes().MultiheadAttention(*sizes, bias=bias, batch_first=True)


def _causal(twins: Twins, layer: Any, path: str) -> Any:
    from torch.nn.functional import scaled_dot_product_attention

    def forward(module: Any, x: Any) -> Any:
        q, k, v = [
            linear(x).unflatten(-1, (layer.num_heads, -1)).transpose(-2, -3)
            for linear in (module.wq, module.wk, module.wv)
        ]
        mixed = scaled_dot_product_attention(q, k, v, is_causal=True)
        return module.wo(mixed.transpose(-2, -3).flatten(-2))

    names = ("wq", "wk", "wv", "wo")
    parts = {name: twins.of(getattr(layer, name), path + name) for name in names}
    return composed("CausalSelfAttention", forward, **parts)


def _layer_norm(twins: Twins, layer: Any, path: str) -> Any:
    affine, bias = layer.weight is not None, layer.bias is not None
    options = {"elementwise_affine": affine, "bias": bias}
    return twins.nn.LayerNorm(layer.normalized_shape, layer.eps, **options)


def _rms_norm(twins: Twins, layer: Any, path: str) -> Any:
    affine = layer.weight is not None
    return twins.nn.RMSNorm(layer.normalized_shape, layer.eps, affine)


def _batch_norm(twins: Twins, layer: Any, path: str) -> Any:
    size, affine = len(layer.running_mean), layer.weight is not None
    return twins.nn.BatchNorm1d(size, layer.eps, layer.momentum, affine)


_BUILDERS: dict[type, Callable[[Twins, Any, str], Any]] = {
    layers.Activation: lambda twins, x, path: twins.activation(x.row, path[:-1]),
    layers.AvgPool2d: _pooling("AvgPool2d"),
    layers.BatchNorm1d: _batch_norm,
    layers.CausalSelfAttention: _causal,
    layers.Conv2d: _convolution,
    layers.Dropout: lambda twins, x, path: twins.nn.Dropout(x.p),
    layers.Embedding: _embedding,
    layers.Flatten: lambda twins, x, path: twins.nn.Flatten(x.start_dim),
    layers.GRU: _recurrent("GRU"),
    layers.GRUCell: _cell("GRUCell"),
    layers.LSTM: _recurrent("LSTM"),
    layers.LSTMCell: _cell("LSTMCell"),
    layers.Layer: _layer,
    layers.LayerNorm: _layer_norm,
    layers.Linear: _linear,
    layers.MLP: _mlp,
    layers.MaxPool2d: _pooling("MaxPool2d"),
    layers.MultiheadAttention: _attention,
    layers.RMSNorm: _rms_norm,
    layers.RNN: _recurrent("RNN"),
    layers.RNNCell: _cell("RNNCell"),
    layers.Residual: _residual,
    layers.Sequential: _sequential,
}
