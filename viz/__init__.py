"""Pictures of a graph: one box per `Value`, one arrow per operand.

- `to_dot(root)` is the picture as DOT text, for any Graphviz program;
- `draw(root)` is a `graphviz.Digraph` that shows itself in a notebook;
- `render(root, path)` writes a file: .svg, .png, .pdf, .dot or .gv;
- `renderers()` names the programs at hand. SVG needs none of them.

Every picture starts as one description, `viz.picture`: what stands in each box and on
each arrow. `viz.dot` and `viz.svg` write that description and never look at the graph.
"""

from .dot import to_dot
from .files import render
from .notebook import draw
from .programs import RenderError, renderers

__all__ = [
    "RenderError",
    "draw",
    "render",
    "renderers",
    "to_dot",
]
