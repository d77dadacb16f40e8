"""Fused operations, taken apart."""

import math

import pytest
from graphs import roots
from hypothesis import given
from hypothesis import strategies as st

from autograd_core import (
    OPS,
    NaryOp,
    Op,
    Value,
    dot,
    mean,
    no_grad,
    scope,
    tanh,
    topological_order,
    total,
)
from autograd_core.inspection import expanded
from viz.picture import picture

FUSED = sorted(name for name, op in OPS.items() if op.definition is not None)
NUMBERS = st.floats(-5, 5) | st.sampled_from([0.0, -0.0, 1e-200, 700.0, math.inf])

scaled_mean = NaryOp(
    "scaled_mean",
    lambda *xs: 3.0 * sum(xs) / len(xs),
    lambda y, *xs: [3.0 / len(xs)] * len(xs),
    definition=lambda *xs: mean(xs) * 3.0,
)
cube = Op(
    "cube", lambda x: x**3, (lambda y, x: 3 * x * x,), definition=lambda x: x * x * x
)
itself = NaryOp(
    "itself",
    lambda *xs: xs[0],
    lambda y, *xs: [1.0] + [0.0] * (len(xs) - 1),
    definition=lambda *xs: xs[0],
)
endless = NaryOp(
    "endless",
    lambda *xs: sum(xs),
    lambda y, *xs: [1.0] * len(xs),
    definition=lambda *xs: endless(xs) + total(xs) - total(xs),
)


def seen(nodes: list[Value]) -> list[tuple[object, ...]]:
    """Return what stands in the boxes of nodes."""
    return [(n.op, repr(n.data), repr(n.grad), n.has_grad) for n in nodes]


@pytest.mark.parametrize("name", FUSED)
@given(
    numbers=st.lists(NUMBERS, min_size=1, max_size=5),
    factor=st.floats(-1e3, 1e3),
    places=st.lists(st.integers(0, 4), min_size=1, max_size=5),
)
def test_it_is_what_elementary_code_makes(
    name: str, numbers: list[float], factor: float, places: list[int]
) -> None:
    """Nodes, data and gradients are those of the definition, written out by hand.

    Operands may repeat, need no gradient, or be used elsewhere too.
    """
    row = OPS[name]
    written = row.definition
    assert written is not None

    def operands() -> list[Value]:
        leaves = [Value(x, requires_grad=i != 1) for i, x in enumerate(numbers)]
        return [leaves[i % len(leaves)] for i in (0, *places)]

    ours, theirs = operands(), operands()
    if name == "dot":
        fused = dot(ours, ours[::-1], ours[0])
        plain = written(*theirs, *theirs[::-1], theirs[0])
    else:
        fused, plain = row(ours), written(*theirs)
    for root in (fused * factor, plain * factor):
        root.backward()
    nodes, expansion = expanded(topological_order(fused), True)
    leaves = dict(zip(ours, theirs, strict=True))
    made = [n for n in nodes if n not in leaves]
    wanted = [n for n in topological_order(plain) if n not in set(theirs)]
    twin = leaves | dict(zip(made, wanted, strict=True))

    assert seen(made) == seen(wanted)
    assert expansion.original(fused) is nodes[-1]
    for node in made:
        shown = [twin[parent] for parent in expansion.parents(node)]
        assert shown == list(twin[node].parents)


@given(roots(), st.booleans())
def test_the_new_graph_is_in_topological_order(root: Value, paused: bool) -> None:
    """Parents come first, each node once, under no_grad() as well."""
    order = topological_order(root)
    if paused:
        with no_grad():
            nodes, expansion = expanded(order, True)
    else:
        nodes, expansion = expanded(order, True)
    place = {node: i for i, node in enumerate(nodes)}

    assert len(place) == len(nodes)
    assert nodes[-1] is expansion.original(root)
    for node in nodes:
        assert node.op is None or node.op.name not in FUSED
        assert node.is_leaf or expansion.parents(node)
        for parent in expansion.parents(node):
            assert place[parent] < place[node]


@given(roots())
def test_sums_in_boxes_hold_in_an_expanded_picture(root: Value) -> None:
    """Fan-out into fused nodes is a sum over their inner uses, with nothing left."""
    for box in picture(root, expand=True, depth=99).boxes:
        assert not any("elsewhere" in cell for row in box.rows for cell in row)


@given(roots())
def test_the_graph_is_untouched(root: Value) -> None:
    """Gradients, labels and parents of the graph are the same objects after it."""
    order = topological_order(root)
    before = [(n.grad, n.has_grad, n.label, n.scope, n.parents) for n in order]
    expanded(order, True)

    assert [(n.grad, n.has_grad, n.label, n.scope, n.parents) for n in order] == before


def test_before_backward_there_is_no_gradient() -> None:
    """Nodes of a graph that no pass has reached have none either."""
    nodes, _ = expanded(topological_order(mean([Value(1.0), Value(2.0)])), True)

    assert not any(node.has_grad for node in nodes)


def test_no_grad_around_the_picture_changes_nothing() -> None:
    """A picture drawn under no_grad() is the same, and recording stays paused."""
    root = dot([Value(1.0), Value(2.0)], [Value(3.0), 4.0])
    root.backward()
    with no_grad():
        paused = picture(root, expand=True)
        assert (Value(1.0) * 2.0).is_leaf

    assert paused == picture(root, expand=True)
    assert len(paused.boxes) == 4 + 1 + 4


def test_an_open_scope_around_the_picture_changes_nothing() -> None:
    """New nodes are in the scope of the node they replace, and in no other."""
    with scope("inner"):
        root = mean([Value(1.0), Value(2.0)])
    with scope("outer"):
        nodes, _ = expanded(topological_order(root), True)

    assert {n.scope for n in nodes if n.op} == {"inner"}
    assert {n.scope for n in nodes if not n.op} == {""}


def test_constants_are_taken_apart_too() -> None:
    """A fused node that needs no gradient has a definition like any other."""
    constants = [Value(float(i), requires_grad=False) for i in range(3)]
    nodes, _ = expanded(topological_order(total(constants) * Value(2.0)), True)

    assert [n.op.name for n in nodes if n.op] == ["add", "add", "add", "mul"]
    assert [n.requires_grad for n in nodes if n.op] == [False] * 3 + [True]


def test_fused_operations_in_fused_operations() -> None:
    """A definition in fused rows is taken apart again; names choose which."""
    root = scaled_mean([Value(1.0), Value(2.0)])
    root.backward()
    order = topological_order(root)

    def names(which: object) -> list[str]:
        nodes, _ = expanded(order, which)  # type: ignore[arg-type]
        return [n.op.name for n in nodes if n.op]

    assert names(True) == ["add", "add", "div", "mul"]
    assert names("scaled_mean") == ["mean", "mul"]
    assert names(["scaled_mean", "mean"]) == names(True)
    assert names("mean") == names([]) == names(False) == ["scaled_mean"]
    assert [n.grad for n in expanded(order, True)[0][:2]] == [1.5, 1.5]


def test_a_row_of_ones_own() -> None:
    """A unary row with a definition is taken apart, though it is in no table."""
    x = Value(2.0, label="x")
    root = cube(x) + 1.0
    root.backward()
    shown = picture(root, expand="cube")

    assert [b.rows[0][0] for b in shown.boxes] == ["x", "*", "*", "constant", "+"]
    assert shown.boxes[0].rows[-1] == ("grad 12 = 4 + 4 + 4",)


@pytest.mark.parametrize("row", [itself, endless], ids=lambda row: row.name)
def test_strange_definitions_come_to_an_end(row: NaryOp) -> None:
    """A definition that returns an operand, or uses its own row, is drawn."""
    root = row([Value(1.0), Value(2.0)])
    root.backward()
    nodes, _ = expanded(topological_order(root), True)

    assert [n.op for n in nodes].count(row) == 1
    assert nodes[-1].data == root.data


def test_a_definition_that_is_a_number_is_none() -> None:
    """What is no graph cannot be shown as one: the fused node stays."""
    constant = NaryOp(
        "constant_one",
        lambda *xs: 1.0,
        lambda y, *xs: [0.0] * len(xs),
        definition=lambda *xs: 1.0,
    )
    root = constant([Value(1.0)])

    assert expanded(topological_order(root), True)[0][-1] is root


def test_names_and_labels_stay_on_what_replaces_a_node() -> None:
    """A fused node's name is its last node's, whether it is a label or a variable."""
    xs = [Value(1.0), Value(2.0)]
    unlabelled = total(xs)
    labelled = mean(xs)
    labelled.label = "m"
    shown = picture(
        tanh(unlabelled * labelled), expand=True, names={"s": unlabelled, "xs": xs}
    )

    assert [b.rows[0] for b in shown.boxes if len(b.rows[0]) > 1] == [
        *(("xs[0]", "input"), ("xs[1]", "input"), ("s", "+"), ("m", "/")),
        ("tanh", "output"),
    ]
