"""Nested lists, tuples, dicts and arrays of numbers, taken as one structure.

A derivative has the structure of the arguments it is taken by, whatever they are made
of: `leaves_of` lays the numbers of a structure in a row, `rebuilt` puts a row of
results into a structure, `matching_leaves` reads one structure in the order of another.
A numpy array is a structure of its elements; numpy is only looked for, never imported.
"""

import sys
from collections.abc import Iterator, Sequence
from typing import Any

from .errors import ShapeError

__all__ = ["is_leaf", "leaves_of", "matching_leaves", "paths", "rebuilt"]


def is_leaf(tree: Any) -> bool:
    """Tell whether `tree` is no container.

    >>> is_leaf(3.0), is_leaf([3.0])
    (True, False)
    """
    return not isinstance(tree, list | tuple | dict) and not _is_array(tree)


def _is_array(tree: Any) -> bool:
    numpy = sys.modules.get("numpy")  # where it was not imported, nothing is an array
    return numpy is not None and isinstance(tree, numpy.ndarray) and tree.ndim > 0


def _items(tree: Any) -> Any:
    return tree.values() if isinstance(tree, dict) else tree


def _keys(tree: Any) -> Any:
    return tree.keys() if isinstance(tree, dict) else range(len(tree))


def leaves_of(tree: Any) -> list[Any]:
    """Return the leaves in order.

    >>> leaves_of({"w": [1, (2, 3)], "b": 4})
    [1, 2, 3, 4]
    """
    if is_leaf(tree):
        return [tree]
    found: list[Any] = []
    for item in _items(tree):
        if item.__class__ is float:
            found.append(item)
        else:
            found += leaves_of(item)
    return found


def rebuilt(tree: Any, leaves: Sequence[Any]) -> Any:
    """Return `tree` with these leaves in place of its own.

    >>> rebuilt({"w": [1, (2, 3)], "b": 4}, "abcd")
    {'w': ['a', ('b', 'c')], 'b': 'd'}
    """
    return _filled(tree, iter(leaves))


def _filled(tree: Any, leaves: Iterator[Any]) -> Any:
    if is_leaf(tree):
        return next(leaves)
    items = [
        next(leaves) if item.__class__ is float else _filled(item, leaves)
        for item in _items(tree)
    ]
    if isinstance(tree, dict):
        return dict(zip(tree, items, strict=True))
    if isinstance(tree, list):
        return items
    if isinstance(tree, tuple):
        return type(tree)(*items) if hasattr(tree, "_fields") else tuple(items)
    return _array(items)


def _array(items: list[Any]) -> Any:
    """Return an array of floats where all elements are, else of objects."""
    elements = sys.modules["numpy"].array(items, dtype=object)
    floats = all(isinstance(element, float) for element in elements.flat)
    return elements.astype(float) if floats else elements


def matching_leaves(model: Any, tree: Any, path: str = "") -> list[Any]:
    """Return the leaves of a tree of the same structure, in the order of `model`.

    >>> matching_leaves({"w": [1, 2], "b": 3}, {"b": 30, "w": (10, 20)})
    [10, 20, 30]
    """
    if is_leaf(model) and is_leaf(tree):
        return [tree]
    if not _match(model, tree):
        place = f" at {path}" if path else ""
        raise ShapeError(f"expected {_described(model)}{place}, got {_described(tree)}")
    return [
        leaf
        for key in _keys(model)
        for leaf in matching_leaves(model[key], tree[key], f"{path}[{key!r}]")
    ]


def _match(model: Any, tree: Any) -> bool:
    if is_leaf(model) or is_leaf(tree):
        return False
    if isinstance(model, dict) or isinstance(tree, dict):
        both = isinstance(model, dict) and isinstance(tree, dict)
        return both and model.keys() == tree.keys()
    return len(model) == len(tree)


def _described(tree: Any) -> str:
    if is_leaf(tree):
        return "one number"
    if isinstance(tree, dict):
        return f"a dict with the keys {', '.join(map(repr, tree))}"
    return f"a {type(tree).__name__} of length {len(tree)}"


def paths(tree: Any, start: str = "") -> Iterator[str]:
    """Yield what leads to each leaf, as it is written in Python.

    >>> list(paths({"w": [1, (2, 3)], "b": 4}, "x"))
    ["x['w'][0]", "x['w'][1][0]", "x['w'][1][1]", "x['b']"]
    """
    if is_leaf(tree):
        yield start
    else:
        for key in _keys(tree):
            yield from paths(tree[key], f"{start}[{key!r}]")
