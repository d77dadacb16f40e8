"""Generated code as an object: run, shown by tools, and written into a file."""

import gc
import importlib.util
import inspect
import linecache
import math
import os
import stat
import subprocess
import sys
import traceback
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from random_graphs import STEPS, Steps, grown

from autograd_core import OPS, Op, Value, leaves, log, tanh
from autograd_core.debug.straight_line import to_python
from autograd_core.errors import GraphError, OperandError


def example() -> Value:
    """Return a small graph."""
    x, w = Value(0.5, label="x"), Value(-3.0, label="w")
    return tanh(x * w)


# --- the object ---------------------------------------------------------------------
def test_names_lead_to_the_nodes() -> None:
    """Each name of the code is that of a Value."""
    root = example()
    code = to_python(root)

    assert list(code.names) == ["x", "w", "v1", "v2"]
    assert code.names["v2"] is root


def test_it_is_called_by_names_or_in_order() -> None:
    """With other numbers, or none."""
    code = to_python(example())

    assert code(1.0, w=2.0) == code.run(1.0, 2.0) == code(w=2.0, x=1.0)
    assert code()[0] == math.tanh(-1.5)
    with pytest.raises(TypeError, match="unexpected keyword argument 'z'"):
        code(z=1.0)


def test_it_shows_itself() -> None:
    """The text with print, one line at a prompt, colours in a notebook."""
    code = to_python(example())

    assert str(code) == code.source
    assert repr(code) == f"<the Python of 4 nodes in {code.path!r}>"
    assert code._repr_markdown_() == f"```python\n{code.source}```"


def test_a_notebook_does_not_show_a_book() -> None:
    """A thousand lines are not displayed by themselves."""
    root = example()
    for _ in range(500):
        root = root * 1.5

    assert to_python(root)._repr_markdown_() is None


# --- tools --------------------------------------------------------------------------
def test_each_graph_has_a_name_of_its_own() -> None:
    """Code of one graph is never taken for that of another."""
    codes = [to_python(example()) for _ in range(3)]

    assert len({code.path for code in codes}) == 3
    assert all(code.path.startswith("<graph ") for code in codes)


@pytest.mark.parametrize("forget", [linecache.checkcache, linecache.clearcache])
def test_tools_find_the_source(forget: Any) -> None:
    """Also after what notebooks and test runners do to the cache."""
    code = to_python(example())
    forget()

    assert (
        f"\n{inspect.getsource(code.run)}" == code.source[code.source.index("\ndef") :]
    )
    assert linecache.getline(code.path, 1) == code.source.split("\n")[0] + "\n"


def test_a_traceback_shows_the_line() -> None:
    """An error in a row is shown in the line of the node."""
    x = Value(0.5, label="x")
    code = to_python(log(x) * 2.0)
    with pytest.raises(TypeError) as raised:
        code(x="half")
    shown = "".join(traceback.format_exception(raised.value))

    assert f'File "{code.path}", line 11, in run\n    v1 = log(x)\n' in shown


def test_the_source_goes_with_the_function() -> None:
    """No collector is needed, and none of the graph is kept."""
    gc.disable()
    try:
        root = example()
        code = to_python(root)
        path, run, node = code.path, code.run, weakref.ref(root)
        del code, root
        assert node() is None
        assert path in linecache.cache
        del run
        assert path not in linecache.cache
    finally:
        gc.enable()


def test_flags_of_this_project_do_not_reach_the_code(tmp_path: Path) -> None:
    """The module is no main program, whatever its file is called."""
    code = to_python(example(), tmp_path / "__main__.py")

    assert code.run.__module__ == code.path


# --- files --------------------------------------------------------------------------
def run_file(path: Path) -> dict[str, str]:
    """Run a file as a script, and return what it prints of each name."""
    command = [sys.executable, "-W", "error", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return dict(line.split(" = ") for line in done.stdout.splitlines())


def test_a_file_prints_the_value_and_the_gradients(tmp_path: Path) -> None:
    """Run alone, it needs nothing but autograd_core."""
    path = tmp_path / "graph.py"
    code = to_python(example(), path)
    value, gradients = code()

    assert code.path == str(path)
    assert path.read_text(encoding="utf-8") == code.source
    assert run_file(path) == {
        "v2": repr(value),
        "d_x": repr(gradients["x"]),
        "d_w": repr(gradients["w"]),
    }


@settings(max_examples=5)
@given(STEPS)
def test_a_file_gives_the_bits_of_backward(
    tmp_path_factory: pytest.TempPathFactory, steps: Steps
) -> None:
    """In another process, from numbers that were written and read."""
    root = grown(steps)[-1]
    path = tmp_path_factory.mktemp("graph") / "graph.py"
    code = to_python(root, path)
    root.backward()
    names = {node: name for name, node in code.names.items()}
    inputs = [leaf for leaf in leaves(root) if leaf.requires_grad]

    assert run_file(path) == {
        names[root]: repr(root.data),
        **{f"d_{names[leaf]}": repr(leaf.grad) for leaf in inputs},
    }


def test_a_file_can_be_imported(tmp_path: Path) -> None:
    """It prints nothing then, and its function is the same."""
    path = tmp_path / "graph.py"
    code = to_python(example(), path)
    spec = importlib.util.spec_from_file_location("graph", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)

    assert module.run() == code()


def test_the_code_of_a_file_is_where_editors_look(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By its whole path, also when it was named from the working directory."""
    monkeypatch.chdir(tmp_path)
    code = to_python(example(), "graph.py")

    assert code.run.__code__.co_filename == str(tmp_path / "graph.py")
    assert inspect.getsourcefile(code.run) == str(tmp_path / "graph.py")
    assert inspect.getsource(code.run).startswith("def run(\n    x=0.5,\n")


def test_a_file_is_replaced(tmp_path: Path) -> None:
    """What tools had read of it is forgotten; its rights and a link to it stay."""
    place, link = tmp_path / "old.py", tmp_path / "link.py"
    place.write_text("old")
    place.chmod(0o600)
    link.symlink_to(place)
    assert linecache.getline(str(link), 1) == "old\n"
    code = to_python(example(), link)

    assert link.is_symlink()
    assert place.read_text() == code.source
    assert stat.S_IMODE(place.stat().st_mode) == 0o600
    assert linecache.getline(code.path, 1) == code.source.split("\n")[0] + "\n"
    assert sorted(os.listdir(tmp_path)) == ["link.py", "old.py"]


@pytest.mark.parametrize(
    ("name", "error", "words"),
    [
        ("no/graph.py", FileNotFoundError, "there is no folder .*make it first"),
        (".", IsADirectoryError, "it is a folder; name a file in it"),
        ("file/graph.py", FileNotFoundError, "there is no folder"),
        ("g" * 300, OSError, "choose a place where you may write"),
    ],
)
def test_where_no_file_can_be(
    name: str, error: type[OSError], words: str, tmp_path: Path
) -> None:
    """The message says what to do; nothing is left behind."""
    (tmp_path / "file").write_text("")
    with pytest.raises(error, match=words) as raised:
        to_python(example(), tmp_path / name)

    assert raised.value.strerror is not None
    assert raised.value.strerror.startswith("cannot write Python to")
    assert os.listdir(tmp_path) == ["file"]


def test_a_file_that_fails_to_be_written_leaves_what_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whole or not at all."""
    path = tmp_path / "graph.py"
    path.write_text("before")

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(OSError, match="No space left on device"):
        to_python(example(), path)

    assert path.read_text() == "before"
    assert os.listdir(tmp_path) == ["graph.py"]


@pytest.mark.parametrize("path", [3, True, ["graph.py"], b"graph.py"])
def test_a_path_that_is_none(path: Any) -> None:
    """The message says what was passed."""
    with pytest.raises(OperandError, match="takes the name of a file, not"):
        to_python(example(), path)


# --- rows of one's own in files -----------------------------------------------------
@pytest.fixture
def row() -> Iterator[Op]:
    """Return a row of somebody's own, and clean the table afterwards."""
    yield Op("my cube", lambda x: x * x * x, (lambda y, x: 3.0 * (x * x),))
    OPS.pop("my cube", None)


def test_a_file_needs_rows_that_it_can_find(row: Op, tmp_path: Path) -> None:
    """The message says how to register one; no file is written."""
    root = row(Value(2.0, label="x"))

    assert to_python(root)() == (8.0, {"x": 12.0})
    with pytest.raises(GraphError, match=r"register it with OPS\['my cube'\] = "):
        to_python(root, tmp_path / "graph.py")
    assert os.listdir(tmp_path) == []


def test_a_file_finds_a_registered_row(row: Op, tmp_path: Path) -> None:
    """By its name in the table, whatever that is."""
    OPS[row.name] = row
    code = to_python(row(Value(2.0, label="x")), tmp_path / "graph.py")

    assert "from autograd_core import OPS\n\nmy_cube = OPS['my cube']" in str(code)
    assert code() == (8.0, {"x": 12.0})
