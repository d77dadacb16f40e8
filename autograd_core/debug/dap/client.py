"""The client: how it writes places, and what is sent to it besides responses.

What a script prints goes to its console; what is to happen after a response, such as
telling that a run has stopped, waits until the response is sent.
"""

import io
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout

from .arguments import Arguments
from .places import Places
from .wire import Json, Wire

__all__ = ["Client"]


class Client:
    """The one who listens at the other end of a wire."""

    def __init__(self, wire: Wire) -> None:
        """Know nothing of the client yet."""
        self._wire = wire
        self._later: list[Callable[[], None]] = []
        self.hello(Arguments("initialize", {}))

    def hello(self, arguments: Arguments) -> None:
        """Take what `initialize` says of the client."""
        self.places = Places(arguments)
        self._can_refresh = arguments.flag("supportsInvalidatedEvent", False)

    def event(self, event: str, body: Json | None = None) -> None:
        """Send an event."""
        message: Json = {"type": "event", "event": event}
        self._wire.send(message if body is None else message | {"body": body})

    def print(self, text: str, category: str = "console") -> None:
        """Show a text in the client's console."""
        self.event("output", {"category": category, "output": text})

    def refresh(self) -> None:
        """Have what is shown asked for anew, by a client that can."""
        if self._can_refresh:
            self.event("invalidated", {"areas": ["all"]})

    def later(self, action: Callable[[], None]) -> None:
        """Do something once the response to the request at hand is sent."""
        self._later.append(action)

    def do_what_was_left(self) -> None:
        """Do what `later` was told."""
        actions, self._later = self._later, []
        for action in actions:
            action()

    @contextmanager
    def printing(self) -> Iterator[None]:
        """Send what is printed inside to the client; nothing can be typed in there."""
        out, err = self._stream("stdout"), self._stream("stderr")
        outer, sys.stdin = sys.stdin, io.StringIO()
        try:
            with redirect_stdout(out), redirect_stderr(err):
                yield
        finally:
            sys.stdin = outer
            for stream in (out, err):
                if not stream.closed:
                    stream.flush()

    def _stream(self, category: str) -> io.TextIOWrapper:
        raw = _Console(lambda text: self.print(text, category))
        buffered = io.BufferedWriter(raw)
        return io.TextIOWrapper(
            buffered, encoding="utf-8", errors="backslashreplace", line_buffering=True
        )


class _Console(io.RawIOBase):
    """A stream of bytes that is shown as text."""

    def __init__(self, show: Callable[[str], None]) -> None:
        self._show = show

    def writable(self) -> bool:
        return True

    def write(self, content: object) -> int:
        raw = bytes(content)  # type: ignore[call-overload]
        if raw:
            self._show(raw.decode(errors="replace"))
        return len(raw)
