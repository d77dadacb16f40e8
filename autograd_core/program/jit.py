"""A function that traces itself: a program for each structure of arguments it meets.

Where a replay would decide otherwise than the trace did, the function is traced again,
and both programs are kept: what it computes is always what it would have computed.
"""

from collections.abc import Callable
from functools import update_wrapper
from typing import Any

from ..arguments import Argnums, check_argnums, name_of
from ..errors import OperandError, TraceError
from ..recording import state
from ..trees import is_leaf
from .program import Program, trace

__all__ = ["Jitted", "jit"]

KEPT = 64  # programs for one structure, each of other decisions


class Jitted:
    """A function with the programs that were made of it."""

    def __init__(
        self, f: Callable[..., Any], static_argnums: tuple[int, ...], arrays: bool
    ) -> None:
        """Know nothing yet."""
        self._f, self._static, self._arrays = f, static_argnums, arrays
        self._programs: dict[Any, list[Any]] = {}
        self.last: Any = None  # the program of the last call
        update_wrapper(self, f)

    @property
    def programs(self) -> list[Program]:
        """The programs traced so far, in the order in which they were."""
        return [
            _program_of(runner)
            for runners in self._programs.values()
            for runner in runners
        ]

    def __call__(self, *args: Any) -> Any:
        """Compute what the function computes; inside of a trace, as a part of it."""
        if state.trace is not None:
            return self._f(*args)
        return self._run(args, lambda runner, numbers: runner(*numbers))

    def value_and_grad(self, *args: Any, argnums: Argnums = 0) -> tuple[Any, Any]:
        """Return its value and its gradient by an argument that is not static."""
        places = [i for i in range(len(args)) if i not in self._static]
        check_argnums("value_and_grad", self._f, argnums)
        numbers = argnums if isinstance(argnums, tuple) else (argnums,)
        numbers = tuple([n + len(args) if n < 0 else n for n in numbers])
        static = [n for n in numbers if n not in places]
        if static:
            raise OperandError(
                f"value_and_grad of {name_of(self._f)} by argument {static[0]}, which "
                f"is static or not there; it has the numbers {places}"
            )
        inner = tuple([places.index(n) for n in numbers])
        by = inner if isinstance(argnums, tuple) else inner[0]

        def both(runner: Any, numbers: Any) -> Any:
            return runner.value_and_grad(*numbers, argnums=by)

        result: tuple[Any, Any] = self._run(args, both)
        return result

    def _run(self, args: tuple[Any, ...], how: Callable[[Any, Any], Any]) -> Any:
        static = {i: args[i] for i in self._static if i < len(args)}
        numbers = [x for i, x in enumerate(args) if i not in static]
        runners = self._programs.setdefault(self._key(static, numbers), [])
        for i, runner in enumerate(runners):
            try:
                result = how(runner, numbers)
            except TraceError:
                continue
            runners.insert(0, runners.pop(i))  # the next call often decides alike
            self.last = _program_of(runner)
            return result
        runner = self._traced(static, numbers)
        runners.insert(0, runner)
        del runners[KEPT:]
        self.last = _program_of(runner)
        return how(runner, numbers)

    def _key(self, static: dict[int, Any], numbers: list[Any]) -> Any:
        try:
            known = tuple([(i, type(x), x) for i, x in static.items()])  # 1 is not True
            hash(known)
            return known, _structure(numbers)
        except TypeError:
            raise OperandError(
                f"static_argnums of {name_of(self._f)} takes arguments that can be "
                f"hashed, not {list(static.values())!r:.60}"
            ) from None

    def _traced(self, static: dict[int, Any], numbers: list[Any]) -> Any:
        def seated(*given: Any) -> Any:
            rest = iter(given)
            count = len(static) + len(numbers)
            return self._f(
                *[static[i] if i in static else next(rest) for i in range(count)]
            )

        seated.__name__ = name_of(self._f)
        program = trace(seated, *numbers)
        return program.arrays() if self._arrays else program


def jit(
    f: Callable[..., Any] | None = None,
    *,
    static_argnums: int | tuple[int, ...] = (),
    arrays: bool = False,
) -> Any:
    """Trace a function when it is called with a structure that is new, then replay.

    Arguments named by `static_argnums` are no numbers to the program: it is made for
    one value of each. With `arrays` the programs run over arrays, which needs numpy and
    pays from some hundred operations on; results are then arrays.

    >>> @jit
    ... def mean_square(xs):
    ...     return sum((x * x for x in xs), 0.0) / len(xs)
    >>> mean_square([1.0, 2.0]), mean_square([1.0, 2.0, 4.0])
    (2.5, 7.0)
    >>> mean_square([3.0, 0.0]), len(mean_square.programs)
    (4.5, 2)
    """
    if f is None:
        return lambda g: jit(g, static_argnums=static_argnums, arrays=arrays)
    numbers = static_argnums if isinstance(static_argnums, tuple) else (static_argnums,)
    if any(not isinstance(n, int) or n < 0 for n in numbers):
        raise OperandError(
            "static_argnums takes numbers of arguments from 0 up, not "
            f"{static_argnums!r}"
        )
    name_of(f, "a trace", "decorate a function")
    return Jitted(f, numbers, arrays)


def _program_of(runner: Any) -> Program:
    """Return what was traced, also where it runs over arrays."""
    program: Program = getattr(runner, "program", runner)
    return program


_PLAIN = {float, int}


def _structure(tree: Any) -> Any:
    """Return what two arguments have in common that fit one program."""
    if is_leaf(tree):
        return None
    if isinstance(tree, dict):
        return tuple([(key, _structure(item)) for key, item in tree.items()])
    shape = getattr(tree, "shape", None)
    if shape is not None:
        return shape
    if set(map(type, tree)) <= _PLAIN:  # most often, and long
        return type(tree).__name__, (None,) * len(tree)
    return type(tree).__name__, tuple([_structure(item) for item in tree])
