"""Every node of a recorded graph, judged by itself.

At the operands that a node recorded, which are floats and so known exactly, its value
and local derivatives have one true answer each: no rounding of earlier nodes excuses
them. Its gradient must be what the chain rule makes of the local derivatives that the
nodes returned. A fault is thus found where it is, and not where it comes out.
"""

from collections.abc import Iterator, Sequence
from itertools import chain
from math import isfinite

from ..linearization import Linearization, ancestors
from ..value import Value, zero_grad
from .bounds import bounds_of_local, bounds_of_value, is_at_kink
from .enclosures import NOTHING, Enclosure, exactly
from .expression import Expression
from .references import mp
from .replay import Locals, pulled, pushed
from .report import Fault, off_by, reproducer

__all__ = ["faults", "whole"]

LONGEST = 300  # characters of a reproducer


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
        true, allowed = bounds or (exactly(0.0), NOTHING)
        if local is not None and local not in allowed:
            yield _fault(f"local derivative by operand {i}", node, true, local)


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
    for what, node, wanted, found in chain(
        _of_backward(nodes, expected),
        _of_a_second_pass(root, leaves),
        _of_linearization(root, leaves, order, locals_, expected),
    ):
        if found not in wanted:
            name = node.label if node.op is None else node.op.name
            away = off_by(found, wanted)
            yield Fault(
                f"{what} of {name}",
                node.op,
                node.operands,
                wanted,
                found,
                away,
                node.source,
                whole(root, leaves),
            )


Judged = tuple[str, Value, Enclosure, float]


def _of_backward(
    nodes: Sequence[Value], expected: dict[Value, Enclosure]
) -> Iterator[Judged]:
    for node in reversed(nodes):
        yield "gradient", node, expected.get(node, exactly(0.0)), node.grad


def _of_a_second_pass(root: Value, leaves: Sequence[Value]) -> Iterator[Judged]:
    """Run `backward()` again, which ought to add exactly as much again."""
    once = [leaf.grad for leaf in leaves]
    root.backward()
    twice = [leaf.grad for leaf in leaves]
    for leaf, first, second in zip(leaves, once, twice, strict=True):
        leaf.grad = first
        if isfinite(2 * first):
            yield "gradient after two passes", leaf, exactly(2 * first), second


def _of_linearization(
    root: Value,
    leaves: Sequence[Value],
    order: Sequence[Value],
    locals_: Locals,
    expected: dict[Value, Enclosure],
) -> Iterator[Judged]:
    """Push and pull along the edges, which `backward()` does not use."""
    slope = Linearization(order, [root], leaves)
    for leaf, number in zip(leaves, slope.pull([1.0]), strict=True):
        yield "pulled gradient", leaf, expected.get(leaf, exactly(0.0)), number
    (rate,) = slope.push([1.0] * len(leaves))
    whole = pushed(order, leaves, locals_).get(root, exactly(0.0))
    yield "pushed derivative", root, whole, rate


def whole(root: Value, leaves: Sequence[Value], order: int = 1) -> str:
    """Return a line that checks the whole graph, where it is short enough to paste."""
    text = repr(Expression.of(root, leaves))
    options = f", order={order}" if order > 1 else ""
    line = f"e = {text}; check_derivative(e, *e.point{options})"
    return line if len(line) <= LONGEST else ""
