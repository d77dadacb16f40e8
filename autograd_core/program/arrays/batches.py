"""Programs over arrays as functions of nested structures of arrays.

An argument's rectangular parts are arrays to the program; what comes back has the
structure of the arguments and of the result, with arrays for their rectangular parts.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from ...arguments import Argnums, selected
from ...errors import OperandError, ShapeError
from ...real import described
from ...trees import is_leaf, leaves_of
from ..instructions import Instructions
from ..replay import Replay, guard_failed
from ..simplify import simplified
from .code import ArrayCode, Parameter, write_arrays

__all__ = ["Batched"]


class Batched:
    """A program over arrays; `batched` tells for each argument whether it has examples.

    Its results are the engine's to rounding. Where a result is not finite, it is
    computed again one number at a time, so that it is the engine's exactly.
    """

    def __init__(self, program: Any, in_axes: Any = 0) -> None:
        """Simplify the program; array code is written when it is first called."""
        self.program = program
        self.batched = _axes(program, in_axes)
        self.code: Instructions = simplified(program.code)
        self._replay: Replay | None = None
        self._written: dict[Any, ArrayCode] = {}
        self._parts = {
            name: list(_rectangles(example, name))
            for name, example in program.arguments.items()
        }

    def __len__(self) -> int:
        return len(self.code)

    def __repr__(self) -> str:
        names = [
            f"{name}[many]" if many else name
            for name, many in zip(self.program.arguments, self.batched, strict=True)
        ]
        call = f"{self.program.name}({', '.join(names)})"
        return f"<{call} over arrays: {len(self):,} operations>"

    @property
    def source(self) -> str:
        """The forward and the backward pass by the first argument, as numpy code."""
        return self._array_code(frozenset([0])).source

    def __call__(self, *args: Any) -> Any:
        """Compute the result; examples, if there are many, are its first axis."""
        arrays = self._arrays(args)
        with np.errstate(all="ignore"):
            outputs, guards = self._array_code(None).run(*arrays)
        self._check(guards)
        if not np.isfinite(outputs).all():
            outputs, _ = self._one_by_one(arrays, backward=False)
        return self._structured(outputs)

    def value_and_grad(self, *args: Any, argnums: Argnums = 0) -> tuple[Any, Any]:
        """Return the one number, or one an example, and its gradient by an argument.

        Gradients by an argument that all examples share are summed over them.
        """
        self.program.require_one_number()
        arrays = self._arrays(args)
        wanted = argnums if isinstance(argnums, tuple) else (argnums,)
        selected("value_and_grad", args, argnums)
        wanted = tuple([number % len(args) for number in wanted])
        with np.errstate(all="ignore"):
            code = self._array_code(frozenset(wanted))
            outputs, guards, gradients = code.run(*arrays)
            finite = np.isfinite(outputs).all()
            finite = finite and all(np.isfinite(g).all() for g in gradients)
        self._check(guards)
        if not finite:
            outputs, everything = self._one_by_one(arrays, backward=True)
            flags = [p.wanted for p in self._parameters(frozenset(wanted))]
            gradients = [g for g, flag in zip(everything, flags, strict=True) if flag]
        found = iter(gradients)
        by_argument = {
            number: _filled(example, found)
            for number, example in enumerate(self.program.arguments.values())
            if number in wanted
        }
        one = by_argument[wanted[0]]
        several = tuple([by_argument[number] for number in wanted])
        value = self._structured(outputs)
        return value, several if isinstance(argnums, tuple) else one

    # --- code -------------------------------------------------------------------
    def _array_code(self, wanted: frozenset[int] | None) -> ArrayCode:
        if wanted not in self._written:
            self._written[wanted] = write_arrays(
                self.code, self._parameters(wanted), backward=wanted is not None
            )
        return self._written[wanted]

    def _parameters(self, wanted: frozenset[int] | None) -> list[Parameter]:
        found = []
        for number, (parts, many) in enumerate(
            zip(self._parts.values(), self.batched, strict=True)
        ):
            asked = wanted is not None and number in wanted
            found += [Parameter(name, shape, many, asked) for name, shape in parts]
        captured = len(self.program.captured)
        if captured:
            found.append(Parameter("captured", (captured,), False, False))
        return found

    # --- numbers ----------------------------------------------------------------
    def _arrays(self, args: Sequence[Any]) -> list[Any]:
        self.program.check_count(args)
        arrays: list[Any] = []
        count: tuple[str, int] | None = None
        pairs = zip(self.program.arguments.items(), args, self.batched, strict=True)
        for (name, example), argument, many in pairs:
            parts = _parts_of(example, argument, name)
            for (path, shape), part in zip(self._parts[name], parts, strict=True):
                array = _array(part, path, shape, many, self.program.name)
                if many:
                    count = count or (path, len(array))
                    if len(array) != count[1]:
                        raise ShapeError(
                            f"{self.program.name} takes as many examples in each "
                            f"argument; {count[0]} has {count[1]}, {path} {len(array)}"
                        )
                arrays.append(array)
        if self.program.captured:
            arrays.append(np.array([leaf.data for leaf in self.program.captured]))
        return arrays

    def _check(self, found: Any) -> None:
        """Raise for the first guard that some example answers otherwise."""
        for i, (_, guard) in enumerate(self.code.guards):
            if np.any((found[..., i] != 0.0) != guard.held):
                raise guard_failed(guard)

    def _structured(self, outputs: Any) -> Any:
        leaves = np.moveaxis(outputs, -1, 0)
        if is_leaf(self.program.result):
            return float(leaves[0]) if not leaves[0].ndim else leaves[0]
        found = iter(leaves)
        return _filled_by_numbers(self.program.result, found)

    def _one_by_one(
        self, arrays: Sequence[Any], *, backward: bool
    ) -> tuple[Any, list[Any]]:
        """Compute everything as the engine would, one example after the other."""
        if self._replay is None:
            self._replay = Replay(self.code)
        parameters = self._parameters(frozenset())
        count = max(
            [len(a) for a, p in zip(arrays, parameters, strict=True) if p.batched],
            default=1,
        )
        gradients = [np.zeros(a.shape) for a in arrays]
        outputs = []
        for i in range(count):
            rows = [
                a[i] if p.batched else a
                for a, p in zip(arrays, parameters, strict=True)
            ]
            numbers = [x for row in rows for x in np.ravel(row).tolist()]
            values = self._replay.forward(numbers)
            outputs.append(self._replay.outputs(values))
            if backward:
                self._add(gradients, parameters, self._replay.backward(values), i)
        many = any(self.batched)
        return np.array(outputs if many else outputs[0]), gradients

    def _add(self, gradients: Any, parameters: Any, found: list[float], i: int) -> None:
        start = 0
        for gradient, parameter in zip(gradients, parameters, strict=True):
            part = np.reshape(found[start : start + parameter.size], parameter.shape)
            if parameter.batched:
                gradient[i] += part
            else:
                gradient += part
            start += parameter.size


def _axes(program: Any, in_axes: Any) -> list[bool]:
    count = len(program.arguments)
    axes = in_axes if isinstance(in_axes, tuple | list) else (in_axes,) * count
    if len(axes) != count or any(a not in (0, None) for a in axes):
        raise ShapeError(
            f"batch(in_axes) takes 0 (examples along the first axis) or None (shared), "
            f"one for all or one for each of {count} arguments; got {in_axes!r}"
        )
    return [a == 0 and a is not False for a in axes]


def _rectangles(tree: Any, name: str) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Yield a name and a shape for each rectangular part of an argument."""
    shape = _shape(tree)
    if shape is not None:
        yield name, shape
    else:
        items = tree.items() if isinstance(tree, dict) else enumerate(tree)
        for key, item in items:
            word = "".join(c if c.isalnum() else "_" for c in str(key))
            yield from _rectangles(item, f"{name}_{word}")


def _shape(tree: Any) -> tuple[int, ...] | None:
    """Return the shape of nested sequences of numbers, None where it has none."""
    if is_leaf(tree):
        return ()
    if isinstance(tree, dict):
        return None
    inner = {_shape(item) for item in tree}
    if len(inner) != 1 or None in inner:
        return (0,) if not len(tree) else None
    (one,) = inner
    assert one is not None
    return (len(tree), *one)


def _parts_of(example: Any, argument: Any, path: str) -> list[Any]:
    """Return the rectangular parts of an argument, in the order of the example's."""
    if _shape(example) is not None:
        return [argument]
    fits = isinstance(argument, dict) == isinstance(example, dict)
    fits = fits and not is_leaf(argument) and len(argument) == len(example)
    if not fits or (isinstance(example, dict) and argument.keys() != example.keys()):
        raise ShapeError(
            f"{path} must have the structure it was traced with, a "
            f"{type(example).__name__} of {len(example)}; got {described(argument)}"
        )
    keys = example.keys() if isinstance(example, dict) else range(len(example))
    return [
        p for k in keys for p in _parts_of(example[k], argument[k], f"{path}[{k!r}]")
    ]


def _array(part: Any, path: str, shape: tuple[int, ...], many: bool, name: str) -> Any:
    try:
        array = np.asarray(part)
    except ValueError:
        array = np.asarray(part, dtype=object)
    if array.dtype.kind not in "biuf":
        leaves = leaves_of(part) if array.dtype.kind == "O" else [part]
        odd = next((x for x in leaves if not isinstance(x, int | float)), part)
        raise OperandError(f"{path} of {name} takes real numbers; got {described(odd)}")
    found = array.shape[1:] if many else array.shape
    if (many and not array.ndim) or found != shape:
        wanted = f"({', '.join(['count'] * many + [str(n) for n in shape])})"
        raise ShapeError(
            f"{path} of {name} takes an array of shape {wanted}; got {array.shape}"
        )
    if many and not len(array):
        raise ShapeError(f"{path} of {name} takes at least one example; got none")
    return array.astype(float, copy=False)


def _filled(tree: Any, arrays: Iterator[Any]) -> Any:
    """Return a structure with an array in place of each rectangular part."""
    if _shape(tree) is not None:
        array = next(arrays)
        return array if np.ndim(array) else float(array)
    if isinstance(tree, dict):
        return {key: _filled(item, arrays) for key, item in tree.items()}
    return type(tree)([_filled(item, arrays) for item in tree])


def _filled_by_numbers(tree: Any, numbers: Iterator[Any]) -> Any:
    shape = _shape(tree)
    if shape is not None:
        count = int(np.prod(shape, dtype=int))
        whole = np.stack([next(numbers) for _ in range(count)], axis=-1)
        whole = whole.reshape(*whole.shape[:-1], *shape)
        return whole if whole.ndim else float(whole)
    if isinstance(tree, dict):
        return {key: _filled_by_numbers(item, numbers) for key, item in tree.items()}
    return type(tree)([_filled_by_numbers(item, numbers) for item in tree])
