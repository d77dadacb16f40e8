"""A graph in a notebook: the last expression of a cell, drawn.

The result is a `graphviz.Digraph`, so the package `graphviz` must be installed; a
program named `dot` need not be. Everything else in `viz` works without the package.
"""

from typing import TYPE_CHECKING, Unpack

from autograd_core import Value
from autograd_core.errors import MissingExtraError

from .picture import Picture, picture
from .view import Options

if TYPE_CHECKING:
    import graphviz

__all__ = ["draw", "draw_picture"]


def draw(root: Value, **options: Unpack[Options]) -> "graphviz.Digraph":
    """Return the graph below `root` as a `graphviz.Digraph`.

    It shows itself in a notebook; `.pipe()` gives the SVG, `.render(path)` writes it,
    `.source` is what `to_dot` gives, and `.attr`, `.node` and `.edge` add to it. The
    options are those of every picture (see `viz`).

    >>> x = Value(3, label="x")
    >>> print(draw(x * x).source)  # doctest: +ELLIPSIS
    digraph {
    ...
    >>> draw(x * x).pipe(encoding="utf-8")  # doctest: +ELLIPSIS
    '<...svg...

    Raises `MissingExtraError`, an `ImportError`, without the package `graphviz`, and
    `OperandError`, a `TypeError`, for anything but a `Value`.
    """
    return draw_picture(picture(root, **options))


def draw_picture(shown: Picture) -> "graphviz.Digraph":
    """Return a picture as a `graphviz.Digraph` that shows itself."""
    try:
        from .digraph import Diagram
    except ModuleNotFoundError as error:
        if error.name != "graphviz":
            raise
        raise MissingExtraError("viz.draw uses the package graphviz", "viz") from error
    return Diagram(picture=shown)
