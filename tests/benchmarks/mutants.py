"""The faults that are seeded, one at a time, to see whether a checker finds them.

Each of the `MUTANTS` is a wrong partial, a wrong value or a wrong backward pass, as
they are made: a textbook formula without digits in its tails, a constant in the wrong
decimal, a sign, a swapped operand, a wrong branch next to a kink, an `=` for a `+=`.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from unittest import mock

from autograd_core import (
    OPS,
    cos,
    exp,
    log,
    normal_cdf,
    sech_squared,
    sigmoid,
    sqrt,
    tanh,
    topological_order,
    total,
    where,
)

__all__ = ["MUTANTS", "Mutant"]

ROOT_2_BY_PI = math.sqrt(2 / math.pi)


@dataclass(frozen=True)
class Mutant:
    """A fault in the row called `row`, or in the backward pass where it is ''."""

    name: str
    row: str
    seed: Callable[[], Any]  # a context in which the fault stands


def _partial(row: str, i: int, wrong: Callable[..., Any]) -> Callable[[], Any]:
    """Return the context in which the i-th partial of a row is another."""

    @contextmanager
    def seeded() -> Iterator[None]:
        partials = OPS[row].partials
        if callable(partials):
            changed = wrong
        else:
            changed = (*partials[:i], wrong, *partials[i + 1 :])
        with mock.patch.dict(vars(OPS[row]), {"partials": changed}):
            yield

    return seeded


def _value(row: str, wrong: Callable[..., float]) -> Callable[[], Any]:
    return lambda: mock.patch.dict(vars(OPS[row]), {"forward": wrong})


def _backward(wrong: Callable[[Any], None]) -> Callable[[], Any]:
    return lambda: mock.patch("autograd_core.value.run_backward", wrong)


def _scaled(row: str, i: int, factor: float) -> Callable[[], Any]:
    right = OPS[row].partials[i]
    return _partial(row, i, lambda y, *xs: right(y, *xs) * factor)


# --- wrong backward passes ----------------------------------------------------------
def _chain_rule(
    order: Sequence[Any], parents_of: Callable[[Any], Any], add: Callable[..., float]
) -> None:
    """Apply the chain rule to what the closures return, in the order given."""
    for node in order:
        locals_ = zip(node.parents, node.local_derivatives(), strict=True)
        for parent, local in parents_of(locals_):
            if local is not None:
                parent._grad = add(parent._grad, node._grad * local)


def _run(
    root: Any, reverse: bool = True, parents_of: Any = list, add: Any = None
) -> None:
    order = [node for node in topological_order(root) if node.requires_grad]
    for node in order:
        if node.op is not None:
            node.grad = 0.0
    root.grad = 1.0
    interior = [node for node in order if node.op is not None]
    _chain_rule(
        interior[::-1] if reverse else [root, *interior[:-1]],
        parents_of,
        add or (lambda before, sent: before + sent),
    )


def _once_a_parent(locals_: Any) -> list[Any]:
    return list(dict(locals_).items())


def _last_wins(before: float, sent: float) -> float:
    return sent


def _slightly_off(before: float, sent: float) -> float:
    return before + sent * (1 + 1e-9) if before else sent


def _without_clearing(root: Any) -> None:
    order = [node for node in topological_order(root) if node.requires_grad]
    root.grad += 1.0
    interior = [node for node in order if node.op is not None]
    _chain_rule(interior[::-1], list, lambda before, sent: before + sent)


def _seed_of_not_quite_one(root: Any) -> None:
    _run(root)
    for node in topological_order(root):
        node.grad *= 1 + 1e-12


def _rolled(y: Any, *xs: Any) -> tuple[Any, ...]:
    n = len(xs) // 2
    ys = xs[n:-1]
    return (*ys[1:], *ys[:1], *xs[:n], 1.0)


def _unshifted(y: Any, *xs: Any) -> list[Any]:
    whole = total([exp(x) for x in xs])
    return [OPS["div"](exp(x), whole) for x in xs]


# fmt: off
MUTANTS = [
    # --- formulas that lose their digits, or all of them, in a tail
    Mutant("tanh' = 1 - y²", "tanh", _partial("tanh", 0, lambda y, x: 1.0 - y * y)),
    Mutant("sigmoid' = y·(1 - y)", "sigmoid",
        _partial("sigmoid", 0, lambda y, x: y * (1.0 - y))),
    Mutant("softplus' = 1 - e⁻ʸ", "softplus",
        _partial("softplus", 0, lambda y, x: 1.0 - exp(-y))),
    Mutant("log_sigmoid' = 1 - sigmoid(x)", "log_sigmoid",
        _partial("log_sigmoid", 0, lambda y, x: 1.0 - sigmoid(x))),
    Mutant("logaddexp' = e^(a - y)", "logaddexp",
        _partial("logaddexp", 0, lambda y, a, b: exp(a - y))),
    Mutant("expm1' = y + 1", "expm1", _partial("expm1", 0, lambda y, x: y + 1.0)),
    Mutant("(a/b)' = -a/b²", "div", _partial("div", 1, lambda y, a, b: -a / (b * b))),
    Mutant("cbrt' = y/(3x)", "cbrt", _partial("cbrt", 0, lambda y, x: y / (3.0 * x))),
    Mutant("hypot' = a/√(a² + b²)", "hypot",
        _partial("hypot", 0, lambda y, a, b: a / sqrt(a * a + b * b))),
    Mutant("atan2' = b/(a² + b²)", "atan2",
        _partial("atan2", 0, lambda y, a, b: OPS["div"](b, a * a + b * b))),
    Mutant("asin' = 1/√(1 - x²)", "asin",
        _partial("asin", 0, lambda y, x: OPS["div"](1.0, sqrt(1.0 - x * x)))),
    Mutant("acosh' = 1/√(x² - 1)", "acosh",
        _partial("acosh", 0, lambda y, x: OPS["div"](1.0, sqrt(x * x - 1.0)))),
    Mutant("atanh' = 1/(1 - x²)", "atanh",
        _partial("atanh", 0, lambda y, x: OPS["div"](1.0, 1.0 - x * x))),
    Mutant("asinh' = 1/√(1 + x²)", "asinh",
        _partial("asinh", 0, lambda y, x: OPS["div"](1.0, sqrt(1.0 + x * x)))),
    Mutant("(aᵇ)' = b·y/a", "power",
        _partial("power", 0, lambda y, a, b: OPS["div"](b * y, a))),
    Mutant("logsumexp' without a shift", "logsumexp",
        _partial("logsumexp", 0, _unshifted)),
    Mutant("prod' = y/xᵢ", "prod",
        _partial("prod", 0, lambda y, *xs: [OPS["div"](y, x) for x in xs])),
    # --- constants that are nearly right
    Mutant("tanh' × (1 + 1e-9)", "tanh", _scaled("tanh", 0, 1 + 1e-9)),
    Mutant("sqrt' × (1 + 1e-9)", "sqrt", _scaled("sqrt", 0, 1 + 1e-9)),
    Mutant("erf' × (1 + 1e-12)", "erf", _scaled("erf", 0, 1 + 1e-12)),
    Mutant("log10' with 1/ln 10 to 7 digits", "log10",
        _partial("log10", 0, lambda y, x: OPS["div"](0.4342945, x))),
    Mutant("exp2' = y", "exp2", _partial("exp2", 0, lambda y, x: y)),
    Mutant("mean' = 1/(n + 1)", "mean",
        _partial("mean", 0, lambda y, *xs: [1.0 / (len(xs) + 1)] * len(xs))),
    Mutant("gelu' of the tanh approximation", "gelu",
        _partial("gelu", 0, lambda y, x: 0.5 * (1 + tanh(ROOT_2_BY_PI
            * (x + 0.044715 * x * x * x))) + 0.5 * x * sech_squared(ROOT_2_BY_PI
            * (x + 0.044715 * x * x * x)) * ROOT_2_BY_PI * (1 + 0.134145 * x * x))),
    # --- signs, terms and operands
    Mutant("sin' = -cos(x)", "sin", _partial("sin", 0, lambda y, x: -cos(x))),
    Mutant("cos' = sin(x)", "cos", _partial("cos", 0, lambda y, x: OPS["sin"](x))),
    Mutant("(a - b)' by b = 1", "sub", _partial("sub", 1, lambda y, a, b: 1.0)),
    Mutant("silu' without its second term", "silu",
        _partial("silu", 0, lambda y, x: sigmoid(x))),
    Mutant("gelu' without its second term", "gelu",
        _partial("gelu", 0, lambda y, x: normal_cdf(x))),
    Mutant("(a·b)' with a and b swapped", "mul",
        _partial("mul", 0, lambda y, a, b: a)),
    Mutant("(a/b)' by a = 1/a", "div",
        _partial("div", 0, lambda y, a, b: OPS["div"](1.0, a))),
    Mutant("dot' with the weights rolled", "dot", _partial("dot", 0, _rolled)),
    Mutant("(aᵇ)' by b = y·ln b", "power",
        _partial("power", 1, lambda y, a, b: y * log(b))),
    Mutant("log1p' = 1/x", "log1p",
        _partial("log1p", 0, lambda y, x: OPS["div"](1.0, x))),
    Mutant("lgamma' = log(x)", "lgamma", _partial("lgamma", 0, lambda y, x: log(x))),
    Mutant("total' without the last", "total",
        _partial("total", 0, lambda y, *xs: [*[1.0] * (len(xs) - 1), 0.0])),
    # --- branches
    Mutant("relu' from 1e-9 up", "relu",
        _partial("relu", 0, lambda y, x: where(x > 1e-9, 1.0, 0.0))),
    Mutant("leaky_relu' from -1e-9 up", "leaky_relu",
        _partial("leaky_relu", 0, lambda y, x, s: where(x > -1e-9, 1.0, s))),
    Mutant("abs' = 1 from -1e-12 up", "abs",
        _partial("abs", 0, lambda y, x: where(x > -1e-12, 1.0, -1.0))),
    Mutant("maximum' of a from b - 1e-9 up", "maximum",
        _partial("maximum", 0, lambda y, a, b: where(a > b - 1e-9, 1.0, 0.0))),
    Mutant("clip' = 1 everywhere", "clip",
        _partial("clip", 0, lambda y, x, low, high: 1.0)),
    Mutant("where' for both branches", "where",
        _partial("where", 2, lambda y, condition, a, b: 1.0)),
    # --- values
    Mutant("tanh × (1 + 1e-9)", "tanh",
        _value("tanh", lambda x: math.tanh(x) * (1 + 1e-9))),
    Mutant("softplus = log(1 + eˣ)", "softplus",
        _value("softplus", lambda x: math.log(1 + math.exp(min(x, 709.0))))),
    # --- backward passes
    Mutant("one gradient for x·x", "", _backward(
        lambda root: _run(root, parents_of=_once_a_parent))),
    Mutant("= for +=", "", _backward(lambda root: _run(root, add=_last_wins))),
    Mutant("nodes in the wrong order", "", _backward(
        lambda root: _run(root, reverse=False))),
    Mutant("sums × (1 + 1e-9)", "", _backward(
        lambda root: _run(root, add=_slightly_off))),
    Mutant("a seed of 1 + 1e-12", "", _backward(_seed_of_not_quite_one)),
    Mutant("gradients not cleared", "", _backward(_without_clearing)),
]
# fmt: on
