"""A pole balanced by REINFORCE: the credit of each push, and what is learned of it."""

import math
import sys
from itertools import pairwise
from random import Random
from statistics import fmean, pstdev, pvariance
from types import SimpleNamespace

import pytest
from demo_commands import assert_refused

from autograd_core import Value, dot, no_grad
from demos import cartpole as demo
from demos.cartpole import BATCH, DISCOUNT, Episode


@pytest.fixture(scope="module")
def run():
    """Train once with the command's seed, and play the 100 episodes of the trial."""
    env, policy, random = demo.cart_pole(0), demo.new_policy(0), Random(0)
    early = [demo.play(policy, env, random) for _ in range(BATCH)]
    lengths = demo.train(policy, env, random)
    earned = demo.evaluated(policy, env)
    return SimpleNamespace(
        env=env, policy=policy, early=early, lengths=lengths, earned=earned
    )


def of_length(length: int, *, fell: bool = True) -> Episode:
    """Return an episode of so many steps, each of which earned 1."""
    return Episode([[0.0] * 4] * length, [0] * length, [], [1.0] * length, fell)


def untrained(count: int) -> tuple[demo.nn.MLP, list[Episode]]:
    """Return a policy that has learned nothing, and episodes of it."""
    env, policy, random = demo.cart_pole(0), demo.new_policy(0), Random(0)
    return policy, [demo.play(policy, env, random) for _ in range(count)]


# --- what is learned ----------------------------------------------------------------
def test_the_pole_is_balanced(run):
    """The mean return over 100 new episodes reaches the threshold published for v1."""
    assert (run.env.spec.reward_threshold, run.env.spec.max_episode_steps) == (475, 500)
    assert len(run.earned) == 100
    assert fmean(run.earned) >= 475


def test_training_begins_with_falls_and_ends_when_ten_episodes_are_long(run):
    """Before that no ten in a row are, looked at after each batch."""
    lengths = run.lengths

    assert fmean(lengths[:BATCH]) < 60
    assert fmean(lengths[-10:]) >= 475
    assert len(lengths) < demo.MOST
    for end in range(3 * BATCH, len(lengths), BATCH):
        assert fmean(lengths[max(0, end - 10) : end]) < 475


@pytest.mark.parametrize(("angle", "speed"), [(6.0, 1.0), (4.0, 0.5), (0.0, 1.5)])
def test_the_policy_pushes_under_the_falling_pole(run, angle, speed):
    """To the right where the pole tips to the right, and the other way round."""
    for side in (-1, 1):
        state = [0.0, 0.0, side * math.radians(angle), side * speed]
        left, right = demo.logits(run.policy, state)
        assert (right > left) == (side > 0)


def test_the_seed_decides_every_step():
    """The same seed gives the same episodes, another seed others."""
    first, second, other = (
        demo.play(demo.new_policy(seed), demo.cart_pole(seed), Random(seed))
        for seed in (3, 3, 4)
    )

    assert (first.states, first.actions) == (second.states, second.actions)
    assert first.states != other.states


# --- the credit of a push -----------------------------------------------------------
@pytest.mark.parametrize("length", [1, 2, 20])
def test_a_return_to_go_counts_what_is_still_to_come(length):
    """With 1 for each step it is (1 - γⁿ)/(1 - γ), n steps before the fall."""
    found = demo.returns_to_go(of_length(length))

    wanted = [(1 - DISCOUNT**n) / (1 - DISCOUNT) for n in range(length, 0, -1)]
    assert found == pytest.approx(wanted, rel=1e-12)


def test_what_was_earned_before_gives_no_credit():
    """Rewards of different sizes are discounted from the step that is judged."""
    episode = of_length(3)._replace(rewards=[5.0, 0.0, 2.0])

    found = demo.returns_to_go(episode)

    assert found == pytest.approx([5 + 2 * DISCOUNT**2, 2 * DISCOUNT, 2.0], rel=1e-15)


def test_nobody_is_blamed_for_the_end_of_time():
    """Of an episode that did not fall, each push has 1 + γ + γ² + … ahead of it."""
    stopped = of_length(500, fell=False)

    assert demo.returns_to_go(stopped) == pytest.approx([100.0] * 500, rel=1e-12)
    together = demo.credits([stopped, of_length(30)])
    assert min(together[0]) > max(together[1])


def test_credits_have_mean_zero_and_spread_one(run):
    """They are taken over all pushes of the batch, and fall towards the fall."""
    credits = demo.credits(run.early)
    flat = [weight for each in credits for weight in each]

    assert fmean(flat) == pytest.approx(0.0, abs=1e-12)
    assert pstdev(flat) == pytest.approx(1.0, rel=1e-12)
    for weights in credits:
        assert all(later < before for before, later in pairwise(weights))
        assert weights[-1] < 0


def test_equal_returns_give_no_credit_at_all():
    """Where every push did as well as all others, there is nothing to learn."""
    assert demo.credits([of_length(1), of_length(1)]) == [[0.0], [0.0]]


def test_the_baseline_quiets_the_gradient():
    """Less the mean, an episode's gradient varies half as much, or less still."""
    policy, episodes = untrained(60)
    returns = [demo.returns_to_go(episode) for episode in episodes]
    spread = pstdev([g for each in returns for g in each])

    def variance(weights: list[list[float]]) -> float:
        gradients = []
        for episode, own in zip(episodes, weights, strict=True):
            policy.zero_grad()
            dot(episode.log_probabilities, own).backward()
            gradients.append([parameter.grad for parameter in policy.parameters()])
        return sum(map(pvariance, zip(*gradients, strict=True)))

    raw = variance([[g / spread for g in each] for each in returns])
    assert variance(demo.credits(episodes)) < 0.7 * raw


# --- the step -----------------------------------------------------------------------
def test_log_probabilities_are_of_the_pushes_taken():
    """Each is log softmax of the logits at the state that was seen."""
    policy, (episode,) = untrained(1)

    for state, action, log in zip(*episode[:3], strict=True):
        logits = [logit.data for logit in demo.logits(policy, state)]
        share = math.exp(logits[action]) / sum(map(math.exp, logits))
        assert log.data == pytest.approx(math.log(share), rel=1e-12)


def test_pushes_are_drawn_by_their_probability():
    """As often to the right as was likely, and not always the likelier way."""
    _, episodes = untrained(60)
    pairs = [pair for e in episodes for pair in zip(*e[1:3], strict=True)]
    taken = [math.exp(log.data) for _, log in pairs]
    to_the_right = [p if a else 1 - p for (a, _), p in zip(pairs, taken, strict=True)]

    surplus = sum(action for action, _ in pairs) - sum(to_the_right)
    assert abs(surplus) < 4 * math.sqrt(sum(p * (1 - p) for p in to_the_right))
    assert min(taken) < 0.48


def test_a_step_makes_pushes_likelier_by_their_credit(monkeypatch):
    """Adam's first step takes the sign of Σ weight·∂log π/∂bias, 1 - π or -π."""
    policy, episodes = untrained(BATCH)
    wanted = 0.0
    for episode, weights in zip(episodes, demo.credits(episodes), strict=True):
        for weight, action, log in zip(weights, *episode[1:3], strict=True):
            taken = math.exp(log.data)
            wanted += weight * (1.0 - taken if action == 1 else taken - 1.0)
    monkeypatch.setattr(demo, "MOST", 2)  # one batch

    lengths = demo.train(policy, demo.cart_pole(0), Random(0))

    assert lengths == [len(episode.actions) for episode in episodes]
    left, right = (neuron.bias.data for neuron in policy.layers[-1].neurons)
    assert abs(wanted) > 0.1
    assert right == pytest.approx(math.copysign(0.03, wanted), rel=1e-3)
    assert left == pytest.approx(-right, rel=1e-12)


def test_no_graph_is_kept_of_a_trial():
    """Where nothing is learned, log-probabilities have no parents."""
    with no_grad():
        episode = demo.play(demo.new_policy(0), demo.cart_pole(0))

    assert all(isinstance(log, Value) for log in episode.log_probabilities)
    assert all(log.parents == () for log in episode.log_probabilities)
    assert all(log.data >= math.log(0.5) for log in episode.log_probabilities)


# --- the command --------------------------------------------------------------------
def test_the_demo_prints_and_draws(run, tmp_path, capsys, monkeypatch):
    """It shows the credit of the first pushes, the lengths, the trial, two pictures."""

    def trained(policy, env, random):
        policy.load_state_dict(run.policy.state_dict())
        return run.lengths

    monkeypatch.setattr("sys.argv", ["cartpole", "--out", str(tmp_path)])
    monkeypatch.setattr(demo, "train", trained)
    monkeypatch.setattr(demo, "evaluated", lambda policy, env: run.earned)

    demo.main()

    printed = capsys.readouterr().out
    first = len(run.early[0].actions)
    assert f"The first pole fell after {first} steps" in printed
    assert f"\n{first - 1:6} " in printed
    assert f"{1.0:13.2f} {demo.credits(run.early)[0][-1]:+7.2f}\n" in printed
    assert f"\n{1:12} {fmean(run.lengths[:20]):19.0f}\n" in printed
    assert f"earns {fmean(run.earned):.1f} on average of 100" in printed
    for name in ("training", "policy"):
        picture = tmp_path / f"cartpole_{name}.png"
        assert str(picture) in printed
        assert picture.read_bytes()[:4] == b"\x89PNG"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--seed", "-1"], "--seed takes a number from 0 up, not -1"),
        (["--seed", "luck"], "invalid int value: 'luck'"),
        (["--out", "pyproject.toml/out"], "cannot write to pyproject.toml"),
    ],
)
def test_wrong_options_are_named_before_anything_is_trained(arguments, words):
    """The command ends at once, with the option and the reason on one line."""
    assert_refused("cartpole", arguments, words)


def test_without_gymnasium_the_demo_says_how_to_get_it(tmp_path, capsys, monkeypatch):
    """It ends with the extra that brings it, and has made nothing."""
    monkeypatch.setattr("sys.argv", ["cartpole", "--out", str(tmp_path / "new")])
    monkeypatch.setitem(sys.modules, "gymnasium", None)

    with pytest.raises(SystemExit) as ended:
        demo.main()

    assert ended.value.code == 1
    assert "pip install 'autograd-core[demos]'" in capsys.readouterr().err
    assert not (tmp_path / "new").exists()
