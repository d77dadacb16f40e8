"""What happens in one step of a pass, as plain records.

A tape makes them, and everything that shows a pass reads them: the debugger, the
debug-adapter server, notebooks and tests.
"""

from dataclasses import dataclass
from typing import NamedTuple

from ...value import Value

__all__ = ["BACKWARD", "FORWARD", "SEED", "Contribution", "Step"]

FORWARD, SEED, BACKWARD = "forward", "seed", "backward"


class Contribution(NamedTuple):
    """What one use of a node adds to its gradient: `amount = upstream * local`.

    `child` is the node whose operand number `place` is `parent`; `total` is the
    gradient of the parent after this was added.
    """

    child: Value
    place: int
    parent: Value
    upstream: float
    local: float
    amount: float
    total: float


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a tape.

    `kind` is "forward" where a node got its value, "seed" where the root got its
    gradient 1, and "backward" where a node handed its gradient on to its parents.
    `number` is the moment just after the step. `value` is the data of the node, and
    `gradient` what it handed on, None where nothing had reached it.
    """

    kind: str
    number: int
    node: Value
    value: float
    gradient: float | None = None
    contributions: tuple[Contribution, ...] = ()

    @property
    def touched(self) -> tuple[Value, ...]:
        """The nodes whose value or gradient this step changed."""
        if self.kind == BACKWARD:
            return tuple(dict.fromkeys(c.parent for c in self.contributions))
        return (self.node,)
