"""Tell women's names from men's with an LSTM, and see how far back its gradient goes.

Roman and Norma have the same letters: who only counts them cannot tell the two apart.
An LSTM (Hochreiter and Schmidhuber 1997) reads them in order, here from the last to the
first, which is harder: what tells most is the ending, and it has to be remembered until
the verdict. Back-propagation through time goes the same way back, and at each step the
gradient may fade. How much of it arrives at each letter?

The names are those of the US Census of 1990 that stand in one list alone, the women's
or the men's. Anagrams of a name in the other list are not learned from, but asked.
"""

import math
from collections import Counter
from collections.abc import Callable
from itertools import product
from operator import itemgetter
from pathlib import Path
from random import Random
from statistics import fmean
from string import ascii_lowercase
from typing import Any

import nn
from autograd_core import Value, gradient, no_grad, sigmoid
from autograd_core.errors import MissingExtraError
from demos.command import command, output_folder
from demos.datasets import load_names, split
from viz.plots.canvas import MARKERS, label, legend, line_style, new_figure

__all__ = ["Reader", "anagrams", "by_counts", "examples", "main", "reach", "train"]

WIDTH, HIDDEN = 6, 8
LETTERS = 8  # of the names in which the gradient is followed

Score = Callable[[str], Any]  # from a name to the log-odds that it is a woman's


class Reader(nn.Module):
    """Letter by letter from the end into a memory; its last state gives the verdict."""

    def __init__(self, memory: Any = nn.LSTM, seed: int = 0) -> None:
        """Draw the weights; what an LSTM forgets by begins almost open."""
        random = Random(seed)
        self.letter = nn.Embedding(26, WIDTH, random=random)
        self.memory = memory(WIDTH, HIDDEN, random=random)
        self.verdict = nn.Linear(HIDDEN, 1, random=random)
        if memory is nn.LSTM:  # as Jozefowicz et al. (2015) advise
            for bias in self.memory.cells[0].bias_ih[HIDDEN : 2 * HIDDEN]:
                bias.data = 1.0

    def vectors(self, name: str) -> list[list[Value]]:
        """Return what stands for each letter, the last one first."""
        return self.letter([ascii_lowercase.index(letter) for letter in reversed(name)])

    def judge(self, vectors: Any) -> Value:
        """Return the log-odds of a woman's name."""
        states, _ = self.memory(vectors)
        return self.verdict(states[-1])[0]

    def forward(self, name: str) -> Value:
        """Read a name and judge it."""
        return self.judge(self.vectors(name))


def by_counts() -> nn.Module:
    """Return what can be known without order: a weight for each letter there is."""

    def counts(name: str) -> list[float]:
        return [float(name.count(letter)) for letter in ascii_lowercase]

    return nn.Sequential(counts, nn.Linear(26, 1, seed=0), itemgetter(0))


def by_last_letter() -> Score:
    """Return log-odds by the last letter alone, from counts that begin at one."""
    kept, _ = examples()
    ends = Counter((name[-1], answer) for name, answer in kept.items())
    return lambda name: math.log((ends[name[-1], 1.0] + 1) / (ends[name[-1], 0.0] + 1))


def anagrams() -> list[tuple[str, str]]:
    """Return each woman's name with each man's name of the same letters."""
    groups: dict[str, dict[str, list[str]]] = {}
    for name, lists in zip(*load_names(), strict=True):
        group = groups.setdefault("".join(sorted(name)), {"f": [], "m": [], "fm": []})
        group[lists].append(name)
    return [p for group in groups.values() for p in product(group["f"], group["m"])]


def examples() -> tuple[dict[str, float], dict[str, float]]:
    """Return names to learn from and to try, 1 for a woman's, 0 for as many men's."""
    lists = dict(zip(*load_names(), strict=True))
    asked = {name for pair in anagrams() for name in pair}
    free = sorted(lists.keys() - asked)
    women, men = ([name for name in free if lists[name] == one] for one in "fm")
    names = [*Random(0).sample(women, len(men)), *men]
    kept, tried = split(len(names), share=0.2, seed=0)
    answers = {name: float(lists[name] == "f") for name in names}
    return tuple({names[i]: answers[names[i]] for i in part} for part in (kept, tried))


def zero_where_none(step: nn.Step) -> None:
    """Give letters that the batch has not the gradient 0, which Adam averages in.

    Left out, as they are otherwise, rare letters would take larger steps than all.
    """
    for parameter in step.optimizer.parameters:
        if not parameter.has_grad:
            parameter.grad = 0.0


def train(model: nn.Module, epochs: int = 6) -> None:
    """Learn from the names in batches of eight, ever more slowly."""
    kept, _ = examples()
    optimizer = nn.Adam(model.parameters(), lr=0.02)
    nn.fit(
        model,
        list(kept),
        list(kept.values()),
        loss=nn.binary_cross_entropy_with_logits,
        optimizer=optimizer,
        scheduler=nn.CosineAnnealingLR(optimizer, epochs),
        epochs=epochs,
        batch_size=8,
        progress=False,
        callbacks=[zero_where_none],
    )


def right(score: Score) -> float:
    """Return the share of names to try that a score puts on the right side."""
    _, tried = examples()
    with no_grad():
        return fmean((score(name) > 0) == (tried[name] > 0) for name in tried)


def in_order(score: Score) -> float:
    """Return the share of anagrams that are ordered rightly; a tie is half right."""
    with no_grad():
        scores = [(score(woman), score(man)) for woman, man in anagrams()]
    return fmean(0.5 * ((w >= m) + (w > m)) for w, m in scores)


def reach(model: Reader, name: str) -> list[float]:
    """Return ‖∂log-odds/∂letter‖ for each letter of a name, the first one first."""
    vectors = [[Value(x.data) for x in row] for row in model.vectors(name)]
    slopes = gradient(model.judge(vectors), vectors)
    return [math.hypot(*row) for row in reversed(slopes)]


def mean_reach(model: Reader) -> list[float]:
    """Return the mean over those names to try that have eight letters."""
    found = [reach(model, name) for name in examples()[1] if len(name) == LETTERS]
    return [fmean(column) for column in zip(*found, strict=True)]


def pairs_in_words(model: Reader, count: int = 3) -> list[str]:
    """Return the anagrams that the model orders best, then those it orders worst."""
    with no_grad():
        sure = {n: sigmoid(model(n)).data for pair in anagrams() for n in pair}
    pairs = sorted(anagrams(), key=lambda pair: sure[pair[1]] - sure[pair[0]])
    words = [f"{w} {sure[w]:.0%} and {m} {sure[m]:.0%}" for w, m in pairs]
    return [", ".join(words[:count]), ", ".join(words[-count:])]


def draw(reaches: dict[str, list[float]], path: Path) -> None:
    """Draw what arrives at each letter; the verdict comes right after the first."""
    figure = new_figure(8, 4.5)
    axes = figure.add_subplot()
    lines = []
    for i, lengths in enumerate(reaches.values()):
        style: Any = line_style(i) | {"marker": MARKERS[i]}
        lines += axes.plot(range(1, LETTERS + 1), lengths, **style)
    axes.set_yscale("log")
    legend(axes, *lines, names=list(reaches))
    x = "letter of the name (the first is read last, just before the verdict)"
    label(axes, "The gradient on its way back through time", x, "‖∂log-odds/∂letter‖")
    figure.savefig(path)


def main() -> None:
    """Train, compare, and follow the gradient back."""
    parser = command(__doc__)
    out = output_folder(parser, parser.parse_args().out)
    kept, tried = examples()
    pairs = len(anagrams())
    print(
        f"{len(kept):,} names to learn from, {len(tried)} to try, and {pairs} pairs of"
    )
    print("a woman's and a man's name with the same letters\n")
    reaches = {"RNN, untrained": mean_reach(Reader(nn.RNN))}
    reaches["LSTM, untrained"] = mean_reach(Reader())
    counts, lstm = by_counts(), Reader()
    train(counts)
    train(lstm)
    reaches["LSTM, trained"] = mean_reach(lstm)

    print(f"{'':20} names right   pairs in order")
    scores = {"counts of letters": counts, "last letter": by_last_letter()}
    for name, score in [*scores.items(), ("LSTM", lstm)]:
        print(f"{name:20} {right(score):11.0%} {in_order(score):16.0%}")
    best, worst = pairs_in_words(lstm)
    print("\nCounts see no difference in a pair. The last letter tells most of it, but")
    print("nobody told the LSTM, which reads it first. A woman's name, it says, is")
    print(f"  best: {best}\n  worst: {worst}\n")

    print("What arrives of the gradient at each of eight letters, ‖∂log-odds/∂letter‖:")
    for name, lengths in reaches.items():
        print(f"{name:16}", *(f"{length:.4f}" for length in lengths))
    shares = [f"{lengths[-1] / lengths[0]:.1%}" for lengths in reaches.values()]
    print(f"At the last it is {', '.join(shares)} of what it is at the first.\n")
    try:
        draw(reaches, out / "names_lstm.png")
        print("picture:", out / "names_lstm.png")
    except MissingExtraError as missing:
        print(f"picture left out: {missing}")


if __name__ == "__main__":
    main()
