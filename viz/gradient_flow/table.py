"""A flow report as text: a table, the thresholds, and what to do about the rest."""

import textwrap
from collections.abc import Callable, Sequence
from operator import attrgetter

from autograd_core.inspection import one_line

from .measurement import LayerFlow
from .verdicts import ADVICE

__all__ = ["paragraph", "remarks", "table"]

WIDTH = 98


def _short(x: float) -> str:
    """Write a number with two digits, in few characters, for a column of them.

    >>> [_short(x) for x in (-1.25, 0.00012, 450000.0, 123.0, 0.0)]
    ['-1.2', '1.2e-4', '4.5e5', '123', '0']
    """
    if 10 <= abs(x) < 10_000:
        return f"{x:.0f}"
    mantissa, e, exponent = f"{x:.2g}".partition("e")
    if not e and 0 < abs(x) < 1e-3:
        mantissa, e, exponent = f"{x:.1e}".partition("e")
    return f"{mantissa}e{int(exponent)}" if e else mantissa


def _cell(path: str, write: Callable[[float], str]) -> Callable[[LayerFlow], str]:
    """Return the function that reads one attribute of a layer; '-' where unknown."""
    *outer, name = path.split(".")

    def cell(layer: LayerFlow) -> str:
        holder = attrgetter(*outer)(layer) if outer else layer
        known = getattr(holder, name, None)
        return "-" if known is None else write(known)

    return cell


Column = tuple[str, str, Callable[[LayerFlow], str]]  # group, head, cell

SIGNALS: tuple[Column, ...] = (
    ("layer", "", lambda layer: one_line(layer.name, 20)),
    ("units", "", _cell("units", str)),
    ("activations", "mean", _cell("activations.mean", _short)),
    ("", "spread", _cell("activations.std", _short)),
    ("", "norm", _cell("activations.norm", _short)),
    ("gradients", "mean", _cell("gradients.mean", _short)),
    ("", "spread", _cell("gradients.std", _short)),
    ("", "norm", _cell("gradients.norm", _short)),
    ("update", "log10", _cell("log_update_ratio", "{:.1f}".format)),
    ("dead", "", _cell("dead_share", "{:.0%}".format)),
    ("sat.", "", _cell("saturated_share", "{:.0%}".format)),
    ("verdict", "", lambda layer: layer.verdict),
)
WEIGHTS: tuple[Column, ...] = (
    *SIGNALS[:1],
    ("weights", "spread", _cell("weights.std", _short)),
    ("", "norm", _cell("weights.norm", _short)),
    ("gradients", "mean", _cell("weight_gradients.mean", _short)),
    ("", "spread", _cell("weight_gradients.std", _short)),
    ("", "norm", _cell("weight_gradients.norm", _short)),
    SIGNALS[-4],
    SIGNALS[-1],
)


def table(layers: Sequence[LayerFlow]) -> list[str]:
    """Return the lines of the table: two of heads, and one a layer.

    Where no activation is known, the columns are those of the weights.
    """
    columns = SIGNALS if any(layer.activations for layer in layers) else WEIGHTS
    rows = [[group for group, _, _ in columns], [head for _, head, _ in columns]]
    rows += [[cell(layer) for _, _, cell in columns] for layer in layers]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [_line(row, widths) for row in rows]


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    name, *numbers, verdict = row
    cells = [name.ljust(widths[0])]
    cells += [c.rjust(w) for c, w in zip(numbers, widths[1:-1], strict=True)]
    return "  ".join([*cells, verdict]).rstrip()


def remarks(layers: Sequence[LayerFlow]) -> list[str]:
    """Say of each layer that is not healthy why, then what usually helps."""
    ill = [layer for layer in layers if layer.verdict != "healthy"]
    whys = [f"{one_line(x.name)} is {x.verdict}: {x.reason}" for x in ill]
    met = dict.fromkeys(layer.verdict for layer in ill if layer.verdict in ADVICE)
    return [*whys, *(paragraph(f"if {v}: {ADVICE[v]}") for v in met)]


def paragraph(text: str) -> str:
    """Break a text into lines that fit a terminal."""
    return textwrap.fill(text, WIDTH, subsequent_indent="    ", break_on_hyphens=False)
