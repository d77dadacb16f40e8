"""Steps of training by programs: traced once for each shape of batch, then replayed.

The loss of a batch is traced as a function of the model's numbers, the inputs and the
targets, and computed over arrays with its gradient. The gradients are put on the
parameters, so that everything else of a step, the optimiser above all, is the same. A
program sees no random draws and keeps no statistics: a model that needs either, in
training, cannot be compiled.
"""

from collections.abc import Sequence
from math import isfinite
from random import Random
from typing import Any

from autograd_core import Value, jit
from autograd_core.errors import OperandError

from .evaluation import outputs_of
from .module import Module
from .nested import flat
from .stateless import replaced
from .steps import Place, StepTaker

__all__ = ["CompiledStepTaker"]


class CompiledStepTaker(StepTaker):
    """A `StepTaker` whose losses and gradients come from programs.

    Callbacks get the loss as a Value without a graph.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        """Refuse what a program cannot do, before anything is trained."""
        super().__init__(*args, **options)
        if self.anomalies:
            raise OperandError(
                "detect_anomaly looks at each operation, which engine='compiled' does "
                "not make; take engine='eager'"
            )
        _check(self.model)
        self._parameters = self.model.parameters()
        self._jitted = jit(self._traced, arrays=True)
        self._reached: dict[Any, list[bool]] = {}

    def _traced(self, state: list[Any], xs: Any, ys: Any) -> Any:
        """Compute the loss of the model with these numbers in place of its own."""
        seats = dict(zip(self._parameters, state, strict=True))
        with replaced(self.model, seats):
            return self.loss(outputs_of(self.model, xs, self.batched), ys)

    def _loss(
        self, xs: Sequence[Any], ys: Sequence[Any], place: Place, *, finite: bool
    ) -> Value:
        state = [p.data for p in self._parameters]
        number, gradient = self._jitted.value_and_grad(state, list(xs), list(ys))
        if finite and not isfinite(number):
            super()._loss(list(xs), list(ys), place, finite=True)  # says where it began
        program = self._jitted.last
        if program not in self._reached:
            self._reached[program] = program.used[0]
        found = zip(
            self._parameters, gradient.tolist(), self._reached[program], strict=True
        )
        for parameter, slope, is_reached in found:
            if is_reached and parameter.requires_grad:
                parameter.grad = slope  # which the step has just cleared
        return Value(number, label="loss")


def _check(model: Module) -> None:
    """Refuse modules that draw numbers or keep some that are not learnt."""
    for path, module in model.named_modules():
        held = [a for a in vars(module).values() if isinstance(a, Random)]
        idle = getattr(module, "p", None) == 0
        if held and not idle:
            raise OperandError(
                f"engine='compiled' cannot train {module!r} at {path!r}: its random "
                "draws would be the same in every step; take engine='eager'"
            )
    learnt = set(model.parameters())
    for name, tensor in model.tensors().items():
        if any(isinstance(v, Value) and v not in learnt for v in flat(tensor)):
            raise OperandError(
                f"engine='compiled' cannot train {name!r}, which the model keeps count "
                "of without learning it; take engine='eager'"
            )
