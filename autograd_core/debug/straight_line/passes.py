"""The lines of both passes over a graph, each with its comment.

Forward there is a line for each node; backward one for each operand that is sent a
gradient, in the order in which `backward()` adds.
"""

from collections.abc import Iterator
from typing import NamedTuple

from ...expression_text import SIGN, Text
from ...linearization import ancestors
from ...ops import where
from ...value import Value
from .identifiers import as_comment
from .partial_text import PartialTexts
from .written_nodes import WrittenNodes

__all__ = ["Line", "Passes"]


Use = tuple[int, Value]  # the place of an operand, and the parent that it is


class Line(NamedTuple):
    """A line of code, without its indent, and its comment."""

    code: str
    comment: str = ""


class Passes:
    """Both passes over the graph below `root`.

    >>> x = Value(3.0, label="x")
    >>> passes = Passes(x * x)
    >>> [line.code for line in (*passes.parameters(), *passes.forward())]
    ['x=3.0,', 'v1 = x * x']
    >>> [line.code for line in passes.backward()]
    ['d_v1 = 1.0', 'd_x += d_v1 * x', 'd_x += d_v1 * x']
    >>> passes.gradients
    ['d_x', 'd_v1']
    """

    def __init__(self, root: Value) -> None:
        """Name the nodes."""
        self.root, self.nodes = root, WrittenNodes(root)
        self._partials = PartialTexts(self.nodes.functions)
        self._sent_to = _sent_to(root)

    @property
    def named(self) -> dict[str, Value]:
        """The nodes that have a name, in topological order."""
        return {name: node for node, name in self.nodes.names.items()}

    @property
    def result(self) -> str:
        """What stands for the root: its name, or its number."""
        return self.nodes.names.get(self.root) or self.nodes.number(self.root)

    @property
    def inputs(self) -> list[str]:
        """The names of the leaves that need a gradient."""
        return [
            name
            for node, name in self.nodes.names.items()
            if node.is_leaf and node.requires_grad
        ]

    @property
    def gradients(self) -> list[str]:
        """The names of all gradients that `backward` adds to, and of all leaves."""
        return [
            f"d_{name}"
            for node, name in self.nodes.names.items()
            if self._sent_to.get(node) is not None
            or (node.is_leaf and node.requires_grad)
        ]

    def parameters(self) -> Iterator[Line]:
        """Yield the leaves that have a name, with their numbers."""
        for node, name in self.nodes.names.items():
            if node.is_leaf:
                code = f"{name}={self.nodes.number(node)},"
                yield Line(code, self.nodes.comment(node))

    def forward(self) -> Iterator[Line]:
        """Yield the lines that compute the nodes, under the scope where one begins."""
        scope = ""
        for node, name in self.nodes.names.items():
            if not node.is_leaf:
                if node.scope != scope:
                    scope = node.scope
                    yield Line("", f"in {as_comment(scope) or 'no module'}:")
                code = f"{name} = {self.nodes.call(node)}"
                yield Line(code, self.nodes.comment(node))

    def backward(self) -> Iterator[Line]:
        """Yield the lines that compute the gradients, which must be 0 at first.

        A node that is sent nothing sends nothing: 0 times an infinite derivative would
        be nan.
        """
        yield Line(f"d_{self.result} = 1.0")
        for node, needed in self._sent_to.items():
            if needed is not None:
                yield from self._sent(node, needed)
            else:
                name = self.nodes.names[node]
                yield Line("", f"{name} gets no gradient: this side was not taken")

    def _sent(self, node: Value, needed: list[Use]) -> Iterator[Line]:
        name = self.nodes.names[node]
        together, contributions = self._contributions(node, needed)
        codes = [f"local = {together}"] if together is not None else []
        for parent, local in contributions:
            codes.append(f"d_{self.nodes.names[parent]} {_added(f'd_{name}', local)}")
        made = as_comment(f"{name} = {self.nodes.call(node)}", 40)
        return (Line(code, "" if i else made) for i, code in enumerate(codes))

    def _contributions(
        self, node: Value, needed: list[Use]
    ) -> tuple[Text | None, list[tuple[Value, Text]]]:
        """Return what is computed first, then each parent with its derivative."""
        op, name_of = node.op, self.nodes.functions.name_of
        assert op is not None
        y, operands = Text(self.nodes.names[node], name_of), self.nodes.operands(node)
        if op.arity is None and needed:
            together, locals_ = self._partials.many(op, y, operands)
            return together, [(parent, locals_[place]) for place, parent in needed]
        if op is where and node.parents[0] not in self.nodes.names:  # it stays so
            return None, [(parent, Text("1.0", name_of)) for _, parent in needed]
        return None, [
            (parent, self._partials.one(op, place, y, operands))
            for place, parent in needed
        ]


def _sent_to(root: Value) -> dict[Value, list[Use] | None]:
    """Return to whom each node sends something, in the order of `backward()`.

    None stands for a node that is sent nothing itself.
    """
    reached = {root}
    sent_to: dict[Value, list[Use] | None] = {}
    for node in reversed(ancestors([root])[0]):
        sent_to[node] = needed = _needed(node) if node in reached else None
        reached.update([parent for _, parent in needed or ()])
    return sent_to


def _needed(node: Value) -> list[Use]:
    """Return the parents that are sent something, with their places."""
    parents = [(i, x) for i, x in enumerate(node.parents) if x.requires_grad]
    if node.op is None or node.op.arity is None or node.op.arity < 3:
        return parents
    locals_ = node.local_derivatives()  # None on the side that `where` did not take
    return [(i, x) for i, x in parents if locals_[i] is not None]


def _added(upstream: str, local: Text) -> str:
    """Write how a contribution is added; a factor 1 changes no bit."""
    if local.text == "1.0":
        return f"+= {upstream}"
    if local.text == "-1.0":
        return f"-= {upstream}"
    return f"+= {upstream} * {local.at_least(SIGN)}"
