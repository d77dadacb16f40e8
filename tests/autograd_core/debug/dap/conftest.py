"""Servers and clients that the tests of the debug adapter share."""

from collections.abc import Callable, Iterator
from pathlib import Path
from textwrap import dedent

import pytest
from debug_adapter import DebugClient, Server, serving

SERVE = "from autograd_core.debug.dap import serve; serve(0)"


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """Return a server that must outlive all that the tests do to it."""
    with serving("-c", SERVE) as running:
        yield running
        with running.client() as client:
            client.ask("initialize", adapterID="autograd")
        assert not [line for line in running.lines if "Traceback" in line]


@pytest.fixture
def client(server: Server) -> Iterator[DebugClient]:
    """Return a client that has just connected."""
    with server.client() as connected:
        yield connected


@pytest.fixture
def written(tmp_path: Path) -> Callable[[str], str]:
    """Return a function that writes a script to a file and returns its path."""

    def write(text: str, name: str = "script.py") -> str:
        path = tmp_path / name
        path.write_text(dedent(text).lstrip(), encoding="utf-8")
        return str(path)

    return write
