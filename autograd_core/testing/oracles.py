"""Who knows what an operation's value and derivatives truly are.

A row of the table has its reference. A row of somebody's own is asked for its value on
numbers of 50 digits, which works where it is plain arithmetic, and is differentiated
there; one with a `definition` is computed by that. Otherwise nothing is known of it but
its floats, and only differences can judge it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

import mpmath

from ..graph import topological_order
from ..op import OPS, Op
from ..recording import Evaluation
from ..value import Value
from .references import REFERENCES, mp

__all__ = ["Oracle", "oracle_of", "precisely"]

OWN_ULPS = 4.0


@dataclass(frozen=True)
class Oracle:
    """The true value and derivatives of an operation, on numbers of 50 digits.

    `partials` is a function of the operands that returns all derivatives. Errors are
    counted in ULP of the sizes. `is_own` marks a row that nobody has promised to be
    accurate: its float value is what it is, and its rounding nobody's fault.
    """

    value: Callable[..., Any]
    partial: Callable[[int], Callable[..., Any]]
    value_ulps: float = OWN_ULPS
    partial_ulps: float = OWN_ULPS
    value_size: Callable[..., Any] | None = None
    partial_size: Callable[..., Any] | None = None
    is_own: bool = False


def oracle_of(op: Op, operands: Sequence[float]) -> Oracle | None:
    """Return who judges `op` near these operands, None where nobody can."""
    if OPS.get(op.name) is op and op.name in REFERENCES:
        return _of_reference(op)
    if _is_precise(op.forward, operands):
        return _of_function(op.forward)
    if op.definition is not None:
        return _of_function(_definition(op.definition))
    return None


def _of_reference(op: Op) -> Oracle:
    reference = REFERENCES[op.name]
    partials = reference.partials

    def partial(i: int) -> Callable[..., Any]:
        if callable(partials):
            return lambda *xs: partials(*xs)[i]
        single: Callable[..., Any] = partials[i]
        return single

    return Oracle(
        reference.value,
        partial,
        reference.ulps,
        reference.partial_ulps,
        reference.size,
        reference.partial_size,
    )


def _of_function(function: Callable[..., Any]) -> Oracle:
    def partial(i: int) -> Callable[..., Any]:
        def slope(*xs: Any) -> Any:
            return mp.diff(lambda x: function(*xs[:i], x, *xs[i + 1 :]), xs[i])

        return slope

    return Oracle(function, partial, is_own=True)


def _definition(definition: Callable[..., Any]) -> Callable[..., Any]:
    """Return the value of a row in 50 digits, by the rows that it is defined with."""

    def value(*xs: Any) -> Any:
        with Evaluation():
            leaves = [Value(float(x)) for x in xs]
            root = definition(*leaves)
        return precisely(root, dict(zip(leaves, xs, strict=True)))

    return value


def _is_precise(function: Callable[..., Any], operands: Sequence[float]) -> bool:
    """Tell whether a function keeps the digits of numbers that have 50."""
    try:
        return isinstance(function(*map(_strict.mpf, operands)), _strict.mpf)
    except Exception:  # somebody's own function may raise anything
        return False


def _refuse(_: Any) -> NoReturn:
    raise TypeError("a number of 50 digits would become a float here")


# Numbers that no function can quietly turn into floats, as math.exp and rows would.
_strict = mpmath.MPContext()
_strict.dps = mp.dps
_strict.mpf.__float__ = _refuse


def precisely(root: Value, known: dict[Value, Any]) -> Any:
    """Evaluate a graph in 50 digits, from the numbers that are known of some nodes."""
    for node in topological_order(root, *known):
        if node in known:
            continue
        if node.op is None:
            known[node] = mp.mpf(node.data)
            continue
        oracle = oracle_of(node.op, node.operands)
        if oracle is None:
            raise ValueError(f"{node.op.name} has no value in 50 digits")
        known[node] = oracle.value(*[known[parent] for parent in node.parents])
    return known[root]
