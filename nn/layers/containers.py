"""Modules made of modules: one after the other, or beside a shortcut.

The parts may be modules, rows such as `tanh`, which are applied to every number, names
of such rows, or functions of the whole signal such as `softmax` and `flatten`.
"""

from collections.abc import Callable, Iterator
from typing import Any

from autograd_core import OPS, Op, add, scope
from autograd_core.errors import OperandError, ShapeError, UnknownNameError

from ..module import Module
from ..nested import as_lists, flat, shape
from .signals import each, elementwise

__all__ = ["Activation", "Flatten", "Residual", "Sequential", "flatten"]

Part = Module | Op | str | Callable[[Any], Any]


class Activation(Module):
    """A row of the op table applied to every number: aᵢ = σ(zᵢ).

    >>> Activation("relu")([[-1.0, 2.0], [3.0, -4.0]])
    [[0.0, 2.0], [3.0, 0.0]]
    """

    def __init__(self, row: Op | str) -> None:
        """Find the row by its name, or take one as it is."""
        known = [name for name, op in OPS.items() if op.takes_one_operand]
        if isinstance(row, Op) and row.takes_one_operand:
            self.row = row
        elif isinstance(row, str) and row in known:
            self.row = OPS[row]
        else:
            raise UnknownNameError("activation", getattr(row, "name", row), known)

    def forward(self, x: Any) -> Any:
        """Return the activations, nested as x."""
        return elementwise(self.row, x)

    def __repr__(self) -> str:
        return f"Activation({self.row.name!r})"


class Sequential(Module):
    """Modules and functions in a row, each fed with what the one before it gives.

    Its state has PyTorch's names: `0.weight` belongs to the first part. An index gives
    or replaces a part, a slice gives a Sequential of the same parts, which keep their
    names.

    >>> from nn import Linear
    >>> model = Sequential(Linear(2, 3, seed=0), "tanh", Linear(3, 1, seed=1))
    >>> list(model.state_dict()), len(model), model[1]
    (['0.weight', '0.bias', '2.weight', '2.bias'], 3, Activation('tanh'))
    >>> (y,) = model([1.0, -1.0])
    >>> y.backward()
    """

    def __init__(self, *modules: Part) -> None:
        """Put the parts in a row; rows and their names become `Activation`s."""
        self.layers = [_part(part) for part in modules]

    def forward(self, x: Any) -> Any:
        """Return what the last part gives."""
        for i, layer in enumerate(self.layers):
            if isinstance(layer, Module):
                x = layer(x)
            else:
                with scope(f"layers.{i}"):
                    x = layer(x)
        return x

    def __len__(self) -> int:
        return len(self.layers)

    def __iter__(self) -> Iterator[Any]:
        return iter(self.layers)

    def __getitem__(self, index: int | slice) -> Any:
        if not isinstance(index, slice):
            return self.layers[index]
        part = Sequential()
        vars(part)["layers"] = self.layers[index]  # past what would rename the parts
        part._names_parts = False
        return part

    def __setitem__(self, index: int, part: Part) -> None:
        layers = list(self.layers)
        layers[index] = _part(part)
        self.layers = layers

    def append(self, part: Part) -> "Sequential":
        """Add a part at the end, and return the model.

        >>> model = Sequential("tanh").append("relu")
        >>> model[-1] = "exp"
        >>> model
        Sequential(Activation('tanh'), Activation('exp'))
        """
        self.layers = [*self.layers, _part(part)]
        return self

    def tensors(self) -> dict[str, Any]:
        """Return the parameters by PyTorch's names, which do not mention the list."""
        named = super().tensors().items()
        return {name.removeprefix("layers."): tensor for name, tensor in named}

    def __repr__(self) -> str:
        return f"Sequential({', '.join(map(_called, self.layers))})"


class Residual(Module):
    """A skip connection: y = x + f(x) (He et al. 2016, "Deep residual learning").

    What goes in must come out of f in the same shape; gradients reach x past f. Numbers
    are added to numbers, at any depth, where `x + f(x)` would join two lists.

    >>> from nn import Linear
    >>> halves = Residual(Linear(2, 2, init="zeros"))
    >>> [y.data for y in halves([1.0, 2.0])]
    [1.0, 2.0]
    """

    def __init__(self, module: Part) -> None:
        """Take the module f; a row, its name or a function will do."""
        self.module = _part(module)

    def forward(self, x: Any) -> Any:
        """Return x + f(x)."""
        x, y = as_lists(x), self.module(x)
        if shape(x) != shape(y):
            raise ShapeError(
                f"{self!r} adds its input to what it makes of it, which must have one "
                f"shape; got {shape(x)} and {shape(y)}"
            )
        return elementwise(add, x, y)

    def __repr__(self) -> str:
        return f"Residual({_called(self.module)})"


def flatten(x: Any, start_dim: int = 0) -> Any:
    """Return a list of all numbers of `x`, or of each part `start_dim` levels down.

    A negative `start_dim` counts from the innermost level: -3 flattens each image.

    >>> flatten([[1, 2], [3, 4]]), flatten([[[1], [2]], [[3], [4]]], 1)
    ([1, 2, 3, 4], [[1, 2], [3, 4]])
    """
    levels = len(shape(x))
    start = start_dim if start_dim >= 0 else levels + start_dim
    if not 0 <= start < levels:
        raise ShapeError(
            f"flatten(x, start_dim={start_dim}) takes lists that nest deep enough; got "
            f"the shape {shape(x)}"
        )
    return each(lambda part: list(flat(part)), x, levels - start)


class Flatten(Module):
    """`flatten` as a module, by default of each example of a batch, as PyTorch's.

    >>> Flatten()([[[1, 2], [3, 4]]])
    [[1, 2, 3, 4]]
    """

    def __init__(self, start_dim: int = 1) -> None:
        """Choose the level from which on all is one list."""
        self.start_dim = start_dim

    def forward(self, x: Any) -> Any:
        """Return the flattened lists."""
        return flatten(x, self.start_dim)

    def __repr__(self) -> str:
        return f"Flatten({self.start_dim})"


def _part(part: Part) -> Any:
    if isinstance(part, Op | str):
        return Activation(part)
    if not callable(part) or isinstance(part, type):
        raise OperandError(
            "a model is made of modules, rows, names of rows and functions, not "
            f"{part!r:.60} of type {type(part).__name__}"
        )
    return part


def _called(part: Any) -> str:
    if isinstance(part, Module):
        return repr(part)
    return getattr(part, "__name__", repr(part))
