"""Functions that see a gradient on its way, and may change it.

A hook is called by `backward()` when the gradient of its node is complete, before it is
sent on to the parents. It is kept beside the instruction that made the node: a node
without hooks is no bigger for them, a pass over a graph without hooks is no slower, and
a hook that refers to its own node dies with it.
"""

import threading
from collections.abc import Callable, Iterable, Sequence
from typing import Any
from weakref import ReferenceType, WeakSet, ref

from .errors import GraphError, OperandError
from .real import described, is_real, shown, to_float

__all__ = ["Contribution", "Hook", "hook", "hooked_among", "passed", "stop_at"]

Contribution = tuple[Any, float, float, float]
"""Whence a gradient came: child, the child's gradient, ∂child/∂node, their product."""

hooked: WeakSet[Any] = WeakSet()  # nodes that may have hooks
_changing = threading.RLock()


class Hook:
    """A function of the gradient of a node, until it is removed.

    As a context manager it removes itself at the end.
    """

    def __init__(self, node: Any, function: Callable[[float], Any]) -> None:
        """Register the function at the node."""
        self.function = function
        self._node: ReferenceType[Any] = ref(node)
        with _changing:
            _attach(node, (*_hooks_of(node), self))

    def remove(self) -> None:
        """Take the function away; to do it again does nothing."""
        node = self._node()
        if node is not None:
            with _changing:
                _attach(node, [other for other in _hooks_of(node) if other is not self])

    def __enter__(self) -> "Hook":
        return self

    def __exit__(self, *_: object) -> None:
        self.remove()

    def run(
        self, node: Any, gradient: float, contributions: Sequence[Contribution] | None
    ) -> Any:
        """Return what the gradient becomes, None where it stays."""
        return self.function(gradient)


class _Breakpoint(Hook):
    """A hook whose function is a condition, and that stops where it holds."""

    def run(
        self, node: Any, gradient: float, contributions: Sequence[Contribution] | None
    ) -> Any:
        """Stop where the gradient of `node` is complete, before it is sent on.

        `contributions` holds what it is the sum of: (child, upstream, local, product).
        Assign `gradient = ...` to send something else, as the last thing: before
        Python 3.13 pdb forgets it on the way `up`, which leads to the call of
        `backward()`.
        """
        if contributions is None or not self.function(gradient):
            return None
        breakpoint()
        return gradient


class _HookedInstruction(tuple[Any, ...]):
    """What a node keeps of its source, or nothing, with the hooks at its side."""

    hooks: tuple[Hook, ...] = ()


def _hooks_of(node: Any) -> tuple[Hook, ...]:
    instruction = getattr(node, "_instruction", None)
    return getattr(instruction, "hooks", ())


def _attach(node: Any, hooks: Iterable[Hook]) -> None:
    instruction = _HookedInstruction(getattr(node, "_instruction", None) or ())
    instruction.hooks = tuple(hooks)
    node._instruction = instruction
    (hooked.add if instruction.hooks else hooked.discard)(node)


def hook(node: Any, f: Callable[[float], float | None]) -> Hook:
    """Call f with the gradient of `node` whenever `backward()` completes it.

    What f returns takes the gradient's place; None leaves it as it is. A leaf's is the
    gradient of this pass, before it is added to what the leaf has. Several hooks are
    called in the order in which they were registered. A node that no gradient reaches
    calls none, nor do `grad`, `gradient` and their kin; copies and pickles have none.
    After an error in a hook the leaves have the gradients that they had before.

    >>> from autograd_core import Value
    >>> x = Value(3, label="x")
    >>> y = x * x
    >>> with hook(y, print), hook(y, lambda gradient: 10 * gradient):
    ...     (2 * y).backward()
    2.0
    >>> x.grad
    120.0

    Raises `OperandError`, a `TypeError`, for what is no Value or no function, and
    `GraphError`, a `ValueError`, for a constant, which gets no gradient.
    """
    _check(node, "hook(node, f)")
    if not callable(f):
        raise OperandError(
            f"hook(node, f) takes a function of the gradient, not {described(f)}"
        )
    return Hook(node, f)


def stop_at(node: Any, condition: Callable[[float], Any] | None = None) -> Hook:
    """Open the debugger where the gradient of `node` is complete; see `breakpoint`."""
    _check(node, "breakpoint()")
    if condition is not None and not callable(condition):
        raise OperandError(
            "breakpoint(condition) takes a function of the gradient, such as "
            f"lambda gradient: gradient > 1, not {described(condition)}"
        )
    return _Breakpoint(node, condition or (lambda gradient: True))


def _check(node: Any, asked: str) -> None:
    if not hasattr(node, "local_derivatives"):
        raise OperandError(f"{asked} needs a Value, not {described(node)}")
    if not node.requires_grad:
        raise GraphError(
            f"{asked} asked of {node!r}, a constant, which gets no gradient; make it "
            "with Value(x), outside of no_grad()"
        )


def hooked_among(is_in: Callable[[Any], bool]) -> set[Any]:
    """Return the nodes with hooks for which `is_in` holds."""
    if not hooked:
        return set()
    with _changing:
        return {node for node in hooked if is_in(node)}


def passed(
    node: Any, gradient: float, contributions: Sequence[Contribution] | None = None
) -> float:
    """Return the gradient of a node after its hooks.

    Breakpoints are passed by where the contributions to the gradient are not known.

    >>> from autograd_core import Value
    >>> x = Value(3)
    >>> with hook(x, lambda gradient: -gradient):
    ...     passed(x, 2.0)
    -2.0
    """
    for each in _hooks_of(node):
        try:
            result = each.run(node, gradient, contributions)
            if result is not None:
                gradient = _checked(result)
        except Exception as error:
            error.add_note(f"raised by a hook on {node!r}, at the gradient {gradient}")
            raise
    return gradient


def _checked(result: Any) -> float:
    if not is_real(result):
        raise OperandError(
            f"a hook returns the gradient to go on with, or None, not {shown(result)}"
        )
    return to_float(result, "a hook")
