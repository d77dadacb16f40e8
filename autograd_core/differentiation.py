"""A function, evaluated so that it can be differentiated.

The arguments are seated on fresh nodes: for `x * d/dy(x * y) at y = x`, whose
derivative at 3 is 6, an engine that differentiates by the node that was passed would
answer 12, because it cannot tell the inner x from the outer one (Siskind & Pearlmutter
2005, perturbation confusion). A number gets a leaf of its own and a `Value` a node that
hangs on it, so that what is built on the seat reaches the argument too.
"""

import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from .arguments import Argnums, name_of, place_of, replaced, selected
from .errors import IndependentInputWarning, OperandError, ShapeError
from .linearization import Linearization, ancestors
from .ops import identity
from .real import described, is_real, shown, to_float
from .recording import Evaluation, state
from .trees import is_leaf, leaves_of, matching_leaves, paths, rebuilt
from .value import Value

__all__ = ["Point", "as_value", "warn_of_independence"]


class Point:
    """The evaluation of a function at its arguments.

    `primals` is the argument, or the tuple of arguments, to differentiate by; `seats`
    are the nodes in place of its numbers; `result` is what the function returned and
    `outputs` its leaves. `create_graph` tells whether derivatives must be nodes:
    whether they depend on a `Value` that needs a gradient, among the arguments or
    closed over by the function.
    """

    def __init__(
        self,
        asked: str,
        f: Callable[..., Any],
        args: Sequence[Any],
        keywords: dict[str, Any],
        argnums: Argnums,
    ) -> None:
        """Evaluate f(*args, **keywords) on fresh nodes; `asked` names the caller."""
        self.asked = f"{asked}({name_of(f)})"
        self.primals = selected(self.asked, args, argnums)
        leaves = leaves_of(self.primals)
        self._check_primals(leaves, argnums)
        with Evaluation() as evaluation:
            self.seats = [_seat(leaf) for leaf in leaves]
            seated = rebuilt(self.primals, self.seats)
            self.result = f(*replaced(args, argnums, seated), **keywords)
        self.outputs = leaves_of(self.result)
        self._check_outputs()
        self._order, ends = ancestors(self.outputs, self.seats)
        self._warn_of_independence(ends, argnums)
        reached = ends.difference(self.seats, evaluation.leaves)
        depends = bool(reached) or any(seat.op is not None for seat in self.seats)
        # a derivative that is traced is made of nodes: its numbers are for one call
        self.create_graph = state.trace is not None or (depends and not state.pauses)
        self.gives_values = self.create_graph or any(
            isinstance(x, Value) for x in leaves
        )

    def _check_primals(self, leaves: Sequence[Any], argnums: Argnums) -> None:
        for i in _misfits(leaves):
            place = place_of(argnums, list(paths(self.primals))[i])
            raise OperandError(
                f"{self.asked} takes numbers, Values and nested structures of them; "
                f"{place} is {shown(leaves[i])}"
            )

    def _check_outputs(self) -> None:
        for i in _misfits(self.outputs):
            place = list(paths(self.result, "the result"))[i]
            raise OperandError(
                f"{self.asked} takes a function that returns a Value, or a nested "
                f"structure of Values; {place} is {described(self.outputs[i])}"
            )

    def _warn_of_independence(self, reached: set[Value], argnums: Argnums) -> None:
        if not reached.issuperset(self.seats):
            names = (place_of(argnums, path) for path in paths(self.primals))
            pairs = zip(self.seats, names, strict=True)
            missed = [name for seat, name in pairs if seat not in reached]
            warn_of_independence(self.asked, missed)

    def require_one_number(self) -> None:
        """Refuse a result that is a structure."""
        if not is_leaf(self.result):
            raise ShapeError(
                f"{self.asked} takes a function that returns one number; this one "
                f"returned a {type(self.result).__name__} of {len(self.outputs)}: take "
                "jacobian, or return one of them or their total"
            )

    def require_one_input(self) -> None:
        """Refuse a first argument that is a structure."""
        if not is_leaf(self.primals):
            raise ShapeError(
                f"{self.asked} differentiates by one number, its first argument, not "
                f"by a {type(self.primals).__name__} of {len(self.seats)}: take grad"
            )

    def matching(self, what: str, tree: Any, model: Any) -> list[Any]:
        """Return the leaves of a tree that has the structure of `model`."""
        try:
            leaves = matching_leaves(model, tree)
        except ShapeError as error:
            raise ShapeError(f"{self.asked} cannot use the {what}: {error}") from None
        asked = f"a number of the {what} of {self.asked}"
        return [x if isinstance(x, Value) else to_float(x, asked) for x in leaves]

    def linearization(self, **how: bool) -> Linearization:
        """Return the derivative of the outputs by the seats; `how` as there."""
        how = {"create_graph": self.create_graph, **how}
        return Linearization(self._order, self.outputs, self.seats, **how)

    def linearization_of(self, outputs: Sequence[Any], **how: bool) -> Linearization:
        """Return the derivative by the seats of others, built on them too."""
        order, _ = ancestors(outputs, self.seats)
        how = {"create_graph": self.create_graph, **how}
        return Linearization(order, outputs, self.seats, **how)

    def slope_of_gradient(self, *, often: bool) -> Linearization:
        """Return the derivative of the gradient of the one number: its Hessian.

        To be used only once, a bigger graph that is built faster is the better one.
        """
        self.require_one_number()
        share = often or self.create_graph
        gradients = self.linearization(create_graph=True, share=share).pull([1.0])
        return self.linearization_of(gradients)

    def value(self) -> Any:
        """Return the function's result as numbers, or as Values."""
        if self.create_graph:
            return self.like_result([as_value(y) for y in self.outputs])
        numbers = [y.data if isinstance(y, Value) else y for y in self.outputs]
        return self.like_result([self.present(number) for number in numbers])

    def present(self, number: Any) -> Any:
        """Return a derivative as a number, or as a Value, as the arguments are."""
        if self.gives_values or isinstance(number, Value):
            return as_value(number)
        return float(number)

    def like_primals(self, numbers: Sequence[Any]) -> Any:
        """Return derivatives in the structure of the arguments."""
        return rebuilt(self.primals, [self.present(number) for number in numbers])

    def like_result(self, items: Sequence[Any]) -> Any:
        """Return items in the structure of the function's result."""
        return rebuilt(self.result, items)


def as_value(number: Any) -> Value:
    """Return a constant for a number, and a Value as it is."""
    if isinstance(number, Value):
        return number
    return Value(number, requires_grad=False)


def warn_of_independence(asked: str, inputs: Sequence[str]) -> None:
    """Warn, at the first line outside this package's functions, of derivatives of 0."""
    if inputs:
        others = len(inputs) - 3
        more = f" and {others} more" if others > 0 else ""
        warnings.warn(
            f"{asked}: the result does not depend on {', '.join(inputs[:3])}{more}, so "
            "that the derivative is 0; was it computed from .data, or not at all?",
            IndependentInputWarning,
            stacklevel=_depth_of_caller(),
        )


def _depth_of_caller() -> int:
    frame, depth = sys._getframe(1), 1
    while frame.f_back and frame.f_globals.get("__package__") == __package__:
        frame, depth = frame.f_back, depth + 1
    return depth


def _misfits(leaves: Sequence[Any]) -> Iterator[int]:
    """Yield where a leaf is neither a Value nor a real number."""
    for i, leaf in enumerate(leaves):
        if not (leaf.__class__ is Value or is_real(leaf) or isinstance(leaf, Value)):
            yield i


def _seat(leaf: Any) -> Value:
    """Return the fresh node that stands for one number of an argument."""
    if isinstance(leaf, Value):
        if not leaf.requires_grad and state.trace is None:
            return Value(leaf.data)
        seat: Value = identity(leaf)
        seat.requires_grad = True
        return seat
    return Value(leaf)
