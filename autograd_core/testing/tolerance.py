"""What a law is held to: two ways to one derivative, and how far apart they may be.

In whatever order the local derivatives of a graph are multiplied and added, each path
from the root to a leaf contributes their product, and a rounding is off by at most half
a unit of what it rounds. So the sum of the magnitudes of all paths, times the number of
roundings, bounds the error of both modes (Higham 2002, ch. 3), unless one of them comes
near overflow or underflow on the way. Where one side of a law is known without
rounding, `Replay` encloses the other.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from math import inf, isfinite, ulp
from typing import Any

from ..graph import topological_order
from ..linearization import Linearization, ancestors
from ..trees import leaves_of, rebuilt
from ..value import Value, zero_grad
from .enclosures import Enclosure, exactly
from .replay import Replay

__all__ = [
    "EPSILON",
    "Paths",
    "applied",
    "arguments_of",
    "assert_near",
    "assert_sum",
    "forward",
    "recorded",
    "reverse",
    "widths",
]

Function = Callable[..., Any]
Part = tuple[float, Value, Sequence[Value]]  # a factor, a node, what it depends on
Edge = tuple[Value, Value, float]

EPSILON = 2.0**-52
VACUOUS = 1e-3  # of a result: where rounding explains more, a law says nothing
TINY, HUGE = 1e-290, 1e300  # beyond them digits are lost, or all is


def arguments_of(x: Any) -> tuple[Any, ...]:
    """Return the arguments that a point stands for: its items if it is a tuple."""
    return x if isinstance(x, tuple) else (x,)


def applied(f: Function, x: Any, leaves: Sequence[Value]) -> Any:
    """Call f at x, with these leaves in the place of its numbers."""
    return f(*rebuilt(arguments_of(x), leaves))


def recorded(f: Function, x: Any) -> tuple[list[Value], Any]:
    """Return fresh leaves in the place of the numbers of x, and what f makes of them.

    >>> leaves, y = recorded(lambda a, b: a * b[0], (3.0, [4.0, 5.0]))
    >>> y.data, len(leaves)
    (12.0, 3)
    """
    leaves = [Value(number) for number in leaves_of(x)]
    return leaves, applied(f, x, leaves)


def reverse(y: Value, leaves: Sequence[Value]) -> list[float]:
    """Return what `backward()` leaves on the leaves: ∂y/∂leaf for each."""
    zero_grad(leaves)
    if y.requires_grad:
        y.backward()
    return [leaf.grad for leaf in leaves]


def forward(y: Value, inputs: Sequence[Value]) -> list[float]:
    """Return ∂y/∂input for each input, by forward mode."""
    order, _ = ancestors([y], inputs)
    slope, places = Linearization(order, [y], inputs), range(len(inputs))
    units = ([1.0 if i == j else None for j in places] for i in places)
    return [slope.push(unit)[0] for unit in units]


class Paths:
    """The paths of a graph from its root to nodes below, and their magnitudes.

    The magnitude of a path is that of the product of its local derivatives.

    >>> x = Value(3)
    >>> Paths(x * x - 10 * x).sizes([x])
    [16.0]
    """

    def __init__(self, root: Value) -> None:
        """Ask each node for its local derivatives."""
        self.root = root
        self.edges: list[Edge] = [
            (node, parent, abs(local))
            for node in topological_order(root)
            for parent, local in zip(
                node.parents, node.local_derivatives(), strict=True
            )
            if local is not None
        ]

    def pulled(self) -> dict[Value, float]:
        """Return the sum of the magnitudes of all paths to each node, in reverse mode.

        It is inf where a product is nan, or comes near overflow or underflow.
        """
        return _carried({self.root: 1.0}, reversed(self.edges))

    def pushed(self, starts: Mapping[Value, float]) -> float:
        """Return the same for the root, from starts of any size, in forward mode."""
        edges = ((parent, node, local) for node, parent, local in self.edges)
        return _carried(starts, edges).get(self.root, 0.0)

    def sizes(self, inputs: Sequence[Value]) -> list[float]:
        """Return the sum of the magnitudes of all paths to each input, in any mode."""
        pulled = self.pulled()
        return [max(pulled.get(x, 0.0), self.pushed({x: 1.0})) for x in inputs]

    def rounding(self, others: int = 0) -> float:
        """Return how far two passes may be apart, in units of the sizes.

        A pass takes a product and at most one sum for each edge; `others` are the
        terms that are added up besides.
        """
        return EPSILON * (2 * len(self.edges) + 2 * others + 8)


def _carried(
    starts: Mapping[Value, float], edges: Iterable[Edge]
) -> dict[Value, float]:
    sizes = dict(starts)
    for source, target, local in edges:
        if source in sizes:
            sizes[target] = sizes.get(target, 0.0) + _product(sizes[source], local)
    return sizes


def _product(size: float, factor: float) -> float:
    """Return a product of magnitudes, inf where it may lose digits."""
    whole = size * factor
    is_zero = whole == 0 and 0 in (size, factor)
    return whole if is_zero or TINY < whole < HUGE else inf


def assert_sum(
    law: str, y: Value, leaves: Sequence[Value], parts: Sequence[Part]
) -> None:
    """Hold the gradient of y, in reverse mode, against Σ factor·∂part, in forward mode.

    >>> u, v = Value(3), Value(4)
    >>> assert_sum("the product rule", u * v, [u], [(4.0, u, [u]), (3.0, v, [u])])
    """
    found = reverse(y, leaves)
    terms = [[by * s for s in forward(part, inputs)] for by, part, inputs in parts]
    sides = [(1.0, y, leaves), *parts]
    graphs = [Paths(node) for _, node, _ in sides]
    rounding = max(graph.rounding(len(parts)) for graph in graphs)
    sizes = [
        [abs(by) * size for size in graph.sizes(inputs)]
        for (by, _, inputs), graph in zip(sides, graphs, strict=True)
    ]
    for i, left in enumerate(found):
        right, size = sum(term[i] for term in terms), sum(side[i] for side in sizes)
        where = f"{law}, by number {i}," if len(leaves) > 1 else law
        assert_near(where, left, right, error=rounding * size, size=size)


def widths(y: Value, leaves: Sequence[Value]) -> list[float]:
    """Return how far from the true ones y may be, and then each ∂y/∂leaf.

    They are inf at kinks, where something is infinite or comes near it, and where next
    to nothing is known of a number, as near a pole.
    """
    replay, sizes = Replay(y, leaves), Paths(y).pulled()
    known = [node.data for node in replay.order]
    known += [sizes.get(leaf, 0.0) for leaf in leaves]
    if replay.kinks or not all(map(isfinite, known)):
        return [inf] * (len(leaves) + 1)
    slopes = [replay.gradients.get(leaf, exactly(0.0)) for leaf in leaves]
    return [_width(enclosure) for enclosure in (replay.values[y], *slopes)]


def _width(enclosure: Enclosure) -> float:
    width = enclosure.high - enclosure.low
    return float(width) if width <= VACUOUS * enclosure.magnitude else inf


def assert_near(
    law: str, left: float, right: float, *, error: float, size: float
) -> None:
    """Raise an AssertionError where the sides of a law differ by more than the error.

    `size` is the sum of the magnitudes of what was added up. Where the error is more
    than a thousandth of it, or unknown, there is nothing to hold the sides against.

    >>> assert_near("the law", 1.0, 1.5, error=1e-15, size=1.5)
    Traceback (most recent call last):
    ...
    AssertionError: the law fails: 1.0 is not 1.5, 2.3e+15 ULP of 1.5 apart, of which \
rounding explains 4.5
    """
    if not isfinite(error) or error > VACUOUS * size or abs(left - right) <= error:
        return
    whole = max(size, abs(right))
    unit = ulp(whole)
    raise AssertionError(
        f"{law} fails: {left!r} is not {right!r}, {abs(left - right) / unit:.2g} ULP "
        f"of {whole:.3g} apart, of which rounding explains {error / unit:.2g}"
    )
