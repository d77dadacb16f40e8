"""How large a gradient is, in a few steps of a logarithmic scale.

Pictures show the step as the colour and the width of a line, and a legend says which
numbers the steps stand for. The largest gradient of a picture is on the last step.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from math import ceil, floor, isfinite, isnan, log10

__all__ = ["LEVELS", "Scale", "scale_of"]

LEVELS = 5
_WIDEST = 3  # decades that one step may span
_LEAST = 5e-324  # the smallest float


@dataclass(frozen=True, slots=True)
class Scale:
    """Steps of `decades` each, the last of which begins at 10 to the power `top`."""

    top: int
    decades: int

    def level(self, number: float | None) -> int | None:
        """Return the step of a gradient from 0 up; None of none, of 0 and of nan.

        >>> Scale(top=0, decades=1).level(-0.05)
        2
        """
        if not number or isnan(number):
            return None
        if not isfinite(number):
            return LEVELS - 1
        below = self.top - floor(log10(abs(number)))
        return max(LEVELS - 1 - max(ceil(below / self.decades), 0), 0)

    def highest(self, numbers: Iterable[float | None]) -> int | None:
        """Return the step of the largest of some gradients."""
        levels = (self.level(number) for number in numbers)
        return max((level for level in levels if level is not None), default=None)

    @property
    def bounds(self) -> list[float]:
        """The least magnitude of each step; the first one takes all below too."""
        steps = reversed(range(LEVELS))
        return [max(10.0 ** (self.top - k * self.decades), _LEAST) for k in steps]


def scale_of(numbers: Iterable[float | None]) -> Scale | None:
    """Return the scale that suits some gradients, None where there are none.

    >>> scale_of([0.5, 0.002, 0.0])
    Scale(top=-1, decades=1)
    """
    sizes = [abs(x) for x in numbers if x and isfinite(x)]
    if not sizes:
        return None
    top, bottom = floor(log10(max(sizes))), floor(log10(min(sizes)))
    decades = ceil((top - bottom + 1) / LEVELS)
    return Scale(top, min(max(decades, 1), _WIDEST))
