"""Parameters in a file: JSON that any program reads, equal to the last bit.

Python writes a float with as many digits as tell it from its neighbours, so reading
gives back the very number. A file appears whole or not at all.
"""

import json
import os
from pathlib import Path
from typing import Any

from autograd_core.errors import OperandError, ShapeError
from autograd_core.files import write_whole

from .module import Module

__all__ = ["load", "read_object", "save"]


def save(model: Module, path: str | os.PathLike[str]) -> None:
    """Write the model's `state_dict()` to `path`, in place of what was there.

    >>> import tempfile
    >>> from nn import MLP
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save(MLP(2, [1], seed=0), Path(folder, "model.json"))
    ...     load(MLP(2, [1], seed=1), Path(folder, "model.json"))
    """
    _check("save", model)
    state = json.dumps(model.state_dict()).encode()
    write_whole(Path(path), state, "a model")


def load(model: Module, path: str | os.PathLike[str]) -> None:
    """Read a file that `save` wrote into a model of the same shape.

    >>> import tempfile
    >>> from nn import MLP
    >>> model = MLP(2, [1], seed=1)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save(MLP(2, [1], seed=0), Path(folder, "model.json"))
    ...     load(model, Path(folder, "model.json"))
    >>> model.state_dict() == MLP(2, [1], seed=0).state_dict()
    True
    """
    _check("load", model)
    state = read_object(path, "a saved model")
    try:
        model.load_state_dict(state)
    except (TypeError, ValueError) as error:
        kind = OperandError if isinstance(error, TypeError) else ShapeError
        raise kind(f"{path} holds another model or none: {error}") from None


def _check(asked: str, model: Any) -> None:
    if not isinstance(model, Module):
        raise OperandError(
            f"{asked}(model, path) takes a Module, not {model!r:.60}; a run with its "
            "optimiser is saved by save_checkpoint"
        )


def read_object(path: str | os.PathLike[str], what: str) -> dict[str, Any]:
    """Return the JSON object in a file; `what` it should be is for messages."""
    content = Path(path).read_bytes()
    try:
        state: Any = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise ShapeError(
            f"{path} does not hold {what}: {error}; was it cut short?"
        ) from None
    if not isinstance(state, dict):
        raise ShapeError(f"{path} does not hold {what}: not a JSON object")
    return state
