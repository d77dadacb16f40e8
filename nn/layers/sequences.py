"""Whole sequences through recurrent cells, layer upon layer.

`RNN`, `LSTM` and `GRU` walk a list of vectors from the first to the last, with a cell
for each layer; the hidden states of one layer are the inputs of the next. They return
what PyTorch's return: the last layer's hidden state at every step, and every layer's
state after the last step. Their state dict has PyTorch's names, `weight_ih_l0`, ...
"""

from collections.abc import Callable
from random import Random
from typing import Any, ClassVar

from autograd_core.errors import OperandError, ShapeError

from ..hyperparameters import count
from ..module import Module
from ..nested import as_lists
from .recurrent import Cell, GRUCell, LSTMCell, RNNCell, checked_pair
from .signals import grid, one_sequence

__all__ = ["GRU", "LSTM", "RNN"]


class _Recurrent(Module):
    """Cells over a sequence; each layer's are drawn after those of the one below."""

    _cell: ClassVar[Callable[..., Cell]]

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        *,
        seed: int | None = None,
        random: Random | None = None,
        **options: Any,
    ) -> None:
        """Draw the parameters of `num_layers` cells, to which `options` are passed."""
        random = random or Random(seed)
        layers = count("num_layers", num_layers)
        sizes = [input_size] + [hidden_size] * (layers - 1)
        make = type(self)._cell
        self.cells = [make(n, hidden_size, random=random, **options) for n in sizes]

    def forward(self, x: Any, state: Any = None) -> tuple[list[Any], Any]:
        """Return the hidden states of the last layer, and the last of every layer."""
        one_sequence(x, self)
        signal = grid(x, (None, self.cells[0].input_size), self)
        last = []
        for cell, before in zip(self.cells, self._states(state), strict=True):
            signal, after = self._walk(cell, signal, before)
            last.append(after)
        return signal, self._joined(last)

    def _walk(self, cell: Cell, xs: list[Any], state: Any) -> tuple[list[Any], Any]:
        hidden = []
        for x in xs:
            state = cell(x, state)
            hidden.append(self._hidden(state))
        return hidden, state

    def _states(self, state: Any) -> list[Any]:
        """Return one state for each layer."""
        return self._one_each(state, "h")

    def _one_each(self, state: Any, name: str) -> list[Any]:
        layers, hidden = len(self.cells), self.cells[0].hidden_size
        if state is None:
            return [None] * layers
        lists = as_lists(state)
        wanted = f"{layers} × {hidden} numbers, one list for each layer"
        if not isinstance(lists, list | tuple):
            raise OperandError(
                f"{self!r} takes a state {name} of {wanted}, not {state!r:.60} of type "
                f"{type(state).__name__}"
            )
        if len(lists) != layers:
            raise ShapeError(
                f"{self!r} takes a state {name} of {wanted}; got {len(lists)} lists"
            )
        return list(lists)

    def _hidden(self, state: Any) -> Any:
        return state

    def _joined(self, states: list[Any]) -> Any:
        return states

    def tensors(self) -> dict[str, Any]:
        """Return the parameters by PyTorch's names, such as `weight_hh_l1`."""
        return {
            f"{name}_l{i}": tensor
            for i, cell in enumerate(self.cells)
            for name, tensor in cell.tensors().items()
        }

    def __repr__(self) -> str:
        first = self.cells[0]
        sizes = f"{first.input_size}, {first.hidden_size}, {len(self.cells)}"
        return f"{type(self).__name__}({sizes})"


class RNN(_Recurrent):
    """Layers of `RNNCell`: from a list of vectors to (outputs, h_n).

    hₜ = tanh(W_ih·xₜ + b_ih + W_hh·hₜ₋₁ + b_hh) at every step t, and the outputs are
    the hₜ of the last layer (Elman 1990). `nonlinearity` is "tanh" or "relu"; `h_n` is
    layers × hidden_size, and so is the state that a second argument may give to begin
    with.

    >>> outputs, h_n = RNN(2, 3, seed=0)([[1.0, 0.5], [0.0, 0.5]])
    >>> len(outputs), h_n == outputs[-1:]
    (2, True)
    """

    _cell = RNNCell


class GRU(_Recurrent):
    """Layers of `GRUCell`: from a list of vectors to (outputs, h_n).

    hₜ = (1 - zₜ)·nₜ + zₜ·hₜ₋₁ at every step t, with the gates of the cell (Cho et al.
    2014); the outputs are the hₜ of the last layer, `h_n` is layers × hidden_size.

    >>> outputs, h_n = GRU(2, 3, num_layers=2, seed=0)([[1.0, 0.5], [0.0, 0.5]])
    >>> len(outputs), len(h_n)
    (2, 2)
    """

    _cell = GRUCell


class LSTM(_Recurrent):
    """Layers of `LSTMCell`: from a list of vectors to (outputs, (h_n, c_n)).

    cₜ = fₜ·cₜ₋₁ + iₜ·gₜ and hₜ = oₜ·tanh(cₜ) at every step t, with the gates of the
    cell (Hochreiter and Schmidhuber 1997; Gers et al. 2000); the outputs are the hₜ of
    the last layer, `h_n` and `c_n` are layers × hidden_size.

    >>> outputs, (h_n, c_n) = LSTM(2, 3, seed=0)([[1.0, 0.5], [0.0, 0.5]])
    >>> len(outputs), h_n == outputs[-1:]
    (2, True)
    """

    _cell = LSTMCell

    def _states(self, state: Any) -> list[Any]:
        if state is None:
            return super()._states(None)
        pair = zip(checked_pair(state, self, "two parts"), "hc", strict=True)
        h, c = (self._one_each(part, name) for part, name in pair)
        return list(zip(h, c, strict=True))

    def _hidden(self, state: Any) -> Any:
        return state[0]

    def _joined(self, states: list[Any]) -> Any:
        return [h for h, _ in states], [c for _, c in states]
