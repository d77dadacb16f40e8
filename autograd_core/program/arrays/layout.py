"""Where the numbers of a program lie in arrays, and how a selection of them is written.

Each input array and each group of like operations is a `Block`, a row of numbers with a
name. An operand of a group is a selection of places out of blocks; most selections are
regular, so that a slice, a reshape or a transposition reads them without moving a
number. What is not regular is taken by a list of places.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np

__all__ = ["Block", "Strided", "affine", "period", "strided"]

Index = Any  # an array of places


@dataclass(eq=False)
class Block:
    """A row of `size` numbers, one such row for each example where it is `batched`."""

    name: str
    size: int
    batched: bool = False
    flows: bool = True


def affine(index: Index) -> tuple[int, tuple[int, ...]] | None:
    """Return start and stride along each axis, if the places are regular.

    >>> affine(np.array([[4, 6, 8], [5, 7, 9]]))
    (4, (1, 2))
    >>> affine(np.array([0, 1, 3])) is None
    True
    """
    start = int(index.flat[0])
    strides = []
    whole = np.full((1,) * index.ndim, start)
    for axis, extent in enumerate(index.shape):
        step = 0
        if extent > 1:
            at = tuple([int(i == axis) for i in range(index.ndim)])
            step = int(index[at]) - start
        strides.append(step)
        along = [1] * index.ndim
        along[axis] = extent
        whole = whole + (np.arange(extent) * step).reshape(along)
    return (start, tuple(strides)) if np.array_equal(whole, index) else None


def period(index: Index) -> int | None:
    """Return after how many places a row of places breaks off and begins again.

    >>> period(np.array([0, 1, 2, 0, 1, 2])), period(np.array([3, 3, 7, 7]))
    (3, 2)
    """
    if len(index) < 4:
        return None
    steps = np.diff(index)
    breaks = np.flatnonzero(steps != steps[0])
    length = int(breaks[0]) + 1 if len(breaks) else len(index)
    return length if 1 < length < len(index) and len(index) % length == 0 else None


@dataclass(frozen=True)
class Strided:
    """A regular selection: a slice, reshaped to `extents`, its axes then permuted.

    `row` is set where each entry of the first axis has more numbers than are selected:
    (numbers a row, offset in it). Axes of the result that repeat one number are 1 long.
    """

    start: int
    stop: int
    step: int
    extents: tuple[int, ...]
    axes: tuple[int, ...]  # where each axis of the result is found, -1 for a repeated
    row: tuple[int, int] | None = None


def strided(index: Index, size: int) -> Strided | None:
    """Describe the selection of these places out of `size`, or None.

    >>> strided(np.array([[0, 3], [1, 4], [2, 5]]), 6)
    Strided(start=0, stop=6, step=1, extents=(2, 3), axes=(1, 0), row=None)
    """
    found = affine(index)
    if found is None or min(found[1], default=0) < 0:
        return None
    start, strides = found
    moving = sorted(
        (a for a in range(index.ndim) if strides[a]), key=lambda a: -strides[a]
    )
    axes = tuple([moving.index(a) if strides[a] else -1 for a in range(index.ndim)])
    extents = tuple([index.shape[a] for a in moving])
    if not moving:
        return Strided(start, start + 1, 1, (), axes)
    steps = [strides[a] for a in moving]
    inner = range(len(moving) - 1)
    fits = [steps[i] == steps[i + 1] * extents[i + 1] for i in inner]
    if all(fits):
        return Strided(
            start, start + prod(extents) * steps[-1], steps[-1], extents, axes
        )
    if not all(fits[1:]) or fits[0]:
        return None
    return _in_rows(start, steps, extents, axes, size)


def _in_rows(
    start: int,
    steps: Sequence[int],
    extents: tuple[int, ...],
    axes: tuple[int, ...],
    size: int,
) -> Strided | None:
    """Describe a selection of a part of each row of a matrix."""
    width, rows = steps[0], extents[0]
    base = min(start, size - rows * width)
    offset = start - base
    last = offset + steps[1] * extents[1] - steps[-1]
    if base < 0 or last >= width:
        return None
    return Strided(base, base + rows * width, steps[-1], extents, axes, (width, offset))
