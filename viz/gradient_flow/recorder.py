"""A flow report of the steps of a training run, with the size of each update."""

from typing import TYPE_CHECKING, Any, Protocol

from autograd_core import Value
from autograd_core.errors import OperandError, ShapeError

from .layers import Model, parameters_of
from .report import FlowReport, flow_report
from .thresholds import DEFAULT, Thresholds

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["FlowRecorder"]


class Step(Protocol):
    """What is asked of a step of training, such as an `nn.Step`."""

    @property
    def number(self) -> int:
        """How many steps came before."""

    @property
    def loss(self) -> Value:
        """The root of the graph, after its backward pass."""


class FlowRecorder:
    """Keep a report of every `every`-th step; a callback for `nn.fit`.

    `reports` is the list of (number of the step, report). A report is made before the
    parameters move; its update ratios are those of the move just before, so the first
    one has none. Only the parameters' numbers are kept from step to step.

    >>> import nn
    >>> model = nn.MLP(1, [2, 1], seed=0)
    >>> recorder = FlowRecorder(model, every=5)
    >>> history = nn.fit(model, [[0.0], [1.0]], [1.0, 3.0], loss=nn.mse_loss,
    ...                  optimizer=nn.SGD(model.parameters(), lr=0.1), epochs=11,
    ...                  progress=False, callbacks=[recorder])
    >>> [(number, report.verdict) for number, report in recorder.reports]
    [(0, 'healthy'), (5, 'healthy'), (10, 'healthy')]

    In a loop of one's own, call `record(loss)` between `backward()` and `step()`.
    """

    def __init__(
        self,
        model: Model,
        every: int = 1,
        *,
        thresholds: Thresholds = DEFAULT,
        depth: int | None = None,
    ) -> None:
        """Choose the model, how often it is looked at, and the limits."""
        if type(every) is not int or every < 1:
            raise ShapeError(f"every takes a number of steps from 1 up, not {every!r}")
        self._parameters = parameters_of(model)
        self.model, self.every = model, every
        self.thresholds, self.depth = thresholds, depth
        self.reports: list[tuple[int, FlowReport]] = []
        self._before: dict[str, float] | None = None
        self._number = 0

    def __call__(self, step: Step) -> None:
        """Look at a step of `nn.fit`."""
        if not hasattr(step, "loss") or not hasattr(step, "number"):
            raise OperandError(
                "a FlowRecorder is called with an nn.Step, as by "
                f"fit(..., callbacks=[recorder]); got {type(step).__name__}. With a "
                "loss, call record(loss)"
            )
        self.record(step.loss, step.number)

    def record(self, loss: Value, number: int | None = None) -> None:
        """Look at a step, number `number` or one more than the last one."""
        number = self._number if number is None else number
        now = {name: p.data for name, p in self._parameters.items()}
        if number % self.every == 0:
            before = self._before
            updates = before and {name: now[name] - before[name] for name in now}
            options: Any = {"thresholds": self.thresholds, "depth": self.depth}
            report = flow_report(self.model, loss, updates=updates, **options)
            self.reports.append((number, report))
        self._before, self._number = now, number + 1

    def plot(self, path: Any = None) -> "Figure":
        """Return the figure of `viz.plots.flow`, and save it if a path is given."""
        from ..plots import flow

        return flow(self, path=path)
