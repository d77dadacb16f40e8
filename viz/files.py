"""A picture in a file, whole or not at all.

The suffix of the path says the format. The file is written beside its final place and
moved there when it is complete, so a failure leaves what was there before.
"""

import errno
import os
import secrets
import shutil
from pathlib import Path
from typing import Unpack

from autograd_core import Value

from .dot import dot_lines
from .picture import Picture, picture
from .programs import RenderError, drawn
from .view import Options

__all__ = ["SUFFIXES", "render", "render_picture", "write"]

SUFFIXES = (".svg", ".png", ".pdf", ".dot", ".gv")


def render(
    root: Value,
    path: str | os.PathLike[str],
    *,
    renderer: str | None = None,
    **options: Unpack[Options],
) -> Path:
    """Draw the graph below `root` into a file and return the path.

    `.svg` always works; `.png` needs dot or graphviz-pure, `.pdf` needs dot; `.dot` and
    `.gv` hold the DOT text. `renderer` is one of the names that `renderers()` gives;
    without it the first that can write the format is asked, then the next. The other
    options are those of every picture (see `viz`).

    >>> import tempfile
    >>> x = Value(3, label="x")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     render(x * x, f"{folder}/square.svg", renderer="built-in").name
    'square.svg'

    Raises `OperandError` for a root that is not a `Value`; `RenderError`, a
    `ValueError`, for an unknown suffix, an unknown renderer, or .pdf without dot;
    `MissingExtraError` for .png where neither program is installed; an `OSError`
    that names the path where the file cannot be written.
    """
    _form(Path(path))  # before the graph is read
    return render_picture(picture(root, **options), path, renderer=renderer)


def render_picture(
    shown: Picture, path: str | os.PathLike[str], *, renderer: str | None = None
) -> Path:
    """Draw a picture into a file and return the path."""
    path = Path(path)
    form = _form(path)
    _check_place(path)  # before the drawing, which may take long
    write(path, _content(shown, form, renderer))
    return path


def _form(path: Path) -> str:
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        found = f"the suffix {suffix!r}" if suffix else "no suffix"
        raise RenderError(
            f"cannot tell the format of {str(path)!r}, which has {found}; "
            f"end it with one of {', '.join(SUFFIXES)}"
        )
    return suffix.removeprefix(".")


def _content(shown: Picture, form: str, renderer: str | None) -> bytes:
    if form in ("dot", "gv"):
        return "".join(dot_lines(shown)).encode()
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
