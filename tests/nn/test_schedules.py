"""Schedules are pure functions of the step, and schedulers set rates by them."""

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd_core import Value
from autograd_core.errors import DomainError, OperandError, ShapeError
from nn import schedules
from nn.optimizers import SGD
from nn.schedulers import (
    CosineAnnealingLR,
    ExponentialLR,
    LambdaLR,
    LinearLR,
    LRScheduler,
    MultiStepLR,
    SequentialLR,
    StepLR,
)

counts = st.integers(1, 50)
factors = st.floats(0.0, 1.0)
steps = st.integers(0, 200)


@given(counts, factors, steps)
def test_the_decays_multiply_by_gamma_as_often_as_they_say(size, gamma, step):
    """Every step, every so many steps, or at milestones that are as far apart."""
    every = schedules.exponential(gamma)(step)
    seldom = schedules.step_decay(size, gamma)
    turns = list(range(size, 201, size))

    assert every == gamma**step
    assert seldom(step) == gamma ** (step // size)
    assert schedules.multi_step(turns, gamma)(step) == seldom(step)
    assert schedules.step_decay(1, gamma)(step) == every


@given(factors, factors, counts)
def test_a_line_begins_and_ends_where_it_says(start, end, total):
    """Between its ends it goes in equal steps, and then it stays."""
    line = schedules.linear(start, end, total)
    middle = [line(step) for step in range(total + 1)]

    assert middle[0] == start
    assert middle[-1] == line(total + 100) == end
    rises = [b - a for a, b in pairwise(middle)]
    assert rises == pytest.approx([(end - start) / total] * total, abs=1e-12)


@given(counts, steps)
def test_warm_up_never_stands_still_and_never_overshoots(total, step):
    """Its first factor is 1/n, its n-th is 1; it is a line of n - 1 steps."""
    rising = schedules.warm_up(total)

    assert rising(0) == 1 / total
    assert rising(total - 1) == rising(total + step) == 1.0
    line = schedules.linear(1 / total, 1.0, total - 1)
    assert rising(step) == pytest.approx(line(step), rel=1e-12)


@given(counts, factors, steps)
def test_the_cosine_falls_and_rises_between_its_ends(period, end, step):
    """It is symmetric, and half-way down after half its steps."""
    falling = schedules.cosine(period, end)

    assert falling(0) == 1.0
    assert falling(period) == pytest.approx(end, abs=1e-15)
    assert min(1.0, end) - 1e-15 <= falling(step) <= 1.0
    assert falling(step) == pytest.approx(falling(2 * period + step), abs=1e-12)
    share = schedules.cosine(2 * period, end)(period)
    assert share == pytest.approx((1 + end) / 2)


@given(st.lists(counts, min_size=1, max_size=4), steps)
def test_a_sequence_plays_each_schedule_from_its_own_beginning(lengths, step):
    """At each milestone the count begins again."""
    turns = [sum(lengths[: i + 1]) for i in range(len(lengths))]
    parts = [lambda s, i=i: 1000.0 * i + s for i in range(len(lengths) + 1)]

    found = schedules.sequential(parts, turns)(step)

    place = sum(turn <= step for turn in turns)
    assert found == 1000.0 * place + step - ([0, *turns][place])


@given(st.lists(factors, min_size=1, max_size=4), steps)
def test_a_product_multiplies(gammas, step):
    """Schedules that run together are multiplied."""
    product = schedules.product(*map(schedules.exponential, gammas))

    assert product(step) == pytest.approx(math.prod(g**step for g in gammas))


SCHEDULERS = {
    "LRScheduler": lambda o: LRScheduler(o, schedules.warm_up(5)),
    "LambdaLR": lambda o: LambdaLR(o, lambda step: 1 / (1 + step)),
    "StepLR": lambda o: StepLR(o, 3, 0.5),
    "MultiStepLR": lambda o: MultiStepLR(o, [7, 2], 0.5),
    "ExponentialLR": lambda o: ExponentialLR(o, 0.9),
    "LinearLR": lambda o: LinearLR(o, 0.5, 1.0, 4),
    "CosineAnnealingLR": lambda o: CosineAnnealingLR(o, 10, eta_min=0.01),
    "SequentialLR": lambda o: SequentialLR(
        o, [LinearLR(o, 0.1, 1.0, 4), CosineAnnealingLR(o, 10)], [4]
    ),
}


def optimizer_of(*lrs):
    """Return an optimiser with a group for each rate."""
    return SGD([{"params": [Value(1.0)], "lr": lr} for lr in lrs])


@pytest.mark.parametrize("name", SCHEDULERS)
@given(st.integers(0, 30), st.floats(0.1, 10.0))
def test_the_rate_is_a_pure_function_of_the_position(name, step, lr):
    """A scheduler that is set to a position is where one arrives by stepping."""
    walked, placed = optimizer_of(lr, 2 * lr), optimizer_of(lr, 2 * lr)
    scheduler = SCHEDULERS[name](walked)
    for _ in range(step):
        scheduler.step()

    other = SCHEDULERS[name](placed)
    other.load_state_dict(scheduler.state_dict())

    rates = [group.lr for group in placed.param_groups]
    assert rates == [group.lr for group in walked.param_groups]
    assert rates == other.get_last_lr() == scheduler.get_last_lr()
    assert repr(other) == repr(scheduler)


def test_warm_up_then_cosine_in_an_optimizer():
    """The usual recipe: four steps up, then half a cosine down to 0."""
    optimizer = optimizer_of(0.8)
    scheduler = LRScheduler(
        optimizer,
        schedules.sequential([schedules.warm_up(4), schedules.cosine(8)], [4]),
    )
    rates = []
    for _ in range(13):
        rates.append(optimizer.lr)
        optimizer.step()
        scheduler.step()

    down = [0.4 * (1 + math.cos(math.pi * k / 8)) for k in range(9)]
    assert rates == pytest.approx([0.2, 0.4, 0.6, 0.8, *down], abs=1e-15)


@pytest.mark.parametrize(
    ("make", "error", "words"),
    [
        (lambda o: StepLR(o, 0), ShapeError, "step_size .* from 1 up, not 0"),
        (lambda o: StepLR(o, 2.5), OperandError, "step_size .* whole number, not 2.5"),
        (lambda o: StepLR(o, 2, -0.1), DomainError, "gamma .* not -0.1"),
        (lambda o: ExponentialLR(o, math.nan), DomainError, "gamma .* not nan"),
        (lambda o: MultiStepLR(o, [1, "2"]), TypeError, "'<' not supported|milestone"),
        (lambda o: MultiStepLR(o, [-1]), ShapeError, "a milestone .* not -1"),
        (lambda o: LinearLR(o, total_iters=-1), ShapeError, "total_iters .* not -1"),
        (lambda o: LinearLR(o, start_factor=-1), DomainError, "start_factor"),
        (lambda o: CosineAnnealingLR(o, 0), ShapeError, "T_max .* not 0"),
        (lambda o: CosineAnnealingLR(o, 5, -0.1), DomainError, "eta_min .* not -0.1"),
        (
            lambda o: CosineAnnealingLR(optimizer_of(0.0), 5, 0.1),
            DomainError,
            r"eta_min=0.1 takes rates above 0, not \[0.0\]",
        ),
        (lambda o: LambdaLR(o, 0.5), OperandError, "a schedule is a function, not 0.5"),
        (lambda o: LambdaLR(o, [abs, abs]), ShapeError, "each of 1 groups .* got 2"),
        (lambda o: LambdaLR(o, lambda step: math.nan), DomainError, "lr .* not nan"),
        (lambda o: LambdaLR(None, abs), OperandError, "such as nn.SGD.* not None"),
        (lambda o: SequentialLR(o, [], []), ShapeError, "at least one schedule"),
        (lambda o: SequentialLR(o, [abs], []), OperandError, "takes schedulers"),
        (
            lambda o: SequentialLR(o, [StepLR(o, 1)], [1]),
            ShapeError,
            "1 milestones for 1 schedules",
        ),
        (
            lambda o: SequentialLR(o, [StepLR(optimizer_of(0.1), 1)], []),
            OperandError,
            "schedulers of its own optimiser",
        ),
        (
            lambda o: schedules.sequential([abs] * 3, [5, 2]),
            ShapeError,
            r"increasing steps, not \[5, 2\]",
        ),
        (lambda o: schedules.product(), ShapeError, "at least one schedule"),
        (lambda o: schedules.product(0.5), OperandError, "schedules, .* not 0.5"),
    ],
)
def test_a_schedule_that_makes_no_sense_is_refused(make, error, words):
    """The message says what was given, and the rate stays as it was."""
    optimizer = optimizer_of(0.1)

    with pytest.raises(error, match=words):
        make(optimizer)

    assert optimizer.lr == 0.1


def test_a_rate_that_becomes_senseless_is_refused_at_its_step():
    """The scheduler stays where it was, and so does the rate."""
    optimizer = optimizer_of(0.1)
    scheduler = LambdaLR(optimizer, lambda step: 1.0 - step)
    scheduler.step()

    with pytest.raises(DomainError, match=r"lr takes .* not -0\.1"):
        scheduler.step()

    assert (scheduler.last_epoch, optimizer.lr) == (1, 0.0)
