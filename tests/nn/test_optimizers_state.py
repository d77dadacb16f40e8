"""A saved optimiser goes on as if it had never stopped, or is refused whole."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograd_core import Value
from autograd_core.errors import DomainError, OperandError, ShapeError
from nn import Transformation, chain
from nn.lbfgs import LBFGS
from nn.newton import Newton
from nn.optimizers import SGD, Adagrad, Adam, AdamW, Optimizer, RMSprop
from nn.schedulers import CosineAnnealingLR, LinearLR, SequentialLR

METHODS = {
    "SGD": lambda p: SGD(p, lr=0.1),
    "momentum": lambda p: SGD(p, lr=0.1, momentum=0.9, nesterov=True),
    "RMSprop": lambda p: RMSprop(p, weight_decay=0.1, momentum=0.5),
    "centered": lambda p: RMSprop(p, centered=True),
    "Adagrad": lambda p: Adagrad(p, lr_decay=0.1),
    "Adam": lambda p: Adam(p, betas=(0.8, 0.9)),
    "AdamW": lambda p: AdamW(p),
    "groups": lambda p: Adam([{"params": p[:1], "lr": 0.1}, {"params": p[1:]}]),
    "LBFGS": lambda p: LBFGS(p, max_iter=3, history_size=2),
    "search": lambda p: LBFGS(p, max_iter=2, line_search_fn="strong_wolfe"),
    "Newton": lambda p: Newton(p, max_iter=1),
}


def loss_of(p):
    """Return a valley, curved so that no method is done in a few steps."""
    x, y, z = p
    return (y - x * x) ** 2 + (1 - x) ** 2 / 4 + (z - y) ** 4 + z * z / 8


def train(optimizer, scheduler, parameters, steps):
    """Take steps, each with its rate."""

    def closure():
        optimizer.zero_grad()
        loss = loss_of(parameters)
        loss.backward()
        return loss

    for _ in range(steps):
        optimizer.step(closure)
        scheduler.step()


def schedule(optimizer):
    """Warm up, then anneal."""
    warm_up = LinearLR(optimizer, 0.25, 1.0, 3)
    return SequentialLR(optimizer, [warm_up, CosineAnnealingLR(optimizer, 20)], [3])


def fresh(name, data=(-1.2, 1.0, 0.7)):
    """Return parameters, an optimiser of them and its schedule."""
    parameters = [Value(x) for x in data]
    optimizer = METHODS[name](parameters)
    return parameters, optimizer, schedule(optimizer)


def through_json(state):
    """Return what a file gives back."""
    return json.loads(json.dumps(state))


@pytest.mark.parametrize("name", METHODS)
@given(before=st.integers(0, 8), after=st.integers(1, 8))
@settings(max_examples=10, deadline=None)
def test_resumed_training_is_equal_to_the_last_bit(name, before, after):
    """Through JSON, at any step: the same parameters, rates and states."""
    parameters, optimizer, scheduler = fresh(name)
    train(optimizer, scheduler, parameters, before)
    saved = [through_json(o.state_dict()) for o in (optimizer, scheduler)]
    resumed, other, its_scheduler = fresh(name, [p.data for p in parameters])

    other.load_state_dict(saved[0])
    its_scheduler.load_state_dict(saved[1])

    assert other.state_dict() == optimizer.state_dict()
    train(optimizer, scheduler, parameters, after)
    train(other, its_scheduler, resumed, after)
    assert [p.data for p in resumed] == [p.data for p in parameters]
    assert other.state_dict() == optimizer.state_dict()
    assert its_scheduler.state_dict() == scheduler.state_dict()


def test_a_schedule_made_after_loading_scales_the_first_rate():
    """The rate that the schedule of the saved run scaled is saved, too."""
    parameters, optimizer, scheduler = fresh("SGD")
    train(optimizer, scheduler, parameters, 7)
    other = METHODS["SGD"]([Value(x) for x in (1.0, 2.0, 3.0)])

    other.load_state_dict(optimizer.state_dict())
    later = schedule(other)
    assert later.base_lrs == [0.1]
    later.load_state_dict(scheduler.state_dict())

    assert other.lr == optimizer.lr != 0.1


def test_the_state_is_a_copy():
    """Later steps do not change what was saved."""
    parameters, optimizer, scheduler = fresh("Adam")
    train(optimizer, scheduler, parameters, 2)
    saved = optimizer.state_dict()
    text = json.dumps(saved)

    train(optimizer, scheduler, parameters, 2)

    assert json.dumps(saved) == text


def adam_state(**change):
    """Return the state of an Adam of two parameters after a step, changed."""
    x, y = Value(1.0), Value(2.0)
    optimizer = Adam([x, y])
    x.grad = y.grad = 1.0
    optimizer.step()
    state = through_json(optimizer.state_dict())
    part, group = state["state"][0][0], state["param_groups"][0]
    for key, entry in change.items():
        target = part if key in part else group if key in group else state
        target[key] = entry
    return state


@pytest.mark.parametrize(
    ("state", "error", "words"),
    [
        (None, OperandError, "takes a dict; the state has None"),
        ({}, ShapeError, "missing 'state', 'param_groups', unexpected none"),
        (adam_state(extra=1), ShapeError, "unexpected 'extra'"),
        (adam_state(state=[]), ShapeError, "state takes one entry .* 1 groups"),
        (adam_state(param_groups={}), ShapeError, "param_groups takes one entry"),
        (
            adam_state(param_groups=[{}]),
            ShapeError,
            r"param_groups\[0\] .*missing 'lr'",
        ),
        (adam_state(params=3), ShapeError, r"param_groups\[0\]\['params'\] is 3 .* 2"),
        (adam_state(eps=0.5), ShapeError, r"\['eps'\] is 0.5 in the state and 1e-08"),
        (adam_state(lr=-1), DomainError, r"param_groups\[0\]\['lr'\] takes"),
        (adam_state(lr=None), OperandError, r"\['lr'\] takes a number, not None"),
        (adam_state(initial_lr="a"), OperandError, r"\['initial_lr'\] .* not 'a'"),
        (adam_state(state=[[]]), ShapeError, r"state\[0\] takes 1 entries; .* has 0"),
        (adam_state(state=[[3]]), OperandError, r"state\[0\]\[0\] takes a dict"),
        (
            adam_state(exp_avg=[1.0]),
            ShapeError,
            r"state\[0\]\[0\].exp_avg takes 2 .* 1",
        ),
        (adam_state(exp_avg=None), ShapeError, r"exp_avg takes 2 .* has None"),
        (
            adam_state(exp_avg_sq=[1.0, None]),
            OperandError,
            r"exp_avg_sq\[1\] takes a number; the state has None",
        ),
        (adam_state(exp_avg=[1.0, "2"]), OperandError, r"exp_avg\[1\] .* has '2'"),
        (adam_state(step=[1, 1.5]), OperandError, r"step\[1\] takes a whole number"),
        (adam_state(step=[True, 1]), OperandError, r"step\[0\] takes a whole number"),
        (SGD([Value(1)]).state_dict(), ShapeError, r"param_groups\[0\] does not fit"),
    ],
)
def test_a_wrong_state_is_refused_whole(state, error, words):
    """The message names the entry, and rates, means and steps stay as they were."""
    x, y = Value(1.0), Value(2.0)
    optimizer = Adam([x, y])
    before = optimizer.state_dict()

    with pytest.raises(error, match=words):
        optimizer.load_state_dict(state)

    assert optimizer.state_dict() == before


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        ({"n_iter": -1}, ShapeError, "n_iter takes a whole number from 0 up, not -1"),
        ({"func_evals": 1.5}, OperandError, "func_evals takes a whole number"),
        ({"state": [{}]}, ShapeError, r"state\[0\] does not fit: missing 'steps'"),
        (
            {"state": [{"steps": 1, "changes": [], "x": None, "gradient": None}]},
            ShapeError,
            r"state\[0\].steps takes 0 entries; the state has 1",
        ),
        (
            {"state": [{"steps": [[1]], "changes": [], "x": None, "gradient": None}]},
            ShapeError,
            r"steps\[0\] takes 3 entries",
        ),
        (
            {"state": [{"steps": [0] * 9, "changes": [], "x": [], "gradient": []}]},
            ShapeError,
            "steps takes up to 2 steps; the state has 9",
        ),
    ],
)
def test_a_wrong_memory_is_refused_whole(change, error, words):
    """So are the pairs of L-BFGS and its counts."""
    parameters, optimizer, scheduler = fresh("LBFGS")
    train(optimizer, scheduler, parameters, 2)
    before = optimizer.state_dict()

    with pytest.raises(error, match=words):
        optimizer.load_state_dict({**before, **change})

    assert optimizer.state_dict() == before


def test_the_counts_of_a_descent_are_asked_for():
    """A state without them is that of another optimiser."""
    _, optimizer, _ = fresh("LBFGS")
    state = optimizer.state_dict()
    del state["n_iter"]

    with pytest.raises(ShapeError, match="missing 'n_iter'"):
        optimizer.load_state_dict(state)


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        ({"last_epoch": -1}, ShapeError, "last_epoch .* from 0 up, not -1"),
        ({"last_epoch": "3"}, OperandError, "last_epoch .* not '3'"),
        ({"base_lrs": [0.1, 0.2]}, ShapeError, "base_lrs takes 1 rates"),
        ({"base_lrs": [float("nan")]}, DomainError, "base_lrs .* not nan"),
        ({"gamma": 0.5}, ShapeError, "unexpected 'gamma'"),
    ],
)
def test_a_wrong_position_is_refused_whole(change, error, words):
    """The scheduler and the rate stay where they were."""
    parameters, optimizer, scheduler = fresh("SGD")
    train(optimizer, scheduler, parameters, 5)
    before, lr = scheduler.state_dict(), optimizer.lr

    with pytest.raises(error, match=words):
        scheduler.load_state_dict({**before, **change})

    assert (scheduler.state_dict(), optimizer.lr) == (before, lr)


def test_any_transformation_of_numbers_in_tuples_and_lists_can_be_saved():
    """One's own state needs no code for saving; what is no number is refused."""
    count = Transformation(lambda p: (0, "seen"), lambda u, s: (u, (s[0] + 1, s[1])))
    x = Value(1.0)
    one, other = (Optimizer([x], chain(count), lr=0.1) for _ in range(2))
    x.grad = 1.0
    one.step()

    other.load_state_dict(through_json(one.state_dict()))

    assert other.state == ((1, "seen"),)
    odd = Optimizer([x], Transformation(lambda p: {1, 2}, count.update), lr=0.1)
    with pytest.raises(OperandError, match=r"this one holds \{1, 2\} of type set"):
        odd.state_dict()
