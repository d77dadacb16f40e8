"""Where in a model each node of a graph was made, and which nodes leave a layer.

A node keeps the scope in which it was made, such as `MLP.layers.0.neurons.3`. Where
that lies in the model is told by the parameters that its nodes read, not by its first
word: so a model may be called by itself, inside another one, or layer by layer.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from autograd_core import Value

__all__ = ["Scopes", "above", "enclosing", "outputs"]


def above(path: str) -> str:
    """Return a path without its last part.

    >>> above("layers.0.bias"), above("bias")
    ('layers.0', '')
    """
    return path.rpartition(".")[0]


def enclosing(path: str, paths: Collection[str]) -> str | None:
    """Return the innermost of `paths` that `path` is, or lies in.

    >>> enclosing("layers.0.bias", {"", "layers.0", "layers.01"})
    'layers.0'
    """
    while path not in paths:
        if not path:
            return None
        path = above(path)
    return path


class Scopes:
    """Places in a model, called a `kind`, by the scopes of a graph's nodes."""

    def __init__(
        self, kind: str, parameters: Mapping[str, Value], order: Sequence[Value]
    ) -> None:
        """Find the scopes in which the model was called."""
        self.order = order
        self.names = {parameter: name for name, parameter in parameters.items()}
        self._kind = kind
        calls = {call for node in order for call in self._calls(node)}
        self._longest_first = sorted(calls, key=len, reverse=True)
        self._places: dict[str, str | None] = {}

    def _calls(self, node: Value) -> Iterator[str]:
        """Yield the scope of the model's call, where `node` reads a parameter."""
        if not node.scope:
            return
        read = next((p for p in node.parents if p in self.names), None)
        if read is None:
            return
        module = above(self.names[read])
        if module:
            if _ends(node.scope, module):
                yield node.scope.removesuffix(module).removesuffix(".")
            return
        # The model's own parameter: any scope ends in nothing, so it has to be named.
        name = read.label.removesuffix(self.names[read]).removesuffix(".")
        if _ends(node.scope, self._kind) or (name and _ends(node.scope, name)):
            yield node.scope

    def place(self, scope: str) -> str | None:
        """Return the path in the model, '' for the model itself, None outside of it."""
        if scope not in self._places:
            self._places[scope] = self._find(scope) if scope else None
        return self._places[scope]

    def _find(self, scope: str) -> str | None:
        for call in self._longest_first:
            if scope == call:
                return ""
            if not call or scope.startswith(f"{call}."):
                return scope[len(call) :].removeprefix(".")
        return None


def _ends(scope: str, place: str) -> bool:
    return scope == place or scope.endswith(f".{place}")


def outputs(
    scopes: Scopes, layers: Collection[str]
) -> Iterable[tuple[str, Value | None, Value]]:
    """Return each node that is used outside of its layer, as (layer, unit, node).

    A function of one node that the model applies to what a layer gave, as in
    `[tanh(z) for z in self.hidden(x)]`, belongs to that layer. The unit is told by the
    parameter read first on the way to the node, which all examples have in common.
    """
    homes: dict[Value, str] = {}
    units: dict[Value, Value | None] = {}
    leaving: dict[Value, None] = {}
    for node in scopes.order:
        home = _home(node, scopes, layers, homes)
        for parent in node.parents:
            if parent in homes and homes[parent] != home:
                leaving[parent] = None
        if home is not None:
            homes[node] = home
            units[node] = _unit(node, scopes, homes, units)
    if scopes.order[-1] in homes:
        leaving[scopes.order[-1]] = None
    return [(homes[node], units[node], node) for node in leaving]


def _home(
    node: Value, scopes: Scopes, layers: Collection[str], homes: Mapping[Value, str]
) -> str | None:
    place = scopes.place(node.scope)
    if place is None:
        return None
    home = enclosing(place, layers)
    if home is None:
        varying = [parent for parent in node.parents if parent.requires_grad]
        return homes.get(varying[0]) if len(varying) == 1 else None
    return home


def _unit(
    node: Value,
    scopes: Scopes,
    homes: Mapping[Value, str],
    units: Mapping[Value, Value | None],
) -> Value | None:
    """Prefer a parameter of its own, then those of its layer, then what feeds it."""
    for parent in node.parents:
        if parent in scopes.names:
            return parent
    inside = [p for p in node.parents if units.get(p) is not None]
    inside.sort(key=lambda parent: homes[parent] != homes[node])
    return units[inside[0]] if inside else None
