"""Write every kind of picture there is, from training on the digits, and an index.

A small network is trained on handwritten digits while a recorder watches. Then its
loss is drawn whole, by module, around one neuron, along its heaviest paths and before
and after a step; the network itself with signal and gradient side by side; and what
went wrong in a network that was set up badly. `index.html` shows them all.
"""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import fmean
from typing import Any

import nn
import viz
from autograd_core import Value
from autograd_core.errors import MissingExtraError
from demos import first_session
from demos.command import command, output_folder
from demos.datasets import load_digits
from demos.pages import figure, write_page

EXAMPLES = 400
Write = Callable[[Path], Any]

TEXTS = {
    ".dot": "DOT text",
    ".mmd": "Mermaid",
    ".json": "data",
    ".txt": "a tree for a terminal",
    ".png": "pixels",
}


class Gallery:
    """A folder of pictures, each with what it shows."""

    def __init__(self, folder: Path) -> None:
        """Begin without pictures."""
        self._folder = folder
        self._shown: list[tuple[str, str]] = []

    def add(self, name: str, caption: str, write: Write) -> None:
        """Write one picture, or say what would have to be installed for it."""
        try:
            write(self._folder / name)
        except MissingExtraError as missing:
            print(f"{name}: left out. {missing}")
            return
        self._shown.append((name, caption))
        print(f"{name}: {caption}")

    def write_index(self) -> Path:
        """Write the page that shows them."""
        body = "".join(figure(name, caption) for name, caption in self._shown)
        return write_page(self._folder / "index.html", "Gallery", body)


def train() -> tuple[nn.MLP, nn.History, viz.FlowRecorder, list[float]]:
    """Return a model, its history, what a recorder saw, and accuracies by epoch."""
    images, digits = load_digits()
    seen, right = images[:EXAMPLES], digits[:EXAMPLES]
    model = nn.MLP(64, [16, 10], activation="tanh", seed=0)
    recorder = viz.FlowRecorder(model, every=5)
    optimizer = nn.Adam(model.parameters(), lr=0.01)
    history, accuracies = nn.History(), []
    for epoch in range(6):
        part = nn.fit(
            model,
            seen,
            right,
            loss=nn.cross_entropy,
            optimizer=optimizer,
            seed=epoch,
            progress=False,
            callbacks=[recorder],
        )
        history.loss += part.loss
        history.epoch_loss += part.epoch_loss
        accuracies.append(nn.accuracy(model, seen, right))
    return model, history, recorder, accuracies


def loss_of(model: nn.MLP, count: int) -> Value:
    """Return the loss of a model on the first examples, after its backward pass."""
    images, digits = load_digits()
    model.zero_grad()
    loss = nn.cross_entropy([model(x) for x in images[:count]], digits[:count])
    loss.label = "loss"
    loss.backward()
    return loss


def add_graphs(gallery: Gallery, model: nn.MLP) -> None:
    """Draw the graph of the loss, as a whole and in part."""
    bias = model.layers[1].neurons[3].bias
    draw: dict[str, tuple[int, str, dict[str, Any]]] = {
        "modules.svg": (32, "The loss of 32 digits: modules and repeats closed.", {}),
        "neurons.svg": (1, "The loss of one digit, neuron by neuron.", {"depth": 2}),
        "focus.svg": (
            1,
            "What is two arrows from one bias, the other neurons closed.",
            {"focus": bias, "radius": 2, "depth": 2},
        ),
        "paths.svg": (
            1,
            "The five paths that carry most of the gradient.",
            {"top_paths": 5},
        ),
        "page.html": (
            1,
            "The loss of one digit as a page: zoom, search, and play both passes.",
            {},
        ),
    }
    for name, (count, caption, options) in draw.items():
        root = loss_of(model, count)
        gallery.add(name, caption, partial(viz.render, root, **options))


def add_small_graphs(gallery: Gallery) -> None:
    """Draw graphs that can be read whole: in both themes, taken apart, compared."""
    gallery.add("neuron.svg", "One neuron.", first_session.draw_first_graph)
    gallery.add("moment.svg", "In a backward pass.", first_session.draw_moment)
    gallery.add("network.svg", "A 2-3-1 network.", first_session.draw_network)
    gallery.add("expanded.svg", "Its operations taken apart, in the dark.", expanded)
    gallery.add("step.svg", "Before and after a step of training.", before_and_after)
    gallery.add("trouble.svg", "Dead, saturated and overflowing units.", trouble)
    for suffix, kind in TEXTS.items():
        caption = f"The 2-3-1 network as {kind}."
        gallery.add(f"network{suffix}", caption, first_session.draw_network)


def expanded(path: Path) -> Path:
    """Draw the dot product of a neuron as the sums and products that it is."""
    neuron = nn.Neuron(2, "tanh")
    neuron.load_state_dict({"weight": [-3.0, 1.0], "bias": 6.88})
    output = neuron([2.0, 0.5])
    output.backward()
    return viz.render(output, path, expand=True, theme="dark")


def before_and_after(path: Path) -> Any:
    """Draw a loss before and after a step, as one picture."""
    model = nn.MLP(2, [2, 1], seed=0)
    losses = []
    for _ in range(2):
        model.zero_grad()
        losses.append(nn.mse_loss(model([0.5, -1.0]), 1.0))
        losses[-1].backward()
        nn.SGD(model.parameters(), lr=0.1).step()
    return viz.diff(*losses, path)


def trouble(path: Path) -> Path:
    """Draw what a gradient does not get through."""
    x = Value(4.0, label="x")
    y = (-x).relu() + (x * 2).tanh() + (x * 200).exp() * 0.0
    y.backward()
    return viz.render(y, path)


def add_plots(gallery: Gallery, training: tuple[Any, ...]) -> None:
    """Plot the run and what the model makes of its inputs."""
    model, history, recorder, accuracies = training
    images, _ = load_digits()
    loss = loss_of(model, 100)
    gallery.add("flow.svg", "Signal forward, gradient backward, over 100 digits.",
                viz.flow(model, loss).save)  # fmt: skip
    first, *_, last = [f"step {step}\n{found}\n" for step, found in recorder.reports]
    gallery.add("report.txt", "Its layers at the first step and the last recorded.",
                lambda p: p.write_text(f"{first}\n{last}", "utf-8"))  # fmt: skip
    pixels = [Value(x) for x in images[0]]
    max(model(pixels), key=lambda output: output.data).backward()
    slopes = [pixel.grad for pixel in pixels]
    plots = viz.plots
    for name, caption, plot in (
        ("loss.png", "The loss.", lambda p: plots.loss_curve(history, path=p)),
        ("accuracy.png", "Right answers.",
         lambda p: plots.accuracy_curve(accuracies, path=p)),
        ("flow.png", "Gradients, activations and updates over the run.",
         lambda p: plots.flow(recorder, path=p)),
        ("histograms.png", "Activations and gradients, layer by layer.",
         lambda p: plots.histograms(model, loss, path=p)),
        ("saliency.png", "The pixels that a verdict hangs on.",
         lambda p: plots.saliency(slopes, (8, 8), path=p)),
        ("boundary.png", "Zeros and ones, told apart by two places.", boundary),
    ):  # fmt: skip
        gallery.add(name, caption, plot)


def boundary(path: Path) -> Any:
    """Plot how a small network tells 0 from 1 by the middle and the upper left."""
    pairs = [pair for pair in zip(*load_digits(), strict=True) if pair[1] < 2]
    points = [[fmean(x[27:29] + x[35:37]), fmean(x[8:11])] for x, _ in pairs]
    sides = [2 * digit - 1 for _, digit in pairs]
    model = nn.MLP(2, [8, 1], seed=0)
    nn.fit(
        model,
        points,
        sides,
        loss=nn.hinge_loss,
        optimizer=nn.Adam(model.parameters(), lr=0.05),
        epochs=5,
        progress=False,
    )
    return viz.plots.decision_boundary(model, points, sides, path=path)


def main() -> None:
    """Train, draw and write the index."""
    parser = command(__doc__)
    gallery = Gallery(output_folder(parser, parser.parse_args().out))
    add_small_graphs(gallery)
    training = train()
    add_graphs(gallery, training[0])
    add_plots(gallery, training)
    print("index:", gallery.write_index())


if __name__ == "__main__":
    main()
