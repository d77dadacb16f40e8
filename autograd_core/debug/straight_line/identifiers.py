"""Names and comments of generated code, made of text that anybody may have written.

A label, a path or a line of source is free text. Only letters, digits and underscores
of ASCII get from it into a name, and only printable characters, all on one line, into a
comment, so that no text can become code.
"""

import builtins
import keyword
import re
from collections.abc import Iterable, Iterator
from itertools import count

__all__ = ["Identifiers", "as_comment", "as_identifier"]

LONGEST = 40

_KEYWORDS = {*keyword.kwlist, *keyword.softkwlist}
_RESERVED = frozenset(_KEYWORDS | set(dir(builtins)))


def as_identifier(text: str) -> str:
    """Return what a name can keep of a text, which may be nothing.

    >>> as_identifier("layers.0.neurons.3.weight[2]"), as_identifier("θ")
    ('layers_0_neurons_3_weight_2', '')
    """
    return re.sub(r"[^0-9A-Za-z]+", "_", text).strip("_")[:LONGEST].rstrip("_")


def as_comment(text: str, width: int = 60) -> str:
    r"""Return a text as it can stand in a comment, escaped and cut.

    Escaped is what does not print: line breaks of any kind, control characters, marks
    that change the direction of writing, halves of surrogate pairs.

    >>> print(as_comment("w\nimport os"))
    w\nimport os
    >>> print(as_comment("weight of the first neuron", 10))
    weight of…
    """
    cut = text if len(text) <= width else text[: width - 1].rstrip() + "…"
    if cut.isprintable():
        return cut
    return "".join([c if c.isprintable() else _escaped(c) for c in cut])


def _escaped(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")


class Identifiers:
    """The names of one piece of generated code, none of which is given twice.

    A name `x` keeps `d_x`, that of its gradient, free as well. What Python knows by a
    name keeps it, and so do the names in `reserved`.

    >>> names = Identifiers(["tanh"])
    >>> [names.new(text) for text in ("w", "w", "tanh", "sum", "d_w", "2nd", "?")]
    ['w', 'w_1', 'tanh_', 'sum_', 'd_w_2', 'x_2nd', 'x0']
    """

    def __init__(self, reserved: Iterable[str] = ()) -> None:
        self._reserved = _RESERVED | set(reserved)
        self._taken: set[str] = set()
        self._candidates: dict[tuple[str, str], Iterator[str]] = {}

    def new(self, text: str, stem: str = "x") -> str:
        """Return a new name for a text, made of `stem` where it has none to give."""
        base = as_identifier(text)
        if (base, stem) not in self._candidates:
            self._candidates[base, stem] = self._candidates_for(base, stem)
        for name in self._candidates[base, stem]:
            if not {name, f"d_{name}"} & self._taken:
                break
        self.take(name)
        return name

    def take(self, name: str) -> None:
        """Give a name away that has to be this one."""
        self._taken |= {name, f"d_{name}"}

    def is_free(self, name: str) -> bool:
        """Tell whether a name may still be given."""
        return name not in self._taken

    def _candidates_for(self, base: str, stem: str) -> Iterator[str]:
        if not base:
            yield from (f"{stem}{i}" for i in count(0 if stem == "x" else 1))
        if base[0].isdigit():
            base = f"{stem}_{base}"
        yield f"{base}_" if base in self._reserved else base
        yield from (f"{base}_{i}" for i in count(1))
