"""A game of two networks: who covers the ring, and what each rule of the game does."""

import math
import sys
from random import Random

import pytest

from autograd_core import Value
from demos import ring_of_gaussians as demo
from demos.ring_of_gaussians import BATCH, CENTRES, MODES, Game, coverage, leak


@pytest.fixture(scope="module")
def played():
    """Play the demo's game once for all tests below."""
    return demo.train()


@pytest.fixture(scope="module")
def swung():
    """Play a short game with momentum."""
    return demo.train(momentum=0.9, steps=300)


# --- the games ----------------------------------------------------------------------
def test_without_momentum_the_game_ends_with_the_modes_covered(played):
    """All 8 with this seed, and 77% of the points near one; 64% at least with 8."""
    assert played[-1].modes >= 7
    assert played[-1].near >= 0.55


def test_nothing_was_covered_before_it(played):
    """The generator begins as a blot in the middle."""
    assert [shot.step for shot in played] == [0, 100, 250, 500, 1000]
    assert played[0].modes == 0
    assert played[0].near < 0.05


def test_momentum_carries_the_players_past_each_other(swung, played):
    """After 300 steps two modes at most are covered, where the other game has five."""
    assert swung[-1].step == 300
    assert swung[-1].modes <= 3
    assert swung[-1].near < played[-1].near / 2


def test_a_game_is_the_same_every_time(monkeypatch):
    """The seed decides on the weights, the noise and the points."""
    monkeypatch.setattr(demo, "SHOWN", 20)
    one, again, other = (demo.train(seed, steps=20)[-1] for seed in (5, 5, 6))

    assert one == again
    assert one.points != other.points


# --- the points ---------------------------------------------------------------------
def test_real_points_cover_the_ring():
    """In two dimensions 1 - e^(-9/2) of a Gaussian lies within 3σ."""
    modes, near = coverage(demo.real_points(4000, Random(0)))

    assert modes == MODES
    assert near == pytest.approx(1 - math.exp(-4.5), abs=0.005)


@pytest.mark.parametrize(("count", "modes"), [(25, 1), (24, 0)])
def test_a_mode_is_covered_by_a_quarter_of_its_due(count, modes):
    """Of 800 points 100 are due to each, of which 25 suffice."""
    points = [list(CENTRES[3])] * count + [[0.0, 0.0]] * (800 - count)

    assert coverage(points) == (modes, count / 800)


@pytest.mark.parametrize(("distance", "near"), [(0.29, 1.0), (0.31, 0.0)])
def test_near_is_within_three_sigma(distance, near):
    """With σ = 0.1, as the crow flies."""
    x, y = CENTRES[5]
    step = distance / math.sqrt(2)

    assert coverage([[x + step, y - step]])[1] == near


# --- the rules ----------------------------------------------------------------------
def test_detach_keeps_the_discriminators_loss_from_the_generator():
    """Without it every parameter gets a gradient, against the one it learns from."""
    assert leak(detach=True) == (0, 0.0)

    reached, cosine = leak(detach=False)

    assert reached == len(Game().generator.parameters()) == 114
    assert -1.0 <= cosine < -0.9


def test_in_the_game_the_discriminator_sees_points_without_a_past(monkeypatch):
    """Its step is one of constants; the generator's goes through what made them."""
    game, seen = Game(), {}

    def noted(name):
        loss = getattr(game, name)

        def note(made, *rest):
            seen[name] = {x.is_leaf for point in made for x in point}
            return loss(made, *rest)

        return note

    for name in ("discriminator_loss", "generator_loss"):
        monkeypatch.setattr(game, name, noted(name))

    game.play(penalty=0.1)

    assert seen == {"discriminator_loss": {True}, "generator_loss": {False}}


def test_the_generator_learns_where_nobody_is_fooled():
    """At a vote of -20, log(1 - D) has a slope of 2e-9, and -log D one of -1."""
    game, votes = Game(), [Value(-20.0) for _ in range(BATCH)]
    game.discriminator = lambda point: point[0]

    game.generator_loss([[vote, 0.0] for vote in votes]).backward()

    assert [vote.grad for vote in votes] == pytest.approx([-1 / BATCH] * BATCH)


def norm_of_slope(game, point, step=1e-6):
    """Return ‖∂D/∂x‖² from central differences."""
    slopes = []
    for i in range(2):
        ends = ([*point], [*point])
        for end, sign in zip(ends, (1, -1), strict=True):
            end[i] += sign * step
        above, below = (game.discriminator(end).data for end in ends)
        slopes.append((above - below) / (2 * step))
    return sum(slope**2 for slope in slopes)


def test_the_penalty_is_half_gamma_times_the_squared_slope():
    """Of the discriminator, by the real points only, on average."""
    made = [[0.1 * i, -0.2 * i] for i in range(BATCH)]
    real = demo.real_points(BATCH, Random(0))

    price = (
        Game(0).discriminator_loss(made, penalty=3.0) - Game(0).discriminator_loss(made)
    ).data

    slopes = [norm_of_slope(Game(0), point) for point in real]
    assert price == pytest.approx(1.5 * sum(slopes) / BATCH, rel=1e-6)


def test_the_discriminator_learns_from_the_penalty():
    """Its derivative by a weight, a second one, is that of differences."""

    def loss(change):
        game = Game(0)
        weight = game.discriminator.layers[1].neurons[0].weight[4]
        weight.data += change
        made = [[0.3, 0.2]] * BATCH
        return weight, game.discriminator_loss(made, penalty=50.0)

    weight, root = loss(0.0)
    root.backward()

    step = 1e-6
    slope = (loss(step)[1].data - loss(-step)[1].data) / (2 * step)
    assert weight.grad == pytest.approx(slope, rel=1e-6)
    assert abs(weight.grad) > 1e-3


def test_both_players_slow_down_to_a_halt():
    """The discriminator learns twice as fast, and neither moves after the last step."""
    game, rates = Game(steps=4), []
    for _ in range(5):
        rates.append([optimizer.lr for optimizer in game.optimizers])
        before = [p.data for p in game.generator.parameters()]
        game.play(0.0)

    assert rates == [
        pytest.approx([0.02 * k, 0.04 * k]) for k in (1, 0.75, 0.5, 0.25, 0)
    ]
    assert [p.data for p in game.generator.parameters()] == before


# --- the command --------------------------------------------------------------------
def test_the_demo_prints_and_draws(played, swung, tmp_path, capsys, monkeypatch):
    """Both games stand side by side; the last row is that of the last snapshots."""
    games = {0.0: played, 0.9: swung}
    monkeypatch.setattr("sys.argv", ["ring_of_gaussians", "--out", str(tmp_path)])
    monkeypatch.setattr(demo, "train", lambda seed, momentum, penalty: games[momentum])

    demo.main()

    printed = capsys.readouterr().out
    row = [
        f"{x:10}{y:8.1%}"
        for x, y in ((g[-1].modes, g[-1].near) for g in games.values())
    ]
    assert f"\n1000 {''.join(row)}\n" in printed
    assert "for 0 of them with detach(), for 114 without" in printed
    assert (tmp_path / "ring_of_gaussians.png").read_bytes()[:4] == b"\x89PNG"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--penalty", "-1"], "--penalty takes a number from 0 up, not -1.0"),
        (["--penalty", "inf"], "--penalty takes a number from 0 up, not inf"),
        (["--seed", "first"], "invalid int value: 'first'"),
        (["--out", "pyproject.toml/out"], "cannot write to pyproject.toml"),
    ],
)
def test_wrong_options_end_before_anything_is_played(
    arguments, words, monkeypatch, capsys
):
    """The command says which option, and why."""
    monkeypatch.setattr(sys, "argv", ["ring_of_gaussians", *arguments])
    monkeypatch.setattr(demo, "train", lambda *_: pytest.fail("it played"))

    with pytest.raises(SystemExit, match="2"):
        demo.main()

    assert words in capsys.readouterr().err
