"""Scripts as they are: what they print, how they fail, and which graph is theirs."""

import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from debug_adapter import PATIENCE, serving

from autograd_core.debug.dap import serve

SCRIPT = """\
from autograd_core import Value

x = Value(3.0)
y = x * x
"""


# --- output ---------------------------------------------------------------------------
def test_what_a_script_prints_is_shown(client, written):
    """Both streams, line by line, also what is written as bytes."""
    client.start(
        program=written(
            SCRIPT
            + """
import sys
print("é𝒙", end=" ")
print("one line", "\\ud800")
sys.stdout.buffer.write(b"bytes\\n")
sys.stderr.write("an error\\n")
print("no line break", end="")
    """
        )
    )
    assert client.printed("stdout") == "é𝒙 one line \\ud800\nbytes\nno line break"
    assert client.printed("stderr") == "an error\n"


def test_a_script_has_no_input_to_read(client, written):
    """`input()` fails at once, where it could only wait for ever."""
    message = client_refuses(client, written("input('your name? ')\n"))

    assert "EOFError" in message


def test_arguments_and_folder_are_those_asked_for(client, written, tmp_path):
    """As on a command line that is typed in that folder."""
    script = written("""
        import os, sys
        from autograd_core import Value
        print(sys.argv[1:], os.getcwd(), __name__, sys.stdin.read())
        y = Value(2.0) * 3
        """)
    name = Path(script).name
    client.start(program=name, args=["-a", "b c"], cwd=str(tmp_path))

    expected = f"['-a', 'b c'] {tmp_path.resolve()} __main__ \n"
    assert client.printed("stdout") == expected


def test_a_script_runs_anew_at_each_launch(client, written, tmp_path):
    """Its own modules too, which may have been edited in between."""
    helper = tmp_path / "helper_of_a_script.py"
    script = written("""
        from helper_of_a_script import factor
        from autograd_core import Value
        y = Value(2.0) * factor
        """)
    for factor in (10, 2000):
        helper.write_text(f"factor = {factor}\n")
        client.start(program=script)
        client.move("continue")
        assert client.value("y.data") == repr(2.0 * factor)


# --- which graph ----------------------------------------------------------------------
def test_the_root_of_the_last_backward_pass_is_meant(client, written):
    """Of several results it is the one that the script asked gradients of."""
    client.start(
        program=written("""
        from autograd_core import Value
        x = Value(3.0)
        loss = x * x
        loss.backward()
        printed_later = x + 1
        """)
    )
    assert "root: loss" in client.seen("Position")


def test_of_several_results_one_is_to_be_named(client, written):
    """The message lists them, and the session goes on."""
    script = written(SCRIPT + "z = x + 1\n")
    told = client_refuses(client, script)
    assert "say which Value to show with root: " in told
    assert "y" in told.split(": ")[1]
    assert "z" in told.split(": ")[1]

    client.ask("launch", program=script, root="z")
    client.event("initialized")
    assert "root: z" in client.seen("Position")
    assert "did you mean" in client_refuses(client, script, root="zz")


def test_a_script_without_a_value_is_told(client, written):
    """It says what to do."""
    told = client_refuses(client, written("x = 3\n"))

    assert "no global name of the script holds a Value" in told


def test_without_debugging_a_script_only_runs(client, written):
    """What is started by "Run Without Debugging" ends when it has run."""
    client.ask("initialize", adapterID="autograd")
    client.ask("launch", program=written(SCRIPT + "print('ran')\n"), noDebug=True)
    client.event("terminated")

    assert client.printed("stdout") == "ran\n"


# --- failures -------------------------------------------------------------------------
def client_refuses(client, program, **arguments) -> str:
    """Launch what cannot be debugged; return why not."""
    client.ask("initialize", adapterID="autograd")
    told = client.refused("launch", program=program, **arguments)
    client.event("terminated")
    return told


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("raise ValueError('wrong')\n", "ValueError: wrong"),
        ("x = (\n", "SyntaxError"),
        ("x = '\0'\n", ""),
        ("import sys; sys.exit(3)\n", "ended with exit code 3"),
        ("import sys; sys.exit('why')\n", "ended with exit code 1"),
        ("raise KeyboardInterrupt\n", "KeyboardInterrupt"),
        ("class E(BaseException): pass\nraise E('odd')\n", "odd"),
        ("def f(): f()\nf()\n", "RecursionError"),
        ("import sys\nsys.stdout = sys.stderr = None\n1/0\n", "ZeroDivisionError"),
        ("import sys\nsys.stdout.close()\nsys.stderr.close()\n1/0\n", "ZeroDivision"),
        ("import sys\nsys.excepthook = None\n1/0\n", ""),
    ],
)
def test_a_script_that_fails_is_told(client, written, text, told):
    """The session goes on, and the next launch works."""
    assert told in client_refuses(client, written(text))
    client.start(program=written(SCRIPT, "good.py"))
    assert client.value("x") == "3.0"


def test_the_traceback_of_a_script_is_shown(client, written):
    """It begins at the script, as python would print it."""
    script = written("def f():\n    raise ValueError('wrong')\n\nf()\n")
    client_refuses(client, script)
    shown = client.printed("stderr").splitlines()

    assert shown[0] == "Traceback (most recent call last):"
    assert shown[1] == f'  File "{script}", line 4, in <module>'
    assert shown[-1] == "ValueError: wrong"


def test_the_graph_of_a_script_that_fails_later_can_be_debugged(client, written):
    """What it had computed stands; why it failed is told."""
    client.start(program=written(SCRIPT + "raise ValueError('wrong')\n"))
    client.move("continue")

    assert client.value("y.data") == "9.0"
    assert "ValueError: wrong" in client.printed("important")


def test_what_stood_before_a_failed_launch_still_stands(server, written):
    """Who attaches after it sees the last graph that there was."""
    with server.client() as client:
        client.start(program=written(SCRIPT))
        client_refuses(client, written("1/0\n", "bad.py"))
    with server.client() as client:
        client.start("attach")
        assert client.value("x") == "3.0"


@pytest.mark.parametrize("program", ["nowhere.py", "", ".", "\0", "\ud800"])
def test_a_script_that_cannot_be_read_is_told(client, program):
    """A sentence, and the session goes on."""
    assert client_refuses(client, program) != ""


def test_a_folder_that_there_is_not_is_told(client, written):
    """With its name."""
    told = client_refuses(client, written(SCRIPT), cwd="no/such/folder")

    assert "no/such/folder" in told


def test_an_operation_that_raises_stops_the_passes(client, written):
    """A row of somebody's own may fail in a pass; it is told, and one can go back."""
    client.start(
        program=written("""
        from autograd_core import Op, Value
        def wrong(y, x):
            raise RuntimeError("no derivative here")
        odd = Op("odd", lambda x: 2 * x, (wrong,))
        y = odd(Value(3.0))
        """)
    )
    stopped = client.move("continue")
    assert stopped["reason"] == "exception"
    assert "RuntimeError: no derivative here" in stopped["text"]
    client.move("reverseContinue")
    client.move("stepIn")
    assert client.seen("Node")["value"] == "6.0"
    operand = client.rows(client.scope("Operands"))["x: n0"]
    asked = {"variablesReference": operand["variablesReference"]}
    assert "no derivative here" in client.refused("variables", **asked)


# --- the server -----------------------------------------------------------------------
def serve_script(script: str, **named: str) -> tuple[str, str]:
    """Return the command of a server for a script."""
    arguments = ", ".join(f"{key}={value!r}" for key, value in named.items())
    code = f"serve(0, script={script!r}, {arguments})"
    return "-c", f"from autograd_core.debug.dap import serve; {code}"


def test_a_client_attaches_to_the_script_of_the_command_line(written):
    """With the root that was asked for."""
    script = written(SCRIPT + "z = x + 1\n")
    with serving(*serve_script(script, root="z")) as server, server.client() as client:
        client.start("attach")
        client.move("continue")
        assert client.value("z") == "4.0, gradient 1.0"


def test_without_a_script_there_is_nothing_to_attach_to():
    """The message says how there would be."""
    code = "from autograd_core.debug.dap import serve; serve(0)"
    with serving("-c", code) as server, server.client() as client:
        client.ask("initialize", adapterID="autograd")
        assert '"request": "launch"' in client.refused("attach")


def test_the_command_serves_an_editor(written):
    """`python -m autograd_core.debug --dap` is what the launch entry needs."""
    command = ("-m", "autograd_core.debug", "--dap", "--port", "0")
    with serving(*command) as server, server.client() as client:
        client.start(program=written(SCRIPT))
        client.move("continue")
        assert client.value("x") == "3.0, gradient 6.0"
        client.move("stepBack")
        assert client.value("x") == "3.0"


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C is sent otherwise there")
def test_ctrl_c_ends_the_server(written):
    """While it waits for a client, and while it waits for a request; no traceback."""
    code = "from autograd_core.debug.dap import serve; serve(0)"
    with serving("-c", code) as server:
        assert server.end(signal.SIGINT) == 0
        assert len(server.lines) == 1
    with serving("-c", code) as server, server.client() as client:
        client.start(program=written(SCRIPT))
        assert server.end(signal.SIGINT) == 0
        assert len(server.lines) == 1


def test_a_port_that_is_taken_is_told():
    """The message names it, and what to do."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(OSError, match=f"127.0.0.1:{port}.*choose another port"):
            serve(port)


@pytest.mark.parametrize("port", [-1, 65536])
def test_a_port_that_there_is_not_is_told(port):
    """As one that is taken."""
    with pytest.raises(OSError, match="choose another port"):
        serve(port)


@pytest.mark.parametrize(
    ("text", "error"),
    [("x = 3\n", "GraphError"), ("1/0\n", "GraphError"), (None, "FileNotFoundError")],
)
def test_a_server_does_not_begin_without_its_graph(written, text, error):
    """A script of the command line that has none is told there."""
    script = "nowhere.py" if text is None else written(text)
    done = subprocess.run(
        [sys.executable, *serve_script(script)],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )

    assert done.returncode == 1
    assert error in done.stderr.splitlines()[-1]
    assert "listening" not in done.stderr
