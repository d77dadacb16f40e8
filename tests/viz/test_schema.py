"""The graph as JSON."""

import json
import math
from pathlib import Path
from typing import Any

import pytest
from hostile import LABELS, labels
from hypothesis import given
from hypothesis import strategies as st

import nn
from autograd_core import Value, log
from viz.picture import picture
from viz.schema import FORMAT, VERSION, json_text, to_json

from .test_dot import square_plus

HERE = Path(__file__).parent


def strict(text: str) -> Any:
    """Read a text as strict JSON: no NaN, no Infinity, no half surrogate pair."""

    def refuse(name: str) -> float:
        raise AssertionError(f"{name} is not JSON")

    found = json.loads(text, parse_constant=refuse)
    json.dumps(found, ensure_ascii=False).encode()
    return found


def test_bytes_are_the_examined_ones() -> None:
    """The text of x * x + y is the one that was read."""
    golden = (HERE / "golden.json").read_text(encoding="utf-8")

    assert to_json(square_plus()) == golden


def test_numbers_have_every_digit() -> None:
    """What is read back equals the graph's floats, and so do the terms."""
    x, y = Value(0.1 + 0.2, label="x"), Value(1 / 3, label="y")
    root = x * y
    root.backward()
    found = strict(to_json(root))

    assert [box["data"] for box in found["boxes"]] == [x.data, y.data, root.data]
    assert [box["grad"] for box in found["boxes"]] == [x.grad, y.grad, root.grad]
    for edge in found["edges"]:
        assert edge["contribution"] == edge["upstream"] * edge["local"]
    assert [edge["operand"] for edge in found["edges"]] == [0, 1]


def test_it_says_what_it_is() -> None:
    """Format and version come first, and the root is named."""
    found = strict(to_json(square_plus()))

    assert list(found)[:2] == ["format", "version"]
    assert (found["format"], found["version"]) == (FORMAT, VERSION)
    assert found["root"] == "n3"


def test_what_is_not_finite_is_a_string() -> None:
    """Nan and the infinities are written as strings, at data, gradient and edge."""
    x = Value(math.inf, label="x")
    root = (x - x) * Value(-math.inf) + log(Value(0.0))
    root.backward()
    found = strict(to_json(root))
    data = [box["data"] for box in found["boxes"]]

    assert {"nan", "inf", "-inf"} <= set(map(str, data))
    assert any(edge["local"] == "inf" for edge in found["edges"])


def test_what_is_not_known_is_null() -> None:
    """Before a backward pass gradients are null, not 0; so is a constant's."""
    found = strict(to_json(Value(3.0, label="x") * 2))

    assert [box["grad"] for box in found["boxes"]] == [None, None, None]
    assert [edge["upstream"] for edge in found["edges"]] == [None, None]
    assert [edge["local"] for edge in found["edges"]] == [2.0, None]


def test_modules_are_paths() -> None:
    """A box names the modules around it; a closed module counts its values."""
    model = nn.MLP(2, [2, 1], seed=0)
    root = model([0.5, -1.0])
    root.backward()
    whole, closed = strict(to_json(root)), strict(to_json(root, depth=1))
    paths = [box["module"] for box in whole["boxes"]]
    (layer,) = (box for box in closed["boxes"] if box["label"] == "layers.0")

    assert ["MLP", "layers.0", "neurons.1"] in paths
    assert layer["kind"] == "module"
    assert layer["module"] == ["MLP"]
    assert layer["count"] > 1
    assert layer["largest"] > 0
    assert layer["data"] is None
    assert any(edge["count"] > 1 for edge in closed["edges"])


@given(st.lists(labels, min_size=1, max_size=4))
def test_any_labels_are_read_back(texts: list[str]) -> None:
    """A label is itself again; only half a surrogate pair is written as an escape."""
    root = sum((Value(1.0, label=text) for text in texts), Value(0.0))
    shown = picture(root)
    found = strict(json_text(shown))

    assert [box["id"] for box in found["boxes"]] == [box.id for box in shown.boxes]
    assert [(edge["tail"], edge["head"]) for edge in found["edges"]] == [
        (f"n{edge.tail}", f"n{edge.head}") for edge in shown.edges
    ]
    written = [text.encode(errors="backslashreplace").decode() for text in texts]
    assert sorted(filter(None, (box["label"] for box in found["boxes"]))) == sorted(
        filter(None, written)
    )


@pytest.mark.parametrize("label", LABELS)
def test_the_text_is_ascii(label: str) -> None:
    """A document prints on any terminal and is one line for each box and edge."""
    text = to_json(Value(1.0, label=label) * 2)

    assert text.isascii()
    assert text.count('\n    {"id"') == 3 + 2


def test_anything_but_a_value_is_refused() -> None:
    """The root is checked as everywhere."""
    with pytest.raises(TypeError, match="one Value; got list"):
        to_json([Value(1.0)])  # type: ignore[arg-type]
