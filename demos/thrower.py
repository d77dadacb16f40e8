"""Differentiate a simulation, `while` and `if` and all: a ball thrown over a wall.

A tennis ball flies against the wind, step by step, until it lands; where it meets the
wall it bounces off. The engine records what ran, however often the loop went round, and
one backward pass says how the landing point depends on every input. By that gradient
the throw is tuned until it lands on a target behind the wall. Where the program
branches the gradient shows what it is: right for the branch that was taken, and blind
to the other. (Rebound and size: ITF Rules of Tennis, appendix I. Drag: Cross and
Lindsey 2014, "Measurements of drag and lift on tennis balls in flight".)
"""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import nn
from autograd_core import cos, grad, hypot, relu, sin, sqrt
from autograd_core.errors import MissingExtraError
from autograd_core.testing import check_derivative
from demos.command import command, output_folder
from viz.plots.canvas import COLOURS, finish, label, legend, new_figure

GRAVITY = 9.81  # m/s²
DRAG = 0.507 * 1.204 * math.pi * 0.0335**2 / 2 / 0.0577  # deceleration/speed², 1/m
REBOUND = math.sqrt(141 / 254)  # the share of its speed that a bounce leaves
WIND, STEP = -4.0, 0.05  # m/s, a headwind; s
WALL, TOP, TARGET, MARGIN = 20.0, 3.0, 25.0, 0.3  # m
START = [math.radians(20), 25.0]  # angle and speed
SHORT, HIT, OVER = "falls short", "hits the wall", "flies over"
COLOUR_OF = dict(zip((SHORT, HIT, OVER), COLOURS, strict=False))

INPUTS = "angle", "speed", "wind", "drag", "gravity"


class Ball(NamedTuple):
    """Where the ball is and how fast it moves."""

    x: Any
    y: Any
    vx: Any
    vy: Any

    def after(self, t: Any, ax: Any, ay: Any) -> "Ball":
        """Return the ball a time later, under a constant acceleration."""
        x = self.x + self.vx * t + ax * t * t / 2
        y = self.y + self.vy * t + ay * t * t / 2
        return Ball(x, y, self.vx + ax * t, self.vy + ay * t)


class Flight(NamedTuple):
    """Where the ball landed, what it did, and how far over the wall's top it was."""

    landed: Any
    did: str
    over: Any
    path: list[Ball]


def acceleration(ball: Ball, wind: Any, drag: Any, gravity: Any) -> tuple[Any, Any]:
    """Return gravity and the drag of the air, which grows as the speed squared."""
    through_air = drag * hypot(ball.vx - wind, ball.vy)
    return -through_air * (ball.vx - wind), -through_air * ball.vy - gravity


def crossing(gap: Any, speed: Any, pull: Any) -> Any:
    """Return the time t in which a gap is closed: gap = speed·t + pull·t²/2."""
    return 2 * gap / (speed + sqrt(speed * speed + 2 * pull * gap))


def fly(
    angle: Any, speed: Any, wind: Any = WIND, drag: Any = DRAG, gravity: Any = GRAVITY,
    *, solid: bool = True, cut: bool = True,
) -> Flight:  # fmt: skip
    """Throw the ball, which flies through a wall that is not `solid`."""
    ball = Ball(0.0, 0.0, speed * cos(angle), speed * sin(angle))
    path, did, over = [], SHORT, -TOP
    while ball.y >= 0:
        last, path = ball, [*path, ball]
        halfway = last.after(STEP / 2, *acceleration(last, wind, drag, gravity))
        ax, ay = acceleration(halfway, wind, drag, gravity)  # the midpoint rule
        ball = last.after(STEP, ax, ay)
        if last.x < WALL <= ball.x:
            at = last.after(crossing(WALL - last.x, last.vx, ax), ax, ay)
            if at.y >= 0:
                did, over = OVER, at.y - TOP
                if solid and over < 0:
                    did, ball = HIT, at._replace(vx=-REBOUND * at.vx)
    if cut:  # the last step: their number is an integer, whose derivative is 0
        ball = last.after(crossing(last.y, -last.vy, -ay), ax, ay)
    return Flight(ball.x, did, over, [*path, ball])


def landing(throw: Sequence[Any], cut: bool = True) -> Any:
    """Return where the ball lands."""
    return fly(*throw, cut=cut).landed


def differences(throw: Sequence[Any], h: float = 1e-6) -> list[float]:
    """Return the derivatives of the landing point as central differences."""
    up, down = ([landing([*throw[:i], x + s, *throw[i + 1 :]])
                 for i, x in enumerate(throw)] for s in (h, -h))  # fmt: skip
    return [(a - b) / (2 * h) for a, b in zip(up, down, strict=True)]


def edge(angle: float, low: float, high: float) -> tuple[float, float]:
    """Return two speeds, as good as equal, where what the ball does changes."""
    did = fly(angle, low).did
    while high - low > 1e-9:
        middle = (low + high) / 2
        low, high = (middle, high) if fly(angle, middle).did == did else (low, middle)
    return low, high


def miss(throw: Sequence[Any]) -> Any:
    """Return the squared distance to the target: all that seems to matter."""
    return (landing(throw) - TARGET) ** 2


def miss_and_lack(throw: Sequence[Any]) -> Any:
    """Return that of a flight through the wall, and what height it lacks there."""
    flight = fly(*throw, solid=False)
    return (flight.landed - TARGET) ** 2 + relu(MARGIN - flight.over) ** 2


def print_slopes() -> None:
    """Print what the landing point depends on, without air and against the wind."""
    angle, speed = throw = [math.radians(30), 22.0]
    still, windy = [*throw, 0.0, 0.0, GRAVITY], [*throw, WIND, DRAG, GRAVITY]
    x = speed**2 * math.sin(2 * angle) / GRAVITY
    formula = {0: 2 * x / math.tan(2 * angle), 1: 2 * x / speed, 4: -x / GRAVITY}
    cut, uncut = (grad(lambda t, c=c: landing(t, c))(still) for c in (True, False))
    print("without air       formula      engine  whole steps")
    print(f"lands at {x:16.4f} {landing(still):11.4f} {landing(still, False):12.4f}")
    for i, wanted in formula.items():
        print(f"∂/∂{INPUTS[i]:8} {wanted:13.4f} {cut[i]:11.4f} {uncut[i]:12.4f}")
    print("Whole steps forget what the landing time depends on.\n")
    print("against the wind  differences   engine")
    for row in zip(INPUTS, differences(windy), grad(landing)(windy), strict=True):
        print("∂/∂{:8} {:13.4f} {:11.4f}".format(*row))


def print_edges() -> None:
    """Print the slope on both sides of where the program branches."""
    angle, middle = START
    print("\nat the first angle        lands at   ∂/∂speed   check")
    for speed in (*edge(angle, 10.0, middle), *edge(angle, middle, 40.0)):
        flight, slope = fly(angle, speed), grad(landing)([angle, speed])[1]
        check = check_derivative(lambda *throw: landing(throw), angle, speed).verdict
        print(f"{speed:.4f} m/s {flight.did:13}", end="")
        print(f"{flight.landed:8.4f} {slope:10.4f}   {check}")
    print("Each slope is right for what was done, and knows nothing of what was not.\n")


def tune() -> dict[str, list[float]]:
    """Return the first throw and those that the losses lead to; print what they do."""
    throws = {"at first": START, "by the miss": nn.minimize(miss, START).x}
    throws["by miss and lack"] = nn.minimize(miss_and_lack, START).x
    for name, (angle, speed) in throws.items():
        print(f"{name:16} {math.degrees(angle):5.1f}°, {speed:.2f} m/s: it", end=" ")
        print("{1} and lands at {0:.4f} m".format(*fly(angle, speed)))
    print("The miss alone leads to the foot of the wall, where each way looks worse.")
    print("Let the ball through, charge for the height it lacks, and it gets over.")
    return throws


def draw(throws: dict[str, list[float]], path: Path) -> Path:
    """Draw the flights, and where the ball lands by its speed."""
    figure, lines = new_figure(12, 4.2), []
    left, right = figure.subplots(1, 2, width_ratios=[3, 2])
    for throw, dashes in zip(throws.values(), (":", "--", "-"), strict=True):
        flight = fly(*throw)
        xs, ys, *_ = zip(*flight.path, strict=True)
        lines += left.plot(xs, ys, dashes, color=COLOUR_OF[flight.did], linewidth=2)
    left.plot([WALL, WALL], [0.0, TOP], color="black", linewidth=4)
    left.plot([TARGET], [0.0], "kv", clip_on=False)
    legend(left, *lines, names=list(throws))
    label(left, "Three throws at a target behind a wall", "distance (m)", "height (m)")
    flights = [(i / 20, fly(START[0], i / 20)) for i in range(320, 681)]
    for did, colour in COLOUR_OF.items():
        points = [(speed, f.landed) for speed, f in flights if f.did == did]
        right.plot(*zip(*points, strict=True), color=colour, linewidth=2, label=did)
    right.legend(frameon=False, fontsize=9)
    label(right, "At the first angle: a kink, a jump", "speed (m/s)", "lands at (m)")
    finish(figure, path)
    return path


def main() -> None:
    """Print slopes and edges, tune the throw, and draw it."""
    parser = command(__doc__)
    out = output_folder(parser, parser.parse_args().out)
    print_slopes()
    print_edges()
    throws = tune()
    try:
        print("picture:", draw(throws, out / "thrower.png"))
    except MissingExtraError as missing:
        print(f"no picture: {missing}")


if __name__ == "__main__":
    main()
