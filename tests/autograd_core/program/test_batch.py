"""One traced example run over a whole batch: each example, and the sums, as by hand."""

from contextlib import suppress
from typing import Any

import numpy as np
import pytest
from array_programs import STEPS, Step, evaluated
from hypothesis import assume, given
from hypothesis import strategies as st
from program_forms import CLOSE, assert_near, engine, near_a_kink, sizes

from autograd_core import Value, dot, maximum, tanh, total
from autograd_core.program import trace

Numbers = list[float]
UNITS = st.integers(-2000, 2000).map(lambda n: n / 1000)


def loss(w: Any, x: Any, y: Any) -> Any:
    """Return the squared error of a neuron."""
    error = tanh(dot(w["weights"], x, w["bias"])) - y
    return error * error


# --- against the engine -------------------------------------------------------------
@pytest.mark.parametrize("in_axes", [(None, 0), (0, 0), (0, None), [0, 0]])
@given(
    steps=STEPS,
    p=st.lists(UNITS, min_size=1, max_size=8),
    xs=st.lists(st.tuples(UNITS, UNITS), min_size=1, max_size=4),
)
def test_each_example_is_the_engines(
    in_axes: Any, steps: list[Step], p: Numbers, xs: list[tuple[float, float]]
) -> None:
    """Values come one an example; gradients too, or summed by what all share."""
    count = len(xs)
    ps = [[a + 0.1 * i for a in p] for i in range(count)]
    ps = ps if in_axes[0] == 0 else [p] * count
    rows = xs if in_axes[1] == 0 else [xs[0]] * count
    true = [0.0] * count + [0.0] * count * (len(p) + 2)
    allowed = list(true)
    for i, (own, x) in enumerate(zip(ps, rows, strict=True)):
        inputs = [Value(a) for a in (*own, *x)]
        root = evaluated(steps, inputs[: len(p)], inputs[len(p) :])
        if not isinstance(root, Value):
            root = Value(root, requires_grad=False)
        true[i], slopes = engine(root, inputs)
        assume(not near_a_kink(root))
        error = [30 * CLOSE * size for size in sizes(root, inputs)]
        assume(max(map(abs, [*error, true[i]])) < 1e6)
        allowed[i] = error[0]
        start = count + i * (len(p) + 2)
        true[start : start + len(slopes)] = slopes
        allowed[start : start + len(slopes)] = [max(error[1:])] * len(slopes)
    by = np.reshape(true[count:], (count, -1))
    bound = float(max(allowed)) * count + 1e-15
    program = trace(lambda p, x: evaluated(steps, p, x), p, list(xs[0]))
    batch = program.batch(in_axes)

    args = (ps if in_axes[0] == 0 else p, rows if in_axes[1] == 0 else xs[0])
    values, (by_p, by_x) = batch.value_and_grad(*args, argnums=(0, 1))

    assert_near("values", values, true[:count], [bound] * count)
    assert_near("outputs", batch(*args), true[:count], [bound] * count)
    for found, part, axis in (
        (by_p, by[:, : len(p)], in_axes[0]),
        (by_x, by[:, len(p) :], in_axes[1]),
    ):
        expected = part if axis == 0 else part.sum(0)
        assert_near(axis, np.ravel(found), np.ravel(expected), [bound] * expected.size)


@given(st.integers(1, 9))
def test_the_gradient_of_a_batch_is_that_of_its_loss(count: int) -> None:
    """Over a dict of parameters: the sum of the examples' gradients, as backward's."""
    w = {"weights": [0.5, -1.0], "bias": 0.25}
    xs = [[0.3 * i, 1.0 - 0.2 * i] for i in range(count)]
    ys = [(-1.0) ** i for i in range(count)]
    leaves = {"weights": [Value(0.5), Value(-1.0)], "bias": Value(0.25)}
    total([loss(leaves, x, y) for x, y in zip(xs, ys, strict=True)]).backward()

    batch = trace(loss, w, xs[0], ys[0]).batch(in_axes=(None, 0, 0))
    values, gradient = batch.value_and_grad(w, xs, ys)

    assert values.shape == (count,)
    for i in (0, 1):
        true = leaves["weights"][i].grad  # type: ignore[index]
        assert gradient["weights"][i] == pytest.approx(true, rel=1e-13, abs=1e-15)
    assert gradient["bias"] == pytest.approx(leaves["bias"].grad, rel=1e-13)  # type: ignore[attr-defined]


def test_examples_do_not_meet() -> None:
    """An example has the same numbers alone and among others, in any order."""
    batch = trace(loss, {"weights": [1.0] * 3, "bias": 0.0}, [1.0] * 3, 0.0).batch(
        in_axes=(None, 0, 0)
    )
    w = {"weights": [0.1, 0.2, -0.3], "bias": 0.05}
    xs = np.arange(30.0).reshape(10, 3) / 10
    ys = np.linspace(-1, 1, 10)
    values, gradients = batch.value_and_grad(w, xs, ys, argnums=1)

    backwards = batch.value_and_grad(w, xs[::-1], ys[::-1], argnums=1)
    assert backwards[0][::-1] == pytest.approx(values, rel=1e-15)
    assert backwards[1][::-1] == pytest.approx(gradients, rel=1e-14, abs=1e-17)
    for i in range(10):
        one = batch.value_and_grad(w, xs[i : i + 1], ys[i : i + 1], argnums=1)
        assert one[0] == pytest.approx(values[i : i + 1], rel=1e-15)
        assert one[1] == pytest.approx(gradients[i : i + 1], rel=1e-14, abs=1e-17)


# --- what all examples share --------------------------------------------------------
def test_what_hangs_on_no_example_counts_for_each() -> None:
    """A penalty alone is the same for all, and its gradient as often as they are."""
    batch = trace(lambda w, x: w[0] * w[0] * 3, [1.0], 1.0).batch(in_axes=(None, 0))
    values, (by_w, by_x) = batch.value_and_grad([2.0], [7.0] * 5, argnums=(0, 1))

    assert values.tolist() == [12.0] * 5
    assert by_w.tolist() == [60.0]
    assert by_x.tolist() == [0.0] * 5
    assert batch([2.0], [7.0] * 5).tolist() == [12.0] * 5


def test_a_penalty_beside_a_loss() -> None:
    """Each example's value holds the whole penalty, as one example's does."""
    batch = trace(lambda w, x: w * x + 0.5 * w * w, 1.0, 1.0).batch(in_axes=(None, 0))
    values, slope = batch.value_and_grad(2.0, [1.0, 3.0])

    assert values.tolist() == [4.0, 8.0]
    assert slope == 4.0 + 2 * 2.0


def test_a_weight_that_is_the_result() -> None:
    """An output may be an argument that is shared, or one of its numbers."""
    batch = trace(lambda w, x: [w[1], x, w[1]], [1.0, 2.0], 1.0).batch((None, 0))

    assert batch([3.0, 4.0], [5.0, 6.0]).tolist() == [[4, 5, 4], [4, 6, 4]]
    one = trace(lambda w, x: w[1], [1.0, 2.0], 1.0).batch((None, 0))
    assert one.value_and_grad([3.0, 4.0], [5.0, 6.0])[1].tolist() == [0.0, 2.0]


def test_all_arguments_shared_is_one_example() -> None:
    """`batch(None)` is `arrays()`: no axis of examples, and floats for numbers."""
    program = trace(lambda w, x: w[0] * x, [1.0], 2.0)

    for run in (program.batch(None), program.batch((None, None)), program.arrays()):
        value, gradient = run.value_and_grad([3.0], 4.0)
        assert (type(value), value, gradient.tolist()) == (float, 12.0, [4.0])


# --- structures ---------------------------------------------------------------------
def test_results_of_many_examples_have_the_structure_of_one() -> None:
    """Rectangular parts are arrays, whose first axis is the examples."""

    def f(x: Any) -> Any:
        return {"matrix": [[x[0], x[1]], [x[1], 2.0]], "number": x[0], "odd": [[], x]}

    found = trace(f, [1.0, 2.0]).batch()([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])

    assert found["matrix"].tolist()[2] == [[5.0, 6.0], [6.0, 2.0]]
    assert found["number"].tolist() == [1.0, 3.0, 5.0]
    assert found["odd"][0].shape == (3, 0)
    assert found["odd"][1].tolist() == [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]


def test_arguments_of_many_examples_have_the_structure_of_one() -> None:
    """Each rectangular part brings its examples along its own first axis."""
    example = {"pair": ([1.0], [[1.0, 2.0]]), "scale": 1.0}

    def f(tree: Any) -> Any:
        (a,), ((b, c),) = tree["pair"]
        return (a * b + c) * tree["scale"]

    batch = trace(f, example).batch()
    args = {
        "pair": ([[1.0], [2.0]], [[[3.0, 4.0]], [[5.0, 6.0]]]),
        "scale": [1.0, 10.0],
    }
    values, gradient = batch.value_and_grad(args)

    assert values.tolist() == [7.0, 160.0]
    assert gradient["pair"][1].tolist() == [[[1.0, 1.0]], [[20.0, 10.0]]]
    assert gradient["scale"].tolist() == [7.0, 16.0]


@pytest.mark.parametrize(
    "examples",
    [
        [[1, 2], [3, 4]],
        ((1.0, 2.0), (3.0, 4.0)),
        [np.array([1, 2]), np.array([3, 4])],
        np.array([[1, 2], [3, 4]], dtype=np.int8),
        np.array([[1, 2], [3, 4]], dtype=np.float32),
        np.array([[1, 0, 2, 0], [3, 0, 4, 0]], dtype=float)[:, ::2],
        np.array([[1, 3], [2, 4]], dtype=float).T,
        np.array([[1, 2], [3, 4]], dtype=">f8"),
    ],
    ids=str,
)
def test_examples_come_as_lists_or_arrays(examples: Any) -> None:
    """Of any real type, any layout in memory, read only or not; they stay unchanged."""
    if isinstance(examples, np.ndarray):
        examples.flags.writeable = False
    before = np.array(examples)
    batch = trace(lambda x: maximum(x[0], 2.0) * x[1], [1.0, 1.0]).batch()
    values, gradients = batch.value_and_grad(examples)

    assert values.tolist() == [4.0, 12.0]
    assert gradients.tolist() == [[0.0, 2.0], [4.0, 3.0]]
    assert np.array_equal(before, examples)


def test_results_are_the_callers() -> None:
    """What one call returned is not written to by the next, nor is an argument."""
    batch = trace(lambda w, x: [w[0] * x, w[0]], [1.0], 1.0).batch(in_axes=(None, 0))
    w = np.array([2.0])
    first = batch(w, [1.0, 2.0])
    again = batch(np.array([5.0]), [1.0, 2.0])

    assert first.tolist() == [[2.0, 2.0], [4.0, 2.0]]
    assert again.tolist() == [[5.0, 5.0], [10.0, 5.0]]
    total_of = trace(lambda w: total(w), [1.0, 2.0]).arrays()
    _, gradient = total_of.value_and_grad([1.0, 2.0])
    with suppress(ValueError):  # it may be read only
        gradient += 1.0
    assert total_of.value_and_grad([1.0, 2.0])[1].tolist() == [1.0, 1.0]


@pytest.mark.parametrize("count", [1, 2, 1000])
def test_a_batch_of_any_size(count: int) -> None:
    """The code does not know how many examples will come."""
    batch = trace(lambda w, x: tanh(dot(w, x)), [1.0, 1.0], [1.0, 1.0]).batch((None, 0))
    w, x = np.array([0.5, -0.25]), np.linspace(-1, 1, 2 * count).reshape(count, 2)
    values, gradient = batch.value_and_grad(w, x)

    assert values == pytest.approx(np.tanh(x @ w), rel=1e-14, abs=1e-16)
    slopes = 1 - np.tanh(x @ w) ** 2
    assert gradient == pytest.approx(slopes @ x, rel=1e-12, abs=1e-14)


def test_a_batch_tells_what_it_is() -> None:
    """The repr marks what has examples; the source is numpy, and `len` counts."""
    batch = trace(loss, {"weights": [1.0] * 3, "bias": 0.0}, [1.0] * 3, 0.0).batch(
        (None, 0, 0)
    )

    assert repr(batch) == "<loss(w, x[many], y[many]) over arrays: 4 operations>"
    assert len(batch) == 4
    assert "count = len(x)" in batch.source


def test_nothing_is_warned_of() -> None:
    """Overflow, division by 0 and nan are results, not warnings."""
    batch = trace(lambda x: (x * 1e200) * x / (x - 1) + (x - x) / (x - 1), 2.0).batch()

    values, gradients = batch.value_and_grad([1e200, 1.0, 0.5])

    assert np.isinf(values[0])
    assert np.isnan(values[1])
    assert np.isnan(gradients[1])
    assert values[2] == -0.5e200


@pytest.mark.parametrize("in_axes", [0, None])
def test_the_same_rows_with_other_biases_are_other_dots(in_axes: Any) -> None:
    """A matrix product has one entry for a pair of rows; the second gets its own."""

    def f(x: Any, w: Any) -> Any:
        near, far = dot(x, w, 0.5), dot(x, w, x[0])
        return near * far + dot(w, w, 2.0) * dot(w, w)

    x, w = [1.0, 2.0], [3.0, -1.0]
    program = trace(f, x, w)
    given = ([x], [w]) if in_axes == 0 else (x, w)

    value, slopes = program.batch(in_axes).value_and_grad(*given, argnums=(0, 1))

    assert np.ravel(value).tolist() == [1.5 * 2.0 + 12.0 * 10.0]
    assert np.ravel(slopes).tolist() == [12.0, -3.5, 135.5, -37.0]
