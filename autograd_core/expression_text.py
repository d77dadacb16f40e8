"""Expressions as text, found by computing with names instead of numbers.

Operators and rows take any kind of number, so that they take names too: what comes out
is the expression, in exactly the order in which floats are computed. Whatever needs to
know a number, as a choice between formulas does, fails on a name.
"""

from collections.abc import Callable, Sequence
from typing import Any, NoReturn

from .op import NaryOp, Op
from .ops import add, mul, neg, sub
from .sequences import gather_pairs

__all__ = ["SIGN", "Text", "as_text", "call_text", "number_text"]

# How strongly an expression holds together, as Python's grammar has it.
COMPARISON, OR, AND, SUM, PRODUCT, SIGN, ATOM = range(7)
WIDEST = 8  # operands of a row on sequences inside of a longer expression

NameOf = Callable[[Any], str]


def number_text(x: float) -> str:
    """Write a number so that it is read back to the last bit.

    >>> number_text(-0.0), number_text(0.1), number_text(float("inf"))
    ('-0.0', '0.1', 'inf')
    """
    if x.__class__ is not float and x.__class__ is not int and x.__class__ is not bool:
        raise TypeError(f"no literal is the {type(x).__name__} {x!r}")
    return repr(x)


def _infix(symbol: str, strength: int) -> tuple[Any, Any]:
    """Make an operator of texts, and the one for a number on the left."""

    def method(self: "Text", other: Any) -> "Text":
        return self._joined(self, symbol, other, strength)

    def reflected(self: "Text", other: Any) -> "Text":
        return self._joined(other, symbol, self, strength)

    return method, reflected


class Text:
    """An expression; operators and rows that are applied to it write a longer one.

    `name_of` tells what a row or a function is called where the text will stand.

    >>> x, y = (Text(name, lambda row: row.name) for name in "xy")
    >>> from autograd_core import tanh
    >>> -2.0 * tanh(x) * y - (1 - x)
    -2.0 * tanh(x) * y - (1 - x)
    """

    __slots__ = ("name_of", "strength", "text")
    __hash__ = None  # type: ignore[assignment] # equality of texts is a text

    def __init__(self, text: str, name_of: NameOf, strength: int = ATOM) -> None:
        self.text, self.name_of, self.strength = text, name_of, strength

    @classmethod
    def of_number(cls, x: float, name_of: NameOf) -> "Text":
        """Write a number."""
        text = number_text(x)
        return cls(text, name_of, SIGN if text.startswith("-") else ATOM)

    @classmethod
    def __apply_op__(cls, op: Op, operands: Sequence[Any]) -> "Text":
        """Write the call of a row; rows call this."""
        name_of = next(x for x in operands if isinstance(x, cls)).name_of
        if isinstance(op, NaryOp) and len(operands) > WIDEST:
            raise TypeError(f"{op.name} of {len(operands)} operands is unreadable")
        return call_text(op, [as_text(x, name_of) for x in operands], name_of)

    def at_least(self, strength: int) -> str:
        """Return the text, in parentheses unless it holds together that strongly."""
        return self.text if self.strength >= strength else f"({self.text})"

    def _joined(self, a: Any, symbol: str, b: Any, strength: int) -> "Text":
        left = as_text(a, self.name_of).at_least(max(strength, SUM))
        right = as_text(b, self.name_of).at_least(max(strength + 1, SUM))
        return Text(f"{left} {symbol} {right}", self.name_of, strength)

    __add__, __radd__ = _infix("+", SUM)
    __sub__, __rsub__ = _infix("-", SUM)
    __mul__, __rmul__ = _infix("*", PRODUCT)
    __truediv__, __rtruediv__ = _infix("/", PRODUCT)
    __lt__, __gt__ = _infix("<", COMPARISON)[0], _infix(">", COMPARISON)[0]
    __le__, __ge__ = _infix("<=", COMPARISON)[0], _infix(">=", COMPARISON)[0]
    __eq__, __ne__ = _infix("==", COMPARISON)[0], _infix("!=", COMPARISON)[0]
    __and__, __rand__ = _infix("&", AND)
    __or__, __ror__ = _infix("|", OR)

    def __pow__(self, other: Any) -> "Text":
        return self._power(self, other)

    def __rpow__(self, other: Any) -> "Text":
        return self._power(other, self)

    def _power(self, a: Any, b: Any) -> "Text":
        base, exponent = (as_text(x, self.name_of).at_least(ATOM) for x in (a, b))
        return Text(f"{base}**{exponent}", self.name_of, SIGN)

    def __neg__(self) -> "Text":
        return Text(f"-{self.at_least(ATOM)}", self.name_of, SIGN)

    def __bool__(self) -> NoReturn:
        raise TypeError(f"whether {self.text} holds is not known before it is run")

    def __repr__(self) -> str:
        return self.text


def as_text(x: Any, name_of: NameOf) -> Text:
    """Return a text itself, and a number as it is written."""
    return x if isinstance(x, Text) else Text.of_number(x, name_of)


def call_text(op: Op, operands: Sequence[Text], name_of: NameOf) -> Text:
    """Write the call of a row as a person would.

    Where Python's own operator computes the very same, it is written; the quotient and
    the power of Python raise where IEEE has a result.

    >>> from autograd_core import OPS
    >>> def written(row, *names):
    ...     texts = [Text(name, lambda row: row.name) for name in names]
    ...     return call_text(OPS[row], texts, texts[0].name_of).text
    >>> written("mul", "a", "b"), written("div", "a", "b")
    ('a * b', 'div(a, b)')
    >>> written("dot", "a", "b", "c", "d", "0.0"), written("mean", "a", "b")
    ('dot([a, b], [c, d])', 'mean([a, b])')
    """
    if op in (add, sub, mul):
        a, b = operands
        return Text._joined(a, a, op.symbol, b, PRODUCT if op is mul else SUM)
    if op is neg:
        return -operands[0]
    texts = [x.text for x in operands]
    if isinstance(op, NaryOp):
        return Text(_call_on_sequences(op, texts, name_of(op)), name_of)
    return Text(f"{name_of(op)}({', '.join(texts)})", name_of)


def _call_on_sequences(op: NaryOp, texts: list[str], name: str) -> str:
    if op.gather is gather_pairs:
        n = len(texts) // 2
        bias = "" if texts[-1] == "0.0" else f", {texts[-1]}"
        return f"{name}([{', '.join(texts[:n])}], [{', '.join(texts[n:-1])}]{bias})"
    if _takes_one_list(op, texts):
        return f"{name}([{', '.join(texts)}])"
    return f"{name}.forward({', '.join(texts)})"


def _takes_one_list(op: NaryOp, operands: list[str]) -> bool:
    try:
        return tuple(op.gather(list(operands))) == tuple(operands)
    except Exception:  # a row of somebody's own gathers something else
        return False
