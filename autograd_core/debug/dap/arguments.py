"""What a client asks for, read with care: an editor may send anything.

Each getter names the argument that is missing or of the wrong kind, so that a request
which cannot be understood is answered by a sentence.
"""

from typing import Any

__all__ = ["Arguments", "RequestError"]

_REQUIRED: Any = object()
_KINDS = {bool: "true or false", int: "a whole number", list: "a list", str: "a text"}


class RequestError(ValueError):
    """A request that cannot be done as it was asked."""


class Arguments:
    """The arguments of a request, or an object inside of them.

    >>> arguments = Arguments("stackTrace", {"threadId": 1})
    >>> arguments.number("threadId"), arguments.number("levels", 20)
    (1, 20)
    >>> arguments.text("path")
    Traceback (most recent call last):
    ...
    autograd_core.debug.dap.arguments.RequestError: stackTrace needs path, a text
    """

    def __init__(self, command: str, given: Any) -> None:
        """Take what a message holds as its arguments; nothing is as good as none."""
        given = {} if given is None else given
        if not isinstance(given, dict):
            raise RequestError(f"{command} takes an object of arguments, not {given!r}")
        self._command, self._given = command, given

    def text(self, name: str, default: Any = _REQUIRED) -> str:
        """Return a text."""
        return str(self._get(name, str, default))

    def number(self, name: str, default: Any = _REQUIRED) -> int:
        """Return a whole number that is not negative."""
        found = int(self._get(name, int, default))
        if found < 0:
            raise self._wrong(name, "a whole number from 0 on")
        return found

    def flag(self, name: str, default: bool) -> bool:
        """Return true or false."""
        return bool(self._get(name, bool, default))

    def texts(self, name: str) -> list[str]:
        """Return a list of texts, empty where nothing is given."""
        found: list[Any] = self._get(name, list, [])
        if not all(isinstance(each, str) for each in found):
            raise self._wrong(name, "a list of texts")
        return found

    def part(self, name: str) -> "Arguments":
        """Return an object inside of these arguments."""
        return Arguments(f"{name} of {self._command}", self._given.get(name))

    def parts(self, name: str) -> list["Arguments"]:
        """Return a list of objects."""
        found = self._get(name, list, _REQUIRED)
        return [Arguments(f"{name} of {self._command}", each) for each in found]

    def has(self, name: str) -> bool:
        """Tell whether an argument is given."""
        return self._given.get(name) is not None

    def _get(self, name: str, kind: type, default: Any) -> Any:
        found = self._given.get(name)
        if found is None and default is not _REQUIRED:
            return default
        if not isinstance(found, kind) or (kind is int and isinstance(found, bool)):
            raise self._wrong(name, _KINDS[kind])
        return found

    def _wrong(self, name: str, wanted: str) -> RequestError:
        found = f", not {self._given[name]!r:.80}" if self.has(name) else ""
        return RequestError(f"{self._command} needs {name}, {wanted}{found}")
