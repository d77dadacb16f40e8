"""A picture of the moment: what is computed, what is partial, what is handed on.

viz draws graphs, so the moment is laid down in a graph of its own: the nodes copied,
with the numbers of the tape. viz stands above the debugger and is asked for only here.
"""

from math import inf
from pathlib import Path
from typing import Any

from ..recording import NOT_RUN
from ..value import Value
from .tape import Tape
from .wording import Wording

__all__ = ["draw", "snapshot"]

_WHOLE = 250  # nodes of a graph that is drawn as a whole
_AROUND = 24  # around the step of a larger one, if it has no more neighbours
_FARTHEST = 4  # arrows away
_MOST = 60  # of a step with many neighbours


def draw(tape: Tape, path: str | Path) -> Path:
    """Draw the moment of a tape into a file and return its path; `.svg` always works.

    The node at work is marked; of a graph of more than 250 nodes what is near it is
    shown. The suffixes are those of `viz.render`.

    >>> import tempfile
    >>> tape = Tape(Value(3.0) * 2.0)
    >>> step = tape.step()
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     draw(tape, f"{folder}/moment.svg").name
    'moment.svg'
    """
    import viz

    nodes = snapshot(tape)
    now = nodes[tape.last.node] if tape.last else None
    moment = viz.Moment(
        caption=f"moment {tape.moment} of {len(tape)}: {Wording(tape).phase()}",
        now=now,
        waiting=[nodes[n] for n in tape.nodes if tape.moment < tape.computed_at(n)],
        partial=[nodes[n] for n in tape.nodes if tape.moment < tape.complete_at(n)],
        sent=[nodes[n] for n in tape.nodes if (tape.sent_at(n) or inf) <= tape.moment],
    )
    options: dict[str, Any] = {"moment": moment}
    if len(nodes) > _WHOLE:
        centre = tape.last.node if tape.last else tape.root
        options |= {"focus": nodes[centre], "radius": _radius(tape, centre)}
        options |= {"limit": _MOST}
    return viz.render(nodes[tape.root], path, **options)


def _radius(tape: Tape, centre: Value) -> int:
    """Return how many arrows away there are few enough nodes, at least 1."""
    seen, ring = {centre}, [centre]
    for radius in range(_FARTHEST):
        beside = (n for at in ring for n in (*at.parents, *tape.children(at)))
        ring = [n for n in dict.fromkeys(beside) if n not in seen]
        seen.update(ring)
        if len(seen) > _AROUND:
            return max(1, radius)
    return _FARTHEST


def snapshot(tape: Tape) -> dict[Value, Value]:
    """Return a copy of each node with the numbers that the tape has for it.

    >>> x = Value(3.0)
    >>> tape = Tape(x * x)
    >>> tape.go_to(len(tape))
    >>> snapshot(tape)[x].grad, x.grad
    (6.0, 0.0)
    """
    copies: dict[Value, Value] = {}
    for node in tape.nodes:
        data, gradient, name = tape.data(node), tape.grad(node), tape.names.of(node)
        copied = copies[node] = _copied(node, copies, tape.operands(node))
        if data is not None:
            copied._data = data
        copied._grad = NOT_RUN if gradient is None else gradient
        copied.label = "" if _is_plain(tape, node) else name
        if hasattr(node, "_instruction"):
            copied._instruction = node._instruction
    return copies


def _copied(
    node: Value, copies: dict[Value, Value], operands: tuple[float, ...]
) -> Value:
    """Copy a node to other operands, of which its local derivatives are."""
    parents = tuple([copies[parent] for parent in node.parents])
    many = node._a.__class__ is tuple
    a, b, *_ = (parents, None) if many else (*parents, None, None)
    a_data, b_data, *_ = (operands, None) if many else (*operands, None, None)
    made: Value = node._with_parents(a, b)
    made._a_data, made._b_data = a_data, b_data
    if node.op is not None and operands != node.operands:
        made._y = node.op.forward(*operands)
    return made


def _is_plain(tape: Tape, node: Value) -> bool:
    """Tell whether a node is a number in an expression, which nobody names."""
    is_number = node.is_leaf and not node.requires_grad
    return is_number and tape.names.of(node) == tape.names.id(node)
