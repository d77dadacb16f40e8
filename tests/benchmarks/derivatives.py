"""Measure what a gradient costs in evaluations, and a Hessian product in gradients.

The cheap-gradient principle (Griewank & Walther 2008, section 4.5) bounds the cost of a
gradient by a few evaluations of the function, however many inputs it has; a product
with the Hessian costs a few gradients. Each function here does the same work on 1 input
as on 1,000, so that a cost that grew with the inputs would show.

    python -m tests.benchmarks.derivatives [--runs 15]

An evaluation is `f(values)` on `Value`s that stand; a gradient is `grad(f)(numbers)`
and a product `hvp(f)(numbers, vector)`, from numbers to numbers. Below the costs: how
many nodes the graphs of derivatives have, constants and inputs included.
"""

import argparse
import math
from collections.abc import Callable, Sequence
from typing import Any

import nn
from autograd_core import (
    Value,
    derivative,
    dot,
    exp,
    grad,
    hessian,
    hvp,
    log,
    sigmoid,
    tanh,
    topological_order,
    total,
)
from autograd_core.trees import leaves_of

from .timing import alternate, machine, ratio, table, verdict

INPUTS = (1, 10, 100, 1000)
GRADIENT_GOAL, PRODUCT_GOAL = 5.0, 10.0
REPEATS = 3


def product(x: Sequence[Any]) -> Any:
    """Multiply 3,000 factors one by one: Speelpenning's product, the cheapest nodes."""
    y = x[0]
    for i in range(3000):
        y = y * x[i % len(x)]
    return y


def rosenbrock(x: Sequence[Any]) -> Any:
    """Add up 1,000 of Rosenbrock's valleys, along the inputs in a ring."""
    n = len(x)
    pairs = ((x[i % n], x[(i + 1) % n]) for i in range(1000))
    return total([100.0 * (b - a * a) ** 2 + (1.0 - a) ** 2 for a, b in pairs])


def energy(x: Sequence[Any]) -> Any:
    """Add up 1,000 entropies of mixing, as in Helmholtz's energy."""
    n = len(x)
    parts = [x[i % n] for i in range(1000)]
    occupied = dot([0.4 / len(parts)] * len(parts), parts)
    return total([part * log(part / (1.0 - occupied)) for part in parts])


FUNCTIONS: dict[str, Callable[[Sequence[Any]], Any]] = {
    "product": product,
    "Rosenbrock": rosenbrock,
    "energy": energy,
}


def costs(f: Callable[[Any], Any], n: int, runs: int) -> tuple[float, float]:
    """Return the cost of a gradient in evaluations, of a product in gradients."""
    numbers = [1.0 + 0.001 * math.sin(i) for i in range(n)]
    vector = [math.cos(i) for i in range(n)]
    values = [Value(number) for number in numbers]
    gradient, times_hessian = grad(f), hvp(f)
    contestants = {
        "evaluation": lambda: [f(values) for _ in range(REPEATS)],
        "gradient": lambda: [gradient(numbers) for _ in range(REPEATS)],
        "product": lambda: [times_hessian(numbers, vector) for _ in range(REPEATS)],
    }
    times = alternate(contestants, runs)
    return ratio(times, "evaluation", "gradient"), ratio(times, "gradient", "product")


def report_costs(runs: int) -> str:
    """Return the table of costs, with the worst of each column at the end."""
    rows, gradients, products = [], [], []
    for name, f in FUNCTIONS.items():
        for n in INPUTS:
            of_gradient, of_product = costs(f, n, runs)
            gradients.append(of_gradient)
            products.append(of_product)
            nodes = len(topological_order(f([Value(1.0) for _ in range(n)])))
            rows.append(
                (
                    name,
                    f"{n:,}",
                    f"{nodes:,}",
                    f"{of_gradient:.2f}",
                    f"{of_product:.2f}",
                )
            )
    goals = (
        verdict(GRADIENT_GOAL, max(gradients) <= GRADIENT_GOAL),
        verdict(PRODUCT_GOAL, max(products) <= PRODUCT_GOAL),
    )
    rows.append(("goal", "", "", *goals))
    heads = ("function", "inputs", "nodes", "gradient/evaluation", "hvp/gradient")
    return table(heads, rows)


def report_sizes() -> str:
    """Return the table of the graphs of the first five derivatives."""
    functions = {"tanh": tanh, "sigmoid": sigmoid, "exp(-x²)": lambda x: exp(-x * x)}
    rows = []
    for name, f in functions.items():
        derivatives = [derivative(f, order)(Value(0.7)) for order in range(1, 6)]
        # the node on which a function's argument is seated is none of the derivative's
        sizes = [len(topological_order(y)) - 1 for y in derivatives]
        rows.append((name, *map(str, sizes)))
    return table(("nodes of", "1st", "2nd", "3rd", "4th", "5th"), rows)


def report_hessians() -> str:
    """Return the table of the Hessians of the squared error of a 2-8-1 network."""
    x, target = [0.5, -1.0], 0.3

    def by_inputs(x: Any) -> Any:
        return nn.mse_loss(model(x), target)

    def by_parameters(p: Any) -> Any:
        hidden = [tanh(dot(p[3 * i : 3 * i + 2], x, p[3 * i + 2])) for i in range(8)]
        return (dot(p[24:32], hidden, p[32]) - target) ** 2

    model = nn.MLP(2, [8, 1], activation="tanh", seed=0)
    parameters = [Value(0.1 * math.sin(i)) for i in range(33)]
    rows = []
    for name, f, inputs in (
        ("the 2 inputs", by_inputs, [Value(number) for number in x]),
        ("the 33 parameters", by_parameters, parameters),
    ):
        entries = leaves_of(hessian(f)(inputs))
        sizes = [
            len(topological_order(f(inputs))),
            len(topological_order(*leaves_of(grad(f)(inputs)))) - len(inputs),
            len(topological_order(*entries)) - len(inputs),
        ]
        rows.append((name, f"{len(entries):,}", *(f"{size:,}" for size in sizes)))
    heads = ("2-8-1 network by", "entries", "loss", "gradient", "Hessian")
    return table(heads, rows)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=15, help="rounds of each contest")
    print(machine("autograd-core"))
    print(report_costs(parser.parse_args().runs), end="\n\n")
    print(report_sizes(), end="\n\n")
    print(report_hessians())


if __name__ == "__main__":
    main()
