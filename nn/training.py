"""The training loop: batches in, a history of losses out.

`fit` is the loop everybody writes: predict, measure, go backward, step. It pauses the
cyclic collector while a graph is built and walked, which no graph needs, since graphs
hold no cycle; it stops before a number that is not finite can spoil the parameters; and
with a checkpoint, a run that was killed goes on as if it had not been.
"""

import os
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from functools import partial
from typing import Any

from autograd_core.errors import (
    MissingExtraError,
    OperandError,
    UnknownNameError,
    quoted,
)
from autograd_core.inspection import counted

from .callbacks import Callback, EarlyStopping, Epoch, History, Step, checked_callbacks
from .checkpoints import Checkpoint
from .compiled import CompiledStepTaker
from .data import DataLoader
from .evaluation import (
    Measure,
    accuracy,
    all_pairs,
    check_loss,
    checked_metrics,
    in_mode,
    measured,
)
from .hyperparameters import count
from .loops import Run
from .module import Module
from .optimizers import Optimizer
from .steps import StepTaker, collector_paused

__all__ = [
    "Callback",
    "EarlyStopping",
    "Epoch",
    "History",
    "Step",
    "accuracy",
    "collector_paused",
    "fit",
]

ENGINES = ("compiled", "eager")


def fit(
    model: Module,
    inputs: Any,
    targets: Any = None,
    *,
    loss: Measure,
    optimizer: Optimizer,
    epochs: int = 1,
    batch_size: int = 32,
    shuffle: bool = True,
    seed: int | None = 0,
    drop_last: bool = False,
    batched: bool = False,
    validation: Any = None,
    metrics: Mapping[str, Measure] | None = None,
    scheduler: Any = None,
    schedule_every: str = "epoch",
    checkpoint: Checkpoint | str | os.PathLike[str] | None = None,
    set_to_none: bool = True,
    detect_anomaly: bool = False,
    engine: str = "eager",
    progress: bool | None = None,
    callbacks: Sequence[Any] = (),
) -> History:
    """Train `model` on examples and return the history of its loss.

    The data are `inputs` and `targets`, or one data set of pairs, or a `DataLoader`,
    which then has the batch size, the order and the seed. The optimizer has parameters
    of the model: if it lacks some that could learn, a `UserWarning` says which; those
    that shall not are frozen. `loss` takes the outputs and the targets of a batch; the
    model is called with one input after the other or, if
    `batched`, with the list of them, as `BatchNorm1d` needs; `drop_last` leaves out a
    last batch that is not full, which may be a single example.

    `validation`, a pair `(inputs, targets)` or a data set, is measured after each epoch
    in evaluation mode: its loss, and each of `metrics`, functions of all outputs and
    targets by their names. `scheduler` is stepped after each "epoch" or "step".
    Gradients are clipped in the optimiser's chain: `chain(clip_by_global_norm(1.0),
    scale_by_adam(0.9, 0.999, 1e-8))`.

    Each of `callbacks` is a function that is called with a `Step` between the backward
    pass and the move of the parameters, or a `Callback` such as `EarlyStopping`. An
    error in a step ends the training before its move, and so does a loss, a gradient or
    a parameter that is not finite; the message says where the first such number is.
    `detect_anomaly` also finds its line, and takes up to a third longer.

    With `engine="compiled"`, which needs numpy, losses and gradients come from programs
    that are traced once for each shape of batch; the losses are the eager ones to
    rounding. It cannot train what draws at random or keeps statistics.

    A parameter that the loss does not reach, such as the row of an `Embedding` that a
    batch leaves out, is left out of the step. With `set_to_none=False` its gradient is
    0, and it goes on moving by what the optimiser remembers, as in PyTorch, where the
    rows are one tensor; programs take such a row so in any case.

    `checkpoint`, a path or a `Checkpoint`, is written after each epoch; if it is there,
    the run goes on from it, equal to the last bit: with the rates of the file, even
    where the program has another `lr` by now (assign `optimizer.lr` in a callback to
    change it). `progress` shows a bar: True demands
    it, None shows it if tqdm is installed, False is silent.

    >>> from nn import MLP, SGD, mse_loss
    >>> model = MLP(1, [1], seed=0)
    >>> history = fit(model, [[0.0], [1.0]], [1.0, 3.0], loss=mse_loss,
    ...               optimizer=SGD(model.parameters(), lr=0.5), epochs=60,
    ...               progress=False)
    >>> history.epoch_loss[-1] < 1e-3 < history.epoch_loss[0]
    True
    """
    _check(model, optimizer, epochs, scheduler, schedule_every)
    _check_parameters(model, optimizer)
    check_loss("fit", loss)
    called, hooks = checked_callbacks(callbacks)
    tqdm = _tqdm(progress)
    loader = _loader(inputs, targets, batch_size, shuffle, seed, drop_last)
    options: Any = {
        "batched": batched,
        "anomalies": detect_anomaly,
        "set_to_none": set_to_none,
    }
    run = Run(
        model=model,
        optimizer=optimizer,
        loader=loader,
        history=History(metrics={name: [] for name in checked_metrics(metrics)}),
        take_step=_step_taker(engine)(model, loss, optimizer, called, **options),
        validate=_validation(model, validation, {"loss": loss}, metrics, batched),
        scheduler=scheduler,
        schedule_every=schedule_every,
        hooks=hooks,
        checkpoint=_checkpoint(checkpoint),
        stateful=[c for c in callbacks if hasattr(c, "load_state_dict")],
    )
    with nullcontext() if model.training else in_mode(model, training=True):
        return run.train(epochs, partial(_bar, tqdm, epochs * len(loader)))


def _step_taker(engine: Any) -> type[StepTaker]:
    """Return what takes the steps, of which one kind needs numpy."""
    if engine not in ENGINES:
        raise UnknownNameError("engine", engine, ENGINES)
    return CompiledStepTaker if engine == "compiled" else StepTaker


def _check(
    model: Any, optimizer: Any, epochs: Any, scheduler: Any, schedule_every: Any
) -> None:
    count("epochs", epochs, 0)
    if not isinstance(model, Module):
        raise OperandError(f"fit takes a model, an nn.Module, not {model!r:.60}")
    if not isinstance(optimizer, Optimizer):
        raise OperandError(
            "fit takes an optimizer such as nn.SGD(model.parameters()), not "
            f"{optimizer!r:.60}"
        )
    if schedule_every not in ("epoch", "step"):
        raise UnknownNameError("schedule_every", schedule_every, ["epoch", "step"])
    if scheduler is None:
        return
    is_class = isinstance(scheduler, type)
    if is_class or not callable(getattr(scheduler, "step", None)):
        raise OperandError(
            "fit takes a scheduler such as nn.StepLR(optimizer, 10), not "
            f"{scheduler!r:.60}"
        )
    if getattr(scheduler, "optimizer", optimizer) is not optimizer:
        raise OperandError("the scheduler sets the rate of another optimizer")


def _check_parameters(model: Module, optimizer: Optimizer) -> None:
    """Refuse an optimizer that would not move the model; warn of what it leaves out."""
    held = set(optimizer.parameters)
    named = list(model.named_parameters())
    learning = [(path, p) for path, p in named if p.requires_grad]
    if learning and held.isdisjoint(p for _, p in named):
        raise OperandError(
            f"fit takes an optimizer such as nn.SGD(model.parameters()); {optimizer!r} "
            f"has none of the model's parameters, which are those of {model!r:.60}"
        )
    missing = [path for path, p in learning if p not in held]
    if missing:
        more = ", ..." if len(missing) > 3 else ""
        warnings.warn(
            f"{counted(len(missing), 'parameter', 'parameters')} of {model!r:.60} "
            f"could learn, but {optimizer!r:.60} does not have them and they stay as "
            f"they are: {quoted(missing[:3])}{more}; nn.freeze them if that is meant",
            stacklevel=3,
        )


def _loader(data: Any, targets: Any, *options: Any) -> DataLoader:
    if isinstance(data, DataLoader):
        if targets is not None:
            raise OperandError("a DataLoader has its targets; pass no others to fit")
        return data
    batch_size, shuffle, seed, drop_last = options
    return DataLoader(
        data, targets, batch_size, shuffle=shuffle, seed=seed, drop_last=drop_last
    )


def _validation(
    model: Module, data: Any, loss: Any, metrics: Any, batched: bool
) -> Callable[[], dict[str, float]] | None:
    """Return what measures the model on the validation data."""
    if data is None:
        if metrics:
            raise OperandError(
                "metrics are of the validation data; pass validation=(inputs, targets)"
            )
        return None
    inputs, targets = all_pairs(data)
    measures = {**loss, **checked_metrics(metrics)}
    return lambda: measured(model, inputs, targets, measures, batched)


def _checkpoint(given: Any) -> Checkpoint | None:
    return (
        given if given is None or isinstance(given, Checkpoint) else Checkpoint(given)
    )


@contextmanager
def _bar(tqdm: Any, steps: int, done: int) -> Iterator[Callable[[float], None]]:
    """Open a progress bar and yield the function that advances it."""
    if tqdm is None:
        yield lambda loss: None
        return
    with tqdm(total=steps, initial=done, unit="step", mininterval=0.5) as bar:

        def advance(loss: float) -> None:
            bar.set_postfix_str(f"loss {loss:.4f}", refresh=False)
            bar.update()

        yield advance


def _tqdm(progress: bool | None) -> Any:
    """Return what shows a bar, None if there shall be none."""
    if progress is False:
        return None
    try:
        from tqdm import tqdm
    except ImportError:
        if progress:
            raise MissingExtraError("a progress bar needs tqdm", "nn") from None
        return None
    return tqdm
