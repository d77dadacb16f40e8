"""The stack: what a step is at, and below it the way to the root.

The node at work is on top. Each frame below is the last node to use the one above, and
the root is at the bottom: what a gradient comes through, and what a value goes into.
Nodes that a library made stand above the line of one's own that made use of them.
"""

from ...value import Value
from ..tape import Tape
from .arguments import RequestError
from .places import Places
from .wire import Json
from .words import position, title

__all__ = ["Stack"]

_MOST = 1000  # frames in one answer; clients ask for more


class Stack:
    """The frames of a tape; the number of a frame is that of its node, from 1 on.

    >>> x = Value(3.0, label="x")
    >>> tape = Tape((x * x).tanh())
    >>> stack = Stack(tape)
    >>> step = tape.step()
    >>> [tape.names.of(node) for node in stack.nodes(10)]
    ['n1', 'n2']
    """

    def __init__(self, tape: Tape) -> None:
        """Look at a tape, which may go on moving."""
        self._tape = tape
        self._chain: list[Value] = []
        self._top: tuple[int, Value] | None = None

    @property
    def top(self) -> Value:
        """The node of the step just done; before all, that of the first to come."""
        if self._top is None or self._top[0] != self._tape.moment:
            self._top = self._tape.moment, self._at_work()
        return self._top[1]

    def _at_work(self) -> Value:
        step = self._tape.last  # which tells all that a node of many operands handed on
        if step is not None:
            return step.node
        operations = (node for node in self._tape.nodes if not node.is_leaf)
        return next(operations, self._tape.root)

    def nodes(self, count: int) -> list[Value]:
        """Return the nodes of the first frames."""
        if self._chain[:1] != [self.top]:
            self._chain = [self.top]
        while len(self._chain) < count and self._chain[-1] is not self._tape.root:
            self._chain.append(self._tape.children(self._chain[-1])[-1])
        return self._chain[:count]

    def frames(self, places: Places, start: int, levels: int) -> Json:
        """Return the frames from one on, and how many there seem to be."""
        levels = min(levels or _MOST, _MOST)
        nodes = self.nodes(start + levels + 1)
        shown = [self._frame(places, node) for node in nodes[start : start + levels]]
        if start == 0 and shown:
            shown[0]["name"] = f"{position(self._tape)}: {shown[0]['name']}"
        return {"stackFrames": shown, "totalFrames": len(nodes)}

    def node(self, frame: int) -> Value:
        """Return the node of a frame.

        Raises `RequestError`, a `ValueError`, where there is no such frame.
        """
        if not 0 < frame <= len(self._tape.nodes):
            raise RequestError(
                f"there is no frame {frame}: this graph has {len(self._tape.nodes):,} "
                "nodes; ask for the stack first"
            )
        return self._tape.nodes[frame - 1]

    def _frame(self, places: Places, node: Value) -> Json:
        frame: Json = {
            "id": self._tape.place(node) + 1,
            "name": title(self._tape, node),
            "line": 0,
            "column": 0,
        }
        if node.source is not None:
            frame |= places.range(node.source)
            frame["source"] = places.source(node.source.filename)
        return frame
