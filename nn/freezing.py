"""Freezing: parameters that stay as they are while others learn.

No gradient flows into a frozen parameter, so no optimiser moves it, and the backward
pass below a frozen layer costs nothing. Fine-tuning keeps what a network has learnt on
one task and trains a new head on it (Yosinski et al. 2014).
"""

from collections.abc import Iterable
from typing import Any

from autograd_core import Value, zero_grad
from autograd_core.errors import OperandError

from .module import Module
from .nested import flat

__all__ = ["freeze", "unfreeze"]


def freeze(what: Module | Value | Iterable[Any]) -> list[Value]:
    """Stop parameters, or those of modules, from learning; return them.

    Lists may nest, and arrays of parameters will do. Gradients that they have are
    cleared. The running statistics of `BatchNorm1d` are no parameters: call its
    `eval()`, too, to hold them, and `fit` will not change that.

    >>> from nn import MLP
    >>> model = MLP(2, [3, 1], seed=0)
    >>> frozen = freeze(model.layers[0])
    >>> model([1.0, 2.0]).backward()
    >>> [p.grad != 0 for p in model.parameters()].count(True), len(frozen)
    (4, 9)
    """
    parameters = _parameters("freeze", what)
    for parameter in parameters:
        parameter.requires_grad = False
    zero_grad(parameters)
    return parameters


def unfreeze(what: Module | Value | Iterable[Any]) -> list[Value]:
    """Let parameters, or those of modules, learn again; return them.

    >>> from nn import MLP
    >>> model = MLP(2, [3, 1])
    >>> len(freeze(model)), len(unfreeze(model.layers[1]))
    (13, 4)
    >>> [p.requires_grad for p in model.parameters()].count(True)
    4
    """
    parameters = _parameters("unfreeze", what)
    for parameter in parameters:
        parameter.requires_grad = True
    return parameters


def _parameters(asked: str, what: Any) -> list[Value]:
    """Return every parameter once; what is no parameter is refused before any moves."""
    if isinstance(what, Module):
        return what.parameters()
    parameters: list[Value] = []
    for item in [what] if isinstance(what, Value) else _items(asked, what):
        if isinstance(item, Module):
            parameters += item.parameters()
        elif isinstance(item, Value) and item.is_leaf:
            parameters.append(item)
        else:
            raise _refused(asked, item)
    return list(dict.fromkeys(parameters))


def _items(asked: str, what: Any) -> list[Any]:
    if isinstance(what, Iterable) and not isinstance(what, str | dict):
        return list(flat(list(what)))
    raise _refused(asked, what)


def _refused(asked: str, item: Any) -> OperandError:
    return OperandError(
        f"{asked} takes a module, a parameter, or a list of them such as "
        f"model.layers[:2], not {item!r:.60} of type {type(item).__name__}"
    )
