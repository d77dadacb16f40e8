"""Draw the neuron and the network of the README, and a moment of a backward pass."""

from pathlib import Path

import nn
import viz
from autograd_core import Value, tanh
from autograd_core.debug import Tape
from autograd_core.debug import draw as draw_tape
from demos.command import command, output_folder

__all__ = ["draw", "draw_first_graph", "draw_moment", "draw_network"]


def neuron() -> Value:
    """Return tanh(x1·w1 + x2·w2 + bias)."""
    x1, x2 = Value(2.0, label="x1"), Value(0.0, label="x2")
    w1, w2 = Value(-3.0, label="w1"), Value(1.0, label="w2")
    bias = Value(6.8813735870195432, label="bias")
    output = tanh(x1 * w1 + x2 * w2 + bias)
    output.label = "output"
    return output


def draw_first_graph(path: Path) -> Path:
    """Draw the neuron after its backward pass."""
    output = neuron()
    output.backward()
    return viz.render(output, path)


def draw_moment(path: Path) -> Path:
    """Draw the neuron in the middle of its backward pass."""
    tape = Tape(neuron())
    tape.go_to(tape.forward_steps + 3)
    return draw_tape(tape, path)


def draw_network(path: Path) -> Path:
    """Draw the squared error of a 2-3-1 network, one dot and one tanh a neuron."""
    model = nn.MLP(2, [3, 1], activation="tanh", seed=0)
    loss = nn.mse_loss(model([0.5, -1.0]), 1.0)
    loss.label = "loss"
    loss.backward()
    return viz.render(loss, path)


def draw(folder: Path) -> list[Path]:
    """Write both pictures into `folder` and return their paths."""
    return [
        draw_first_graph(folder / "first_graph.svg"),
        draw_network(folder / "network.svg"),
    ]


def main() -> None:
    """Write the pictures."""
    parser = command(__doc__)
    folder = output_folder(parser, parser.parse_args().out)
    print("pictures:", *draw(folder), draw_moment(folder / "moment.svg"))


if __name__ == "__main__":
    main()
