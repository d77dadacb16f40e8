"""How the flow of a network looks: two panels of columns, dots and lines.

On the left the signal: a dot is as dark as its unit's activations are large, a line as
wide as what its weight lets through, blue for positive weights and vermilion for
negative ones, dashed so that the sign is not told by colour alone. On the right the
gradient, in the levels of every other picture.
"""

from collections.abc import Callable, Iterator, Sequence
from math import isfinite, sqrt
from xml.sax.saxutils import escape

from autograd_core.inspection import number, one_line

from ..scale import Scale, scale_of
from ..style import FONT, SMALL, Theme, pen, theme_of
from .columns import Column, Link, Unit

__all__ = ["drawing"]

_STEP = 180.0  # between columns
_PITCH = 30.0  # between units, at most
_HIGH = 470.0  # of a column, at most
_TOP = 66.0
_MARGIN = 46.0
_GAP = 60.0  # between the panels
_RADIUS = 9.0
_WIDEST = 4.0
_AIRY = 100  # lines between two columns that do not yet crowd
_MOST = 3000  # lines of a panel; of more, the strongest are drawn

POSITIVE, NEGATIVE = "#0072b2", "#d55e00"


def drawing(columns: Sequence[Column], theme_name: str) -> str:
    """Return the SVG document of a network."""
    return "".join(
        f"{line}\n" for line in _Drawing(columns, theme_of(theme_name)).lines()
    )


class _Drawing:
    """The places of the units, and the lines of the document."""

    def __init__(self, columns: Sequence[Column], theme: Theme) -> None:
        self._columns, self._theme = columns, theme
        most = max(len(column.units) for column in columns)
        self._pitches = [min(_PITCH, _HIGH / len(c.units)) for c in columns]
        self._radii = [min(_RADIUS, pitch * 0.42) for pitch in self._pitches]
        self._high = min(_PITCH * most, _HIGH)
        crowd = max(len(column.links) for column in columns)
        self._thinned = min(1.0, sqrt(_AIRY / max(crowd, 1)))
        self._panel = _STEP * (len(columns) - 1) + 2 * _MARGIN
        self._signals = _largest(u.signal for c in columns for u in c.units)
        self._passed = _largest(
            _passing(link, before) for link, before in self._links()
        )
        gradients = [u.gradient for c in columns for u in c.units]
        gradients += [link.gradient for link, _ in self._links()]
        self._scale = scale_of(gradients)

    def _links(self) -> Iterator[tuple[Link, Column]]:
        for before, column in zip(self._columns, self._columns[1:], strict=False):
            for link in column.links:
                yield link, before

    def _place(self, column: int, unit: int) -> tuple[float, float]:
        units, pitch = len(self._columns[column].units), self._pitches[column]
        top = _TOP + (self._high - units * pitch) / 2
        return _MARGIN + _STEP * column, top + pitch * (unit + 0.5)

    def lines(self) -> Iterator[str]:
        """Yield the lines of the document."""
        theme, wide = self._theme, 2 * self._panel + _GAP
        high = _TOP + self._high + 78
        yield (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{wide:.0f}" '
            f'height="{high:.0f}" viewBox="0 0 {wide:.0f} {high:.0f}" role="img" '
            f'font-family="{FONT},Helvetica,sans-serif" text-anchor="middle" '
            f'font-size="{SMALL + 1:g}" fill="{theme.quiet}">'
        )
        yield "<title>Signal and gradient of a network</title>"
        yield f'<rect width="{wide:.0f}" height="{high:.0f}" fill="{theme.paper}"/>'
        for title, offset, draw in (
            ("signal, forward →", 0.0, self._signal),
            ("← gradient, backward", self._panel + _GAP, self._gradient),
        ):
            yield f'<g transform="translate({offset:.0f},0)">'
            yield _text(
                title, self._panel / 2, 20, f'fill="{theme.ink}" font-size="14"'
            )
            yield from self._headers()
            yield from draw()
            yield "</g>"
        yield "</svg>"

    def _headers(self) -> Iterator[str]:
        for i, column in enumerate(self._columns):
            x, _ = self._place(i, 0)
            yield _text(one_line(column.name, 20), x, 42)
            count = len(column.units)
            yield _text(f"{count:,} unit{'s' * (count != 1)}", x, 55)

    # --- the signal ---
    def _signal(self) -> Iterator[str]:
        yield '<g fill="none">'
        for i, (link, before) in self._strongest(_passing):
            share = _share(_passing(link, before), self._passed)
            color = POSITIVE if link.weight >= 0 else NEGATIVE
            dash = "" if link.weight >= 0 else ' stroke-dasharray="4,2"'
            width, opacity = 0.3 + _WIDEST * self._thinned * share, 0.1 + 0.8 * share
            title = f"weight {link.weight!r}"
            yield self._line(i, link, f'stroke="{color}"{dash}', width, opacity, title)
        yield "</g>"
        for i, j, unit in self._units():
            share = _share(unit.signal, self._signals)
            fill = _mixed(self._theme.paper, POSITIVE, 0.85 * share)
            yield self._dot(i, j, unit, fill, self._theme.line, 1.0)
        low = _TOP + self._high + 26
        most = f"darkest dot: {number(self._signals)} (root mean square)"
        yield _text(
            most if self._signals else "activations: pass the loss",
            self._panel / 2,
            low,
        )
        through = "width: |weight × signal|" if self._signals else "width: |weight|"
        yield _text(
            f"{through}, up to {number(self._passed)}", self._panel / 2, low + 14
        )
        yield _text(
            "blue: positive · vermilion, dashed: negative", self._panel / 2, low + 28
        )

    # --- the gradient ---
    def _gradient(self) -> Iterator[str]:
        most = _largest(abs(k.gradient or 0.0) for k, _ in self._links())
        yield '<g fill="none">'
        for i, (link, _) in self._strongest(lambda link, _: abs(link.gradient or 0.0)):
            line = pen(self._theme, self._level(link.gradient))
            share = _share(link.gradient, most)
            dash = "" if link.gradient else ' stroke-dasharray="1,4"'
            said = "no gradient" if link.gradient is None else f"grad {link.gradient!r}"
            width, opacity = 0.3 + _WIDEST * self._thinned * share, 0.12 + 0.75 * share
            stroke = f'stroke="{line.color}"{dash}'
            yield self._line(i, link, stroke, width, opacity, said)
        yield "</g>"
        for i, j, unit in self._units():
            line = pen(self._theme, self._level(unit.gradient))
            fill = _mixed(self._theme.paper, line.color, 0.55 if unit.gradient else 0.0)
            yield self._dot(i, j, unit, fill, line.color, line.width)
        yield from self._legend(self._scale)

    def _level(self, gradient: float | None) -> int | None:
        return self._scale.level(gradient) if self._scale else None

    def _legend(self, scale: Scale | None) -> Iterator[str]:
        low = _TOP + self._high + 26
        if scale is None:
            yield _text("no gradient: backward() has not run", self._panel / 2, low)
            return
        for level, bound in enumerate(scale.bounds):
            x = self._panel * (level + 0.5) / len(scale.bounds)
            line = pen(self._theme, level)
            stroke = f'stroke="{line.color}" stroke-width="{line.width:g}"'
            yield f'<path d="M{x - 14:.1f},{low - 3:.1f}h28" {stroke}/>'
            yield _text(f"≥ {number(bound)}", x, low + 12)
        text = "colour: |gradient| of units (root mean square) and weights"
        yield _text(text, self._panel / 2, low + 28)

    # --- dots and lines ---
    def _units(self) -> Iterator[tuple[int, int, Unit]]:
        for i, column in enumerate(self._columns):
            for j, unit in enumerate(column.units):
                yield i, j, unit

    def _strongest(
        self, strength: Callable[[Link, Column], float]
    ) -> Iterator[tuple[int, tuple[Link, Column]]]:
        """Yield the links with their column, the weakest first, so that it is below."""
        pairs = zip(self._columns, self._columns[1:], strict=False)
        links = [
            (i, (link, before))
            for i, (before, column) in enumerate(pairs, start=1)
            for link in column.links
        ]
        links.sort(key=lambda item: strength(*item[1]))
        yield from links[-_MOST:]

    def _line(
        self, i: int, link: Link, stroke: str, width: float, opacity: float, said: str
    ) -> str:
        x, y = self._place(i - 1, link.source)
        to_x, to_y = self._place(i, link.target)
        x, to_x = x + self._radii[i - 1], to_x - self._radii[i]
        bend = (to_x - x) / 2
        ends = f"{to_x - bend:.1f},{to_y:.1f} {to_x:.1f},{to_y:.1f}"
        return (
            f'<path d="M{x:.1f},{y:.1f}C{x + bend:.1f},{y:.1f} {ends}" {stroke} '
            f'stroke-width="{width:.2f}" opacity="{opacity:.2f}">'
            f"<title>{escape(said)}</title></path>"
        )

    def _dot(
        self, i: int, j: int, unit: Unit, fill: str, stroke: str, width: float
    ) -> str:
        (x, y), r = self._place(i, j), self._radii[i]
        dotted = ' stroke-dasharray="1.5,2"' if unit.complaint else ""
        cross = _cross(x, y, r * 0.6, self._theme.ink) if unit.complaint else ""
        return (
            f"<g><title>{escape(_sentence(unit))}</title>"
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{r:.1f}" fill="{fill}" '
            f'stroke="{stroke}" stroke-width="{width:g}"{dotted}/>{cross}</g>'
        )


def _cross(x: float, y: float, r: float, ink: str) -> str:
    return (
        f'<path d="M{x - r:.1f},{y - r:.1f}l{2 * r:.1f},{2 * r:.1f}'
        f'm0,-{2 * r:.1f}l-{2 * r:.1f},{2 * r:.1f}" stroke="{ink}"/>'
    )


def _sentence(unit: Unit) -> str:
    parts = [one_line(unit.name, 80)]
    parts += [] if unit.signal is None else [f"signal {unit.signal!r}"]
    parts += [] if unit.gradient is None else [f"gradient {unit.gradient!r}"]
    return ", ".join([*parts, *filter(None, [unit.complaint])])


def _passing(link: Link, before: Column) -> float:
    """Return how much a weight lets through, of a signal of 1 where none is known."""
    signal = before.units[link.source].signal
    return abs(link.weight) * (1.0 if signal is None else signal)


def _largest(numbers: Iterator[float | None]) -> float:
    return max((x for x in numbers if x is not None and isfinite(x)), default=0.0)


def _share(number: float | None, most: float) -> float:
    """Return the part of the largest, 1 of what is not finite."""
    if number is None or not most:
        return 0.0
    return min(abs(number) / most, 1.0) if isfinite(number) else 1.0


def _mixed(paper: str, color: str, share: float) -> str:
    """Return a colour between two, with six digits."""
    channels = [
        round(int(a, 16) * (1 - share) + int(b, 16) * share)
        for a, b in ((paper[k : k + 2], color[k : k + 2]) for k in (1, 3, 5))
    ]
    return "#" + "".join(f"{channel:02x}" for channel in channels)


def _text(text: str, x: float, y: float, attributes: str = "") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" {attributes}>{escape(text)}</text>'
