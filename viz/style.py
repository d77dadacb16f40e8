"""The look of a picture, said once for every writer.

Kinds differ in outline as well as in fill, so that a grey print or a colour-blind eye
still tells them apart: leaves have round corners, constants and everything that gets
no gradient are dashed, the root has a thick frame. The fills are light tints of Okabe
and Ito's palette under dark text.
"""

from typing import NamedTuple

from .picture import Box

__all__ = ["CELL_PAD", "FONT", "FONT_SIZE", "INK", "LINE", "PAPER", "QUIET", "ROW"]
__all__ += ["SMALL", "TIP", "Look", "look"]

FONT = "Arial"
FONT_SIZE = 11.0
SMALL = 9.0  # arrows' numbers and the caption
INK = "#1c2429"
QUIET = "#56626b"
LINE = "#6b7780"
PAPER = "#ffffff"

ROW = 17.0  # height of a row
CELL_PAD = 8.0  # left and right of a cell's text
TIP = 7.0  # length of an arrow's tip


class Look(NamedTuple):
    """How a box is drawn."""

    fill: str
    thickness: float
    dashed: bool
    rounded: bool


_FILLS = {"constant": "#eeeeee", "leaf": "#dcecf7", "op": "#ffffff"}
_ROOT_FILL = "#fdf0c4"


def look(box: Box) -> Look:
    """Choose how a box is drawn from what it is.

    >>> look(Box("n0", "leaf", (("x", "leaf"),), "x"))
    Look(fill='#dcecf7', thickness=1.0, dashed=False, rounded=True)
    """
    return Look(
        fill=_ROOT_FILL if box.root else _FILLS[box.kind],
        thickness=2.5 if box.root else 1.0,
        dashed=not box.live,
        rounded=box.kind == "leaf",
    )
