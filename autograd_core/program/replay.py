"""Both passes over instructions, one number at a time, as the engine computes them.

The rows' own kernels and partials are called, so that a replay gives what the engine
gives; what is saved is the making of nodes. It needs nothing but Python, and it is
what array code is compared with.
"""

from collections.abc import Callable, Sequence
from typing import Any

from ..errors import TraceError
from .instructions import Instructions

__all__ = ["Replay"]


class Replay:
    """Instructions made ready to be run again and again.

    >>> from autograd_core.ops import mul
    >>> code = Instructions(1)
    >>> x = code.add_input()
    >>> code.outputs = [code.add(mul, (x, x), True)]
    >>> replay = Replay(code)
    >>> values = replay.forward([3.0])
    >>> replay.outputs(values), replay.backward(values)
    ([9.0], [6.0])
    """

    def __init__(self, code: Instructions) -> None:
        """Lay out the steps; guards are asked as soon as they are known."""
        self._code = code
        self._start = [code.constants.get(i, 0.0) for i in range(len(code.ops))]
        guards: dict[int, list[Any]] = {}
        for place, guard in code.guards:
            guards.setdefault(place, []).append(guard)
        self._steps = list(_steps(code, guards))

    def forward(self, inputs: Sequence[float]) -> list[float]:
        """Return the number at every place."""
        values = self._start.copy()
        values[: len(inputs)] = inputs
        for place, function, a, b in self._steps:
            if b is not None:
                values[place] = function(values[a], values[b])
            elif a.__class__ is int:
                values[place] = function(values[a])
            elif a is not None:
                values[place] = function(*[values[i] for i in a])
            else:
                function(values[place])
        return values

    def outputs(self, values: Sequence[float]) -> list[float]:
        """Return the results among the numbers of a forward pass."""
        return [values[place] for place in self._code.outputs]

    def backward(self, values: Sequence[float], output: int = 0) -> list[float]:
        """Return the derivative of one output by each input.

        As in the engine nothing is sent along a branch that `where` has not taken.
        """
        code = self._code
        sent: list[float | None] = [None] * len(code.ops)
        sent[code.outputs[output]] = 1.0
        for place in range(code.outputs[output], code.inputs - 1, -1):
            upstream, op = sent[place], code.ops[place]
            if upstream is None or op is None or not code.flows[place]:
                continue
            operands = code.operands[place]
            needed = [code.flows[i] for i in operands]
            numbers = [values[i] for i in operands]
            found = op.local_derivatives(needed, values[place], numbers)
            for i, local in zip(operands, found, strict=True):
                if local is not None:
                    before = sent[i]
                    sent[i] = (0.0 if before is None else before) + upstream * local
        return [x or 0.0 for x in sent[: code.inputs]]


def _steps(code: Instructions, guards: dict[int, list[Any]]) -> Any:
    for place, op in enumerate(code.ops):
        if op is not None:
            operands = code.operands[place]
            if op.arity == 2:
                yield place, op.forward, *operands
            else:
                one = op.arity == 1
                yield place, op.forward, operands[0] if one else operands, None
        for guard in guards.get(place, ()):
            yield place, _asked(guard), None, None


def _asked(guard: Any) -> Callable[[float], None]:
    def check(found: float) -> None:
        if bool(found) is not guard.held:
            raise guard_failed(guard)

    return check


def guard_failed(guard: Any) -> TraceError:
    """Return the error of a replay that would have gone another way."""
    return TraceError(
        f"{guard}, and it comes out the other way for these arguments: the program "
        "has only the branch that was taken; trace again with such arguments, use jit, "
        "which does so by itself, or write the choice as where(condition, a, b)"
    )
