"""A vector for each token, learnt like any weight."""

from random import Random
from typing import Any

from autograd_core import Value, dot, where
from autograd_core.errors import OperandError, ShapeError

from ..hyperparameters import count
from ..initializers import normal
from ..module import Module
from ..nested import is_traced
from .signals import each
from .weights import Initializer, drawn, initializer

__all__ = ["Embedding"]


class Embedding(Module):
    """A table of vectors: token i stands for row i of `weight`.

    Called with a token, a whole number from 0 up, it gives the row itself, a list of
    `embedding_dim` parameters and no new node; called with a list of tokens, a list of
    rows. The weights are num_embeddings × embedding_dim, drawn row by row from the
    standard normal distribution as PyTorch's, or as `init` draws them.

    >>> table = Embedding(3, 2, seed=0)
    >>> table([2, 0]) == [table.weight[2], table.weight[0]]
    True
    """

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        *,
        init: str | Initializer = normal,
        seed: int | None = None,
        random: Random | None = None,
    ) -> None:
        """Draw the rows."""
        shape = (
            count("num_embeddings", num_embeddings),
            count("embedding_dim", embedding_dim),
        )
        self.weight = drawn(shape, initializer(init), random or Random(seed), shape)

    def forward(self, tokens: Any) -> Any:
        """Return the row of each token."""
        return each(self._row, tokens, 0)

    def _row(self, token: Any) -> list[Value]:
        if is_traced(token):  # the row is found by comparing, when it is computed
            shares = [
                where(abs(token - i) < 0.5, 1.0, 0.0) for i in range(len(self.weight))
            ]
            columns = zip(*self.weight, strict=True)
            return [dot(column, shares) for column in columns]
        if isinstance(token, bool | float) or not hasattr(token, "__index__"):
            raise OperandError(
                f"{self!r} takes whole numbers as tokens, not {token!r} of type "
                f"{type(token).__name__}"
            )
        known = len(self.weight)
        if not 0 <= token < known:
            raise ShapeError(
                f"{self!r} knows the tokens 0 to {known - 1}; got {token!r}"
            )
        return list(self.weight[token])

    def __repr__(self) -> str:
        return f"Embedding({len(self.weight)}, {len(self.weight[0])})"
