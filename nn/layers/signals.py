"""What goes into a layer and comes out of it: numbers and Values in nested lists.

A layer is written for one example, which is a vector, an image or a sequence of
vectors; `each` lets it take a batch as well, a list that nests deeper, as PyTorch's
layers do. Inputs may be lists, tuples, arrays or tensors, of numbers or of `Value`s;
results are lists, whatever came in. Plain numbers become nodes once for each call,
however many units look at them.
"""

from collections.abc import Callable
from functools import cache
from typing import Any
from weakref import ref

from autograd_core import Value
from autograd_core.errors import GraphError, OperandError, ShapeError

from ..nested import as_lists, flat, shape

__all__ = [
    "Recent",
    "depth",
    "each",
    "elementwise",
    "grid",
    "nodes",
    "one_sequence",
    "vector",
]


def depth(x: Any) -> int:
    """Return how deep a list nests, judged by its first items.

    >>> depth(1.0), depth([1.0, 2.0]), depth([[1.0], [2.0]])
    (0, 1, 2)
    """
    levels = 0
    while x.__class__ is list or isinstance(x := as_lists(x), list | tuple):
        levels += 1
        if not x or (x := x[0]).__class__ is Value:
            break
    return levels


def each(function: Callable[[Any], Any], x: Any, rank: int) -> Any:
    """Apply `function` to every part of `x` that nests `rank` deep.

    >>> each(sum, [[1, 2], [3, 4]], 1)
    [3, 7]
    """
    levels = depth(x) - rank
    return function(x) if levels <= 0 else _below(function, x, levels)


def _below(function: Callable[[Any], Any], x: Any, levels: int) -> Any:
    if levels <= 0:
        return function(x)
    return [_below(function, part, levels - 1) for part in as_lists(x)]


def elementwise(function: Callable[..., Any], x: Any, *others: Any) -> Any:
    """Apply `function` to every number of `x`, with those at its place in others.

    >>> elementwise(max, [[1, 5], [3, 4]], [[2, 2], [2, 6]])
    [[2, 5], [3, 6]]
    """
    x = as_lists(x)
    if not isinstance(x, list | tuple):
        return function(x, *others)
    parts = zip(x, *map(as_lists, others), strict=True)
    return [elementwise(function, *at) for at in parts]


def vector(x: Any, length: int, module: Any) -> list[Any]:
    """Return the inputs as a list of the length that `module` takes.

    >>> vector((1.0, 2.0), 2, "Layer")
    [1.0, 2.0]
    """
    if x.__class__ is not list:
        x = _listed(x, length, module)
    if len(x) != length:
        raise ShapeError(f"{module!r} takes {length} inputs; got {len(x)}")
    counted: list[Any] = x
    return counted


def _listed(x: Any, length: int, module: Any) -> list[Any]:
    try:
        if not isinstance(x, dict | set | frozenset):  # which have no order
            return list(as_lists(x))
    except TypeError:
        pass
    raise OperandError(
        f"{module!r} takes a list of {length} numbers, not {x!r:.60} of type "
        f"{type(x).__name__}"
    )


def one_sequence(x: Any, module: Any) -> None:
    """Refuse a batch of sequences where it could be meant in two ways."""
    if depth(x) > 2:
        raise ShapeError(
            f"{module!r} takes one sequence, a list of vectors; got {_described(x)}. "
            "Call it for each of a batch, whose order PyTorch's layers take in two "
            "ways: [layer(x) for x in batch]"
        )


def grid(x: Any, wanted: tuple[int | None, ...], module: Any) -> list[Any]:
    """Return nested lists of the shape that `module` takes; None stands for any length.

    >>> grid([(1, 2), (3, 4)], (None, 2), "Layer")
    [[1, 2], [3, 4]]
    """
    fitted = _fitted(x, wanted)
    if fitted is None:
        sides = " × ".join("any" if n is None else str(n) for n in wanted)
        kind = ShapeError if depth(x) else OperandError
        raise kind(
            f"{module} takes nested lists of {sides} numbers; got {_described(x)}"
        )
    return fitted


def _fitted(x: Any, wanted: tuple[int | None, ...]) -> list[Any] | None:
    """Return `x` as lists if it has the wanted shape, else None."""
    x = as_lists(x)
    if not isinstance(x, list | tuple) or not x or wanted[0] not in (None, len(x)):
        return None
    if len(wanted) == 1:
        return None if depth(x) > 1 else list(x)
    rows = [_fitted(part, wanted[1:]) for part in x]
    lengths = {None if row is None else len(row) for row in rows}
    return None if None in lengths or len(lengths) > 1 else rows


def _described(x: Any) -> str:
    try:
        return (
            f"the shape {shape(x)}" if depth(x) else f"{x!r:.60} of {type(x).__name__}"
        )
    except ShapeError as error:
        return str(error)


def nodes(inputs: list[Any], name: str = "x") -> list[Value]:
    """Make nodes of plain numbers, once for all the units that look at them."""
    return [
        x if isinstance(x, Value) else Value(x, label=label, requires_grad=False)
        for x, label in zip(inputs, _names(name, len(inputs)), strict=True)
    ]


@cache
def _names(name: str, count: int) -> tuple[str, ...]:
    return tuple([f"{name}[{i}]" for i in range(count)])


class Recent:
    """The Values of a module's last call, by name, as long as their graph lives.

    It holds weak references, so that no graph is kept for the sake of being looked at.

    >>> recent, y = Recent(), Value(1.0)
    >>> recent.keep(z=[y])
    >>> recent.recall("z", "the layer") == [y]
    True
    """

    def __init__(self) -> None:
        self._held: dict[str, Any] = {}

    def keep(self, **values: Any) -> None:
        """Remember nested Values under their names, in place of the last ones."""
        for name, held in values.items():
            one = held.__class__ is Value  # a neuron's, which should cost next to none
            self._held[name] = ref(held) if one else elementwise(_weak, held)

    def recall(self, name: str, module: Any) -> Any:
        """Return what was kept under `name`, or say why it is not there."""
        found = elementwise(lambda held: held(), self._held.get(name, _nothing))
        if any(value is None for value in flat(found)):
            raise GraphError(
                f"{module!r} has no {name} at hand: call it, not under no_grad(), and "
                "keep what comes of it; the values of a call live as long as its graph"
            )
        return found

    def __reduce__(self) -> tuple[type["Recent"], tuple[()]]:
        return Recent, ()  # a copy of a module has not been called yet


def _weak(value: Any) -> Callable[[], Any]:
    return ref(value) if isinstance(value, Value) else lambda: value


def _nothing() -> None:
    return None
