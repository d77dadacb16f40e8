"""Random functions of lists: selections, layers, sums and choices that meet and share.

What is drawn is a list of small integers, a step each; the steps work on rows of
numbers as layers do, and what a row of numbers is, a slice, a column, a shuffle of an
earlier one, is drawn too. So array code meets every way in which numbers may lie.
"""

from typing import Any

from hypothesis import strategies as st

from autograd_core import (
    OPS,
    dot,
    exp,
    logsumexp,
    maximum,
    mean,
    sin,
    softmax,
    tanh,
    total,
    where,
)

Row = list[Any]
Step = tuple[int, int, int, int, int]

STEPS = st.lists(st.tuples(*[st.integers(0, 1000)] * 5), min_size=1, max_size=7)

UNARY = ("tanh", "sin", "sigmoid", "relu", "neg", "softplus", "abs", "identity")


def evaluated(steps: list[Step], p: Row, x: Row) -> Any:
    """Return one number made of the rows p and x."""
    rows = [list(p), list(x)]
    for kind, first, second, how, constant in steps:
        a = _selected(rows, first, how)
        b = _selected(rows, second, how // 7)
        made = _KINDS[kind % len(_KINDS)](a, b, constant)
        rows.append([tanh(y) for y in made] if how % 2 else made)
    last = rows[-1]
    if steps[0][0] % 2:
        return total([y * y for y in last])
    everything = [y for row in rows for y in row]
    return sum((y * (0.1 * i) for i, y in enumerate(everything)), 0.5)


def _selected(rows: list[Row], which: int, how: int) -> Row:
    """Return a slice, a column or a shuffle of an earlier row, or of all of them."""
    row = [y for r in rows for y in r] if which % 5 == 0 else rows[which % len(rows)]
    n, half = len(row), len(row) // 2
    selections = [
        row,
        row[::-1],
        row[::2],
        row[1:] or row,
        [row[i + j * half] for i in range(half) for j in (0, 1)] or row,
        [row[(which * i + how) % n] for i in range(1 + which % 6)],
        [row[how % n]] * (1 + which % 4),
    ]
    return selections[how % len(selections)][:12]


def _rows_of(a: Row, length: int, step: int) -> list[Row]:
    return [a[i : i + length] for i in range(0, len(a) - length + 1, step)]


def _layer(a: Row, b: Row, constant: int) -> Row:
    """Pair rows of numbers with rows of weights, most with most."""
    n = 1 + constant % min(4, len(a), len(b))
    xs, ws = _rows_of(a, n, n), _rows_of(b, n, 1 + constant % 2)
    if constant % 3 == 0 and len(ws) == n:
        ws = [list(column) for column in zip(*ws, strict=True)]
    bias = 0.5 * (constant % 3) if constant % 5 else a[0]
    pairs = [(x, w) for x in xs for w in ws][: 40 - constant % 4]
    if constant % 2:
        return [dot(x, w, bias) for x, w in pairs]
    return [sum((s * t for s, t in zip(*pair, strict=True)), bias) for pair in pairs]


def _ragged(a: Row, b: Row, constant: int) -> Row:
    weights = b * 12
    return [dot(a[: i + 1], weights[: i + 1]) for i in range(len(a))]


def _outer(a: Row, b: Row, constant: int) -> Row:
    row = OPS[("mul", "sub", "add")[constant % 3]]
    return [row(s, t) for s in a[:4] for t in b[:4]]


def _zipped(a: Row, b: Row, constant: int) -> Row:
    row = OPS[("mul", "sub", "add")[constant % 3]]
    return [row(s, t) for s, t in zip(a, b, strict=False)]


_KINDS = (
    lambda a, b, c: [OPS[UNARY[c % len(UNARY)]](y) for y in a],
    lambda a, b, c: [exp(-y * y) if c % 2 else y**2 for y in a],
    _layer,
    _layer,
    _ragged,
    _outer,
    _zipped,
    lambda a, b, c: [total(a[i:]) for i in range(min(len(a), 1 + c % 4))],
    lambda a, b, c: [mean(a[i:]) for i in range(min(len(a), 1 + c % 4))],
    lambda a, b, c: [logsumexp(a[i : i + 3]) for i in range(min(len(a), 4))],
    lambda a, b, c: softmax(a),
    lambda a, b, c: [tanh(s) / (1.5 + sin(t)) for s, t in zip(a, b, strict=False)],
    lambda a, b, c: [
        where(s > 0.1234567, s, t * 0.5) for s, t in zip(a, b, strict=False)
    ],
    lambda a, b, c: [maximum(s, t) for s, t in zip(a, b, strict=False)],
    lambda a, b, c: [y * b[c % len(b)] for y in a],
    lambda a, b, c: [y * (0.5, -1.0, 2.0)[c % 3] + (c % 2) for y in a],
)
