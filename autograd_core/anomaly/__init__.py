"""Where a nan comes from.

The first value or gradient of a computation that is inf or nan, with its operands, its
line and what led to it: `detect_anomaly` looks while something is computed, and
`first_nonfinite` at a graph that stands. Both give an `Anomaly`, whose text is the
answer.
"""

from .detection import detect_anomaly, first_nonfinite
from .report import Anomaly

__all__ = ["Anomaly", "detect_anomaly", "first_nonfinite"]
