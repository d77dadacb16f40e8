"""What is recorded, and when: no_grad, scope, each of its own thread."""

import threading
from collections.abc import Callable
from typing import Any

import pytest

from autograd_core import Value, no_grad, scope, tanh, total


def is_recording() -> bool:
    """Tell whether operations make nodes with parents."""
    return bool((Value(1.0) * Value(2.0)).parents)


def in_thread(function: Callable[[], Any]) -> Any:
    """Return the result of a function that another thread runs."""
    results: list[Any] = []
    thread = threading.Thread(target=lambda: results.append(function()))
    thread.start()
    thread.join()
    return results[0]


@pytest.mark.parametrize(
    "operation",
    [
        lambda x: x * x,
        lambda x: 2.0 * x,
        lambda x: -x,
        tanh,
        lambda x: total([x, 1.0]),
        lambda x: x.tanh(),
    ],
)
def test_no_grad_makes_constants(operation: Callable[[Value], Value]) -> None:
    """Operators, methods and rows give the same number, without parents."""
    x = Value(3.0)
    expected = operation(x).data
    with no_grad():
        y = operation(x)

    assert (y.data, y.parents, y.requires_grad, y.op) == (expected, (), False, None)
    assert operation(x).parents


def test_no_grad_decorates_a_function() -> None:
    """A decorated function computes without recording, and only it."""

    @no_grad()
    def evaluate(x: Value) -> Value:
        return x * x

    assert not evaluate(Value(3.0)).parents
    assert is_recording()


def test_no_grad_decorates_a_recursive_function() -> None:
    """One decorator, entered many times over, ends where it began."""

    @no_grad()
    def count(n: int) -> bool:
        return count(n - 1) if n else is_recording()

    assert not count(3)
    assert is_recording()


def test_no_grad_nests() -> None:
    """Recording resumes at the end of the outermost."""
    context = no_grad()
    with context:
        with context, no_grad():
            assert not is_recording()
        assert not is_recording()

    assert is_recording()


def test_no_grad_ends_with_an_exception() -> None:
    """An error on the way leaves recording as it was."""
    with pytest.raises(ZeroDivisionError), no_grad():
        raise ZeroDivisionError

    assert is_recording()


def test_no_grad_belongs_to_its_thread() -> None:
    """One thread's evaluation never loses another's gradients."""
    with no_grad():
        assert in_thread(is_recording)
        assert not is_recording()


def test_a_decorated_function_in_two_threads_at_once() -> None:
    """Threads that share a decorator end each in the state it began in."""
    first_in, second_in, first_out = (threading.Event() for _ in range(3))

    @no_grad()
    def evaluate(entered: threading.Event, leave: threading.Event) -> None:
        entered.set()
        assert leave.wait(10)

    def other() -> bool:
        assert first_in.wait(10)
        evaluate(second_in, first_out)
        return is_recording()

    results: list[bool] = []
    thread = threading.Thread(target=lambda: results.append(other()))
    thread.start()
    with no_grad():
        evaluate(first_in, second_in)
        still_off = not is_recording()
        first_out.set()
        thread.join()

    assert still_off
    assert results == [True]
    assert is_recording()


def test_scope_names_the_nodes_made_inside() -> None:
    """Scopes nest with a dot; leaves and what is made outside have none."""
    x = Value(3.0)
    with scope("encoder"):
        a = x * x
        with scope("layer"):
            b, c, d = -a, tanh(a), total([a, 1])
        e = a + 1
    f = a + 1

    assert [n.scope for n in (x, a, b, c, d, e, f)] == [
        *("", "encoder", "encoder.layer", "encoder.layer", "encoder.layer"),
        *("encoder", ""),
    ]


def test_scope_ends_with_an_exception() -> None:
    """An error on the way leaves the scope that was open before."""
    with scope("outer"):
        with pytest.raises(ZeroDivisionError), scope("inner"):
            raise ZeroDivisionError
        assert (Value(1.0) + 1).scope == "outer"

    assert (Value(1.0) + 1).scope == ""


def test_scope_belongs_to_its_thread() -> None:
    """Another thread's nodes are not in this one's scope."""
    with scope("here"):
        assert in_thread(lambda: (Value(1.0) + 1).scope) == ""


def test_one_scope_entered_twice() -> None:
    """A scope kept in a variable may be entered inside itself, as no_grad may."""
    block = scope("block")
    with block, block:
        assert (Value(1.0) + 1).scope == "block.block"

    with scope("next"):
        assert (Value(1.0) + 1).scope == "next"


@pytest.mark.parametrize("bad", [3, None, b"x"])
def test_the_name_of_a_scope_is_text(bad: Any) -> None:
    """The message shows what was passed as a name."""
    with pytest.raises(TypeError, match=rf"scope\(name\) takes a str, not {bad!r}"):
        scope(bad)


def test_gradients_and_scopes_agree() -> None:
    """A scope changes names and nothing else."""
    x, y = Value(3.0), Value(3.0)
    with scope("s"):
        tanh(x * x + 1.0).backward()
    tanh(y * y + 1.0).backward()

    assert x.grad == y.grad
