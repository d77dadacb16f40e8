"""Weights that learn fast: what MAML differentiates, and what comes of it."""

import math
import sys
from random import Random
from statistics import fmean

import pytest

import nn
from autograd_core import Value, gradient, hvp
from demos import maml as demo
from demos.maml import ALPHA, GRID, error, evaluate, joint, maml, replaced

PARAMETERS = 193  # of 1, 12, 12 and 1 units


@pytest.fixture(scope="module")
def trained():
    """Train the three networks once for all tests below, as the command does."""
    return {loss: demo.train(loss) for loss in (joint, demo.first_order, maml)}


@pytest.fixture(scope="module")
def errors(trained):
    """Evaluate MAML's networks at its step size, and the joint one at its best."""
    return {
        loss: evaluate(model, demo.best_alpha(model) if loss is joint else ALPHA)
        for loss, model in trained.items()
    }


def untrained(seed=0):
    """Return a network that has seen nothing."""
    return demo.train(joint, steps=0, seed=seed)


def task(seed):
    """Return what MAML draws first of this seed: a wave, its points, the new points."""
    random = Random(seed)
    return demo.random_wave(random), demo.places(random), demo.places(random)


# --- what is learned ----------------------------------------------------------------
@pytest.mark.parametrize("loss", [maml, demo.first_order])
def test_one_step_fits_a_new_wave(errors, loss):
    """The error falls from 3.2 to 1.4 at once, and to 0.7 in ten steps."""
    before, one, five, ten = errors[loss]

    assert before > 2.5
    assert one < 0.75 * before
    assert five < 0.65 * before
    assert ten < 0.55 * before


@pytest.mark.parametrize("loss", [maml, demo.first_order])
def test_a_network_of_all_waves_adapts_more_slowly(errors, loss):
    """It is as good before the first step, and is at 2.1 after ten."""
    assert errors[joint][0] == pytest.approx(errors[loss][0], rel=0.3)
    assert errors[loss][1] < 0.8 * errors[joint][1]
    assert errors[loss][3] < 0.8 * errors[joint][3]


def test_the_mean_of_all_waves_is_a_cosine():
    """The mean of a·sin(x - φ) over the tasks is -2.55·(2/π)·cos x."""
    random = Random(0)
    waves = [demo.random_wave(random) for _ in range(20_000)]

    for x in (-3.0, 0.0, 1.5, 4.0):
        mean = fmean(wave(x) for wave in waves)
        assert mean == pytest.approx(-1.62 * math.cos(x), abs=0.06)


def test_the_network_of_all_waves_has_learned_their_mean(trained):
    """It is closer to the cosine than to nothing at all."""
    model = trained[joint]

    outputs = [model([x]).data for x in GRID]
    wanted = [-1.62 * math.cos(x) for x in GRID]

    assert nn.mse_loss(outputs, wanted) < 0.5
    assert nn.mse_loss([0.0] * len(GRID), wanted) > 1.0


# --- what is differentiated ---------------------------------------------------------
@pytest.mark.parametrize("seed", range(3))
def test_the_gradient_of_maml_has_the_hessian_in_it(seed):
    """backward() gives (I - α·∇²l(θ))·∇L(θ'), here with a Hessian times a vector."""
    model, (wave, shown, new) = untrained(seed), task(seed)
    theta = [p.data for p in model.parameters()]
    maml(model, Random(seed)).backward()

    def loss(nodes):
        return error(model, nodes, wave, shown)

    stepped = demo.stepped(model.parameters(), loss(model.parameters()))
    upstream = gradient(error(model, stepped, wave, new), stepped)
    curved = hvp(loss)(theta, upstream)

    wanted = [u - ALPHA * c for u, c in zip(upstream, curved, strict=True)]
    found = [p.grad for p in model.parameters()]
    assert found == pytest.approx(wanted, rel=1e-9, abs=1e-12)
    assert max(abs(ALPHA * c) for c in curved) > 1e-2 * max(map(abs, upstream))


def test_the_first_order_leaves_it_out():
    """Its gradient is ∇L(θ'), its loss the same."""
    model, (wave, shown, new) = untrained(), task(0)
    theta = model.parameters()
    loss = demo.first_order(model, Random(0))
    loss.backward()

    stepped = demo.stepped(theta, error(model, theta, wave, shown))
    wanted = gradient(error(model, stepped, wave, new), stepped)

    assert [p.grad for p in theta] == pytest.approx(wanted, rel=1e-12)
    assert loss.data == pytest.approx(maml(model, Random(0)).data, rel=1e-12)


def test_the_hessian_is_most_of_the_nodes():
    """There are several times as many with it, for the same points."""
    model = untrained()
    nodes = {loss: demo.cost(model, loss, 1)[0] for loss in (maml, demo.first_order)}

    assert nodes[maml] > 5 * nodes[demo.first_order]


# --- a network with other parameters ------------------------------------------------
def test_a_network_computes_with_nodes_in_place_of_its_parameters():
    """It gives what a network with these numbers gives, and gradients reach them."""
    model, other = untrained(0), untrained(1)
    nodes = [2 * Value(p.data / 2) for p in other.parameters()]
    assert len(nodes) == PARAMETERS

    with replaced(model, nodes):
        y = model([0.7])

    assert y.data == other([0.7]).data
    gradients = gradient(y, nodes)
    other([0.7]).backward()
    assert gradients == [p.grad for p in other.parameters()]


def test_afterwards_the_parameters_stand_where_they_stood():
    """They are the same leaves under the same names, after an error as well."""
    model = untrained()
    before = list(model.named_parameters())
    y = model([0.7]).data

    def fails():
        with replaced(model, [Value(0.0)] * PARAMETERS):
            assert model([0.7]).data == 0.0
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fails()

    assert list(model.named_parameters()) == before
    assert model([0.7]).data == y


def test_too_few_nodes_are_refused():
    """Each parameter needs one, and the model stays as it is."""
    model = untrained()
    before = list(model.named_parameters())

    with pytest.raises(ValueError, match="shorter"), replaced(model, [Value(0.0)]):
        pytest.fail("they were taken")

    assert list(model.named_parameters()) == before


def test_adapting_leaves_the_weights_as_they_are():
    """Steps on a new wave make new parameters; the error falls along them."""
    model, (wave, shown, _) = untrained(), task(0)
    before = [p.data for p in model.parameters()]

    states = demo.adapted(model, wave, shown, alpha=0.005)

    errors = [error(model, nodes, wave, shown).data for nodes in states]
    assert len(states) == 11
    assert errors[10] < errors[1] < errors[0]
    assert [p.data for p in model.parameters()] == before


# --- the command --------------------------------------------------------------------
def test_the_demo_prints_and_draws(trained, errors, tmp_path, capsys, monkeypatch):
    """A row has a network's errors, and the nodes of the loss it learned from."""
    models = {**trained, None: untrained()}
    known = {models[loss]: found for loss, found in errors.items()}
    monkeypatch.setattr("sys.argv", ["maml", "--out", str(tmp_path)])
    monkeypatch.setattr(
        demo, "train", lambda loss, steps: models[loss if steps else None]
    )
    monkeypatch.setattr(
        demo, "evaluate", lambda model, *_, **__: known.get(model, [9.0] * 4)
    )

    demo.main()

    rows = capsys.readouterr().out.splitlines()
    for name, loss in (("MAML ", maml), ("first-order MAML", demo.first_order)):
        (row,) = (line for line in rows if line.startswith(name))
        assert "".join(f"{e:7.2f}" for e in errors[loss]) in row
        assert f" {demo.cost(models[None], loss, 1)[0]:,} " in row
    assert any(line.startswith("random weights") for line in rows)
    assert (tmp_path / "maml.png").read_bytes()[:4] == b"\x89PNG"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--steps", "0"], "--steps takes a count from 1 up, not 0"),
        (["--steps", "many"], "invalid int value: 'many'"),
        (["--out", "pyproject.toml/out"], "cannot write to pyproject.toml"),
    ],
)
def test_wrong_options_end_before_anything_is_trained(
    arguments, words, monkeypatch, capsys
):
    """The command says which option, and why."""
    monkeypatch.setattr(sys, "argv", ["maml", *arguments])
    monkeypatch.setattr(demo, "train", lambda *_, **__: pytest.fail("it trained"))

    with pytest.raises(SystemExit, match="2"):
        demo.main()

    assert words in capsys.readouterr().err
