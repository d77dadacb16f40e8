"""A picture in a file, whole or not at all; the suffix of the path says the format."""

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from autograd_core.files import check_place, write_whole

from .dot import dot_text
from .mermaid import mermaid_text
from .picture import Picture
from .programs import FORMATS, Drawing, RenderError, drawn
from .schema import json_text
from .tree import tree_text

__all__ = ["SUFFIXES", "check", "render_picture", "write"]

# A format that is text is one row here; the others are drawn by a renderer.
WRITERS: Mapping[str, Callable[[Picture], str]] = {
    "dot": dot_text,
    "gv": dot_text,
    "mmd": mermaid_text,
    "json": json_text,
    "txt": tree_text,
}
_WHAT = "a picture"
SUFFIXES = tuple(f".{form}" for form in (*FORMATS, *WRITERS))


def render_picture(
    shown: Picture,
    path: str | os.PathLike[str],
    *,
    renderer: str | None = None,
    verbose: bool = False,
) -> Path:
    """Draw a picture into a file and return the path."""
    path = Path(path)
    form = check(path)  # before the drawing, which may take long
    drawing = _drawing(shown, form, renderer)
    write(path, drawing.content)
    if verbose:
        how = f"drawn by {drawing.renderer}" if drawing.renderer else "written as text"
        print(f"{path.name}: {how}")
    return path


def check(path: Path, suffixes: Sequence[str] = SUFFIXES) -> str:
    """Return the format of a picture in that file, or raise where there can be none."""
    suffix = path.suffix.lower()
    if suffix not in suffixes:
        found = f"the suffix {suffix!r}" if suffix else "no suffix"
        raise RenderError(
            f"cannot tell the format of {str(path)!r}, which has {found}; "
            f"end it with one of {', '.join(suffixes)}"
        )
    check_place(path, _WHAT)
    return suffix.removeprefix(".")


def _drawing(shown: Picture, form: str, renderer: str | None) -> Drawing:
    if form in WRITERS:
        return Drawing(WRITERS[form](shown).encode(), "")
    return drawn(shown, form, renderer=renderer)


def write(path: Path, content: bytes) -> None:
    """Write a picture whole or not at all."""
    write_whole(path, content, _WHAT)
