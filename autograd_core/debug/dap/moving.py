"""The requests that move along the tape, and the breakpoints that stop it.

A step or a run begins once its response is sent; where it ends is told by an event.
"""

from collections.abc import Callable, Mapping
from itertools import islice
from typing import Any

from ...value import Value
from ..tape import Tape
from .arguments import Arguments, RequestError
from .client import Client
from .marks import Marks
from .program import Program
from .wire import Json
from .words import name, position, title

__all__ = ["MOVING", "Motion"]

_TARGETS = 20  # nodes of a line that can be gone to
_LISTED = 10  # operands in a message


class Motion:
    """How a client moves along the passes of a program."""

    def __init__(self, program: Program, client: Client) -> None:
        """Stand where an earlier client left, and stop at nothing."""
        self._tape, self._lines, self._client = program.tape, program.lines, client
        self.marks = Marks(program, client.places)

    # --- moves ------------------------------------------------------------------------
    def run(self, _: Arguments) -> Json:
        """Go on to a breakpoint, or to the end."""
        self._later(Tape.run)
        return {"allThreadsContinued": True}

    def reverse(self, _: Arguments) -> None:
        """Go back to a breakpoint, or to the start."""
        self._later(Tape.reverse)

    def next(self, _: Arguments) -> None:
        """Do one step, over the whole of a module that is called."""
        self._later(Tape.over)

    def step_in(self, _: Arguments) -> None:
        """Do one step."""
        self._later(Tape.step)

    def step_out(self, _: Arguments) -> None:
        """Go on until another module is at work."""
        self._later(Tape.next_module)

    def step_back(self, _: Arguments) -> None:
        """Undo one step."""
        self._later(Tape.back)

    def pause(self, _: Arguments) -> None:
        """Do nothing: when this is read, the run before it has stopped."""

    def enter(self, stop: bool) -> None:
        """Tell that the program stands, or let it go on to a breakpoint."""
        if stop:
            self._stopped({"reason": "entry"})
        else:
            self._move(Tape.run)

    def _later(self, move: Callable[[Tape], Any]) -> None:
        self._client.later(lambda: self._move(move))

    def _move(self, move: Callable[[Tape], Any]) -> None:
        try:
            move(self._tape)
        except Exception as error:  # a row of somebody's own may raise anything
            told = f"{type(error).__name__}: {error}"
            self._stopped({"reason": "exception", "description": told, "text": told})
        else:
            stops = self._tape.stops
            why = self.marks.reason(stops) if stops else self._arrived()
            self._stopped(why)

    def _arrived(self) -> Json:
        if self._tape.moment in (0, len(self._tape)):
            end = "end: both passes are done" if self._tape.moment else "start"
            return {"reason": "step", "description": f"Paused at the {end}"}
        return {"reason": "step", "description": f"Paused at {position(self._tape)}"}

    def _stopped(self, why: Json) -> None:
        self._client.event("stopped", why | {"threadId": 1, "allThreadsStopped": True})

    # --- going to a line --------------------------------------------------------------
    def goto_targets(self, arguments: Arguments) -> Json:
        """Answer with the moments at which the nodes of a line are at work."""
        places = self._client.places
        file, line = places.asked_file(arguments), places.asked_line(arguments)
        found = self._lines.at(file, line, places.asked_column(arguments))
        nodes = self._lines.nodes(found)
        targets = [each for node in nodes[:_TARGETS] for each in self._moments(node)]
        return {"targets": targets}

    def _moments(self, node: Value) -> list[Json]:
        moments = {"forward": self._tape.computed_at(node)}
        if (sent := self._tape.sent_at(node)) is not None:
            moments["backward"] = sent
        at = self._client.places.range(node.source) if node.source else {"line": 0}
        return [
            {"id": moment, "label": f"{kind}: {title(self._tape, node)}", **at}
            for kind, moment in moments.items()
        ]

    def goto(self, arguments: Arguments) -> None:
        """Do or undo the steps up to a moment."""
        self._tape.go_to(arguments.number("targetId"))
        self._client.later(lambda: self._stopped({"reason": "goto"}))

    # --- breakpoints ------------------------------------------------------------------
    def set_breakpoints(self, arguments: Arguments) -> Json:
        """Stop at lines of a file, and at no others of it."""
        file = self._client.places.asked_file(arguments)
        asked = arguments.parts("breakpoints") if arguments.has("breakpoints") else []
        return {"breakpoints": self.marks.on_lines(file, asked)}

    def set_function_breakpoints(self, arguments: Arguments) -> Json:
        """Stop at nodes, operations and modules."""
        return {"breakpoints": self.marks.on_functions(arguments.parts("breakpoints"))}

    def set_data_breakpoints(self, arguments: Arguments) -> Json:
        """Stop where numbers change."""
        return {"breakpoints": self.marks.on_data(arguments.parts("breakpoints"))}

    def set_exception_breakpoints(self, arguments: Arguments) -> Json:
        """Stop at numbers that are not finite."""
        return {"breakpoints": self.marks.on_exceptions(arguments.texts("filters"))}

    def breakpoint_locations(self, arguments: Arguments) -> Json:
        """Answer with the expressions of a line that made nodes."""
        places = self._client.places
        file, first = places.asked_file(arguments), places.asked_line(arguments)
        has_end = arguments.has("endLine")
        last = places.asked_line(arguments, "endLine") if has_end else first
        found = self._lines.within(file, first, last)
        return {"breakpoints": [places.range(source) for source in found]}

    def exception_info(self, _: Arguments) -> Json:
        """Answer with what is known of a number that is not finite."""
        step = self._tape.last
        if step is None or not self._tape.stops:
            raise RequestError("no exception: the passes stand where nothing stopped")
        told = [f"{position(self._tape)}: {title(self._tape, step.node)}"]
        pairs = zip(step.node.parents, self._tape.operands(step.node), strict=True)
        told += [
            f"operand {name(self._tape, parent)} = {x!r}"
            for parent, x in islice(pairs, _LISTED)
        ]
        if step.node.source is not None:
            told += [step.node.source.place, step.node.source.underlined()]
        description = "\n".join(told)
        identity = {"exceptionId": "not finite", "breakMode": "always"}
        return identity | {"description": description}


MOVING: Mapping[str, Callable[[Motion, Arguments], Json | None]] = {
    "continue": Motion.run,
    "reverseContinue": Motion.reverse,
    "next": Motion.next,
    "stepIn": Motion.step_in,
    "stepOut": Motion.step_out,
    "stepBack": Motion.step_back,
    "pause": Motion.pause,
    "gotoTargets": Motion.goto_targets,
    "goto": Motion.goto,
    "setBreakpoints": Motion.set_breakpoints,
    "setFunctionBreakpoints": Motion.set_function_breakpoints,
    "setDataBreakpoints": Motion.set_data_breakpoints,
    "setExceptionBreakpoints": Motion.set_exception_breakpoints,
    "breakpointLocations": Motion.breakpoint_locations,
    "exceptionInfo": Motion.exception_info,
}
