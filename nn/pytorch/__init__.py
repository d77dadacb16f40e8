"""A model as PyTorch has it: the same layers, the same names, the same numbers.

What a model of scalar nodes has learnt goes on where speed or other tools are needed.
PyTorch is imported when a model is handed over.
"""

from typing import Any

from autograd_core.errors import GraphError, MissingExtraError, OperandError

from ..module import Module
from ..nested import flat
from .twins import Twins

__all__ = ["to_torch"]


def to_torch(model: Module) -> Any:
    """Return the equivalent `torch.nn.Module`, in double precision.

    Its `state_dict` has the names and numbers of the model's, its modules are in the
    model's training or evaluation mode, frozen parameters need no gradient, and what
    stands in the model twice is one module, or one parameter, here too. It takes
    tensors of the shapes that the model takes as nested lists, examples along the first
    axis:

    - Linear, Layer, MLP, LayerNorm, RMSNorm: (..., n); an MLP that ends in one number
      gives (...), without an axis for it; BatchNorm1d and the cells: (N, n);
    - Conv2d, MaxPool2d, AvgPool2d: (N, channels, rows, columns);
    - Embedding: (...) whole numbers; CausalSelfAttention: (..., positions, n);
    - RNN, LSTM, GRU: (N, steps, n), where the model itself takes one sequence; states
      are (layers, N, hidden). MultiheadAttention: (N, positions, n), with weights
      (N, heads, queries, keys).

    All but BatchNorm1d in training take one example as well, without the first axis;
    of batches `softmax` and `log_softmax` look at the last axis. Two differences are
    PyTorch's: `Dropout` draws from another generator, and of equal pixels in a window
    of MaxPool2d the first gets all of the gradient. Keep the twin by its `state_dict`.
    """
    if not isinstance(model, Module):
        raise OperandError(f"to_torch(model) takes a Module, not {model!r:.60}")
    try:
        import torch
    except ModuleNotFoundError as error:
        if error.name != "torch":
            raise
        raise MissingExtraError("to_torch needs PyTorch", "torch") from None
    twins = Twins()
    with torch.random.fork_rng(devices=[]):  # of first weights, which nobody will see
        twin = twins.of(model, "").double()
    double = torch.float64
    state = {k: torch.tensor(x, dtype=double) for k, x in model.state_dict().items()}
    twin.load_state_dict(state)
    _tie(model, twin)
    twins.set_modes()
    return twin


def _tie(model: Module, twin: Any) -> None:
    """Have tensors of the same Values share a parameter, and freeze what is frozen."""
    parameters = dict(twin.named_parameters(remove_duplicate=False))
    owners: dict[int, tuple[str, list[int]]] = {}
    for name, tensor in model.tensors().items():
        if name not in parameters:  # statistics
            continue
        values = list(flat(tensor))
        places = [id(value) for value in values]
        first, wanted = next((owners[i] for i in places if i in owners), (name, places))
        if wanted != places or len(set(places)) < len(places):
            raise GraphError(
                f"to_torch can share whole tensors, but {name} has some of the Values "
                f"of {first}, or has them in other places"
            )
        owners |= dict.fromkeys(places, (first, places))
        path, _, last = name.rpartition(".")
        setattr(twin.get_submodule(path), last, parameters[first])
        parameters[first].requires_grad_(_learns(name, values))


def _learns(name: str, values: list[Any]) -> bool:
    found: set[bool] = {value.requires_grad for value in values}
    if len(found) > 1:
        raise GraphError(
            f"{name} is frozen in part, which a tensor cannot be; freeze all of it"
        )
    return found.pop()
