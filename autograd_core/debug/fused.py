"""What is inside of a fused operation: the elementary ones of its definition.

A `dot` is one node where plain code makes dozens; its row says what those would be.
"""

from collections.abc import Collection
from typing import NamedTuple

from ..errors import GraphError
from ..inspection import number
from ..recording import Evaluation, undetected
from ..value import Value
from .tape import Tape
from .wording import Wording, formula

__all__ = ["Part", "parts"]


class Part(NamedTuple):
    """An elementary operation inside of a fused one.

    `value` is computed from the operands, also where the tape has not come to it yet;
    `gradient` is None where the fused operation has none yet.
    """

    name: str
    formula: str
    value: float
    gradient: float | None


def parts(tape: Tape, node: Value) -> list[Part]:
    """Return the elementary operations of a node, in order; the last one is the node.

    >>> from autograd_core import mean
    >>> tape = Tape(mean([Value(1.0, label="a"), Value(5.0, label="b")]))
    >>> [(part.name, part.formula, part.value) for part in parts(tape, tape.root)]
    [('p1', '0 + a', 1.0), ('p2', 'p1 + b', 6.0), ('n2', 'p2 / 2', 3.0)]

    Raises `GraphError`, a `ValueError`, for a node that is elementary already.
    """
    definition = node.op.definition if node.op else None
    if definition is None:
        made = f"{node.op.name} is elementary" if node.op else "it is a leaf"
        raise GraphError(f"{tape.names.shown(node)} cannot be expanded: {made}")
    words = Wording(tape)
    operands = {
        Value(x, requires_grad=parent.requires_grad): words.operand(parent)
        for parent, x in zip(node.parents, tape.operands(node), strict=True)
    }
    with Evaluation(), undetected():  # which records whatever is paused around it
        inside = definition(*operands)
    if not isinstance(inside, Value) or inside in operands:
        return []
    found = _described(Tape(inside), operands, tape.grad(node))
    return [*found[:-1], found[-1]._replace(name=words.name(node))]


def _described(
    inside: Tape, names: dict[Value, str], upstream: float | None
) -> list[Part]:
    """Return the operations of a definition, whose operands have names outside."""
    inside.go_to(len(inside))
    found, taken = list[Part](), frozenset(names.values())
    for node in inside.nodes:
        value, local = inside.data(node), inside.grad(node)
        assert value is not None  # at the end all are computed
        if node.is_leaf:
            names.setdefault(node, number(value))
            continue
        names[node] = _free(f"p{len(found) + 1}", taken)
        gradient = None if upstream is None or local is None else upstream * local
        found.append(
            Part(names[node], formula(node, names.__getitem__), value, gradient)
        )
    return found


def _free(name: str, taken: Collection[str]) -> str:
    """Return a name that no operand has."""
    while name in taken:
        name += "_"
    return name
