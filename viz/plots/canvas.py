"""The look that all plots share, and the one place where matplotlib is found.

Colours are Okabe and Ito's, which colour-blind eyes tell apart; what differs in colour
differs in its dashes or markers too. Text is taken as it is: a `$` in a label does not
start a formula.
"""

from os import PathLike
from typing import TYPE_CHECKING, Any

from autograd_core.errors import MissingExtraError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["COLOURS", "DASHES", "GREY", "MARKERS", "Path", "legend", "new_figure"]
__all__ += ["finish", "label", "line_style"]

Path = str | PathLike[str] | None

COLOURS = (
    "#0072B2",  # blue
    "#D55E00",  # vermillion
    "#009E73",  # bluish green
    "#CC79A7",  # reddish purple
    "#E69F00",  # orange
    "#56B4E9",  # sky blue
    "#000000",
)
DASHES = ("-", "--", ":", "-.")
MARKERS = "os^DvPX*"
GREY = "#56626b"


def new_figure(width: float, height: float) -> "Figure":
    """Return an empty figure of 100 pixels an inch, or say which extra to install."""
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise MissingExtraError("plots need matplotlib", "plots") from None
    return Figure(figsize=(width, height), dpi=100, layout="constrained")


def label(axes: "Axes", title: str, x: str, y: str) -> None:
    """Write a plot's title and what its axes show, and tidy the frame."""
    axes.set_title(title, loc="left", fontsize=11, parse_math=False)
    axes.set_xlabel(x, parse_math=False)
    axes.set_ylabel(y, parse_math=False)
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(visible=True, color="#e3e7ea", linewidth=0.8)
    axes.set_axisbelow(True)


def line_style(i: int) -> dict[str, Any]:
    """Return colour and dashes of the i-th line: no two of the first 28 are alike."""
    n = len(COLOURS)
    return {"color": COLOURS[i % n], "linestyle": DASHES[i // n % len(DASHES)]}


def legend(holder: Any, *handles: Any, names: list[str], **options: Any) -> None:
    """Name the lines, whatever characters a name begins with or holds."""
    options = {"frameon": False, "fontsize": 9} | options
    made = holder.legend(handles, names, **options)
    for text in made.get_texts():
        text.set_parse_math(False)


def finish(figure: "Figure", path: Path) -> "Figure":
    """Save a figure where a path is given, and return it."""
    if path is not None:
        figure.savefig(path)
    return figure
