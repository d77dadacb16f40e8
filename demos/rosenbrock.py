"""L-BFGS and Newton's method in Rosenbrock's valley, beside scipy's.

The valley is steep across and nearly flat along its curved floor. Steepest descent
zigzags between its walls; methods that know the curvature walk along it. L-BFGS guesses
the curvature from its last steps, Newton's method takes it from exact second
derivatives. Both are compared by what they ask of the function: values, which come with
the gradient in one evaluation, and Hessians.

scipy's methods are given the same exact derivatives. Where scipy is absent, the demo
says how to get it and shows our part.
"""

import argparse
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import nn
from autograd_core import Value, hessian, value_and_grad
from nn.clipping import clip_grad_norm_
from nn.minimizers import minimize

__all__ = ["Row", "descended", "ours", "rosenbrock", "scipys", "starts"]

GRADIENT = 1e-8  # all methods stop where no derivative is larger


class Row(NamedTuple):
    """What one method needed, and how far from (1, …, 1) it ended."""

    method: str
    gradients: int
    hessians: int
    value: float
    error: float


def rosenbrock(p: Sequence[Any]) -> Any:
    """Rosenbrock's valley (1960), chained over neighbours: least at (1, …, 1)."""
    return sum(100 * (b - a * a) ** 2 + (1 - a) ** 2 for a, b in pairwise(p))


def starts() -> dict[str, list[float]]:
    """Return the usual start in 2 dimensions, and in 10, and one that is further."""
    return {
        "2 dimensions, from (-1.2, 1)": [-1.2, 1.0],
        "10 dimensions, from (-1.2, 1, …)": [-1.2, 1.0] * 5,
        "10 dimensions, from (5, …, 5)": [5.0] * 10,
    }


def row(
    method: str, gradients: int, hessians: int, value: float, x: Sequence[float]
) -> Row:
    """Return the row of a method that ended at x."""
    return Row(method, gradients, hessians, value, max(abs(xi - 1) for xi in x))


def descended(start: list[float], steps: int = 1000) -> Row:
    """Return where gradient descent with momentum is after so many steps."""
    xs = [Value(x) for x in start]
    optimizer = nn.SGD(xs, lr=1e-4, momentum=0.9)
    for _ in range(steps):
        optimizer.zero_grad()
        rosenbrock(xs).backward()
        clip_grad_norm_(xs, 1e3)  # the walls are steep far out
        optimizer.step()
    x = [value.data for value in xs]
    return row("nn.SGD, momentum", steps, 0, rosenbrock(x), x)


def ours(start: list[float]) -> Iterator[Row]:
    """Yield the rows of L-BFGS and Newton's method."""
    for name, method in (("nn L-BFGS", "lbfgs"), ("nn Newton", "newton")):
        found = minimize(rosenbrock, start, method, tolerance_grad=GRADIENT)
        hessians = found.iterations if method == "newton" else 0
        yield row(name, found.evaluations, hessians, found.value, found.x)


SCIPYS: dict[str, dict[str, float]] = {
    "L-BFGS-B": {"gtol": GRADIENT, "ftol": 0.0},
    "Newton-CG": {"xtol": 1e-10},
    "trust-exact": {"gtol": GRADIENT},
}


def scipys(start: list[float], scipy_minimize: Callable[..., Any]) -> Iterator[Row]:
    """Yield the rows of scipy's methods, given our derivatives."""
    curvature = hessian(rosenbrock)
    for method, options in SCIPYS.items():
        found = scipy_minimize(
            value_and_grad(rosenbrock),
            start,
            jac=True,
            hess=None if method == "L-BFGS-B" else curvature,
            method=method,
            options=options,
        )
        hessians = found.get("nhev", 0)
        yield row(f"scipy {method}", found.njev, hessians, float(found.fun), found.x)


def print_table(rows: Iterator[Row]) -> None:
    """Print one line for each method."""
    for name, gradients, hessians, value, error in rows:
        print(f"{name:18} {gradients:9,} {hessians:9} {value:11.1e} {error:9.1e}")


def main() -> None:
    """Print a table for each start."""
    argparse.ArgumentParser(description=__doc__.splitlines()[0]).parse_args()
    try:
        from scipy.optimize import minimize as scipy_minimize
    except ImportError:
        scipy_minimize = None
    for title, start in starts().items():
        print(f"\n{title}\n")
        print(f"{'':18} {'gradients':>9} {'Hessians':>9} {'f':>11} {'error':>9}")
        print_table(iter([descended(start), *ours(start)]))
        if scipy_minimize is not None:
            print_table(scipys(start, scipy_minimize))
    print(
        "\nWhere f is 4.0, an error of 2 is no failure: in 4 and more dimensions the "
        "valley\nhas a second minimum, near (-1, 1, …, 1), to which a start may lead."
    )
    if scipy_minimize is None:
        print("\nFor scipy's part: pip install 'autograd-core[test]'")


if __name__ == "__main__":
    main()
