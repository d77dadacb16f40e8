"""Learn to balance a pole by REINFORCE, told only when it has fallen.

A cart is pushed left or right to keep the pole on it upright (Barto, Sutton and
Anderson 1983; CartPole-v1 of gymnasium). Each step earns 1 until it falls: no reward
says which push was wrong, the news is late. REINFORCE (Williams 1992) needs no more. A
network of scalar nodes gives the log-probability of each push; after the fall that of
every push taken is raised by how much came after it, or lowered where that was less
than usual, in one backward pass through all that was decided.
"""

import math
from collections.abc import Sequence
from pathlib import Path
from random import Random
from statistics import fmean, pstdev
from typing import Any, NamedTuple

import nn
import viz
from autograd_core import Value, dot, no_grad
from autograd_core.errors import MissingExtraError
from demos.command import command, output_folder
from viz.plots.canvas import COLOURS, finish, label, new_figure

PUSHES = "left", "right"
REACH = (2.4, 3.0, math.radians(12), 3.0)  # about how far each observation goes
DISCOUNT = 0.99  # what comes a hundred steps later counts about a third
BATCH, ENOUGH, MOST = 4, 10, 1000  # episodes


class Episode(NamedTuple):
    """What was seen and done at each step; `fell` is False where time ran out."""

    states: list[list[float]]
    actions: list[int]
    log_probabilities: list[Value]
    rewards: list[float]
    fell: bool


def cart_pole(seed: int) -> Any:
    """Return the environment, or say which extra brings it."""
    try:
        from gymnasium import make
    except ImportError:
        raise MissingExtraError("CartPole-v1 needs gymnasium", "demos") from None
    env = make("CartPole-v1")
    env.reset(seed=seed)
    return env


def new_policy(seed: int) -> nn.MLP:
    """Return a network from positions and speeds to a logit for each push."""
    return nn.MLP(len(REACH), [16, len(PUSHES)], activation="tanh", seed=seed)


def logits(policy: nn.MLP, state: Sequence[float]) -> list[Value]:
    """Return what the policy makes of a state, whose numbers it gets alike in size."""
    return policy([x / reach for x, reach in zip(state, REACH, strict=True)])


def play(policy: nn.MLP, env: Any, random: Random | None = None) -> Episode:
    """Play one episode: pushes are drawn to learn from, else the likelier is taken."""
    steps, fell, out_of_time = [], False, False
    state = env.reset()[0].tolist()
    while not (fell or out_of_time):
        logs = nn.log_softmax(logits(policy, state))
        to_the_right = math.exp(logs[1].data)
        action = int(to_the_right > (random.random() if random else 0.5))
        seen, reward, fell, out_of_time, _ = env.step(action)
        steps.append((state, action, logs[action], float(reward)))
        state = seen.tolist()
    return Episode(*map(list, zip(*steps, strict=True)), fell=fell)


def returns_to_go(episode: Episode) -> list[float]:
    """Return Gₜ = rₜ + γ·Gₜ₊₁: an action has no part in what was earned before it."""
    # who is stopped by the clock would have gone on: 1 + γ + γ² + … is still to come
    ahead = 0.0 if episode.fell else 1 / (1 - DISCOUNT)
    found = []
    for reward in reversed(episode.rewards):
        ahead = reward + DISCOUNT * ahead
        found.append(ahead)
    return found[::-1]


def credits(episodes: Sequence[Episode]) -> list[list[float]]:
    """Return each action's weight: its return-to-go less the mean, over the spread.

    The mean, the baseline, is for less noise: what is subtracted from all weights alike
    moves the gradient nowhere on average, as Σ π·∇log π = ∇Σ π = 0.
    """
    returns = [returns_to_go(episode) for episode in episodes]
    together = [g for each in returns for g in each]
    baseline, spread = fmean(together), pstdev(together) or 1.0
    return [[(g - baseline) / spread for g in each] for each in returns]


def train(policy: nn.MLP, env: Any, random: Random) -> list[int]:
    """Train until ten episodes in a row are long enough; return all lengths."""
    optimizer, lengths = nn.Adam(policy.parameters(), lr=0.03), [0]
    while fmean(lengths[-ENOUGH:]) < env.spec.reward_threshold and len(lengths) < MOST:
        with nn.collector_paused():  # for the graph, which holds no cycle
            batch = [play(policy, env, random) for _ in range(BATCH)]
            logs = [log for episode in batch for log in episode.log_probabilities]
            weights = [weight for each in credits(batch) for weight in each]
            optimizer.zero_grad()
            dot(logs, [-weight / len(logs) for weight in weights]).backward()
            optimizer.step()
        lengths += [len(episode.rewards) for episode in batch]
    return lengths[1:]


def evaluated(policy: nn.MLP, env: Any, count: int = 100) -> list[float]:
    """Return what episodes earn where the likelier push is always taken."""
    with no_grad():
        return [sum(play(policy, env).rewards) for _ in range(count)]


def print_credit(episode: Episode, weights: list[float]) -> None:
    """Print the first three and the last five steps, each with its weight."""
    print("  step   angle  pushed  return-to-go  weight")
    for t, ahead in enumerate(returns_to_go(episode)):
        if t == 3:
            print("     …")
        if t < 3 or t >= len(weights) - 5:
            angle, push = math.degrees(episode.states[t][2]), PUSHES[episode.actions[t]]
            print(f"{t:6} {angle:6.1f}°  {push:>6} {ahead:13.2f} {weights[t]:+7.2f}")


def draw_training(weights: list[float], lengths: list[int], path: Path) -> None:
    """Draw the credit of one early episode, and how long all episodes were."""
    figure = new_figure(10, 4)
    left, right = figure.subplots(1, 2)
    left.bar(range(len(weights)), weights, color=[COLOURS[w < 0] for w in weights])
    left.locator_params(axis="x", integer=True)
    label(left, "The first episode: the last pushes are blamed", "step", "weight")
    right.plot(lengths, "o-", color=COLOURS[0], linewidth=0.6, markersize=3.5)
    label(right, "Training: after 500 steps time is up", "episode", "steps")
    finish(figure, path)


def draw_policy(policy: nn.MLP, episodes: Sequence[Episode], path: Path) -> None:
    """Draw which way it pushes now, and which way was pushed in some episodes."""

    def preference(point: Sequence[float]) -> Value:
        left, right = logits(policy, [0.0, 0.0, math.radians(point[0]), point[1]])
        return right - left

    states = [state for episode in episodes for state in episode.states]
    points = [[math.degrees(angle), speed] for _, _, angle, speed in states]
    pushes = [PUSHES[action] for episode in episodes for action in episode.actions]
    figure = viz.plots.decision_boundary(preference, points, pushes)
    plane, scale = figure.axes
    title = "What the policy has learnt to do where the cart is at rest in the middle"
    label(plane, title, "angle of the pole (°)", "its angular velocity (rad/s)")
    plane.grid(visible=False)
    plane.get_legend().set_title("tried before")
    scale.set_ylabel("log-odds of a push to the right")
    finish(figure, path)


def main() -> None:
    """Look at the credit of early pushes, train, and put the policy to the test."""
    parser = command(__doc__)
    parser.add_argument("--seed", type=int, default=0, help="default: 0")
    options = parser.parse_args()
    if options.seed < 0:
        parser.error(f"--seed takes a number from 0 up, not {options.seed}")
    try:
        env = cart_pole(options.seed)
    except MissingExtraError as missing:
        parser.exit(1, f"{missing}\n")
    out = output_folder(parser, options.out)

    policy, random = new_policy(options.seed), Random(options.seed)
    early = [play(policy, env, random) for _ in range(BATCH)]
    weights = credits(early)[0]
    print(f"The first pole fell after {len(weights)} steps. Which push was wrong?\n")
    print_credit(early[0], weights)
    print("\nThe less came after a push, the more it is blamed. Right ones may be")
    print("among them, but over many episodes those have more to come.\n")

    lengths = train(policy, env, random)
    print("from episode   mean length of 20")
    for start in range(0, len(lengths), 20):
        print(f"{start + 1:12} {fmean(lengths[start : start + 20]):19.0f}")
    earned, solved = evaluated(policy, env), env.spec.reward_threshold
    print(f"\nThe likelier push earns {fmean(earned):.1f} on average of 100 episodes,")
    print(f"{min(earned):.0f} in the worst; CartPole-v1 is solved from {solved:g} on.")
    try:
        draw_training(weights, lengths, out / "cartpole_training.png")
        draw_policy(policy, early, out / "cartpole_policy.png")
        print("pictures:", out / "cartpole_training.png", out / "cartpole_policy.png")
    except MissingExtraError as missing:
        print(f"no pictures: {missing}")


if __name__ == "__main__":
    main()
