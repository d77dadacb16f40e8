"""The node: a number that remembers how it was made, and the chain rule.

A `Value` records its parents, the operand values at which it was computed and the row
that computed it; row and operands together are its local-derivative closure, which
`local_derivatives` hands out. `chain_rule` applies the chain rule to what the closures
return.

The closure is recorded as its parts, in slots of the node, because the cyclic collector
walks every object that it tracks, and this way a node is one. No part refers back to
the node, so a graph holds no cycle and is freed the moment it is dropped.
"""

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from functools import partial
from typing import Any

from . import recording
from .arithmetic import Arithmetic
from .chain_rule import run_backward
from .copies import Copyable
from .errors import GraphError, OperandError
from .graph import topological_order
from .hooks import Hook, stop_at
from .op import Op
from .real import described, to_float
from .recording import NOT_RUN
from .source import Source, decoded

__all__ = ["Value", "zero_grad"]

_new = object.__new__


class Value(Arithmetic, Copyable):
    """A real number in a computation, with its gradient.

    `data` and `grad` are floats; `op` is the row that made the node, None for a leaf;
    `label` is free text; `scope` names the module whose call made the node;
    `requires_grad` tells whether gradients flow into and through it.

    >>> x = Value(3, label="x")
    >>> y = x * x + 1
    >>> y.backward()
    >>> x
    Value(data=3.0, grad=6.0, label='x')
    """

    __slots__ = (
        "__weakref__",
        "_a",  # the first parent; the tuple of parents where an op takes many
        "_a_data",  # and its value at the time, or the tuple of their values
        "_b",  # the second parent of a binary op, else None
        "_b_data",
        "_data",
        "_grad",
        "_instruction",  # set only while sources are kept, or by hooks
        "_y",  # the result at the time, which `data` may be changed from
        "label",
        "op",
        "requires_grad",
        "scope",
    )

    _a: Any
    _a_data: Any
    _b: Any
    _b_data: Any
    _instruction: Any
    op: Op | None

    def __init__(
        self, data: Any, *, label: str = "", requires_grad: bool = True
    ) -> None:
        """Make a leaf of a real number."""
        self._data = self._y = to_float(data, "Value(data)")
        if not isinstance(label, str):
            raise OperandError(f"Value(label=...) takes a str, not {label!r}")
        self._grad = NOT_RUN
        self._a = self._a_data = self._b = self._b_data = self.op = None
        self.label = label
        self.requires_grad = requires_grad
        self.scope = ""
        if recording.leaf_notes and (requires_grad or recording.watchers):
            recording.note_leaf(self)

    @property
    def data(self) -> float:
        """The number; on a leaf it may be assigned between passes."""
        return self._data

    @data.setter
    def data(self, number: Any) -> None:
        self._data = to_float(number, "Value.data")

    @property
    def grad(self) -> float:
        """The sum of ∂root/∂self over the backward passes that reached this node."""
        return self._grad

    @grad.setter
    def grad(self, number: Any) -> None:
        self._grad = to_float(number, "Value.grad")

    @property
    def has_grad(self) -> bool:
        """Whether a backward pass has reached this node since it was last cleared."""
        return self._grad is not NOT_RUN

    @property
    def is_leaf(self) -> bool:
        """Whether this node was made by a person rather than by an operation."""
        return self._a is None

    @property
    def parents(self) -> tuple["Value", ...]:
        """The operands in order, repeats kept: `x * x` has two."""
        a, b = self._a, self._b
        if b is not None:
            return (a, b)
        if a is None:
            return ()
        return a if a.__class__ is tuple else (a,)

    @property
    def operands(self) -> tuple[float, ...]:
        """The parents' data when this node was made."""
        if self._b is not None:
            return (self._a_data, self._b_data)
        if self._a is None:
            return ()
        return self._a_data if self._a.__class__ is tuple else (self._a_data,)

    @property
    def source(self) -> Source | None:
        """The expression that made this node, where sources were kept."""
        return decoded(getattr(self, "_instruction", None))

    @property
    def local_derivatives(self) -> Callable[[], tuple[float | None, ...]]:
        """The closure that returns ∂self/∂parent for each parent.

        None stands for a parent that needs no gradient. The derivatives are those at
        the operands recorded when the node was made, whatever `data` says now.

        >>> x, y = Value(3), Value(4)
        >>> (x * y).local_derivatives()
        (4.0, 3.0)
        """
        if self.op is None:
            return tuple
        needed = tuple(parent.requires_grad for parent in self.parents)
        return partial(self.op.local_derivatives, needed, self._y, self.operands)

    @classmethod
    def __apply_op__(cls, op: Op, operands: Sequence[Any]) -> "Value":
        """Return the node of `op` on Values and numbers; rows call this."""
        maker = recording.detours and (recording.state.trace or recording.state.shared)
        if maker:
            node: Value = maker.find_or_make(cls, op, operands)
            return node
        parents = [
            x if isinstance(x, Value) else _met(x, op, operands) for x in operands
        ]
        return cls._of(op, tuple(parents))

    @classmethod
    def _of(cls, op: Op, parents: tuple["Value", ...]) -> "Value":
        """Make the node of `op`, a constant while recording is paused."""
        node = cls._recorded(op, parents)
        if recording.detours and recording.state.pauses:
            return _constant(node._y, depth=5)
        return node

    @classmethod
    def _recorded(cls, op: Op, parents: tuple["Value", ...]) -> "Value":
        """Make the node of `op`, whatever is open."""
        node = _new(cls)
        if op.arity == 2:
            a, b = node._a, node._b = parents
            node._a_data, node._b_data = a._data, b._data
            y = op.forward(a._data, b._data)
            node.requires_grad = a.requires_grad or b.requires_grad
        else:
            data = tuple([parent._data for parent in parents])
            y = op.forward(*data)
            single = op.arity == 1
            node._a, node._a_data = (*parents, *data) if single else (parents, data)
            node._b = node._b_data = None
            node.requires_grad = True in [parent.requires_grad for parent in parents]
        if y.__class__ is not float:  # a row of somebody's own
            y = to_float(y, f"the node of {op.name}")
        node._data = node._y = y
        node._grad = NOT_RUN
        node.op = op
        node.label = ""
        if recording.notes:
            node.scope = recording.state.scope
            if recording.watchers:
                recording.watch(node, 6)  # behind __apply_op__ and a row
        else:
            node.scope = ""
        return node

    def backward(self) -> None:
        """Add ∂self/∂leaf to the gradient of every leaf that self depends on.

        Interior gradients are cleared first, so that a second call adds exactly as
        much again to the leaves. Cost: linear in the nodes.

        >>> x = Value(3)
        >>> y = x * x
        >>> y.backward(); x.grad
        6.0
        >>> y.backward(); x.grad
        12.0
        """
        if not self.requires_grad:
            raise GraphError(
                f"backward() asked of {self!r}, which needs no gradient: it was made "
                "of constants or under no_grad(); make its inputs with Value(x)"
            )
        run_backward(self)

    def breakpoint(self, condition: Callable[[float], Any] | None = None) -> Hook:
        """Stop in pdb, or in what `breakpoint()` opens, where the gradient is made.

        The frame shows the `node`, its `gradient` and the `contributions` that it is
        the sum of. With a condition, a function of the gradient, it stops only where
        that holds; `remove()` of what is returned takes the breakpoint away.

        >>> x = Value(3)
        >>> stop = x.breakpoint(lambda gradient: abs(gradient) > 100)
        >>> (x * x).backward()
        >>> stop.remove()
        """
        return stop_at(self, condition)

    def debug(self) -> Any:
        """Open the debugger on the graph that self was computed by."""
        from .debug import debug  # the engine offers the tool that explains it

        return debug(self)

    def detach(self) -> "Value":
        """Return a constant with the same data and label, cut off from the graph."""
        return Value(self._data, label=self.label, requires_grad=False)

    def __repr__(self) -> str:
        label = f", label={self.label!r}" if self.label else ""
        return f"Value(data={self._data!r}, grad={self._grad!r}{label})"


def _met(x: Any, op: Op, operands: Sequence[Any]) -> Value:
    """Return the constant for a number among the operands of a row."""
    if x.__class__ is not float:
        x = _number(x, op, operands)
    return _constant(x, depth=6)


def _number(x: Any, op: Op, operands: Sequence[Any]) -> float:
    """Return an operand as a float; which one it is, is looked for to refuse it."""
    with suppress(TypeError, ValueError):
        return to_float(x, op.name)
    place = [operand is x for operand in operands].index(True) + 1
    return to_float(x, f"operand {place} of {op.name}")


def _constant(number: float, depth: int) -> Value:
    """Make the leaf that `Value(number, requires_grad=False)` makes, faster."""
    node = _new(Value)
    node._data = node._y = number
    node._grad = NOT_RUN
    node._a = node._a_data = node._b = node._b_data = node.op = None
    node.label = node.scope = ""
    node.requires_grad = False
    if recording.watchers:
        recording.note_leaf(node, depth)
    return node


def zero_grad(values: Value | Iterable[Value]) -> None:
    """Clear the gradients of a whole graph, given its root, or of some Values.

    >>> x = Value(3)
    >>> y = x * x
    >>> y.backward()
    >>> zero_grad(y); x.grad, x.has_grad
    (0.0, False)
    """
    if isinstance(values, Value):
        nodes = topological_order(values)
    else:
        nodes = list(values) if isinstance(values, Iterable) else [values]
    for stranger in [node for node in nodes if not isinstance(node, Value)]:
        raise OperandError(
            f"zero_grad takes a Value or Values, not {described(stranger)}"
        )
    for node in nodes:
        node._grad = NOT_RUN
