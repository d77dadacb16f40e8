"""The built-in layout and its SVG."""

import itertools
import re
import time
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd_core import Value, dot, total
from viz.layout import Frame, lay_out
from viz.picture import Picture, picture
from viz.svg import to_svg
from viz.text import one_line
from viz.text import width as text_width

from .hostile import LABELS, labels

SVG = "{http://www.w3.org/2000/svg}"
DRAWN = {"svg", "g", "title", "rect", "path", "text"}


def texts(group: ElementTree.Element) -> list[str]:
    """Return the texts of an element in reading order."""
    return [text.text or "" for text in group.iter(f"{SVG}text")]


def groups(svg: str) -> dict[str, ElementTree.Element]:
    """Return boxes and arrows by id."""
    tree = ElementTree.fromstring(svg)
    return {g.attrib["id"]: g for g in tree.iter(f"{SVG}g") if "id" in g.attrib}


def test_numbers_are_those_of_the_graph(neuron: Value) -> None:
    """Boxes and arrows show the numbers of micrograd's README."""
    found = groups(to_svg(picture(neuron)))

    assert texts(found["n9"]) == ["o", "tanh", "output", "data 0.7071", "grad 1"]
    assert texts(found["n0"]) == ["x1", "input", "data 2", "grad -1.5"]
    assert texts(found["e2_0"]) == ["0.5 × -3 = -1.5"]
    assert texts(found["e9_0"]) == ["1 × 0.5 = 0.5"]


def test_every_box_and_arrow_has_a_title(neuron: Value) -> None:
    """Each part says in words what it is, with every digit."""
    found = groups(to_svg(picture(neuron)))

    assert len(found) == 10 + 9
    assert all(group.findtext(f"{SVG}title") for group in found.values())
    title = found["n9"].findtext(f"{SVG}title") or ""
    assert title.startswith("o: tanh, data 0.707106781186547")


@given(st.one_of(st.sampled_from(LABELS), labels))
def test_hostile_labels_are_text(label: str) -> None:
    """A label is never markup: it is read back as the line that it is shown as."""
    svg = to_svg(picture(Value(1.0, label=label) * 2))
    tags = {e.tag.removeprefix(SVG) for e in ElementTree.fromstring(svg).iter()}

    assert tags == DRAWN
    assert texts(groups(svg)["n0"])[0] == (one_line(label) or "input")
    svg.encode()


@st.composite
def graphs(draw: st.DrawFn) -> Value:
    """Draw a graph with shared nodes, parallel edges and long ones."""
    nodes = [Value(float(i)) for i in range(draw(st.integers(1, 4)))]
    for _ in range(draw(st.integers(0, 25))):
        pick = st.integers(0, len(nodes) - 1)
        nodes.append(nodes[draw(pick)] + nodes[draw(pick)])
    return total(nodes) if draw(st.booleans()) else nodes[-1]


def overlap(a: Frame, b: Frame) -> bool:
    """Tell whether two frames share any area."""
    apart = a.x + a.width <= b.x or b.x + b.width <= a.x
    return not (apart or a.y + a.height <= b.y or b.y + b.height <= a.y)


@given(graphs())
def test_boxes_keep_apart_and_arrows_point_right(root: Value) -> None:
    """No boxes overlap, no arrow goes back, and all is inside the drawing."""
    shown = picture(root)
    placed = lay_out(shown)

    assert not any(itertools.starmap(overlap, itertools.combinations(placed.frames, 2)))
    for edge, route in zip(shown.edges, placed.routes, strict=True):
        xs = [x for x, _ in route.points]
        assert xs == sorted(xs)
        assert xs[-1] == placed.frames[edge.head].x
        tail = placed.frames[edge.tail]
        assert xs[0] >= tail.x + tail.width - 1e-6
    for frame in placed.frames:
        assert 0 <= frame.x <= frame.x + frame.width <= placed.width
        assert -1e-6 <= frame.y <= frame.y + frame.height <= placed.height + 1e-6


@given(graphs())
def test_long_arrows_pass_between_boxes(root: Value) -> None:
    """Where an arrow crosses a column it is at a height where no box stands."""
    shown = picture(root)
    placed = lay_out(shown)

    for route in placed.routes:
        for (x0, y0), (x1, y1) in itertools.pairwise(route.points[:-2]):
            if y0 == y1:
                # it may touch the box it leaves, whose edge is rounded differently
                flat = Frame(x0 + 1e-6, y0, x1 - x0 - 2e-6, 0.0)
                assert not any(overlap(flat, frame) for frame in placed.frames)


def test_a_tree_is_drawn_without_crossings() -> None:
    """Eight leaves under a balanced tree of sums stand in their order."""
    level = [Value(float(i), label=f"x{i}") for i in range(8)]
    while len(level) > 1:
        level = [a + b for a, b in zip(level[::2], level[1::2], strict=True)]
    shown = picture(level[0])
    heights = {
        box.rows[0][0]: frame.y
        for box, frame in zip(shown.boxes, lay_out(shown).frames, strict=True)
        if box.kind == "input"
    }

    assert sorted(heights, key=heights.__getitem__) == [f"x{i}" for i in range(8)]


def test_parallel_arrows_end_apart() -> None:
    """The two arrows of x * x are both seen, each with its number."""
    x = Value(3.0)
    first, second = lay_out(picture(x * x)).routes

    assert abs(first.points[-1][1] - second.points[-1][1]) > 8
    assert abs(first.text[1] - second.text[1]) > 8


def test_texts_of_dense_layers_keep_apart() -> None:
    """Every number between two layers of neurons can be read: none covers another."""
    xs = [Value(float(i)) for i in range(4)]
    for _ in range(2):
        xs = [dot([Value(0.1 * i + j) for i in range(4)], xs) for j in range(4)]
    shown = picture(total(xs))
    routes = lay_out(shown).routes
    frames = [
        Frame(route.text[0] - wide / 2, route.text[1] - 8, wide, 8)
        for edge, route in zip(shown.edges, routes, strict=True)
        for wide in [text_width(edge.text, 9)]
    ]

    assert not any(itertools.starmap(overlap, itertools.combinations(frames, 2)))


def test_a_single_leaf_is_a_picture() -> None:
    """A graph of one node has one box and no arrow."""
    assert list(groups(to_svg(picture(Value(3.0))))) == ["n0"]


def test_dashes_and_corners_tell_kinds_apart() -> None:
    """Leaves are round, constants dashed, and the root says that it is the output."""
    found = groups(to_svg(picture(Value(3.0) * 2)))
    rects = {name: g.find(f"{SVG}rect") for name, g in found.items()}
    leaf, constant, root = (rects[f"n{i}"] for i in range(3))

    assert leaf is not None
    assert "rx" in leaf.attrib
    assert constant is not None
    assert "stroke-dasharray" in constant.attrib
    assert root is not None
    assert texts(found["n2"])[:2] == ["*", "output"]


def recurrence(steps: int) -> Picture:
    """Return a chain of steps that all use one weight, so with very long arrows."""
    w = Value(0.9, label="w")
    h = Value(1.0)
    for _ in range(steps):
        h = (h * w).tanh()
    return picture(h, limit=10_000)


def test_time_grows_with_the_graph() -> None:
    """Ten times the graph takes about ten times as long, long arrows included."""
    start = time.perf_counter()
    svg = to_svg(recurrence(2_000))
    took = time.perf_counter() - start

    assert svg.count('class="node') == 4_002
    assert took < 5


@pytest.mark.parametrize("number", ["nan", "inf", "-inf"])
def test_no_coordinate_depends_on_the_data(number: str) -> None:
    """Data that is not finite is shown, and moves nothing out of the drawing."""
    svg = to_svg(picture(Value(float(number)) * 1))

    assert f"data {number}" in svg
    assert not re.search(r'[xy]="[^"]*(nan|inf)', svg)
