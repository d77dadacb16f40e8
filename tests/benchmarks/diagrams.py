"""How long a picture takes: DOT text, SVG and a page, for graphs of four sizes.

Beside it stands what micrograd's notebook does, a box for each value and one for each
operation through the package graphviz, up to where its DOT text can still be laid out;
and torchviz on the same network in PyTorch, where both are installed.
"""

import argparse
import tempfile
import warnings
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

import graphviz

import nn
import viz
from autograd_core import Value, topological_order

from .timing import machine, table, verdict

NETWORKS = {
    100: (2, [8, 1], 2),
    1_000: (16, [16, 16, 10], 2),
    5_000: (64, [64, 10], 1),
    100_000: (64, [16, 10], 850),
}
LARGEST_GOALS = {"picture": 10.0, "to_dot": 5.0}


def loss_of(n_in: int, widths: list[int], examples: int) -> Value:
    """Return the loss of a network on some examples, after its backward pass."""
    model = nn.MLP(n_in, widths, seed=0)
    outputs = [model([0.01 * i * j for j in range(n_in)]) for i in range(examples)]
    if widths[-1] == 1:
        loss = nn.mse_loss(outputs, [1.0] * examples)
    else:
        loss = nn.cross_entropy(outputs, [3] * examples)
    loss.backward()
    return loss


def notebook_dot(root: Value) -> str:
    """Return the DOT text of micrograd's notebook: a record a value, a circle an op."""
    dot = graphviz.Digraph(format="svg", graph_attr={"rankdir": "LR"})
    for node in topological_order(root):
        name = str(id(node))
        text = f"{{ data {node.data:.4f} | grad {node.grad:.4f} }}"
        dot.node(name=name, label=text, shape="record")
        if node.op is not None:
            dot.node(name=name + node.op.name, label=node.op.name)
            dot.edge(name + node.op.name, name)
        for parent in set(node.parents):
            dot.edge(str(id(parent)), name + (node.op.name if node.op else ""))
    return str(dot.source)


def torchviz_dot(n_in: int, widths: list[int], examples: int) -> Callable[[], Any]:
    """Return what draws the same network in PyTorch; an ImportError without it."""
    import torch
    from torchviz import make_dot

    sizes = [n_in, *widths]
    layers: list[Any] = []
    for a, b in zip(sizes, widths, strict=False):
        layers += [torch.nn.Linear(a, b), torch.nn.Tanh()]
    model = torch.nn.Sequential(*layers[:-1])
    loss = model(torch.rand(examples, n_in)).square().mean()
    return lambda: make_dot(loss, params=dict(model.named_parameters())).source


def seconds(work: Callable[[], Any], runs: int) -> float:
    """Return the median time of some runs."""
    times = []
    for _ in range(runs):
        start = perf_counter()
        work()
        times.append(perf_counter() - start)
    return median(times)


def rows(folder: Path) -> Iterator[list[str]]:
    """Yield a line for each size."""
    for size, network in NETWORKS.items():
        root = loss_of(*network)
        nodes, runs = len(topological_order(root)), 1 if size > 5_000 else 3
        works: dict[str, Callable[[], Any]] = {
            "to_dot": partial(viz.to_dot, root),
            "picture": partial(viz.render, root, folder / "picture.svg"),
            "to_html": partial(viz.to_html, root, folder / "page.html"),
            "notebook": partial(notebook_dot, root),
        }
        times = {name: seconds(work, runs) for name, work in works.items()}
        page = (folder / "page.html").stat().st_size
        goals = LARGEST_GOALS if size == 100_000 else {}
        yield [
            f"{nodes:,}",
            *(_cell(times[name], goals.get(name)) for name in works),
            f"{page / 1e6:.2f} MB",
            _peer(network, runs),
        ]


def _cell(time: float, goal: float | None) -> str:
    said = verdict(goal, goal is not None and time <= goal)
    return f"{time:.2f}" + (f" (goal {said})" if said else "")


def _peer(network: tuple[int, list[int], int], runs: int) -> str:
    try:
        return f"{seconds(torchviz_dot(*network), runs):.2f}"
    except ImportError:
        return "-"


def main() -> None:
    """Measure and print."""
    argparse.ArgumentParser(description=__doc__.splitlines()[0]).parse_args()
    warnings.simplefilter("ignore")
    print(machine("autograd-core", "graphviz", "graphviz-pure"), end="\n\n")
    print(f"renderers at hand: {', '.join(viz.renderers())}; seconds\n")
    heads = ["nodes", "DOT", "SVG", "page", "notebook's DOT", "page size", "torchviz"]
    with tempfile.TemporaryDirectory() as folder:
        print(table(heads, rows(Path(folder))))


if __name__ == "__main__":
    main()
