"""How good a model is on data that it is not trained on.

A model is asked in evaluation mode and without recording a graph; afterwards each of
its modules is in the mode it was in.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from autograd_core import no_grad
from autograd_core.errors import OperandError, ShapeError

from .data import DataLoader
from .datasets import checked_dataset
from .module import Module
from .nested import as_lists, data_of

__all__ = ["accuracy", "evaluate", "in_mode", "multiclass_accuracy", "outputs_of"]

Measure = Callable[[list[Any], list[Any]], Any]


def evaluate(
    model: Module,
    data: Any,
    targets: Any = None,
    *,
    loss: Measure,
    metrics: Mapping[str, Measure] | None = None,
    batched: bool = False,
) -> dict[str, float]:
    """Return the loss and the metrics of a model on all examples at once.

    `loss` and each of `metrics` take the outputs and the targets, and return one
    number. With `batched` the model is called once with the list of all inputs, else
    with one input after the other.

    >>> from nn import MLP, mse_loss
    >>> model = MLP(1, [1], init="zeros")
    >>> evaluate(model, [[1.0], [2.0]], [1.0, 3.0], loss=mse_loss)
    {'loss': 5.0}
    """
    measures = {"loss": loss, **checked_metrics(metrics)}
    return measured(model, *all_pairs(data, targets), measures, batched)


def measured(
    model: Module,
    inputs: list[Any],
    targets: list[Any],
    measures: Mapping[str, Measure],
    batched: bool,
) -> dict[str, float]:
    """Return what each measure says of the outputs, in evaluation mode."""
    with in_mode(model, training=False), no_grad():
        outputs = outputs_of(model, inputs, batched)
        return {
            name: _number(measure(outputs, targets), name)
            for name, measure in measures.items()
        }


def outputs_of(model: Callable[[Any], Any], inputs: list[Any], batched: bool) -> Any:
    """Return what a model makes of the inputs, each or all at once."""
    return model(inputs) if batched else [model(x) for x in inputs]


def checked_metrics(metrics: Any) -> dict[str, Measure]:
    """Return functions by names that are those of no loss."""
    checked = dict(metrics or {})
    for name, function in checked.items():
        if not callable(function):
            raise OperandError(
                "metrics takes functions of outputs and targets by their names, such "
                f"as {{'accuracy': nn.multiclass_accuracy}}; {name!r} is {function!r}"
            )
        if name in ("loss", "epoch_loss", "validation_loss"):
            raise OperandError(
                f"{name!r} is a loss of the history; call the metric otherwise"
            )
    return checked


def all_pairs(data: Any, targets: Any = None) -> tuple[list[Any], list[Any]]:
    """Return all inputs and all targets of a data set, in its order."""
    if isinstance(data, tuple) and len(data) == 2 and targets is None:
        data, targets = data
    keys = None
    if isinstance(data, DataLoader):  # its order and its place are left alone
        data, keys = data.dataset, data.keys
    data = checked_dataset(data, targets)
    loader = DataLoader(data, None, max(1, len(data)), shuffle=False, keys=keys)
    return checked_batch(next(iter(loader)))


def checked_batch(batch: Any) -> tuple[list[Any], list[Any]]:
    """Return the inputs and targets of a batch, which must be these two."""
    if isinstance(batch, tuple) and len(batch) == 2:
        return batch
    hint = ""
    if isinstance(batch, dict):
        names = ", ".join(map(repr, batch))
        hint = f" of dicts of {names}; pick two: nn.DataLoader(data, keys=(...))"
    raise OperandError(
        "examples are pairs (input, target), or inputs with targets beside them; got a "
        f"data set{hint or f' whose batches are {batch!r:.60}'}"
    )


@contextmanager
def in_mode(model: Module, *, training: bool) -> Iterator[None]:
    """Set a mode in the whole tree, and put each module back in its own afterwards.

    >>> from nn import MLP
    >>> model = MLP(1, [1])
    >>> with in_mode(model, training=False):
    ...     model.training
    False
    >>> model.training
    True
    """
    modes = [(module, module.training) for module in model.modules()]
    model.train(training)
    try:
        yield
    finally:
        for module, mode in modes:
            module.training = mode


def accuracy(model: Module, inputs: Sequence[Any], targets: Sequence[int]) -> float:
    """Return the share of examples whose largest output is at the target's index.

    >>> class Echo(Module):
    ...     def forward(self, x):
    ...         return x
    >>> accuracy(Echo(), [[1.0, 2.0], [4.0, 3.0]], [1, 1])
    0.5
    """
    xs, ys = all_pairs(inputs, targets)
    with in_mode(model, training=False), no_grad():
        return multiclass_accuracy([model(x) for x in xs], ys)


def multiclass_accuracy(outputs: Sequence[Any], targets: Sequence[int]) -> float:
    """Return the share of outputs that are largest at their target's index.

    A metric for `fit`; the first of several that are largest counts.

    >>> multiclass_accuracy([[1.0, 2.0], [4.0, 3.0]], [1, 1])
    0.5
    """
    if len(outputs) != len(targets) or not len(outputs):
        raise ShapeError(
            "multiclass_accuracy takes one target for each output, and at least one; "
            f"got {len(outputs)} outputs and {len(targets)} targets"
        )
    pairs = zip(outputs, as_lists(targets), strict=True)
    hits = sum(1 for output, target in pairs if _largest(output) == target)
    return hits / len(outputs)


def _largest(outputs: Any) -> int:
    scores = as_lists(outputs)
    return max(range(len(scores)), key=lambda i: scores[i])


def _number(found: Any, name: str) -> float:
    if isinstance(found, list | tuple | str):
        raise OperandError(
            f"{name}(outputs, targets) must return one number, not {found!r:.60}"
        )
    return data_of(found)
