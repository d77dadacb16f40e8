"""A recorded graph as a tape: both passes, one operation a step, in either direction.

`moments` knows how to do and undo a step, `answers` what is known then; here a tape
gets its names and runs to a breakpoint, a node, a condition or another module. A run
goes step by step, forwards or backwards, and asks at each moment whether it is there;
one that does not arrive ends at the end, or back at the start.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property, partial
from typing import Any

from ..errors import OperandError
from ..value import Value
from .answers import Answers
from .breakpoints import Breakpoint, Stop, of_line, of_module, of_op
from .conditions import Condition
from .names import Names
from .steps import Step

__all__ = ["Tape"]


class Tape(Answers):
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

    def __init__(self, root: Value, variables: Mapping[str, Any] | None = None) -> None:
        """Sort the graph and stand at its start."""
        super().__init__(root)
        self.names = Names(self.nodes, variables)
        self.breakpoints: list[Breakpoint] = []
        self.stops: list[Stop] = []

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
        asked = {"node": node, "op": op, "module": module, "line": line}
        given = {kind: what for kind, what in asked.items() if what is not None}
        if len(given) > 1 or not (given or condition):
            raise OperandError(
                "break_at takes one of node, op, module and line, or a condition, or "
                f"both; got {', '.join(given) or 'nothing'}"
            )
        rule = None if condition is None else self.condition(condition)
        nodes, text = None, ""
        for kind, what in given.items():
            nodes = self._meant(kind, what)
            text = self._named(nodes) if kind == "node" else f"{kind} {what}"
        if rule is not None:
            text = f"{text} if {rule.text}".lstrip()
        return self._kept(text, nodes, rule)

    def watch(self, what: Value | str) -> Breakpoint:
        """Stop when the value or the gradient of a node changes, or at a condition.

        >>> x = Value(3.0, label="x")
        >>> tape = Tape(x * x + x)
        >>> print(tape.watch("x"))
        1  watch x
        >>> tape.run().number, tape.run().number, tape.run()
        (4, 5, None)
        """
        if isinstance(what, str):
            try:
                what = self.names.find(what.removesuffix(".grad").removesuffix(".data"))
            except ValueError:
                rule = self.condition(str(what))
                return self._kept(rule.text, None, rule, on_change=True)
        nodes = self._meant("node", what)
        return self._kept(self._named(nodes), nodes, None, on_change=True)

    def condition(self, text: str) -> Condition:
        """Return the condition that a text means on this tape."""
        return Condition(text, self.names.find)

    def _meant(self, kind: str, what: Any) -> frozenset[Value]:
        if kind == "node":
            node = self.names.find(what) if isinstance(what, str) else what
            self.place(node)
            return frozenset([node])
        of = {"op": of_op, "module": of_module, "line": of_line}[kind]
        return of(self.nodes, what)

    def _named(self, nodes: Iterable[Value]) -> str:
        return ", ".join(map(self.names.shown, nodes))

    def _kept(self, text: str, *facts: Any, **named: Any) -> Breakpoint:
        number = max((b.number for b in self.breakpoints), default=0) + 1
        self.breakpoints.append(Breakpoint(number, text, *facts, **named))
        return self.breakpoints[-1]

    def clear(self, each: Breakpoint) -> None:
        """Take a breakpoint or a watch away."""
        self.breakpoints.remove(each)

    # --- runs -----------------------------------------------------------------------
    def run(self) -> Step | None:
        """Step until a breakpoint; None at the end. `stops` tells why it stopped."""
        return self._until(self._is_stopped, forward=True)

    def reverse(self) -> Step | None:
        """Step back until a breakpoint; None at the start."""
        return self._until(self._is_stopped, forward=False)

    def run_to(self, target: Value | str | Callable[[Any], bool]) -> Step | None:
        """Step until a node gets its value or hands its gradient on; None at the end.

        A leaf is met when its gradient is complete. `target` may also be the name of a
        node, a condition on any node, or a function of the tape.

        >>> x = Value(3.0, label="x")
        >>> tape = Tape(x * x + x)
        >>> tape.run_to("data > 10").value, tape.run_to("abs(grad) > 3").number
        (12.0, 5)
        """
        return self._until(self._arrival(target), forward=True)

    def reverse_to(self, target: Value | str | Callable[[Any], bool]) -> Step | None:
        """Step back to where `run_to` would stop; None at the start."""
        return self._until(self._arrival(target), forward=False)

    def next_module(self) -> Step | None:
        """Step until another module is at work; None at the end."""
        return self._until(partial(self._is_outside, self._scope()), forward=True)

    def previous_module(self) -> Step | None:
        """Step back until another module was at work; None at the start."""
        return self._until(partial(self._is_outside, self._scope()), forward=False)

    def over(self) -> Step | None:
        """Do one step, or all those of a module that is called from this one."""
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
        if isinstance(target, str):
            try:
                target = self.names.find(target)
            except ValueError:
                goal = Breakpoint(0, target, None, self.condition(target))
                return lambda: any(self._stops_at(goal))
        self.place(target)
        goal = Breakpoint(0, "", frozenset([target]))
        return lambda: any(self._stops_at(goal))

    def _scope(self) -> str:
        return self._acting.scope if self.moment else ""

    def _is_outside(self, scope: str) -> bool:
        return self._acting.scope != scope

    def _is_not_below(self, scope: str) -> bool:
        now = self._acting.scope
        return not (now.startswith(f"{scope}.") if scope else now)

    # --- what just happened ---------------------------------------------------------
    def _is_stopped(self) -> bool:
        for each in self.breakpoints:
            if each.enabled:
                self.stops += self._stops_at(each)
        for stop in self.stops:
            stop.breakpoint.hits += 1
        return bool(self.stops)

    def _stops_at(self, each: Breakpoint) -> Iterator[Stop]:
        """Yield the one stop that a breakpoint makes at this moment, if it does."""
        for node in self._concerned(each):
            try:
                if each.condition is None or self._holds(each.condition, node):
                    yield Stop(each, node)
                    return
            except (ArithmeticError, TypeError, ValueError) as error:
                yield Stop(each, node, error)
                return

    def _concerned(self, each: Breakpoint) -> Iterable[Value]:
        """Return the nodes that a breakpoint means and to which something happened."""
        rule = each.condition
        if each.nodes is not None:
            happened = self._touched if each.on_change else self._arrived
            return [node for node in happened if node in each.nodes]
        assert rule is not None
        if not rule.mentions:
            return [node for node in self._touched if node in rule.nodes]
        only_values = rule.mentions.isdisjoint({"grad", "state"})
        return () if only_values and self.moment > self.forward_steps else self._touched

    def _holds(self, rule: Condition, node: Value) -> bool:
        return rule.holds(
            {name: self.fact(node, name) for name in rule.mentions}, self.fact
        )

    def fact(self, node: Value, name: str) -> Any:
        """Return what a condition may ask of a node: data, grad, op, label, ...

        None stands for a number that is not there yet.
        """
        if name in ("data", "grad", "state"):
            return getattr(self, name)(node)
        if name == "op":
            return node.op.name if node.op else "leaf"
        return node.scope if name == "module" else node.label

    @property
    def _arrived(self) -> list[Value]:
        """The node at work, and the leaves whose gradient is complete now."""
        acting = [] if self.moment == self.forward_steps + 1 else [self._acting]
        return acting + self._completed_leaves.get(self.moment, [])

    @cached_property
    def _completed_leaves(self) -> dict[int, list[Value]]:
        found: dict[int, list[Value]] = {}
        for node in self.nodes:
            if node.is_leaf and node.requires_grad:
                found.setdefault(self.complete_at(node), []).append(node)
        return found
