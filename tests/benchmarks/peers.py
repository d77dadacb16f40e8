"""What PyTorch and JAX have for each row, and what it gives at many points.

`COUNTERPARTS` pairs each row with the function that a user of either package calls for
it, with the options that ask for the same function; None where the package has none.
Numbers are float64 on the CPU, all points at once, as both packages are meant to be
used: derivatives are those of `torch.autograd.grad` and of a compiled `jax.vmap` of
`jax.value_and_grad`. One point at a time, PyTorch 2.13 calls other kernels for some
values: its sinh and cosh are then finite up to 710.47 instead of 709.78, and the worst
errors of the derivatives that README.md shows are the same.
"""

import operator
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import groupby
from typing import Any

from autograd_core import Op

try:
    import jax
    import torch
    from jax import numpy as jnp
    from jax import scipy as jsp
    from torch.nn import functional
except ImportError as error:
    raise SystemExit(f"{error}; run: pip install 'autograd-core[peers]'") from None

jax.config.update("jax_enable_x64", True)
jax.config.update("jax_platforms", "cpu")

Operands = tuple[float, ...]
Results = tuple[float | None, ...]  # the value, and a derivative by each operand
Function = Callable[..., Any]


def _torch_dot(*operands: Any) -> Any:
    stack, n = torch.stack(operands), len(operands) // 2
    return torch.linalg.vecdot(stack[:n], stack[n:-1], dim=0) + stack[-1]


def _jax_dot(*operands: Any) -> Any:
    stack, n = jnp.stack(operands), len(operands) // 2
    return jnp.dot(stack[:n], stack[n:-1]) + stack[-1]


def _torch_over(reduction: Function) -> Function:
    return lambda *xs: reduction(torch.stack(xs), 0)


def _jax_over(reduction: Function) -> Function:
    return lambda *xs: reduction(jnp.stack(xs))


def _torch_elu(x: Any, alpha: Any) -> Any:
    """Apply elu, which takes a number for alpha, to each x with its own."""
    pairs = zip(x, alpha.tolist(), strict=True)
    return torch.stack([functional.elu(*pair) for pair in pairs])


def _torch_polygamma(n: Any, x: Any) -> Any:
    """Apply polygamma, which takes a whole number for n, to each x with its own."""
    pairs = zip(map(int, n.tolist()), x, strict=True)
    return torch.stack([torch.special.polygamma(*pair) for pair in pairs])


# fmt: off
COUNTERPARTS: dict[str, tuple[Function | None, Function | None]] = {
    # row: (PyTorch, JAX)
    "add": (operator.add, operator.add),
    "sub": (operator.sub, operator.sub),
    "mul": (operator.mul, operator.mul),
    "div": (operator.truediv, operator.truediv),
    "identity": (operator.pos, operator.pos),
    "neg": (operator.neg, operator.neg),
    "power": (operator.pow, operator.pow),
    "abs": (torch.abs, jnp.abs),
    "sign": (torch.sign, jnp.sign),
    "heaviside": (None,  # PyTorch's has no derivative
        lambda x: jnp.heaviside(x, 0.0)),
    "exp": (torch.exp, jnp.exp),
    "expm1": (torch.expm1, jnp.expm1),
    "exp2": (torch.exp2, jnp.exp2),
    "exp_difference": (None, None),
    "log": (torch.log, jnp.log),
    "log1p": (torch.log1p, jnp.log1p),
    "log2": (torch.log2, jnp.log2),
    "log10": (torch.log10, jnp.log10),
    "sqrt": (torch.sqrt, jnp.sqrt),
    "cbrt": (None, jnp.cbrt),
    "hypot": (torch.hypot, jnp.hypot),
    "sin": (torch.sin, jnp.sin),
    "cos": (torch.cos, jnp.cos),
    "tan": (torch.tan, jnp.tan),
    "asin": (torch.asin, jnp.asin),
    "acos": (torch.acos, jnp.acos),
    "atan": (torch.atan, jnp.atan),
    "atan2": (torch.atan2, jnp.atan2),
    "sinh": (torch.sinh, jnp.sinh),
    "cosh": (torch.cosh, jnp.cosh),
    "tanh": (torch.tanh, jnp.tanh),
    "sech_squared": (None, None),
    "asinh": (torch.asinh, jnp.asinh),
    "acosh": (torch.acosh, jnp.acosh),
    "atanh": (torch.atanh, jnp.atanh),
    "erf": (torch.special.erf, jsp.special.erf),
    "erfc": (torch.special.erfc, jsp.special.erfc),
    "gaussian": (None, None),
    "normal_pdf": (
        lambda x: torch.distributions.Normal(0.0, 1.0).log_prob(x).exp(),
        jsp.stats.norm.pdf),
    "normal_cdf": (torch.special.ndtr, jsp.special.ndtr),
    "lgamma": (torch.special.gammaln, jsp.special.gammaln),
    "digamma": (torch.special.digamma, jsp.special.digamma),
    "polygamma": (_torch_polygamma,
        lambda n, x: jsp.special.polygamma(n.astype(int), x)),
    "sigmoid": (torch.sigmoid, jax.nn.sigmoid),
    "sigmoid_difference": (None, None),
    "log_sigmoid": (functional.logsigmoid, jax.nn.log_sigmoid),
    "softplus": (functional.softplus, jax.nn.softplus),
    "logaddexp": (torch.logaddexp, jnp.logaddexp),
    "relu": (functional.relu, jax.nn.relu),
    "leaky_relu": (  # PyTorch's leaky_relu takes one number as the slope
        lambda x, slope: functional.prelu(x[None], slope)[0],
        jax.nn.leaky_relu),
    "elu": (_torch_elu, jax.nn.elu),
    "silu": (functional.silu, jax.nn.silu),
    "gelu": (functional.gelu, partial(jax.nn.gelu, approximate=False)),
    "maximum": (torch.maximum, jnp.maximum),
    "minimum": (torch.minimum, jnp.minimum),
    "clip": (torch.clamp, jnp.clip),
    "where": (
        lambda condition, a, b: torch.where(condition != 0, a, b),
        lambda condition, a, b: jnp.where(condition != 0, a, b)),
    "dot": (_torch_dot, _jax_dot),
    "total": (_torch_over(torch.sum), _jax_over(jnp.sum)),
    "mean": (_torch_over(torch.mean), _jax_over(jnp.mean)),
    "prod": (_torch_over(torch.prod), _jax_over(jnp.prod)),
    "logsumexp": (_torch_over(torch.logsumexp), _jax_over(jax.nn.logsumexp)),
}
# fmt: on


def by_pytorch(row: Op, points: Iterable[Operands]) -> Iterator[Results] | None:
    """Yield PyTorch's value and derivatives at each point; None if it has no such row.

    A derivative that it does not offer, as that of elu by alpha, is None.
    """
    function, _ = COUNTERPARTS[row.name]
    return function and _in_batches(_pytorch, function, points)


def by_jax(row: Op, points: Iterable[Operands]) -> Iterator[Results] | None:
    """Yield JAX's value and derivatives at each point; None if it has no such row."""
    _, function = COUNTERPARTS[row.name]
    return function and _in_batches(_jax, function, points)


PEERS = {"PyTorch": by_pytorch, "JAX": by_jax}


def _in_batches(
    evaluate: Function, function: Function, points: Iterable[Operands]
) -> Iterator[Results]:
    """Evaluate together the points that have the same number of operands."""
    for _, batch in groupby(points, len):
        ys, slopes = evaluate(function, list(zip(*batch, strict=True)))
        columns = [[None] * len(ys) if c is None else c.tolist() for c in (ys, *slopes)]
        yield from zip(*columns, strict=True)


def _pytorch(function: Function, columns: Sequence[Sequence[float]]) -> Any:
    xs = [torch.tensor(c, dtype=torch.float64, requires_grad=True) for c in columns]
    ys = function(*xs)
    return ys, torch.autograd.grad(ys.sum(), xs, allow_unused=True)


def _jax(function: Function, columns: Sequence[Sequence[float]]) -> Any:
    at_a_point = jax.value_and_grad(function, argnums=tuple(range(len(columns))))
    return jax.jit(jax.vmap(at_a_point))(*map(jnp.array, columns))
