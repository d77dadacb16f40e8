"""Two moons told apart by a network of scalar nodes, and where it draws the line.

The data are two half circles, one inside the bend of the other, with noise: no straight
line parts them. A 2-16-16-1 network of rectifiers gives each point a score, which shall
be 1 or more on one moon and -1 or less on the other. The hinge loss charges what is
missing (Cortes and Vapnik 1995) and asks for nothing where nothing is: in the end a few
points hold the line, and the others have no say. A small L2 penalty keeps the weights
from growing, which would clear the margin without moving the line.

Network, loss and rates are those of micrograd's demo (Karpathy 2020), the moons are
those of scikit-learn's `make_moons`; the points and the weights are drawn anew.
"""

import math
from pathlib import Path
from random import Random
from statistics import fmean
from typing import Any, NamedTuple

import nn
import viz
from autograd_core import Value, dot, grad, no_grad, topological_order
from autograd_core.errors import MissingExtraError
from demos.command import command, output_folder

__all__ = ["Moons", "dead", "main", "make_moons", "measured", "supports", "train"]

PENALTY = 1e-4  # of Σθ²


class Moons(NamedTuple):
    """Points of the plane, and the moon that each is of: -1 or 1."""

    points: list[list[float]]
    sides: list[int]


def make_moons(count: int, noise: float, seed: int) -> Moons:
    """Return points spread evenly on two half circles, moved by normal noise.

    The outer moon (-1) is the upper half of the circle around (0, 0), the inner one (1)
    the lower half of that around (1, ½); both have the radius 1.

    >>> moons = make_moons(6, noise=0.0, seed=0)
    >>> moons.points[0], moons.points[3], moons.sides
    ([1.0, 0.0], [0.0, 0.5], [-1, -1, -1, 1, 1, 1])
    """
    random, half = Random(seed), count // 2
    outer = [(math.cos(t), math.sin(t)) for t in half_turn(half)]
    inner = [(1 - math.cos(t), 0.5 - math.sin(t)) for t in half_turn(count - half)]
    points = [[x + random.gauss(0.0, noise) for x in place] for place in outer + inner]
    return Moons(points, [-1] * len(outer) + [1] * len(inner))


def half_turn(count: int) -> list[float]:
    """Return angles from 0 to π, evenly spread."""
    return [math.pi * k / max(count - 1, 1) for k in range(count)]


def objective(model: nn.MLP) -> Any:
    """Return the loss of a batch: hinge loss and the penalty on all parameters."""
    parameters = model.parameters()

    def loss(outputs: list[Value], sides: list[int]) -> Value:
        return nn.hinge_loss(outputs, sides) + PENALTY * dot(parameters, parameters)

    return loss


def train(moons: Moons, steps: int = 100) -> tuple[nn.MLP, dict[int, dict[str, Any]]]:
    """Return the trained network, and its parameters after some of the steps."""
    model = nn.MLP(2, [16, 16, 1], activation="relu", seed=0)
    optimizer = nn.SGD(model.parameters(), lr=1.0)
    states = {}

    def keep(step: nn.Step) -> None:
        if step.number in (0, steps // 20, steps // 10, steps // 5, steps // 2):
            states[step.number] = step.model.state_dict()

    nn.fit(
        model,
        *moons,
        loss=objective(model),
        optimizer=optimizer,
        epochs=steps,
        batch_size=len(moons.points),  # every step sees all points
        scheduler=nn.LinearLR(optimizer, 1.0, 0.1, total_iters=steps),
        progress=False,
        callbacks=[keep],
    )
    return model, states | {steps: model.state_dict()}


def margins(model: nn.MLP, moons: Moons) -> list[float]:
    """Return the score of each point, counted positive on its own side."""
    with no_grad():
        pairs = zip(*moons, strict=True)
        return [model(point).data * side for point, side in pairs]


def right(model: nn.MLP, moons: Moons) -> float:
    """Return the share of points that are on their own side of the line."""
    return fmean(margin > 0 for margin in margins(model, moons))


def supports(model: nn.MLP, moons: Moons) -> list[int]:
    """Return which points lie in the margin: these the hinge loss still charges."""
    return [i for i, margin in enumerate(margins(model, moons)) if margin < 1]


def width(model: nn.MLP, point: list[float]) -> float:
    """Return how far a score of 1 is from one of 0, at the slope it has here."""
    return 1 / math.hypot(*(slope.data for slope in grad(model)(point)))


def measured(model: nn.MLP, moons: Moons) -> Value:
    """Return the loss of all points, after its backward pass."""
    model.zero_grad()
    loss: Value = objective(model)([model(x) for x in moons.points], moons.sides)
    loss.backward()
    return loss


def operations(loss: Value) -> tuple[int, int]:
    """Return the nodes of a graph, and the sums and products that they stand for."""
    nodes = topological_order(loss)
    return len(nodes), sum(max(1, len(n.parents) - 1) for n in nodes if n.parents)


def dead(model: nn.MLP, loss: Value) -> list[str]:
    """Return the units that no point makes active: no gradient passes them."""
    units = [u for column in viz.flow(model, loss).columns for u in column.units]
    return [unit.name for unit in units if unit.complaint == "dead"]


def report(model: nn.MLP, moons: Moons, loss: Value) -> None:
    """Print what a look inside finds: the graph, dead units, and who holds the line."""
    nodes, small = operations(loss)
    print(f"\nThe graph of a step: {nodes:,} nodes, for {small:,} sums and products.")
    print(f"Dead on every point: {', '.join(dead(model, loss)) or 'no unit'}.")
    holding, scores = supports(model, moons), margins(model, moons)
    print(
        f"{len(holding)} of {len(scores)} points lie in the margin: they hold the line,"
    )
    print("and of the others the loss asks nothing.\n")
    print("in the margin    moon   score  line to ±1")
    for i in holding:
        (x, y), side = moons.points[i], moons.sides[i]
        score, away = side * scores[i], width(model, [x, y])
        print(f"({x:5.2f}, {y:5.2f})  {side:5} {score:7.2f} {away:11.2f}")


def draw(model: nn.MLP, moons: Moons, title: str, path: Path) -> None:
    """Draw the line and, dashed, the margin that the loss asks for on both sides."""
    figure = viz.plots.decision_boundary(model, *moons, resolution=60)
    axes, scale = figure.axes
    (shades,) = axes.images
    style = {"colors": "#56626b", "linestyles": "dashed", "extent": shades.get_extent()}
    axes.contour(shades.get_array(), [-1, 1], **style)
    axes.set_title(title, loc="left", fontsize=11)
    axes.set(xlabel="x", ylabel="y")
    axes.get_legend().set_loc("lower left")
    scale.set_ylabel("score")
    figure.savefig(path)


def main() -> None:
    """Train, print the table, look inside, and draw."""
    parser = command(__doc__)
    parser.add_argument("--steps", type=int, default=100, help="default: 100")
    options = parser.parse_args()
    if options.steps < 1:
        parser.error(f"--steps takes a count from 1 up, not {options.steps}")
    out = output_folder(parser, options.out)
    seen, unseen = make_moons(100, 0.1, seed=0), make_moons(400, 0.1, seed=1)
    model, states = train(seen, options.steps)

    print("step     loss   seen   unseen  in margin  dead units")
    for step, state in states.items():
        model.load_state_dict(state)
        loss = measured(model, seen)
        print(f"{step:4} {loss.data:8.4f} {right(model, seen):6.0%}", end=" ")
        print(f"{right(model, unseen):8.1%} {len(supports(model, seen)):10}", end=" ")
        print(f"{len(dead(model, loss)):11}")
    report(model, seen, loss)

    pictures = [viz.flow(model, loss).save(out / "moons_network.svg")]
    try:
        for step in sorted({0, options.steps // 10, options.steps}):
            model.load_state_dict(states[step])
            title = f"After {step} steps: {right(model, unseen):.1%} of unseen points"
            draw(model, seen, f"{title} right", out / f"moons_{step}.png")
            pictures.append(out / f"moons_{step}.png")
    except MissingExtraError as missing:
        print(f"\nThe boundaries are left out: {missing}")
    print("\npictures:", *pictures)


if __name__ == "__main__":
    main()
