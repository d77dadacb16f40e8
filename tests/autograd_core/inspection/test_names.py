"""Names for values without a label."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from autograd_core import Value
from autograd_core.inspection import named_values
from viz.picture import picture


def test_the_first_name_counts() -> None:
    """A value with two names has the one that came first, also in a container."""
    a, b = Value(1.0), Value(1.0)

    assert named_values({"x": a, "y": a, "zs": [a, b], "b": b}) == {
        a: "x",
        b: "zs[1]",
    }


def test_containers_in_containers() -> None:
    """A path is what a person would write to reach the value."""
    values = [Value(float(i)) for i in range(5)]
    a, b, c, d, e = values
    names = {"net": {"w": [[a], (b,)], 3: {"k": c}}, "pair": ([d], {(1, 2): e})}

    assert list(named_values(names).items()) == [
        (a, "net['w'][0][0]"),
        (b, "net['w'][1][0]"),
        (c, "net[3]['k']"),
        (d, "pair[0][0]"),
        (e, "pair[1][(1, 2)]"),
    ]


def test_equal_values_are_not_the_same() -> None:
    """Names go by identity: two values of one number have their own."""
    a, b = Value(1.0), Value(1.0)

    assert named_values({"a": a, "b": b}) == {a: "a", b: "b"}


def test_cyclic_containers_come_to_an_end() -> None:
    """A list or dict that holds itself is walked once."""
    a = Value(1.0)
    loop: list[Any] = [a]
    loop.append(loop)
    ring: dict[str, Any] = {"loop": loop}
    ring["ring"] = ring
    loop.append(ring)

    assert named_values({"ring": ring}) == {a: "ring['loop'][0]"}


def test_deep_and_shared_containers_are_fast() -> None:
    """10,000 lists in each other and 2^60 ways to one value come to an end."""
    a, b = Value(1.0), Value(2.0)
    deep: Any = a
    for _ in range(10_000):
        deep = [deep]
    shared: Any = [b]
    for _ in range(60):
        shared = [shared, shared]
    found = named_values({"deep": deep, "shared": shared, "numbers": [0.5] * 10**6})

    assert found == {a: "deep" + "[0]" * 10_000, b: "shared" + "[0]" * 61}


def test_arrays_of_objects() -> None:
    """Values in a numpy array are named by their places; arrays of floats have none."""
    a, b, c = (Value(float(i)) for i in range(3))
    grid = np.array([[a, b], [c, None]], dtype=object)

    assert named_values({"numbers": np.zeros((2, 2)), "grid": grid}) == {
        a: "grid[0][0]",
        b: "grid[0][1]",
        c: "grid[1][0]",
    }


def test_one_array_after_the_other() -> None:
    """The lists that arrays are turned into are not taken for each other."""
    values = [Value(float(i)) for i in range(40)]
    names = {f"a{i}": np.array([[v]], dtype=object) for i, v in enumerate(values)}

    assert list(named_values(names).values()) == [f"a{i}[0][0]" for i in range(40)]


def test_values_as_keys() -> None:
    """Keys have no name by being keys; what a dict holds for them has one."""
    a, b = Value(1.0), Value(2.0)
    names = named_values({"rates": {a: 0.5}, "velocity": {a: b}})

    assert a not in names
    assert names[b] == f"velocity[{a!r}]"


def test_names_that_nobody_chose_come_last() -> None:
    """What a notebook calls `_` has its variable's name; with no other it keeps it."""
    a, b = Value(1.0), Value(2.0)

    assert named_values({"_": a, "_7": b, "x": a}) == {a: "x", b: "_7"}


def test_other_things_are_passed_over() -> None:
    """Modules, functions, classes, strings and what lies about are no containers."""
    a = Value(1.0)
    things: dict[Any, Any] = {
        **{"print": print, "Value": Value, "s": "abc", "none": None, "n": 3},
        **{"space": SimpleNamespace(a=a), "made": (x for x in [a]), 5: a},
    }

    assert named_values(things) == {a: "5"}
    assert named_values(None) == named_values({}) == {}


def test_the_generator_is_not_used_up() -> None:
    """Naming what is in scope consumes nothing of it."""
    made = iter([Value(1.0)])
    named_values({"made": made})

    assert len(list(made)) == 1


@pytest.mark.parametrize("names", [[], "x", 3, Value(1.0), {1}])
def test_anything_but_a_mapping_is_refused(names: Any) -> None:
    """The message says what to pass and what came."""
    with pytest.raises(TypeError, match=rf"locals\(\), not {type(names).__name__}"):
        named_values(names)


def test_a_label_is_stronger_than_a_variable() -> None:
    """A value is called by its label, else by its variable, else by its kind."""
    x, y = Value(1.0, label="label"), Value(2.0)
    z = x * y
    shown = picture(z + 3.0, names=locals())

    assert [box.rows[0] for box in shown.boxes] == [
        *(("label", "input"), ("y", "input"), ("z", "*"), ("constant",)),
        ("+", "output"),
    ]
    assert shown.edges[-2].title.startswith("∂ n4 / ∂ z:")
