"""Which part of a line made a node, and how it is underlined."""

import importlib.util
import linecache
from pathlib import Path
from types import ModuleType

import pytest

from autograd_core import Value, topological_order
from autograd_core.recording import record_source


def made_by(text: str, path: Path) -> ModuleType:
    """Import a module with this text."""
    path.write_text(text, encoding="utf-8")
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def underlined(node: Value) -> str:
    """Return the part of the line that is underlined, by its carets."""
    assert node.source is not None
    line, carets = node.source.underlined().split("\n")
    assert set(carets) <= {" ", "\t", "^"}
    start = carets.index("^")
    return line[start : start + carets.count("^")]


LINES = {
    "plain": ("    return x * w + 1.0", "x * w"),
    "umlauts before": ('    "äöü"; return x * w + 1.0', "x * w"),
    "umlauts inside": ("    höhe = x; return höhe * w + 1.0", "höhe * w"),
    "beyond the first plane": ('    "𝛌𝛌𝛌🙂"; return x * w + 1.0', "x * w"),
    "a combining accent": ('    "é"; return x * w + 1.0', "x * w"),
    "an indent of tabs": ("\t\treturn x * w + 1.0", "x * w"),
    "tabs inside": ("    return\t(x\t*\tw)\t+ 1.0", "x\t*\tw"),
    "a comment behind": ("    return x * w + 1.0  # x * w", "x * w"),
    "parentheses": ("    return ((x) * (w)) + 1.0", "(x) * (w)"),
    "a form feed": ("    \f\n    return x * w + 1.0", "x * w"),
}


@pytest.mark.parametrize(("line", "expected"), LINES.values(), ids=LINES)
def test_the_carets_stand_below_the_expression(
    line: str, expected: str, tmp_path: Path
) -> None:
    """Columns count bytes, and a line has characters."""
    module = made_by(f"def f(x, w):\n{line}\n", tmp_path / "lines.py")
    with record_source():
        y = module.f(Value(2.0), Value(3.0))

    assert underlined(y.parents[0]) == expected


def test_the_carets_stand_below_a_line_with_tabs(tmp_path: Path) -> None:
    """However wide a tab is shown, it is as wide below."""
    module = made_by(
        "def f(x, w):\n\tif x:\n\t\treturn\t(x * w)\t+ 1.0\n".replace("if x", "if 1"),
        tmp_path / "tabs.py",
    )
    with record_source():
        y = module.f(Value(2.0), Value(3.0))
    source = y.parents[0].source
    assert source is not None
    line, carets = source.underlined().expandtabs(8).split("\n")

    assert line.startswith("return")
    assert line[carets.index("^") :][:5] == "x * w"


def test_an_expression_over_several_lines(tmp_path: Path) -> None:
    """Its first line is shown and underlined to the end."""
    lines = [
        "def f(x, w):",
        "    return (",
        "        x * 2.0",
        "        + w * (",
        "1.0",
    ]
    text = "\n".join([*lines, "    + w))", ""])
    module = made_by(text, tmp_path / "several.py")
    with record_source():
        y = module.f(Value(2.0), Value(3.0))
    whole, product = y.source, y.parents[1].source

    assert whole is not None
    assert product is not None
    assert (whole.line, whole.end_line) == (3, 6)
    assert underlined(y) == "x * 2.0"
    assert underlined(y.parents[1]) == "w * ("
    assert product.place.endswith("several.py:4")


def test_of_a_long_line_the_part_around_it_is_shown(tmp_path: Path) -> None:
    """So that a message stays as narrow as a page."""
    terms = " + ".join(["x"] * 40)
    module = made_by(
        f"def f(x, w):\n    return {terms} + x * w + {terms}\n", tmp_path / "long.py"
    )
    with record_source():
        y = module.f(Value(2.0), Value(3.0))
    product = next(n for n in topological_order(y) if n.op and n.op.name == "mul")

    assert underlined(product) == "x * w"
    assert product.source is not None
    assert max(map(len, product.source.underlined().splitlines())) <= 80
    assert underlined(y).startswith("x + x + x")


def test_a_file_that_has_changed_since(tmp_path: Path) -> None:
    """Columns that no longer fit the line do no harm."""
    path = tmp_path / "changed.py"
    module = made_by("def f(x, w):\n    return 'aaaa' and x * w\n", path)
    with record_source():
        y = module.f(Value(2.0), Value(3.0))
    for text in ("def f(x, w):\n    return '🙂🙂🙂🙂🙂🙂🙂'\n", "\nπ\n", ""):
        path.write_text(text, encoding="utf-8")
        linecache.clearcache()
        assert y.source is not None
        assert y.source.underlined().count("\n") == 1
