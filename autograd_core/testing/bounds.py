"""What one operation may give where its operands lie in intervals.

The true value and local derivatives are the images of the operands' intervals under the
true functions (see `oracles`); the row may be off from them by the ULP that it is
allowed. A row of somebody's own was promised by nobody: its formula may lose as many
digits as a rounding of its operands would cost it, and no more.
"""

from collections.abc import Sequence
from math import isfinite, isnan, nan
from typing import Any

from ..op import Op
from ..value import Value
from .differences import jump, slope
from .enclosures import EVERYTHING, Enclosure, exactly, hull, image, slack
from .oracles import oracle_of
from .references import MAX, mp

__all__ = ["Box", "bounds_of_local", "bounds_of_value", "is_at_kink", "local_at"]

Box = Sequence[Enclosure]

BESIDE = mp.mpf(10) ** -40  # how far to either side of a kink to look
VARIATION = 8  # roundings of its operands by which a formula of one's own may be off
ULP = 2.0**-52


def is_at_kink(node: Value, box: Box) -> bool:
    """Tell whether a kink of the node's row lies inside the box."""
    for kink in _op(node).kinks:
        around = image(lambda *xs, kink=kink: _finite(kink(*xs)), box)
        if around.low <= 0 <= around.high:
            return True
    return False


def _finite(distance: Any) -> Any:
    """Return how far a kink is, not farther than the largest float."""
    return min(max(mp.mpf(distance), -MAX), MAX)


def bounds_of_value(node: Value, box: Box) -> tuple[Enclosure, Enclosure]:
    """Return where the true value of a node lies, and where its float may."""
    if isnan(node.data):  # beyond the domain, which references need not know
        return EVERYTHING, EVERYTHING
    oracle = oracle_of(_op(node), node.operands)
    if oracle is None:
        moved = _moved(node, box)
        return moved, moved
    true = image(oracle.value, box)
    wide = _widened(true, oracle.value_size, box, oracle.value_ulps)
    if oracle.is_own and isfinite(node.data):
        wide = hull([*wide, mp.mpf(node.data)])
    return true, wide


def bounds_of_local(
    node: Value, i: int, box: Box, *, at_kink: bool
) -> tuple[Enclosure, Enclosure] | None:
    """Return where the true derivative by operand i lies, and where its float may.

    At a kink it is anything between the slopes on its sides. None is for the branch
    that `where` did not take.
    """
    op = _op(node)
    if op.name == "where":
        taken = 1 if node.operands[0] else 2
        return (exactly(1.0), exactly(1.0)) if i == taken else None
    if isnan(node.data):  # beyond the domain, which references need not know
        return EVERYTHING, EVERYTHING
    oracle = oracle_of(op, node.operands)
    if oracle is None:
        by_differences = _slope_of_floats(node, i, at_kink=at_kink)
        return by_differences, by_differences
    if at_kink:
        box = [x.widened(BESIDE * (1 + x.magnitude)) for x in box]
    true = image(oracle.partial(i), box, steps=at_kink)
    wide = _widened(true, oracle.partial_size, box, oracle.partial_ulps)
    if oracle.is_own and not true.is_unbounded:
        wide = wide.widened(VARIATION * _variation(node, i))
    return true, wide


def _op(node: Value) -> Op:
    assert node.op is not None
    return node.op


def _widened(true: Enclosure, size: Any, box: Box, ulps: float) -> Enclosure:
    if true.is_unbounded:
        return true
    magnitude = true.magnitude
    if size is not None:
        magnitude = max(magnitude, image(size, box).magnitude)
    return true.widened(slack(magnitude, ulps))


def _variation(node: Value, i: int) -> Any:
    """Return how far a local derivative moves where its operands move by 1 ULP."""
    op, y, xs = _op(node), node.data, node.operands
    base = local_at(op, i, y, xs)
    moved = [local_at(op, i, y * (1 + ULP), xs)]
    for j, x in enumerate(xs):
        moved.append(local_at(op, i, y, (*xs[:j], x * (1 + ULP), *xs[j + 1 :])))
    return mp.mpf(max((abs(m - base) for m in moved if isfinite(m - base)), default=0))


def local_at(op: Op, i: int, y: float, operands: Sequence[float]) -> float:
    """Return the local derivative by operand i as a float, nan where there is none."""
    needed = [j == i for j in range(len(operands))]
    local = op.local_derivatives(needed, y, operands)[i]
    return nan if local is None else float(local)


def _moved(node: Value, box: Box) -> Enclosure:
    """Enclose the value of a row that only floats are known of, by its slopes."""
    reach = [
        _slope_of_floats(node, i).magnitude * (x.high - x.low)
        for i, x in enumerate(box)
        if x.high > x.low
    ]
    value = exactly(node.data)
    return value.widened(mp.fsum(reach)) if reach else value


def _slope_of_floats(node: Value, i: int, *, at_kink: bool = False) -> Enclosure:
    op, xs = _op(node), list(node.operands)

    def along(x: float) -> float:
        return op.forward(*xs[:i], x, *xs[i + 1 :])

    try:
        return (jump(along, xs[i]) if at_kink else None) or slope(along, xs[i])
    except Exception:  # somebody's own function may raise anything
        return EVERYTHING
