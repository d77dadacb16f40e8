"""The gallery: every kind of picture, and a page that shows them."""

import re
import sys
from pathlib import Path

import pytest

from demos import gallery


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder that the demo wrote."""
    path = tmp_path_factory.mktemp("gallery")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["gallery", "--out", str(path)])
        gallery.main()
    return path


def test_the_index_shows_every_picture(folder: Path) -> None:
    """Each file is linked once, and each link leads to a file."""
    links = re.findall("<a href='([^']+)'>", (folder / "index.html").read_text("utf-8"))
    written = {path.name for path in folder.iterdir()} - {"index.html"}

    assert sorted(links) == sorted(written)
    assert len(links) >= 16
    assert all((folder / link).stat().st_size > 1000 for link in links)


def test_large_graphs_are_closed_and_say_so(folder: Path) -> None:
    """The losses of 32 digits are a handful of boxes, and the caption counts them."""
    text = (folder / "modules.svg").read_text("utf-8")

    assert re.search(r"[0-9],[0-9]{3} values shown as [0-9]{1,2} boxes", text)


def test_a_picture_that_needs_more_is_left_out(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without matplotlib the rest is written, and what to install is printed."""

    def write(path: Path) -> None:
        raise gallery.MissingExtraError("plots need matplotlib", "plots")

    shown = gallery.Gallery(tmp_path)
    shown.add("loss.png", "The loss.", write)
    shown.add("x.txt", "A <file>.", lambda path: path.write_text("x"))

    assert "loss.png: left out. plots need matplotlib" in capsys.readouterr().out
    assert "A &lt;file&gt;." in shown.write_index().read_text("utf-8")
