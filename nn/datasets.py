"""Data sets: anything with a length and a place for each example.

A list of pairs `(input, target)` is one, and so is a list of dicts or an array. Columns
that belong together, such as images and labels, become one by `StackDataset`; `Subset`
and `random_split` take some of the examples. Names are PyTorch's. Nothing is copied.
"""

from collections.abc import Sequence
from itertools import accumulate, pairwise
from math import floor, fsum, isclose
from random import Random
from typing import Any

from autograd_core.errors import OperandError, ShapeError

__all__ = ["StackDataset", "Subset", "checked_dataset", "random_split"]


class StackDataset:
    """Columns of one length as examples: tuples, or dicts where they have names.

    >>> digits = StackDataset([[0.0], [0.5]], [3, 7])
    >>> digits[1], len(digits)
    (([0.5], 7), 2)
    >>> StackDataset(image=[[0.0], [0.5]], digit=[3, 7])[1]
    {'image': [0.5], 'digit': 7}
    """

    def __init__(self, *columns: Any, **named: Any) -> None:
        """Check that the columns, lists or arrays, have the same length."""
        if bool(columns) == bool(named):
            raise OperandError(
                "StackDataset takes columns such as StackDataset(images, digits), or "
                "columns with names, StackDataset(image=images, digit=digits)"
            )
        self._columns = dict(enumerate(columns)) if columns else named
        self._named = bool(named)
        lengths = {name: _length(column) for name, column in self._columns.items()}
        if len(set(lengths.values())) > 1:
            raise ShapeError(_unequal(list(lengths.items()), self._named))

    def __len__(self) -> int:
        return len(next(iter(self._columns.values())))

    def __getitem__(self, index: int) -> Any:
        if self._named:
            return {name: column[index] for name, column in self._columns.items()}
        return tuple([column[index] for column in self._columns.values()])


class Subset:
    """The examples of a data set at some places, in their order.

    >>> list(Subset("abcd", [3, 0]))
    ['d', 'a']
    """

    def __init__(self, dataset: Any, indices: Sequence[int]) -> None:
        """Choose the examples."""
        self.dataset, self.indices = checked_dataset(dataset), list(indices)

    def __len__(self) -> int:
        return len(self.indices)

    def __getitem__(self, index: int) -> Any:
        return self.dataset[self.indices[index]]


def random_split(
    dataset: Any, lengths: Sequence[float], *, seed: int | None = 0
) -> list[Subset]:
    """Deal the examples out at random: no two parts share one, and none is left.

    `lengths` are counts that sum to the number of examples, or shares that sum to 1;
    examples that the shares leave over go to the first parts, one each.

    >>> training, validation = random_split(range(10), [0.8, 0.2], seed=1)
    >>> len(training), sorted([*training, *validation]) == list(range(10))
    (8, True)
    """
    dataset = checked_dataset(dataset)
    counts = _counts(len(dataset), list(lengths))
    order = list(range(len(dataset)))
    Random(seed).shuffle(order)
    ends = pairwise(accumulate(counts, initial=0))
    return [Subset(dataset, order[start:end]) for start, end in ends]


def checked_dataset(dataset: Any, targets: Any = None) -> Any:
    """Return what has a length and examples: `targets` and dicts make a StackDataset.

    >>> checked_dataset([1, 2], "ab")[1]
    (2, 'b')
    """
    if targets is not None:
        return StackDataset(dataset, targets)
    if isinstance(dataset, dict):
        return StackDataset(**dataset)
    if not _length(dataset):
        raise ShapeError("the data set is empty; at least one example is needed")
    return dataset


def _counts(total: int, lengths: list[Any]) -> list[int]:
    """Return how many examples each part gets."""
    if lengths and all(type(n) is int for n in lengths) and sum(lengths) == total:
        counts = lengths
    elif lengths and isclose(fsum(lengths), 1.0):
        counts = [floor(total * share) for share in lengths]
        for i in range(total - sum(counts)):
            counts[i % len(counts)] += 1
    else:
        raise ShapeError(
            f"random_split takes counts that sum to {total}, the number of examples, "
            f"or shares that sum to 1, not {lengths!r:.60}"
        )
    if min(counts) < 1:
        raise ShapeError(
            f"lengths of {lengths!r:.60} leave a part without an example; of {total} "
            f"examples the parts would get {counts}"
        )
    return counts


def _length(column: Any) -> int:
    if not hasattr(column, "__getitem__") or not hasattr(column, "__len__"):
        raise OperandError(
            "data are sequences, such as lists and arrays, whose examples can be taken "
            f"in any order; got {column!r:.60} of type {type(column).__name__}"
        )
    return len(column)


def _unequal(lengths: list[tuple[Any, int]], named: bool) -> str:
    if not named and len(lengths) == 2:
        (_, inputs), (_, targets) = lengths
        return (
            f"one target for each input is needed; got {inputs} inputs and {targets} "
            "targets"
        )
    found = ", ".join(f"{count} of {name!r}" for name, count in lengths)
    return f"the columns of a data set have one length; got {found}"
