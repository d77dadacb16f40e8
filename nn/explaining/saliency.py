"""Saliency: which inputs an output hangs on, by its gradient.

The gradient says how the output changes with each input, next to the input as it is;
times the input it says what a linear model would have added up. Both look at one point,
where a deep network may be rough: `smooth_grad` asks around it.
"""

from random import Random
from typing import Any

from autograd_core import mean

from ..hyperparameters import between, count
from ..nested import flat, numbers
from .subject import Target, mapped, slopes, subject

__all__ = ["gradient_times_input", "saliency", "smooth_grad"]


def saliency(
    model: Any, x: Any, target: Target = None, *, absolute: bool = True
) -> Any:
    """Return |∂ output/∂ input| for each input (Simonyan, Vedaldi, Zisserman 2013).

    `model` is called on `x`, nested lists or arrays of numbers, whose structure the
    result has; or it is an output that was computed from the nodes in `x`. `target`
    names the output where there are several: an index, or a tuple of them for nested
    outputs. Without `absolute` the sign is kept. No node's `grad` is read or changed;
    a model with dropout should be in `eval()` mode.

    >>> saliency(lambda x: [x[0] * x[1], x[0]], [3.0, -4.0], target=0)
    [4.0, 3.0]
    """
    found = slopes(subject("saliency", model, x, target))
    return mapped(abs, found) if absolute else found


def gradient_times_input(model: Any, x: Any, target: Target = None) -> Any:
    """Return x·∂ output/∂x for each input x (Shrikumar et al. 2016).

    For a network of rectifiers without biases they add up to the output, and are what
    layer-wise relevance propagation gives by its plainest rule. Called as `saliency`.

    >>> gradient_times_input(lambda x: 2 * x[0] - x[1], [3.0, -4.0])
    [6.0, 4.0]
    """
    it = subject("gradient_times_input", model, x, target)
    return mapped(lambda slope, node: slope * node.data, slopes(it), it.inputs)


def smooth_grad(
    model: Any,
    x: Any,
    target: Target = None,
    *,
    samples: int = 50,
    noise: float = 0.15,
    seed: int | None = None,
) -> Any:
    """Return the mean gradient over noisy copies of the input (Smilkov et al. 2017).

    Each copy is x + N(0, σ²), σ being `noise` times the range of x, its largest number
    less its smallest. The sign is kept. The model is called `samples` times.

    >>> smooth_grad(lambda x: 2 * x[0] - x[1], [3.0, -4.0], samples=3, seed=0)
    [2.0, -1.0]
    """
    count("samples", samples)
    between("noise", noise, 0.0)
    data = mapped(numbers, x)
    sigma = noise * (max(flat(data)) - min(flat(data)))
    random = Random(seed)

    def noisy(number: float) -> float:
        return number + random.gauss(0.0, sigma)

    copies = [mapped(noisy, data) for _ in range(samples)]
    found = [slopes(subject("smooth_grad", model, copy, target)) for copy in copies]
    return mapped(lambda *over: mean(over), *found)
