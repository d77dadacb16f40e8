"""A condition that a person types, such as `abs(grad) > 10`, as a function.

It is an expression in the numbers of a node and nothing else: no attribute but `.data`
and `.grad` of a node's name, no call but of mathematical functions. So a condition that
comes from an editor or a file cannot do anything but be true or false.
"""

import ast
import math
from collections.abc import Callable, Mapping
from typing import Any

from ..errors import OperandError, UnknownNameError
from ..value import Value

__all__ = ["Condition"]

_FUNCTIONS = (
    *("copysign", "cos", "exp", "fabs", "fmod", "hypot", "isfinite", "isinf", "isnan"),
    *("log", "log10", "log2", "sin", "sqrt", "tan", "tanh"),
)
FUNCTIONS: Mapping[str, Any] = {
    "abs": abs,
    "max": max,
    "min": min,
    "round": round,
} | {name: getattr(math, name) for name in _FUNCTIONS}
NUMBERS = {"inf": math.inf, "nan": math.nan, "pi": math.pi, "e": math.e}
OWN = ("data", "grad", "op", "label", "module", "state")
"""What a condition may ask of the node at hand."""

_ALLOWED = (
    *(ast.Expression, ast.BoolOp, ast.boolop, ast.UnaryOp, ast.unaryop),
    *(ast.BinOp, ast.operator, ast.Compare, ast.cmpop, ast.IfExp),
    *(ast.Call, ast.Name, ast.Attribute, ast.Constant, ast.Load),
    *(ast.Tuple, ast.List),
)
_LONGEST = 1000
_EXAMPLE = "abs(grad) > 10"
_LISTED = ", ".join(FUNCTIONS)


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
        self.text = text.strip()
        tree = _parsed(self.text)
        reader = _Reader(find)
        readable = ast.fix_missing_locations(reader.visit(tree))
        self.mentions = frozenset(reader.mentions)
        self.nodes = tuple(dict.fromkeys(node for node, _ in reader.asked.values()))
        self._asked = reader.asked
        self._code = compile(readable, "<condition>", "eval")

    def __repr__(self) -> str:
        return f"Condition({self.text!r})"

    def holds(
        self, facts: Mapping[str, Any], ask: Callable[[Value, str], Any] | None
    ) -> bool:
        """Tell whether it is true of a node with these facts.

        `ask(node, "grad")` gives the facts of the nodes that it names. Where a number
        is not there yet, no condition holds. Raises what the arithmetic raises, such
        as `ZeroDivisionError`.
        """
        asked = {
            name: ask(node, fact) if ask else None
            for name, (node, fact) in self._asked.items()
        }
        numbers = [*asked.values(), *(facts.get(name) for name in self.mentions)]
        if None in numbers:
            return False
        names = {**NUMBERS, **FUNCTIONS, **facts, **asked, "__builtins__": {}}
        return bool(eval(self._code, names))


class _Reader(ast.NodeTransformer):
    """Turn `x.grad` into one name, a bare `x` into `x.data`, and ints into floats.

    Powers of floats overflow at once where those of ints may take for ever.
    """

    def __init__(self, find: Callable[[str], Value] | None) -> None:
        self._find = find
        self.mentions: set[str] = set()
        self.asked: dict[str, tuple[Value, str]] = {}

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        if not isinstance(node.value, ast.Name) or node.attr not in ("data", "grad"):
            raise _refused(ast.unparse(node), "only .data and .grad of a name")
        return self._fact(node.value.id, node.attr)

    def visit_Name(self, node: ast.Name) -> ast.expr:
        if node.id in OWN:
            self.mentions.add(node.id)
        elif node.id not in FUNCTIONS and node.id not in NUMBERS:
            return self._fact(node.id, "data")
        return node

    def visit_Constant(self, node: ast.Constant) -> ast.expr:
        whole = node.value
        return ast.Constant(float(whole)) if type(whole) is int else node

    def visit_Call(self, node: ast.Call) -> ast.expr:
        if not isinstance(node.func, ast.Name) or node.func.id not in FUNCTIONS:
            raise _refused(ast.unparse(node.func) + "()", f"calls of {_LISTED}")
        node.args = [self.visit(argument) for argument in node.args]
        return node

    def _fact(self, name: str, fact: str) -> ast.expr:
        if self._find is None:
            raise UnknownNameError("number", name, [*OWN, *FUNCTIONS, *NUMBERS])
        self.asked[f"{name}.{fact}"] = self._find(name), fact
        return ast.Name(f"{name}.{fact}", ast.Load())


def _parsed(text: str) -> ast.Expression:
    """Return the syntax tree of a condition that holds nothing but arithmetic."""
    if not text or len(text) > _LONGEST:
        raise OperandError(
            f"a condition is an expression such as {_EXAMPLE}, of at most {_LONGEST} "
            f"characters; got {len(text)}"
        )
    try:
        tree = ast.parse(text, mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        reason = getattr(error, "msg", None) or str(error)
        raise OperandError(
            f"cannot read {text!r} as a condition ({reason}); write one such as "
            f"{_EXAMPLE}"
        ) from None
    for node in ast.walk(tree):
        if not isinstance(node, _ALLOWED):
            raise _refused(type(node).__name__, "arithmetic and comparisons")
    return tree


def _refused(found: str, allowed: str) -> OperandError:
    return OperandError(
        f"a condition may hold {allowed}, not {found}; write one such as {_EXAMPLE}"
    )
