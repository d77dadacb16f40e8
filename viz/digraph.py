"""A `graphviz.Digraph` that draws itself with whatever is at hand.

The package `graphviz` calls a program named `dot` and fails without one. This subclass
overrides the two methods that call it, so notebooks, `.pipe()` and `.render()` work on
any machine. It is the only module here that imports the package.
"""

import os
from pathlib import Path
from typing import Any

import graphviz

from .dot import dot_lines
from .files import write
from .picture import Picture
from .programs import FORMATS, drawn

__all__ = ["Diagram"]

_ABOUT_FILES = ("cleanup", "directory", "format", "quiet_view", "view")


class Diagram(graphviz.Digraph):  # type: ignore[misc]  # the package has no types
    """The picture of a graph; whatever `graphviz.Digraph` can do, it can.

    Attributes added to it, such as `.attr(rankdir="TB")`, reach dot and graphviz-pure;
    the built-in layout draws the graph as it was made.
    """

    def __init__(self, *args: Any, picture: Picture | None = None, **kwargs: Any):
        if picture is not None:
            kwargs["body"] = list(dot_lines(picture))[1:-1]
        super().__init__(*args, **{"format": "svg", **kwargs})
        self.picture = picture

    def copy(self) -> "Diagram":
        """Return a copy that draws itself too."""
        twin: Diagram = super().copy()
        twin.picture = self.picture
        return twin

    def pipe(
        self,
        format: str | None = None,  # noqa: A002  # graphviz calls it so
        *args: Any,
        encoding: str | None = None,
        **options: Any,
    ) -> bytes | str:
        """Return the drawing as bytes, or as text where `encoding` is given."""
        form = format or self.format
        if args or self.picture is None or not self._is_plain(form, options):
            content: bytes = super().pipe(form, *args, **options)
        else:
            content = drawn(self.picture, form, dot=self.source).content
        return content.decode(encoding) if encoding else content

    def render(
        self,
        filename: str | os.PathLike[str] | None = None,
        *args: Any,
        outfile: str | os.PathLike[str] | None = None,
        **options: Any,
    ) -> str:
        """Save the DOT text, draw it beside and return the path of the drawing."""
        suffix = Path(outfile or "").suffix.removeprefix(".")
        form = options.get("format") or suffix or self.format
        choices = {k: v for k, v in options.items() if k not in _ABOUT_FILES}
        if args or self.picture is None or not self._is_plain(form, choices):
            options |= {"outfile": outfile}
            return str(super().render(filename, *args, **options))
        if outfile and filename is None:
            filename = Path(outfile).with_suffix(".gv")
        source = self.save(filename, directory=options.get("directory"))
        place = Path(outfile or f"{source}.{form}")
        write(place, drawn(self.picture, form, dot=self.source).content)
        if options.get("cleanup"):
            os.remove(source)
        if options.get("view"):
            graphviz.view(place)
        return str(place)

    def _is_plain(self, form: str, options: dict[str, Any]) -> bool:
        """Tell whether any renderer will do: no other engine or option is asked."""
        asked = {name for name, value in options.items() if value} - {"quiet"}
        chosen = (self.engine, self.renderer, self.formatter)
        return form in FORMATS and not asked and chosen == ("dot", None, None)
