"""What a picture says about a graph."""

import math

import pytest

from autograd_core import Value, no_grad, total
from viz.picture import Box, Picture, picture


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

    assert [b.kind for b in shown.boxes] == ["input", "constant", "op", "constant", "op"]
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
