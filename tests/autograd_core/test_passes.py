"""Which backward passes have run: the latest root, and who is told."""

import gc
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from autograd_core import Op, Value, grad, passes, tanh
from autograd_core.passes import latest_root, listening


def passed(x: Value) -> Value:
    """Return the root of a new backward pass to x."""
    y = x * 2.0
    y.backward()
    return y


# --- the latest root ----------------------------------------------------------------
def test_the_latest_root_is_that_of_the_last_pass() -> None:
    """Each pass takes the place of the one before, also from a leaf."""
    x = Value(3.0)
    first, second = passed(x), passed(x)
    assert latest_root() is second
    first.backward()
    assert latest_root() is first
    x.backward()
    assert latest_root() is x


def test_the_latest_root_is_weak() -> None:
    """A graph is freed the moment it is dropped, all the same."""
    x = Value(3.0)
    gc.disable()
    try:
        passed(x)
        assert latest_root() is None
    finally:
        gc.enable()


def test_a_pass_that_fails_is_none() -> None:
    """The root stays that of the pass before."""

    def broken(y: Any, x: Any) -> Any:
        raise ZeroDivisionError

    root = passed(Value(3.0))
    bad = Op("bad", lambda x: x, (broken,))(Value(1.0))
    with pytest.raises(ZeroDivisionError):
        bad.backward()

    assert latest_root() is root


def test_derivatives_that_leave_no_trace_are_no_passes() -> None:
    """`grad` and its kin are not what a question about `.grad` is about."""
    root = passed(Value(3.0))
    grad(tanh)(0.5)
    assert latest_root() is root


def test_each_thread_has_its_latest_root() -> None:
    """A pass of another thread does not take the place of this one's."""
    root, found = passed(Value(3.0)), list[Any]()

    def work() -> None:
        found.append(latest_root())
        its = passed(Value(4.0))
        found.append(latest_root() is its)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert found == [None, True]
    assert latest_root() is root


# --- listening ----------------------------------------------------------------------
def test_who_listens_is_told_of_each_pass() -> None:
    """Of those inside of the context, when the gradients are there."""
    x, told = Value(3.0), list[tuple[Any, float]]()
    passed(x)
    with listening(lambda root: told.append((root, x.grad))):
        first, second = passed(x), passed(x)
    passed(x)

    assert told == [(first, 4.0), (second, 6.0)]


def test_contexts_nest_and_end_in_any_order() -> None:
    """The same listener may listen twice, and each context ends its own."""
    told = list[Any]()
    outer, inner = listening(told.append), listening(told.append)
    with outer:
        with inner:
            passed(Value(1.0))
        passed(Value(1.0))
    assert len(told) == 3

    first, second = (
        listening(told.append),
        listening(lambda root: told.append("second")),
    )
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    passed(Value(1.0))
    second.__exit__(None, None, None)
    passed(Value(1.0))
    assert told[3:] == ["second"]


def test_a_listener_ends_with_its_context() -> None:
    """Also where the context ends by an error."""
    told = list[Any]()
    with pytest.raises(KeyError), listening(told.append):
        raise KeyError
    passed(Value(1.0))

    assert told == []


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
def test_what_a_listener_raises(error: type[BaseException]) -> None:
    """The pass stands, every other listener is told, and the error is raised then."""
    x, told = Value(3.0), list[Any]()
    y = x * 2.0

    def fail(root: Any) -> None:
        raise error("in a listener")

    with listening(fail), listening(told.append):
        with pytest.raises(error, match="in a listener"):
            y.backward()
        with pytest.raises(error):
            y.backward()

    assert told == [y, y]
    assert (x.grad, y.grad, latest_root() is y) == (4.0, 1.0, True)


def test_a_listener_is_told_of_every_thread() -> None:
    """It is called in the thread of the pass."""
    told = list[tuple[Any, int]]()
    with listening(lambda root: told.append((root.data, threading.get_ident()))):
        thread = threading.Thread(target=lambda: passed(Value(5.0)))
        thread.start()
        ident = thread.ident
        thread.join()

    assert told == [(10.0, ident)]


def test_threads_may_come_and_go_while_others_listen() -> None:
    """Nobody is left out, or told after the end, whoever enters and leaves beside."""
    told: dict[int, int] = {}

    def work(i: int) -> None:
        x = Value(float(i))
        mine = list[Any]()
        for _ in range(100):
            with listening(mine.append):
                root = passed(x)
                assert any(each is root for each in mine)
            told[i] = told.get(i, 0) + 1

    threads = [threading.Thread(target=work, args=(i,)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert told == dict.fromkeys(range(8), 100)
    with listening(lambda root: told.clear()):
        pass
    passed(Value(1.0))
    assert told


def test_a_listener_may_make_a_pass() -> None:
    """It is told of that one as well, and the latest root is the last to end."""
    told = list[Any]()

    def listener(root: Any) -> None:
        told.append(root)
        if len(told) == 1:
            passed(Value(1.0))

    with listening(listener):
        root = passed(Value(7.0))

    assert told[0] is root
    assert len(told) == 2


# --- the cost -----------------------------------------------------------------------
def test_a_pass_costs_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    """To be remembered costs a small part of a pass over a small graph."""
    x = Value(0.5)
    y = x
    for _ in range(300):
        y = y * 1.01 + x

    def seconds() -> float:
        start = time.perf_counter()
        for _ in range(20):
            y.backward()
        return time.perf_counter() - start

    def pairs() -> Iterator[tuple[float, float]]:
        from autograd_core import chain_rule

        for _ in range(15):
            monkeypatch.setattr(chain_rule, "note", lambda root: None)
            without = seconds()
            monkeypatch.setattr(chain_rule, "note", passes.note)
            yield without, seconds()

    without, remembered = map(min, zip(*pairs(), strict=True))
    assert remembered < 1.3 * without
