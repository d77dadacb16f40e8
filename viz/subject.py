"""What a picture is of: the parts of a view, their names, and the scale they share."""

from collections.abc import Iterator, Mapping, Sequence

from autograd_core import Value

from .scale import Scale, scale_of
from .terms import Term, sums
from .text import one_line
from .view import View

__all__ = ["LONG", "Bundle", "Subject"]

LONG = 200  # characters of a label that a tooltip shows

Place = tuple[int, int, int]  # of an arrow: its head, the operand or -1, its tail


class Bundle:
    """The uses of operands that one arrow stands for.

    `largest` is the largest contribution in magnitude, None where none is known;
    `term` the only use of a single operand by a single node.
    """

    __slots__ = ("count", "largest", "live", "term")

    def __init__(self) -> None:
        """Begin with no use."""
        self.count, self.live = 0, False
        self.largest: float | None = None
        self.term: Term | None = None

    def add(self, upstream: float | None, local: float | None) -> None:
        """Count one use."""
        self.count += 1
        if local is not None:
            self.live = True
            if upstream is not None:
                size = abs(upstream * local)
                if self.largest is None or not size <= self.largest:
                    self.largest = size


class Subject:
    """A view with what its boxes and arrows have in common.

    `ran` tells whether a backward pass reached the root; `sums` holds the terms of the
    gradients that have several; `bundles` the arrows, by their places.
    """

    def __init__(self, shown: View, root: Value, names: Mapping[Value, str]) -> None:
        """Find the terms of the chain rule and the scale of the gradients."""
        self.view = shown
        self.ran = root.has_grad
        self._names = names
        self.index = {
            node: i for i, part in enumerate(shown.parts) for node in part.nodes
        }
        singles = [part.nodes[0] for part in shown.parts if part.is_single]
        self.sums = sums(singles, shown.order)
        self.bundles = self._bundles()
        self.scale: Scale | None = scale_of(self._gradients())

    def _bundles(self) -> dict[Place, Bundle]:
        """Return the arrows, each operand of a single node by itself."""
        bundles: dict[Place, Bundle] = {}
        parts, index, original = self.view.parts, self.index, self.original
        for h, part in enumerate(parts):
            for node in part.nodes:
                upstream = node.grad if node.has_grad else None
                locals_ = node.local_derivatives()
                for i, (tail, local) in enumerate(
                    zip(node.parents, locals_, strict=True)
                ):
                    t = index.get(original(tail), h)
                    if t == h:
                        continue
                    alone = part.is_single and parts[t].is_single
                    bundle = bundles.setdefault((h, i if alone else -1, t), Bundle())
                    bundle.add(upstream, local)
                    if alone:
                        bundle.term = Term(node, i, tail, upstream, local)
        return bundles

    def _gradients(self) -> Iterator[float | None]:
        for part in self.view.parts:
            yield from (node.grad for node in part.nodes if node.has_grad)
        yield from (bundle.largest for bundle in self.bundles.values())

    def original(self, node: Value) -> Value:
        """Return the node that is shown in place of one."""
        return self.view.expansion.original(node)

    def label(self, node: Value) -> str:
        """Return what a person calls a node, the empty string where nobody did."""
        return node.label or self._names.get(node, "")

    def name(self, node: Value) -> str:
        """Return the label of a node, or the id of its box."""
        shown = self.original(node)
        return one_line(self.label(shown), LONG) or f"n{self.index[shown]}"

    def level(self, numbers: Sequence[float | None]) -> int | None:
        """Return the level of the largest of some gradients."""
        if self.scale is None:
            return None
        levels = [self.scale.level(x) for x in numbers]
        return max((level for level in levels if level is not None), default=None)
