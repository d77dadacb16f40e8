"""Rates, shares and counts: the numbers a person chooses, checked by name."""

from math import inf, isnan
from numbers import Real
from typing import Any

from autograd_core.errors import DomainError, OperandError, ShapeError

__all__ = ["between", "count", "positive", "real"]


def between(name: str, number: Any, low: float, high: float = inf) -> float:
    """Return a number that is at least `low` and below `high`.

    >>> between("momentum", 0.9, 0.0, 1.0)
    0.9
    """
    checked = real(name, number)
    if not low <= checked < high:
        limits = (
            f"from {low:g} up" if high == inf else f"from {low:g} to below {high:g}"
        )
        raise DomainError(f"{name} takes a finite number {limits}, not {number!r}")
    return checked


def positive(name: str, number: Any) -> float:
    """Return a number above 0, which may be infinite."""
    checked = real(name, number)
    if isnan(checked) or checked <= 0:
        raise DomainError(f"{name} takes a number above 0, not {number!r}")
    return checked


def count(name: str, number: Any, low: int = 1) -> int:
    """Return a whole number that is at least `low`.

    >>> count("patience", 5)
    5
    """
    if isinstance(number, bool) or not isinstance(number, int):
        raise OperandError(f"{name} takes a whole number, not {number!r:.60}")
    if number < low:
        raise ShapeError(f"{name} takes a whole number from {low} up, not {number}")
    return number


def real(name: str, number: Any) -> float:
    """Return a number, whichever it is, as a float."""
    if isinstance(number, bool) or not isinstance(number, Real):
        raise OperandError(f"{name} takes a number, not {number!r:.60}")
    return float(number)
