"""Pictures in files."""

import errno
import os
import sys
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest

import viz
from autograd_core import Value
from autograd_core.errors import MissingExtraError
from viz.mermaid import mermaid_text
from viz.picture import Picture, picture
from viz.schema import json_text
from viz.tree import tree_text

Install = Callable[[str], None]

FAILURES = {
    "failed with exit code 3: out of luck": (
        "import sys; sys.stderr.write('out of luck\\n'); sys.exit(3)"
    ),
    "failed with exit code -9": "import os; os.kill(os.getpid(), 9)",
    "failed with exit code 0": "pass",
}


@pytest.mark.usefixtures("no_programs")
@pytest.mark.parametrize("name", ["graph.svg", "GRAPH.SVG", "a b é.svg"])
def test_svg_needs_no_program(neuron: Value, tmp_path: Path, name: str) -> None:
    """With no program installed, render writes a well-formed SVG and gives its path."""
    path = viz.render(neuron, tmp_path / name)

    assert path == tmp_path / name
    assert "data 0.7071" in "".join(ElementTree.parse(path).getroot().itertext())
    assert viz.renderers() == ("built-in",)


@pytest.mark.parametrize("suffix", [".dot", ".gv"])
@pytest.mark.usefixtures("no_programs")
def test_dot_text_needs_no_program(neuron: Value, tmp_path: Path, suffix: str) -> None:
    """The text in a file is what to_dot gives, as UTF-8; the path may be a str."""
    path = viz.render(neuron, str(tmp_path / f"graph{suffix}"))

    assert path.read_bytes() == viz.to_dot(neuron).encode()


@pytest.mark.parametrize(
    ("suffix", "text_of"),
    [(".mmd", mermaid_text), (".json", json_text), (".txt", tree_text)],
)
@pytest.mark.usefixtures("no_programs")
def test_other_texts_need_no_program(
    neuron: Value, tmp_path: Path, suffix: str, text_of: Callable[[Picture], str]
) -> None:
    """Mermaid, JSON and tree are written as UTF-8, by suffix."""
    path = viz.render(neuron, tmp_path / f"graph{suffix.upper()}")

    assert path.read_bytes() == text_of(picture(neuron)).encode()


def test_who_drew_is_said_when_asked(
    neuron: Value, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With verbose a line names the renderer that was used, without it none."""
    viz.render(neuron, tmp_path / "graph.svg")
    viz.render(neuron, tmp_path / "graph.svg", verbose=True)
    viz.render(neuron, tmp_path / "graph.svg", renderer="built-in", verbose=True)
    viz.render(neuron, tmp_path / "graph.dot", verbose=True)

    assert capsys.readouterr().out.splitlines() == [
        f"graph.svg: drawn by {viz.renderers()[0]}",
        "graph.svg: drawn by built-in",
        "graph.dot: written as text",
    ]


def test_who_drew_instead_is_said(
    neuron: Value,
    tmp_path: Path,
    fake_dot: Install,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Where dot fails, the line names the one that was asked next."""
    fake_dot("import sys; sys.exit(3)")

    with pytest.warns(UserWarning, match="dot failed"):
        viz.render(neuron, tmp_path / "graph.svg", verbose=True)
    assert capsys.readouterr().out == f"graph.svg: drawn by {viz.renderers()[1]}\n"


def test_svg_has_the_ids_of_the_dot_text(neuron: Value, tmp_path: Path) -> None:
    """Whoever draws, boxes and arrows keep their ids and their numbers."""
    for name in viz.renderers():
        path = viz.render(neuron, tmp_path / f"{name}.svg", renderer=name)
        tree = ElementTree.parse(path)
        ids = {e.attrib["id"]: e for e in tree.iter() if "id" in e.attrib}

        assert {f"n{i}" for i in range(10)} | {"e2_0", "e9_0"} <= ids.keys()
        assert "data 0.7071" in "".join(ids["n9"].itertext())
        assert "-3" in "".join(ids["e2_0"].itertext())


def test_graphviz_pure_is_found_beside_python(
    neuron: Value, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The wheel's command is used although the environment is not activated."""
    monkeypatch.setenv("PATH", str(tmp_path))
    if "graphviz-pure" not in viz.renderers():
        pytest.skip("graphviz-pure is not installed")

    png = viz.render(neuron, tmp_path / "graph.png").read_bytes()
    assert viz.renderers() == ("graphviz-pure", "built-in")
    assert png.startswith(b"\x89PNG")


@pytest.mark.parametrize(("reason", "program"), FAILURES.items())
def test_a_failing_program_is_passed_over(
    neuron: Value, tmp_path: Path, fake_dot: Install, reason: str, program: str
) -> None:
    """A dot that fails, crashes or writes nothing costs a warning, not the SVG."""
    fake_dot(program)

    assert viz.renderers()[0] == "dot"
    with pytest.warns(UserWarning, match=f"dot {reason}"):
        path = viz.render(neuron, tmp_path / "graph.svg")
    assert ElementTree.parse(path).getroot().tag.endswith("svg")


def test_a_slow_program_is_passed_over(
    neuron: Value, tmp_path: Path, fake_dot: Install, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A dot that takes too long is stopped."""
    fake_dot("import time; time.sleep(60)")
    monkeypatch.setattr("viz.programs.QUICK", 0.2)

    with pytest.warns(UserWarning, match=r"dot took more than 0\.2 seconds"):
        viz.render(neuron, tmp_path / "graph.svg")


def test_a_program_that_cannot_start_is_passed_over(
    neuron: Value, tmp_path: Path, fake_dot: Install
) -> None:
    """A file named dot that is no program is passed over too."""
    fake_dot("")
    (tmp_path / "bin" / "dot").write_bytes(b"\x00\x01 no program")

    with pytest.warns(UserWarning, match="dot did not start"):
        viz.render(neuron, tmp_path / "graph.svg")


def test_the_program_gets_the_dot_text(
    neuron: Value, tmp_path: Path, fake_dot: Install
) -> None:
    """The first to be asked is dot, for the suffix, with the text as its input."""
    fake_dot(
        "import sys\n"
        "sys.stdout.buffer.write(sys.argv[1].encode() + sys.stdin.buffer.read())"
    )
    path = viz.render(neuron, tmp_path / "graph.pdf")

    assert path.read_bytes() == b"-Tpdf" + viz.to_dot(neuron).encode()


def test_when_all_fail_nothing_is_written(
    neuron: Value, tmp_path: Path, fake_dot: Install
) -> None:
    """The error tells what each program said; the old file stays."""
    fake_dot("import sys; sys.exit('no fonts')")
    path = tmp_path / "graph.pdf"
    path.write_bytes(b"old")

    with pytest.raises(viz.RenderError, match=r"dot failed .*no fonts.*built-in"):
        viz.render(neuron, path)
    assert path.read_bytes() == b"old"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["bin", "graph.pdf"]


@pytest.mark.usefixtures("no_programs")
def test_missing_programs_are_named(neuron: Value, tmp_path: Path) -> None:
    """Without programs, .png names the extra and .pdf names Graphviz."""
    with pytest.raises(MissingExtraError, match=r"pip install 'autograd-core\[viz\]'"):
        viz.render(neuron, tmp_path / "graph.png")
    with pytest.raises(ValueError, match=r"dot on PATH.*graphviz\.org/download"):
        viz.render(neuron, tmp_path / "graph.pdf")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["graph", "graph.jpg", "graph.svg.bmp", ".svg", "g."])
def test_unknown_suffixes_are_refused(neuron: Value, tmp_path: Path, name: str) -> None:
    """The message lists the suffixes that are known."""
    known = r"\.svg, \.png, \.pdf, \.dot, \.gv, \.mmd, \.json, \.txt, \.html"
    with pytest.raises(ValueError, match=known):
        viz.render(neuron, tmp_path / name)


def test_unknown_renderers_are_refused(neuron: Value, tmp_path: Path) -> None:
    """A renderer that is not at hand, or cannot write the format, is an error."""
    with pytest.raises(ValueError, match=r"no renderer 'neato' .*built-in"):
        viz.render(neuron, tmp_path / "graph.svg", renderer="neato")
    with pytest.raises(ValueError, match="built-in cannot write png; it writes: svg"):
        viz.render(neuron, tmp_path / "graph.png", renderer="built-in")


def test_a_missing_folder_is_an_error(neuron: Value, tmp_path: Path) -> None:
    """The message names the folder and what to do."""
    with pytest.raises(FileNotFoundError, match=r"no folder .*missing.*make it first"):
        viz.render(neuron, tmp_path / "missing" / "graph.svg")


def test_a_folder_is_no_file(neuron: Value, tmp_path: Path) -> None:
    """A path that is a folder is refused, and the folder stays."""
    (tmp_path / "graph.svg").mkdir()

    with pytest.raises(OSError, match="is a folder; name a file in it") as caught:
        viz.render(neuron, tmp_path / "graph.svg")
    assert caught.value.errno == errno.EISDIR
    assert not list((tmp_path / "graph.svg").iterdir())


@pytest.mark.parametrize("method", ["write_bytes", "replace"])
def test_a_refused_write_leaves_nothing(
    neuron: Value, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    """Where the system says no, the error names the path and no draft stays."""

    def refuse(*_: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    path = tmp_path / "graph.svg"
    path.write_bytes(b"old")
    monkeypatch.setattr(Path, method, refuse)

    with pytest.raises(PermissionError, match=r"graph\.svg.*where you may write"):
        viz.render(neuron, path, renderer="built-in")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes")
def test_the_file_is_as_readable_as_any_other(neuron: Value, tmp_path: Path) -> None:
    """A new file has the usual mode; a replaced one keeps its own."""
    usual, path = tmp_path / "usual", tmp_path / "graph.svg"
    usual.touch()
    viz.render(neuron, path)

    assert path.stat().st_mode == usual.stat().st_mode
    path.chmod(0o640)
    viz.render(neuron, path)
    assert path.stat().st_mode & 0o777 == 0o640


@pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege there")
def test_a_link_stays_a_link(neuron: Value, tmp_path: Path) -> None:
    """Writing through a symbolic link changes the file it points to."""
    link = tmp_path / "link.svg"
    link.symlink_to(tmp_path / "graph.svg")
    viz.render(neuron, link)

    assert link.is_symlink()
    assert (tmp_path / "graph.svg").stat().st_size > 0


def test_a_root_that_is_no_value_is_refused(tmp_path: Path) -> None:
    """The root is checked before anything is written."""
    with pytest.raises(TypeError, match="one Value; got float"):
        viz.render(1.0, tmp_path / "graph.svg")  # type: ignore[arg-type]
    assert not os.listdir(tmp_path)
