"""Let the kit look for seeded faults, beside a central difference; then time it.

Every mutant is judged on draws of the kit's own strategies until one of them finds it:
points of the row where a row is at fault, whole expressions where the backward pass is.
The same draws are judged by a central difference with a step of 1e-6 and PyTorch's
tolerances (an absolute 1e-5 and a relative 1e-3), which is how derivatives are checked
elsewhere. Then both judge the engine as it is: what they find there are false alarms.

    python -m tests.benchmarks.property_tests [--draws 300] [--alarms 10000]
"""

import argparse
import warnings
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from statistics import median
from time import process_time
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from autograd_core import OPS, Op, Value
from autograd_core.testing import check_derivative, expressions, points
from autograd_core.testing.references import REFERENCES

from .mutants import MUTANTS
from .timing import machine, table, verdict

Case = tuple[Callable[..., Any], tuple[float, ...]]

GOAL = 0.95


def drawn(strategy: st.SearchStrategy[Any], count: int, number: int = 0) -> list[Any]:
    """Return the same draws of a strategy every time, others for another number."""
    found: list[Any] = []

    @seed(number)
    @settings(
        max_examples=count,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def collect(example: Any) -> None:
        found.append(example)

    collect()
    return found


def cases_of_row(row: Op, count: int, number: int = 0) -> list[Case]:
    """Return the row at points of its domain, constants where only those make sense."""
    return [_case(row, operands) for operands in drawn(points(row), count, number)]


def _case(row: Op, operands: Sequence[float]) -> Case:
    choices = REFERENCES[row.name].choices
    fixed = {i: operands[i] for i in choices}

    def f(*xs: Any) -> Any:
        remaining = iter(xs)
        full = [
            fixed[i] if i in fixed else next(remaining) for i in range(len(operands))
        ]
        if any(isinstance(x, Value) for x in full):
            return Value.__apply_op__(row, full)
        return row.forward(*full)

    return f, tuple(x for i, x in enumerate(operands) if i not in fixed)


def cases_of_expressions(count: int, max_ops: int = 8) -> list[Case]:
    """Return whole expressions, with shared parts, at their points."""
    return [(e, e.point) for e in drawn(expressions(max_ops=max_ops), count)]


def kit_objects(case: Case) -> bool:
    """Tell whether the kit finds a fault, or an error is raised."""
    f, x = case
    try:
        return not check_derivative(f, *x, raise_on_failure=False)
    except ArithmeticError:
        return True


def difference_objects(case: Case) -> bool:
    """Tell whether a central difference is far from the gradient of backward()."""
    f, x = case
    leaves = [Value(number) for number in x]
    try:
        root = f(*leaves)
        if isinstance(root, Value) and root.requires_grad:
            root.backward()
        return any(
            not abs(_central(f, x, i) - leaf.grad) <= 1e-5 + 1e-3 * abs(leaf.grad)
            for i, leaf in enumerate(leaves)
        )
    except ArithmeticError:
        return True


def _central(f: Callable[..., Any], x: Sequence[float], i: int) -> float:
    high = f(*x[:i], x[i] + 1e-6, *x[i + 1 :])
    low = f(*x[:i], x[i] - 1e-6, *x[i + 1 :])
    return float(high - low) / 2e-6


def draws_until(objects: Callable[[Case], bool], cases: Iterable[Case]) -> int | None:
    """Return how many draws it takes until something is found, None if nothing is."""
    for count, case in enumerate(cases, start=1):
        if objects(case):
            return count
    return None


def kill_table(draws: int) -> tuple[str, float, float]:
    """Return the table of the mutants, and which share each checker finds.

    A central difference that objects to the engine as it is has found nothing when it
    objects to a mutant: it counts only where it did not object before.
    """
    expression_cases = cases_of_expressions(draws)
    rows, kills = [], Counter[str]()
    for mutant in MUTANTS:
        cases = expression_cases
        if mutant.row:
            cases = cases_of_row(OPS[mutant.row], draws)
        quiet = [case for case in cases if not difference_objects(case)]
        with mutant.seed():
            by_kit = draws_until(kit_objects, cases)
            by_difference = draws_until(difference_objects, quiet)
        kills["kit"] += by_kit is not None
        kills["difference"] += by_difference is not None
        rows.append((mutant.name, _count(by_kit), _count(by_difference)))
    heads = ("fault", "kit: draws", "difference: draws")
    shares = [kills[name] / len(MUTANTS) for name in ("kit", "difference")]
    rows.append(("found", *(f"{share:.0%}" for share in shares)))
    return table(heads, rows), *shares


def _count(draws: int | None) -> str:
    return "missed" if draws is None else f"{draws:,}"


def report_alarms(total: int) -> str:
    """Return how often each checker objects to the engine as it is."""
    per_row = max(1, total // (2 * len(OPS)))
    cases = [case for row in OPS.values() for case in cases_of_row(row, per_row)]
    cases += cases_of_expressions(total - len(cases))
    counts = Counter(kit=0, difference=0)
    verdicts = Counter[str]()
    for case in cases:
        f, x = case
        verdicts[check_derivative(f, *x, raise_on_failure=False).verdict] += 1
        counts["difference"] += difference_objects(case)
    rows = [
        ("kit", f"{verdicts['fail']:,}", verdict(1, verdicts["fail"] <= 1)),
        ("difference", f"{counts['difference']:,}", ""),
    ]
    told = ", ".join(f"{count:,} {name}" for name, count in verdicts.most_common())
    heads = ("checker", f"false alarms in {len(cases):,} draws", "goal")
    return f"{table(heads, rows)}\nverdicts: {told}"


def report_speed(runs: int = 5) -> str:
    """Return how long it takes to draw and check 100 expressions of 20 operations.

    It is time of this process: what else runs on a shared machine is not counted.
    """
    drawing, checking = [], []
    for _ in range(runs):
        start = process_time()
        examples = drawn(expressions(min_ops=20, max_ops=20), 100)
        middle = process_time()
        for e in examples:
            check_derivative(e, *e.point, raise_on_failure=False)
        drawing.append(middle - start)
        checking.append(process_time() - middle)
    draw, check = median(drawing), median(checking)
    goal = verdict(2, draw + check <= 2)
    return (
        f"100 expressions of 20 operations: drawn in {draw:.2f} s, checked in "
        f"{check:.2f} s; goal {goal}"
    )


def main() -> None:
    """Judge and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--draws", type=int, default=300, help="of each mutant")
    parser.add_argument(
        "--alarms", type=int, default=10_000, help="on the right engine"
    )
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    print(machine("autograd-core", "hypothesis", "mpmath"), end="\n\n")
    kills, by_kit, _ = kill_table(options.draws)
    print(kills)
    print(f"goal: {verdict(GOAL, by_kit >= GOAL)}", end="\n\n")
    print(report_alarms(options.alarms), end="\n\n")
    print(report_speed())


if __name__ == "__main__":
    main()
