"""A program as a pure function of JAX arrays.

The text that array programs have for numpy is written for JAX instead, which has
transformations of its own: it compiles, differentiates, maps and shards the function.
"""

from collections.abc import Callable, Sequence
from math import prod
from typing import Any

from ..errors import OperandError, ShapeError, TraceError
from ..real import described
from ..trees import leaves_of
from .jax_forms import form, required_jax
from .simplify import simplified

__all__ = ["jax_function"]


def jax_function(program: Any) -> Callable[..., Any]:
    """Return the function of `Program.to_jax`."""
    _refuse_guards(program)
    jax = required_jax()
    from .arrays.code import Parameter, write_arrays
    from .arrays.forms import Library
    from .arrays.structure import packer, parts, parts_of, skeleton

    bones = [skeleton(x, name) for name, x in program.arguments.items()]
    seats = [part for each in bones for part in parts(each)]
    ends = skeleton(program.result, "result")
    shapes, pack = [part.shape for part in parts(ends)], packer(ends)
    captured = [leaf.data for leaf in program.captured]
    known = [Parameter("captured", (len(captured),))] if captured else []
    library = Library(jax.numpy, form, jax.lax.stop_gradient)
    run = write_arrays(
        simplified(program.code),
        [*(Parameter(seat.name, seat.shape) for seat in seats), *known],
        backward=False,
        library=library,
    ).run
    fixed = [jax.numpy.asarray(captured, float)] if captured else []

    def function(*args: Any) -> Any:
        program.check_count(args)
        given = [
            leaf
            for name, inner, argument in zip(
                program.arguments, bones, args, strict=True
            )
            for leaf in parts_of(inner, argument, name)
        ]
        arrays = [
            _as_array(jax.numpy, leaf, seat, program.name)
            for leaf, seat in zip(given, seats, strict=True)
        ]
        outputs, _ = run(*arrays, *fixed)
        numbers = jax.numpy.asarray(outputs, float)  # constants alone are numpy's
        return pack(_cut(numbers, shapes))

    function.__name__ = function.__qualname__ = program.name
    function.__doc__ = f"Compute {program!r} with JAX."
    return function


def _refuse_guards(program: Any) -> None:
    if program.code.guards:
        _, guard = program.code.guards[0]
        raise TraceError(
            f"{guard}, and a JAX function cannot ask that again: it does not see its "
            "numbers while it is compiled. Write the choice as where(condition, a, b), "
            "of which the program has both branches"
        )


def _as_array(jnp: Any, given: Any, part: Any, of: str) -> Any:
    """Return a part of a call's arguments as floats of JAX's default precision."""
    for leaf in leaves_of(given) if isinstance(given, list | tuple) else [given]:
        if not isinstance(leaf, int | float) and not hasattr(leaf, "dtype"):
            raise OperandError(
                f"{part.name} of {of} takes numbers; got {described(leaf)}"
            )
    try:
        array = jnp.asarray(given)
    except (TypeError, ValueError) as error:  # rows of different lengths
        raise ShapeError(
            f"{part.name} of {of} takes an array of shape {part.shape}: {error}"
        ) from None
    real = (jnp.floating, jnp.integer, jnp.bool_)
    if not any(jnp.issubdtype(array.dtype, kind) for kind in real):
        raise OperandError(
            f"{part.name} of {of} takes real numbers; got an array of {array.dtype}"
        )
    if array.shape != part.shape:
        raise ShapeError(
            f"{part.name} of {of} takes an array of shape {part.shape}; got "
            f"{array.shape}. For many examples, map the function with jax.vmap"
        )
    return array.astype(float)


def _cut(outputs: Any, shapes: Sequence[tuple[int, ...]]) -> list[Any]:
    """Return the numbers of a result as arrays of these shapes."""
    arrays, start = [], 0
    for shape in shapes:
        arrays.append(outputs[start : start + prod(shape)].reshape(shape))
        start += prod(shape)
    return arrays
