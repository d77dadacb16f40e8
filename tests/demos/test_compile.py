"""The story of compiling: what the demo prints is what it computed."""

import re
from contextlib import redirect_stdout
from io import StringIO

import pytest

from demos import compile as demo


@pytest.fixture(scope="module")
def printed():
    """Run the demo once."""
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(StringIO()) as text:
        patch.setattr("sys.argv", ["compile"])
        demo.main()
    return text.getvalue()


def test_each_pass_says_how_long_the_program_is(printed):
    """1,321 operations as traced become 72: a dot and a relu for each neuron."""
    sizes = [
        int(n.replace(",", ""))
        for n in re.findall(r"^\D+ +([\d,]+)  \d", printed, re.M)
    ]

    assert sizes[0] == 1321
    assert sizes[-1] == 72
    assert sizes == sorted(sizes, reverse=True)
    assert "34 dot, 33 relu" in printed


def test_the_code_is_that_of_layers(printed):
    """13 lines forward, three of layers, and the recurrence W·δ ⊙ σ' backward."""
    assert "dot_3 = relu_1 @ layers_1_0.reshape(16, 16).T + layers_1_1" in printed
    assert "d_relu_1 = d_dot_3 @ layers_1_0.reshape(16, 16)" in printed
    assert "d_dot_1 = d_relu_1 * (dot_1 > 0)" in printed
    assert "d_layers_1_0 = (d_dot_3.T @ relu_1).reshape(256)" in printed
    forward = re.findall(r"^    (?!layers|d_)[a-z]+_\d+ = ", printed, re.M)
    assert len(forward) == 13


def test_its_numbers_are_the_engines(printed):
    """The losses agree to twelve digits, the derivatives to rounding."""
    ours, engine = re.search(
        r"loss ([\d.]+), by the engine ([\d.]+);", printed
    ).groups()

    assert ours == engine
    assert float(re.search(r"at most (\S+) apart", printed)[1]) < 1e-11


def test_it_is_faster_by_orders_of_magnitude(printed):
    """By a thousand where nothing else runs; a hundredth of that is asked for here."""
    found = re.search(r"([\d,]+) times as fast as the engine", printed)[1]

    assert int(found.replace(",", "")) > 10


def test_a_branch_is_a_guard_and_a_choice_is_data(printed):
    """The one raises where it would decide otherwise, the other decides."""
    assert "TraceError: ...it comes out the other way" in printed
    assert "abs by `where`: of 5 it gives 5, of -5 5" in printed


def test_the_moons_are_two_half_circles():
    """Every other point is on the other one."""
    points, labels = demo.two_moons(6)

    assert labels == [-1.0, 1.0] * 3
    for (x, y), label in zip(points, labels, strict=True):
        x, y = (x, y) if label > 0 else (1.0 - x, 0.5 - y)
        assert x * x + y * y == pytest.approx(1.0)
        assert y >= 0
