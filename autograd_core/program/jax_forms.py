"""How the rows of the op table are computed by JAX, and differentiated by it.

Each row has a function of JAX arrays, and its own partials as the rule of JAX's
derivatives: they are called on names, which writes them as code of such functions, so
that JAX differentiates to any order what the engine does, with its conventions at kinks
and ties. Where a partial chooses between formulas by its numbers, one that serves all
ordinary numbers is written here. JAX is imported when a function is asked for.
"""

from collections.abc import Callable
from functools import cache
from typing import Any

from ..errors import GraphError, MissingExtraError
from ..expression_text import Text
from ..op import OPS, Op
from ..ops import div, exp, hypot, log, minimum, power, where
from .tracing import COMPARISONS

__all__ = ["PARTIALS", "ROWS", "form", "jax_forms", "partial", "required_jax"]

ROWS: dict[str, Op] = {**OPS, **COMPARISONS}  # as they are here, whoever enters others

OWN_RULES = frozenset(  # rows that JAX differentiates as the engine does, or not at all
    ["add", "div", "identity", "mul", "neg", "sub", "where", *COMPARISONS]
)

PARTIALS: dict[tuple[str, int], Callable[..., Any]] = {
    ("atan", 0): lambda y, x: div(1.0, 1.0 + x * x),
    ("atan2", 0): lambda y, a, b: div(div(b, hypot(a, b)), hypot(a, b)),
    ("atan2", 1): lambda y, a, b: -div(div(a, hypot(a, b)), hypot(a, b)),
    ("elu", 0): lambda y, x, alpha: where(x > 0, 1.0, alpha * exp(minimum(x, 0.0))),
    ("exp2", 0): lambda y, x: 0.6931471805599453 * y,
    ("hypot", 0): lambda y, a, b: where(y == 0, 0.0, div(a, where(y == 0, 1.0, y))),
    ("hypot", 1): lambda y, a, b: where(y == 0, 0.0, div(b, where(y == 0, 1.0, y))),
    ("power", 0): lambda y, a, b: (
        b * power(where((a == 0) & (b == 0), 1.0, a), b - 1.0)
    ),
    ("power", 1): lambda y, a, b: y * log(where(y == 0, 1.0, a)),
}


def required_jax() -> Any:
    """Return JAX, or say which extra brings it."""
    try:
        import jax
    except ModuleNotFoundError as error:
        if error.name != "jax":
            raise
        raise MissingExtraError("to_jax needs JAX", "jax") from None
    return jax


@cache
def jax_forms() -> dict[str, Callable[..., Any]]:
    """Return what computes each row; a sequence is the last axis of an array."""
    required_jax()
    import jax.numpy as jnp
    from jax.scipy import special

    def truth(holds: Any) -> Any:
        return jnp.asarray(holds).astype(float)

    def sigmoid(x: Any) -> Any:
        small = jnp.exp(-jnp.abs(x))
        return jnp.where(x >= 0, 1.0, small) / (1.0 + small)

    def sech_squared(x: Any) -> Any:
        small = jnp.exp(-2.0 * jnp.abs(x))
        whole = 1.0 + small
        return 4.0 * small / (whole * whole)

    def normal_cdf(x: Any) -> Any:
        return 0.5 * special.erfc(-0.7071067811865476 * x)

    def elu(x: Any, alpha: Any) -> Any:
        return jnp.where(x <= 0, alpha * jnp.expm1(jnp.minimum(x, 0.0)), x)

    def polygamma(n: Any, x: Any) -> Any:
        found = special.polygamma(jnp.asarray(n).astype(int), x)
        return jnp.where(n == jnp.floor(n), found, jnp.nan)

    return {
        "abs": jnp.abs,
        "acos": jnp.arccos,
        "acosh": jnp.arccosh,
        "add": jnp.add,
        "asin": jnp.arcsin,
        "asinh": jnp.arcsinh,
        "atan": jnp.arctan,
        "atan2": jnp.arctan2,
        "atanh": jnp.arctanh,
        "both": lambda a, b: truth((a != 0) & (b != 0)),
        "cbrt": jnp.cbrt,
        "clip": lambda x, low, high: jnp.minimum(jnp.maximum(x, low), high),
        "cos": jnp.cos,
        "cosh": jnp.cosh,
        "digamma": special.digamma,
        "div": jnp.divide,
        "either": lambda a, b: truth((a != 0) | (b != 0)),
        "elu": elu,
        "erf": special.erf,
        "erfc": special.erfc,
        "exp": jnp.exp,
        "exp2": jnp.exp2,
        "exp_difference": lambda a, b: jnp.exp(a - b),
        "expm1": jnp.expm1,
        "gaussian": lambda x: jnp.exp(-(x * x)),
        "gelu": lambda x: x * normal_cdf(x),
        "heaviside": lambda x: jnp.where(x != x, x, truth(x > 0)),
        "hypot": jnp.hypot,
        "identity": jnp.positive,
        "leaky_relu": lambda x, slope: jnp.where(x <= 0, slope * x, x),
        "less": lambda a, b: truth(a < b),
        "less_equal": lambda a, b: truth(a <= b),
        "lgamma": special.gammaln,
        "log": jnp.log,
        "log10": jnp.log10,
        "log1p": jnp.log1p,
        "log2": jnp.log2,
        "log_sigmoid": lambda x: -jnp.logaddexp(0.0, -x),
        "logaddexp": jnp.logaddexp,
        "logsumexp": lambda x: special.logsumexp(x, axis=-1),
        "maximum": jnp.maximum,
        "mean": lambda x: jnp.mean(x, axis=-1),
        "minimum": jnp.minimum,
        "mul": jnp.multiply,
        "neg": jnp.negative,
        "negation": lambda a: truth(a == 0),
        "normal_cdf": normal_cdf,
        "normal_pdf": lambda x: 0.3989422804014327 * jnp.exp(-0.5 * (x * x)),
        "polygamma": polygamma,
        "power": jnp.power,
        "prod": lambda x: jnp.prod(x, axis=-1),
        "relu": lambda x: jnp.maximum(x, 0.0),
        "sech_squared": sech_squared,
        "sigmoid": sigmoid,
        "sigmoid_difference": lambda a, b: sigmoid(a - b),
        "sign": jnp.sign,
        "silu": lambda x: x * sigmoid(x),
        "sin": jnp.sin,
        "sinh": jnp.sinh,
        "softplus": lambda x: jnp.logaddexp(0.0, x),
        "sqrt": jnp.sqrt,
        "sub": jnp.subtract,
        "tan": jnp.tan,
        "tanh": jnp.tanh,
        "total": lambda x: jnp.sum(x, axis=-1),
        "where": lambda condition, a, b: jnp.where(condition != 0, a, b),
    }


@cache
def form(op: Op) -> Callable[..., Any]:
    """Return a row as a function of JAX arrays, with its own derivatives."""
    if ROWS.get(op.name) is not op or op.name not in jax_forms():
        raise GraphError(
            f"to_jax knows the rows of the op table, and {op.name!r} is none of them; "
            "write it with such rows, or run the program with batch, which calls a row "
            "of one's own number by number"
        )
    function = jax_forms()[op.name]
    if op.name in OWN_RULES or op.arity is None:
        return function
    return _with_partials(op, function)


def _with_partials(op: Op, function: Callable[..., Any]) -> Callable[..., Any]:
    jax = required_jax()
    row = jax.custom_jvp(lambda *operands: function(*operands))

    def rule(operands: Any, tangents: Any) -> tuple[Any, Any]:
        y = row(*operands)
        moved = jax.numpy.zeros_like(y)
        for place, tangent in enumerate(tangents):
            if not isinstance(tangent, jax.custom_derivatives.SymbolicZero):
                moved = moved + partial(op, place)(y, *operands) * tangent
        return y, moved

    row.defjvp(rule, symbolic_zeros=True)
    named: Callable[..., Any] = row
    return named


@cache
def partial(op: Op, place: int) -> Callable[..., Any]:
    """Return ∂y/∂operand as a function of `(y, *operands)` on JAX arrays.

    The row's own expression is called on names, and what comes of it is compiled.
    """
    names = ["y", *(f"x{i}" for i in range(op.arity or 0))]
    called: dict[str, Any] = {}

    def name_of(row: Op) -> str:
        called[f"{row.name}_"] = form(row)
        return f"{row.name}_"

    expression = PARTIALS.get((op.name, place), op.partials[place])
    text = expression(*[Text(name, name_of) for name in names])
    compiled: Callable[..., Any] = eval(f"lambda {', '.join(names)}: {text}", called)
    return compiled
