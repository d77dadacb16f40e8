"""Clients that send garbage, leave in the middle, or are none: nothing is lost."""

import json
import socket

import pytest
from debug_adapter import PATIENCE, DebugClient
from hypothesis import given
from hypothesis import strategies as st

SCRIPT = """
    from autograd_core import Value

    x = Value(3.0)
    y = x * x
    """
COMMANDS = (
    *("initialize", "attach", "configurationDone", "threads", "stackTrace", "scopes"),
    *("variables", "evaluate", "setVariable", "setExpression", "completions", "source"),
    *("loadedSources", "continue", "reverseContinue", "next", "stepIn", "stepOut"),
    *("stepBack", "pause", "goto", "gotoTargets", "setBreakpoints", "exceptionInfo"),
    *("setFunctionBreakpoints", "setExceptionBreakpoints", "setDataBreakpoints"),
    *("breakpointLocations", "dataBreakpointInfo", "terminate", "launch"),
)
NAMES = (
    *("threadId", "frameId", "variablesReference", "name", "value", "expression"),
    *("source", "path", "line", "column", "breakpoints", "filters", "start", "count"),
    *("levels", "startFrame", "targetId", "sourceReference", "text", "dataId", "args"),
    *("program", "root", "cwd", "condition", "stopOnEntry", "linesStartAt1"),
)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
KEYS = st.sampled_from(NAMES) | st.text()
JSON = st.recursive(
    SCALARS | st.integers(0, 5),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=8)
    ),
    max_leaves=20,
)


@pytest.fixture(autouse=True, scope="module")
def program(server, tmp_path_factory):
    """Have a program that a client can attach to."""
    path = tmp_path_factory.mktemp("hostile") / "script.py"
    path.write_text(SCRIPT.replace("\n    ", "\n"))
    with server.client() as client:
        client.start(program=str(path))
    return str(path)


def is_alive(server) -> bool:
    """Tell whether a session goes on as if nothing had been."""
    with server.client() as client:
        client.start("attach")
        client.move("reverseContinue")
        return client.value("x") == "3.0" and client.seen("Node")["value"] == "not yet"


# --- garbage --------------------------------------------------------------------------
@given(st.binary(max_size=300))
def test_any_bytes_leave_the_server_alive(server, content):
    """What is no message ends the connection, and no more than that."""
    with server.client() as client:
        client.stream.write(content)
        client.stream.flush()
        client.socket.shutdown(socket.SHUT_WR)
        while client.stream.readline() == b"never":
            pass
    assert is_alive(server)


@given(st.lists(st.binary(max_size=60), max_size=5))
def test_any_content_is_answered_by_a_sentence(server, contents):
    """A message that is no JSON object is told, and the session goes on."""
    with server.client() as client:
        for content in contents:
            client.send_bytes(content)
            client.events.clear()
            body = client.event("output")
            assert body["category"] == "stderr"
            assert body["output"].endswith("\n")
        client.ask("initialize", adapterID="autograd")


@given(JSON)
def test_any_json_is_answered_by_a_sentence(server, message):
    """Without a command it is no request."""
    with server.client() as client:
        client.send_bytes(json.dumps(message).encode())
        assert client.event("output")["category"] == "stderr"
        client.ask("initialize", adapterID="autograd")


@given(st.lists(st.tuples(st.sampled_from(COMMANDS), JSON), max_size=6))
def test_any_arguments_are_answered(server, requests):
    """Each request gets its response, done or not, in messages of the schema."""
    with server.client() as client:
        client.ask("initialize", adapterID="autograd")
        client.ask("attach")
        for command, arguments in requests:
            client.response(client.send(command, arguments), command)
        client.ask("initialize", adapterID="autograd")
        client.ask("threads")
    assert is_alive(server)


@pytest.mark.parametrize(
    ("message", "told"),
    [
        (b"[1, 2]", "a message is a JSON object"),
        (b"{", "no JSON"),
        (b"\xff\xfe{}", "no JSON"),
        (b"[" * 100_000, "no JSON"),
        (b"1" * 10_000, "no JSON"),
        (b"{}", "a request has a command"),
        (b'{"type": "request", "command": 3}', "a request has a command"),
        (b'{"type": "response", "command": "next"}', "a request has a command"),
    ],
)
def test_a_message_that_is_no_request_is_told(client, message, told):
    """The sentence says what was expected."""
    client.send_bytes(message)

    assert told in client.event("output")["output"]
    client.ask("initialize", adapterID="autograd")


def test_an_unknown_command_is_answered_by_what_is_near(client):
    """A client of a later protocol is not left waiting."""
    assert "did you mean 'stepBack'" in client.refused("stepBak")
    assert "no request that is answered here" in client.refused("readMemory")


@pytest.mark.parametrize(
    ("command", "arguments", "told"),
    [
        ("scopes", {}, "scopes needs frameId, a whole number"),
        ("scopes", {"frameId": "one"}, "not 'one'"),
        ("scopes", {"frameId": True}, "not True"),
        ("variables", {"variablesReference": -1}, "from 0 on, not -1"),
        ("evaluate", {}, "evaluate needs expression, a text"),
        ("setBreakpoints", {"source": {}}, "source of setBreakpoints needs path"),
        ("setExceptionBreakpoints", {"filters": [1]}, "a list of texts"),
        ("launch", {}, "launch needs program, a text"),
    ],
)
def test_a_missing_or_wrong_argument_is_named(client, command, arguments, told):
    """The response says which argument, and what it should be."""
    client.ask("initialize", adapterID="autograd")
    client.ask("attach")

    assert told in client.refused(command, **arguments)


def test_arguments_that_are_no_object_are_refused(client):
    """The response says so."""
    number = client.send("initialize", [1])

    assert "takes an object" in client.response(number, "initialize")["message"]


@pytest.mark.parametrize(
    ("command", "arguments", "told"),
    [
        ("scopes", {"frameId": 0}, "there is no frame 0"),
        ("scopes", {"frameId": 99}, "there is no frame 99"),
        ("variables", {"variablesReference": 10**9}, "ask for the scopes"),
        ("evaluate", {"expression": "nobody"}, "no node is called 'nobody'"),
        ("evaluate", {"expression": "n99"}, "no node is called 'n99'"),
        ("source", {"sourceReference": 7}, "there is no source number 7"),
        ("setExpression", {"expression": "z", "value": "1"}, "no node is called 'z'"),
    ],
)
def test_a_node_that_does_not_exist_is_told(client, command, arguments, told):
    """The message says what there is, and the session goes on."""
    client.start("attach")

    assert told in client.refused(command, **arguments)
    assert client.value("x").startswith("3.0")


def test_requests_without_a_graph_say_what_to_do(client):
    """Before launch there is nothing to look at."""
    client.ask("initialize", adapterID="autograd")
    for command in ("stackTrace", "next", "evaluate"):
        assert "ask for launch or attach" in client.refused(command, expression="x")
    assert "launch or attach first" in client.refused("configurationDone")


# --- leaving in the middle ------------------------------------------------------------
@pytest.mark.parametrize("cut", [1, 10, 30, 60, 90])
def test_a_client_may_leave_in_the_middle_of_a_message(server, cut):
    """The next one finds everything in place."""
    with server.client() as client:
        client.start("attach")
        message = b'{"seq": 9, "type": "request", "command": "stepIn"}'
        whole = b"Content-Length: %d\r\n\r\n" % len(message) + message
        client.stream.write(whole[: min(cut, len(whole) - 1)])
        client.stream.flush()
    assert is_alive(server)


@pytest.mark.parametrize("command", ["continue", "stackTrace", "stepBack", "threads"])
def test_a_client_may_leave_without_reading_the_answer(server, command):
    """It is not missed."""
    with server.client() as client:
        client.start("attach")
        for _ in range(100):
            client.send(command, {"threadId": 1})
    assert is_alive(server)


def test_the_next_client_finds_what_the_last_one_left(server):
    """The moment and what was set stay; the breakpoints go with who set them."""
    with server.client() as first:
        first.start("attach")
        first.move("reverseContinue")
        first.move("stepIn")
        first.ask("setExpression", expression="x", value="5")
        first.ask("setFunctionBreakpoints", breakpoints=[{"name": "mul"}])
        seen = first.everything()
    with server.client() as second:
        assert second.start("attach")["reason"] == "entry"
        assert second.everything() == seen
        assert second.value("y.data") == "25.0"
        assert "end" in second.move("continue")["description"]
        second.value("restore", context="repl")


def test_a_client_may_disconnect_and_the_connection_is_closed(server, client):
    """After its last response nothing comes any more."""
    client.start("attach")
    client.ask("disconnect")

    assert client.stream.read() == b""
    assert is_alive(server)


def test_terminate_is_told_as_an_event(client):
    """The client then disconnects; until then it may look."""
    client.start("attach")
    client.ask("terminate")
    client.event("terminated")

    assert client.value("x").startswith("3.0")


def test_pause_is_answered(client):
    """Nothing runs while a request is read."""
    client.start("attach")

    assert client.ask("pause", threadId=1) is None


def test_messages_may_come_in_pieces_and_together(client):
    """The length alone tells where one ends."""
    body = b'{"seq": 1, "type": "request", "command": "initialize"}'
    whole = b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body)
    for byte in whole + body:
        client.stream.write(bytes([byte]))
        client.stream.flush()
    assert client.response(1, "initialize")["success"]
    client.stream.write(2 * (whole + body))
    client.stream.flush()
    assert client.response(1, "initialize")["success"]
    assert client.response(1, "initialize")["success"]


# --- no clients -----------------------------------------------------------------------
@pytest.mark.parametrize("method", ["POST", "GET", "OPTIONS", "PUT"])
def test_a_web_page_is_refused(server, tmp_path, method):
    """What it posts is not run, though it is a launch request to the letter."""
    script = tmp_path / "evil.py"
    script.write_text(f"open({str(tmp_path / 'was_here')!r}, 'w')\n")
    launch = {"seq": 1, "type": "request", "command": "launch"}
    launch["arguments"] = {"program": str(script)}
    body = json.dumps(launch).encode()
    inner = b"Content-Length: %d\r\n\r\n%s" % (len(body), body)
    head = f"{method} / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: text/plain\r\n"
    head += f"Content-Length: {len(inner)}\r\n\r\n"
    with server.client() as client:
        client.stream.write(head.encode() + inner)
        client.stream.flush()
        assert "this is a debug adapter" in client.event("output")["output"]
        with pytest.raises((AssertionError, ConnectionError)):
            client.receive()
    assert not (tmp_path / "was_here").exists()
    assert is_alive(server)


@pytest.mark.parametrize(
    "header",
    [
        b"\r\n",
        b"Content-Type: application/json\r\n\r\n",
        b"Content-Length: 2\n\n{}",
        b"content-length: 2\r\n\r\n{}",
        b"Content-Length: -2\r\n\r\n{}",
        b"Content-Length: two\r\n\r\n{}",
        b"Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}",
        b"Content-Length: 99999999\r\n\r\n{}",
        b"X" * 1000,
    ],
)
def test_a_header_that_is_none_ends_the_connection(server, header):
    """It is told, on both sides, and the next client is served."""
    before = len(server.lines)
    with server.client() as client:
        client.stream.write(header)
        client.stream.flush()
        assert client.event("output")["category"] == "stderr"
    assert is_alive(server)
    assert any("refused" in line for line in server.lines[before:])


def addresses():
    """Return other addresses of this machine than the one that is listened on."""
    found = {("127.0.0.2", socket.AF_INET), ("::1", socket.AF_INET6)}
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:  # which sends nothing, and tells the interface that would be used
            probe.connect(("192.0.2.1", 9))
            found.add((probe.getsockname()[0], socket.AF_INET))
        except OSError:
            pass
    return sorted(found)


@pytest.mark.parametrize(("address", "family"), addresses())
def test_nobody_gets_in_from_elsewhere(server, address, family):
    """The server listens on 127.0.0.1 and on nothing else."""
    with socket.socket(family) as other:
        other.settimeout(PATIENCE)
        with pytest.raises(OSError, match=r"refused|unreachable|assign|not supported"):
            other.connect((address, server.port))


def test_clients_are_served_one_after_another(server):
    """Who comes second waits until the first has left."""
    with server.client() as first:
        first.start("attach")
        second = DebugClient(server.port)
        second.send("initialize")
        first.move("stepIn")
        first.ask("disconnect")
    with second:
        assert second.response(1, "initialize")["success"]
