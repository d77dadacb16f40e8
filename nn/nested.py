"""Nested lists of numbers, the shape that weights have without arrays.

Losses, state dicts and layers meet the same three questions: what shape is this, which
numbers does it hold, do two of them match. They are answered here once.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from autograd_core import Value
from autograd_core.errors import ShapeError

__all__ = [
    "as_lists",
    "assign",
    "data_of",
    "flat",
    "is_traced",
    "nest",
    "numbers",
    "shape",
]


def _is_sequence(item: Any) -> bool:
    return isinstance(item, list | tuple)


def as_lists(item: Any) -> Any:
    """Turn an array or a tensor into nested lists; leave anything else as it is."""
    return item.tolist() if hasattr(item, "tolist") else item


def shape(item: Any) -> tuple[int, ...]:
    """Return the lengths of a nested list, outermost first.

    >>> shape([[1, 2, 3], [4, 5, 6]])
    (2, 3)
    """
    item = as_lists(item)
    if not _is_sequence(item):
        return ()
    inner = {shape(part) for part in item}
    if len(inner) > 1:
        raise ShapeError(f"rows of different shapes in one list: {sorted(inner)}")
    return (len(item), *(inner.pop() if inner else ()))


def flat(item: Any) -> Iterator[Any]:
    """Yield the numbers of a nested list from left to right.

    >>> list(flat([[1, 2], [3]]))
    [1, 2, 3]
    """
    item = as_lists(item)
    if _is_sequence(item):
        for part in item:
            yield from flat(part)
    else:
        yield item


def nest(items: Iterable[Any], form: Sequence[int]) -> Any:
    """Return the items, from left to right, as a nested list of this shape.

    >>> nest(range(6), (2, 3))
    [[0, 1, 2], [3, 4, 5]]
    """
    return _nest(iter(items), form)


def _nest(items: Iterator[Any], form: Sequence[int]) -> Any:
    if not form:
        return next(items)
    return [_nest(items, form[1:]) for _ in range(form[0])]


def data_of(item: Any) -> float:
    """Return the plain number of a Value or a number."""
    if item.__class__ is float:
        return float(item)
    return item.data if isinstance(item, Value) else Value(item).data


def is_traced(item: Any) -> bool:
    """Tell whether a number is one that only the replays of a program will know."""
    return isinstance(item, Value) and isinstance(item.data, Value)


def numbers(item: Any) -> Any:
    """Return the same nesting with floats in place of Values and other numbers."""
    item = as_lists(item)
    if _is_sequence(item):
        return [numbers(part) for part in item]
    return data_of(item)


def assign(values: Any, data: Any) -> None:
    """Set the data of nested Values from a nesting of the same shape."""
    for value, number in zip(flat(values), flat(data), strict=True):
        value.data = number
