"""The data that the demos learn from, shipped with the project."""

import gzip
from functools import cache
from pathlib import Path
from random import Random

__all__ = ["load_digits", "load_names", "read_names", "split"]

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


@cache
def load_names() -> tuple[list[str], list[str]]:
    """Return 5,163 first names in order, and the lists that each stands in.

    The Census Bureau has one list of women's names, "f", and one of men's, "m"; a name
    in both is "fm".

    >>> names, lists = load_names()
    >>> len(names), names[:3], lists[:3]
    (5163, ['aaron', 'abbey', 'abbie'], ['fm', 'f', 'f'])
    """
    with gzip.open(DATA / "names.csv.gz", "rt", encoding="ascii") as file:
        rows = [line.rstrip("\n").split(",") for line in file]
    return [name for name, _ in rows], [lists for _, lists in rows]


def read_names(path: Path) -> list[str]:
    """Return the lines of a text file that are not blank, or raise ValueError."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise ValueError(f"cannot read {path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ValueError(f"{path} is no UTF-8 text; take one name a line") from None
    names = [line.strip() for line in text.splitlines() if line.strip()]
    if not names:
        raise ValueError(f"{path} is empty; take one name a line")
    for name in names:
        if not name.isprintable():
            raise ValueError(f"{path} has a name that cannot be printed, {name!r}")
    return names


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
