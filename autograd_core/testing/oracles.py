"""Who knows what an operation's value and derivatives truly are.

A row of the table has its reference. A row of somebody's own is asked for its value on
numbers of 50 digits, which works where it is plain arithmetic, and is differentiated
there; one with a `definition` is computed by that. Otherwise nothing is known of it but
its floats, and only differences can judge it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any, NoReturn

import mpmath

from ..graph import topological_order
from ..op import OPS, Op
from ..recording import Evaluation
from ..value import Value
from .references import REFERENCES, mp

__all__ = ["Oracle", "oracle_of", "precise_gradient", "precisely", "rate", "rates"]

OWN_ULPS = 4.0
MEMORY = 64
STEP = 80  # the step of a difference is 10 to minus this, of a small operand
TAIL = 350  # further digits, for what is flat to the last of a float


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


@cache
def _of_reference(op: Op) -> Oracle:
    reference = REFERENCES[op.name]
    partials = reference.partials
    if callable(partials):
        partials = lru_cache(MEMORY)(partials)  # asked for each operand in turn

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
            return rate(lambda x: function(*xs[:i], x, *xs[i + 1 :]), xs[i])

        return slope

    return Oracle(function, partial, is_own=True)


def rate(function: Callable[[Any], Any], x: Any) -> Any:
    """Return the derivative of a function at x, right to 50 digits.

    >>> abs(rate(lambda x: (1 + x) ** 2, mp.mpf("1e-300")) - 2) < mp.mpf("1e-50")
    True
    """
    ((number, _),) = rates(lambda x: [function(x)], x, 2 * STEP + TAIL)
    return number


def rates(
    functions: Callable[[Any], Sequence[Any]], x: Any, digits: int = 2 * STEP
) -> list[tuple[Any, Any]]:
    """Return the derivatives of several functions at x, and their rounding errors.

    The step is small against the scales that functions have among floats, and there
    are more digits than the step and a small or large operand take away.
    """
    exponent = int(mp.log10(abs(x))) if x else -TAIL
    with mp.workdps(digits + abs(exponent) + max(0, -exponent)):
        step = mp.mpf(10) ** (min(0, exponent) - STEP)
        pairs = zip(functions(x - step), functions(x + step), strict=True)
        return [
            ((b - a) / (2 * step), (abs(a) + abs(b)) * mp.eps / step) for a, b in pairs
        ]


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


def precise_gradient(
    root: Value, leaves: Sequence[Value], known: dict[Value, Any]
) -> list[Any]:
    """Return the derivatives of a graph by its leaves, where these are what is known.

    >>> x = Value(0.5)
    >>> precise_gradient(x * x * x, [x], {x: mp.mpf(2)})
    [mpf('12.0')]
    """
    precisely(root, known)
    sent = dict.fromkeys(leaves, mp.zero) | {root: mp.one}
    for node in reversed(topological_order(root)):
        upstream = sent.get(node)
        if node.op is None or not upstream:
            continue
        oracle = oracle_of(node.op, node.operands)
        assert oracle is not None  # or the node had no value
        operands = [known[parent] for parent in node.parents]
        for i, parent in enumerate(node.parents):
            local = oracle.partial(i)(*operands) if parent.requires_grad else None
            if local is not None:
                sent[parent] = sent.get(parent, mp.zero) + upstream * local
    return [sent[leaf] for leaf in leaves]
