"""Real renderers, where they are installed: what they make of hostile labels."""

import warnings
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hostile import LABELS

import viz
from autograd_core import Value, total
from autograd_core.inspection import one_line

DRAWN = {"svg", "g", "a", "title", "path", "polygon", "polyline", "text", "rect"}


@pytest.mark.parametrize("renderer", ["dot", "graphviz-pure", "built-in"])
def test_hostile_labels_are_drawn_as_text(tmp_path: Path, renderer: str) -> None:
    """Every renderer shows each label as one text, makes no markup of it, and runs."""
    if renderer not in viz.renderers():
        pytest.skip(f"{renderer} is not installed")
    root = total([Value(1.0, label=label) for label in LABELS])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        path = viz.render(root, tmp_path / "graph.svg", renderer=renderer)
    tree = ElementTree.parse(path)

    assert {e.tag.partition("}")[2] for e in tree.iter()} <= DRAWN
    shown = {e.text for e in tree.iter() if e.tag.endswith("}text")}
    assert {one_line(label) for label in LABELS} <= shown


@pytest.mark.parametrize("renderer", ["dot", "graphviz-pure"])
def test_png_and_pdf(tmp_path: Path, renderer: str) -> None:
    """The programs write their other formats; the first bytes say which."""
    if renderer not in viz.renderers():
        pytest.skip(f"{renderer} is not installed")
    root = Value(3.0, label="x") * 2

    png = viz.render(root, tmp_path / "graph.png", renderer=renderer)
    assert png.read_bytes().startswith(b"\x89PNG")
    if renderer == "dot":
        pdf = viz.render(root, tmp_path / "graph.pdf", renderer=renderer)
        assert pdf.read_bytes().startswith(b"%PDF")
