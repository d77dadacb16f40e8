"""A recorded graph, replayed to enclose its true value and derivatives.

Each node's true value lies in an interval: the image of its parents' intervals under
the operation itself in 50 digits, widened by the ULP that the row is allowed. Its local
derivatives lie in the images of the true partials, and the chain rule over intervals,
widened by each rounding, encloses the gradient of every node. An engine that keeps its
promise to the ULP must land inside, so that the tolerance is derived and not guessed.
"""

from collections.abc import Sequence

from ..graph import topological_order
from ..value import Value
from .bounds import bounds_of_local, bounds_of_value, is_at_kink
from .enclosures import EVERYTHING, Enclosure, exactly, total_of
from .references import MAX, mp

__all__ = ["Locals", "Replay", "pulled", "pushed"]

Locals = dict[Value, list[Enclosure | None]]

ROUNDING = mp.mpf(2) ** -53
SMALLEST = mp.mpf(2) ** -1074


class Replay:
    """Where the values and gradients of a graph truly lie, by node.

    `kinks` lists the nodes at which the true function is not smooth, or may not be.
    """

    def __init__(self, root: Value, leaves: Sequence[Value]) -> None:
        """Replay the graph of `root` forward and backward."""
        self.order = topological_order(root)
        self.kinks: list[Value] = []
        self.values: dict[Value, Enclosure] = {}
        self.locals: Locals = {}
        self._active = set(leaves)
        for node in self.order:
            self.values[node] = self._value(node)
            if node not in self._active and not self._active.isdisjoint(node.parents):
                self._active.add(node)
                self.locals[node] = self._local_derivatives(node)
        self.gradients = pulled(self.order, root, self.locals)

    def _value(self, node: Value) -> Enclosure:
        if node.op is None:
            return exactly(node.data)
        _, value = bounds_of_value(node, self._box(node))
        return value

    def _box(self, node: Value) -> list[Enclosure]:
        return [self.values[parent] for parent in node.parents]

    def _local_derivatives(self, node: Value) -> list[Enclosure | None]:
        box = self._box(node)
        at_kink = is_at_kink(node, box)
        if at_kink:
            self.kinks.append(node)
        locals_: list[Enclosure | None] = []
        for i, parent in enumerate(node.parents):
            bounds = None
            if parent in self._active:
                bounds = bounds_of_local(node, i, box, at_kink=at_kink)
            locals_.append(bounds and bounds[1])
        return locals_


def pulled(
    order: Sequence[Value], root: Value, locals_: Locals
) -> dict[Value, Enclosure]:
    """Apply the chain rule backward to enclosures, with a rounding for each step."""
    sent: dict[Value, list[Enclosure]] = {root: [exactly(1.0)]}
    gradients: dict[Value, Enclosure] = {}
    for node in reversed(order):
        if node not in sent:
            continue
        gradients[node] = upstream = _summed(sent[node])
        for parent, local in zip(node.parents, locals_.get(node, ()), strict=False):
            if local is not None:
                sent.setdefault(parent, []).append(_product(upstream, local))
    return gradients


def pushed(
    order: Sequence[Value], leaves: Sequence[Value], locals_: Locals
) -> dict[Value, Enclosure]:
    """Apply the chain rule forward, to a change of 1 in each leaf."""
    rates = dict.fromkeys(leaves, exactly(1.0))
    for node in order:
        pairs = zip(node.parents, locals_.get(node, ()), strict=False)
        parts = [
            _product(rates[parent], local)
            for parent, local in pairs
            if local is not None and parent in rates
        ]
        if parts:
            rates[node] = _summed(parts)
    return rates


def _product(a: Enclosure, b: Enclosure) -> Enclosure:
    """Return the products, with the rounding that a factor of ±1 does not have."""
    if any(x.low == x.high and abs(x.low) == 1 for x in (a, b)):
        return a.times(b)
    if max(a.magnitude, b.magnitude) > MAX:  # as a float, inf; times 0 it is nan
        return EVERYTHING
    part = a.times(b)
    return part.widened(part.magnitude * ROUNDING + SMALLEST)


def _summed(parts: Sequence[Enclosure]) -> Enclosure:
    """Return the sums, with a rounding for each addition."""
    if len(parts) == 1:
        return parts[0]
    if max(part.magnitude for part in parts) > MAX:  # inf - inf is nan
        return EVERYTHING
    whole = total_of(parts)
    size = whole.magnitude
    if len(parts) > 2:
        size = mp.fsum(part.magnitude for part in parts) * (len(parts) - 1)
    return whole.widened(size * ROUNDING)
