"""Recurrent cells: what was seen before, as a state that each step hands to the next.

A cell takes one input and the last state and returns the next; applied again and again
it makes one graph through time, and `backward()` is back-propagation through time.
Names, equations and the order of gates are PyTorch's: `weight_ih` and `bias_ih` look
at the input, `weight_hh` and `bias_hh` at the hidden state, one block of `hidden_size`
rows for each gate. A gate is one `dot` node over both and one activation. A list of
inputs is a batch, whose states are lists of theirs.
"""

from collections.abc import Sequence
from random import Random
from typing import Any, ClassVar

from autograd_core import Value, dot, relu, sigmoid, tanh
from autograd_core.errors import OperandError, ShapeError, UnknownNameError

from ..hyperparameters import count
from ..module import Module
from ..nested import as_lists
from .linear import linear
from .signals import depth, nodes, vector
from .weights import by_fan_in, drawn

__all__ = ["Cell", "GRUCell", "LSTMCell", "RNNCell", "checked_pair"]

_NONLINEARITIES = {"relu": relu, "tanh": tanh}


class Cell(Module):
    """What the cells share: their parameters, all drawn from U(-1/√n, 1/√n), n hidden.

    They are drawn in PyTorch's order, `weight_ih`, `weight_hh`, `bias_ih`, `bias_hh`;
    without `bias` the last two are None. A state that is left out is zeros.
    """

    _gates: ClassVar[int] = 1

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        *,
        seed: int | None = None,
        random: Random | None = None,
    ) -> None:
        self.input_size = count("input_size", input_size)
        self.hidden_size = count("hidden_size", hidden_size)
        random = random or Random(seed)
        rows, fans = self._gates * hidden_size, (hidden_size, 1)
        self.weight_ih = drawn((rows, input_size), by_fan_in, random, fans)
        self.weight_hh = drawn((rows, hidden_size), by_fan_in, random, fans)
        self.bias_ih = drawn((rows,), by_fan_in, random, fans) if bias else None
        self.bias_hh = drawn((rows,), by_fan_in, random, fans) if bias else None

    def forward(self, x: Any, state: Any = None) -> Any:
        """Return the next state, or of a batch the next states, each for its own."""
        if depth(x) < 2:
            return self._next(x, state)
        xs = as_lists(x)
        before = [None] * len(xs) if state is None else self._apart(state, len(xs))
        pairs = zip(xs, before, strict=True)
        return self._together([self.forward(*pair) for pair in pairs])

    def _next(self, x: Any, state: Any) -> Any:
        raise NotImplementedError

    def _apart(self, state: Any, examples: int) -> list[Any]:
        """Return the state of each example of a batch."""
        return self._rows(state, examples, "h")

    def _rows(self, state: Any, examples: int, name: str) -> list[Any]:
        rows = as_lists(state)
        if isinstance(rows, list | tuple) and len(rows) == examples:
            return list(rows)
        raise ShapeError(
            f"{self!r} takes a state {name} of {examples} × {self.hidden_size} numbers "
            f"for a batch of {examples}; got {state!r:.60}"
        )

    def _together(self, states: list[Any]) -> Any:
        """Return the states of a batch as it would take them."""
        return states

    def _input(self, x: Any) -> list[Value]:
        return nodes(vector(x, self.input_size, self))

    def _state(self, state: Any, name: str) -> list[Any]:
        """Return a state as nodes, zeros for None."""
        n = self.hidden_size
        if state is None:
            return [Value(0.0, label=f"{name}0", requires_grad=False)] * n
        try:
            return nodes(vector(state, n, self), name)
        except ShapeError:
            raise ShapeError(
                f"{self!r} takes a state {name} of {n} numbers; got {len(state)}"
            ) from None

    def _sums(self, x: list[Any], h: list[Any], last: int | None = None) -> list[Any]:
        """Return W_ih·x + b_ih + W_hh·h + b_hh, one `dot` node a row, up to `last`."""
        weights = zip(self.weight_ih[:last], self.weight_hh[:last], strict=True)
        if self.bias_ih is None or self.bias_hh is None:
            return linear([*x, *h], [[*a, *b] for a, b in weights], None)
        ends = zip(weights, self.bias_hh, strict=False)  # its bias is a weight of 1
        rows = [[*a, *b, bias] for (a, b), bias in ends]
        one = Value(1.0, requires_grad=False)
        return linear([*x, *h, one], rows, self.bias_ih[: len(rows)])

    def _blocks(self, sums: Sequence[Any]) -> list[Sequence[Any]]:
        """Cut a list into one part for each gate."""
        n = self.hidden_size
        return [sums[i : i + n] for i in range(0, len(sums), n)]

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.input_size}, {self.hidden_size})"


class RNNCell(Cell):
    """The simple recurrent unit, h' = tanh(W_ih·x + b_ih + W_hh·h + b_hh).

    From `input_size` numbers and a state of `hidden_size` to the next state (Elman
    1990); `nonlinearity` is "tanh" or "relu".

    >>> cell = RNNCell(2, 3, seed=0)
    >>> h = cell([1.0, 0.5])
    >>> h = cell([0.0, 0.5], h)
    >>> len(h)
    3
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        nonlinearity: str = "tanh",
        *,
        seed: int | None = None,
        random: Random | None = None,
    ) -> None:
        """Draw the parameters."""
        if nonlinearity not in _NONLINEARITIES:
            raise UnknownNameError("nonlinearity", nonlinearity, _NONLINEARITIES)
        self._activate = _NONLINEARITIES[nonlinearity]
        super().__init__(input_size, hidden_size, bias, seed=seed, random=random)

    def _next(self, x: Any, h: Any) -> list[Any]:
        sums = self._sums(self._input(x), self._state(h, "h"))
        return list(map(self._activate, sums))


class LSTMCell(Cell):
    """Long short-term memory (Hochreiter and Schmidhuber 1997; Gers et al. 2000).

    i, f, o = σ(…), g = tanh(…), each of W_ih·x + b_ih + W_hh·h + b_hh, then
    c' = f·c + i·g and h' = o·tanh(c'). The order of rows is i, f, g, o.

    >>> cell = LSTMCell(2, 3, seed=0)
    >>> h, c = cell([1.0, 0.5])
    >>> h, c = cell([0.0, 0.5], (h, c))
    >>> len(h), len(c)
    (3, 3)
    """

    _gates = 4

    def _next(self, x: Any, state: Any) -> tuple[list[Any], list[Any]]:
        h, c = self._both(state)
        i, f, g, o = self._blocks(self._sums(self._input(x), h))
        i, f, o = (list(map(sigmoid, gate)) for gate in (i, f, o))
        g = list(map(tanh, g))
        parts = zip(f, c, i, g, strict=True)
        c = [dot((f_, i_), (c_, g_)) for f_, c_, i_, g_ in parts]
        return [a * tanh(b) for a, b in zip(o, c, strict=True)], c

    def _both(self, state: Any) -> tuple[list[Any], list[Any]]:
        h, c = (None, None) if state is None else self._pair(state)
        return self._state(h, "h"), self._state(c, "c")

    def _pair(self, state: Any) -> Any:
        return checked_pair(state, self, "two lists")

    def _apart(self, state: Any, examples: int) -> list[Any]:
        h, c = self._pair(state)
        rows = self._rows(h, examples, "h"), self._rows(c, examples, "c")
        return list(zip(*rows, strict=True))

    def _together(self, states: list[Any]) -> Any:
        return [h for h, _ in states], [c for _, c in states]


def checked_pair(state: Any, module: Any, kind: str) -> Any:
    """Return the two parts of an LSTM's state."""
    if isinstance(state, list | tuple) and len(state) == 2:
        return state
    wrong = ShapeError if isinstance(state, list | tuple) else OperandError
    raise wrong(f"{module!r} takes a state of {kind}, (h, c), not {state!r:.60}")


class GRUCell(Cell):
    """The gated recurrent unit (Cho et al. 2014), in PyTorch's form.

    r, z = σ(W_ih·x + b_ih + W_hh·h + b_hh), n = tanh(W_in·x + b_in + r·(W_hn·h + b_hn))
    and h' = (1 - z)·n + z·h, where 1 - z is computed as σ of the negative sum, which
    keeps its digits where z is near 1. The order of rows is r, z, n.

    >>> cell = GRUCell(2, 3, seed=0)
    >>> h = cell([0.0, 0.5], cell([1.0, 0.5]))
    >>> len(h)
    3
    """

    _gates = 3

    def _next(self, x: Any, h: Any) -> list[Any]:
        x, h = self._input(x), self._state(h, "h")
        r, z = self._blocks(self._sums(x, h, 2 * self.hidden_size))
        seen = self._last_block(x, self.weight_ih, self.bias_ih)
        held = self._last_block(h, self.weight_hh, self.bias_hh)
        parts = zip(r, held, seen, strict=True)
        n = [tanh(dot((sigmoid(r_),), (b,), a)) for r_, b, a in parts]
        return [
            dot((sigmoid(-z_), sigmoid(z_)), (n_, h_))
            for z_, n_, h_ in zip(z, n, h, strict=True)
        ]

    def _last_block(self, signal: list[Any], weight: Any, bias: Any) -> list[Any]:
        start = 2 * self.hidden_size
        return linear(signal, weight[start:], bias and bias[start:])
