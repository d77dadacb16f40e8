"""One op, one row: the record of everything the project knows about an operation.

An `Op` is the value and the local derivatives of a function of real numbers, where it
is defined and smooth, and how it is written. A row is callable, so the public function
`tanh` *is* its row. A partial is a function of `(y, *operands)`, the output and the
inputs, that returns ∂y/∂operand; it neither multiplies by an incoming gradient nor adds
to anything, and it is written in arithmetic and rows, so that the same expression gives
a number from floats and a graph from `Value`s.
"""

from collections.abc import Callable, Sequence
from typing import Any

from .domain import REALS, Interval
from .errors import GraphError, OperandError, ShapeError, UnknownNameError, quoted
from .real import to_float

__all__ = ["OPS", "NaryOp", "Op", "find", "register"]


class Op:
    """An operation with a fixed number of operands.

    `partials` holds one function of `(y, *operands)` per operand. `domain` holds an
    `Interval` per operand. Each of `kinks` is a function of the operands that is zero
    where the operation is not smooth. `defaults` are the last operands' values where
    a call leaves them out. `simplify` is a function of operands, some of them numbers,
    that returns something equal that takes less to compute, or None. `symbol` is what
    diagrams show, and the infix operator of generated code where it is punctuation.

    >>> square = Op("square", lambda x: x * x, (lambda y, x: 2 * x,))
    >>> square(3)
    9.0
    >>> from autograd_core import Value
    >>> y = square(Value(3))
    >>> y.backward()
    >>> y.parents[0].grad
    6.0
    """

    name: str
    forward: Callable[..., float]
    partials: Any
    domain: tuple[Interval, ...]
    kinks: tuple[Callable[..., float], ...]
    symbol: str
    defaults: tuple[float, ...]
    simplify: Callable[..., Any] | None
    doc: str
    definition: Callable[..., Any] | None
    arity: int | None

    def __init__(
        self,
        name: str,
        forward: Callable[..., float],
        partials: Any,
        *,
        domain: tuple[Interval, ...] = (),
        kinks: tuple[Callable[..., float], ...] = (),
        symbol: str = "",
        defaults: tuple[float, ...] = (),
        simplify: Callable[..., Any] | None = None,
        doc: str = "",
        definition: Callable[..., Any] | None = None,
    ) -> None:
        """Check the row and fill in what follows from it."""
        if not isinstance(name, str) or not callable(forward):
            raise OperandError(
                f"Op(name, forward, partials) takes a str and a function of floats, "
                f"not {name!r} and {forward!r}"
            )
        facts = vars(self)  # written here once; the row is frozen afterwards
        facts |= {"name": name, "forward": forward, "partials": partials}
        facts |= {"kinks": kinks, "defaults": defaults, "definition": definition}
        facts |= {"symbol": symbol or name, "doc": doc or name, "simplify": simplify}
        facts["arity"] = self._checked_arity()
        facts["domain"] = domain or (REALS,) * (self.arity or 1)
        facts["__doc__"] = f"{self.signature}: {self.doc}."

    def __setattr__(self, name: str, fact: Any) -> None:
        raise AttributeError(
            f"{self!r} cannot be changed: nodes, diagrams and tests rely on its "
            f"{name}; make another Op"
        )

    def _checked_arity(self) -> int | None:
        partials = self.partials
        if isinstance(partials, tuple) and partials and all(map(callable, partials)):
            return len(partials)
        raise OperandError(
            f"Op({self.name!r}) takes a tuple of partials, one function of "
            f"(y, *operands) for each operand, not {partials!r}"
        )

    @property
    def operand_names(self) -> tuple[str, ...]:
        """The operands' names, as its partials spell them."""
        names = _parameters(self.partials[0])[1:]
        known = len(names) == len(self.partials)
        return names if known else tuple(f"x{i}" for i in range(len(self.partials)))

    @property
    def takes_one_operand(self) -> bool:
        """Whether `op(x)` is a call, as activations are called."""
        return self.arity is not None and self.arity - len(self.defaults) == 1

    @property
    def signature(self) -> str:
        """How a call is written: `atan2(a, b)`."""
        return f"{self.name}({', '.join(self.operand_names)})"

    def __repr__(self) -> str:
        return f"<op {self.signature}>"

    def __reduce__(self) -> tuple[Callable[[str], "Op"], tuple[str]]:
        """Pickle by name, since functions cannot be pickled by value."""
        if OPS.get(self.name) is not self:
            raise GraphError(
                f"cannot pickle {self!r}: it is not in the op table; register it with "
                f"OPS[{self.name!r}] = ... here and where it is loaded"
            )
        return find, (self.name,)

    def __copy__(self) -> "Op":
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> "Op":
        return self

    def __call__(self, *operands: Any, **named: Any) -> Any:
        """Evaluate: a float for numbers, a node where any operand is a `Value`."""
        if named or len(operands) != self.arity:
            operands = self._complete(operands, named)
        for operand in operands:
            if operand.__class__ is not float:
                return self._evaluate(operands)
        return self.forward(*operands)

    def _complete(
        self, operands: tuple[Any, ...], named: dict[str, Any]
    ) -> tuple[Any, ...]:
        """Add the operands that are named, and the defaults of those left out."""
        count, optional = len(self.partials), len(self.defaults)
        open_names = self.operand_names[len(operands) :]
        if not named.keys() <= set(open_names):
            unknown = quoted(named.keys() - set(open_names))
            raise ShapeError(f"{self.signature} has no operand {unknown} left to name")
        defaults = zip(
            self.operand_names[count - optional :], self.defaults, strict=True
        )
        filled = dict(defaults) | named
        given = (*operands, *(filled[name] for name in open_names if name in filled))
        if len(given) != count:
            least = f"{count - optional} to " if optional else ""
            plural = "s" if count > 1 else ""
            raise ShapeError(
                f"{self.signature} takes {least}{count} operand{plural}; got "
                f"{len(operands) + len(named)}"
            )
        return given

    def _evaluate(self, operands: tuple[Any, ...]) -> Any:
        """Let the first operand that knows how build the result, else compute it."""
        for operand in operands:
            apply = getattr(operand.__class__, "__apply_op__", None)
            if apply is not None:
                return apply(self, operands)
        return self.forward(*self._floats(operands))

    def _floats(self, operands: tuple[Any, ...]) -> list[float]:
        return [
            x
            if x.__class__ is float
            else float(x)
            if x.__class__ is bool  # a condition: partials that choose make many
            else to_float(x, f"operand {i} of {self.name}")
            for i, x in enumerate(operands, start=1)
        ]

    def local_derivatives(
        self, needed: Sequence[bool], y: float, operands: Sequence[float]
    ) -> tuple[float | None, ...]:
        """Return ∂y/∂operand for each operand, None where it is not needed.

        >>> from autograd_core import OPS
        >>> OPS["power"].local_derivatives((True, False), 9.0, (-3.0, 2.0))
        (-6.0, None)
        """
        return tuple(
            [
                partial(y, *operands) if wanted else None
                for partial, wanted in zip(self.partials, needed, strict=True)
            ]
        )


def _sequence(xs: Any) -> tuple[Any, ...]:
    return tuple(xs)


class NaryOp(Op):
    """An operation on sequences of any length that makes one node.

    `partials` is one function of `(y, *operands)` that returns all derivatives.
    `definition` computes the same from the operands with elementary operations.
    `gather` turns the arguments of a call into the operands.

    >>> from autograd_core import total
    >>> total([1, 2, 3])
    6.0
    """

    gather: Callable[..., tuple[Any, ...]]

    def __init__(
        self,
        *row: Any,
        gather: Callable[..., tuple[Any, ...]] = _sequence,
        **facts: Any,
    ) -> None:
        """Take the fields of an `Op`, and how a call's arguments are gathered."""
        vars(self)["gather"] = gather
        super().__init__(*row, **facts)

    def _checked_arity(self) -> int | None:
        if not callable(self.partials):
            raise OperandError(
                f"NaryOp({self.name!r}) takes one function of (y, *operands) as its "
                f"partials, not {self.partials!r}"
            )
        return None

    @property
    def operand_names(self) -> tuple[str, ...]:
        """The parameters of a call."""
        return _parameters(self.gather)

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        """Evaluate on sequences of numbers and `Value`s."""
        try:
            operands = self.gather(*arguments, **named)
        except TypeError as error:
            raise OperandError(
                f"{self.signature} takes sequences of numbers and Values: {error}"
            ) from None
        return self._evaluate(operands)

    def local_derivatives(
        self, needed: Sequence[bool], y: float, operands: Sequence[float]
    ) -> tuple[float | None, ...]:
        """Return ∂y/∂operand for each operand, None where it is not needed."""
        locals_ = self.partials(y, *operands)
        return tuple(
            [
                local if wanted else None
                for local, wanted in zip(locals_, needed, strict=True)
            ]
        )


def _parameters(function: Callable[..., Any]) -> tuple[str, ...]:
    code = getattr(function, "__code__", None)
    return code.co_varnames[: code.co_argcount] if code else ()


OPS: dict[str, Op] = {}


def register(module: dict[str, Any]) -> None:
    """Enter the rows among a module's names into the table."""
    OPS.update({row.name: row for row in module.values() if isinstance(row, Op)})


def find(name: str) -> Op:
    """Return the row called `name`.

    >>> find("tanh")(0.0)
    0.0
    """
    try:
        return OPS[name]
    except KeyError:
        raise UnknownNameError("op", name, OPS) from None
