"""What digits 0 to 4 teach about 5 to 9: features loaded, frozen and fine-tuned.

Who has learnt one task has learnt features, and they may serve another for which there
are few examples; the less, the more the two tasks differ (Yosinski et al. 2014, "How
transferable are features in deep neural networks?"). A network learns 0 to 4 from 723
digits that stand elsewhere, by up to one pixel, each time it looks. Then it gets a new
head and a handful of digits from 5 to 9, each in one place only: that digits may move
is what the features have to tell. It learns in three ways, about the same number of
steps each: from scratch, with the old features frozen, and with the old features
fine-tuned at a smaller rate than the head.
"""

from math import ceil
from pathlib import Path
from random import Random
from statistics import fmean
from typing import Any

import nn
from autograd_core.errors import MissingExtraError
from demos.command import command, output_folder
from demos.convolution import SIZE, Image, framed
from demos.datasets import load_digits, split
from viz.plots.canvas import MARKERS, label, legend, line_style, new_figure

__all__ = ["Moving", "Network", "accuracy", "body", "draw", "handful", "learned"]
__all__ += ["main", "pretrained", "trial"]

SOURCE, TARGET = (0, 1, 2, 3, 4), (5, 6, 7, 8, 9)
UNITS, BATCH, STEPS = 24, 16, 60
HEAD_RATE, FEATURE_RATE = 0.05, 0.02
COUNTS, SEEDS = (2, 5, 10, 40), 4

Classes = tuple[int, ...]
Curves = dict[str, dict[int, list[float]]]  # way → examples a class → accuracies


class Network(nn.Module):
    """Features of a digit in its frame, and a head that tells five classes apart."""

    def __init__(self, seed: int) -> None:
        """Draw all weights."""
        pixels = nn.Linear(SIZE * SIZE, UNITS, seed=seed)
        self.features = nn.Sequential(nn.Flatten(0), pixels, "tanh")
        self.head = nn.Linear(UNITS, 5, seed=seed + 1)

    def forward(self, image: Image) -> Any:
        """Return a logit for each class."""
        return self.head(self.features(image))


class Moving:
    """A data set of digits, each somewhere else every time it is looked at."""

    def __init__(self, examples: list[int], classes: Classes, seed: int) -> None:
        """Choose the examples; their classes count from 0."""
        self.examples, self.classes, self.random = examples, classes, Random(seed)

    def __len__(self) -> int:
        return len(self.examples)

    def __getitem__(self, place: int) -> tuple[Image, int]:
        images, digits = load_digits()
        i = self.examples[place]
        step = self.random.randint(-1, 1), self.random.randint(-1, 1)
        return framed(images[i], step), self.classes.index(digits[i])


def of(classes: Classes, part: int) -> list[int]:
    """Return the examples of these digits, in part 0 to learn from, in 1 held out."""
    images, digits = load_digits()
    examples = split(len(images), share=0.2, seed=0)[part]
    return [i for i in examples if digits[i] in classes]


def placed(data: Moving) -> list[tuple[Image, int]]:
    """Return the examples, each in the one place where it is first seen."""
    return [data[place] for place in range(len(data))]


def handful(count: int, seed: int) -> list[tuple[Image, int]]:
    """Draw so many examples of each digit from 5 to 9, and one place for each."""
    random = Random(seed)
    examples = [i for digit in TARGET for i in random.sample(of((digit,), 0), count)]
    return placed(Moving(examples, TARGET, seed))


def train(model: Network, data: Any, optimizer: nn.Optimizer, steps: int) -> Network:
    """Take about so many steps, ever smaller, in whole epochs; return the model."""
    epochs = round(steps / ceil(len(data) / BATCH))
    nn.fit(
        model,
        data,
        loss=nn.cross_entropy,
        optimizer=optimizer,
        epochs=epochs,
        batch_size=BATCH,
        scheduler=nn.CosineAnnealingLR(optimizer, epochs),
        progress=False,
    )
    return model


def pretrained(steps: int = 900) -> Network:
    """Return a network that has learnt the digits from 0 to 4."""
    model = Network(seed=0)
    optimizer = nn.Adam(model.parameters(), lr=0.02)
    return train(model, Moving(of(SOURCE, 0), SOURCE, seed=0), optimizer, steps)


def accuracy(model: Network, classes: Classes) -> float:
    """Return the share that is right of the digits held out, each in two places."""
    data = placed(Moving(of(classes, 1) * 2, classes, seed=1))
    images, targets = zip(*data, strict=True)
    return nn.accuracy(model, images, targets)


def body(model: Network) -> dict[str, Any]:
    """Return the state without the head, whose five classes were other digits.

    A new head has the same shape: with the whole state it would begin as the old one.
    """
    state = model.state_dict()
    return {name: state[name] for name in state if name.startswith("features.")}


def learned(way: str, source: Network, count: int, seed: int) -> Network:
    """Return a network that has learnt a handful in one of the three ways."""
    model = Network(seed=10 * seed + 1)
    groups = [{"params": model.head.parameters(), "lr": HEAD_RATE}]
    if way != "from scratch":
        model.load_state_dict(body(source), strict=False)
    if way == "frozen":
        nn.freeze(model.features)
    else:
        rate = FEATURE_RATE if way == "fine-tuned" else HEAD_RATE
        groups.append({"params": model.features.parameters(), "lr": rate})
    return train(model, handful(count, seed), nn.Adam(groups), STEPS)


def trial(
    source: Network, counts: tuple[int, ...] = COUNTS, seeds: int = SEEDS
) -> Curves:
    """Return the accuracies of each way, for each count of examples one a seed."""

    def scores(way: str, count: int) -> list[float]:
        models = (learned(way, source, count, seed) for seed in range(seeds))
        return [accuracy(model, TARGET) for model in models]

    ways = ("from scratch", "frozen", "fine-tuned")
    return {way: {count: scores(way, count) for count in counts} for way in ways}


def look(source: Network) -> None:
    """Print what is loaded, and what learning with frozen features leaves alone."""
    keys = Network(seed=1).load_state_dict(body(source), strict=False)
    print(f"\n{keys}\n".replace("], ", "],\n           "))
    before = source.state_dict()
    after = learned("frozen", source, count=5, seed=0).state_dict()
    for name, tensor in after.items():
        same = "the same to the bit" if tensor == before[name] else "other numbers"
        print(f"{name:>17}: {same} after learning with frozen features")


def report(curves: Curves) -> None:
    """Print the mean accuracies, and up to where frozen features serve."""
    means = {way: [*map(fmean, found.values())] for way, found in curves.items()}
    counts = list(curves["frozen"])
    print(f"\n{'right answers (%)':17}", *(f"{count:6}" for count in counts))
    for way, shares in means.items():
        print(f"{way:>17}", *(f"{100 * share:6.1f}" for share in shares))
    rows = zip(counts, means["from scratch"], means["frozen"], strict=True)
    served = [str(count) for count, scratch, frozen in rows if frozen > scratch]
    print("\nmeans over the seeds, by the examples of each digit; frozen features are")
    print(f"better than none with {' and '.join(served) or 'no number'} of them")


def draw(curves: Curves, path: Path) -> None:
    """Draw the learning curves: the means, and bands from the worst to the best."""
    figure = new_figure(8, 4.8)
    axes = figure.add_subplot()
    lines = []
    for i, found in enumerate(curves.values()):
        percents = [[100 * share for share in shares] for shares in found.values()]
        style: Any = line_style(i) | {"marker": MARKERS[i]}
        lines += axes.plot([*found], [*map(fmean, percents)], **style)
        ends = [*map(min, percents)], [*map(max, percents)]
        axes.fill_between([*found], *ends, color=style["color"], alpha=0.15)
    axes.set_xscale("log")
    axes.minorticks_off()  # which the scale would name as well
    axes.set_xticks([*found], [str(count) for count in found])
    legend(axes, *lines, names=list(curves), loc="lower right")
    title = "Digits 5 to 9 after 0 to 4: mean, worst and best seed"
    label(axes, title, "examples of each digit", "right answers (%)")
    figure.savefig(path)


def main() -> None:
    """Pretrain, look at what is loaded, and compare the three ways."""
    parser = command(__doc__)
    out = output_folder(parser, parser.parse_args().out)

    source = pretrained()
    share = accuracy(source, SOURCE)
    print(f"{share:.1%} of unseen digits from 0 to 4 are right")
    look(source)
    curves = trial(source)
    report(curves)
    try:
        draw(curves, out / "transfer.png")
        print("\npicture:", out / "transfer.png")
    except MissingExtraError as missing:
        print(f"\nno picture: {missing}")


if __name__ == "__main__":
    main()
