"""What an editor unfolds: a node, its operands, its gradient, and the graph.

Each is a list of rows, told by its kind and the places of the nodes it is about. A row
is made when it is asked for, so that of a long list only what is shown costs anything.
"""

from collections.abc import Callable, Sequence
from functools import cache, cached_property, partial
from typing import NamedTuple

from ...value import Value
from ..tape import Tape
from .arguments import RequestError
from .words import held, name, position

__all__ = ["Key", "Lists", "Row", "Rows"]

Key = tuple[str | int, ...]
"""A kind of list, such as "operands", and the places of the nodes it is about."""

_WAITING = "not yet"
_NO_GRADIENT = "none: a constant"


class Row(NamedTuple):
    """A name, what is shown beside it, and the key of the list that unfolds.

    `node` is the one whose number is shown, its value or, where `is_gradient`, what
    follows from values; `expression` is what to evaluate for it.
    """

    name: str
    value: str
    inside: Key | None = None
    node: Value | None = None
    expression: str = ""
    is_gradient: bool = False


class Rows(NamedTuple):
    """How many rows a list has, how one is made, and whether it may be long."""

    length: int
    make: Callable[[int], Row]
    is_long: bool = True


class Lists:
    """The lists of a tape, which tell of its present moment.

    >>> x = Value(3.0, label="x")
    >>> operands = Lists(Tape(x * x)).rows(("operands", 1))
    >>> operands.length, operands.make(0).name, operands.make(0).value
    (2, 'a: x', '3.0')
    """

    def __init__(self, tape: Tape) -> None:
        """Look at a tape, which may go on moving."""
        self._tape = tape

    def rows(self, key: Key) -> Rows:
        """Return the list of a key."""
        kind, *places = key
        found: Rows = getattr(self, f"_{kind}")(*places)
        return found

    # --- what concerns the whole graph ------------------------------------------------
    def _graph(self) -> Rows:
        return self._nodes(self._inputs_and_named)

    @cached_property
    def _inputs_and_named(self) -> list[Value]:
        """The leaves that need a gradient, and the nodes that somebody named."""
        names = self._tape.names
        return [
            node
            for node in self._tape.nodes
            if (node.is_leaf and node.requires_grad) or names.of(node) != names.id(node)
        ]

    def _position(self) -> Rows:
        tape = self._tape
        return _fixed(
            lambda: Row("pass", position(tape)),
            lambda: Row("moment", f"{tape.moment:,} of {len(tape):,}"),
            lambda: self._named("root: ", tape.root),
            lambda: Row("values set", "some" if tape.is_changed else "none"),
        )

    # --- what concerns one node -------------------------------------------------------
    def _node(self, place: int) -> Rows:
        tape, node = self._tape, self._tape.nodes[place]
        source = node.source
        return _fixed(
            lambda: self._settable(node),
            lambda: self._gradient(node),
            lambda: Row("state", tape.state(node)),
            lambda: Row("operation", node.op.signature if node.op else "none: a leaf"),
            lambda: Row("module", node.scope or "none"),
            lambda: Row("made at", source.place if source else "not recorded"),
            lambda: Row("number", tape.names.id(node)),
            partial(self._counted, "operands", place),
            partial(self._counted, "contributions", place),
            partial(self._counted, "consumers", place),
        )

    def _operands(self, place: int) -> Rows:
        node = self._tape.nodes[place]
        op = node.op
        names = op.operand_names if op and op.arity else ()

        def row(i: int) -> Row:
            parent = node.parents[i]
            label = f"{names[i] if names else f'[{i}]'}: {name(self._tape, parent)}"
            value = _text(self._tape.data(parent))
            return Row(label, value, ("operand", place, i), parent)

        return Rows(len(node.parents), row)

    def _operand(self, place: int, i: int) -> Rows:
        parent = self._tape.nodes[place].parents[i]
        none = _WAITING if parent.requires_grad else _NO_GRADIENT
        return _fixed(
            lambda: self._settable(parent),
            lambda: Row("local derivative", _text(self._local(place, i), none)),
            lambda: Row("contribution", _text(self._sent(place, i), none)),
            lambda: self._named("operand: ", parent),
        )

    def _local(self, place: int, i: int) -> float | None:
        node = self._tape.nodes[place]
        if self._tape.data(node) is None:
            return None
        return self._tape.local_derivatives(node)[i]

    def _sent(self, place: int, i: int) -> float | None:
        """Return what a node has handed to an operand, None while it has not."""
        node = self._tape.nodes[place]
        moment, upstream = self._tape.sent_at(node), self._tape.grad(node)
        local = self._local(place, i)
        if moment is None or moment > self._tape.moment:
            return None
        return None if upstream is None or local is None else upstream * local

    def _contributions(self, place: int) -> Rows:
        tape, node = self._tape, self._tape.nodes[place]
        received = cache(lambda: tape.received(node))

        def row(i: int) -> Row:
            each = received()[i]
            label = f"[{i}] from {name(tape, each.child)}"
            value = f"{each.amount!r} = {each.upstream!r} · {each.local!r}"
            return Row(label, value, ("contribution", place, i))

        return Rows(sum(self._uses(node, child) for child in tape.children(node)), row)

    def _uses(self, node: Value, child: Value) -> int:
        """Return how many contributions a child has made to the gradient of a node."""
        moment, upstream = self._tape.sent_at(child), self._tape.grad(child)
        if moment is None or moment > self._tape.moment or upstream is None:
            return 0
        return child.parents.count(node) if node.requires_grad else 0

    def _contribution(self, place: int, i: int) -> Rows:
        received = self._tape.received(self._tape.nodes[place])
        if i >= len(received):
            raise RequestError("this contribution has not come yet at this moment")
        each = received[i]
        return _fixed(
            lambda: Row("upstream gradient", repr(each.upstream)),
            lambda: Row("local derivative", repr(each.local)),
            lambda: Row("amount", repr(each.amount)),
            lambda: Row("gradient after it", repr(each.total)),
            lambda: self._named("from: ", each.child),
        )

    def _consumers(self, place: int) -> Rows:
        return self._nodes(self._tape.children(self._tape.nodes[place]))

    # --- rows -------------------------------------------------------------------------
    def _nodes(self, nodes: Sequence[Value]) -> Rows:
        return Rows(len(nodes), lambda i: self._named("", nodes[i]))

    def _named(self, before: str, node: Value) -> Row:
        called, inside = name(self._tape, node), ("node", self._tape.place(node))
        return Row(before + called, held(self._tape, node), inside, node, called)

    def _settable(self, node: Value) -> Row:
        value, called = _text(self._tape.data(node)), name(self._tape, node)
        return Row("value", value, None, node, f"{called}.data")

    def _gradient(self, node: Value) -> Row:
        expression = f"{name(self._tape, node)}.grad"
        value = _text(self._tape.grad(node), self._without(node))
        return Row("gradient", value, None, node, expression, is_gradient=True)

    def _without(self, node: Value) -> str:
        """Return what to show of a node that has no gradient at this moment."""
        if not node.requires_grad:
            return _NO_GRADIENT
        is_over = self._tape.moment >= self._tape.complete_at(node)
        return "none reached it" if is_over else _WAITING

    def _counted(self, kind: str, place: int) -> Row:
        count = self.rows((kind, place)).length
        return Row(kind, f"{count:,}", (kind, place) if count else None)


def _fixed(*makers: Callable[[], Row]) -> Rows:
    return Rows(len(makers), lambda i: makers[i](), is_long=False)


def _text(number: float | None, otherwise: str = _WAITING) -> str:
    return otherwise if number is None else repr(number)
