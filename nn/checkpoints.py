"""Checkpoints: all that training needs to go on as if it had never stopped.

A checkpoint is one JSON file of entries, each the state of a part: the model, its
optimiser, the schedule, the place in the data, the random generators, the history. It
is written whole or not at all, so that a run that was killed, even in the middle of
writing, finds its last good one; and it is loaded whole or not at all: one that is
damaged, or is of another model, changes nothing.
"""

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from random import Random
from typing import Any

from autograd_core.errors import OperandError, ShapeError, quoted
from autograd_core.files import check_place, write_whole

from .files import read_object
from .generators import generator_state, set_generator_state
from .hyperparameters import count
from .module import Module
from .optimizers import Optimizer
from .optimizers.states import checked_keys

__all__ = ["Checkpoint", "Modes", "load_checkpoint", "save_checkpoint"]

_FORMAT = "autograd-core checkpoint 1"
_NOT_DAMAGED = "if you mean to begin again, delete the file or choose another path"


def save_checkpoint(path: str | os.PathLike[str], **parts: Any) -> None:
    """Write the states of parts to a file, in place of what was there.

    A part is a `random.Random` or has `state_dict()` and `load_state_dict(state)`:
    models, optimisers, schedulers, loaders and histories do.

    >>> import tempfile
    >>> from nn import MLP, SGD
    >>> model = MLP(2, [1], seed=0)
    >>> parts = {"model": model, "optimizer": SGD(model.parameters(), lr=0.1)}
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save_checkpoint(Path(folder, "run.json"), **parts)
    ...     load_checkpoint(Path(folder, "run.json"), **parts)
    """
    _check_parts(parts)
    entries = {name: _state_text(name, part) for name, part in parts.items()}
    body = ", ".join(f"{json.dumps(name)}: {text}" for name, text in entries.items())
    body = f"{{{body}}}"
    head = f'"format": "{_FORMAT}", "sha256": "{_digest(body)}"'
    content = f'{{{head}, "entries": {body}}}\n'
    write_whole(Path(path), content.encode(), "a checkpoint")


def load_checkpoint(path: str | os.PathLike[str], **parts: Any) -> None:
    """Put parts into the states that a file holds for them: all or, on an error, none.

    Entries that are not asked for are left alone, so that a model can be loaded from
    the checkpoint of its training.

    >>> import tempfile
    >>> from nn import MLP, SGD
    >>> trained, model = MLP(2, [1], seed=0), MLP(2, [1], seed=1)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "run.json")
    ...     optimizer = SGD(trained.parameters(), lr=0.1)
    ...     save_checkpoint(path, model=trained, optimizer=optimizer)
    ...     load_checkpoint(path, model=model)
    >>> model.state_dict() == trained.state_dict()
    True
    """
    _check_parts(parts)
    parts = dict(sorted(parts.items(), key=_is_optimizer))
    entries = _entries(path)
    missing = [name for name in parts if name not in entries]
    if missing:
        raise ShapeError(
            f"the checkpoint {path} has no entry {quoted(missing)}; it has "
            f"{quoted(entries) or 'none'}"
        )
    with _all_or_none(parts):
        for name, part in parts.items():
            try:
                _load(part, entries[name], name)
            except (TypeError, ValueError) as error:
                raise ShapeError(
                    f"the entry {name!r} of the checkpoint {path} does not fit: "
                    f"{error}; nothing was loaded; {_NOT_DAMAGED}"
                ) from error


class Checkpoint:
    """Where `fit` writes checkpoints, how often, and what else stands in them.

    A run whose file is there goes on from it: run the same program again after it was
    killed, or with more epochs. Besides what `fit` itself has, `extra` may name parts
    of yours, such as a `random.Random` that a loss draws from.

    >>> Checkpoint("run.json", every_n_epochs=5, extra={"noise": Random(0)})
    Checkpoint('run.json')
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        every_n_epochs: int = 1,
        every_n_steps: int | None = None,
        extra: Mapping[str, Any] | None = None,
    ) -> None:
        """Choose the place and the times; the last epoch always is one."""
        self.path = Path(path)
        self.every_n_epochs = count("every_n_epochs", every_n_epochs)
        if every_n_steps is not None:
            count("every_n_steps", every_n_steps)
        self.every_n_steps = every_n_steps
        self.extra = dict(extra or {})
        _check_parts(self.extra)

    def resume(self, **parts: Any) -> bool:
        """Go on from the file if there is one, and tell whether there was."""
        check_place(self.path, "a checkpoint")
        if not self.path.exists():
            return False
        try:
            checked_keys(_entries(self.path), list(parts), "the run")
        except ShapeError as error:
            raise ShapeError(f"{self.path}: {error}; {_NOT_DAMAGED}") from None
        load_checkpoint(self.path, **parts)
        return True

    def __repr__(self) -> str:
        return f"Checkpoint({str(self.path)!r})"


class Modes:
    """Which parameters of a model are frozen, and which modules are in evaluation."""

    def __init__(self, model: Module) -> None:
        """Name the parameters and the modules."""
        self._parameters = dict(model.named_parameters())
        self._modules = dict(model.named_modules())

    def state_dict(self) -> dict[str, list[str]]:
        """Return their names."""
        frozen = [k for k, p in self._parameters.items() if not p.requires_grad]
        asked = [k for k, m in self._modules.items() if not m.training]
        return {"frozen": frozen, "evaluating": asked}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Set the same modes."""
        checked_keys(state, ["frozen", "evaluating"], "the modes")
        held: dict[str, Mapping[str, Any]] = {
            "frozen": self._parameters,
            "evaluating": self._modules,
        }
        for key, known in held.items():
            unknown = [name for name in state[key] if name not in known]
            if unknown:
                raise ShapeError(f"{key} names {quoted(unknown)}, which is not there")
        for name, parameter in self._parameters.items():
            parameter.requires_grad = name not in state["frozen"]
        for name, module in self._modules.items():
            module.training = name not in state["evaluating"]


def _check_parts(parts: Mapping[str, Any]) -> None:
    for name, part in parts.items():
        methods = ("state_dict", "load_state_dict")
        if not isinstance(part, Random) and not all(hasattr(part, m) for m in methods):
            raise OperandError(
                f"the part {name!r} of a checkpoint is a random.Random or has "
                f"state_dict() and load_state_dict(state), unlike {part!r:.60}"
            )


def _is_optimizer(item: tuple[str, Any]) -> bool:
    return isinstance(item[1], Optimizer)  # last: its rate is what the run had


def _state(part: Any) -> Any:
    return generator_state(part) if isinstance(part, Random) else part.state_dict()


def _load(part: Any, state: Any, name: str) -> None:
    if isinstance(part, Random):
        set_generator_state(part, state, name)
    else:
        part.load_state_dict(state)


def _state_text(name: str, part: Any) -> str:
    try:
        return json.dumps(_state(part))
    except (TypeError, ValueError) as error:
        raise OperandError(f"the state of {name!r} cannot be saved: {error}") from error


def _digest(body: str) -> str:
    return sha256(body.encode()).hexdigest()


def _entries(path: str | os.PathLike[str]) -> dict[str, Any]:
    """Return the entries of a file, which must be those that were written."""
    content = read_object(path, "a checkpoint")
    entries = content.get("entries")
    if content.get("format") != _FORMAT or not isinstance(entries, dict):
        raise ShapeError(
            f"{path} does not hold a checkpoint: its format is "
            f"{content.get('format')!r:.60}, not {_FORMAT!r}; a model alone is read by "
            "nn.load"
        )
    if content.get("sha256") != _digest(json.dumps(entries)):
        raise ShapeError(
            f"the checkpoint {path} was damaged or changed: its entries are not those "
            "that its sha256 is of; take another one"
        )
    return entries


@contextmanager
def _all_or_none(parts: Mapping[str, Any]) -> Iterator[None]:
    """Put every part back if one of them cannot be loaded."""
    before = {name: _state(part) for name, part in parts.items()}
    try:
        yield
    except BaseException:
        for name, part in parts.items():
            _load(part, before[name], name)
        raise
