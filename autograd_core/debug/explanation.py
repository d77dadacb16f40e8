"""Why a gradient has its value: what it is the sum of, and where that came from.

A gradient is the sum of what each use of a node hands back, `upstream × local`; the
upstream gradient is such a sum again, up to the root. `explain` writes these sums out,
says which paths carry most, and in `reasons` why a gradient is 0, missing, huge or nan.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from ..errors import GraphError, OperandError
from ..inspection import HeavyPath, heaviest_paths, number
from ..passes import latest_root
from ..real import shown
from ..value import Value
from .reasons import reasons
from .tape import Tape
from .tape.steps import Contribution
from .wording import Wording

__all__ = ["Explanation", "explain", "explain_on", "heaviest"]

_MOST = 6  # contributions to one gradient that are written out, the largest first
_LINES = 40  # contributions in all
_PATHS = 3


@dataclass(frozen=True)
class Explanation:
    """Why the gradient of `node` is what it is.

    `contributions` are its terms by consumer, in the order in which they came, `paths`
    the heaviest ways from the root with their products, `reasons` what is noteworthy,
    in sentences, `text` all of it. `gradient` is None where nothing has arrived.
    """

    node: Value
    gradient: float | None
    contributions: tuple[Contribution, ...]
    paths: tuple[HeavyPath, ...]
    reasons: tuple[str, ...]
    text: str

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return f"<explanation: {self.text.partition(chr(10))[0]}>"


def explain(node: Value, root: Value | None = None, *, depth: int = 4) -> Explanation:
    """Explain the gradient of a node: why it is zero, or huge, or missing.

    `root` is what was differentiated, without it the root of the last `backward()`.
    `depth` is how many sums upstream of it are written out.

    >>> from autograd_core import relu
    >>> x = Value(-2.0, label="x")
    >>> loss = relu(x) * 3.0
    >>> loss.backward()
    >>> print(explain(x))
    x: gradient 0
    └─ n1 = relu(x)    3 × 0 = 0
       └─ n3 = n1 * 3  1 × 3 = 3
    n1 = relu(x) has the local derivative 0 at x = -2

    Raises `OperandError` for anything but a `Value`, and `GraphError`, a `ValueError`,
    where the root does not depend on the node or no `backward()` was run.
    """
    if not isinstance(node, Value):
        raise OperandError(f"explain(node) takes a Value, not {shown(node)}")
    tape = Tape(_root_of(node) if root is None else root)
    try:
        tape.place(node)
    except GraphError:
        raise GraphError(
            f"explain({node!r}) asked for a gradient of {tape.root!r}, which was not "
            "computed from it; detach(), .data and no_grad() cut a graph in two"
        ) from None
    tape.go_to(len(tape))
    return explain_on(tape, node, depth)


def explain_on(tape: Tape, node: Value, depth: int = 4) -> Explanation:
    """Explain what has arrived of a gradient at the moment of a tape."""
    words = Wording(tape)
    paths = tuple(heaviest(tape, tape.root, node, _PATHS))
    found = tuple(reasons(tape, node, paths))
    lines = [*_Sums(tape, words, node, depth).lines(), *found]
    return Explanation(
        node,
        tape.grad(node),
        tuple(tape.received(node)),
        paths,
        found,
        "\n".join(lines),
    )


def heaviest(tape: Tape, start: Value, end: Value, count: int) -> list[HeavyPath]:
    """Return the paths from a node back to one of its ancestors that weigh most.

    >>> x = Value(3.0, label="x")
    >>> tape = Tape(x * x * x)
    >>> [path.product for path in heaviest(tape, tape.root, x, 5)]
    [9.0, 9.0, 9.0]
    """
    first, last = sorted((tape.place(end), tape.place(start)))
    if tape.place(end) != first:
        return []
    between = tape.nodes[first : last + 1]
    return heaviest_paths(
        start, count, between, to=end, local_derivatives=tape.local_derivatives
    )


def _root_of(node: Value) -> Value:
    """Return the root of the last backward pass, if it is there still."""
    root: Value | None = latest_root()
    if root is None:
        raise GraphError(
            f"explain({node!r}) does not know what was differentiated: run backward() "
            "first, or give the root as explain(node, root)"
        )
    return root


Term = tuple[Contribution | None, str]  # None stands for those not written out
Line = tuple[Term, str, str]  # with what stands before it, and its branch


class _Sums:
    """The terms of a gradient, and of those upstream, as a tree of text."""

    def __init__(self, tape: Tape, words: Wording, node: Value, depth: int) -> None:
        """Choose which sums to write out."""
        self._tape, self._words, self._node = tape, words, node
        self._terms: dict[Value, list[Term]] = {}
        self._below: dict[Value, Contribution] = {}  # the line below which each stands
        self._choose(depth)

    def _choose(self, depth: int) -> None:
        """Open the nearest sums, as many as there is room for."""
        room, level = _LINES, [self._node]
        for _ in range(depth):
            following: list[Value] = []
            for node in level:
                terms = self._largest(node)
                if room < len(terms):
                    return
                room -= len(terms)
                if terms:  # the root has none
                    self._terms[node] = terms
                for sent, _ in terms:
                    if sent is not None and sent.child not in self._below:
                        self._below[sent.child] = sent
                        following.append(sent.child)
            level = following

    def _largest(self, node: Value) -> list[Term]:
        """Return the largest terms of a gradient, and what the others add up to."""
        received = sorted(self._tape.received(node), key=_size, reverse=True)
        terms: list[Term] = [(c, self._made(c.child)) for c in received[:_MOST]]
        if rest := received[_MOST:]:
            amount = number(sum(sent.amount for sent in rest))
            terms.append((None, f"… {len(rest):,} more, {amount} in all"))
        return terms

    def _made(self, node: Value) -> str:
        return f"{self._words.name(node)} = {self._words.formula(node)}"

    def lines(self) -> list[str]:
        """Return the lines, the terms in a column of their own."""
        rows = [*self._rows()]
        widest = max((len(left) for left, _ in rows), default=0)
        table = [f"{left:{widest}}  {right}".rstrip() for left, right in rows]
        return [self._headline(), *table]

    def _headline(self) -> str:
        node = self._node
        gradient, state = self._tape.grad(node), self._tape.state(node)
        name = self._words.name(node)
        if gradient is None:
            return f"{name}: no gradient"
        so_far = " so far" if state == "partial" else ""
        return f"{name}: gradient {number(gradient)}{so_far}"

    def _rows(self) -> Iterator[tuple[str, str]]:
        """Yield each use and what it handed on, followed by the uses upstream."""
        seen: set[Value] = set()
        waiting = self._inside(self._node, "")
        while waiting:
            (sent, text), lead, branch = waiting.pop()
            if sent is None:
                yield f"{lead}{branch}{text}", ""
                continue
            child = sent.child
            is_here = self._below.get(child) is sent or child not in self._terms
            elsewhere = "above" if child in seen else "below"
            mark = "" if is_here else f" (see {elsewhere})"
            term = f"{self._words.term(sent)}  {self._words.place(child)}".rstrip()
            yield f"{lead}{branch}{text}{mark}", term
            if is_here:
                seen.add(child)
                inner = lead + ("│  " if branch == "├─ " else "   ")
                waiting += self._inside(child, inner)

    def _inside(self, node: Value, lead: str) -> list[Line]:
        """Return the lines below that of a node, in the order of a stack."""
        closed: list[Term] = [(None, "…")] if self._has_terms(node) else []
        terms = self._terms.get(node, closed)
        branches = ["├─ "] * (len(terms) - 1) + ["└─ "]
        return [
            (term, lead, branch)
            for term, branch in zip(reversed(terms), branches[::-1], strict=False)
        ]

    def _has_terms(self, node: Value) -> bool:
        return node is not self._tape.root and self._tape.grad(node) is not None


def _size(sent: Contribution) -> float:
    """Return a magnitude by which nan, which is worth seeing, comes first."""
    return abs(sent.amount) if sent.amount == sent.amount else float("inf")
