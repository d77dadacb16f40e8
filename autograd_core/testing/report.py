"""What a check of a derivative found, in a few lines."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from ..op import OPS, NaryOp, Op
from ..source import Source
from .enclosures import Enclosure
from .references import ulps

__all__ = ["DerivativeError", "Fault", "Report", "Verdict", "off_by", "reproducer"]

MANY = 12  # operands that no reader wants to see all of

Verdict = Literal["pass", "fail", "kink", "ill_conditioned"]


class DerivativeError(AssertionError):
    """A derivative lies outside of the interval that holds the true one."""


@dataclass(frozen=True)
class Fault:
    """The first node at which something is wrong, and what.

    `what` is the value, a local derivative or the gradient of a node of `op` on
    `operands`; `ulps` is how far `found` is from the nearest true number, in units in
    the last place of that.
    """

    what: str
    op: Op | None
    operands: tuple[float, ...]
    wanted: Enclosure
    found: float
    ulps: float
    source: Source | None = None
    reproducer: str = ""

    def __str__(self) -> str:
        away = f"{_count(self.ulps)} ULP away"
        lines = [
            f"  found   {self.found!r}",
            f"  wanted  {_shown(self.wanted)}, {away}",
        ]
        if self.op is not None:
            lines.append(f"  node    {_call(self.op, self.operands)}")
        if self.source is not None:
            code, carets = self.source.underlined().split("\n")
            lines.append(f"  line    {self.source.place}")
            lines += [f"          {code}", f"          {carets}"] if code else []
        if self.reproducer:
            lines.append(f"  try     {self.reproducer}")
        return "\n".join(lines)


@dataclass(frozen=True)
class Report:
    """The verdict on a derivative, and the numbers that it rests on.

    `found` holds the derivatives by each argument, `wanted` the intervals that hold the
    true ones; `reason` says in a line why the verdict is what it is. Where the order is
    2 or more, both are those of the highest order that was reached.
    """

    verdict: Verdict
    reason: str
    found: tuple[float, ...]
    wanted: tuple[Enclosure, ...]
    fault: Fault | None = None

    def __bool__(self) -> bool:
        """Whether nothing is wrong with the derivative."""
        return self.verdict != "fail"

    def __str__(self) -> str:
        detail = f"\n{self.fault}" if self.fault else ""
        return f"{self.verdict}: {self.reason}{detail}"


def _shown(enclosure: Enclosure) -> str:
    """Write an interval as the float that it is about, or as its two ends."""
    low, high = float(enclosure.low), float(enclosure.high)
    if enclosure.relative_width < 1e-12:
        return repr(float((enclosure.low + enclosure.high) / 2))
    return f"{low!r} to {high!r}"


def _count(ulps: float) -> str:
    return f"{ulps:.1f}" if ulps < 1000 else f"{ulps:.1e}"


def _call(op: Op, operands: Sequence[float]) -> str:
    """Write the call of a row on numbers, as it can be pasted.

    >>> from autograd_core.ops import tanh
    >>> _call(tanh, (0.5,))
    'tanh(0.5)'
    """
    numbers: list[Any] = [_number(x) for x in operands]
    if len(numbers) > MANY:
        return f"{op.name} of {len(numbers)} operands: {', '.join(numbers[:3])}, ..."
    if isinstance(op, NaryOp):
        if op is OPS.get("dot"):
            n = len(numbers) // 2
            xs, ys = ", ".join(numbers[:n]), ", ".join(numbers[n:-1])
            return f"dot([{xs}], [{ys}], {numbers[-1]})"
        return f"{op.name}([{', '.join(numbers)}])"
    return f"{op.name}({', '.join(numbers)})"


def _number(x: float) -> str:
    return repr(x) if x == x and abs(x) != float("inf") else f"float('{x}')"


def reproducer(op: Op, operands: Sequence[float], order: int = 1) -> str:
    """Return a line that checks the row alone where it failed, to be pasted.

    >>> from autograd_core.ops import tanh
    >>> reproducer(tanh, (0.5,))
    'check_derivative(tanh, 0.5)'
    """
    if len(operands) > MANY:
        return ""
    numbers = ", ".join(map(_number, operands))
    numbers += f", order={order}" if order > 1 else ""
    if not isinstance(op, NaryOp):
        return f"check_derivative({op.name}, {numbers})"
    call = f"{op.name}(xs)"
    if op is OPS.get("dot"):
        n = len(operands) // 2
        call = f"dot(xs[:{n}], xs[{n}:{2 * n}], xs[{2 * n}])"
    return f"check_derivative(lambda *xs: {call}, {numbers})"


def off_by(found: float, wanted: Enclosure) -> float:
    """Return how far a number is from an interval, in ULP of the end that is nearer."""
    if found in wanted:
        return 0.0
    end = wanted.low if found < wanted.low else wanted.high
    return ulps(found, end)
