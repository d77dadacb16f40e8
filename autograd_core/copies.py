"""Copying and pickling a graph of any depth, sharing kept.

`copy` and `pickle` follow references by recursion, which a chain of a few thousand
nodes exhausts. Here a node has its ancestors copied or written before it, in
topological order, so that each finds its parents done; what two nodes share is copied
or written once, within one call of `deepcopy` or `pickle.dumps`.
"""

import threading
import weakref
from copy import deepcopy
from typing import Any

from .graph import topological_order
from .recording import NOT_RUN

__all__ = ["Copyable"]

_RECORDED = (
    "_a_data",
    "_b_data",
    "_data",
    "_y",
    "label",
    "op",
    "requires_grad",
    "scope",
)


class Copyable:
    """The copy protocol of a node."""

    __slots__ = ()

    def __copy__(self: Any) -> Any:
        """Return a node with the same parents, data and gradient."""
        node = self._with_parents(self._a, self._b)
        if hasattr(self, "__dict__"):  # a subclass may hold more
            vars(node).update(vars(self))
        return node

    def __deepcopy__(self: Any, memo: dict[int, Any]) -> Any:
        """Copy the graph that self depends on; `memo` keeps what is shared."""
        for node in topological_order(self):
            if id(node) not in memo:
                memo[id(node)] = copied = node._with_parents(
                    _copied(node._a, memo), _copied(node._b, memo)
                )
                if hasattr(node, "__dict__"):
                    vars(copied).update(deepcopy(vars(node), memo))
        return memo[id(self)]

    def _with_parents(self: Any, a: Any, b: Any) -> Any:
        node: Any = object.__new__(type(self))
        for slot in (*_RECORDED, "_grad"):
            setattr(node, slot, getattr(self, slot))
        node._a, node._b = a, b
        return node

    def __reduce__(self: Any) -> tuple[Any, ...]:
        """Pickle as: the ancestors, the parents, and what the node recorded."""
        ancestors = None if _writing.has_written(self) else _Ancestors(self)
        recorded = [getattr(self, slot) for slot in _RECORDED]
        grad = None if self._grad is NOT_RUN else self._grad
        extra = vars(self) if hasattr(self, "__dict__") else None
        state = (self._a, self._b, recorded, grad, extra)
        return _rebuild, (type(self), ancestors, *state)


def _copied(parents: Any, memo: dict[int, Any]) -> Any:
    if parents.__class__ is tuple:
        return tuple([memo[id(parent)] for parent in parents])
    return None if parents is None else memo[id(parents)]


def _rebuild(
    kind: type[Copyable],
    _: object,
    a: Any,
    b: Any,
    recorded: list[Any],
    grad: float | None,
    extra: dict[str, Any] | None,
) -> Any:
    node: Any = object.__new__(kind)
    for slot, content in zip(_RECORDED, recorded, strict=True):
        setattr(node, slot, content)
    node._a, node._b = a, b
    node._grad = NOT_RUN if grad is None else grad
    if extra:
        vars(node).update(extra)
    return node


class _Ancestors:
    """A stand-in that makes a pickler write a node's ancestors, oldest first."""

    def __init__(self, node: Any) -> None:
        self.nodes = topological_order(node)[:-1]
        self.ids = frozenset(map(id, self.nodes))
        for op in {node.op, *(ancestor.op for ancestor in self.nodes)} - {None}:
            op.__reduce__()  # refuses an unregistered row before anything is written

    def __reduce__(self) -> tuple[Any, ...]:
        return bool, ([_Announce(weakref.ref(self)), *self.nodes, _Announce(None)],)


class _Announce:
    """A mark between nodes that takes effect when the pickler comes to it."""

    def __init__(self, work: weakref.ref[_Ancestors] | None) -> None:
        self.work = work

    def __reduce__(self) -> tuple[Any, ...]:
        _writing.work = self.work
        return bool, ()


class _Writing(threading.local):
    """The ancestors that the pickler at work is writing, in this thread.

    A pickler that fails cannot say so; the reference dies with what it was writing.
    """

    work: weakref.ref[_Ancestors] | None = None

    def has_written(self, node: Any) -> bool:
        """Tell whether the node's ancestors stand before it in the pickle."""
        ancestors = self.work() if self.work else None
        return ancestors is not None and id(node) in ancestors.ids


_writing = _Writing()
