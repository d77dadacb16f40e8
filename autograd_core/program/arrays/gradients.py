"""The gradients of blocks while the backward pass over arrays is written.

A contribution has the shape of the selection it belongs to. Where the selection is a
slice it is added to the slice; where numbers are read more than once, their
contributions are added up first; where one row of numbers serves many examples, over
the examples.
"""

from typing import Any

import numpy as np

from .layout import Block, Strided
from .writer import PIECES, Writer, pieces, sliced

__all__ = ["Gradients"]


class Gradients:
    """Names of the arrays that hold gradients, as far as any were sent yet."""

    def __init__(self, writer: Writer, wanted: np.ndarray) -> None:
        """`wanted` tells of each place whether its gradient is asked for."""
        self._writer, self._wanted = writer, wanted
        self._owned: dict[Block, bool] = {}

    def of(self, block: Block) -> str | None:
        """Return the name of a block's gradient, or None where it was sent none."""
        return f"d_{block.name}" if block in self._owned else None

    def wants(self, places: np.ndarray) -> bool:
        """Tell whether a gradient by any of these places is asked for."""
        return bool(self._wanted[places].any())

    def start(self, block: Block, text: str) -> None:
        """Set the gradient of the output."""
        self._writer.lines.append(f"d_{block.name} = {text}")
        self._owned[block] = True

    def add(
        self, places: np.ndarray, text: str, batched: bool, *, fresh: bool = True
    ) -> None:
        """Add a contribution, of the shape of `places`, for each example if batched.

        `fresh` tells that the text makes an array that nobody else holds.
        """
        write = self._writer
        among = write.blocks_among(places)
        if len(among) > 1:
            name = write.fresh("e")
            write.lines.append(
                f"{name} = {write.shaped(text, (places.size,), batched)}"
            )
            flat = places.ravel()
            stretches = pieces(write.block_of[flat], write.at[flat])
            if len(stretches) <= PIECES:
                self._add_pieces(name, flat, [n for _, _, n in stretches], batched)
                return
            for b in among:
                inside = np.flatnonzero(write.block_of[flat] == b)
                part = f"take({name}, {write.keep('i', inside)}, -1)"
                self._add_to(write.blocks[b], flat[inside], part, batched)
        else:
            self._add_to(write.blocks[among[0]], places, text, batched, fresh)

    def _add_pieces(
        self, name: str, places: np.ndarray, counts: list[int], batched: bool
    ) -> None:
        """Add a row of contributions, cut into stretches for different blocks."""
        start = 0
        for count in counts:
            own = places[start : start + count]
            block = self._writer.blocks[self._writer.block_of[own[0]]]
            first = "..., " if batched else ""
            part = f"{name}[{first}{start}:{start + count}]"
            self._add_to(block, own, part, batched, fresh=False)
            start += count

    def _add_to(
        self,
        block: Block,
        places: np.ndarray,
        text: str,
        batched: bool,
        fresh: bool = True,
    ) -> None:
        if not block.flows or not self._wanted[places].any():
            return
        if batched and not block.batched:
            text, fresh = f"{text}.sum(0)", True
        at = self._writer.at[places]
        found = self._writer.selection(places)
        if found is None or found[1].row is not None:
            self._scatter(block, at, text)
            return
        selection = found[1]
        flat, moved = self._flattened(block, selection, places.shape, text)
        if selection.step == 1 and selection.stop - selection.start == block.size:
            self._add_whole(block, flat, fresh or moved)
        else:
            self._make(block)
            target = sliced(
                f"d_{block.name}",
                selection.start,
                selection.stop,
                selection.step,
                block,
            )
            self._writer.lines.append(f"{target} += {flat}")

    def _flattened(
        self, block: Block, sel: Strided, shape: tuple[int, ...], text: str
    ) -> tuple[str, bool]:
        """Bring a contribution into the order of the slice it belongs to."""
        axes = list(enumerate(sel.axes))
        repeats = [a for a, axis in axes if axis < 0 and shape[a] > 1]
        moved = False
        if repeats:
            over = tuple([a - len(shape) for a in repeats])
            text, moved = f"{text}.sum({over if len(over) > 1 else over[0]})", True
        order = [a for a in sel.axes if a >= 0]
        if order != sorted(order):
            if len(order) + len(repeats) < len(shape):  # axes that are one long
                extents = [shape[a] for a, axis in axes if axis >= 0]
                text = self._writer.shaped(text, extents, block.batched)
            shift = int(block.batched)
            back = [*range(shift), *(order.index(i) + shift for i in range(len(order)))]
            text = f"{text}.transpose({', '.join(map(str, back))})"
        if len(shape) - len(repeats) != 1:
            size = int(np.prod(sel.extents)) if order else 1
            text = self._writer.shaped(text, (size,), block.batched)
        return text, moved

    def _add_whole(self, block: Block, text: str, fresh: bool) -> None:
        name = f"d_{block.name}"
        if block not in self._owned:
            self._writer.lines.append(f"{name} = {text}")
            self._owned[block] = fresh
        elif self._owned[block]:
            self._writer.lines.append(f"{name} += {text}")
        else:
            self._writer.lines.append(f"{name} = {name} + {text}")
            self._owned[block] = True

    def _make(self, block: Block) -> None:
        """Have an array of the block's own to add to."""
        name = f"d_{block.name}"
        if block not in self._owned:
            lead = self._writer.lead(block.batched)
            self._writer.lines.append(f"{name} = zeros(({lead}{block.size},))")
        elif not self._owned[block]:
            self._writer.lines.append(f"{name} = {name}.copy()")
        self._owned[block] = True

    def _scatter(self, block: Block, at: Any, text: str) -> None:
        """Add to places that form no slice, or stand more than once."""
        write = self._writer
        self._make(block)
        at, first = at.ravel(), "..., " if block.batched else ""
        text = write.shaped(text, (at.size,), block.batched)
        unique, starts = np.unique(np.sort(at), return_index=True)
        if len(unique) < len(at):
            order = np.argsort(at, kind="stable")
            text = f"take({text}, {write.keep('i', order)}, -1)"
            text = f"reduceat({text}, {write.keep('i', starts)}, -1)"
            at = unique
        target = f"d_{block.name}[{first}{write.keep('i', at)}]"
        write.lines.append(f"{target} += {text}")
