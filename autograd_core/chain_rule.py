"""The backward pass: the chain rule over a graph, in reverse topological order.

Each node sends its gradient, times the local derivative, to each of its parents; a
parent's gradient is the sum of what it is sent. It is written for speed: it reads the
slots in which a node records its closure, and gives exactly what walking
`reversed(topological_order(root))` and calling each `local_derivatives()` would give.
That is how a pass that meets hooks is written. Derivatives that leave no trace on the
nodes are `linearization`'s.
"""

from typing import Any

from . import recording
from .hooks import Contribution, hooked_among, passed
from .passes import note
from .recording import NOT_RUN

__all__ = ["run_backward"]


def run_backward(root: Any) -> None:
    """Add ∂root/∂leaf to the gradient of every leaf; an error changes no leaf."""
    zero = float("0")
    order, leaves = _clear_and_sort(root, zero)
    hooked = hooked_among(lambda node: node._grad is zero)
    root._grad = 1.0
    changed: dict[Any, float] = {}
    try:
        if hooked:
            changed = _apply_with_hooks(order, leaves, zero, hooked)
        else:
            _apply_chain_rule(order, zero)
        if recording.watchers and (detector := recording.detector()) is not None:
            detector.look_at_pass(root, order, leaves, changed)
    except BaseException:  # a hook, a detector or a partial of somebody's own row
        for node in order:
            node._grad = NOT_RUN
        for leaf, before in leaves:
            leaf._grad = before
        raise
    for leaf, before in leaves:
        leaf._grad = before if leaf._grad is zero else before + leaf._grad
    note(root)


def _clear_and_sort(
    root: Any, zero: float
) -> tuple[list[Any], list[tuple[Any, float]]]:
    """Clear the gradients below `root`; return the nodes to visit, and the leaves.

    The nodes are those of `topological_order` that are interior and need a gradient.
    Each leaf comes with the gradient it had: a pass is summed up by itself and added
    as a whole, so that two passes give exactly twice the gradient of one. `zero` is
    an object of its own: a node that holds it has been seen, and sent nothing yet.
    """
    order: list[Any] = []
    leaves: list[tuple[Any, float]] = []
    waiting: list[Any] = [root]
    push, pop, append = waiting.append, waiting.pop, order.append
    while waiting:
        node = pop()
        if node is None:  # the parents of the node below the mark are done
            append(pop())
            continue
        before = node._grad
        if before is zero:
            continue
        node._grad = zero
        if node.op is None:
            leaves.append((node, before))
            continue
        push(node)
        push(None)
        a, b = node._a, node._b
        if b is not None:
            if b._grad is not zero and b.requires_grad:
                push(b)
            if a._grad is not zero and a.requires_grad:
                push(a)
        elif a.__class__ is not tuple:
            if a._grad is not zero and a.requires_grad:
                push(a)
        else:
            for parent in reversed(a):
                if parent._grad is not zero and parent.requires_grad:
                    push(parent)
    return order, leaves


def _apply_chain_rule(order: list[Any], zero: float) -> None:
    """Send each node's gradient to its parents, times the local derivative.

    A node that was sent nothing, as on the branch that `where` did not take, sends
    nothing on: 0 times an infinite derivative would be nan. Rows with one, two or any
    number of operands, nearly all of a graph, are written out, so that no closure is
    made only to be called once.
    """
    order.reverse()
    for node in order:
        upstream, a, b = node._grad, node._a, node._b
        if upstream is zero:
            node._grad = NOT_RUN
        elif b is not None:
            by_a, by_b = node.op.partials
            if a.requires_grad:
                a._grad += upstream * by_a(node._y, node._a_data, node._b_data)
            if b.requires_grad:
                b._grad += upstream * by_b(node._y, node._a_data, node._b_data)
        elif a.__class__ is not tuple:
            (by_a,) = node.op.partials
            if a.requires_grad:
                a._grad += upstream * by_a(node._y, node._a_data)
        elif node.op.arity is None:
            locals_ = node.op.partials(node._y, *node._a_data)
            for parent, local in zip(a, locals_, strict=True):
                if parent.requires_grad:
                    parent._grad += upstream * local
        else:
            for parent, local in zip(a, node.local_derivatives(), strict=True):
                if local is not None:
                    parent._grad += upstream * local


def _apply_with_hooks(
    order: list[Any], leaves: list[tuple[Any, float]], zero: float, hooked: set[Any]
) -> dict[Any, float]:
    """Apply the chain rule as it reads, and let hooks change what is complete.

    Returns the gradients after their hooks. The contributions to them are kept for
    somebody who stops there.
    """
    changed: dict[Any, float] = {}
    received: dict[Any, list[Contribution]] = {node: [] for node in hooked}
    order.reverse()
    for node in order:
        if node._grad is zero:
            node._grad = NOT_RUN
            continue
        if node in hooked:
            node._grad = changed[node] = passed(node, node._grad, received[node])
        for parent, local in zip(node.parents, node.local_derivatives(), strict=True):
            if local is not None:
                sent = node._grad * local
                parent._grad += sent
                if parent in hooked:
                    received[parent].append((node, node._grad, local, sent))
    for leaf, _ in leaves:
        if leaf in hooked and leaf._grad is not zero:
            leaf._grad = changed[leaf] = passed(leaf, leaf._grad, received[leaf])
    return changed
