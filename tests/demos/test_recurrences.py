"""The recurrences of the textbook: what the demo computes and prints."""

import math
from collections.abc import Callable
from itertools import pairwise

import mpmath
import pytest

import nn
from demos import recurrences
from demos.recurrences import by_engine, by_recurrences, chain, distance, rows, textbook

NETWORKS = pytest.mark.parametrize("make", [chain, textbook])


@NETWORKS
def test_the_engine_and_the_recurrences_agree_to_the_last_bits(
    make: Callable[[], tuple[nn.Sequential, list[float], list[float]]],
) -> None:
    """Every δ and every ∂C/∂W is within 8 ULP of its layer's largest number."""
    table = list(rows(*make()))

    assert len(table) == 2 * len(make()[0])
    for name, wanted, found in table:
        assert distance(wanted, found) <= 8, name


def test_the_distance_counts_units_in_the_last_place() -> None:
    """The next float is one away, measured at the largest number."""
    assert distance([1.0, -0.5], [1.0, -0.5]) == 0.0
    assert distance([1.0], [math.nextafter(1.0, 2.0)]) == 1.0
    assert distance([4.0, 1.0], [4.0, 1.0 + 4 * math.ulp(1.0)]) == 1.0


def test_the_chain_is_the_product_of_its_slopes() -> None:
    """With all weights 1, δ(l) is the error times σ'(z) of every layer from l up."""
    network, (x,), _ = chain(4)
    with mpmath.workdps(30):
        z, slopes = mpmath.mpf(x), []
        for _ in range(4):
            a = 1 / (1 + mpmath.exp(-z))
            slopes.append(a * (1 - a))
            z = a
        wanted = [float(z * mpmath.fprod(slopes[layer:])) for layer in range(4)]

    for way in (by_engine, by_recurrences):
        deltas = [delta for (delta,), _ in way(network, [x], [0.0])]
        assert deltas == pytest.approx(wanted, rel=1e-14)


def test_delta_vanishes_along_the_chain() -> None:
    """It shrinks at least fourfold from each layer to the one below."""
    deltas = [delta for (delta,), _ in by_engine(*chain(8))]

    for lower, upper in pairwise(deltas):
        assert 0 < lower <= upper / 4


def test_the_demo_prints_both_tables(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each quantity stands beside its twin, with their distance."""
    monkeypatch.setattr("sys.argv", ["recurrences"])

    recurrences.main()

    printed = capsys.readouterr().out
    assert printed.count("ULP") == 2 * 8 + 2 * 2
    for start in (
        "δ(8)            0.148090501120276",
        "δ(2)            0.142318705565",
    ):
        assert f"\n{start}" in printed
