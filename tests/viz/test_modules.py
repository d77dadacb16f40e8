"""Which values stand in one box."""

import pytest
from graphs import SCOPED_STEPS, SCOPES, in_modules, roots
from hostile import labels
from hypothesis import example, given
from hypothesis import strategies as st

import nn
from autograd_core import Value, scope, tanh, topological_order, total
from viz.modules import Modules, Part, path_of
from viz.picture import picture


def parts_of(root: Value, depth: int, *, fold: bool = False) -> list[Part]:
    """Return the parts of a whole graph."""
    modules = Modules(topological_order(root), lambda node: node.parents)
    return modules.parts(modules.keys(depth, fold=fold))


def of_module(parts: list[Part], *path: str) -> list[tuple[int, int]]:
    """Return call and number of nodes of each part of a module."""
    return [(part.call, len(part.nodes)) for part in parts if part.path == path]


@given(roots(), st.integers(0, 4), st.booleans())
def test_parts_divide_the_graph(root: Value, depth: int, fold: bool) -> None:
    """Every node is in exactly one part, whichever modules call each other."""
    order = topological_order(root)
    nodes = [node for part in parts_of(root, depth, fold=fold) for node in part.nodes]

    assert len(nodes) == len(order)
    assert set(nodes) == set(order)


@given(roots(), st.integers(0, 4), st.booleans())
def test_parts_are_in_topological_order(root: Value, depth: int, fold: bool) -> None:
    """What a part reads stands in parts before it."""
    parts = parts_of(root, depth, fold=fold)
    place = {node: i for i, part in enumerate(parts) for node in part.nodes}

    for node, i in place.items():
        assert all(place[parent] <= i for parent in node.parents)


@given(SCOPED_STEPS.map(in_modules), st.integers(0, 4))
def test_a_part_holds_nodes_of_its_module(root: Value, depth: int) -> None:
    """Modules are closed at their depth, and what lies less deep stands by itself."""
    for part in parts_of(root, depth):
        inside = [node for node in part.nodes if node.scope]
        if part.path:
            assert len(part.path) == depth + 1
            assert all(path_of(n.scope)[: depth + 1] == part.path for n in inside)
            assert all(n.is_leaf for n in part.nodes if not n.scope)
        elif part.is_single and inside:
            assert len(path_of(inside[0].scope)) <= depth
        else:
            assert not inside


@given(roots())
def test_the_deepest_is_all_of_it(root: Value) -> None:
    """With every module open each node is a part."""
    modules = Modules(topological_order(root), lambda node: node.parents)

    assert all(p.is_single for p in modules.parts(modules.keys(modules.deepest)))


@given(st.sampled_from(SCOPES) | labels | st.text(".05a", max_size=200))
@example("." * 5000)
def test_paths_of_any_scope(name: str) -> None:
    """The names of a path make the scope again, so a module's parent is one too."""
    path = path_of(name)

    assert ".".join(path) == name
    for depth in range(1, len(path) + 1):
        above = ".".join(path[:depth])
        assert path_of(above) == path[:depth] or not above


def test_a_number_belongs_to_the_name_before() -> None:
    """The items of a list are modules of the list's name; a first number is a name."""
    assert path_of("MLP.layers.0.neurons.12") == ("MLP", "layers.0", "neurons.12")
    assert path_of("7.a") == ("7", "a")
    assert path_of("") == ()


def test_a_cell_called_on_its_own_output_has_a_part_for_each_call() -> None:
    """A recurrent cell is as many boxes as it has calls, in their order."""
    h = x = Value(0.5, label="x")
    for _ in range(5):
        with scope("cell"):
            h = tanh(h * 0.5)
        h = h + x

    assert of_module(parts_of(h, 0), "cell") == [(i, 3) for i in range(1, 6)]


def test_what_a_call_makes_of_its_input_alone_belongs_to_it() -> None:
    """The part of a recurrent cell that needs no earlier call is not in the first."""
    h = Value(0.1, label="h")
    for i in range(4):
        x = Value(float(i), label=f"x{i}")
        with scope("cell"):
            h = tanh(x * 2.0 + h * 0.5)
        h = h + 1.0

    # two products with their constants, a sum, a tanh
    assert of_module(parts_of(h, 0), "cell") == [(i, 6) for i in range(1, 5)]


def test_two_cells_that_call_each_other() -> None:
    """Calls in turn, and crosswise in parallel, are parts in topological order."""
    x = Value(0.5, label="x")

    def called(name: str, value: Value) -> Value:
        with scope(name):
            return tanh(value)

    in_turn = x
    for _ in range(3):
        in_turn = called("b", called("a", in_turn))
    crosswise = called("a", called("b", x)) + called("b", called("a", x))

    assert of_module(parts_of(in_turn, 0), "a") == [(1, 1), (2, 1), (3, 1)]
    for name in "ab":
        assert sorted(of_module(parts_of(crosswise, 0), name)) == [(1, 1), (2, 1)]


def test_three_modules_in_a_ring() -> None:
    """Where a feeds b, b feeds c and c feeds a, each is in calls of their own."""
    x = Value(0.5, label="x")
    ends = []
    for first, second in ("ab", "bc", "ca"):
        with scope(first):
            inner = tanh(x)
        with scope(second):
            ends.append(tanh(inner))
    parts = parts_of(total(ends), 0)

    assert sum(len(part.nodes) for part in parts) == 8
    assert [len(of_module(parts, name)) for name in "abc"] == [2, 2, 2]


def test_what_reads_every_call_is_one_part() -> None:
    """A module before or after a recurrent one has no calls of its own."""
    h = x = Value(0.5, label="x")
    outputs = []
    for i in range(4):
        with scope("encoder"):
            seen = tanh(x + float(i))
        with scope("cell"):
            h = tanh(h + seen)
        with scope("head"):
            outputs.append(tanh(h))
        h = h * x
    parts = parts_of(total(outputs), 0)

    assert len(of_module(parts, "cell")) == 4
    assert of_module(parts, "encoder") == [(1, 12)]  # with a constant each
    assert of_module(parts, "head") == [(1, 4)]


def test_calls_in_parallel_are_one_part() -> None:
    """A module called on each of 8 examples is one box, with all their nodes."""
    model = nn.MLP(2, [3, 1], seed=0)
    root = total([model([0.1 * i, 1.0]) for i in range(8)])
    parts = parts_of(root, 0)

    # 13 parameters, and 7 nodes for each example
    assert of_module(parts, "MLP") == [(1, 13 + 8 * 7)]
    assert [(p.kind, len(p.nodes)) for p in parts if p.kind] == [("inputs", 16)]


def test_weights_that_modules_share() -> None:
    """A parameter stands in the module that holds it, whoever else uses it."""

    class Tied(nn.Module):
        def __init__(self) -> None:
            self.first = nn.Neuron(1)
            self.second = nn.Neuron(1)
            self.second.weight = self.first.weight

        def forward(self, x: Value) -> Value:
            result: Value = self.second([self.first([x])])
            return result

    model = Tied()
    parts = parts_of(model(Value(0.5, label="x")), 1)
    shared = model.first.weight[0]
    (holder,) = (part for part in parts if shared in part.nodes)

    assert holder.path == path_of(shared.scope)
    assert sum(len(part.nodes) for part in parts) == 8


def test_inputs_of_two_modules_stand_outside() -> None:
    """Only what one module alone reads is put beside it; constants are put into it."""
    x, y = Value(1.0, label="x"), Value(2.0, label="y")
    with scope("a"):
        first = x * y * 3.0
    with scope("b"):
        second = x + 1.0
    parts = parts_of(first * second, 0)

    assert [len(p.nodes) for p in parts if p.path] == [3, 2]
    assert {n.label for p in parts if p.is_single for n in p.nodes} >= {"x", "y"}


def test_folding_makes_one_part_of_what_does_the_same() -> None:
    """The losses of the examples of a batch are one part for each of their steps."""
    model = nn.MLP(2, [2, 1], seed=0)
    losses = [nn.mse_loss(model([0.1 * i, 1.0]), 0.5 * i) for i in range(6)]
    parts = parts_of(total(losses), 0, fold=True)

    assert [(p.kind, len(p.nodes)) for p in parts if p.kind not in ("", "inputs")] == [
        ("sub", 12),  # with a constant target each
        ("mul", 6),
        ("mean", 6),
    ]


@pytest.mark.parametrize("depth", range(3))
def test_an_mlp_closes_from_the_inside(depth: int) -> None:
    """At depths 0, 1 and 2 the boxes are the model, its layers and its neurons."""
    model = nn.MLP(2, [3, 2], seed=0)
    root = total(model([0.5, -1.0]))
    shown = picture(root, depth=depth)
    modules = [box.rows[0][0] for box in shown.boxes if box.kind == "module"]

    assert [name for name in modules if name != "inputs"] == [
        *(
            ["MLP"],
            ["MLP.layers.0", "MLP.layers.1"],
            [
                *(f"MLP.layers.0.neurons.{i}" for i in range(3)),
                *(f"MLP.layers.1.neurons.{i}" for i in range(2)),
            ],
        )[depth]
    ]
