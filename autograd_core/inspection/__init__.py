"""What every tool that shows a graph to a person needs.

Names for values, numbers and labels as text, a script's values, the heaviest paths of a
gradient, and fused operations taken apart: diagrams and the debugger show the same
things by the same words, so these stand between the engine and both.
"""

from ..text import counted, number, one_line
from .expand import Expansion, expanded
from .lookup import ends, find, only_end
from .names import named_values
from .paths import HeavyPath, heaviest_paths
from .script import ScriptError, divided, run

__all__ = [
    "Expansion",
    "HeavyPath",
    "ScriptError",
    "counted",
    "divided",
    "ends",
    "expanded",
    "find",
    "heaviest_paths",
    "named_values",
    "number",
    "one_line",
    "only_end",
    "run",
]
