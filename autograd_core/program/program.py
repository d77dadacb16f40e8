"""A function as a program: traced once, replayed many times, read as Python.

`trace` runs a function on stand-ins for its numbers and keeps every operation. What
comes of it computes what the function computes, without making nodes, and has the
derivative too. It is a list of instructions that can be simplified, printed and run
over arrays.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from ..arguments import Argnums, check_argnums, name_of, replaced, selected
from ..errors import OperandError, ShapeError, TraceError
from ..graph import topological_order
from ..real import described, is_real, to_float
from ..recording import Evaluation, state, tracing
from ..trees import leaves_of, matching_leaves, paths, rebuilt
from ..value import Value
from .instructions import Instructions, of_nodes
from .listing import listed, python_source
from .replay import Replay
from .simplify import simplified
from .tracing import Trace, Traced

__all__ = ["Program", "trace"]


class Program:
    """Instructions, the structure of what they take and give, and both passes.

    >>> from autograd_core import tanh
    >>> program = trace(lambda w, x: tanh(w[0] * x + w[1]), [0.5, -1.0], 2.0)
    >>> program([0.5, -1.0], 2.0), len(program)
    (0.0, 3)
    >>> program.value_and_grad([0.5, -1.0], 2.0)
    (0.0, [2.0, 1.0])
    """

    def __init__(
        self,
        name: str,
        code: Instructions,
        arguments: dict[str, Any],
        result: Any,
        captured: Sequence[Value] = (),
    ) -> None:
        """Take instructions, an example of each argument and one of the result.

        `captured` are Values whose data is read at each call, after the arguments.
        """
        self.name, self.code = name, code
        self.arguments, self.result = arguments, result
        self.captured = tuple(captured)
        self._replay: Replay | None = None

    @classmethod
    def from_graph(cls, outputs: Any, inputs: Any) -> "Program":
        """Make a program of a graph that stands: of outputs as a function of inputs.

        Both are Values, or nested structures of them; every other leaf is a constant.
        The program is called with the inputs as its only argument.

        >>> x, y = Value(3.0), Value(4.0)
        >>> Program.from_graph(x * y, [x, y])([1.0, 2.0])
        2.0
        """
        seats = leaves_of(inputs)
        ends = leaves_of(outputs)
        for what, items in (("inputs", seats), ("outputs", ends)):
            for item in items:
                if not isinstance(item, Value):
                    raise OperandError(
                        f"Program.from_graph takes Values as {what}, not "
                        f"{described(item)}"
                    )
        if len(set(seats)) < len(seats):
            raise ShapeError("Program.from_graph takes each input once")
        order = topological_order(*ends)
        code = of_nodes(order, seats, ends)
        example = rebuilt(inputs, [seat.data for seat in seats])
        result = rebuilt(outputs, [end.data for end in ends])
        return cls("graph", code, {"inputs": example}, result)

    def __len__(self) -> int:
        return len(self.code)

    def __call__(self, *args: Any) -> Any:
        """Compute what the function computes, numbers in its structure."""
        values = self.replay.forward(self.numbers(args))
        return rebuilt(self.result, self.replay.outputs(values))

    def value_and_grad(self, *args: Any, argnums: Argnums = 0) -> tuple[Any, Any]:
        """Return the one number that it computes, and its gradient by an argument."""
        self.require_one_number()
        check_argnums("value_and_grad", self, argnums)
        values = self.replay.forward(self.numbers(args))
        leaves = self.replay.backward(values)
        whole = rebuilt(tuple(self.arguments.values()), leaves)
        gradient = selected(f"{self.name}.value_and_grad", whole, argnums)
        return self.replay.outputs(values)[0], gradient

    def require_one_number(self) -> None:
        """Refuse to differentiate a structure."""
        if len(self.code.outputs) != 1:
            raise ShapeError(
                f"value_and_grad takes a program that gives one number; {self!r} gives "
                f"{len(self.code.outputs)}: return one of them, or their total"
            )

    @property
    def replay(self) -> Replay:
        """Both passes as they were recorded, one number at a time."""
        if self._replay is None:
            self._replay = Replay(self.code)
        return self._replay

    def numbers(self, args: Sequence[Any]) -> list[float]:
        """Return the numbers of a call's arguments in a row, and those captured."""
        self.check_count(args)
        found: list[float] = []
        for (name, example), argument in zip(self.arguments.items(), args, strict=True):
            try:
                leaves = matching_leaves(example, argument)
            except ShapeError as error:
                raise ShapeError(
                    f"{self.name} was traced with another {name}: {error}; trace it "
                    "again for this structure, or use jit, which does"
                ) from None
            found += self._floats(name, argument, leaves)
        return found + [leaf.data for leaf in self.captured]

    def check_count(self, args: Sequence[Any]) -> None:
        """Refuse a call with another number of arguments."""
        if len(args) != len(self.arguments):
            names = ", ".join(self.arguments)
            raise ShapeError(
                f"{self.name} takes {len(self.arguments)} arguments, ({names}); got "
                f"{len(args)}"
            )

    def _floats(self, name: str, argument: Any, leaves: list[Any]) -> list[float]:
        for i, leaf in enumerate(leaves):
            if leaf.__class__ is not float:
                place = list(paths(argument, name))[i] if not is_real(leaf) else name
                leaves[i] = to_float(leaf, f"{place} of {self.name}")
        return leaves

    def simplify(
        self, passes: Iterable[Callable[[Instructions], Instructions]] | None = None
    ) -> "Program":
        """Return a shorter program of the same meaning; `passes` from `PASSES`."""
        code = simplified(self.code, passes)
        return Program(self.name, code, self.arguments, self.result, self.captured)

    @property
    def source(self) -> str:
        """The program as Python that can be read and run, a line an operation."""
        return python_source(self)

    def __repr__(self) -> str:
        guards = f", {len(self.code.guards)} guards" if self.code.guards else ""
        return (
            f"<Program {self.name}({', '.join(self.arguments)}): {len(self):,} "
            f"operations on {self.code.inputs:,} numbers{guards}>"
        )

    def __str__(self) -> str:
        return listed(self)

    @property
    def used(self) -> tuple[Any, ...]:
        """Which numbers of the arguments, in their structure, a gradient reaches.

        >>> trace(lambda x, y: x[0] * y, [1.0, 2.0], 3.0).used
        ([True, False], True)
        """
        reached = [False] * len(self.code.ops)
        for place in self.code.outputs:
            reached[place] = True
        for place in range(len(self.code.ops) - 1, -1, -1):
            if reached[place] and self.code.flows[place]:
                for i in self.code.operands[place]:
                    reached[i] = True
        whole: tuple[Any, ...] = rebuilt(tuple(self.arguments.values()), reached)
        return whole

    def counts(self) -> Counter[str]:
        """Return how often each operation stands in it."""
        return Counter(op.name for op in self.code.ops if op is not None)

    def arrays(self) -> Any:
        """Return the program over arrays, for one example."""
        return self.batch(None)

    def batch(self, in_axes: Any = 0) -> Any:
        """Return the program over arrays, for many examples at once.

        `in_axes` is 0 for an argument that differs from example to example, along the
        first axis of its arrays, and None for one that all share; one for all
        arguments, or a tuple with one for each, as in JAX's vmap. Gradients by what is
        shared are summed over the examples. Needs numpy.

        >>> program = trace(lambda w, x: (w[0] * x + w[1]) ** 2, [0.0, 0.0], 0.0)
        >>> many = program.batch(in_axes=(None, 0))
        >>> many([1.0, 2.0], [0.0, 1.0])
        array([4., 9.])
        >>> many.value_and_grad([1.0, 2.0], [0.0, 1.0])
        (array([4., 9.]), array([ 6., 10.]))
        """
        from .arrays import Batched  # numpy is needed from here on

        return Batched(self, in_axes)

    def to_jax(self) -> Callable[..., Any]:
        """Return the program as a pure function of JAX arrays.

        It takes and gives the structures that were traced, with an array for each
        rectangular part; `jax.jit`, `grad`, `vmap` and sharding work on it:

            loss = program.to_jax()
            step = jax.jit(jax.vmap(jax.value_and_grad(loss), in_axes=(None, 0)))

        Numbers are of JAX's default precision: double if `jax_enable_x64` is set, else
        single. Derivatives are the rows' own, with the engine's conventions at kinks
        and ties, but infinite and nan as JAX has them: where the branch that `where`
        has not taken has an infinite derivative, the gradient is nan, as always in JAX,
        unless that branch is given a harmless operand by a `where` of its own. What
        captured Values hold is read now and never again. A program with guards is
        refused, since JAX does not see the numbers; so is a row of one's own. Needs
        JAX.
        """
        from .jax_function import jax_function

        return jax_function(self)


def trace(f: Callable[..., Any], *args: Any) -> Program:
    """Run a function once and return the program of what it did.

    Arguments and result may be nested structures of numbers. The program holds for all
    numbers in this structure: `where` chooses anew each time, and where the function
    made a decision of its own, with `if` or `max`, a replay that would decide otherwise
    raises a `TraceError` with the line. A Value that needs a gradient and that the
    function closes over is read again at each call.

    >>> from autograd_core import where
    >>> program = trace(lambda x: where(x > 0, x, -x), 3.0)
    >>> program(-5.0)
    5.0
    >>> program = trace(lambda x: x if x > 0 else -x, 3.0)
    >>> program(-5.0)
    Traceback (most recent call last):
        ...
    autograd_core.errors.TraceError: the comparison at ...
    """
    name = name_of(f, "a trace", "of a graph, take Program.from_graph(outputs, inputs)")
    if state.trace is not None:
        raise TraceError(f"trace({name}) was called while another trace is open")
    leaves = leaves_of(args)
    for i, leaf in enumerate(leaves):
        place = list(paths(args, "argument"))[i] if not is_real(leaf) else ""
        to_float(leaf, f"trace({name}): {place}")
    seats = [Traced(leaf) for leaf in leaves]
    made = Trace()
    with Evaluation() as evaluation, tracing(made):
        result = f(*replaced(args, tuple(range(len(args))), rebuilt(args, seats)))
    outputs = leaves_of(result)
    for place, y in zip(paths(result, "the result"), outputs, strict=True):
        if not isinstance(y, Value) and not is_real(y):
            raise OperandError(
                f"trace({name}) takes a function that returns numbers; {place} is "
                f"{described(y)}"
            )
    made.capture(outputs)
    own = {*evaluation.leaves, *seats}
    captured = [v for v in made.captured if v not in own]
    code = of_nodes(made.nodes, [*seats, *captured], outputs, made.guards)
    numbers = [to_float(getattr(y, "_data", y), name) for y in outputs]
    examples = rebuilt(args, leaves)  # the caller's lists may change
    arguments = dict(zip(_names(f, len(args)), examples, strict=True))
    return Program(name, code, arguments, rebuilt(result, numbers), captured)


def _names(f: Callable[..., Any], count: int) -> list[str]:
    """Return what a function calls its arguments."""
    code = getattr(f, "__code__", None)
    names = code.co_varnames[: code.co_argcount] if code else ()
    names = names[hasattr(f, "__self__") :]  # a method's first is its object
    return [*names[:count], *(f"argument_{i}" for i in range(len(names), count))]
