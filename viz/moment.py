"""One moment of a pass: a picture of a graph that is not through with it.

The numbers on the nodes say what is known; which of them wait for their values, which
gradients lack something and which were handed on, they cannot say. A debugger can.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from autograd_core import Value
from autograd_core.errors import OperandError

__all__ = ["Moment"]


@dataclass(frozen=True)
class Moment:
    """What is to be seen of a graph in the middle of a pass: `to_dot(y, moment=...)`.

    `now` is the node at work; `waiting` are those without a value yet, `partial` those
    to whose gradient something may still be added, `sent` those that have handed theirs
    on. `caption` says which moment it is. The numbers are those of the nodes, and none
    is shown of a node that waits. `autograd_core.debug.draw` draws the moments of a
    tape; pages, which play all moments, and `diff` take none.

    >>> from viz import Moment, to_tree
    >>> x = Value(3.0, label="x")
    >>> y = x * x
    >>> print(to_tree(y, moment=Moment("at the start", waiting={y})))
    value         op     data              grad              term
    n1            *      not computed yet
    ├─ x          input  3                 backward not run
    └─ ↑ x above
    <BLANKLINE>
    at the start
    on each branch: the local derivative of its head with respect to its tail
    <BLANKLINE>
    """

    caption: str
    now: Value | None = None
    waiting: Collection[Value] = frozenset()
    partial: Collection[Value] = frozenset()
    sent: Collection[Value] = frozenset()

    def __post_init__(self) -> None:
        """Check what was given, and keep sets, which are quick to ask."""
        if not isinstance(self.caption, str):
            raise OperandError(f"Moment(caption) takes a text, not {self.caption!r}")
        if not (self.now is None or isinstance(self.now, Value)):
            raise OperandError(f"Moment(now=...) takes a Value, not {self.now!r}")
        for name in ("waiting", "partial", "sent"):
            object.__setattr__(self, name, _values(name, getattr(self, name)))


def _values(name: str, given: Any) -> frozenset[Value]:
    is_many = isinstance(given, Collection)
    if not is_many or not all(isinstance(node, Value) for node in given):
        raise OperandError(f"Moment({name}=...) takes a set of Values, not {given!r}")
    return frozenset(given)
