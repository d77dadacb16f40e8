"""What a condition may be made of, and what each part of it means.

Numbers are calculated with, texts are compared, and nothing else is there. The kind of
each part is known when the condition is read, so that a mistake is told before a run,
and arithmetic is of floats only: powers of them overflow at once, where those of whole
numbers may take for ever.
"""

import ast
import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ...errors import OperandError, UnknownNameError
from ...text import one_line
from ...value import Value

__all__ = ["EXAMPLE", "FUNCTIONS", "NUMBERS", "OWN", "Reader"]

EXAMPLE = "abs(grad) > 10"
NUMBERS = {"inf": math.inf, "nan": math.nan, "pi": math.pi, "e": math.e}
OWN = ("data", "grad", "op", "label", "module", "state")
"""What a condition may ask of the node at hand."""

NUMBER, TEXT, EITHER = "a number", "a text", "a number or a text"


def _rounded(number: float, digits: float | None = None) -> float:
    return float(round(number, None if digits is None else int(digits)))


_OF_ONE = (
    *("cos", "exp", "fabs", "isfinite", "isinf", "isnan", "log10", "log2", "sin"),
    *("sqrt", "tan", "tanh"),
)
_COUNTS: Mapping[str, tuple[int, ...]] = {
    **dict.fromkeys(("abs", *_OF_ONE), (1,)),
    **dict.fromkeys(("copysign", "fmod", "hypot"), (2,)),
    **dict.fromkeys(("log", "round"), (1, 2)),
    **dict.fromkeys(("max", "min"), tuple(range(2, 10))),
}
"""How many numbers each function takes."""

_NOT_OF_MATH: Mapping[str, Callable[..., Any]] = {
    "abs": abs,
    "max": max,
    "min": min,
    "round": _rounded,
}
FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    name: getattr(math, name, None) or _NOT_OF_MATH[name] for name in sorted(_COUNTS)
}

_ARITHMETIC = (ast.Add, ast.Sub, ast.Mult, ast.Div, ast.FloorDiv, ast.Mod, ast.Pow)
_ORDERS = (ast.Eq, ast.NotEq, ast.Lt, ast.LtE, ast.Gt, ast.GtE)
_MEMBERSHIPS = (ast.In, ast.NotIn)


class Reader:
    """Read an expression: `asked` are the nodes and facts that it names.

    `x.grad` becomes one name, a bare `x` becomes `x.data`, and an int a float.
    """

    def __init__(self, find: Callable[[str], Value]) -> None:
        """Take the function that gives the node of a name, or raises."""
        self._find = find
        self.mentions: set[str] = set()
        self.asked: dict[str, tuple[Value, str]] = {}

    def read(self, node: ast.expr) -> ast.expr:
        """Return the expression to evaluate.

        Raises `OperandError` for what a condition may not hold.
        """
        return self._read(node)[0]

    def _read(self, node: ast.expr) -> tuple[ast.expr, str]:
        """Return the expression to evaluate in place of a part, and its kind."""
        reader = getattr(self, f"_read_{type(node).__name__.lower()}", None)
        if reader is None:
            raise _refused(type(node).__name__, "arithmetic and comparisons")
        expression, kind = reader(node)
        return expression, kind

    def _number(self, node: ast.expr) -> ast.expr:
        expression, kind = self._read(node)
        if kind != NUMBER:
            raise _refused(f"{_written(node)}, {kind}, as a number", "numbers there")
        return expression

    # --- numbers and texts ----------------------------------------------------------
    def _read_constant(self, node: ast.Constant) -> tuple[ast.expr, str]:
        if isinstance(node.value, str):
            return node, TEXT
        if not isinstance(node.value, int | float):
            raise _refused(_written(node), "numbers and texts")
        try:
            return ast.Constant(float(node.value)), NUMBER
        except OverflowError:
            raise _refused("a number beyond 1.8e308", "numbers that fit") from None

    def _read_name(self, node: ast.Name) -> tuple[ast.expr, str]:
        if node.id in OWN:
            self.mentions.add(node.id)
            return node, NUMBER if node.id in ("data", "grad") else TEXT
        if node.id in FUNCTIONS:
            raise _refused(f"{node.id} without its operand", f"{node.id}(...)")
        if node.id in NUMBERS:
            try:  # a node that somebody called e is not Euler's number
                return self._fact(node.id, "data")
            except UnknownNameError:
                return node, NUMBER
        return self._fact(node.id, "data")

    def _read_attribute(self, node: ast.Attribute) -> tuple[ast.expr, str]:
        if not isinstance(node.value, ast.Name) or node.attr not in ("data", "grad"):
            raise _refused(_written(node), "only .data and .grad of a name")
        return self._fact(node.value.id, node.attr)

    def _fact(self, name: str, fact: str) -> tuple[ast.expr, str]:
        self.asked[f"{name}.{fact}"] = self._find(name), fact
        return ast.Name(f"{name}.{fact}", ast.Load()), NUMBER

    # --- arithmetic -----------------------------------------------------------------
    def _read_call(self, node: ast.Call) -> tuple[ast.expr, str]:
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        if name not in FUNCTIONS or node.keywords:
            listed = ", ".join(FUNCTIONS)
            raise _refused(_written(node), f"calls of {listed}")
        counts = _COUNTS[name]
        if len(node.args) not in counts:
            allowed = " to ".join(map(str, dict.fromkeys((counts[0], counts[-1]))))
            raise _refused(_written(node), f"{name}() of {allowed} operands")
        arguments = [self._number(argument) for argument in node.args]
        return ast.Call(node.func, arguments, []), NUMBER

    def _read_binop(self, node: ast.BinOp) -> tuple[ast.expr, str]:
        if not isinstance(node.op, _ARITHMETIC):
            raise _refused(_written(node), "+, -, *, /, //, % and **, and, or and not")
        left, right = self._number(node.left), self._number(node.right)
        return ast.BinOp(_as_float(left), node.op, _as_float(right)), NUMBER

    def _read_unaryop(self, node: ast.UnaryOp) -> tuple[ast.expr, str]:
        if isinstance(node.op, ast.Invert):
            raise _refused(_written(node), "+, - and not")
        if isinstance(node.op, ast.Not):
            return ast.UnaryOp(node.op, self.read(node.operand)), NUMBER
        return ast.UnaryOp(node.op, self._number(node.operand)), NUMBER

    # --- truth ----------------------------------------------------------------------
    def _read_boolop(self, node: ast.BoolOp) -> tuple[ast.expr, str]:
        parts = [self._read(value) for value in node.values]
        expressions = [expression for expression, _ in parts]
        return ast.BoolOp(node.op, expressions), _common(kind for _, kind in parts)

    def _read_ifexp(self, node: ast.IfExp) -> tuple[ast.expr, str]:
        test = self.read(node.test)
        (body, one), (other, two) = self._read(node.body), self._read(node.orelse)
        return ast.IfExp(test, body, other), _common([one, two])

    def _read_compare(self, node: ast.Compare) -> tuple[ast.expr, str]:
        left, kind = self._read(node.left)
        operands = []
        for sign, operand in zip(node.ops, node.comparators, strict=True):
            if isinstance(sign, _MEMBERSHIPS):
                right, kind = self._container(operand, kind), EITHER
            elif isinstance(sign, _ORDERS):
                right, found = self._read(operand)
                if EITHER in (kind, found) or kind != found:
                    raise _refused(_written(node), "two numbers or two texts compared")
            else:
                raise _refused(_written(node), "==, !=, <, <=, >, >= and in")
            operands.append(right)
        return ast.Compare(left, node.ops, operands), NUMBER

    def _container(self, node: ast.expr, kind: str) -> ast.expr:
        """Read what stands right of `in`: a text, or several of one kind."""
        if isinstance(node, ast.Tuple | ast.List):
            parts = [self._read(element) for element in node.elts]
            container: ast.expr = ast.Tuple([part for part, _ in parts], ast.Load())
            fits = all(found == kind for _, found in parts)
        else:
            container, found = self._read(node)
            fits = kind == found == TEXT
        if not fits:
            raise _refused(_written(node), "a text or several of one kind after in")
        return container


def _common(kinds: Iterable[str]) -> str:
    found = set(kinds)
    return found.pop() if len(found) == 1 else EITHER


def _as_float(operand: ast.expr) -> ast.expr:
    """Lead what may be true or false, which Python counts as 1 and 0, to a float."""
    if isinstance(operand, ast.Constant | ast.Name | ast.BinOp):
        return operand
    return ast.Call(ast.Name("float", ast.Load()), [operand], [])


def _written(node: ast.expr) -> str:
    return one_line(ast.unparse(node))


def _refused(found: str, allowed: str) -> OperandError:
    return OperandError(
        f"a condition may hold {allowed}, not {found}; write one such as {EXAMPLE}"
    )
