"""A program over arrays: what a person would have written by hand with numpy.

Operations of one kind on one level become one array operation, dots that share operands
a matrix product, and the backward pass is written for the groups as it is for layers:
δ⁽ˡ⁾ = (W⁽ˡ⁺¹⁾)ᵀδ⁽ˡ⁺¹⁾ ⊙ σ'. The text is plain numpy and can be read.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ...ops import where
from ...sequences import dot
from ..grouping import groups
from ..instructions import Instructions
from .forms import NUMPY, Library
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
    code: Instructions,
    parameters: Sequence[Parameter],
    *,
    backward: bool,
    library: Library = NUMPY,
) -> ArrayCode:
    """Write a program as a function of arrays, with or without the backward pass.

    It takes an array for each parameter, with the examples along the first axis where
    it is batched, and returns the outputs, the numbers that guards ask, and, with
    `backward`, the gradient of the first output by each wanted parameter. A library
    other than numpy's has a backward pass of its own.
    """
    code = code.copy()
    many = "count" if any(p.batched for p in parameters) else ""
    write = Writer(code, many, library)
    parameters = _named_apart(parameters, {"count", "ones", *write.names})
    _begin(write, parameters)
    steps = list(_steps(write))
    for step in steps:
        step.forward(write)
        if library.fixed and not step.block.flows:
            write.names["fixed"] = library.fixed
            write.lines.append(f"{step.block.name} = fixed({step.block.name})")
    ends = np.array(code.outputs, dtype=int)
    outputs = write.read(ends, whole=True) if len(ends) else "zeros((0,))"
    if many and not (len(ends) and write.is_batched(ends)):  # the same for each example
        outputs = f"broadcast_to({outputs}, (count, {len(ends)}))"
    asked = np.array([place for place, _ in code.guards])
    guards = write.read(asked, whole=True) if len(asked) else "()"
    results = [outputs, guards]
    if backward:
        results.append(_backward(write, steps, parameters))
    return _compiled(write, parameters, results, len(steps))


def _named_apart(parameters: Sequence[Parameter], taken: set[str]) -> list[Parameter]:
    """Return parameters with names that mean nothing else in the text."""
    found = []
    for parameter in parameters:
        name = "".join(c if f"a{c}".isidentifier() else "_" for c in parameter.name)
        while name in taken or f"d_{name}" in taken:
            name += "_"
        taken |= {name, f"d_{name}"}
        found.append(replace(parameter, name=name))
    return found


def _begin(write: Writer, parameters: Sequence[Parameter]) -> None:
    """Place the inputs; an argument is a row of its numbers inside of the program."""
    place = 0
    for parameter in parameters:
        size, batched = parameter.size, parameter.batched
        block = Block(parameter.name, size, batched)
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
        # what is the same for all examples counts as often as there are examples
        one = "count" if write.many and not block.batched else "1.0"
        if block.size == 1:
            gradients.start(block, f"ones({shape}) * {one}".removesuffix(" * 1.0"))
        else:
            first = "..., " if block.batched else ""
            gradients.start(block, f"zeros({shape})")
            write.lines.append(f"d_{block.name}[{first}{write.at[output]}] = {one}")
    for step in reversed(steps):
        if step.block.flows:
            step.backward(write, gradients)
    found, end = [], 0
    for parameter, block in zip(parameters, write.blocks[1:], strict=False):
        start, end = end, end + parameter.size
        if parameter.wanted:
            name = gradients.of(block)
            flows = np.array(code.flows[start:end])
            if name and not flows.all():  # some are constants
                name = f"{write.function(where)}({write.keep('c', flows)}, {name}, 0.0)"
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
    wanted = [flag and flows for flag, flows in zip(wanted, code.flows, strict=False)]
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
        f"    {_unwrapped(line)}\n" for line in body
    )
    write.names["ones"] = np.ones
    scope = {name: x for name, x in write.names.items() if x is not None}
    exec(compile(source, "<program over arrays>", "exec"), scope)
    return ArrayCode(source, scope["program"], steps)


def _unwrapped(line: str) -> str:
    """Leave out parentheses around the whole of what a name is set to.

    >>> _unwrapped("d = (a * (b + c))"), _unwrapped("d = (a) * (b)")
    ('d = a * (b + c)', 'd = (a) * (b)')
    """
    name, equals, text = line.partition(" = ")
    if not text.startswith("(") or not text.endswith(")"):
        return line
    depth = 0
    for i, sign in enumerate(text):
        depth += (sign == "(") - (sign == ")")
        if not depth and i < len(text) - 1:
            return line
    return f"{name}{equals}{text[1:-1]}"
