"""Measure what a node costs, in bytes and in time, from a thousand to a million.

Two shapes: a chain, as deep as it is long, and micrograd's network on more and more
points, which is wide. Where all is linear, a column changes little on the way down; the
last one does change, and is why `nn.fit` pauses the collector.

    python -m tests.benchmarks.scaling

The goal is at most 400 bytes a node. Times are those of this machine at this moment;
compare them with one another.
"""

import gc
import subprocess
import sys
import tracemalloc
import weakref
from collections.abc import Callable
from itertools import pairwise
from statistics import median
from time import perf_counter

import nn
from autograd_core import Value, topological_order

from .graphs import chain, diamond, moons, moons_loss, network
from .timing import alternate, machine, table, verdict

GOAL_BYTES = 400.0

Build = Callable[[], Value]


def a_chain(length: int) -> Build:
    """Return what builds a chain of `length` nodes."""
    return lambda: chain(Value(1.0), length - 1)


def a_network(count: int) -> Build:
    """Return what builds the loss of the network on `count` points."""
    points, labels = moons(count)
    return lambda: moons_loss(network(Value), points, labels, Value, Value.relu)


SHAPES = {
    "chain": [a_chain(10**k) for k in (3, 4, 5, 6)],
    "network": [a_network(count) for count in (1, 15, 152, 1525)],  # to a million
}


def memory(build: Build) -> tuple[int, float, float, float]:
    """Return a graph's nodes; bytes of each, before and after backward; its objects.

    The last is the number of objects a node adds to the collector's lists.
    """
    gc.collect()
    with nn.collector_paused():
        objects = len(gc.get_objects())
        tracemalloc.start()
        root = build()
        built = tracemalloc.get_traced_memory()[0]
        objects = len(gc.get_objects()) - objects
        root.backward()
        walked = tracemalloc.get_traced_memory()[0]
        tracemalloc.stop()
    nodes = len(topological_order(root))
    return nodes, built / nodes, walked / nodes, objects / nodes


def phases(build: Build) -> list[float]:
    """Return the seconds to build a graph, to walk it backward and to let it go."""
    gc.collect()
    with nn.collector_paused():
        marks = [perf_counter()]
        root = build()
        marks.append(perf_counter())
        root.backward()
        marks.append(perf_counter())
        del root
        marks.append(perf_counter())
    return [end - start for start, end in pairwise(marks)]


def with_collector(build: Build) -> float:
    """Return the seconds to build a graph with the cyclic collector at its default."""
    gc.collect()
    start = perf_counter()
    root = build()
    seconds = perf_counter() - start
    del root
    return seconds


def leftovers(build: Build) -> int:
    """Return how many of a graph's nodes outlive it while the collector is off."""
    with nn.collector_paused():
        root = build()
        watched = [weakref.ref(node) for node in topological_order(root)]
        root.backward()
        del root
        return sum(reference() is not None for reference in watched)


def report_memory() -> str:
    """Say what a node weighs."""
    rows = []
    for shape, builds in SHAPES.items():
        build = builds[2]
        nodes, built, walked, objects = memory(build)
        sizes = (f"{nodes:,}", f"{built:.0f}", f"{walked:.0f}", f"{objects:.2f}")
        goal = verdict(GOAL_BYTES, walked <= GOAL_BYTES)
        rows.append((shape, *sizes, str(leftovers(build)), goal))
    heads = ("shape", "nodes", "bytes/node", "after backward", "tracked/node")
    return table((*heads, "left without the collector", "goal, bytes"), rows)


def report_times() -> str:
    """Say what a node takes, in nanoseconds, in graphs of growing size."""
    rows = []
    for shape, builds in SHAPES.items():
        for build in builds:
            nodes = len(topological_order(build()))
            runs = max(3, 300_000 // nodes)
            columns = zip(*(phases(build) for _ in range(runs)), strict=True)
            seconds = [median(column) for column in columns]
            seconds.append(median(with_collector(build) for _ in range(runs)))
            cells = (f"{second / nodes * 1e9:.0f}" for second in seconds)
            rows.append((shape, f"{nodes:,}", *cells))
    heads = ("ns per node", "nodes", "build", "backward", "free")
    return table((*heads, "build, collector on"), rows)


def report_doubling() -> str:
    """Say by how much memory and time grow when the network's graph doubles."""
    rows: list[tuple[str, ...]] = []
    before: tuple[float, ...] | None = None
    for count in (96, 191, 381, 762, 1523):
        build = a_network(count)
        nodes, _, walked, _ = memory(build)
        seconds = min(sum(phases(build)) for _ in range(5))
        now = (nodes, nodes * walked / 2**20, seconds)
        growth = [f"× {b / a:.2f}" for a, b in zip(before or now, now, strict=True)]
        cells = (f"{now[0]:,}", growth[0], f"{now[1]:.0f}", growth[1])
        rows.append((*cells, f"{now[2]:.2f}", growth[2]))
        before = now
    heads = ("nodes", "growth", "MiB", "growth")
    return table((*heads, "s, built, walked and freed", "growth"), rows)


def report_diamond(height: int = 60) -> str:
    """Say how long 2^height paths take."""

    def run() -> None:
        x = Value(1.0)
        diamond(x, height).backward()
        assert x.grad == 2.0**height

    seconds = min(alternate({"diamond": run}, runs=99)["diamond"])
    return f"a diamond of 2^{height} paths: {seconds * 1e6:.0f} µs, there and back"


SETTINGS = "import gc, sys\n{}print(sys.getrecursionlimit(), gc.get_threshold())"


def report_import() -> str:
    """Say what importing the core takes and changes."""

    def run(line: str) -> str:
        command = [sys.executable, "-c", SETTINGS.format(line)]
        return subprocess.run(
            command, capture_output=True, text=True, check=True
        ).stdout

    line = "import autograd_core\n"
    same = "unchanged" if run(line) == run("") else "CHANGED"
    times = alternate({"with": lambda: run(line), "without": lambda: run("")})
    pairs = zip(times["with"], times["without"], strict=True)
    cost = median(loaded - bare for loaded, bare in pairs)
    return (
        f"import autograd_core: {cost * 1e3:.0f} ms (goal "
        f"{verdict(50, cost <= 0.05)}); recursion limit and thresholds {same}"
    )


def main() -> None:
    """Measure and print."""
    print(machine("autograd-core"), end="\n\n")
    print(report_memory(), end="\n\n")
    print(report_times(), end="\n\n")
    print(report_doubling(), end="\n\n")
    print(report_diamond())
    print(report_import())


if __name__ == "__main__":
    main()
