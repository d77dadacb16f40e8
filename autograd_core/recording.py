"""What is recorded of an operation besides its numbers.

`no_grad` records nothing, `scope` names the module at work. Both belong to the thread
that opened them, so that one thread's evaluation never loses another's gradients.
Building a node asks the counters `pauses` and `scopes` of contexts open in any thread:
while there are none, which is the usual case, they are all that recording costs.
"""

import threading
from contextlib import ContextDecorator

__all__ = ["NOT_RUN", "no_grad", "scope"]

NOT_RUN = float("0")
"""The gradient of a node that no backward pass has reached, told by its identity."""

pauses = 0
scopes = 0
_counting = threading.Lock()


class _State(threading.local):
    """What is open in one thread."""

    def __init__(self) -> None:
        self.pauses = 0
        self.scope = ""
        self.outer_scopes: list[str] = []


state = _State()


def _count(pause: int = 0, scope: int = 0) -> None:
    global pauses, scopes
    with _counting:
        pauses += pause
        scopes += scope


class no_grad(ContextDecorator):  # noqa: N801 - PyTorch's name, a context and decorator
    """Compute without recording: results are constants with no parents.

    >>> from autograd_core import Value
    >>> x = Value(3)
    >>> with no_grad():
    ...     y = x * x
    >>> y, y.parents, y.requires_grad
    (Value(data=9.0, grad=0.0), (), False)
    """

    def __enter__(self) -> None:
        state.pauses += 1
        _count(pause=+1)

    def __exit__(self, *_: object) -> None:
        state.pauses -= 1
        _count(pause=-1)


class scope:  # noqa: N801 - read at the call as a statement, like no_grad
    """Name the part of a model whose nodes are made inside; scopes nest.

    >>> from autograd_core import Value
    >>> with scope("encoder"), scope("layer"):
    ...     y = Value(1) + 2
    >>> y.scope
    'encoder.layer'
    """

    def __init__(self, name: str) -> None:
        if not isinstance(name, str):
            raise TypeError(f"scope(name) takes a str, not {name!r}")
        self.name = name

    def __enter__(self) -> None:
        outer = state.scope
        state.outer_scopes.append(outer)
        state.scope = f"{outer}.{self.name}" if outer else self.name
        _count(scope=+1)

    def __exit__(self, *_: object) -> None:
        state.scope = state.outer_scopes.pop()
        _count(scope=-1)
