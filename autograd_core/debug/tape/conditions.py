"""A condition that a person types, such as `abs(grad) > 10`, as a function.

It is an expression in the numbers of a node and nothing else: no attribute but `.data`
and `.grad` of a node's name, no call but of mathematical functions. So a condition that
comes from an editor or a file cannot do anything but be true or false.
"""

import ast
from collections.abc import Callable, Mapping
from typing import Any

from ...errors import OperandError, UnknownNameError
from ...real import described
from ...text import one_line
from ...value import Value
from .condition_reader import EXAMPLE, FUNCTIONS, NUMBERS, OWN, Reader

__all__ = ["Condition"]

_LONGEST = 1000
_DEEPEST = 60  # the reader and the compiler call themselves at each level
_GLOBALS = {**NUMBERS, **FUNCTIONS, "float": float, "__builtins__": {}}


class Condition:
    """The condition in `text`; `find` gives the node of a name in it.

    `mentions` are the facts it asks of the node at hand, `nodes` the nodes it names.

    >>> condition = Condition("abs(grad) > 10", find=None)
    >>> condition.mentions
    frozenset({'grad'})
    >>> condition.holds({"grad": -11.0}, ask=None)
    True

    Raises `OperandError`, a `TypeError`, for what is no such expression, and
    `UnknownNameError`, a `ValueError`, for a name that nothing has.
    """

    def __init__(self, text: str, find: Callable[[str], Value] | None) -> None:
        """Read the condition, and refuse what it may not be."""
        tree = _parsed(text)
        self.text = text.strip()
        reader = Reader(_nothing if find is None else find)
        readable = ast.fix_missing_locations(ast.Expression(reader.read(tree.body)))
        self.mentions = frozenset(reader.mentions)
        self.nodes = tuple(dict.fromkeys(node for node, _ in reader.asked.values()))
        self._asked = reader.asked
        self._code = compile(readable, "<condition>", "eval")

    def __repr__(self) -> str:
        return f"Condition({self.text!r})"

    @property
    def asks_gradients(self) -> bool:
        """Whether it may change while gradients flow, when all values are known."""
        facts = {*self.mentions, *(fact for _, fact in self._asked.values())}
        return not facts.isdisjoint({"grad", "state"})

    def holds(
        self, facts: Mapping[str, Any], ask: Callable[[Value, str], Any] | None
    ) -> bool:
        """Tell whether it is true of a node with these facts.

        `ask(node, "grad")` gives the facts of the nodes that it names. Where a number
        is not there yet, no condition holds. Raises what the arithmetic raises, such
        as `ZeroDivisionError`.
        """
        return bool(self.value(facts, ask))

    def value(
        self, facts: Mapping[str, Any], ask: Callable[[Value, str], Any] | None
    ) -> Any:
        """Return what the expression is, None where a number is not there yet."""
        known = {name: facts.get(name) for name in self.mentions}
        for name, (node, fact) in self._asked.items():
            known[name] = ask(node, fact) if ask else None
        if any(fact is None for fact in known.values()):
            return None
        return eval(self._code, _GLOBALS, known)


def _nothing(name: str) -> Value:
    raise UnknownNameError("number", name, [*OWN, *FUNCTIONS, *NUMBERS])


def _parsed(text: Any) -> ast.Expression:
    """Return the syntax tree of an expression, whatever it holds."""
    if not isinstance(text, str):
        raise OperandError(
            f"a condition is a text such as {EXAMPLE!r}, not {described(text)}"
        )
    if not text.strip() or len(text) > _LONGEST:
        raise OperandError(
            f"a condition is an expression such as {EXAMPLE}, of at most {_LONGEST} "
            f"characters; got {len(text)}"
        )
    try:
        tree = ast.parse(text.strip(), mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        reason = getattr(error, "msg", None) or str(error) or type(error).__name__
        raise OperandError(
            f"cannot read {one_line(text, 200)!r} as a condition ({reason}); write one "
            f"such as {EXAMPLE}"
        ) from None
    if _is_deeper(tree, _DEEPEST):
        raise OperandError(
            f"a condition may be {_DEEPEST} levels deep, and this one is deeper; write "
            f"a shorter one, such as {EXAMPLE}"
        )
    return tree


def _is_deeper(tree: ast.AST, limit: int) -> bool:
    level: list[ast.AST] = [tree]
    for _ in range(limit):
        level = [below for node in level for below in ast.iter_child_nodes(node)]
    return bool(level)
