"""A model is a tree of named numbers.

A `Module` holds parameters (leaf `Value`s) and other modules in its attributes, alone,
in lists or in object arrays. Their place in the tree is their name: assigning them
labels each parameter with its path, so that diagrams, debuggers and messages can say
which weight is meant, and gives it the scope of its module, which tells it from a leaf
of anybody else's. Attributes whose names begin with an underscore are the module's own
business.

What is put into a list later, `model.layers[-1] = ...`, gets its name when the model is
next asked for its parameters, or when a new part is called.
"""

from collections.abc import Iterator, Mapping
from contextvars import ContextVar
from typing import Any

from autograd_core import Value, scope, zero_grad
from autograd_core.errors import OperandError

from .loading import LoadedKeys, load_tensors
from .nested import as_lists, numbers

__all__ = ["Module"]

_outermost: ContextVar["Module | None"] = ContextVar("outermost", default=None)
"""The module without a name that is being called, which the others are parts of."""


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
    _path = ""  # where it stands in the tree, and which scope its nodes have
    _scope = ""
    _names_parts = True  # unless they are borrowed, as by a slice of a Sequential
    training = True

    def forward(self, *inputs: Any, **options: Any) -> Any:
        """Compute the outputs; every module defines its own."""
        raise TypeError(f"{type(self).__name__} has no forward(); define one")

    def __call__(self, *inputs: Any, **options: Any) -> Any:
        """Compute the outputs, with every node marked as made by this module."""
        if not self._name:
            return self._call_unnamed(inputs, options)
        with scope(self._name):
            return self.forward(*inputs, **options)

    def _call_unnamed(self, inputs: Any, options: Any) -> Any:
        """Call the whole model, or a part of it that was put in later."""
        whole = _outermost.get()
        if whole is not None:
            whole._found()  # which names its parts
            self._stand(self._name or type(self).__name__, self._path, self._scope)
            return self(*inputs, **options)
        token = _outermost.set(self)
        try:
            with scope(type(self).__name__):
                return self.forward(*inputs, **options)
        finally:
            _outermost.reset(token)

    def __setattr__(self, name: str, attribute: Any) -> None:
        held = False
        if not name.startswith("_"):
            _refuse_unordered(self, name, attribute, whole=True)
            held = any(True for _ in _items(name, attribute))
        object.__setattr__(self, name, attribute)
        if held:  # a mode or a rate renames nothing
            self._find(self._path, self._own_scope(), {}, "all")

    def _own_scope(self) -> str:
        return self._scope or type(self).__name__

    def _stand(self, name: str, path: str, scope: str) -> None:
        """Take a place in a tree."""
        object.__setattr__(self, "_name", name)
        object.__setattr__(self, "_path", path)
        object.__setattr__(self, "_scope", scope)

    def _find(self, path: str, scope: str, found: dict[Any, str], names: str) -> None:
        """Note what is below under its first path; name "all" of it, "new", or "".

        New is what has not stood below this module: a label that was given by hand to
        a parameter stays.
        """
        for name, item in self._children():
            below = f"{path}.{name}" if path else name
            key = id(item) if isinstance(item, Module) else item  # may have no hash
            first = key not in found
            if first:
                found[key] = below
            if isinstance(item, Module):
                inner = f"{scope}.{name}"
                if first and names and (item._path, item._scope) != (below, inner):
                    item._stand(name, below, inner)
                item._find(below, inner, found, names)
            elif first and (
                names == "all" or (names and (item.scope != scope or not item.label))
            ):
                item.label, item.scope = below, scope

    def _found(self) -> dict[Any, str]:
        """Return the parts and parameters below; name what a whole model has new."""
        found: dict[Any, str] = {}
        is_whole = not self._path and self._names_parts
        self._find("", self._own_scope(), found, "new" if is_whole else "")
        return found

    def _children(self) -> Iterator[tuple[str, "Value | Module"]]:
        for name, attribute in vars(self).items():
            if not name.startswith("_"):
                _refuse_unordered(self, name, attribute)
                yield from _items(name, attribute)

    def named_parameters(self) -> Iterator[tuple[str, Value]]:
        """Yield each parameter after its path, such as `layers.0.neurons.3.bias`.

        A parameter that stands in two places comes once, under its first path.
        """
        for item, path in self._found().items():
            if isinstance(item, Value):
                yield path, item

    def parameters(self) -> list[Value]:
        """Return every parameter, in the order of its path's first assignment."""
        return [item for item in self._found() if isinstance(item, Value)]

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
            if item.__class__ is Value:  # most often, and then without another call
                if item.is_leaf:
                    yield f"{name}[{i}]", item
                continue
            inside = f"{name}.{i}" if isinstance(item, Module) else f"{name}[{i}]"
            yield from _items(inside, item)


def _refuse_unordered(
    module: Module, name: str, attribute: Any, *, whole: bool = False
) -> None:
    """Refuse a dict or a set of parts, whose names would be anybody's guess.

    It is searched as a whole when it is assigned, later by its first item: a dict may
    be a long vocabulary.
    """
    if not isinstance(attribute, dict | set | frozenset):
        return
    items = attribute.values() if isinstance(attribute, dict) else attribute
    for item in items:
        if any(True for _ in _items(name, item)):
            raise OperandError(
                f"{type(module).__name__}.{name} is a {type(attribute).__name__} that "
                "holds modules or parameters, which would not be found there; hold "
                "them in a list, or in attributes of their own: setattr(self, key, "
                "part)"
            )
        if not whole:
            return


def _is_object_array(attribute: Any) -> bool:
    return str(getattr(attribute, "dtype", "")) == "object"
