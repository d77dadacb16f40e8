"""Where numbers lie: a selection is described exactly or not at all."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from program_forms import engine

from autograd_core import Value, tanh, total
from autograd_core.program import trace
from autograd_core.program.arrays.layout import Strided, affine, period, strided

SIZE = 24


def selected(numbers: np.ndarray, found: Strided, shape: tuple[int, ...]) -> np.ndarray:
    """Read a selection as its description says: slice, reshape, permute, repeat."""
    if found.row is None:
        taken = numbers[found.start : found.stop : found.step]
    else:
        width, offset = found.row
        rows = numbers[found.start : found.stop].reshape(found.extents[0], width)
        span = int(np.prod(found.extents[1:])) * found.step
        taken = rows[:, offset : offset + span : found.step]
    taken = taken.reshape(found.extents)
    order = [axis for axis in found.axes if axis >= 0]
    taken = taken.transpose(order) if order else taken
    index = tuple([None if axis < 0 else slice(None) for axis in found.axes])
    return np.broadcast_to(taken[index], shape)


@st.composite
def indices(draw: st.DrawFn) -> np.ndarray:
    """Draw places: slices, reshapes, transpositions, repeats, and any at all."""
    if draw(st.booleans()):
        some = draw(st.lists(st.integers(0, SIZE - 1), min_size=1, max_size=12))
        return np.array(some)
    step = draw(st.integers(1, 3))
    whole = np.arange(SIZE)[draw(st.integers(0, 5)) :: step]
    columns = draw(st.integers(1, 4))
    table = whole[: len(whole) // columns * columns].reshape(-1, columns)
    low = draw(st.integers(0, columns - 1))
    table = table[:, low : draw(st.integers(low + 1, columns))]
    table = table[draw(st.integers(0, 1)) :: draw(st.integers(1, 2))]
    if not table.size:
        return whole
    repeats = (draw(st.integers(1, 3)), *table.shape, draw(st.integers(1, 2)))
    many = np.broadcast_to(table[None, :, :, None], repeats)
    axes = draw(st.permutations(range(4)))
    return np.ascontiguousarray(many.transpose(axes))


@given(indices())
def test_a_description_reads_what_was_selected(index: np.ndarray) -> None:
    """Whatever is described is read back, number by number."""
    found = strided(index, SIZE)
    if found is not None:
        numbers = np.arange(100.0, 100.0 + SIZE)

        assert np.array_equal(selected(numbers, found, index.shape), numbers[index])


@given(indices())
def test_start_and_strides_give_the_places(index: np.ndarray) -> None:
    """A regular selection is its start and a stride along each axis."""
    found = affine(index)
    if found is not None:
        start, strides = found
        steps = np.indices(index.shape).reshape(index.ndim, -1).T @ np.array(strides)

        assert np.array_equal(start + steps, index.ravel())


@given(st.integers(1, 5), st.integers(2, 6), st.integers(1, 4))
def test_rows_that_begin_again_have_a_period(
    rows: int, length: int, start: int
) -> None:
    """Numbers that are read row after row are told by where they break off."""
    index = np.array([*range(start, start + length)] * rows)

    assert period(index) == (length if rows > 1 and len(index) >= 4 else None)


@pytest.mark.parametrize(
    ("index", "regular"),
    [
        ([0, 1, 2, 3], True),
        ([0, 5, 10], True),
        ([[0, 6], [1, 7], [2, 8]], True),
        ([[1, 2], [4, 5], [7, 8]], True),  # two of three columns
        ([7], True),
        ([[3, 3], [3, 3]], True),
        ([3, 2, 1], False),
        ([0, 1, 3], False),
        ([[0, 1], [1, 2]], False),  # rows that overlap
    ],
)
def test_what_is_regular(index: Any, regular: bool) -> None:
    """Slices, columns and repeats are; what runs backwards or overlaps is not."""
    assert (strided(np.array(index), SIZE) is not None) == regular


@given(
    st.lists(indices(), min_size=1, max_size=3),
    st.lists(st.integers(0, SIZE - 1), max_size=4),
)
def test_numbers_are_read_and_gradients_added_where_they_belong(
    drawn: list[np.ndarray], scalars: list[int]
) -> None:
    """A program that reads any selections sends each number what it is due."""
    point = [0.1 * i - 1.0 for i in range(SIZE)]

    def f(xs: Any) -> Any:
        ys = [tanh(x) for x in xs]
        terms = [ys[i] * (n % 5 - 1.7) for n, i in enumerate(scalars)]
        for k, index in enumerate(drawn):
            source = xs if k % 2 else ys
            terms += [source[i] * (n % 7 + 0.5) for n, i in enumerate(index.ravel())]
        return total([term * term for term in terms])

    leaves = [Value(x) for x in point]
    value, gradient = engine(f(leaves), leaves)
    found, slopes = trace(f, point).arrays().value_and_grad(point)

    assert found == pytest.approx(value, rel=1e-12)
    assert slopes == pytest.approx(gradient, rel=1e-11, abs=1e-11)
