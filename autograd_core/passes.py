"""Which backward passes have run, for those who look at a program from outside.

A node does not know what was made of it, so a question about a gradient needs the root
that was differentiated. The latest root of each thread is remembered, weakly; who
listens is told of each pass, and may keep its root.
"""

import threading
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

__all__ = ["latest_root", "listening", "note"]


class _State(threading.local):
    root: Any = staticmethod(lambda: None)


_state = _State()
_listeners: list[Callable[[Any], None]] = []


def note(root: Any) -> None:
    """Remember that a backward pass from `root` is complete."""
    _state.root = weakref.ref(root)
    for listener in _listeners:
        listener(root)


def latest_root() -> Any:
    """Return the root of this thread's latest `backward()`, None where it is gone.

    >>> from autograd_core import Value
    >>> y = Value(3) * 2
    >>> y.backward()
    >>> latest_root() is y
    True
    """
    return _state.root()


@contextmanager
def listening(listener: Callable[[Any], None]) -> Iterator[None]:
    """Call `listener` with the root of each backward pass that completes inside.

    >>> from autograd_core import Value
    >>> roots = []
    >>> with listening(roots.append):
    ...     (Value(3) * 2).backward()
    >>> roots
    [Value(data=6.0, grad=1.0)]
    """
    _listeners.append(listener)
    try:
        yield
    finally:
        _listeners.remove(listener)
