"""Numbers and labels as one short line of printable text.

A label may hold anything: line breaks, control characters, half a surrogate pair, ten
thousand letters. Here it becomes text that every writer can take once it has escaped
its own metacharacters, and that cannot reorder or overflow what stands beside it.
"""

import unicodedata

__all__ = ["counted", "number", "one_line"]

# Joiners are unprintable to Python, yet many emoji and Persian words need them.
_JOINERS = "\u200c\u200d"


def number(x: float) -> str:
    """Write a float with four significant digits, and never as a wrong zero.

    >>> [number(x) for x in (0.1 + 0.2, 1e-6, 2 / 3, 12345.6, 1e300, -0.0)]
    ['0.3', '1e-6', '0.6667', '12346', '1e300', '-0']
    """
    if 1000 <= abs(x) < 1e6 or (x.is_integer() and abs(x) < 1000):
        return f"{x:.0f}"
    mantissa, e, exponent = f"{x:.4g}".partition("e")
    return f"{mantissa}e{int(exponent)}" if e else mantissa


def counted(count: int, one: str, more: str) -> str:
    """Write how many there are of something.

    >>> counted(1, "box", "boxes"), counted(1000, "box", "boxes")
    ('1 box', '1,000 boxes')
    """
    return f"{count:,} {one if count == 1 else more}"


def one_line(text: str, limit: int = 32) -> str:
    r"""Show any text on one line of at most `limit` characters.

    The middle is left out, since labels of one layer differ in their last letters.
    What cannot be printed is shown as Python would escape it.

    >>> one_line("layers.0.neurons.3.weight[2]", limit=20)
    'layers.0.n…weight[2]'
    >>> print(one_line("a\nb\ud800"))
    a\nb\ud800
    """
    text = str(text)  # a label may be any object: nothing checks it
    if len(text) > 2 * limit:  # the rest would be left out anyway, at a cost
        text = text[:limit] + text[-limit:]
    if not text.isprintable():
        text = "".join(map(_visible, text))
    if len(text) <= limit:
        return text
    head, tail = limit // 2, (limit - 1) // 2
    return f"{text[:head]}…{text[-tail:]}"


def _visible(character: str) -> str:
    if character.isprintable() or character in _JOINERS:
        return character
    if unicodedata.category(character) == "Zs":
        return " "
    return character.encode("unicode_escape").decode()
