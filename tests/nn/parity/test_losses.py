"""Each loss gives PyTorch's value and PyTorch's gradients, on the same numbers."""

import math
from functools import partial
from random import Random

import pytest

from autograd_core import Value
from nn.losses import (
    binary_cross_entropy_with_logits,
    cross_entropy,
    half_squared_error,
    hinge_loss,
    huber_loss,
    kl_div,
    l1_loss,
    log_softmax,
    mse_loss,
    nll_loss,
    smooth_l1_loss,
)
from nn.nested import flat, numbers

torch = pytest.importorskip("torch", reason="pip install 'autograd-core[parity]'")
functional = torch.nn.functional

N, C = 6, 5
WEIGHT = [0.5, 1.0, 2.0, 0.0, 3.0]
near = partial(pytest.approx, rel=1e-12, abs=1e-12)


def matrix(draw):
    """Return N lists of C numbers that a function of nothing draws."""
    return [[draw() for _ in range(C)] for _ in range(N)]


def reals(random, scale=3.0):
    """Draw outputs."""
    return matrix(lambda: random.gauss(0.0, scale))


def shares(random):
    """Draw numbers from 0 to 1, some of them 0 or 1."""
    return matrix(lambda: random.choice([0.0, 1.0, random.random()]))


def distributions(random):
    """Draw rows that sum to 1."""
    return torch.tensor(reals(random), dtype=torch.float64).softmax(1).tolist()


def logarithms(random):
    """Draw rows of log-probabilities."""
    return [log_softmax(row) for row in reals(random)]


def indices(random):
    """Draw classes."""
    return [random.randrange(C) for _ in range(N)]


# Each of them: our loss, PyTorch's, a drawing of outputs and one of targets.
LOSSES = {
    "mse_loss": (mse_loss, functional.mse_loss, reals, reals),
    "half_squared_error": (
        half_squared_error,
        lambda x, t, reduction="sum": (
            functional.mse_loss(x, t, reduction=reduction) / 2
        ),
        reals,
        reals,
    ),
    "l1_loss": (l1_loss, functional.l1_loss, reals, reals),
    **{
        f"huber_loss, {delta}": (
            partial(huber_loss, delta=delta),
            partial(functional.huber_loss, delta=delta),
            reals,
            reals,
        )
        for delta in (0.5, 1.0, 4.0)
    },
    **{
        f"smooth_l1_loss, {beta}": (
            partial(smooth_l1_loss, beta=beta),
            partial(functional.smooth_l1_loss, beta=beta),
            reals,
            reals,
        )
        for beta in (0.0, 0.5, 4.0)
    },
    "binary": (
        binary_cross_entropy_with_logits,
        functional.binary_cross_entropy_with_logits,
        reals,
        shares,
    ),
    "binary, with a weight": (
        partial(binary_cross_entropy_with_logits, pos_weight=2.5),
        partial(
            functional.binary_cross_entropy_with_logits, pos_weight=torch.tensor(2.5)
        ),
        reals,
        shares,
    ),
    "binary, with weights": (
        partial(binary_cross_entropy_with_logits, pos_weight=WEIGHT),
        partial(
            functional.binary_cross_entropy_with_logits,
            pos_weight=torch.tensor(WEIGHT, dtype=torch.float64),
        ),
        reals,
        shares,
    ),
    **{
        f"cross_entropy of {targets.__name__}, {weight}, {smoothing}": (
            partial(cross_entropy, weight=weight, label_smoothing=smoothing),
            partial(
                functional.cross_entropy,
                weight=weight and torch.tensor(weight, dtype=torch.float64),
                label_smoothing=smoothing,
            ),
            reals,
            targets,
        )
        for targets in (indices, distributions)
        for weight in (None, WEIGHT)
        for smoothing in (0.0, 0.1, 1.0)
    },
    "nll_loss": (nll_loss, functional.nll_loss, logarithms, indices),
    "nll_loss, with weights": (
        partial(nll_loss, weight=WEIGHT),
        partial(functional.nll_loss, weight=torch.tensor(WEIGHT, dtype=torch.float64)),
        logarithms,
        indices,
    ),
    "kl_div": (kl_div, functional.kl_div, logarithms, distributions),
    "kl_div of logarithms": (
        partial(kl_div, log_target=True),
        partial(functional.kl_div, log_target=True),
        logarithms,
        logarithms,
    ),
}


def values_of(items):
    """Return the same nesting with Values in place of floats."""
    if isinstance(items, list):
        return [values_of(item) for item in items]
    return Value(items) if isinstance(items, float) else items


def tensor_of(items):
    """Return a tensor of doubles that wants gradients, or one of indices."""
    kind = torch.float64 if isinstance(next(flat(items)), float) else torch.int64
    tensor = torch.tensor(items, dtype=kind)
    return tensor.requires_grad_() if kind is torch.float64 else tensor


def assert_equal(ours, theirs, outputs, targets, reduction):
    """Hold value and gradients by the outputs, and by targets, against PyTorch's."""
    xs, ts = values_of(outputs), values_of(targets)
    inputs, labels = tensor_of(outputs), tensor_of(targets)

    loss = ours(xs, ts, reduction)
    wanted = theirs(inputs, labels, reduction=reduction)
    weights = [math.cos(i) for i in range(wanted.numel())]
    sum(
        (w * x for w, x in zip(weights, flat(loss), strict=True)), Value(0.0)
    ).backward()
    (wanted.flatten() * torch.tensor(weights, dtype=torch.float64)).sum().backward()

    assert list(flat(numbers(loss))) == near(wanted.flatten().tolist())
    assert [x.grad for x in flat(xs)] == near(inputs.grad.flatten().tolist())
    if labels.requires_grad and labels.grad is not None:
        found = [t.grad for t in flat(ts)]
        assert found == near(labels.grad.flatten().tolist())


@pytest.mark.filterwarnings("ignore:reduction. 'mean' divides")  # said of kl_div
@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", LOSSES)
def test_a_loss_is_pytorchs(name, seed, reduction):
    """The loss of a batch and its gradients by outputs and targets are the same."""
    ours, theirs, outputs, targets = LOSSES[name]
    random = Random(seed)

    assert_equal(ours, theirs, outputs(random), targets(random), reduction)


@pytest.mark.parametrize("seed", range(3))
def test_batchmean_is_pytorchs(seed):
    """A batch of divergences is divided by its number of distributions."""
    random = Random(seed)
    outputs, targets = logarithms(random), distributions(random)

    assert_equal(kl_div, functional.kl_div, outputs, targets, "batchmean")


@pytest.mark.parametrize("name", LOSSES)
@pytest.mark.filterwarnings("ignore:reduction. 'mean' divides")
def test_the_loss_of_one_example_is_pytorchs(name):
    """A list of numbers and a target need no batch around them."""
    ours, theirs, outputs, targets = LOSSES[name]
    for seed in range(5):
        random = Random(seed)
        row, target = outputs(random)[0], targets(random)[0]
        if target == 3 and "None" not in name:
            continue  # a class of weight 0 has no mean
        assert_equal(ours, theirs, row, target, "mean")


@pytest.mark.parametrize("seed", range(3))
def test_hinge_loss_is_pytorchs_margin_ranking_loss(seed):
    """PyTorch has the hinge of a score's distance from 0 under another name."""
    random = Random(seed)
    scores = [random.gauss(0.0, 2.0) for _ in range(20)]
    signs = [random.choice([-1, 1]) for _ in scores]

    def theirs(inputs, targets, reduction):
        return functional.margin_ranking_loss(
            inputs, torch.zeros_like(inputs), targets, margin=1.0, reduction=reduction
        )

    for reduction in ("mean", "sum", "none"):
        assert_equal(hinge_loss, theirs, scores, signs, reduction)


@pytest.mark.parametrize("seed", range(3))
def test_log_softmax_is_pytorchs(seed):
    """Every number and every derivative of every number."""
    xs = reals(Random(seed), scale=20.0)[0]
    values, inputs = values_of(xs), tensor_of(xs)
    for i, log_share in enumerate(log_softmax(values)):
        for x in values:
            x.grad = 0.0
        log_share.backward()
        wanted = functional.log_softmax(inputs, 0)[i]
        (slopes,) = torch.autograd.grad(wanted, inputs)
        assert log_share.data == near(wanted.item())
        assert [x.grad for x in values] == near(slopes.tolist())


def test_batches_of_sequences_have_the_classes_last():
    """PyTorch has them second; apart from that the losses are the same."""
    random = Random(0)
    outputs, targets = [reals(random), reals(random)], [indices(random)] * 2

    def theirs(inputs, labels, reduction):
        return functional.cross_entropy(inputs.mT, labels, reduction=reduction)

    for reduction in ("mean", "sum", "none"):
        assert_equal(cross_entropy, theirs, outputs, targets, reduction)
