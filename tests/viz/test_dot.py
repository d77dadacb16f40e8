"""The graph as DOT text."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import viz
from autograd_core import Value

from .hostile import LABELS, labels

HERE = Path(__file__).parent

# One attribute, its quoted text read as the DOT language defines it.
ATTRIBUTE = r'\w+="(?:[^"\\\n]|\\.)*"'
STATEMENT = re.compile(
    rf"    (?:graph|node|edge|n\d+(?: -> n\d+)?) \[{ATTRIBUTE}(?:, {ATTRIBUTE})*\]"
)


def square_plus() -> Value:
    """Return x * x + y after its backward pass."""
    x, y = Value(3.0, label="x"), Value(4.0, label="y")
    root = x * x + y
    root.backward()
    return root


def test_bytes_are_the_examined_ones() -> None:
    """The text of x * x + y is the one that was read and looked at."""
    golden = (HERE / "golden.dot").read_text(encoding="utf-8")

    assert viz.to_dot(square_plus()) == golden


def test_bytes_are_the_same_every_run() -> None:
    """Another process with another hash seed writes the same bytes."""
    program = (
        "import sys; from autograd_core import Value; import viz\n"
        "xs = [Value(i / 7, label=f'x{i}') for i in range(30)]\n"
        "root = sum((x * x.tanh() for x in xs), xs[0])\n"
        "root.backward(); from viz.picture import picture; from viz.svg import to_svg\n"
        "sys.stdout.buffer.write((viz.to_dot(root) + to_svg(picture(root))).encode())"
    )
    runs = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "PYTHONHASHSEED": seed},
            cwd=HERE.parents[1],
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("0", "1", "2718")
    }

    assert len(runs) == 1


@pytest.mark.parametrize("label", LABELS)
def test_hostile_labels_stay_inside_their_quotes(label: str) -> None:
    """Whatever a label holds, each line is one statement with quoted attributes."""
    head, *lines, tail = viz.to_dot(Value(1.0, label=label) * 2).splitlines()

    assert (head, tail) == ("digraph {", "}")
    assert len(lines) == 3 + 3 + 2
    for line in lines:
        assert STATEMENT.fullmatch(line)


@given(st.lists(labels, min_size=1, max_size=4))
def test_any_labels_stay_inside_their_quotes(texts: list[str]) -> None:
    """No combination of characters adds, removes or breaks a statement."""
    root = sum((Value(1.0, label=text) for text in texts), Value(0.0))
    lines = viz.to_dot(root).split("\n")[1:-2]

    assert len(lines) == 3 + (2 * len(texts) + 1) + 2 * len(texts)
    assert all(STATEMENT.fullmatch(line) for line in lines)


def test_text_is_plain_dot(neuron: Value) -> None:
    """No HTML labels and no short colours, which some renderers misread."""
    text = viz.to_dot(neuron)

    assert "label=<" not in text
    assert set(map(len, re.findall(r'"#([^"]*)"', text))) == {6}
    assert 'rankdir="LR"' in text


def test_outlines_differ_without_colour() -> None:
    """Leaf, constant, result and root differ in style or thickness, not only fill."""
    text = viz.to_dot(Value(3.0, label="x") * 2 + 1)
    by_id = {line.split()[0]: line for line in text.splitlines() if " -> " not in line}

    assert 'style="filled,rounded"' in by_id["n0"]
    assert 'style="filled,dashed"' in by_id["n1"]
    assert "style=" not in by_id["n2"] + by_id["n4"]
    assert "|output}" in by_id["n4"]


def test_a_long_chain_needs_no_recursion() -> None:
    """A chain of 20,000 nodes is written out under a low recursion limit."""
    x = Value(1.0)
    for _ in range(20_000):
        x = -x

    assert viz.to_dot(x, limit=20_001).count(" -> ") == 20_000


@pytest.mark.parametrize("root", [None, 1.0, [Value(1.0)]])
def test_anything_but_a_value_is_refused(root: object) -> None:
    """A root that is not a Value is a TypeError with advice."""
    with pytest.raises(TypeError, match=r"got (NoneType|float|list)"):
        viz.to_dot(root)  # type: ignore[arg-type]
