"""Dots that share their operands, found to be the product of two matrices.

A `dot` multiplies a row of numbers with another. Where many dots on one level pair each
of some rows with each of others, as the neurons of a layer do with the examples, they
are the entries of one matrix product X·Wᵀ, and the gradients are G·W and Gᵀ·X. Dots
that are connected by no shared row are products of their own; those of one size are
stacked.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence

import numpy as np

from ..grouping import Group
from .gradients import Gradients
from .layout import Block
from .steps import Step, named_block
from .tables import Dot, Table, tables
from .writer import Writer

__all__ = ["products"]

Row = tuple[int, ...]

FILLED = 0.25  # the share of a product's entries that must be wanted


def products(write: Writer, group: Group) -> Iterator[Step]:
    """Yield the matrix products that a group of dots consists of."""
    operands = [(place, write.code.operands[place]) for place in group.places]
    found = tables(operands, write.padding(0.0))
    dots = [dot for table in found for dot in table.dots]
    sides = [dot.left for dot in dots], [dot.right for dot in dots]
    if _batched(write, sides[0]) > _batched(write, sides[1]):
        # the rows that differ from example to example come first
        found = [table.turned() for table in found]
    alike: dict[tuple[int, int], list[Table]] = defaultdict(list)
    single: list[Dot] = []
    for table in found:
        if table.rows * table.columns * FILLED > len(table.dots):
            single += table.dots
        else:
            alike[table.rows, table.columns].append(table)
    for (rows, columns), like in alike.items():
        if rows == columns == 1 and len(like) > 1:
            single += [dot for table in like for dot in table.dots]
        else:
            yield MatrixProduct(write, group, like)
    if single:
        yield Products(write, group, single)


def _batched(write: Writer, rows: Sequence[Row]) -> bool:
    return write.is_batched(np.array(rows))


def _turned(matrix: str, *, flat: bool) -> str:
    """Return the transpose of a matrix, or of each of a stack."""
    swap = ".swapaxes(-1, -2)"
    if matrix.endswith(swap):
        return matrix.removesuffix(swap)
    return f"{matrix}.T" if flat else f"{matrix}{swap}"


class MatrixProduct(Step):
    """Tables of dots of one size: for each the product X·Wᵀ of a row each."""

    def __init__(self, write: Writer, group: Group, tables: list[Table]) -> None:
        self._count, first = len(tables), tables[0]
        self._rows, self._columns = first.rows, first.columns
        self._x = np.array([list(table.right) for table in tables])
        self._w = np.array([list(table.left) for table in tables])
        size = self._rows * self._columns
        self._bias = np.full((self._count, size), write.padding(0.0))
        places, at = [], []
        for number, table in enumerate(tables):
            for dot in table.dots:
                self._bias[number, table.at(dot)] = dot.bias
                places.append(dot.place)
                at.append(number * size + table.at(dot))
        everything = np.concatenate([a.ravel() for a in (self._x, self._w, self._bias)])
        self.block = named_block(write, group, self._count * size, everything)
        self._x_batched = write.is_batched(self._x)
        self._w_batched = write.is_batched(self._w)
        write.add_block(self.block, places, at)

    # where one table is all, its axis is left out; so is that of one row an example
    @property
    def _flat(self) -> bool:
        return self._count == 1 and not self._w_batched

    @property
    def _one_row(self) -> bool:
        return self._flat and self._rows == 1 and self._x_batched

    def _x_places(self) -> np.ndarray:
        return (
            self._x[0, 0]
            if self._one_row
            else self._x[0]
            if self._count == 1
            else self._x
        )

    def _w_places(self) -> np.ndarray:
        return self._w[0] if self._count == 1 else self._w

    def _bias_places(self) -> np.ndarray:
        shape: tuple[int, ...] = (self._count, self._rows, self._columns)
        return self._bias.reshape(
            shape[2:] if self._one_row else shape[self._count == 1 :]
        )

    def _operands(self, write: Writer) -> tuple[str, str]:
        x = write.read(self._x_places(), whole=True)
        w = write.read(self._w_places(), whole=True)
        return x, w

    def forward(self, write: Writer) -> None:
        """Write X·Wᵀ, and the biases."""
        x, w = self._operands(write)
        turned = _turned(w, flat=self._flat)
        rows_apart = self._flat and self._x_batched and not self._one_row
        if rows_apart:
            x = f"{x}.reshape(-1, {self._x.shape[-1]})"
        text = f"{x} @ {turned}"
        batched = self.block.batched
        if write.literal(self._bias) != 0.0:
            if rows_apart:
                text = write.shaped(f"({text})", (self._rows, self._columns), batched)
            text = f"{text} + {write.read(self._bias_places())}"
        if not self._one_row:
            text = write.shaped(f"({text})", (self.block.size,), batched)
        write.lines.append(f"{self.block.name} = {text}")

    def backward(self, write: Writer, gradients: Gradients) -> None:
        """Write G·W for the rows and Gᵀ·X for the weights."""
        upstream = gradients.of(self.block)
        if upstream is None:
            return
        batched = self.block.batched
        bias = self._bias_places()
        shaped = upstream
        if not self._one_row:
            shaped = write.fresh("e")
            shape = bias.shape
            write.lines.append(f"{shaped} = {write.shaped(upstream, shape, batched)}")
        x, w = self._operands(write)
        if self._flat and self._x_batched:
            self._send_rows(write, gradients, shaped, x, w)
        else:
            self._send_stacks(write, gradients, shaped, x, w)
        if gradients.wants(bias):
            gradients.add(bias, shaped, batched, fresh=False)

    def _send_rows(
        self, write: Writer, gradients: Gradients, g: str, x: str, w: str
    ) -> None:
        """Send gradients where the rows of all examples are one tall matrix."""
        if not self._one_row:
            g = f"{g}.reshape(-1, {self._columns})"
        if gradients.wants(self._x):
            sent = f"{g} @ {w}"
            if not self._one_row:
                sent = write.shaped(f"({sent})", self._x_places().shape, True)
            gradients.add(self._x_places(), f"({sent})", True)
        if gradients.wants(self._w):
            if not self._one_row:
                x = f"{x}.reshape(-1, {self._x.shape[-1]})"
            gradients.add(self._w_places(), f"({g}.T @ {x})", False)

    def _send_stacks(
        self, write: Writer, gradients: Gradients, g: str, x: str, w: str
    ) -> None:
        batched = self.block.batched
        if np.array_equal(self._x, self._w):  # squares, and products with each other
            both = f"(({g} + {g}.swapaxes(-1, -2)) @ {x})"
            if gradients.wants(self._x):
                gradients.add(self._x_places(), both, batched)
            return
        if gradients.wants(self._x):
            gradients.add(self._x_places(), f"({g} @ {w})", batched)
        if gradients.wants(self._w):
            sent = f"({g}.swapaxes(-1, -2) @ {x})"
            gradients.add(self._w_places(), sent, batched)


class Products(Step):
    """Dots that share no row: products added up along the last axis."""

    def __init__(self, write: Writer, group: Group, dots: Sequence[Dot]) -> None:
        self._left = np.array([dot.left for dot in dots])
        self._right = np.array([dot.right for dot in dots])
        self._bias = np.array([dot.bias for dot in dots])
        everything = np.concatenate(
            [a.ravel() for a in (self._left, self._right, self._bias)]
        )
        self.block: Block = named_block(write, group, len(dots), everything)
        write.add_block(self.block, [dot.place for dot in dots], range(len(dots)))

    def forward(self, write: Writer) -> None:
        """Write the products, added up."""
        a, b = (write.read(p, whole=True) for p in (self._left, self._right))
        text = f"({a} * {b}).sum(-1)"
        if write.literal(self._bias) != 0.0:
            text = f"{text} + {write.read(self._bias)}"
        write.lines.append(f"{self.block.name} = {text}")

    def backward(self, write: Writer, gradients: Gradients) -> None:
        """Write the gradient times the other factor."""
        upstream = gradients.of(self.block)
        if upstream is None:
            return
        batched = self.block.batched
        sides = (self._left, self._right), (self._right, self._left)
        if np.array_equal(self._left, self._right):
            twice = (
                f"(2.0 * {upstream}[..., None] * {write.read(self._left, whole=True)})"
            )
            gradients.add(self._left, twice, batched)
        else:
            for side, other in sides:
                if gradients.wants(side):
                    factor = write.read(other, whole=True)
                    gradients.add(side, f"({upstream}[..., None] * {factor})", batched)
        if gradients.wants(self._bias):
            gradients.add(self._bias, upstream, batched, fresh=False)
