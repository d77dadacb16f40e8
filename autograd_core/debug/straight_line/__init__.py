"""A graph as straight-line Python: both passes, one node a line.

`listing` lays out the lines that `passes` yields for the nodes that `written_nodes`
names; `partial_text` writes their local derivatives, and `generated` runs the result.
"""

from .generated import GeneratedCode
from .listing import to_python

__all__ = ["GeneratedCode", "to_python"]
