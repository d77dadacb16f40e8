"""The first number that is not finite, told as a story.

An `Anomaly` is what is known of one: the node, the factors of a gradient, the chain of
nodes along which it came. `text` tells it to a person, and is the message of the
`AnomalyError` that is raised there: what is not finite, of which numbers it was made,
where that is written, why it is so if that is plain, and what led to it.
"""

from collections.abc import Iterator
from math import inf, isfinite, isnan
from typing import Any, Literal, NamedTuple

from ..domain import Interval
from ..op import NaryOp
from ..text import one_line
from .blame import outside, to_blame
from .formulas import formula, name, operand_name, title

__all__ = ["Anomaly", "Kind"]

Kind = Literal["value", "gradient", "tangent"]

TOO_LARGE = "is beyond 1.8e308, the largest float"
NO_SOURCE = "its line was not kept; to see it, compute it in `with record_source():`"


class Anomaly(NamedTuple):
    """The first number of a computation that is inf or nan.

    `kind` tells whether it is the value of `node`, or was to be added to a gradient or,
    in forward mode, to a tangent. Then `node` is the one whose step made it: it is
    `contribution`, the product of `upstream` and the `local` derivative of the node by
    its operand in place `operand`; where the contribution is finite, the sum is not.
    An `operand` of None means that no step did: `upstream` was the gradient of the
    node, and `contribution` is what a hook made of it or what was to be added to it.

    `chain` holds nodes: from the node back to where its value came from, or as the
    gradient went, from the root to the node; at most eight.

    >>> from autograd_core import Value, first_nonfinite, log
    >>> p = Value(0.0, label="p")
    >>> anomaly = first_nonfinite(log(p) * 2)
    >>> anomaly.kind, anomaly.node.data, anomaly.chain[-1] is p
    ('value', -inf, True)
    >>> print(anomaly)
    -inf is the value of log(p), where p = 0.0
      log(x) is defined for x > 0; here x is 0.0
      its line was not kept; to see it, compute it in `with record_source():`
      it came from
        the leaf 'p' is 0.0
    """

    kind: Kind
    root: Any
    node: Any
    chain: tuple[Any, ...]
    operand: int | None = None
    upstream: float | None = None
    local: float | None = None
    contribution: float | None = None

    @property
    def text(self) -> str:
        """The whole story in a few lines."""
        return "\n".join([_headline(self), *(f"  {line}" for line in _story(self))])

    def __str__(self) -> str:
        return self.text


# --- what it is ---------------------------------------------------------------------
def _headline(anomaly: Anomaly) -> str:
    node, sent = anomaly.node, anomaly.contribution
    if anomaly.kind == "value":
        return f"{node.data!r} is the value of {title(node)}{_given(node)}"
    if anomaly.operand is None:
        return _without_step(anomaly)
    parent = node.parents[anomaly.operand]
    sender, receiver = name(node), name(parent)
    if anomaly.kind == "tangent":
        sender, receiver = receiver, sender
    if sent is not None and isfinite(sent):
        return (
            f"the {anomaly.kind} of {receiver} {TOO_LARGE}, once {sender} has sent "
            f"{sent!r} to it"
        )
    what = f"sends to the {anomaly.kind} of {receiver}{_given(node)}"
    return f"{sent!r} is what {sender} {what}"


def _without_step(anomaly: Anomaly) -> str:
    kind, node, sent = anomaly.kind, name(anomaly.node), anomaly.contribution
    if anomaly.upstream is None:
        return f"{sent!r} is the {kind} of {node} that was given to begin with"
    if sent is not None and isfinite(sent):
        return (
            f"the {kind} of {node}, {anomaly.upstream!r} from passes before and "
            f"{sent!r} from this one, {TOO_LARGE}"
        )
    return f"{sent!r} is what a hook made of {anomaly.upstream!r}, the {kind} of {node}"


def _given(node: Any) -> str:
    """Say the numbers for which the formula of a node has names."""
    numbers = {
        one_line(parent.label): x
        for parent, x in zip(node.parents, node.operands, strict=True)
        if parent.label
    }
    if not 0 < len(numbers) <= 4:
        return ""
    return ", where " + ", ".join(f"{key} = {x!r}" for key, x in numbers.items())


# --- how it came about --------------------------------------------------------------
def _story(anomaly: Anomaly) -> Iterator[str]:
    node = anomaly.node
    if anomaly.operand is not None:
        yield _factors(anomaly)
    yield from _reasons(anomaly)
    yield from _place(node)
    yield from _chain(anomaly)


def _factors(anomaly: Anomaly) -> str:
    node, operand = anomaly.node, anomaly.operand
    assert operand is not None
    sender = node.parents[operand] if anomaly.kind == "tangent" else node
    return (
        f"it is {anomaly.upstream!r} * {anomaly.local!r}: the {anomaly.kind} of "
        f"{name(sender)}, times the derivative of {_row(node)} by "
        f"{operand_name(node, operand)}"
    )


def _reasons(anomaly: Anomaly) -> Iterator[str]:
    """Say why, where that is plain."""
    node, upstream, local = anomaly.node, anomaly.upstream, anomaly.local
    if anomaly.kind == "value":
        if node.op is not None:
            yield _reason_of_value(node)
    elif upstream is not None and local is not None:
        if not isfinite(local):
            yield _reason_of_slope(node, local)
            if upstream == 0:
                yield f"{upstream!r} * {local!r} is not a number"
        elif isfinite(upstream) and anomaly.contribution in (inf, -inf):
            yield f"the product {TOO_LARGE}"


def _reason_of_value(node: Any) -> str:
    op, place = node.op, to_blame(node)
    operand, x = operand_name(node, place), node.operands[place]
    if isnan(x) or (not isfinite(x) and not isnan(node._y)):
        return f"{operand} is {x!r} already"
    if place in outside(op, node.operands):
        return _domain(node, place, "defined")
    if isfinite(x) and _at_kink(node):
        return f"{_row(node)} has no finite value where {operand} is {x!r}"
    if isnan(node._y):
        return f"{formula(node, named=False)} is not a number"
    return f"the result {TOO_LARGE}"


def _reason_of_slope(node: Any, local: float) -> str:
    op, operands = node.op, node.operands
    for place in outside(op, operands):
        return _domain(node, place, "differentiable")
    for place, x in enumerate(operands):
        if not isfinite(x):
            return f"{operand_name(node, place)} is {x!r}"
    if isnan(local) or _at_kink(node):
        names = (operand_name(node, place) for place in range(len(operands)))
        pairs = zip(names, operands, strict=True)
        point = " and ".join(f"{name} is {x!r}" for name, x in pairs)
        return f"{_row(node)} is not differentiable where {point}"
    return f"the derivative {TOO_LARGE}"


def _row(node: Any) -> str:
    """Write the row with its own names for the operands, as the table has them."""
    op = node.op
    return str(op.name if isinstance(op, NaryOp) else op.signature)


def _at_kink(node: Any) -> bool:
    return any(kink(*node.operands) == 0 for kink in node.op.kinks)


def _domain(node: Any, place: int, what: str) -> str:
    operand, x = operand_name(node, place), node.operands[place]
    interval = _interval(node.op.domain[place], operand)
    return f"{_row(node)} is {what} for {interval}; here {operand} is {x!r}"


def _interval(interval: Interval, x: str) -> str:
    """Write an interval as inequalities.

    >>> _interval(Interval(-1.0, 1.0, includes_low=True), "x")
    '-1 <= x < 1'
    >>> _interval(Interval(low=0.0), "x")
    'x > 0'
    """
    low, high, includes_low, includes_high = interval
    below, above = ("<=" if closed else "<" for closed in (includes_low, includes_high))
    if high == inf:
        return f"{x} {below.replace('<', '>')} {low:g}"
    if low == -inf:
        return f"{x} {above} {high:g}"
    return f"{low:g} {below} {x} {above} {high:g}"


# --- where --------------------------------------------------------------------------
def _place(node: Any) -> Iterator[str]:
    source = node.source
    inside = f", in {one_line(node.scope)}" if node.scope else ""
    if source is None:
        yield NO_SOURCE + inside
        return
    yield source.place + inside
    if source.text:
        yield from (f"  {line}" for line in source.underlined().split("\n"))


def _chain(anomaly: Anomaly) -> Iterator[str]:
    back = anomaly.kind == "value"
    nodes = anomaly.chain[1:] if back else anomaly.chain
    if not nodes:
        return
    yield "it came from" if back else f"the {anomaly.kind} came by way of"
    if not back and nodes[0] is not anomaly.root and anomaly.kind == "gradient":
        yield "  ..."
    yield from (f"  {_link(node)}" for node in nodes)
    if back and nodes[-1].parents:
        yield "  ..."


def _link(node: Any) -> str:
    place = f", {node.source.place}" if node.source else ""
    return f"{title(node)} is {node.data!r}{place}"
