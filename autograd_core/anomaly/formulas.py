"""How messages write a node: by its label, or as the operation that made it.

One step is written, not the whole expression: the operands are names where they have
labels and numbers where they have none, so that the line stays short and says what was
computed.
"""

import re
from typing import Any

from ..op import NaryOp
from ..sequences import gather_pairs
from ..text import one_line

__all__ = ["formula", "name", "operand_name", "title"]

MANY = 9  # operands that are written out


def name(node: Any) -> str:
    """Return the label of a node, else its formula.

    >>> from autograd_core import Value
    >>> x = Value(3.0, label="x")
    >>> name(x), name(x * 2), name(Value(3.0))
    ("'x'", 'x * 2.0', 'the leaf 3.0')
    """
    if node.label:
        return f"'{one_line(node.label)}'"
    return title(node) if node.op is not None else f"{title(node)} {node.data!r}"


def title(node: Any) -> str:
    """Return what a node is: its label, and the operation that made it.

    >>> from autograd_core import Value, tanh
    >>> y = tanh(Value(3.0, label="x"))
    >>> y.label = "y"
    >>> title(y), title(y.parents[0])
    ("'y' = tanh(x)", "the leaf 'x'")
    """
    label = f"'{one_line(node.label)}'" if node.label else ""
    if node.op is None:
        kind = "the leaf" if node.requires_grad else "the constant"
        return f"{kind} {label}".rstrip()
    return f"{label} = {formula(node)}" if label else formula(node)


def formula(node: Any, *, named: bool = True) -> str:
    """Write the operation that made a node, on labels and numbers or numbers only.

    >>> from autograd_core import Value, dot
    >>> x = Value(3.0, label="x")
    >>> formula(x * 2), formula(x * 2, named=False), formula(dot([x], [2]))
    ('x * 2.0', '3.0 * 2.0', 'dot([x], [2.0], 0.0)')
    """
    op = node.op
    texts = [
        one_line(parent.label) if named and parent.label else repr(x)
        for parent, x in zip(node.parents, node.operands, strict=True)
    ]
    if isinstance(op, NaryOp):
        return _of_sequences(op, texts)
    if not re.search(r"\w", op.symbol):
        return f" {op.symbol} ".join(texts) if len(texts) == 2 else op.symbol + texts[0]
    return f"{op.name}({', '.join(texts)})"


def _of_sequences(op: NaryOp, texts: list[str]) -> str:
    if len(texts) > MANY:
        return f"{op.name} of {len(texts):,} operands"
    if op.gather is not gather_pairs:
        return f"{op.name}([{', '.join(texts)}])"
    n = len(texts) // 2
    xs, ys = ", ".join(texts[:n]), ", ".join(texts[n:-1])
    return f"{op.name}([{xs}], [{ys}], {texts[-1]})"


def operand_name(node: Any, place: int) -> str:
    """Return what the row calls an operand, or what a message can call it.

    >>> from autograd_core import Value, total
    >>> x = Value(3.0, label="w")
    >>> y = total([1, x])
    >>> operand_name(x * 2, 1), operand_name(y, 0), operand_name(y, 1)
    ('b', 'operand 1', "operand 2, 'w',")
    """
    if not isinstance(node.op, NaryOp):
        known: str = node.op.operand_names[place]
        return known
    label = one_line(node.parents[place].label)
    return f"operand {place + 1}, '{label}'," if label else f"operand {place + 1}"
