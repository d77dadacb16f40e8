"""A deep network that does not learn: why, and what each remedy does on its own.

Nine layers of scalar nodes, eight of them sigmoids, shall name handwritten digits, and
do not. On the way back a gradient is multiplied at each layer by the weights and by σ',
which is at most ¼; after eight layers nothing is left of it (Hochreiter 1991). On the
way forward the same factors wipe out what tells one image from another. Each remedy is
tried alone, from the same seed, on the same images in the same order, for 160 steps of
Adam, which makes up for the size of a gradient but not for the rest; not all of them
cure. The exploding twin has the opposite illness: its weights are too large, and the
first steps of plain descent, which Adam would hide, throw it out of reach.
"""

import math
from collections.abc import Callable
from functools import partial
from itertools import pairwise
from pathlib import Path
from random import Random
from statistics import fmean, pvariance
from typing import Any, NamedTuple

import nn
import viz
from autograd_core import Value, no_grad
from autograd_core.errors import MissingExtraError
from demos.command import command, output_folder
from demos.datasets import load_digits, split
from viz.plots.canvas import COLOURS, GREY, label, legend, new_figure

__all__ = ["REMEDIES", "deep_network", "drawable", "main", "told_apart", "trial"]
WHY = """
ReLU, He's: the slope is 1 or 0; a variance of 2/n makes up for the 0s (He et al. 2015).
tanh, Glorot's: the slope is 1 at 0, and a variance of 2/(n_in + n_out) keeps signal and
  gradient at their size (Glorot and Bengio 2010).
Glorot's × 4: undoes σ'(0) = ¼; what differs between images is small, but not gone.
batch norm: compares a unit with itself on other images, and so brings what differs
  between images back to size 1 (Ioffe and Szegedy 2015).
layer norm: compares a unit with its neighbours on one image (Ba et al. 2016). They
  differ on every image alike; what differs between images stays small beside that.
skip connections: x + f(x) has the slope 1 + f', so that all can pass (He et al. 2016).
clipped: no gradient is longer than 1 (Pascanu et al. 2013), and no layer dies of a step
  too long; the weights that made it necessary are as bad as before."""

SEED = 1
usual = partial(nn.he_uniform, a=math.sqrt(5))  # U(-1/√n, 1/√n): Glorot's equation 1
too_large = partial(nn.glorot_normal, gain=1.6 * math.sqrt(2))  # 1.6 times He's or more


def clipped(parameters: list[Value]) -> nn.Optimizer:
    """Return descent with momentum, after clipping to a global norm of 1."""
    steps = nn.chain(nn.clip_by_global_norm(1.0), nn.momentum(0.9))
    return nn.Optimizer(parameters, steps, lr=0.02)


class Remedy(NamedTuple):
    """What the layers are made of, and how they are trained."""

    activation: str = "sigmoid"
    init: Callable[[int, int, Random], float] = usual
    norm: Callable[[int], nn.Module] | None = None
    skip: bool = False
    optimizer: Callable[[list[Value]], nn.Optimizer] = partial(nn.Adam, lr=0.01)


ILL, CURED, TWIN, CLIPPED = "as it was", "tanh, Glorot's", "exploding twin", "clipped"
REMEDIES = {
    ILL: Remedy(),
    "ReLU, He's": Remedy("relu", nn.he_normal),
    CURED: Remedy("tanh", nn.glorot_uniform),
    "Glorot's × 4": Remedy(init=partial(nn.glorot_uniform, gain=4.0)),
    "batch norm": Remedy(norm=nn.BatchNorm1d),
    "layer norm": Remedy(norm=nn.LayerNorm),
    "skip connections": Remedy(skip=True),
    TWIN: Remedy("relu", too_large, optimizer=partial(nn.SGD, lr=0.02, momentum=0.9)),
    CLIPPED: Remedy("relu", too_large, optimizer=clipped),
}


def deep_network(how: Remedy) -> nn.Sequential:
    """Return a network of 64 inputs, eight layers of 12 units, and 10 logits."""
    random = Random(SEED)

    def layer(n_in: int, n_out: int) -> nn.Module:
        norm = [how.norm(n_out)] if how.norm else []
        linear = nn.Linear(n_in, n_out, init=how.init, random=random)
        made = nn.Sequential(linear, *norm, how.activation)
        return nn.Residual(made) if how.skip and n_in == n_out else made

    hidden = [layer(*sizes) for sizes in pairwise([64] + [12] * 8)]
    return nn.Sequential(*hidden, nn.Linear(12, 10, init=how.init, random=random))


def drawable(how: Remedy) -> nn.MLP:
    """Return the same neuron by neuron, which `viz.flow` shows unit by unit."""
    return nn.MLP(64, [12] * 8 + [10], how.activation, init=how.init, seed=SEED)


def examples(start: int, count: int) -> tuple[list[list[float]], list[int]]:
    """Return some of the digits, in an order that is drawn once for all."""
    images, digits = load_digits()
    chosen = split(len(images), share=0.0, seed=0)[0][start : start + count]
    return [images[i] for i in chosen], [digits[i] for i in chosen]


def told_apart(model: nn.Sequential) -> float:
    """Return which part of the last hidden layer's variance is between images."""
    with no_grad():
        rows = [[unit.data for unit in row] for row in model[:-1](examples(0, 32)[0])]
    between = fmean(pvariance(unit) for unit in zip(*rows, strict=True))
    return between / pvariance([number for row in rows for number in row])


class Trial(NamedTuple):
    """How a network was before training, how training went, and where it led."""

    apart: float
    recorder: viz.FlowRecorder
    losses: list[float]
    loss: float
    right: float

    @property
    def gradients(self) -> list[float]:
        """The norm of the gradients that reached each layer in the first step."""
        return [x.gradient_norm or 0.0 for x in self.recorder.reports[0][1].layers]


def trial(how: Remedy) -> Trial:
    """Look at a network, train it for 160 steps, and try it on unseen images."""
    model = deep_network(how)
    recorder = viz.FlowRecorder(model, every=20, depth=1)
    common: Any = {"loss": nn.cross_entropy, "batched": True}
    options: Any = {"epochs": 4, "batch_size": 8, "callbacks": [recorder], **common}
    options["optimizer"] = how.optimizer(model.parameters())
    losses = nn.fit(model, *examples(0, 320), progress=False, **options).loss
    metrics = {"right": nn.multiclass_accuracy}
    found = nn.evaluate(model, *examples(320, 200), metrics=metrics, **common)
    return Trial(told_apart(deep_network(how)), recorder, losses, **found)


def draw_flow(how: Remedy, path: Path) -> Path:
    """Draw the network before training: signal forward, gradient backward."""
    model, (images, digits) = drawable(how), examples(0, 32)
    loss = nn.cross_entropy([model(image) for image in images], digits)
    loss.backward()
    return viz.flow(model, loss).save(path)


def draw(trials: dict[str, Trial], path: Path) -> None:
    """Draw each network's gradients beside those of the ill one, and two trainings."""
    figure = new_figure(14, 6.5)
    *panels, last = figure.subplots(2, 4).flat
    shown = [name for name in trials if name not in (ILL, CLIPPED)]
    for axes, name in zip(panels, shown, strict=True):
        found, colour, layers = trials[name], COLOURS[name == TWIN], range(1, 10)
        axes.semilogy(layers, trials[ILL].gradients, "o--", color=GREY)
        axes.semilogy(layers, found.gradients, "s-", color=colour)
        axes.set_ylim(1e-8, 1e3)
        label(axes, f"{name}: {found.right:.0%} right", "layer", "gradient norm")
    legend(panels[0], *panels[0].lines, names=[ILL, "with the remedy"])
    for i, name in enumerate((CLIPPED, TWIN)):
        last.semilogy(trials[name].losses, ("-", "--")[i], color=COLOURS[i])
    legend(last, *last.lines, names=[CLIPPED, TWIN])
    label(last, f"{CLIPPED}: {trials[CLIPPED].right:.0%} right", "step", "loss")
    figure.savefig(path)


def main() -> None:
    """Diagnose the network, try each remedy, and draw what it does."""
    parser = command(__doc__)
    out = output_folder(parser, parser.parse_args().out)
    trials = {ILL: trial(REMEDIES[ILL])}
    first, *_, last = (report for _, report in trials[ILL].recorder.reports)
    print(f"The first step of the network {ILL}:\n\n{first}\n")
    print(f"Adam moves its first layer by {last.layers[0].update_ratio:.1%} in a step,")
    print(f"but its loss is {trials[ILL].loss:.2f}; guessing costs log 10 = 2.30.")
    print("\nafter 160 steps   gradient     apart   loss  right  verdict")
    for name, how in REMEDIES.items():
        found = trials[name] = trials.get(name) or trial(how)
        ratio = found.gradients[0] / found.gradients[-1]
        print(f"{name:16} {ratio:9.1e} {found.apart:9.1e} {found.loss:6.2f}", end=" ")
        print(f"{found.right:6.1%}  {found.recorder.reports[-1][1].verdict}")
    print("\ngradient: of the first layer over that of the last, in the first step")
    print("apart: which part of the last hidden layer's variance is between images")
    print(WHY)

    pictures = [draw_flow(REMEDIES[ILL], out / "vanishing_flow.svg")]
    pictures.append(draw_flow(REMEDIES[CURED], out / "vanishing_flow_cured.svg"))
    plots = [out / "vanishing_remedies.png", out / "vanishing_steps.png"]
    try:
        draw(trials, plots[0])
        trials[ILL].recorder.plot(plots[1])
        pictures += plots
    except MissingExtraError as missing:
        print(f"\nThe plots are left out: {missing}")
    print("\npictures:", *pictures)


if __name__ == "__main__":
    main()
