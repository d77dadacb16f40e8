"""Passes that make a program shorter and leave its meaning: each a function of its own.

A pass takes `Instructions` and returns new ones. `fold` computes what is known,
`common` computes nothing twice, `sums` writes a chain of additions as one sum, `dots`
writes a sum of products as one `dot`, `dead` leaves out what nobody reads. Sums may be
rounded differently afterwards, by a unit in the last place of their largest part.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from ..op import Op
from ..ops import add, div, mul, neg, power, sub, where
from ..sequences import dot, total
from .instructions import Instructions

__all__ = ["PASSES", "common", "dead", "dots", "fold", "simplified", "sums"]

Pass = Callable[[Instructions], Instructions]

NOWHERE = -1  # of what nobody reads any more


def fold(code: Instructions) -> Instructions:
    """Compute what hangs on constants alone, and leave out what a row says is idle.

    A power of 2 or -1 becomes a product or a quotient, and a sum with a negative a
    difference.
    """
    draft = _Draft(code)

    def write(place: int, op: Op) -> int:
        operands, flows = draft.moved(code.operands[place]), code.flows[place]
        numbers = draft.numbers(operands)
        if None not in numbers:
            return draft.constant(op.forward(*numbers))
        simpler = _simpler(draft.new, op, operands, numbers) if flows else None
        if simpler is None:
            return draft.new.add(op, operands, flows)
        return simpler.settle(draft, flows)

    return draft.written(write)


def common(code: Instructions) -> Instructions:
    """Compute the same operation on the same operands only once."""
    draft = _Draft(code)
    seen: dict[Any, int] = {}

    def write(place: int, op: Op) -> int:
        operands, flows = draft.moved(code.operands[place]), code.flows[place]
        swapped = (op is add or op is mul) and operands[0] > operands[1]
        key = (op, operands[::-1] if swapped else operands, flows)
        if key not in seen:
            seen[key] = draft.new.add(op, operands, flows)
        return seen[key]

    return draft.written(write)


def dead(code: Instructions) -> Instructions:
    """Leave out what neither an output nor a guard depends on."""
    wanted = [False] * len(code.ops)
    for place in (*code.outputs, *(place for place, _ in code.guards)):
        wanted[place] = True
    for place in range(len(code.ops) - 1, -1, -1):
        if wanted[place]:
            for i in code.operands[place]:
                wanted[i] = True
    return _rebuilt(code, lambda place: wanted[place], code.operands, code.ops)


def sums(code: Instructions) -> Instructions:
    """Write additions that feed nothing but one another as one sum of all terms."""
    uses = _uses(code)
    ops, operands = list(code.ops), list(code.operands)
    absorbed = [False] * len(ops)
    for place in range(len(ops) - 1, code.inputs - 1, -1):
        if code.ops[place] not in (add, total) or absorbed[place]:
            continue
        terms, waiting = [], list(reversed(code.operands[place]))
        while waiting:
            i = waiting.pop()
            inner = code.ops[i] in (add, total) and uses[i] == 1
            if inner and code.flows[i] == code.flows[place]:
                absorbed[i] = True
                waiting += reversed(code.operands[i])
            else:
                terms.append(i)
        if len(terms) > 2 or tuple(terms) != code.operands[place]:
            ops[place] = add if len(terms) == 2 else total
            operands[place] = tuple(terms)
    return _rebuilt(code, lambda place: not absorbed[place], operands, ops)


def dots(code: Instructions) -> Instructions:
    """Write a sum of two products or more as one `dot`, with the rest as its bias."""
    uses = _uses(code)
    draft = _Draft(code)
    inner = [False] * len(code.ops)
    for place in range(code.inputs, len(code.ops)):
        if code.ops[place] in (add, total):
            products = [i for i in code.operands[place] if _is_product(code, i, uses)]
            if len(products) > 1:
                for i in products:
                    inner[i] = code.flows[i] == code.flows[place]

    def write(place: int, op: Op) -> int:
        if inner[place]:
            return NOWHERE
        if any(inner[i] for i in code.operands[place]):
            return _dot(draft, place, inner)
        return draft.new.add(op, draft.moved(code.operands[place]), code.flows[place])

    return draft.written(write)


def _dot(draft: "_Draft", place: int, inner: Sequence[bool]) -> int:
    code, new = draft.old, draft.new
    operands, flows = code.operands[place], code.flows[place]
    pairs = [_ordered(code, code.operands[i]) for i in operands if inner[i]]
    rest = draft.moved([i for i in operands if not inner[i]])
    bias = rest[0] if rest else draft.constant(0.0)
    if len(rest) > 1:
        whole = add if len(rest) == 2 else total
        numbers = draft.numbers(rest)
        if None not in numbers:
            bias = draft.constant(whole.forward(*numbers))
        else:
            bias = new.add(whole, rest, any(new.flows[i] for i in rest))
    factors = draft.moved([i for side in zip(*pairs, strict=True) for i in side])
    return new.add(dot, (*factors, bias), flows)


def _ordered(code: Instructions, pair: tuple[int, ...]) -> tuple[int, ...]:
    """Put a factor that is given before one that is computed, as W·x is written."""
    a, b = pair
    return (b, a) if code.ops[a] is not None and code.ops[b] is None else (a, b)


def _is_product(code: Instructions, place: int, uses: Sequence[int]) -> bool:
    return code.ops[place] is mul and uses[place] == 1


def _uses(code: Instructions) -> list[int]:
    """Count how often each place is read; an output or a guard reads twice."""
    uses = [0] * len(code.ops)
    for operands in code.operands:
        for i in operands:
            uses[i] += 1
    for place in (*code.outputs, *(place for place, _ in code.guards)):
        uses[place] += 2
    return uses


def _rebuilt(
    code: Instructions,
    kept: Callable[[int], bool],
    operands: Sequence[tuple[int, ...]],
    ops: Sequence[Op | None],
) -> Instructions:
    """Return the kept part of a program, with these operations on these operands."""
    draft = _Draft(code)

    def write(place: int, _: Op) -> int:
        return draft.new.add(
            ops[place], draft.moved(operands[place]), code.flows[place]
        )

    return draft.written(write, kept)


class _Draft:
    """A program while it is written anew, and where the places of the old one went."""

    def __init__(self, old: Instructions) -> None:
        self.old, self.new = old, old.like()
        self._places = list(range(old.inputs))
        self._constants: dict[Any, int] = {}

    def written(
        self,
        write: Callable[[int, Op], int],
        kept: Callable[[int], bool] = lambda place: True,
    ) -> Instructions:
        """Have `write` write each operation that is kept, and say where it is now."""
        for place in range(self.old.inputs, len(self.old.ops)):
            op = self.old.ops[place]
            if not kept(place):
                self._places.append(NOWHERE)
            elif op is None:
                self._places.append(self.constant(self.old.constants[place]))
            else:
                self._places.append(write(place, op))
        return self.new.finished(self.old, self._places)

    def moved(self, places: Iterable[int]) -> tuple[int, ...]:
        """Return where places of the old program are now."""
        return tuple([self._places[i] for i in places])

    def constant(self, number: float) -> int:
        """Return the place of a constant, of which each number has one."""
        exactly = number if number and number == number else repr(number)
        found = self._constants.get(exactly)
        if found is None:
            found = self._constants[exactly] = self.new.add_constant(number)
        return found

    def numbers(self, places: Iterable[int]) -> list[Any]:
        """Return the constants at places of the new program, None for others."""
        return [self.new.constants.get(i) for i in places]


class _Place:
    """A place as an operand of a row's `simplify`: what is done to it is written."""

    def __init__(self, op: Op | None, operands: tuple[Any, ...]) -> None:
        self.op, self.operands = op, operands

    @classmethod
    def __apply_op__(cls, op: Op, operands: Sequence[Any]) -> "_Place":
        return cls(op, tuple(operands))

    def settle(self, draft: _Draft, flows: bool) -> int:
        """Write what it stands for, and return the place of the result."""
        places = [
            x.settle(draft, flows)
            if isinstance(x, _Place)
            else x
            if x.__class__ is int
            else draft.constant(x)
            for x in self.operands
        ]
        if self.op is None:
            return places[0]
        return draft.new.add(self.op, tuple(places), flows)


def _simpler(
    new: Instructions, op: Op, operands: tuple[int, ...], numbers: list[float | None]
) -> _Place | None:
    """Return something equal that takes less to compute, or None."""
    first, last = numbers[0], numbers[-1]
    if op is power and last == 2.0:
        return _Place(mul, (operands[0], operands[0]))
    if op is power and last == -1.0:
        return _Place(div, (1.0, operands[0]))
    if op is add and new.ops[operands[1]] is neg and last is None:
        return _Place(sub, (operands[0], new.operands[operands[1]][0]))
    if op is dot and len(operands) == 3:
        product = _Place(mul, operands[:2])
        return product if last == 0.0 else _Place(add, (product, operands[2]))
    known = first is not None if op is where else any(x is not None for x in numbers)
    if op.simplify is None or not known:
        return None
    places = [
        _Place(None, (i,)) if x is None else x
        for i, x in zip(operands, numbers, strict=True)
    ]
    simpler = op.simplify(*places)
    if simpler is None or isinstance(simpler, _Place):
        return simpler
    return _Place(None, (float(simpler),))


PASSES: dict[str, Pass] = {
    "constants folded": fold,
    "common subexpressions": common,
    "sums": sums,
    "dots": dots,
    "dead code": dead,
}


def simplified(
    code: Instructions, passes: Iterable[Pass] | None = None
) -> Instructions:
    """Run passes, or all in the order of their table."""
    for one in PASSES.values() if passes is None else passes:
        code = one(code)
    return code
