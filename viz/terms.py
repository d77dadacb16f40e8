"""The terms of the chain rule: what each use of a value adds to its gradient.

A node hands each operand its own gradient times its local derivative; an operand's
gradient is the sum of these terms over all its uses. Diagrams write the terms on the
arrows and the sums in the boxes.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from math import fsum, inf, isnan
from operator import attrgetter
from typing import NamedTuple

from autograd_core import Value

__all__ = ["Sum", "Term", "sums", "terms"]

_ROUNDING = 1e-9  # of the largest term; the backward pass adds in another order


class Term(NamedTuple):
    """One use of `tail`, as operand number `place` of `head`.

    `upstream` is the gradient of the head, None before a backward pass; `local` is
    ∂head/∂tail, None where no gradient flows.
    """

    head: Value
    place: int
    tail: Value
    upstream: float | None
    local: float | None

    @property
    def contribution(self) -> float | None:
        """What this use adds to the gradient of the tail."""
        if self.upstream is None or self.local is None:
            return None
        return self.upstream * self.local


class Sum(NamedTuple):
    """The terms of a gradient, in the order of the graph.

    `rest` was added by an earlier backward pass or by another graph; None if nothing.
    """

    terms: list[float]
    rest: float | None


def terms(head: Value) -> list[Term]:
    """Return the terms that a node hands to its operands, in their order.

    >>> x = Value(3.0)
    >>> y = x * x
    >>> y.backward()
    >>> [(t.upstream, t.local, t.contribution) for t in terms(y)]
    [(1.0, 3.0, 3.0), (1.0, 3.0, 3.0)]
    """
    upstream = head.grad if head.has_grad else None
    pairs = zip(head.parents, head.local_derivatives(), strict=True)
    return [Term(head, i, tail, upstream, by) for i, (tail, by) in enumerate(pairs)]


def sums(
    shown: Iterable[Value],
    order: Iterable[Value],
    parents: Callable[[Value], Sequence[Value]] = attrgetter("parents"),
) -> Mapping[Value, Sum]:
    """Return the sum that is the gradient of each shown value, if it has several parts.

    `order` holds the whole graph, `parents` tells what is shown as operands of a node.

    >>> x = Value(3.0)
    >>> y = x * x
    >>> y.backward()
    >>> sums([x], [x, y])[x]
    Sum(terms=[3.0, 3.0], rest=None)
    >>> y.backward()
    >>> sums([x], [x, y])[x]
    Sum(terms=[3.0, 3.0], rest=6.0)
    """
    found: dict[Value, list[float]] = {
        node: [] for node in shown if node.has_grad and node.requires_grad
    }
    for head in order:
        tails = parents(head)
        if not found.keys().isdisjoint(tails):
            for tail, term in zip(tails, terms(head), strict=True):
                if tail in found and term.contribution is not None:
                    found[tail].append(term.contribution)
    wholes = {
        node: Sum(parts, _rest(node.grad, parts))
        for node, parts in found.items()
        if parts
    }
    return {
        node: whole
        for node, whole in wholes.items()
        if len(whole.terms) > 1 or whole.rest is not None
    }


def _rest(grad: float, parts: Sequence[float]) -> float | None:
    """Return what is left of a gradient, None where nothing but rounding is."""
    try:
        known = fsum(parts)
    except (OverflowError, ValueError):  # of 1e308 + 1e308, of inf - inf
        known = sum(reversed(parts))  # as the backward pass added them
    if known == grad or (isnan(known) and isnan(grad)):
        return None
    rest = grad - known
    return None if abs(rest) <= _ROUNDING * max(map(abs, parts)) < inf else rest
