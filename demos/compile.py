"""Scalar code becomes matrix code: a network traced once, made shorter, run on arrays.

The network is written as micrograd's users write one, a multiplication and an addition
at a time, for one example. `trace` runs it once on numbers that it cannot look at and
keeps what it does. Five passes make that shorter; what is left is grouped by kind and
level, and the groups are printed as numpy code, with the backward pass that is the
textbook's: δ(l) = W(l+1)ᵀδ(l+1) ⊙ σ'. Nothing of this knows what a layer is.
"""

import argparse
import math
from itertools import pairwise
from random import Random
from timeit import repeat
from typing import Any

from autograd_core import Program, Value, trace, where
from autograd_core.errors import TraceError
from autograd_core.program import PASSES

__all__ = ["loss_of", "main", "shrink", "two_moons", "weights"]

WIDTHS = 2, 16, 16, 1
ALPHA = 1e-4  # the weight of the penalty Σ p²

Layers = list[tuple[list[list[float]], list[float]]]


def weights(seed: int = 0) -> Layers:
    """Return the weights and biases of each layer."""
    random = Random(seed)
    return [
        ([[random.uniform(-1, 1) for _ in range(n)] for _ in range(m)], [0.0] * m)
        for n, m in pairwise(WIDTHS)
    ]


def two_moons(count: int, seed: int = 0) -> tuple[list[list[float]], list[float]]:
    """Return points on two interleaved half circles, and which one each is on, ±1."""
    random = Random(seed)
    points, labels = [], [1.0 if i % 2 else -1.0 for i in range(count)]
    for label in labels:
        angle = random.uniform(0.0, math.pi)
        x, y = math.cos(angle), math.sin(angle)
        points.append([x, y] if label > 0 else [1.0 - x, 0.5 - y])
    return points, labels


def loss_of(layers: Any, point: Any, label: Any) -> Any:
    """Return the hinge loss of one example and the penalty, one operation at a time."""
    x = point
    for rows, biases in layers:
        sums = []
        for row, total in zip(rows, biases, strict=True):
            for w, a in zip(row, x, strict=True):
                total = total + w * a
            sums.append(total)
        x = [z.relu() for z in sums]
    (score,) = sums
    penalty = sum(p * p for rows, bs in layers for row in (*rows, bs) for p in row)
    return (1 + -label * score).relu() + ALPHA * penalty


def shrink(program: Program) -> Program:
    """Print how long the program is after each pass, and what it consists of."""
    print(f"{'as it was traced':22} {len(program):6,}  {most(program)}")
    for name, one in PASSES.items():
        program = program.simplify([one])
        print(f"{name:22} {len(program):6,}  {most(program)}")
    return program


def most(program: Program) -> str:
    """Return the operations of a program, the most frequent first."""
    return ", ".join(f"{n:,} {name}" for name, n in program.counts().most_common())


def microseconds(function: Any, calls: int) -> float:
    """Return how long a call takes, the fastest of several rows of calls."""
    return min(repeat(function, number=calls, repeat=5)) / calls * 1e6


def by_the_engine(
    layers: Layers, points: Any, labels: Any
) -> tuple[float, list[float]]:
    """Return the sum of the losses of all examples and its gradient, node by node."""
    seats = [([[Value(w) for w in row] for row in rows], [Value(b) for b in biases])
             for rows, biases in layers]  # fmt: skip
    losses = [loss_of(seats, x, y) for x, y in zip(points, labels, strict=True)]
    loss = sum(losses[1:], losses[0])
    loss.backward()
    parameters = [p for rows, bs in seats for row in (*rows, bs) for p in row]
    return loss.data, [p.grad for p in parameters]


def choices() -> None:
    """Show what becomes of a branch, and of a choice that is data."""

    def branching(x: Any) -> Any:
        return x if x > 0 else -x

    program = trace(branching, 3.0)
    print(f"\nabs by `if`: of 5 it gives {program(5.0):g}; of -5:")
    try:
        program(-5.0)
    except TraceError as error:
        print(f"  TraceError: ...{str(error).partition(', and ')[2]}")
    program = trace(lambda x: where(x > 0, x, -x), 3.0)
    print(f"abs by `where`: of 5 it gives {program(5.0):g}, of -5 {program(-5.0):g}")


def main() -> None:
    """Trace, shorten, print the code, compare it with the engine, and show guards."""
    argparse.ArgumentParser(description=__doc__.splitlines()[0]).parse_args()
    layers, (points, labels) = weights(), two_moons(100)
    program = trace(loss_of, layers, points[0], labels[0])
    shrink(program)
    many = program.batch(in_axes=(None, 0, 0))
    print(f"\n{many.source}")

    losses, gradients = many.value_and_grad(layers, points, labels)
    loss, slopes = by_the_engine(layers, points, labels)
    flat = [x for w, b in gradients for rows in (w, [b]) for row in rows for x in row]
    apart = max(abs(a - b) for a, b in zip(flat, slopes, strict=True))
    print(f"100 examples: loss {losses.sum():.12f}, by the engine {loss:.12f};")
    print(f"the {len(flat)} derivatives are at most {apart:.0e} apart")
    slow = microseconds(lambda: by_the_engine(layers, points, labels), 1)
    fast = microseconds(lambda: many.value_and_grad(layers, points, labels), 50)
    print(f"the program is {slow / fast:,.0f} times as fast as the engine")
    choices()


if __name__ == "__main__":
    main()
