"""Attention: every position asks all others, and takes from those that answer.

A query q meets the keys k of all positions; softmax(q·k/√d) says how much of each
value v it takes (Vaswani et al. 2017). Several heads do so side by side, each with its
own part of the vectors. A causal position sees itself and what came before it.
"""

import math
from collections.abc import Sequence
from random import Random
from typing import Any

from autograd_core import Value, dot, softmax
from autograd_core.errors import ShapeError

from ..hyperparameters import count
from ..initializers import glorot_uniform, zeros
from ..module import Module
from .linear import Linear, linear
from .signals import Recent, each, grid, nodes, one_sequence
from .weights import Initializer, drawn

__all__ = ["CausalSelfAttention", "MultiheadAttention", "scaled_dot_product_attention"]

Vectors = Sequence[Sequence[Any]]


def scaled_dot_product_attention(
    query: Vectors, key: Vectors, value: Vectors, *, is_causal: bool = False
) -> list[list[Any]]:
    """Return softmax(Q·Kᵀ/√d)·V, a vector for each query.

    `query` is L × d, `key` S × d, `value` S × e, the result L × e. With `is_causal`
    query i sees the keys 0 to i.

    >>> [[y]] = scaled_dot_product_attention([[0.0]], [[1.0], [2.0]], [[3.0], [5.0]])
    >>> y.data
    4.0
    """
    query = grid(query, (None, None), "scaled_dot_product_attention's query")
    key = grid(key, (None, len(query[0])), "scaled_dot_product_attention's key")
    value = grid(value, (len(key), None), "scaled_dot_product_attention's value")
    return _mixed(_shares(query, key, is_causal), value)


def _shares(query: Vectors, key: Vectors, is_causal: bool) -> list[list[Any]]:
    """Return how much each query takes of each key it sees; the shares sum to 1."""
    scale = Value(1.0 / math.sqrt(len(query[0])), requires_grad=False)
    asked = [[q * scale for q in row] for row in query]
    seen = [key[: i + 1] if is_causal else key for i in range(len(query))]
    return [softmax([dot(q, k) for k in ks]) for q, ks in zip(asked, seen, strict=True)]


def _mixed(shares: Vectors, value: Vectors) -> list[list[Any]]:
    """Return the mean of the values, weighted by the shares of each query."""
    columns = list(zip(*value, strict=True))
    return [[dot(row, column[: len(row)]) for column in columns] for row in shares]


def _attend(
    query: Vectors, key: Vectors, value: Vectors, heads: int, is_causal: bool
) -> tuple[list[list[Any]], list[list[list[Any]]]]:
    """Return the heads' outputs side by side, and the shares of each head."""
    parts = zip(*(_split(rows, heads) for rows in (query, key, value)), strict=True)
    shares, outputs = [], []
    for q, k, v in parts:
        shares.append(_shares(q, k, is_causal))
        outputs.append(_mixed(shares[-1], v))
    joined = zip(*outputs, strict=True)
    return [[x for part in parts for x in part] for parts in joined], shares


def _split(rows: Vectors, heads: int) -> list[list[Sequence[Any]]]:
    """Cut each vector into one part for each head."""
    size = len(rows[0]) // heads
    return [[row[h * size : (h + 1) * size] for row in rows] for h in range(heads)]


def _sizes(embed_dim: Any, num_heads: Any) -> tuple[int, int]:
    embed_dim = count("embed_dim", embed_dim)
    num_heads = count("num_heads", num_heads)
    if embed_dim % num_heads:
        raise ShapeError(
            f"embed_dim={embed_dim} cannot be divided among num_heads={num_heads}; "
            "take a multiple of the number of heads"
        )
    return embed_dim, num_heads


class _Attention(Module):
    """What both forms share: their sizes, and the shares of the last call."""

    embed_dim: int
    num_heads: int

    def _begin(self, embed_dim: Any, num_heads: Any) -> None:
        self.embed_dim, self.num_heads = _sizes(embed_dim, num_heads)
        self._recent = Recent()

    @property
    def shares(self) -> Any:
        """Attention of the last call, as long as its graph lives: [head][query][key].

        Where it is causal, query i has i + 1 of them; of a batch they are those of its
        last sequence.
        """
        return self._recent.recall("shares", self)

    def _rows(self, x: Any, name: str = "x") -> list[list[Value]]:
        rows = grid(x, (None, self.embed_dim), self)
        return [nodes(row, f"{name}[{i}]") for i, row in enumerate(rows)]

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.embed_dim}, {self.num_heads})"


class MultiheadAttention(_Attention):
    """Attention with PyTorch's parameters: from L vectors and S others to L vectors.

    outputs = W_o·[head₁, ..., head_h] + b_o, where each head takes its part of q, k and
    v = W_in·x + b_in and makes softmax(q·kᵀ/√d)·v of it, d = embed_dim/num_heads
    (Vaswani et al. 2017, section 3.2).

    Called with `query` (L × embed_dim), `key` and `value` (S × embed_dim), which are
    the query if they are left out, it returns `(outputs, weights)`, the weights as
    [head][query][key]. `in_proj_weight` (3·embed_dim × embed_dim) holds the rows of
    queries, keys and values, in Glorot's uniform distribution; `out_proj` is a Linear;
    biases begin at 0. They are drawn in this order.

    >>> attention = MultiheadAttention(4, 2, seed=0)
    >>> outputs, weights = attention([[1.0, 0.0, 0.0, 0.0], [0.0, 1.0, 0.0, 0.0]])
    >>> len(outputs), len(weights), list(attention.state_dict())
    (2, 2, ['in_proj_weight', 'in_proj_bias', 'out_proj.weight', 'out_proj.bias'])
    """

    def __init__(
        self,
        embed_dim: int,
        num_heads: int,
        *,
        bias: bool = True,
        seed: int | None = None,
        random: Random | None = None,
    ) -> None:
        """Draw the parameters."""
        self._begin(embed_dim, num_heads)
        n, random = self.embed_dim, random or Random(seed)
        self.in_proj_weight = drawn((3 * n, n), glorot_uniform, random, (n, 3 * n))
        self.in_proj_bias = drawn((3 * n,), zeros, random) if bias else None
        self.out_proj = Linear(n, n, bias, random=random)
        for b in self.out_proj.bias or ():
            b.data = 0.0

    def forward(
        self, query: Any, key: Any = None, value: Any = None, *, is_causal: bool = False
    ) -> tuple[list[Any], list[Any]]:
        """Return the outputs, and how much each query took of each key."""
        one_sequence(query, self)
        key = query if key is None else key
        value = key if value is None else value
        q, k, v = (
            [linear(x, weight, bias) for x in self._rows(rows, name)]
            for rows, name, weight, bias in self._projections(query, key, value)
        )
        if len(k) != len(v):
            raise ShapeError(
                f"{self!r} takes one value for each key; got {len(k)} keys and "
                f"{len(v)} values"
            )
        outputs, shares = _attend(q, k, v, self.num_heads, is_causal)
        self._recent.keep(shares=shares)
        unseen = [[row + [0.0] * (len(k) - len(row)) for row in h] for h in shares]
        return self.out_proj(outputs), unseen

    def _projections(self, *inputs: Any) -> list[tuple[Any, str, Any, Any]]:
        """Return each input with the rows of `in_proj` that look at it."""
        n, bias = self.embed_dim, self.in_proj_bias
        return [
            (rows, name, self.in_proj_weight[at : at + n], bias and bias[at : at + n])
            for rows, name, at in zip(inputs, "qkv", (0, n, 2 * n), strict=True)
        ]


class CausalSelfAttention(_Attention):
    """Attention of a sequence to its own past, as language models use it.

    yᵢ = W_o·[head₁, ..., head_h], each softmax(qᵢ·kⱼ/√d)·vⱼ over the positions j ≤ i,
    with q = W_q·x, k = W_k·x, v = W_v·x and d = embed_dim/num_heads (Vaswani et al.
    2017, section 3.2.3; Radford et al. 2018).

    Queries, keys, values and the output are four linear maps, `wq`, `wk`, `wv`, `wo`,
    drawn in this order, without bias unless `bias` is True. From a list of vectors of
    `embed_dim` numbers to as many, of which the i-th depends on the first i + 1.

    >>> attention = CausalSelfAttention(4, 2, seed=0)
    >>> outputs = attention([[1.0, 0.0, 0.0, 0.0], [0.0, 1.0, 0.0, 0.0]])
    >>> len(outputs), [len(row) for row in attention.shares[0]]
    (2, [1, 2])
    """

    def __init__(
        self,
        embed_dim: int,
        num_heads: int,
        bias: bool = False,
        *,
        init: str | Initializer | None = None,
        seed: int | None = None,
        random: Random | None = None,
    ) -> None:
        """Draw the four maps."""
        self._begin(embed_dim, num_heads)
        n, random = self.embed_dim, random or Random(seed)
        self.wq = Linear(n, n, bias, init=init, random=random)
        self.wk = Linear(n, n, bias, init=init, random=random)
        self.wv = Linear(n, n, bias, init=init, random=random)
        self.wo = Linear(n, n, bias, init=init, random=random)

    def forward(self, x: Any) -> Any:
        """Return one vector for each, of what it and those before it hold."""
        return each(self._outputs, x, 2)

    def _outputs(self, x: Any) -> Any:
        rows = self._rows(x)
        q, k, v = self.wq(rows), self.wk(rows), self.wv(rows)
        outputs, shares = _attend(q, k, v, self.num_heads, is_causal=True)
        self._recent.keep(shares=shares)
        return self.wo(outputs)
