"""Programs over arrays as functions of nested structures of arrays.

An argument's rectangular parts are arrays to the program; what comes back has the
structure of the arguments and of the result, with arrays for their rectangular parts.
"""

from collections.abc import Sequence
from math import isfinite
from typing import Any

import numpy as np

from ...arguments import Argnums, check_argnums, selected
from ...errors import ShapeError
from ..instructions import Instructions
from ..replay import guard_failed
from ..simplify import simplified
from .code import ArrayCode, Parameter, write_arrays
from .structure import as_array, packer, parts, parts_of, skeleton, unpacker

__all__ = ["Batched"]


class Batched:
    """A program over arrays; `batched` tells for each argument whether it has examples.

    Its results are the engine's to rounding. Where one is not finite, all are computed
    again one number at a time, so that inf and nan are where the engine has them.
    """

    def __init__(self, program: Any, in_axes: Any = 0) -> None:
        """Simplify the program; array code is written when it is first called."""
        self.program = program
        self.batched = _axes(program, in_axes)
        self.code: Instructions = simplified(program.code)
        self._written: dict[Any, ArrayCode] = {}
        self._bones = [skeleton(x, name) for name, x in program.arguments.items()]
        self._parts = [list(parts(bones)) for bones in self._bones]
        self._unpack = [unpacker(bones) for bones in self._bones]
        self._pack = [packer(bones) for bones in self._bones]
        result = skeleton(program.result, "result")
        self._results = [(int(np.prod(p.shape)), p.shape) for p in parts(result)]
        self._pack_result = packer(result)

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
            finite = _finite(outputs)
        self._check(guards)
        if not finite:
            outputs, _ = self._one_by_one(arrays, backward=False)
        return self._structured(outputs)

    def value_and_grad(self, *args: Any, argnums: Argnums = 0) -> tuple[Any, Any]:
        """Return the one number, or one an example, and its gradient by an argument.

        Gradients by an argument that all examples share are summed over them.
        """
        self.program.require_one_number()
        arrays = self._arrays(args)
        wanted = argnums if isinstance(argnums, tuple) else (argnums,)
        check_argnums("value_and_grad", self.program, argnums)
        selected("value_and_grad", args, argnums)
        wanted = tuple([number % len(args) for number in wanted])
        with np.errstate(all="ignore"):
            code = self._array_code(frozenset(wanted))
            outputs, guards, gradients = code.run(*arrays)
            finite = _finite(outputs) and all(map(_finite, gradients))
        self._check(guards)
        if not finite:
            outputs, everything = self._one_by_one(arrays, backward=True)
            flags = [p.wanted for p in self._parameters(frozenset(wanted))]
            gradients = [g for g, flag in zip(everything, flags, strict=True) if flag]
        found, by_argument = iter(gradients), {}
        for n in sorted(set(wanted)):
            own = [_plain(next(found)) for _ in self._parts[n]]
            by_argument[n] = self._pack[n](own)
        several = tuple([by_argument[number] for number in wanted])
        value = self._structured(outputs)
        return value, several if isinstance(argnums, tuple) else several[0]

    # --- code -------------------------------------------------------------------
    def _array_code(self, wanted: frozenset[int] | None) -> ArrayCode:
        if wanted not in self._written:
            self._written[wanted] = write_arrays(
                self.code, self._parameters(wanted), backward=wanted is not None
            )
        return self._written[wanted]

    def _parameters(self, wanted: frozenset[int] | None) -> list[Parameter]:
        found = []
        for number, many in enumerate(self.batched):
            asked = wanted is not None and number in wanted
            for part in self._parts[number]:
                found.append(Parameter(part.name, part.shape, many, asked))
        captured = len(self.program.captured)
        if captured:
            found.append(Parameter("captured", (captured,), False, False))
        return found

    # --- numbers ----------------------------------------------------------------
    def _arrays(self, args: Sequence[Any]) -> list[Any]:
        self.program.check_count(args)
        arrays: list[Any] = []
        counts: dict[int, str] = {}
        for i, (argument, many) in enumerate(zip(args, self.batched, strict=True)):
            own = self._parts[i]
            found = self._unpack[i](argument)
            if found is None:
                name = list(self.program.arguments)[i]
                found = parts_of(self._bones[i], argument, name)
            for part, given in zip(own, found, strict=True):
                arrays.append(as_array(given, part, many, self.program.name))
                if many:
                    counts.setdefault(len(arrays[-1]), part.name)
        if len(counts) > 1:
            lengths = ", ".join(f"{name} has {n}" for n, name in counts.items())
            raise ShapeError(
                f"{self.program.name} takes as many examples in each argument: "
                f"{lengths}"
            )
        if self.program.captured:
            arrays.append(np.array([leaf.data for leaf in self.program.captured]))
        return arrays

    def _check(self, found: Any) -> None:
        """Raise for the first guard that some example answers otherwise."""
        for i, (_, guard) in enumerate(self.code.guards):
            if np.any((found[..., i] != 0.0) != guard.held):
                raise guard_failed(guard)

    def _structured(self, outputs: Any) -> Any:
        """Return the numbers of the result in its structure."""
        arrays, start = [], 0
        for size, shape in self._results:
            own = outputs[..., start : start + size]
            arrays.append(_plain(own.reshape(outputs.shape[:-1] + shape)))
            start += size
        return self._pack_result(arrays)

    def _one_by_one(
        self, arrays: Sequence[Any], *, backward: bool
    ) -> tuple[Any, list[Any]]:
        """Compute everything as the engine would, one example after the other."""
        replay = self.program.replay
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
            values = replay.forward(numbers)
            outputs.append(replay.outputs(values))
            if backward:
                self._add(gradients, parameters, replay.backward(values), i)
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


def _plain(array: Any) -> Any:
    return array if array.shape else float(array)


def _finite(array: Any) -> bool:
    """Tell whether all numbers are finite, most often by the sum of their squares."""
    flat = array.reshape(-1)
    return isfinite(flat @ flat) or bool(np.isfinite(flat).all())


def _axes(program: Any, in_axes: Any) -> list[bool]:
    count = len(program.arguments)
    axes = in_axes if isinstance(in_axes, tuple | list) else (in_axes,) * count
    if len(axes) != count or any(a not in (0, None) for a in axes):
        raise ShapeError(
            f"batch(in_axes) takes 0 (examples along the first axis) or None (shared), "
            f"one for all or one for each of {count} arguments; got {in_axes!r}"
        )
    return [a == 0 and a is not False for a in axes]
