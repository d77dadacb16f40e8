"""The derivative of a graph at its point: a sparse linear map, used in both directions.

Every edge of the graph carries a local derivative. Pushing tangents along the edges is
forward mode, pulling cotangents back against them is reverse mode, and both read the
same list. With numbers on the edges the results are numbers; with nodes on the edges,
which the rows' partials build from the nodes of the graph, the results are graphs to be
differentiated again. `chain_rule` does the same in one pass for `backward()`, which
keeps its results on the nodes.
"""

import operator
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

from . import recording
from .errors import GraphError
from .recording import sharing
from .sharing import Shared

__all__ = ["Linearization", "ancestors"]

Edge = tuple[int, int, Any]  # the places of a node and its parent; ∂node/∂parent


class Linearization:
    """The linear map from changes of `inputs` to changes of `outputs`.

    `order` holds the nodes between them, as `ancestors` gives them. `outputs` may hold
    plain numbers, which depend on nothing.

    >>> from autograd_core import Value
    >>> x, y = Value(3), Value(4)
    >>> z = x * y + x
    >>> order, _ = ancestors([z])
    >>> derivative = Linearization(order, [z], [x, y])
    >>> derivative.pull([1.0]), derivative.push([1.0, 10.0])
    ([5.0, 3.0], [35.0])
    """

    def __init__(
        self,
        order: Sequence[Any],
        outputs: Sequence[Any],
        inputs: Sequence[Any],
        *,
        create_graph: bool = False,
        share: bool = True,
    ) -> None:
        """Evaluate the local derivatives of every node between inputs and outputs.

        With `create_graph` they are nodes, and with `share` no node of them is made
        twice: worth its price unless the graph is thrown away after one use.
        """
        self._places: dict[Any, int] = {}
        for node in inputs:
            self._places.setdefault(node, len(self._places))
        self._inputs = [self._places[node] for node in inputs]
        self._times = _product if create_graph else operator.mul
        self._shared = Shared(order) if create_graph and share else None
        with self._building():
            self._edges = self._edges_of(order, create_graph)
        self._outputs = [
            self._places.get(y) if hasattr(y, "parents") else None for y in outputs
        ]

    def _building(self) -> AbstractContextManager[None]:
        return _of_graphs(self._shared) if self._times is _product else nullcontext()

    def _edges_of(self, order: Sequence[Any], create_graph: bool) -> list[Edge]:
        """Return the edges in the order of the nodes, the last parent's first.

        Rows with one or two operands, nearly all of a graph, are written out.
        """
        edges: list[Edge] = []
        append, places = edges.append, self._places
        known = places.get
        for node in order:
            a, b = node._a, node._b
            if b is not None:
                i, j = known(a), known(b)
                if i is None and j is None:
                    continue
                child = places.setdefault(node, len(places))
                by_a, by_b = node.op.partials
                y, p, q = node._y, node._a_data, node._b_data
                if create_graph:
                    y = _operand(node, node, y)
                    p, q = _operand(node, a, p), _operand(node, b, q)
                if j is not None:
                    append((child, j, by_b(y, p, q)))
                if i is not None:
                    append((child, i, by_a(y, p, q)))
            elif a.__class__ is tuple:
                edges += self._edges_to_many(node, create_graph)
            elif (i := known(a)) is not None:
                child = places.setdefault(node, len(places))
                (by_a,) = node.op.partials
                y, p = node._y, node._a_data
                if create_graph:
                    y, p = _operand(node, node, y), _operand(node, a, p)
                append((child, i, by_a(y, p)))
        return edges

    def _edges_to_many(self, node: Any, create_graph: bool) -> list[Edge]:
        parents = [self._places.get(parent) for parent in node._a]
        needed = [place is not None for place in parents]
        if True not in needed:
            return []
        child = self._places.setdefault(node, len(self._places))
        y, operands = node._y, node._a_data
        if create_graph:
            pairs = zip(node._a, operands, strict=True)
            operands = [_operand(node, p, x) for p, x in pairs]
            y = _operand(node, node, y)
        locals_ = node.op.local_derivatives(needed, y, operands)
        edges = zip(reversed(parents), reversed(locals_), strict=True)
        return [
            (child, parent, local)
            for parent, local in edges
            if parent is not None and local is not None
        ]

    def pull(self, cotangents: Sequence[Any]) -> list[Any]:
        """Return the transposed map of the cotangents, one result for each input.

        A cotangent of None is nothing at all, which is less than 0: 0·∞ is nan.
        """
        times = self._times
        gradients: list[Any] = [None] * len(self._places)
        with self._building():
            for output, cotangent in zip(self._outputs, cotangents, strict=True):
                if output is not None and cotangent is not None:
                    before = gradients[output]
                    sent = cotangent if before is None else before + cotangent
                    gradients[output] = sent
            seeds = gradients.copy() if recording.watchers else []
            for child, parent, local in reversed(self._edges):
                upstream = gradients[child]
                if (
                    upstream is not None
                    and (sent := times(upstream, local)) is not None
                ):
                    before = gradients[parent]
                    gradients[parent] = sent if before is None else before + sent
        self._have_looked_at("gradient", seeds, gradients)
        return [_or_zero(gradients[place]) for place in self._inputs]

    def push(self, tangents: Sequence[Any]) -> list[Any]:
        """Return the map of the tangents, one result for each output."""
        times = self._times
        rates: list[Any] = [None] * len(self._places)
        with self._building():
            for place, tangent in zip(self._inputs, tangents, strict=True):
                rates[place] = tangent
            seeds = rates.copy() if recording.watchers else []
            for child, parent, local in self._edges:
                rate = rates[parent]
                if rate is not None and (sent := times(rate, local)) is not None:
                    before = rates[child]
                    rates[child] = sent if before is None else before + sent
        self._have_looked_at("tangent", seeds, rates)
        return [
            0.0 if place is None else _or_zero(rates[place]) for place in self._outputs
        ]

    def _have_looked_at(self, kind: str, seeds: list[Any], sums: list[Any]) -> None:
        """Show a detector, if there is one, what has passed along the edges."""
        if seeds and (detector := recording.detector()) is not None:
            nodes, outputs = list(self._places), self._outputs
            roots = [nodes[place] for place in outputs if place is not None]
            edges = reversed(self._edges) if kind == "gradient" else self._edges
            detector.look_at_flow(kind, roots, nodes, edges, seeds, sums, self._times)


@contextmanager
def _of_graphs(shared: Shared | None) -> Iterator[None]:
    """Make the nodes of a derivative, and look at no number before it counts.

    A partial that chooses between formulas may make what it then leaves aside.
    """
    quiet = recording.undetected() if recording.watchers else nullcontext()
    with nullcontext() if shared is None else sharing(shared), quiet:
        yield


def _operand(made: Any, node: Any, recorded: float) -> Any:
    """Return what a partial takes to build nodes: a node, or a constant's number."""
    if node._data != recorded and recorded == recorded:
        raise GraphError(
            f"a derivative was asked for as a graph, but {node!r} was {recorded} when "
            f"the node of {made.op.name} was made; compute the output again, or ask "
            "for numbers with create_graph=False"
        )
    traced = node.op is not None and recording.state.trace is not None
    return node if node.requires_grad or traced else recorded


def _product(a: Any, b: Any) -> Any:
    """Multiply without a node for a factor 1; a factor 0 sends nothing at all."""
    for factor, other in ((a, b), (b, a)):
        if factor.__class__ is float:
            if factor == 1.0:
                return other
            if factor == 0.0:
                return None
    return a * b


def _or_zero(number: Any) -> Any:
    return 0.0 if number is None else number


def ancestors(
    outputs: Sequence[Any], stop_at: Sequence[Any] = ()
) -> tuple[list[Any], set[Any]]:
    """Return what the outputs depend on and gradients flow through: nodes and ends.

    The nodes are interior and stand as in `topological_order`; the ends are leaves, and
    those nodes of `stop_at` that were met. Written for speed: it reads the slots.
    """
    order: list[Any] = []
    ends: set[Any] = set()
    seen: set[Any] = set()
    stops = set(stop_at)
    waiting = [y for y in reversed(outputs) if getattr(y, "requires_grad", False)]
    push, pop, append, see = waiting.append, waiting.pop, order.append, seen.add
    while waiting:
        node = pop()
        if node is None:  # the parents of the node below the mark are done
            append(pop())
            continue
        if node in seen:
            continue
        see(node)
        if node.op is None or node in stops:
            ends.add(node)
            continue
        push(node)
        push(None)
        a, b = node._a, node._b
        if b is not None:
            if b.requires_grad and b not in seen:
                push(b)
            if a.requires_grad and a not in seen:
                push(a)
        elif a.__class__ is tuple:
            waiting += [p for p in reversed(a) if p.requires_grad and p not in seen]
        elif a.requires_grad and a not in seen:
            push(a)
    return order, ends
