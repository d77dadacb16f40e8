"""What a client types: watches, hovers, the console, and values that it sets."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

SCRIPT = """
    from autograd_core import Value

    x = Value(3.0, label="x")
    w = Value(-2.0)
    layers = [{"bias": Value(0.5)}]
    y = x * w + layers[0]["bias"]
    loss = y * y
    """


@pytest.fixture
def ended(client, written):
    """Return a client of a session that stands at the end of both passes."""
    client.start(program=written(SCRIPT))
    client.move("continue")
    return client


# y = 3 * -2 + 0.5 = -5.5, loss = 30.25, d y = 2 y = -11, d x = 22, d w = -33
@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("x", "3.0, gradient 22.0"),
        (" w ", "-2.0, gradient -33.0"),
        ('layers[0]["bias"]', "0.5, gradient -11.0"),
        ("n0", "3.0, gradient 22.0"),
        ("w.grad", "-33.0"),
        ("loss.data", "30.25"),
        ("loss + 1", "31.25"),
        ("abs(w.grad) > 10", "True"),
        ("w.grad / x.grad", "-1.5"),
        ("-y", "5.5"),
    ],
)
@pytest.mark.parametrize("context", ["watch", "hover", "repl", None])
def test_an_expression_is_a_node_or_arithmetic(ended, text, result, context):
    """The numbers are by hand."""
    given_ = {} if context is None else {"context": context}
    assert ended.value(text, **given_) == result


LABELS = ["my loss", "a\nb", "\ud800", "n1", "b.grad", "L" * 10_000, "restore"]
LABELS += ["data", "{told}", "\u202e", "", " ", "twice", "twice", "é𝒙", "[0]", "pi"]


def test_any_label_can_be_seen_and_evaluated(client, written):
    """Each node has one name, and what a row says to evaluate gives what it shows."""
    client.start(
        program=written(f"""
        from autograd_core import Value, scope, total
        with scope("module {LABELS[1]!r}\\n\\ud800"):
            root = total([Value(i + 0.5, label=x) for i, x in enumerate({LABELS!r})])
        """)
    )
    client.move("continue")
    client.everything()
    rows = client.rows(client.scope("Graph"))
    shown = {row["value"]: row["evaluateName"] for row in rows.values()}
    for i in range(len(LABELS)):
        assert (
            client.value(shown[f"{i + 0.5}, gradient 1.0"])
            == f"{i + 0.5}, gradient 1.0"
        )
    for row in rows.values():
        for inner in client.rows(row["variablesReference"]).values():
            if inner["name"] in ("value", "gradient"):
                assert client.value(inner["evaluateName"]) == inner["value"]


def test_an_expression_that_is_a_node_unfolds(ended):
    """A watch of a name shows all that is known of the node."""
    body = ended.ask("evaluate", expression="y")
    inside = {
        row["name"]: row["value"]
        for row in ended.ask(
            "variables", variablesReference=body["variablesReference"]
        )["variables"]
    }
    assert (inside["value"], inside["gradient"]) == ("-5.5", "-11.0")
    assert inside["operation"] == "add(a, b)"


def test_the_facts_of_a_frame_belong_to_its_node(ended):
    """`op` and `grad` without a name are those of the frame that is looked at."""
    for frame in ended.frames():
        shown = ended.seen("Node", frame["id"])
        gradient = ended.value("grad", frameId=frame["id"])
        assert gradient == shown["gradient"]
        assert shown["operation"].startswith(ended.value("op", frameId=frame["id"]))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("los", "did you mean 'loss'"),
        ("nobody", "no node is called 'nobody'"),
        ("layers", "no node is called 'layers'"),
        ("n99", "no node is called 'n99'"),
        ("", "a condition is an expression"),
        ("w.op", "no node is called 'w.op'"),
        ("1 / 0", "division"),
        ("2 ** 9999", ""),
        ("__import__('os').system('true')", "may hold"),
        ("[].__class__", ""),
        ("lambda: 0", "may hold"),
        ("x := 3", "cannot read"),
        ("(" * 5000, ""),
        ("\ud800", ""),
    ],
)
def test_what_is_no_expression_is_told(ended, text, told):
    """Nothing that is typed is run as Python."""
    assert told in ended.refused("evaluate", expression=text)


def test_a_number_that_is_not_there_yet_is_told(client, written):
    """Before the passes there is no gradient."""
    client.start(program=written(SCRIPT))
    for text in ("w.grad", "w.grad * 2", "loss.data", "loss + 1", "grad"):
        assert "at this moment" in client.refused("evaluate", expression=text)


@given(st.text(max_size=60))
def test_any_text_is_answered(server, text):
    """Whatever is typed, the answer is a result or a sentence."""
    with server.client() as client:
        client.ask("initialize", adapterID="autograd")
        for command in ("evaluate", "completions"):
            arguments = {"expression": text, "text": text, "column": len(text)}
            number = client.send(command, arguments)
            assert client.response(number, command)["success"] in (True, False)


def test_names_are_completed(ended):
    """Those that begin as the last word of what is typed."""
    asked = {"text": "abs(lo", "column": 7}
    assert ended.ask("completions", **asked)["targets"] == [
        {"label": "loss", "text": "ss"}
    ]
    labels = [
        target["label"]
        for target in ended.ask("completions", text="", column=1)["targets"]
    ]
    assert {"loss", "w", "x", "y"} <= {*labels}


# --- setting values -------------------------------------------------------------------
def test_setting_a_value_computes_what_follows(ended):
    """With x = 1: y = -1.5, loss = 2.25, d y = -3, d w = -3, d x = 6."""
    graph = ended.scope("Graph")
    body = ended.ask("setVariable", variablesReference=graph, name="x", value="1")
    assert body["value"] == "1.0, gradient 6.0"
    assert ended.event("invalidated")["areas"] == ["all"]

    printed = ended.printed("console")
    assert "x: 3.0 → 1.0\n" in printed
    assert "loss: 30.25 → 2.25\n" in printed
    assert ended.value("loss") == "2.25, gradient 1.0"
    assert (ended.value("w.grad"), ended.value("y.grad")) == ("-3.0", "-3.0")
    assert ended.seen("Position")["values set"] == "some"


def test_the_row_of_a_value_can_be_set_too(ended):
    """In a node's own list it is called value, and shows the number alone."""
    row = ended.rows(ended.scope("Graph"))["x"]["variablesReference"]
    body = ended.ask("setVariable", variablesReference=row, name="value", value="x - 2")

    assert body["value"] == "1.0"
    assert ended.value("loss.data") == "2.25"


def test_an_expression_can_be_set(ended):
    """An interior node too: what came before it stays."""
    body = ended.ask("setExpression", expression="y", value="w * -1.5")

    assert body["value"] == "3.0"
    assert (ended.value("loss.data"), ended.value("x.data")) == ("9.0", "3.0")


def test_restore_takes_back_what_was_set(ended):
    """Everything is as it was, to the last digit."""
    before = ended.everything()
    ended.ask("setExpression", expression="x", value="nan")
    ended.ask("setExpression", expression="w", value="-0.0")
    assert ended.everything() != before
    told = ended.value("restore", context="repl")

    assert "x: nan → 3.0" in told
    assert ended.everything() == before
    assert ended.value("restore", context="repl") == "nothing changed"


def test_the_program_keeps_its_own_values(server, written):
    """A session that attaches to the same script after a launch sees the script's."""
    script = written(SCRIPT)
    for _ in range(2):
        with server.client() as client:
            client.start(program=script)
            assert client.value("x.data") == "3.0"
            client.ask("setExpression", expression="x", value="7")


@pytest.mark.parametrize("value", ["", "one", "loss.op", "x > 1", "[1]", "1j", "'a'"])
def test_what_is_no_number_sets_nothing(ended, value):
    """The answer says what is wrong, and all stays as it was."""
    before = ended.everything()
    ended.refused("setExpression", expression="x", value=value)

    assert ended.everything() == before


def test_what_follows_from_values_cannot_be_set(ended):
    """A gradient or a state is no value."""
    graph = ended.rows(ended.scope("Graph"))
    node = graph["x"]["variablesReference"]
    asked = {"variablesReference": node, "value": "1"}

    assert "follows" in ended.refused("setVariable", name="gradient", **asked)
    assert "follows" in ended.refused("setVariable", name="state", **asked)
    assert "nothing is called" in ended.refused("setVariable", name="nope", **asked)
    told = ended.refused("setExpression", expression="x.grad", value="1")
    assert "no node" in told


@given(st.floats(allow_nan=False))
def test_a_value_is_set_to_the_last_bit(server, number):
    """What is shown reads back as the number that was set."""
    with server.client() as client:
        client.ask("initialize", adapterID="autograd")
        client.ask("attach")
        shown = client.ask("setExpression", expression="n0", value=repr(number))[
            "value"
        ]

    assert math.copysign(1, float(shown)) == math.copysign(1, number)
    assert float(shown) == number
