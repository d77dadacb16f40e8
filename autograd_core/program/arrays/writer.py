"""Array code as text: expressions that read selections, lines that add to gradients.

The text is what a person would have written with numpy, and what it calls are numpy's
functions by their names. All that is known when it is written, such as lists of places,
is a constant of its namespace.
"""

from collections.abc import Callable, Sequence
from math import inf, nan
from typing import Any

import numpy as np

from ...expression_text import Text
from ...op import Op
from ..instructions import Instructions
from .forms import LOOKING, NUMPY, OPEN, Library, one_by_one, partials_form
from .layout import Block, Strided, strided

__all__ = ["Writer"]

Index = Any

PIECES = 12  # slices that are put together rather than taken one number at a time


class Writer:
    """The lines of a program over arrays, and the names they use.

    `block_of` and `at` say of each place where it lies; `many` is what the number of
    examples is called, and empty where there is one.
    """

    def __init__(
        self, code: Instructions, many: str = "", library: Library = NUMPY
    ) -> None:
        self.code, self.many, self.library = code, many, library
        self._paddings: dict[float, int] = {}
        for number in (0.0, -inf):  # what shorter sequences are filled up with
            self._paddings[number] = code.add_constant(number)
        self.lines: list[str] = []
        self.names: dict[str, Any] = {
            "concatenate": library.arrays.concatenate,
            "broadcast_to": library.arrays.broadcast_to,
            "take": library.arrays.take,
            "reduceat": np.add.reduceat,
            "zeros": library.arrays.zeros,
            "inf": inf,
            "nan": nan,
        }
        self.blocks: list[Block] = []
        self.block_of = np.full(len(code.ops), -1)
        self.at = np.zeros(len(code.ops), dtype=int)
        self._made: dict[str, int] = {}
        self._functions: dict[Any, str] = {}
        self._known: dict[Any, str] = {}
        self._gathers: dict[Any, str] = {}
        self._place_constants()

    def _place_constants(self) -> None:
        places = list(self.code.constants)
        self._fixed = np.zeros(len(self.code.ops), dtype=bool)
        self._fixed[places] = True
        numbers = np.array([self.code.constants[i] for i in places])
        block = Block("numbers", max(len(places), 1), flows=False)
        self.add_block(block, places, range(len(places)))
        self.constants = self.names["numbers"] = numbers if len(places) else np.zeros(1)

    # --- names ------------------------------------------------------------------
    def fresh(self, stem: str) -> str:
        """Return a name that nobody has yet."""
        while True:
            self._made[stem] = self._made.get(stem, 0) + 1
            name = f"{stem}{self._made[stem]}"
            if name not in self.names and f"d_{name}" not in self.names:
                return name

    def keep(self, stem: str, array: Any) -> str:
        """Return the name of a constant array; equal ones are kept once."""
        key = (array.shape, array.dtype.char, array.tobytes())
        if key not in self._known:
            self._known[key] = self.fresh(stem)
            self.names[self._known[key]] = array
        return self._known[key]

    def function(self, op: Op) -> str:
        """Return what the array form of a row is called."""
        return self._named(op, op.name, lambda: self.library.form(op))

    def _named(self, key: Any, stem: str, make: Callable[[], Any]) -> str:
        if key not in self._functions:
            taken = stem in self.names or not stem.isidentifier()
            name = self.fresh(f"{stem}_") if taken else stem
            self._functions[key], self.names[name] = name, make()
        return self._functions[key]

    def local_derivative(self, op: Op, place: int, y: str, operands: list[str]) -> str:
        """Return ∂y/∂operand as text, from the row's own partial where that is open.

        It is empty where nothing is sent, which is less than 0: 0·∞ is nan.
        """
        if (op.name, place) in LOOKING:
            return self._call_of_partial(op, place, y, operands)
        texts = [Text(name, self._row_name) for name in (y, *operands)]
        try:
            partial = OPEN.get((op.name, place), op.partials[place])
            local = partial(*texts)
            return "" if local is None else repr(_text(local))
        except TypeError:  # it looks at numbers
            return self._call_of_partial(op, place, y, operands)

    def _call_of_partial(self, op: Op, place: int, y: str, operands: list[str]) -> str:
        key = (op, place)
        known = LOOKING.get((op.name, place))
        name = self._named(
            key,
            f"{op.name}_by_{'abcdefgh'[place]}",
            lambda: known or one_by_one(op.partials[place]),
        )
        return f"{name}({', '.join([y, *operands])})"

    def _row_name(self, row: Any) -> str:
        return self.function(row)

    def sequence_partials(self, op: Op) -> str:
        """Return what the function is called that gives the partials of a sequence."""
        stem = f"{op.name}_partials"
        return self._named((op, "partials"), stem, lambda: partials_form(op))

    def padding(self, number: float) -> int:
        """Return the place of a constant that changes nothing in a sequence."""
        return self._paddings[number]

    # --- blocks -----------------------------------------------------------------
    def add_block(self, block: Block, places: Sequence[int], at: Any) -> None:
        """Say where places are found from now on."""
        self.blocks.append(block)
        self.block_of[list(places)] = len(self.blocks) - 1
        self.at[list(places)] = np.asarray(list(at), dtype=int)

    def blocks_among(self, places: Index) -> list[int]:
        """Return the numbers of the blocks that places lie in."""
        return [int(b) for b in np.unique(self.block_of[places])]

    def is_batched(self, places: Index) -> bool:
        """Tell whether any of these places has a number for each example."""
        return any(self.blocks[b].batched for b in self.blocks_among(places))

    def lead(self, batched: bool) -> str:
        """Return the first extent of an array, before those of one example."""
        return f"{self.many}, " if batched and self.many else ""

    def shaped(self, text: str, shape: Sequence[int], batched: bool) -> str:
        """Return an expression with another shape."""
        extents = self.lead(batched) + ", ".join(map(str, shape))
        return f"{text}.reshape({extents or '()'})"

    # --- reading ----------------------------------------------------------------
    def literal(self, places: Index) -> float | None:
        """Return the number that all places hold, if they are one constant."""
        first = int(places.flat[0])
        one = self._fixed[first] and bool(np.all(places == first))
        return self.code.constants[first] if one else None

    def selection(self, places: Index) -> tuple[Block, Strided] | None:
        """Return the block and the regular selection of places, if they are one."""
        among = self.blocks_among(places)
        if len(among) != 1:
            return None
        block = self.blocks[among[0]]
        found = strided(self.at[places], block.size)
        return None if found is None else (block, found)

    def read(self, places: Index, *, whole: bool = False) -> str:
        """Return an expression of the numbers at places, in their shape.

        Axes along which they repeat may be 1 long, unless it must be `whole`.
        """
        number = self.literal(places)
        if number is not None and not whole:
            return repr(number) if number > 0 else f"({number!r})"
        if self._fixed[places].all():
            return self.keep("c", self.constants[self.at[places]])
        found = self.selection(places)
        if found is None or (whole and -1 in _repeats(found[1], places.shape)):
            return self._gathered(places)
        return self._regular(*found)

    def fills(self, places: Index) -> list[bool]:
        """Tell of each axis whether what `read` gives is as long as the places are."""
        if self.literal(places) is not None:
            return [False] * places.ndim
        found = None if self._fixed[places].all() else self.selection(places)
        if found is None:
            return [True] * places.ndim
        return [
            axis >= 0 or extent == 1
            for axis, extent in zip(found[1].axes, places.shape, strict=True)
        ]

    def _regular(self, block: Block, sel: Strided) -> str:
        batched = block.batched
        text = sliced(block.name, sel.start, sel.stop, sel.step, block)
        if sel.row is not None:
            width, offset = sel.row
            text = sliced(block.name, sel.start, sel.stop, 1, block)
            text = self.shaped(text, (sel.extents[0], width), batched)
            span = int(np.prod(sel.extents[1:])) * sel.step
            step = f":{sel.step}" if sel.step > 1 else ""
            text = f"{text}[..., {offset}:{offset + span}{step}]"
        if len(sel.extents) > 1 + (sel.row is not None):
            text = self.shaped(text, sel.extents, batched)
        return _permuted(text, sel, batched)

    def _gathered(self, places: Index) -> str:
        """Name an array of places that no slice reads; it is made once."""
        key = (places.shape, places.tobytes())
        if key not in self._gathers:
            batched = self.is_batched(places)
            parts = pieces(self.block_of[places.ravel()], self.at[places.ravel()])
            if len(parts) <= PIECES:
                texts = [self._piece(b, at, n, batched) for b, at, n in parts]
                text = f"concatenate(({', '.join(texts)}), -1)"
                if len(places.shape) > 1:
                    text = self.shaped(text, places.shape, batched)
            else:
                text = self._taken(places, batched)
            self._gathers[key] = self.fresh("gathered_")
            self.lines.append(f"{self._gathers[key]} = {text}")
        return self._gathers[key]

    def _piece(self, number: int, start: int, count: int, batched: bool) -> str:
        """Return a slice of a block, for each example if there are any."""
        block = self.blocks[number]
        text = sliced(block.name, start, start + count, 1, block)
        if batched and not block.batched:
            return f"broadcast_to({text}, ({self.many}, {count}))"
        return text

    def _taken(self, places: Index, batched: bool) -> str:
        at, parts, offset = self.at[places].copy(), [], 0
        for b in self.blocks_among(places):
            inside = self.block_of[places] == b
            low, high = int(at[inside].min()), int(at[inside].max()) + 1
            at[inside] += offset - low
            offset += high - low
            parts.append(self._piece(b, low, high - low, batched))
        whole = f"concatenate(({', '.join(parts)}), -1)" if parts[1:] else parts[0]
        return f"take({whole}, {self.keep('i', at)}, -1)"


def pieces(blocks: Index, at: Index) -> list[tuple[int, int, int]]:
    """Return (block, start, count) of each stretch of numbers that lie in a row.

    >>> pieces(np.array([0, 0, 1, 1]), np.array([4, 5, 0, 7]))
    [(0, 4, 2), (1, 0, 1), (1, 7, 1)]
    """
    breaks = np.flatnonzero((np.diff(blocks) != 0) | (np.diff(at) != 1)) + 1
    starts, ends = [0, *breaks.tolist()], [*breaks.tolist(), len(at)]
    return [
        (int(blocks[i]), int(at[i]), j - i) for i, j in zip(starts, ends, strict=True)
    ]


def sliced(name: str, start: int, stop: int, step: int, block: Block) -> str:
    """Write a slice of a block, or its name where it is all of it."""
    if (start, stop, step) == (0, block.size, 1):
        return name
    first = "..., " if block.batched else ""
    if stop - start <= step:
        return f"{name}[{first}{start}:{start + 1}]"
    return f"{name}[{first}{start}:{min(stop, block.size)}{f':{step}' * (step > 1)}]"


def _permuted(text: str, sel: Strided, batched: bool) -> str:
    """Bring axes into their order, and put in those that repeat."""
    order = [a for a in sel.axes if a >= 0]
    if order != sorted(order):
        if order == [1, 0]:
            text = f"{text}.swapaxes(-1, -2)"
        else:
            shift = int(batched)
            all_axes = [*range(shift), *(a + shift for a in order)]
            text = f"{text}.transpose({', '.join(map(str, all_axes))})"
    if len(sel.axes) > 1 and -1 in sel.axes:
        marks = ["None" if a < 0 else ":" for a in sel.axes]
        if not order:  # one number, of which a slice has an axis already
            marks[-1] = ":"
        text = f"{text}[..., {', '.join(marks)}]"
    return text


def _repeats(sel: Strided, shape: Sequence[int]) -> list[int]:
    """Return the axes that repeat, without those that are one long anyway."""
    return [a for a, extent in zip(sel.axes, shape, strict=True) if extent > 1]


def _text(x: Any) -> Any:
    return x if isinstance(x, Text) else float(x)
