"""The built-in layout and its SVG."""

import itertools
import re
import time
from xml.etree import ElementTree

import pytest
from graphs import SCOPED_STEPS, in_modules, roots
from hostile import LABELS, labels
from hypothesis import given
from hypothesis import strategies as st

import nn
from autograd_core import Value, dot, relu, scope, tanh, total
from autograd_core.inspection import one_line
from viz.boxes import Box
from viz.edges import Edge
from viz.frames import ModuleFrame, frames_of
from viz.layout import Frame, Layout, lay_out
from viz.modules import path_of
from viz.picture import Picture, picture
from viz.style import THIN, WIDTHS, theme_of
from viz.svg import to_svg
from viz.width import width as text_width

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


PICTURES = st.one_of(
    graphs().map(picture),
    roots().map(picture),
    st.builds(
        lambda root, depth: picture(root, depth=depth),
        SCOPED_STEPS.map(in_modules),
        st.integers(0, 3),
    ),
)


@given(PICTURES)
def test_boxes_keep_apart_and_arrows_point_right(shown: Picture) -> None:
    """No boxes overlap, no arrow goes back, and all is inside the drawing."""
    placed = lay_out(shown)

    assert not any(a.overlaps(b) for a, b in itertools.combinations(placed.frames, 2))
    for edge, route in zip(shown.edges, placed.routes, strict=True):
        xs = [x for x, _ in route.points]
        assert xs == sorted(xs)
        assert xs[-1] == placed.frames[edge.head].x
        tail = placed.frames[edge.tail]
        assert xs[0] >= tail.x + tail.width - 1e-6
    for frame in placed.frames:
        assert 0 <= frame.x <= frame.x + frame.width <= placed.width
        assert -1e-6 <= frame.y <= frame.y + frame.height <= placed.height + 1e-6


@given(PICTURES)
def test_arrows_pass_between_boxes(shown: Picture) -> None:
    """Where an arrow runs past boxes it is flat, at a height where none stands."""
    placed = lay_out(shown)

    for route in placed.routes:
        for (x0, y0), (x1, y1) in itertools.pairwise(route.points):
            # it may touch boxes at its ends, whose edges are rounded differently
            left, right = x0 + 1e-6, x1 - 1e-6
            beside = [f for f in placed.frames if f.x < right and left < f.x + f.width]
            assert not beside or y0 == y1
            assert not any(f.y + 1e-6 < y0 < f.y + f.height - 1e-6 for f in beside)


@given(PICTURES)
def test_texts_of_arrows_are_on_no_box(shown: Picture) -> None:
    """The number of an arrow stands between the columns of boxes."""
    placed = lay_out(shown)

    for edge, route in zip(shown.edges, placed.routes, strict=True):
        if edge.text:
            text = text_frame(edge, route.text)
            assert not any(text.overlaps(frame) for frame in placed.frames)


def text_frame(edge: Edge, middle: tuple[float, float]) -> Frame:
    """Return where the text of an arrow stands, above its line."""
    wide = text_width(edge.text, 9)
    return Frame(middle[0] - wide / 2, middle[1] - 8, wide, 8)


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
        text_frame(edge, route.text)
        for edge, route in zip(shown.edges, routes, strict=True)
    ]

    assert not any(a.overlaps(b) for a, b in itertools.combinations(frames, 2))


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
    small, large = recurrence(200), recurrence(2_000)
    start = time.perf_counter()
    to_svg(small)
    between = time.perf_counter()
    svg = to_svg(large)
    end = time.perf_counter()

    assert svg.count('class="node') == 4_002
    assert end - between < 60 * (between - start)


@pytest.mark.parametrize("number", ["nan", "inf", "-inf"])
def test_no_coordinate_depends_on_the_data(number: str) -> None:
    """Data that is not finite is shown, and moves nothing out of the drawing."""
    svg = to_svg(picture(Value(float(number)) * 1))

    assert f"data {number}" in svg
    assert not re.search(r'[xy]="[^"]*(nan|inf)', svg)


def drawn_line(group: ElementTree.Element, tag: str) -> dict[str, str]:
    """Return the attributes of the first shape of a box or an arrow."""
    shape = group.find(f"{SVG}{tag}")
    assert shape is not None
    return shape.attrib


@given(PICTURES, st.sampled_from(["light", "dark"]))
def test_lines_show_the_sizes_of_gradients(shown: Picture, theme: str) -> None:
    """Colour and width of each box and arrow are those of its level in the legend."""
    shown = Picture(shown.boxes, shown.edges, "", "", shown.legend, theme)
    found, colors = groups(to_svg(shown)), theme_of(theme)
    items: list[tuple[Box | Edge, str]] = [(box, "rect") for box in shown.boxes]
    items += [(edge, "path") for edge in shown.edges]

    for item, tag in items:
        line = drawn_line(found[item.id], tag)
        none = item.level is None
        assert line["stroke"] == (
            colors.line if none else colors.levels[item.level or 0]
        )
        assert float(line["stroke-width"]) == (
            THIN if none else WIDTHS[item.level or 0]
        )


@given(roots())
def test_widths_follow_the_gradients_of_the_graph(root: Value) -> None:
    """Of two boxes the one with the larger gradient never has the thinner outline."""
    shown = picture(root, depth=99)
    found = groups(to_svg(shown))
    pairs = sorted(
        (abs(box.grad), float(drawn_line(found[box.id], "rect")["stroke-width"]))
        for box in shown.boxes
        if box.grad is not None and box.grad == box.grad
    )

    assert [wide for _, wide in pairs] == sorted(wide for _, wide in pairs)
    assert all(wide == THIN for size, wide in pairs if size == 0)
    assert not any(wide == THIN for size, wide in pairs if size > 0)


@given(PICTURES)
def test_illness_is_dotted_and_said(shown: Picture) -> None:
    """A complaint has an outline of its own beside its text; nothing else has it."""
    found = groups(to_svg(shown))

    for box in shown.boxes:
        dashes = drawn_line(found[box.id], "rect").get("stroke-dasharray")
        assert (dashes == "1.5,2.5") == bool(box.complaint)
        assert not box.complaint or box.complaint in texts(found[box.id])
        assert (dashes is None) == (box.live and not box.complaint)


def test_zero_dead_and_not_finite_are_told_without_colour() -> None:
    """Each is a word in the box; a dead unit and a nan have dotted outlines."""
    x, y = Value(3.0, label="x"), Value(0.0, label="y")
    root = relu(-x) * y + y / 0.0
    root.backward()
    shown = picture(root)
    found = groups(to_svg(shown))
    words = {word for group in found.values() for word in texts(group)}

    assert {"dead", "not finite", "grad 0"} <= words


def test_the_legend_is_in_the_picture() -> None:
    """Below the picture each level has its line and its bound, side by side."""
    x = Value(3.0, label="x")
    root = x * x + x * 1e-3
    root.backward()
    shown = picture(root, theme="dark")
    tree = ElementTree.fromstring(to_svg(shown))
    notes = [e for e in tree if e.tag == f"{SVG}text"]
    lines = [e.attrib for e in tree if e.tag == f"{SVG}path"]

    assert [e.text for e in notes] == [
        shown.caption,
        *(text for text, _ in shown.legend),
    ]
    assert [line["stroke"] for line in lines] == list(theme_of("dark").levels)
    xs = [float(e.attrib["x"]) for e in notes[1:]]
    for (a, left), (b, right) in itertools.pairwise(zip(shown.legend, xs, strict=True)):
        assert right - left > (text_width(a[0], 9) + text_width(b[0], 9)) / 2


@given(PICTURES)
def test_all_of_it_is_on_the_paper(shown: Picture) -> None:
    """Boxes, frames, caption and legend are inside of the drawing."""
    tree = ElementTree.fromstring(to_svg(shown))
    left, top, wide, high = map(float, tree.attrib["viewBox"].split())

    for element in tree.iter(f"{SVG}rect"):
        x, y, w, h = (float(element.attrib[k]) for k in ("x", "y", "width", "height"))
        assert left - 1 <= x <= x + w <= left + wide + 1
        assert top - 1 <= y <= y + h <= top + high + 1
    for route in lay_out(shown).routes:
        for x, y in route.points:
            assert left <= x <= left + wide
            assert top <= y <= top + high - 44 * bool(shown.legend)
    for element in tree.findall(f"{SVG}text"):
        half = text_width(element.text or "", 9) / 2
        assert left - 1 <= float(element.attrib["x"]) - half
        assert float(element.attrib["x"]) + half <= left + wide + 1
        assert float(element.attrib["y"]) <= top + high


def test_a_wide_picture_keeps_its_legend_together() -> None:
    """The legend of a long chain can be read at one glance."""
    x = Value(0.5, label="x")
    for _ in range(100):
        x = tanh(x)
    x.backward()
    tree = ElementTree.fromstring(to_svg(picture(x)))
    xs = [float(e.attrib["x"]) for e in tree.findall(f"{SVG}text")]

    assert float(tree.attrib["viewBox"].split()[2]) > 10_000
    assert max(xs) - min(xs) < 600


def test_a_shared_way_is_drawn_as_its_heaviest_arrow() -> None:
    """Where a light and a heavy arrow leave together the line is the heavy one's."""
    x = Value(1.0, label="x")
    light = x.tanh().tanh() * x * 1e-6
    root = light.tanh() + x
    root.backward()
    shown = picture(root)
    frame = lay_out(shown).frames[0]
    found = groups(to_svg(shown))
    leaving = f"M{frame.x + frame.width:.1f},"
    levels = {e.head: e.level for e in shown.edges if e.tail == 0}
    first = {
        e.head
        for e in shown.edges
        if drawn_line(found[e.id], "path")["d"].startswith(leaving)
    }
    last = len(shown.boxes) - 1

    assert levels[last] == 4
    assert len(levels) == 3
    assert max(level or 0 for head, level in levels.items() if head != last) < 4
    assert last in first


def framed(shown: Picture) -> tuple[Layout, list[ModuleFrame]]:
    """Return a layout and the frames of its modules."""
    placed = lay_out(shown)
    return placed, frames_of(shown, placed)


@given(PICTURES)
def test_frames_hold_their_modules_and_nothing_else(shown: Picture) -> None:
    """All boxes of a module are in its frame, no others are, and frames nest."""
    placed, frames = framed(shown)

    for module in frames:
        for i, (box, frame) in enumerate(zip(shown.boxes, placed.frames, strict=True)):
            heads = [shown.boxes[e.head] for e in shown.edges if e.tail == i]
            # a constant is where all that read it are
            judged = heads if box.kind == "constant" else [box]
            paths = {path_of(one.scope)[: len(module.path)] for one in judged}
            assert module.frame.overlaps(frame) == (paths == {module.path})
    for a, b in itertools.combinations(frames, 2):
        nested = a.path == b.path[: len(a.path)] or b.path == a.path[: len(b.path)]
        assert nested or not a.frame.overlaps(b.frame)
        if nested:
            outer, inner = (a, b) if len(a.path) < len(b.path) else (b, a)
            assert outer.frame.x < inner.frame.x
            assert outer.frame.y < inner.frame.y


def test_layers_of_closed_neurons_are_framed() -> None:
    """Where the neurons of a layer stand in a column, the layer is around them."""
    model = nn.MLP(2, [3, 3, 1], seed=0)
    root = model([0.5, -1.0])
    shown = picture(root, depth=2)
    names = [module.name for module in framed(shown)[1]]
    tree = ElementTree.fromstring(to_svg(shown))
    drawn = [g for g in tree.findall(f"{SVG}g") if g.get("class") == "module"]

    assert {"layers.0", "layers.1"} <= set(names)
    assert [texts(group) for group in drawn] == [[name] for name in names]


def test_there_is_room_between_modules_for_their_frames() -> None:
    """Modules that stand above each other are both framed, with their names."""
    x = Value(1.0, label="x")
    ends = []
    for name in "abc":
        with scope(name):
            ends += [tanh(x), tanh(x)]
    _, frames = framed(picture(total(ends)))

    assert sorted(module.name for module in frames) == ["a", "b", "c"]


def test_nested_scopes_are_frames_in_frames() -> None:
    """Scopes of one's own are framed as modules are, the outer one first."""
    x = Value(1.0, label="x")
    with scope("outer"):
        y = tanh(x)
        with scope("inner"):
            y = tanh(tanh(y))
    _, frames = framed(picture(y + 1.0))

    assert [module.path for module in frames] == [("outer",), ("outer", "inner")]


def test_very_large_pictures_have_no_frames() -> None:
    """Looking for frames costs boxes times modules, so it is left at some size."""
    root = Value(1.0)
    for i in range(1100):
        with scope(f"s{i}"):
            root = tanh(tanh(root))

    assert framed(picture(root, limit=10_000))[1] == []


@given(labels)
def test_names_on_frames_are_text_of_their_width(name: str) -> None:
    """A module's name is never markup, and stays in its frame."""
    with scope(name):
        y = tanh(tanh(Value(1.0, label="x")))
    shown = picture(y + 1.0)
    svg = to_svg(shown)

    assert {
        e.tag.removeprefix(SVG) for e in ElementTree.fromstring(svg).iter()
    } <= DRAWN
    for module in framed(shown)[1]:
        assert text_width(module.name, 9) < module.frame.width
