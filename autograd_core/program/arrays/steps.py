"""What a group of operations becomes: the lines of its value and of its gradients."""

from abc import ABC, abstractmethod
from math import inf

import numpy as np

from ..grouping import Group
from .gradients import Gradients
from .layout import Block, period
from .writer import Writer

__all__ = ["Elementwise", "Reduction", "Step", "named_block"]

PADDING = {"logsumexp": -inf, "mean": 0.0, "total": 0.0}


def named_block(write: Writer, group: Group, size: int, places: np.ndarray) -> Block:
    """Return a block for the results of a group, with a name after what they are."""
    stem = group.op.name if group.op.name.isidentifier() else "t"
    return Block(write.fresh(f"{stem}_"), size, write.is_batched(places), group.flows)


class Step(ABC):
    """Some places computed at once into one block."""

    block: Block

    @abstractmethod
    def forward(self, write: Writer) -> None:
        """Write the lines that compute the block."""

    @abstractmethod
    def backward(self, write: Writer, gradients: Gradients) -> None:
        """Write the lines that send its gradient to its operands."""


class Elementwise(Step):
    """One operation with a fixed number of operands, on many places."""

    def __init__(self, write: Writer, group: Group) -> None:
        self._op, count = group.op, len(group.places)
        table = np.array([write.code.operands[i] for i in group.places])
        self._operands = [table[:, k] for k in range(table.shape[1])]
        self._form = self._common_form(write, count)
        self.block = named_block(write, group, count, table)
        write.add_block(self.block, group.places, range(count))

    def _common_form(self, write: Writer, count: int) -> tuple[int, ...]:
        """Return the matrix in whose rows the operands repeat or lie, or a row."""
        for places in self._operands:
            if write.literal(places) is None and write.selection(places) is None:
                length = period(write.at[places])
                if length is not None:
                    form = (count // length, length)
                    if write.selection(places.reshape(form)) is not None:
                        return form
        return (count,)

    def _texts(self, write: Writer) -> list[str]:
        return [write.read(places.reshape(self._form)) for places in self._operands]

    def forward(self, write: Writer) -> None:
        """Write the operation on whole arrays."""
        texts = self._texts(write)
        call = _infix(self._op.name, texts)
        text = call or f"{write.function(self._op)}({', '.join(texts)})"
        text = self._whole(write, text)
        if len(self._form) > 1:
            text = write.shaped(f"({text})", (self.block.size,), self.block.batched)
        write.lines.append(f"{self.block.name} = {text}")

    def _whole(self, write: Writer, text: str) -> str:
        """Repeat a result along the axes that are short in every operand."""
        full = [write.fills(p.reshape(self._form)) for p in self._operands]
        if all(any(axis) for axis in zip(*full, strict=True)):
            return text
        extents = "".join(f"{n}, " for n in self._form)
        return f"broadcast_to({text}, ({write.lead(self.block.batched)}{extents}))"

    def backward(self, write: Writer, gradients: Gradients) -> None:
        """Write its gradient times each local derivative."""
        upstream = gradients.of(self.block)
        if upstream is None:
            return
        y = self.block.name
        if len(self._form) > 1:
            upstream = write.shaped(upstream, self._form, self.block.batched)
            y = write.shaped(y, self._form, self.block.batched)
        texts = self._texts(write)
        for k, places in enumerate(self._operands):
            if not gradients.wants(places):
                continue
            local = write.local_derivative(self._op, k, y, texts)
            if not local:
                continue
            fresh = local != "1.0"
            sent = {"1.0": upstream, "-1.0": f"(-{upstream})"}.get(
                local, f"({upstream} * ({local}))"
            )
            if self._op.name == "where":
                sent = f"{write.function(self._op)}({local}, {upstream}, 0.0)"
            places = places.reshape(self._form)
            gradients.add(places, sent, self.block.batched, fresh=fresh)


def _infix(name: str, texts: list[str]) -> str | None:
    if name == "neg":
        return f"-{texts[0]}"
    symbol = {"add": "+", "sub": "-", "mul": "*", "div": "/"}.get(name)
    return None if symbol is None else f"{texts[0]} {symbol} {texts[1]}"


class Reduction(Step):
    """A row on sequences, on many places; shorter sequences are padded."""

    def __init__(self, write: Writer, group: Group) -> None:
        self._op = group.op
        rows = [write.code.operands[i] for i in group.places]
        self._lengths = np.array([len(row) for row in rows])
        longest = int(self._lengths.max())
        if (self._lengths < longest).any():
            pad = write.padding(PADDING[self._op.name])
            rows = [row + (pad,) * (longest - len(row)) for row in rows]
        self._table = np.array(rows)
        self.block = named_block(write, group, len(rows), self._table)
        write.add_block(self.block, group.places, range(len(rows)))

    @property
    def _ragged(self) -> bool:
        return bool((self._lengths < self._table.shape[1]).any())

    def forward(self, write: Writer) -> None:
        """Write the operation along the last axis."""
        text = write.read(self._table, whole=True)
        name = self._op.name
        if name == "total" or (name == "mean" and self._ragged):
            text = f"{text}.sum(-1)"
            if name == "mean":
                text = f"{text} / {write.keep('c', self._lengths.astype(float))}"
        elif name == "mean":
            text = f"{text}.mean(-1)"
        else:
            text = f"{write.function(self._op)}({text})"
        write.lines.append(f"{self.block.name} = {text}")

    def backward(self, write: Writer, gradients: Gradients) -> None:
        """Write what each number of a sequence is sent."""
        upstream = gradients.of(self.block)
        if upstream is None or not gradients.wants(self._table):
            return
        shape = f"({write.lead(self.block.batched)}{self._table.shape[0]}, "
        shape = f"{shape}{self._table.shape[1]})"
        name, each = self._op.name, f"{upstream}[..., None]"
        if name == "total":
            sent = f"broadcast_to({each}, {shape})"
        elif name == "mean":
            counts = write.keep("c", self._lengths[:, None].astype(float))
            sent = f"broadcast_to({each} / {counts}, {shape})"
        else:
            x = write.read(self._table, whole=True)
            local = write.sequence_partials(self._op)
            sent = f"({each} * {local}({self.block.name}, {x}))"
        own = name not in ("total", "mean")  # these repeat the numbers of another
        gradients.add(self._table, sent, self.block.batched, fresh=own)
