"""A row, held to every law that applies to it: `assert_laws(op)`.

Nothing but the row is asked for. It is asked at ordinary operands and at hostile ones,
drawn from its domain, the same every time. What the laws say is in `equations`, whose
names are here too; the facts about rows that some of them need are the tables below.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from math import inf, isfinite, pi
from typing import Any

from ..domain import REALS, Interval
from ..op import OPS, Op
from ..ops import expm1, log, log1p, power
from ..sequences import total
from ..value import Value
from .check import check_derivative
from .equations import (
    assert_adjoint,
    assert_backward_twice,
    assert_chain_rule,
    assert_homogeneous,
    assert_inverse,
    assert_linear,
    assert_product_rule,
    assert_raises_alike,
    assert_sharing_is_free,
)
from .hostile import is_kink
from .report import DerivativeError
from .samples import Operands, has_reference, hostile_points, ordinary_points, value_at
from .tolerance import EPSILON, assert_near, forward, recorded, reverse

__all__ = [
    "assert_adjoint",
    "assert_backward_twice",
    "assert_chain_rule",
    "assert_homogeneous",
    "assert_inverse",
    "assert_laws",
    "assert_linear",
    "assert_permutable",
    "assert_product_rule",
    "assert_raises_alike",
    "assert_sharing_is_free",
]

Function = Callable[..., Any]

ULPS = 4  # by which a value or a local derivative may be off
STEPS = (1e-3, 2.7e-4, 7.1e-5)  # in no simple ratio: roundings do not repeat
NEAR = 0.01  # of an operand: how far around a point a row must be symmetric
TINY = 1e-290

PAIRS = (
    *(("exp", "log"), ("expm1", "log1p"), ("exp2", "log2"), ("sinh", "asinh")),
    *(("cosh", "acosh"), ("tanh", "atanh"), ("sin", "asin"), ("cos", "acos")),
    *(("tan", "atan"), ("neg", "neg"), ("identity", "identity")),
)
INVERSES: dict[str, Function] = {
    **{name: OPS[inverse] for name, inverse in PAIRS},
    **{inverse: OPS[name] for name, inverse in PAIRS},
    "sqrt": lambda y: y * y,
    "cbrt": lambda y: y * y * y,
    "log10": lambda y: power(10.0, y),
    "sigmoid": lambda y: log(y) - log1p(-y),
    "softplus": lambda y: y + log(-expm1(-y)),
}
BRANCHES = {  # where the inverse returns to
    "sin": Interval(-pi / 2, pi / 2),
    "cos": Interval(0.0, pi),
    "tan": Interval(-pi / 2, pi / 2),
    "cosh": Interval(0.0),
}
DEGREES = {
    **dict.fromkeys(("sign", "heaviside", "div", "atan2"), 0.0),
    **dict.fromkeys(("add", "sub", "neg", "identity", "abs", "relu", "hypot"), 1.0),
    **dict.fromkeys(("maximum", "minimum", "clip", "where", "total", "mean"), 1.0),
    **{"sqrt": 1 / 2, "cbrt": 1 / 3, "mul": 2.0},
}


def assert_laws(op: Op, *, examples: Iterable[Sequence[float]] = ()) -> None:
    """Assert that a row obeys every law that applies to it.

    The operands are drawn from its domain, unless there are `examples` of them. One's
    own row is held to the laws like any other; that its partials are the derivatives of
    its value is judged by `check_derivative`.

    >>> from autograd_core import Op, tanh
    >>> from autograd_core.testing.laws import assert_laws
    >>> assert_laws(tanh)
    >>> assert_laws(Op("cube", lambda x: x * x * x, (lambda y, x: 2 * x * x,)))
    Traceback (most recent call last):
    ...
    autograd_core.testing.report.DerivativeError: fail: the local derivative by \
operand 0 of cube is wrong...
    """
    f = _on_operands(op)
    ordinary = [tuple(map(float, operands)) for operands in examples]
    for operands in ordinary or ordinary_points(op):
        _assert_at(op, f, operands)
        if not is_kink(op, operands):
            _assert_slopes(op, f, operands)
            assert_permutable(op, operands)
    for operands in () if ordinary else hostile_points(op):
        _assert_at(op, f, operands)


def _assert_slopes(op: Op, f: Function, x: Operands) -> None:
    """Hold the partials of a row against its values.

    Of one's own row, whose values may be rounded more than to a few ULP, a partial is
    called wrong only where differences over larger steps say so too.
    """
    report = check_derivative(f, *x, raise_on_failure=False)
    known = has_reference(op)
    if not report and (known or any(_differs(op, x, i) for i in range(len(x)))):
        raise DerivativeError(str(report))


def _differs(op: Op, x: Operands, i: int) -> bool:
    """Tell whether a partial is far from differences that are near each other."""
    y, size = value_at(op, x), abs(x[i]) or 1.0
    local = op.local_derivatives([j == i for j in range(len(x))], y, x)[i]
    slopes = [_difference(op, x, i, step * size) for step in STEPS]
    noise = ULPS * EPSILON * abs(y) / (STEPS[-1] * size)
    if local is None or not all(map(isfinite, slopes)):
        return False
    return not abs(local - slopes[-1]) <= 100 * (max(slopes) - min(slopes) + noise)


def _difference(op: Op, x: Operands, i: int, step: float) -> float:
    low, high = ((*x[:i], x[i] + h, *x[i + 1 :]) for h in (-step, step))
    return (value_at(op, high) - value_at(op, low)) / (high[i] - low[i])


def _assert_at(op: Op, f: Function, x: Operands) -> None:
    """Hold a row to the laws of all functions, and to what is known of it."""
    assert_raises_alike(f, op.forward, *x)
    if not isfinite(value_at(op, x)):
        return
    assert_backward_twice(f, x)
    assert_adjoint(f, x, v=(1.0,) * len(x), w=3.0)
    assert_sharing_is_free(f, x)
    assert_linear(f, _sum, x)
    assert_product_rule(f, _sum, x)
    assert_chain_rule(_square, f, x)
    assert_chain_rule(f, _themselves, x)
    if OPS.get(op.name) is not op:
        return
    if op.name in INVERSES and x[0] in BRANCHES.get(op.name, REALS):
        assert_inverse(op, INVERSES[op.name], x[0])
    degree = float(len(x)) if op.name == "prod" else DEGREES.get(op.name)
    if degree is not None:
        assert_homogeneous(f, x, degree)


def _on_operands(op: Op) -> Function:
    """Return a row as a function of its operands, one by one also on sequences."""

    def node(*operands: Any) -> Any:
        return Value.__apply_op__(op, operands)

    node.__name__ = op.name
    return node


def _sum(*xs: Any) -> Any:
    return total(xs)


def _square(y: Any) -> Any:
    return y * y


def _themselves(*xs: Any) -> tuple[Any, ...]:
    return tuple(x * 1.0 for x in xs)


def assert_permutable(op: Op, operands: Sequence[float]) -> None:
    """Assert that operands that may change places take their derivatives with them.

    Where a row gives the same value for all operands near these in another order, a
    derivative stays with its operand. Tried are exchanges of neighbours, of opposites
    in the two halves, and of neighbours in both halves at once, the pairs of `dot`.

    >>> from autograd_core import hypot
    >>> from autograd_core.testing.laws import assert_permutable
    >>> assert_permutable(hypot, (3.0, 4.0))
    """
    f = _on_operands(op)
    leaves, y = recorded(f, tuple(operands))
    found = reverse(y, leaves)
    for order in _orders(len(leaves)):
        errors = _exchange_errors(op, operands, order)
        if errors is None:
            continue
        exchanged = forward(f(*(leaves[i] for i in order)), leaves)
        law = f"the exchange {order} of operands of {op.name} at {tuple(operands)!r}"
        for left, right, error in zip(found, exchanged, errors, strict=True):
            size = abs(left) + abs(right)
            error += 2 * ULPS * EPSILON * size
            assert_near(law, left, right, error=error, size=size)


def _orders(count: int) -> Iterator[list[int]]:
    half = count // 2
    neighbours = [[(i, i + 1)] for i in range(count - 1)]
    opposites = [[(i, i + half)] for i in range(half) if half > 1]
    pairs = [[(i, i + 1), (i + half, i + half + 1)] for i in range(half - 1)]
    for exchanges in neighbours + opposites + pairs:
        order = list(range(count))
        for i, j in exchanges:
            order[i], order[j] = j, i
        yield order


def _exchange_errors(
    op: Op, operands: Sequence[float], order: Sequence[int]
) -> list[float] | None:
    """Return by how much derivatives may change where operands change places.

    None is for a row whose value changes, at the operands or around them. If values
    agree to some ULP at either end of a step, slopes agree to that over the step: so a
    row is told apart that is symmetric by coincidence, as a^b is at 2 and 4.
    """
    sizes = [abs(x) or max(map(abs, operands)) or 1.0 for x in operands]
    steps = [max(NEAR * size, TINY) for size in sizes]
    largest = TINY
    for i, step in [(0, 0.0), *enumerate(steps), *enumerate(-s for s in steps)]:
        point = [*operands[:i], operands[i] + step, *operands[i + 1 :]]
        y, other = value_at(op, point), value_at(op, [point[j] for j in order])
        largest = max(largest, abs(y))
        if not abs(y - other) <= ULPS * EPSILON * abs(y) < inf:
            return None
    return [2 * ULPS * EPSILON * largest / step for step in steps]
