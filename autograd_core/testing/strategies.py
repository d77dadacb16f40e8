"""What Hypothesis draws: Values, points of a row, and whole graphs of rows.

All that is asked of a row is its domain, which says where operands lie, and its kinks,
where it is not smooth, so a row of your own is drawn like a built-in one.

Chance and graphs are kept apart. Chance makes recipes of small integers; what grows a
graph from them leaves nothing to chance, and can use any. So whatever the shrinker
deletes or lowers, the rest is still a graph at a point inside every domain.
"""

from collections.abc import Iterable, Sequence
from functools import cache
from itertools import chain

from ..domain import REALS, Interval
from ..errors import MissingExtraError, OperandError, ShapeError
from ..op import OPS, NaryOp, Op, find
from ..real import described
from ..recording import Evaluation
from ..sequences import dot, gather_pairs
from ..value import Value
from .expression import Expression

try:
    from hypothesis import reject
    from hypothesis import strategies as st

    from .growth import LARGEST, Growth, Recipe
    from .references import MAX
    from .suitable import (
        Numbers,
        go_to_kink,
        hostile_in,
        is_ordinary,
        numbers_in,
        ranges_of,
        safe_operands,
        stay,
        suits,
        tie,
    )
except ModuleNotFoundError as missing:
    raise MissingExtraError(f"drawing needs {missing.name}", "testing") from None

__all__ = ["expressions", "mlps", "points", "values"]

Strategy = st.SearchStrategy

_INTEGER = st.integers(0, LARGEST)
_MOVES = st.sampled_from((stay, stay, tie, go_to_kink))
_OFFSETS = st.sampled_from(
    (0.0, *(s * x for x in (1e-3, 1e-9, 1e-12, 2.3e-16) for s in (1, -1)))
)
_PATIENCE = 10  # steps to try for each that is still asked for


# --- numbers ------------------------------------------------------------------------
def values(
    min_value: float | None = None,
    max_value: float | None = None,
    *,
    allow_nan: bool = False,
    allow_infinity: bool = False,
    labels: Strategy[str] | None = None,
) -> Strategy[Value]:
    """Draw leaves, with the options of `st.floats` and a strategy of labels.

    `st.from_type(Value)` is `values()`.

    >>> from hypothesis import find
    >>> find(values(min_value=0.5), lambda x: x * x > 2)
    Value(data=2.0, grad=0.0)
    """
    numbers = st.floats(
        min_value, max_value, allow_nan=allow_nan, allow_infinity=allow_infinity
    )
    named = {} if labels is None else {"label": labels}
    return st.builds(Value, numbers, **named)


# --- points -------------------------------------------------------------------------
def points(op: Op | str, *, avoid_kinks: bool = False) -> Strategy[Numbers]:
    """Draw operands inside the domain of a row, many of them where formulas break.

    Among them are tails and subnormals, the neighbours of landmarks and of the ends of
    the domain, near ties, and points on a kink and within 1e-12 and 1e-9 of one; with
    `avoid_kinks`, none nearer than a thousandth to a kink or an end. A row on sequences
    gets one to six operands; those of `dot` are the xs, the ys and the bias.

    >>> from hypothesis import find
    >>> find(points("atan2"), lambda point: True)
    (0.0, 0.0)
    >>> find(points("log"), lambda point: point[0] > 1.5)
    (2.0,)
    """
    (row,) = _rows("points(op)", [op])
    return _points(row, avoid_kinks)


@st.composite
def _points(draw: st.DrawFn, row: Op, avoid_kinks: bool) -> Numbers:
    for _ in range(3):
        count = draw(st.sampled_from(_counts(row)))
        point = tuple([draw(_anywhere(where)) for where in ranges_of(row, count)])
        move, i = draw(_MOVES), draw(st.integers(0, count - 1))
        moved = move(row, point, i, draw(_OFFSETS))
        for candidate in (moved, point):
            if suits(row, candidate, avoid_kinks):
                return candidate
    return safe_operands(row)


def _counts(row: Op) -> tuple[int, ...]:
    """Return how many operands the row takes."""
    if not isinstance(row, NaryOp):
        return (len(row.partials),)
    return (3, 5) if row.gather is gather_pairs else (1, 2, 3, 4, 5, 6)


@cache
def _anywhere(where: Interval | Numbers) -> Strategy[float]:
    if not isinstance(where, Interval):
        return st.sampled_from(where)
    numbers, hostile = numbers_in(where), hostile_in(where)
    floats = st.floats(max(where.low, -MAX), min(where.high, MAX))
    anywhere = _any_of(hostile or numbers) | floats.filter(where.__contains__)
    # failures shrink to the first few
    return _any_of(numbers[:10]) | _any_of(numbers) | anywhere


def _any_of(numbers: Numbers) -> Strategy[float]:
    return st.integers(0, len(numbers) - 1).map(numbers.__getitem__)


# --- graphs -------------------------------------------------------------------------
def expressions(
    ops: Iterable[Op | str] | None = None,
    *,
    min_ops: int = 1,
    max_ops: int = 8,
    share: bool = True,
    avoid_kinks: bool = True,
) -> Strategy[Expression]:
    """Draw a graph of rows, and a point inside every domain, as an `Expression`.

    It has `min_ops` to `max_ops` steps, at most about a hundred, of the rows given, or
    named, or of all. With `share`, arguments and sub-expressions are used several
    times, even in one step, as in x * x; without it the graph is a tree. With
    `avoid_kinks` no step is nearer than a thousandth to a kink or an end. Values stay
    below a million, so that rows that grow fast allow no long chains of themselves.

    >>> from autograd_core import Op, exp
    >>> from hypothesis import find
    >>> cube = Op("cube", lambda x: x * x * x, (lambda y, x: 3.0 * x * x,))
    >>> find(expressions([cube, exp, "mul"]), lambda e: e.ops[-2:] == (cube, exp))
    Expression(lambda x0: exp(cube(x0)), at=(0.0,))
    >>> find(expressions(["sin", "mul"], min_ops=3), lambda e: True)
    Expression(lambda x0: sin(sin(sin(x0))), at=(0.0,))
    """
    rows = _rows("expressions(ops)", OPS.values() if ops is None else ops)
    _check_counts("expressions", min_ops=min_ops, max_ops=max_ops)
    if min_ops > max_ops:
        raise ShapeError(
            f"expressions takes min_ops up to max_ops, not min_ops={min_ops} and "
            f"max_ops={max_ops}; raise max_ops or lower min_ops"
        )
    for row in rows:
        safe_operands(row)  # raises where there are none
    simplest_first = sorted(
        rows, key=lambda row: (isinstance(row, NaryOp), _counts(row))
    )
    steps = _steps(st.sampled_from(simplest_first))
    return _expressions(steps, min_ops, max_ops, share, avoid_kinks)


@st.composite
def _steps(draw: st.DrawFn, rows: Strategy[Op]) -> tuple[Op, Recipe]:
    row = draw(rows)
    count, *more = _counts(row)
    if more:
        count = draw(st.sampled_from((count, *more)))
    return row, [draw(_INTEGER) for _ in range(count)]


@st.composite
def _expressions(
    draw: st.DrawFn,
    steps: Strategy[tuple[Op, Recipe]],
    min_ops: int,
    max_ops: int,
    share: bool,
    avoid_kinks: bool,
) -> Expression:
    more = max_ops - min_ops
    count = min_ops + min(draw(st.integers(0, 2 * more)), more)
    recipes = [draw(steps) for _ in range(count)]
    with Evaluation():
        growth = Growth(max_ops, share, avoid_kinks)
        for row, recipe in recipes:
            growth.take(row, recipe)
        for _ in range(_PATIENCE * min_ops):
            size, root = growth.largest()
            if size >= min_ops:
                return Expression.of(root)
            growth.take(*draw(steps))
    reject()


def mlps(
    max_inputs: int = 3,
    max_layers: int = 2,
    max_width: int = 3,
    activations: Iterable[Op | str] = ("tanh", "relu", "sigmoid", "softplus", "gelu"),
) -> Strategy[Expression]:
    """Draw a small multilayer perceptron with one output, as an `Expression`.

    Each neuron is a `dot` and an activation, the same in all, off its kinks. The
    arguments are the inputs, then neuron by neuron the weights and the bias.

    >>> from hypothesis import find
    >>> find(mlps(activations=["tanh"]), lambda e: e.arity > 3)
    Expression(lambda x0, x1, x2, x3, x4: tanh(dot([x0, x1], [x2, x3], x4)), \
at=(0.0, 0.0, 0.0, 0.0, 0.0))
    """
    rows = _rows("mlps(activations=...)", activations)
    if not all(row.takes_one_operand for row in rows):
        raise OperandError(
            f"mlps(activations=...) takes rows called with one operand, not {rows}"
        )
    _check_counts(
        "mlps", max_inputs=max_inputs, max_layers=max_layers, max_width=max_width
    )
    small = tuple(x for x in numbers_in(REALS, tame=True) if abs(x) <= 3)
    widths = st.lists(st.integers(1, max_width), max_size=max_layers - 1)
    return _mlps(
        st.sampled_from(rows), st.integers(1, max_inputs), widths, _any_of(small)
    )


@st.composite
def _mlps(
    draw: st.DrawFn,
    activations: Strategy[Op],
    counts: Strategy[int],
    widths: Strategy[list[int]],
    numbers: Strategy[float],
) -> Expression:
    row = draw(activations)
    xs = arguments = [Value(draw(numbers)) for _ in range(draw(counts))]
    for width in (*draw(widths), 1):
        layer = [[Value(draw(numbers)) for _ in (*xs, 1)] for _ in range(width)]
        arguments = [*arguments, *chain(*layer)]
        with Evaluation():
            xs = [activated(row, xs, *neuron) for neuron in layer]
    return Expression.of(xs[0], arguments)


def activated(row: Op, xs: Sequence[Value], *neuron: Value) -> Value:
    """Compute a neuron, its bias moved off the kinks of the activation if need be."""
    *weights, bias = neuron
    x = dot(xs, weights, bias)
    if not is_ordinary(row, (x.data, *row.defaults), avoid_kinks=True):
        bias.data += safe_operands(row)[0] - x.data
        x = dot(xs, weights, bias)
    return Value.__apply_op__(row, (x, *row.defaults))


# --- what was asked -----------------------------------------------------------------
def _rows(asked: str, ops: Iterable[Op | str]) -> tuple[Op, ...]:
    listed = [ops] if isinstance(ops, str | Op) else ops
    rows = tuple(find(op) if isinstance(op, str) else op for op in listed)
    for row in rows:
        if not isinstance(row, Op):
            raise OperandError(
                f"{asked} takes rows or their names, not {described(row)}"
            )
    if not rows:
        raise ShapeError(f"{asked} takes at least one row; got none to draw from")
    return rows


def _check_counts(asked: str, **counts: int) -> None:
    for name, count in counts.items():
        if not isinstance(count, int) or count < 1:
            raise ShapeError(
                f"{asked}({name}=...) takes a count from 1 on, not {count!r}"
            )
