"""The record of an operation: a user's own row, its checks and its words."""

import math
import pickle
from typing import Any

import pytest

import autograd_core
from autograd_core import (
    OPS,
    NaryOp,
    Op,
    Value,
    custom_op,
    dot,
    mean,
    tanh,
    topological_order,
)
from autograd_core.errors import OperandError, ShapeError, UnknownNameError
from autograd_core.op import find

EVERY_ROW = pytest.mark.parametrize("row", OPS.values(), ids=OPS)

cube = Op("cube", lambda x: x * x * x, (lambda y, x: 3.0 * x * x,))
saxpy = Op(
    "saxpy",
    lambda a, x, b: a * x + b,
    (lambda y, a, x, b: x, lambda y, a, x, b: a, lambda y, a, x, b: 1.0),
)
ratio = Op("ratio", lambda a, b: a / b, (lambda y, a, b: 1 / b, lambda y, a, b: -y / b))


@pytest.mark.parametrize(
    ("row", "operands", "value", "slopes"),
    [
        (cube, (2.0,), 8.0, (12.0,)),
        (ratio, (3.0, 4.0), 0.75, (0.25, -0.1875)),
        (saxpy, (2.0, 3.0, 4.0), 10.0, (3.0, 2.0, 1.0)),
    ],
)
def test_ones_own_row_works_like_a_built_in(
    row: Op, operands: tuple[float, ...], value: float, slopes: tuple[float, ...]
) -> None:
    """A row of one, two or three operands computes, records and differentiates."""
    parents = [Value(x) for x in operands]
    node = row(*parents)
    node.backward()

    assert row(*operands) == node.data == value
    assert node.op is row
    assert node.parents == tuple(parents)
    assert node.local_derivatives() == slopes
    assert tuple(x.grad for x in parents) == slopes


def test_ones_own_row_mixes_numbers_and_built_ins() -> None:
    """A number among the operands is a constant, and the result an ordinary node."""
    x = Value(0.5)
    y = tanh(saxpy(2, x, True)) * 3.0
    y.backward()

    assert x.grad == pytest.approx(6 * (1 - math.tanh(2.0) ** 2), rel=1e-14)


def test_a_row_in_the_middle_of_ones_own_sequence_op() -> None:
    """A row on a sequence is made of one function that returns all derivatives."""
    norm2 = NaryOp("norm2", lambda *xs: math.fsum(x * x for x in xs),
        lambda y, *xs: [2.0 * x for x in xs])  # fmt: skip
    xs = [Value(3.0), Value(4.0)]
    y = norm2(xs)
    y.backward()

    assert y.data == 25.0
    assert [x.grad for x in xs] == [6.0, 8.0]
    assert norm2([1, 2]) == 5.0


@pytest.mark.parametrize("partials", [math.cos, [math.cos], (), (1.0,), None, "cos"])
def test_partials_must_be_a_tuple_of_functions(partials: Any) -> None:
    """A row whose partials are no tuple of functions is refused by name."""
    with pytest.raises(OperandError, match=r"Op\('bad'\).*tuple of partials") as caught:
        Op("bad", math.sin, partials)

    assert repr(partials) in str(caught.value)


@pytest.mark.parametrize("partials", [(math.cos,), None, 1.0])
def test_partials_of_a_sequence_op_must_be_one_function(partials: Any) -> None:
    """A row on sequences takes one function, not one for each operand."""
    with pytest.raises(OperandError, match=r"NaryOp\('bad'\) takes one function"):
        NaryOp("bad", math.fsum, partials)


@pytest.mark.parametrize(
    ("name", "operands", "words"),
    [
        ("tanh", (), r"tanh\(x\) takes 1 operand; got 0"),
        ("tanh", (1.0, 2.0), r"tanh\(x\) takes 1 operand; got 2"),
        ("atan2", (1.0,), r"atan2\(a, b\) takes 2 operands; got 1"),
        ("elu", (), r"elu\(x, alpha\) takes 1 to 2 operands; got 0"),
        ("elu", (1.0, 2.0, 3.0), r"elu\(x, alpha\) takes 1 to 2 operands; got 3"),
        ("where", (True, 1.0), r"where\(condition, a, b\) takes 3 operands; got 2"),
    ],
)
def test_a_wrong_count_of_operands(name: str, operands: Any, words: str) -> None:
    """The message gives the signature, the count it takes and the count it got."""
    with pytest.raises(ShapeError, match=words):
        OPS[name](*operands)
    with pytest.raises(ShapeError, match=words):
        OPS[name](*map(Value, operands))


@pytest.mark.parametrize("bad", ["1", None, 1j, [1.0], {}])
def test_an_operand_that_is_no_number(bad: Any) -> None:
    """The message names the row, the position and what was passed."""
    with pytest.raises(OperandError, match=r"operand 2 of atan2") as caught:
        OPS["atan2"](1.0, bad)
    assert repr(bad) in str(caught.value)
    with pytest.raises(OperandError, match=r"operand 2 of atan2"):
        OPS["atan2"](Value(1.0), bad)


def test_defaults_complete_a_call() -> None:
    """An operand with a default may be left out of a call."""
    assert OPS["leaky_relu"](-2.0) == -0.02
    assert OPS["leaky_relu"](-2.0, 0.5) == -1.0
    assert OPS["elu"](Value(1.0)).data == 1.0


@EVERY_ROW
def test_rows_on_floats_give_floats_and_on_values_nodes(row: Op) -> None:
    """A row is callable: the public function is the row."""
    count = len(row.partials) if row.arity else 3
    on_floats = row.forward(*[1.0] * count)
    node = Value.__apply_op__(row, [Value(1.0) for _ in range(count)])

    assert type(on_floats) is float
    assert repr(node.data) == repr(on_floats)
    assert node.op is row
    assert len(node.parents) == count


@EVERY_ROW
def test_every_row_is_documented(row: Op) -> None:
    """A row says what it computes, how it is called, and how it is written."""
    assert row.doc
    assert row.doc != row.name
    assert row.__doc__ == f"{row.signature}: {row.doc}."
    assert row.signature.startswith(f"{row.name}(")
    assert all(name.isidentifier() for name in row.operand_names)
    assert row.operand_names
    assert row.symbol
    assert repr(row) == f"<op {row.signature}>"


@EVERY_ROW
def test_rows_have_a_domain_for_each_operand(row: Op) -> None:
    """Domain and partials are of one length, and no operand's name is repeated."""
    if row.arity is not None:
        assert len(row.domain) == len(row.partials) == row.arity
        assert len(set(row.operand_names)) == row.arity
        for partial in row.partials:
            code = partial.__code__
            assert code.co_varnames[1 : code.co_argcount] == row.operand_names
    assert all(low <= high for low, high, *_ in row.domain)


@EVERY_ROW
def test_rows_are_exported_and_found_by_name(row: Op) -> None:
    """Each row is a public name of the package, and pickles as that name."""
    assert getattr(autograd_core, row.name) is row
    assert row.name in autograd_core.__all__
    assert find(row.name) is row
    assert pickle.loads(pickle.dumps(row)) is row


def test_names_of_rows_that_are_unknown() -> None:
    """A misspelt row is answered by the near ones."""
    with pytest.raises(UnknownNameError, match=r"'tahn'; did you mean .*'tanh'"):
        find("tahn")


@pytest.mark.parametrize(
    ("operands", "named", "result"),
    [
        ((-2.0,), {"negative_slope": 0.5}, -1.0),
        ((), {"negative_slope": 0.5, "x": -2.0}, -1.0),
        ((-2.0,), {}, -0.02),
    ],
)
def test_operands_may_be_named(
    operands: tuple[float, ...], named: dict[str, float], result: float
) -> None:
    """A keyword stands for the operand of that name, on numbers and on Values."""
    row = OPS["leaky_relu"]

    assert row(*operands, **named) == result
    nodes = {name: Value(number) for name, number in named.items()}
    assert row(*map(Value, operands), **nodes).data == result


@pytest.mark.parametrize(
    ("operands", "named", "words"),
    [
        ((1.0,), {"slope": 0.5}, "has no operand 'slope' left to name"),
        ((1.0,), {"x": 0.5}, "has no operand 'x' left to name"),
        ((), {"negative_slope": 0.5}, "takes 1 to 2 operands; got 1"),
    ],
)
def test_a_name_that_is_no_operand(
    operands: tuple[float, ...], named: dict[str, float], words: str
) -> None:
    """The message gives the signature and the name that does not fit."""
    with pytest.raises(ShapeError, match=words):
        OPS["leaky_relu"](*operands, **named)


def test_a_row_cannot_be_changed() -> None:
    """Everybody reads the table; nobody writes to a row in it."""
    with pytest.raises(AttributeError):
        cube.name = "other"


def test_the_public_names_are_exactly_the_sorted_list() -> None:
    """`from autograd_core import *` gives the names of `__all__`, which is sorted."""
    names: dict[str, Any] = {}
    exec("from autograd_core import *", names)
    given = set(names) - {"__builtins__"}
    capitals_first = sorted(given)

    assert sorted(autograd_core.__all__) == capitals_first
    assert len(set(autograd_core.__all__)) == len(autograd_core.__all__)
    assert list(autograd_core.__all__) == capitals_first


def test_a_graph_of_ones_own_row_shares_the_public_walk() -> None:
    """The walk over a graph does not ask which rows are in the table."""
    x = Value(2.0)
    y = cube(x) + mean([x, 3.0]) + dot([x], [x])

    assert [n.op.name for n in topological_order(y) if n.op] == [
        "cube", "mean", "add", "dot", "add"
    ]  # fmt: skip


# --- rows written as functions ------------------------------------------------------
def test_a_decorated_function_is_a_row() -> None:
    """Its name, its first line of documentation and its partials are the row's."""

    @custom_op(lambda y, a, b: b, lambda y, a, b: a, symbol="·")
    def times(a: float, b: float) -> float:
        """Return the product.

        More about it.
        """
        return a * b

    x = Value(3.0)
    node = times(x, 4.0)
    node.backward()

    assert (node.data, x.grad) == (12.0, 4.0)
    assert (times.name, times.symbol, times.arity) == ("times", "·", 2)
    assert times.doc == "Return the product"
    assert times.operand_names == ("a", "b")


def test_a_decorated_function_without_partials_is_refused() -> None:
    """A row needs one partial for each operand."""
    with pytest.raises(OperandError, match="takes a tuple of partials"):
        custom_op()(abs)
