"""The terms of the chain rule: what each use of a value adds to its gradient.

A node hands each operand its own gradient times its local derivative; an operand's
gradient is the sum of these terms over all its uses. Diagrams write the terms on the
arrows and the sums in the boxes.
"""

from collections.abc import Iterable, Mapping, Sequence
from math import fsum, isclose
from typing import NamedTuple

from autograd_core import Value

__all__ = ["Term", "sums", "terms"]


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


def sums(shown: Iterable[Value], order: Sequence[Value]) -> Mapping[Value, list[float]]:
    """Return the contributions to each shown value that is used more than once.

    `order` holds the whole graph. What is left of the gradient comes last, if any: it
    was added by an earlier backward pass or by another graph.

    >>> x = Value(3.0)
    >>> y = x * x
    >>> y.backward()
    >>> sums([x], [x, y])[x]
    [3.0, 3.0]
    """
    found: dict[Value, list[float]] = {
        node: [] for node in shown if node.has_grad and node.requires_grad
    }
    for head in order:
        if not found.keys().isdisjoint(head.parents):
            for term in terms(head):
                if term.tail in found and term.contribution is not None:
                    found[term.tail].append(term.contribution)
    for node, parts in found.items():
        rest = node.grad - fsum(parts)
        if parts and not isclose(node.grad, fsum(parts), rel_tol=1e-9, abs_tol=1e-300):
            parts.append(rest)
    return {node: parts for node, parts in found.items() if len(parts) > 1}
