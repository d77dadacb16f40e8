"""How each node of a graph is written: its name, its call, what there is to say of it.

What is written is what was recorded. A leaf that was assigned since then has the number
that the graph was computed from; where two nodes recorded different numbers of one
parent, the number itself stands in their lines.
"""

from collections.abc import Sequence
from math import copysign

from ...expression_text import Text, call_text, number_text
from ...graph import topological_order
from ...op import Op
from ...source import Source
from ...value import Value
from .functions import BUILT_IN, Functions
from .identifiers import Identifiers, as_comment

__all__ = ["WrittenNodes"]

OWN = ("run", "local", "inf", "nan", "OPS")  # what generated code calls its own


class WrittenNodes:
    """The nodes below `root`, as code writes them.

    >>> x = Value(3.0, label="x")
    >>> y = x * x * 2
    >>> nodes = WrittenNodes(y)
    >>> nodes.names[y], nodes.call(y), nodes.number(x)
    ('v2', 'v1 * 2.0', '3.0')
    """

    def __init__(self, root: Value) -> None:
        """Sort the graph and name its nodes; constants without a label have no name."""
        self.order = topological_order(root)
        self._held = _held(self.order)
        identifiers = Identifiers([*OWN, *BUILT_IN])
        self.functions = Functions(identifiers)
        for node in self.order:
            if node.op is not None:
                self.functions.name_of(node.op)
        self.names = _names(self.order, identifiers)
        self._calls: dict[Value, str] = {}
        self._places: dict[Source, str] = {}
        self._no_floats: dict[Op, bool] = {}

    def number(self, node: Value) -> str:
        """Return the number that the name of a node stands for, as code."""
        return number_text(self._held[node])

    def operands(self, node: Value) -> list[Text]:
        """Return the operands: names, or numbers."""
        name_of = self.functions.name_of
        return [
            Text(self.names[parent], name_of)
            if self._is_current(parent, x)
            else Text.of_number(x, name_of)
            for parent, x in zip(node.parents, node.operands, strict=True)
        ]

    def call(self, node: Value) -> str:
        """Return the expression that computes a node."""
        if node not in self._calls:
            self._calls[node] = self._new_call(node)
        return self._calls[node]

    def _new_call(self, node: Value) -> str:
        op = node.op
        assert op is not None
        call = call_text(op, self.operands(node), self.functions.name_of).text
        return f"float({call})" if self._is_no_float(op, node) else call

    def _is_no_float(self, op: Op, node: Value) -> bool:
        """Tell whether a row of somebody's own returns an int, say."""
        if BUILT_IN.get(op.name) is op:
            return False
        if op not in self._no_floats:
            self._no_floats[op] = op.forward(*node.operands).__class__ is not float
        return self._no_floats[op]

    def _is_current(self, parent: Value, recorded: float) -> bool:
        return parent in self.names and _same(self._held[parent], recorded)

    # --- comments -------------------------------------------------------------------
    def comment(self, node: Value) -> str:
        """Return what the line does not say: other numbers, the label, the source."""
        label = _label(node)
        said = as_comment(label) if label != self.names[node] else ""
        parts = (self._changes(node), said, self._place(node.source))
        return "  ".join(filter(None, parts))

    def _changes(self, node: Value) -> str:
        if node.is_leaf:
            now, held = node.data, self._held[node]
            return "" if _same(now, held) else f"{now!r} by now"
        changed = {
            self.names[parent]: x
            for parent, x in zip(node.parents, node.operands, strict=True)
            if parent in self.names and not self._is_current(parent, x)
        }
        return ", ".join([f"{name} was {x!r} here" for name, x in changed.items()])

    def _place(self, source: Source | None) -> str:
        if source is None:
            return ""
        if source not in self._places:
            expression = as_comment(_expression(source), 48)
            place = f"{as_comment(source.place)}  {expression}"
            self._places[source] = place.rstrip()
        return self._places[source]


def _expression(source: Source) -> str:
    """Return the sub-expression, or its part on the first line."""
    line = source.text.encode(errors="replace")  # columns count bytes
    if source.end_line == source.line:
        return line[source.column : source.end_column].decode(errors="replace")
    return line[source.column :].decode(errors="replace").rstrip() + " …"


def _label(node: Value) -> str:
    return str(node.label) if node.label else ""  # anything may have been assigned


def _same(a: float, b: float) -> bool:
    """Tell whether two numbers are the same to the last bit."""
    if a == b:
        return a != 0 or copysign(1.0, a) == copysign(1.0, b)
    return a != a and b != b


def _held(order: Sequence[Value]) -> dict[Value, float]:
    """Return the number that each name stands for when the code is run.

    It is the one from which the leaf's children were computed; the present one where
    they disagree.
    """
    held = {node: node._y for node in order if node.op is not None}
    recorded: dict[Value, float] = {}
    disputed: set[Value] = set()
    for node in order:
        for parent, x in zip(node.parents, node.operands, strict=True):
            if not _same(recorded.setdefault(parent, x), x):
                disputed.add(parent)
    for leaf in order:
        if leaf.op is None:
            agreed = leaf in recorded and leaf not in disputed
            held[leaf] = recorded[leaf] if agreed else leaf.data
    return held


def _names(order: Sequence[Value], identifiers: Identifiers) -> dict[Value, str]:
    """Name the nodes with labels, then those without."""
    wanting = [node for node in order if node.op or node.label or node.requires_grad]
    names = {}
    for node in sorted(wanting, key=lambda node: not node.label):
        stem = "x" if node.op is None else "v"
        names[node] = identifiers.new(_label(node), stem)
    return {node: names[node] for node in wanting}
