"""Names for values that have no label, from a mapping such as `locals()`."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from autograd_core import Value
from autograd_core.errors import OperandError

__all__ = ["named_values"]


def named_values(names: Mapping[str, Any] | None) -> dict[Value, str]:
    """Return the first name of each value in a mapping, in lists and dicts too.

    >>> a, b = Value(1.0), Value(2.0)
    >>> list(named_values({"a": a, "bs": [b, {"again": a}]}).values())
    ['a', 'bs[0]']

    Raises `OperandError`, a `TypeError`, for anything but a mapping.
    """
    if names is None:
        return {}
    if not isinstance(names, Mapping):
        raise OperandError(
            f"names takes a mapping such as locals(), not {type(names).__name__}"
        )
    found: dict[Value, str] = {}
    for name, thing in names.items():
        for path, value in _inside(str(name), thing, set()):
            found.setdefault(value, path)
    return found


def _inside(path: str, thing: Any, above: set[int]) -> Iterator[tuple[str, Value]]:
    if isinstance(thing, Value):
        yield path, thing
        return
    if id(thing) in above or not isinstance(thing, dict | list | tuple):
        return
    pairs: Sequence[tuple[Any, Any]] = (
        list(thing.items()) if isinstance(thing, dict) else list(enumerate(thing))
    )
    for key, item in pairs:
        yield from _inside(f"{path}[{key!r}]", item, above | {id(thing)})
