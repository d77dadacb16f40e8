"""A recorded graph as a tape: both passes, one operation a step, in either direction.

`moments` knows how to do and undo a step, `answers` what is known then, `stops` which
breakpoints that concerns; here they are set, and a tape runs to a breakpoint, a node, a
condition or another module. A run goes step by step, forwards or backwards, and asks at
each moment whether it is there; one that does not arrive ends at the end, or back at
the start.
"""

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from ...errors import GraphError, OperandError
from ...real import described
from ...value import Value
from .breakpoints import Breakpoint, of_line, of_module, of_op
from .steps import Step
from .stops import Stops

__all__ = ["Tape"]

Target = Value | str | Breakpoint | Callable[[Any], bool]


class Tape(Stops):
    """The forward and the backward pass that lead to `root` and back.

    `moment` counts the steps done so far, from 0 to `len(tape)`: first every operation
    in topological order, then the seed, then every operation that needs a gradient, in
    reverse. `variables`, a mapping such as `locals()`, has names for nodes without
    labels. The numbers are those of `backward()` to the last bit, and what the nodes
    themselves hold is left alone.

    >>> x = Value(3.0, label="x")
    >>> tape = Tape(x * x + x)
    >>> [step.kind for step in tape]
    ['forward', 'forward', 'seed', 'backward', 'backward']
    >>> tape.grad(x)
    7.0
    >>> step = tape.back()
    >>> [c.amount for c in step.contributions], tape.grad(x), tape.state(x)
    ([3.0, 3.0], 1.0, 'partial')

    Raises `OperandError`, a `TypeError`, for anything but a `Value`.
    """

    # --- breakpoints ----------------------------------------------------------------
    def break_at(
        self,
        node: Value | str | None = None,
        *,
        op: str | None = None,
        module: str | None = None,
        line: str | int | None = None,
        condition: str | None = None,
    ) -> Breakpoint:
        """Stop at a node, an operation, a module, a line, or where a condition holds.

        A node may be given by its name; a line is "file.py:14", or 14 in the file
        where the root was made. With a condition beside them, only where it holds.

        >>> from autograd_core import tanh
        >>> tape = Tape(tanh(Value(2.0, label="x")) * 3.0)
        >>> print(tape.break_at(op="tanh"))
        1  break op tanh
        >>> tape.run().node.op.name, tape.moment
        ('tanh', 1)

        Raises `UnknownNameError` or `GraphError`, each a `ValueError`, where nothing in
        the graph is meant, and `OperandError` for what is no condition.
        """
        given = {"node": node, "op": op, "module": module, "line": line}
        return self._stopping_at("break_at", given, condition)

    def watch(
        self,
        what: Value | str | None = None,
        *,
        op: str | None = None,
        module: str | None = None,
        line: str | int | None = None,
        condition: str | None = None,
    ) -> Breakpoint:
        """Stop whenever the value or the gradient of such a node changes.

        A breakpoint stops when a gradient is complete, a watch at each contribution to
        it. `what` may end in ".grad" or ".data", or be a condition on any node.

        >>> x = Value(3.0, label="x")
        >>> tape = Tape(x * x + x)
        >>> print(tape.watch("x"))
        1  watch x
        >>> tape.run().number, tape.run().number, tape.run()
        (4, 5, None)
        """
        fact = ""
        if isinstance(what, str):
            what, fact = self._watched(what)
            if isinstance(what, str):
                what, condition = None, what if condition is None else condition
        given = {"node": what, "op": op, "module": module, "line": line}
        return self._stopping_at("watch", given, condition, fact=fact, on_change=True)

    def _watched(self, what: str) -> tuple[Value | str, str]:
        """Return the node that a text names and the fact of it, else the text."""
        node = self.names.get(what)
        if node is None and what.endswith((".data", ".grad")):
            name, _, fact = what.rpartition(".")
            node = self.names.get(name)
            return (what, "") if node is None else (node, fact)
        return (what if node is None else node), ""

    def _stopping_at(
        self, asked: str, kinds: dict[str, Any], condition: str | None, **named: Any
    ) -> Breakpoint:
        given = {kind: what for kind, what in kinds.items() if what is not None}
        if len(given) > 1 or not (given or condition is not None):
            raise OperandError(
                f"{asked} takes one of node, op, module and line, or a condition, or "
                f"both; got {', '.join(given) or 'nothing'}"
            )
        rule = None if condition is None else self.condition(condition)
        if rule is not None and not given:
            self._check_asks(rule)
        nodes, text = None, ""
        for kind, what in given.items():
            nodes = self._meant(kind, what)
            text = self._named(nodes) if kind == "node" else f"{kind} {what}"
        text = ".".join(filter(None, [text, named.get("fact", "")]))
        if rule is not None:
            alone = asked == "watch" and not given
            text = rule.text if alone else f"{text} if {rule.text}".lstrip()
        return self._kept(text, nodes, rule, **named)

    def _meant(self, kind: str, what: Any) -> frozenset[Value]:
        if kind == "node":
            node = self.names.find(what) if isinstance(what, str) else what
            self.place(node)
            return frozenset([node])
        if kind == "line":
            return of_line(self.nodes, what)
        if not isinstance(what, str):
            raise OperandError(
                f"break_at({kind}=...) takes a name, not {described(what)}"
            )
        return {"op": of_op, "module": of_module}[kind](self.nodes, what)

    def _named(self, nodes: Iterable[Value]) -> str:
        return ", ".join(map(self.names.shown, nodes))

    def _kept(self, text: str, *facts: Any, **named: Any) -> Breakpoint:
        self._last_number = max(
            [self._last_number, *(each.number for each in self.breakpoints)]
        )
        self._last_number += 1
        self.breakpoints.append(Breakpoint(self._last_number, text, *facts, **named))
        return self.breakpoints[-1]

    def clear(self, each: Breakpoint) -> None:
        """Take a breakpoint or a watch away; its number is not given again.

        Raises `GraphError`, a `ValueError`, where the tape does not have it.
        """
        if each not in self.breakpoints:
            numbers = ", ".join(str(each.number) for each in self.breakpoints)
            raise GraphError(
                f"this tape has no breakpoint {described(each)}; it has "
                f"{numbers or 'none'}"
            )
        self.breakpoints.remove(each)

    # --- runs -----------------------------------------------------------------------
    def run(self) -> Step | None:
        """Step until a breakpoint; None at the end. `stops` tells why it stopped."""
        return self._until(self._is_stopped, forward=True)

    def reverse(self) -> Step | None:
        """Step back until a breakpoint; None at the start."""
        return self._until(self._is_stopped, forward=False)

    def run_to(self, target: Target) -> Step | None:
        """Step until a node gets its value or hands its gradient on; None at the end.

        A leaf is met when its gradient is complete. `target` may also be the name of a
        node, a condition on any node, a breakpoint, or a function of the tape. Other
        breakpoints do not stop this run.

        >>> x = Value(3.0, label="x")
        >>> tape = Tape(x * x + x)
        >>> tape.run_to("data > 10").value, tape.run_to("abs(grad) > 3").number
        (12.0, 5)
        """
        return self._until(self._arrival(target), forward=True)

    def reverse_to(self, target: Target) -> Step | None:
        """Step back to where `run_to` would stop; None at the start."""
        return self._until(self._arrival(target), forward=False)

    def next_module(self) -> Step | None:
        """Step until another module is at work, or a breakpoint; None at the end."""
        return self._until(partial(self._is_outside, self._scope()), forward=True)

    def previous_module(self) -> Step | None:
        """Step back until another module was at work; None at the start."""
        return self._until(partial(self._is_outside, self._scope()), forward=False)

    def over(self) -> Step | None:
        """Do one step, or all those of a module that is called from this one.

        A breakpoint inside stops it, as in every debugger; `stops` tells.
        """
        return self._until(partial(self._is_not_below, self._scope()), forward=True)

    def back_over(self) -> Step | None:
        """Undo one step, or all those of a module that is called from this one."""
        return self._until(partial(self._is_not_below, self._scope()), forward=False)

    def _until(self, arrived: Callable[[], bool], *, forward: bool) -> Step | None:
        self.stops = []
        end, move = (len(self), self._advance) if forward else (0, self._retreat)
        while self.moment != end:
            move()
            if self.moment and arrived():
                return self.last
        return None

    def _arrival(self, target: Any) -> Callable[[], bool]:
        if callable(target):
            return partial(target, self)
        if isinstance(target, Breakpoint):
            return partial(self._is_met, target)
        if isinstance(target, str):
            node = self.names.get(target)
            if node is None:
                rule = self._check_asks(self.condition(target))
                return partial(self._is_met, Breakpoint(0, rule.text, None, rule))
            target = node
        self.place(target)
        return partial(self._is_met, Breakpoint(0, "", frozenset([target])))

    def _scope(self) -> str:
        return self._acting.scope if self.moment else ""

    def _is_outside(self, scope: str) -> bool:
        return self._is_stopped() or self._acting.scope != scope

    def _is_not_below(self, scope: str) -> bool:
        now = self._acting.scope
        below = now.startswith(f"{scope}.") if scope else bool(now)
        return self._is_stopped() or not below
