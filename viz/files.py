"""A picture in a file, whole or not at all.

The suffix of the path says the format. The file is written beside its final place and
moved there when it is complete, so a failure leaves what was there before.
"""

import errno
import os
import secrets
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

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
    _check_place(path)
    return suffix.removeprefix(".")


def _drawing(shown: Picture, form: str, renderer: str | None) -> Drawing:
    if form in WRITERS:
        return Drawing(WRITERS[form](shown).encode(), "")
    return drawn(shown, form, renderer=renderer)


def _check_place(path: Path) -> None:
    if path.is_dir():
        raise _not_written(path, errno.EISDIR, "it is a folder; name a file in it")
    if not path.parent.is_dir():
        missing = f"there is no folder {str(path.parent)!r}; make it first"
        raise _not_written(path, errno.ENOENT, missing)


def write(path: Path, content: bytes) -> None:
    """Write a file whole or not at all, as readable as any other new file."""
    _check_place(path)
    place = path.resolve()  # a symbolic link stays a link
    draft = place.with_name(f".{secrets.token_hex(8)}.tmp")
    try:
        draft.write_bytes(content)
        if place.exists():
            shutil.copymode(place, draft)
        draft.replace(place)
    except OSError as error:
        reason = f"{error.strerror}; choose a place where you may write"
        raise _not_written(path, error.errno, reason) from error
    finally:
        draft.unlink(missing_ok=True)


def _not_written(path: Path, code: int | None, reason: str) -> OSError:
    # The code makes OSError choose the class: PermissionError, FileNotFoundError, ...
    return OSError(code, f"cannot write a picture to {str(path)!r}: {reason}")
