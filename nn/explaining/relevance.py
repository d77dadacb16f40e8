"""Layer-wise relevance propagation: the same graph, walked back by other rules.

The backward pass asks how an output would change; this walk asks what it is made of.
The output's own value, its relevance, goes back along the edges that come from the
inputs, in the order of the backward pass, and each node hands on what it received by
the rule of its op (see `rules`). Nothing is lost but what biases keep and ε absorbs, so
the relevances of the inputs add up to the output.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from math import inf, isfinite
from typing import Any

from autograd_core import OPS, Value
from autograd_core.errors import (
    DomainError,
    NonFiniteError,
    OperandError,
    ShapeError,
    UnknownNameError,
)

from ..nested import flat
from .rules import RULES, Bounds, Rule, Step, hand_on
from .sharing import Sharing, epsilon_rule, gamma_rule, z_plus, zero
from .subject import Subject, Target, filled, mapped, subject

__all__ = ["relevance"]

Choice = str | Sharing | Mapping[str, str | Sharing]


def relevance(
    model: Any,
    x: Any,
    target: Target = None,
    *,
    rule: Choice = "epsilon",
    epsilon: float = 1e-9,
    gamma: float = 0.25,
    bias: str = "absorb",
    bounds: tuple[Any, Any] | None = None,
    constants: Any = (),
    rules: Mapping[str, Rule] | None = None,
) -> Any:
    """Return the part that each input has in an output (Bach et al. 2015).

    Called as `saliency`: with a model and numbers, or with an output and the nodes that
    it came from, which may be those of a layer in between. `rule` says how sums share:
    "zero", "epsilon", "gamma", "z_plus", or a function as in `sharing`; a dict gives
    each part of the model its own, `{"layers.0": "gamma", "": "epsilon"}`, the first
    that fits. `bias` is "absorb", where biases keep their part, or "spread", where the
    terms of each sum take equal parts of it. With `bounds`, such as (0, 1) for pixels,
    sums of inputs follow the rule z^B.

    Activations hand on all; a maximum, to the winner; a product of two signals, half
    each; a quotient, to the numerator. Nodes in `constants`, such as an attention's
    shares or the gates of an LSTM, count as weights and take nothing. `rules` adds to
    these by the name of an op: a function of a `Step`, with a number for each operand.

    With no bias kept and ε = 0 the relevances sum to the output, up to the rounding of
    the largest of them. Written out as `a*b + c`, sums share one addition at a time,
    which is the same by "zero" alone; where a sum is 0 it ends there. No node is
    changed.

    >>> from autograd_core import dot
    >>> relevance(lambda x: dot(x, [2.0, -1.0]).relu(), [3.0, 4.0], rule="zero")
    [6.0, -4.0]
    """
    it = subject("relevance", model, x, target)
    _require_finite(it.output)
    table = RULES | _checked(rules or {}, it)
    sharing = _by_scope(rule, epsilon, gamma, it)
    spread, ends = _is_spread(bias), _ends(bounds, it.inputs)

    def handed(node: Value, part: float, carries: list[bool]) -> Sequence[float]:
        near = [ends.get(parent) for parent in node.parents]
        step = Step(node, part, carries, near, sharing(node), spread)
        return hand_on(step, table)

    received = _walked(it, _carrying(it, constants), handed)
    return mapped(lambda node: received.get(node, 0.0), it.inputs)


def _walked(
    it: Subject,
    carrying: set[Value],
    handed: Callable[[Value, float, list[bool]], Sequence[float]],
) -> dict[Value, float]:
    """Return what each node received, once all that it hands on to has been told."""
    received = {it.output: it.output.data}
    for node in reversed(it.order):
        part = received.get(node, 0.0)
        carries = [parent in carrying for parent in node.parents]
        if part and any(carries):
            shares = zip(
                node.parents, carries, handed(node, part, carries), strict=True
            )
            for parent, carries_on, share in shares:
                if carries_on:
                    received[parent] = received.get(parent, 0.0) + share
    return received


def _require_finite(output: Value) -> None:
    if not isfinite(output.data):
        raise NonFiniteError(
            f"relevance shares out a finite number; the output is {output!r}: "
            "first_nonfinite(output) finds where it comes from"
        )


def _carrying(it: Subject, constants: Any) -> set[Value]:
    """Return the nodes that depend on the inputs, other than through a constant."""
    carrying, held = set(flat(it.inputs)), set(flat(constants))
    for node in it.order:
        if node not in held and not carrying.isdisjoint(node.parents):
            carrying.add(node)
    return carrying


def _by_scope(
    rule: Any, epsilon: float, gamma: float, it: Subject
) -> Callable[[Value], Sharing]:
    """Return how the sum at a node shares."""
    named = {
        "zero": zero,
        "epsilon": epsilon_rule(epsilon),
        "gamma": gamma_rule(gamma),
        "z_plus": z_plus,
    }
    parts = rule if isinstance(rule, Mapping) else {"": rule}
    _check_paths(parts, it)
    found = {path: _found(choice, named) for path, choice in parts.items()}

    def sharing(node: Value) -> Sharing:
        fitting = (share for path, share in found.items() if _is_in(node, path))
        return next(fitting, named["epsilon"])

    return sharing


def _is_in(node: Value, path: str) -> bool:
    return not path or f".{path}." in f".{node.scope}."


def _check_paths(paths: Iterable[str], it: Subject) -> None:
    """Refuse the path of a module that made no node of this graph."""
    for path in paths:
        if not any(_is_in(node, path) for node in it.order):
            scopes = [node.scope.split(".") for node in it.order]
            known = {".".join(s[1:end]) for s in scopes for end in range(2, len(s) + 1)}
            raise UnknownNameError("module that made a node of this graph", path, known)


def _found(choice: Any, named: dict[str, Sharing]) -> Sharing:
    if callable(choice):
        found: Sharing = choice
        return found
    if choice not in named:
        raise UnknownNameError("rule of relevance", choice, named)
    return named[choice]


def _checked(rules: Mapping[str, Rule], it: Subject) -> dict[str, Rule]:
    known = {*OPS, *(node.op.name for node in it.order if node.op)}
    for name, rule in rules.items():
        if name not in known:
            raise UnknownNameError("op", name, known)
        if not callable(rule):
            raise OperandError(
                f"rules={{{name!r}: ...}} takes a function of a Step, not {rule!r:.60}"
            )
    return dict(rules)


def _is_spread(bias: str) -> bool:
    if bias not in ("absorb", "spread"):
        raise UnknownNameError("treatment of biases", bias, ("absorb", "spread"))
    return bias == "spread"


def _ends(bounds: Any, inputs: Any) -> dict[Value, Bounds]:
    """Return the bounds of each input, where there are any."""
    if bounds is None:
        return {}
    if not isinstance(bounds, list | tuple) or len(bounds) != 2:
        kind = ShapeError if isinstance(bounds, list | tuple) else OperandError
        raise kind(f"bounds takes a pair (low, high), not {bounds!r:.60}")
    low, high = (filled("a bound", end, inputs) for end in bounds)
    pairs = zip(flat(low), flat(high), strict=True)
    ends = dict(zip(flat(inputs), pairs, strict=True))
    for node, (least, most) in ends.items():
        if not -inf < least <= node.data <= most < inf:
            raise DomainError(
                f"bounds are finite and hold the inputs; ({least}, {most}) do not "
                f"hold {node!r}"
            )
    return ends
