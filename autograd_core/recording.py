"""What is recorded of an operation besides its numbers.

`no_grad` records nothing, `scope` names the module at work, `sharing` finds the node
that stands already, `Evaluation` notes the leaves that a function makes. Each belongs
to the thread that opened it, so that one thread's evaluation never loses another's
gradients. Making a node asks the counters `detours`, `scopes` and `evaluations` of
contexts open in any thread: while there are none, which is the usual case, they are all
that recording costs.
"""

import threading
from collections.abc import Iterator
from contextlib import ContextDecorator, contextmanager
from typing import Any

__all__ = ["NOT_RUN", "Evaluation", "record_source", "no_grad", "scope", "sharing"]

NOT_RUN = float("0")
"""The gradient of a node that no backward pass has reached, told by its identity."""

detours = 0  # contexts that make an operation do more than make its node
scopes = 0
evaluations = 0
_counting = threading.Lock()


class _State(threading.local):
    """What is open in one thread."""

    def __init__(self) -> None:
        self.pauses = 0
        self.shared: Any = None
        self.keeps_sources = False
        self.scope = ""
        self.outer_scopes: list[str] = []
        self.evaluation: Evaluation | None = None


state = _State()


def _count(detour: int = 0, scope: int = 0, evaluation: int = 0) -> None:
    global detours, scopes, evaluations
    with _counting:
        detours += detour
        scopes += scope
        evaluations += evaluation


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
        _count(detour=+1)

    def __exit__(self, *_: object) -> None:
        state.pauses -= 1
        _count(detour=-1)


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


@contextmanager
def sharing(nodes: Any) -> Iterator[None]:
    """Take the result of each operation from `nodes`, which finds it or makes it."""
    outer, state.shared = state.shared, nodes
    _count(detour=+1)
    try:
        yield
    finally:
        state.shared = outer
        _count(detour=-1)


@contextmanager
def record_source() -> Iterator[None]:
    """Keep with each node which expression of the caller made it.

    Pictures and messages then name the file and the line, and underline the expression.
    It costs some 0.3 µs a node.

    >>> from autograd_core import Value
    >>> x = Value(3)
    >>> with record_source():
    ...     y = x * x + 1
    >>> y.source is None, (x * x).source is None
    (False, True)
    """
    outer, state.keeps_sources = state.keeps_sources, True
    _count(detour=+1)
    try:
        yield
    finally:
        state.keeps_sources = outer
        _count(detour=-1)


class Evaluation:
    """Record what a function computes, whatever contexts are open around it.

    `leaves` are the leaves that need a gradient and were made by the function itself.
    """

    def __init__(self) -> None:
        self.leaves: list[Any] = []

    def __enter__(self) -> "Evaluation":
        self._outer = state.evaluation, state.pauses, state.shared
        state.evaluation, state.pauses, state.shared = self, 0, None
        _count(evaluation=+1)
        return self

    def __exit__(self, *_: object) -> None:
        outer, state.pauses, state.shared = self._outer
        state.evaluation = outer
        if outer is not None:  # what the inner function made, the outer one made
            outer.leaves += self.leaves
        _count(evaluation=-1)
