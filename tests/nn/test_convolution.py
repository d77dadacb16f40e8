"""Convolution and pooling slide a window over an image."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from layer_functions import assert_derivatives

from autograd_core import OPS, Value, topological_order, total
from autograd_core.errors import OperandError, ShapeError
from nn.initializers import fans
from nn.layers.convolution import AvgPool2d, Conv2d, MaxPool2d
from nn.nested import flat, numbers, shape

small = st.integers(1, 3)
sides = st.tuples(small, small)


@st.composite
def settings_and_images(draw, most=2):
    """Draw (kernel, stride, padding) and an image in which the kernel has room."""
    kernel, stride = draw(sides), draw(sides)
    padding = draw(st.tuples(st.integers(0, most), st.integers(0, most)))
    least = [max(1, k - 2 * p) for k, p in zip(kernel, padding, strict=True)]
    size = [draw(st.integers(n, n + 3)) for n in least]
    seed = draw(st.integers(0, 1000))
    image = np.random.default_rng(seed).normal(size=(draw(small), *size))
    return (kernel, stride, padding), image


def windows(image, kernel, stride, padding, fill):
    """Yield what lies under the kernel, (row, column, channels × pixels), padded."""
    padded = np.pad(image, [(0, 0), *[(p, p) for p in padding]], constant_values=fill)
    rows, columns = (
        range(0, side - k + 1, s)
        for side, k, s in zip(padded.shape[1:], kernel, stride, strict=True)
    )
    for r, top in enumerate(rows):
        for c, left in enumerate(columns):
            yield r, c, padded[:, top : top + kernel[0], left : left + kernel[1]]


@given(case=settings_and_images(), out=small, bias=st.booleans())
def test_each_output_is_the_sum_under_its_window(case, out, bias):
    """For any kernel, stride, padding and image, against loops over numpy slices."""
    settings, image = case
    layer = Conv2d(len(image), out, *settings, bias=bias, seed=0)
    weight = np.array(layer.state_dict()["weight"])
    biases = layer.state_dict().get("bias", [0.0] * out)

    outputs = np.array(numbers(layer(image)))

    for r, c, window in windows(image, *settings, fill=0.0):
        wanted = (weight * window).sum((1, 2, 3)) + biases
        assert outputs[:, r, c] == pytest.approx(wanted)
    assert outputs.shape[1:] == (r + 1, c + 1)


@given(case=settings_and_images(most=0))
def test_pooling_takes_the_largest_or_the_mean_of_each_window(case):
    """For any window and stride, channel by channel."""
    settings, image = case
    largest, means = (pool(*settings)(image) for pool in (MaxPool2d, AvgPool2d))

    for r, c, window in windows(image, *settings, fill=0.0):
        assert np.array(largest)[:, r, c] == pytest.approx(window.max((1, 2)))
        assert np.array(means)[:, r, c] == pytest.approx(window.mean((1, 2)))


def test_padding_counts_as_zeros_for_a_mean_and_never_for_a_maximum():
    """A corner of -4 and three pads has the mean -1 and the maximum -4."""
    image = [[[-4.0]]]

    assert AvgPool2d(2, 1, padding=1)(image) == [[[-1.0, -1.0], [-1.0, -1.0]]]
    assert MaxPool2d(2, 1, padding=1)(image) == [[[-4.0, -4.0], [-4.0, -4.0]]]


@pytest.mark.parametrize(
    ("layer", "image"),
    [
        (Conv2d(2, 2, 2, padding=1, seed=0), (2, 2, 3)),
        (Conv2d(1, 2, (1, 3), stride=(2, 1), bias=False, seed=0), (2, 1, 3, 4)),
        (MaxPool2d(2), (2, 4, 4)),
        (MaxPool2d(3, 1, 1), (1, 3, 3)),
        (AvgPool2d((1, 2)), (2, 2, 4)),
        (AvgPool2d(3, 2, 1), (1, 4, 4)),
    ],
    ids=str,
)
def test_derivatives_are_right(layer, image):
    """By every weight that places share, every bias and every pixel."""
    assert_derivatives(layer, image)


def test_shared_weights_collect_the_gradients_of_all_places():
    """∂(Σ outputs)/∂weight is the sum of the pixels under that weight."""
    layer = Conv2d(1, 1, 2, seed=0)
    image = np.arange(9.0).reshape(1, 3, 3)

    total(list(flat(layer(image)))).backward()

    grads = [[w.grad for w in row] for row in layer.weight[0][0]]
    assert grads == [[8.0, 12.0], [20.0, 24.0]]
    assert layer.bias[0].grad == 4.0


@pytest.mark.parametrize("count", [2, 4])
def test_equal_pixels_share_the_gradient_of_the_largest(count):
    """As the row `maximum` decides: evenly."""
    pixels = [Value(1.0) for _ in range(count)]
    [[[largest]]] = MaxPool2d((1, count))([[pixels]])
    largest.backward()

    assert [p.grad for p in pixels] == [1 / count] * count


def test_an_output_is_one_node_and_padding_none():
    """Nine outputs of nine pixels: one `dot` each, with the pixels inside only."""
    layer = Conv2d(1, 1, 3, padding=1)
    [rows] = layer(np.ones((1, 3, 3)))

    nodes = {n for row in rows for y in row for n in topological_order(y)}
    assert {y.op for row in rows for y in row} == {OPS["dot"]}
    assert len(nodes) == 9 + 9 + 10
    assert [len(y.parents) for y in rows[0]] == [9, 13, 9]


def test_pooling_makes_one_mean_or_a_fold_of_maxima():
    """A window of four is one `mean`, or three `maximum`."""
    image = [[[Value(float(i)) for i in range(2)] for _ in range(2)]]
    [[[mean]]], [[[largest]]] = AvgPool2d(2)(image), MaxPool2d(2)(image)

    assert [n.op.name for n in topological_order(mean) if n.op] == ["mean"]
    ops = [n.op.name for n in topological_order(largest) if n.op]
    assert ops == ["maximum"] * 3


@pytest.mark.parametrize("layer", [Conv2d(1, 2, 2), MaxPool2d(2), AvgPool2d(2)])
def test_images_are_lists_or_arrays_and_a_batch_nests_deeper(layer):
    """A 3-d array of numbers or Values is an image; lists come out."""
    batch = np.arange(18.0).reshape(2, 1, 3, 3)
    outputs = layer(batch)

    assert isinstance(outputs, list)
    assert shape(outputs)[0] == 2
    assert numbers(outputs) == [numbers(layer(image)) for image in batch]
    assert numbers(layer(batch.tolist())) == numbers(outputs)
    assert numbers(layer(batch.astype(object))) == numbers(outputs)
    assert numbers(layer([tuple(image) for image in batch])) == numbers(outputs)


def test_plain_numbers_stay_plain_in_pooling():
    """Without parameters a layer is a function, as the rows are."""
    assert MaxPool2d(2)([[[1, 2], [3, 4]]]) == [[[4.0]]]


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (
            lambda: Conv2d(1, 1, 3)(np.zeros((1, 2, 5))),
            ShapeError,
            r"Conv2d\(1, 1, kernel_size=\(3, 3\).* 2 × 5 pixels.* smaller than the k",
        ),
        (
            lambda: Conv2d(2, 1, 1)(np.zeros((1, 2, 2))),
            ShapeError,
            r"lists of 2 × any × any numbers; got the shape \(1, 2, 2\)",
        ),
        (lambda: Conv2d(1, 1, 1)([[1.0]]), ShapeError, r"got the shape \(1, 1\)"),
        (lambda: Conv2d(1, 1, 1)([]), ShapeError, r"got the shape \(0,\)"),
        (lambda: Conv2d(1, 1, 1)(5.0), OperandError, "got 5.0 of float"),
        (lambda: Conv2d(1, 1, 1)([[[1.0], []]]), ShapeError, "different shapes"),
        (lambda: Conv2d(1, 1, 1)([[[1.0], [2, 3]]]), ShapeError, "different shapes"),
        (lambda: Conv2d(1, 1, 1)([[["a"]]]), OperandError, "'a' of type str"),
        (lambda: MaxPool2d(3)(np.zeros((1, 2, 2))), ShapeError, r"MaxPool2d\(kernel_"),
        (lambda: MaxPool2d(2, padding=2), ShapeError, "at most half of its kernel"),
        (lambda: Conv2d(0, 1, 1), ShapeError, "in_channels .* from 1 up, not 0"),
        (lambda: Conv2d(1, 1.5, 1), OperandError, "out_channels takes a whole number"),
        (lambda: Conv2d(1, 1, 0), ShapeError, "kernel_size .* from 1 up"),
        (lambda: Conv2d(1, 1, (1, 2, 3)), ShapeError, "one number or two, rows and"),
        (lambda: Conv2d(1, 1, 1, stride=0), ShapeError, "stride .* from 1 up"),
        (lambda: MaxPool2d(1, stride=0), ShapeError, "stride .* from 1 up"),
        (lambda: Conv2d(1, 1, 1, padding=-1), ShapeError, "padding .* from 0 up"),
        (lambda: Conv2d(1, 1, "3"), OperandError, "kernel_size takes a whole number"),
    ],
)
def test_what_does_not_fit_is_refused(call, error, words):
    """The message names the layer, the shape it takes and what came."""
    with pytest.raises(error, match=words):
        call()


def test_an_initialiser_gets_the_fans_of_the_window_and_biases_begin_at_0():
    """Every place of the kernel counts; without one the biases are drawn, too."""
    seen = []

    def draw(n_in, n_out, random):
        seen.append((n_in, n_out))
        return 1.0

    layer = Conv2d(3, 4, (2, 5), init=draw)

    assert set(seen) == {fans((4, 3, 2, 5))} == {(30, 40)}
    assert [b.data for b in layer.bias] == [0.0] * 4
    assert any(b.data for b in Conv2d(3, 4, (2, 5), seed=0).bias)


def test_settings_have_pytorchs_names():
    """And what stands where PyTorch has the dilation is not taken for the bias."""
    layer = Conv2d(3, 4, (2, 5), 2, 1)

    assert (layer.in_channels, layer.out_channels) == (3, 4)
    assert (layer.kernel_size, layer.stride, layer.padding) == ((2, 5), (2, 2), (1, 1))
    with pytest.raises(TypeError, match="positional"):
        Conv2d(1, 2, 2, 1, 0, 2)
