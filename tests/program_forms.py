"""Every form of a program, held against the engine.

`forms_of` yields the ways to run a program; each is a function of a list of numbers
that returns the value and the gradient. How far from the engine they may be is told by
the graph: a value by the largest term of its linearisation, a gradient by the sum of
the magnitudes of all paths.
"""

from collections.abc import Callable, Iterator, Sequence
from math import inf, isfinite
from typing import Any

import numpy as np

from autograd_core import Value, topological_order, zero_grad
from autograd_core.program import Program, trace
from autograd_core.testing.tolerance import Paths, widths

Numbers = Sequence[float]
Run = Callable[[Numbers], tuple[float, Sequence[float]]]

CLOSE = 1e-12
SUMMED = 1e-14  # some tens of units in the last place


def engine(root: Any, inputs: Sequence[Value]) -> tuple[float, list[float]]:
    """Return the value of a node and what `backward()` leaves on the inputs."""
    if not isinstance(root, Value):
        return float(root), [0.0] * len(inputs)
    zero_grad([root, *inputs])
    if root.requires_grad:
        root.backward()
    return root.data, [x.grad for x in inputs]


def traced(f: Callable[..., Any], point: Numbers) -> Program:
    """Trace a function of separate numbers as one of a list."""
    return trace(lambda xs: f(*xs), list(point))


def forms_of(program: Program) -> Iterator[tuple[str, Run]]:
    """Yield each way to run a program whose only argument is a list."""
    yield "replay", program.value_and_grad
    yield "simplified", program.simplify().value_and_grad
    yield "arrays", program.arrays().value_and_grad
    yield "arrays of the simplified", program.simplify().arrays().value_and_grad
    batch = program.batch()

    def last_of_three(xs: Numbers) -> tuple[float, Sequence[float]]:
        others = [[x * 0.5 for x in xs], [0.0] * len(xs)]
        values, gradients = batch.value_and_grad([*others, xs])
        return values[-1], gradients[-1]

    yield "batch", last_of_three


def run_source(program: Program, *args: Any) -> Any:
    """Run the printed Python, with what it closes over."""
    scope: dict[str, Any] = {"captured": program.captured}
    for op in program.code.ops:
        if op is not None:
            scope.setdefault(op.name, op)
    exec(program.source, scope)
    return scope["program"](*args)


def known_widths(root: Any, inputs: Sequence[Value]) -> list[float] | None:
    """Return how far value and gradients may be off, None where nobody knows."""
    if not isinstance(root, Value):
        return [0.0] * (len(inputs) + 1)
    found = widths(root, inputs)
    return found if all(map(isfinite, found)) else None


def sizes(root: Value, inputs: Sequence[Value]) -> list[float]:
    """Return the size of the terms of the value, then of each gradient."""
    pulled = Paths(root).pulled()
    terms = [abs(node.data) * size for node, size in pulled.items()]
    largest = max([abs(root.data), *(t for t in terms if t == t)])
    most = max([pulled.get(x, 0.0) for x in inputs], default=0.0)
    return [largest, *(max(pulled.get(x, 0.0), CLOSE * most) for x in inputs)]


def assert_near(
    what: Any, found: Sequence[float], true: Sequence[float], allowed: Sequence[float]
) -> None:
    """Hold numbers against the engine's; where no bound is known, it is infinite."""
    assert np.shape(found) == np.shape(true), what
    for i, (a, b, error) in enumerate(zip(found, true, allowed, strict=True)):
        same = a == b or (a != a and b != b)
        assert same or abs(a - b) <= error, (what, i, a, b, error)


def near_a_kink(root: Any) -> bool:
    """Tell whether rounding could move a node of a graph over a kink."""
    nodes = topological_order(root) if isinstance(root, Value) else []
    return any(
        abs(kink(*node.operands)) < 1e-9
        for node in nodes
        if node.op is not None
        for kink in node.op.kinks
    )


def allowed_errors(
    root: Any, inputs: Sequence[Value], true: Numbers, tolerance: float = CLOSE
) -> list[float]:
    """Return how far from the engine's a value and its gradients may be.

    The engine rounds a sum once, arrays each term: what is left where terms cancel may
    be off by units of the largest of all.
    """
    if near_a_kink(root):  # a unit decides which way the gradient goes
        return [inf] * len(true)
    terms = sizes(root, inputs) if isinstance(root, Value) else [0.0] * len(true)
    bounds = known_widths(root, inputs) if len(inputs) < 20 else None
    if bounds is None:
        bounds = [tolerance * term for term in terms]
    units = SUMMED * max([term for term in terms if isfinite(term)], default=0.0)
    return [
        max(bound, tolerance * abs(x), units)
        for bound, x in zip(bounds, true, strict=True)
    ]


def assert_as_engine(
    f: Callable[..., Any], point: Numbers, tolerance: float = CLOSE
) -> None:
    """Hold every form of a function of numbers against the engine."""
    inputs = [Value(x) for x in point]
    root = f(*inputs)
    value, gradient = engine(root, inputs)
    true = [value, *gradient]
    allowed = allowed_errors(root, inputs, true, tolerance)
    for name, run in forms_of(traced(f, point)):
        found, slopes = run(list(point))
        assert_near(name, [found, *slopes], true, allowed)
