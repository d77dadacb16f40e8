"""The server: a port of this machine, and one client after another.

It listens on the loopback interface and on no other, since who can launch a program
here can run anything. What is printed in the terminal is where it listens, and who was
refused.
"""

import socket
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress

from .program import Workspace
from .session import Session
from .wire import HeaderError, Wire

__all__ = ["DEFAULT_PORT", "serve"]

HOST = "127.0.0.1"
DEFAULT_PORT = 4711


def serve(
    port: int = DEFAULT_PORT,
    *,
    script: str | None = None,
    arguments: Sequence[str] = (),
    root: str | None = None,
    ready: Callable[[int], object] | None = None,
) -> None:
    """Let editors step through graphs, until Ctrl-C.

    With a `script` they may attach to its graph, that of its value called `root`, or
    else the only one; all may launch scripts of their own. `port` 0 is any free port;
    `ready` is called with the one that it became.

    >>> try:
    ...     serve(script="nowhere.py")
    ... except OSError as error:
    ...     print(error.strerror)
    No such file or directory

    Raises an `OSError` where the port is taken or the script cannot be read, and
    `GraphError`, a `ValueError`, where the script has no graph to show.
    """
    workspace = Workspace()
    if script is not None:
        workspace.load(script, arguments, root)
    with _listener(port) as listener, suppress(KeyboardInterrupt):
        number = listener.getsockname()[1]
        _say(f"debug adapter listening on {HOST}:{number}; Ctrl-C ends it")
        if ready is not None:
            ready(number)
        while True:
            _serve_next(listener, workspace)


def _serve_next(listener: socket.socket, workspace: Workspace) -> None:
    with suppress(ConnectionError):  # of a client that is gone again
        connection, _ = listener.accept()
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with connection:
            _talk(connection, workspace)


def _listener(port: int) -> socket.socket:
    try:
        if not 0 <= port < 1 << 16:
            raise OSError("ports are 0 to 65535")
        return socket.create_server((HOST, port))
    except OSError as error:
        raise OSError(
            f"cannot listen on {HOST}:{port} ({error}); is a server running there "
            "already? choose another port, or 0 for any"
        ) from error


def _talk(connection: socket.socket, workspace: Workspace) -> None:
    with connection.makefile("rb") as stream:
        try:
            Session(Wire(stream, connection.sendall), workspace).run()
        except HeaderError as error:
            _say(f"refused a connection: {error}")


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
