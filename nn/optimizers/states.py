"""What is done with the state of any transformation, whatever it means.

A state is a tree of tuples, whose lists hold one entry for each parameter. So the part
of some parameters can be taken out and put back, and a state can be written as JSON
and read again, by the shape of the state that the transformation begins with.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from autograd_core.errors import OperandError, ShapeError, quoted

__all__ = ["checked_keys", "decoded", "encoded", "merged", "selected"]


def selected(state: Any, places: Sequence[int]) -> Any:
    """Return the state of the parameters at some places.

    >>> selected(([1.0, 2.0, 3.0], 7), [0, 2])
    ([1.0, 3.0], 7)
    """
    return _mapped(
        lambda part: [part[i] for i in places] if isinstance(part, list) else part,
        state,
    )


def merged(state: Any, part: Any, places: Sequence[int]) -> Any:
    """Return the state with the entries at some places replaced by those of `part`.

    >>> merged(([1.0, 2.0, 3.0], 7), ([9.0, 8.0], 6), [0, 2])
    ([9.0, 2.0, 8.0], 6)
    """

    def replaced(old: Any, new: Any) -> Any:
        if not isinstance(old, list):
            return new
        following = list(old)
        for i, entry in zip(places, new, strict=True):
            following[i] = entry
        return following

    return _mapped(replaced, state, part)


def _mapped(f: Callable[..., Any], state: Any, *others: Any) -> Any:
    """Apply f to the parts of states of one shape that are no tuples."""
    if not isinstance(state, tuple):
        return f(state, *others)
    parts = [_mapped(f, *same) for same in zip(state, *others, strict=True)]
    return _like(state, parts)


def _like(state: tuple[Any, ...], parts: list[Any]) -> Any:
    """Return a tuple, or a named tuple, of the kind of `state`."""
    return state._make(parts) if hasattr(state, "_make") else tuple(parts)


def encoded(state: Any) -> Any:
    """Return a state as JSON holds it: named tuples are objects.

    >>> encoded(([1.0, None], 7))
    [[1.0, None], 7]
    """
    if hasattr(state, "_asdict"):
        return {name: encoded(part) for name, part in state._asdict().items()}
    if isinstance(state, tuple | list):
        return [encoded(part) for part in state]
    if state is None or isinstance(state, int | float | str):
        return state
    raise OperandError(
        "a state of tuples, lists and numbers can be saved; this one holds "
        f"{state!r:.60} of type {type(state).__name__}"
    )


def decoded(model: Any, saved: Any, where: str) -> Any:
    """Return what `encoded` wrote, in the shape of `model`; `where` is its name.

    >>> decoded(([0.0, None], 0), [[1.0, 2.5], 7], "state")
    ([1.0, 2.5], 7)
    """
    if not isinstance(model, tuple | list):
        return _leaf(model, saved, where)
    names = getattr(model, "_fields", None)
    if names is not None:
        checked_keys(saved, names, where)
        saved = [saved[name] for name in names]
    elif not isinstance(saved, list) or len(saved) != len(model):
        found = f"{len(saved)}" if isinstance(saved, list) else f"{saved!r:.60}"
        raise ShapeError(f"{where} takes {len(model)} entries; the state has {found}")
    paths = [f"{where}{place}" for place in _places(names, len(saved))]
    trios = zip(model, saved, paths, strict=True)
    parts = [decoded(part, entry, path) for part, entry, path in trios]
    return _like(model, parts) if isinstance(model, tuple) else parts


def _places(names: Sequence[str] | None, length: int) -> Iterator[str]:
    if names is None:
        yield from (f"[{i}]" for i in range(length))
    else:
        yield from (f".{name}" for name in names)


def _leaf(model: Any, saved: Any, where: str) -> Any:
    if isinstance(model, int | str):
        if type(saved) is type(model):
            return saved
    elif saved is None and model is None:
        return None
    elif type(saved) in (float, int):
        return float(saved)
    wanted = {int: "a whole number", str: "a word", bool: "true or false"}
    kind = wanted.get(type(model), "a number")
    raise OperandError(f"{where} takes {kind}; the state has {saved!r:.60}")


def checked_keys(saved: Any, wanted: Sequence[str], where: str) -> None:
    """Refuse what is no dict with just the wanted keys."""
    if not isinstance(saved, dict):
        raise OperandError(f"{where} takes a dict; the state has {saved!r:.60}")
    missing = [key for key in wanted if key not in saved]
    unexpected = [key for key in saved if key not in wanted]
    if missing or unexpected:
        raise ShapeError(
            f"{where} does not fit: missing {quoted(missing) or 'none'}, unexpected "
            f"{quoted(unexpected) or 'none'}"
        )
