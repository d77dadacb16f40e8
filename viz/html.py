"""A graph as one HTML file that can be mailed: it opens anywhere, without a network.

The page pans, zooms and searches, opens and closes modules, shows every digit, and
plays the forward and the backward pass step by step. It is `viz/page/` with the
pictures as data. The browser is told to load nothing and to run nothing but the
scripts whose hashes stand in the page's head.
"""

import base64
import hashlib
import os
from collections.abc import Iterator, Mapping
from importlib import resources
from pathlib import Path
from string import Template
from typing import Any, Unpack, overload
from xml.sax.saxutils import escape

from autograd_core import Value
from autograd_core.errors import OperandError, UnknownNameError

from .files import write
from .page_data import page_data, script_safe
from .picture import THEMES
from .scenes import scenes
from .style import FONT, FONT_SIZE, SMALL, WIDTHS, theme_of
from .view import Options, ViewOptions

__all__ = ["to_html"]

_PLAIN = ("paper", "ink", "quiet", "line", "root")
STYLES = ("page.css", "graph.css")
SCRIPTS = (
    "numbers.js",
    "model.js",
    "drawing.js",
    "camera.js",
    "map.js",
    "words.js",
    "selection.js",
    "playing.js",
    "search.js",
    "page.js",
)


@overload
def to_html(root: Value, path: None = None, **options: Unpack[Options]) -> str: ...
@overload
def to_html(
    root: Value, path: str | os.PathLike[str], **options: Unpack[Options]
) -> Path: ...
def to_html(
    root: Value,
    path: str | os.PathLike[str] | None = None,
    **options: Unpack[Options],
) -> Path | str:
    """Return the graph below `root` as a page, or write it to `path` and return that.

    The options are those of every picture (see `viz`). `depth` and `limit` say how the
    page opens; its buttons open and close modules to the other depths. Without `theme`
    the page is dark where the reader's system is.

    >>> import tempfile
    >>> x = Value(3, label="x")
    >>> to_html(x * x)[:15]
    '<!doctype html>'
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     to_html(x * x, f"{folder}/square.html").name
    'square.html'

    Raises `OperandError`, a `TypeError`, for a root that is not a `Value` and for a
    `moment`, since the page plays them all; an
    `OSError` that names the path where the file cannot be written.
    """
    text = _page(root, **options)
    if path is None:
        return text
    path = Path(path)
    write(path, text.encode())
    return path


def _page(
    root: Value,
    *,
    names: Mapping[str, Any] | None = None,
    theme: str | None = None,
    **options: Unpack[ViewOptions],
) -> str:
    if theme is not None and theme not in THEMES:
        raise UnknownNameError("theme", theme, THEMES)
    if options.get("moment") is not None:
        raise OperandError(
            "a page plays every moment of both passes; leave moment=... out, or write "
            "one moment with to_dot, to_tree or render to .svg"
        )
    data = page_data(scenes(root, names=names, **options))
    style = "".join(_colours()) + "".join(map(_asset, STYLES))
    script = f'"use strict";\n(() => {{\n{"".join(map(_asset, SCRIPTS))}}})();\n'
    return Template(_asset("page.html")).substitute(
        title=escape(data["title"]),
        theme=theme or "auto",
        allowed=f"style-src {_hash(style)}; script-src {_hash(script)}",
        style=style,
        data=script_safe(data),
        script=script,
    )


def _colours() -> Iterator[str]:
    """Yield the looks of every picture as variables, each colour in both themes."""
    light, dark = theme_of("light"), theme_of("dark")
    pairs = {name: (getattr(light, name), getattr(dark, name)) for name in _PLAIN}
    pairs |= {kind: (fill, dark.fills[kind]) for kind, fill in light.fills.items()}
    levels = zip(light.levels, dark.levels, strict=True)
    pairs |= {f"level-{i}": pair for i, pair in enumerate(levels)}
    yield ":root {\n"
    for name, (by_day, by_night) in pairs.items():
        yield f"  --{name}: light-dark({by_day}, {by_night});\n"
    for level, width in enumerate(WIDTHS):
        yield f"  --width-{level}: {width:g}px;\n"
    yield f"  --font: {FONT}, Helvetica, sans-serif;\n"
    yield f"  --font-size: {FONT_SIZE:g}px;\n  --small: {SMALL:g}px;\n}}\n"


def _asset(name: str) -> str:
    return resources.files(__package__).joinpath("page", name).read_text("utf-8")


def _hash(text: str) -> str:
    """Return how a policy names the one text that may run."""
    digest = hashlib.sha256(text.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"
