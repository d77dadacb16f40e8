"""A saved state into parameters, whole or the part of it that fits.

Whole is the rule: a name too many or too few is an error. In transfer learning a new
head has no numbers in the saved state, and the old one no place in the model; then what
has the same name is loaded, and what was left out is told.
"""

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any, NamedTuple

from autograd_core.errors import OperandError, ShapeError, quoted

from .nested import assign, numbers, shape

__all__ = ["LoadedKeys", "load_tensors"]


class LoadedKeys(NamedTuple):
    """What became of the names of a model and of a state, as PyTorch tells it."""

    missing_keys: list[str]
    unexpected_keys: list[str]
    loaded_keys: list[str]


def load_tensors(
    tensors: Mapping[str, Any],
    state: Mapping[str, Any],
    owner: str,
    *,
    strict: bool = True,
) -> LoadedKeys:
    """Take over the numbers of `state`, or on an error none; `owner` is for messages.

    >>> from autograd_core import Value
    >>> load_tensors({"w": [Value(0.0)]}, {"w": [1.0]}, "a model").loaded_keys
    ['w']
    """
    found = _matched(tensors, state, owner)
    if strict and (found.missing_keys or found.unexpected_keys):
        raise ShapeError(_unfit(found, owner))
    if not strict and not found.loaded_keys and tensors:
        raise ShapeError(f"nothing in the state fits; {_unfit(found, owner)}")
    loaded = {name: _numbers(state[name], name) for name in found.loaded_keys}
    for name in found.loaded_keys:
        if shape(tensors[name]) != shape(loaded[name]):
            raise ShapeError(
                f"{name} has shape {shape(tensors[name])} in {owner}, "
                f"{shape(loaded[name])} in the state"
            )
    for name in found.loaded_keys:
        assign(tensors[name], loaded[name])
    return found


def _matched(tensors: Mapping[str, Any], state: Any, owner: str) -> LoadedKeys:
    if not isinstance(state, Mapping):
        raise OperandError(
            f"{owner} takes a state such as state_dict() returns, a dict, not "
            f"{state!r:.60}"
        )
    return LoadedKeys(
        missing_keys=[name for name in tensors if name not in state],
        unexpected_keys=[name for name in state if name not in tensors],
        loaded_keys=[name for name in tensors if name in state],
    )


def _unfit(found: LoadedKeys, owner: str) -> str:
    missing, unexpected, _ = found
    near = [m for u in unexpected for m in get_close_matches(str(u), missing, n=1)]
    hint = f"; perhaps {quoted(near)} under another name" if near else ""
    return (
        f"the state does not fit {owner}: missing {quoted(missing) or 'none'}, "
        f"unexpected {quoted(unexpected) or 'none'}{hint}"
    )


def _numbers(tensor: Any, name: str) -> Any:
    try:
        shape(tensor)
        return numbers(tensor)
    except ShapeError as error:
        raise ShapeError(f"{name} in the state holds {error}") from None
    except TypeError as error:
        raise OperandError(
            f"{name} in the state holds what is no number: {error}"
        ) from None
