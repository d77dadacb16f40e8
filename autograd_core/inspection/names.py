"""Names for values that have no label, from a mapping such as `locals()`."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from .. import Value
from ..errors import OperandError

__all__ = ["named_values"]

_PLAIN = (bool, bytes, complex, float, int, str, type(None))


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
    seen: dict[int, Any] = {}  # holds what it has the id of, so that no id comes twice
    # A name such as _ is nobody's choice: a notebook gives it to every result.
    for name in sorted(names, key=lambda name: str(name).startswith("_")):
        for path, value in _inside(str(name), names[name], seen):
            found.setdefault(value, path)
    return found


def _inside(path: str, thing: Any, seen: dict[int, Any]) -> Iterator[tuple[str, Value]]:
    """Yield the values in a thing, which may hold itself, each after its path."""
    waiting = [(path, thing)]
    while waiting:
        path, thing = waiting.pop()
        if isinstance(thing, Value):
            yield path, thing
        elif id(thing) not in seen:
            pairs = list(_pairs(thing))
            if pairs:
                seen[id(thing)] = thing
            waiting += [(f"{path}[{key!r}]", item) for key, item in reversed(pairs)]


def _pairs(thing: Any) -> Iterator[tuple[Any, Any]]:
    """Yield what a container holds that may be a value or hold one."""
    if getattr(getattr(thing, "dtype", None), "hasobject", False):
        thing = thing.tolist()  # numpy's array of objects; this one cannot import numpy
    if isinstance(thing, dict):
        pairs: Iterable[tuple[Any, Any]] = thing.items()
    else:
        pairs = enumerate(thing) if isinstance(thing, list | tuple) else ()
    for key, item in pairs:
        if not isinstance(item, _PLAIN):
            yield key, item
