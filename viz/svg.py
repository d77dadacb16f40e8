"""A picture as SVG, written without any program.

The result is one self-contained XML document with the ids of the DOT text (`n3`,
`e3_0`), so that what finds its way in one finds it in the other. Each box and arrow has
a `<title>`, which browsers show as a tooltip and screen readers read out.
"""

from collections.abc import Iterator, Sequence
from xml.sax.saxutils import escape

from .boxes import Box
from .edges import Edge
from .frames import ModuleFrame, frames_of
from .layout import Frame, Layout, lay_out
from .picture import Picture
from .routes import Point, Route
from .style import (
    CELL_PAD,
    FONT,
    FONT_SIZE,
    ROW,
    SMALL,
    TIP,
    Pen,
    Theme,
    line_of,
    look,
    pen,
    theme_of,
)
from .width import width

__all__ = ["to_svg"]

_MARGIN = 8.0
_CAPTION_ROOM = 22.0  # and as much for a legend
_STEP = 110.0  # from one line of a legend to the next
_LIFT = 3.0  # of a text above its arrow, for its tails
_BEND = 36.0  # how far a curve stays flat at most


def to_svg(picture: Picture) -> str:
    r"""Write a picture as an SVG document.

    >>> from autograd_core import Value
    >>> from viz.picture import picture
    >>> to_svg(picture(Value(3, label="x")))  # doctest: +ELLIPSIS
    '<svg xmlns="http://www.w3.org/2000/svg" ...</svg>\n'
    """
    return "".join(f"{line}\n" for line in _lines(picture, lay_out(picture)))


def _lines(picture: Picture, placed: Layout) -> Iterator[str]:
    theme = theme_of(picture.theme)
    modules = frames_of(picture, placed)
    arrows = Frame(0.0, 0.0, placed.width, placed.height)  # and boxes
    drawn = _extent([arrows, *(module.frame for module in modules)])
    notes = (width(picture.caption, SMALL), _STEP * len(picture.legend))
    left, top = drawn.x - _MARGIN, drawn.y - _MARGIN
    wide = max(drawn.width, *notes) + 2 * _MARGIN
    bottom, middle = drawn.y + drawn.height, left + wide / 2
    high = bottom - top + _MARGIN + _CAPTION_ROOM * (1 + bool(picture.legend))
    box = f"{left:g} {top:g} {wide:.0f} {high:.0f}"
    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{wide:.0f}pt" '
        f'height="{high:.0f}pt" viewBox="{box}" role="img" xml:space="preserve" '
        f'font-family="{FONT},Helvetica,sans-serif" text-anchor="middle">'
    )
    yield f"<title>{escape(picture.title)}</title>"
    yield (
        f'<rect x="{left:g}" y="{top:g}" width="{wide:.0f}" '
        f'height="{high:.0f}" fill="{theme.paper}"/>'
    )
    for module in modules:
        yield from _frame(module, theme)
    yield f'<g fill="{theme.quiet}" font-size="{SMALL:g}">'
    for edge, route in zip(picture.edges, placed.routes, strict=True):
        yield from _arrow(edge, route, theme)
    yield "</g>"
    yield f'<g fill="{theme.ink}" stroke="none" font-size="{FONT_SIZE:g}">'
    for b, frame in zip(picture.boxes, placed.frames, strict=True):
        yield from _box(b, frame, theme)
    yield "</g>"
    yield _note(picture.caption, middle, bottom + _CAPTION_ROOM, theme)
    yield from _legend(picture, theme, middle, bottom + 2 * _CAPTION_ROOM)
    yield "</svg>"


def _extent(frames: Sequence[Frame]) -> Frame:
    """Return what all frames stand in."""
    x, y = min(f.x for f in frames), min(f.y for f in frames)
    right = max(f.x + f.width for f in frames)
    return Frame(x, y, right - x, max(f.y + f.height for f in frames) - y)


def _legend(picture: Picture, theme: Theme, middle: float, y: float) -> Iterator[str]:
    """Draw a line of each level with its text below, side by side."""
    for i, (text, level) in enumerate(picture.legend):
        x = middle + _STEP * (i - (len(picture.legend) - 1) / 2)
        line = _stroke(pen(theme, level))
        yield f'<path d="M{x - 20:.1f},{y - 11:.1f}h40" {line}/>'
        yield _note(text, x, y, theme)


def _frame(module: ModuleFrame, theme: Theme) -> Iterator[str]:
    """Draw a module around what is in it, with its name in the upper left corner."""
    frame = module.frame
    yield '<g class="module">'
    yield (
        f'<rect x="{frame.x:.1f}" y="{frame.y:.1f}" width="{frame.width:.1f}" '
        f'height="{frame.height:.1f}" rx="7" fill="none" '
        f'stroke="{theme.line}" stroke-width="0.8"/>'
    )
    start = ' text-anchor="start"'
    yield _note(module.name, frame.x + 6, frame.y + SMALL + 2, theme, start)
    yield "</g>"


def _note(text: str, x: float, y: float, theme: Theme, attributes: str = "") -> str:
    quiet = f' fill="{theme.quiet}" font-size="{SMALL:g}"{attributes}'
    return _text(text, x, y, quiet)


def _stroke(line: Pen) -> str:
    dash = {"": "", "dashed": ' stroke-dasharray="5,3"'}.get(
        line.dash, ' stroke-dasharray="1.5,2.5"'
    )
    return f'stroke="{line.color}" stroke-width="{line.width:g}"{dash}'


def _box(box: Box, frame: Frame, theme: Theme) -> Iterator[str]:
    drawn = look(box, theme)
    corner = ' rx="7"' if drawn.rounded else ""
    yield f'<g id="{box.id}" class="node {box.kind}">'
    yield f"<title>{escape(box.title)}</title>"
    yield (
        f'<rect x="{frame.x:.1f}" y="{frame.y:.1f}" width="{frame.width:.1f}" '
        f'height="{frame.height:.1f}"{corner} fill="{drawn.fill}" '
        f"{_stroke(drawn.pen)}/>"
    )
    rule = f'stroke="{theme.line}" stroke-width="0.6"'
    yield f'<path d="{_rules(box, frame)}" {rule} fill="none"/>'
    for r, row in enumerate(box.rows):
        baseline = frame.y + ROW * (r + 0.5) + FONT_SIZE * 0.35
        for text, (left, right) in zip(row, _cells(row, frame), strict=True):
            yield _text(text, (left + right) / 2, baseline)
    yield "</g>"


def _rules(box: Box, frame: Frame) -> str:
    """Return the lines between the rows and between the cells of a row."""
    x, right = frame.x, frame.x + frame.width
    parts = []
    for r, row in enumerate(box.rows):
        y = frame.y + ROW * r
        if r:
            parts.append(f"M{x:.1f},{y:.1f}H{right:.1f}")
        for _, end in _cells(row, frame)[:-1]:
            parts.append(f"M{end:.1f},{y:.1f}v{ROW:g}")
    return "".join(parts)


def _cells(row: Sequence[str], frame: Frame) -> list[Point]:
    """Return the left and right end of each cell; spare width is shared equally."""
    widths = [width(cell, FONT_SIZE) + 2 * CELL_PAD for cell in row]
    spare = (frame.width - sum(widths)) / len(row)
    ends, x = [], frame.x
    for w in widths:
        ends.append((x, x + w + spare))
        x += w + spare
    return ends


def _arrow(edge: Edge, route: Route, theme: Theme) -> Iterator[str]:
    line = line_of(edge, theme)
    x, y = route.points[-1]
    half = 2.6 + line.width / 3
    yield f'<g id="{edge.id}" class="edge">'
    yield f"<title>{escape(edge.title)}</title>"
    yield f'<path d="{_curve(route.points)}" fill="none" {_stroke(line)}/>'
    tip = f"l-{TIP:g},-{half:.1f}v{2 * half:.1f}z"
    yield f'<path d="M{x:.1f},{y:.1f}{tip}" fill="{line.color}"/>'
    if edge.text:
        halo = f' stroke="{theme.paper}" stroke-width="3" paint-order="stroke"'
        yield _text(
            edge.text, route.text[0], route.text[1] - _LIFT - line.width / 2, halo
        )
    yield "</g>"


def _curve(points: Sequence[Point]) -> str:
    """Return a smooth line that is flat at each point and ends before the tip."""
    (x, y), *rest = points
    parts = [f"M{x:.1f},{y:.1f}"]
    for i, (to_x, to_y) in enumerate(rest, start=1):
        end = to_x - TIP + 1 if i == len(rest) else to_x
        bend = min((end - x) / 2, _BEND)
        controls = f"{x + bend:.1f},{y:.1f} {end - bend:.1f},{to_y:.1f}"
        curved = f"C{controls} {end:.1f},{to_y:.1f}"
        parts.append(f"H{end:.1f}" if to_y == y else curved)
        x, y = to_x, to_y
    return "".join(parts)


def _text(text: str, x: float, y: float, attributes: str = "") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}"{attributes}>{escape(text)}</text>'
