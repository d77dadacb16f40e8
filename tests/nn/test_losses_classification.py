"""Losses of classes against their definitions, evaluated in high precision.

An error of half a unit in the last place of a logit x moves a probability by |x|·2⁻⁵³
of itself: a few times that is what a result may be off, and no more.
"""

import math

import mpmath
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd_core import Value
from nn.losses import (
    binary_cross_entropy_with_logits,
    cross_entropy,
    hinge_loss,
    kl_div,
    log_softmax,
    nll_loss,
)

numbers = st.floats(-50, 50)
logits = st.floats(-1000, 1000)
EPS = 2.0**-52


def near(wanted, xs):
    """Return what is equal to numbers computed from logits up to their rounding."""
    wanted = [float(w) for w in wanted] if isinstance(wanted, list) else float(wanted)
    return pytest.approx(wanted, rel=4 * EPS * (1 + max(map(abs, xs))), abs=1e-300)


def true_shares(xs):
    """Return p and 1 - p of each class to hundreds of digits."""
    powers = [mpmath.exp(mpmath.mpf(x)) for x in xs]
    whole = mpmath.fsum(powers)
    return [(p / whole, (whole - p) / whole) for p in powers]


@st.composite
def distributions(draw, size):
    """Draw probabilities that sum to 1, some of them 0."""
    parts = [draw(st.integers(0, 9)) for _ in range(size)]
    parts[draw(st.integers(0, size - 1))] += 1
    return [part / sum(parts) for part in parts]


# --- cross-entropy ------------------------------------------------------------------
@given(st.lists(logits, min_size=2, max_size=6), st.data())
def test_cross_entropy_keeps_its_digits_however_sure(xs, data):
    """Value and gradients are -log p, p and p - 1, also where these are 1e-200."""
    target = data.draw(st.integers(0, len(xs) - 1))
    values = [Value(x) for x in xs]

    loss = cross_entropy(values, target)
    loss.backward()

    with mpmath.workdps(900):
        shares = true_shares(xs)
        slopes = [p for p, _ in shares]
        slopes[target] = -shares[target][1]
        assert loss.data == near(-mpmath.log(shares[target][0]), xs)
        assert [v.grad for v in values] == near(slopes, xs)


@given(st.lists(logits, min_size=1, max_size=6))
def test_log_softmax_keeps_its_digits(xs):
    """Each number is log p, next to 0 as well."""
    with mpmath.workdps(900):
        wanted = [mpmath.log(p) for p, _ in true_shares(xs)]

        assert log_softmax(xs) == near(wanted, xs)


@given(st.integers(2, 5), st.floats(0, 1), st.data())
def test_cross_entropy_of_probabilities(size, smoothing, data):
    """It is -Σ q·log p, its gradient p - q, with the smoothed target if asked for."""
    xs = data.draw(st.lists(logits, min_size=size, max_size=size))
    target = data.draw(distributions(size))
    values = [Value(x) for x in xs]

    loss = cross_entropy(values, target, label_smoothing=smoothing)
    loss.backward()

    with mpmath.workdps(900):
        shares = true_shares(xs)
        parts = [mpmath.mpf(q) for q in target]
        q = [(1 - mpmath.mpf(smoothing)) * part + mpmath.mpf(smoothing) / size
             for part in parts]  # fmt: skip
        surprise = -mpmath.fsum(
            part * mpmath.log(p) for part, (p, _) in zip(q, shares, strict=True)
        )
        slopes = [
            float(mpmath.fsum(q) * p - part)
            for part, (p, _) in zip(q, shares, strict=True)
        ]
    assert loss.data == near(surprise, xs)
    found = [v.grad for v in values]
    assert found == pytest.approx(slopes, rel=0, abs=4 * EPS * (1 + max(map(abs, xs))))


@given(st.lists(numbers, min_size=2, max_size=5), st.data())
def test_an_index_is_a_certain_probability(xs, data):
    """All of the probability on one class is the index of that class."""
    target = data.draw(st.integers(0, len(xs) - 1))
    certain = [float(i == target) for i in range(len(xs))]

    for smoothing in (0.0, 0.1, 1.0):
        loss = cross_entropy(xs, target, label_smoothing=smoothing)
        soft = cross_entropy(xs, certain, label_smoothing=smoothing)
        assert soft == pytest.approx(loss, rel=1e-13)


def test_a_network_that_knows_nothing_pays_log_n():
    """Equal logits of n classes cost log n: 2.302585 of ten digits, 0 of one class."""
    assert cross_entropy([7.0] * 10, 3) == pytest.approx(2.302585092994046, rel=1e-15)
    assert cross_entropy([-1000.0] * 10, [0.1] * 10) == pytest.approx(math.log(10))
    assert cross_entropy([7.0], 0) == 0.0


@given(st.lists(st.lists(numbers, min_size=3, max_size=3), min_size=1, max_size=4))
def test_likelihood_of_log_softmax_is_cross_entropy(batch):
    """The two halves of cross-entropy give the whole."""
    targets = [i % 3 for i in range(len(batch))]
    rows = [log_softmax(row) for row in batch]

    wanted = cross_entropy(batch, targets)

    assert nll_loss(rows, targets) == pytest.approx(wanted, rel=1e-13)


@pytest.mark.parametrize("loss", [cross_entropy, nll_loss])
def test_the_mean_of_weighted_classes_is_a_weighted_mean(loss):
    """Losses count by their target's weight, and the weights that count are summed."""
    batch, targets = [[-1.0, -2.0, -0.5], [-0.25, -5.0, -1.0]], [2, 0]
    weight = [3.0, 7.0, 1.0]
    first, second = loss(batch, targets, "none")

    assert loss(batch, targets, "none", weight=weight) == [first, 3 * second]
    mean = loss(batch, targets, weight=weight)
    assert mean == pytest.approx((first + 3 * second) / 4, rel=1e-15)
    assert loss(batch[1], 0, weight=weight) == pytest.approx(second, rel=1e-15)


def test_weighted_probabilities_are_averaged_over_the_batch():
    """As in PyTorch, weights scale the classes' terms, and the mean counts examples."""
    logs = log_softmax([1.0, -1.0])
    wanted = -(0.25 * 2.0 * logs[0] + 0.75 * 3.0 * logs[1])

    loss = cross_entropy([[1.0, -1.0]], [[0.25, 0.75]], weight=[2.0, 3.0])

    assert loss == pytest.approx(wanted, rel=1e-15)


def test_a_class_that_is_ruled_out_costs_nothing():
    """A logit of -inf is a share of 0, which a target of 0 agrees with."""
    masked = [Value(0.0), Value(-math.inf), Value(0.0)]
    for target in (0, [0.5, 0.0, 0.5]):
        loss = cross_entropy(masked, target)
        loss.backward()
        assert loss.data == pytest.approx(math.log(2), rel=1e-15)
    assert [x.grad for x in masked] == pytest.approx([-0.5, 0.0, 0.5])
    assert cross_entropy(masked, 1).data == math.inf


def test_probabilities_that_count_nothing_still_give_a_node():
    """A loss of Values can always be asked to go backward."""
    x = [Value(1.0), Value(2.0)]
    for loss in (
        cross_entropy(x, [1.0, 0.0], weight=[0.0, 1.0]),
        kl_div([-x[0], -x[1]], [0.0, 0.0]),
    ):
        loss.backward()
        assert loss.data == x[0].grad == x[1].grad == 0.0


# --- two classes --------------------------------------------------------------------
@given(logits, st.one_of(st.sampled_from([0, 1]), st.floats(0, 1)), st.floats(0.1, 10))
def test_binary_cross_entropy_keeps_its_digits_however_sure(x, target, factor):
    """It is -w·t·log σ(x) - (1 - t)·log(1 - σ(x)), also where these are 1e-400."""
    logit = Value(x)
    loss = binary_cross_entropy_with_logits(logit, target, pos_weight=factor)
    loss.backward()

    with mpmath.workdps(900):
        odds = mpmath.exp(mpmath.mpf(x))
        t, w = mpmath.mpf(target), mpmath.mpf(factor)
        wanted = w * t * mpmath.log1p(1 / odds) + (1 - t) * mpmath.log1p(odds)
        slopes = (1 - t) * odds / (1 + odds), w * t / (1 + odds)
        assert loss.data == near(wanted, [x])
        largest = float(max(slopes))
        assert logit.grad == pytest.approx(
            float(slopes[0] - slopes[1]),
            rel=0,
            abs=4 * EPS * (1 + abs(x)) * largest + 1e-300,
        )


@given(numbers, st.integers(0, 1))
def test_binary_cross_entropy_is_cross_entropy_of_two_logits(x, target):
    """One logit x is the pair (0, x)."""
    loss = binary_cross_entropy_with_logits(x, target)

    assert loss == pytest.approx(cross_entropy([0.0, x], target), rel=1e-15)


def test_positive_weights_stand_for_the_numbers_of_the_innermost_lists():
    """Each label of a multi-label task has its own factor."""
    loss = binary_cross_entropy_with_logits(
        [[0.0, 0.0], [0.0, 0.0]], [[1, 1], [1, 0]], "none", pos_weight=[2.0, 5.0]
    )

    log_2 = math.log(2)
    assert loss == [[2 * log_2, 5 * log_2], [2 * log_2, log_2]]


@given(st.lists(st.tuples(numbers, st.sampled_from([-1, 1])), min_size=1, max_size=8))
def test_hinge_loss_and_its_gradient(pairs):
    """The loss is the mean of max(0, 1 - t·s), with slope -t/n inside the margin."""
    scores = [Value(s) for s, _ in pairs]

    loss = hinge_loss(scores, [t for _, t in pairs])
    loss.backward()

    n = len(pairs)
    wanted = math.fsum(max(0.0, 1 - t * s) for s, t in pairs) / n
    assert loss.data == pytest.approx(wanted, rel=1e-15)
    wanted = [-t / n if t * s < 1 else 0.0 for s, t in pairs]
    assert [s.grad for s in scores] == wanted


# --- divergence ---------------------------------------------------------------------
@given(st.integers(2, 5), st.data())
def test_the_divergence_is_what_a_wrong_code_costs(size, data):
    """KL is cross-entropy less entropy: 0 for the right logits, never below."""
    xs = data.draw(st.lists(numbers, min_size=size, max_size=size))
    target = data.draw(distributions(size))
    entropy = -math.fsum(q * math.log(q) for q in target if q)

    divergence = kl_div(log_softmax(xs), target, "sum")

    wanted = cross_entropy(xs, target) - entropy
    assert divergence == pytest.approx(wanted, rel=1e-13, abs=1e-12)
    assert divergence >= -1e-12
    logs = [math.log(q) if q else -math.inf for q in target]
    assert kl_div(logs, target, "sum") == 0.0


@given(st.integers(2, 5), st.data())
def test_the_divergence_from_logarithms(size, data):
    """With `log_target` the target's logarithms give the same number."""
    xs = log_softmax(data.draw(st.lists(numbers, min_size=size, max_size=size)))
    target = data.draw(distributions(size))
    logs = [math.log(q) if q else -math.inf for q in target]

    found = kl_div(xs, logs, "sum", log_target=True)

    assert found == pytest.approx(kl_div(xs, target, "sum"), rel=1e-12, abs=1e-13)


def test_the_divergence_of_a_batch():
    """`batchmean` counts distributions, `mean` counts numbers."""
    xs = [[math.log(0.25), math.log(0.75)]] * 3
    ts = [[0.5, 0.5], [0.25, 0.75], [1.0, 0.0]]
    each = [0.5 * math.log(4 / 3), 0.0, math.log(4)]

    assert kl_div(xs, ts, "batchmean") == pytest.approx(math.fsum(each) / 3)
    assert kl_div(xs, ts) == pytest.approx(math.fsum(each) / 6)
    assert kl_div(xs[0], ts[0], "batchmean") == pytest.approx(each[0])
    assert kl_div([-math.inf, 0.0], [0.5, 0.5], "sum") == math.inf
