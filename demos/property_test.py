"""A wrong derivative, found, shrunk and explained by the test kit.

`swish` is an operation as somebody might add it: a function of floats and its partial
derivative, in which the second term of the product rule has been forgotten. Hypothesis
draws random expressions that contain it, `check_derivative` judges each of them, and
of all that fail the smallest is shown. Two more partials follow: one that is off in the
ninth decimal, which no finite difference sees, and one that is right.
"""

import argparse
from collections.abc import Callable
from typing import Any

from hypothesis import find, settings
from hypothesis.errors import NoSuchExample

from autograd_core import Op, exp, sigmoid
from autograd_core.testing import Report, check_derivative
from autograd_core.testing.expression import Expression
from autograd_core.testing.strategies import expressions

__all__ = ["PARTIALS", "smallest_failure", "swish"]

DRAWS = 500

PARTIALS: dict[str, Callable[..., Any]] = {
    "swish' = sigmoid(x), without x·sigmoid'(x)": lambda y, x: sigmoid(x),
    "swish' with a factor 0.999 999 999": lambda y, x: (
        0.999999999 * sigmoid(x) * (1.0 + x * sigmoid(-x))
    ),
    "swish' = sigmoid(x)·(1 + x·sigmoid(-x))": lambda y, x: (
        sigmoid(x) * (1.0 + x * sigmoid(-x))
    ),
}


def swish(partial: Callable[..., Any]) -> Op:
    """Return the row x·sigmoid(x) with this partial derivative.

    Its `definition` says what it is in rows of the table, so that it can be judged in
    50 digits. Without one, it would be judged by differences of its floats.
    """
    return Op(
        "swish",
        lambda x: x / (1.0 + exp(-x)),
        (partial,),
        definition=lambda x: x * sigmoid(x),
    )


def smallest_failure(op: Op) -> tuple[Expression, Report] | None:
    """Return the smallest expression of the row whose derivative is wrong."""

    def is_wrong(expression: Expression) -> bool:
        used = op in expression.ops
        return used and not check_derivative(
            expression, *expression.point, raise_on_failure=False
        )

    drawn = expressions(ops=[op, "add", "mul", "tanh", "exp"], max_ops=6)
    try:
        smallest = find(
            drawn,
            is_wrong,
            settings=settings(max_examples=DRAWS, database=None, derandomize=True),
        )
    except NoSuchExample:
        return None
    report = check_derivative(smallest, *smallest.point, raise_on_failure=False)
    return smallest, report


def main() -> None:
    """Look for a failure of each partial, and print what the kit says of it."""
    argparse.ArgumentParser(description=__doc__.splitlines()[0]).parse_args()
    for name, partial in PARTIALS.items():
        print(f"{name}\n")
        failure = smallest_failure(swish(partial))
        if failure is None:
            print(f"  no failure in {DRAWS} random expressions\n")
            continue
        expression, report = failure
        print(f"  smallest failure: {expression!r}")
        print("  " + str(report).replace("\n", "\n  "), end="\n\n")


if __name__ == "__main__":
    main()
