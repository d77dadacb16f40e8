"""The worst error of every row, in units in the last place, against mpmath.

The points are the hostile ones of the tests: tails, subnormals, neighbours of zeros,
poles and overflow thresholds, and numbers in between. Results below 1e-300 are counted
in units of 1e-300, and sums that cancel in units of the sum of their terms' magnitudes.
Kinks have no derivative to be measured.

    python -m tests.benchmarks.accuracy [--peers | --markdown]

With `--peers`, PyTorch and JAX are measured on the same points, against the same truth,
in the same units. Operands and results nearer to 0 than 1e-300 are then left out, for
all three alike: JAX's compiler takes subnormal numbers for 0. `0-out ×7` says that
seven results are 0, inf or nan where the true one is an ordinary number, besides the
worst error of the others; `-` stands for what a package does not have. `--markdown`
prints the derivatives that README.md shows.
"""

import argparse
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from autograd_core import OPS, NaryOp, Op
from autograd_core.testing.hostile import hostile_operands, is_kink
from autograd_core.testing.references import (
    REFERENCES,
    SMALLEST_PROMISED,
    mp,
    ulps,
)

from .timing import machine, table

Operands = tuple[float, ...]
Results = Sequence[float | None]  # the value, and a derivative by each operand
Truth = list[tuple[Any, Any]]  # of each result, with the size that its error is held to
Engine = Callable[[Op, Sequence[Operands]], Iterable[Results] | None]

NO_DIGIT_LEFT = 1e15  # ULP

# fmt: off
SHOWN = (
    "tanh by x", "sigmoid by x", "softplus by x", "log_sigmoid by x", "logaddexp by a",
    "silu by x", "gelu by x", "exp by x", "expm1 by x", "log1p by x", "sqrt by x",
    "cbrt by x", "div by b", "power by a", "hypot by a", "atan2 by a", "tan by x",
    "asin by x", "atan by x", "asinh by x", "acosh by x", "atanh by x", "erf by x",
    "lgamma by x", "digamma by x",
)
# fmt: on


@dataclass
class Worst:
    """The worst error met so far, in ULP, and how many results were lost altogether.

    Results nearer to 0 than `least` are not looked at.
    """

    least: float
    ulps: float = -math.inf
    lost: int = 0

    def meet(self, found: float | None, true: Any, size: Any) -> None:
        """Take in one result, unless it is a derivative that one side does not have."""
        if found is None or true is None:
            return
        if 0 < max(abs(found), abs(true)) < self.least:
            return
        error = ulps(found, true, size)
        if error == math.inf or (found == 0 and error > NO_DIGIT_LEFT):
            self.lost += 1
        else:
            self.ulps = max(self.ulps, error)

    @property
    def error(self) -> float:
        """The worst error, infinite where a result was lost."""
        return math.inf if self.lost else self.ulps

    def __str__(self) -> str:
        parts = [brief(self.ulps)] if self.ulps >= 0 else []
        return ", ".join(parts + [f"0-out ×{self.lost:,}"] * (self.lost > 0)) or "-"


def brief(error: float) -> str:
    """Write an error with the digits that matter.

    >>> brief(1.234), brief(1234.5), brief(9.007e15)
    ('1.23', '1,234', '9e15')
    """
    if error < 100:
        return f"{error:.2f}"
    if error < 10_000:
        return f"{error:,.0f}"
    digit, exponent = f"{error:.0e}".split("e")
    return f"{digit}e{int(exponent)}"


def ours(row: Op, points: Sequence[Operands]) -> Iterator[Results]:
    """Yield this project's value and derivatives at each point."""
    for operands in points:
        y = row.forward(*operands)
        yield y, *row.local_derivatives([True] * len(operands), y, operands)


def points_of(row: Op, least: float) -> list[Operands]:
    """Return the hostile points that are no poles and whose operands reach `least`."""
    return [
        operands
        for operands in hostile_operands(row)
        if all(x == 0 or abs(x) >= least for x in operands)
        and (math.isfinite(row.forward(*operands)) or not is_kink(row, operands))
    ]


def truth_at(row: Op, operands: Operands) -> Truth:
    """Return the true value, and the true derivatives, None where there is a kink."""
    reference, xs = REFERENCES[row.name], [mp.mpf(x) for x in operands]
    value = reference.value(*xs), reference.size and reference.size(*xs)
    if is_kink(row, operands):
        return [value] + [(None, None)] * len(xs)
    size = reference.partial_size and reference.partial_size(*xs)
    return [value, *((slope, size) for slope in reference.partials_at(operands))]


def quantities(row: Op) -> list[str]:
    """Name what is measured of a row: its value, and its derivative by each operand.

    >>> quantities(OPS["div"]), quantities(OPS["total"])
    (['div', 'div by a', 'div by b'], ['total', 'total by each'])
    """
    by = ["each"] if isinstance(row, NaryOp) else row.operand_names
    return [row.name, *(f"{row.name} by {operand}" for operand in by)]


def worst_of(
    row: Op, truths: Iterable[Truth], results: Iterable[Results] | None, least: float
) -> list[Worst]:
    """Return the worst error of each of a row's quantities."""
    worst = [Worst(least) for _ in quantities(row)]
    if results is not None:
        for truth, found in zip(truths, results, strict=True):
            for i, (one, true) in enumerate(zip(found, truth, strict=True)):
                worst[min(i, len(worst) - 1)].meet(one, *true)
    return worst


class Measurement:
    """Engines held against the truth: for each quantity, each engine's `Worst`."""

    def __init__(self, engines: Mapping[str, Engine], least: float) -> None:
        self.engines = list(engines)
        self.points: dict[str, int] = {}
        self.worst: dict[str, list[Worst]] = {}
        for row in OPS.values():
            points = points_of(row, least)
            truths = [truth_at(row, operands) for operands in points]
            columns = [
                worst_of(row, truths, engine(row, points), least)
                for engine in engines.values()
            ]
            names = quantities(row)
            self.points |= dict.fromkeys(names, len(points))
            self.worst |= zip(names, map(list, zip(*columns, strict=True)), strict=True)

    def report(self) -> str:
        """Return a line for each quantity, and the worst of this project's errors."""
        lines = [
            (name, f"{self.points[name]:,}", *map(str, worst))
            for name, worst in self.worst.items()
        ]
        total = sum(self.points[name] for name in OPS)
        of_values = max(self.worst[name][0].error for name in OPS)
        of_slopes = max(self.worst[name][0].error for name in self.worst.keys() - OPS)
        return (
            f"{table(('of', 'points', *self.engines), lines)}\n\n"
            f"{len(OPS)} rows, {total:,} points; {self.engines[0]}: worst value "
            f"{of_values:.2f} ULP, worst derivative {of_slopes:.2f} ULP"
        )

    def markdown(self) -> str:
        """Return the table of README.md."""
        heads = ("derivative of", "points", *self.engines)
        rows = [
            (title(name), f"{self.points[name]:,}", *map(str, self.worst[name]))
            for name in SHOWN
        ]
        lines = [heads, ("---",) * len(heads), *rows]
        return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def title(name: str) -> str:
    """Return how README.md calls a derivative, with a star where its terms cancel.

    >>> title("tanh by x"), title("silu by x"), title("div by b")
    ('tanh', 'silu*', 'div by b')
    """
    star = "*" if REFERENCES[name.split()[0]].partial_size else ""
    return name.removesuffix(" by x") + star


def main() -> None:
    """Measure this project alone, or beside its peers."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    choice = parser.add_mutually_exclusive_group()
    choice.add_argument("--peers", action="store_true", help="add PyTorch and JAX")
    choice.add_argument("--markdown", action="store_true", help="for README.md")
    arguments = parser.parse_args()
    if arguments.peers or arguments.markdown:
        from .peers import PEERS  # takes PyTorch and JAX

        measured = Measurement({"this engine": ours, **PEERS}, SMALLEST_PROMISED)
        packages: tuple[str, ...] = ("mpmath", "torch", "jax")
    else:
        measured = Measurement({"this engine": ours}, least=0.0)
        packages = ("mpmath",)
    print(measured.markdown() if arguments.markdown else measured.report())
    print(f"\n{machine(*packages)}")


if __name__ == "__main__":
    main()
