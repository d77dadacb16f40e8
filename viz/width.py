"""How wide a text will be, without asking a font.

Boxes and tooltips are laid out before anybody knows which sans-serif font the reader
has; an estimate by kinds of letters is near enough for all of them.
"""

import unicodedata

__all__ = ["width"]

_JOINERS = "\u200c\u200d"
_NARROW = frozenset("!'(),-./:;I[\\]`fijlrt{|} ")
_BROAD = frozenset("%@MW_mw∂…—→")


def width(text: str, size: float) -> float:
    """Estimate how wide a sans-serif text of that font size will be.

    >>> width("ill", 10) < width("www", 10) < width("漢字漢", 10)
    True
    """
    return size * sum(map(_em, text))


def _em(character: str) -> float:
    if character in _NARROW:
        return 0.33
    if character.islower() or character.isdigit():
        return 0.85 if character in _BROAD else 0.57
    if unicodedata.combining(character) or character in _JOINERS:
        return 0.0
    wide = unicodedata.east_asian_width(character) in "WF" or character in _BROAD
    return 1.05 if wide else 0.7
