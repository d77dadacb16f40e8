"""The data that the demos learn from, shipped with the project."""

import gzip
from functools import cache
from pathlib import Path
from random import Random

__all__ = ["load_digits", "split"]

DATA = Path(__file__).parent / "data"

Pixels = list[float]


@cache
def load_digits() -> tuple[list[Pixels], list[int]]:
    """Return 1,797 images of 64 pixels from 0 to 1, and the digits they show.

    >>> images, digits = load_digits()
    >>> len(images), len(images[0]), digits[:10]
    (1797, 64, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
    """
    with gzip.open(DATA / "digits.csv.gz", "rt", encoding="ascii") as file:
        rows = [[int(field) for field in line.split(",")] for line in file]
    images = [[pixel / 16 for pixel in row[:-1]] for row in rows]
    return images, [row[-1] for row in rows]


def split(count: int, share: float, seed: int) -> tuple[list[int], list[int]]:
    """Draw which of `count` examples are kept for training and which are held out.

    >>> kept, held_out = split(10, share=0.2, seed=0)
    >>> len(kept), len(held_out), sorted(kept + held_out) == list(range(10))
    (8, 2, True)
    """
    order = list(range(count))
    Random(seed).shuffle(order)
    cut = count - round(share * count)
    return order[:cut], order[cut:]
