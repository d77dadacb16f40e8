"""The breakpoints that a client set, each kind replaced as a whole.

A client has breakpoints on lines, on functions (here a node, an operation or a module
by its name), on data (a value or a gradient that changes) and on exceptions (numbers
that are not finite). All of them are breakpoints of the tape.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from itertools import count
from typing import Any

from ...errors import UnknownNameError
from ...value import Value
from ..tape import Tape
from ..tape.breakpoints import Breakpoint, Stop, of_module, of_op
from .arguments import Arguments, RequestError
from .assignments import assigned_names
from .places import Places, same_file
from .program import Program
from .wire import Json
from .words import name, title

__all__ = ["FILTERS", "Marks"]

FILTERS = [
    {
        "filter": "value",
        "label": "A value that is not finite",
        "description": "Stop where a node gets inf or nan as its value.",
    },
    {
        "filter": "gradient",
        "label": "A gradient that is not finite",
        "description": "Stop where a gradient becomes inf or nan.",
    },
]
_CONDITIONS = {"value": "not isfinite(data)", "gradient": "not isfinite(grad)"}
_REASONS = {
    "exception": "exception",
    "data": "data breakpoint",
    "function": "function breakpoint",
}


class Marks:
    """The breakpoints of one client on a program."""

    def __init__(self, program: Program, places: Places) -> None:
        """Set none yet, and take away what an earlier client left."""
        self._tape, self._lines, self._places = program.tape, program.lines, places
        self._tape.breakpoints.clear()
        self._script = program.script
        self._numbers = count(1)
        self._kinds: dict[str, list[Breakpoint]] = defaultdict(list)

    # --- the requests -----------------------------------------------------------------
    def on_lines(self, file: str, asked: Sequence[Arguments]) -> list[Json]:
        """Stop at the nodes that lines of a file made, and at no others of it."""
        return self._replace(f"line {file}", asked, lambda each: self._line(file, each))

    def on_functions(self, asked: Sequence[Arguments]) -> list[Json]:
        """Stop at nodes, at operations and in modules, by their names."""
        return self._replace("function", asked, self._function)

    def on_data(self, asked: Sequence[Arguments]) -> list[Json]:
        """Stop where the value or the gradient of a node changes."""
        return self._replace("data", asked, self._data)

    def on_exceptions(self, filters: Sequence[str]) -> list[Json]:
        """Stop at numbers that are not finite."""
        asked = [Arguments("filter", {"filter": each}) for each in filters]
        return self._replace("exception", asked, self._exception)

    def reason(self, stops: Sequence[Stop]) -> Json:
        """Return why a run stopped, as an event tells it."""
        numbers = [stop.breakpoint.number for stop in stops]
        reasons = [
            reason
            for kind, reason in _REASONS.items()
            if any(mark.number in numbers for mark in self._kinds[kind])
        ]
        shown = [f"{stop.breakpoint.text}: {_why(self._tape, stop)}" for stop in stops]
        text = "; ".join(shown)
        return {
            "reason": reasons[0] if reasons else "breakpoint",
            "description": f"Paused at {text}",
            "text": text,
            "hitBreakpointIds": numbers,
        }

    # --- how each is made -------------------------------------------------------------
    def _replace(
        self,
        kind: str,
        asked: Sequence[Arguments],
        make: Callable[[Arguments], tuple[Breakpoint, Json]],
    ) -> list[Json]:
        """Take away the breakpoints of a kind, and set those that are asked for."""
        for mark in self._kinds.pop(kind, []):
            self._tape.clear(mark)
        return [self._set(kind, each, make) for each in asked]

    def _set(
        self,
        kind: str,
        asked: Arguments,
        make: Callable[[Arguments], tuple[Breakpoint, Json]],
    ) -> Json:
        try:
            mark, facts = make(asked)
        except (TypeError, ValueError) as error:
            return {"verified": False, "message": str(error)}
        self._kinds[kind].append(mark)
        self._tape.breakpoints.append(mark)
        return {"verified": True, "id": mark.number, **facts}

    def _mark(
        self,
        asked: Arguments,
        text: str,
        nodes: Iterable[Value],
        **how: Any,
    ) -> Breakpoint:
        """Return a breakpoint at some nodes, where the condition asked for holds."""
        rule = None
        if (condition := asked.text("condition", "").strip()) != "":
            rule = self._tape.condition(condition)
            text = f"{text} if {rule.text}"
        number = next(self._numbers)
        return Breakpoint(number, text, frozenset(nodes), rule, **how)

    def _line(self, file: str, asked: Arguments) -> tuple[Breakpoint, Json]:
        line = self._places.asked_line(asked)
        column = self._places.asked_column(asked)
        facts: Json = {"source": self._places.source(file)}
        named = [] if self._lines.on(file, line) else self._assigned(file, line)
        if named:
            facts["line"] = self._places.line(line)
            return self._mark(asked, f"line {line}", named), facts
        first, *others = self._lines.at(file, line, column)
        nodes = self._lines.nodes([first, *others])
        facts["line"] = self._places.line(first.line)
        if column is not None:
            facts |= self._places.range(first)
        if nodes[0].is_leaf:
            facts["message"] = "stops when the gradient of the leaf made here is there"
        return self._mark(asked, f"line {first.line}", nodes), facts

    def _assigned(self, file: str, line: int) -> list[Value]:
        """Return the nodes that a line of the script gave names to."""
        if same_file(file) != same_file(self._script):
            return []  # the names of another file are not known
        found = [self._tape.names.get(each) for each in assigned_names(file, line)]
        return [node for node in found if node is not None]

    def _function(self, asked: Arguments) -> tuple[Breakpoint, Json]:
        called = asked.text("name")
        nodes = self._called(called)
        return self._mark(asked, called, nodes), {}

    def _called(self, called: str) -> frozenset[Value]:
        try:
            return frozenset([self._tape.names.find(called)])
        except UnknownNameError as error:
            unknown = [str(error)]
        for find in (of_op, of_module):
            try:
                return find(self._tape.nodes, called)
            except UnknownNameError as error:
                unknown.append(str(error))
        raise RequestError("; ".join(unknown))

    def _data(self, asked: Arguments) -> tuple[Breakpoint, Json]:
        called, _, fact = asked.text("dataId").partition(".")
        if fact not in ("", "grad"):
            raise RequestError(f"what changes is a node or its .grad, not its .{fact}")
        node = self._tape.names.find(called)
        text = name(self._tape, node) + (f".{fact}" if fact else "")
        return self._mark(asked, text, [node], on_change=True, fact=fact), {}

    def _exception(self, asked: Arguments) -> tuple[Breakpoint, Json]:
        condition = _CONDITIONS.get(asked.text("filter"))
        if condition is None:
            raise RequestError(f"the filters are {', '.join(_CONDITIONS)}")
        rule = self._tape.condition(condition)
        return Breakpoint(next(self._numbers), rule.text, None, rule), {}


def _why(tape: Tape, stop: Stop) -> str:
    if stop.error is not None:
        return f"the condition raised {type(stop.error).__name__}: {stop.error}"
    return title(tape, stop.node)
