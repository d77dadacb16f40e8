"""How good a model is on data that it is not trained on.

A model is asked in evaluation mode and without recording a graph; afterwards each of
its modules is in the mode it was in.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from autograd_core import no_grad
from autograd_core.errors import DomainError, OperandError, ShapeError

from .data import DataLoader
from .datasets import checked_dataset
from .module import Module
from .nested import as_lists, data_of

__all__ = [
    "accuracy",
    "binary_accuracy",
    "evaluate",
    "in_mode",
    "multiclass_accuracy",
    "outputs_of",
]

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
    check_loss("evaluate", loss)
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


def check_loss(asked: str, loss: Any) -> None:
    """Refuse a loss that is no function."""
    if not callable(loss):
        raise OperandError(
            f"{asked} takes a loss(outputs, targets) such as nn.mse_loss, a function, "
            f"not {loss!r:.60}"
        )


def checked_metrics(metrics: Any) -> dict[str, Measure]:
    """Return functions by names that are those of no loss."""
    checked = dict(metrics or {})
    for name, function in checked.items():
        if not callable(function):
            raise OperandError(
                "metrics takes functions of outputs and targets by their names, such "
                f"as {{'accuracy': nn.multiclass_accuracy}}; {name!r} is "
                f"{function!r:.60}"
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

    Of a model with one output it is `binary_accuracy`.

    >>> class Echo(Module):
    ...     def forward(self, x):
    ...         return x
    >>> accuracy(Echo(), [[1.0, 2.0], [4.0, 3.0]], [1, 1])
    0.5
    """
    xs, ys = all_pairs(inputs, targets)
    with in_mode(model, training=False), no_grad():
        outputs = [as_lists(model(x)) for x in xs]
    if all(_is_single(output) for output in outputs):
        return binary_accuracy(outputs, ys)
    return multiclass_accuracy(outputs, ys)


def multiclass_accuracy(outputs: Sequence[Any], targets: Sequence[int]) -> float:
    """Return the share of outputs that are largest at their target's index.

    A metric for `fit`; the first of several that are largest counts.

    >>> multiclass_accuracy([[1.0, 2.0], [4.0, 3.0]], [1, 1])
    0.5
    """
    _check_lengths("multiclass_accuracy", outputs, targets)
    pairs = zip(outputs, as_lists(targets), strict=True)
    hits = sum(1 for output, target in pairs if _largest(output) == target)
    return hits / len(outputs)


def binary_accuracy(outputs: Sequence[Any], targets: Sequence[Any]) -> float:
    """Return the share of outputs, one score each, with the sign of their target.

    A score above 0 is a vote for the class 1; the other class is -1 or 0 throughout the
    targets. A metric for `fit`.

    >>> binary_accuracy([1.5, -0.5, 0.25], [1, -1, -1])
    0.6666666666666666
    """
    _check_lengths("binary_accuracy", outputs, targets)
    scores = [_single("output", output) for output in outputs]
    classes = [_single("target", target) for target in targets]
    if not (set(classes) <= {-1.0, 1.0} or set(classes) <= {0.0, 1.0}):
        raise DomainError(
            "binary_accuracy takes targets of -1 and 1, or of 0 and 1; got "
            f"{sorted(set(classes))!r:.60}"
        )
    pairs = zip(scores, classes, strict=True)
    return sum((score > 0) == (found == 1) for score, found in pairs) / len(scores)


def _check_lengths(name: str, outputs: Sequence[Any], targets: Sequence[Any]) -> None:
    if len(outputs) != len(targets) or not len(outputs):
        raise ShapeError(
            f"{name} takes one target for each output, and at least one; got "
            f"{len(outputs)} outputs and {len(targets)} targets"
        )


def _is_single(output: Any) -> bool:
    return not isinstance(output, list | tuple) or len(output) == 1


def _single(kind: str, item: Any) -> float:
    """Return a number that may stand alone in a list."""
    item = as_lists(item)
    if not _is_single(item):
        raise ShapeError(
            f"binary_accuracy takes one number as each {kind}; got a list of "
            f"{len(item)}; multiclass_accuracy takes one output for each class"
        )
    return data_of(item[0] if isinstance(item, list | tuple) else item)


def _largest(outputs: Any) -> int:
    scores = as_lists(outputs)
    if not isinstance(scores, list | tuple) or not scores:
        raise OperandError(
            "multiclass_accuracy takes a list with one output for each class, not "
            f"{outputs!r:.60}; binary_accuracy takes one output for both"
        )
    return max(range(len(scores)), key=lambda i: scores[i])


def _number(found: Any, name: str) -> float:
    if isinstance(found, list | tuple | str):
        raise OperandError(
            f"{name}(outputs, targets) must return one number, not {found!r:.60}"
        )
    return data_of(found)
