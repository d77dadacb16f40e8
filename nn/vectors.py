"""A model as one flat vector of weights and one of biases, and back.

Textbooks write all weights of a network as one vector and all biases as another, and
general-purpose minimisers want the whole as one list of numbers. The order is that of
`named_parameters()`: layer by layer, a unit after the other, its weights in the order
of its inputs. What is called a bias is a bias; every other parameter is a weight, so
each stands in exactly one of the two vectors.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from autograd_core import Value
from autograd_core.errors import OperandError, ShapeError

from .module import Module
from .nested import assign, flat, numbers, shape

__all__ = [
    "biases_to_vector",
    "parameters_to_vector",
    "vector_to_biases",
    "vector_to_parameters",
    "vector_to_weights",
    "weights_to_vector",
]


def weights_to_vector(model: Module) -> list[float]:
    """Return every weight of a model as one list of numbers.

    >>> from nn import MLP
    >>> model = MLP(3, [4, 2], seed=0)
    >>> len(weights_to_vector(model)), len(biases_to_vector(model))
    (20, 6)
    """
    return parameters_to_vector(_weights("weights_to_vector", model))


def biases_to_vector(model: Module) -> list[float]:
    """Return every bias of a model as one list of numbers.

    >>> from nn import MLP
    >>> biases_to_vector(MLP(3, [4, 2], seed=0))
    [0.0, 0.0, 0.0, 0.0, 0.0, 0.0]
    """
    return parameters_to_vector(_biases("biases_to_vector", model))


def vector_to_weights(vector: Any, model: Module) -> None:
    """Set every weight of a model from such a list; the biases stay.

    >>> from nn import MLP
    >>> model = MLP(2, [1], seed=0)
    >>> vector_to_weights([0.5, -0.5], model)
    >>> model.state_dict()["layers.0.weight"]
    [[0.5, -0.5]]
    """
    _fill("vector_to_weights", "weights", vector, _weights("vector_to_weights", model))


def vector_to_biases(vector: Any, model: Module) -> None:
    """Set every bias of a model from such a list; the weights stay.

    >>> from nn import MLP
    >>> model = MLP(2, [1], seed=0)
    >>> vector_to_biases([0.5], model)
    >>> model.state_dict()["layers.0.bias"]
    [0.5]
    """
    _fill("vector_to_biases", "biases", vector, _biases("vector_to_biases", model))


def parameters_to_vector(parameters: Iterable[Value]) -> list[float]:
    """Return the numbers of parameters, such as `model.parameters()`, as one list.

    >>> parameters_to_vector([Value(1.0), Value(2.0)])
    [1.0, 2.0]
    """
    return [p.data for p in _checked("parameters_to_vector", parameters)]


def vector_to_parameters(vector: Any, parameters: Iterable[Value]) -> None:
    """Set parameters, such as `model.parameters()`, from one list of numbers.

    >>> x, y = Value(0.0), Value(0.0)
    >>> vector_to_parameters([1.0, 2.0], [x, y])
    >>> x.data, y.data
    (1.0, 2.0)
    """
    checked = _checked("vector_to_parameters", parameters)
    _fill("vector_to_parameters", "parameters", vector, checked)


def _fill(name: str, kind: str, vector: Any, parameters: list[Value]) -> None:
    """Set all parameters or, where the vector does not fit, none."""
    if shape(vector) != (len(parameters),):
        raise ShapeError(
            f"{name} takes one flat list of {len(parameters)} numbers, one for each of "
            f"the {kind}; got shape {shape(vector)}"
        )
    assign(parameters, numbers(vector))


def _weights(name: str, model: Module) -> list[Value]:
    return [p for path, p in _named(name, model) if not _is_bias(path)]


def _biases(name: str, model: Module) -> list[Value]:
    return [p for path, p in _named(name, model) if _is_bias(path)]


def _named(name: str, model: Any) -> Iterator[tuple[str, Value]]:
    if not isinstance(model, Module):
        raise OperandError(f"{name} takes a Module, not {model!r:.60}")
    return model.named_parameters()


def _is_bias(path: str) -> bool:
    attribute = path.rpartition(".")[2]
    return "bias" in attribute  # also bias_ih and in_proj_bias, as PyTorch calls them


def _checked(name: str, parameters: Any) -> list[Value]:
    given = list(parameters) if isinstance(parameters, Iterable) else parameters
    checked = list(flat(given))
    for parameter in checked:
        if not isinstance(parameter, Value):
            raise OperandError(
                f"{name} takes parameters such as model.parameters(), not "
                f"{parameter!r:.60}"
            )
    return checked
