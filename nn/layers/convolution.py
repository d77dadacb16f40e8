"""Convolution and pooling: the same few weights at every place of an image.

An image is a nested list, channels × rows × columns; every layer here takes one image
or a batch of them. A window is a list of places in the image, found once for each
size; what lies in the padding is left out of the sum, where it would count 0.
"""

from collections.abc import Sequence
from functools import lru_cache
from random import Random
from typing import Any, NamedTuple

from autograd_core import Value, dot, maximum, mean
from autograd_core.errors import ShapeError

from ..hyperparameters import count
from ..initializers import fans, zeros
from ..module import Module
from ..nested import flat
from .signals import each, grid, nodes
from .weights import Initializer, by_fan_in, drawn, initializer, pair

__all__ = ["AvgPool2d", "Conv2d", "MaxPool2d"]

Sides = tuple[int, int]


class Window(NamedTuple):
    """The places of an image that a kernel covers, and the kernel's places above them.

    Both count row by row; what the kernel covers of the padding is in neither.
    """

    pixels: tuple[int, ...]
    taps: tuple[int, ...]


@lru_cache(maxsize=64)
def windows(size: Sides, kernel: Sides, stride: Sides, padding: Sides) -> Any:
    """Return rows of windows, one for each output, over an image of this size.

    >>> [[first, second]] = windows((2, 3), (2, 2), (1, 1), (0, 0))
    >>> first.pixels, second.pixels
    ((0, 1, 3, 4), (1, 2, 4, 5))
    """
    down, across = map(_starts, size, kernel, stride, padding)
    return [[_window(size, kernel, top, left) for left in across] for top in down]


def _starts(size: int, kernel: int, stride: int, padding: int) -> range:
    return range(-padding, size + padding - kernel + 1, stride)


def _window(size: Sides, kernel: Sides, top: int, left: int) -> Window:
    inside = [
        ((top + i) * size[1] + left + j, i * kernel[1] + j)
        for i in range(kernel[0])
        for j in range(kernel[1])
        if 0 <= top + i < size[0] and 0 <= left + j < size[1]
    ]
    return Window(tuple(p for p, _ in inside), tuple(t for _, t in inside))


class _Sliding(Module):
    """What convolution and pooling share: a kernel that slides over images."""

    _channels: int | None = None

    def __init__(self, kernel_size: Any, stride: Any, padding: Any) -> None:
        self.kernel_size = pair(kernel_size, "kernel_size")
        self.stride = pair(stride, "stride")
        self.padding = pair(padding, "padding", least=0)

    def forward(self, x: Any) -> Any:
        """Return channels of outputs for an image, a list of them for a batch."""
        return each(self._checked, x, 3)

    def _checked(self, x: Any) -> Any:
        image = grid(x, (self._channels, None, None), self)
        size = len(image[0]), len(image[0][0])
        rows = windows(size, self.kernel_size, self.stride, self.padding)
        if not rows or not rows[0]:
            raise ShapeError(
                f"{self!r} got an image of {size[0]} × {size[1]} pixels, which is "
                "smaller than the kernel even with its padding"
            )
        return self._outputs([list(flat(channel)) for channel in image], rows)

    def _outputs(self, channels: list[list[Any]], rows: Any) -> Any:
        raise NotImplementedError

    def _settings(self) -> str:
        padding = f", padding={self.padding}" if any(self.padding) else ""
        return f"kernel_size={self.kernel_size}, stride={self.stride}{padding}"

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._settings()})"


class Conv2d(_Sliding):
    """A convolution (rather, a cross-correlation), whose weights every place shares.

    y[o][r][c] = bias[o] + Σ weight[o][k][i][j] · x[k][r·stride + i - padding][...],
    one `dot` node each (LeCun et al. 1989). `weight` is out × in × rows × columns of
    the kernel, `bias` one number for each output channel; `kernel_size`, `stride` and
    `padding` are one number or (rows, columns). Both begin in U(-1/√n, 1/√n), where n
    is the number of weights of one output, or as `init` draws them and with bias 0.

    >>> edges = Conv2d(1, 1, (1, 2), bias=False)
    >>> edges.load_state_dict({"weight": [[[[-1.0, 1.0]]]]})
    >>> [[[y.data for y in row] for row in rows] for rows in edges([[[0, 0, 5, 5]]])]
    [[[0.0, 5.0, 0.0]]]
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int | Sides,
        stride: int | Sides = 1,
        padding: int | Sides = 0,
        *,
        bias: bool = True,
        init: str | Initializer | None = None,
        seed: int | None = None,
        random: Random | None = None,
    ) -> None:
        """Draw the weights, channel by channel, then the biases."""
        super().__init__(kernel_size, stride, padding)
        self._channels = self.in_channels = count("in_channels", in_channels)
        self.out_channels = count("out_channels", out_channels)
        shape = (out_channels, in_channels, *self.kernel_size)
        random = random or Random(seed)
        draw, first = (by_fan_in,) * 2 if init is None else (initializer(init), zeros)
        self.weight = drawn(shape, draw, random, fans(shape))
        self.bias = drawn(shape[:1], first, random, fans(shape)) if bias else None

    def _outputs(self, channels: list[list[Any]], rows: Any) -> Any:
        channels = [nodes(pixels, f"x[{k}]") for k, pixels in enumerate(channels)]
        patches = [[picked_all(channels, w.pixels) for w in row] for row in rows]
        bias = self.bias or [Value(0.0, requires_grad=False)] * len(self.weight)
        return [
            _feature_map([list(flat(part)) for part in kernel], b, patches, rows)
            for kernel, b in zip(self.weight, bias, strict=True)
        ]

    def __repr__(self) -> str:
        bias = "" if self.bias else ", bias=False"
        sizes = f"{self.in_channels}, {self.out_channels}"
        return f"Conv2d({sizes}, {self._settings()}{bias})"


def _feature_map(kernel: list[list[Any]], bias: Any, patches: Any, rows: Any) -> Any:
    """Return one channel of outputs: a `dot` of the kernel and each patch."""
    return [
        [
            dot(picked_all(kernel, window.taps), patch, bias)
            for window, patch in zip(row, patch_row, strict=True)
        ]
        for row, patch_row in zip(rows, patches, strict=True)
    ]


class _Pooling(_Sliding):
    """One number for each window; windows stand side by side unless `stride` is given.

    `kernel_size`, `stride` and `padding` are one number or (rows, columns).
    """

    def __init__(
        self,
        kernel_size: int | Sides,
        stride: int | Sides | None = None,
        padding: int | Sides = 0,
    ) -> None:
        super().__init__(
            kernel_size, kernel_size if stride is None else stride, padding
        )
        if any(2 * p > k for p, k in zip(self.padding, self.kernel_size, strict=True)):
            raise ShapeError(
                f"{self!r} takes a padding of at most half of its kernel, so that no "
                "window holds padding alone"
            )

    def _outputs(self, channels: list[list[Any]], rows: Any) -> Any:
        return [
            [[self._pooled(picked(pixels, w.pixels)) for w in row] for row in rows]
            for pixels in channels
        ]

    def _pooled(self, pixels: list[Any]) -> Any:
        raise NotImplementedError


class MaxPool2d(_Pooling):
    """The largest number in each window of each channel (Riesenhuber and Poggio 1999).

    y[k][r][c] = max x[k][r·stride + i - padding][...] over the places i, j of the
    kernel. From channels × rows × columns, or a batch of such, to as many channels.
    The row `maximum` is folded in halves, so that two or four equal pixels share the
    gradient evenly (PyTorch gives it all to the first). Padding is never the largest.

    >>> MaxPool2d(2)([[[1.0, 2.0, 5.0], [3.0, 4.0, 6.0]]])
    [[[4.0]]]
    """

    def _pooled(self, pixels: list[Any]) -> Any:
        half = len(pixels) // 2
        if not half:
            return pixels[0]
        return maximum(self._pooled(pixels[:half]), self._pooled(pixels[half:]))


class AvgPool2d(_Pooling):
    """The mean of each window of each channel, one node; padding counts as zeros.

    y[k][r][c] = Σ x[k][r·stride + i - padding][...]/n over the n places of the kernel
    (LeCun et al. 1989, who learn a factor and a bias besides). Shapes are those of
    `MaxPool2d`.

    >>> AvgPool2d(2)([[[1.0, 2.0, 5.0], [3.0, 4.0, 6.0]]])
    [[[2.5]]]
    """

    def _pooled(self, pixels: list[Any]) -> Any:
        rows, columns = self.kernel_size
        return mean([*pixels, *[0.0] * (rows * columns - len(pixels))])


def picked(items: Sequence[Any], places: Sequence[int]) -> list[Any]:
    """Return the items at these places."""
    return [items[i] for i in places]


def picked_all(channels: Sequence[Sequence[Any]], places: Sequence[int]) -> list[Any]:
    """Return the items at these places of one channel after the other."""
    return [channel[i] for channel in channels for i in places]
