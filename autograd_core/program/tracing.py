"""A function run once on numbers that it cannot look at.

While a trace is open every operation of the thread goes through it, and what depends on
the arguments is a `Traced` node: a `Value` whose `data` is a node too, and whose
comparisons are nodes. `where` takes such a comparison as data. A `bool` made of one is
a decision that holds for the arguments at hand and perhaps for no others: it is kept as
a `Guard`, which every replay asks again.
"""

import operator
import sys
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, NoReturn

from .. import recording
from ..errors import TraceError
from ..op import Op
from ..ops import identity
from ..real import is_real
from ..value import Value

__all__ = ["COMPARISONS", "Guard", "Trace", "Traced"]


class _Row(Op):
    """A row beside the op table, which is pickled by its name all the same."""

    def __reduce__(self) -> Any:
        return _row_called, (self.name,)


def _row_called(name: str) -> Op:
    return COMPARISONS[name]


def _nothing(*_: float) -> float:
    return 0.0


def _row(name: str, symbol: str, holds: Callable[..., Any], doc: str) -> Op:
    arity = holds.__code__.co_argcount
    return _Row(name, holds, (_nothing,) * arity, symbol=symbol, doc=doc)


less = _row("less", "<", lambda a, b: float(a < b), "1 if a < b, else 0")
less_equal = _row("less_equal", "<=", lambda a, b: float(a <= b), "1 if a ≤ b, else 0")
both = _row("both", "&", lambda a, b: float(a != 0 and b != 0), "1 if both hold")
either = _row("either", "|", lambda a, b: float(a != 0 or b != 0), "1 if one holds")
negation = _row("negation", "~", lambda a: float(a == 0), "1 if it does not hold")

COMPARISONS = {row.name: row for row in (less, less_equal, both, either, negation)}

_ROWS = {  # Python's comparison: the row, and whether its operands change places
    operator.lt: (less, False),
    operator.le: (less_equal, False),
    operator.gt: (less, True),
    operator.ge: (less_equal, True),
}


class Traced(Value):
    """A node of which only the replays will know the number."""

    __slots__ = ()

    @property
    def data(self) -> Any:
        """The number as a node through which no gradient flows."""
        trace = recording.state.trace
        return self._data if trace is None else trace.detached(self)

    @data.setter
    def data(self, number: Any) -> None:
        raise TraceError(
            "a traced function cannot assign to .data: its program would not; compute "
            "a new Value instead"
        )

    def detach(self) -> Any:
        """Return the same number, through which no gradient flows."""
        trace = recording.state.trace
        return Value.detach(self) if trace is None else trace.copied(self, Traced)

    def backward(self) -> None:
        """Refuse: gradients that are written into nodes are no part of a program."""
        raise TraceError(
            "backward() was called in a traced function, whose program would not write "
            "gradients: take value_and_grad of the program, or grad inside of it"
        )

    def _unknown(self) -> NoReturn:
        raise TraceError(
            "a traced function asks for a plain number, which only the replays know: "
            "compute with the Value, compare it, or pass what must be a plain number "
            "through static_argnums of jit"
        )

    __float__ = __int__ = __index__ = __round__ = _unknown
    __trunc__ = __floor__ = __ceil__ = _unknown


class Number(Traced):
    """What `.data` gives while it is traced, and what is made of it: a float elsewhere.

    Unlike nodes, which are equal only to themselves, it is equal as a number is.
    """

    __slots__ = ()
    __hash__ = Traced.__hash__

    def __eq__(self, other: object) -> Any:
        if recording.state.trace is None or not (
            isinstance(other, Value) or is_real(other)
        ):
            return self is other
        return both(less_equal(self, other), less_equal(other, self))

    def __ne__(self, other: object) -> Any:
        same = self == other
        return negation(same) if isinstance(same, Comparison) else not same

    def __bool__(self) -> bool:  # type: ignore[override] # other Values have none
        return bool(self != 0.0)


class Comparison(Number):
    """What a comparison gives while it is traced: 1.0 or 0.0, asked again later."""

    __slots__ = ()

    def __bool__(self) -> bool:  # type: ignore[override] # other Values have none
        if recording.state.trace is not None:
            recording.state.trace.decide(self)
        return bool(self._data)

    def __and__(self, other: Any) -> Any:
        return both(self, other)

    def __or__(self, other: Any) -> Any:
        return either(self, other)

    def __invert__(self) -> Any:
        return negation(self)

    __rand__, __ror__ = __and__, __or__


class Guard(NamedTuple):
    """A decision of the traced function: which node, how it went, and on which line."""

    node: Any
    held: bool
    line: str

    def __str__(self) -> str:
        answer = "held" if self.held else "did not hold"
        return f"the comparison at {self.line} {answer} when the function was traced"


class Trace:
    """The nodes that a function made of its arguments, in order, and its decisions.

    `captured` are the leaves that it closed over: a replay reads them again.
    """

    def __init__(self) -> None:
        self.nodes: list[Traced] = []
        self.guards: list[Guard] = []
        self.captured: dict[Value, None] = {}

    def find_or_make(self, kind: Any, op: Op, operands: Sequence[Any]) -> Any:
        """Return the node of an operation, one of the trace's if it can change."""
        parents = tuple(
            [
                x if isinstance(x, Value) else Value(x, requires_grad=False)
                for x in operands
            ]
        )
        known = [p for p in parents if isinstance(p, Traced)]
        if not self.capture(parents) and not known:
            return Value._of(op, parents)
        node: Any = Traced._recorded(op, parents)
        if op is COMPARISONS.get(op.name):
            node.__class__, node.requires_grad = Comparison, False
        elif recording.state.pauses:
            node.requires_grad = False
        elif not node.requires_grad and all(isinstance(p, Number) for p in known):
            node.__class__ = Number
        self.nodes.append(node)
        return node

    def capture(self, operands: Sequence[Any]) -> bool:
        """Note what was made outside and may change; tell whether there was any."""
        live = [
            x
            for x in operands
            if isinstance(x, Value) and x.requires_grad and not isinstance(x, Traced)
        ]
        self.captured.update(dict.fromkeys(live))
        return bool(live)

    def compare(self, compare: Callable[[Any, Any], bool], a: Any, b: Any) -> Any:
        """Return a comparison as a node, or as a bool where nothing can change."""
        row, swapped = _ROWS[compare]
        return self._decided(row(b, a) if swapped else row(a, b))

    def _decided(self, found: Any) -> Any:
        return found if isinstance(found, Comparison) else bool(found.data)

    def detached(self, node: Traced) -> Any:
        """Return the number of a node, which is itself if it is one.

        A comparison is one of those: what `where` asks of its data is a decision.
        """
        return node if isinstance(node, Number) else self.copied(node, Number)

    def copied(self, node: Traced, kind: type[Traced]) -> Any:
        """Return a node of the same number without a gradient."""
        copy: Any = kind._recorded(identity, (node,))
        copy.requires_grad = False
        self.nodes.append(copy)
        return copy

    def decide(self, node: Comparison) -> None:
        """Keep that the function took a truth for granted, and where."""
        self.guards.append(Guard(node, bool(node._data), _calling_line()))


def _calling_line() -> str:
    """Return the first line outside of this project's packages that is being run."""
    frame = sys._getframe(2)
    while frame.f_back and _package(frame) in _OWN:
        frame = frame.f_back
    return f"{frame.f_code.co_filename}:{frame.f_lineno}"


def _package(frame: Any) -> str:
    return (frame.f_globals.get("__package__") or "").partition(".")[0]


_OWN = {"autograd_core", "nn"}
