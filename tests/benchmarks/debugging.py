"""What debugging costs: sources, a tape and its steps, generated Python.

The cost of keeping the source of each node is the difference to making the same nodes
without, in turns. A step is timed on a graph of 100,000 nodes, forwards and back, with
the description that a debugger shows; a tape is opened on a million nodes.
"""

import argparse
import gc
import tracemalloc
from collections.abc import Callable
from contextlib import nullcontext
from statistics import median
from time import process_time
from typing import Any

import nn
from autograd_core import Value, detect_anomaly, record_source, topological_order
from autograd_core.debug import Tape, to_python

from .timing import machine, table, verdict

NODES = 20_000  # that are made while sources are kept
GOALS = {"source": 600.0, "step": 50.0}


def chain(count: int) -> Value:
    """Return the end of `count` operations in a row, on a leaf and two constants."""
    slope, offset = Value(0.999, label="slope"), Value(0.1, label="offset")
    y = Value(0.5, label="x")
    for _ in range(count // 2):
        y = y * slope
        y = y + offset
    return y


def network(examples: int = 100) -> Value:
    """Return the loss of a 16-16-10 network on some examples."""
    model = nn.MLP(16, [16, 10], seed=0)
    outputs = [model([0.01 * i * j for j in range(16)]) for i in range(examples)]
    return nn.cross_entropy(outputs, [3] * examples)


def extra_cost(make: Callable[[], Any], inside: Any, nodes: int, runs: int) -> float:
    """Return how many nanoseconds a context adds to each node that is made inside.

    It is the difference of the fastest runs, in time of this process, as other work on
    the machine only adds to a time. The collector is paused, whose passes come when
    they come.
    """
    contexts = {"with": inside, "without": nullcontext}
    times: dict[str, list[float]] = {name: [] for name in contexts}
    for _ in range(runs):
        for name, context in contexts.items():
            gc.collect()
            with nn.collector_paused(), context():
                start = process_time()
                make()
                times[name].append(process_time() - start)
    return (min(times["with"]) - min(times["without"])) / nodes * 1e9


def source_rows(runs: int) -> list[list[str]]:
    """Return what sources and the search for anomalies cost a node."""
    found = []
    graphs = {
        "elementary code": (lambda: chain(NODES), NODES),
        "nn.MLP": (network, len(topological_order(network()))),
    }
    for name, (make, nodes) in graphs.items():
        source = extra_cost(make, record_source, nodes, runs)
        anomaly = extra_cost(make, detect_anomaly, nodes, runs)
        goal = verdict(GOALS["source"], source <= GOALS["source"])
        found.append([name, f"{nodes:,}", f"{source:.0f}", goal, f"{anomaly:.0f}"])
    return found


def step_rows(count: int, runs: int) -> list[list[str]]:
    """Return the microseconds of a step on a graph of so many nodes."""
    root = chain(count)
    found = []
    moves: dict[str, Callable[[Tape], Any]] = {
        "step": lambda tape: all(step is not None for step in tape),
        "step back": lambda tape: all(iter(tape.back, None)),
        "run, no breakpoint": lambda tape: tape.run(),
        "run, condition on each gradient": lambda tape: tape.run(),
    }
    for name, move in moves.items():
        seconds = median(_timed(root, name, move) for _ in range(runs))
        micro = seconds / (2 * count) * 1e6
        goal = verdict(GOALS["step"], micro <= GOALS["step"])
        found.append([name, f"{micro:.1f}", goal])
    return found


def _timed(root: Value, name: str, move: Callable[[Tape], Any]) -> float:
    tape = Tape(root)
    if name == "step back":
        tape.go_to(len(tape))
    if "condition" in name:
        tape.break_at(condition="abs(grad) > 1e300")
    tape.state(root)  # which finds out once who uses whom
    gc.collect()
    start = process_time()
    move(tape)
    return process_time() - start


def opening(count: int) -> tuple[float, float, float]:
    """Return the seconds and the bytes a node of a tape, and the seconds of a sort."""
    with nn.collector_paused():
        root = chain(count)
        start = process_time()
        nodes = len(topological_order(root))
        sorted_, start = process_time() - start, process_time()
        Tape(root)
        opened = process_time() - start
        tracemalloc.start()
        tape = Tape(root)
        bytes_, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        del tape
    return opened, bytes_ / nodes, sorted_


def generated(count: int) -> tuple[float, float]:
    """Return the microseconds a node to write and compile both passes, and to run."""
    root = chain(count)
    start = process_time()
    code = to_python(root)
    written, start = process_time() - start, process_time()
    code()
    return written / count * 1e6, (process_time() - start) / count * 1e6


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=9)
    parser.add_argument("--nodes", type=int, default=1_000_000, help="of a large tape")
    asked = parser.parse_args()
    heads = ["nodes made by", "nodes", "source, ns", "goal", "detect_anomaly, ns"]
    print(table(heads, source_rows(asked.runs)), end="\n\n")
    print(table(["100,000 nodes", "µs a step", "goal"], step_rows(100_000, 3)))
    opened, bytes_, sorted_ = opening(asked.nodes)
    print(
        f"\na tape on {asked.nodes:,} nodes: {opened:.2f} s, {bytes_:.0f} bytes a node;"
    )
    print(f"topological_order alone {sorted_:.2f} s")
    written, run = generated(10_000)
    print(
        f"\nto_python: {written:.0f} µs a node to write and compile, {run:.2f} to run"
    )
    print(f"\n{machine()}")


if __name__ == "__main__":
    main()
