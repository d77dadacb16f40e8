"""The values of a script by the names that a person would write for them."""

import ast
from collections.abc import Iterator, Mapping
from types import FunctionType, ModuleType
from typing import Any

from .. import Op, Value
from ..errors import GraphError, OperandError, UnknownNameError
from .names import named_values

__all__ = ["ends", "find", "only_end"]

_LISTED = 12  # names in a message
_NO_PLACES = (FunctionType, ModuleType, Op, type)  # where nobody looks for a Value


def find(path: str, names: Mapping[str, Any]) -> Value:
    """Return the value at a path such as `loss`, `losses[-1]` or `model.bias["b"]`.

    A path is read, never evaluated: it is a name with attributes and indices.

    >>> find("losses[-1]", {"losses": [Value(1.0), Value(2.0)]})
    Value(data=2.0, grad=0.0)

    Raises `UnknownNameError` where the first name is not there and `GraphError` where
    the path leads nowhere, both of them a `ValueError`; `OperandError`, a `TypeError`,
    where it leads to something else than a `Value`.
    """
    first, *steps = _steps(path)
    if first not in names:
        known = [k for k, thing in names.items() if not isinstance(thing, _NO_PLACES)]
        raise UnknownNameError("global name of the script", first, known)
    thing, so_far = names[first], first
    for step in steps:
        thing, so_far = _follow(thing, so_far, step), so_far + _written(step)
    if not isinstance(thing, Value):
        raise OperandError(
            f"{path} is no Value but {_described(thing)}; {_advice(names)}"
        )
    return thing


def ends(names: Mapping[str, Any]) -> dict[Value, str]:
    """Return the named values that no other named value was computed from.

    Leaves are among them only where nothing was computed at all.

    >>> x = Value(3.0)
    >>> list(ends({"x": x, "y": x * x, "unused": Value(1.0)}).values())
    ['y']
    """
    found = named_values(names)
    used = set[Value]()
    stack = [parent for value in found for parent in value.parents]
    while stack:
        node = stack.pop()
        if node not in used:
            used.add(node)
            stack += node.parents
    last = {value: name for value, name in found.items() if value not in used}
    computed = {value: name for value, name in last.items() if not value.is_leaf}
    return computed or last


def only_end(names: Mapping[str, Any]) -> Value:
    """Return the one value that everything else leads to.

    Raises `GraphError`, a `ValueError`, where there is none or where there are several.
    """
    found = ends(names)
    if len(found) != 1:
        raise GraphError(_advice(names))
    return next(iter(found))


def _advice(names: Mapping[str, Any]) -> str:
    found = list(ends(names).values())
    if not found:
        return (
            "no global name of the script holds a Value; assign the one to show to a "
            "name outside of all functions"
        )
    listed = ", ".join(found[:_LISTED])
    more = f" and {len(found) - _LISTED:,} more" if len(found) > _LISTED else ""
    return f"say which Value to show with --root: {listed}{more}"


Step = tuple[str, Any]  # "." and an attribute, or "[" and an index


def _steps(path: str) -> list[Any]:
    """Return the name that a path begins with, and the steps from there."""
    try:
        return list(_parsed(ast.parse(path.strip(), mode="eval").body))
    except (SyntaxError, ValueError) as error:
        raise GraphError(
            f"cannot read {path!r} as a path to a Value; write a name with attributes "
            "and indices, such as loss, losses[-1] or model.bias"
        ) from error


def _parsed(node: ast.expr) -> Iterator[Any]:
    if isinstance(node, ast.Name):
        yield node.id
    elif isinstance(node, ast.Attribute):
        yield from _parsed(node.value)
        yield (".", node.attr)
    elif isinstance(node, ast.Subscript):
        yield from _parsed(node.value)
        yield ("[", ast.literal_eval(node.slice))
    else:
        raise ValueError(ast.dump(node))


def _follow(thing: Any, so_far: str, step: Step) -> Any:
    kind, key = step
    try:
        return getattr(thing, key) if kind == "." else thing[key]
    except (AttributeError, LookupError, TypeError) as error:
        raise GraphError(
            f"{so_far}{_written(step)} leads nowhere: {so_far} is "
            f"{_described(thing)} without it"
        ) from error


def _written(step: Step) -> str:
    kind, key = step
    return f".{key}" if kind == "." else f"[{key!r}]"


def _described(thing: Any) -> str:
    size = f" of {len(thing):,}" if isinstance(thing, dict | list | tuple) else ""
    kind = type(thing).__name__
    return f"{'an' if kind[0] in 'aeiouAEIOU' else 'a'} {kind}{size}"
