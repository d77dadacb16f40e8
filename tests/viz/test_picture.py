"""What a picture says about a graph."""

import math
import re

import pytest
from graphs import roots
from hypothesis import given
from hypothesis import strategies as st
from random_graphs import STEPS, Steps, grown

import nn
from autograd_core import Value, no_grad, relu, scope, tanh, total
from viz.picture import Box, Picture, picture
from viz.subject import Bundle, largest


def box(shown: Picture, label: str) -> Box:
    """Return the only box whose first cell is `label`."""
    (found,) = (b for b in shown.boxes if b.rows[0][0] == label)
    return found


def test_numbers_are_those_of_the_graph(neuron: Value) -> None:
    """Each box shows label, op, data and gradient; micrograd's README has them."""
    shown = picture(neuron)

    assert box(shown, "o").rows == (
        *(("o", "tanh", "output"), ("data 0.7071",), ("grad 1",)),
    )
    assert box(shown, "n").rows == (("n", "+"), ("data 0.8814",), ("grad 0.5",))
    assert box(shown, "x1").rows == (("x1", "input"), ("data 2",), ("grad -1.5",))
    assert box(shown, "w2").rows == (("w2", "input"), ("data 1",), ("grad 0",))
    assert len(shown.boxes) == 10


def test_titles_keep_every_digit() -> None:
    """The sentence of a box holds the exact numbers."""
    x = Value(0.1 + 0.2, label="x")

    assert "0.30000000000000004" in picture(x).boxes[0].title


def test_edges_hold_local_derivatives() -> None:
    """The number on an edge is d head / d tail, by the rules of calculus."""
    x, y = Value(3.0, label="x"), Value(5.0, label="y")
    shown = picture((x * y).exp())

    names = {e.id: (shown.boxes[e.tail].rows[0][0], e.text) for e in shown.edges}
    assert names["e2_0"] == ("x", "5")
    assert names["e2_1"] == ("y", "3")
    assert float(names["e3_0"][1]) == pytest.approx(math.exp(15), rel=1e-3)


def test_parallel_edges_are_kept() -> None:
    """A product x * x has two operands, so two edges."""
    x = Value(3.0)

    assert [(e.tail, e.head) for e in picture(x * x).edges] == [(0, 1), (0, 1)]


def test_missing_gradients_are_said_not_shown_as_zero() -> None:
    """Before backward every box that wants a gradient says that it did not run."""
    x = Value(3.0, label="x")
    before = picture(x * 2)

    assert [b.rows[-1] for b in before.boxes if b.live] == [("backward not run",)] * 2


def test_a_node_above_the_backward_pass_says_so() -> None:
    """After backward on a part, the part has gradients and the rest says not run."""
    x = Value(3.0, label="x")
    part = x * x
    part.backward()
    shown = picture(part + x)

    assert box(shown, "x").rows[-1] == ("grad 6 = 3 + 3",)
    assert shown.boxes[-1].rows[-1] == ("backward not run",)


def test_kinds_are_told_apart() -> None:
    """Constants, leaves, results and the root are marked; constants are not live."""
    shown = picture(Value(3.0, label="x") * 2 + 1)

    assert [b.kind for b in shown.boxes] == [
        "input",
        "constant",
        "op",
        "constant",
        "op",
    ]
    assert [b.live for b in shown.boxes] == [True, False, True, False, True]
    assert [b.root for b in shown.boxes] == [False] * 4 + [True]
    assert [e.live for e in shown.edges] == [True, False, True, False]
    assert [e.text for e in shown.edges] == ["2", "", "1", ""]


def test_a_root_without_gradient_is_drawn() -> None:
    """A graph of constants and a node made under no_grad() are pictures too."""
    with no_grad():
        y = Value(3.0) * 2

    assert picture(y).boxes[0].rows == (("constant",), ("data 6",))
    a = Value(1.0, requires_grad=False)
    assert picture(a + 1).boxes[-1].rows[-1] == ("no gradient",)


def test_ids_follow_the_topological_order(neuron: Value) -> None:
    """Boxes are numbered parents first, so every edge goes up."""
    shown = picture(neuron)

    assert [b.id for b in shown.boxes] == [f"n{i}" for i in range(10)]
    assert all(e.tail < e.head for e in shown.edges)
    assert len({e.id for e in shown.edges}) == len(shown.edges) == 9


def test_many_operands_keep_their_order() -> None:
    """A node of many operands has an edge for each, in order, repeats included."""
    xs = [Value(float(i)) for i in range(64)]
    shown = picture(total([*xs, xs[0]]))

    assert [e.tail for e in shown.edges] == [*range(64), 0]


@pytest.mark.parametrize("root", [None, 3.0, "x", [Value(1.0)], Value])
def test_anything_but_a_value_is_refused(root: object) -> None:
    """The message says what was found and what to pass instead."""
    with pytest.raises(TypeError, match=r"one Value; got .*Pass the node"):
        picture(root)  # type: ignore[arg-type]


def added(sum_: str) -> tuple[float, int, float]:
    """Return the value of a sum as it is written, its terms, and their magnitude."""
    signs = [
        1.0,
        *(-1.0 if sign == "-" else 1.0 for sign in re.findall(" ([+-]) ", sum_)),
    ]
    texts = re.split(" [+-] ", sum_.removesuffix(" elsewhere"))
    numbers = [sign * float(x) for sign, x in zip(signs, texts, strict=True)]
    return math.fsum(numbers), len(numbers), max(map(abs, numbers))


@given(STEPS, st.integers(1, 3))
def test_sums_written_into_boxes_are_the_gradients(steps: Steps, passes: int) -> None:
    """Whatever passes were made before, the terms and the rest make the gradient."""
    nodes = grown(steps)
    (nodes[0] * nodes[-2]).backward()
    for _ in range(passes):
        nodes[-1].backward()

    for shown in picture(nodes[-1], limit=1000).boxes:
        (text,) = [c for row in shown.rows for c in row if "grad" in c] or [""]
        grad, equals, sum_ = text.removeprefix("grad ").partition(" = ")
        if equals and "sum of" not in sum_:
            value, count, size = added(sum_)
            assert 2 <= count <= 5
            assert abs(value - float(grad)) <= count * 6e-4 * max(
                size, abs(float(grad))
            )


@given(roots())
def test_arrows_into_a_box_are_its_sum(root: Value) -> None:
    """What the arrows away from a value add is its gradient, with every digit."""
    shown = picture(root, depth=99)

    for i, one in enumerate(shown.boxes):
        parts = [e.contribution for e in shown.edges if e.tail == i]
        known = [part for part in parts if part is not None]
        if known and one.grad is not None and not one.root:
            size = max(map(abs, known))
            assert abs(math.fsum(known) - one.grad) <= 1e-8 * size


@given(roots(), st.integers(0, 4) | st.none(), st.integers(1, 30))
def test_pictures_are_in_topological_order(
    root: Value, depth: int | None, limit: int
) -> None:
    """Arrows go from earlier to later boxes, and every id comes once."""
    shown = picture(root, depth=depth, limit=limit)

    assert all(edge.tail < edge.head for edge in shown.edges)
    assert len({edge.id for edge in shown.edges}) == len(shown.edges)
    assert len({box.id for box in shown.boxes}) == len(shown.boxes)
    assert sum(box.root for box in shown.boxes) == 1


@given(roots(), st.integers(0, 4))
def test_arrows_between_boxes_count_the_uses(root: Value, depth: int) -> None:
    """Arrows of an open graph are those of closed ones and those inside of boxes."""
    whole, closed = picture(root, depth=99), picture(root, depth=depth)
    between = sum(edge.count for edge in closed.edges)
    singles = all(box.count == 1 for box in closed.boxes)

    assert between <= len(whole.edges)
    assert (between == len(whole.edges)) >= singles
    for edge in closed.edges:
        assert edge.text.startswith(f"×{edge.count:,}") == (edge.count > 1)
        assert edge.operand is not None or f"{edge.count:,} arrow" in edge.title


@given(roots())
def test_levels_are_those_of_the_gradients(root: Value) -> None:
    """A larger gradient, of a box or on an arrow, is never on a lower level."""
    shown = picture(root, depth=99)
    sizes = [(b.grad, b.level) for b in shown.boxes]
    sizes += [(e.contribution, e.level) for e in shown.edges]
    finite = sorted((abs(x), level) for x, level in sizes if x and level is not None)

    assert all(level is None for x, level in sizes if not x)
    assert [level for _, level in finite] == sorted(level for _, level in finite)
    assert not finite or finite[-1][1] == 4


def test_two_passes_are_seen_in_the_sum() -> None:
    """A gradient that was not cleared shows what this graph did not add."""
    x = Value(3.0, label="x")
    y = x * x
    y.backward()
    y.backward()

    assert box(picture(y), "x").rows[-1] == ("grad 12 = 3 + 3 + 6 elsewhere",)


def test_long_sums_are_counted() -> None:
    """More than four terms are counted; what was added elsewhere is still named."""
    x = Value(1.0, label="x")
    for _ in range(2):
        root = total([x, x, x, x, x * 2.0])
        root.backward()

    assert box(picture(root), "x").rows[-1] == ("grad 12 = sum of 5 + 6 elsewhere",)


def test_signs_are_written_as_signs() -> None:
    """A negative term is taken away, and the first keeps its own sign."""
    x = Value(3.0, label="x")
    root = -x + x * 2.0 - x
    root.backward()

    assert box(picture(root), "x").rows[-1] == ("grad 0 = -1 + 2 - 1",)


def test_frozen_parameters_stay_parameters() -> None:
    """A weight that needs no gradient is told from inputs and constants, and dashed."""
    model = nn.Neuron(1, None)
    model.bias.requires_grad = False
    shown = picture(model([Value(2.0, label="x")]))
    frozen = box(shown, "bias")

    assert frozen.kind == "parameter"
    assert not frozen.live
    assert frozen.rows[-1] == ("no gradient",)
    assert [b.kind for b in shown.boxes] == ["parameter", "input", "parameter", "op"]


def test_arrows_from_modules_and_values_have_ids_of_their_own() -> None:
    """Operands of one node from modules and from outside are not taken for others."""
    x, y = Value(1.0, label="x"), Value(2.0, label="y")
    with scope("a"):
        first = tanh(tanh(x))
    with scope("b"):
        second = tanh(tanh(x))
    shown = picture(total([first, first * 1.0, y, second, x]), depth=0)

    assert len({edge.id for edge in shown.edges}) == len(shown.edges)


@pytest.mark.parametrize("numbers", [[math.nan, 5.0, 1.0], [1.0, 5.0, math.nan]])
def test_nan_is_the_largest_of_any_gradients(numbers: list[float]) -> None:
    """A nan among many gradients is not lost behind a number, whatever their order."""
    bundle = Bundle()
    for x in numbers:
        bundle.add(x, 1.0)

    assert str(bundle.largest) == str(largest(numbers)) == "nan"


def test_the_largest_is_a_magnitude() -> None:
    """An arrow of many uses shows the largest of what they add, without its sign."""
    bundle = Bundle()
    for x in (2.0, -3.0, 1.0):
        bundle.add(x, 1.0)
    bundle.add(None, 1.0)
    bundle.add(9.0, None)

    assert (bundle.largest, bundle.count, bundle.live) == (3.0, 5, True)
    assert largest([]) is None


def test_illness_is_counted_in_a_module() -> None:
    """A closed module says how many of its values are not well, and how."""
    with scope("a"):
        y = total([relu(Value(-1.0)), relu(Value(-2.0)), tanh(Value(9.0)), 1.0])
    (module,) = (b for b in picture(y, depth=0).boxes if b.kind == "module" and b.root)

    assert module.complaint == "2 dead, 1 saturated"
    assert module.rows[-1] == ("2 dead, 1 saturated",)


def test_the_caption_says_how_many_boxes_stand_for_how_many_values() -> None:
    """The summary of the picture of a large graph is in the picture."""
    model = nn.MLP(16, [16, 16, 1], seed=0)
    shown = picture(model([0.1] * 16), limit=14)
    count = sum(b.count for b in shown.boxes)

    assert count > 250
    assert len(shown.boxes) <= 14
    assert shown.caption.startswith(
        f"{count:,} values shown as {len(shown.boxes)} boxes; "
    )


def test_zero_is_told_by_text() -> None:
    """A gradient of 0 is written, and has no level of its own."""
    x = Value(3.0, label="x")
    root = x * 0.0
    root.backward()
    zero = box(picture(root), "x")

    assert zero.rows[-1] == ("grad 0",)
    assert zero.level is None
