"""The graph as a tree of text."""

import re
from pathlib import Path

import pytest
from hostile import LABELS, labels
from hypothesis import given
from hypothesis import strategies as st

import nn
from autograd_core import Value
from viz.picture import Picture, picture
from viz.tree import to_tree, tree_text

from .test_dot import square_plus

HERE = Path(__file__).parent

BRANCH = re.compile(r"(?:│  |   )*[├└]─ ")
REFERENCE = re.compile(r"(?:(?:│  |   )*[├└]─ )[↑↓] .* (?:above|below)(?:  .*)?")


def lines(text: str) -> list[str]:
    """Return the lines of the trees, without header, caption and empty lines."""
    trees, _, _ = text.rpartition("\n\n")
    return [line for line in trees.splitlines()[1:] if line]


def assert_same_graph(shown: Picture) -> None:
    """Count what the tree shows: a branch for each edge, a line for each box."""
    found = lines(tree_text(shown))
    references = sum(bool(REFERENCE.fullmatch(line)) for line in found)

    assert sum(bool(BRANCH.match(line)) for line in found) == len(shown.edges)
    assert len(found) - references == len(shown.boxes)


def test_bytes_are_the_examined_ones() -> None:
    """The text of x * x + y is the one that was read."""
    golden = (HERE / "golden.txt").read_text(encoding="utf-8")

    assert to_tree(square_plus()) == golden


def test_the_root_comes_first_and_its_operands_in_order(neuron: Value) -> None:
    """The first line is the root; below a node stand its operands as they are."""
    found = [line.strip("│├└─↑ ").split()[0] for line in lines(to_tree(neuron))]

    assert found == ["o", "n", "n6", "n2", "x1", "w1", "n5", "x2", "w2", "b"]


def test_a_shared_value_is_written_once() -> None:
    """What is used again is referred to, with the term of that use."""
    x = Value(3.0, label="x")
    y = x * x
    root = y + y
    root.backward()
    found = lines(to_tree(root))

    assert [re.sub(r" {2,}", "  ", line.strip()) for line in found[-2:]] == [
        "│  └─ ↑ x above  2 × 3 = 6",
        "└─ ↑ n1 above  1 × 1 = 1",
    ]


def test_equal_labels_are_told_apart() -> None:
    """Values of one label have their ids too, and a label like an id its own."""
    text = to_tree(Value(1.0, label="x") * Value(2.0, label="x") + Value(3, label="n0"))

    assert "x n0" in text
    assert "x n1" in text
    assert "n0 n3" in text


def test_modules_are_lines() -> None:
    """A closed module is a line with its counts; the caption says what is left out."""
    model = nn.MLP(2, [8, 8, 1], seed=0)
    text = to_tree(model([0.5, -1.0]), limit=20)

    assert re.search(r"layers\.0\S* +module +\d+ parameters, \d+ values", text)
    assert "values shown as" in text
    assert_same_graph(picture(model([0.5, -1.0]), limit=20))


def test_a_deep_graph_is_as_wide_as_a_shallow_one() -> None:
    """A chain of 100,000 nodes needs no recursion and few more columns than of 20."""
    x = Value(0.5, label="x")
    for i in range(100_000):
        x = x.sin()
        if i == 20:
            short = to_tree(x)
    text = to_tree(x, limit=200_000)

    assert len(lines(text)) == 100_001 + text.count("↓")
    assert max(map(len, text.splitlines())) <= max(map(len, short.splitlines())) + 10


def test_a_long_output_is_cut_by_the_limit() -> None:
    """Beyond the limit the nearest to the root are shown, and the hidden counted."""
    x = Value(0.5, label="x")
    for _ in range(1000):
        x = x.sin()
    text = to_tree(x, limit=30)

    assert "\n\nthe 30 nearest to the root of 1,001 values\non each" in text
    assert "1 of its operands not shown" in text


def test_a_network_fits_the_window() -> None:
    """The trees of usual networks are at most 100 columns wide."""
    model = nn.MLP(2, [3, 3, 1], seed=0)
    loss = nn.mse_loss(model([0.5, -1.0]), 1.0)
    loss.backward()

    assert max(map(len, to_tree(loss).splitlines())) <= 100


def test_every_tree_of_a_cut_graph_is_shown() -> None:
    """A neighbourhood has several tops, and each of them begins a tree."""
    x = Value(3.0, label="x")
    a, b = x * 2, x * 3
    text = to_tree(a + b, focus=x, radius=1)

    assert text.count("\n\n") == 2
    assert_same_graph(picture(a + b, focus=x, radius=1))


@pytest.mark.parametrize("label", LABELS)
def test_hostile_labels_stay_on_their_line(label: str) -> None:
    """Whatever a label holds, the tree has the same lines."""
    assert_same_graph(picture(Value(1.0, label=label) * 2))


@given(st.lists(labels, min_size=1, max_size=4))
def test_any_labels_stay_on_their_line(texts: list[str]) -> None:
    """No combination of characters adds, removes or joins lines."""
    root = sum((Value(1.0, label=text) for text in texts), Value(0.0))

    assert_same_graph(picture(root))


@given(st.lists(labels, min_size=1, max_size=4))
def test_ascii_is_ascii(texts: list[str]) -> None:
    """For a terminal that shows nothing else, every character is ASCII."""
    root = sum((Value(1.0, label=text) for text in texts), Value(0.0))
    root.backward()
    text = to_tree(root, ascii_only=True)

    assert text.isascii()
    assert len(text.splitlines()) == len(to_tree(root).splitlines())


def test_wide_letters_keep_the_columns() -> None:
    """A Chinese letter takes two columns, so its line has fewer characters."""
    found = to_tree(Value(3.0, label="漢字") * Value(2.0, label="x")).splitlines()
    wide, narrow = (next(line for line in found if s in line) for s in ("漢", "─ x"))

    assert narrow.index("input") - wide.index("input") == 2


def test_anything_but_a_value_is_refused() -> None:
    """The root is checked as everywhere."""
    with pytest.raises(TypeError, match="one Value; got list"):
        to_tree([Value(1.0)])  # type: ignore[arg-type]
