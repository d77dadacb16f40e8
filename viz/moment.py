"""One moment of a pass: a picture of a graph that is not through with it.

The numbers on the nodes say what is known; which of them wait for their values, which
gradients lack something and which were handed on, they cannot say. A debugger can.
"""

from collections.abc import Collection
from dataclasses import dataclass

from autograd_core import Value

__all__ = ["Moment"]


@dataclass(frozen=True)
class Moment:
    """What is to be seen of a graph in the middle of a pass.

    `now` is the node at work; `waiting` are those without a value yet, `partial` those
    whose gradient is not complete, `sent` those that have handed theirs on. `caption`
    says which moment it is.

    >>> from viz import to_tree
    >>> x = Value(3.0, label="x")
    >>> y = x * x
    >>> print(to_tree(y, moment=Moment("at the start", waiting={y})))
    value           op     data              grad              term
    n1              *      not computed yet
    ├─ x            input  3                 backward not run
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
