"""What a picture is of: the parts of a view, their names, and the scale they share."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from autograd_core import Value
from autograd_core.inspection import one_line

from .scale import Scale, scale_of
from .terms import Term, sums
from .view import View

__all__ = ["LONG", "Bundle", "Subject", "largest"]

LONG = 200  # characters of a label that a tooltip shows

Place = tuple[int, int, int]  # of an arrow: its head, the operand or -1, its tail


def largest(numbers: Iterable[float]) -> float | None:
    """Return the largest magnitude: nan if any is nan, None of no numbers.

    >>> largest([1.0, -3.0]), largest([1.0, float("nan"), 2.0])
    (3.0, nan)
    """
    sizes = [abs(x) for x in numbers]
    return max(sizes, key=lambda size: (size != size, size), default=None)


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
                # Once it is nan, no size is larger.
                if self.largest is None or size > self.largest or size != size:
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
        self._names = {shown.expansion.original(node): names[node] for node in names}
        self.index = {
            node: i for i, part in enumerate(shown.parts) for node in part.nodes
        }
        self._single = [part.is_single for part in shown.parts]
        singles = [part.nodes[0] for part in shown.parts if part.is_single]
        heads = [node for node in shown.order if self.has_sent(node)]
        self.sums = sums(singles, heads, shown.expansion.parents)
        self.bundles = self._bundles()
        self.scale: Scale | None = scale_of(self._gradients())

    def _bundles(self) -> dict[Place, Bundle]:
        """Return the arrows, each operand of a single node by itself."""
        bundles: dict[Place, Bundle] = {}
        boxes = self._boxes()
        for h, part in enumerate(self.view.parts):
            for node in part.nodes:
                # What is not shown has no arrow, nor has what stays inside a box.
                tails = [boxes.get(parent, h) for parent in node.parents]
                if tails.count(h) < len(tails):
                    self._add_uses(bundles, h, node, tails)
        return bundles

    def _boxes(self) -> Mapping[Value, int]:
        """Return the box of each node, and of those that another is shown for."""
        boxes = dict(self.index)
        for node in self.view.expansion:
            shown = self.original(node)
            if shown in boxes:
                boxes[node] = boxes[shown]
        return boxes

    def _add_uses(
        self, bundles: dict[Place, Bundle], h: int, node: Value, tails: Sequence[int]
    ) -> None:
        single = self._single
        upstream = node.grad if self.has_sent(node) else None
        locals_ = node.local_derivatives()
        for i, (t, local) in enumerate(zip(tails, locals_, strict=True)):
            if t == h:
                continue
            place = (h, i, t) if single[h] and single[t] else (h, -1, t)
            bundle = bundles.get(place) or bundles.setdefault(place, Bundle())
            bundle.add(upstream, local)
            if place[1] == i:
                bundle.term = Term(node, i, node.parents[i], upstream, local)

    def _gradients(self) -> Iterator[float | None]:
        for part in self.view.parts:
            yield from (node.grad for node in part.nodes if node.has_grad)
        yield from (bundle.largest for bundle in self.bundles.values())

    def is_waiting(self, node: Value) -> bool:
        """Tell whether a node has no value yet, at a moment of a pass."""
        return self.view.moment is not None and node in self.view.moment.waiting

    def is_partial(self, node: Value) -> bool:
        """Tell whether a gradient may still grow, at a moment of a pass."""
        return self.view.moment is not None and node in self.view.moment.partial

    def is_now(self, node: Value) -> bool:
        """Tell whether a node is at work, at a moment of a pass."""
        return self.view.moment is not None and node is self.view.moment.now

    def has_sent(self, node: Value) -> bool:
        """Tell whether a node has handed its gradient on."""
        moment = self.view.moment
        return node.has_grad and (moment is None or node in moment.sent)

    def original(self, node: Value) -> Value:
        """Return the node that is shown in place of one."""
        return self.view.expansion.original(node)

    def label(self, node: Value) -> str:
        """Return what a person calls a node, the empty string where nobody did."""
        return node.label or self._names.get(node, "")

    def name(self, node: Value) -> str:
        """Return the label of a node, or the id of its box."""
        shown = self.original(node)
        box = f"n{self.index[shown]}" if shown in self.index else "a value not shown"
        return one_line(self.label(shown), LONG) or box

    def level(self, numbers: Sequence[float | None]) -> int | None:
        """Return the level of the largest of some gradients."""
        return self.scale.highest(numbers) if self.scale else None
