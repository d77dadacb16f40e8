"""The server, driven by the client library of the Python debugger for editors."""

import socket
from queue import Queue

import pytest

messaging = pytest.importorskip("debugpy.common.messaging")

PATIENCE = 120


class Editor:
    """What debugpy's channel hands the events that it reads to."""

    def __init__(self) -> None:
        self.events: Queue[object] = Queue()

    def event(self, event) -> None:
        """Keep an event."""
        self.events.put((event.event, event.body))

    def disconnect(self) -> None:
        """Take note of the end of the connection."""
        self.events.put(("disconnected", None))

    def await_event(self, name):
        """Return the body of the next event of a kind."""
        while (found := self.events.get(timeout=PATIENCE))[0] != name:
            assert found[0] != "disconnected"
        return found[1]


@pytest.fixture
def connected(server):
    """Return debugpy's channel to the server, and what it hears."""
    connection = socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE)
    stream = messaging.JsonIOStream.from_socket(connection, "server")
    editor = Editor()
    channel = messaging.JsonMessageChannel(stream, editor)
    channel.start()
    yield channel, editor
    channel.close()
    channel.wait()


def test_the_client_library_of_debugpy_runs_a_session(connected, written):
    """Launch, a breakpoint, variables, and all the way back."""
    channel, editor = connected
    script = written("""
        from autograd_core import Value

        x = Value(3.0)
        y = x * x
        loss = y + x
        """)
    capabilities = channel.request("initialize", {"adapterID": "autograd"})
    assert capabilities["supportsStepBack"] is True
    channel.request("launch", {"program": script})
    editor.await_event("initialized")
    marks = {"source": {"path": script}, "breakpoints": [{"line": 4}]}
    assert channel.request("setBreakpoints", marks)["breakpoints"][0]["verified"]
    channel.request("configurationDone")
    assert editor.await_event("stopped")["reason"] == "entry"

    def value() -> str:
        return channel.request("evaluate", {"expression": "x"})["result"]

    thread = {"threadId": 1}
    seen = []
    for command in ("continue", "continue", "stepBack", "reverseContinue"):
        channel.request(command, thread)
        editor.await_event("stopped")
        top = channel.request("stackTrace", thread)["stackFrames"][0]
        seen.append((top["name"], value()))
    # d loss / d x = 1 at first, and 2 · 3 more from x * x
    assert seen == [
        ("forward 1/2: y mul", "3.0"),
        ("backward 2/2: y mul", "3.0, gradient 7.0"),
        ("backward 1/2: loss add", "3.0, gradient 1.0, partial"),
        ("forward 1/2: y mul", "3.0"),
    ]
    with pytest.raises(messaging.MessageHandlingError, match="no node is called"):
        channel.request("evaluate", {"expression": "nobody"})
    channel.request("disconnect")
    editor.await_event("disconnected")
