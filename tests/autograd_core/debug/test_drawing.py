"""A picture of a moment: the numbers of the tape, and nothing that is not known yet."""

import json
import math
import os
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from hostile import LABELS
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from random_graphs import STEPS, grown
from reference_passes import HOSTILE, Reference, bits, recipes

import nn
from autograd_core import Value, hook, record_source, relu, tanh, total, where
from autograd_core.debug import Tape, draw
from autograd_core.debug.drawing import snapshot
from viz import RenderError

SVG = "{http://www.w3.org/2000/svg}"
SHARES = st.floats(0, 1)
SMALL = recipes().map(lambda recipe: recipe.nodes()[-1]) | STEPS.map(
    lambda steps: grown(steps[:20])[-1]
)
IN_A_FOLDER = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


def at(root: Value, share: float) -> Tape:
    """Return a tape that has done this share of its steps."""
    tape = Tape(root)
    tape.go_to(round(share * len(tape)))
    return tape


def drawn(tape: Tape, folder: Path) -> Any:
    """Return the picture with every digit, read as strict JSON."""

    def refuse(name: str) -> float:
        raise AssertionError(f"{name} is not JSON")

    text = draw(tape, folder / "moment.json").read_text(encoding="utf-8")
    return json.loads(text, parse_constant=refuse)


def svg_of(tape: Tape, folder: Path) -> ElementTree.Element:
    """Return the picture that `draw` writes."""
    return ElementTree.parse(draw(tape, folder / "moment.svg")).getroot()


def group(svg: ElementTree.Element, id_: str) -> list[str]:
    """Return the texts of a box or an arrow."""
    (found,) = (g for g in svg.iter(f"{SVG}g") if g.get("id") == id_)
    return [text.text or "" for text in found.iter(f"{SVG}text")]


def read(number: Any) -> str:
    """Return a number of a picture bit for bit."""
    return "none" if number is None else bits(float(number))


# --- a copy with the numbers of the tape --------------------------------------------
@given(SMALL, SHARES, st.integers(0, 10**6), st.sampled_from(HOSTILE))
def test_a_snapshot_is_the_moment(
    root: Value, share: float, place: int, number: float
) -> None:
    """Copies have the tape's numbers, also those that follow from one that was set."""
    tape = at(root, share)
    tape.set(tape.nodes[place % len(tape.nodes)], number)
    before = [(bits(node.data), bits(node.grad)) for node in tape.nodes]
    copies = snapshot(tape)

    for node, copied in copies.items():
        gradient = tape.grad(node)
        if tape.data(node) is not None:
            assert bits(copied.data) == bits(tape.data(node))
        assert bits(copied.grad if copied.has_grad else None) == bits(gradient)
        assert copied.parents == tuple(copies[parent] for parent in node.parents)
        assert copied.op is node.op
        assert [*map(bits, copied.local_derivatives())] == [
            *map(bits, tape.local_derivatives(node))
        ]
    assert list(copies) == tape.nodes
    assert [(bits(node.data), bits(node.grad)) for node in tape.nodes] == before


def test_a_snapshot_of_values_that_were_set() -> None:
    """Local derivatives are those at the operands, also of a node that was set."""
    x = Value(0.5)
    h = tanh(x)
    tape = Tape(h * 3.0)
    tape.go_to(len(tape))
    for node, number in ((x, 0.25), (h, 0.9)):
        tape.set(node, number)
        copied = snapshot(tape)[h]
        assert copied.local_derivatives() == (tanh.partials[0](math.tanh(0.25), 0.25),)
        assert copied.data == tape.data(h)


# --- the numbers --------------------------------------------------------------------
@IN_A_FOLDER
@given(root=SMALL, share=SHARES)
def test_the_numbers_are_those_of_the_tape(
    root: Value, share: float, tmp_path: Path
) -> None:
    """Every box and every arrow, at any moment; what is not known yet is not shown."""
    tape = at(root, share)
    found, reference = drawn(tape, tmp_path), Reference(root)
    grads = reference.grads(tape.moment)
    names = {
        box["id"]: node for box, node in zip(found["boxes"], tape.nodes, strict=True)
    }

    for box, node in zip(found["boxes"], tape.nodes, strict=True):
        waits = reference.computed_at(node) > tape.moment
        value = None if waits else reference.values[node]
        assert read(box["data"]) == bits(value)
        assert read(box["grad"]) == bits(grads.get(node))
        rows = [cell for row in box["rows"] for cell in row]
        assert ("not computed yet" in rows) == waits
        assert any("so far" in cell for cell in rows) == (
            reference.state(node, tape.moment) == "partial"
        )
        if waits:
            assert not re.search(r"\d", " ".join(rows[len(box["rows"][0]) :]))
    for edge in found["edges"]:
        check_edge(edge, names, reference, tape)


def check_edge(
    edge: Any, names: dict[str, Value], reference: Reference, tape: Tape
) -> None:
    """Check what stands on an arrow."""
    head, grads = names[edge["head"]], reference.grads(tape.moment)
    if reference.computed_at(head) > tape.moment:
        assert (edge["text"], edge["local"], edge["contribution"]) == ("", None, None)
        assert "not computed yet" in edge["title"]
        return
    sent = reference.sent_at(head)
    has_sent = sent is not None and sent <= tape.moment and head in grads
    local = reference.local_derivatives(head)[edge["operand"]]
    upstream = grads[head] if has_sent else None
    assert read(edge["local"]) == bits(local)
    assert read(edge["upstream"]) == bits(upstream)
    amount = None if upstream is None or local is None else upstream * local
    assert read(edge["contribution"]) == bits(amount)


def moments(root: Value) -> Iterator[Tape]:
    """Yield a tape at each of its moments."""
    tape = Tape(root)
    for moment in range(len(tape) + 1):
        tape.go_to(moment)
        yield tape


def test_every_moment_of_a_small_network(tmp_path: Path) -> None:
    """An SVG parses, marks the step, and counts the moments."""
    x, w = Value(2.0, label="x"), Value(-3.0, label="w")
    loss = (tanh(x * w) - 1.0) ** 2 + x * 0.1
    for tape in moments(loss):
        texts = [text.text or "" for text in svg_of(tape, tmp_path).iter(f"{SVG}text")]
        assert texts.count("this step") == (tape.moment > 0)
        (caption,) = (t for t in texts if t.startswith("moment "))
        assert caption.startswith(f"moment {tape.moment} of {len(tape)}: ")
        if tape.last:
            here = group(svg_of(tape, tmp_path), tape.names.id(tape.last.node))
            assert "this step" in here
        assert not [t for t in texts if "nan" in t or "None" in t]


def test_what_a_learner_sees_on_the_way_back(tmp_path: Path) -> None:
    """Partial gradients say so, arrows show terms once they are handed on."""
    x = Value(3.0, label="x")
    tape = Tape(tanh(x) * x)
    tape.go_to(4)  # n2 = n1 * x has handed on, n1 = tanh(x) has not
    svg = svg_of(tape, tmp_path)

    assert group(svg, "n0") == ["x", "input", "data 3", "grad 0.9951 so far"]
    assert group(svg, "n2") == [
        "n2",
        "*",
        "output",
        "data 2.985",
        "grad 1",
        "this step",
    ]
    assert group(svg, "e2_1") == ["1 × 0.9951 = 0.9951"]
    assert group(svg, "e1_0") == ["0.009866"]
    tape.go_to(len(tape))
    svg = svg_of(tape, tmp_path)
    assert group(svg, "n0") == ["x", "input", "data 3", "grad 1.025 = 0.0296 + 0.9951"]
    assert group(svg, "e1_0") == ["3 × 0.009866 = 0.0296"]


def test_a_branch_not_taken_gets_no_gradient(tmp_path: Path) -> None:
    """At the end it has none, before that none yet."""
    x = Value(3.0, label="x")
    y = x * 2.0
    y.label = "y"
    tape = Tape(where(x > 0, x, y) * 5.0)
    tape.go_to(tape.forward_steps + 1)
    assert "no gradient yet" in group(svg_of(tape, tmp_path), tape.names.id(y))
    tape.go_to(len(tape))
    assert "no gradient" in group(svg_of(tape, tmp_path), tape.names.id(y))


def test_what_was_set_is_drawn(tmp_path: Path) -> None:
    """The picture has the numbers that would be, the nodes keep theirs."""
    x = Value(3.0, label="x")
    h = x * x
    h.label = "h"
    tape = Tape(h * 2.0)
    tape.go_to(len(tape))
    tape.set(x, 5.0)
    svg = svg_of(tape, tmp_path)

    assert group(svg, "n0") == ["x", "input", "data 5", "grad 20 = 10 + 10"]
    assert group(svg, "n1") == ["h", "*", "data 25", "grad 2", "this step"]
    assert (x.data, x.has_grad) == (3.0, False)
    tape.restore()
    assert "data 3" in group(svg_of(tape, tmp_path), "n0")


def test_what_a_hook_made_is_drawn(tmp_path: Path) -> None:
    """A gradient is the one that was handed on."""
    x = Value(3.0, label="x")
    y = x * 2.0
    tape = Tape(y * 1.0)
    with hook(y, lambda gradient: 10 * gradient):
        tape.go_to(len(tape))
        svg = svg_of(tape, tmp_path)

    assert "grad 20" in group(svg, "n0")[-1]


def test_sources_stand_in_the_tooltips(tmp_path: Path) -> None:
    """A box says which line made it."""
    with record_source():
        x = Value(3.0, label="x")
        y = tanh(x)
    place = y.source.place if y.source else "nowhere"
    found = drawn(at(y, 1.0), tmp_path)

    assert found["boxes"][1]["title"].endswith(place)


@pytest.mark.parametrize("label", LABELS)
def test_any_label_is_drawn(label: str, tmp_path: Path) -> None:
    """A file is well-formed whatever stands in a label, and so does its caption."""
    x = Value(3.0, label=label)
    y = tanh(x)
    y.label = label
    assert svg_of(at(y * x, 0.5), tmp_path) is not None
    assert len(drawn(at(y * x, 0.5), tmp_path)["boxes"]) == 3


def test_numbers_have_the_names_of_the_tape(tmp_path: Path) -> None:
    """What has no label is called as the debugger calls it, n7; a constant, nothing."""
    tape = at(Value(1.0) * 2.0 + Value(3.0, label="b"), 1.0)
    labels = [box["label"] for box in drawn(tape, tmp_path)["boxes"]]

    assert labels == ["n0", "", "n2", "b", "n4"]


# --- large graphs -------------------------------------------------------------------
def test_a_module_is_drawn_around_the_step(tmp_path: Path) -> None:
    """Of a network of 408 values the step is seen, with what it takes and gives."""
    model = nn.MLP(2, [16, 16, 1], seed=0)
    y = model([Value(0.5, label="a"), Value(-1.0, label="c")])
    tape = Tape((y - 1.0) ** 2)
    for moment in range(1, len(tape) + 1, 7):
        tape.go_to(moment)
        found, step = drawn(tape, tmp_path), tape.last
        now = [box for box in found["boxes"] if ["this step"] in box["rows"]]
        assert step is not None
        assert [box["label"] for box in now] == [tape.names.of(step.node)]
        assert len(found["boxes"]) <= 60
        ids = {box["label"] for box in found["boxes"]}
        assert {tape.names.of(p) for p in step.node.parents[:16] if p.label} <= ids
    tape.go_to(0)
    labels = [box["label"] for box in drawn(tape, tmp_path)["boxes"]]
    assert tape.names.of(tape.root) in labels


def chain(count: int) -> Tape:
    """Return the tape of a long chain with a hub at its side."""
    x = y = Value(1.0, label="x")
    for _ in range(count // 2):
        y = y * 1.0 if y is x else y + x
    return Tape(y)


def test_a_large_graph_is_drawn_around_the_step(tmp_path: Path) -> None:
    """The picture of 100,000 values is as small as that of 1,000, and as bounded."""

    def seconds(count: int) -> float:
        tape = chain(count)
        tape.go_to(len(tape) // 2)
        start = time.perf_counter()
        found = drawn(tape, tmp_path)
        assert len(found["boxes"]) <= 60
        assert ["this step"] in [row for box in found["boxes"] for row in box["rows"]]
        return time.perf_counter() - start

    small = min(seconds(10_000) for _ in range(3))
    assert seconds(100_000) < 40 * small


def test_a_step_with_thousands_of_operands(tmp_path: Path) -> None:
    """They are shown as one box, or a few of them are; the step is seen."""
    leaves = [Value(1.0) for _ in range(2_000)]
    for operands in (leaves, [x * 2.0 for x in leaves]):
        tape = Tape(total(operands))
        tape.go_to(tape.forward_steps)
        boxes = drawn(tape, tmp_path)["boxes"]

        assert len(boxes) <= 60
        assert boxes[-1]["data"] == tape.root.data
        assert ["this step"] in boxes[-1]["rows"]


# --- files --------------------------------------------------------------------------
@pytest.mark.parametrize("suffix", ["svg", "dot", "mmd", "json", "txt"])
def test_every_kind_of_picture_is_written(suffix: str, tmp_path: Path) -> None:
    """Those that `viz.render` can write anywhere; each shows the moment."""
    tape = at(relu(Value(2.0, label="x")) * 3.0, 0.2)
    path = draw(tape, tmp_path / f"moment.{suffix}")
    text = path.read_text(encoding="utf-8")

    assert path == tmp_path / f"moment.{suffix}"
    assert f"moment {tape.moment} of {len(tape)}" in text
    assert "not computed yet" in text
    assert "this step" in text


def test_a_page_is_refused() -> None:
    """It plays every moment, and would not show this one."""
    with pytest.raises(TypeError, match="plays every moment"):
        draw(Tape(Value(1.0) * 2.0), "moment.html")
    assert not Path("moment.html").exists()


def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    """The error names it; what stood there before stays, and nothing else is left."""
    tape = at(Value(1.0) * 2.0, 0.5)
    with pytest.raises(FileNotFoundError, match="make it first"):
        draw(tape, tmp_path / "nowhere" / "moment.svg")
    (tmp_path / "folder.svg").mkdir()
    with pytest.raises(OSError, match="it is a folder"):
        draw(tape, tmp_path / "folder.svg")
    with pytest.raises(RenderError, match="end it with one of"):
        draw(tape, tmp_path / "moment.xyz")

    assert os.listdir(tmp_path) == ["folder.svg"]
    assert tape.moment == round(0.5 * len(tape))
