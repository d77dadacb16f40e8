"""Nodes and steps of a tape in words: what the console prints of them.

A node is one line, `h = tanh(n7) = 0.7071`; its source is the line of the program with
the sub-expression underlined.
"""

from collections.abc import Callable, Iterator, Sequence

from ..inspection import counted, number, one_line
from ..value import Value
from .tape import Tape
from .tape.steps import FORWARD, SEED, Contribution, Step

__all__ = ["Wording", "formula"]

_SHOWN = 8  # operands that are written out; of more, the first ones
_PREFIXES = ("+", "-", "~")  # operators that Python writes before one operand
_WIDE = 48  # columns that the operands of a function may take


class Wording:
    """The words for what is on `tape`.

    >>> from autograd_core import tanh
    >>> x = Value(0.5, label="x")
    >>> tape = Tape(tanh(x) * x)
    >>> words = Wording(tape)
    >>> print(words.node(tape.nodes[1]))
    n1 = tanh(x)
    >>> tape.go_to(len(tape))
    >>> print(words.node(tape.nodes[1]))
    n1 = tanh(x) = 0.4621, gradient 0.5
    """

    def __init__(self, tape: Tape) -> None:
        """Take the tape, whose moment may change."""
        self._tape = tape

    def name(self, node: Value) -> str:
        """Return the name of a node on one line."""
        return self._tape.names.shown(node)

    def formula(self, node: Value) -> str:
        """Return how a node was computed, `x * w`; of a leaf what it is."""
        return formula(node, self.operand)

    def operand(self, node: Value) -> str:
        """Return the name of an operand, the number of a constant without one."""
        name = self.name(node)
        is_number = node.is_leaf and not node.requires_grad
        if is_number and name == self._tape.names.id(node):
            return number(self._tape.fact(node, "data"))
        return name

    def node(self, node: Value) -> str:
        """Return a node, how it was computed, and what is known of it now."""
        made = "" if node.is_leaf else f" = {self.formula(node)}"
        return f"{self.name(node)}{made}{self.numbers(node)}"

    def numbers(self, node: Value) -> str:
        """Return the value and the gradient of a node, as far as they are known."""
        data = self._tape.data(node)
        value = "" if data is None else f" = {number(data)}"
        return value + self._gradient(node)

    def _gradient(self, node: Value) -> str:
        gradient = self._tape.grad(node)
        if gradient is None:
            return ""
        so_far = " so far" if self._tape.state(node) == "partial" else ""
        return f", gradient {number(gradient)}{so_far}"

    def phase(self, moment: int | None = None) -> str:
        """Return the pass and how far it is: `forward 3/41`."""
        tape, first = self._tape, self._tape.forward_steps + 1
        done = tape.moment if moment is None else moment
        if done < first:
            return f"forward {done}/{tape.forward_steps}"
        return f"backward {done - first}/{len(tape) - first}"

    def step(self, step: Step) -> Iterator[str]:
        """Yield the lines that tell what a step did."""
        scope = f"   in {one_line(step.node.scope)}" if step.node.scope else ""
        yield f"{self.phase(step.number)}   {self._summary(step)}{scope}"
        yield from self._handed_on(step)
        yield from self.source(step.node)

    def _summary(self, step: Step) -> str:
        made = f"{self.name(step.node)} = {self.formula(step.node)}"
        if step.kind == FORWARD:
            return f"{made} = {number(step.value)}"
        if step.kind == SEED:
            return f"the gradient of {self.name(step.node)} is 1"
        if step.gradient is None:
            return f"{made}: no gradient has reached it, it hands nothing on"
        return f"{made}, gradient {number(step.gradient)}"

    def _handed_on(self, step: Step) -> Iterator[str]:
        for sent in step.contributions[:_SHOWN]:
            term = f"{self.term(sent)}{self._sum(sent)}"
            yield f"  {self.operand(sent.parent)} gets {term}"
        if len(step.contributions) > _SHOWN:
            rest = len(step.contributions) - _SHOWN
            yield f"  … and {counted(rest, 'operand', 'operands')} more"

    def term(self, sent: Contribution) -> str:
        """Return `upstream × local = amount`."""
        factors = f"{number(sent.upstream)} × {number(sent.local)}"
        return f"{factors} = {number(sent.amount)}"

    def _sum(self, sent: Contribution) -> str:
        """Say what the sum is, where there is more than this contribution."""
        complete = self._tape.state(sent.parent) == "final"
        if sent.total == sent.amount and complete:
            return ""
        sum_ = "" if sent.total == sent.amount else f", in all {number(sent.total)}"
        return f"{sum_}{'' if complete else ' so far'}"

    def source(self, node: Value, indent: str = "  ") -> Iterator[str]:
        """Yield the place that made a node, and its line with the carets below."""
        source = node.source
        if source is None:
            return
        yield f"{indent}{one_line(source.place, 70)}"
        if source.text:
            for line in source.underlined().splitlines():
                yield f"{indent}    {line}"

    def place(self, node: Value) -> str:
        """Return file and line where a node was made, the empty string if unknown."""
        source = node.source
        return one_line(source.place, 50) if source else ""


def formula(node: Value, name: Callable[[Value], str]) -> str:
    """Return how a node was computed from operands that have these names.

    >>> formula(Value(1.0) * 2.0, lambda node: "?")
    '? * ?'
    """
    op = node.op
    if op is None:
        return "leaf" if node.requires_grad else "constant"
    names = [name(parent) for parent in node.parents]
    symbol = one_line(op.symbol)
    if op.arity == 2 and not symbol.isidentifier():
        return f" {symbol} ".join(names)
    if op.arity == 1 and symbol in _PREFIXES:
        return f"{symbol}{names[0]}"
    return f"{one_line(op.name)}({_listed(names)})"


def _listed(names: Sequence[str]) -> str:
    """Return names in a row, of many as many as there is room for."""
    shown = list(names[:_SHOWN])
    while len(shown) > 1 and len(", ".join(shown)) > _WIDE:
        shown.pop()
    rest = len(names) - len(shown)
    return ", ".join([*shown, *([f"… {rest} more"] if rest else [])])
