"""Rows on sequences: one node where elementary code makes dozens.

A weighted sum of 64 inputs is 128 nodes when it is written with `*` and `+`, and one
node as a `dot`. Each row here carries its elementary `definition`, so that diagrams can
expand it and tests can hold the two against each other. `softmax`, whose result is a
list, is a function made of rows.
"""

from math import inf, isfinite
from typing import Any

from . import kernels
from .errors import ShapeError
from .op import NaryOp, register
from .ops import div, exp, exp_difference, log, maximum, number, where


def gather_pairs(xs: Any, ys: Any, bias: Any = 0.0) -> tuple[Any, ...]:
    """Lay the operands of `dot` in a row, after counting them."""
    xs, ys = tuple(xs), tuple(ys)
    if len(xs) != len(ys):
        raise ShapeError(
            f"dot(xs, ys) takes two sequences of one length; got {len(xs)} and "
            f"{len(ys)} numbers"
        )
    return (*xs, *ys, bias)


def gather_some(xs: Any) -> tuple[Any, ...]:
    """Refuse an empty sequence, which has no mean."""
    operands = tuple(xs)
    if not operands:
        raise ShapeError("mean(xs) takes at least one number; got an empty sequence")
    return operands


def dot_partials(y: Any, *operands: Any) -> tuple[Any, ...]:
    """Each factor's derivative is its partner; the bias has 1."""
    n = len(operands) // 2
    return (*operands[n:-1], *operands[:n], 1.0)


def dot_definition(*operands: Any) -> Any:
    """x₁·y₁ + … + xₙ·yₙ + bias, one product and one sum at a time."""
    n = len(operands) // 2
    y = operands[-1]
    for a, b in zip(operands[:n], operands[n:-1], strict=True):
        y = y + a * b
    return y


def prod_partials(y: Any, *xs: Any) -> list[Any]:
    """Multiply the others: dividing y by a factor would fail at 0."""
    return [prod(xs[:i] + xs[i + 1 :]) for i in range(len(xs))]


def add_all(*xs: Any) -> Any:
    """x₁ + x₂ + …, one sum at a time."""
    y = 0.0
    for x in xs:
        y = y + x
    return y


def multiply_all(*xs: Any) -> Any:
    """x₁·x₂·…, one product at a time."""
    y = 1.0
    for x in xs:
        y = y * x
    return y


def softmax(xs: Any) -> list[Any]:
    """Return e^xᵢ/Σ e^xⱼ for each xᵢ, a list of floats or of nodes.

    Shifting by the largest operand, taken as a plain number, changes no value and
    no derivative, and lets nothing overflow.

    >>> softmax([0.0, 0.0])
    [0.5, 0.5]
    """
    xs = tuple(xs)
    shift = _largest([number(x) for x in xs])
    shares = [exp_difference(x, shift) for x in xs]
    whole = total(shares)
    return [div(share, whole) for share in shares]


def _largest(numbers: list[Any]) -> Any:
    """Return the largest number, or 0 where it is infinite or there is none.

    Numbers that are traced are compared as data, in pairs: a decision which is the
    largest would hold for one call only.
    """
    if all(x.__class__ is float for x in numbers):
        largest = max(numbers, default=0.0)
        return largest if isfinite(largest) else 0.0
    while len(numbers) > 1:
        pairs = zip(numbers[::2], numbers[1::2], strict=False)
        rest = numbers[len(numbers) // 2 * 2 :]
        numbers = [*(maximum(a, b) for a, b in pairs), *rest]
    return where(abs(numbers[0]) < inf, numbers[0], 0.0)


# fmt: off
dot = NaryOp("dot", kernels.dot, dot_partials, gather=gather_pairs,
    definition=dot_definition, doc="the sum of xᵢ·yᵢ, plus a bias")
total = NaryOp("total", kernels.total, lambda y, *xs: [1.0] * len(xs), symbol="sum",
    definition=add_all, doc="the sum, rounded once")
mean = NaryOp("mean", kernels.mean, lambda y, *xs: [1.0 / len(xs)] * len(xs),
    gather=gather_some, definition=lambda *xs: add_all(*xs) / len(xs),
    doc="the arithmetic mean")
prod = NaryOp("prod", kernels.prod, prod_partials,
    definition=multiply_all, doc="the product, rounded once")
logsumexp = NaryOp("logsumexp", kernels.logsumexp, lambda y, *xs: softmax(xs),
    definition=lambda *xs: log(add_all(*map(exp, xs))), doc="log Σ e^xᵢ")
# fmt: on

register(vars())
