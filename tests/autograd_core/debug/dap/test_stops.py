"""Where a session stops: lines, conditions, names, changes, numbers not finite."""

import pytest

SCRIPT = """
    from autograd_core import Value, exp, scope, tanh

    x = Value(3.0, label="x")
    w = Value(-2.0)
    with scope("layer"):
        hidden = tanh(
            x * w
        )
    # nothing is made here
    loss = exp(hidden) * w + x; twice = loss * 2
    """


@pytest.fixture
def script(written) -> str:
    """Return the path of a script of some lines."""
    return written(SCRIPT)


@pytest.fixture
def started(client, script):
    """Return a client that stands at the entry of the script."""
    client.start(program=script)
    return client


def on_lines(client, script, *marks):
    """Set breakpoints on lines of the script; return what came of them."""
    asked = {"source": {"path": script}, "breakpoints": list(marks)}
    return client.ask("setBreakpoints", **asked)["breakpoints"]


def stops(client, command="continue"):
    """Run to the end; return the name of the top frame at each stop before."""
    found = []
    while "end" not in (why := client.move(command)).get("description", ""):
        assert why["reason"].endswith("breakpoint") or why["reason"] == "exception"
        found.append(client.frames()[0]["name"].split(": ")[1].split(" in ")[0])
    return found


# --- lines ----------------------------------------------------------------------------
def test_a_line_stops_at_each_node_it_made_in_both_passes(started, script):
    """Forward as the values come, backward as the gradients are complete."""
    (mark,) = on_lines(started, script, {"line": 10})

    assert (mark["verified"], mark["line"]) == (True, 10)
    made = ["n4 exp", "n5 mul", "loss add", "twice mul"]
    assert stops(started) == made + made[::-1]


def test_a_column_means_the_expression_that_begins_there(started, script):
    """Of several expressions on a line it is the nearest one."""
    places = started.ask("breakpointLocations", source={"path": script}, line=10)
    columns = [place["column"] for place in places["breakpoints"]]
    assert columns == [8, 8, 8, 37]
    (mark,) = on_lines(started, script, {"line": 10, "column": 35})

    assert (mark["verified"], mark["line"], mark["column"]) == (True, 10, 37)
    assert stops(started) == ["twice mul", "twice mul"]


def test_a_line_inside_of_an_expression_means_what_begins_there(started, script):
    """The product has a line of its own, the call around it begins above."""
    marks = on_lines(started, script, {"line": 7}, {"line": 8})

    assert [mark["line"] for mark in marks] == [7, 6]
    assert stops(started) == ["n2 mul", "hidden tanh", "hidden tanh", "n2 mul"]


def test_a_line_that_made_nothing_moves_to_the_nearest_that_did(started, script):
    """A comment has no node; the next line has."""
    (mark,) = on_lines(started, script, {"line": 9})

    assert (mark["verified"], mark["line"]) == (True, 10)


def test_the_line_of_a_leaf_stops_when_its_gradient_is_there(started, script):
    """A parameter has its value from the start, and its gradient late."""
    (mark,) = on_lines(started, script, {"line": 4})
    assert mark["line"] == 4
    assert "gradient" in mark["message"]
    started.move("continue")

    assert started.ask("evaluate", expression="w")["result"].count("partial") == 0
    started.move("stepBack")
    assert "partial" in started.value("w")


def test_a_line_that_made_leaves_and_operations_means_the_operations(client, written):
    """That the gradient of `a` is complete, which is before, does not stop."""
    script = written("""
        from autograd_core import Value
        x = Value(2.0)
        a, b = Value(3.0), x * x
        y = a * b
        """)
    client.start(program=script)
    on_lines(client, script, {"line": 3})

    assert stops(client) == ["b mul", "b mul"]


def test_the_line_that_names_a_result_of_other_lines_stops_at_it(client, written):
    """`prediction = model(x)` makes no node itself, but gives one its name."""
    script = written("""
        import nn

        model = nn.MLP(2, [2, 1], seed=0)
        prediction = model(
            [1.0, 2.0]
        )
        loss = prediction * prediction
        """)
    client.start(program=script)
    (mark,) = on_lines(client, script, {"line": 4})

    assert (mark["verified"], mark["line"]) == (True, 4)
    assert stops(client) == ["prediction dot", "prediction dot"]


def test_a_file_that_made_no_nodes_gets_no_breakpoint(started, written):
    """The answer says so, and which files did."""
    other = written("pass\n", "other.py")
    (mark,) = on_lines(started, other, {"line": 1})

    assert not mark["verified"]
    assert "no node of this graph was made in" in mark["message"]
    assert "script.py" in mark["message"]


def test_breakpoints_of_a_file_are_replaced_as_a_whole(started, script):
    """What is not asked for again is gone; other kinds stay."""
    on_lines(started, script, {"line": 7}, {"line": 10})
    started.ask("setFunctionBreakpoints", breakpoints=[{"name": "exp"}])
    on_lines(started, script, {"line": 7})

    assert stops(started) == ["n2 mul", "n4 exp", "n4 exp", "n2 mul"]
    on_lines(started, script)
    started.move("reverseContinue")
    assert started.move("reverseContinue")["reason"] == "function breakpoint"


# --- conditions -----------------------------------------------------------------------
def test_a_condition_stops_only_where_it_holds(started, script):
    """The numbers are by hand: exp(h) * w = -2 e^tanh(-6), about -0.7358."""
    on_lines(started, script, {"line": 10, "condition": "data < 0"})
    assert stops(started) == ["n5 mul", "n5 mul"]

    on_lines(started, script, {"line": 10, "condition": "abs(grad) > 1"})
    while "start" not in started.move("reverseContinue")["description"]:
        pass
    # d twice = 1; d loss = d (n5) = 2; d exp = 2 w = -4
    assert stops(started) == ["loss add", "n5 mul", "n4 exp"]


def test_a_condition_may_name_other_nodes(started, script):
    """It holds while that node's number does."""
    mark = {"line": 10, "condition": "op == 'exp' and twice.grad == 1"}
    on_lines(started, script, mark)

    assert stops(started) == ["n4 exp"]


@pytest.mark.parametrize(
    ("condition", "told"),
    [
        ("abs(grad", "cannot read"),
        ("__import__('os')", "may hold"),
        ("nobody > 3", "no node is called 'nobody'"),
        ("x.__class__", "may hold"),
    ],
)
def test_a_condition_that_is_none_is_told(started, script, condition, told):
    """The breakpoint is not set, and the session goes on."""
    (mark,) = on_lines(started, script, {"line": 10, "condition": condition})

    assert not mark["verified"]
    assert told in mark["message"]
    assert stops(started) == []


def test_a_condition_that_fails_stops_and_is_told(started, script):
    """A division by zero is no reason to run past."""
    on_lines(started, script, {"line": 7, "condition": "1 / (data + 6) > 0"})
    stopped = started.move("continue")

    assert stopped["reason"] == "breakpoint"
    assert "ZeroDivisionError" in stopped["text"]


# --- names, changes, numbers not finite -----------------------------------------------
@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("hidden", ["hidden tanh", "hidden tanh"]),
        ("n4", ["n4 exp", "n4 exp"]),
        ("exp", ["n4 exp", "n4 exp"]),
        ("layer", ["n2 mul", "hidden tanh", "hidden tanh", "n2 mul"]),
    ],
)
def test_a_function_breakpoint_means_a_node_an_operation_or_a_module(
    started, name, expected
):
    """Whatever of them has the name."""
    asked = {"breakpoints": [{"name": name}]}
    (mark,) = started.ask("setFunctionBreakpoints", **asked)["breakpoints"]

    assert mark["verified"]
    assert stops(started) == expected


def test_a_function_breakpoint_that_means_nothing_tells_what_is_near(started):
    """A node, an operation or a module of nearly the name."""
    asked = {"breakpoints": [{"name": "hiden"}, {"name": "tan"}, {"name": "laier"}]}
    marks = started.ask("setFunctionBreakpoints", **asked)["breakpoints"]

    assert [mark["verified"] for mark in marks] == [False] * 3
    for mark, near in zip(marks, ("'hidden'", "'tanh'", "'layer'"), strict=True):
        assert f"did you mean {near}" in mark["message"]


def test_a_number_that_changes_stops(started):
    """Each contribution to the gradient of `w` is one change."""
    graph = started.scope("Graph")
    info = started.ask("dataBreakpointInfo", variablesReference=graph, name="w")
    marks = started.ask("setDataBreakpoints", breakpoints=[{"dataId": info["dataId"]}])

    assert marks["breakpoints"][0]["verified"]
    assert started.move("continue")["reason"] == "data breakpoint"
    first = started.value("w.grad")
    assert started.move("continue")["reason"] == "data breakpoint"
    assert started.value("w.grad") != first
    assert "end" in started.move("continue")["description"]


def test_a_gradient_alone_can_be_watched(started):
    """Its node's value, which comes before, is passed by."""
    node = started.rows(started.scope("Graph"))["loss"]["variablesReference"]
    info = started.ask("dataBreakpointInfo", variablesReference=node, name="gradient")
    assert info["description"] == "loss.grad"
    started.ask("setDataBreakpoints", breakpoints=[{"dataId": info["dataId"]}])

    assert started.move("continue")["text"].startswith("loss.grad: ")
    assert started.seen("Position")["pass"].startswith("backward")
    assert "end" in started.move("continue")["description"]


@pytest.mark.parametrize("data_id", ["n99", "nobody", "n0.what", ""])
def test_data_that_there_is_not_is_no_breakpoint(started, data_id):
    """The answer says so."""
    marks = started.ask("setDataBreakpoints", breakpoints=[{"dataId": data_id}])

    assert not marks["breakpoints"][0]["verified"]
    assert "end" in started.move("continue")["description"]


def test_what_is_no_number_of_a_node_cannot_be_watched(started):
    """The state is text; the client is told."""
    info = started.ask(
        "dataBreakpointInfo", variablesReference=started.scope("Node"), name="state"
    )
    assert info["dataId"] is None
    assert "state" in info["description"]


@pytest.mark.parametrize(
    ("filter_", "top"), [("value", "y log"), ("gradient", "z mul")]
)
def test_a_number_that_is_not_finite_stops(client, written, filter_, top):
    """The log of 0 is -inf, and 1/0 as its derivative is inf."""
    script = written("""
        from autograd_core import Value, log
        x = Value(0.0)
        y = log(x)
        z = y * x
        """)
    client.start(program=script)
    client.ask("setExceptionBreakpoints", filters=[filter_])
    stopped = client.move("continue")

    assert stopped["reason"] == "exception"
    assert top in client.frames()[0]["name"]
    info = client.ask("exceptionInfo")
    assert top in info["description"]
    assert "script.py:" in info["description"]


def test_an_unknown_filter_is_told(started):
    """The answer names those that there are."""
    marks = started.ask("setExceptionBreakpoints", filters=["raised"])["breakpoints"]

    assert not marks[0]["verified"]
    assert "value" in marks[0]["message"]
    assert "no exception" in started.refused("exceptionInfo")


# --- going to a line ------------------------------------------------------------------
def test_a_line_can_be_gone_to(started, script):
    """Either to where its value came, or to where its gradient was handed on."""
    asked = {"source": {"path": script}, "line": 7}
    targets = started.ask("gotoTargets", **asked)["targets"]
    assert [target["label"].split(":")[0] for target in targets] == [
        "forward",
        "backward",
    ]
    for target in targets[::-1]:
        started.ask("goto", threadId=1, targetId=target["id"])
        assert started.event("stopped")["reason"] == "goto"
        name = started.frames()[0]["name"]
        assert name.startswith(target["label"].split(":")[0])
        assert "n2 mul" in name


def test_a_moment_that_there_is_not_cannot_be_gone_to(started):
    """The answer says which there are."""
    assert "no moment 1000" in started.refused("goto", threadId=1, targetId=1000)
