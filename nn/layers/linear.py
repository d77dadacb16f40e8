"""The linear map z = W·x + b, of which most layers are made.

`Linear` is PyTorch's: the matrix alone. `Layer` says the same neuron by neuron and adds
the activation, so that `Layer(n_in, n_out, None)` computes what `Linear(n_in, n_out)`
does and takes its state.
"""

from collections.abc import Sequence
from random import Random
from typing import Any

from autograd_core import Value, dot

from ..hyperparameters import count
from ..initializers import zeros
from ..module import Module
from .signals import each, nodes, vector
from .weights import Initializer, by_fan_in, drawn, initializer

__all__ = ["Linear", "linear"]


def linear(
    xs: Sequence[Any], weight: Sequence[Sequence[Any]], bias: Sequence[Any] | None
) -> list[Any]:
    """Return W·x + b for one vector, a `dot` node for each row of W.

    >>> linear([1.0, 2.0], [[3.0, 4.0], [0.0, 1.0]], [0.5, 0.0])
    [11.5, 2.0]
    """
    if bias is None:
        bias = [Value(0.0, requires_grad=False)] * len(weight)
    return [dot(row, xs, b) for row, b in zip(weight, bias, strict=True)]


class Linear(Module):
    """A linear layer: numbers zⱼ = Σᵢ Wⱼᵢ·xᵢ + bⱼ of numbers x.

    `weight` is out_features × in_features, `bias` out_features numbers or None. Called
    with a list of in_features numbers, or with a batch that nests such lists. Both
    begin in U(-1/√in_features, 1/√in_features) as PyTorch's, row by row and then the
    bias. `init` draws the weights otherwise, with the bias 0: a name of `INITIALIZERS`,
    or a function of `(n_in, n_out, random)`.

    >>> layer = Linear(2, 3, seed=0)
    >>> layer.load_state_dict({"weight": [[1, 0], [0, 1], [1, 1]], "bias": [0, 0, 1]})
    >>> [z.data for z in layer([2.0, 3.0])]
    [2.0, 3.0, 6.0]
    """

    def __init__(
        self,
        in_features: int,
        out_features: int,
        bias: bool = True,
        *,
        init: str | Initializer | None = None,
        seed: int | None = None,
        random: Random | None = None,
    ) -> None:
        """Draw the weights, then the biases."""
        n_in = self.in_features = count("in_features", in_features)
        n_out = self.out_features = count("out_features", out_features)
        fans = n_in, n_out
        random = random or Random(seed)
        draw = by_fan_in if init is None else initializer(init)
        self.weight = drawn((n_out, n_in), draw, random, fans)
        first = by_fan_in if init is None else zeros
        self.bias = drawn((n_out,), first, random, fans) if bias else None

    def forward(self, x: Any) -> Any:
        """Return z, a list for a list."""
        return each(self._outputs, x, 1)

    def _outputs(self, x: Any) -> list[Any]:
        xs = nodes(vector(x, self.in_features, self))
        return linear(xs, self.weight, self.bias)

    def __repr__(self) -> str:
        bias = "" if self.bias else ", bias=False"
        return f"Linear({self.in_features}, {self.out_features}{bias})"
