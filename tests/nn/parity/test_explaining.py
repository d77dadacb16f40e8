"""Explanations equal those of captum, PyTorch's library of them."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

torch = pytest.importorskip("torch", reason="pip install 'autograd-core[parity]'")
captum = pytest.importorskip("captum.attr", reason="pip install captum")
lrp = pytest.importorskip("captum.attr._utils.lrp_rules")

from autograd_core import relu  # noqa: E402
from nn.explaining import (  # noqa: E402
    gradient_times_input,
    integrated_gradients,
    relevance,
    saliency,
)
from nn.layers.containers import Flatten, Sequential  # noqa: E402
from nn.layers.convolution import Conv2d, MaxPool2d  # noqa: E402
from nn.layers.linear import Linear  # noqa: E402

T = torch.nn
seeds = st.integers(0, 2**32 - 1)
few = settings(max_examples=10)
TINY = 1e-300  # captum divides by sums without a look: an ε of nothing keeps 0/0 away


def dense(seed, bias=True, activation=relu, its_twin=T.ReLU):
    """Return a dense network, its twin with the same weights, and an input."""
    random = np.random.default_rng(seed)
    ours = Sequential(
        Linear(4, 6, bias, seed=seed), activation, Linear(6, 5, bias, seed=seed + 1),
        activation, Linear(5, 3, bias, seed=seed + 2),
    )  # fmt: skip
    twin = T.Sequential(
        T.Linear(4, 6, bias), its_twin(), T.Linear(6, 5, bias), its_twin(),
        T.Linear(5, 3, bias),
    )  # fmt: skip
    return ours, like(twin, ours), random.uniform(0.1, 1.0, size=4)


def convolution(seed):
    """Return a convolutional network, its twin, and an image."""
    ours = Sequential(
        Conv2d(1, 2, 2, seed=seed), relu, MaxPool2d(2), Conv2d(2, 3, 2, seed=seed + 1),
        relu, Flatten(0), Linear(3, 3, seed=seed + 2),
    )  # fmt: skip
    twin = T.Sequential(
        T.Conv2d(1, 2, 2), T.ReLU(), T.MaxPool2d(2), T.Conv2d(2, 3, 2), T.ReLU(),
        T.Flatten(), T.Linear(3, 3),
    )  # fmt: skip
    image = np.random.default_rng(seed).uniform(0.1, 1.0, size=(1, 5, 5))
    return ours, like(twin, ours), image


def like(twin, ours):
    """Return the twin in double precision, with our weights."""
    state = {name: torch.tensor(rows, dtype=torch.float64)
             for name, rows in ours.state_dict().items()}  # fmt: skip
    twin = twin.double().eval()
    twin.load_state_dict(state)
    return twin


def attributed(explainer, x, target, **options):
    """Return what captum says of one input."""
    batch = torch.tensor(x[None], dtype=torch.float64, requires_grad=True)
    return explainer.attribute(batch, target=target, **options)[0].detach().numpy()


def summed(twin, x, baseline, target, n_steps):
    """Return what captum means: it rounds the weights of its points to 24 bits."""
    points, weights = np.polynomial.legendre.leggauss(n_steps)
    slopes = [
        attributed(captum.Saliency(twin), baseline + (1 + t) / 2 * (x - baseline),
                   target, abs=False)
        for t in points
    ]  # fmt: skip
    return (x - baseline) * np.tensordot(weights / 2, slopes, axes=1)


def near(wanted):
    """Return what is equal to numbers up to the rounding of the largest of them."""
    return pytest.approx(wanted, rel=1e-12, abs=1e-12 * (np.abs(wanted).max() + 1e-3))


@pytest.mark.filterwarnings("ignore")  # captum speaks of hooks it sets
@pytest.mark.parametrize("make", [dense, convolution])
@few
@given(seeds, st.integers(0, 2))
def test_gradients_and_their_integrals(make, seed, target):
    """Saliency, gradient × input, and integrated gradients point by point."""
    ours, twin, x = make(seed)
    baseline = np.full_like(x, 0.25)

    found = integrated_gradients(ours, x, baseline, target, n_steps=7)

    wanted = attributed(
        captum.IntegratedGradients(twin), x, target, n_steps=7,
        baselines=torch.tensor(baseline[None]), method="gausslegendre",
    )  # fmt: skip
    assert found == pytest.approx(wanted, rel=1e-6, abs=1e-6 * np.abs(wanted).max())
    assert found == near(summed(twin, x, baseline, target, 7))
    assert saliency(ours, x, target) == near(
        attributed(captum.Saliency(twin), x, target)
    )
    assert gradient_times_input(ours, x, target) == near(
        attributed(captum.InputXGradient(twin), x, target)
    )


def ruled(twin, rule):
    """Return captum's relevance propagation with this rule at every layer."""
    for layer in twin:
        if isinstance(layer, T.Linear | T.Conv2d):
            layer.rule = rule()
            layer.rule.STABILITY_FACTOR = getattr(rule, "epsilon", TINY)
        elif isinstance(layer, T.MaxPool2d | T.Flatten):
            layer.rule = lrp.EpsilonRule(TINY)
    return captum.LRP(twin)


class Stable(lrp.EpsilonRule):
    """The ε rule with an ε that shows."""

    epsilon = 0.125


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("make", [dense, convolution])
@few
@given(seeds, st.integers(0, 2))
def test_relevance_by_the_epsilon_rule(make, seed, target):
    """With biases, which absorb; also for shared weights and winners."""
    ours, twin, x = make(seed)

    found = relevance(ours, x, target, epsilon=0.125)

    assert found == near(attributed(ruled(twin, Stable), x, target))


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    ("rule", "its_twin"), [("gamma", "GammaRule"), ("z_plus", "Alpha1_Beta0_Rule")]
)
@few
@given(seeds)
def test_relevance_by_the_rules_of_what_speaks_for_it(rule, its_twin, seed):
    """Captum leaves biases and sums below 0 as they are: without, both are the same."""
    ours, twin, x = dense(seed, bias=False)
    outputs = [y.data for y in ours(x)]
    target = outputs.index(max(outputs))
    assume(outputs[target] > 0)

    found = relevance(ours, x, target, rule=rule)

    assert found == near(attributed(ruled(twin, getattr(lrp, its_twin)), x, target))
