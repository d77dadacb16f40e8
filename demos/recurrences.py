"""The δ of the textbook, layer by layer, beside the ones that the engine leaves.

Backpropagation was first written as recurrences for one kind of network: for the cost
C = ½‖a - y‖² of sigmoid layers z = W·a + b, a = σ(z), counted from 1 to L,

    δ(L) = (a(L) - y) ⊙ σ'(z(L))
    δ(l) = (W(l+1)ᵀ δ(l+1)) ⊙ σ'(z(l))
    ∂C/∂W(l) = δ(l) a(l-1)ᵀ,   ∂C/∂b(l) = δ(l),   a(0) = x.

The engine knows none of them: it has one rule for every graph, the chain rule. This
demo writes them out in plain floats, for a chain of single neurons and for a network of
3, 4 and 2 units, and prints both results and how many units in the last place of the
layer's largest number they are apart. The chain shows a second thing: σ' is at most ¼,
so that δ shrinks at least fourfold a layer where the weights are 1, and vanishes.
"""

import argparse
import math
from collections.abc import Iterator, Sequence
from itertools import pairwise

import nn
from nn import deltas, half_squared_error, vector_to_biases, vector_to_weights

__all__ = [
    "by_engine",
    "by_recurrences",
    "chain",
    "distance",
    "rows",
    "sigmoid_network",
    "textbook",
]

Vector = list[float]
Matrix = list[Vector]


def sigmoid_network(*widths: int) -> nn.Sequential:
    """Return layers of sigmoid units, the last one too, as in the texts."""
    return nn.Sequential(*[nn.Layer(*sizes, "sigmoid") for sizes in pairwise(widths)])


def chain(length: int = 8) -> tuple[nn.Sequential, Vector, Vector]:
    """Return one neuron a layer, all weights 1 and biases 0, an input and a target."""
    network = sigmoid_network(*[1] * (length + 1))
    vector_to_weights([1.0] * length, network)
    vector_to_biases([0.0] * length, network)
    return network, [0.5], [0.0]


def textbook() -> tuple[nn.Sequential, Vector, Vector]:
    """Return a network of 3, 4 and 2 units, an input and a target."""
    network = sigmoid_network(3, 4, 2)
    vector_to_weights([math.sin(i) for i in range(1, 21)], network)
    vector_to_biases([math.cos(i) for i in range(1, 7)], network)
    return network, [0.5, -1.0, 2.0], [0.0, 1.0]


def sigmoid(z: float) -> float:
    """Return σ(z) = 1/(1 + e⁻ᶻ)."""
    return 1 / (1 + math.exp(-z))


def by_recurrences(
    network: nn.Sequential, x: Vector, y: Vector
) -> list[tuple[Vector, Matrix]]:
    """Return δ(l) and ∂C/∂W(l) of each layer, by the formulas above."""
    tensors = list(network.state_dict().values())
    weights, biases = tensors[::2], tensors[1::2]
    a, slopes = [x], []
    for w, b in zip(weights, biases, strict=True):
        z = [inner(row, a[-1]) + bias for row, bias in zip(w, b, strict=True)]
        a.append([sigmoid(number) for number in z])
        slopes.append([sigmoid(number) * sigmoid(-number) for number in z])
    delta = [(p - t) * s for p, t, s in zip(a[-1], y, slopes[-1], strict=True)]
    found = [delta]
    for w, slope in zip(weights[:0:-1], slopes[-2::-1], strict=True):
        back = [inner(column, found[-1]) for column in zip(*w, strict=True)]
        found.append([e * s for e, s in zip(back, slope, strict=True)])
    found.reverse()
    return [(d, outer(d, signal)) for d, signal in zip(found, a[:-1], strict=True)]


def by_engine(
    network: nn.Sequential, x: Vector, y: Vector
) -> list[tuple[Vector, Matrix]]:
    """Return the same from one backward pass."""
    network.zero_grad()
    loss = half_squared_error(network(x), y)
    loss.backward()
    found = deltas(network, loss)
    gradients = [[[w.grad for w in n.weight] for n in layer.neurons]
                 for layer in network]  # fmt: skip
    return list(zip(found.values(), gradients, strict=True))


def inner(xs: Sequence[float], ys: Sequence[float]) -> float:
    """Return Σ xᵢ·yᵢ."""
    return sum(x * y for x, y in zip(xs, ys, strict=True))


def outer(xs: Vector, ys: Vector) -> Matrix:
    """Return x·yᵀ."""
    return [[x * y for y in ys] for x in xs]


def rows(
    network: nn.Sequential, x: Vector, y: Vector
) -> Iterator[tuple[str, Vector, Vector]]:
    """Yield each quantity's name, with its numbers by recurrences and by the engine."""
    pairs = zip(by_recurrences(network, x, y), by_engine(network, x, y), strict=True)
    for layer, ((delta, matrix), (its_delta, its_matrix)) in enumerate(pairs, start=1):
        yield f"δ({layer})", delta, its_delta
        yield f"∂C/∂W({layer})", nn.flatten(matrix), nn.flatten(its_matrix)


def distance(wanted: Vector, found: Vector) -> float:
    """Return how far apart two vectors are, in ULP of the largest number."""
    errors = [abs(w - f) for w, f in zip(wanted, found, strict=True)]
    return max(errors) / math.ulp(max(map(abs, wanted)))


def report(title: str, network: nn.Sequential, x: Vector, y: Vector) -> None:
    """Print the table of one network."""
    print(f"{title}\n{'':10} {'recurrences':>24} {'engine':>24}   apart")
    for name, wanted, found in rows(network, x, y):
        for i, (w, f) in enumerate(zip(wanted, found, strict=True)):
            apart = f"{distance(wanted, found):3.0f} ULP" if i == 0 else ""
            print(f"{'' if i else name:10} {w:24.17g} {f:24.17g} {apart}".rstrip())
    print()


def main() -> None:
    """Print both tables."""
    argparse.ArgumentParser(description=__doc__.splitlines()[0]).parse_args()
    report("A chain of eight neurons, every weight 1", *chain())
    report("A network of 3, 4 and 2 units", *textbook())


if __name__ == "__main__":
    main()
