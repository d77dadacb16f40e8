"""Which function, and which of its arguments, a derivative is taken by.

`argnums` is the number of a positional argument or a tuple of numbers, as in HIPS
autograd and JAX: what is selected by it, what it is called in messages, and what can be
wrong with it is said here once for `grad` and all its siblings.
"""

from collections.abc import Callable, Sequence
from typing import Any

from .errors import OperandError, ShapeError
from .real import described

__all__ = [
    "Argnums",
    "check_argnums",
    "name_of",
    "named",
    "place_of",
    "replaced",
    "selected",
]

Argnums = int | tuple[int, ...]


def name_of(
    f: Any,
    what: str = "a derivative",
    instead: str = "of a node, take gradient(node, inputs)",
) -> str:
    """Return what messages call a function, or refuse what is none."""
    if not callable(f):
        raise OperandError(
            f"{what} is taken of a function, not of {described(f)}; {instead}"
        )
    return str(getattr(f, "__name__", None) or getattr(f, "name", type(f).__name__))


def named(made: Callable[..., Any], kind: str, f: Any) -> Callable[..., Any]:
    """Name a function after what it was made from: `grad(tanh)`."""
    made.__name__ = made.__qualname__ = f"{kind}({name_of(f)})"
    return made


def check_argnums(asked: str, f: Any, argnums: Any) -> None:
    """Refuse what is no function, or no number of an argument, before any call."""
    name = name_of(f)
    numbers = argnums if isinstance(argnums, tuple) else (argnums,)
    if len(set(map(repr, numbers))) < len(numbers):
        raise ShapeError(f"{asked}({name}, argnums) takes each number once: {argnums}")
    for number in numbers:
        if not isinstance(number, int) or isinstance(number, bool):
            raise OperandError(
                f"{asked}({name}, argnums) takes the number of an argument, or a tuple "
                f"of them, not {argnums!r}; call {asked}({name}) with the arguments"
            )


def selected(asked: str, args: Sequence[Any], argnums: Argnums) -> Any:
    """Return the argument, or the tuple of arguments, to differentiate by."""
    if isinstance(argnums, tuple):
        return tuple(selected(asked, args, number) for number in argnums)
    try:
        return args[argnums]
    except IndexError:
        raise ShapeError(
            f"{asked} is asked for the derivative by argument {argnums}, but the call "
            f"has {len(args)} positional argument{'s' * (len(args) != 1)}; they count "
            "from 0"
        ) from None


def replaced(args: Sequence[Any], argnums: Argnums, new: Any) -> list[Any]:
    """Return the arguments with new ones in place of those selected."""
    seated = list(args)
    if not isinstance(argnums, tuple):
        argnums, new = (argnums,), (new,)
    for number, argument in zip(argnums, new, strict=True):
        seated[number] = argument
    return seated


def place_of(argnums: Argnums, path: str) -> str:
    """Name a number of the arguments: `argument 0[3]`."""
    if isinstance(argnums, tuple):
        index, _, path = path[1:].partition("]")
        argnums = argnums[int(index)]
    return f"argument {argnums}{path}"
