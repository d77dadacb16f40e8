"""Breakpoints and watches: where they stop, alone and together, on and back."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest
from graphs import SCOPED_STEPS, ScopedSteps, in_modules
from hypothesis import given
from hypothesis import strategies as st
from reference_passes import Reference, roots

from autograd_core import Value, record_source, scope, tanh
from autograd_core.debug import Tape
from autograd_core.debug.tape.breakpoints import Breakpoint, of_line
from autograd_core.hooks import hook

PLACES = st.lists(st.integers(0, 99), min_size=1, max_size=3)


def stops(tape: Tape, run: Callable[[], Any]) -> list[int]:
    """Return the moments at which a tape stops until it does no more."""
    found = []
    while run() is not None:
        found.append(tape.moment)
        assert tape.stops
    assert tape.stops == []
    return found


def check(tape: Tape, moments: Iterable[int]) -> None:
    """See that the runs of a tape stop at these moments, in both directions."""
    expected = sorted(set(moments))
    tape.go_to(0)
    assert stops(tape, tape.run) == expected
    assert tape.moment == len(tape)
    assert stops(tape, tape.reverse) == [m for m in expected[::-1] if m < len(tape)]
    assert tape.moment == 0


def changes(reference: Reference, node: Value) -> dict[str, list[int]]:
    """Return when the value of a node comes, and when it is sent a gradient."""
    found = [reference.computed_at(node)] if node.parents else []
    sent = []
    for m, (kind, giver) in enumerate(reference.schedule, start=1):
        reaching = [
            parent
            for parent, local in zip(
                giver.parents, reference.local_derivatives(giver), strict=True
            )
            if local is not None
        ]
        is_sent = kind == "backward" and giver in reference.grads(m)
        if (is_sent and any(p is node for p in reaching)) or (
            kind == "seed" and giver is node
        ):
            sent.append(m)
    return {"data": found, "grad": sent}


# --- where they stop ----------------------------------------------------------------
@given(roots(), PLACES)
def test_breakpoints_at_nodes(root: Value, places: list[int]) -> None:
    """At a value, and where a gradient goes on; of a leaf, where it is complete."""
    tape, reference = Tape(root), Reference(root)
    nodes = [tape.nodes[place % len(tape.nodes)] for place in places]
    for node in nodes:
        tape.break_at(node)

    check(tape, [m for node in nodes for m in reference.arrivals(node)])


@given(roots(), st.integers(0, 99))
def test_breakpoints_at_an_operation(root: Value, place: int) -> None:
    """At every node that it made, by its name or its symbol."""
    tape, reference = Tape(root), Reference(root)
    made = [node.op for node in tape.nodes if node.op is not None]
    if not made:
        return
    op = made[place % len(made)]
    for name in (op.name, op.symbol):
        each = tape.break_at(op=name)
        meant = [n for n in tape.nodes if n.op and name in (n.op.name, n.op.symbol)]
        check(tape, [m for node in meant for m in reference.arrivals(node)])
        assert str(each).startswith(f"{each.number}  break op {name}")
        tape.clear(each)


@given(SCOPED_STEPS, st.integers(0, 99))
def test_breakpoints_in_a_module(steps: ScopedSteps, place: int) -> None:
    """At every operation of the module and of its parts."""
    tape = Tape(root := in_modules(steps))
    reference = Reference(root)
    names = sorted({node.scope for node in tape.nodes if node.scope})
    if not names:
        return
    name = names[place % len(names)]
    tape.break_at(module=name)
    meant = [n for n in tape.nodes if n.scope == name or n.scope[: len(name) + 1] == (
        f"{name}.")]  # fmt: skip

    check(tape, [m for node in meant for m in reference.arrivals(node)])


@given(roots(), PLACES, st.sampled_from(["", ".data", ".grad"]))
def test_watches(root: Value, places: list[int], fact: str) -> None:
    """At the value, and at each contribution to the gradient; or at one of them."""
    tape, reference, expected = Tape(root), Reference(root), list[int]()
    for place in places:
        node = tape.nodes[place % len(tape.nodes)]
        each = tape.watch(tape.names.id(node) + fact)
        assert str(each) == f"{each.number}  watch {tape.names.id(node)}{fact}"
        found = changes(reference, node)
        expected += found["data"] if fact != ".grad" else []
        expected += found["grad"] if fact != ".data" else []

    check(tape, expected)


@given(roots(), st.floats(-3, 3))
def test_conditions_on_any_node(root: Value, bound: float) -> None:
    """At each step that changes a number of a node of which the condition holds."""
    reference, expected = Reference(root), list[int]()
    for step in Tape(root):
        grads = reference.grads(step.number)
        facts = [(reference.values[n], grads.get(n)) for n in step.touched]
        if any(x > bound and g is not None and abs(g) < 2 for x, g in facts):
            expected.append(step.number)
    for set_it in (
        lambda tape, text: tape.break_at(condition=text),
        Tape.watch,
    ):
        tape = Tape(root)
        set_it(tape, f"data > {bound!r} and abs(grad) < 2")
        check(tape, expected)


@given(roots(), PLACES, st.floats(-3, 3))
def test_conditions_at_nodes(root: Value, places: list[int], bound: float) -> None:
    """Where the node arrives and the condition holds of it."""
    tape, reference, expected = Tape(root), Reference(root), list[int]()
    for place in places:
        node = tape.nodes[place % len(tape.nodes)]
        tape.break_at(node, condition=f"grad <= {bound!r}")
        for m in reference.arrivals(node):
            gradient = reference.grads(m).get(node)
            expected += [m] if gradient is not None and gradient <= bound else []

    check(tape, expected)


@given(roots(), st.integers(0, 99), st.integers(0, 99))
def test_conditions_that_name_nodes(root: Value, one: int, other: int) -> None:
    """At the steps that change a number of one of them, where it holds of both."""
    tape, reference = Tape(root), Reference(root)
    a, b = (tape.nodes[i % len(tape.nodes)] for i in (one, other))
    tape.break_at(condition=f"{tape.names.id(a)}.grad >= {tape.names.id(b)}.grad")
    expected = []
    for step in Tape(root):
        grads = reference.grads(step.number)
        if {a, b} & set(step.touched) and a in grads and b in grads:
            expected += [step.number] if grads[a] >= grads[b] else []

    check(tape, expected)


def graph() -> tuple[Tape, Value, Value]:
    """Return a tape on tanh(w·x)·w, and w and x."""
    w, x = Value(2.0, label="w"), Value(0.5, label="x")
    return Tape(tanh(w * x) * w), w, x


def test_a_condition_about_the_node_at_hand_and_another() -> None:
    """It is asked of every node that changes, as soon as both numbers are there."""
    tape, _, _ = graph()
    tape.break_at(condition="data < 1 and w.grad > 0.5")

    assert [tape.names.of(n) for n in tape.nodes] == ["w", "x", "n2", "n3", "n4"]
    check(tape, [5, 7])


@pytest.mark.parametrize(
    ("text", "moments"),
    [
        ("op == 'tanh'", [2]),
        ("op == 'tanh' and state == 'final'", [5]),
        ("state == 'final'", [4, 5, 6, 7]),
        ("state == 'partial'", [5]),
        ("label == 'x' and grad < inf", [7]),
        ("w.grad > 1", [7]),
        ("n3 > 0", [2]),
        ("n3 > 0 and grad < 1", [5, 6]),
        ("module == 'none'", []),
        ("data > 10", []),
    ],
)
def test_what_conditions_mean_on_a_tape(text: str, moments: list[int]) -> None:
    """Values come on the way up, gradients on the way down."""
    tape, _, _ = graph()
    tape.break_at(condition=text)

    check(tape, moments)


def test_a_condition_that_cannot_be_told_stops_and_tells() -> None:
    """Each time that it is asked; the others go on being asked as well."""
    w, x = Value(2.0, label="w"), Value(2.0, label="x")
    tape = Tape((w - x) * w)
    rule, other = tape.break_at(condition="1 / data > 3"), tape.break_at(op="sub")
    step = tape.run()

    assert step is not None
    assert step.number == 1
    assert [stop.breakpoint for stop in tape.stops] == [rule, other]
    assert {stop.node for stop in tape.stops} == {step.node}
    assert isinstance(tape.stops[0].error, ZeroDivisionError)
    assert tape.stops[1].error is None


def test_hooks_count_as_changes() -> None:
    """A gradient that a hook changes is one that changed."""
    tape, _, x = graph()
    tape.break_at(condition="grad == 100")
    with hook(x, lambda gradient: 100.0):
        check(tape, [7])
        tape.go_to(7)
        assert tape.grad(x) == 100.0


# --- several of them ----------------------------------------------------------------
@given(roots(), st.lists(st.tuples(st.integers(0, 99), st.booleans()), max_size=4))
def test_only_those_that_are_enabled_stop_and_count(
    root: Value, asked: list[tuple[int, bool]]
) -> None:
    """`stops` names all that stopped at a moment, and each counts its own."""
    tape, reference = Tape(root), Reference(root)
    each = {}
    for place, enabled in asked:
        node = tape.nodes[place % len(tape.nodes)]
        point = tape.break_at(node)
        point.enabled = enabled
        each[point] = node
    seen = dict.fromkeys(each, 0)
    while tape.run() is not None:
        for stop in tape.stops:
            assert stop.node is each[stop.breakpoint]
            assert tape.moment in reference.arrivals(stop.node)
            seen[stop.breakpoint] += 1

    for point, node in each.items():
        expected = len(reference.arrivals(node)) if point.enabled else 0
        assert point.hits == seen[point] == expected
        assert ("disabled" in str(point)) == (not point.enabled)
        assert (f"stopped {expected}×" in str(point)) == (expected > 0)


def test_breakpoints_are_numbered_and_taken_away() -> None:
    """A number is never given twice, so that nobody clears the wrong one."""
    tape, _, _ = graph()
    first, second = tape.break_at("w"), tape.watch("w")
    tape.clear(second)
    third = tape.break_at("w")

    assert [first.number, second.number, third.number] == [1, 2, 3]
    assert tape.breakpoints == [first, third]
    with pytest.raises(ValueError, match=r"no breakpoint .* it has 1, 3$"):
        tape.clear(second)
    assert tape.breakpoints == [first, third]


def test_breakpoints_of_others_keep_their_numbers() -> None:
    """An editor numbers its own."""
    tape, w, _ = graph()
    tape.breakpoints.append(Breakpoint(7, "mine", frozenset([w])))

    assert tape.break_at("x").number == 8
    check(tape, [7])


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({"node": "w"}, "1  break w"),
        ({"node": "n3"}, "1  break n3"),
        ({"op": "*"}, "1  break op *"),
        ({"node": "w", "condition": " grad > 1 "}, "1  break w if grad > 1"),
        ({"condition": "grad > 1"}, "1  break if grad > 1"),
    ],
)
def test_how_a_breakpoint_reads(given: dict[str, str], text: str) -> None:
    """As a person asked for it."""
    tape, _, _ = graph()

    assert str(tape.break_at(**given)) == text


def test_a_watch_is_of_the_node_that_has_the_whole_name() -> None:
    """A label may end in .grad; what is no node is a condition."""
    a, b = Value(2.0, label="x"), Value(3.0, label="x.grad")
    tape = Tape(a * b + a)

    assert tape.watch("x.grad").nodes == frozenset([b])
    assert tape.watch("x.grad.grad").nodes == frozenset([b])
    assert tape.watch("x.data").nodes == frozenset([a])
    assert tape.watch(a).nodes == frozenset([a])
    assert str(tape.watch("x.grad > 1")).endswith("watch x.grad > 1")


# --- lines --------------------------------------------------------------------------
SCRIPT = """\
x, w = Value(2.0), Value(3.0)
y = x * w + x

z = tanh(
    y * 0.5
    - w
)
for i in range(3):
    z = z * w; z = z + i
"""


def script(file: str = "/srv/me/project/model.py") -> dict[str, Any]:
    """Return the names of a script that was run from this file."""
    names = {"Value": Value, "tanh": tanh}
    with record_source():
        exec(compile(SCRIPT, file, "exec"), names)
    return names


def lines(tape: Tape, place: str | int) -> list[str]:
    """Return the operations, and the numbers of the leaves, at a line."""
    nodes = sorted(of_line(tape.nodes, place), key=tape.place)
    return [node.op.name if node.op else str(node.data) for node in nodes]


@pytest.mark.parametrize(
    ("line", "made"),
    [
        (1, ["2.0", "3.0"]),
        (2, ["mul", "add"]),
        (4, ["tanh"]),
        (5, ["mul", "sub", "tanh"]),
        (6, ["sub", "tanh"]),
        (7, ["tanh"]),
        (9, ["mul", "add"] * 3),
    ],
)
@pytest.mark.parametrize(
    "file",
    [
        *("", "model.py:", "project/model.py:", "./model.py:", "project\\model.py:"),
        *("/srv/me/project/model.py:", "me//project/./model.py:"),
        "/srv/me/other/../project/model.py:",
    ],
)
def test_the_nodes_of_a_line(file: str, line: int, made: list[str]) -> None:
    """An expression of several lines is at each of them; a loop makes many at one."""
    tape = Tape(script()["z"])

    assert lines(tape, f"{file}{line}") == made
    assert lines(tape, f" {file}{line} ") == made
    if not file:
        assert lines(tape, line) == made


def test_a_breakpoint_at_a_line() -> None:
    """It stops at each of its nodes, on and back."""
    tape = Tape(script()["z"])
    reference = Reference(tape.root)
    each = tape.break_at(line="model.py:9")
    meant = [node for node in tape.nodes if node in (each.nodes or ())]

    assert str(each) == "1  break line model.py:9"
    assert len(meant) == 6
    check(tape, [m for node in meant for m in reference.arrivals(node)])


@pytest.mark.parametrize(
    ("recorded", "asked"),
    [
        ("C:\\code\\me\\model.py", "C:\\code\\me\\model.py"),
        ("C:\\code\\me\\model.py", "c:\\code\\me\\model.py"),
        ("C:\\code\\me\\model.py", "C:/code/me/model.py"),
        ("C:\\code\\me\\model.py", "me\\model.py"),
        ("C:\\code\\me\\model.py", "me/model.py"),
        ("<ipython-input-3>", "<ipython-input-3>"),
        ("/srv/with:colon/model.py", "with:colon/model.py"),
        ("/srv/פרויקט/model.py", "פרויקט/model.py"),
        ("model.py", str(Path.cwd() / "model.py")),
        (str(Path.cwd() / "model.py"), "../" + Path.cwd().name + "/model.py"),
    ],
)
def test_paths_of_every_system(recorded: str, asked: str) -> None:
    """As the editor writes them, whole or in part."""
    tape = Tape(script(recorded)["z"])

    assert lines(tape, f"{asked}:2") == ["mul", "add"]


@pytest.mark.parametrize(
    ("place", "error", "message"),
    [
        (
            "model.py:3",
            ValueError,
            "at line 3 of model.py; near lines are 1, 2, 4, 5, 9",
        ),
        (3, ValueError, "line 3 of /srv/me/project/model.py; near lines are 1, 2"),
        ("model.py:99999999", ValueError, "near lines are 1, 2, 4, 5, 9"),
        ("odel.py:2", ValueError, "no node was made at line 2 of odel.py$"),
        (
            "other/model.py:2",
            ValueError,
            "no node was made at line 2 of other/model.py$",
        ),
        ("/project/model.py:2", ValueError, "no node was made at line 2"),
        ("C:\\project\\model.py:2", ValueError, "no node was made at line 2"),
        (".:2", ValueError, "no node was made at line 2"),
        (":2:", TypeError, "a line is written as 14 or as file.py:14, not ':2:'"),
        ("model.py", TypeError, "a line is written as 14 or as"),
        ("model.py:x", TypeError, "a line is written as 14 or as"),
        ("model.py:-2", TypeError, "a line is written as 14 or as"),
        ("9" * 5000, TypeError, "a line is written as 14 or as"),
        ("", TypeError, "a line is written as 14 or as"),
        (-2, TypeError, "a line is written as 14 or as"),
        (2.0, TypeError, "a line is written as 14 or as"),
        (True, TypeError, "a line is written as 14 or as"),
    ],
)
def test_lines_where_nothing_was_made(
    place: Any, error: type[Exception], message: str
) -> None:
    """The message names the near lines, or says how a line is written."""
    tape = Tape(script()["z"])
    with pytest.raises(error, match=message):
        tape.break_at(line=place)

    assert tape.breakpoints == []


def test_without_sources_there_are_no_lines() -> None:
    """The message says how to have them."""
    tape, w, _ = graph()
    with hook(w, print), pytest.raises(ValueError, match=r"with record_source\(\):"):
        tape.break_at(line=3)


def test_a_node_with_a_hook_keeps_its_line() -> None:
    """The hook stands beside the source."""
    names = script()
    tape = Tape(names["z"])
    before = lines(tape, 2)
    with hook(names["y"], print):
        assert lines(tape, 2) == before


# --- bad input ----------------------------------------------------------------------
@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        ({}, TypeError, "one of node, op, module and line, or a condition.* nothing"),
        ({"node": "w", "op": "mul"}, TypeError, "got node, op"),
        ({"op": "tahn"}, ValueError, "no operation .* 'tahn'; did you mean 'tanh'"),
        (
            {"op": "log"},
            ValueError,
            "no operation of this graph is called 'log'; known",
        ),
        ({"op": ""}, ValueError, "no operation of this graph is called ''"),
        ({"op": tanh}, TypeError, r"break_at\(op=...\) takes a name, not <op tanh"),
        ({"module": "layer"}, ValueError, "no module .* did you mean 'layers'"),
        ({"module": "layers."}, ValueError, "no module of this graph"),
        ({"module": ""}, ValueError, "no module of this graph"),
        ({"module": 3}, TypeError, r"break_at\(module=...\) takes a name, not 3"),
        ({"node": "ww"}, ValueError, "no node is called 'ww'"),
        ({"node": ""}, ValueError, "no node is called ''"),
        ({"node": "n9"}, ValueError, "no node is called 'n9'"),
        ({"node": 3}, ValueError, "not on this tape"),
        ({"node": Value(1.0)}, ValueError, "not on this tape"),
        ({"condition": ""}, TypeError, "a condition is an expression such as"),
        ({"condition": "1 < 2"}, TypeError, "'1 < 2' asks nothing of the graph"),
        ({"node": "w", "condition": "grad >"}, TypeError, "cannot read"),
        ({"node": "w", "condition": "v.grad > 1"}, ValueError, "no node is called 'v'"),
        ({"node": "w", "condition": 3}, TypeError, "a condition is a text"),
    ],
)
def test_what_is_no_breakpoint(
    given: dict[str, Any], error: type[Exception], message: str
) -> None:
    """Near names are suggested, and no breakpoint is left behind."""
    w = Value(2.0, label="w")
    with scope("layers"):
        tape = Tape(tanh(w * 3.0))
    with pytest.raises(error, match=message):
        tape.break_at(**given)

    assert tape.breakpoints == []


@pytest.mark.parametrize(
    ("what", "error", "message"),
    [
        ("ww", ValueError, "no node is called 'ww'"),
        ("ww.grad", ValueError, "no node is called 'ww'"),
        ("twin", ValueError, "2 nodes are called 'twin'"),
        ("twin.grad", ValueError, "2 nodes are called 'twin'"),
        ("", TypeError, "a condition is an expression"),
        ("1 > 0", TypeError, "asks nothing of the graph"),
        ("w.real", TypeError, r"only \.data and \.grad of a name"),
        (None, TypeError, "one of node, op, module and line"),
        (Value(2.0), ValueError, "not on this tape"),
    ],
)
def test_what_cannot_be_watched(
    what: Any, error: type[Exception], message: str
) -> None:
    """As where a node is named or a condition read."""
    twins = [Value(2.0, label="twin") for _ in range(2)]
    tape = Tape(Value(1.0, label="w") * twins[0] * twins[1])
    with pytest.raises(error, match=message):
        tape.watch(what)

    assert tape.breakpoints == []


def test_hostile_labels_make_readable_breakpoints() -> None:
    """One line, whatever the label; a label that looks like a place is one."""
    labels = ("two\\nlines\r\n", "x" * 10_000, "\x1b[31m", "n0", "w if grad > 1")
    nodes = [Value(1.0, label=label) for label in labels]
    tape = Tape(sum(nodes[1:], nodes[0]))
    for node in nodes:
        assert len(str(tape.break_at(node))) < 60
        assert str(tape.breakpoints[-1]).isprintable()
    assert tape.break_at("n0").nodes == frozenset([nodes[0]])
    assert tape.break_at("w if grad > 1").nodes == frozenset([nodes[4]])


@pytest.mark.parametrize(
    ("asked", "text"),
    [({"op": "mul"}, "op mul"), ({"module": "part"}, "module part")],
)
def test_a_watch_on_a_kind_of_node_stops_at_each_of_its_changes(
    asked: dict[str, str], text: str
) -> None:
    """Forward where one gets its value, backward at each contribution to one."""
    x = Value(2.0, label="x")
    with scope("part"):
        y = x * 3.0
    tape = Tape((y + y) + tanh(y))
    watch = tape.watch(**asked)

    moments = []
    while tape.run() is not None:
        moments.append(tape.moment)

    y_moments = [step.number for step in Tape(tape.root) if y in step.touched]
    assert watch.text == text
    assert moments == y_moments
    assert len(moments) == 3
