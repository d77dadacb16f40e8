"""A whole session on a real script, by a client that checks every message."""

import json
from itertools import chain, pairwise

import pytest
from debug_adapter import definitions

import nn
from autograd_core import OPS, topological_order

MLP = """
    import nn

    model = nn.MLP(2, [3, 1], seed=0)
    inputs = [0.5, -1.0]
    prediction = model(inputs)
    error = prediction - 1.0
    loss = error * error
    """


@pytest.fixture
def mlp(written) -> str:
    """Return the path of a script that trains a network for one example."""
    return written(MLP)


@pytest.fixture
def reference():
    """Return the model of the same numbers, after a backward pass, and its loss."""
    model = nn.MLP(2, [3, 1], seed=0)
    error = model([0.5, -1.0]) - 1.0
    loss = error * error
    loss.backward()
    return model, loss


def test_the_published_schema_is_at_hand():
    """Messages are held against the schema, wherever debugpy is installed."""
    pytest.importorskip("debugpy")

    assert "StoppedEvent" in definitions()


def test_a_session_begins_at_the_entry(client, mlp):
    """The program is run, and nothing of the passes is done yet."""
    stopped = client.start(program=mlp)

    assert stopped["reason"] == "entry"
    assert client.seen("Position")["pass"] == "start"
    assert client.seen("Graph")["loss"] == "waiting"


def test_without_stop_on_entry_a_session_runs_to_a_breakpoint(client, mlp):
    """The first stop is at the breakpoint."""
    client.begin(program=mlp, stopOnEntry=False)
    client.ask("setBreakpoints", source={"path": mlp}, breakpoints=[{"line": 6}])
    client.ask("configurationDone")

    assert client.event("stopped")["reason"] == "breakpoint"
    assert "error sub" in client.frames()[0]["name"]


def test_both_passes_give_the_numbers_of_backward(client, mlp, reference):
    """At the end each parameter shows the gradient that `backward()` leaves."""
    model, loss = reference
    client.start(program=mlp)
    client.move("continue")

    shown = client.rows(client.scope("Graph"))
    for name, parameter in model.named_parameters():
        inside = client.inside(shown[name])
        assert (inside["value"], inside["gradient"], inside["state"]) == (
            repr(parameter.data),
            repr(parameter.grad),
            "final",
        )
    assert client.inside(shown["loss"])["value"] == repr(loss.data)


def test_each_step_computes_one_node_then_sends_one_gradient(client, mlp, reference):
    """Forward in topological order, then the seed, then in reverse."""
    operations = [n for n in topological_order(reference[1]) if not n.is_leaf]
    client.start(program=mlp)
    shown = []
    while "end" not in client.move("stepIn")["description"]:
        shown.append(client.frames()[0]["name"].partition(": ")[2].split()[1])
    made = [node.op.name for node in operations]

    # of the last step it is told that the end is reached
    assert shown == [*made, made[-1], *made[:0:-1]]


def test_stepping_back_to_the_start_shows_what_was_there(client, mlp):
    """Each moment looks the same on the way back, to the last digit."""
    client.start(program=mlp)
    seen = [client.everything()]
    while "end" not in client.move("stepIn")["description"]:
        seen.append(client.everything())
    assert len(seen) > 15
    for moment in reversed(seen):
        client.move("stepBack")
        assert client.everything() == moment


def test_a_step_beyond_either_end_stays_there(client, mlp):
    """At the start there is nothing to undo, at the end nothing to do."""
    client.start(program=mlp)
    start = client.everything()
    assert client.move("stepBack")["description"] == "Paused at the start"
    assert client.move("reverseContinue")["description"] == "Paused at the start"
    assert client.everything() == start

    client.move("continue")
    end = client.everything()
    for command in ("stepIn", "next", "stepOut", "continue"):
        assert "end" in client.move(command)["description"]
        assert client.everything() == end


def test_next_steps_over_a_module_and_step_out_leaves_it(client, mlp):
    """What a model computes inside is one step for who is outside."""
    client.start(program=mlp)
    client.move("stepIn")
    assert "in MLP.layers.0.neurons.0" in client.frames()[0]["name"]
    client.move("stepOut")
    assert "in MLP.layers.0.neurons.1" in client.frames()[0]["name"]
    client.move("reverseContinue")
    client.move("next")
    assert "error sub" in client.frames()[0]["name"]


def test_reverse_continue_stops_at_the_breakpoints_in_reverse(client, mlp):
    """Going back meets the moments of going forth."""
    client.begin(program=mlp)
    client.ask("setBreakpoints", source={"path": mlp}, breakpoints=[{"line": 6}])
    client.ask("configurationDone")
    client.event("stopped")
    forth = []
    while client.move("continue")["reason"] == "breakpoint":
        forth.append(client.everything())
    back = []
    while client.move("reverseContinue")["reason"] == "breakpoint":
        back.append(client.everything())

    assert len(forth) == 2
    assert back == forth[::-1]


def test_the_stack_leads_to_the_root(client, mlp):
    """Each node is an operand of the one below, down to the line of the result."""
    client.start(program=mlp)
    client.move("stepIn")
    frames = client.frames()

    assert "loss" in frames[-1]["name"]
    assert frames[-1]["source"]["path"] == mlp
    assert (frames[-1]["line"], frames[-1]["column"]) == (7, 8)
    assert (frames[-1]["endLine"], frames[-1]["endColumn"]) == (7, 21)
    for above, below in pairwise(frames):
        operands = client.rows(client.scope("Operands", below["id"]))
        numbers = {
            client.inside(client.rows(row["variablesReference"])[key])["number"]
            for row in operands.values()
            for key in client.inside(row)
            if key.startswith("operand: ")
        }
        assert client.seen("Node", above["id"])["number"] in numbers


def test_the_stack_comes_in_parts(client, mlp):
    """Frames asked for piece by piece are those asked for at once."""
    client.start(program=mlp)
    client.move("stepIn")
    whole = client.frames()
    parts = [client.frames(startFrame=i, levels=2) for i in range(0, len(whole), 2)]

    assert [*chain.from_iterable(parts)] == whole
    assert client.frames(startFrame=len(whole)) == []


def test_an_operand_tells_what_it_was_sent(client, written):
    """Value, local derivative and contribution of each use are those of the rule."""
    client.start(
        program=written("""
        from autograd_core import Value
        x, y = Value(3.0), Value(4.0)
        z = x * y
        """)
    )
    assert client.seen("Operands") == {"a: x": "3.0", "b: y": "4.0"}
    row = client.rows(client.scope("Operands"))["a: x"]
    assert client.inside(row)["local derivative"] == "not yet"
    client.move("stepIn")
    assert client.inside(row)["local derivative"] == "4.0"
    assert client.inside(row)["contribution"] == "not yet"
    client.move("stepIn")
    assert client.seen("Position")["pass"] == "seed"
    assert client.inside(row)["contribution"] == "not yet"
    graph = client.rows(client.scope("Graph"))
    assert client.inside(graph["x"])["contributions"] == "0"
    client.move("continue")
    assert client.inside(row)["contribution"] == "4.0"
    assert client.inside(graph["x"])["contributions"] == "1"
    assert (client.value("x.grad"), client.value("y.grad")) == ("4.0", "3.0")


def test_contributions_add_up_to_the_gradient(client, written):
    """Each use of a node is listed once its gradient has come, with the sum so far."""
    client.start(
        program=written("""
        from autograd_core import Value
        x = Value(3.0)
        z = x * x + x
        """)
    )
    client.move("continue")
    graph = client.rows(client.scope("Graph"))
    node = client.rows(graph["x"]["variablesReference"])
    received = client.rows(node["contributions"]["variablesReference"])
    sums = [client.inside(row)["gradient after it"] for row in received.values()]

    assert node["gradient"]["value"] == "7.0"
    amounts = [row["value"].split()[0] for row in received.values()]
    assert amounts == ["1.0", "3.0", "3.0"]
    assert sums == ["1.0", "4.0", "7.0"]
    last = [*received.values()][-1]["variablesReference"]
    client.move("stepBack")
    assert "has not come yet" in client.refused("variables", variablesReference=last)


def test_a_constant_and_a_branch_not_taken_say_that_no_gradient_comes(client, written):
    """Where there is no gradient it is said why."""
    client.start(
        program=written("""
        from autograd_core import Value, where
        x, y, c = Value(3.0), Value(4.0), Value(5.0, requires_grad=False)
        z = where(True, x, y) + c
        """)
    )
    client.move("continue")
    graph = client.rows(client.scope("Graph"))

    assert client.inside(graph["c"])["gradient"] == "none: a constant"
    assert client.inside(graph["x"])["gradient"] == "1.0"
    assert client.inside(graph["y"])["gradient"] == "none reached it"


def test_a_result_that_needs_no_gradient_has_a_forward_pass_only(client, written):
    """The passes end with the value of the root."""
    client.start(
        program=written("""
        from autograd_core import Value
        z = Value(3.0, requires_grad=False) * Value(4.0, requires_grad=False)
        """)
    )
    assert "end" in client.move("continue")["description"]
    assert client.seen("Position")["pass"] == "forward 1/1"
    assert client.seen("Node")["value"] == "12.0"


def test_a_leaf_alone_is_a_program_too(client, written):
    """Only the seed is to be seen."""
    client.start(program=written("from autograd_core import Value\nx = Value(3.0)\n"))
    assert "x leaf" in client.frames()[0]["name"]
    client.move("stepIn")
    assert client.seen("Position")["pass"] == "seed"
    assert client.value("x.grad") == "1.0"


def test_lists_come_in_parts(client, written):
    """Rows asked for some at a time are those asked for at once."""
    client.start(
        program=written("""
        from autograd_core import Value, total
        xs = [Value(float(i)) for i in range(250)]
        y = total(xs)
        """)
    )
    scopes = client.ask("scopes", frameId=client.frames()[0]["id"])["scopes"]
    operands = next(scope for scope in scopes if scope["name"] == "Operands")
    reference = operands["variablesReference"]
    whole = [*client.rows(reference).items()]
    parts = [
        [*client.rows(reference, start=i, count=100).items()] for i in (0, 100, 200)
    ]

    assert operands["indexedVariables"] == len(whole) == 250
    assert [*chain.from_iterable(parts)] == whole
    assert [*client.rows(reference, filter="indexed").items()] == whole
    assert client.rows(reference, filter="named") == {}


@pytest.mark.parametrize("starts_at", [True, False])
def test_lines_and_columns_are_counted_as_the_client_counts(client, written, starts_at):
    """Columns are in UTF-16 code units, from 0 or 1 as was said at first."""
    script = written("""
        from autograd_core import Value
        x, label = Value(3.0), Value(1.0)
        y = {"é𝒙": x * label}["é𝒙"]
        """)
    client.ask(
        "initialize",
        adapterID="autograd",
        linesStartAt1=starts_at,
        columnsStartAt1=starts_at,
    )
    client.ask("launch", program=script)
    client.event("initialized")
    (frame,) = client.frames()
    place = [frame[key] for key in ("line", "column", "endLine", "endColumn")]
    first = int(starts_at)
    # before the product stand 11 characters, of which 𝒙 has two units
    assert place == [2 + first, 12 + first, 2 + first, 21 + first]
    asked = {"source": {"path": script}, "line": 2 + first}
    (location,) = client.ask("breakpointLocations", **asked)["breakpoints"]
    assert location == dict(
        zip(("line", "column", "endLine", "endColumn"), place, strict=True)
    )
    breakpoints = [{"line": 2 + first}]
    (mark,) = client.ask(
        "setBreakpoints", source={"path": script}, breakpoints=breakpoints
    )["breakpoints"]
    assert (mark["verified"], mark["line"]) == (True, 2 + first)


def test_paths_may_be_uris(client, written):
    """A client that writes paths as URIs gets them so."""
    script = written("from autograd_core import Value\ny = Value(3.0) * 2\n", "a b.py")
    client.ask("initialize", adapterID="autograd", pathFormat="uri")
    client.ask("launch", program=script)
    client.event("initialized")
    path = client.frames()[0]["source"]["path"]
    assert path.startswith("file:///")
    assert path.endswith("a%20b.py")
    (mark,) = client.ask(
        "setBreakpoints", source={"path": path}, breakpoints=[{"line": 2}]
    )["breakpoints"]
    assert mark["verified"]


def test_generated_code_is_shown_by_its_text(client, written):
    """A source that is no file comes by a number and is asked for."""
    client.start(
        program=written("""
        import linecache
        from autograd_core import Value
        text = "y = x * x\\n"
        linecache.cache["<graph 0>"] = len(text), None, [text], "<graph 0>"
        names = {"x": Value(3.0)}
        exec(compile(text, "<graph 0>", "exec"), names)
        y = names["y"]
        """)
    )
    source = client.frames()[0]["source"]
    asked = {"source": source, "sourceReference": source["sourceReference"]}

    assert client.ask("source", **asked)["content"] == "y = x * x\n"
    marks = client.ask("setBreakpoints", source=source, breakpoints=[{"line": 1}])
    assert marks["breakpoints"][0]["verified"]


def test_the_sources_of_a_graph_are_listed(client, mlp):
    """They are the script and the modules whose lines made nodes."""
    client.start(program=mlp)
    sources = client.ask("loadedSources")["sources"]

    assert {source["name"] for source in sources} == {"perceptron.py", "script.py"}


def test_every_operation_can_be_looked_at(client, written):
    """Whatever made a node, each moment is shown in messages of the schema."""
    ops = [op.name for op in OPS.values() if op.takes_one_operand]
    client.start(
        program=written(f"""
        from autograd_core import OPS, Value, total
        x = Value(0.5)
        y = total([OPS[name](x) for name in {json.dumps(ops)}])
        """)
    )
    while "end" not in client.move("stepIn")["description"]:
        client.everything()
    graph = client.rows(client.scope("Graph"))
    inside = client.rows(graph["x"]["variablesReference"])
    assert int(inside["consumers"]["value"]) > len(ops) // 2
