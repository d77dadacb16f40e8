"""The node: what it records, and the published examples it must reproduce."""

import math
import time
from typing import Any

import numpy as np
import pytest

from autograd_core import Value, log, relu, sin, tanh, total, where, zero_grad
from autograd_core.errors import GraphError, OperandError


def test_the_example_of_micrograd() -> None:
    """The README of micrograd (Karpathy 2020) gives these three numbers."""
    a, b = Value(-4.0), Value(2.0)
    c = a + b
    d = a * b + b**3
    c += c + 1
    c += 1 + c + (-a)
    d += d * 2 + (b + a).relu()
    d += 3 * d + (b - a).relu()
    e = c - d
    f = e**2
    g = f / 2.0
    g += 10.0 / f
    g.backward()

    assert f"{g.data:.4f}" == "24.7041"
    assert f"{a.grad:.4f}" == "138.8338"
    assert f"{b.grad:.4f}" == "645.5773"


def test_the_example_of_baydin() -> None:
    """Table 3 of Baydin et al. (JMLR 2018): ln x₁ + x₁x₂ - sin x₂ at (2, 5)."""
    x1, x2 = Value(2.0), Value(5.0)
    y = log(x1) + x1 * x2 - sin(x2)
    y.backward()

    assert y.data == pytest.approx(11.652, abs=5e-4)
    assert x1.grad == pytest.approx(5.5, abs=1e-15)
    assert x2.grad == pytest.approx(1.716, abs=5e-4)


def test_the_neuron_of_the_lecture() -> None:
    """Karpathy's lecture (2022) derives this neuron's gradients by hand."""
    x1, x2 = Value(2.0), Value(0.0)
    w1, w2 = Value(-3.0), Value(1.0)
    o = tanh(x1 * w1 + x2 * w2 + 6.8813735870195432)
    o.backward()

    assert o.data == pytest.approx(math.sqrt(0.5), rel=1e-15)
    grads = [x1.grad, w1.grad, x2.grad, w2.grad]
    assert grads == pytest.approx([-1.5, 1.0, 0.5, 0.0], rel=1e-14)


def test_a_leaf() -> None:
    """A leaf has data, no parents, no op, and a derivative by nothing."""
    x = Value(3, label="x")

    assert (x.data, x.grad, x.label, x.scope) == (3.0, 0.0, "x", "")
    assert type(x.data) is type(x.grad) is float
    assert (x.parents, x.operands, x.op) == ((), (), None)
    assert x.is_leaf
    assert x.requires_grad
    assert not x.has_grad
    assert x.local_derivatives() == ()


def test_label_and_requires_grad_are_named() -> None:
    """Only the number is given by position."""
    with pytest.raises(TypeError):
        Value(1.0, "x")  # type: ignore[misc]


def test_an_interior_node() -> None:
    """A node has its operands in order and the row that made it."""
    x, y = Value(3.0), Value(4.0)
    z = x - y

    assert z.parents == (x, y)
    assert z.operands == (3.0, 4.0)
    assert z.op is not None
    assert z.op.name == "sub"
    assert not z.is_leaf
    assert z.local_derivatives() == (1.0, -1.0)


def test_a_repeated_operand_is_a_parent_twice() -> None:
    """`x * x` has two parents and each has its derivative."""
    x = Value(3.0)
    y = x * x
    y.backward()

    assert y.parents == (x, x)
    assert y.local_derivatives() == (3.0, 3.0)
    assert x.grad == 6.0


def test_a_number_in_an_expression_is_a_constant_parent() -> None:
    """Diagrams see the number; gradients pass it by."""
    y = Value(3.0) * 2
    constant = y.parents[1]

    assert constant.data == 2.0
    assert constant.is_leaf
    assert not constant.requires_grad
    assert y.local_derivatives() == (2.0, None)


@pytest.mark.parametrize("kind", [int, np.float64])
def test_many_numbers_of_other_kinds_take_time_in_proportion(kind: type) -> None:
    """Twenty thousand ints in a sum take not much longer than as many floats."""

    def seconds(numbers: list[Any]) -> float:
        start = time.process_time()
        total([Value(1.0), *numbers])
        return time.process_time() - start

    floats = min(seconds([1.0] * 20_000) for _ in range(3))
    others = min(seconds([kind(i) for i in range(20_000)]) for _ in range(3))

    assert others < 30 * floats


def test_a_node_of_constants_is_a_constant() -> None:
    """What is made of constants needs no gradient, and cannot run backward."""
    y = Value(2.0, requires_grad=False) * 3.0

    assert not y.requires_grad
    with pytest.raises(GraphError, match=r"backward\(\).*Value\(data=6.0.*constants"):
        y.backward()


@pytest.mark.parametrize("condition", [True, False])
def test_where_gives_the_branch_not_taken_no_derivative(condition: bool) -> None:
    """None, and not 0: zero times inf would be nan."""
    a, b = Value(1.0), Value(2.0)
    y = where(condition, a, b)

    assert y.data == (1.0 if condition else 2.0)
    assert y.local_derivatives() == (
        (None, 1.0, None) if condition else (None, None, 1.0)
    )


def test_closures_keep_the_operands_of_their_time() -> None:
    """A leaf changed after the forward pass changes no derivative and no result."""
    x, y = Value(3.0), Value(4.0)
    z = x * y
    closure = z.local_derivatives
    x.data, y.data = 30, 40

    assert closure() == z.local_derivatives() == (4.0, 3.0)
    assert z.operands == (3.0, 4.0)
    assert z.data == 12.0


def test_data_assigned_to_a_leaf_is_what_the_next_pass_computes_with() -> None:
    """An optimiser's step reaches operators, methods, numbers' sides and rows."""
    x = Value(3.0)
    x.data = 5
    nodes = [x * x, -x, x.relu(), 2.0 * x, relu(x)]

    assert [node.data for node in nodes] == [25.0, -5.0, 5.0, 10.0, 5.0]
    assert [node.operands[-1] for node in nodes] == [5.0] * 5


@pytest.mark.parametrize("name", ["data", "grad"])
def test_data_and_grad_are_floats_always(name: str) -> None:
    """What is assigned becomes a float, or is refused by the attribute's name."""
    x = Value(1.0)
    setattr(x, name, True)
    assert type(getattr(x, name)) is float
    with pytest.raises(OperandError, match=rf"Value\.{name} takes a real number"):
        setattr(x, name, "2")
    with pytest.raises(OperandError, match=rf"Value\.{name}"):
        setattr(x, name, Value(1.0))


@pytest.mark.parametrize("bad", ["3", None, 1j, [1.0], {}, Value(1.0), object()])
def test_a_leaf_is_made_of_a_real_number(bad: Any) -> None:
    """The message names what was passed and its type."""
    with pytest.raises(OperandError, match=r"^Value\(data\) takes a real") as caught:
        Value(bad)

    assert type(bad).__name__ in str(caught.value)


def test_detach() -> None:
    """A detached node is a constant with the data and label, and no history."""
    x = Value(3.0)
    y = x * x
    y.label = "y"
    z = y.detach()

    assert (z.data, z.label, z.parents, z.requires_grad) == (9.0, "y", (), False)
    w = z * x
    w.backward()
    assert x.grad == 9.0


def test_repr_is_short() -> None:
    """A repr shows data, gradient and label, never the graph."""
    assert repr(Value(3)) == "Value(data=3.0, grad=0.0)"
    assert repr(Value(3, label="x")) == "Value(data=3.0, grad=0.0, label='x')"
    assert str(relu(Value(-1.0))) == "Value(data=0.0, grad=0.0)"


def test_identity_is_equality() -> None:
    """Two nodes with one number are two nodes: dicts and sets tell them apart."""
    x, y = Value(1.0), Value(1.0)

    assert x == x
    assert x != y
    assert len({x, y, x}) == 2
    assert x != 1.0


def test_attributes_are_those_of_a_node() -> None:
    """A misspelt attribute is an error rather than a note on the side."""
    with pytest.raises(AttributeError):
        Value(1.0).gradient = 2.0  # type: ignore[attr-defined]


def test_zero_grad_of_a_root_clears_its_graph() -> None:
    """Given a root, every node below it is as if no pass had reached it."""
    x = Value(3.0)
    y = x * x
    z = y + x
    z.backward()
    zero_grad(z)

    assert [n.grad for n in (x, y, z)] == [0.0] * 3
    assert not any(n.has_grad for n in (x, y, z))


def test_zero_grad_of_values_clears_these_only() -> None:
    """Given an iterable, the Values in it are cleared and no others."""
    x, y = Value(3.0), Value(4.0)
    (x * y).backward()
    zero_grad(iter([x]))

    assert (x.grad, y.grad) == (0.0, 3.0)
    assert y.has_grad


def test_zero_grad_of_something_else() -> None:
    """What is no Value is named, and nothing is cleared."""
    x = Value(3.0)
    (x * x).backward()
    with pytest.raises(OperandError, match=r"zero_grad takes .*not 'x' of type str"):
        zero_grad([x, "x"])  # type: ignore[list-item]
    assert x.grad == 6.0
    with pytest.raises(TypeError, match="zero_grad"):
        zero_grad(3)  # type: ignore[arg-type]


def test_a_subclass_makes_nodes_of_its_own_kind() -> None:
    """A node of a subclass, alone or beside a plain one, keeps the operators."""

    class Tagged(Value):
        pass

    x = Tagged(3.0)

    assert type(x * x) is Tagged
    assert type(-x) is Tagged
    assert (x * Value(2.0)).data == (Value(2.0) * x).data == 6.0
