"""What an editor shows of a node and of a moment, in words."""

from ...inspection import one_line
from ...value import Value
from ..tape import Tape
from ..tape.answers import Change

__all__ = ["changes", "held", "name", "position", "title"]

_LONGEST = 80
_LISTED = 20


def name(tape: Tape, node: Value) -> str:
    """Return a name of one line by which the node is found again."""
    of = tape.names.of(node)
    return of if len(of) <= _LONGEST and of.isprintable() else tape.names.id(node)


def title(tape: Tape, node: Value) -> str:
    """Return what a node is called, what made it and where.

    >>> from autograd_core import tanh
    >>> y = tanh(Value(0.0, label="x"))
    >>> tape = Tape(y)
    >>> title(tape, y), title(tape, y.parents[0])
    ('n1 tanh', 'x leaf')
    """
    made = node.op.name if node.op else "leaf" if node.requires_grad else "constant"
    inside = f" in {one_line(node.scope, _LONGEST)}" if node.scope else ""
    return f"{name(tape, node)} {made}{inside}"


def position(tape: Tape) -> str:
    """Return where in the passes a tape stands.

    >>> tape = Tape(Value(3.0) * Value(4.0))
    >>> [position(tape), *(position(tape) for _ in tape)]
    ['start', 'forward 1/1', 'seed', 'backward 1/1']
    """
    first = tape.forward_steps
    if tape.moment == 0:
        return "start"
    if tape.moment <= first:
        return f"forward {tape.moment:,}/{first:,}"
    if tape.moment == first + 1:
        return "seed"
    return f"backward {tape.moment - first - 1:,}/{len(tape) - first - 1:,}"


def held(tape: Tape, node: Value) -> str:
    """Return the value and the gradient of a node, as far as they are known.

    >>> x = Value(3.0)
    >>> tape = Tape(x * x)
    >>> held(tape, x), held(tape, tape.root)
    ('3.0', 'waiting')
    """
    value, gradient = tape.data(node), tape.grad(node)
    if value is None:
        return "waiting"
    if gradient is None:
        return repr(value)
    partial = ", partial" if tape.state(node) == "partial" else ""
    return f"{value!r}, gradient {gradient!r}{partial}"


def changes(tape: Tape, changed: list[Change]) -> str:
    """Return one line for each value that a setting changed, some twenty at most."""
    rows = [
        f"{name(tape, node)}: {before!r} → {after!r}\n"
        for node, before, after in changed[:_LISTED]
    ]
    if len(changed) > _LISTED:
        rows.append(f"... and {len(changed) - _LISTED:,} more\n")
    return "".join(rows) or "nothing changed\n"
