"""Newton's method on Rosenbrock's valley, and Taylor series from derivatives.

The first part minimises with the gradient and the Hessian of a function that knows
nothing of derivatives: near the minimum the error is squared at every step, which only
exact second derivatives do. The second part prints the Taylor series of functions from
their derivatives at 0, up to the ninth. The third draws a second derivative, which is a
graph like any other.
"""

import math
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import viz
from autograd_core import (
    Value,
    derivative,
    exp,
    grad,
    gradient,
    hessian,
    sin,
    tan,
    tanh,
)
from demos.command import command, output_folder

__all__ = ["draw_second_derivative", "newton", "rosenbrock", "series", "taylor"]

START = [-1.2, 1.0]
MINIMUM = [1.0, 1.0]

Matrix = list[list[float]]


def rosenbrock(p: Any) -> Any:
    """Rosenbrock's valley (1960): curved, flat along the bottom, least at (1, 1)."""
    x, y = p
    return 100 * (y - x * x) ** 2 + (1 - x) ** 2


def solve(a: Matrix, b: list[float]) -> list[float]:
    """Return x with a·x = b, by elimination with row pivoting."""
    n = len(b)
    rows = [[*row, right] for row, right in zip(a, b, strict=True)]
    for i in range(n):
        pivot = max(range(i, n), key=lambda k: abs(rows[k][i]))
        rows[i], rows[pivot] = rows[pivot], rows[i]
        for k in range(i + 1, n):
            factor = rows[k][i] / rows[i][i]
            rows[k] = [r - factor * s for r, s in zip(rows[k], rows[i], strict=True)]
    x = [0.0] * n
    for i in reversed(range(n)):
        known = sum(rows[i][j] * x[j] for j in range(i + 1, n))
        x[i] = (rows[i][n] - known) / rows[i][i]
    return x


def newton(
    f: Callable[[list[Any]], Any], x: list[float], steps: int
) -> Iterator[list[float]]:
    """Yield the points of Newton's method: x ← x - H⁻¹g."""
    gradient, curvature = grad(f), hessian(f)
    yield x
    for _ in range(steps):
        step = solve(curvature(x), gradient(x))
        x = [xi - si for xi, si in zip(x, step, strict=True)]
        yield x


def print_newton() -> None:
    """Print the points, and each error against the square of the one before."""
    print("Newton's method on 100·(y - x²)² + (1 - x)², with exact derivatives\n")
    print("step          x          y           f      error  error/before²")
    before = math.nan
    for i, point in enumerate(newton(rosenbrock, START, steps=7)):
        error = math.dist(point, MINIMUM)
        growth = f"{error / before**2:14.3f}" if before < 1 and error else ""
        x, y = point
        print(
            f"{i:4} {x:10.6f} {y:10.6f} {rosenbrock(point):11.1e} {error:10.1e}{growth}"
        )
        before = error


def taylor(f: Callable[[Any], Any], order: int, at: float = 0.0) -> list[float]:
    """Return the coefficients f⁽ᵏ⁾(at)/k! for k = 0, …, order."""
    return [derivative(f, k)(at) / math.factorial(k) for k in range(order + 1)]


def series(coefficients: list[float]) -> str:
    """Write the sum of cₖ·xᵏ, with coefficients as the fractions that they are near.

    >>> series([1.0, 1.0, 0.5, 0.0, -1 / 24])
    '1 + x + 1/2·x^2 - 1/24·x^4'
    """
    terms = []
    for k, coefficient in enumerate(coefficients):
        fraction = Fraction(coefficient).limit_denominator(1_000_000)
        if fraction:
            power = {0: "", 1: "x"}.get(k, f"x^{k}")
            size = "" if abs(fraction) == 1 and k else f"{abs(fraction)}"
            sign = " - " if fraction < 0 else " + "
            terms.append(sign + "·".join(filter(None, [size, power])))
    written = "".join(terms) or " + 0"
    return written[3:] if written.startswith(" + ") else "-" + written[3:]


FUNCTIONS: dict[str, Callable[[Any], Any]] = {
    "tan(x)": tan,
    "tanh(x)": tanh,
    "exp(sin(x))": lambda x: exp(sin(x)),
    "exp(-x²)": lambda x: exp(-x * x),
    "1/(1 - x)": lambda x: 1 / (1 - x),
}


def print_taylor(order: int = 9, x: float = 0.25) -> None:
    """Print each series, and how far its sum is from the function at x."""
    print(f"\nTaylor series from the derivatives at 0, and their error at {x}\n")
    for name, f in FUNCTIONS.items():
        coefficients = taylor(f, order)
        partial_sum = sum(c * x**k for k, c in enumerate(coefficients))
        print(f"{name:12} {series(coefficients)}")
        print(f"{'':12} off by {abs(partial_sum - f(x)):.0e}")


def draw_second_derivative(path: Path) -> Path:
    """Draw tanh'' at 0.7, and in its gradients the third derivative."""
    x = Value(0.7, label="x")
    slope = gradient(tanh(x), x, create_graph=True)
    curvature = gradient(slope, x, create_graph=True)
    slope.label, curvature.label = "tanh'", "tanh''"
    curvature.backward()
    return viz.render(curvature, path)


def main() -> None:
    """Print both parts and write the picture."""
    parser = command(__doc__)
    folder = output_folder(parser, parser.parse_args().out)
    print_newton()
    print_taylor()
    print("\npicture:", draw_second_derivative(folder / "second_derivative.svg"))


if __name__ == "__main__":
    main()
