"""Local derivatives as text, in exactly the order in which floats are computed.

A partial is called on names, and what it returns is its expression. One that looks at
its numbers, to choose between formulas, fails on names and is written as a call of
itself, so that the text never depends on the numbers of one pass. The text of a partial
from outside the core is compared with the partial at a few points before it is trusted.
"""

from collections.abc import Callable, Sequence
from types import FunctionType
from typing import Any

from ...expression_text import Text, as_text
from ...op import Op
from .functions import Functions, is_of_core, place_of

__all__ = ["PartialTexts"]

STARTS = (0.3, 0.55, 1.7, -0.6, 5.0)  # operands to compare a text at, 0.4 apart


class PartialTexts:
    """The texts of the partials of rows, which call what `functions` name.

    >>> from autograd_core import OPS
    >>> from autograd_core.debug.straight_line.identifiers import Identifiers
    >>> functions = Functions(Identifiers())
    >>> y, a, b = (Text(name, functions.name_of) for name in "yab")
    >>> texts = PartialTexts(functions)
    >>> [texts.one(OPS["div"], place, y, [a, b]) for place in (0, 1)]
    [div(1.0, b), quotient_by_divisor(y, a, b)]
    >>> texts.many(OPS["logsumexp"], y, [a, b])
    (softmax([a, b]), [local[0], local[1]])
    """

    def __init__(self, functions: Functions) -> None:
        self._functions = functions
        self._written: dict[tuple[Op, int, int], bool] = {}
        self._seen_through: dict[Any, Callable[..., Any]] = {}

    def one(self, op: Op, place: int, y: Text, operands: Sequence[Text]) -> Text:
        """Return ∂y/∂operand of a row that has a partial for each operand."""
        partial = op.partials[place]
        key = (op, place, len(operands))
        if key not in self._written:
            self._written[key] = self._is_faithful(op, partial, len(operands))
        if self._written[key]:
            return self._as_text(self._through(partial)(y, *operands))
        if place_of(partial):
            return self._call(partial, (y, *operands))
        return self._call_of(f"{self._name_of(op)}.partials[{place}]", (y, *operands))

    def many(
        self, op: Op, y: Text, operands: Sequence[Text]
    ) -> tuple[Text | None, list[Text]]:
        """Return all derivatives of a row that has one function for all.

        Where they are computed together, that is the first result: it is to be called
        `local` before the others are read.
        """
        key = (op, 0, len(operands))
        if key not in self._written:
            self._written[key] = self._is_faithful(op, op.partials, len(operands))
        if self._written[key]:
            together = self._through(op.partials)(y, *operands)
            if not isinstance(together, Text):
                return None, [self._as_text(local) for local in together]
        elif place_of(op.partials):
            together = self._call(op.partials, (y, *operands))
        else:
            together = self._call_of(f"{self._name_of(op)}.partials", (y, *operands))
        names = [Text(f"local[{i}]", self._name_of) for i in range(len(operands))]
        return together, names

    def _name_of(self, function: Any) -> str:
        return self._functions.name_of(function)

    def _as_text(self, local: Any) -> Text:
        return as_text(local, self._name_of)

    def _call(self, function: Any, arguments: Sequence[Any]) -> Text:
        return self._call_of(self._name_of(function), arguments)

    def _call_of(self, name: str, arguments: Sequence[Any]) -> Text:
        written = ", ".join([self._argument(x) for x in arguments])
        return Text(f"{name}({written})", self._name_of)

    def _argument(self, x: Any) -> str:
        if isinstance(x, tuple | list):
            return f"[{', '.join(map(self._argument, x))}]"
        return self._as_text(x).text

    # --- what a partial says of itself ----------------------------------------------
    def _through(self, partial: Callable[..., Any]) -> Callable[..., Any]:
        """Return a partial that writes the calls of its helpers, instead of calling.

        `lambda y, a, b: hypot_by(y, a, b)` is then the call it says it is, although
        `hypot_by` itself looks at numbers.
        """
        if partial not in self._seen_through:
            self._seen_through[partial] = self._with_spies(partial)
        return self._seen_through[partial]

    def _with_spies(self, partial: Any) -> Callable[..., Any]:
        if not isinstance(partial, FunctionType) or not is_of_core(partial):
            return partial  # type: ignore[no-any-return]
        if place_of(partial):  # it has a name of its own to be called by
            return partial
        spies = {
            name: self._spy(helper)
            for name, helper in partial.__globals__.items()
            if isinstance(helper, FunctionType)
            and place_of(helper) == (partial.__module__, name)
        }
        names = partial.__globals__ | spies
        return FunctionType(
            partial.__code__, names, "", partial.__defaults__, partial.__closure__
        )

    def _spy(self, helper: Callable[..., Any]) -> Callable[..., Text]:
        return lambda *arguments: self._call(helper, arguments)

    def _is_faithful(self, op: Op, partial: Any, count: int) -> bool:
        """Tell whether calling the partial on names gives what it computes."""
        names = [f"_{i}" for i in range(count + 1)]
        try:
            result = self._through(partial)(
                *[Text(name, self._name_of) for name in names]
            )
            text = self._result_text(op, result, count)
        except Exception:  # it asked a name for its number
            return False
        return is_of_core(partial) or self._agrees(op, partial, names, text)

    def _result_text(self, op: Op, result: Any, count: int) -> str:
        if op.arity is None and isinstance(result, tuple | list):
            if len(result) != count:
                raise TypeError(f"{len(result)} derivatives for {count} operands")
            return self._argument(result)
        return self._as_text(result).text

    def _agrees(self, op: Op, partial: Any, names: list[str], text: str) -> bool:
        constants = {"inf": float("inf"), "nan": float("nan")}
        scope = self._functions.objects | constants
        function = eval(f"lambda {', '.join(names)}: {text}", scope)
        agreed = 0
        for start in STARTS:
            operands = [start + 0.4 * i for i in range(len(names) - 1)]
            try:
                y = op.forward(*operands)
                expected = partial(y, *operands)
            except Exception:  # outside of its domain
                continue
            try:
                found = function(y, *operands)
            except Exception:
                return False
            if not _same_bits(expected, found):
                return False
            agreed += 1
        return agreed >= 2


def _same_bits(a: Any, b: Any) -> bool:
    if isinstance(a, tuple | list):
        return isinstance(b, list) and all(map(_same_bits, a, b))
    return repr(float(a)) == repr(float(b))
