"""A ball thrown over a wall: the flight, its derivatives, its edges, and the tuning."""

import math
import sys
from itertools import pairwise

import pytest
from demo_commands import assert_refused

from autograd_core import Value, derivative, grad
from autograd_core.testing import check_derivative
from demos import thrower as demo
from demos.thrower import DRAG, GRAVITY, REBOUND, START, TARGET, TOP, WALL, WIND, fly

LOW = [math.radians(10), 30.0]  # hits the wall where there is no air
HIGH = [math.radians(40), 24.0]  # flies over it, with or without
SHORT = [math.radians(40), 13.0]


@pytest.fixture(scope="module")
def throws():
    """Tune once for all tests below."""
    return demo.tune()


def still(throw: list[float]) -> list[float]:
    """Return the throw without air."""
    return [*throw, 0.0, 0.0, GRAVITY]


def reach(angle: float, speed: float) -> float:
    """Return how far a parabola goes: v²·sin 2θ/g."""
    return speed**2 * math.sin(2 * angle) / GRAVITY


# --- the flight ---------------------------------------------------------------------
@pytest.mark.parametrize("throw", [SHORT, HIGH, [0.2, 12.3], [1.4, 31.0]])
def test_without_air_the_ball_flies_a_parabola(throw):
    """It lands at v²·sin 2θ/g to rounding, as each step is exact."""
    assert fly(*still(throw)).landed == pytest.approx(reach(*throw), rel=1e-12)


def test_drag_is_integrated_to_second_order(monkeypatch):
    """With half the step the landing point moves a quarter as much."""
    found = []
    for step in (0.1, 0.05, 0.025, 0.0125):
        monkeypatch.setattr(demo, "STEP", step)
        found.append(fly(*HIGH).landed)
    moves = [abs(after - before) for before, after in pairwise(found)]

    assert moves[1] < 0.01
    assert all(3 < before / after < 5 for before, after in pairwise(moves))


def test_a_rebound_mirrors_the_parabola_and_shortens_it():
    """Height goes on as before: the rest of the way is flown back, times REBOUND."""
    flight = fly(*still(LOW))

    assert flight.did == "hits the wall"
    wanted = WALL - REBOUND * (reach(*LOW) - WALL)
    assert flight.landed == pytest.approx(wanted, rel=1e-12)


def test_a_wall_that_is_not_solid_is_flown_through():
    """The flight is that of a parabola, and knows how far under the top it was."""
    flight = fly(*still(LOW), solid=False)

    angle, speed = LOW
    height = (
        WALL * math.tan(angle) - GRAVITY * (WALL / speed / math.cos(angle)) ** 2 / 2
    )
    assert flight.landed == pytest.approx(reach(*LOW), rel=1e-12)
    assert flight.over == pytest.approx(height - TOP, rel=1e-12)
    assert flight.over < 0


def test_the_number_of_steps_depends_on_the_throw():
    """The loop goes round until the ball is down."""
    steps = [len(fly(*throw).path) for throw in (SHORT, HIGH)]

    assert steps[0] < steps[1]
    assert [fly(*throw).did for throw in (SHORT, HIGH)] == ["falls short", "flies over"]


def test_the_air_slows_and_a_headwind_slows_more():
    """In wind, calm and vacuum the ball flies further and further."""
    windy, calm, nothing = (
        fly(*HIGH, wind, drag).landed
        for wind, drag in ((WIND, DRAG), (0.0, DRAG), (0.0, 0.0))
    )

    assert windy < calm < nothing


# --- its derivatives ----------------------------------------------------------------
@pytest.mark.parametrize("throw", [SHORT, HIGH, [0.2, 12.3]])
def test_slopes_without_air_are_those_of_the_formula(throw):
    """By angle, speed and gravity, of x = v²·sin 2θ/g."""
    angle, speed = throw

    found = grad(demo.landing)(still(throw))

    x = reach(*throw)
    assert found[0] == pytest.approx(2 * x / math.tan(2 * angle), rel=1e-11)
    assert found[1] == pytest.approx(2 * x / speed, rel=1e-11)
    assert found[4] == pytest.approx(-x / GRAVITY, rel=1e-11)


def test_whole_steps_lose_the_part_of_the_landing_time():
    """At a fixed time T, x = v·T·cos θ: the slope by gravity is 0, the rest wrong."""
    angle, speed = HIGH
    flight = fly(*still(HIGH), cut=False)
    time = (len(flight.path) - 1) * demo.STEP

    found = grad(lambda throw: demo.landing(throw, cut=False))(still(HIGH))

    assert found[4] == 0.0
    assert found[1] == pytest.approx(time * math.cos(angle), rel=1e-12)
    assert found[0] == pytest.approx(-speed * time * math.sin(angle), rel=1e-12)
    assert found[1] < 0.6 * grad(demo.landing)(still(HIGH))[1]


@pytest.mark.parametrize("throw", [SHORT, START, HIGH])
def test_derivatives_are_right_whatever_the_ball_does(throw):
    """The check passes for a fall, a rebound and a flight over, in wind and drag."""
    report = check_derivative(
        lambda *throw: demo.landing(throw), *throw, WIND, DRAG, GRAVITY
    )

    assert report.verdict == "pass"


def test_derivatives_agree_with_differences():
    """All five, of a flight over the wall and of a rebound."""
    for throw in (HIGH, START):
        windy = [*throw, WIND, DRAG, GRAVITY]
        assert grad(demo.landing)(windy) == pytest.approx(
            demo.differences(windy), rel=1e-6
        )


def test_a_crossing_is_when_the_gap_is_closed():
    """The time solves the quadratic equation; without a pull it is gap/speed."""
    time = demo.crossing(6.0, 2.0, 8.0)

    assert 2.0 * time + 8.0 * time**2 / 2 == pytest.approx(6.0, rel=1e-15)
    assert demo.crossing(6.0, 2.0, 0.0) == 3.0
    assert derivative(lambda v: demo.crossing(6.0, v, 0.0))(2.0) == -1.5


# --- its edges ----------------------------------------------------------------------
def test_the_landing_point_has_a_kink_at_the_foot_of_the_wall():
    """Both sides land there; one slope points away from the thrower, one back."""
    low, high = demo.edge(START[0], 10.0, START[1])
    before, after = fly(START[0], low), fly(START[0], high)

    assert (before.did, after.did) == ("falls short", "hits the wall")
    assert (before.landed, after.landed) == pytest.approx((WALL, WALL), abs=1e-6)
    slopes = [grad(demo.landing)([START[0], speed])[1] for speed in (low, high)]
    assert slopes[1] == pytest.approx(-REBOUND * slopes[0], rel=1e-3)


def test_the_landing_point_jumps_at_the_top_of_the_wall():
    """Of two throws as good as equal, one lands metres behind the other."""
    low, high = demo.edge(START[0], START[1], 40.0)
    before, after = fly(START[0], low), fly(START[0], high)

    assert high - low < 1e-8
    assert (before.did, after.did) == ("hits the wall", "flies over")
    assert (before.over, after.over) == pytest.approx((0.0, 0.0), abs=1e-6)
    assert after.landed - before.landed > 10.0


# --- the tuning ---------------------------------------------------------------------
def test_the_miss_alone_leads_to_the_foot_of_the_wall(throws):
    """There the gradient is large, and no way down."""
    angle, speed = throws["by the miss"]

    assert fly(angle, speed).landed == pytest.approx(WALL, abs=0.1)
    assert max(map(abs, grad(demo.miss)([angle, speed]))) > 1.0
    assert all(
        demo.miss([angle, speed * factor]) > 0.95 * (TARGET - WALL) ** 2
        for factor in (0.9, 0.99, 1.01, 1.1)
    )


def test_what_is_lacking_in_height_leads_over_the_wall(throws):
    """The solid wall is cleared by the margin, and the target hit to a micrometre."""
    flight = fly(*throws["by miss and lack"])

    assert fly(*throws["at first"]).did == "hits the wall"
    assert flight.did == "flies over"
    assert flight.over >= demo.MARGIN - 1e-6
    assert flight.landed == pytest.approx(TARGET, abs=1e-6)


def test_the_second_loss_charges_for_height_alone_or_for_nothing():
    """Far over the wall it is the miss; through it, the lack is squared and added."""
    over, through = demo.miss_and_lack(HIGH), demo.miss_and_lack(START)
    lack = demo.MARGIN - fly(*START, solid=False).over

    assert over == demo.miss(HIGH)
    landed = fly(*START, solid=False).landed
    assert through == pytest.approx((landed - TARGET) ** 2 + lack**2, rel=1e-15)
    slopes = [grad(demo.miss_and_lack)(START)[i] for i in (0, 1)]
    assert max(slopes) < 0  # steeper and faster


# --- the command --------------------------------------------------------------------
def test_the_demo_prints_and_draws(tmp_path, capsys, monkeypatch):
    """Two tables of slopes, four edges that pass the check, three throws, a picture."""
    monkeypatch.setattr("sys.argv", ["thrower", "--out", str(tmp_path)])

    demo.main()

    printed = capsys.readouterr().out
    x = reach(math.radians(30), 22.0)
    assert f"∂/∂speed    {2 * x / 22:13.4f} {2 * x / 22:11.4f}" in printed
    assert f"∂/∂gravity  {-x / GRAVITY:13.4f} {-x / GRAVITY:11.4f} " in printed
    assert printed.count("   pass\n") == 4
    assert "it hits the wall and lands at 20.0" in printed
    assert f"it flies over and lands at {TARGET:.4f} m" in printed
    assert (tmp_path / "thrower.png").read_bytes()[:4] == b"\x89PNG"


def test_a_picture_that_cannot_be_drawn_is_left_out(tmp_path, capsys, monkeypatch):
    """Without matplotlib the results stand, and what to install is printed."""
    monkeypatch.setattr("sys.argv", ["thrower", "--out", str(tmp_path)])
    for name in ("print_slopes", "print_edges"):
        monkeypatch.setattr(demo, name, lambda: None)
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)

    demo.main()

    assert "no picture: plots need matplotlib" in capsys.readouterr().out
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--speed", "30"], "unrecognized arguments: --speed 30"),
        (["--out", "pyproject.toml/out"], "cannot write to pyproject.toml"),
    ],
)
def test_wrong_options_are_named_before_anything_is_thrown(arguments, words):
    """The command ends at once, with the option and the reason on one line."""
    assert_refused("thrower", arguments, words)


def test_a_throw_of_values_is_a_graph():
    """The landing point is where floats land, and has gradients by what was thrown."""
    angle, speed = Value(HIGH[0], label="angle"), Value(HIGH[1], label="speed")
    flight = fly(angle, speed)

    flight.landed.backward()

    assert flight.landed.data == fly(*HIGH).landed
    assert [angle.grad, speed.grad] == grad(demo.landing)(HIGH)
