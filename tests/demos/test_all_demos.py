"""`python -m demos`: the list, and the page of what all of them printed and drew."""

import re
import subprocess
import sys
from html.parser import HTMLParser

import pytest

from demos import __main__ as command
from demos import running
from demos.catalogue import catalogue
from demos.running import Run, run, write_index


def a_demo(monkeypatch, tmp_path, code):
    """Let the processes that are started find a package of this one demo."""
    package = tmp_path / "code" / "demos"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "trial.py").write_text(code, "utf-8")
    monkeypatch.setattr(running, "__file__", str(package / "running.py"))


def test_the_catalogue_holds_what_can_be_run():
    """Each has a main and one line that tells what it shows; helpers are left out."""
    found = catalogue()

    assert list(found) == sorted(found)
    assert {"digits", "recurrences", "rosenbrock"} <= set(found)
    assert not {"datasets", "command", "catalogue", "running", "pages"} & set(found)
    for name, doc in found.items():
        title, *rest = doc.split("\n")
        assert title.endswith((".", "?")), name
        assert not rest or not rest[0], f"{name}: one line, then a blank one"


def test_a_run_holds_what_was_printed_and_drawn(monkeypatch, tmp_path):
    """The demo runs in a folder of its own; ζ is printed wherever it runs."""
    a_demo(
        monkeypatch,
        tmp_path,
        "from pathlib import Path\nprint('ζ(2)')\nPath('out').mkdir()\n"
        "Path('out/b.svg').touch()\nPath('out/a.png').touch()\nPath('x.pkl').touch()\n",
    )

    done = run("trial", tmp_path / "out" / "trial")

    assert (done.code, done.printed) == (0, "ζ(2)\n")
    assert [path.name for path in done.files()] == ["a.png", "b.svg"]
    assert re.fullmatch(r"trial: \d+ s, 2 files", str(done))


def test_a_demo_that_fails_shows_why(monkeypatch, tmp_path):
    """What it printed is followed by its error, and it is counted as failed."""
    a_demo(monkeypatch, tmp_path, "print('so far')\nraise ValueError('too far')\n")

    done = run("trial", tmp_path / "out")

    assert done.code == 1
    assert done.printed.startswith("so far")
    assert "ValueError: too far" in done.printed
    assert str(done).endswith("FAILED")


class Page(HTMLParser):
    """What a browser would show: headings, texts of pre, and where links lead."""

    def __init__(self, text):
        super().__init__()
        self.links, self.texts, self.pictures = [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        """Keep links and pictures."""
        found = dict(attrs)
        if tag == "a":
            self.links.append(found["href"])
        if tag == "img":
            self.pictures.append(found["src"])

    def handle_data(self, data):
        """Keep texts."""
        self.texts.append(data)


def test_the_index_shows_every_run(tmp_path):
    """Contents, docstring, printed text and pictures; what was printed is no markup."""
    (tmp_path / "digits" / "out").mkdir(parents=True)
    (tmp_path / "digits" / "out" / "digit_neuron.svg").touch()
    runs = [
        Run("recurrences", tmp_path / "recurrences", "a <b> & c\n", 2.0, 0),
        Run("digits", tmp_path / "digits", "97 %\n", 12.4, 0),
    ]

    page = Page(write_index(runs, tmp_path / "index.html").read_text("utf-8"))

    assert page.links[:2] == ["#digits", "#recurrences"]
    assert page.pictures == ["digits/out/digit_neuron.svg"]
    assert "digit neuron" in page.texts
    assert "12 s" in page.texts
    assert "a <b> & c\n" in page.texts
    assert any("δ(L) = (a(L) - y) ⊙ σ'(z(L))" in text for text in page.texts)


def test_an_index_of_its_own_stands_for_its_pictures(tmp_path):
    """Of the gallery one link is shown, not its twenty pictures again."""
    for name in ("index.html", "a.svg", "b.png"):
        (tmp_path / name).touch()

    assert [path.name for path in Run("x", tmp_path, "", 1.0, 0).files()] == [
        "index.html"
    ]


@pytest.mark.parametrize(("code", "status"), [(0, 0), (1, 1)])
def test_all_runs_the_whole_catalogue(code, status, monkeypatch, tmp_path, capsys):
    """Each is told of as it ends; the page comes last; a failure is the exit status."""
    monkeypatch.setattr(
        running, "run", lambda name, folder: Run(name, folder, "", 1.0, code)
    )
    monkeypatch.setattr(
        sys, "argv", ["demos", "all", "--out", str(tmp_path), "--jobs", "3"]
    )

    assert command.main() == status

    *told, index = capsys.readouterr().out.splitlines()
    assert sorted(line.partition(":")[0] for line in told) == list(catalogue())
    assert index == f"index: {tmp_path / 'index.html'}"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["every"], "takes 'all', or nothing for a list, not 'every'"),
        (["moons"], "one demo is run with: python -m demos.moons"),
        (["all", "--jobs", "0"], "--jobs takes a count from 1 up, not 0"),
        (["all", "--out", "pyproject.toml/x"], "cannot write to pyproject.toml"),
    ],
)
def test_wrong_arguments_end_before_anything_runs(arguments, words):
    """The message names what was given and what would be right."""
    done = subprocess.run(
        [sys.executable, "-m", "demos", *arguments], capture_output=True, text=True
    )

    assert done.returncode == 2
    assert words in done.stderr
