"""Which parts of a nested structure are arrays.

A part is the largest piece of an argument that is rectangular: a number, a list of
numbers, rows of one length. `skeleton` replaces each by its name and shape, once; calls
only walk what is left.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...errors import OperandError, ShapeError
from ...real import described
from ...trees import is_leaf, leaves_of

__all__ = ["Part", "as_array", "packer", "parts", "parts_of", "skeleton", "unpacker"]


_FLOAT = np.dtype(float)


@dataclass(frozen=True)
class Part:
    """A rectangular part of an argument: what it is called, and its shape."""

    name: str
    shape: tuple[int, ...]


def skeleton(tree: Any, name: str) -> Any:
    """Return a structure with a `Part` in place of each rectangular part.

    >>> skeleton({"w": [[1.0, 2.0]], "b": 3.0}, "layer")
    {'w': Part(name='layer_w', shape=(1, 2)), 'b': Part(name='layer_b', shape=())}
    """
    shape = _shape(tree)
    if shape is not None:
        return Part(name, shape)
    if isinstance(tree, dict):
        return {k: skeleton(item, f"{name}_{_word(k)}") for k, item in tree.items()}
    items = [skeleton(item, f"{name}_{i}") for i, item in enumerate(tree)]
    return _like(tree, items)


def _word(key: Any) -> str:
    return "".join(c if c.isalnum() else "_" for c in str(key))


def _shape(tree: Any) -> tuple[int, ...] | None:
    """Return the shape of nested sequences of numbers, None where it has none."""
    if is_leaf(tree):
        return ()
    if isinstance(tree, dict):
        return None
    if isinstance(tree, np.ndarray):
        return tuple(tree.shape)
    inner = {_shape(item) for item in tree}
    if not inner:
        return (0,)
    one = inner.pop()
    return None if inner or one is None else (len(tree), *one)


def _like(tree: Any, items: list[Any]) -> Any:
    if isinstance(tree, tuple):
        return type(tree)(*items) if hasattr(tree, "_fields") else tuple(items)
    return items


def parts(bones: Any) -> Iterator[Part]:
    """Yield the parts of a skeleton in order."""
    if isinstance(bones, Part):
        yield bones
    else:
        for item in bones.values() if isinstance(bones, dict) else bones:
            yield from parts(item)


def parts_of(bones: Any, argument: Any, path: str) -> list[Any]:
    """Return what an argument has in the places of the parts.

    >>> parts_of(skeleton([[1.0], [1.0, 2.0]], "x"), [[3.0], [4.0, 5.0]], "x")
    [[3.0], [4.0, 5.0]]
    """
    if isinstance(bones, Part):
        return [argument]
    named = isinstance(bones, dict)
    fits = not is_leaf(argument) and isinstance(argument, dict) == named
    fits = fits and len(argument) == len(bones)
    if not fits or (named and argument.keys() != bones.keys()):
        kind = f"a dict of {', '.join(map(repr, bones))}" if named else "a sequence"
        raise ShapeError(
            f"{path} must have the structure that was traced, {kind} of {len(bones)} "
            f"items; got {described(argument)}"
        )
    keys = bones if named else range(len(bones))
    return [p for k in keys for p in parts_of(bones[k], argument[k], f"{path}[{k!r}]")]


def unpacker(bones: Any) -> Callable[[Any], list[Any] | None]:
    """Return a fast `parts_of`, or what returns None where it is to say what is wrong.

    >>> unpacker(skeleton([[1.0], [1.0, 2.0]], "x"))([[3.0], [4.0, 5.0]])
    [[3.0], [4.0, 5.0]]
    """
    found, lengths = [], []

    def visit(inner: Any, path: str) -> None:
        if isinstance(inner, Part):
            found.append(path)
            return
        lengths.append(f"len({path}) == {len(inner)}")
        for key in inner if isinstance(inner, dict) else range(len(inner)):
            visit(inner[key], f"{path}[{key!r}]")

    visit(bones, "x")
    if not lengths:
        return lambda x: [x]
    text = f"lambda x: [{', '.join(found)}] if {' and '.join(lengths)} else None"
    unpack: Callable[[Any], list[Any]] = eval(text)

    def guarded(x: Any) -> list[Any] | None:
        try:
            return unpack(x)
        except (TypeError, LookupError):
            return None

    return guarded


def packer(bones: Any) -> Callable[[Sequence[Any]], Any]:
    """Return what puts arrays, in order, into the structure of a skeleton.

    >>> packer(skeleton({"a": [1.0], "b": 2.0}, "x"))(["A", "B"])
    {'a': 'A', 'b': 'B'}
    """
    count = 0

    def text(inner: Any) -> str:
        nonlocal count
        if isinstance(inner, Part):
            count += 1
            return f"x[{count - 1}]"
        if isinstance(inner, dict):
            return "{" + ", ".join(f"{k!r}: {text(v)}" for k, v in inner.items()) + "}"
        inside = ", ".join([text(item) for item in inner])
        if isinstance(inner, tuple):
            kinds.append(type(inner))
            made = f"kinds[{len(kinds) - 1}](" if hasattr(inner, "_fields") else "("
            return f"{made}{inside},)"
        return f"[{inside}]"

    kinds: list[Any] = []
    pack: Callable[[Sequence[Any]], Any] = eval(
        f"lambda x: {text(bones)}", {"kinds": kinds}
    )
    return pack


def as_array(given: Any, part: Part, many: bool, of: str) -> Any:
    """Return a part of a call's arguments as floats, examples along the first axis.

    >>> as_array([[1, 2], [3, 4]], Part("x", (2,)), True, "f").shape
    (2, 2)
    """
    if given.__class__ is np.ndarray and given.dtype == _FLOAT:
        shape = given.shape
        if shape[many:] == part.shape and (not many or (shape and shape[0])):
            return given
    try:
        array = np.asarray(given)
    except ValueError:  # rows of different lengths
        array = np.asarray(given, dtype=object)
    if array.dtype.kind not in "biuf":
        numbers = leaves_of(given) if array.dtype.kind == "O" else [given]
        odd = next((x for x in numbers if not isinstance(x, int | float)), given)
        raise OperandError(f"{part.name} of {of} takes numbers; got {described(odd)}")
    if array.shape[many:] != part.shape or (many and not array.ndim):
        extents = ["count"] * many + [str(n) for n in part.shape]
        raise ShapeError(
            f"{part.name} of {of} takes an array of shape ({', '.join(extents)}); got "
            f"{array.shape}"
        )
    if many and not len(array):
        raise ShapeError(f"{part.name} of {of} takes at least one example; got none")
    return array.astype(float, copy=False)
