"""Which part of a graph a picture shows."""

import math
import re
import time
from collections.abc import Callable
from typing import Any

import pytest
from graphs import is_path, roots
from hypothesis import assume, given
from hypothesis import strategies as st

import nn
import viz
from autograd_core import (
    Value,
    dot,
    mean,
    no_grad,
    scope,
    sin,
    topological_order,
    total,
)
from autograd_core.errors import UnknownNameError
from autograd_core.inspection import heaviest_paths
from viz.picture import picture
from viz.view import view


def chain(count: int) -> Value:
    """Return the root of a chain of so many nodes over one leaf."""
    y = Value(0.5, label="x")
    for _ in range(count):
        y = sin(y)
    return y


def shown_nodes(root: Value, **options: Any) -> list[Value]:
    """Return the nodes that a view shows."""
    return [node for part in view(root, **options).parts for node in part.nodes]


@given(roots(), st.integers(1, 40))
def test_there_are_never_more_parts_than_the_limit(root: Value, limit: int) -> None:
    """A limit holds however the graph is made, and parts are shown at all."""
    assert 1 <= len(view(root, limit=limit).parts) <= limit


@given(roots(), st.integers(0, 10**6), st.integers(0, 3), st.integers(1, 9))
def test_the_limit_holds_around_a_focus(
    root: Value, i: int, radius: int, limit: int
) -> None:
    """A focus with many neighbours is cut to the limit, and is among what is shown."""
    order = topological_order(root)
    focus = order[i % len(order)]
    small = view(root, focus=focus, radius=radius, limit=limit)

    assert len(small.parts) <= limit
    assert any(focus in part.nodes for part in small.parts)


@given(roots(), st.integers(0, 10**6), st.integers(0, 4))
def test_a_focus_shows_what_is_so_many_arrows_away(
    root: Value, i: int, radius: int
) -> None:
    """Distances are those of the graph without directions."""
    order = topological_order(root)
    focus = order[i % len(order)]
    arrows = [{node, parent} for node in order for parent in node.parents]
    near = {focus}
    for _ in range(radius):
        near = near.union(*(ends for ends in arrows if near & ends))

    assert set(shown_nodes(root, focus=focus, radius=radius, depth=99)) == near


@given(roots(), st.integers(1, 30))
def test_what_is_cut_off_is_further_from_the_root(root: Value, limit: int) -> None:
    """The nodes fewest arrows below the root are shown, and each is read by another."""
    small = view(root, limit=limit)
    shown = {node for part in small.parts for node in part.nodes}
    away, ring = {root: 0}, [root]
    for node in ring:
        for parent in node.parents:
            if parent not in away:
                away[parent] = away[node] + 1
                ring.append(parent)
    hidden = [away[node] for node in away if node not in shown]

    assert root in shown
    assert max(away[node] for node in shown) <= min(hidden, default=math.inf)
    read = {parent for node in shown for parent in node.parents}
    assert shown - read == {root}
    assert (small.note == "") == (len(shown) == len(topological_order(root)))


@given(roots(), st.integers(1, 5), st.booleans())
def test_heavy_paths_are_shown_whole(root: Value, count: int, expand: bool) -> None:
    """Only nodes on paths are shown, from the root to leaves, in fused nodes too."""
    assume(heaviest_paths(root, 1))
    small = view(root, top_paths=count, expand=expand, depth=99)
    shown = {node for part in small.parts for node in part.nodes}
    read = {p for node in shown for p in small.expansion.parents(node)}

    assert shown - read == {small.root}
    for node in shown:
        assert node.is_leaf or not shown.isdisjoint(small.expansion.parents(node))


@given(roots(), st.integers(1, 60), st.integers(0, 3) | st.none())
def test_captions_count_what_is_there(
    root: Value, limit: int, depth: int | None
) -> None:
    """The numbers in the caption and in the boxes are those of the graph."""
    shown = picture(root, limit=limit, depth=depth)
    count = sum(box.count for box in shown.boxes)
    whole = len(topological_order(root))
    said = re.search(r"([\d,]+) values? shown as ([\d,]+) box", shown.caption)

    assert shown.title.endswith(f": {count} value{'s' * (count > 1)}")
    assert (said is None) == (count == len(shown.boxes))
    if said:
        assert said.groups() == (str(count), str(len(shown.boxes)))
    cut = re.search(r"the (\d+) nearest to the root of (\d+) values", shown.caption)
    assert (cut is None) == (count == whole)
    if cut:
        assert cut.groups() == (str(count), str(whole))


def test_a_small_graph_is_shown_whole() -> None:
    """Below the limit nothing is closed, and nothing is noted."""
    whole = view(chain(10))

    assert len(whole.parts) == whole.count == 11
    assert whole.note == ""


def test_closing_stops_as_soon_as_the_limit_is_met() -> None:
    """Modules stay as open as the limit allows."""
    model = nn.MLP(3, [4, 2], seed=0)
    root = total(model([1.0, 2.0, 3.0]))
    whole = len(topological_order(root))
    counts = [len(view(root, limit=n).parts) for n in (whole, whole - 1, 9, 5, 3)]

    assert counts == [whole, 10, 4, 4, 3]


def test_modules_are_closed_long_before_the_limit() -> None:
    """Above 60 boxes they are; a graph without modules is shown whole up to 250."""
    model = nn.MLP(8, [8, 1], seed=0)
    loss = model([0.1 * i for i in range(8)])
    x = y = Value(0.5)
    for _ in range(100):
        y = y * x

    assert len(topological_order(loss)) > 60
    assert len(view(loss).parts) <= 60
    assert len(view(y).parts) == 101


def test_an_explicit_depth_is_obeyed_whatever_the_limit() -> None:
    """Who asks for all modules open gets them."""
    root = total(nn.MLP(3, [4, 2], seed=0)([1.0, 2.0, 3.0]))

    assert len(view(root, depth=9, limit=1).parts) == len(topological_order(root))


def test_a_limit_of_one_is_the_root() -> None:
    """The smallest picture shows the root, and says of how much."""
    root = chain(3)
    (box,) = picture(root, limit=1).boxes

    assert box.root
    assert box.rows[-1] == ("1 of its operands not shown",)
    assert "the 1 nearest to the root of 4 values" in picture(root, limit=1).caption


def test_radius_zero_is_the_node_alone() -> None:
    """A node in focus by itself says what is not shown of it; the root need not be."""
    x = Value(3.0)
    y = x * x
    shown = picture(y + 1, focus=y, radius=0)

    assert [box.rows for box in shown.boxes] == [
        (("*",), ("data 9",), ("backward not run",), ("2 of its operands not shown",))
    ]
    assert shown.title == "Graph of a value not shown: 1 value"


@pytest.mark.parametrize("place", ["root", "leaf", "fused"])
def test_any_node_can_be_in_focus(place: str) -> None:
    """The root, a leaf and a fused node that is taken apart have neighbourhoods."""
    x, y = Value(3.0, label="x"), Value(4.0, label="y")
    fused = dot([x], [y])
    root = fused + 1.0
    node = {"root": root, "leaf": x, "fused": fused}[place]
    small = view(root, focus=node, expand=True)
    shown = {n for part in small.parts for n in part.nodes}

    assert small.expansion.original(node) in shown
    assert len(shown) == {"root": 3, "leaf": 2, "fused": 4}[place]


def test_a_focus_in_a_closed_module() -> None:
    """What is near is closed in its modules as well."""
    with scope("a"):
        y = sin(sin(Value(1.0, label="x")))
    small = view(y * 2.0, focus=y, radius=2, depth=0)

    assert [(p.path, len(p.nodes)) for p in small.parts if p.path] == [(("a",), 2)]


def test_a_hub_in_focus_is_no_crowd() -> None:
    """A value that thousands use is shown with as many of them as the limit allows."""
    x = Value(1.0, label="x")
    y = x
    for _ in range(5000):
        y = y * x
    shown = picture(y, focus=x, limit=20)

    assert len(shown.boxes) == 20
    assert "the 20 nearest to the one in focus of 5,001 values" in shown.caption


def test_what_a_shared_leaf_is_used_for_is_not_near_the_root() -> None:
    """Nearness to the root follows operands down, and no other use of them up."""
    x = Value(0.5, label="x")
    values = [x]
    for _ in range(100):
        values += [sin(values[-1])]
        values += [values[-1] + x]

    assert set(shown_nodes(values[-1], limit=11)) == {x, *values[-10:]}


def test_focus_and_paths_go_together() -> None:
    """Both are said, and the focus is looked for on the paths."""
    x, y = Value(3.0, label="x"), Value(0.001, label="y")
    root = x * y
    note = view(root, focus=y, top_paths=1).note

    assert note == (
        "1 path, which carries 100% of the gradient; "
        "2 of 3 values, near the one in focus"
    )
    with pytest.raises(ValueError, match="not among the 2 values that are drawn"):
        view(root, focus=x, top_paths=1)


def test_paths_that_are_not_finite_are_not_said_to_carry_anything() -> None:
    """A share of infinity is no number, and none is given."""
    x = Value(0.0, label="x")
    x_by_zero = x / 0.0

    assert view(x_by_zero, top_paths=1).note == "1 path"


def test_paths_go_through_expanded_nodes() -> None:
    """A fused node on a path is shown as the part of its definition on it."""
    x, w = Value(3.0, label="x"), Value(0.5, label="w")
    root = dot([x, x], [w, 2.0])
    small = view(root, top_paths=1, expand=True)
    nodes = [part.nodes[0] for part in small.parts]

    assert [node.op.name if node.op else node.label for node in nodes] == [
        *("w", "mul", "add", "add")
    ]
    assert is_path([n for n in nodes if n.op][::-1])


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"depth": -1}, ValueError, "depth takes a number from 0 up, not -1"),
        ({"depth": 1.0}, TypeError, "depth takes a whole number, not 1.0"),
        ({"depth": True}, TypeError, "depth takes a whole number, not True"),
        ({"limit": 0}, ValueError, "limit takes a number from 1 up, not 0"),
        ({"limit": None}, TypeError, "limit takes a whole number, not None"),
        ({"radius": -1}, ValueError, "radius takes a number from 0 up, not -1"),
        ({"radius": None}, TypeError, "radius takes a whole number, not None"),
        ({"top_paths": 0}, ValueError, "top_paths takes a number from 1 up, not 0"),
        ({"top_paths": "3"}, TypeError, "top_paths takes a whole number, not '3'"),
        ({"focus": "x"}, TypeError, "focus takes a node of the graph.*not 'x'"),
        ({"focus": [1]}, TypeError, r"focus takes a node of the graph.*not \[1\]"),
        ({"focus": Value(1)}, ValueError, "focus=Value.*not among the 4.*depends on"),
        ({"expand": 3}, TypeError, "expand takes True or names of operations, not 3"),
        ({"expand": None}, TypeError, "expand takes True or names"),
        ({"expand": "dott"}, UnknownNameError, "called 'dott'; did you mean 'dot'"),
        ({"expand": ["tanh"]}, UnknownNameError, "no fused operation is called 'tanh'"),
        ({"expand": [3]}, UnknownNameError, "no fused operation is called 3; known"),
        ({"expand": [["dot"]]}, TypeError, "expand takes True or names"),
        ({"theme": "drak"}, UnknownNameError, "no theme.*'drak'; did you mean 'dark'"),
        ({"theme": None}, UnknownNameError, "known: 'dark', 'light'"),
        ({"names": ["x"]}, TypeError, r"names takes a mapping.*locals\(\), not list"),
    ],
)
def test_misuse_is_told(
    options: dict[str, Any], error: type[Exception], message: str
) -> None:
    """Each option says what it takes and what it got."""
    with pytest.raises(error, match=message):
        picture(chain(3), **options)


def test_paths_of_constants_are_told_to_be_none() -> None:
    """Where no gradient flows there is no path to show."""
    with no_grad():
        constant = Value(1.0) * 2

    with pytest.raises(ValueError, match=r"top_paths found no path.*focus="):
        viz.to_dot(constant + 1, top_paths=2)


def batch_of_losses() -> Value:
    """Return the mean loss of 833 examples: 92,000 nodes, 2 million arrows."""
    model = nn.MLP(64, [16, 10], seed=0)
    inputs = ([0.01 * i * j for i in range(64)] for j in range(833))
    return nn.cross_entropy([model(x) for x in inputs], [3] * 833)


def long_chain() -> Value:
    """Return a chain of 100,000 nodes that all read one leaf."""
    x = Value(0.5, label="x")
    y = x
    for _ in range(50_000):
        y = sin(y) + x
    return y


@pytest.mark.parametrize("make", [batch_of_losses, long_chain])
def test_large_graphs_are_drawn_soon(make: Callable[[], Value]) -> None:
    """A picture of 100,000 nodes takes not much longer than to compute them."""
    start = time.perf_counter()
    root = make()
    root.backward()
    between = time.perf_counter()
    shown = picture(root)
    end = time.perf_counter()
    text = viz.to_dot(root)

    assert end - between < 40 * (between - start)
    assert len(shown.boxes) <= 250
    assert text.count(" -> ") == len(shown.edges)
    assert "values" in shown.caption


def test_the_graph_is_left_as_it_was() -> None:
    """No option changes what is drawn: labels, gradients and scopes stay."""
    xs = [Value(float(i), label=f"x{i}") for i in range(4)]
    with scope("a"):
        root = mean(xs) * dot(xs, xs)
    root.backward()

    def state() -> list[tuple[object, ...]]:
        return [
            (n, n.data, n.grad, n.has_grad, n.label, n.scope, n.parents)
            for n in topological_order(root)
        ]

    before = state()
    picture(root, expand=True, top_paths=2, depth=0, names={"r": root}, focus=root)

    assert state() == before
