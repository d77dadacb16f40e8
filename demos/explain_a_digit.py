"""Why a network says four: saliency, integrated gradients and relevance on a digit.

A 64-16-10 network of rectifiers learns real digits; then one that it has not seen is
explained in three ways. Saliency says where the verdict would change. Integrated
gradients and relevance say what it is made of: each adds up, one to the rise of the
logit over that of a blank image, the other to the logit, less what the biases keep. Are
they right? Blank the pixels, the most important first: the sooner the verdict falls,
the better the explanation knew what it rests on (Samek et al. 2017).
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random
from statistics import fmean
from typing import Any

import nn
import viz
from autograd_core import no_grad
from demos.command import command, output_folder
from demos.datasets import load_digits, split
from nn.explaining import convergence_delta, integrated_gradients, relevance, saliency

__all__ = ["blanked", "explanations", "main", "train", "trial"]

SIDE = 8
GAP = 1
SHADES = " .:+*#"

Pixels = list[float]
Explanation = Callable[[nn.MLP, Pixels, int], Pixels]


def train(epochs: int = 5) -> tuple[nn.MLP, list[int]]:
    """Return a trained network, and the examples that it has not seen."""
    images, digits = load_digits()
    kept, held_out = split(len(images), share=0.2, seed=0)
    model = nn.MLP(SIDE * SIDE, [16, 10], activation="relu", seed=0)
    nn.fit(
        model,
        [images[i] for i in kept],
        [digits[i] for i in kept],
        loss=nn.cross_entropy,
        optimizer=nn.Adam(model.parameters(), lr=0.01),
        epochs=epochs,
        seed=0,
        progress=False,
    )
    return model, held_out


explanations: dict[str, Explanation] = {
    "saliency": saliency,
    "integrated gradients": lambda model, x, digit: integrated_gradients(
        model, x, target=digit
    ),
    "relevance": lambda model, x, digit: relevance(model, x, digit, epsilon=0.01),
}


def verdict(model: nn.MLP, image: Pixels) -> int:
    """Return the digit that the network names."""
    with no_grad():
        logits = [logit.data for logit in model(image)]
    return logits.index(max(logits))


def blanked(model: nn.MLP, image: Pixels, order: Sequence[int]) -> int:
    """Return how many pixels can be made 0, in this order, before the verdict falls."""
    digit, image = verdict(model, image), list(image)
    for count, pixel in enumerate(order):
        if verdict(model, image) != digit:
            return count
        image[pixel] = 0.0
    return len(order)


def trial(model: nn.MLP, examples: Sequence[int]) -> dict[str, float]:
    """Return for each explanation how many pixels the verdicts survive, on average."""
    images, _ = load_digits()
    random = Random(0)

    def by_chance(model: nn.MLP, image: Pixels, digit: int) -> Pixels:
        return [random.random() for _ in image]

    def survived(explain: Explanation, image: Pixels) -> int:
        parts = explain(model, image, verdict(model, image))
        order = sorted(range(len(image)), key=lambda i: -parts[i] * (image[i] > 0))
        return blanked(model, image, order)

    ways = {**explanations, "chance": by_chance}
    return {
        name: fmean(survived(explain, images[i]) for i in examples)
        for name, explain in ways.items()
    }


def scaled(parts: Pixels) -> Pixels:
    """Return the parts of the largest, from -1 to 1."""
    most = max(map(abs, parts)) or 1.0
    return [part / most for part in parts]


def side_by_side(maps: Sequence[Pixels]) -> list[Pixels]:
    """Return the rows of one image that has the maps next to each other."""
    return [
        [x for pixels in maps for x in [*pixels[i * SIDE :][:SIDE], *[0.0] * GAP]]
        for i in range(SIDE)
    ]


def as_text(rows: Sequence[Pixels]) -> str:
    """Draw what counts for a verdict by darker signs, what counts against it by -."""
    return "\n".join(
        "".join("-" if x < -0.1 else SHADES[round(5 * max(x, 0.0))] for x in row)
        for row in rows
    )


def draw(rows: Sequence[Pixels], title: str, path: Path) -> None:
    """Write the picture: blue against, vermillion for."""
    flat = [x for row in rows for x in row]
    figure = viz.plots.saliency(flat, (len(rows), len(rows[0])))
    figure.set_size_inches(11, 3)
    plot, scale = figure.axes
    plot.set_title(title, loc="left")
    scale.set_ylabel("part of the largest")
    figure.savefig(path)


def report(model: nn.MLP, image: Pixels, maps: dict[str, Any], digit: int) -> None:
    """Print what the explanations add up to."""
    logit = model(image)[digit].data
    gained, kept = sum(maps["integrated gradients"]), sum(maps["relevance"])
    gap = convergence_delta(model, maps["integrated gradients"], image, target=digit)
    print(f"logit {logit:.4f}; integrated gradients sum to {gained:.4f}, which is")
    print(f"the rise over a blank image but for {abs(gap):.0e}; relevance sums to")
    print(f"{kept:.4f}, and {logit - kept:.4f} stay with the biases\n")


def main() -> None:
    """Train, explain one digit, and try the explanations on many."""
    parser = command(__doc__)
    out = output_folder(parser, parser.parse_args().out)
    images, digits = load_digits()
    model, held_out = train()
    right = [i for i in held_out if verdict(model, images[i]) == digits[i]]
    print(f"{len(right) / len(held_out):.1%} of {len(held_out)} unseen digits right\n")

    example = next(i for i in right if digits[i] == 4)
    image = images[example]
    maps = {name: explain(model, image, 4) for name, explain in explanations.items()}
    report(model, image, maps, 4)
    rows = side_by_side([image, *map(scaled, maps.values())])
    title = " · ".join(["input", *maps])
    print(title, as_text(rows), sep="\n")
    draw(rows, title, out / "explain_a_digit.png")

    print("\npixels to blank, the most important first, until the verdict falls:")
    for name, count in trial(model, right[:25]).items():
        print(f"{name:>21} {count:5.1f}")
    print("\npicture:", out / "explain_a_digit.png")


if __name__ == "__main__":
    main()
