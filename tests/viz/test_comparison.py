"""Two passes of the same graph in one picture."""

from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

import nn
from autograd_core import Value, mean, tanh
from autograd_core.errors import GraphError
from viz.comparison import Pass, compared, diff
from viz.picture import Picture

FACTORS = st.floats(-3, 3)


def chain(x: Value, factor: float) -> Value:
    """Return a loss of one leaf, after its backward pass."""
    y = tanh(x * factor) * x + x
    y.backward()
    return y


def rows(shown: Picture, label: str) -> tuple[tuple[str, ...], ...]:
    """Return what stands in the only box of that label."""
    (box,) = (b for b in shown.boxes if b.rows[0][0] == label)
    return box.rows


@given(FACTORS, FACTORS, FACTORS, FACTORS)
def test_a_pass_keeps_its_numbers(a: float, b: float, at: float, to: float) -> None:
    """What a leaf was, and its gradient, is read from the nodes that used it."""
    x = Value(at)
    first = chain(x, a)
    data, grad = x.data, x.grad
    x.data, x.grad = to, 0.0
    second = chain(x, b)

    assert Pass(first).data[x] == data
    assert Pass(first).grad[x] == pytest.approx(grad, rel=1e-12, abs=1e-12)
    assert Pass(second).data[x] == x.data
    assert Pass(second).grad[x] == pytest.approx(x.grad, rel=1e-12, abs=1e-12)


def test_a_step_of_training_is_shown() -> None:
    """A step by hand takes w from 1 to 1.9 and its gradient to a tenth."""
    w = Value(1.0, label="w")
    losses = []
    for _ in range(2):
        w.grad = 0.0
        losses.append((w * 3.0 - 6.0) ** 2)
        losses[-1].backward()
        w.data -= 0.05 * w.grad
    shown = compared(*losses)

    assert rows(shown, "w") == (
        *(("w", "input"), ("data 1 → 1.9",), ("grad -18 → -1.8",)),
    )
    assert shown.boxes[-1].rows[1:] == (("data 9 → 0.09",), ("grad 1",))
    assert [e.text for e in shown.edges if e.head == 2] == ["-18 → -1.8", ""]


def test_what_did_not_change_is_written_once() -> None:
    """And has no level: line and colour are the size of the change."""
    x = Value(2.0, label="x")
    shown = compared(chain(x, 0.5), chain(x, 0.5))

    assert rows(shown, "x")[1] == ("data 2",)
    assert {box.level for box in shown.boxes} == {None}
    assert shown.legend == ()


def test_the_level_is_the_change_of_the_gradient() -> None:
    """The largest change has the last level of the scale."""
    x, y = Value(2.0, label="x"), Value(1.0, label="y")
    passes = []
    for factor in (1.0, 1001.0):
        root = mean([x * factor, y * 1.0])
        root.backward()
        passes.append(root)
    shown = compared(*passes)
    levels = {box.rows[0][0]: box.level for box in shown.boxes}

    assert levels["x"] == 4
    assert levels["y"] is None
    assert shown.legend[-1][0].startswith("|change| ≥ ")


def test_modules_are_compared_as_wholes() -> None:
    """A closed module says by how much anything inside of it changed at most."""
    model = nn.MLP(2, [3, 1], seed=0)
    passes = []
    for rate in (0.1, 0.0):
        loss = nn.mse_loss(model([0.5, -1.0]), 1.0)
        loss.backward()
        passes.append(loss)
        nn.SGD(model.parameters(), lr=rate).step()
        model.zero_grad()
    shown = compared(*passes, depth=1)
    (layer,) = (b for b in shown.boxes if b.rows[0] == ("MLP.layers.0",))

    assert layer.rows[1][0].startswith("data changed by up to 0.")
    assert layer.rows[2][0].startswith("grad changed by up to ")


def test_before_a_backward_pass_only_values_are_compared() -> None:
    """Gradients that nobody computed are not shown as 0."""
    x = Value(2.0, label="x")
    shown = compared(x * 2.0, x * 3.0)

    assert rows(shown, "x") == (("x", "input"), ("data 2",))
    assert shown.boxes[-1].rows[1] == ("data 4 → 6",)


def test_it_is_drawn_like_any_picture(tmp_path: Path) -> None:
    """To a file by its suffix, or as a graphviz.Digraph."""
    x = Value(2.0, label="x")
    path = diff(chain(x, 0.5), chain(x, 1.5), tmp_path / "diff.svg")
    texts = [e.text for e in ElementTree.parse(path).iter() if e.text]  # type: ignore[arg-type]

    assert any("→" in text for text in texts)
    assert "→" in diff(chain(x, 0.5), chain(x, 1.5)).source  # type: ignore[union-attr]


def test_other_shapes_are_refused() -> None:
    """The message names the first node that differs, or the two sizes."""
    x = Value(2.0)

    with pytest.raises(GraphError, match=r"node 2 is mul of 2 .* and add of 2 "):
        compared(x * 3.0, x + 3.0)
    with pytest.raises(GraphError, match=r"node 1 is constant before and mul of 2"):
        compared(x * 3.0, x * x)
    with pytest.raises(GraphError, match=r"first has 3 nodes and the second 4"):
        compared(x * 3.0, (x * 3.0).tanh())
    with pytest.raises(TypeError, match="one Value; got float"):
        compared(x * 3.0, 3.0)  # type: ignore[arg-type]
