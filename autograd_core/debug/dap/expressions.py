"""What a client types in a watch, a hover or the debug console, as a value.

It is the name of a node, its `.grad`, or arithmetic as in the condition of a
breakpoint: nothing that a client sends is run as Python.
"""

import re
from typing import Any

from ...errors import GraphError
from ...value import Value
from ..tape import Tape
from ..tape.condition_reader import NUMBERS, OWN

__all__ = ["evaluated", "number"]

_PATH = re.compile(r"[^\W\d]\w*(\.\w+|\[[^\]]*\])*")


def evaluated(tape: Tape, text: str, node: Value | None = None) -> Any:
    """Return the node that a text names, or the number that an expression gives.

    `data`, `grad` and the other facts of a condition are those of `node`, or else of
    the root.

    >>> x = Value(3.0, label="x")
    >>> tape = Tape(x * x)
    >>> evaluated(tape, "x") is x, evaluated(tape, "x * 2"), evaluated(tape, "op", x)
    (True, 6.0, 'leaf')

    Raises `UnknownNameError` or `GraphError`, each a `ValueError`, where it names
    nothing, `OperandError` for what is no such expression, and what arithmetic raises.
    """
    text = text.strip()
    found = tape.names.get(text)
    if found is not None:
        return found
    name, _, fact = text.rpartition(".")
    owner = tape.names.get(name) if fact in ("data", "grad") else None
    if owner is not None:
        return _known(tape, owner, fact)
    if _PATH.fullmatch(text) and text not in (*OWN, *NUMBERS):
        return tape.names.find(text)  # which tells the names that are near
    asked = tape.root if node is None else node
    rule = tape.condition(text)
    worth = rule.value({each: tape.fact(asked, each) for each in OWN}, tape.fact)
    if worth is None:
        raise GraphError(f"not every number of {rule.text} is known at this moment")
    return worth


def number(tape: Tape, text: str, node: Value) -> float:
    """Return the number that a text gives, to set a value to.

    Raises what `evaluated` raises, and `GraphError` for what is no number.
    """
    try:
        return float(text)
    except ValueError:
        found = evaluated(tape, text, node)
    if isinstance(found, Value):
        found = _known(tape, found, "data")
    if isinstance(found, bool) or not isinstance(found, float):
        raise GraphError(f"a value is set to a number, not to {found!r}")
    return found


def _known(tape: Tape, node: Value, fact: str) -> Any:
    found = tape.fact(node, fact)
    if found is None:
        raise GraphError(f"{tape.names.shown(node)} has no {fact} at this moment")
    return found
