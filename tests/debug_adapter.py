"""A client of the Debug Adapter Protocol that checks every message it gets.

It follows https://microsoft.github.io/debug-adapter-protocol/: each message is held
against the published schema, which the package debugpy brings along.
"""

import json
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

Json = dict[str, Any]

PATIENCE = 120  # seconds until a server that does not answer counts as dead
SCHEMA = "_vendored/pydevd/_pydevd_bundle/_debug_adapter/debugProtocol.json"
TYPES = {
    "string": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
    "array": list,
    "object": dict,
    "null": type(None),
}


# --- the published schema -------------------------------------------------------------
@cache
def definitions() -> dict[str, Json]:
    """Return the definitions of the published schema, none where debugpy is absent."""
    found = find_spec("debugpy")
    if found is None or found.origin is None:
        return {}
    schema = Path(found.origin).parent / SCHEMA
    return json.loads(schema.read_text())["definitions"]


def faults(value: Any, schema: Json, at: str = "") -> Iterator[str]:
    """Yield where a value departs from a schema, names that it has not included."""
    yield from _faults_alone(value, schema, at)
    if isinstance(value, dict):
        known = _properties(schema)
        if known and not any(_is_open(each) for each in _parts(schema)):
            yield from (f"{at}.{key} is unknown" for key in value.keys() - known)


def _faults_alone(value: Any, schema: Json, at: str) -> Iterator[str]:
    for part in _parts(schema):
        kinds = part.get("type", list(TYPES))
        kinds = [kinds] if isinstance(kinds, str) else kinds
        if not any(_is_a(value, kind) for kind in kinds):
            yield f"{at} is {value!r}, not {kinds}"
        if "enum" in part and value not in part["enum"]:
            yield f"{at} is {value!r}, not one of {part['enum']}"
        if isinstance(value, dict):
            missing = set(part.get("required", ())) - value.keys()
            yield from (f"{at}.{key} is missing" for key in missing)
            for key, inner in part.get("properties", {}).items():
                if key in value:
                    yield from faults(value[key], inner, f"{at}.{key}")
        if isinstance(value, list) and "items" in part:
            for i, item in enumerate(value):
                yield from faults(item, part["items"], f"{at}[{i}]")


def _parts(schema: Json) -> Iterator[Json]:
    """Yield a schema and those that it refers to or is put together from."""
    yield schema
    if "$ref" in schema:
        yield from _parts(definitions()[schema["$ref"].rpartition("/")[2]])
    for part in schema.get("allOf", ()):
        yield from _parts(part)


def _properties(schema: Json) -> set[str]:
    return {key for part in _parts(schema) for key in part.get("properties", ())}


def _is_open(schema: Json) -> bool:
    return bool(schema.get("additionalProperties"))


def _is_a(value: Any, kind: str) -> bool:
    is_bool_for_number = isinstance(value, bool) and kind in ("integer", "number")
    return isinstance(value, TYPES[kind]) and not is_bool_for_number


def check(message: Json) -> None:
    """Assert that a message is one that an adapter may send."""
    assert type(message.get("seq")) is int
    assert message.get("type") in ("response", "event")
    if message["type"] == "event":
        definition = f"{capitalized(message['event'])}Event"
    else:
        assert type(message["request_seq"]) is int
        assert isinstance(message["success"], bool)
        assert message["success"] or isinstance(message["message"], str)
        named = f"{capitalized(message['command'])}Response"
        definition = named if message["success"] else "ErrorResponse"
    if definitions():
        assert list(faults(message, definitions()[definition], definition)) == []


def capitalized(name: str) -> str:
    """Return a name with its first letter capital."""
    return name[:1].upper() + name[1:]


# --- the client -----------------------------------------------------------------------
class DebugClient:
    """An editor, as far as the protocol can tell."""

    def __init__(self, port: int) -> None:
        """Connect."""
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
        self.stream = self.socket.makefile("rwb")
        self.sent = self.received = 0
        self.events: list[Json] = []

    def close(self) -> None:
        """Leave without a word."""
        self.stream.close()
        self.socket.close()

    def __enter__(self) -> "DebugClient":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # --- messages ---------------------------------------------------------------------
    def send_bytes(self, content: bytes) -> None:
        """Send anything as the content of a message."""
        self.stream.write(b"Content-Length: %d\r\n\r\n" % len(content) + content)
        self.stream.flush()

    def send(self, command: str, arguments: Any = None) -> int:
        """Send a request; return its number."""
        self.sent += 1
        message = {"seq": self.sent, "type": "request", "command": command}
        if arguments is not None:
            message["arguments"] = arguments
        self.send_bytes(json.dumps(message).encode())
        return self.sent

    def receive(self) -> Json:
        """Return the next message, after checking it."""
        name, _, length = self.stream.readline().partition(b": ")
        assert (name, self.stream.readline()) == (b"Content-Length", b"\r\n")
        message = json.loads(self.stream.read(int(length)))
        self.received += 1
        assert message["seq"] == self.received
        check(message)
        return message

    def response(self, number: int, command: str) -> Json:
        """Return the response to a request; what else comes is kept as an event."""
        while (message := self.receive())["type"] == "event":
            self.events.append(message)
        assert (message["request_seq"], message["command"]) == (number, command)
        return message

    def ask(self, command: str, **arguments: Any) -> Any:
        """Send a request; return the body of the response, which is no failure."""
        response = self.response(self.send(command, arguments), command)
        assert response["success"], response["message"]
        return response.get("body")

    def refused(self, command: str, **arguments: Any) -> str:
        """Send a request that cannot be done; return the message of the response."""
        response = self.response(self.send(command, arguments), command)
        assert not response["success"], response
        error = response["body"]["error"]
        shown = error["format"].format(**error["variables"])
        assert shown == response["message"] != ""
        return shown

    def event(self, name: str) -> Any:
        """Return the body of the next event of a kind; others before it are kept."""
        for i, message in enumerate(self.events):
            if message["event"] == name:
                return self.events.pop(i).get("body")
        while (message := self.receive()).get("event") != name:
            assert message["type"] == "event"
            self.events.append(message)
        return message.get("body")

    def printed(self, category: str) -> str:
        """Return what was shown of a category so far, which is taken away."""
        shown = [e for e in self.events if _category(e) == category]
        self.events = [e for e in self.events if e not in shown]
        return "".join(event["body"]["output"] for event in shown)

    # --- what an editor does ----------------------------------------------------------
    def start(self, request: str = "launch", **arguments: Any) -> Json:
        """Begin a session; return why it stopped first."""
        self.begin(request, **arguments)
        self.ask("configurationDone")
        return self.event("stopped")

    def begin(self, request: str = "launch", **arguments: Any) -> None:
        """Begin a session, as far as breakpoints can be set."""
        self.ask("initialize", adapterID="autograd", supportsInvalidatedEvent=True)
        self.ask(request, **arguments)
        self.event("initialized")

    def move(self, command: str) -> Json:
        """Step or run; return why it stopped."""
        self.ask(command, threadId=1)
        return self.event("stopped")

    def frames(self, **arguments: Any) -> list[Json]:
        """Return the stack, the top frame first."""
        return self.ask("stackTrace", threadId=1, **arguments)["stackFrames"]

    def scope(self, name: str, frame: int | None = None) -> int:
        """Return the reference of what is seen of a frame, the top one if none."""
        frame = self.frames(levels=1)[0]["id"] if frame is None else frame
        scopes = self.ask("scopes", frameId=frame)["scopes"]
        return next(s["variablesReference"] for s in scopes if s["name"] == name)

    def rows(self, reference: int, **arguments: Any) -> dict[str, Json]:
        """Return the variables of a list by their names."""
        asked = {"variablesReference": reference, **arguments}
        rows = self.ask("variables", **asked)["variables"]
        assert len({row["name"] for row in rows}) == len(rows)
        return {row["name"]: row for row in rows}

    def seen(self, name: str, frame: int | None = None) -> dict[str, str]:
        """Return names and values of what is seen of a frame."""
        rows = self.rows(self.scope(name, frame))
        return {key: row["value"] for key, row in rows.items()}

    def inside(self, row: Json) -> dict[str, str]:
        """Return names and values of what a variable unfolds to."""
        rows = self.rows(row["variablesReference"])
        return {key: row["value"] for key, row in rows.items()}

    def everything(self) -> tuple[Any, ...]:
        """Return all that an editor shows, to compare two moments."""
        scopes = ("Node", "Operands", "Gradient", "Graph", "Position")
        return (self.frames(), [self.seen(name) for name in scopes])

    def value(self, expression: str, **arguments: Any) -> str:
        """Return what an expression stands for."""
        return self.ask("evaluate", expression=expression, **arguments)["result"]


def _category(event: Json) -> str | None:
    return event["body"].get("category") if event["event"] == "output" else None


# --- the server -----------------------------------------------------------------------
class Server:
    """A server in a process of its own, and what it printed."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        """Wait until it listens."""
        self.process = process
        self.lines: list[str] = []
        self._listens = threading.Event()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        assert self._listens.wait(PATIENCE), self.lines
        assert "listening on 127.0.0.1:" in self.lines[-1], self.lines
        self.port = int(self.lines[-1].split(";")[0].rpartition(":")[2])

    def _read(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.lines.append(line)
            if "listening" in line:
                self._listens.set()
        self._listens.set()

    def client(self) -> DebugClient:
        """Connect an editor."""
        return DebugClient(self.port)

    def end(self, signal: int) -> int:
        """End it by a signal; return its exit code."""
        self.process.send_signal(signal)
        code = self.process.wait(PATIENCE)
        self._reader.join(PATIENCE)
        return code


@contextmanager
def serving(*command: str) -> Iterator[Server]:
    """Run a server until the end of the block; it must live until then."""
    process = subprocess.Popen(
        [sys.executable, *command],
        stdin=subprocess.PIPE,  # where nothing ever comes, as in a terminal
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield Server(process)
    finally:
        process.kill()
        process.communicate()
