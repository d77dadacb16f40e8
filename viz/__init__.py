"""Pictures of a graph: how values are computed, and how gradients flow back.

- `to_dot(root)` is the picture as DOT text, for any Graphviz program;
- `draw(root)` is a `graphviz.Digraph` that shows itself in a notebook;
- `render(root, path)` writes a file: .svg, .png, .pdf, .dot or .gv;
- `diff(before, after)` is one picture of two passes: what changed, and by how much;
- `renderers()` names the programs at hand. SVG needs none of them.

Each takes the same options (`Options`): `names=locals()` for values without a label,
`depth=1` to see modules as boxes, `focus=node, radius=2` for a neighbourhood,
`top_paths=3` for the paths that carry most of the gradient, `expand=True` to take fused
operations apart, `theme="dark"`. Above `limit` boxes modules are closed by themselves.

Every picture starts as one description, `viz.picture`: what stands in each box and on
each arrow. The writers read that description and never look at the graph.
"""

from .comparison import diff
from .dot import to_dot
from .files import render
from .notebook import draw
from .programs import RenderError, renderers
from .view import Options

__all__ = [
    "Options",
    "RenderError",
    "diff",
    "draw",
    "render",
    "renderers",
    "to_dot",
]
