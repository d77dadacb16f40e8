"""The graph as Mermaid text."""

import re
import warnings
from pathlib import Path

import pytest
from hostile import LABELS, labels
from hypothesis import given
from hypothesis import strategies as st

import nn
from autograd_core import Value, scope
from viz.mermaid import mermaid_text, to_mermaid
from viz.picture import Picture, picture

from .test_dot import square_plus

HERE = Path(__file__).parent

# What Mermaid's grammar takes for a quoted text: anything up to the next quote.
NODE = re.compile(r' +(\w+)(?:\["([^"]*)"\]|\("([^"]*)"\))')
EDGE = re.compile(r'    (\w+) (?:-->|-\.->)(?:\|"([^"]*)"\|)? (\w+)')
SUBGRAPH = re.compile(r' +subgraph m\d+\["([^"]+)"\]')

NEEDLES = (
    *("end", "- a list", "12. a list", "+ plus", "`code`", "**bold** _i_ ~~s~~"),
    *("$$x^2$$", "#quot; #35;", "style x: y#z;", "classDef a:#b;", "%%{init: {}}%%"),
    *("ﬂ°°35¶ß", "[a](http://b.c)", "{{}}", "a --> b", ":::x", "|x|", "a_b", "---"),
)


def read(text: str) -> str:
    """Return what Mermaid shows for a text with entities."""
    shown = re.sub(r"#(\d+);", lambda entity: chr(int(entity[1])), text)
    return shown.replace("\u2060", "").replace("\u00a0", " ")


def rows(text: str) -> list[str]:
    """Return the lines of a node."""
    return [read(row) for row in text.split("<br>")]


def statements(text: str) -> list[str]:
    """Return the lines between the title and the styles."""
    lines = text.splitlines()
    first = next(i for i, line in enumerate(lines) if "accTitle" in line) + 1
    last = next(i for i, line in enumerate(lines) if line[:12] == "    classDef")
    return lines[first:last]


def assert_same_graph(shown: Picture) -> None:
    """Read the text back: every box with its rows, every edge, and nothing else."""
    lines = statements(mermaid_text(shown))
    nodes = [m for line in lines if (m := NODE.fullmatch(line))]
    edges = [m for line in lines if (m := EDGE.fullmatch(line))]
    found = {m[1]: rows(m[2] or m[3]) for m in nodes if m[1].startswith("n")}

    assert found == {b.id: [" · ".join(row) for row in b.rows] for b in shown.boxes}
    assert [(m[1], m[3], read(m[2] or "")) for m in edges] == [
        (f"n{edge.tail}", f"n{edge.head}", edge.text) for edge in shown.edges
    ]
    frames = sum(bool(SUBGRAPH.fullmatch(line)) for line in lines)
    ends = sum(line.strip() == "end" for line in lines)
    assert frames == ends
    assert len(lines) == len(nodes) + len(edges) + frames + ends


def test_bytes_are_the_examined_ones() -> None:
    """The text of x * x + y is the one that was read, and drawn by Mermaid."""
    golden = (HERE / "golden.mmd").read_text(encoding="utf-8")

    assert to_mermaid(square_plus()) == golden


@pytest.mark.parametrize("label", [*LABELS, *NEEDLES])
def test_hostile_labels_are_read_back(label: str) -> None:
    """Whatever a label holds, Mermaid reads the same graph and shows the label."""
    with scope(f"{label[:30]}..weight"):
        inside = Value(1.0, label=label) * 2

    assert_same_graph(picture(inside * 3))


@given(st.lists(st.one_of(labels, st.sampled_from(NEEDLES)), min_size=1, max_size=4))
def test_any_labels_are_read_back(texts: list[str]) -> None:
    """No combination of characters adds, removes or breaks a statement."""
    root = sum((Value(1.0, label=text) for text in texts), Value(0.0))

    assert_same_graph(picture(root))


@given(st.lists(labels, min_size=1, max_size=4))
def test_nothing_is_left_for_mermaid_to_read_twice(texts: list[str]) -> None:
    """No line break, formula, entity mark or end of an entity stays in a label."""
    root = sum((Value(1.0, label=text) for text in texts), Value(0.0))
    text = "\n".join(statements(to_mermaid(root)))
    # The order in which Mermaid does it: its marks, entities, then these.
    shown = re.sub(r"#(\d+);", lambda entity: chr(int(entity[1])), text)

    assert not re.search(r"\\n|\$\$|ﬂ°|¶ß", shown)


def test_modules_are_subgraphs() -> None:
    """The boxes of a module stand in a subgraph, and modules within modules too."""
    model = nn.MLP(2, [2, 1], seed=0)
    shown = picture(model([0.5, -1.0]))
    lines = statements(mermaid_text(shown))
    named = [read(m[1]) for line in lines if (m := SUBGRAPH.fullmatch(line))]

    assert sorted(named) == [
        *("MLP", "layers.0", "layers.1", "neurons.0", "neurons.0", "neurons.1")
    ]
    assert_same_graph(shown)


def test_parallel_edges_and_levels_are_kept() -> None:
    """Two arrows of x * x are two statements, and each has its style by number."""
    text = to_mermaid(square_plus())

    assert text.count('n0 -->|"1 × 3 = 3"| n1') == 2
    assert re.search(r"linkStyle 0,1,2,3 stroke:#\w{6},stroke-width:[\d.]+px", text)


def test_kinds_and_the_root_have_classes() -> None:
    """Each kind is a class; what gets no gradient is dashed, its arrow too."""
    text = to_mermaid(Value(3.0, label="x") * 2)

    assert "    class n0 input\n" in text
    assert "    class n1 constant\n" in text
    assert "    class n1 dashed\n" in text
    assert "    class n2 output\n" in text
    assert "n1 -.-> n2" in text


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_themes_are_mermaid_themes(theme: str) -> None:
    """The dark picture asks for Mermaid's dark theme, and brings its own colours."""
    text = to_mermaid(Value(3.0, label="x"), theme=theme)

    assert f"  theme: {'dark' if theme == 'dark' else 'default'}\n" in text
    assert f"color:{'#eef2f4' if theme == 'dark' else '#1c2429'}" in text


def test_what_mermaid_would_refuse_is_warned_of() -> None:
    """Beyond 500 arrows a warning says so, and what to do."""
    x = Value(1.0)
    for _ in range(501):
        x = -x

    with pytest.warns(UserWarning, match=r"500 arrows .*has 501 and .*limit="):
        to_mermaid(x, limit=1000)


def test_a_long_chain_needs_no_recursion() -> None:
    """A chain of 20,000 nodes is written out."""
    x = Value(1.0)
    for _ in range(20_000):
        x = -x
    with warnings.catch_warnings(action="ignore"):
        text = to_mermaid(x, limit=20_001)

    assert text.count(" --> ") + text.count(" -->|") == 20_000


def test_anything_but_a_value_is_refused() -> None:
    """The root is checked as everywhere."""
    with pytest.raises(TypeError, match="one Value; got list"):
        to_mermaid([Value(1.0)])  # type: ignore[arg-type]
