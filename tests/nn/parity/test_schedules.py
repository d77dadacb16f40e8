"""Schedulers rate for rate beside PyTorch's."""

import warnings

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograd_core import Value
from nn import schedulers
from nn.optimizers import SGD

torch = pytest.importorskip("torch", reason="pip install 'autograd-core[parity]'")

rates = st.lists(st.floats(1e-5, 10.0), min_size=1, max_size=3)
factors = st.floats(0.1, 1.0)
counts = st.integers(1, 40)
milestones = st.lists(st.integers(0, 60), max_size=4)
ARGUMENTS = {
    "LambdaLR": st.tuples(factors.map(lambda f: lambda step: f ** (step % 7))),
    "StepLR": st.tuples(counts, factors),
    "MultiStepLR": st.tuples(milestones, factors),
    "ExponentialLR": st.tuples(factors),
    "LinearLR": st.tuples(factors, factors, counts),
    "CosineAnnealingLR": st.tuples(counts, st.just(0.0) | st.floats(1e-6, 1e-5)),
}


def twins(lrs):
    """Return our optimiser and PyTorch's, with a group for each rate."""
    ours = [{"params": [Value(0.0)], "lr": lr} for lr in lrs]
    theirs = [
        {"params": [torch.zeros((), dtype=torch.float64, requires_grad=True)], "lr": lr}
        for lr in lrs
    ]
    return SGD(ours), torch.optim.SGD(theirs)


def same_rates(ours, theirs, our_scheduler, their_scheduler, steps=100):
    """Step both and compare the rates of every group."""
    for _ in range(steps):
        found = [group.lr for group in ours.param_groups]
        wanted = [group["lr"] for group in theirs.param_groups]
        assert found == pytest.approx(wanted, rel=1e-12, abs=1e-15)
        assert our_scheduler.get_last_lr() == found
        ours.step()
        theirs.step()
        our_scheduler.step()
        with warnings.catch_warnings():  # about the order of calls and of arguments
            warnings.simplefilter("ignore")
            their_scheduler.step()


def scheduler_of(module, name, optimizer, arguments):
    """Return a scheduler of ours or of PyTorch's."""
    return getattr(module, name)(optimizer, *arguments)


@pytest.mark.parametrize("name", ARGUMENTS)
@given(lrs=rates, data=st.data())
@settings(max_examples=25, deadline=None)
def test_a_hundred_rates_are_pytorchs(name, lrs, data):
    """Every group's rate is PyTorch's at each of 100 steps."""
    arguments = data.draw(ARGUMENTS[name])
    ours, theirs = twins(lrs)
    our_scheduler = scheduler_of(schedulers, name, ours, arguments)
    lr_scheduler = torch.optim.lr_scheduler
    their_scheduler = scheduler_of(lr_scheduler, name, theirs, arguments)

    same_rates(ours, theirs, our_scheduler, their_scheduler)


@given(
    lrs=rates,
    names=st.lists(st.sampled_from(sorted(ARGUMENTS)), min_size=1, max_size=3),
    data=st.data(),
)
@settings(max_examples=40, deadline=None)
def test_a_sequence_of_schedulers_is_pytorchs(lrs, names, data):
    """Each takes over at its milestone, from its own beginning."""
    parts = [(name, data.draw(ARGUMENTS[name])) for name in names]
    turns = data.draw(
        st.lists(
            st.integers(1, 60),
            min_size=len(parts) - 1,
            max_size=len(parts) - 1,
            unique=True,
        ).map(sorted)
    )
    ours, theirs = twins(lrs)
    our_parts = [scheduler_of(schedulers, name, ours, args) for name, args in parts]
    lr_scheduler = torch.optim.lr_scheduler
    their_parts = [scheduler_of(lr_scheduler, name, theirs, a) for name, a in parts]

    our_scheduler = schedulers.SequentialLR(ours, our_parts, turns)
    their_scheduler = lr_scheduler.SequentialLR(theirs, their_parts, turns)

    same_rates(ours, theirs, our_scheduler, their_scheduler)


def test_the_second_scheduler_of_an_optimiser_scales_the_first_rate():
    """Which rate is scaled is noted once, as in PyTorch."""
    ours, theirs = twins([0.5])
    schedulers.LinearLR(ours, 0.1, 1.0, 10)
    torch.optim.lr_scheduler.LinearLR(theirs, 0.1, 1.0, 10)

    second = schedulers.StepLR(ours, 3)

    other = torch.optim.lr_scheduler.StepLR(theirs, 3)
    assert second.base_lrs == other.base_lrs == [0.5]


def test_one_lambda_for_each_group():
    """A list of functions is one for each group."""
    functions = [lambda step: 0.5**step, lambda step: 1 / (1 + step)]
    ours, theirs = twins([0.1, 0.2])

    same_rates(
        ours,
        theirs,
        schedulers.LambdaLR(ours, functions),
        torch.optim.lr_scheduler.LambdaLR(theirs, functions),
        steps=20,
    )
