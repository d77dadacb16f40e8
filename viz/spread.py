"""Where things stand in a column: as near to where they want as the others allow.

Least squares under an order is isotonic regression. With the tightest packing
subtracted, all that is asked is that the numbers rise, and things that would fall are
pooled into blocks that share their mean. Cost: linear in the things.
"""

from collections.abc import Sequence

__all__ = ["spread"]


def spread(
    wanted: Sequence[float],
    heights: Sequence[float],
    gaps: float | Sequence[float] = 0.0,
) -> list[float]:
    """Return the middles of things of these heights, from top to bottom.

    The order stays, things are `gaps` apart at least, all the same or one for each
    pair, and the sum of squared distances from the `wanted` middles is the smallest
    possible.

    >>> spread([0.0, 0.0, 100.0], [10.0, 10.0, 10.0], gaps=2.0)
    [-6.0, 6.0, 100.0]
    """
    apart = [gaps] * len(heights) if isinstance(gaps, float) else [*gaps, 0.0]
    packed = _packed(heights, apart)
    blocks: list[tuple[float, int]] = []
    for want, pack in zip(wanted, packed, strict=True):
        mean, count = want - pack, 1
        while blocks and blocks[-1][0] >= mean:
            other, size = blocks.pop()
            mean = (mean * count + other * size) / (count + size)
            count += size
        blocks.append((mean, count))
    shifts = [mean for mean, count in blocks for _ in range(count)]
    return [pack + shift for pack, shift in zip(packed, shifts, strict=True)]


def _packed(heights: Sequence[float], gaps: Sequence[float]) -> list[float]:
    middles, y = [], 0.0
    for height, gap in zip(heights, gaps, strict=True):
        middles.append(y + height / 2)
        y += height + gap
    return middles
