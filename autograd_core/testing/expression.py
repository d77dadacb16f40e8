"""A function of numbers as a graph of rows, together with a point to try it at.

An `Expression` is what a property test draws and what its report prints: it can be
called on floats and on `Value`s, evaluated on any kind of number, compared, and written
as the code that makes it again. Whatever shared a sub-expression still shares it after
all of that, because the graph, and not its text, is what is kept.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property
from itertools import chain, count
from math import isfinite
from typing import Any

from .. import ops
from ..errors import OperandError, ShapeError
from ..graph import leaves, topological_order
from ..op import NaryOp, Op
from ..real import described, to_float
from ..recording import Evaluation
from ..sequences import gather_pairs
from ..value import Value

__all__ = ["Expression", "Step"]

Step = tuple[Op, tuple[int | float, ...]]
"""A row and its operands: an int is the place of an earlier result, a float a number.

The first places are those of the arguments.
"""


def apply_row(op: Op, operands: Sequence[Any]) -> Any:
    """Make the node of a row where an operand is a Value, else compute its float."""
    for x in operands:
        if isinstance(x, Value):
            return x.__apply_op__(op, operands)
    return op.forward(*operands)


class Expression:
    """A function of real numbers made of rows, and a point in its domain.

    `Expression(function, at=point)` records what `function` computes of nodes at the
    point. Numbers in it, and Values that it closes over, become constants. `point` has
    one float per argument, `arity` is their count, `ops` are the rows in the order of
    evaluation, and `len` is their number.

    Its `repr` is code that makes an equal expression, in which a sub-expression used
    twice has a name. A row of your own is written by its name, which must be in scope
    where that code runs.

    >>> from autograd_core import Value, tanh
    >>> def f(x, y):
    ...     product = x * y
    ...     return tanh(product + 1) * product
    >>> expression = Expression(f, at=(0.5, -2))
    >>> expression
    Expression(lambda x0, x1: tanh((a := x0 * x1) + 1.0) * a, at=(0.5, -2.0))
    >>> expression(0.5, 0), expression(Value(0.5), 0)
    (0.0, Value(data=0.0, grad=0.0))
    >>> [op.name for op in expression.ops]
    ['mul', 'add', 'tanh', 'mul']
    """

    point: tuple[float, ...]
    steps: tuple[Step, ...]
    result: int | float

    def __init__(self, function: Callable[..., Any], *, at: Iterable[Any]) -> None:
        """Run the function once, on nodes."""
        if not callable(function) or not isinstance(at, Iterable):
            raise OperandError(
                "Expression(function, at=point) takes a function and a number for "
                f"each of its arguments, not {described(function)} and {described(at)}"
            )
        with Evaluation():
            arguments = [Value(x) for x in at]
            self._read(function(*arguments), arguments)

    @classmethod
    def of(cls, root: Value, arguments: Sequence[Value] | None = None) -> "Expression":
        """Return the expression that computed a node.

        Its arguments are the leaves that need a gradient, in the order of their use,
        or those listed; every other leaf is a constant.

        >>> from autograd_core import exp
        >>> x = Value(0.5)
        >>> Expression.of(x * exp(-x))
        Expression(lambda x0: x0 * exp(-x0), at=(0.5,))
        """
        if arguments is None:
            arguments = [leaf for leaf in leaves(root) if leaf.requires_grad]
        expression = cls.__new__(cls)
        expression._read(root, arguments)
        return expression

    def _read(self, root: Any, arguments: Sequence[Value]) -> None:
        if not isinstance(root, Value):
            number = to_float(root, "the result of the function of an Expression")
            root = Value(number, requires_grad=False)
        steps: list[Step] = []
        places: dict[Value, int | float] = {x: i for i, x in enumerate(arguments)}
        for node in topological_order(root):
            if node in places:
                continue
            operands = tuple(places[parent] for parent in node.parents)
            if node.op is None or not any(isinstance(x, int) for x in operands):
                places[node] = node.data  # what is made of constants is one
            else:
                places[node] = len(arguments) + len(steps)
                steps.append((node.op, operands))
        self.point = tuple(x.data for x in arguments)
        self.steps, self.result = tuple(steps), places[root]

    @property
    def arity(self) -> int:
        """The number of arguments."""
        return len(self.point)

    @property
    def ops(self) -> tuple[Op, ...]:
        """The rows in the order of evaluation, repeats kept."""
        return tuple(op for op, _ in self.steps)

    def __len__(self) -> int:
        return len(self.steps)

    def __call__(self, *numbers: Any) -> Any:
        """Evaluate: a float for numbers, a node where any argument is a `Value`."""
        return self.evaluate(
            [
                x if isinstance(x, Value) else to_float(x, f"argument {i}")
                for i, x in enumerate(numbers, start=1)
            ]
        )

    def evaluate(
        self,
        numbers: Sequence[Any],
        apply: Callable[[Op, Sequence[Any]], Any] = apply_row,
    ) -> Any:
        """Evaluate on any kind of number, each step once, as `apply(op, operands)`.

        The operands of a row on sequences come flattened: those of `dot` are the xs,
        the ys and the bias. Constants are floats.

        >>> from fractions import Fraction
        >>> cube = Expression(lambda x: x * x * x, at=(0.5,))
        >>> cube.evaluate([Fraction(1, 3)], lambda op, operands: op.forward(*operands))
        Fraction(1, 27)
        """
        if len(numbers) != self.arity:
            plural = "" if self.arity == 1 else "s"
            raise ShapeError(
                f"{self!r} takes {self.arity} number{plural}; got {len(numbers)}"
            )
        results = list(numbers)
        for op, places in self.steps:
            operands = [results[x] if isinstance(x, int) else x for x in places]
            results.append(apply(op, operands))
        return results[self.result] if isinstance(self.result, int) else self.result

    @cached_property
    def _code(self) -> str:
        names = ", ".join(f"x{i}" for i in range(self.arity))
        point = "".join(f"{_number(x)}, " for x in self.point)
        point = point.rstrip() if self.arity == 1 else point.removesuffix(", ")
        head = f"lambda {names}" if names else "lambda"
        return f"Expression({head}: {_Writer(self).body()}, at=({point}))"

    def __repr__(self) -> str:
        return self._code

    def __eq__(self, other: object) -> bool:
        return repr(self) == repr(other) if isinstance(other, Expression) else False

    def __hash__(self) -> int:
        return hash(repr(self))


# How strongly an expression holds together. A ** b is weaker than -a here, against
# Python's precedence, so that it gets parentheses wherever a reader might doubt.
_SUM, _PRODUCT, _POWER, _SIGN, _ATOM = range(5)
_INFIX = {  # the strength of the whole, and what its operands need
    ops.add: (_SUM, _SUM, _PRODUCT),
    ops.sub: (_SUM, _SUM, _PRODUCT),
    ops.mul: (_PRODUCT, _PRODUCT, _POWER),
    ops.div: (_PRODUCT, _PRODUCT, _POWER),
    ops.power: (_POWER, _ATOM, _SIGN),
}
_DEEPEST = 25  # levels of nesting, well below what Python's parser takes


def _number(x: float) -> str:
    return repr(x) if isfinite(x) else f"float('{x}')"


class _Writer:
    """The text of an expression's graph.

    A shared step is named where it is first met. Where steps nest too deeply, named
    steps come one after another instead: `(a := sin(x0), b := cos(a), a * b)[-1]`.
    """

    def __init__(self, expression: Expression) -> None:
        self.arity, self.steps = expression.arity, expression.steps
        self.result = expression.result
        deep = list(self._deep_places())
        self.names = self._named({*self._shared_places(), *deep})
        self.in_sequence = bool(deep)
        self.written: set[int] = set()

    def _shared_places(self) -> Iterator[int]:
        seen: set[int] = set()
        for x in chain.from_iterable(operands for _, operands in self.steps):
            if isinstance(x, int) and x >= self.arity:  # 1 is a place, 1.0 a number
                if x in seen:
                    yield x
                seen.add(x)

    def _deep_places(self) -> Iterator[int]:
        depths = [0] * self.arity
        for place, (_, operands) in enumerate(self.steps, start=self.arity):
            depth = 1 + max(depths[x] for x in operands if isinstance(x, int))
            if depth > _DEEPEST:
                yield place
            depths.append(depth if depth <= _DEEPEST else 0)

    def _named(self, places: set[int]) -> dict[int, str]:
        taken = {op.name for op, _ in self.steps}
        letters = "abcdefghijklmnopqrstuvwyz"  # x0, x1, ... are the arguments
        endings = chain([""], map(str, count(1)))
        names = (letter + ending for ending in endings for letter in letters)
        free = (name for name in names if name not in taken)
        return dict(zip(sorted(places), free, strict=False))

    def body(self) -> str:
        """Return what stands after the colon of the lambda."""
        statements = []
        for place, name in self.names.items() if self.in_sequence else ():
            statements.append(f"{name} := {self._formula(place)[0]}")
            self.written.add(place)
        result = self._text(self.result, _SUM)
        return f"({', '.join([*statements, result])})[-1]" if statements else result

    def _text(self, x: int | float, needed: int = _SUM) -> str:
        text, strength = self._operand(x)
        return text if strength >= needed else f"({text})"

    def _operand(self, x: int | float) -> tuple[str, int]:
        if isinstance(x, float):
            text = _number(x)
            return text, _SIGN if text.startswith("-") else _ATOM
        if x < self.arity:
            return f"x{x}", _ATOM
        if x in self.written:
            return self.names[x], _ATOM
        if x not in self.names:
            return self._formula(x)
        name, formula = self.names[x], self._formula(x)[0]
        self.written.add(x)
        return f"({name} := {formula})", _ATOM

    def _formula(self, place: int) -> tuple[str, int]:
        op, operands = self.steps[place - self.arity]
        if op in _INFIX:
            strength, left, right = _INFIX[op]
            a, b = operands
            text = f"{self._text(a, left)} {op.symbol} {self._text(b, right)}"
            return text, strength
        if op is ops.neg:
            return f"-{self._text(operands[0], _ATOM)}", _SIGN
        texts = [self._text(x) for x in operands]
        return f"{op.name}({_call(op, texts)})", _ATOM


def _call(op: Op, texts: Sequence[str]) -> str:
    """Write the operands as a call of the row takes them."""
    if not isinstance(op, NaryOp):
        return ", ".join(texts)
    if op.gather is not gather_pairs:
        return f"[{', '.join(texts)}]"
    n = len(texts) // 2
    xs, ys = ", ".join(texts[:n]), ", ".join(texts[n:-1])
    return f"[{xs}], [{ys}], {texts[-1]}"
