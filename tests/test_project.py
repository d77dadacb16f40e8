"""The shape of the project: its imports, its wheel, its files and its two commands."""

import ast
import re
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from email.message import Message
from email.parser import Parser
from pathlib import Path, PurePosixPath

import pytest
from project import PACKAGES, ROOT, sources

PROBE = """
import gc, sys
sys.path.insert(0, {root!r})
def state():
    return gc.isenabled(), gc.get_threshold(), sys.getrecursionlimit()
before, loaded = state(), set(sys.modules)
import {package}
print([before == state(), sorted(set(sys.modules) - loaded)])
"""


def imported_alone(package: str, *flags: str) -> tuple[bool, list[str]]:
    """Import in a new interpreter; return if it left its settings, and what it loaded.

    With -I the interpreter reads no environment, with -S no site-packages.
    """
    probe = PROBE.format(root=str(ROOT), package=package)
    command = [sys.executable, "-I", "-B", *flags, "-c", probe]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    untouched, loaded = ast.literal_eval(done.stdout)
    return untouched, loaded


@pytest.mark.parametrize("package", PACKAGES)
def test_importing_needs_nothing_but_the_standard_library(package):
    """A package imports where there are no site-packages at all."""
    _, loaded = imported_alone(package, "-S")

    assert package in loaded


@pytest.mark.parametrize("package", PACKAGES)
def test_importing_changes_no_setting_of_the_interpreter(package):
    """Collector and recursion limit stay as they were found."""
    untouched, _ = imported_alone(package, "-S")

    assert untouched


@pytest.mark.parametrize("package", PACKAGES)
def test_importing_loads_no_third_party_package(package):
    """Optional packages, though installed, are imported only where they are used."""
    _, loaded = imported_alone(package)
    tops = {name.split(".")[0] for name in loaded}

    assert tops <= sys.stdlib_module_names | set(PACKAGES)


def test_importing_the_core_loads_no_heavy_module():
    """The core leaves alone what is slow to import and serves other trades."""
    heavy = {
        *("asyncio", "concurrent", "ctypes", "decimal", "email", "fractions", "http"),
        *("json", "logging", "multiprocessing", "pathlib", "pickle", "random"),
        *("shutil", "socket", "ssl", "statistics", "subprocess", "tempfile"),
        *("unittest", "urllib", "xml", "nn", "viz"),
    }
    _, loaded = imported_alone("autograd_core", "-S")

    assert heavy & set(loaded) == set()


# --- the wheel ----------------------------------------------------------------------
@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Iterator[zipfile.ZipFile]:
    """Build the wheel of this tree, with what is installed."""
    pytest.importorskip("build")
    pytest.importorskip("hatchling")
    out = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation"]
    command += ["--outdir", str(out), str(ROOT)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    (path,) = out.glob("*.whl")
    with zipfile.ZipFile(path) as opened:
        yield opened


@pytest.fixture(scope="module")
def metadata(wheel) -> Message:
    """Return what the wheel says of itself."""
    (name,) = (name for name in wheel.namelist() if name.endswith("/METADATA"))
    return Parser().parsestr(wheel.read(name).decode())


def test_the_wheel_holds_the_three_packages_and_nothing_else(wheel):
    """Tests, demos and tools stay out of the wheel; Hypothesis's entry point is in."""
    tops = {name.split("/")[0] for name in wheel.namelist()}
    others = {top for top in tops if not top.endswith(".dist-info")}

    assert others == {*PACKAGES, "_autograd_core_hypothesis.py"}


def test_the_wheel_tells_hypothesis_what_to_load(wheel):
    """The entry point names the module that makes `st.from_type(Value)` work."""
    (name,) = (n for n in wheel.namelist() if n.endswith("/entry_points.txt"))

    assert wheel.read(name).decode().split() == [
        "[hypothesis]",
        *("autograd_core", "=", "_autograd_core_hypothesis"),
    ]


def test_the_wheel_holds_every_module(wheel):
    """No module of a package is left out."""
    missing = set(map(str, sources(*PACKAGES))) - set(wheel.namelist())

    assert missing == set()


@pytest.mark.parametrize("package", PACKAGES)
def test_the_wheel_says_that_a_package_is_typed(wheel, package):
    """Each package carries its `py.typed`."""
    assert f"{package}/py.typed" in wheel.namelist()


def test_the_wheel_requires_nothing_without_extras(metadata):
    """Every requirement belongs to an extra."""
    required = metadata.get_all("Requires-Dist") or []
    unconditional = [line for line in required if "extra ==" not in line]

    assert unconditional == []


@pytest.mark.parametrize(
    "extra", ["viz", "plots", "testing", "arrays", "demos", "test", "all"]
)
def test_the_wheel_provides_an_extra(metadata, extra):
    """An extra that messages and documents name exists."""
    assert extra in metadata.get_all("Provides-Extra")


# --- documents ----------------------------------------------------------------------
@pytest.mark.parametrize("heading", ["Run it", "Test it"])
def test_the_readme_gives_one_command(heading):
    """Below the heading stands one fenced block, and in it one line."""
    readme = (ROOT / "README.md").read_text()
    (section,) = re.findall(rf"^## {heading}\n(.*?)(?=^## |\Z)", readme, re.M | re.S)
    (block,) = re.findall(r"^```\w*\n(.*?)^```$", section, re.M | re.S)

    assert len(block.splitlines()) == 1


def test_the_changelog_opens_with_the_version_of_the_project():
    """The newest entry is about the version that pyproject.toml names."""
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    changelog = (ROOT / "CHANGELOG.md").read_text()
    newest = re.search(r"^## \[?(\d[\w.]*)", changelog, re.M)

    assert newest is not None
    assert newest[1] == version


# --- files --------------------------------------------------------------------------
@pytest.mark.parametrize("path", sources(*PACKAGES, "demos"), ids=str)
def test_a_module_fits_the_eye(path):
    """A module has at most 300 lines, a line at most 88 columns."""
    lines = (ROOT / path).read_text().splitlines()
    wide = [line for line in lines if len(line) > 88]

    assert len(lines) <= 300
    assert wide == []


def declared_tests(path: PurePosixPath) -> Iterator[ast.FunctionDef]:
    """Yield the tests that a file declares, alone or in classes."""
    for node in ast.walk(ast.parse((ROOT / path).read_text())):
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            yield node


@pytest.mark.parametrize(
    "path", [p for p in sources("tests") if p.name.startswith("test_")], ids=str
)
def test_a_test_says_what_it_expects(path):
    """Every test has a docstring."""
    silent = [t.name for t in declared_tests(path) if not ast.get_docstring(t)]

    assert silent == []


def project_files() -> list[Path]:
    """Return what git knows; where there is no git, all but hidden and built files."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode == 0:
        paths = (ROOT / name for name in listed.stdout.split("\0") if name)
        return [path for path in paths if path.is_file()]
    built = re.compile(r"/(\.|__pycache__|build/|dist/|out/)")
    paths = (path for path in ROOT.rglob("*") if path.is_file())
    return [p for p in paths if not built.search(f"/{p.relative_to(ROOT).as_posix()}")]


# in parts, so as not to find itself
PATH_OF_A_MACHINE = re.compile(rb"(?<![\w.])/(?:work|root|home/\w+|Users/\w+|tmp/\w)/")


def test_no_file_names_a_path_of_one_machine():
    """What works here works anywhere: no absolute path of a developer's machine."""
    found = {
        str(path.relative_to(ROOT)): match[0].decode()
        for path in project_files()
        if (match := PATH_OF_A_MACHINE.search(path.read_bytes()))
    }

    assert found == {}
