"""Wrong rows: the report names what is wrong, and where."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import autograd_core
from autograd_core import (
    OPS,
    NaryOp,
    Op,
    Value,
    dot,
    exp,
    mean,
    sin,
    tanh,
)
from autograd_core.testing import DerivativeError, Report, check_derivative
from autograd_core.testing.hostile import ordinary_operands

Function = Callable[..., Any]

HERE = Path(__file__).name
NAMES = vars(autograd_core) | {"check_derivative": check_derivative}


def failed(f: Function, *x: float) -> Report:
    """Return the report of a check that fails, and try what it says to paste."""
    report = check_derivative(f, *x, raise_on_failure=False)
    assert report.verdict == "fail"
    assert report.fault is not None
    assert len(str(report).splitlines()) <= 10
    assert report.fault.reproducer in str(report)
    with pytest.raises(DerivativeError):
        exec(report.fault.reproducer, dict(NAMES))
    return report


def wrong(row: Op, i: int, change: Function) -> Any:
    """Return the partials of a row with the i-th one changed."""
    partials = row.partials
    if isinstance(row, NaryOp):
        return lambda y, *xs: [
            change(local) if j == i else local
            for j, local in enumerate(partials(y, *xs))
        ]
    return tuple(
        (lambda *xs, p=p: change(p(*xs))) if j == i else p
        for j, p in enumerate(partials)
    )


def call(row: Op) -> Function:
    """Return the row as a function of its operands."""
    if row is dot:
        return lambda *xs: dot(xs[:2], xs[2:4], xs[4])
    return (lambda *xs: row(xs)) if isinstance(row, NaryOp) else row


@pytest.fixture
def textbook_tanh(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give tanh the derivative that has no digit left in the tails."""
    monkeypatch.setitem(vars(tanh), "partials", (lambda y, x: 1 - y * y,))


@pytest.mark.usefixtures("textbook_tanh")
def test_a_failure_says_what_and_where() -> None:
    """The row, its operands, both numbers, their distance, the line, a reproducer."""

    def f(x: Value, w: Value) -> Any:
        return 2.0 * tanh(x * w + 18.0) + x

    report = failed(f, 1.0, 2.0)
    place = f.__code__.co_firstlineno + 1
    _, found, wanted, node, line, code, carets, reproducer = str(report).splitlines()

    assert report.reason == "the local derivative by operand 0 of tanh is wrong"
    assert found.split() == ["found", "0.0"]
    assert wanted.split()[:2] == ["wanted", "1.6993417021166355e-17,"]
    assert wanted.endswith(" ULP away")
    assert node.split() == ["node", "tanh(20.0)"]
    assert line.endswith(f"{HERE}:{place}")
    assert code.strip() == "return 2.0 * tanh(x * w + 18.0) + x"
    assert code[carets.index("^") :][: carets.count("^")] == "tanh(x * w + 18.0)"
    assert reproducer.split(maxsplit=1) == ["try", "check_derivative(tanh, 20.0)"]


@pytest.mark.usefixtures("textbook_tanh")
def test_what_a_fault_holds() -> None:
    """The same, as numbers."""
    fault = failed(lambda x: exp(tanh(x)), 20.0).fault

    assert fault is not None
    assert (fault.op, fault.operands, fault.found) == (tanh, (20.0,), 0.0)
    assert 1.6993417021166355e-17 in fault.wanted.widened(1e-32)
    assert fault.ulps == pytest.approx(1.6993417021166355e-17 / 2**-108, rel=1e-9)
    assert fault.source is not None
    assert Path(fault.source.filename).name == HERE


@pytest.mark.usefixtures("textbook_tanh")
def test_failing_raises_an_assertion_error_that_says_all_this() -> None:
    """Unless told otherwise; its message is the report."""
    message = str(check_derivative(tanh, 20.0, raise_on_failure=False))

    with pytest.raises(AssertionError, match=f"^{re.escape(message)}$"):
        check_derivative(tanh, 20.0)


@pytest.mark.usefixtures("textbook_tanh")
def test_what_nobody_can_see_is_not_judged() -> None:
    """At 0.5 the same formula keeps its digits, and passes."""
    assert check_derivative(tanh, 0.5).verdict == "pass"


CHANGES: dict[str, Function] = {
    "off by 1e-9": lambda local: local * (1 + 1e-9),
    "of the wrong sign": lambda local: -local,
    "doubled": lambda local: 2.0 * local,
    "left out": lambda local: 0.0 * local,
    "nan": lambda local: float("nan"),
    "inf": lambda local: float("inf"),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
@pytest.mark.parametrize("row", OPS.values(), ids=OPS)
def test_a_wrong_partial_of_any_row_is_found(
    row: Op, change: Function, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever is done to one partial, the report names the row and the operand."""
    for operands in ordinary_operands(row, 2):
        y = row.forward(*operands)
        rights = row.local_derivatives([True] * len(operands), y, operands)
        for i, right in enumerate(rights):
            if right:
                with monkeypatch.context() as patch:
                    patch.setitem(vars(row), "partials", wrong(row, i, change))
                    report = failed(call(row), *operands)
                assert report.reason == (
                    f"the local derivative by operand {i} of {row.name} is wrong"
                )


@pytest.mark.parametrize("local", [0.0, 1e-9, float("nan"), 1.0])
def test_the_branch_not_taken_gets_nothing_at_all(
    local: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A row `where` that sends a number there, even 0, is wrong."""
    where = OPS["where"]
    by_condition, by_a, _ = where.partials
    monkeypatch.setitem(
        vars(where), "partials", (by_condition, by_a, lambda y, c, a, b: local)
    )

    assert "where" in failed(lambda x: where(x > 0, x * x, x), 1.0).reason


@pytest.mark.parametrize("name", ["exp", "div", "dot", "logsumexp"])
def test_a_wrong_value_is_found(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A kernel that is off by 1e-12 is named before any derivative."""
    row = OPS[name]
    forward = row.forward
    monkeypatch.setitem(vars(row), "forward", lambda *xs: forward(*xs) * (1 + 1e-12))
    (operands,) = ordinary_operands(row, 1)

    assert failed(call(row), *operands).reason == f"the value of {name} is wrong"


def test_the_first_node_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of several wrong nodes, the one that was computed first."""
    wrong_sin = wrong(OPS["sin"], 0, CHANGES["doubled"])
    wrong_exp = wrong(OPS["exp"], 0, CHANGES["doubled"])
    monkeypatch.setitem(vars(sin), "partials", wrong_sin)
    monkeypatch.setitem(vars(exp), "partials", wrong_exp)

    assert "of sin is" in failed(lambda x: exp(sin(x)) * exp(x), 1.0).reason
    assert "of exp is" in failed(lambda x: sin(exp(x)), 1.0).reason


def test_long_sequences_make_no_wall_of_text(monkeypatch: pytest.MonkeyPatch) -> None:
    """A row on hundreds of numbers is reported in lines that can be read."""
    monkeypatch.setitem(vars(mean), "partials", lambda y, *xs: [1.0] * len(xs))
    report = check_derivative(
        lambda *xs: mean(xs), *[i / 7 for i in range(300)], raise_on_failure=False
    )

    assert "node    mean of 300 operands: 0.0, 0.14285714285714285" in str(report)
    assert max(map(len, str(report).splitlines())) <= 200
    assert "try" not in str(report)  # a line of 300 numbers is one
