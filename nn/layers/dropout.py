"""Dropout: numbers left out at random, so that no unit relies on another one."""

from random import Random
from typing import Any

from autograd_core import Value
from autograd_core.errors import DomainError, TraceError

from ..hyperparameters import real
from ..module import Module
from ..nested import flat, is_traced
from .signals import elementwise

__all__ = ["Dropout"]


class Dropout(Module):
    """In training y = m·x, where m is 0 with probability p and 1/(1 - p) otherwise.

    So the expected value stays what it was, and evaluation has nothing to do: it
    returns x as it is (Srivastava et al. 2014). What is left out gets the gradient 0.
    Every call draws anew, from left to right, from `random`, a `random.Random`: its
    `getstate()` is the place to resume.

    >>> dropout = Dropout(0.5, seed=0)
    >>> [y.data for y in dropout([1.0, 1.0, 1.0, 1.0])]
    [2.0, 2.0, 0.0, 0.0]
    >>> dropout.eval()([1.0, 2.0])
    [1.0, 2.0]
    """

    def __init__(
        self, p: float = 0.5, *, seed: int | None = None, random: Random | None = None
    ) -> None:
        """Choose the share that is left out, and where the draws begin."""
        if not 0.0 <= real("p", p) < 1.0:
            raise DomainError(
                f"Dropout takes a probability p from 0 up to, but not, 1, not {p!r}; "
                "with 1 nothing would be left"
            )
        self.p = float(p)
        self.random = random or Random(seed)

    def forward(self, x: Any) -> Any:
        """Return what is left, nested as x."""
        if not self.training or not self.p:
            return x
        if any(map(is_traced, flat(x))):
            raise TraceError(
                f"{self!r} in training draws at random, and a program would repeat one "
                "draw; call eval(), or leave it out of what is traced"
            )
        scale = Value(1.0 / (1.0 - self.p), requires_grad=False)
        zero = Value(0.0, requires_grad=False)

        def masked(number: Any) -> Any:
            return number * (zero if self.random.random() < self.p else scale)

        return elementwise(masked, x)

    def __repr__(self) -> str:
        return f"Dropout({self.p})"
