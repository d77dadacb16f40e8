"""Two networks play against each other until one draws from eight Gaussians.

A generator makes points of the plane from noise; a discriminator says of points whether
they are real; each learns from the other's mistakes (Goodfellow et al. 2014). The real
ones come from eight narrow Gaussians on a circle, as in Metz et al. (2017): a generator
that finds one of them soon fools nobody, moves on, and may never find them all. Small
things decide. Here the discriminator learns twice as fast (Heusel et al. 2017), both
slow down to a halt, and Adam keeps no momentum, which carries each player on where the
other has turned already: the second game differs from the first in that number alone.

The discriminator also pays for slopes at the real points, R1 = ½γ·‖∂D/∂x‖² (Mescheder
et al. 2018), on every eighth step, times eight (Karras et al. 2020). To learn from that
takes second derivatives, and one line. Of the games with seeds from 0 to 7 all end with
eight modes; without R1 two do not (`--seed 3 --penalty 0`). What stays in any case are
threads between the Gaussians: the noise is of one piece, and so is what a network makes
of it.
"""

import math
from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import nn
from autograd_core import Value, dot, gradient, mean, no_grad, total
from demos.command import command, output_folder
from nn import binary_cross_entropy_with_logits
from viz.plots.canvas import COLOURS, new_figure

__all__ = ["Game", "Snapshot", "coverage", "leak", "main", "real_points", "train"]

MODES, RADIUS, SIGMA = 8, 2.0, 0.1
BATCH, LAZINESS, SHOWN = 16, 8, 500
REAL, MADE = [1.0] * BATCH, [0.0] * BATCH
CENTRES = [
    (RADIUS * math.cos(turn), RADIUS * math.sin(turn))
    for turn in (math.tau * mode / MODES for mode in range(MODES))
]

Point = list[Any]


class Snapshot(NamedTuple):
    """What the generator draws after a step, and the modes and share of `coverage`."""

    step: int
    points: list[Point]
    modes: int
    near: float


def real_points(count: int, random: Random) -> list[Point]:
    """Draw points, each from one of the Gaussians."""
    centres = random.choices(CENTRES, k=count)
    return [[random.gauss(x, SIGMA) for x in centre] for centre in centres]


def coverage(points: Sequence[Point]) -> tuple[int, float]:
    """Return how many modes are covered, and which share of the points is near one.

    Near is within 3σ; a mode is covered by a quarter of the points that are its due.
    """
    counts = [0] * MODES
    for point in points:
        distances = [math.dist(point, centre) for centre in CENTRES]
        counts[distances.index(min(distances))] += min(distances) < 3 * SIGMA
    covered = sum(count >= len(points) / MODES / 4 for count in counts)
    return covered, sum(counts) / len(points)


def detached(points: Sequence[Point]) -> list[Point]:
    """Return the same points, cut off from what made them."""
    return [[x.detach() for x in point] for point in points]


class Game:
    """Both players, how they learn, and the chance that points and noise come from."""

    def __init__(self, seed: int = 0, momentum: float = 0.0, steps: int = 1) -> None:
        """Set up the players; their rates fall to 0 over so many steps."""
        self.random = Random(seed)
        self.generator = nn.MLP(2, [8, 8, 2], "tanh", seed=seed)
        self.discriminator = nn.MLP(2, [32, 1], "relu", seed=seed + 1)
        self.optimizers = [
            nn.Adam(self.generator.parameters(), 0.02, betas=(momentum, 0.9)),
            nn.Adam(self.discriminator.parameters(), 0.04, betas=(momentum, 0.9)),
        ]
        self.schedulers = [nn.LinearLR(o, 1.0, 0.0, steps) for o in self.optimizers]

    def made_points(self, count: int, random: Random) -> list[Point]:
        """Have the generator turn noise into points."""
        noise = [[random.gauss(0, 1) for _ in range(2)] for _ in range(count)]
        return [self.generator(z) for z in noise]

    def discriminator_loss(self, made: list[Point], penalty: float = 0.0) -> Any:
        """Return how badly real and made points are told apart, and the price of R1."""
        drawn = real_points(BATCH, self.random)
        real = [[Value(x, requires_grad=penalty > 0) for x in p] for p in drawn]
        votes = [self.discriminator(point) for point in real + made]
        loss = 2 * binary_cross_entropy_with_logits(votes, REAL + MADE)
        if penalty:
            slopes = gradient(total(votes[:BATCH]), real, create_graph=True)
            loss += penalty / 2 * mean([dx * dx + dy * dy for dx, dy in slopes])
        return loss

    def generator_loss(self, made: list[Point]) -> Any:
        """Return -log D, steep where few are fooled, in place of log(1 - D)."""
        votes = [self.discriminator(point) for point in made]
        return binary_cross_entropy_with_logits(votes, REAL)

    def play(self, penalty: float) -> None:
        """Let the discriminator take a step, then the generator against it."""
        generator, discriminator = self.optimizers
        made = self.made_points(BATCH, self.random)
        discriminator.zero_grad()
        self.discriminator_loss(detached(made), penalty).backward()
        discriminator.step()
        generator.zero_grad()
        self.generator_loss(made).backward()
        generator.step()
        for scheduler in self.schedulers:
            scheduler.step()

    def snapshot(self, step: int) -> Snapshot:
        """Return what the generator makes of the same noise every time."""
        with no_grad():
            made = self.made_points(SHOWN, Random(1))
        points = [[x.data for x in point] for point in made]
        return Snapshot(step, points, *coverage(points))


def train(
    seed: int = 0, momentum: float = 0.0, penalty: float = 0.1, steps: int = 1000
) -> list[Snapshot]:
    """Play a game, and return what was drawn at five moments of it."""
    game = Game(seed, momentum, steps)
    moments = [round(share * steps) for share in (0.1, 0.25, 0.5, 1.0)]
    snapshots = [game.snapshot(0)]
    with nn.collector_paused():
        for step in range(1, steps + 1):
            game.play(0.0 if step % LAZINESS else LAZINESS * penalty)
            if step in moments:
                snapshots.append(game.snapshot(step))
    return snapshots


def leak(detach: bool) -> tuple[int, float]:
    """Return what the discriminator's first loss does to the generator.

    It is how many of its parameters get a gradient from it, and the cosine of that to
    the gradient that the generator wants.
    """
    game = Game()
    made = game.made_points(BATCH, game.random)
    parameters = game.generator.parameters()
    wanted = gradient(game.generator_loss(made), parameters)
    game.discriminator_loss(detached(made) if detach else made).backward()
    got = [p.grad for p in parameters]
    cosine = dot(wanted, got) / (math.hypot(*wanted) * math.hypot(*got) or 1.0)
    return sum(p.has_grad for p in parameters), cosine


def report(games: dict[str, list[Snapshot]]) -> None:
    """Print how the games went, side by side, and what `detach` is for."""
    modes, near = coverage(real_points(SHOWN, Random(0)))
    print(f"{SHOWN:,} real points cover {modes} modes; {near:.1%} are within 3σ of one")
    print("\n     " + "".join(f"{name:>18}" for name in games))
    print("step " + f"{'modes':>10}{'near':>8}" * len(games))
    for row in zip(*games.values(), strict=True):
        cells = "".join(f"{shot.modes:10}{shot.near:8.1%}" for shot in row)
        print(f"{row[0].step:4} {cells}")
    (reached, _), (leaked, cosine) = leak(detach=True), leak(detach=False)
    print("\nThe discriminator's first loss, by the parameters of the generator: a")
    print(
        f"gradient for {reached} of them with detach(), for {leaked} without it, and at"
    )
    print(f"a cosine of {cosine:.2f} to the one that fools: it helps to expose them.")


def draw(games: dict[str, list[Snapshot]], path: Path) -> None:
    """Draw what was made in each game over real points, in grey."""
    figure = new_figure(11, 5.2)
    rows = figure.subplots(len(games), 5, sharex=True, sharey=True)
    real = real_points(SHOWN, Random(0))
    for (name, shots), plots, colour in zip(games.items(), rows, COLOURS, strict=False):
        for shot, plot in zip(shots, plots, strict=True):
            plot.scatter(*zip(*real, strict=True), s=9, color="#c9d1d6", linewidths=0)
            plot.scatter(*zip(*shot.points, strict=True), s=2, color=colour)
            plot.set(xlim=(-3.5, 3.5), ylim=(-3.5, 3.5), aspect="equal")
            plot.set(xticks=[], yticks=[], title=f"step {shot.step:,}")
            plot.set_xlabel(f"modes {shot.modes}, near {shot.near:.0%}")
        plots[0].set_ylabel(name)
    figure.savefig(path)


def main() -> None:
    """Play one game without momentum and one with it."""
    parser = command(__doc__)
    parser.add_argument("--seed", type=int, default=0, help="default: 0")
    parser.add_argument("--penalty", type=float, default=0.1, help="γ; default: 0.1")
    options = parser.parse_args()
    if not 0 <= options.penalty < math.inf:
        parser.error(f"--penalty takes a number from 0 up, not {options.penalty}")
    path = output_folder(parser, options.out) / "ring_of_gaussians.png"
    games = {
        "no momentum": train(options.seed, 0.0, options.penalty),
        "momentum 0.9": train(options.seed, 0.9, options.penalty),
    }
    report(games)
    draw(games, path)
    print("\npicture:", path)


if __name__ == "__main__":
    main()
