"""Where the project's files are, for the tests that read them."""

from pathlib import Path, PurePosixPath

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("autograd_core", "nn", "viz")


def sources(*packages: str) -> list[PurePosixPath]:
    """Return the modules of some packages, as paths from the root."""
    found = (path for name in packages for path in (ROOT / name).rglob("*.py"))
    return sorted(PurePosixPath(path.relative_to(ROOT).as_posix()) for path in found)
