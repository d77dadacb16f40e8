"""What is noteworthy about a gradient, in sentences.

A gradient of 0 was lost at some local derivative of 0, by underflow, or because terms
cancel; one that is missing was stopped by a branch not taken; one that is not finite or
is huge has a factor to blame. `causes` finds where that arose; here it is said.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice, starmap
from math import isfinite, isnan

from ..inspection import HeavyPath, counted, number
from ..op import Op
from ..ops import where
from ..recording import Evaluation, undetected
from ..value import Value
from .causes import CANCELLED, Cause, Causes
from .tape import Tape
from .tape.steps import Contribution
from .wording import Wording

__all__ = ["reasons"]

HUGE, TINY = 1e3, 1e-6
"""Beyond these magnitudes the largest or smallest factor of a gradient is named."""

_MOST = 3  # that are named; the others are counted
_OPERANDS = 4  # whose values are told


def reasons(tape: Tape, node: Value, paths: Sequence[HeavyPath]) -> Iterator[str]:
    """Yield why the gradient of a node is missing, 0, tiny, huge or not finite."""
    gradient = tape.grad(node)
    why = _Reasons(tape)
    if not node.requires_grad:
        yield "it is a constant: no gradient flows into it"
    elif gradient is None:
        yield from why.missing(node)
    else:
        yield from why.present(node, gradient, paths)


class _Reasons:
    """The sentences, in the words of a tape."""

    def __init__(self, tape: Tape) -> None:
        self._tape = tape
        self._words = Wording(tape)
        self._causes = Causes(tape)

    # --- a gradient that is not there -----------------------------------------------
    def missing(self, node: Value) -> Iterator[str]:
        """Say why nothing has reached a node."""
        tape = self._tape
        if not tape.root.requires_grad:
            name = self._words.name(tape.root)
            yield f"no backward pass starts from {name}, which needs no gradient"
        elif tape.moment < tape.complete_at(node):
            yield "the backward pass has not come to it yet"
        else:
            found = list(self._refusals(node))
            yield from _few(starmap(self._refusal, found), len(found))

    def _refusals(self, node: Value) -> Iterator[tuple[Value, Value]]:
        """Yield who does not hand a gradient on towards a node, and to whom."""
        seen, waiting = {node}, deque([node])
        while waiting:
            parent = waiting.popleft()
            for child in self._tape.children(parent):
                if self._tape.grad(child) is not None or not child.requires_grad:
                    yield child, parent
                elif child not in seen:
                    seen.add(child)
                    waiting.append(child)

    def _refusal(self, child: Value, parent: Value) -> str:
        made, name, place = self._made(child), self._words.name(parent), self._place
        if not child.requires_grad:
            return f"{made} needs no gradient, so it hands none on{place(child)}"
        why = "it took the other branch"
        if child.op is not where:
            why = "it has no derivative by it here"
        return f"{made} hands nothing to {name}: {why}{place(child)}"

    # --- one that is ----------------------------------------------------------------
    def present(
        self, node: Value, gradient: float, paths: Sequence[HeavyPath]
    ) -> Iterator[str]:
        """Say where it was lost or spoiled, or what makes it tiny or huge."""
        find = self._causes
        if node is self._tape.root:
            yield "it is the root, where the backward pass starts with a gradient of 1"
        if not isfinite(gradient):
            yield from self._said(find.of_not_finite(node))
        elif gradient == 0:
            yield from self._said(find.of_zero(node))
        elif find.is_hooked(node, find.received(node)):
            yield from self._said([Cause("hook", node)])
        elif self._tape.state(node) == "final" and paths:
            yield from self._size(node, abs(gradient), paths)

    def _size(
        self, node: Value, size: float, paths: Sequence[HeavyPath]
    ) -> Iterator[str]:
        """Say what makes a gradient tiny or huge, or that its terms cancel."""
        path = paths[0]
        if size < CANCELLED * abs(path.product):
            alone = f"the heaviest path alone carries {number(path.product)}"
            found = list(self._said(self._causes.of_little(node)))
            yield from found or [f"what came along its paths cancels: {alone}"]
        elif path.factors and not TINY < size < HUGE:
            yield self._heaviest(path, len(paths) > 1, size >= HUGE)

    def _said(self, causes: Iterable[Cause]) -> Iterator[str]:
        once: dict[object, Cause] = {}
        for cause in causes:
            sent = cause.sent  # the same operand may be used twice
            key = (cause.kind, cause.node, sent.child if sent else None)
            once.setdefault(key, cause)
        yield from _few(map(self._sentence, once.values()), len(once))

    def _sentence(self, cause: Cause) -> str:
        sent, name = cause.sent, self._words.name(cause.node)
        if sent is not None:
            return self._local(sent) if cause.kind == "local" else self._product(sent)
        received = self._causes.received(cause.node)
        terms = counted(len(received), "term", "terms")
        if cause.kind == "overflown":
            return f"the sum of the {terms} of {name} is too large for a float"
        if cause.kind == "opposed":
            return f"among the {terms} of {name} are inf and -inf: their sum is nan"
        if cause.kind == "hook":
            total = number(received[-1].total) if received else "1"
            after = number(self._tape.grad(cause.node) or 0.0)
            return f"a hook made {after} of the gradient {total} of {name}"
        largest = number(max(abs(sent.amount) for sent in received))
        left = number(received[-1].total)
        return f"the {terms} of {name} cancel: {left} is left of terms up to {largest}"

    def _local(self, sent: Contribution) -> str:
        """Say what a local derivative is, and at which operands, or of which."""
        child, local = sent.child, number(sent.local)
        which = f" with respect to {self._words.operand(sent.parent)}"
        by = which if len(child.parents) > 1 else ""
        text = f"{self._made(child)} has the local derivative {local}{by}"
        lost = isnan(sent.amount) and not isnan(sent.local) and not isnan(sent.upstream)
        nan = f"; {self._words.term(sent)}" if lost else ""
        return f"{text}{self._whence(sent)}{nan}{self._place(child)}"

    def _product(self, sent: Contribution) -> str:
        """Say that a product is not the number that its factors would make."""
        size = "small" if sent.amount == 0 else "large"
        what = f"a number too {size} for a float"
        if isnan(sent.amount):
            what = "which no number is"
        return f"{self._made(sent.child)} hands on {self._words.term(sent)}, {what}"

    def _heaviest(self, path: HeavyPath, has_others: bool, is_huge: bool) -> str:
        """Say which path carries most, and which factor on it is to blame."""
        steps = counted(len(path.factors), "factor", "factors")
        way = "it came along one path"
        if has_others:
            way = f"of all its paths the heaviest has {path.share:.0%} of the weight"
        if is_huge != (abs(path.product) >= HUGE):
            return f"{way}: {number(path.product)}, a product of {steps}"
        choose, word = (max, "largest") if is_huge else (min, "smallest")
        i = choose(range(len(path.factors)), key=lambda i: abs(path.factors[i]))
        child, parent = path.nodes[i], path.nodes[i + 1]
        slope = f"∂{self._words.name(child)}/∂{self._words.name(parent)}"
        which = f"the {word} of its {steps} is " if len(path.factors) > 1 else ""
        what = f"{which}{slope} = {number(path.factors[i])}"
        at = self._at(child)
        return f"{way}: {what}, for {self._made(child)}{at}{self._place(child)}"

    # --- nodes ----------------------------------------------------------------------
    def _made(self, node: Value) -> str:
        return f"{self._words.name(node)} = {self._words.formula(node)}"

    def _place(self, node: Value) -> str:
        place = self._words.place(node)
        return f" ({place})" if place else ""

    def _whence(self, sent: Contribution) -> str:
        """Say which operand a local derivative is, else where it was taken."""
        child, value = sent.child, number(sent.local)
        assert child.op is not None  # it has an operand that it was sent to
        operands = self._tape.operands(child)
        i = _same_as_operand(child.op, sent.place, child._y, operands)
        if i < 0 or number(operands[i]) != value:
            return self._at(child)
        name = self._words.operand(child.parents[i])
        return "" if name == value else f": it is {name}, which is {value}"

    def _at(self, node: Value) -> str:
        """Return the values of the operands, which the formula has names for."""
        known = dict.fromkeys(zip(node.parents, self._tape.operands(node), strict=True))
        words = [
            f"{self._words.name(parent)} = {number(x)}"
            for parent, x in known
            if self._words.operand(parent) != number(x)
        ]
        return f" at {', '.join(words)}" if 0 < len(words) <= _OPERANDS else ""


def _few(sentences: Iterable[str], count: int) -> Iterator[str]:
    """Yield the first of so many sentences, and how many there are besides."""
    yield from islice(sentences, _MOST)
    if count > _MOST:
        yield f"and {counted(count - _MOST, 'cause', 'causes')} more"


def _same_as_operand(op: Op, place: int, y: float, operands: Sequence[float]) -> int:
    """Return which operand a local derivative is, as b is that of a * b; -1 if none."""
    with Evaluation(), undetected():
        y_, *xs = (Value(x, requires_grad=False) for x in (y, *operands))
        try:
            if op.arity is None:
                slope = op.partials(y_, *xs)[place]
            else:
                slope = op.partials[place](y_, *xs)
        except Exception:  # a row of somebody's own may take nothing but floats
            return -1
    return next((i for i, x in enumerate(xs) if x is slope), -1)
