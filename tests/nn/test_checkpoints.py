"""A run that was stopped goes on as if it had not been, or is left as it is."""

import json
import os
import random
import re
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from project import ROOT

import nn
from autograd_core import Value
from autograd_core.errors import OperandError, ShapeError
from nn.callbacks import Callback, EarlyStopping
from nn.checkpoints import Checkpoint, load_checkpoint, save_checkpoint
from nn.freezing import freeze, unfreeze
from nn.layers.batch_normalization import BatchNorm1d
from nn.layers.containers import Sequential
from nn.layers.dropout import Dropout
from nn.layers.linear import Linear
from nn.lbfgs import LBFGS
from nn.newton import Newton
from nn.optimizers import Adagrad, AdamW, RMSprop
from nn.schedulers import (
    CosineAnnealingLR,
    ExponentialLR,
    LinearLR,
    MultiStepLR,
    SequentialLR,
    StepLR,
)
from nn.training import fit


class KilledError(Exception):
    """What ends a run in the middle."""


class Thaw(Callback):
    """Unfreeze a layer after the first epoch."""

    def on_epoch_end(self, epoch):
        """Let all parameters learn."""
        unfreeze(epoch.model)


NOISE = Random(5)
OPTIMIZERS = {
    "SGD": lambda p: nn.SGD(p, lr=0.05, momentum=0.9),
    "RMSprop": lambda p: RMSprop(p, lr=0.01, centered=True),
    "Adam": lambda p: nn.Adam(p, lr=0.01),
    "AdamW": lambda p: AdamW(p, lr=0.01, weight_decay=0.1),
    "Adagrad": lambda p: Adagrad(p, lr=0.05, lr_decay=0.1),
    "two groups": lambda p: nn.SGD(
        [{"params": p[:5], "lr": 0.1}, {"params": p[5:], "weight_decay": 0.1}],
        lr=0.05,
        momentum=0.5,
    ),
    "Newton": lambda p: Newton(p, max_iter=1),
    "LBFGS": lambda p: LBFGS(p, max_iter=2, line_search_fn="strong_wolfe"),
}
SCHEDULERS = {
    "cosine": lambda o: CosineAnnealingLR(o, 3),
    "steps": lambda o: StepLR(o, 3),
    "milestones": lambda o: MultiStepLR(o, [1, 3], 0.5),
    "one after the other": lambda o: SequentialLR(
        o, [LinearLR(o, 0.5, 1.0, 2), ExponentialLR(o, 0.8)], [2]
    ),
}


def noisy_loss(outputs, targets):
    """Return a loss that draws from two generators of its own."""
    factor = 1.0 + 0.1 * NOISE.random() + 0.1 * random.random()
    return nn.mse_loss([y for (y,) in outputs], targets) * factor


def run(
    path, name="Adam", kill_at=None, epochs=4, schedule="step", rates=None, **options
):
    """Train with everything that has a state; return all that came of it."""
    model = Sequential(
        Linear(2, 4, seed=0), "tanh", BatchNorm1d(4), Dropout(0.25, seed=1)
    )
    model.layers.append(Linear(4, 1, seed=2))
    freeze(model[0])
    optimizer = OPTIMIZERS[name](model.parameters())
    scheduler = SCHEDULERS[rates or {"step": "cosine"}.get(schedule, "steps")](
        optimizer
    )
    early = EarlyStopping(patience=2)

    def kill(step):
        if step.number == kill_at:
            raise KilledError

    if path is not None:
        options = {"every_n_steps": 1, "extra": {"noise": NOISE}, **options}
    history = fit(
        model,
        [[i / 5, (i * 7 % 5) / 5] for i in range(11)],
        [i * i / 25 for i in range(11)],
        loss=noisy_loss,
        optimizer=optimizer,
        epochs=epochs,
        batch_size=3,
        drop_last=True,
        batched=True,
        validation=[([0.5, 0.5], 0.5), ([1.5, 0.5], 1.5)],
        metrics={"first": lambda outputs, targets: outputs[0][0]},
        scheduler=scheduler,
        schedule_every=schedule,
        progress=False,
        callbacks=[kill, Thaw(), early],
        checkpoint=None if path is None else Checkpoint(path, **options),
    )
    return json.dumps(
        [
            *(part.state_dict() for part in (model, optimizer, scheduler)),
            *(history.state_dict(), early.state_dict()),
            [p.requires_grad for p in model.parameters()],
            *(NOISE.random(), random.random(), model[3].random.random()),
        ]
    )


def seeded_run(*arguments, **options):
    """Run from generators that stand where they stand at the start of a program."""
    NOISE.seed(5)
    random.seed(6)
    return run(*arguments, **options)


# --- resuming -----------------------------------------------------------------------
@pytest.mark.parametrize("schedule", ["step", "epoch"])
@pytest.mark.parametrize("name", OPTIMIZERS)
@given(stops=st.lists(st.integers(0, 13), max_size=3), every=st.integers(1, 4))
@settings(max_examples=6, deadline=None)
def test_a_resumed_run_is_equal_to_the_last_bit(
    tmp_path_factory, name, schedule, stops, every
):
    """Stopped at any steps, whatever is drawn, scheduled, frozen or watched."""
    path = tmp_path_factory.mktemp("runs") / "run.json"

    for stop in stops:
        with suppress(KilledError):
            seeded_run(path, name, stop, schedule=schedule, every_n_steps=every)

    resumed = seeded_run(path, name, schedule=schedule, every_n_steps=every)
    assert resumed == seeded_run(None, name, schedule=schedule)


@pytest.mark.parametrize("schedule", ["step", "epoch"])
@pytest.mark.parametrize("rates", SCHEDULERS)
def test_every_schedule_goes_on_where_it_was(tmp_path, rates, schedule):
    """Killed before and behind its milestones."""
    settings = {"name": "two groups", "schedule": schedule, "rates": rates}
    for stop in (1, 4, 9):
        with suppress(KilledError):
            seeded_run(tmp_path / "run.json", kill_at=stop, **settings)

    resumed = seeded_run(tmp_path / "run.json", **settings)

    assert resumed == seeded_run(None, **settings)


def test_a_rate_that_was_set_by_hand_survives_its_scheduler():
    """Loaded in any order, the rate is the one that the run had."""
    x = Value(1.0)
    parts = {"optimizer": nn.SGD([x], lr=0.1)}
    parts["scheduler"] = StepLR(parts["optimizer"], 3)
    parts["scheduler"].step()
    parts["optimizer"].lr = 0.003
    with TemporaryDirectory() as folder:
        save_checkpoint(Path(folder, "run.json"), **parts)
        for names in (("optimizer", "scheduler"), ("scheduler", "optimizer")):
            optimizer = nn.SGD([x], lr=0.5)
            others = {"optimizer": optimizer, "scheduler": StepLR(optimizer, 3)}
            chosen = {name: others[name] for name in names}
            load_checkpoint(Path(folder, "run.json"), **chosen)
            assert optimizer.lr == 0.003
            assert others["scheduler"].last_epoch == 1


def test_a_resumed_run_goes_on_with_the_rate_of_the_file(tmp_path):
    """Another rate in the program is not that of the run; a callback may set one."""
    fit_line(epochs=1, checkpoint=tmp_path / "run.json")
    model = nn.MLP(1, [1], seed=0)
    optimizer = nn.SGD(model.parameters(), lr=0.7)
    seen = []

    fit_line(
        model,
        optimizer=optimizer,
        epochs=2,
        checkpoint=tmp_path / "run.json",
        callbacks=[lambda step: seen.append(step.optimizer.lr)],
    )

    assert seen == [0.1]


def test_a_run_can_be_given_more_epochs(tmp_path):
    """Two epochs and two more are four, although the best model came in between."""
    seeded_run(tmp_path / "run.json", epochs=2)

    assert seeded_run(tmp_path / "run.json", epochs=4) == seeded_run(None, epochs=4)


def test_a_run_that_is_done_gives_its_result_again(tmp_path):
    """No step is taken, and model and history are those of the run."""
    first = seeded_run(tmp_path / "run.json")
    kept = (tmp_path / "run.json").read_bytes()

    assert seeded_run(tmp_path / "run.json", kill_at=0) == first
    assert (tmp_path / "run.json").read_bytes() == kept


def test_the_bar_of_a_resumed_run_begins_where_it_stands(tmp_path, capsys):
    """Of four steps in all, two were taken before."""
    pytest.importorskip("tqdm")
    path = tmp_path / "run.json"
    fit_line(epochs=2, checkpoint=path)

    fit_line(epochs=4, checkpoint=path, progress=True)

    shown = capsys.readouterr().err
    assert "2/4" in shown
    assert "4/4" in shown
    assert "0/4" not in shown


def test_checkpoints_are_written_when_they_are_due(tmp_path, monkeypatch):
    """Every n epochs or steps, and after the last epoch."""
    written = []
    monkeypatch.setattr(
        "nn.loops.save_checkpoint",
        lambda path, **parts: written.append(len(parts["history"].loss)),
    )
    for options, steps in [
        ({}, [3, 6, 9, 12, 15]),
        ({"every_n_epochs": 2}, [6, 12, 15]),
        ({"every_n_epochs": 9}, [15]),
        ({"every_n_epochs": 9, "every_n_steps": 4}, [4, 8, 12, 15]),
    ]:
        written.clear()
        model = nn.MLP(1, [1], seed=0)
        fit(
            model,
            [[float(i)] for i in range(9)],
            range(9),
            loss=nn.mse_loss,
            optimizer=nn.SGD(model.parameters(), lr=0.01),
            epochs=5,
            batch_size=3,
            progress=False,
            checkpoint=Checkpoint(tmp_path / "run.json", **options),
        )
        assert written == steps


# --- killed -------------------------------------------------------------------------
PROGRAM = """
import json, os, random, signal, sys
from pathlib import Path

sys.path.insert(0, {root!r})
import nn
from nn.callbacks import EarlyStopping
from nn.checkpoints import Checkpoint
from nn.layers.containers import Sequential
from nn.layers.dropout import Dropout
from nn.layers.linear import Linear
from nn.schedulers import CosineAnnealingLR

path, where, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
done = dict.fromkeys(["draft", "replace", "after", "step"], 0)

def due(name):
    done[name] += 1
    return name == where and done[name] == count

def die():
    os.kill(os.getpid(), signal.SIGKILL)

write_bytes, replace = Path.write_bytes, Path.replace

def written(self, content):
    if due("draft"):
        write_bytes(self, content[: len(content) // 2])
        die()
    return write_bytes(self, content)

def replaced(self, target):
    if due("replace"):
        die()
    replace(self, target)
    if due("after"):
        die()

Path.write_bytes, Path.replace = written, replaced
random.seed(3)
model = Sequential(Linear(2, 3, seed=0), "tanh", Dropout(0.2, seed=1))
model.layers.append(Linear(3, 1, seed=2))
optimizer = nn.Adam(model.parameters(), lr=0.05)
scheduler = CosineAnnealingLR(optimizer, 6)
history = nn.fit(
    model,
    [[i / 7, i * i % 5 / 5] for i in range(8)],
    [[i / 3] for i in range(8)],
    loss=lambda o, t: nn.mse_loss(o, t) * random.uniform(0.9, 1.1),
    optimizer=optimizer,
    epochs=3,
    batch_size=3,
    validation=([[0.5, 0.5]], [[0.5]]),
    scheduler=scheduler,
    schedule_every="step",
    progress=False,
    callbacks=[lambda step: due("step") and die(), EarlyStopping(patience=5)],
    checkpoint=Checkpoint(path, every_n_steps=1) if path else None,
)
print(json.dumps([model.state_dict(), optimizer.state_dict(), history.state_dict()]))
"""


def start(path, where="nowhere", count=0, **environment):
    """Start the program, which kills itself at the given place."""
    command = [sys.executable, "-c", PROGRAM.format(root=str(ROOT))]
    return subprocess.Popen(
        [*command, str(path), where, str(count)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **environment},
    )


def outcome(process):
    """Return what a program printed, None if it was killed."""
    out, err = process.communicate(timeout=120)
    if process.returncode == -signal.SIGKILL:
        return None
    assert process.returncode == 0, err
    return out


@pytest.fixture(scope="module")
def uninterrupted():
    """Return what the program prints when nobody kills it."""
    return outcome(start(""))


kills = pytest.mark.skipif(
    not hasattr(signal, "SIGKILL"), reason="processes are killed otherwise here"
)


@kills
@pytest.mark.parametrize("where", ["draft", "replace", "after", "step"])
def test_a_run_that_is_killed_again_and_again_comes_to_the_same_end(
    tmp_path, uninterrupted, where
):
    """In half a file, before and after it takes its place, and between two files."""
    path, killed = tmp_path / "run.json", 0
    while (out := outcome(start(path, where, 2))) is None:
        killed += 1
        assert killed < 30

    assert killed >= 4
    assert out == uninterrupted


@kills
def test_a_run_that_is_killed_at_any_time_comes_to_the_same_end(
    tmp_path, uninterrupted
):
    """From outside, at random; what is there of the file then is always whole."""
    path, chance = tmp_path / "run.json", Random()
    for _ in range(12):
        process = start(path)
        try:
            process.wait(chance.uniform(0.1, 0.4))
        except subprocess.TimeoutExpired:
            process.kill()
        out = outcome(process)
        if path.exists():
            assert json.loads(path.read_text())["entries"]

    assert (out or outcome(start(path))) == uninterrupted


def test_processes_with_other_hash_seeds_give_the_same_bits(uninterrupted):
    """Nothing depends on the order of a set or on where an object lies."""
    for seed in ("0", "1", "random"):
        assert outcome(start("", PYTHONHASHSEED=seed)) == uninterrupted


# --- refused ------------------------------------------------------------------------
def parts(seed=0, hidden=2):
    """Return what a loop of one's own keeps, after a step."""
    model = nn.MLP(2, [hidden, 1], seed=seed)
    optimizer = nn.Adam(model.parameters(), lr=0.1 + seed)
    loader = nn.DataLoader(range(6), range(6), 2, seed=seed)
    next(iter(loader))
    model([1.0, float(seed)]).backward()
    optimizer.step()
    generator = Random(seed)
    return {
        **{"model": model, "optimizer": optimizer},
        **{"loader": loader, "generator": generator},
    }


def states(held):
    """Return the states of parts."""
    return {
        name: part.getstate() if isinstance(part, Random) else part.state_dict()
        for name, part in held.items()
    }


def test_a_loop_of_ones_own_keeps_its_parts(tmp_path):
    """All of them come back, or those that are asked for."""
    one, other = parts(), parts(seed=1)
    save_checkpoint(tmp_path / "run.json", **one)

    load_checkpoint(tmp_path / "run.json", model=other["model"])
    assert other["model"].state_dict() == one["model"].state_dict()
    assert states(other) != states(one)

    load_checkpoint(tmp_path / "run.json", **other)
    assert states(other) == states(one)


@given(st.data())
@settings(deadline=None)
def test_a_checkpoint_cut_short_or_damaged_changes_nothing(tmp_path_factory, data):
    """Wherever it is cut, and whichever byte is another."""
    path = tmp_path_factory.mktemp("runs") / "run.json"
    save_checkpoint(path, **parts())
    whole = path.read_bytes()
    content = bytearray(whole)
    place = data.draw(st.integers(0, len(content) - 2))
    if data.draw(st.booleans()):
        del content[place:]
    else:
        content[place] ^= data.draw(st.integers(1, 255))
    path.write_bytes(content)
    other = parts(seed=1)
    before = states(other)

    if same_json(bytes(content), whole):  # a space that became a line feed
        load_checkpoint(path, **other)
        assert states(other) == states(parts())
        return
    with pytest.raises(ShapeError, match=re.escape(str(path))):
        load_checkpoint(path, **other)
    assert states(other) == before


def same_json(one, other):
    """Tell whether two files hold the same, if the first one holds anything."""
    try:
        return json.loads(one) == json.loads(other)
    except ValueError:
        return False


@pytest.mark.parametrize("broken", ["model", "optimizer", "loader", "generator"])
def test_one_entry_that_does_not_fit_leaves_all_parts_alone(tmp_path, broken):
    """The message names the entry, whether it comes first or last."""
    saved = parts()
    saved[broken] = {
        "model": nn.MLP(2, [2, 2]),
        "optimizer": nn.SGD(saved["model"].parameters(), lr=0.1),
        "loader": nn.DataLoader(range(7), range(7), 2),
        "generator": nn.MLP(1, [1]),
    }[broken]
    save_checkpoint(tmp_path / "run.json", **saved)
    other = parts(seed=1)
    before = states(other)

    with pytest.raises(ShapeError, match=rf"the entry '{broken}' of the .* not fit: "):
        load_checkpoint(tmp_path / "run.json", **other)

    assert states(other) == before


def fit_line(model=None, **options):
    """Fit a line with a checkpoint; return the model."""
    model = model or nn.MLP(1, [1], seed=0)
    settings = {
        "loss": nn.mse_loss,
        "optimizer": nn.SGD(model.parameters(), lr=0.1),
        "progress": False,
    }
    nn.fit(model, [[0.0], [1.0]], [1.0, 3.0], **{**settings, **options})
    return model


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"model": lambda: nn.MLP(1, [2, 1])}, "entry 'model' .*missing 'layers.1.we"),
        (
            {"optimizer": lambda model: nn.Adam(model.parameters())},
            "entry 'optimizer' .*missing 'betas'",
        ),
        ({"batch_size": 1}, "entry 'loader' .*batch_size is 32 in the state and 1"),
        (
            {"scheduler": lambda optimizer: StepLR(optimizer, 2)},
            "the run does not fit: missing 'scheduler'",
        ),
        ({"callbacks": [EarlyStopping(monitor="epoch_loss")]}, r"'callbacks\[0\]'"),
    ],
)
def test_the_checkpoint_of_another_run_is_refused(tmp_path, changed, words):
    """The message says what differs and how to begin again; nothing is trained."""
    path = tmp_path / "run.json"
    fit_line(checkpoint=path)
    kept = path.read_bytes()
    options = dict(changed)
    model = options.pop("model", lambda: nn.MLP(1, [1], seed=3))()
    make = options.pop("optimizer", lambda model: nn.SGD(model.parameters(), lr=0.1))
    options["optimizer"] = make(model)
    if "scheduler" in options:
        options["scheduler"] = options["scheduler"](options["optimizer"])
    before = model.state_dict()

    with pytest.raises(ShapeError, match=rf"(?s){words}.*delete the file or choose"):
        fit_line(model, checkpoint=path, epochs=3, **options)

    assert model.state_dict() == before
    assert path.read_bytes() == kept


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "does not hold a checkpoint: .*was it cut short"),
        ("[1]", "not a JSON object"),
        ("[" * 100_000, "does not hold a checkpoint"),
        ('{"layers.0.weight": [[1.0]]}', r"its format is None, .* read by nn\.load"),
        ('{"format": "autograd-core checkpoint 2"}', "checkpoint 2', not"),
        ('{"format": "autograd-core checkpoint 1", "entries": {}}', "damaged or chan"),
    ],
)
def test_a_file_that_is_no_checkpoint_is_refused(tmp_path, text, words):
    """Before anything is trained; the path is named."""
    path = tmp_path / "run.json"
    path.write_text(text)

    with pytest.raises(ShapeError, match=words) as caught:
        fit_line(checkpoint=path)

    assert str(path) in str(caught.value)


def test_a_place_where_nothing_can_be_written_is_named_before_the_training(tmp_path):
    """A missing folder costs no epoch."""
    model = nn.MLP(1, [1], seed=0)
    before = model.state_dict()

    with pytest.raises(FileNotFoundError, match=r"a checkpoint to .* there is no fold"):
        fit_line(model, checkpoint=tmp_path / "missing" / "run.json")

    assert model.state_dict() == before


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda p: Checkpoint(p, every_n_epochs=0), ShapeError, "every_n_epochs .* 0"),
        (lambda p: Checkpoint(p, every_n_steps=0.5), OperandError, "every_n_steps"),
        (lambda p: Checkpoint(p, extra={"x": 3}), OperandError, "part 'x' .* unlike 3"),
        (lambda p: save_checkpoint(p, epoch=3), OperandError, "part 'epoch' .*unlike"),
        (
            lambda p: load_checkpoint(Path(p), model=nn.MLP(1, [1])),
            FileNotFoundError,
            "run.json",
        ),
    ],
)
def test_checkpoints_that_cannot_be_are_refused(tmp_path, call, error, words):
    """Counts and parts that make no sense are named."""
    with pytest.raises(error, match=words):
        call(tmp_path / "run.json")

    assert list(tmp_path.iterdir()) == []


def test_a_state_that_json_cannot_hold_leaves_the_last_checkpoint(tmp_path):
    """The part is named, and the file is that of before."""
    path = tmp_path / "run.json"
    save_checkpoint(path, **parts())
    kept = path.read_bytes()

    class Odd:
        def state_dict(self):
            return {"a set": {1}}

        def load_state_dict(self, state):
            """Load nothing."""

    with pytest.raises(OperandError, match="state of 'odd' cannot be saved"):
        save_checkpoint(path, **parts(), odd=Odd())
    assert path.read_bytes() == kept


def test_an_entry_that_is_not_there_is_named(tmp_path):
    """With those that are."""
    save_checkpoint(tmp_path / "run.json", model=nn.MLP(1, [1]))

    with pytest.raises(ShapeError, match="has no entry 'optim'; it has 'model'"):
        load_checkpoint(tmp_path / "run.json", optim=parts()["optimizer"])
