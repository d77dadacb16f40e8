"""Train a small transformer on names, letter by letter, and let it make up new ones.

The model is that of Karpathy's microgpt (2026): attention to the letters so far, then a
layer of neurons, each beside a shortcut, 4,192 numbers in all. It says how likely each
letter is to come next; drawing from that, again and again, writes a name, which begins
and ends with a token of its own, the edge.

One seeded generator orders the names, draws the weights and writes the samples. So the
names of makemore, `--data names.txt`, give what microgpt published: its losses to four
digits, and its first new names. Without them the demo learns the first names of the US
Census of 1990.
"""

import math
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from random import Random
from statistics import fmean
from textwrap import fill
from typing import Any

import nn
from autograd_core import Value, no_grad, softmax, topological_order
from autograd_core.errors import MissingExtraError
from demos.command import command, output_folder
from demos.datasets import load_names, read_names
from viz.plots.canvas import new_figure

__all__ = ["Transformer", "loss_of", "main", "sample", "tokens_of", "train"]

WIDTH, HEADS, CONTEXT = 16, 4, 16
ELEMENTARY = 59_647  # nodes of microgpt's own graph for seven positions, as published


class Transformer(nn.Module):
    """From the tokens so far to a logit for each token that may come next."""

    def __init__(self, tokens: int, random: Random) -> None:
        """Draw every weight from N(0, 0.08²), in the published order."""
        drawn: Any = {"init": partial(nn.normal, std=0.08), "random": random}
        linear = partial(nn.Linear, bias=False, **drawn)
        norm = partial(nn.RMSNorm, WIDTH, eps=1e-5, elementwise_affine=False)
        self.token = nn.Embedding(tokens, WIDTH, **drawn)
        self.position = nn.Embedding(CONTEXT, WIDTH, **drawn)
        self.head = linear(WIDTH, tokens)
        self.norm = norm()
        attention = nn.CausalSelfAttention(WIDTH, HEADS, **drawn)
        self.attention = nn.Residual(nn.Sequential(norm(), attention))
        neurons = linear(WIDTH, 4 * WIDTH), "relu", linear(4 * WIDTH, WIDTH)
        self.neurons = nn.Residual(nn.Sequential(norm(), *neurons))

    def forward(self, tokens: Sequence[int]) -> list[list[Value]]:
        """Return the logits at each position, which knows itself and those before."""
        places = self.position(list(range(len(tokens))))
        pairs = zip(self.token(tokens), places, strict=True)
        x = [[t + p for t, p in zip(*pair, strict=True)] for pair in pairs]
        return self.head(self.neurons(self.attention(self.norm(x))))


def tokens_of(name: str, letters: str) -> list[int]:
    """Return a name as places in the alphabet, between two edges.

    >>> tokens_of("cab", "abc")
    [3, 2, 0, 1, 3]
    """
    edge = len(letters)
    return [edge, *map(letters.index, name), edge]


def loss_of(model: Transformer, tokens: list[int]) -> Value:
    """Return the mean of -log p of the token that came next, over the positions."""
    return nn.cross_entropy(model(tokens[:-1][:CONTEXT]), tokens[1:][:CONTEXT])


def train(
    model: Transformer, names: Sequence[str], letters: str, steps: int = 1000
) -> Iterator[float]:
    """Learn from one name a step, and yield the loss before it moved anything."""
    optimizer = nn.Adam(model.parameters(), lr=0.01, betas=(0.85, 0.99))
    scheduler = nn.LinearLR(optimizer, 1.0, 0.0, total_iters=steps)
    for step in range(steps):
        with nn.collector_paused():
            loss = loss_of(model, tokens_of(names[step % len(names)], letters))
            # as published: a letter that is not in the name has the gradient 0, not
            # none, and goes on moving by what Adam remembers of it
            optimizer.zero_grad(set_to_none=False)
            loss.backward()
        optimizer.step()
        scheduler.step()
        yield loss.data


def sample(
    model: Transformer, letters: str, random: Random, temperature: float = 0.5
) -> str:
    """Write a name: draw letters, likely ones more often, until the edge is drawn."""
    edge = len(letters)
    tokens = [edge]
    while len(tokens) <= CONTEXT:
        with no_grad():
            logits = model(tokens)[-1]
        shares = softmax([z.data / temperature for z in logits])
        (drawn,) = random.choices(range(edge + 1), shares)
        if drawn == edge:
            break
        tokens.append(drawn)
    return "".join(letters[token] for token in tokens[1:])


def report(model: Transformer, letters: str, losses: Iterator[float]) -> None:
    """Print how the loss falls while the model trains, and what it writes meanwhile."""
    print(f"{'step':>6} {'loss':>8} {'mean since':>11}   writes")
    since: list[float] = []
    for step, loss in enumerate(losses, start=1):
        since.append(loss)
        if step <= 5 or step % 100 == 0:
            name = sample(model, letters, Random(step))
            print(f"{step:6} {loss:8.4f} {fmean(since):11.2f}   {name!r}")
            since.clear()


def nodes_of(model: Transformer, tokens: list[int]) -> tuple[int, int]:
    """Return how many nodes the graph of one step has, and how many are leaves."""
    nodes = topological_order(loss_of(model, tokens))
    return len(nodes), sum(node.is_leaf for node in nodes)


def draw_attention(model: Transformer, name: str, letters: str, path: Path) -> None:
    """Draw, for each head, how much each position takes of those that it knows."""
    figure = new_figure(11, 3.5)
    logits = model(tokens_of(name, letters)[:-1][:CONTEXT])
    marks = ["·", *name][: len(logits)]
    heads = model.attention.module[1].shares  # which live as long as the logits
    for i, axes in enumerate(figure.subplots(1, HEADS, sharey=True)):
        shares = [[x.data for x in row] + [0.0] * (len(marks) - len(row))
                  for row in heads[i]]  # fmt: skip
        shown = axes.imshow(shares, cmap="Blues", vmin=0.0, vmax=1.0)
        axes.set_title(f"head {i}", loc="left", fontsize=11)
        axes.set_xticks(range(len(marks)), marks)
        axes.set_yticks(range(len(marks)), marks)
    figure.supxlabel("looks at", fontsize=10)
    figure.supylabel("after reading", fontsize=10)
    figure.colorbar(shown, ax=figure.axes, label="share of the attention")
    figure.savefig(path)


def options() -> tuple[int, list[str], Path]:
    """Return the steps, the names and the folder, or end with a message."""
    parser = command(__doc__)
    parser.add_argument("--steps", type=int, default=1000, help="default: 1000")
    parser.add_argument("--data", type=Path, help="a text file, one name a line")
    given = parser.parse_args()
    if given.steps < 1:
        parser.error(f"--steps takes a count from 1 up, not {given.steps}")
    try:
        names = read_names(given.data) if given.data else list(load_names()[0])
    except ValueError as error:
        parser.error(f"--data: {error}")
    return given.steps, names, output_folder(parser, given.out)


def main() -> None:
    """Train, write twenty names, and look at the graph and at the attention."""
    steps, names, out = options()
    random = Random(42)
    random.shuffle(names)
    letters = "".join(sorted(set("".join(names))))
    tokens = len(letters) + 1
    model = Transformer(tokens, random)
    print(f"{len(names):,} names, {len(model.parameters()):,} numbers to learn;")
    print(f"guessing among {tokens} tokens costs {math.log(tokens):.2f}\n")
    report(model, letters, train(model, names, letters, steps))

    print()
    written = [sample(model, letters, random) for _ in range(20)]
    new = len(set(written) - set(names))
    print(
        fill(f"It writes {', '.join(written)}: {new} that it never read."), end="\n\n"
    )
    example = min(names, key=lambda name: abs(len(name) - 6))
    nodes, leaves = nodes_of(model, tokens_of(example, letters))
    print(f"{example!r} makes a graph of {nodes:,} nodes, {leaves:,} of them leaves,")
    print("as a dot product is one; with one for each sum and each product, microgpt")
    print(f"has {ELEMENTARY:,} for a name of six letters, as published.\n")
    try:
        draw_attention(model, example, letters, out / "attention.png")
        print("picture:", out / "attention.png")
    except MissingExtraError as missing:
        print(f"picture left out: {missing}")


if __name__ == "__main__":
    main()
