"""What convolution is for: digits moved by one pixel, most of which an MLP mistakes.

A convolution lays one small kernel of weights over every place of an image, so that
what it learns at one place it knows at all of them; pooling keeps the largest answer in
each quarter of the image and forgets where in it that was (LeCun et al. 1989,
"Backpropagation applied to handwritten zip code recognition"). A dense layer has a
weight for each pixel and must learn each place anew.

Three networks learn from the same digits, framed by a blank pixel on each side: one
with six kernels of 5 × 5, an MLP with about as many parameters, and one with three
times as many. All are tried on digits that they have not seen, in their place and moved
by one pixel, which the frame lets them be without a loss of ink. No network learns from
a moved one.
"""

from collections import Counter
from itertools import product
from pathlib import Path
from statistics import fmean
from typing import Any, NamedTuple

import nn
from autograd_core import no_grad, topological_order
from autograd_core.errors import MissingExtraError
from demos.command import command, output_folder
from demos.datasets import load_digits, split
from viz.plots.canvas import GREY, new_figure

__all__ = ["STEPS", "Image", "Trial", "along", "draw", "framed", "main", "networks"]
__all__ += ["nodes", "right", "trained", "unrest"]

SIDE, FRAME = 8, 1
SIZE = SIDE + 2 * FRAME
QUARTER = SIDE // 2
EXAMPLES, EPOCHS, RATE = 1000, 3, 0.03
STEPS = {"up": (-1, 0), "down": (1, 0), "left": (0, -1), "right": (0, 1)}

Pixels = list[float]
Image = list[list[list[float]]]  # channels × rows × columns, as Conv2d takes them


class Trial(NamedTuple):
    """A trained network, and the share of unseen digits it gets right, by place."""

    model: nn.Sequential
    right: dict[str, float]


def framed(pixels: Pixels, step: tuple[int, int] = (0, 0)) -> Image:
    """Return a digit in a blank frame, moved by (rows, columns)."""
    image = [[0.0] * SIZE for _ in range(SIZE)]
    top, left = (FRAME + distance for distance in step)
    for i in range(SIDE):
        image[top + i][left : left + SIDE] = pixels[i * SIDE :][:SIDE]
    return [image]


def networks() -> dict[str, nn.Sequential]:
    """Return the three networks, untrained: features, and a linear layer over them."""
    return {
        "convolution": nn.Sequential(
            nn.Conv2d(1, 6, kernel_size=5, padding=1, seed=0),  # six maps of 8 × 8
            nn.MaxPool2d(QUARTER),  # of 2 × 2
            "tanh",  # it rises: the tanh of the largest is the largest tanh
            nn.Flatten(0),
            nn.Linear(24, 10, seed=1),
        ),
        "small MLP": perceptron(4),
        "large MLP": perceptron(12),
    }


def perceptron(hidden: int) -> nn.Sequential:
    """Return an MLP with one hidden layer, which sees all pixels in a row."""
    first = nn.Linear(SIZE * SIZE, hidden, seed=0)
    return nn.Sequential(nn.Flatten(0), first, "tanh", nn.Linear(hidden, 10, seed=1))


def right(model: nn.Sequential, examples: list[int]) -> dict[str, float]:
    """Return the share of examples that are named rightly, in place and moved."""
    images, digits = load_digits()
    targets = [digits[i] for i in examples]
    return {
        place: nn.accuracy(model, [framed(images[i], step) for i in examples], targets)
        for place, step in {"in place": (0, 0), **STEPS}.items()
    }


def trained() -> tuple[dict[str, Trial], list[int]]:
    """Return the networks, trained and tried, and the examples they did not see."""
    images, digits = load_digits()
    kept, held_out = split(len(images), share=0.2, seed=0)
    trials = {}
    for name, model in networks().items():
        nn.fit(
            model,
            [framed(images[i]) for i in kept[:EXAMPLES]],
            [digits[i] for i in kept[:EXAMPLES]],
            loss=nn.cross_entropy,
            optimizer=nn.Adam(model.parameters(), lr=RATE),
            epochs=EPOCHS,
            progress=False,
        )
        trials[name] = Trial(model, right(model, held_out))
    return trials, held_out


def nodes(model: nn.Sequential, image: Image) -> Counter[str]:
    """Count the nodes of each operation that it takes to look at one image."""
    made = [node.op for node in topological_order(*model(image))]
    return Counter(op.name for op in made if op is not None)


def unrest(model: nn.Sequential, examples: list[int]) -> float:
    """Return how far a step moves a feature, on average; each is between -1 and 1."""
    features = model[:-1]
    changes: list[float] = []
    with no_grad():
        for pixels in (load_digits()[0][i] for i in examples):
            still = features(framed(pixels))
            for step in STEPS.values():
                pairs = zip(still, features(framed(pixels, step)), strict=True)
                changes += [abs(moved.data - first.data) for first, moved in pairs]
    return fmean(changes)


def feature_maps(model: nn.Sequential, image: Image) -> Image:
    """Return what the kernels answer at every place, before the pooling."""
    with no_grad():
        return [[[y.data for y in row] for row in rows] for rows in model[0](image)]


def along(model: nn.Sequential, pixels: Pixels) -> tuple[int, int]:
    """Count the numbers of the maps that a step to the right moves on unchanged."""
    still = feature_maps(model, framed(pixels))
    moved = feature_maps(model, framed(pixels, STEPS["right"]))
    before = nn.flatten([[row[:-1] for row in rows] for rows in still])
    after = nn.flatten([[row[1:] for row in rows] for rows in moved])
    same = [one == other for one, other in zip(before, after, strict=True)]
    return sum(same), len(same)


def draw(model: nn.Sequential, pixels: Pixels, path: Path) -> None:
    """Draw the kernels, and their maps of a digit in place and moved to the right."""
    kernels = [kernel for (kernel,) in model.state_dict()["0.weight"]]
    figure = new_figure(11, 5.4)
    top, *below = figure.subplots(3, 1 + len(kernels))
    for number, cell in enumerate(top[1:]):
        cell.set_title(f"kernel {number}")
    signed(top[1:], kernels)
    for cells, step in zip(below, ((0, 0), STEPS["right"]), strict=True):
        image = framed(pixels, step)
        cells[0].imshow(image[0], cmap="gray_r")
        cells[0].set_title("moved right" if step == STEPS["right"] else "in place")
        maps = feature_maps(model, image)
        signed(cells[1:], maps)
        for cell, rows in zip(cells[1:], maps, strict=True):
            ring(cell, rows)
    for cell in (*top, *below[0], *below[1]):
        cell.set(xticks=[], yticks=[])
    top[0].set_axis_off()
    words = "red: above 0\nblue: below 0\nrings: what\npooling keeps"
    top[0].text(0.0, 0.3, words, transform=top[0].transAxes)
    figure.savefig(path)


def signed(cells: Any, maps: Image) -> None:
    """Show maps on one scale, in blue below 0 and in red above."""
    most = max(map(abs, nn.flatten(maps)))
    for cell, rows in zip(cells, maps, strict=True):
        cell.imshow(rows, cmap="RdBu_r", vmin=-most, vmax=most)


def ring(cell: Any, rows: list[list[float]]) -> None:
    """Mark the largest number of each quarter of a map."""
    cell.axhline(QUARTER - 0.5, color=GREY, linewidth=0.8)
    cell.axvline(QUARTER - 0.5, color=GREY, linewidth=0.8)
    for top, left in product((0, QUARTER), repeat=2):
        places = product(range(top, top + QUARTER), range(left, left + QUARTER))
        row, column = max(places, key=lambda place: rows[place[0]][place[1]])
        cell.plot(column, row, "o", color="black", markersize=8, fillstyle="none")


def report(trials: dict[str, Trial]) -> None:
    """Print what each network makes of digits in place and moved."""
    places = list(next(iter(trials.values())).right)
    print(f"{'right answers (%)':17} parameters", *(f"{p:>8}" for p in places))
    for name, (model, shares) in trials.items():
        percents = (f"{100 * share:8.1f}" for share in shares.values())
        print(f"{name:17} {len(model.parameters()):10,}", *percents)


def explain(trials: dict[str, Trial], held_out: list[int], pixels: Pixels) -> None:
    """Print what a digit is to the networks, and what a step does to them."""
    made = {name: nodes(trial.model, framed(pixels)) for name, trial in trials.items()}
    ours, _, large = (counts.total() for counts in made.values())
    dots = made["convolution"]["dot"]
    print(f"\nA digit is {ours} nodes to the convolution, {large} to the large MLP;")
    print(f"{dots} are dots, one for each place of a kernel and one for each answer.")
    same, count = along(trials["convolution"].model, pixels)
    print(
        f"\nIts maps go along with a step to the right: {same} of {count} numbers are"
    )
    print(
        "the same to the bit, one place further on. How far a step moves the features"
    )
    print("that the last layer sees, all between -1 and 1:")
    for name, trial in trials.items():
        print(f"{name:>17} {unrest(trial.model, held_out[:50]):.2f}")


def main() -> None:
    """Train, move the digits, and look at why one network minds less."""
    parser = command(__doc__)
    out = output_folder(parser, parser.parse_args().out)
    images, digits = load_digits()

    trials, held_out = trained()
    report(trials)
    five = images[next(i for i in held_out if digits[i] == 5)]
    explain(trials, held_out, five)
    try:
        draw(trials["convolution"].model, five, out / "convolution.png")
        print("\npicture:", out / "convolution.png")
    except MissingExtraError as missing:
        print(f"\nno picture: {missing}")


if __name__ == "__main__":
    main()
