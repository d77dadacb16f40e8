"""Mini-batches: the examples in a new order every epoch."""

from collections.abc import Iterator, Sequence
from random import Random
from typing import Any

from autograd_core.errors import ShapeError

__all__ = ["DataLoader"]


class DataLoader:
    """Iterate over `(inputs, targets)` in batches of lists; each pass is one epoch.

    Shuffling is seeded, and each epoch goes on where the last one left the generator.

    >>> loader = DataLoader([1, 2, 3], "abc", batch_size=2, shuffle=False)
    >>> list(loader), len(loader)
    ([([1, 2], ['a', 'b']), ([3], ['c'])], 2)
    """

    def __init__(
        self,
        inputs: Sequence[Any],
        targets: Sequence[Any],
        batch_size: int = 32,
        *,
        shuffle: bool = True,
        seed: int | None = 0,
    ) -> None:
        """Check that there is one target for each input."""
        if len(inputs) != len(targets):
            raise ShapeError(
                f"one target for each input is needed; got {len(inputs)} inputs and "
                f"{len(targets)} targets"
            )
        if not len(inputs):
            raise ShapeError("the data set is empty; at least one example is needed")
        if not isinstance(batch_size, int) or batch_size < 1:
            raise ShapeError(f"batch_size takes a count from 1 up, not {batch_size!r}")
        self.inputs, self.targets = inputs, targets
        self.batch_size, self.shuffle = batch_size, shuffle
        self._random = Random(seed)

    def __len__(self) -> int:
        return -(-len(self.inputs) // self.batch_size)

    def __iter__(self) -> Iterator[tuple[list[Any], list[Any]]]:
        order = list(range(len(self.inputs)))
        if self.shuffle:
            self._random.shuffle(order)
        for start in range(0, len(order), self.batch_size):
            batch = order[start : start + self.batch_size]
            yield [self.inputs[i] for i in batch], [self.targets[i] for i in batch]
