"""Who draws a picture: the programs at hand, and our own layout behind them.

In this order: Graphviz's `dot` on PATH; `graphviz-pure`, a wheel that installs a
command with the same flags; the built-in layout, which writes SVG and needs nothing.
A program that fails on a graph is passed over with a warning, so SVG never fails.
"""

import shutil
import subprocess
import sys
import sysconfig
import warnings
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import NamedTuple

from autograd_core.errors import MissingExtraError

from .dot import dot_lines
from .picture import Picture
from .svg import to_svg

__all__ = [
    "Drawing",
    "FORMATS",
    "PATIENCE",
    "RenderError",
    "Renderer",
    "drawn",
    "installed",
    "renderers",
]

FORMATS = ("svg", "png", "pdf")
PATIENCE = 60.0  # seconds that a program gets for one picture, where no other can
QUICK = 5.0  # and where the next one is waiting


class RenderError(ValueError):
    """A picture cannot be written as asked; the message says what would help."""


class Renderer(NamedTuple):
    """Something that draws: formats, and a function of picture, DOT and format.

    The last argument is how many seconds it may take.
    """

    name: str
    formats: tuple[str, ...]
    draw: Callable[[Picture, str, str, float], bytes]


class Drawing(NamedTuple):
    """What a file is to hold, and the name of the renderer that drew it."""

    content: bytes
    renderer: str


class _FailureError(Exception):
    """A program could not draw this graph; another one may."""


def renderers() -> tuple[str, ...]:
    """Name what can draw here, in the order in which they are asked.

    >>> renderers()[-1]
    'built-in'
    """
    return tuple(renderer.name for renderer in installed())


def installed() -> Iterator[Renderer]:
    """Yield the renderers at hand, the preferred one first."""
    if dot := shutil.which("dot"):
        yield Renderer("dot", FORMATS, partial(_run, dot))
    if pure := _beside_python("graphviz-pure"):
        yield Renderer("graphviz-pure", ("svg", "png"), partial(_run, pure))
    yield Renderer("built-in", ("svg",), _built_in)


def _beside_python(command: str) -> str | None:
    """Find a command that a wheel installed, in an environment not activated too."""
    user = sysconfig.get_preferred_scheme("user")
    folders = [
        str(Path(sys.executable).parent),
        sysconfig.get_path("scripts"),
        sysconfig.get_path("scripts", user),
    ]
    paths = (None, *folders)  # None stands for PATH
    return next(filter(None, (shutil.which(command, path=p) for p in paths)), None)


def drawn(
    picture: Picture, form: str, *, dot: str = "", renderer: str | None = None
) -> Drawing:
    """Draw a picture, with the named renderer or the first that can.

    `dot` is the DOT text if it is not the picture's own. Raises `MissingExtraError`
    or `RenderError` where nothing at hand writes that form.
    """
    able = _able(form, renderer)
    dot = dot or "".join(dot_lines(picture))
    failures = []
    for name, _, draw in able:
        try:
            patience = QUICK if name != able[-1].name else PATIENCE
            return Drawing(draw(picture, dot, form, patience), name)
        except _FailureError as failure:
            failures.append(f"{name} {failure}")
            if name != able[-1].name:
                warnings.warn(f"{failures[-1]}; trying the next", stacklevel=3)
    raise RenderError(
        f"no renderer could draw this graph as {form}: {'; '.join(failures)}. "
        "Write .svg with renderer='built-in', or .dot, neither of which needs a program"
    )


def _able(form: str, renderer: str | None) -> list[Renderer]:
    """Return the renderers to ask, at least one."""
    known = list(installed())
    asked = [r for r in known if renderer in (None, r.name)]
    if not asked:
        names = ", ".join(r.name for r in known)
        raise RenderError(f"no renderer {renderer!r} at hand; there is: {names}")
    able = [r for r in asked if form in r.formats]
    if not able and renderer:
        formats = ", ".join(asked[0].formats)
        raise RenderError(f"{renderer} cannot write {form}; it writes: {formats}")
    if not able and form == "png":
        raise MissingExtraError("writing .png needs graphviz-pure or dot", "viz")
    if not able:
        raise RenderError(
            f"writing {form} needs Graphviz's own dot on PATH, which is not there; "
            "install it from https://graphviz.org/download, or write .svg"
        )
    return able


def _built_in(picture: Picture, dot: str, form: str, patience: float) -> bytes:
    if dot != "".join(dot_lines(picture)):
        warnings.warn(
            "the built-in layout draws the graph as it was made; what was added to "
            "the DOT text shows with dot or graphviz-pure only",
            stacklevel=5,
        )
    return to_svg(picture).encode()


def _run(command: str, picture: Picture, dot: str, form: str, patience: float) -> bytes:
    try:
        done = subprocess.run(
            [command, f"-T{form}"],
            input=dot.encode(),
            capture_output=True,
            timeout=patience,
        )
    except subprocess.TimeoutExpired:
        raise _FailureError(f"took more than {patience:g} seconds") from None
    except OSError as error:
        raise _FailureError(f"did not start ({error})") from None
    if done.returncode or not done.stdout:
        said = done.stderr.decode(errors="replace").strip().splitlines()[-1:]
        raise _FailureError(
            ": ".join([f"failed with exit code {done.returncode}", *said])
        )
    return done.stdout
