"""How the rows of the op table are computed on arrays.

A row that is listed here has a function of arrays, accurate to a few units in the last
place; every other row, one's own included, is computed by its own kernel one number at
a time, which is slow and exact. The local derivatives are the rows' own partials,
called on the names of arrays; where a partial chooses between formulas by its numbers,
the plain formula is used for ordinary numbers, and the partial itself for the others.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...op import OPS, Op
from ..tracing import COMPARISONS

__all__ = [
    "FORMS",
    "LOOKING",
    "NUMPY",
    "OPEN",
    "Library",
    "forms",
    "one_by_one",
    "partials_form",
]

Array = Any


def _sigmoid(x: Array) -> Array:
    small = np.exp(-np.abs(x))
    return np.where(x >= 0, 1.0, small) / (1.0 + small)


def _sech_squared(x: Array) -> Array:
    small = np.exp(-2.0 * np.abs(x))
    whole = 1.0 + small
    return 4.0 * small / (whole * whole)


def _unit_step(x: Array) -> Array:
    return np.where(x != x, x, x > 0)


def _gaussian(x: Array) -> Array:
    return np.exp(-(x * x))


def _silu(x: Array) -> Array:
    return np.where(x == -np.inf, -0.0, x * _sigmoid(x))


def _elu_by_x(y: Array, x: Array, alpha: Array) -> Array:
    half = np.exp(0.5 * x)  # eˣ itself may be a subnormal number, short of digits
    return np.where(x > 0, 1.0, alpha * half * half)


def _prod(x: Array) -> Array:
    """Multiply mantissas, so that nothing is out of range before the end."""
    whole, exponents = np.ones(x.shape[:-1]), np.zeros(x.shape[:-1], dtype=int)
    for start in range(0, x.shape[-1], 512):
        mantissas, powers = np.frexp(x[..., start : start + 512])
        whole, more = np.frexp(whole * mantissas.prod(-1))
        exponents += powers.sum(-1) + more
    return np.ldexp(whole, exponents)


def _shifted(x: Array) -> tuple[Array, Array]:
    """Return e^(x - the largest), and the largest, or 0 where it is infinite."""
    top = np.max(x, axis=-1, keepdims=True)
    top = np.where(np.isfinite(top), top, 0.0)
    return np.exp(x - top), top[..., 0]


def _logsumexp(x: Array) -> Array:
    powers, top = _shifted(x)
    whole = powers.sum(-1)
    if (whole < 1.5).any():  # near log 1 the digits are in what is beside the largest
        largest = np.arange(x.shape[-1]) == powers.argmax(-1)[..., None]
        rest = np.where(largest, 0.0, powers).sum(-1)
        return np.where(whole < 1.5, np.log1p(rest), np.log(whole)) + top
    return np.log(whole) + top


def _softmax(y: Array, x: Array) -> Array:
    powers, _ = _shifted(x)
    return powers / powers.sum(-1, keepdims=True)


FORMS: dict[str, Callable[..., Any]] = {
    "abs": np.abs,
    "acos": np.arccos,
    "acosh": np.arccosh,
    "add": np.add,
    "asin": np.arcsin,
    "asinh": np.arcsinh,
    "atan": np.arctan,
    "atan2": np.arctan2,
    "atanh": np.arctanh,
    "both": lambda a, b: ((a != 0) & (b != 0)).astype(float),
    "cbrt": np.cbrt,
    "clip": lambda x, low, high: np.minimum(np.maximum(x, low), high),
    "cos": np.cos,
    "cosh": np.cosh,
    "div": np.divide,
    "either": lambda a, b: ((a != 0) | (b != 0)).astype(float),
    "elu": lambda x, alpha: np.where(x <= 0, alpha * np.expm1(np.minimum(x, 0.0)), x),
    "exp": np.exp,
    "exp2": np.exp2,
    "exp_difference": lambda a, b: np.exp(a - b),
    "expm1": np.expm1,
    "gaussian": _gaussian,
    "heaviside": _unit_step,
    "hypot": np.hypot,
    "identity": np.positive,
    "leaky_relu": lambda x, slope: np.where(x <= 0, slope * x, x),
    "less": lambda a, b: (a < b).astype(float),
    "less_equal": lambda a, b: (a <= b).astype(float),
    "log": np.log,
    "log10": np.log10,
    "log1p": np.log1p,
    "log2": np.log2,
    "log_sigmoid": lambda x: -np.logaddexp(0.0, -x),
    "logaddexp": np.logaddexp,
    "logsumexp": _logsumexp,
    "maximum": np.maximum,
    "mean": lambda x: np.mean(x, axis=-1),
    "minimum": np.minimum,
    "mul": np.multiply,
    "neg": np.negative,
    "negation": lambda a: (a == 0).astype(float),
    "normal_pdf": lambda x: 0.3989422804014327 * np.exp(-0.5 * (x * x)),
    "power": np.power,
    "prod": _prod,
    "relu": lambda x: np.maximum(x, 0.0),
    "sech_squared": _sech_squared,
    "sigmoid": _sigmoid,
    "sigmoid_difference": lambda a, b: _sigmoid(a - b),
    "sign": np.sign,
    "silu": _silu,
    "sin": np.sin,
    "sinh": np.sinh,
    "softplus": lambda x: np.logaddexp(0.0, x),
    "sqrt": np.sqrt,
    "sub": np.subtract,
    "tan": np.tan,
    "tanh": np.tanh,
    "total": lambda x: np.sum(x, axis=-1),
    "where": lambda condition, a, b: np.where(condition, a, b),
}

_PLAIN: dict[tuple[str, int], Callable[..., Any]] = {
    ("atan", 0): lambda y, x: 1.0 / (1.0 + x * x),
    ("atan2", 0): lambda y, a, b: b / (a * a + b * b),
    ("atan2", 1): lambda y, a, b: -a / (a * a + b * b),
    ("div", 1): lambda y, a, b: -y / b,
    ("elu", 0): _elu_by_x,
    ("exp2", 0): lambda y, x: 0.6931471805599453 * y,
    ("hypot", 0): lambda y, a, b: a / y,
    ("hypot", 1): lambda y, a, b: b / y,
    ("power", 0): lambda y, a, b: b * np.power(a, b - 1.0),
    ("power", 1): lambda y, a, b: y * np.log(a),
}

_ORDINARY = (1e-140, 1e140)  # whose squares and quotients are far from the limits


def one_by_one(function: Callable[..., Any]) -> Callable[..., Array]:
    """Return a function of arrays that calls one of floats for each number.

    >>> one_by_one(lambda x, y: x + y)(np.array([1.0, 2.0]), 3.0)
    array([4., 5.])
    """

    def on_arrays(*operands: Array) -> Array:
        whole = np.broadcast_arrays(*operands)
        lists = [array.ravel().tolist() for array in whole]
        results = [function(*numbers) for numbers in zip(*lists, strict=True)]
        return np.array(results, dtype=float).reshape(whole[0].shape)

    return on_arrays


def _careful(plain: Callable[..., Any], partial: Callable[..., Any]) -> Any:
    """Return `plain`, but the row's own partial where a number is out of range."""
    exact = one_by_one(partial)

    def on_arrays(*numbers: Array) -> Array:
        found = np.asarray(plain(*numbers))
        odd = np.zeros(found.shape, dtype=bool)
        for x in numbers:
            size = np.abs(x)
            odd |= ~((size > _ORDINARY[0]) & (size < _ORDINARY[1]))
        if odd.any():
            picked = [np.broadcast_to(x, found.shape)[odd] for x in numbers]
            found[odd] = exact(*picked)
        return found

    return on_arrays


LOOKING: dict[tuple[str, int], Callable[..., Any]] = {
    **{
        (name, place): _careful(plain, OPS[name].partials[place])
        for (name, place), plain in _PLAIN.items()
    },
}

# partials that say the same in fewer operations, written out
OPEN: dict[tuple[str, int], Callable[..., Any]] = {
    ("relu", 0): lambda y, x: x > 0,
    ("where", 0): lambda y, condition, a, b: None,
    ("where", 1): lambda y, condition, a, b: condition != 0,
    ("where", 2): lambda y, condition, a, b: condition == 0,
}


_ROWS = {**OPS, **COMPARISONS}  # a row of one's own may be called like one of these


def forms(op: Op) -> Callable[..., Any]:
    """Return a row as a function of arrays; a sequence is the last axis of one.

    >>> forms(OPS["tanh"])(np.zeros(2))
    array([0., 0.])
    """
    known = FORMS.get(op.name)
    if known is not None and _ROWS.get(op.name) is op:
        return known
    if op.arity is None:
        return lambda x: one_by_one(op.forward)(*np.moveaxis(x, -1, 0))
    return one_by_one(op.forward)


def partials_form(op: Op) -> Callable[..., Any]:
    """Return all partials of a row on sequences as a function of `(y, x)`.

    >>> partials_form(OPS["prod"])(np.array(6.0), np.array([2.0, 3.0]))
    array([3., 2.])
    """
    known = _PARTIALS.get(op.name)
    if known is not None and OPS.get(op.name) is op:
        return known

    def on_arrays(y: Array, x: Array) -> Array:
        rows = x.reshape(-1, x.shape[-1]).tolist()
        pairs = zip(np.ravel(y).tolist(), rows, strict=True)
        return np.array([op.partials(y, *row) for y, row in pairs]).reshape(x.shape)

    return on_arrays


_PARTIALS: dict[str, Callable[..., Any]] = {
    "logsumexp": _softmax,
}


@dataclass(frozen=True)
class Library:
    """Whose arrays a program is written for, by the names that numpy has.

    `fixed` keeps gradients out of what has none; numpy has nobody to keep out.
    """

    arrays: Any
    form: Callable[[Op], Callable[..., Any]]
    fixed: Callable[[Any], Any] | None = None


NUMPY = Library(np, forms)
