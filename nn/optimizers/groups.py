"""Parameters that share a rate and a transformation.

Most optimisers have one group. Several serve fine-tuning, where the layers below move
more slowly, and weight decay that spares the biases.
"""

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from autograd_core import Value
from autograd_core.errors import OperandError, ShapeError, UnknownNameError

from ..hyperparameters import between
from ..nested import flat
from ..transformations import Transformation
from .states import checked_keys, encoded, merged, selected

__all__ = ["Group", "Move", "check_group", "described_groups"]

Move = tuple[list[Value], list[float], Any]  # who moves, where to, and the next state


class Group:
    """Some parameters, their `lr`, their transformation's options and its state."""

    def __init__(
        self, params: Iterable[Value], transformation: Any, lr: Any, **options: Any
    ) -> None:
        """Make the transformation, if `transformation` is a function of options."""
        self.params = _checked(params)
        self.lr = lr
        self.initial_lr: float | None = None  # the rate that a schedule scales
        self.options: dict[str, Any] = {}
        if not isinstance(transformation, Transformation):
            transformation, self.options = _made(transformation, options)
        elif options:
            raise UnknownNameError("option of a group", next(iter(options)), ["lr"])
        self.transformation: Transformation = transformation
        self.state = self.transformation.init([p.data for p in self.params])

    @property
    def lr(self) -> float:
        """The learning rate, which may change between steps."""
        return self._lr

    @lr.setter
    def lr(self, lr: Any) -> None:
        self._lr = between("lr", lr, 0.0)

    def move(self) -> Move:
        """Work out one step of the parameters that have a gradient, and change none."""
        params = self.params
        places = [i for i, p in enumerate(params) if p.requires_grad and p.has_grad]
        everyone = len(places) == len(params)
        movers = params if everyone else [params[i] for i in places]
        state = self.state if everyone else selected(self.state, places)
        data = [p.data for p in movers]
        gradients = [p.grad for p in movers]
        updates, state = self.transformation.apply(gradients, state, data)
        if len(updates) != len(data):
            raise ShapeError(
                f"the transformation made {len(updates)} updates of {len(data)} "
                "gradients; it takes one for each"
            )
        lr = self._lr
        moved = [x - lr * u for x, u in zip(data, updates, strict=True)]
        return movers, moved, state if everyone else merged(self.state, state, places)

    def describe(self) -> dict[str, Any]:
        """Return the rates and options of the group as JSON holds them."""
        options = {name: encoded(option) for name, option in self.options.items()}
        return {
            "lr": self.lr,
            "initial_lr": self.initial_lr,
            **options,
            "params": len(self.params),
        }

    def checked_rates(self, saved: Any, where: str) -> tuple[float, float | None]:
        """Return the rates of a description that fits this group."""
        own = self.describe()
        checked_keys(saved, list(own), where)
        for name in own.keys() - {"lr", "initial_lr"}:
            if saved[name] != own[name]:
                raise ShapeError(
                    f"{where}[{name!r}] is {saved[name]!r} in the state and "
                    f"{own[name]!r} in this optimiser; make it as it was when saved"
                )
        lr = between(f"{where}['lr']", saved["lr"], 0.0)
        initial = saved["initial_lr"]
        if initial is not None:
            initial = between(f"{where}['initial_lr']", initial, 0.0)
        return lr, initial


def described_groups(params: Any) -> list[dict[str, Any]]:
    """Return PyTorch's list of dicts: one of them, or all that were given.

    >>> described_groups([{"params": [], "lr": 0.1}])
    [{'params': [], 'lr': 0.1}]
    """
    listed = isinstance(params, Iterable) and not isinstance(params, str)
    given = list(params) if listed else params
    if not isinstance(given, list) or not any(isinstance(g, dict) for g in given):
        return [{"params": given}]
    for group in given:
        check_group(group)
    return given


def check_group(group: Any) -> None:
    """Refuse what is no dict of parameters and options."""
    if not isinstance(group, dict) or "params" not in group:
        raise OperandError(
            'an optimiser takes groups such as {"params": layer.parameters(), "lr": '
            f"0.1}}, of which {group!r:.60} is none"
        )


def _made(
    transformation: Callable[..., Transformation], options: dict[str, Any]
) -> tuple[Transformation, dict[str, Any]]:
    """Call a function of options, in which a group may replace the optimiser's."""
    if not callable(transformation) or isinstance(transformation, type):
        raise _no_transformation(transformation)
    known = transformation.keywords if isinstance(transformation, partial) else {}
    for name in options:
        if name not in known:
            raise UnknownNameError("option of a group", name, [*known, "lr"])
    made = transformation(**options)
    if not isinstance(made, Transformation):
        raise _no_transformation(made)
    return made, {**known, **options}


def _no_transformation(found: Any) -> OperandError:
    return OperandError(
        "an optimiser takes a transformation such as nn.momentum(0.9), or a function "
        f"of options that makes one, not {found!r:.60}; those with a name, such as "
        "nn.Adam, are optimisers themselves"
    )


def _checked(candidates: Any) -> list[Value]:
    if isinstance(candidates, Value | str) or not isinstance(candidates, Iterable):
        raise OperandError(
            "an optimiser takes a list of parameters such as model.parameters(), not "
            f"{candidates!r:.60}"
        )
    parameters = list(flat(list(candidates)))
    for parameter in parameters:
        if not isinstance(parameter, Value) or not parameter.is_leaf:
            raise OperandError(
                f"an optimiser takes leaf Values as parameters, not {parameter!r:.60}"
            )
    if not parameters:
        raise ShapeError("an optimiser takes at least one parameter; got none")
    return parameters
