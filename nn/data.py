"""Mini-batches: the examples in a new order every epoch.

A loader knows where it stands: its state, saved and loaded, goes on with the very batch
that would have come next.
"""

from collections.abc import Iterator, Sequence
from random import Random
from typing import Any

from autograd_core.errors import OperandError, ShapeError, UnknownNameError

from .datasets import checked_dataset
from .generators import generator_state, set_generator_state
from .hyperparameters import count
from .nested import as_lists
from .optimizers.states import checked_keys

__all__ = ["DataLoader"]


class DataLoader:
    """Iterate over a data set in batches of lists; each pass is one epoch.

    `data` are inputs, with `targets` beside them, or a data set: a sequence of pairs
    `(input, target)` or of dicts, a dict of columns. Batches are nested as examples
    are: a tuple of lists for tuples, a dict of lists for dicts; `keys` names two
    columns of dicts that make a pair. Rows of arrays become lists of numbers.

    Shuffling is seeded, and each epoch goes on where the last one left the generator.
    `drop_last` leaves out a last batch that is not full.

    >>> loader = DataLoader([1, 2, 3], "abc", batch_size=2, shuffle=False)
    >>> list(loader), len(loader)
    ([([1, 2], ['a', 'b']), ([3], ['c'])], 2)
    >>> next(iter(DataLoader([{"x": 1.5, "y": 0}, {"x": 2.5, "y": 1}], shuffle=False)))
    {'x': [1.5, 2.5], 'y': [0, 1]}
    """

    def __init__(
        self,
        data: Any,
        targets: Any = None,
        batch_size: int = 32,
        *,
        shuffle: bool = True,
        seed: int | None = 0,
        drop_last: bool = False,
        keys: Sequence[str] | None = None,
    ) -> None:
        """Check that there are examples, and one target for each input."""
        self.dataset = checked_dataset(data, targets)
        if not len(self.dataset):
            raise ShapeError("the data set is empty; at least one example is needed")
        self.batch_size = count("batch_size", batch_size)
        self.shuffle, self.drop_last = shuffle, drop_last
        if not len(self):
            raise ShapeError(
                f"drop_last leaves nothing of {len(self.dataset)} examples in batches "
                f"of {batch_size}; choose a smaller batch_size"
            )
        self.keys = _checked_keys(self.dataset[0], keys)
        self._random = Random(seed)
        self._before = generator_state(self._random)  # this epoch was ordered
        self.position = 0
        self._skipped = 0

    def __len__(self) -> int:
        whole, rest = divmod(len(self.dataset), self.batch_size)
        return whole + (rest > 0 and not self.drop_last)

    def __iter__(self) -> Iterator[Any]:
        self._before = generator_state(self._random)
        start, self._skipped = self._skipped, 0
        order = list(range(len(self.dataset)))
        if self.shuffle:
            self._random.shuffle(order)
        for i in range(start, len(self)):
            self.position = i + 1
            places = order[i * self.batch_size : (i + 1) * self.batch_size]
            yield self._batch([self.dataset[place] for place in places])
        self.position = 0
        self._before = generator_state(self._random)

    def _batch(self, examples: list[Any]) -> Any:
        if self.keys is not None:
            examples = [tuple([example[k] for k in self.keys]) for example in examples]
        first = examples[0]
        if isinstance(first, dict):
            return {key: [as_lists(e[key]) for e in examples] for key in first}
        if not isinstance(first, tuple):
            return [as_lists(example) for example in examples]
        if any(len(example) != len(first) for example in examples):
            raise ShapeError(
                f"the examples of a data set have one length; one has {len(first)} "
                "parts and another has not"
            )
        parts = zip(*examples, strict=True)
        return tuple([[as_lists(x) for x in part] for part in parts])

    def state_dict(self) -> dict[str, Any]:
        """Return where the loader stands, in the middle of an epoch or between two.

        `position` counts the batches of the epoch that were handed out; `random` is
        where the generator stood before the epoch was shuffled.
        """
        return {
            **self._described(),
            "position": self.position,
            "random": self._before if self.shuffle else None,
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on where a loader of as many examples stood; on an error, change nothing.

        >>> one, other = (DataLoader(range(9), batch_size=2) for _ in range(2))
        >>> batches = iter(one)
        >>> first = next(batches)
        >>> other.load_state_dict(one.state_dict())
        >>> list(other) == list(batches)
        True
        """
        checked_keys(state, list(self.state_dict()), "a loader's state")
        for name, own in self._described().items():
            if state[name] != own:
                raise ShapeError(
                    f"a loader's {name} is {state[name]!r} in the state and {own!r} "
                    "here; make it as it was when saved"
                )
        position = count("position", state["position"], 0)
        if position > len(self):
            raise ShapeError(f"position {position} is beyond the {len(self)} batches")
        if self.shuffle:
            set_generator_state(self._random, state["random"], "random")
        self._before = generator_state(self._random)
        self.position = self._skipped = position

    def _described(self) -> dict[str, Any]:
        return {
            "examples": len(self.dataset),
            "batch_size": self.batch_size,
            "shuffle": self.shuffle,
            "drop_last": self.drop_last,
        }


def _checked_keys(example: Any, keys: Any) -> Any:
    """Return the names of the inputs and targets of a data set of dicts."""
    if keys is None:
        return None
    if not isinstance(example, dict) or isinstance(keys, str) or len(keys) != 2:
        raise OperandError(
            "keys takes two names of columns, those of inputs and targets, for a data "
            f"set of dicts; got {keys!r:.60} for examples such as {example!r:.60}"
        )
    for key in keys:
        if key not in example:
            raise UnknownNameError("column", key, map(str, example))
    return tuple(keys)
