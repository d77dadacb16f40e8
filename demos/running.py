"""Every demo in a process of its own, and one page of what they printed and drew."""

import os
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from html import escape
from pathlib import Path

from demos.catalogue import catalogue
from demos.pages import figure, write_page

__all__ = ["Run", "run", "run_all", "write_index"]

SHOWN = {".html", ".png", ".svg", ".txt"}


@dataclass(frozen=True)
class Run:
    """What came of one demo: its files lie in `folder`."""

    name: str
    folder: Path
    printed: str
    seconds: float
    code: int

    def files(self) -> list[Path]:
        """Return what it drew and wrote, or where it made an index, that."""
        indices = sorted(self.folder.rglob("index.html"))
        found = sorted(p for p in self.folder.rglob("*") if p.suffix in SHOWN)
        return indices or found

    def __str__(self) -> str:
        ending = f"{len(self.files())} files" if not self.code else "FAILED"
        return f"{self.name}: {self.seconds:.0f} s, {ending}"


def run(name: str, folder: Path) -> Run:
    """Run one demo as `python -m demos.NAME` in a folder of its own.

    An error does not end the others: it is printed where its results would be.
    """
    folder.mkdir(parents=True, exist_ok=True)
    root = str(Path(__file__).parents[1])
    places = os.pathsep.join([root, *filter(None, [os.environ.get("PYTHONPATH")])])
    start = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", f"demos.{name}"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": places, "PYTHONIOENCODING": "utf-8"},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    printed = done.stdout if not done.returncode else done.stdout + done.stderr
    return Run(name, folder, printed, time.perf_counter() - start, done.returncode)


def run_all(names: Iterable[str], folder: Path, jobs: int) -> Iterator[Run]:
    """Yield each run as it ends, `jobs` of them at a time."""
    with ThreadPoolExecutor(jobs) as pool:
        begun = [pool.submit(run, name, folder / name) for name in names]
        for done in as_completed(begun):
            yield done.result()


def write_index(runs: Sequence[Run], path: Path) -> Path:
    """Write a page with a table of contents and a section for each run."""
    docs = catalogue()
    ordered = sorted(runs, key=lambda one: one.name)
    rows = "".join(_row(one, docs[one.name]) for one in ordered)
    sections = "".join(_section(one, docs[one.name], path.parent) for one in ordered)
    return write_page(path, "Demos", f"<table>{rows}</table>{sections}")


def _row(one: Run, doc: str) -> str:
    line, link = escape(doc.partition("\n")[0]), f"<a href='#{one.name}'>{one.name}</a>"
    return f"<tr><td>{link}<td>{line}<td class='number'>{one.seconds:.0f} s"


def _section(one: Run, doc: str, beside: Path) -> str:
    essay = "".join(map(_paragraph, doc.split("\n\n")))
    names = [path.relative_to(beside).as_posix() for path in one.files()]
    figures = "".join(figure(name, Path(name).stem.replace("_", " ")) for name in names)
    printed = f"<pre>{escape(one.printed)}</pre>"
    heading = f"<h2 id='{one.name}'>{one.name}</h2>"
    return f"{heading}{essay}{printed}{figures}"


def _paragraph(text: str) -> str:
    tag = "pre" if text.startswith("    ") else "p"  # formulas keep their columns
    return f"<{tag}>{escape(text)}</{tag}>"
