"""A module as a function of its parameters, as derivatives and programs want it.

A module computes with the Values that it holds. To ask what it would compute with
others, such as parameters after a step that is itself to be differentiated, others are
put in their places for the time of one call.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from autograd_core import Value
from autograd_core.errors import OperandError, ShapeError, UnknownNameError

from .module import Module
from .nested import as_lists, flat, shape

__all__ = ["functional_call", "replaced"]


def functional_call(
    module: Module, parameters: Mapping[str, Any], *inputs: Any, **options: Any
) -> Any:
    """Call a module with these in place of its parameters of the same names.

    The names and nestings are those of `state_dict()`; numbers and Values are welcome,
    and a parameter that is not named is the module's own. The module is left as it was
    (PyTorch's `torch.func.functional_call`).

    >>> from autograd_core import grad
    >>> from nn import Linear
    >>> layer = Linear(2, 1, seed=0)
    >>> def loss(state):
    ...     (y,) = functional_call(layer, state, [3.0, -1.0])
    ...     return y * y
    >>> grad(loss)({"weight": [[1.0, 2.0]], "bias": [1.0]})
    {'weight': [[12.0, -4.0]], 'bias': [4.0]}
    """
    if not isinstance(module, Module) or not isinstance(parameters, Mapping):
        raise OperandError(
            "functional_call takes a module, a dict of parameters by their names, and "
            f"the module's inputs; got {module!r:.60} and {parameters!r:.60}"
        )
    tensors = module.tensors()
    seats: dict[Value, Any] = {}
    for name, given in parameters.items():
        if name not in tensors:
            raise UnknownNameError("parameter", name, tensors)
        if shape(given) != shape(tensors[name]):
            raise ShapeError(
                f"functional_call takes {name} of shape {shape(tensors[name])}; got "
                f"{shape(given)}"
            )
        seats.update(zip(flat(tensors[name]), flat(given), strict=True))
    with replaced(module, seats):
        return module(*inputs, **options)


@contextmanager
def replaced(module: Module, seats: Mapping[Value, Any]) -> Iterator[None]:
    """Let a module hold others in place of some of its Values, for a while."""
    held: list[tuple[dict[str, Any], str, Any]] = []
    try:
        for part in module.modules():
            attributes = vars(part)  # past __setattr__, which names what is assigned
            for name, attribute in list(attributes.items()):
                if not name.startswith("_") and _holds_values(attribute):
                    held.append((attributes, name, attribute))
                    attributes[name] = _with(attribute, seats)
        yield
    finally:
        for attributes, name, attribute in held:
            attributes[name] = attribute


def _holds_values(attribute: Any) -> bool:
    item = as_lists(attribute)
    while isinstance(item, list | tuple) and item:
        item = item[0]
    return isinstance(item, Value)


def _with(attribute: Any, seats: Mapping[Value, Any]) -> Any:
    items = as_lists(attribute)
    if isinstance(items, Value):
        return seats.get(items, items)
    parts: Sequence[Any] = [_with(item, seats) for item in items]
    return parts
