"""Pictures of a graph: how values are computed, and how gradients flow back.

Of a graph, given its root:

- `render(root, path)` writes a file: .svg, .png, .pdf, .html, .dot, .mmd, .json, .txt;
- `to_html(root, path)` writes one page that opens offline and plays both passes;
- `draw(root)` is a `graphviz.Digraph` that shows itself in a notebook;
- `to_dot(root)`, `to_mermaid(root)` and `to_json(root)` are the picture as text, and
  `to_tree(root)` is a table for a terminal;
- `diff(before, after)` is one picture of two passes: what changed, and by how much;
- `renderers()` names the programs at hand. SVG needs none of them.
- `python -m viz SCRIPT.py --root loss -o flow.html` draws a value of any script.

Each takes the same options (`Options`): `names=locals()` for values without a label,
`depth=1` to see modules as boxes, `focus=node, radius=2` for a neighbourhood,
`top_paths=3` for the paths that carry most of the gradient, `expand=True` to take fused
operations apart, `theme="dark"`. Above 60 boxes modules are closed by themselves.

Of a network, given the model and its loss:

- `flow(model, loss)` draws the signal forward beside the gradient backward;
- `flow_report(model, loss)` measures each layer and says whether it is healthy;
- `FlowRecorder(model)` does so at the steps of a training run;
- `plots` has curves, histograms, decision boundaries and saliency, by matplotlib.

Every picture of a graph starts as one description, `viz.picture`: what stands in each
box and on each arrow. The writers read that and never look at the graph.
"""

from . import plots
from .comparison import diff
from .dot import to_dot
from .gradient_flow import (
    FlowRecorder,
    FlowReport,
    LayerFlow,
    Thresholds,
    flow_report,
)
from .html import to_html
from .mermaid import to_mermaid
from .moment import Moment
from .network import Flow, flow
from .notebook import draw
from .programs import RenderError, renderers
from .rendering import render
from .schema import to_json
from .tree import to_tree
from .view import Options

__all__ = [
    "Flow",
    "FlowRecorder",
    "FlowReport",
    "LayerFlow",
    "Moment",
    "Options",
    "RenderError",
    "Thresholds",
    "diff",
    "draw",
    "flow",
    "flow_report",
    "plots",
    "render",
    "renderers",
    "to_dot",
    "to_html",
    "to_json",
    "to_mermaid",
    "to_tree",
]
