"""Every node of a recorded graph, judged by itself.

At the operands that a node recorded, which are floats and so known exactly, its value
and local derivatives have one true answer each: no rounding of earlier nodes excuses
them. Its gradient must be what the chain rule makes of the local derivatives that the
nodes returned. A fault is thus found where it is, and not where it comes out.
"""

from collections.abc import Iterator, Sequence
from math import isfinite

from ..derivatives import gradient
from ..linearization import Linearization, ancestors
from ..value import Value, zero_grad
from .bounds import bounds_of_local, bounds_of_value, is_at_kink
from .enclosures import Enclosure, exactly
from .references import mp
from .replay import Locals, pulled, pushed
from .report import Fault, off_by, reproducer

__all__ = ["faults"]


def faults(root: Value, leaves: Sequence[Value]) -> Iterator[Fault]:
    """Run `backward()` and yield what is wrong with each node, in order."""
    order, _ = ancestors([root])
    for node in order:
        if all(map(isfinite, node.operands)):
            yield from _faults_of(node)
    zero_grad([*order, *leaves])
    root.backward()
    locals_ = {node: _exact(node) for node in order}
    if all(x.magnitude < mp.inf for xs in locals_.values() for x in xs if x):
        yield from _faults_of_gradients(root, leaves, order, locals_)


def _exact(node: Value) -> list[Enclosure | None]:
    return [
        None if local is None else exactly(float(local))
        for local in node.local_derivatives()
    ]


def _faults_of(node: Value) -> Iterator[Fault]:
    """Yield faults of the value and the local derivatives of one node."""
    box = [exactly(x) for x in node.operands]
    true, allowed = bounds_of_value(node, box)
    if node.data not in allowed:
        yield _fault("value", node, true, node.data)
    at_kink = is_at_kink(node, box)
    for i, local in enumerate(node.local_derivatives()):
        bounds = bounds_of_local(node, i, box, at_kink=at_kink)
        if local is not None and bounds is not None and local not in bounds[1]:
            yield _fault(f"local derivative by operand {i}", node, bounds[0], local)


def _fault(what: str, node: Value, wanted: Enclosure, found: float) -> Fault:
    op = node.op
    assert op is not None
    return Fault(
        f"{what} of {op.name}",
        op,
        node.operands,
        wanted,
        found,
        off_by(found, wanted),
        node.source,
        reproducer(op, node.operands),
    )


def _faults_of_gradients(
    root: Value, leaves: Sequence[Value], order: Sequence[Value], locals_: Locals
) -> Iterator[Fault]:
    """Yield where the chain rule was not applied to what the nodes returned."""
    nodes = [*leaves, *order]
    expected = pulled(nodes, root, locals_)
    for node in reversed(nodes):
        wanted = expected.get(node, exactly(0.0))
        if node.grad not in wanted:
            yield _fault_of_gradient("gradient", node, wanted, node.grad)
    met = [leaf for leaf in leaves if leaf in expected]
    for leaf, number in zip(met, gradient(root, met), strict=True):
        if number not in expected[leaf]:
            yield _fault_of_gradient("gradient()", leaf, expected[leaf], number)
    (rate,) = Linearization(order, [root], leaves).push([1.0] * len(leaves))
    wanted = pushed(order, leaves, locals_).get(root, exactly(0.0))
    if rate not in wanted:
        yield _fault_of_gradient("forward derivative", root, wanted, rate)


def _fault_of_gradient(
    what: str, node: Value, wanted: Enclosure, found: float
) -> Fault:
    name = node.label if node.op is None else node.op.name
    far = off_by(found, wanted)
    return Fault(
        f"{what} of {name}", node.op, node.operands, wanted, found, far, node.source
    )
