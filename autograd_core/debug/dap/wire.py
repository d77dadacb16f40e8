"""Messages on a stream: a header with the length, then JSON.

This is the base protocol of the Debug Adapter Protocol. The header is read strictly, so
that what is no debug adapter's client, such as a web page that posts to the port, is
refused at its first line.
"""

import json
import re
import threading
from collections.abc import Callable
from contextlib import suppress
from io import BufferedIOBase
from typing import Any

__all__ = ["ContentError", "HeaderError", "Json", "Wire"]

Json = dict[str, Any]

LONGEST = 4 << 20
"""How many bytes the content of a message may have."""
_LONGEST_LINE = 256
_LENGTH = re.compile(rb"Content-Length: *(\d{1,12})\r\n")
_TYPE = re.compile(rb"Content-Type: [^\r\n]*\r\n")


class HeaderError(ValueError):
    """What was sent cannot be the protocol, and nothing after it can be read."""


class ContentError(ValueError):
    """The content of a message is no JSON object; the next message may be."""


class Wire:
    r"""The messages that come in on a stream of bytes, and those that are sent.

    >>> import io
    >>> sent = []
    >>> wire = Wire(io.BytesIO(b'Content-Length: 13\r\n\r\n{"seq": true}'), sent.append)
    >>> wire.receive(), wire.receive()
    ({'seq': True}, None)
    >>> wire.send({"type": "event", "event": "initialized"})
    >>> sent
    [b'Content-Length: 46\r\n\r\n{"type":"event","event":"initialized","seq":1}']
    """

    def __init__(self, stream: BufferedIOBase, send: Callable[[bytes], object]) -> None:
        """Take what is read from, and the function that sends bytes."""
        self._stream, self._send = stream, send
        self._sending = threading.Lock()  # a script's threads may print
        self._sent = 0

    def send(self, message: Json) -> None:
        """Send a message under the next number; a client that is gone hears nothing."""
        with self._sending:
            self._sent += 1
            numbered = message | {"seq": self._sent}
            content = json.dumps(numbered, separators=(",", ":")).encode()
            with suppress(OSError):
                self._send(b"Content-Length: %d\r\n\r\n%b" % (len(content), content))

    def receive(self) -> Json | None:
        """Return the next message, None where the client is gone.

        Raises `ContentError` for what is no JSON object, after which the next message
        can be read, and `HeaderError` for what is no message at all.
        """
        try:
            length = self._length()
            content = b"" if length is None else self._stream.read(length)
        except OSError:
            return None
        if length is None or len(content) < length:
            return None
        return _decoded(content)

    def _length(self) -> int | None:
        """Read a header; return the length it gives, None at the end of the stream."""
        length: int | None = None
        while (line := self._stream.readline(_LONGEST_LINE)) != b"\r\n":
            found = _LENGTH.fullmatch(line)
            if found and length is None:
                length = int(found[1])
            elif not line.endswith(b"\n") and len(line) < _LONGEST_LINE:
                return None  # cut off in the middle
            elif found or not _TYPE.fullmatch(line):
                raise HeaderError(
                    "this is a debug adapter: it takes a line Content-Length: ..., an "
                    f"empty line and JSON, not {line[:60]!r}"
                )
        if length is None:
            raise HeaderError("a message without Content-Length; its end is not known")
        if length > LONGEST:
            raise HeaderError(
                f"a message of {length:,} bytes; the longest may have {LONGEST:,}"
            )
        return length


def _decoded(content: bytes) -> Json:
    try:
        message = json.loads(content.decode())
    except (ValueError, RecursionError) as error:
        reason = str(error) or type(error).__name__
        raise ContentError(f"a message that is no JSON: {reason}") from None
    if not isinstance(message, dict):
        kind = type(message).__name__
        raise ContentError(f"a message is a JSON object with a command, not a {kind}")
    return message
