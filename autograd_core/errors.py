"""What can go wrong, by name.

Every error of this project is also the builtin error a caller would catch without
knowing the project: a `ValueError`, a `TypeError`, an `ImportError` or an `OSError`.
Each message says what was asked, what was found and what to do instead.
"""

from collections.abc import Iterable
from typing import Any

__all__ = [
    "AnomalyError",
    "DomainError",
    "GraphError",
    "IndependentInputWarning",
    "MissingExtraError",
    "NonFiniteError",
    "OperandError",
    "ShapeError",
    "TraceError",
    "UnknownNameError",
    "quoted",
]


_LISTED = 20  # names in a message


class OperandError(TypeError):
    """Something that is neither a real number nor a `Value` was used as one."""


class DomainError(ValueError):
    """A number lies outside what the operation or the float format can hold."""


class GraphError(ValueError):
    """The graph cannot do what was asked, such as `backward()` on a constant."""


class ShapeError(ValueError):
    """A count or a nested structure differs from the one that was needed."""


class TraceError(GraphError):
    """A traced function needs a number that is known only when its program runs."""


class NonFiniteError(ValueError):
    """A number that must be finite is inf or nan."""


class AnomalyError(NonFiniteError):
    """A value or a gradient is inf or nan; `anomaly` holds what is known of it.

    >>> from autograd_core import Value, detect_anomaly, errors, exp
    >>> try:
    ...     with detect_anomaly():
    ...         y = exp(Value(1000.0, label="x"))
    ... except errors.NonFiniteError as error:
    ...     error.anomaly.kind, error.anomaly.node.parents
    ('value', (Value(data=1000.0, grad=0.0, label='x'),))
    """

    def __init__(self, anomaly: Any) -> None:
        super().__init__(anomaly)
        self.anomaly = anomaly


class UnknownNameError(ValueError):
    """A name is not in its table; the message lists the names that are near.

    >>> raise UnknownNameError("activation", "tahn", ["relu", "tanh"])
    Traceback (most recent call last):
    ...
    autograd_core.errors.UnknownNameError: no activation is called 'tahn'; did you \
mean 'tanh'?
    """

    def __init__(self, kind: str, name: object, known: Iterable[str]) -> None:
        import difflib  # slow to import, and rarely needed

        known = sorted(known)
        near = difflib.get_close_matches(str(name), known, n=3)
        hint = f"did you mean {quoted(near)}?" if near else _listed(known)
        super().__init__(f"no {kind} is called {name!r}; {hint}")


def _listed(known: list[str]) -> str:
    if not known:
        return "there is none"
    rest = len(known) - _LISTED
    more = f" and {rest:,} more" if rest > 0 else ""
    return f"known: {quoted(known[:_LISTED])}{more}"


class IndependentInputWarning(UserWarning):
    """A result does not depend on an input, so that its derivative is 0.

    To have it raised: `warnings.simplefilter("error", IndependentInputWarning)`.
    """


class MissingExtraError(ImportError):
    """An optional package is absent; the message names the extra that brings it."""

    def __init__(self, what: str, extra: str) -> None:
        command = f"pip install 'autograd-core[{extra}]'"
        super().__init__(f"{what}, which is not installed; install it with: {command}")


def quoted(names: Iterable[str]) -> str:
    """Join names for a message: `'a', 'b'`."""
    return ", ".join(map(repr, names))
