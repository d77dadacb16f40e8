"""What nodes are called, and which node a person means."""

import time
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import pytest
from hostile import LABELS, labels
from hypothesis import example, given
from hypothesis import strategies as st

from autograd_core import Value, total
from autograd_core.debug import Tape
from autograd_core.debug.tape.names import Names

TRICKY = st.sampled_from(("", "x", " x ", "n0", "n1", "n2", "n99", "n02", " n1", "n-1"))
NAMES = TRICKY | labels


def labelled(*names: str) -> list[Value]:
    """Return a leaf for each label."""
    return [Value(1.0, label=name) for name in names]


# --- names that lead back -----------------------------------------------------------
@given(
    st.lists(NAMES, min_size=1, max_size=6), st.dictionaries(NAMES, st.integers(0, 9))
)
@example([" "], {})
@example(["n1", "x"], {})
@example([" n1", "x"], {})
@example(["x", "y"], {"y": 0, "x": 1})
@example([*LABELS], {})
def test_the_name_of_a_node_is_found_again(
    texts: list[str], variables: dict[str, int]
) -> None:
    """Whatever the labels and the variables: one name a node, and one node a name."""
    nodes = labelled(*texts)
    held = {name: nodes[i % len(nodes)] for name, i in variables.items()}
    names = Names(nodes, held)

    called = [names.of(node) for node in nodes]
    assert len(set(called)) == len(nodes)
    assert [names.find(name) for name in called] == nodes
    assert [names.find(names.id(node)) for node in nodes] == nodes
    for node in nodes:
        assert len(names.shown(node)) <= 32
        assert names.shown(node).isprintable() or "\u200d" in names.shown(node)
    for name in names.known():
        assert names.of(names.find(name)) == name or name in held


def test_a_label_is_stronger_than_a_variable_and_both_than_a_place() -> None:
    """A variable that all know another node by does not make it ambiguous by itself."""
    a, b, c = labelled("loss", "", "")
    names = Names([a, b, c], {"first": a, "second": b})

    assert [names.of(node) for node in (a, b, c)] == ["loss", "second", "n2"]
    assert names.find("first") is a
    assert names.known() == ["first", "loss", "second"]


def test_a_label_that_looks_like_a_place_is_one() -> None:
    """`n1` is always the node at place 1; a label beyond the places is a label."""
    a, b, c = labelled("n1", "n2", "n7")
    names = Names([a, b, c])

    assert [names.of(node) for node in (a, b, c)] == ["n0", "n1", "n2"]
    assert [names.find(name) for name in ("n1", "n2", "n7", "n001")] == [b, c, c, b]


def test_spaces_around_a_name_do_not_matter() -> None:
    """Unless they are what tells two labels apart."""
    a, b = labelled("x", " x ")

    assert Names([a]).find("  x\n") is a
    assert Names([b]).find(" x ") is b
    assert [Names([a, b]).find(name) for name in ("x", " x ", "x ")] == [a, b, a]


def test_paths_through_variables() -> None:
    """What a person would write in the program leads to the node, if it is on it."""
    a, b, other = labelled("", "", "")
    model = SimpleNamespace(bias=b)
    names = Names([a, b], {"losses": [other, a], "model": model, "other": other})

    assert names.find("losses[-1]") is a
    assert names.find("losses[1]") is a
    assert names.find("model.bias") is b
    assert names.of(a) == "losses[1]"
    for name in ("losses[0]", "other", "model", "model.weight", "losses[7]"):
        assert names.get(name) is None


class Broken:
    """An object with an attribute that raises what it likes."""

    @property
    def x(self) -> Any:
        """Raise."""
        raise RuntimeError


@pytest.mark.parametrize(
    "path",
    [
        *("model.x", "model[0]", "model().x", "(" * 5000, "-" * 100_000, "a." * 5000),
        *("model" + ".x" * 400, "x\x00", "\ud800", "a b", "lambda: 0", "n" * 10**5),
        *("n" + "9" * 5000, "n٣", "n1.5", ""),
    ],
    ids=lambda path: path[:9].encode("unicode_escape").decode(),
)
def test_a_path_that_leads_nowhere_is_no_name(path: str) -> None:
    """However broken, long or deep: there is no such node, and a short message."""
    node = Value(1.0, label="x")
    names = Names([node], {"model": Broken()})
    assert names.get(path) is None
    with pytest.raises(ValueError, match="no node is called") as caught:
        names.find(path)

    assert len(str(caught.value)) < 400


@given(st.text(max_size=40))
def test_no_text_does_harm(text: str) -> None:
    """It is a node, or no node."""
    nodes = labelled("x", "loss", "")
    names = Names(nodes, {"losses": nodes})
    found = names.get(text)

    assert found is None or found in nodes


# --- names that do not --------------------------------------------------------------
def test_a_label_of_several_nodes_is_ambiguous() -> None:
    """The message says which there are, the first of them; their places tell them."""
    nodes = labelled(*["w"] * 7, "b")
    names = Names(nodes)

    assert [names.of(node) for node in nodes[:2]] == ["n0", "n1"]
    assert names.known() == ["b"]
    for ask in (names.find, names.get):
        with pytest.raises(
            ValueError, match=r"7 .* say which: n0, n1, n2, n3, n4, \.\.\.$"
        ):
            ask("w")


def test_a_label_and_a_variable_of_different_nodes_are_ambiguous() -> None:
    """Which is meant a person must say."""
    a, b = labelled("x", "")
    names = Names([a, b], {"x": b})

    with pytest.raises(ValueError, match=r"say which: n0, n1$"):
        names.find("x")


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("los", "did you mean 'loss'?"),
        ("wieght", "did you mean 'weight'?"),
        ("n3", "'n2'"),
        ("zzz", "known: "),
        ("losses[0", "did you mean 'loss'?"),
    ],
)
def test_an_unknown_name_suggests_near_ones(name: str, hint: str) -> None:
    """Labels, variables, and the last place that there is."""
    names = Names(labelled("loss", "", "weight"), {})
    with pytest.raises(ValueError, match=f"no node is called .*{name[:3]}") as caught:
        names.find(name)

    assert hint.removesuffix("?") in str(caught.value)


@pytest.mark.parametrize("name", [None, 3, Value(1.0), b"x", ["x"]])
def test_a_name_is_a_text(name: Any) -> None:
    """The message says what was passed."""
    with pytest.raises(TypeError, match="the name of a node is a text, not"):
        Names(labelled("x")).find(name)


@pytest.mark.parametrize("variables", [3, "x", [1]])
def test_variables_are_a_mapping(variables: Any) -> None:
    """Anything else is refused where names are asked for."""
    with pytest.raises(TypeError, match=r"locals\(\)"):
        Tape(Value(1.0), variables).names.of(Value(1.0))


# --- large graphs -------------------------------------------------------------------
def many(count: int) -> Sequence[Value]:
    """Return parameters as a large network has them, named by their paths."""
    return [
        Value(1.0, label=f"layers.{i // 1000}.neurons.{i // 10 % 100}.weight[{i % 10}]")
        for i in range(count)
    ]


def test_near_names_are_found_among_very_many() -> None:
    """The message stays short, and is there soon."""
    names = Names(many(50_000))
    start = time.perf_counter()
    names.known()
    between = time.perf_counter()
    with pytest.raises(ValueError, match="layers") as caught:
        names.find("layers.7.neuron.41.weight[3]")
    end = time.perf_counter()

    assert "'layers.7.neurons.41.weight[3]'" in str(caught.value)
    assert len(str(caught.value)) < 300
    assert end - between < 12 * (between - start)


def test_very_long_names_make_short_messages() -> None:
    """Neither the name that was asked nor a label fills the screen."""
    names = Names(labelled("x" * 10_000, "loss"))
    for name in ("y", "x" * 9_999, "los" + " " * 5000 + "s"):
        with pytest.raises(ValueError, match="no node is called") as caught:
            names.find(name)
        assert len(str(caught.value)) < 200


def test_a_tape_names_nothing_before_it_is_asked() -> None:
    """Moving along needs no name, whatever stands in the variables."""
    tape = Tape(total(labelled("x", "x", "y")), {"broken": Broken()})
    tape.go_to(len(tape))

    assert tape.names.of(tape.root) == "n3"
