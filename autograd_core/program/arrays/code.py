"""A program over arrays: what a person would have written by hand with numpy.

Operations of one kind on one level become one array operation, dots that share operands
a matrix product, and the backward pass is written for the groups as it is for layers:
δ⁽ˡ⁾ = (W⁽ˡ⁺¹⁾)ᵀδ⁽ˡ⁺¹⁾ ⊙ σ'. The text is plain numpy and can be read.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...sequences import dot
from ..grouping import groups
from ..instructions import Instructions
from .gradients import Gradients
from .layout import Block
from .products import products
from .steps import Elementwise, Reduction, Step
from .writer import Writer

__all__ = ["ArrayCode", "Parameter", "write_arrays"]


@dataclass(frozen=True)
class Parameter:
    """An argument that holds numbers: its name, shape, and whether examples differ."""

    name: str
    shape: tuple[int, ...]
    batched: bool = False
    wanted: bool = True  # is its gradient asked for?

    @property
    def size(self) -> int:
        """How many numbers it holds for one example."""
        return int(np.prod(self.shape, dtype=int))


@dataclass(frozen=True)
class ArrayCode:
    """Functions of arrays, and the text that they were made of."""

    source: str
    run: Callable[..., Any]
    steps: int


def write_arrays(
    code: Instructions, parameters: Sequence[Parameter], *, backward: bool
) -> ArrayCode:
    """Write a program as a function of arrays, with or without the backward pass.

    It takes an array for each parameter, with the examples along the first axis where
    it is batched, and returns the outputs, the numbers that guards ask, and, with
    `backward`, the gradient of the first output by each wanted parameter.
    """
    code = _copied(code)
    many = "count" if any(p.batched for p in parameters) else ""
    write = Writer(code, many)
    _begin(write, parameters)
    steps = list(_steps(write))
    for step in steps:
        step.forward(write)
    outputs = write.read(np.array(code.outputs), whole=True)
    asked = np.array([place for place, _ in code.guards])
    guards = write.read(asked, whole=True) if len(asked) else "()"
    results = [outputs, guards]
    if backward:
        results.append(_backward(write, steps, parameters))
    return _compiled(write, parameters, results, len(steps))


def _copied(code: Instructions) -> Instructions:
    return Instructions(
        code.inputs,
        list(code.ops),
        list(code.operands),
        dict(code.constants),
        list(code.flows),
        list(code.outputs),
        list(code.guards),
    )


def _begin(write: Writer, parameters: Sequence[Parameter]) -> None:
    """Place the inputs; an argument is a row of its numbers inside of the program."""
    place = 0
    for parameter in parameters:
        size, batched = parameter.size, parameter.batched
        block = Block(parameter.name, size, batched, True, parameter.shape)
        write.names[parameter.name] = None  # taken
        write.add_block(block, range(place, place + size), range(size))
        if len(parameter.shape) != 1:
            flat = write.shaped(parameter.name, (size,), batched)
            write.lines.append(f"{parameter.name} = {flat}")
        place += size


def _steps(write: Writer) -> Any:
    for group in groups(write.code):
        if group.op is dot:
            yield from products(write, group)
        elif group.op.arity is None:
            yield Reduction(write, group)
        else:
            yield Elementwise(write, group)


def _backward(
    write: Writer, steps: Sequence[Step], parameters: Sequence[Parameter]
) -> str:
    code = write.code
    gradients = Gradients(write, _wanted(code, parameters))
    output = code.outputs[0]
    block = write.blocks[write.block_of[output]]
    if gradients.wants(np.array([output])) and block.flows:
        shape = f"({write.lead(block.batched)}{block.size},)"
        if block.size == 1:
            gradients.start(block, f"ones({shape})")
        else:
            first = "..., " if block.batched else ""
            gradients.start(block, f"zeros({shape})")
            write.lines.append(f"d_{block.name}[{first}{write.at[output]}] = 1.0")
    for step in reversed(steps):
        if step.block.flows:
            step.backward(write, gradients)
    found = []
    for parameter, block in zip(parameters, write.blocks[1:], strict=False):
        if parameter.wanted:
            name = gradients.of(block)
            lead = write.lead(parameter.batched)
            shape = "".join(f"{n}, " for n in parameter.shape)
            empty = f"zeros(({lead}{shape}))"
            if name and len(parameter.shape) != 1:
                name = write.shaped(name, parameter.shape, parameter.batched)
            found.append(name or empty)
    return f"({', '.join(found)},)" if found else "()"


def _wanted(code: Instructions, parameters: Sequence[Parameter]) -> np.ndarray:
    """Tell of each place whether it hangs on a wanted parameter by a gradient."""
    wanted = [flag for p in parameters for flag in [p.wanted] * p.size]
    wanted += [False] * (len(code.ops) - len(wanted))
    for place in range(code.inputs, len(code.ops)):
        if code.flows[place]:
            wanted[place] = any(wanted[i] for i in code.operands[place])
    return np.array(wanted, dtype=bool)


def _compiled(
    write: Writer, parameters: Sequence[Parameter], results: list[str], steps: int
) -> ArrayCode:
    names = [p.name for p in parameters]
    many = [f"count = len({p.name})" for p in parameters if p.batched][:1]
    body = [*many, *write.lines, f"return {', '.join(results)}"]
    source = f"def program({', '.join(names)}):\n" + "".join(
        f"    {line}\n" for line in body
    )
    write.names["ones"] = np.ones
    scope = {name: x for name, x in write.names.items() if x is not None}
    exec(compile(source, "<program over arrays>", "exec"), scope)
    return ArrayCode(source, scope["program"], steps)
