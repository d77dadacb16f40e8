"""What is recorded of an operation besides its numbers.

`no_grad` records nothing, `scope` names the module at work, `record_source` keeps the
line, a detector looks for numbers that are not finite, `sharing` finds the node that
stands already, `tracing` keeps all for a program, `Evaluation` notes the leaves that a
function makes. Each belongs to the thread that opened it, so that one thread's
evaluation never loses another's gradients; two of them can be switched on for all
threads. Making a node asks the counters of what is open in any thread: while there is
nothing, the usual case, they are all that recording costs.
"""

import threading
from collections.abc import Iterator
from contextlib import ContextDecorator, contextmanager
from math import isfinite
from typing import Any

from .source import calling

__all__ = [
    "NOT_RUN",
    "Evaluation",
    "no_grad",
    "record_source",
    "scope",
    "sharing",
    "tracing",
]

NOT_RUN = float("0")
"""The gradient of a node that no backward pass has reached, told by its identity."""

detours = 0  # contexts that make an operation do more than make its node
notes = 0  # scopes, and watchers: what looks at each new node
watchers = 0  # what keeps sources or looks for numbers that are not finite
leaf_notes = 0  # evaluations, and watchers
_counting = threading.RLock()


class _State(threading.local):
    """What is open in one thread."""

    def __init__(self) -> None:
        self.pauses = 0
        self.shared: Any = None
        self.trace: Any = None
        self.sources = 0
        self.detectors: list[Any] = []
        self.scope = ""
        self.outer_scopes: list[str] = []
        self.evaluation: Evaluation | None = None


class _Everywhere:
    """What is switched on for all threads."""

    sources = False
    detector: Any = None


state = _State()
everywhere = _Everywhere()


def _count(
    detour: int = 0, scope: int = 0, watcher: int = 0, evaluation: int = 0
) -> None:
    global detours, notes, watchers, leaf_notes
    with _counting:
        detours += detour
        notes += scope + watcher
        watchers += watcher
        leaf_notes += evaluation + watcher


def switch(name: str, setting: Any) -> None:
    """Set what holds in every thread: `sources` or the `detector`."""
    with _counting:
        turned_on = bool(setting) - bool(getattr(everywhere, name))
        setattr(everywhere, name, setting)
        _count(watcher=turned_on)


def note_leaf(leaf: Any, depth: int = 3) -> None:
    """Do with a new leaf what the contexts open in this thread ask for.

    The caller outside of this package is `depth` frames up, or more.
    """
    evaluation = state.evaluation
    if evaluation is not None and leaf.requires_grad:
        evaluation.leaves.append(leaf)
    if state.sources or everywhere.sources or everywhere.detector:
        leaf._instruction = calling(depth)


def watch(node: Any, depth: int = 3) -> None:
    """Do with a new node what the watchers of this thread ask for.

    The caller outside of this package is `depth` frames up, or more.
    """
    if state.sources or everywhere.sources or everywhere.detector:
        node._instruction = calling(depth)
    if not isfinite(node._y) and (found_by := detector()) is not None:
        found_by.look_at(node)


def detector() -> Any:
    """Return what looks for numbers that are not finite in this thread, or None."""
    return state.detectors[-1] if state.detectors else everywhere.detector


def open_detector(detector: Any) -> None:
    """Have it look at what this thread computes; None looks at nothing."""
    state.detectors.append(detector)
    _count(watcher=+1)


def close_detector(detector: Any) -> None:
    """Undo the last `open_detector` of it, which a generator may do out of order."""
    opened = state.detectors
    del opened[max(i for i, other in enumerate(opened) if other is detector)]
    _count(watcher=-1)


@contextmanager
def undetected() -> Iterator[None]:
    """Compute without anybody looking at the numbers."""
    open_detector(None)
    try:
        yield
    finally:
        close_detector(None)


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
def tracing(trace: Any) -> Iterator[None]:
    """Let `trace` make each node, and each comparison, of this thread."""
    outer, state.trace = state.trace, trace
    _count(detour=+1)
    try:
        yield
    finally:
        state.trace = outer
        _count(detour=-1)


class record_source(ContextDecorator):  # noqa: N801 - as no_grad
    """Keep with each node which expression of the caller made it.

    Pictures and messages then name the file and the line, and underline the expression.
    It costs 0.3 to 0.6 µs a node. It holds for this thread; `record_source.enable()`
    holds for every thread until `record_source.disable()`.

    >>> from autograd_core import Value
    >>> x = Value(3)
    >>> with record_source():
    ...     y = x * x + 1
    >>> y.source is None, (x * x).source is None
    (False, True)
    """

    def __enter__(self) -> None:
        state.sources += 1
        _count(watcher=+1)

    def __exit__(self, *_: object) -> None:
        state.sources -= 1
        _count(watcher=-1)

    @staticmethod
    def enable() -> None:
        """Keep sources in every thread, from now on.

        >>> from autograd_core import Value
        >>> record_source.enable()
        >>> x = Value(3)
        >>> record_source.disable()
        >>> x.source is None
        False
        """
        switch("sources", True)

    @staticmethod
    def disable() -> None:
        """Undo `enable`; a context that is open stays open."""
        switch("sources", False)


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
