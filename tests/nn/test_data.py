"""Data sets are sequences of examples; a loader goes on where it stood."""

import json
from collections import namedtuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd_core.errors import (
    OperandError,
    ShapeError,
    UnknownNameError,
)
from nn.data import DataLoader
from nn.datasets import StackDataset, Subset, random_split

SIZES = st.integers(1, 25)


def through_json(state):
    """Return what a file gives back."""
    return json.loads(json.dumps(state))


# --- batches ------------------------------------------------------------------------
@given(SIZES, SIZES, st.booleans(), st.integers(0, 5))
def test_drop_last_leaves_out_what_does_not_fill_a_batch(count, size, drop, seed):
    """Batches are full but for the last, which is there unless it is dropped."""
    if drop and size > count:
        return
    loader = DataLoader(range(count), None, size, seed=seed, drop_last=drop)

    batches = list(loader)

    assert len(batches) == len(loader)
    assert [len(batch) for batch in batches] == [
        *[size] * (count // size),
        *([count % size] if count % size and not drop else []),
    ]
    seen = [x for batch in batches for x in batch]
    assert len(set(seen)) == len(seen) == (count - count % size if drop else count)


@pytest.mark.parametrize(
    ("data", "batch"),
    [
        ([(1, "a"), (2, "b")], ([1, 2], ["a", "b"])),
        ((("a", 1, 2.5), ("b", 2, 3.5)), (["a", "b"], [1, 2], [2.5, 3.5])),
        ([[1, 2], [3, 4]], [[1, 2], [3, 4]]),
        ([{"x": 1, "y": 2}, {"x": 3, "y": 4}], {"x": [1, 3], "y": [2, 4]}),
        ({"x": [1, 3], "y": [2, 4]}, {"x": [1, 3], "y": [2, 4]}),
        (StackDataset([1, 3], [2, 4]), ([1, 3], [2, 4])),
        (StackDataset(x=[1, 3], y=[2, 4]), {"x": [1, 3], "y": [2, 4]}),
        (Subset([(1, 2), (0, 0), (3, 4)], [0, 2]), ([1, 3], [2, 4])),
        ([namedtuple("Pair", "x y")(1, 2)], ([1], [2])),
        (range(3), [0, 1, 2]),
    ],
)
def test_batches_are_nested_as_the_examples_are(data, batch):
    """Tuples make a tuple of lists, dicts a dict of lists, anything else a list."""
    assert list(DataLoader(data, shuffle=False)) == [batch]


def test_arrays_become_lists_of_plain_numbers():
    """Rows and numbers of arrays, alone, in pairs or in columns, are Python's own."""
    numpy = pytest.importorskip("numpy")
    rows, labels = numpy.array([[1.0, 2.0], [3.0, 4.0]]), numpy.array([0, 1])
    wanted = [[1.0, 2.0], [3.0, 4.0]], [0, 1]

    for loader in (
        DataLoader(rows, labels, shuffle=False),
        DataLoader(list(zip(rows, labels, strict=True)), shuffle=False),
        DataLoader({"x": rows, "y": labels}, shuffle=False, keys=("x", "y")),
    ):
        (batch,) = loader
        assert batch == wanted
        assert type(batch[0][0]) is list
        assert type(batch[1][0]) is int
    assert list(DataLoader(rows, shuffle=False)) == [wanted[0]]


def test_keys_make_pairs_of_dicts():
    """Two columns are inputs and targets, in the order of their names."""
    data = {"label": [0, 1], "image": [[0.5], [1.5]], "file": "ab"}

    loader = DataLoader(data, shuffle=False, keys=("image", "label"))

    assert list(loader) == [([[0.5], [1.5]], [0, 1])]


# --- place --------------------------------------------------------------------------
@given(SIZES, SIZES, st.booleans(), st.integers(0, 60))
def test_a_resumed_loader_hands_out_what_would_have_come(count, size, shuffle, stop):
    """After any batch of any epoch, through JSON: the same batches in every epoch."""

    def make(seed):
        return DataLoader(range(count), None, size, shuffle=shuffle, seed=seed)

    def epochs(loader):
        while True:
            for batch in loader:
                yield loader.state_dict(), batch

    one, other = make(seed=1), make(seed=2)
    stream = epochs(one)
    state = one.state_dict()
    for _ in range(stop):
        state, _ = next(stream)

    other.load_state_dict(through_json(state))

    resumed = epochs(other)
    assert other.state_dict() == state
    for _ in range(2 * len(one) + 1):
        assert next(resumed) == next(stream)


def test_a_loop_that_was_left_begins_a_new_epoch():
    """Only a loaded state skips batches; `break` does not."""
    loader = DataLoader(range(10), None, 3, shuffle=False)
    for _ in loader:
        break

    assert [x for batch in loader for x in batch] == list(range(10))


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        ({"examples": 9}, ShapeError, "examples is 9 in the state and 10 here"),
        ({"batch_size": 4}, ShapeError, "batch_size is 4 in the state and 3 here"),
        ({"shuffle": False}, ShapeError, "shuffle is False in the state"),
        ({"drop_last": True}, ShapeError, "drop_last is True in the state"),
        ({"position": 5}, ShapeError, "position 5 is beyond the 4 batches"),
        ({"position": -1}, ShapeError, "from 0 up, not -1"),
        ({"position": "1"}, OperandError, "not '1'"),
        ({"random": None}, ShapeError, "random takes the state of a random.Random"),
        ({"random": [3, [1, 2], None]}, ShapeError, "random takes the state of"),
        ({"random": [9, [0] * 625, None]}, ShapeError, "random takes the state of"),
        ({"seed": 1}, ShapeError, "unexpected 'seed'"),
    ],
)
def test_a_place_in_other_data_is_refused(change, error, words):
    """The message names what differs, and the loader stays where it was."""
    loader = DataLoader(range(10), None, 3)
    next(iter(loader))
    before = loader.state_dict()

    with pytest.raises(error, match=words):
        loader.load_state_dict({**before, **change})

    assert loader.state_dict() == before


# --- splits -------------------------------------------------------------------------
@given(st.lists(st.integers(1, 9), min_size=1, max_size=5), st.integers(0, 9))
def test_counts_deal_out_every_example_once(counts, seed):
    """Each part has its count, no two share an example, a seed gives the same parts."""
    data = [f"example {i}" for i in range(sum(counts))]

    parts = random_split(data, counts, seed=seed)

    assert [len(part) for part in parts] == counts
    assert sorted(x for part in parts for x in part) == sorted(data)
    again = random_split(data, counts, seed=seed)
    assert [list(part) for part in again] == [list(part) for part in parts]


@pytest.mark.parametrize(
    ("count", "shares", "counts"),
    [
        (10, [0.8, 0.2], [8, 2]),
        (10, [0.75, 0.25], [8, 2]),
        (11, [1 / 3, 1 / 3, 1 / 3], [4, 4, 3]),
        (7, [1.0], [7]),
    ],
)
def test_shares_are_rounded_as_pytorch_rounds_them(count, shares, counts):
    """Down, and what is left over goes to the first parts, one each."""
    parts = random_split(range(count), shares)

    assert [len(part) for part in parts] == counts


def test_a_split_is_shuffled():
    """The first part is not the beginning of the data."""
    part, _ = random_split(range(100), [0.5, 0.5])

    assert list(part) != list(range(50))


# --- what cannot be -----------------------------------------------------------------
@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: DataLoader([]), ShapeError, "data set is empty"),
        (lambda: DataLoader({"x": [], "y": []}), ShapeError, "data set is empty"),
        (lambda: DataLoader(Subset([1], [])), ShapeError, "data set is empty"),
        (lambda: DataLoader(iter([1])), OperandError, "any order; got .*iterator"),
        (lambda: DataLoader(3), OperandError, "got 3 of type int"),
        (lambda: DataLoader([1], iter([1])), OperandError, "any order"),
        (lambda: DataLoader({"x": [1], "y": []}), ShapeError, "1 of 'x', 0 of 'y'"),
        (lambda: DataLoader([1, 2], None, 3, drop_last=True), ShapeError, "nothing of"),
        (lambda: DataLoader([1], None, 1.5), OperandError, "whole number, not 1.5"),
        (lambda: DataLoader([1], None, "a"), OperandError, "batch_size .* not 'a'"),
        (
            lambda: DataLoader([1], None, 0),
            ShapeError,
            "batch_size .* from 1 up, not 0",
        ),
        (lambda: list(DataLoader([(1, 2), (3,)])), ShapeError, "have one length"),
        (
            lambda: DataLoader({"x": [1], "y": [2]}, keys=("x", "z")),
            UnknownNameError,
            "no column is called 'z'",
        ),
        (lambda: DataLoader([1], keys=("x", "y")), OperandError, "set of dicts; got"),
        (lambda: DataLoader({"x": [1]}, keys="x"), OperandError, "two names of col"),
        (lambda: StackDataset(), OperandError, "StackDataset takes columns"),
        (lambda: StackDataset([1], x=[1]), OperandError, "StackDataset takes columns"),
        (lambda: StackDataset([1], [1], []), ShapeError, "1 of 0, 1 of 1, 0 of 2"),
        (lambda: random_split(range(9), [4, 4]), ShapeError, "sum to 9, .* not .4, 4."),
        (lambda: random_split(range(9), [0.5, 0.4]), ShapeError, "that sum to 1, not"),
        (lambda: random_split(range(9), []), ShapeError, "sum to 9"),
        (lambda: random_split(range(9), [10, -1]), ShapeError, "without an example"),
        (lambda: random_split(range(2), [0.1] * 10), ShapeError, "without an example"),
        (lambda: random_split([], [1.0]), ShapeError, "data set is empty"),
    ],
)
def test_data_that_cannot_be_are_refused(call, error, words):
    """What is empty, uneven, out of order or unknown is named."""
    with pytest.raises(error, match=words):
        call()
