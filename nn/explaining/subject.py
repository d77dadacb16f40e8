"""What is explained: one output of a model, and the nodes that stand for its inputs.

Every explanation begins in the same way. A model is called on fresh nodes, so that no
gradient of anybody else's is touched; whoever has called it already, or feeds vectors
into its middle, passes the output and those nodes instead.
"""

import sys
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from autograd_core import Value, gradient, topological_order
from autograd_core.errors import GraphError, OperandError, ShapeError

from ..nested import as_lists, flat, numbers, shape

__all__ = ["Subject", "Target", "filled", "mapped", "slopes", "subject"]

Target = int | Sequence[int] | None


class Subject(NamedTuple):
    """The output to explain, its inputs, and the nodes from leaf to output."""

    output: Value
    inputs: Any
    order: list[Value]


def subject(asked: str, model: Any, x: Any, target: Target = None) -> Subject:
    """Call a model on fresh nodes, or take an output and the nodes it came from.

    `asked` is the name of the function that messages speak of.
    """
    model = as_lists(model)
    if isinstance(model, Value | list | tuple):
        inputs = mapped(lambda leaf: _node(asked, leaf), x)
        output = _chosen(asked, model, target)
    elif callable(model):
        inputs = mapped(_fresh, x)
        output = _chosen(asked, model(inputs), target)
    else:
        raise OperandError(
            f"{asked} explains a model, or outputs of type Value, not {model!r:.60}"
        )
    order = topological_order(output)
    if not set(order).intersection(flat(inputs)):
        raise GraphError(
            f"{asked}: {output!r} depends on none of the inputs; call the model on "
            "these very nodes, not on their .data, and not under no_grad()"
        )
    return Subject(output, inputs, order)


def slopes(it: Subject) -> Any:
    """Return ∂output/∂input for each input; 0 where the output does not look at it."""
    known = set(it.order)
    reached = [node for node in flat(it.inputs) if node in known]
    found = dict(zip(reached, gradient(it.output, reached), strict=True))
    return mapped(lambda node: found.get(node, 0.0), it.inputs)


def mapped(function: Callable[..., Any], tree: Any, *others: Any) -> Any:
    """Apply a function to each number of nested lists, tuples or arrays.

    >>> mapped(lambda x, y: x * y, [1, (2, 3)], [10, [20, 30]])
    [10, (40, 90)]
    """
    others = tuple(map(as_lists, others))
    as_array = _is_array(tree)
    tree = as_lists(tree)
    if not isinstance(tree, list | tuple):
        return function(tree, *others)
    items = [mapped(function, *parts) for parts in zip(tree, *others, strict=True)]
    if as_array:
        return _array(items)
    return tuple(items) if isinstance(tree, tuple) else items


def filled(asked: str, given: Any, tree: Any) -> Any:
    """Return numbers in the structure of a tree; a single one stands for all.

    >>> filled("a baseline", 0.5, [[1.0, 2.0]])
    [[0.5, 0.5]]
    """
    given = numbers(given)
    if not isinstance(given, list):
        return mapped(lambda _: given, tree)
    if shape(given) != shape(tree):
        raise ShapeError(
            f"{asked} takes one number, or the shape {shape(tree)} of the inputs; got "
            f"{shape(given)}"
        )
    return mapped(lambda _, number: number, tree, given)


def _is_array(tree: Any) -> bool:
    numpy = sys.modules.get("numpy")  # where it was not imported, nothing is an array
    return numpy is not None and isinstance(tree, numpy.ndarray) and tree.ndim > 0


def _array(items: list[Any]) -> Any:
    """Return an array of floats where all elements are, else of objects."""
    elements = sys.modules["numpy"].array(items, dtype=object)
    floats = all(isinstance(element, float) for element in elements.flat)
    return elements.astype(float) if floats else elements


def _fresh(x: Any) -> Value:
    return Value(x.data if isinstance(x, Value) else x)


def _node(asked: str, x: Any) -> Value:
    if isinstance(x, Value):
        return x
    raise OperandError(
        f"{asked} of an output takes the nodes it was computed from, not {x!r:.60}; "
        "make x = [Value(number), ...], call the model on it, and pass both"
    )


def _chosen(asked: str, outputs: Any, target: Target) -> Value:
    """Return the output that `target` names: an index, or one for each level."""
    for i in _indices(asked, target):
        outputs = _item(asked, as_lists(outputs), i)
    outputs = as_lists(outputs)
    if isinstance(outputs, list | tuple):
        raise ShapeError(
            f"{asked} explains one output, and there is a list of {len(outputs)}; say "
            f"which one: target=0 to target={len(outputs) - 1}, or a tuple of indices"
        )
    if not isinstance(outputs, Value):
        raise OperandError(
            f"{asked} takes a model that returns Values; this one returned "
            f"{outputs!r:.60}"
        )
    return outputs


def _indices(asked: str, target: Any) -> Sequence[int]:
    indices = [] if target is None else as_lists(target)
    indices = indices if isinstance(indices, list | tuple) else [indices]
    for i in indices:
        if isinstance(i, bool) or not isinstance(i, int):
            raise OperandError(
                f"{asked} takes a target of one whole number or several, not "
                f"{target!r:.60}"
            )
    return indices


def _item(asked: str, outputs: Any, i: int) -> Any:
    count = len(outputs) if isinstance(outputs, list | tuple) else 0
    if -count <= i < count:
        return outputs[i]
    found = f"a list of {count}" if count else "a single number"
    raise ShapeError(f"{asked} finds no target {i} in {found}")
