"""Passes that make a program shorter and leave its meaning: each a function of its own.

A pass takes `Instructions` and returns new ones. `fold` computes what is known,
`common` computes nothing twice, `sums` writes a chain of additions as one sum, `dots`
writes a sum of products as one `dot`, `dead` leaves out what nobody reads. Sums may be
rounded differently afterwards, by a unit in the last place of their largest part.
"""

from collections.abc import Callable, Sequence
from typing import Any

from ..op import Op
from ..ops import add, div, mul, neg, power, sub, where
from ..sequences import dot, total
from .instructions import Instructions

__all__ = ["PASSES", "common", "dead", "dots", "fold", "simplified", "sums"]

Pass = Callable[[Instructions], Instructions]


def fold(code: Instructions) -> Instructions:
    """Compute what hangs on constants alone, and leave out what a row says is idle.

    A power of 2 or -1 becomes a product or a quotient, and a sum with a negative a
    difference.
    """
    new, known = code.like(), _Constants()
    places = list(range(code.inputs))
    for place in range(code.inputs, len(code.ops)):
        op, number = code.ops[place], code.constants.get(place)
        if op is None:
            assert number is not None
            places.append(known.place(new, number))
            continue
        operands = tuple([places[i] for i in code.operands[place]])
        numbers = [new.constants.get(i) for i in operands]
        if None not in numbers:
            places.append(known.place(new, op.forward(*numbers)))
            continue
        flows = code.flows[place]
        simpler = _simpler(new, op, operands, numbers) if flows else None
        if simpler is None:
            places.append(new.add(op, operands, flows))
        else:
            places.append(simpler.settle(new, known, flows))
    return new.finished(code, places)


def common(code: Instructions) -> Instructions:
    """Compute the same operation on the same operands only once."""
    new, known = code.like(), _Constants()
    seen: dict[Any, int] = {}
    places = list(range(code.inputs))
    for place in range(code.inputs, len(code.ops)):
        op = code.ops[place]
        if op is None:
            places.append(known.place(new, code.constants[place]))
            continue
        operands = tuple([places[i] for i in code.operands[place]])
        if (op is add or op is mul) and operands[0] > operands[1]:
            key = (op, operands[::-1], code.flows[place])
        else:
            key = (op, operands, code.flows[place])
        found = seen.get(key)
        if found is None:
            found = seen[key] = new.add(op, operands, code.flows[place])
        places.append(found)
    return new.finished(code, places)


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
    new = code.like()
    places: list[int] = list(range(code.inputs))
    inner = [False] * len(code.ops)
    for place in range(code.inputs, len(code.ops)):
        if code.ops[place] in (add, total):
            products = [i for i in code.operands[place] if _is_product(code, i, uses)]
            if len(products) > 1:
                for i in products:
                    inner[i] = code.flows[i] == code.flows[place]
    known = _Constants()
    for place in range(code.inputs, len(code.ops)):
        op = code.ops[place]
        if op is None:
            places.append(known.place(new, code.constants[place]))
        elif inner[place]:
            places.append(-1)  # nobody else reads it
        elif any(inner[i] for i in code.operands[place]):
            places.append(_dot(code, new, place, places, inner, known))
        else:
            own = tuple([places[i] for i in code.operands[place]])
            places.append(new.add(op, own, code.flows[place]))
    return new.finished(code, places)


def _dot(
    code: Instructions,
    new: Instructions,
    place: int,
    places: Sequence[int],
    inner: Sequence[bool],
    known: "_Constants",
) -> int:
    operands, flows = code.operands[place], code.flows[place]
    pairs = [_ordered(code, code.operands[i]) for i in operands if inner[i]]
    rest = tuple([places[i] for i in operands if not inner[i]])
    bias = known.place(new, 0.0) if not rest else rest[0]
    if len(rest) > 1:
        whole = add if len(rest) == 2 else total
        numbers = [new.constants.get(i) for i in rest]
        if None not in numbers:
            bias = known.place(new, whole.forward(*numbers))
        else:
            bias = new.add(whole, rest, any(new.flows[i] for i in rest))
    factors = [places[i] for side in zip(*pairs, strict=True) for i in side]
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
    new, known = code.like(), _Constants()
    places = list(range(code.inputs))
    for place in range(code.inputs, len(ops)):
        op = ops[place]
        if not kept(place):
            places.append(-1)
        elif op is None:
            places.append(known.place(new, code.constants[place]))
        else:
            own = tuple([places[i] for i in operands[place]])
            places.append(new.add(op, own, code.flows[place]))
    return new.finished(code, places)


class _Constants:
    """The places of the constants of one program, each number once."""

    def __init__(self) -> None:
        self._places: dict[Any, int] = {}

    def place(self, code: Instructions, number: float) -> int:
        exactly = number if number and number == number else repr(number)
        found = self._places.get(exactly)
        if found is None:
            found = self._places[exactly] = code.add_constant(number)
        return found


class _Place:
    """A place as an operand of a row's `simplify`: what is done to it is written."""

    def __init__(self, op: Op | None, operands: tuple[Any, ...]) -> None:
        self.op, self.operands = op, operands

    @classmethod
    def __apply_op__(cls, op: Op, operands: Sequence[Any]) -> "_Place":
        return cls(op, tuple(operands))

    def settle(self, new: Instructions, known: _Constants, flows: bool) -> int:
        """Write what it stands for, and return the place of the result."""
        places = [
            x.settle(new, known, flows)
            if isinstance(x, _Place)
            else x
            if x.__class__ is int
            else known.place(new, x)
            for x in self.operands
        ]
        return places[0] if self.op is None else new.add(self.op, tuple(places), flows)


def _simpler(
    new: Instructions, op: Op, operands: tuple[int, ...], numbers: list[float | None]
) -> _Place | None:
    """Return something equal that takes less to compute, or None."""
    first, last = numbers[0], numbers[-1]
    places = [
        _Place(None, (i,)) if x is None else x
        for i, x in zip(operands, numbers, strict=True)
    ]
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


def simplified(code: Instructions) -> Instructions:
    """Run all passes, in the order of their table."""
    for one in PASSES.values():
        code = one(code)
    return code
