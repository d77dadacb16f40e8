"""What stands where in a network: its layers, their units, and the weights between.

Weights are read off the parameters' names: those of one module, `weight[0]`,
`weight[1]`, ..., lead from the units of the column before to one unit; a matrix
`weight[0][0]`, ... holds a row for each unit. Activations and gradients are read off
the graph of the loss, over all examples in it.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import hypot, sqrt

from autograd_core import Value

from ..gradient_flow.layers import Layer, Model, layers_of
from ..health import complaint

__all__ = ["Column", "Link", "Unit", "columns_of"]

_VECTOR = re.compile(r"(.*?)\[(\d+)\]$")
_MATRIX = re.compile(r"(.*?)\[(\d+)\]\[(\d+)\]$")


@dataclass(frozen=True, slots=True)
class Unit:
    """One neuron or input, over all examples.

    `signal` and `gradient` are root mean squares, None where they are not known;
    `complaint` is what is wrong with it on every example.
    """

    name: str
    signal: float | None = None
    gradient: float | None = None
    complaint: str = ""


@dataclass(frozen=True, slots=True)
class Link:
    """A weight from a unit of the column before to one of its own."""

    source: int
    target: int
    weight: float
    gradient: float | None = None


@dataclass(frozen=True, slots=True)
class Column:
    """A layer, with the weights that lead into it."""

    name: str
    units: tuple[Unit, ...]
    links: tuple[Link, ...] = ()


@dataclass(slots=True)
class _Row:
    """The parameters of one unit: its weights by place, and the others."""

    name: str
    weights: dict[int, Value] = field(default_factory=dict)
    others: list[Value] = field(default_factory=list)

    @property
    def parameters(self) -> list[Value]:
        return [*self.weights.values(), *self.others]


def columns_of(model: Model, loss: Value | None = None) -> list[Column]:
    """Return the inputs and the layers of a model, from left to right.

    >>> import nn
    >>> columns = columns_of(nn.MLP(2, [3, 1], seed=0))
    >>> [(c.name, len(c.units), len(c.links)) for c in columns]
    [('inputs', 2, 0), ('layers.0', 3, 6), ('layers.1', 1, 3)]
    """
    columns: list[Column] = []
    for layer in layers_of(model, loss):
        rows = _rows(layer.parameters)
        if not columns and rows:
            columns.append(_inputs(rows, layer))
        columns.append(_column(layer, rows, columns[-1:]))
    return columns


def _rows(parameters: Mapping[str, Value]) -> list[_Row]:
    """Sort the parameters of a layer by the unit that they belong to."""
    rows: dict[str, _Row] = {}
    for name, parameter in parameters.items():
        matrix, vector = _MATRIX.match(name), _VECTOR.match(name)
        if matrix:
            path, i, j = matrix.groups()
            row = rows.setdefault(f"{path}[{i}]", _Row(f"{path}[{i}]"))
            row.weights[int(j)] = parameter
        else:
            unit = name.rpartition(".")[0]
            row = rows.setdefault(unit, _Row(unit))
            if vector:
                row.weights[int(vector.group(2))] = parameter
            else:
                row.others.append(parameter)
    return [row for row in rows.values() if row.weights]


def _column(layer: Layer, rows: Sequence[_Row], before: Sequence[Column]) -> Column:
    units = [_unit(row.name, _outputs(row, layer)) for row in rows]
    if not rows:
        units = [_unit("", nodes) for nodes in layer.units.values()]
    count = len(before[0].units) if before else 0
    fits = all(len(row.weights) == count for row in rows)
    links = [
        Link(source, target, w.data, w.grad if w.has_grad else None)
        for target, row in enumerate(rows if fits else ())
        for source, w in row.weights.items()
    ]
    return Column(layer.name, tuple(units), tuple(links))


def _outputs(row: _Row, layer: Layer) -> list[Value]:
    found = (layer.units.get(parameter) for parameter in row.parameters)
    return next((nodes for nodes in found if nodes), [])


def _unit(name: str, nodes: Sequence[Value]) -> Unit:
    gradients = [node.grad for node in nodes if node.has_grad]
    wrong = {complaint(node) for node in nodes}
    return Unit(
        name,
        _mean_square([node.data for node in nodes]),
        _mean_square(gradients),
        wrong.pop() if len(wrong) == 1 else "",
    )


def _inputs(rows: Sequence[_Row], layer: Layer) -> Column:
    """Return the column of what the first layer reads."""
    seen: dict[int, list[Value]] = {place: [] for place in rows[0].weights}
    for place, weight in rows[0].weights.items():
        for output in _outputs(rows[0], layer):
            seen[place] += _partners(weight, output)
    return Column("inputs", tuple(_unit(f"x[{i}]", nodes) for i, nodes in seen.items()))


def _partners(weight: Value, output: Value) -> Iterable[Value]:
    """Yield what a weight is multiplied with on the way to an output of its unit."""
    for node in (output, *output.parents):
        for i, parent in enumerate(node.parents):
            if parent is weight and node.op is not None:
                half = len(node.parents) // 2
                if node.op.name == "dot":
                    yield node.parents[i + half if i < half else i - half]
                elif node.op.name == "mul":
                    yield node.parents[1 - i]


def _mean_square(numbers: Sequence[float]) -> float | None:
    """Return the root of the mean square, None of nothing."""
    if not numbers:
        return None
    return hypot(*numbers) / sqrt(len(numbers))
