"""The look of a picture, said once for every writer.

Fill and outline tell the kinds apart: leaves have round corners, constants and all that
gets no gradient are dashed, the root has a fill of its own, and every kind says its
name. Colour and width of a line are the size of the gradient: from grey over orange to
vermilion, hues that colour-blind eyes can tell, each step further from the paper than
the one before and none nearer than 3:1, and each step wider. What is not well has a
dotted outline beside the word.
"""

from typing import NamedTuple

from .boxes import Box
from .edges import Edge

__all__ = ["CELL_PAD", "FONT", "FONT_SIZE", "ROW", "SMALL", "TIP"]
__all__ += ["Look", "Pen", "Theme", "line_of", "look", "pen", "theme_of"]

FONT = "Arial"
FONT_SIZE = 11.0
SMALL = 9.0  # arrows' numbers and the caption

ROW = 17.0  # height of a row
CELL_PAD = 8.0  # left and right of a cell's text
TIP = 7.0  # length of an arrow's tip

THIN = 1.0  # a line where there is no gradient
WIDTHS = (1.3, 1.7, 2.2, 2.8, 3.5)  # of lines, by level


class Theme(NamedTuple):
    """The colours of a picture."""

    paper: str
    ink: str
    quiet: str
    line: str  # where there is no gradient
    fills: dict[str, str]
    root: str
    now: str  # the step of a moment
    levels: tuple[str, ...]  # of lines, by the size of the gradient


_THEMES = {
    "light": Theme(
        paper="#ffffff",
        ink="#1c2429",
        quiet="#56626b",
        line="#6b7780",
        fills={
            "constant": "#eeeeee",
            "input": "#dcecf7",
            "module": "#f2eef8",
            "op": "#ffffff",
            "parameter": "#e0f2ea",
        },
        root="#fdf0c4",
        now="#fbdce6",
        levels=("#958f82", "#a5823a", "#b56f00", "#c25400", "#9c2a00"),
    ),
    "dark": Theme(
        paper="#15191d",
        ink="#eef2f4",
        quiet="#aab4bb",
        line="#8a949b",
        fills={
            "constant": "#2b3136",
            "input": "#17364b",
            "module": "#332b45",
            "op": "#20262b",
            "parameter": "#173b2e",
        },
        root="#4d4113",
        now="#57243a",
        levels=("#66717a", "#8f7440", "#c28a1c", "#eb9d26", "#ffb454"),
    ),
}


class Pen(NamedTuple):
    """How a line is drawn: `dash` is "", "dashed" or "dotted"."""

    color: str
    width: float
    dash: str


class Look(NamedTuple):
    """How a box is drawn."""

    fill: str
    rounded: bool
    pen: Pen


def theme_of(name: str) -> Theme:
    """Return the colours of a theme."""
    return _THEMES[name]


def pen(theme: Theme, level: int | None, dash: str = "") -> Pen:
    """Return the line of a gradient of some level.

    >>> pen(theme_of("light"), 4)
    Pen(color='#9c2a00', width=3.5, dash='')
    """
    if level is None:
        return Pen(theme.line, THIN, dash)
    return Pen(theme.levels[level], WIDTHS[level], dash)


def look(box: Box, theme: Theme) -> Look:
    """Choose how a box is drawn from what it is.

    >>> look(Box("n0", "input", (("x", "input"),), "x"), theme_of("light")).fill
    '#dcecf7'
    """
    dash = "dotted" if box.complaint else "" if box.live else "dashed"
    return Look(
        fill=_fill(box, theme),
        rounded=box.kind in ("input", "parameter"),
        pen=pen(theme, box.level, dash),
    )


def _fill(box: Box, theme: Theme) -> str:
    if box.now:
        return theme.now
    return theme.root if box.root else theme.fills[box.kind]


def line_of(edge: Edge, theme: Theme) -> Pen:
    """Choose how an arrow is drawn."""
    return pen(theme, edge.level, "" if edge.live else "dashed")
