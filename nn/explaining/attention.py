"""What attention looked at, as far as the output cares: its shares times their slopes.

A share of attention says where a head looks; whether that mattered to the output is in
its gradient. The shares are nodes of the graph like any other, so both are at hand.
"""

from collections.abc import Sequence
from typing import Any

from autograd_core import Value, dot, mean
from autograd_core.errors import OperandError, ShapeError

from ..nested import flat
from .subject import mapped, slopes, subject

__all__ = ["attention_relevance", "gradient_times_attention"]

Matrix = list[list[float]]


def gradient_times_attention(output: Value, shares: Any) -> Any:
    """Return a·∂ output/∂a for each share a of attention, in their structure.

    `shares` are nested nodes such as `CausalSelfAttention.shares`, [head][query][key];
    numbers among them, as of keys that are masked, count 0 (Chefer, Gur, Wolf 2021,
    "Generic attention-model explainability", eq. 5, before heads are averaged).

    >>> from autograd_core import softmax
    >>> shares = softmax([Value(0.0), Value(0.0)])
    >>> gradient_times_attention(3 * shares[0] - shares[1], shares)
    [1.5, -0.5]
    """
    nodes = [a for a in flat(shares) if isinstance(a, Value)]
    if not isinstance(output, Value):
        raise OperandError(
            "gradient_times_attention takes an output of type Value, not "
            f"{output!r:.60}; the shares of attention belong to the call that it came "
            "from"
        )
    found = slopes(subject("gradient_times_attention", output, nodes))
    by_node = dict(zip(nodes, found, strict=True))
    return mapped(lambda a: by_node[a] * a.data if a in by_node else 0.0, shares)


def attention_relevance(output: Value, layers: Sequence[Any]) -> Matrix:
    """Return how much each position of the input counts for each of the last layer.

    `layers` holds the shares of each layer's self-attention, first to last, as
    [head][query][key]; keys that a causal query does not see may be left out. With Ā
    the mean over the heads of (a·∂ output/∂a)⁺, R begins as the identity, for what the
    skip connections carry, and becomes R + Ā·R at each layer (Chefer, Gur, Wolf 2021,
    eqs. 1, 5 and 6). The row of the position that the output reads is the answer.

    >>> from autograd_core import dot, softmax
    >>> causal = [[Value(1.0)], softmax([Value(0.0), Value(0.0)])]
    >>> attention_relevance(dot(causal[1], [3.0, -1.0]), [[causal]])
    [[1.0, 0.0], [1.5, 1.0]]
    """
    size = len(layers[0][0]) if layers else 0
    relevance: Matrix = [[float(i == j) for j in range(size)] for i in range(size)]
    for shares in layers:
        if {len(head) for head in shares} != {size}:
            raise ShapeError(
                f"attention_relevance takes {size} queries in each head, as in the "
                f"first; got {[len(head) for head in shares]}"
            )
        heads = gradient_times_attention(output, shares)
        relevance = _after(
            relevance, [_average(rows) for rows in zip(*heads, strict=True)]
        )
    return relevance


def _average(rows: Sequence[Sequence[float]]) -> list[float]:
    """Return the mean over the heads of what one query gains from each key."""
    return [mean([max(0.0, g) for g in over]) for over in zip(*rows, strict=True)]


def _after(relevance: Matrix, gains: Matrix) -> Matrix:
    """Return R + Ā·R; a row of Ā may be shorter by the keys that are not seen."""
    columns = list(zip(*relevance, strict=True))
    return [
        [dot(row, c[: len(row)], r) for r, c in zip(own, columns, strict=True)]
        for own, row in zip(relevance, gains, strict=True)
    ]
