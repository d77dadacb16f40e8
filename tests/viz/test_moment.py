"""A moment of a pass, as an option of every picture."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import viz
from autograd_core import Value, scope, tanh
from autograd_core.errors import OperandError
from viz import Moment, to_dot, to_html, to_json, to_mermaid, to_tree

WRITERS: list[Callable[..., str]] = [
    to_dot,
    to_json,
    to_mermaid,
    to_tree,
    lambda root, **options: str(viz.draw(root, **options).source),
]


def midway() -> tuple[Value, Moment]:
    """Return a graph on the way back: y has handed on, h has not."""
    x = Value(2.0, label="x")
    h = tanh(x)
    h.label = "h"
    y = h * x
    y.label = "y"
    y.grad, h.grad, x.grad = 1.0, 2.0, 0.5
    return y, Moment("midway", now=y, partial={x}, sent={y})


def test_the_words_are_in_every_writer() -> None:
    """Caption, step and what is partial are said by each."""
    y, moment = midway()
    for write in WRITERS:
        text = write(y, moment=moment)
        assert "midway" in text
        assert "this step" in text
        assert "so far" in text


def test_what_waits_has_no_number() -> None:
    """Neither value nor complaint, nor what stands on the arrows to it."""
    y, _ = midway()
    h, x = y.parents
    x.data = 7777.0
    h.data = y.data = float("nan")
    moment = Moment("early", now=x, waiting={h, y})
    for write in WRITERS:
        text = write(y, moment=moment)
        assert text.count("not computed yet") >= 2
        assert "nan" not in text
    boxes = json.loads(to_json(y, moment=moment))["boxes"]
    assert [box["data"] for box in boxes] == [7777.0, None, None]
    edges = json.loads(to_json(y, moment=moment))["edges"]
    assert {(e["text"], e["local"], e["contribution"]) for e in edges} == {
        ("", None, None)
    }


def test_terms_stand_where_the_head_has_handed_on() -> None:
    """On the other arrows it is the local derivative alone."""
    y, moment = midway()
    found = json.loads(to_json(y, moment=moment))["edges"]

    assert [edge["contribution"] is not None for edge in found] == [False, True, True]
    assert all(edge["local"] is not None for edge in found)
    whole = json.loads(to_json(y))["edges"]
    assert [edge["contribution"] is not None for edge in whole] == [True] * 3


def test_without_a_moment_nothing_is_marked() -> None:
    """A picture of a whole pass is as it was."""
    y, _ = midway()
    for write in WRITERS:
        assert write(y, moment=None) == write(y)
        assert "this step" not in write(y)
        assert "so far" not in write(y)


def test_a_closed_module_says_how_far_it_is() -> None:
    """How many of its values are computed, and whether the step is inside."""
    x = Value(2.0, label="x")
    with scope("net"):
        h = tanh(x)
        y = h * 3.0
    rows = [
        row
        for box in json.loads(to_json(y, depth=0, moment=Moment("m", h, {y})))["boxes"]
        for row in box["rows"]
    ]

    assert ["2 computed"] in rows
    assert ["this step"] in rows


def test_both_themes_mark_the_step(tmp_path: Path) -> None:
    """By a fill of its own, which no other box has."""
    y, moment = midway()
    marked = {"light": "#fbdce6", "dark": "#57243a"}
    for theme, fill in marked.items():
        path = tmp_path / f"{theme}.svg"
        for renderer in (None, "built-in"):
            viz.render(y, path, theme=theme, renderer=renderer, moment=moment)
            assert path.read_text(encoding="utf-8").count(fill) == 1
        viz.render(y, path, theme=theme)
        assert fill not in path.read_text(encoding="utf-8")


def test_a_page_and_a_comparison_take_none(tmp_path: Path) -> None:
    """A page plays all moments, `diff` has two graphs; both say so."""
    y, moment = midway()
    with pytest.raises(OperandError, match="plays every moment"):
        to_html(y, moment=moment)
    with pytest.raises(OperandError, match="plays every moment"):
        viz.render(y, tmp_path / "page.html", moment=moment)
    with pytest.raises(OperandError, match="diff compares whole passes"):
        viz.diff(y, y, tmp_path / "diff.svg", moment=moment)
    with pytest.raises(OperandError, match="leave moment or expand out"):
        to_dot(y, moment=moment, expand=True)

    assert list(tmp_path.iterdir()) == []


BAD: list[tuple[dict[str, Any], str]] = [
    ({"caption": 3}, "takes a text"),
    ({"caption": "", "now": "x"}, "now=...\\) takes a Value"),
    ({"caption": "", "waiting": Value(1.0)}, "waiting=...\\) takes a set of Values"),
    ({"caption": "", "partial": ["x"]}, "partial=...\\) takes a set of Values"),
    ({"caption": "", "sent": None}, "sent=...\\) takes a set of Values"),
    ({"caption": "", "sent": "x"}, "sent=...\\) takes a set of Values"),
]


@pytest.mark.parametrize(("facts", "message"), BAD)
def test_what_is_no_moment_is_refused(facts: dict[str, Any], message: str) -> None:
    """The message names the field."""
    with pytest.raises(OperandError, match=message):
        Moment(**facts)


def test_something_else_than_a_moment_is_refused() -> None:
    """Such as the number of one."""
    anything: Any = 3
    with pytest.raises(OperandError, match=r"moment takes a viz\.Moment, not 3"):
        to_dot(Value(1.0), moment=anything)


def test_any_collection_of_values_will_do() -> None:
    """It is kept as a set, so that a long list takes no longer."""
    x = Value(1.0)
    assert Moment("", waiting=[x, x], sent=(x,)).waiting == frozenset({x})
