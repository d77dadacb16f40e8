"""The flow of a network: layers as columns, units as dots, weights as lines."""

import json
import math
from pathlib import Path
from xml.etree import ElementTree

import pytest

import nn
from autograd_core import Value, tanh
from autograd_core.errors import OperandError
from viz.network import Flow, flow
from viz.programs import RenderError

SVG = "{http://www.w3.org/2000/svg}"
EXAMPLES = [[0.5, -1.0], [0.25, 2.0], [-1.5, 0.125]]


def trained(model: nn.Module) -> Value:
    """Return the loss of a model on some examples, after its backward pass."""
    loss = nn.mse_loss([model(x) for x in EXAMPLES], [1.0, 0.0, -1.0])
    loss.backward()
    return loss


def texts(shown: Flow) -> list[str]:
    """Return the texts of a drawing."""
    tree = ElementTree.fromstring(shown.svg)
    return [e.text or "" for e in tree.iter(f"{SVG}text")]


def mean_square(numbers: list[float]) -> float:
    """Return the root of the mean square."""
    return math.sqrt(math.fsum(x * x for x in numbers) / len(numbers))


def test_columns_are_the_inputs_and_the_layers() -> None:
    """Every unit of the model is there, and every weight between two columns."""
    model = nn.MLP(2, [4, 3, 1], seed=0)
    shown = flow(model, trained(model))

    assert [c.name for c in shown.columns] == ["inputs"] + [
        f"layers.{i}" for i in range(3)
    ]
    assert [len(c.units) for c in shown.columns] == [2, 4, 3, 1]
    assert [len(c.links) for c in shown.columns] == [0, 8, 12, 3]


def test_weights_are_those_of_the_model() -> None:
    """A line from unit j to unit i is weight[j] of neuron i, with its gradient."""
    model = nn.MLP(2, [4, 3, 1], seed=0)
    shown = flow(model, trained(model))

    for layer, column in zip(model.layers, shown.columns[1:], strict=True):
        for link in column.links:
            weight = layer.neurons[link.target].weight[link.source]
            assert (link.weight, link.gradient) == (weight.data, weight.grad)


def test_signals_are_root_mean_squares_over_the_examples() -> None:
    """Of inputs, hidden activations and outputs, and of their gradients."""
    model = nn.MLP(2, [3, 1], seed=1)
    passes = []
    for example in EXAMPLES:
        x = [Value(number) for number in example]
        hidden = model.layers[0](x)
        passes.append((x, hidden, model.layers[1](hidden)))
    nn.mse_loss([out[0] for *_, out in passes], [1.0, 0.0, -1.0]).backward()
    root = nn.mse_loss([out[0] for *_, out in passes], [1.0, 0.0, -1.0])
    root.backward()
    shown = flow(model, root)

    for k, column in enumerate(shown.columns):
        for i, unit in enumerate(column.units):
            nodes = [signals[k][i] for signals in passes]
            assert unit.signal == pytest.approx(mean_square([n.data for n in nodes]))
            assert unit.gradient == pytest.approx(mean_square([n.grad for n in nodes]))


def test_the_drawing_has_two_panels_with_all_of_it() -> None:
    """Each unit is a dot and each weight a line, once forward and once backward."""
    model = nn.MLP(2, [4, 1], seed=0)
    shown = flow(model, trained(model))
    tree = ElementTree.fromstring(shown.svg)
    titled = [p for p in tree.iter(f"{SVG}path") if p.find(f"{SVG}title") is not None]

    assert len(list(tree.iter(f"{SVG}circle"))) == 2 * (2 + 4 + 1)
    assert len(titled) == 2 * (8 + 4)
    assert "signal, forward →" in texts(shown)
    assert "← gradient, backward" in texts(shown)


def test_the_sign_is_told_without_colour() -> None:
    """Negative weights are dashed in the forward panel."""
    model = nn.MLP(2, [1], seed=0)
    model.load_state_dict({"layers.0.weight": [[1.0, -1.0]], "layers.0.bias": [0.0]})
    tree = ElementTree.fromstring(flow(model).svg)
    dashed = {
        path.findtext(f"{SVG}title"): "stroke-dasharray" in path.attrib
        for path in tree.iter(f"{SVG}path")
    }

    assert dashed["weight 1.0"] is False
    assert dashed["weight -1.0"] is True


def test_without_a_loss_only_weights_are_known() -> None:
    """The picture says how to get the rest."""
    shown = flow(nn.MLP(2, [3, 1], seed=0))

    assert {unit.signal for c in shown.columns for unit in c.units} == {None}
    assert "activations: pass the loss" in texts(shown)
    assert "no gradient: backward() has not run" in texts(shown)


def test_dead_units_are_crossed_out() -> None:
    """A unit that passes no gradient on any example is marked in shape and words."""
    model = nn.MLP(2, [3, 1], activation="relu", seed=0)
    model.layers[0].neurons[1].bias.data = -100.0
    shown = flow(model, trained(model))

    assert [unit.complaint == "dead" for unit in shown.columns[1].units][1]
    assert "layers.0.neurons.1, signal 0.0, gradient" in shown.svg
    assert ", dead</title>" in shown.svg


def test_numbers_that_are_not_finite_are_drawn() -> None:
    """No coordinate and no width becomes nan."""
    model = nn.MLP(2, [3, 1], activation="exp", seed=0)
    model.layers[0].neurons[0].bias.data = 1e4
    loss = nn.mse_loss(model([0.5, 1.0]), 1.0)
    loss.backward()
    tree = ElementTree.fromstring(flow(model, loss).svg)
    numbers = [
        value
        for e in tree.iter()
        for key, value in e.attrib.items()
        if key not in ("d", "font-family", "transform")
    ]

    assert not {"nan", "inf"} & set(numbers)
    assert not [e.attrib["d"] for e in tree.iter(f"{SVG}path") if "n" in e.attrib["d"]]


def test_any_model_of_parameters_is_drawn() -> None:
    """A matrix holds a row for each unit; labels are text, whatever they hold."""

    class Dense(nn.Module):
        def __init__(self) -> None:
            self.weight = [[Value(0.1 * i + j) for j in range(2)] for i in range(3)]

        def forward(self, x: list[float]) -> Value:
            sums = [sum((w * v for w, v in zip(r, x, strict=True)), Value(0.0))
                    for r in self.weight]  # fmt: skip
            return tanh(sums[0]) + sums[1] * sums[2]

    model = Dense()
    shown = flow(model, model([1.0, 2.0]))

    assert [len(c.units) for c in shown.columns] == [2, 3]
    assert len(shown.columns[1].links) == 6


def test_it_is_saved_shown_and_read_as_data(tmp_path: Path) -> None:
    """As an SVG file, in a notebook, and as what JSON can hold."""
    model = nn.MLP(2, [3, 1], seed=0)
    shown = flow(model, trained(model), theme="dark")
    path = shown.save(tmp_path / "flow.svg")

    assert path.read_text(encoding="utf-8") == shown.svg == shown._repr_svg_()
    assert json.loads(json.dumps(shown.as_dict()))["columns"][1]["name"] == "layers.0"


def test_misuse_is_named(tmp_path: Path) -> None:
    """No model, no Value, no such theme, another suffix, a missing folder."""
    model = nn.MLP(2, [3, 1], seed=0)

    with pytest.raises(OperandError, match="takes a model with named_parameters"):
        flow(3.0)  # type: ignore[arg-type]
    with pytest.raises(OperandError, match="takes the loss as one Value"):
        flow(model, 3.0)  # type: ignore[arg-type]
    with pytest.raises(OperandError, match="a model with parameters"):
        flow(nn.Module())
    with pytest.raises(ValueError, match="'lihgt'"):
        flow(model, theme="lihgt")
    with pytest.raises(RenderError, match=r"\.svg, not \.png"):
        flow(model).save(tmp_path / "flow.png")
    with pytest.raises(FileNotFoundError, match="no folder"):
        flow(model).save(tmp_path / "nowhere" / "flow.svg")
