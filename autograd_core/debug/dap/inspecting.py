"""The requests that look at a moment: the stack, variables, expressions.

None of them moves the tape. To set a value is among them, since it asks what would be:
the nodes of the program keep theirs.
"""

import re
from bisect import bisect_left
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any

from ...value import Value
from .arguments import Arguments, RequestError
from .client import Client
from .expressions import evaluated, number
from .frames import Stack
from .program import Program
from .variables import Variables
from .wire import Json
from .words import changes, held

__all__ = ["INSPECTING", "Inspection"]

RESTORE = "restore"
"""What is typed to take back every value that was set."""
_THREAD = {"id": 1, "name": "forward and backward pass"}
_TOKEN = re.compile(r"[\w.\[\]\"']*\Z")
_COMPLETIONS = 100


class Inspection:
    """What a client sees of a program."""

    def __init__(self, program: Program, client: Client) -> None:
        """Show nothing yet."""
        self._tape, self._client = program.tape, client
        self._stack, self._variables = Stack(program.tape), Variables(program.tape)
        self._lines = program.lines

    @cached_property
    def _names(self) -> list[str]:
        return self._tape.names.known()

    # --- the stack --------------------------------------------------------------------
    def threads(self, _: Arguments) -> Json:
        """Answer that the two passes are one thread."""
        return {"threads": [_THREAD]}

    def stack_trace(self, arguments: Arguments) -> Json:
        """Answer with frames, from the node at work to the root."""
        start, levels = arguments.number("startFrame", 0), arguments.number("levels", 0)
        return self._stack.frames(self._client.places, start, levels)

    def scopes(self, arguments: Arguments) -> Json:
        """Answer with what can be seen of a frame's node."""
        place = self._tape.place(self._stack.node(arguments.number("frameId")))
        titles = {"Node": "node", "Operands": "operands", "Gradient": "contributions"}
        scopes = [
            self._variables.scope(title, (kind, place))
            for title, kind in titles.items()
        ]
        whole = {"Graph": "graph", "Position": "position"}
        scopes += [
            self._variables.scope(title, (kind,)) for title, kind in whole.items()
        ]
        return {"scopes": scopes}

    def variables(self, arguments: Arguments) -> Json:
        """Answer with the rows of a list, or with some of them."""
        start, count = arguments.number("start", 0), arguments.number("count", 0)
        reference = arguments.number("variablesReference")
        which = arguments.text("filter", "")
        return {"variables": self._variables.shown(reference, start, count, which)}

    def source(self, arguments: Arguments) -> Json:
        """Answer with the text of a source that is no file."""
        reference = arguments.number("sourceReference", 0)
        if arguments.has("source"):
            reference = arguments.part("source").number("sourceReference", reference)
        return {"content": self._client.places.text(reference)}

    def loaded_sources(self, _: Arguments) -> Json:
        """Answer with the files that made nodes."""
        places = self._client.places
        return {"sources": [places.source(file) for file in self._lines.files()]}

    # --- expressions ------------------------------------------------------------------
    def evaluate(self, arguments: Arguments) -> Json:
        """Answer with what an expression stands for at a frame."""
        text = arguments.text("expression")
        is_typed = arguments.text("context", "") == "repl"
        if is_typed and text.strip() == RESTORE and RESTORE not in self._names:
            self._client.later(self._client.refresh)
            return _plain(changes(self._tape, self._tape.restore()).rstrip())
        return self._shown(evaluated(self._tape, text, self._at(arguments)))

    def set_variable(self, arguments: Arguments) -> Json:
        """Give the node of a row another value."""
        called = arguments.text("name")
        row = self._variables.row(arguments.number("variablesReference"), called)
        if row.node is None or row.is_gradient:
            raise RequestError(f"{called} follows from the values; set a value instead")
        answer = self._set(row.node, arguments.text("value"))
        if row.inside is None or row.inside[0] != "node":
            return answer
        # a row of a node unfolds, and shows the gradient too
        unfolding = self._variables.node(row.node)
        return {"value": held(self._tape, row.node), **unfolding}

    def set_expression(self, arguments: Arguments) -> Json:
        """Give the node of an expression another value."""
        text = arguments.text("expression").strip()
        found = evaluated(self._tape, text.removesuffix(".data"), self._at(arguments))
        if not isinstance(found, Value):
            raise RequestError(f"{text} is no node, whose value could be set")
        return self._set(found, arguments.text("value"))

    def completions(self, arguments: Arguments) -> Json:
        """Answer with the names that begin as what is typed."""
        column = self._client.places.asked_column(arguments) or 0
        units = arguments.text("text").encode("utf-16-le")[: 2 * max(column, 0)]
        match = _TOKEN.search(units.decode("utf-16-le", errors="replace"))
        token = match[0] if match else ""
        start = bisect_left(self._names, token)
        near = self._names[start : start + _COMPLETIONS]
        return {
            "targets": [
                {"label": each, "text": each[len(token) :]}
                for each in near
                if each.startswith(token)
            ]
        }

    def data_breakpoint_info(self, arguments: Arguments) -> Json:
        """Answer whether it can be watched if a number changes."""
        called, gradient = arguments.text("name"), False
        if arguments.has("variablesReference"):
            reference = arguments.number("variablesReference")
            row = self._variables.row(reference, called)
            node, gradient = row.node, row.is_gradient
        else:
            node = evaluated(self._tape, called, self._at(arguments))
        if not isinstance(node, Value):
            return {"dataId": None, "description": f"{called} is not a node's number"}
        shown, number = self._tape.names.shown(node), self._tape.names.id(node)
        return {
            "dataId": f"{number}.grad" if gradient else number,
            "description": f"{shown}.grad" if gradient else f"{shown} or its gradient",
            "accessTypes": ["write"],
        }

    def _at(self, arguments: Arguments) -> Value:
        """Return the node of the frame that is meant, the top one where none is."""
        if not arguments.has("frameId"):
            return self._stack.top
        return self._stack.node(arguments.number("frameId"))

    def _set(self, node: Value, text: str) -> Json:
        changed = self._tape.set(node, number(self._tape, text, node))
        told = changes(self._tape, changed)
        self._client.print(f"{told}Type {RESTORE} here to take back what was set.\n")
        self._client.later(self._client.refresh)
        return {"value": repr(self._tape.data(node)), "variablesReference": 0}

    def _shown(self, found: Any) -> Json:
        if not isinstance(found, Value):
            return _plain(found if isinstance(found, str) else repr(found))
        return {"result": held(self._tape, found), **self._variables.node(found)}


def _plain(text: str) -> Json:
    return {"result": text, "variablesReference": 0}


INSPECTING: Mapping[str, Callable[[Inspection, Arguments], Json]] = {
    "threads": Inspection.threads,
    "stackTrace": Inspection.stack_trace,
    "scopes": Inspection.scopes,
    "variables": Inspection.variables,
    "source": Inspection.source,
    "loadedSources": Inspection.loaded_sources,
    "evaluate": Inspection.evaluate,
    "setVariable": Inspection.set_variable,
    "setExpression": Inspection.set_expression,
    "completions": Inspection.completions,
    "dataBreakpointInfo": Inspection.data_breakpoint_info,
}
