"""Which backward passes have run, for those who look at a program from outside.

A node does not know what was made of it, so a question about a gradient needs the root
that was differentiated. The latest root of each thread is remembered, weakly; who
listens is told of each pass, in any thread, and may keep its root.
"""

import threading
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

__all__ = ["latest_root", "listening", "note"]

Listener = Callable[[Any], object]


class _State(threading.local):
    root: Any = staticmethod(lambda: None)


class _Listening:
    """Who is told: a tuple that is replaced, so that a pass may read it any time."""

    listeners: tuple[Listener, ...] = ()


_state = _State()
_listening = _Listening()
_changing = threading.Lock()


def note(root: Any) -> None:
    """Remember that a backward pass from `root` is complete, and tell who listens."""
    _state.root = weakref.ref(root)
    if _listening.listeners:
        _tell(root, _listening.listeners)


def _tell(root: Any, listeners: tuple[Listener, ...]) -> None:
    """Tell all of them, also after one of them has failed."""
    errors: list[BaseException] = []
    for listener in listeners:
        try:
            listener(root)
        except BaseException as error:  # one that ends the program is raised below too
            errors.append(error)
    if errors:
        raise errors[0]


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
def listening(listener: Listener) -> Iterator[None]:
    """Call `listener` with the root of each backward pass that completes inside.

    It is called in the thread of the pass. What it raises is raised by `backward()`,
    when the gradients are there and all other listeners are told.

    >>> from autograd_core import Value
    >>> roots = []
    >>> with listening(roots.append):
    ...     (Value(3) * 2).backward()
    >>> roots
    [Value(data=6.0, grad=1.0)]
    """

    def told(root: Any) -> None:  # one for each context, to be found again by identity
        listener(root)

    with _changing:
        _listening.listeners += (told,)
    try:
        yield
    finally:
        with _changing:
            _listening.listeners = tuple(
                other for other in _listening.listeners if other is not told
            )
