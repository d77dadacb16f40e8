"""The picture of a network's flow, to be shown, saved or read as data."""

import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from autograd_core import Value
from autograd_core.errors import OperandError, UnknownNameError

from ..files import write
from ..gradient_flow.layers import Model
from ..picture import THEMES
from ..programs import RenderError
from .columns import Column, columns_of
from .drawing import drawing

__all__ = ["Flow", "flow"]


@dataclass(frozen=True)
class Flow:
    """Columns of units with the weights between them; a notebook shows it drawn."""

    columns: tuple[Column, ...]
    theme: str = "light"

    @property
    def svg(self) -> str:
        """The drawing as an SVG document."""
        return drawing(self.columns, self.theme)

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the drawing to a file that ends in .svg, and return the path.

        Raises `RenderError` for another suffix, an `OSError` where it cannot be
        written.
        """
        path = Path(path)
        if path.suffix.lower() != ".svg":
            raise RenderError(
                f"a flow is written as .svg, not {path.suffix or 'without a suffix'}"
            )
        write(path, self.svg.encode())
        return path

    def as_dict(self) -> dict[str, Any]:
        """Return the columns as plain data."""
        return {"columns": [asdict(column) for column in self.columns]}

    def _repr_svg_(self) -> str:
        return self.svg


def flow(model: Model, loss: Value | None = None, *, theme: str = "light") -> Flow:
    """Draw a network: the signal forward and the gradient backward, side by side.

    `loss` is the root of the graph, after `backward()`; without it only the weights
    and their gradients are known. Over all examples in the graph, a dot is the root
    mean square of a unit's activations, and on the right of their gradients.

    >>> import nn
    >>> model = nn.MLP(2, [3, 1], seed=0)
    >>> loss = nn.mse_loss(model([0.5, -1.0]), 1.0)
    >>> loss.backward()
    >>> picture = flow(model, loss)
    >>> picture.svg[:4], [round(unit.signal, 2) for unit in picture.columns[0].units]
    ('<svg', [0.5, 1.0])

    Raises `OperandError`, a `TypeError`, for what is no model or no `Value`.
    """
    if loss is not None and not isinstance(loss, Value):
        raise OperandError(
            "flow(model, loss) takes the loss as one Value, after backward(); got "
            f"{type(loss).__name__}"
        )
    if theme not in THEMES:
        raise UnknownNameError("theme", theme, THEMES)
    columns = columns_of(model, loss)
    if not any(column.units for column in columns):
        raise OperandError(f"flow takes a model with parameters; {model!r} has none")
    return Flow(tuple(columns), theme)
