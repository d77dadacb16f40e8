"""What just happened at a moment of a tape, and which breakpoints that concerns.

A breakpoint at nodes is asked when a node is at work or its gradient is complete, a
watch and a condition when a number changed. A condition that cannot be told, such as a
division by zero, is a reason to stop, and the stop says so.
"""

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import Any

from ...errors import OperandError
from ...value import Value
from .answers import Answers
from .breakpoints import Breakpoint, Stop
from .conditions import Condition
from .names import Names
from .steps import Step

__all__ = ["Stops"]


class Stops(Answers):
    """The names, the breakpoints and the reasons why a run stopped at this moment."""

    def __init__(self, root: Value, variables: Mapping[str, Any] | None = None) -> None:
        """Sort the graph and stand at its start."""
        super().__init__(root)
        self.names = Names(self.nodes, variables)
        self.breakpoints: list[Breakpoint] = []
        self.stops: list[Stop] = []
        self._last_number = 0

    # A stop is of the move that led here: a step by hand is none of a run's.
    def step(self) -> Step | None:
        """Do one step and return it; None at the end. No breakpoint is asked."""
        self.stops = []
        return super().step()

    def back(self) -> Step | None:
        """Undo one step and return it; None at the start. No breakpoint is asked."""
        self.stops = []
        return super().back()

    def go_to(self, moment: int) -> None:
        """Do or undo the steps up to a moment. No breakpoint is asked.

        Raises `GraphError`, a `ValueError`, for a moment that there is not, and
        `OperandError`, a `TypeError`, for what is no whole number.
        """
        super().go_to(moment)
        self.stops = []

    def condition(self, text: str) -> Condition:
        """Return the condition that a text means on this tape."""
        return Condition(text, self.names.find)

    def _check_asks(self, rule: Condition) -> Condition:
        """Refuse a condition that nothing on the tape can change."""
        if not rule.mentions and not rule.nodes:
            raise OperandError(
                f"{rule.text!r} asks nothing of the graph; a condition without a node "
                "mentions data, grad, op, label, module or state, or names a node"
            )
        return rule

    def fact(self, node: Value, name: str) -> Any:
        """Return what a condition may ask of a node: data, grad, op, label, ...

        None stands for a number that is not there yet.
        """
        if name in ("data", "grad", "state"):
            return getattr(self, name)(node)
        if name == "op":
            return node.op.name if node.op else "leaf"
        return node.scope if name == "module" else node.label

    # --- which breakpoints stop -----------------------------------------------------
    def _is_stopped(self) -> bool:
        for each in self.breakpoints:
            if each.enabled:
                self.stops += self._stops_at(each)
        for stop in self.stops:
            stop.breakpoint.hits += 1
        return bool(self.stops)

    def _is_met(self, goal: Breakpoint) -> bool:
        """Tell whether a run is where it should go, or cannot tell; `stops` says so."""
        met = [*self._stops_at(goal)]
        self.stops = [stop for stop in met if stop.error is not None]
        return bool(met)

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

    def _holds(self, rule: Condition, node: Value) -> bool:
        return rule.holds(
            {name: self.fact(node, name) for name in rule.mentions}, self.fact
        )

    # --- what happened --------------------------------------------------------------
    def _concerned(self, each: Breakpoint) -> Iterable[Value]:
        """Return the nodes that a breakpoint means and to which something happened."""
        nodes, rule, is_forward = each.nodes, each.condition, self._is_forward
        if nodes is None:
            assert rule is not None
            if not (is_forward or rule.asks_gradients):
                return ()
            nodes = None if rule.mentions else frozenset(rule.nodes)
        elif each.fact and (each.fact == "data") != is_forward:
            return ()
        on_change = each.on_change or each.nodes is None
        happened = self._touched if on_change else self._arrived
        return [node for node in happened if nodes is None or node in nodes]

    @property
    def _is_forward(self) -> bool:
        return self.moment <= self.forward_steps

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
