"""Where the first inf or nan of a computation was made.

`detect_anomaly` looks at each operation while it is open and at each pass of a
gradient; `first_nonfinite` looks through a graph that stands. A pass runs at its usual
speed: only when its results are not finite is it walked again, a product at a time and
in the same order, up to the first one that is not.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ContextDecorator
from math import isfinite
from typing import Any

from .. import recording
from ..errors import AnomalyError, OperandError, UnknownNameError
from ..graph import topological_order
from ..linearization import ancestors
from ..real import described
from ..value import Value
from .blame import chain_to
from .flow import Flow, edges_of_pass
from .report import Anomaly, Kind

__all__ = ["detect_anomaly", "first_nonfinite"]


class detect_anomaly(ContextDecorator):  # noqa: N801 - PyTorch's name
    """Raise `AnomalyError` at the first value or gradient that is inf or nan.

    Each operation is looked at, under `no_grad` too, and each pass of `backward()`, of
    `grad` and its kin. A leaf may be inf, for it was put there by somebody. `where`
    takes two numbers that were both computed, so an inf in the branch that it does not
    take counts. Sources are recorded meanwhile. After the error of a pass every leaf
    has the gradient it had before.

    `on_anomaly` is "raise", or "debug" to open the debugger there before it is raised,
    or a function of the `Anomaly`; where that returns, the computation goes on.

    It holds for this thread; `detect_anomaly.enable(on_anomaly)` holds for all of them
    until `detect_anomaly.disable()`.

    >>> from autograd_core import log
    >>> p = Value(0.0, label="p")
    >>> with detect_anomaly():
    ...     loss = -log(p)
    Traceback (most recent call last):
    ...
    autograd_core.errors.AnomalyError: -inf is the value of log(p), where p = 0.0
      log(x) is defined for x > 0; here x is 0.0
    ...
    >>> seen = []
    >>> with detect_anomaly(on_anomaly=seen.append):
    ...     loss = -log(p)
    >>> [anomaly.node.op.name for anomaly in seen]
    ['log', 'neg']

    Raises `UnknownNameError`, a `ValueError`, or `OperandError`, a `TypeError`, for
    another `on_anomaly`.
    """

    def __init__(self, on_anomaly: str | Callable[[Anomaly], Any] = "raise") -> None:
        if isinstance(on_anomaly, str):
            if on_anomaly not in _ACTIONS:
                raise UnknownNameError("on_anomaly", on_anomaly, _ACTIONS)
            on_anomaly = _ACTIONS[on_anomaly]
        elif not callable(on_anomaly):
            raise OperandError(
                "detect_anomaly(on_anomaly) takes 'raise', 'debug' or a function of "
                f"the anomaly, not {described(on_anomaly)}"
            )
        self._act = on_anomaly

    def __enter__(self) -> None:
        recording.open_detector(self)
        recording.state.sources += 1

    def __exit__(self, *_: object) -> None:
        recording.state.sources -= 1
        recording.close_detector(self)

    @staticmethod
    def enable(on_anomaly: str | Callable[[Anomaly], Any] = "raise") -> None:
        """Detect in every thread, from now on.

        >>> from autograd_core import exp
        >>> seen = []
        >>> detect_anomaly.enable(on_anomaly=seen.append)
        >>> y = exp(Value(1000.0))
        >>> detect_anomaly.disable()
        >>> len(seen)
        1
        """
        recording.switch("detector", detect_anomaly(on_anomaly))

    @staticmethod
    def disable() -> None:
        """Undo `enable`; a context that is open stays open."""
        recording.switch("detector", None)

    def look_at(self, node: Any) -> None:
        """Take notice of a new node whose value is not finite."""
        self._report(Anomaly("value", node, node, chain_to(node)))

    def look_at_pass(
        self,
        root: Any,
        order: Sequence[Any],
        leaves: Sequence[tuple[Any, float]],
        changed: Mapping[Any, float],
    ) -> None:
        """Look at the gradients of a backward pass, before the leaves add theirs.

        `order` is that of the pass, `leaves` come with the gradients that they had, and
        `changed` are the gradients that went through hooks.
        """
        reached = [*order, *(leaf for leaf, _ in leaves)]
        if changed or not all(map(isfinite, [node._grad for node in reached])):
            self._report(_in_pass(root, order, changed))
        for leaf, before in leaves:
            sent = leaf._grad
            if isfinite(before) and isfinite(sent) and not isfinite(before + sent):
                factors = (None, before, None, sent)
                self._report(Anomaly("gradient", root, leaf, (leaf,), *factors))

    def look_at_flow(
        self,
        kind: Kind,
        roots: Sequence[Any],
        nodes: Sequence[Any],
        edges: Iterable[tuple[int, int, Any]],
        seeds: Sequence[Any],
        sums: Sequence[Any],
        times: Callable[[Any, Any], Any],
    ) -> None:
        """Look at what went along the edges of a `Linearization`."""
        if all(x is None or isfinite(_number(x)) for x in sums):
            return
        pairs = zip(nodes, seeds, strict=False)
        numbers = {node: _number(x) for node, x in pairs if x is not None}
        root = next((node for node in roots if node in numbers), roots[-1])
        flow = Flow(kind, root, numbers, times=times)
        along = ((nodes[i], nodes[j], _number(local)) for i, j, local in edges)
        self._report(flow.first_nonfinite(along))

    def _report(self, anomaly: Anomaly | None) -> None:
        if anomaly is not None:
            with recording.undetected():
                self._act(anomaly)


def _raise(anomaly: Anomaly) -> None:
    raise AnomalyError(anomaly)


def _debug(anomaly: Anomaly) -> None:
    from ..debug import debug  # the engine offers the tool that explains it

    debug(anomaly.root, anomaly=anomaly)
    raise AnomalyError(anomaly)


_ACTIONS: dict[str, Callable[[Anomaly], None]] = {"debug": _debug, "raise": _raise}


def _in_pass(
    root: Any, order: Sequence[Any], changed: Mapping[Any, float]
) -> Anomaly | None:
    flow = Flow("gradient", root, {root: 1.0}, changed=changed)
    return flow.first_nonfinite(edges_of_pass(order, flow.sums))


def _number(x: Any) -> float:
    return float(x.data) if isinstance(x, Value) else float(x)


def first_nonfinite(root: Value) -> Anomaly | None:
    """Return the first inf or nan in the graph below `root`, None if there is none.

    The values come first, in topological order, a leaf or a constant that is not finite
    among them; then what a backward pass adds to gradients, product by product. No
    node's `grad` is read or changed, and no hook is called.

    >>> from autograd_core import sqrt
    >>> x = Value(0.0, label="x")
    >>> anomaly = first_nonfinite(sqrt(x) * 0)
    >>> print(anomaly.text)
    nan is what sqrt(x) sends to the gradient of 'x', where x = 0.0
      it is 0.0 * inf: the gradient of sqrt(x), times the derivative of sqrt(x) by x
      sqrt(x) is not differentiable where x is 0.0
      0.0 * inf is not a number
    ...

    Raises `OperandError`, a `TypeError`, for what is no Value.
    """
    if not isinstance(root, Value):
        raise OperandError(f"first_nonfinite takes a Value, not {described(root)}")
    for node in topological_order(root):
        if not isfinite(node.data):
            return Anomaly("value", root, node, chain_to(node))
    order, _ = ancestors([root])
    return _in_pass(root, order[::-1], {}) if root.requires_grad else None
