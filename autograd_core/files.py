"""A file that appears whole or not at all.

What is written stands beside its place until it is complete, then takes the place in
one step: a full disk or a killed program leaves what was there before.
"""

import errno
import os
import secrets
import shutil
from pathlib import Path

__all__ = ["check_place", "write_whole"]


def check_place(path: Path, what: str) -> None:
    """Raise, before any work is done, where a file cannot be written.

    `what` is said in the message: "a picture", "Python".

    >>> check_place(Path("no such folder", "file.svg"), "a picture")
    Traceback (most recent call last):
    ...
    FileNotFoundError: [Errno 2] cannot write a picture to ...: there is no folder ...

    Raises an `OSError` of the kind that the operating system would.
    """
    if os.path.isdir(path):  # which can ask for names that are too long, too
        raise _not_written(
            path, what, errno.EISDIR, "it is a folder; name a file in it"
        )
    if not os.path.isdir(path.parent):
        missing = f"there is no folder {str(path.parent)!r}; make it first"
        raise _not_written(path, what, errno.ENOENT, missing)


def write_whole(path: Path, content: bytes, what: str) -> None:
    """Write a file whole or not at all, as readable as any other new file.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_whole(Path(folder, "a.txt"), b"all of it", "a text")
    ...     Path(folder, "a.txt").read_text()
    'all of it'

    Raises an `OSError` that names the path.
    """
    check_place(path, what)
    place = path.resolve()  # a symbolic link stays a link
    draft = place.with_name(f".{secrets.token_hex(8)}.tmp")
    try:
        draft.write_bytes(content)
        if place.exists():
            shutil.copymode(place, draft)
        draft.replace(place)
    except OSError as error:
        reason = f"{error.strerror}; choose a place where you may write"
        raise _not_written(path, what, error.errno, reason) from error
    finally:
        draft.unlink(missing_ok=True)


def _not_written(path: Path, what: str, code: int | None, reason: str) -> OSError:
    # The code makes OSError choose the class: PermissionError, FileNotFoundError, ...
    return OSError(code, f"cannot write {what} to {str(path)!r}: {reason}")
