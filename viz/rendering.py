"""The graph below a value, in a file whose suffix says what kind of picture."""

import os
from pathlib import Path
from typing import Unpack

from autograd_core import Value

from .files import SUFFIXES, check, render_picture
from .html import to_html
from .picture import picture
from .programs import RenderError
from .view import Options

__all__ = ["ALL_SUFFIXES", "render"]

ALL_SUFFIXES = (*SUFFIXES, ".html")


def render(
    root: Value,
    path: str | os.PathLike[str],
    *,
    renderer: str | None = None,
    verbose: bool = False,
    **options: Unpack[Options],
) -> Path:
    """Draw the graph below `root` into a file and return the path.

    `.svg` always works; `.png` needs dot or graphviz-pure, `.pdf` needs dot; `.html` is
    a page to play; `.dot` and `.gv` hold the DOT text, `.mmd` Mermaid, `.json` all
    numbers, `.txt` a tree.
    `renderer` is one of the names that `renderers()` gives; without it the first that
    can write the format is asked, then the next; `verbose` prints which one it was. The
    other options are those of every picture (see `viz`).

    >>> import tempfile
    >>> x = Value(3, label="x")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = f"{folder}/square.svg"
    ...     render(x * x, path, renderer="built-in", verbose=True).name
    square.svg: drawn by built-in
    'square.svg'

    Raises `OperandError` for a root that is not a `Value`; `RenderError`, a
    `ValueError`, for an unknown suffix, an unknown renderer, or .pdf without dot;
    `MissingExtraError` for .png where neither program is installed; an `OSError`
    that names the path where the file cannot be written.
    """
    path = Path(path)
    form = check(path, ALL_SUFFIXES)  # before the graph is read
    if form != "html":
        shown = picture(root, **options)
        return render_picture(shown, path, renderer=renderer, verbose=verbose)
    if renderer not in (None, "built-in"):
        raise RenderError(f"{renderer} cannot write html; leave the renderer out")
    to_html(root, path, **options)
    if verbose:
        print(f"{path.name}: drawn by built-in")
    return path
