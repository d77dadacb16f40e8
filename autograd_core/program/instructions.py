"""The form in which a program is kept: operations in order, each on earlier places.

A place is a number of the program, counted from 0: the inputs first, then constants
and operations as they come. They stand in lists beside each other, so that the tuple of
its places is all that is made for an operation.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from ..op import Op
from .tracing import Guard

__all__ = ["Instructions", "of_nodes"]


class Instructions:
    """Operations on places; `op` None marks an input or a constant.

    `guards` holds pairs of a place and the decision that was made of it.
    """

    def __init__(self, inputs: int) -> None:
        """Do nothing yet; the inputs are added first."""
        self.inputs = inputs
        self.ops: list[Op | None] = []
        self.operands: list[tuple[int, ...]] = []
        self.constants: dict[int, float] = {}
        self.flows: list[bool] = []  # does a gradient go through it?
        self.outputs: list[int] = []
        self.guards: list[tuple[int, Guard]] = []

    def copy(self) -> "Instructions":
        """Return the same instructions, to be added to."""
        new = Instructions(self.inputs)
        for name, field in vars(self).items():
            setattr(new, name, field.copy() if hasattr(field, "copy") else field)
        return new

    def __len__(self) -> int:
        return len(self.ops) - self.inputs - len(self.constants)

    def add_input(self, flows: bool = True) -> int:
        """Add an input; they come before everything else."""
        return self.add(None, (), flows)

    def add_constant(self, number: float) -> int:
        """Add a number that never changes."""
        self.constants[len(self.ops)] = number
        return self.add(None, (), False)

    def add(self, op: Op | None, operands: tuple[int, ...], flows: bool) -> int:
        """Add an operation and return its place."""
        self.ops.append(op)
        self.operands.append(operands)
        self.flows.append(flows)
        return len(self.ops) - 1

    def like(self) -> "Instructions":
        """Return a program of the same inputs that does nothing yet."""
        new = Instructions(self.inputs)
        for place in range(self.inputs):
            new.add_input(self.flows[place])
        return new

    def finished(self, of: "Instructions", places: Sequence[int]) -> "Instructions":
        """Take over the outputs and guards of another, whose places went to these."""
        self.outputs = [places[place] for place in of.outputs]
        self.guards = [(places[place], guard) for place, guard in of.guards]
        return self


def of_nodes(
    nodes: Iterable[Any],
    inputs: Sequence[Any],
    outputs: Sequence[Any],
    guards: Sequence[Guard] = (),
) -> Instructions:
    """Write down nodes, parents before children, as instructions on `inputs`.

    Every other leaf that they hang on is a constant, as is an output that is a number.

    >>> from autograd_core import Value, topological_order
    >>> x = Value(3.0)
    >>> y = x * x + 1
    >>> len(of_nodes(topological_order(y), [x], [y]))
    2
    """
    code = Instructions(len(inputs))
    places: dict[Any, int] = {
        node: code.add_input(node.requires_grad) for node in inputs
    }
    constants: dict[Any, int] = {}

    def constant(number: float) -> int:
        exactly = number if number else repr(number)  # 0 and -0 are two
        if exactly not in constants:
            constants[exactly] = code.add_constant(number)
        return constants[exactly]

    for node in nodes:
        if node in places:
            continue
        if node.op is None:
            places[node] = constant(node._data)
            continue
        operands = []
        for parent in node.parents:
            place = places.get(parent)
            if place is None:  # a leaf that stands outside of the nodes
                place = places[parent] = constant(parent._data)
            operands.append(place)
        places[node] = code.add(node.op, tuple(operands), node.requires_grad)
    code.outputs = [
        places[y] if y in places else constant(float(getattr(y, "_data", y)))
        for y in outputs
    ]
    # without its node, which holds all nodes before it
    code.guards = [(places[guard.node], guard._replace(node=None)) for guard in guards]
    return code
