"""The worst error of every row, in units in the last place, against mpmath.

Run `python -m tests.benchmarks.accuracy` from the root of the project. The points are
the hostile ones of the tests: tails, subnormals, neighbours of zeros, poles and
overflow thresholds, and numbers in between. Results below 1e-300 are counted in units
of 1e-300, and sums that cancel in units of the sum of their terms' magnitudes.
"""

import math
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from autograd_core import OPS, Op
from autograd_core.testing.hostile import hostile_operands, is_kink
from autograd_core.testing.references import REFERENCES

from .timing import table


def worst(row: Op) -> tuple[int, float, float]:
    """Return how many points were tried, and the worst errors of value and partials."""
    reference = REFERENCES[row.name]
    value_errors, partial_errors = [0.0], [0.0]
    for operands in hostile_operands(row):
        y = row.forward(*operands)
        if math.isfinite(y) or not is_kink(row, operands):
            value_errors.append(reference.value_error(y, operands))
        if not is_kink(row, operands):
            found = row.local_derivatives([True] * len(operands), y, operands)
            partial_errors += reference.partial_errors(found, operands)
    return len(value_errors), max(value_errors), max(partial_errors)


def main() -> None:
    """Print one line a row, and the worst of all."""
    errors = {name: worst(row) for name, row in OPS.items()}
    print(
        table(
            ("row", "points", "value", "derivatives"),
            [
                (name, f"{n:,}", f"{v:.2f}", f"{p:.2f}")
                for name, (n, v, p) in errors.items()
            ],
        )
    )
    points = sum(n for n, _, _ in errors.values())
    print(
        f"\n{len(errors)} rows, {points:,} points; worst value "
        f"{max(v for _, v, _ in errors.values()):.2f} ULP, worst derivative "
        f"{max(p for _, _, p in errors.values()):.2f} ULP"
    )


if __name__ == "__main__":
    main()
