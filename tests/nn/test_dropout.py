"""Dropout leaves out numbers in training, and nothing else."""

import math
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from layer_functions import assert_derivatives

from autograd_core import Value, total
from autograd_core.errors import DomainError, OperandError
from nn.layers.containers import Sequential
from nn.layers.dropout import Dropout
from nn.layers.linear import Linear
from nn.nested import numbers

shares = st.floats(0.0, 0.99)
seeds = st.integers(0, 1000)


@given(p=shares, seed=seeds)
def test_each_number_is_left_out_or_scaled(p, seed):
    """As the draws of the generator say: below p it is 0, else x/(1 - p)."""
    random = Random(seed)
    keep = [p == 0.0 or random.random() >= p for _ in range(12)]
    xs = [Value(float(i + 1)) for i in range(12)]

    ys = Dropout(p, seed=seed)(xs)
    total(ys).backward()

    scale = 1.0 / (1.0 - p)
    assert numbers(ys) == pytest.approx(
        [x.data * scale if kept else 0.0 for x, kept in zip(xs, keep, strict=True)]
    )
    grads = [x.grad for x in xs]
    assert grads == pytest.approx([scale if kept else 0.0 for kept in keep])
    assert all(x.has_grad for x in xs)  # as in PyTorch: an optimiser moves them on


@pytest.mark.parametrize("p", [0.1, 0.5, 0.9])
def test_the_expected_value_stays(p):
    """The mean of 10,000 ones is within four standard deviations of 1."""
    ys = numbers(Dropout(p, seed=0)([1.0] * 10_000))

    deviation = math.sqrt(p / (1 - p) / 10_000)
    assert abs(np.mean(ys) - 1.0) < 4 * deviation


@given(p=shares)
def test_evaluation_changes_nothing(p):
    """Neither a number nor a node; training mode brings it back."""
    dropout, xs = Dropout(p, seed=0).eval(), [Value(1.0), Value(2.0)]

    assert dropout(xs) is xs
    assert dropout.train().training


def test_without_dropout_nothing_is_drawn():
    """P = 0 is the identity in training too."""
    xs = [Value(1.0)]

    assert Dropout(0.0)(xs) is xs


def test_a_seed_fixes_the_draws_and_each_call_draws_anew():
    """The same seed leaves out the same numbers, call after call."""
    one, other = Dropout(0.5, seed=1), Dropout(0.5, seed=1)
    xs = [1.0] * 20

    first, second = numbers(one(xs)), numbers(one(xs))

    assert [first, second] == [numbers(other(xs)), numbers(other(xs))]
    assert first != second


def test_draws_go_on_from_a_saved_state():
    """`random.getstate()` is the place to resume."""
    dropout, xs = Dropout(0.5, seed=1), [1.0] * 20
    dropout(xs)
    state = dropout.random.getstate()
    wanted = numbers(dropout(xs))

    other = Dropout(0.5)
    other.random.setstate(state)

    assert numbers(other(xs)) == wanted


def test_a_generator_may_be_shared():
    """Two layers that draw from one generator draw one after the other."""
    random = Random(0)
    first, second = Dropout(0.5, random=random), Dropout(0.5, random=random)

    assert numbers(first([1.0] * 5)) + numbers(second([1.0] * 5)) == numbers(
        Dropout(0.5, seed=0)([1.0] * 10)
    )


def test_nesting_and_arrays_stay_as_they_are():
    """A batch goes in as lists or an array, and lists of the same shape come out."""
    batch = np.ones((3, 4))

    found = Dropout(0.5, seed=0)(batch)

    assert numbers(found) == numbers(Dropout(0.5, seed=0)(batch.tolist()))
    assert np.array(numbers(found)).shape == (3, 4)


def test_derivatives_are_right():
    """For the numbers that one call leaves in."""
    assert_derivatives(Sequential(Linear(2, 3, seed=0), Dropout(0.5, seed=2)), (2, 2))


@pytest.mark.parametrize("p", [1.0, -0.1, 1.5, math.nan, math.inf])
def test_a_share_outside_of_0_to_1_is_refused(p):
    """With 1 nothing would be left to learn from."""
    with pytest.raises(DomainError, match="p from 0 up to, but not, 1, not"):
        Dropout(p)


@pytest.mark.parametrize("p", ["half", None, True])
def test_a_share_that_is_no_number_is_refused(p):
    """The message names the argument."""
    with pytest.raises(OperandError, match="p takes a number, not"):
        Dropout(p)
