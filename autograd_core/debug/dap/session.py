"""One client's session: each request is answered, whatever it asks.

It begins with `initialize` and `launch` or `attach`, and ends when the client leaves;
the program stays where it is, for the next one.
"""

from collections.abc import Callable, Mapping

from ...errors import GraphError, UnknownNameError
from .arguments import Arguments, RequestError
from .client import Client
from .inspecting import INSPECTING, Inspection
from .marks import FILTERS
from .moving import MOVING, Motion
from .program import Program, Workspace
from .wire import ContentError, HeaderError, Json, Wire

__all__ = ["Session"]

_CAPABILITIES = (
    *("supportsConfigurationDoneRequest", "supportsStepBack", "supportsSetVariable"),
    *("supportsConditionalBreakpoints", "supportsFunctionBreakpoints"),
    *("supportsDataBreakpoints", "supportsBreakpointLocationsRequest"),
    *("supportsEvaluateForHovers", "supportsSetExpression"),
    *("supportsCompletionsRequest", "supportsGotoTargetsRequest"),
    "supportsExceptionInfoRequest",
    *("supportsTerminateRequest", "supportsLoadedSourcesRequest"),
    "supportsDelayedStackTraceLoading",
)
_QUIET = ("evaluate", "completions", "variables", "scopes")
"""Requests whose failure is shown where it was asked, and not in a window."""


class Session:
    """What is said with the client of a wire about the program of a workspace."""

    def __init__(self, wire: Wire, workspace: Workspace) -> None:
        """Wait for the client to begin."""
        self._wire, self._workspace = wire, workspace
        self._client = Client(wire)
        self._inspection: Inspection | None = None
        self._motion: Motion | None = None
        self._stop_on_entry = self._goes_on = True

    def run(self) -> None:
        """Answer requests until the client leaves.

        Raises `HeaderError`, a `ValueError`, after telling it, for what no client of a
        debug adapter sends.
        """
        while self._goes_on:
            try:
                message = self._wire.receive()
            except ContentError as error:
                self._client.print(f"{error}\n", "stderr")
                continue
            except HeaderError as error:
                self._client.print(f"{error}\n", "stderr")
                raise
            if message is None:
                return
            self._take(message)

    # --- messages ---------------------------------------------------------------------
    def _take(self, message: Json) -> None:
        command, kind = message.get("command"), message.get("type", "request")
        if kind != "request" or not isinstance(command, str):
            told = f"a request has a command, not {message!r:.200}\n"
            self._client.print(told, "stderr")
            return
        number = message.get("seq")
        response: Json = {
            "type": "response",
            "request_seq": number if type(number) is int else 0,
            "command": command,
        }
        try:
            body = self._answer(command, message.get("arguments"))
        except Exception as error:  # a client must never end what others look at
            response |= _failure(command, error)
        else:
            response |= {"success": True} | ({} if body is None else {"body": body})
        self._wire.send(response)
        try:
            self._client.do_what_was_left()
        except Exception as error:
            self._client.print(f"{command}: {_told(error)}\n", "stderr")

    def _answer(self, command: str, given: object) -> Json | None:
        arguments = Arguments(command, given)
        if command in _LIFE:
            return _LIFE[command](self, arguments)
        if command not in INSPECTING and command not in MOVING:
            known = [*_LIFE, *INSPECTING, *MOVING]
            raise UnknownNameError("request that is answered here", command, known)
        if self._inspection is None or self._motion is None:
            raise RequestError(f"{command} needs a graph; ask for launch or attach")
        if command in INSPECTING:
            return INSPECTING[command](self._inspection, arguments)
        return MOVING[command](self._motion, arguments)

    # --- the life of a session --------------------------------------------------------
    def _initialize(self, arguments: Arguments) -> Json:
        self._client.hello(arguments)
        can: Json = dict.fromkeys(_CAPABILITIES, True)
        return can | {"exceptionBreakpointFilters": FILTERS}

    def _launch(self, arguments: Arguments) -> None:
        try:
            with self._client.printing():
                program = self._workspace.load(
                    arguments.text("program"),
                    arguments.texts("args"),
                    arguments.text("root") if arguments.has("root") else None,
                    arguments.text("cwd", ""),
                )
        except BaseException as error:
            self._client.later(lambda: self._client.event("terminated"))
            if isinstance(error, Exception):
                raise
            # Ctrl-C ends a script that does not end, and the server only then
            raise GraphError(f"the script ended by {error!r}") from error
        if program.failure:
            self._client.print(f"{program.failure}; its graph stands\n", "important")
        self._begin(program, arguments)

    def _attach(self, arguments: Arguments) -> None:
        program = self._workspace.program
        if program is None:
            raise RequestError(
                "there is no program to attach to; start the server with a script, or "
                'use "request": "launch" with a "program"'
            )
        self._begin(program, arguments)

    def _begin(self, program: Program, arguments: Arguments) -> None:
        self._stop_on_entry = arguments.flag("stopOnEntry", True)
        self._inspection = Inspection(program, self._client)
        self._motion = Motion(program, self._client)
        event = "terminated" if arguments.flag("noDebug", False) else "initialized"
        self._client.later(lambda: self._client.event(event))

    def _configuration_done(self, _: Arguments) -> None:
        motion = self._motion
        if motion is None:
            raise RequestError("nothing is launched; ask for launch or attach first")
        self._client.later(lambda: motion.enter(self._stop_on_entry))

    def _terminate(self, _: Arguments) -> None:
        self._client.later(lambda: self._client.event("terminated"))

    def _disconnect(self, _: Arguments) -> None:
        self._goes_on = False


_LIFE: Mapping[str, Callable[[Session, Arguments], Json | None]] = {
    "initialize": Session._initialize,
    "launch": Session._launch,
    "attach": Session._attach,
    "configurationDone": Session._configuration_done,
    "terminate": Session._terminate,
    "disconnect": Session._disconnect,
}


def _failure(command: str, error: Exception) -> Json:
    told = _told(error)
    shown = {
        "id": 1,
        "format": "{told}",
        "variables": {"told": told},
        "showUser": command not in _QUIET,
    }
    return {"success": False, "message": told, "body": {"error": shown}}


def _told(error: Exception) -> str:
    is_known = isinstance(error, ValueError | TypeError | OSError)
    return str(error) if is_known else f"{type(error).__name__}: {error}"
