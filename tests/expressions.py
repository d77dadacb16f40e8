"""Random expressions of every row, which any kind of number can evaluate.

An expression is a list of steps. A step applies a row to earlier results, each led into
the row's domain by a bounded function of it, so that values and derivatives of the
first orders stay ordinary numbers. The engine evaluates it by its rows, and mpmath by
the independent references of the same names.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any

from hypothesis import strategies as st

from autograd_core import OPS, Interval, NaryOp
from autograd_core.testing.references import REFERENCES, mp

Step = tuple[str, tuple[int, ...]]  # a row, and which results are its operands
Call = Callable[[str, list[Any]], Any]

PLACES = st.tuples(*[st.integers(0, 30)] * 5)


def steps(*names: str, max_size: int = 2) -> st.SearchStrategy[list[Step]]:
    """Draw steps of any rows, or of these."""
    name = st.sampled_from(names or sorted(OPS))
    return st.lists(st.tuples(name, PLACES), max_size=max_size)


def steps_with(name: str) -> st.SearchStrategy[list[Step]]:
    """Draw steps of any rows, the last of them of this one."""
    return st.tuples(steps(), PLACES).map(lambda drawn: [*drawn[0], (name, drawn[1])])


def evaluate(steps: Sequence[Step], inputs: Sequence[Any], call: Call) -> list[Any]:
    """Return the inputs, then the result of each step, then one that uses the last."""
    results = list(inputs)
    for name, places in steps:
        results.append(call(name, _operands(name, places, results, call)))
    results.append(results[-1] * results[-1] * 0.5 + results[0] * results[-1])
    return results


def _operands(
    name: str, places: Sequence[int], results: Sequence[Any], call: Call
) -> list[Any]:
    row, choices = OPS[name], REFERENCES[name].choices
    domain = row.domain * 5 if isinstance(row, NaryOp) else row.domain
    return [
        choices[i][place % len(choices[i])]
        if i in choices
        else _led_into(interval, results[place % len(results)], i, call)
        for i, (interval, place) in enumerate(zip(domain, places, strict=False))
    ]


def _led_into(interval: Interval, x: Any, i: int, call: Call) -> Any:
    """Map any number into the interval of the i-th operand, off its ends and ties."""
    bounded = call("tanh", [x])
    if interval.low == -math.inf:
        return 2.0 * bounded + 0.4 * i
    if interval.high == math.inf:
        return interval.low + 1.6 + bounded
    middle = (interval.low + interval.high) / 2
    return middle + 0.45 * (interval.high - interval.low) * bounded


def on_rows(name: str, operands: list[Any]) -> Any:
    """Apply the row itself, to floats or Values."""
    row = OPS[name]
    if name == "dot":
        return row(operands[:2], operands[2:4], operands[4])
    return row(operands) if isinstance(row, NaryOp) else row(*operands)


def on_references(name: str, operands: list[Any]) -> Any:
    """Apply the reference of the row, to numbers of mpmath."""
    return REFERENCES[name].value(*map(mp.mpf, operands))


def distance_to_kinks(steps: Sequence[Step], inputs: Sequence[float]) -> float:
    """Return how near the expression comes to where it is not smooth."""
    distances = [math.inf]

    def call(name: str, operands: list[Any]) -> float:
        distances.extend(abs(kink(*operands)) for kink in OPS[name].kinks)
        return float(on_rows(name, operands))

    evaluate(steps, inputs, call)
    return min(distances)
