"""The laws that derivatives obey, whatever the function: one call each.

A law is an equation between derivatives, held at a point. Its left side is what
`backward()` leaves on the leaves and its right side is made of forward mode, so that it
holds the two modes against each other too. An `AssertionError` names the law, the point
and both sides. Tolerances are derived (see `tolerance` and `replay`); where rounding
explains a thousandth of a result, something is infinite or a kink is met, a law says
nothing. `laws` holds a row to all of them.

A function is called with `x`, or with each of its items where `x` is a tuple. They are
numbers or nested structures of numbers, as everywhere. A `Value` that it closes over
is left with the gradients of the passes that were made.
"""

import warnings
from collections.abc import Callable, Iterable
from math import isfinite, nan
from typing import Any

from ..arguments import name_of
from ..differentiation import as_value
from ..errors import IndependentInputWarning
from ..graph import topological_order
from ..ops import identity
from ..products import jvp, vjp
from ..sequences import total
from ..trees import leaves_of
from ..value import zero_grad
from .tolerance import (
    EPSILON,
    Paths,
    applied,
    arguments_of,
    assert_near,
    assert_sum,
    forward,
    recorded,
    reverse,
    widths,
)

__all__ = [
    "assert_adjoint",
    "assert_backward_twice",
    "assert_chain_rule",
    "assert_homogeneous",
    "assert_inverse",
    "assert_linear",
    "assert_product_rule",
    "assert_raises_alike",
    "assert_sharing_is_free",
]

Function = Callable[..., Any]


def assert_linear(
    f: Function, g: Function, x: Any, a: float = 2.0, b: float = -3.0
) -> None:
    """Assert that the gradient of a·f + b·g is a·∇f + b·∇g.

    >>> from autograd_core import sin, tanh
    >>> from autograd_core.testing.laws import assert_linear
    >>> assert_linear(sin, tanh, 0.5)
    """
    leaves, (u, v) = recorded(lambda *xs: (as_value(f(*xs)), as_value(g(*xs))), x)
    law = f"linearity of {a!r}·{name_of(f)} + {b!r}·{name_of(g)} at {x!r}"
    assert_sum(law, a * u + b * v, leaves, [(a, u, leaves), (b, v, leaves)])


def assert_product_rule(f: Function, g: Function, x: Any) -> None:
    """Assert that the gradient of f·g is g·∇f + f·∇g.

    >>> from autograd_core import sin, tanh
    >>> from autograd_core.testing.laws import assert_product_rule
    >>> assert_product_rule(sin, tanh, 0.5)
    """
    leaves, (u, v) = recorded(lambda *xs: (as_value(f(*xs)), as_value(g(*xs))), x)
    law = f"the product rule of {name_of(f)}·{name_of(g)} at {x!r}"
    assert_sum(law, u * v, leaves, [(v.data, u, leaves), (u.data, v, leaves)])


def assert_chain_rule(outer: Function, inner: Function, x: Any) -> None:
    """Assert that the gradient of outer(inner(x)) is that of outer times that of inner.

    Where `inner` returns a tuple, its items are the arguments of `outer`.

    >>> from autograd_core import hypot, sin, tanh
    >>> from autograd_core.testing.laws import assert_chain_rule
    >>> assert_chain_rule(tanh, sin, 0.5)
    >>> assert_chain_rule(hypot, lambda x: (sin(x), x * x), 0.5)
    """
    leaves, u = recorded(inner, x)
    seats = [identity(as_value(number)) for number in leaves_of(u)]
    y = as_value(applied(outer, u, seats))
    law = f"the chain rule of {name_of(outer)}({name_of(inner)}) at {x!r}"
    sizes = Paths(y).sizes(seats)
    slopes = [
        slope if isfinite(size) else nan
        for slope, size in zip(forward(y, seats), sizes, strict=True)
    ]
    parts = [(slope, seat, leaves) for slope, seat in zip(slopes, seats, strict=True)]
    assert_sum(law, y, leaves, parts)


def assert_sharing_is_free(f: Function, x: Any) -> None:
    """Assert that u = f(x) used again has the gradient of u computed again.

    >>> from autograd_core import sin
    >>> from autograd_core.testing.laws import assert_sharing_is_free
    >>> assert_sharing_is_free(sin, 0.5)
    """
    (leaves, u), (inputs, v), (others, w) = (recorded(f, x) for _ in range(3))
    shared, again = as_value(total([u * u, u, u])), as_value(total([v * w, v, w]))
    law = f"the sharing of {name_of(f)} at {x!r}"
    assert_sum(law, shared, leaves, [(1.0, again, inputs), (1.0, again, others)])


def assert_adjoint(f: Function, x: Any, v: Any, w: Any) -> None:
    """Assert that ⟨Jv, w⟩ = ⟨v, Jᵀw⟩ for the Jacobian J of f, by `jvp` and `vjp`.

    `v` has the structure of `x`, and `w` that of `f(x)`.

    >>> from autograd_core.testing.laws import assert_adjoint
    >>> assert_adjoint(lambda x, y: [x * y, x], (3.0, 4.0), v=(1.0, 5.0), w=[2.0, 7.0])
    """
    arguments, tangents = arguments_of(x), arguments_of(v)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", IndependentInputWarning)
        pushed = leaves_of(jvp(f, arguments, tangents)[1])
        pulled = leaves_of(vjp(f, *arguments)[1](w))
    leaves, y = recorded(f, x)
    graph, along = Paths(as_value(_inner(leaves_of(w), leaves_of(y)))), leaves_of(v)
    size = graph.pushed({leaf: abs(t) for leaf, t in zip(leaves, along, strict=True)})
    size += _inner(map(abs, along), graph.sizes(leaves))
    error = graph.rounding(len(leaves)) * size
    left, right = _inner(pushed, leaves_of(w)), _inner(along, pulled)
    law = f"⟨Jv, w⟩ = ⟨v, Jᵀw⟩ for {name_of(f)} at {x!r}"
    assert_near(law, left, right, error=error, size=size)


def _inner(xs: Iterable[Any], ys: Iterable[Any]) -> Any:
    return total([x * y for x, y in zip(xs, ys, strict=True)])


def assert_backward_twice(f: Function, x: Any) -> None:
    """Assert that two backward passes leave exactly twice what one leaves.

    Interior gradients are those of the last pass, and `zero_grad` clears them all,
    those of `Value`s that `f` closes over among them.

    >>> from autograd_core import sin
    >>> from autograd_core.testing.laws import assert_backward_twice
    >>> assert_backward_twice(lambda x: sin(x) * x, 0.5)
    """
    y = as_value(recorded(f, x)[1])
    nodes, law = topological_order(y), f"backward twice of {name_of(f)} at {x!r}"
    zero_grad(nodes)
    reverse(y, [])
    once = [node.grad for node in nodes]
    reverse(y, [])
    for node, grad in zip(nodes, once, strict=True):
        expected = 2 * grad if node.is_leaf else grad
        if repr(node.grad) != repr(expected):
            raise AssertionError(f"{law} fails: {node!r} should have grad={expected!r}")
    zero_grad(y)
    if any(node.has_grad or node.grad for node in nodes):
        raise AssertionError(f"{law} fails: zero_grad leaves a gradient behind")


def assert_raises_alike(f: Function, plain: Function, *x: Any) -> None:
    """Assert that `f` on `Value`s, and backward, raise only where `plain` raises.

    >>> import math
    >>> from autograd_core import log
    >>> from autograd_core.testing.laws import assert_raises_alike
    >>> assert_raises_alike(log, math.log, -1.0)
    """
    try:
        plain(*x)
    except Exception:  # whatever it is, it excuses f
        return
    try:
        leaves, y = recorded(f, x)
        for output in leaves_of(y):
            reverse(as_value(output), leaves)
    except Exception as error:
        raise AssertionError(
            f"{name_of(f)} raises at {x!r} where {name_of(plain)} does not: {error!r}"
        ) from error


def assert_inverse(f: Function, f_inverse: Function, x: float) -> None:
    """Assert that the derivative of f_inverse(f(x)) is 1.

    The number `x` lies on the branch that `f_inverse` returns to.

    >>> from autograd_core import asin, sin
    >>> from autograd_core.testing.laws import assert_inverse
    >>> assert_inverse(sin, asin, 0.5)
    """
    leaves, y = recorded(lambda x: as_value(f_inverse(f(x))), x)
    law = f"the inverse {name_of(f_inverse)}({name_of(f)}) at {x!r}"
    _, error = widths(y, leaves)
    (found,) = reverse(y, leaves)
    assert_near(law, found, 1.0, error=error, size=1.0)


def assert_homogeneous(f: Function, x: Any, degree: float) -> None:
    """Assert Euler's theorem, Σ xᵢ·∂ᵢf = degree·f, where f(t·x) is t^degree·f(x).

    >>> from autograd_core import hypot
    >>> from autograd_core.testing.laws import assert_homogeneous
    >>> assert_homogeneous(hypot, (3.0, 4.0), degree=1)
    """
    leaves, y = recorded(lambda *xs: as_value(f(*xs)), x)
    numbers = [leaf.data for leaf in leaves]
    terms = [x * by for x, by in zip(numbers, reverse(y, leaves), strict=True)]
    left, right = total(terms), degree * y.data
    size = total(map(abs, [*terms, right]))
    error = _inner(map(abs, (degree, *numbers)), widths(y, leaves))
    error += len(terms) * EPSILON * size
    law = f"Euler's theorem of {name_of(f)} at {x!r}, degree {degree:.3g},"
    assert_near(law, left, right, error=error, size=size)
