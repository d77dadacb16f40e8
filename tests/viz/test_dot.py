"""The graph as DOT text."""

import os
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree

import pytest
from graphs import SCOPED_STEPS, ScopedSteps, in_modules
from hostile import LABELS, labels
from hypothesis import given
from hypothesis import strategies as st

import nn
import viz
from autograd_core import Value, scope, tanh
from viz.picture import picture
from viz.style import theme_of

HERE = Path(__file__).parent

# One attribute, its quoted text read as the DOT language defines it.
ATTRIBUTE = r'\w+="(?:[^"\\\n]|\\.)*"'
STATEMENT = re.compile(
    rf" *(?:graph|node|edge|[nl]\d+(?: -> n\d+)?) \[{ATTRIBUTE}(?:, {ATTRIBUTE})*\]"
)
CLUSTER = re.compile(r' +subgraph "cluster(?:[^"\\\n]|\\.)*" \{')


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


def opened(text: str) -> list[int]:
    """Check that each line of DOT is a statement; return how deep each one stands."""
    head, *lines, tail = text.splitlines()
    depths = [1]
    for line in lines:
        closes = line.strip() == "}"
        assert closes or STATEMENT.fullmatch(line) or CLUSTER.fullmatch(line)
        depth = depths[-1] - closes
        assert line.startswith("    " * depth)
        depths.append(depth + bool(CLUSTER.fullmatch(line)))
    assert (head, tail, depths[-1]) == ("digraph {", "}", 1)
    return depths


@given(SCOPED_STEPS, st.integers(0, 4) | st.none(), st.sampled_from(["light", "dark"]))
def test_clusters_are_statements(
    steps: ScopedSteps, depth: int | None, theme: str
) -> None:
    """Modules of any name nest, and every box and arrow stands in the text once."""
    root = in_modules(steps)
    text = viz.to_dot(root, depth=depth, theme=theme)
    shown = picture(root, depth=depth)
    opened(text)
    ids = Counter(re.findall(r'\[id="(\w+)"', text))

    assert ids == Counter([x.id for x in (*shown.boxes, *shown.edges)])
    assert text.count("subgraph") == len(set(re.findall(r"subgraph .*", text)))


@given(labels, labels)
def test_modules_of_any_name_stay_inside_their_quotes(outer: str, inner: str) -> None:
    """A scope adds no statement, whatever its name holds."""
    with scope(outer), scope(inner):
        y = tanh(tanh(Value(1.0)))

    opened(viz.to_dot(y))
    opened(viz.to_dot(y * 2.0, depth=0))


@pytest.mark.parametrize("label", LABELS)
def test_modules_with_hostile_names_are_drawn(label: str) -> None:
    """graphviz-pure draws clusters of any name, with the boxes in them."""
    if "graphviz-pure" not in viz.renderers():
        pytest.skip("graphviz-pure is not installed")
    with scope(label), scope("legend"):
        y = tanh(Value(1.0, label="x"))
    y.backward()
    source = viz.to_dot(y * 2.0)
    program = Path(sys.executable).with_name("graphviz-pure")
    done = subprocess.run(
        [program, "-Tsvg"], input=source.encode(), capture_output=True, timeout=60
    )
    texts = "".join(ElementTree.fromstring(done.stdout).itertext())

    assert done.returncode == 0, done.stderr
    assert b"rror" not in done.stderr
    assert "tanh" in texts
    assert "legend" in texts


def test_a_module_called_legend_is_not_the_legend() -> None:
    """The name of no scope is that of the legend's cluster."""
    with scope("legend"):
        y = tanh(Value(1.0))
    y.backward()
    names = re.findall(r'subgraph "([^"]*)"', viz.to_dot(y))

    assert names == ["cluster_legend", "cluster legend"]


def test_an_mlp_is_clusters_in_clusters() -> None:
    """Model, layers and neurons are clusters by their names, parameters in them."""
    text = viz.to_dot(nn.MLP(2, [2, 1], seed=0)([1.0, 2.0]))

    assert sorted(re.findall(r'subgraph "cluster_(.*)" \{', text)) == [
        *("MLP", "MLP.layers.0", "MLP.layers.0.neurons.0", "MLP.layers.0.neurons.1"),
        *("MLP.layers.1", "MLP.layers.1.neurons.0"),
    ]
    bias = next(s for s in text.splitlines() if "layers.0.neurons.1.bias" in s)
    assert bias.startswith("    " * 4 + "n")


def test_scopes_without_end_need_no_recursion() -> None:
    """Ten thousand scopes in each other are fifty clusters at most."""
    y = tanh(Value(1.0, label="x"))
    y.scope = ".".join("m" * 10_000)

    assert max(opened(viz.to_dot(y))) == 52


def test_the_legend_says_what_lines_mean() -> None:
    """Each level has a text and a line in the legend, if there are gradients."""
    root = square_plus()
    lines = [s for s in viz.to_dot(root).splitlines() if s.strip().startswith("l")]

    assert ["≥ 1" in line for line in lines] == [False] * 4 + [True]
    assert len(set(re.findall(r'penwidth="([\d.]+)"', "".join(lines)))) == 5
    assert "legend" not in viz.to_dot(Value(1.0) * 2.0)


@pytest.mark.parametrize("name", ["light", "dark"])
def test_a_theme_colours_all(name: str) -> None:
    """Paper, ink, fills and lines are the theme's, and no other colour is used."""
    root = nn.MLP(2, [2, 1], seed=0)([1.0, Value(0.0, label="x")]) * 2.0
    root.backward()
    theme = theme_of(name)
    used = set(re.findall(r"#[0-9a-f]{6}", viz.to_dot(root, theme=name)))
    known = {theme.paper, theme.ink, theme.quiet, theme.line, theme.root}

    assert used <= known | set(theme.fills.values()) | set(theme.levels)
    assert {theme.paper, theme.ink, theme.quiet, theme.root} <= used


@pytest.mark.parametrize("root", [None, 1.0, [Value(1.0)]])
def test_anything_but_a_value_is_refused(root: object) -> None:
    """A root that is not a Value is a TypeError with advice."""
    with pytest.raises(TypeError, match=r"got (NoneType|float|list)"):
        viz.to_dot(root)  # type: ignore[arg-type]
