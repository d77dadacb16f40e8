"""How activations and gradients fare from layer to layer, and whether that is healthy.

- `flow_report(model, loss)` measures every layer and gives it a verdict; printed, it is
  a table with the thresholds it was judged by and what usually helps;
- `Thresholds` names those limits and says where each comes from;
- `FlowRecorder(model)` keeps a report of the steps of a training run.

Each module answers one question: `layers` which numbers belong to which layer,
`activity` when a unit passes no gradient, `measurement` what is measured, `verdicts`
what it means, `table` how it is written.
"""

from .measurement import LayerFlow
from .recorder import FlowRecorder
from .report import FlowReport, flow_report
from .statistics import Statistics
from .thresholds import Thresholds

__all__ = [
    "FlowRecorder",
    "FlowReport",
    "LayerFlow",
    "Statistics",
    "Thresholds",
    "flow_report",
]
