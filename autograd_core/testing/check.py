"""Is a derivative right? Asked of a function at a point.

`check_derivative` records the function once. Of this engine it asks more than of a
claim: every node's value and local derivatives, at the very operands that were
recorded, and every gradient must be right by themselves (see `nodes`). Then the whole
is held against the enclosure of the true derivative (see `replay`). The first thing out
of bounds is named. Functions that cannot be recorded are judged by differences.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from math import inf, isfinite
from typing import Any

from ..errors import OperandError, ShapeError
from ..graph import topological_order
from ..real import described, is_real, to_float
from ..recording import Evaluation, record_source
from ..source import calling
from ..value import Value, zero_grad
from .differences import jump, slope
from .enclosures import Enclosure, exactly
from .nodes import faults, whole
from .replay import Replay
from .report import DerivativeError, Fault, Report, off_by
from .slopes import faults_of_graphs, slopes

__all__ = ["check_derivative"]

Function = Callable[..., Any]

TOO_WIDE = 1e-3


def check_derivative(
    f: Function,
    *x: float,
    claimed: Function | None = None,
    order: int = 1,
    raise_on_failure: bool = True,
) -> Report:
    """Judge the derivative of `f` at `x`, this engine's or a claimed one.

    `f` takes one number or `Value` for each number of `x` and returns one. `claimed` is
    a function of the same numbers that returns one partial for each of them. With
    `order=2` the derivatives of the derivatives are judged too, and so on.

    The verdict is `pass`; `fail`, which raises `DerivativeError`, an `AssertionError`,
    unless `raise_on_failure` is False; `kink` where the function has no one derivative
    and the one found is among the admissible; or `ill_conditioned` where rounding alone
    moves the derivative by more than a thousandth.

    >>> from autograd_core import cos, tanh
    >>> check_derivative(tanh, 20.0).verdict
    'pass'
    >>> check_derivative(lambda x: (1 - cos(x)) / x**2, 1e-8).verdict
    'ill_conditioned'
    >>> wrong = lambda x: 1 - tanh(x)
    >>> print(check_derivative(tanh, 0.5, claimed=wrong, raise_on_failure=False))
    fail: the derivative by x0 is wrong
      found   0.5378828427399902
      wanted  0.7864477329659274, 2.2e+15 ULP away
    """
    if not isinstance(order, int) or order < 1:
        raise ShapeError(f"check_derivative takes an order of 1, 2, ..., not {order!r}")
    numbers = [to_float(number, "a number of check_derivative") for number in x]
    root, leaves = _record(f, numbers, claimed)
    if root is None:
        report = _judge_floats(f, numbers, _claims(claimed, numbers))
    elif claimed is not None:
        report = _judge_claim(root, leaves, _claims(claimed, numbers))
    else:
        report = _judge_engine(root, leaves, order)
    if raise_on_failure and not report:
        raise DerivativeError(str(report))
    return report


def _record(
    f: Function, numbers: Sequence[float], claimed: Function | None
) -> tuple[Value | None, list[Value]]:
    """Return the graph of f, or None of a function that takes numbers only."""
    leaves = [Value(number, label=f"x{i}") for i, number in enumerate(numbers)]
    try:
        with Evaluation(), record_source():
            y = f(*leaves)
    except (OperandError, TypeError):
        if claimed is None:
            raise
        return None, leaves
    if isinstance(y, Value):
        _forget_our_own_line(y)
        return y, leaves
    if not is_real(y):
        raise OperandError(
            f"check_derivative takes a function that returns one Value; this one "
            f"returned {described(y)}"
        )
    return Value(y, requires_grad=False), leaves


def _forget_our_own_line(y: Value) -> None:
    """Drop the source of nodes that a row made when it was called by us."""
    here = calling()
    for node in topological_order(y):
        if getattr(node, "_instruction", None) == here:
            del node._instruction


def _claims(claimed: Function | None, numbers: Sequence[float]) -> list[float]:
    assert claimed is not None
    partials = claimed(*numbers)
    if is_real(partials) or isinstance(partials, Value):
        partials = [partials]
    if not isinstance(partials, Iterable):
        raise OperandError(
            f"claimed returns one partial derivative for each argument, not "
            f"{described(partials)}"
        )
    found = [p.data if isinstance(p, Value) else p for p in partials]
    if len(found) != len(numbers):
        raise ShapeError(
            f"claimed returned {len(found)} partial derivatives for {len(numbers)} "
            "arguments; it takes one for each"
        )
    return [to_float(p, "a partial derivative of claimed") for p in found]


def _judge_engine(root: Value, leaves: Sequence[Value], order: int) -> Report:
    """Judge our own derivatives, then those of each of them, up to the order."""
    reports = []
    roots = [root]
    for remaining in reversed(range(order)):
        for y in roots:
            reports.append(_judge_root(y, leaves, as_graphs=remaining > 0))
            if not reports[-1]:
                return reports[-1]
        if remaining:
            roots = [by_x for y in roots for by_x in _varying_slopes(y, leaves)]
    return max(reversed(reports), key=lambda report: _RANK[report.verdict])


def _varying_slopes(root: Value, leaves: Sequence[Value]) -> list[Value]:
    return [y for y in slopes(root, leaves) if y.requires_grad]


_RANK = {"pass": 0, "kink": 1, "ill_conditioned": 2, "fail": 3}


def _judge_root(root: Value, leaves: Sequence[Value], *, as_graphs: bool) -> Report:
    with _restored_gradients(topological_order(root)):
        fault = _first_fault(root, leaves, as_graphs)
        found = tuple([leaf.grad for leaf in leaves])
    replay = Replay(root, leaves)
    wanted = _wanted(replay, leaves)
    if fault:
        return Report("fail", f"the {fault.what} is wrong", found, wanted, fault)
    for node in replay.gradients:
        if (node.op is not None or node in leaves) and not isfinite(node.data):
            reason = f"{_named(node)} is {node.data}, which no digits are left of"
            return Report("ill_conditioned", reason, found, wanted)
    return _verdict(found, wanted, _kinks(replay))


def _first_fault(root: Value, leaves: Sequence[Value], as_graphs: bool) -> Fault | None:
    """Return what is wrong first; the gradients of the leaves are left on them."""
    if not root.requires_grad:
        return None
    fault = next(faults(root, leaves), None)
    if fault is None and as_graphs:
        retry = whole(root, leaves, order=2)
        fault = next(faults_of_graphs(root, leaves, retry), None)
    return fault


@contextmanager
def _restored_gradients(nodes: Sequence[Value]) -> Iterator[None]:
    """Put back the gradients of nodes that the function closes over."""
    before = [(node.grad, node.has_grad) for node in nodes]
    try:
        yield
    finally:
        zero_grad(nodes)
        for node, (grad, has_grad) in zip(nodes, before, strict=True):
            if has_grad:
                node.grad = grad


def _judge_claim(
    root: Value, leaves: Sequence[Value], found: Sequence[float]
) -> Report:
    replay = Replay(root, leaves)
    return _verdict(tuple(found), _wanted(replay, leaves), _kinks(replay))


def _kinks(replay: Replay) -> list[str]:
    """Name the nodes at a kink, those apart that no gradient reaches."""
    return [_named(node) for node in replay.kinks if node in replay.gradients]


def _wanted(replay: Replay, leaves: Sequence[Value]) -> tuple[Enclosure, ...]:
    return tuple(replay.gradients.get(leaf, exactly(0.0)) for leaf in leaves)


def _named(node: Value) -> str:
    if node.op is None:
        return node.label or "a constant"
    return f"{node.op.name}({', '.join(map(repr, node.operands))})"


def _verdict(
    found: tuple[float, ...], wanted: tuple[Enclosure, ...], kinks: Sequence[str]
) -> Report:
    both = found, wanted
    for i, (number, enclosure) in enumerate(zip(found, wanted, strict=True)):
        if number not in enclosure:
            what = f"derivative by x{i}"
            fault = Fault(what, None, (), enclosure, number, off_by(number, enclosure))
            return Report("fail", f"the {what} is wrong", *both, fault)
    if kinks:
        return Report("kink", f"{kinks[0]} is at a kink", *both)
    widest = max((enclosure.relative_width for enclosure in wanted), default=0.0)
    if widest > TOO_WIDE:
        return Report("ill_conditioned", _lost(widest), *both)
    return Report("pass", f"right to {widest:.0e} of the derivative", *both)


def _lost(widest: float) -> str:
    if widest == inf:
        return "rounding, overflow or the end of a domain leave nothing of it known"
    return f"rounding alone moves the derivative by {100 * widest:.3g}% of it"


def _judge_floats(
    f: Function, numbers: Sequence[float], found: Sequence[float]
) -> Report:
    """Judge claims of a function that cannot be recorded, by differences."""
    wanted, kinks = [], []
    for i, number in enumerate(numbers):
        along = _along(f, numbers, i)
        sides = jump(along, number)
        wanted.append(sides or slope(along, number))
        if sides:
            kinks.append(f"x{i}, where the slopes on its two sides differ,")
    return _verdict(tuple(found), tuple(wanted), kinks)


def _along(f: Function, numbers: Sequence[float], i: int) -> Callable[[float], float]:
    return lambda x: f(*numbers[:i], x, *numbers[i + 1 :])
