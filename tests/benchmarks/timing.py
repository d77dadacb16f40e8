"""Compare candidates that take turns, so that a busy machine slows all alike.

`alternate` runs every candidate once a round and keeps all times; `ratio` compares two
of them within each round and takes the median, which one slow moment cannot move. The
ratio of the minima stands beside it: where the two agree, the figure can be believed.
"""

import gc
import platform
from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

__all__ = ["alternate", "least_ratio", "machine", "ratio", "table", "verdict"]

Times = dict[str, list[float]]


def alternate(
    candidates: Mapping[str, Callable[[], Any]], runs: int = 9
) -> dict[str, list[float]]:
    """Return the seconds of `runs` calls of each candidate, taken in turns.

    Garbage of the call before, such as graphs that hold cycles, is collected between
    calls and charged to nobody.
    """
    times: Times = {name: [] for name in candidates}
    for _ in range(runs):
        for name, candidate in candidates.items():
            gc.collect()
            start = perf_counter()
            candidate()
            times[name].append(perf_counter() - start)
    return times


def ratio(times: Times, name: str, against: str) -> float:
    """Return how many times faster `name` is: the median over the rounds."""
    rounds = zip(times[against], times[name], strict=True)
    return median(theirs / ours for theirs, ours in rounds)


def least_ratio(times: Times, name: str, against: str) -> float:
    """Return how many times faster the best run of `name` is than the best of it."""
    return min(times[against]) / min(times[name])


def verdict(goal: float | None, met: bool) -> str:
    """Say a goal and whether it is met; nothing where there is none."""
    if goal is None:
        return ""
    return f"{goal:g}, {'met' if met else 'missed'}"


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return lines of columns as wide as their widest cell."""
    lines = [list(heads), *map(list, rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    lines.insert(1, ["-" * width for width in widths])
    return "\n".join(
        " | ".join(map(str.ljust, cells, widths)).rstrip() for cells in lines
    )


def machine(*packages: str) -> str:
    """Describe what the figures were measured on, and with which releases."""
    releases = ", ".join(f"{name} {_release(name)}" for name in packages)
    python = f"{platform.python_implementation()} {platform.python_version()}"
    return f"{platform.platform()}\n{_processor()}\n{python}; {releases}"


def _release(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "(not installed)"


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:  # not Linux
        lines = []
    models = [line.split(":")[1].strip() for line in lines if "model name" in line]
    named = models[0] if models else platform.processor() or "unknown processor"
    return f"{named}, {len(models)} cores" if models else named
