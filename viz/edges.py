"""The arrows of a picture: the term of the chain rule that is written on each."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from autograd_core.inspection import counted, number

from .subject import Bundle, Subject
from .terms import Term

__all__ = ["Edge", "edges_of"]


@dataclass(frozen=True, slots=True)
class Edge:
    """From box number `tail` to box number `head`, the term of the chain rule on it.

    `live` is False, and `text` is empty, where the operand gets no gradient.

    For readers that are programs, with every digit: `operand` is the place of the tail
    among the operands of the head, and `upstream` times `local` the `contribution`. An
    arrow of `count` uses has none of these; `largest` is the largest contribution in
    magnitude.
    """

    id: str
    tail: int
    head: int
    text: str
    title: str
    live: bool = True
    level: int | None = None
    operand: int | None = None
    upstream: float | None = None
    local: float | None = None
    contribution: float | None = None
    count: int = 1
    largest: float | None = None


def edges_of(subject: Subject) -> Iterator[Edge]:
    """Describe each arrow, those into one box after the other."""
    count: dict[int, int] = {}
    for (h, place, t), bundle in subject.bundles.items():
        k = count[h] = count.get(h, -1) + 1
        text, title = _texts(subject, bundle)
        level = subject.level([bundle.largest])
        id_ = f"e{h}_{place}" if place >= 0 else f"e{h}_m{k}"
        edge = Edge(id_, t, h, text, title, bundle.live, level)
        yield edge if _is_unknown(subject, bundle) else _with_numbers(edge, bundle)


def _is_unknown(subject: Subject, bundle: Bundle) -> bool:
    """Tell whether the head of an arrow waits for the value to be derived."""
    return bundle.term is not None and subject.is_waiting(bundle.term.head)


def _with_numbers(edge: Edge, bundle: Bundle) -> Edge:
    term = bundle.term
    if term is None:
        return replace(edge, count=bundle.count, largest=bundle.largest)
    return replace(
        edge,
        operand=term.place,
        upstream=term.upstream,
        local=term.local,
        contribution=term.contribution,
        largest=bundle.largest,
    )


def _texts(subject: Subject, bundle: Bundle) -> tuple[str, str]:
    """Return what stands on an arrow, and the same in words with every digit."""
    term = bundle.term
    if term is not None:
        head, tail = subject.name(term.head), subject.name(term.tail)
        if _is_unknown(subject, bundle):
            return "", f"∂ {head} / ∂ {tail}: not computed yet"
        return _written(term), f"∂ {head} / ∂ {tail}: {_exact(term)}"
    most = [] if bundle.largest is None else [f"up to {number(bundle.largest)}"]
    times = [f"×{bundle.count:,}"] if bundle.count > 1 else []
    arrows = counted(bundle.count, "arrow", "arrows")
    return ", ".join([*times, *most]), ", ".join([arrows, *most])


def _written(term: Term) -> str:
    if term.local is None:
        return ""
    if term.upstream is None:
        return number(term.local)
    factors = f"{number(term.upstream)} × {number(term.local)}"
    return f"{factors} = {number(term.contribution or 0.0)}"


def _exact(term: Term) -> str:
    if term.local is None:
        return "no gradient flows"
    if term.upstream is None:
        return repr(term.local)
    return f"{term.local!r}; {term.upstream!r} × {term.local!r} = {term.contribution!r}"
