"""Neurons, layers and the multilayer perceptron.

A neuron is one `dot` node, the weighted sum z = w·x + b, and one activation node
a = σ(z); a layer is a list of neurons that see the same inputs, and an MLP is a list of
layers. Inputs and outputs are plain lists of numbers or `Value`s; a list that nests
deeper is a batch. After a call each layer has its z and a at hand, held weakly: they
live as long as the graph does, and of a batch they are those of its last example.
"""

from collections.abc import Callable, Sequence
from itertools import pairwise
from random import Random
from typing import Any

from autograd_core import OPS, Value, dot
from autograd_core.errors import OperandError, ShapeError, UnknownNameError

from ..hyperparameters import count
from ..module import Module
from .signals import Recent, depth, each, nodes, vector
from .weights import Initializer, initializer

__all__ = ["MLP", "Layer", "Neuron"]

Activation = Callable[[Any], Any]

_RECTIFIERS = ("elu", "gelu", "leaky_relu", "relu", "silu")  # which He's variance fits


class Neuron(Module):
    """One unit: activation(w·x + b), for n_in numbers x.

    >>> neuron = Neuron(2, activation="relu")
    >>> neuron.load_state_dict({"weight": [1.0, -1.0], "bias": 0.5})
    >>> neuron([3.0, 1.0]).data
    2.5
    """

    def __init__(
        self,
        n_in: int,
        activation: str | Activation | None = "tanh",
        *,
        init: str | Initializer | None = None,
        n_out: int = 1,
        random: Random | None = None,
    ) -> None:
        """Draw the weights; `n_out` is the width of the layer it stands in."""
        n_in = count("n_in", n_in)
        self._activate = _activation(activation)
        draw = _initializer(init, activation)
        random = random or Random()
        self.weight = [Value(draw(n_in, n_out, random)) for _ in range(n_in)]
        self.bias = Value(0.0)
        self._recent = Recent()

    def forward(self, inputs: Sequence[Any]) -> Any:
        """Return the activation, a Value; of a batch, a list of them."""
        try:
            z = dot(self.weight, vector(inputs, len(self.weight), self), self.bias)
        except (OperandError, ShapeError):
            if depth(inputs) < 2:  # asked here, where one example costs nothing
                raise
            return each(self.forward, inputs, 1)
        a = z if self._activate is None else self._activate(z)
        self._recent.keep(z=z, a=a)
        return a

    @property
    def z(self) -> Any:
        """The weighted sum of the last call, as long as its graph lives."""
        return self._recent.recall("z", self)

    @property
    def a(self) -> Any:
        """The activation of the last call, as long as its graph lives."""
        return self._recent.recall("a", self)

    def __repr__(self) -> str:
        return f"Neuron({len(self.weight)})"


class Layer(Module):
    """A dense layer: n_out neurons over the same n_in inputs, a = σ(W·x + b).

    Its state has PyTorch's layout: `weight` is n_out × n_in, `bias` is n_out.

    >>> layer = Layer(2, 3, seed=0)
    >>> len(layer([1.0, 2.0])), [len(row) for row in layer.state_dict()["weight"]]
    (3, [2, 2, 2])
    """

    def __init__(
        self,
        n_in: int,
        n_out: int,
        activation: str | Activation | None = "tanh",
        *,
        init: str | Initializer | None = None,
        seed: int | None = None,
        random: Random | None = None,
    ) -> None:
        """Draw the weights of `n_out` neurons one after the other."""
        n_in, n_out = count("n_in", n_in), count("n_out", n_out)
        random = random or Random(seed)
        self.neurons = [
            Neuron(n_in, activation, init=init, n_out=n_out, random=random)
            for _ in range(n_out)
        ]

    def forward(self, inputs: Sequence[Any]) -> Any:
        """Return the list of the neurons' activations; of a batch, a list of such."""
        return each(self._outputs, inputs, 1)

    def _outputs(self, inputs: Sequence[Any]) -> list[Any]:
        signal = nodes(vector(inputs, len(self.neurons[0].weight), self))
        return [neuron(signal) for neuron in self.neurons]

    @property
    def z(self) -> list[Any]:
        """The weighted sums of the last call, as long as its graph lives.

        >>> layer = Layer(2, 1, "relu", seed=0)
        >>> (a,) = layer([1.0, 2.0])
        >>> layer.a == [a], layer.z == list(a.parents)
        (True, True)
        """
        return [neuron.z for neuron in self.neurons]

    @property
    def a(self) -> list[Any]:
        """The activations of the last call, as long as its graph lives."""
        return [neuron.a for neuron in self.neurons]

    def tensors(self) -> dict[str, Any]:
        """Return the neurons' weights as the rows of one matrix, as PyTorch does."""
        return {
            "weight": [neuron.weight for neuron in self.neurons],
            "bias": [neuron.bias for neuron in self.neurons],
        }

    def __repr__(self) -> str:
        return f"Layer({len(self.neurons[0].weight)}, {len(self.neurons)})"


class MLP(Module):
    """A multilayer perceptron: layers of the given widths, the last one linear.

    Called with n_in numbers it returns a list, or one Value where the last width is 1.
    The weights are He's for rectifiers and Glorot's otherwise, unless `init` names an
    initialiser; `seed` makes them the same every time.

    >>> model = MLP(2, [4, 1], activation="relu", seed=1)
    >>> model
    MLP(2, [4, 1])
    >>> y = model([0.5, -1.0])
    >>> y.backward()
    >>> model.layers[0].neurons[3].weight[1].label
    'layers.0.neurons.3.weight[1]'
    """

    def __init__(
        self,
        n_in: int,
        n_outs: Sequence[int],
        activation: str | Activation | None = "tanh",
        *,
        init: str | Initializer | None = None,
        seed: int | None = None,
    ) -> None:
        """Draw the weights layer by layer."""
        if not isinstance(n_outs, list | tuple) or not n_outs:
            kind = ShapeError if n_outs in ([], ()) else OperandError
            raise kind(
                "MLP(n_in, n_outs) takes the widths of its layers as a non-empty list "
                f"such as [16, 10], not {n_outs!r:.60}"
            )
        widths = [count("a width", n) for n in (n_in, *n_outs)]
        activation = _activation(activation)
        random = Random(seed)
        last = len(n_outs) - 1
        self.layers = [
            Layer(*sizes, activation if i < last else None, init=init, random=random)
            for i, sizes in enumerate(pairwise(widths))
        ]
        self._widths = widths

    def forward(self, inputs: Sequence[Any]) -> Any:
        """Return the outputs of the last layer, one after the other for a batch."""
        return each(self._outputs, inputs, 1)

    def _outputs(self, inputs: Sequence[Any]) -> Any:
        signal = vector(inputs, self._widths[0], self)
        for layer in self.layers:
            signal = layer(signal)
        return signal[0] if len(signal) == 1 else signal

    def __repr__(self) -> str:
        return f"MLP({self._widths[0]}, {self._widths[1:]})"


def _activation(activation: str | Activation | None) -> Activation | None:
    """Find an activation by its row's name; take a row or function as it is."""
    if activation is None or activation == "linear":
        return None
    if callable(activation):
        return activation
    known = [name for name, op in OPS.items() if op.takes_one_operand]
    if activation not in known:
        raise UnknownNameError("activation", activation, [*known, "linear"])
    return OPS[activation]


def _initializer(init: str | Initializer | None, activation: object) -> Initializer:
    if init is None:
        name = getattr(activation, "name", activation)
        init = "he_uniform" if name in _RECTIFIERS else "glorot_uniform"
    return initializer(init)
