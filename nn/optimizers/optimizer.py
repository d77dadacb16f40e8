"""The shell around transformations: gradients in, moved parameters out."""

from collections.abc import Callable, Iterable
from typing import Any

from autograd_core import Value, zero_grad
from autograd_core.errors import OperandError, ShapeError

from ..transformations import Transformation
from .groups import Group, check_group, described_groups
from .states import checked_keys, decoded, encoded

__all__ = ["Optimizer", "checked_loss"]


class Optimizer:
    """Move parameters by -lr times what a transformation makes of their gradients.

    `params` is a list of leaf `Value`s, nested lists and arrays of them too, or of
    PyTorch's groups, such as `{"params": layer.parameters(), "lr": 0.01}`, which may
    set the rate and, of the optimisers with a name, every other option.

    A parameter that needs no gradient, or has none since `zero_grad()`, stays where it
    is, and so does its state: no momentum moves it and no decay shrinks it.

    >>> from nn import momentum
    >>> x = Value(3.0)
    >>> optimizer = Optimizer([x], momentum(0.9), lr=0.1)
    >>> (x * x).backward()
    >>> optimizer.step()
    >>> round(x.data, 12)
    2.4
    """

    def __init__(
        self,
        params: Iterable[Any],
        transformation: Transformation | Callable[..., Transformation],
        lr: float,
    ) -> None:
        """Remember the parameters and make the transformation's first state."""
        self.param_groups: list[Group] = []
        self._defaults = {"transformation": transformation, "lr": lr}
        for group in described_groups(params):
            self.add_param_group(group)

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """Take on more parameters, such as those of a layer that was frozen so far."""
        check_group(param_group)
        group = Group(**{**self._defaults, **param_group})
        seen = set(self.parameters)
        for parameter in group.params:
            if parameter in seen:
                raise OperandError(
                    f"an optimiser takes each parameter once; {parameter!r} is there "
                    "twice"
                )
            seen.add(parameter)
        self.param_groups.append(group)

    @property
    def parameters(self) -> list[Value]:
        """The parameters of all groups."""
        return [p for group in self.param_groups for p in group.params]

    @property
    def lr(self) -> float:
        """The rate of the first group; assigning it sets that of every group."""
        return self.param_groups[0].lr

    @lr.setter
    def lr(self, lr: float) -> None:
        for group in self.param_groups:
            group.lr = lr

    @property
    def state(self) -> Any:
        """The state of the first group's transformation."""
        return self.param_groups[0].state

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Clear the gradients of the parameters, or set them to 0.

        A parameter of which the next loss makes no use is then left out of the step,
        or takes part with gradient 0. Only the latter is what PyTorch does to the rows
        of an embedding, which are one tensor there.
        """
        if set_to_none:
            zero_grad(self.parameters)
        else:
            for parameter in self.parameters:
                parameter.grad = 0.0

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Move every parameter that has a gradient once.

        A `closure` is called first; it computes the loss, goes backward and returns
        the loss, and so does this method.
        """
        loss = None if closure is None else checked_loss(closure)
        moves = [group.move() for group in self.param_groups]
        for group, (movers, moved, state) in zip(self.param_groups, moves, strict=True):
            for parameter, data in zip(movers, moved, strict=True):
                parameter.data = data
            group.state = state
        return loss

    def state_dict(self) -> dict[str, Any]:
        """Return rates, options and states, in lists and numbers that JSON can hold.

        >>> from nn import momentum
        >>> Optimizer([Value(3.0)], momentum(0.9), lr=0.1).state_dict()["state"]
        [[None]]
        """
        return {
            "state": [encoded(group.state) for group in self.param_groups],
            "param_groups": [group.describe() for group in self.param_groups],
        }

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on where another optimiser of the same kind was; on an error, change none.

        Training that is resumed so takes the very steps it would have taken.
        """
        checked_keys(state_dict, list(self.state_dict()), "an optimiser's state")
        loaded = []
        for name in ("state", "param_groups"):
            entries = state_dict[name]
            if not isinstance(entries, list) or len(entries) != len(self.param_groups):
                raise ShapeError(
                    f"{name} takes one entry for each of {len(self.param_groups)} "
                    f"groups; the state has {entries!r:.60}"
                )
        for i, group in enumerate(self.param_groups):
            described = state_dict["param_groups"][i]
            rates = group.checked_rates(described, f"param_groups[{i}]")
            saved = state_dict["state"][i]
            loaded.append((*rates, self._read(group, saved, f"state[{i}]")))
        for group, (lr, initial_lr, state) in zip(
            self.param_groups, loaded, strict=True
        ):
            group.lr, group.initial_lr, group.state = lr, initial_lr, state

    def _read(self, group: Group, saved: Any, where: str) -> Any:
        """Return the saved state of a group, in the shape of its first one."""
        first = group.transformation.init([p.data for p in group.params])
        return decoded(first, saved, where)

    def __repr__(self) -> str:
        options = [f"lr={self.lr!r}"]
        options += [f"{k}={v!r}" for k, v in self.param_groups[0].options.items()]
        return f"{type(self).__name__}({', '.join(options)})"


def checked_loss(closure: Callable[[], Any]) -> Value:
    """Return what a closure returns, which must be the loss."""
    if not callable(closure):
        raise OperandError(f"step(closure) takes a function, not {closure!r:.60}")
    loss = closure()
    if isinstance(loss, Value):
        return loss
    raise OperandError(
        "step(closure) takes a function that returns the loss, one Value; it returned "
        f"{loss!r:.60}"
    )
