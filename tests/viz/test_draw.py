"""The graph as a `graphviz.Digraph`."""

import copy
import os
import pickle
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

import viz
from autograd_core import Value
from autograd_core.errors import MissingExtraError

graphviz = pytest.importorskip("graphviz")

pytestmark = pytest.mark.usefixtures("in_tmp")


@pytest.fixture
def in_tmp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Work in a folder of its own, since a Digraph saves beside the program."""
    monkeypatch.chdir(tmp_path)


def test_it_is_a_digraph_with_the_text_of_to_dot(neuron: Value) -> None:
    """Its source is what to_dot gives, byte for byte, as is a copy's."""
    drawn = viz.draw(neuron)

    assert isinstance(drawn, graphviz.Digraph)
    assert drawn.source == viz.to_dot(neuron)
    for twin in (drawn.copy(), copy.copy(drawn), pickle.loads(pickle.dumps(drawn))):
        assert twin.source == drawn.source


@pytest.mark.usefixtures("no_programs")
def test_it_shows_itself_without_dot(neuron: Value) -> None:
    """A notebook gets an SVG on a machine with no program, from a copy as well."""
    for drawn in (viz.draw(neuron), viz.draw(neuron).copy()):
        bundle = drawn._repr_mimebundle_()

        assert list(bundle) == ["image/svg+xml"]
        svg = ElementTree.fromstring(bundle["image/svg+xml"])
        assert "grad -1.5" in "".join(svg.itertext())


@pytest.mark.usefixtures("no_programs")
@pytest.mark.parametrize(
    ("theme", "paper"), [("light", "#ffffff"), ("dark", "#15191d")]
)
def test_a_notebook_asks_as_ipython_does(neuron: Value, theme: str, paper: str) -> None:
    """IPython passes what to include and exclude; the picture has its theme."""
    drawn = viz.draw(neuron, theme=theme)
    bundle = drawn._repr_mimebundle_(include=None, exclude=None)

    assert f'fill="{paper}"' in bundle["image/svg+xml"]
    assert not drawn._repr_mimebundle_(include=None, exclude={"image/svg+xml"})


def test_a_notebook_gets_the_drawing_of_any_program(neuron: Value) -> None:
    """Whatever is installed here, the bundle is an SVG with the graph's numbers."""
    svg = ElementTree.fromstring(
        viz.draw(neuron)._repr_mimebundle_()["image/svg+xml"].encode()
    )

    assert svg.tag.endswith("svg")
    assert "grad -1.5" in "".join(svg.itertext())


@pytest.mark.usefixtures("no_programs")
def test_pipe_gives_bytes_or_text() -> None:
    """SVG is the default format; an encoding makes it text."""
    drawn = viz.draw(Value(3.0, label="x"))

    assert drawn.pipe().startswith(b"<svg")
    assert drawn.pipe("svg").decode() == drawn.pipe(format="svg", encoding="utf-8")


@pytest.mark.usefixtures("no_programs")
def test_render_saves_text_and_drawing(neuron: Value) -> None:
    """As with any Digraph, the text is saved and the drawing stands beside it."""
    path = viz.draw(neuron).render("graph.gv")

    assert path == "graph.gv.svg"
    assert Path("graph.gv").read_text(encoding="utf-8") == viz.to_dot(neuron)
    assert ElementTree.parse(path).getroot().tag.endswith("svg")


@pytest.mark.usefixtures("no_programs")
def test_render_takes_an_outfile_and_cleans_up(neuron: Value) -> None:
    """`outfile` names the drawing, and `cleanup` removes the text."""
    assert viz.draw(neuron).render(outfile="graph.svg", cleanup=True) == "graph.svg"
    assert os.listdir() == ["graph.svg"]


@pytest.mark.usefixtures("no_programs")
def test_render_in_a_folder(neuron: Value) -> None:
    """`directory` is made where it is missing, as graphviz does."""
    path = viz.draw(neuron).render("graph.gv", directory="new", format="svg")

    assert Path(path) == Path("new", "graph.gv.svg")
    assert Path(path).exists()


@pytest.mark.usefixtures("no_programs")
def test_what_needs_a_program_says_so(neuron: Value) -> None:
    """A PNG, or another engine, is not silently replaced by something else."""
    with pytest.raises(MissingExtraError, match="autograd-core"):
        viz.draw(neuron).pipe("png")
    with pytest.raises(graphviz.ExecutableNotFound):
        viz.draw(neuron).pipe("svg", engine="neato")
    with pytest.raises(graphviz.ExecutableNotFound):
        viz.draw(neuron).render("graph.gv", format="jpeg")


def test_additions_reach_the_programs(neuron: Value) -> None:
    """What is added to the Digraph is drawn, by a program if there is one."""
    drawn = viz.draw(neuron)
    drawn.node("note", label="look here")
    if viz.renderers() == ("built-in",):
        pytest.skip("no program is installed")

    assert b"look here" in drawn.pipe()


@pytest.mark.usefixtures("no_programs")
def test_additions_the_built_in_layout_leaves_out_are_warned_of(neuron: Value) -> None:
    """Without a program the graph is drawn as it was made, and a warning says so."""
    drawn = viz.draw(neuron)
    drawn.attr(rankdir="TB")

    with pytest.warns(UserWarning, match="as it was made"):
        drawn.pipe()


def test_without_the_package_the_extra_is_named(
    neuron: Value, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without graphviz, draw is an ImportError that says how to install it."""
    monkeypatch.setitem(sys.modules, "graphviz", None)
    monkeypatch.delitem(sys.modules, "viz.digraph", raising=False)

    with pytest.raises(MissingExtraError, match=r"graphviz.*autograd-core\[viz\]"):
        viz.draw(neuron)


def test_importing_viz_imports_nothing_else() -> None:
    """Neither graphviz nor any other package that is not our own is loaded."""
    program = (
        "import sys; before = set(sys.modules); import viz, viz.svg\n"
        "new = {name.split('.')[0] for name in set(sys.modules) - before}\n"
        "print(sorted(new - set(sys.stdlib_module_names)))"
    )
    root = Path(viz.__file__).parents[1]
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=root, capture_output=True, text=True
    )

    assert done.stdout.strip() == "['autograd_core', 'viz']"


def test_anything_but_a_value_is_refused() -> None:
    """The root is checked as everywhere."""
    with pytest.raises(TypeError, match="one Value; got list"):
        viz.draw([Value(1.0)])  # type: ignore[arg-type]


def test_public_names_are_sorted_and_there() -> None:
    """`__all__` lists the public names in order, and each is defined."""
    assert viz.__all__ == sorted(viz.__all__)
    assert all(hasattr(viz, name) for name in viz.__all__)
