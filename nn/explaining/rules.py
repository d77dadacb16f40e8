"""The backward rules of relevance: how a node hands on what it has received.

In the backward pass a node hands each operand its gradient times a local derivative.
Here it hands them its relevance in parts, by the rule of its op in `RULES`, the table
to read first. A rule takes a `Step`, what is known at a node, and returns one number
for each operand. Where only one operand depends on the inputs and no rule says
otherwise, as at an activation, conservation leaves no choice: it takes all.
"""

from collections.abc import Callable, Sequence
from operator import mul
from typing import NamedTuple

from autograd_core import Op, Value, total
from autograd_core.errors import GraphError, ShapeError

from .sharing import Sharing, zero

__all__ = ["RULES", "Rule", "Step", "hand_on"]

Floats = list[float]
Bounds = tuple[float, float]


class Step(NamedTuple):
    """A node, the relevance it received, and how sums share it.

    `carries` tells for each operand whether it depends on the inputs; `bounds` has the
    least and largest value of those that are bounded inputs, else None. With
    `spread_bias` the bias of a sum is divided evenly among its terms beforehand.
    """

    node: Value
    relevance: float
    carries: Sequence[bool]
    bounds: Sequence[Bounds | None]
    share: Sharing
    spread_bias: bool


Rule = Callable[[Step], Sequence[float]]


def hand_on(step: Step, rules: dict[str, Rule]) -> Sequence[float]:
    """Return the relevance of each operand by the rule of the node's op."""
    name = _op(step).name
    rule = rules.get(name)
    if rule is None and sum(step.carries) > 1:
        raise GraphError(
            f"relevance has no rule for {name!r}, of which {sum(step.carries)} "
            f"operands depend on the inputs: {step.node!r}, {_place(step.node)}; pass "
            f"rules={{{name!r}: rule}}, or name all but one of them in constants"
        )
    handed = (rule or evenly)(step)
    if len(handed) != len(step.carries):
        raise ShapeError(
            f"the rule of {name!r} takes a Step and returns {len(step.carries)} "
            f"numbers, one for each operand; it returned {len(handed)}"
        )
    return handed


def _place(node: Value) -> str:
    place = node.source
    return f"made at {place.place}" if place else "whose line record_source() tells"


def _op(step: Step) -> Op:
    assert step.node.op is not None  # a leaf hands nothing on
    return step.node.op


def in_proportion(step: Step) -> Floats:
    """Share among the terms of a sum by what each contributes, x·w with w = ∂y/∂x.

    Where inputs have bounds, what counts is how far each is from the end at which it
    would contribute least, x·w - low·w⁺ - high·w⁻, and the bias is left out (z^B,
    Montavon et al. 2017).
    """
    weights, operands = _weights(step), step.node.operands
    places = [i for i, carries in enumerate(step.carries) if carries]
    terms = [(operands[i] - _end(step.bounds[i], weights[i])) * weights[i]
             for i in places]  # fmt: skip
    if any(step.bounds[i] is not None for i in places):
        fractions = zero(terms)
    else:
        fractions = _fractions(step, terms, _bias(step, weights))
    found = dict(zip(places, fractions, strict=True))
    return [found.get(i, 0.0) * step.relevance for i in range(len(operands))]


def _fractions(step: Step, terms: Floats, bias: float) -> Floats:
    """Return the fractions of the terms; that of the bias stays with it."""
    if step.spread_bias:
        terms, bias = [z + bias / len(terms) for z in terms], 0.0
    fractions = step.share([*terms, bias])
    if len(fractions) != len(terms) + 1:
        raise ShapeError(
            f"a rule for sums takes {len(terms) + 1} terms, the bias the last of them, "
            f"and returns a fraction for each; it returned {len(fractions)}"
        )
    return fractions[:-1]


def _end(bounds: Bounds | None, w: float) -> float:
    low, high = bounds or (0.0, 0.0)
    return low if w > 0.0 else high


def _bias(step: Step, weights: Sequence[float]) -> float:
    """Return what does not depend on the inputs in a sum."""
    each = zip(step.node.operands, weights, step.carries, strict=True)
    return float(total([x * w for x, w, carries in each if not carries]))


def _weights(step: Step) -> Floats:
    """Return the weight of each operand in a sum.

    A product in a `dot` goes to the factor that depends on the inputs; where both do,
    or none, it is half each's.
    """
    weights = _slopes(step)
    if _op(step).name != "dot":
        return weights
    *factors, _ = step.carries
    n = len(factors) // 2
    pairs = zip(factors, [*factors[n:], *factors[:n]], strict=True)
    parts = [0.5 if own == other else float(own) for own, other in pairs]
    return [*map(mul, parts, weights), weights[-1]]


def _slopes(step: Step) -> Floats:
    """Return all local derivatives, also by operands that need no gradient."""
    op, operands = _op(step), step.node.operands
    needed = [True] * len(operands)
    slopes = op.local_derivatives(needed, op.forward(*operands), operands)
    return [0.0 if slope is None else slope for slope in slopes]


def evenly(step: Step) -> Floats:
    """Give the factors of a product the same share: without any it would be nothing.

    What multiplies by a constant, an activation or a sign takes all.
    """
    share = step.relevance / sum(step.carries)
    return [share if carries else 0.0 for carries in step.carries]


def to_the_numerator(step: Step) -> Floats:
    """Take a divisor for a constant, as of a normalisation (Ali et al. 2022)."""
    numerator, _ = step.carries
    return [step.relevance, 0.0] if numerator else [0.0, step.relevance]


def by_slope(step: Step) -> Floats:
    """Give a choice's relevance to what was chosen; its local derivatives sum to 1."""
    return [step.relevance * slope for slope in _slopes(step)]


RULES: dict[str, Rule] = {
    "add": in_proportion,
    "sub": in_proportion,
    "total": in_proportion,
    "mean": in_proportion,
    "dot": in_proportion,
    "mul": evenly,
    "prod": evenly,
    "div": to_the_numerator,
    "maximum": by_slope,
    "minimum": by_slope,
    "where": by_slope,
    "logaddexp": by_slope,
    "logsumexp": by_slope,
}
