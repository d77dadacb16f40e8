"""Learn to learn: weights from which one step of gradient descent fits a new sine wave.

A task is a wave of random amplitude and phase, of which ten points are shown; a network
has to guess the rest (Finn et al. 2017, section 5.1). Trained on all waves at once it
learns their mean, -1.62·cos x, which is nobody's wave. MAML does not ask of the weights
θ that they be good, but that they become good: it lowers the loss at new points of the
wave *after* a step on those that are shown,

    L(θ'),   θ' = θ - α·∇l(θ),   where   ∂L/∂θ = (I - α·∇²l(θ))·∇L(θ').

The Hessian is written nowhere: the step is computed of nodes, the network is called
with θ' in place of its parameters, and `backward()` goes through it all. First-order
MAML takes ∇l as plain numbers. That leaves the Hessian out, and with it most of the
nodes; next to nothing is lost by it here, nor was on the paper's images. The paper's
network has two layers of 40 rectifiers and learns from 25 waves a step, for 70,000
steps; this one has two layers of 12 smooth units and learns from one, for 800.
"""

import math
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from random import Random
from statistics import fmean
from typing import Any

import nn
from autograd_core import Value, gradient, no_grad, topological_order
from demos.command import command, output_folder
from nn import stateless
from viz.plots.canvas import COLOURS, label, legend, new_figure

__all__ = ["error", "evaluate", "joint", "main", "maml", "replaced", "train"]

SHOWN, ALPHA = 10, 0.02
COUNTS = 0, 1, 5, 10
GRID = [-5 + i / 4 for i in range(41)]

Nodes = Sequence[Value]
Wave = Callable[[float], float]
Loss = Callable[[nn.MLP, Random], Any]


def sine(amplitude: float, phase: float) -> Wave:
    """Return a task."""
    return lambda x: amplitude * math.sin(x - phase)


def random_wave(random: Random) -> Wave:
    """Draw a task as the paper does."""
    return sine(random.uniform(0.1, 5.0), random.uniform(0.0, math.pi))


def places(random: Random, count: int = SHOWN) -> list[float]:
    """Draw where a wave is shown."""
    return [random.uniform(-5.0, 5.0) for _ in range(count)]


def replaced(model: nn.MLP, nodes: Nodes) -> AbstractContextManager[None]:
    """Let a model compute with other nodes in place of its parameters."""
    return stateless.replaced(model, dict(zip(model.parameters(), nodes, strict=True)))


def error(model: nn.MLP, nodes: Nodes, wave: Wave, xs: Sequence[float]) -> Any:
    """Return the mean squared error of a model with these nodes as its parameters."""
    with replaced(model, nodes):
        outputs = [model([x]) for x in xs]
    return nn.mse_loss(outputs, [wave(x) for x in xs])


def stepped(
    nodes: Nodes, loss: Value, alpha: float = ALPHA, create_graph: bool = False
) -> list[Value]:
    """Return the parameters after a step, θ' = θ - α·∇l(θ)."""
    slopes = gradient(loss, nodes, create_graph=create_graph)
    return [p - alpha * slope for p, slope in zip(nodes, slopes, strict=True)]


def maml(model: nn.MLP, random: Random, create_graph: bool = True) -> Any:
    """Return the loss at new points of a wave, after a step on others."""
    wave, parameters = random_wave(random), model.parameters()
    loss = error(model, parameters, wave, places(random))
    nodes = stepped(parameters, loss, create_graph=create_graph)
    return error(model, nodes, wave, places(random))


def first_order(model: nn.MLP, random: Random) -> Any:
    """Return the same, with a gradient that is a constant."""
    return maml(model, random, create_graph=False)


def joint(model: nn.MLP, random: Random) -> Any:
    """Return the loss at as many points of a wave, without a step."""
    xs = places(random, 2 * SHOWN)
    return error(model, model.parameters(), random_wave(random), xs)


def train(loss: Loss, steps: int = 800, seed: int = 0) -> nn.MLP:
    """Return a network whose weights have learned from one wave a step."""
    model, random = nn.MLP(1, [12, 12, 1], "silu", seed=seed), Random(seed)
    optimizer = nn.Adam(model.parameters(), lr=0.03, betas=(0.9, 0.99))
    scheduler = nn.LinearLR(optimizer, 1.0, 0.0, max(steps, 1))
    with nn.collector_paused():
        for _ in range(steps):
            optimizer.zero_grad()
            loss(model, random).backward()
            optimizer.step()
            scheduler.step()
    return model


def adapted(
    model: nn.MLP, wave: Wave, xs: Sequence[float], alpha: float
) -> list[Nodes]:
    """Return the parameters before the first step on a new wave, and after each."""
    states = [model.parameters()]
    for _ in range(max(COUNTS)):
        nodes = stepped(states[-1], error(model, states[-1], wave, xs), alpha)
        states.append([Value(p.data) for p in nodes])
    return states


def evaluate(
    model: nn.MLP, alpha: float = ALPHA, waves: int = 20, seed: int = 1000
) -> list[float]:
    """Return the mean error on new waves after each of the `COUNTS` of steps."""
    random, errors = Random(seed), []
    for _ in range(waves):
        wave, xs = random_wave(random), places(random)
        states = adapted(model, wave, xs, alpha)
        with no_grad():
            errors.append([error(model, states[n], wave, GRID).data for n in COUNTS])
    return [fmean(column) for column in zip(*errors, strict=True)]


def best_alpha(model: nn.MLP) -> float:
    """Return which steps serve a network best in the end, judged by other waves."""
    return min(
        (0.005, 0.01, 0.02, 0.05),  # with 0.1 some waves end in nan
        key=lambda alpha: evaluate(model, alpha, waves=6, seed=2000)[-1],
    )


def cost(model: nn.MLP, loss: Loss, repeats: int = 10) -> tuple[int, float]:
    """Return the nodes of a loss, and the milliseconds of it and its `backward()`."""
    with nn.collector_paused():
        start = time.process_time()
        for _ in range(repeats):
            root = loss(model, Random(0))
            root.backward()
        seconds = time.process_time() - start
    return len(topological_order(root)), 1000 * seconds / repeats


def draw(models: dict[str, tuple[nn.MLP, float]], path: Path) -> None:
    """Draw one wave, and what the networks make of it before and after steps."""
    wave, xs = sine(amplitude=3.0, phase=2.5), places(Random(4))
    figure = new_figure(11, 4.2)
    plots = figure.subplots(1, len(models), sharey=True)
    for (name, (model, alpha)), plot in zip(models.items(), plots, strict=True):
        lines = plot.plot(GRID, [wave(x) for x in GRID], color="#c9d1d6", linewidth=6)
        states = adapted(model, wave, xs, alpha)
        for steps, dashes, colour in zip(
            (0, 1, 10), (":", "--", "-"), COLOURS, strict=False
        ):
            with no_grad(), replaced(model, states[steps]):
                ys = [model([x]).data for x in GRID]
            lines += plot.plot(GRID, ys, color=colour, linestyle=dashes)
        shown = plot.scatter(xs, [wave(x) for x in xs], color="black", zorder=3)
        label(plot, name, "x", "y")
    names = ["wave", "before", "after 1 step", "after 10 steps", "points shown"]
    legend(figure, *lines, shown, names=names, loc="outside lower center", ncols=5)
    figure.savefig(path)


def main() -> None:
    """Train three networks, and have each fit waves that it has not seen."""
    parser = command(__doc__)
    parser.add_argument("--steps", type=int, default=800, help="default: 800")
    options = parser.parse_args()
    if options.steps < 1:
        parser.error(f"--steps takes a count from 1 up, not {options.steps}")
    path = output_folder(parser, options.out) / "maml.png"

    untrained, everything = train(joint, steps=0), train(joint, options.steps)
    rows = {
        "random weights": (untrained, best_alpha(untrained), None),
        "all waves at once": (everything, best_alpha(everything), joint),
        "first-order MAML": (train(first_order, options.steps), ALPHA, first_order),
        "MAML": (train(maml, options.steps), ALPHA, maml),
    }
    print(f"squared error on 20 new waves after steps on {SHOWN} points of each\n")
    print(" " * 17 + "    α " + "".join(f"{n:7}" for n in COUNTS) + "     nodes   ms")
    for name, (model, alpha, loss) in rows.items():
        errors = "".join(f"{e:7.2f}" for e in evaluate(model, alpha))
        nodes, milliseconds = cost(model, loss) if loss else (0, 0.0)
        learned = f"{nodes:10,} {milliseconds:4.0f}" if loss else ""
        print(f"{name:17} {alpha:5}{errors}{learned}")
    print("\nnodes and ms are those of a step of training, on one wave")
    draw({name: rows[name][:2] for name in ("all waves at once", "MAML")}, path)
    print("\npicture:", path)


if __name__ == "__main__":
    main()
