"""Structures of numbers: taken apart, put together, and held against each other."""

import sys
from collections import namedtuple
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd_core.errors import ShapeError
from autograd_core.trees import is_leaf, leaves_of, matching_leaves, paths, rebuilt

TREES = st.recursive(
    st.integers() | st.floats(allow_nan=False),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(st.text(max_size=2), inner, max_size=3)
    ),
    max_leaves=12,
)
Pair = namedtuple("Pair", "first second")


@given(TREES)
def test_a_tree_is_rebuilt_from_its_leaves(tree: Any) -> None:
    """Taking a structure apart and putting it together changes nothing."""
    assert rebuilt(tree, leaves_of(tree)) == tree
    assert type(rebuilt(tree, leaves_of(tree))) is type(tree)
    assert matching_leaves(tree, tree) == leaves_of(tree)


@given(TREES)
def test_paths_lead_to_the_leaves(tree: Any) -> None:
    """Each path, read as Python, is how to get at its leaf."""
    found = [eval(path, {"x": tree}) for path in paths(tree, "x")]

    assert found == leaves_of(tree)


def test_named_tuples_keep_their_class() -> None:
    """A named tuple of arguments has a named tuple of derivatives."""
    assert rebuilt(Pair(1, [2]), [10, 20]) == Pair(10, [20])
    assert type(rebuilt(Pair(1, 2), [10, 20])) is Pair


def test_arrays_are_structures_of_their_elements() -> None:
    """An array is put together as floats where it can be, else as objects."""
    array = np.arange(6).reshape(2, 3)

    assert leaves_of([array, 7]) == [0, 1, 2, 3, 4, 5, 7]
    assert rebuilt(array, [0.5] * 6).dtype == float
    assert rebuilt(array, [object()] * 6).dtype == object
    assert rebuilt(array, [0.5] * 6).shape == (2, 3)
    assert rebuilt(array[0], [array[0] * 0.5] * 3).shape == (3, 3)
    assert rebuilt(np.array([]), []).dtype == float
    assert is_leaf(np.float64(1))
    assert is_leaf(np.array(1.0))


def test_without_numpy_nothing_is_an_array(monkeypatch: pytest.MonkeyPatch) -> None:
    """Structures need no numpy, and do not import it."""
    monkeypatch.delitem(sys.modules, "numpy")

    assert leaves_of([1, (2,)]) == [1, 2]
    assert "numpy" not in sys.modules


def test_matching_goes_by_key_and_length() -> None:
    """Dicts match by key in any order; a list and a tuple of one length match."""
    assert matching_leaves({"a": 1, "b": [2, 3]}, {"b": (20, 30), "a": 10}) == [
        10,
        20,
        30,
    ]
    assert matching_leaves([1, 2], np.array([10.0, 20.0])) == [10.0, 20.0]


MISMATCHES = [
    (1.0, [1.0], "expected one number, got a list of length 1"),
    ([1.0], 1.0, "expected a list of length 1, got one number"),
    ((1.0, 2.0), [1.0], "expected a tuple of length 2, got a list of length 1"),
    ({"a": 1}, {"b": 1}, "expected a dict with the keys 'a', got a dict with the keys"),
    ({"a": 1}, [1], "expected a dict with the keys 'a', got a list of length 1"),
    ([0], {0: 1}, "expected a list of length 1, got a dict with the keys 0"),
    ({"a": [1, [2]]}, {"a": [1, 2]}, r"a list of length 1 at \['a'\]\[1\], got one"),
]


@pytest.mark.parametrize(("model", "tree", "message"), MISMATCHES)
def test_mismatches_are_named(model: Any, tree: Any, message: str) -> None:
    """The message says where the structures part, and what stands there."""
    with pytest.raises(ShapeError, match=message):
        matching_leaves(model, tree)
