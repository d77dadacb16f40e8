"""A model is a tree of named numbers.

A `Module` holds parameters (leaf `Value`s) and other modules in its attributes, alone,
in lists or in object arrays. Their place in the tree is their name: assigning them
labels each parameter with its path, so that diagrams, debuggers and messages can say
which weight is meant, and gives it the scope of its module, which tells it from a leaf
of anybody else's. Attributes whose names begin with an underscore are the module's own
business.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from autograd_core import Value, scope, zero_grad

from .loading import LoadedKeys, load_tensors
from .nested import as_lists, numbers

__all__ = ["Module"]


class Module:
    """Base class of everything with parameters; write `forward` and call the module.

    >>> class Scale(Module):
    ...     def __init__(self):
    ...         self.factor = Value(2.0)
    ...
    ...     def forward(self, x):
    ...         return self.factor * x
    >>> scale = Scale()
    >>> scale(3.0)
    Value(data=6.0, grad=0.0)
    >>> dict(scale.named_parameters())
    {'factor': Value(data=2.0, grad=0.0, label='factor')}
    """

    _name = ""  # how the module that holds this one calls it
    training = True

    def forward(self, *inputs: Any, **options: Any) -> Any:
        """Compute the outputs; every module defines its own."""
        raise TypeError(f"{type(self).__name__} has no forward(); define one")

    def __call__(self, *inputs: Any, **options: Any) -> Any:
        """Compute the outputs, with every node marked as made by this module."""
        with scope(self._name or type(self).__name__):
            return self.forward(*inputs, **options)

    def __setattr__(self, name: str, attribute: Any) -> None:
        object.__setattr__(self, name, attribute)
        held = [] if name.startswith("_") else list(_items(name, attribute))
        for path, item in held:
            if isinstance(item, Module):
                object.__setattr__(item, "_name", path)
        if held:  # a mode or a rate renames nothing
            scope = getattr(self, "_scope", type(self).__name__)
            self._label_below(getattr(self, "_path", ""), scope)

    def _label_below(self, path: str, scope: str) -> None:
        object.__setattr__(self, "_path", path)
        object.__setattr__(self, "_scope", scope)
        for name, item in self._children():
            below = f"{path}.{name}" if path else name
            if isinstance(item, Module):
                item._label_below(below, f"{scope}.{name}")
            else:
                item.label, item.scope = below, scope

    def _children(self) -> Iterator[tuple[str, "Value | Module"]]:
        for name, attribute in vars(self).items():
            if not name.startswith("_"):
                yield from _items(name, attribute)

    def named_parameters(self) -> Iterator[tuple[str, Value]]:
        """Yield each parameter after its path, such as `layers.0.neurons.3.bias`.

        A parameter that stands in two places comes once, under its first path.
        """
        seen: set[Value] = set()
        for path, parameter in self._paths():
            if parameter not in seen:
                seen.add(parameter)
                yield path, parameter

    def _paths(self) -> Iterator[tuple[str, Value]]:
        for name, item in self._children():
            if isinstance(item, Module):
                for path, parameter in item._paths():
                    yield f"{name}.{path}", parameter
            else:
                yield name, item

    def parameters(self) -> list[Value]:
        """Return every parameter, in the order of its path's first assignment."""
        return [parameter for _, parameter in self.named_parameters()]

    def modules(self) -> Iterator["Module"]:
        """Yield this module and every module below it."""
        for _, module in self.named_modules():
            yield module

    def named_modules(self, prefix: str = "") -> Iterator[tuple[str, "Module"]]:
        """Yield this module and all below it, each after its path from here.

        >>> from nn import MLP
        >>> [path for path, _ in MLP(2, [1, 1]).named_modules()]
        ['', 'layers.0', 'layers.0.neurons.0', 'layers.1', 'layers.1.neurons.0']
        """
        yield prefix, self
        for name, item in self._children():
            if isinstance(item, Module):
                yield from item.named_modules(f"{prefix}.{name}" if prefix else name)

    def zero_grad(self) -> None:
        """Clear the gradients of all parameters."""
        zero_grad(self.parameters())

    def train(self, mode: bool = True) -> "Module":
        """Set training mode, here and below, and return the module."""
        for module in self.modules():
            module.training = mode
        return self

    def eval(self) -> "Module":
        """Set evaluation mode, here and below, and return the module."""
        return self.train(False)

    def tensors(self) -> dict[str, Any]:
        """Return the parameters as PyTorch would hold them: nested lists by name.

        A module that has numbers to save which are not learnt, such as the running
        statistics of `BatchNorm1d`, adds them here; PyTorch calls them buffers.
        """
        tensors: dict[str, Any] = {}
        for name, attribute in vars(self).items():
            if name.startswith("_"):
                continue
            below = list(_items(name, attribute))
            for path, item in below:
                if isinstance(item, Module):
                    inner = item.tensors().items()
                    tensors |= {f"{path}.{key}": tensor for key, tensor in inner}
            if any(isinstance(item, Value) for _, item in below):
                tensors[name] = attribute
        return tensors

    def state_dict(self) -> dict[str, Any]:
        """Return the parameters' numbers in PyTorch's names and layout.

        >>> from nn import MLP
        >>> list(MLP(2, [3, 1]).state_dict())
        ['layers.0.weight', 'layers.0.bias', 'layers.1.weight', 'layers.1.bias']
        """
        return {name: numbers(tensor) for name, tensor in self.tensors().items()}

    def load_state_dict(
        self, state: Mapping[str, Any], strict: bool = True
    ) -> LoadedKeys | None:
        """Take over the numbers of `state`, all of them or, on an error, none.

        Tensors and arrays are welcome in place of nested lists. With `strict=False`
        what both have is loaded: missing names are of the model alone and keep their
        numbers, unexpected ones are of the state alone, and the names are returned. It
        is an error if nothing fits.

        >>> from nn import MLP
        >>> model = MLP(2, [3, 5])
        >>> found = model.load_state_dict(MLP(2, [3]).state_dict(), strict=False)
        >>> found.loaded_keys, found.missing_keys
        (['layers.0.weight', 'layers.0.bias'], ['layers.1.weight', 'layers.1.bias'])
        """
        found = load_tensors(self.tensors(), state, repr(self), strict=strict)
        return None if strict else found

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"


def _items(name: str, attribute: Any) -> Iterator[tuple[str, Value | Module]]:
    """Yield the parameters and modules that an attribute holds, with their names."""
    if isinstance(attribute, Module):
        yield name, attribute
    elif isinstance(attribute, Value):
        if attribute.is_leaf:
            yield name, attribute
    elif isinstance(attribute, list | tuple) or _is_object_array(attribute):
        for i, item in enumerate(as_lists(attribute)):
            inside = f"{name}.{i}" if isinstance(item, Module) else f"{name}[{i}]"
            yield from _items(inside, item)


def _is_object_array(attribute: Any) -> bool:
    return str(getattr(attribute, "dtype", "")) == "object"
