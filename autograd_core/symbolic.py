"""A graph as a formula: the expression in sympy that a node was computed by.

What sympy then knows of it, its derivative above all, is an answer to compare with that
owes nothing to this engine. The table here is the engine's only dictionary of another
system's functions; it is kept out of the rows, which need no package to be understood.
It is keyed by the rows themselves, so that somebody's own `exp` is not taken for ours,
and rows with a `definition` need no entry, since that is translated in their place.
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import count
from math import isfinite
from typing import Any

from . import ops
from .errors import MissingExtraError, OperandError
from .graph import leaves, topological_order
from .op import Op
from .real import described
from .recording import Evaluation
from .value import Value

__all__ = ["to_sympy"]

_NAMED_ALIKE = """
exp log sqrt sin cos tan asin acos atan atan2 sinh cosh tanh asinh acosh atanh erf erfc
digamma polygamma sign
"""


def to_sympy(root: Value, **assumptions: bool) -> Any:
    """Return the expression in sympy of a node, in terms of the leaves it came from.

    A leaf that needs a gradient is a symbol named by its label: of two leaves called w
    the second is `w_1`, and those without a label are `x0`, `x1`, ... in topological
    order; leaves that two expressions share need labels of their own. The symbols get
    the assumptions of sympy that are passed: with `real=True`, without which sympy
    cannot differentiate |x|, they are other symbols than `sympy.Symbol("x")`. A
    constant is its number, whatever its label: exact if it is below 2⁵³ and a multiple
    of 1/1024, else a `Float` of 17 digits; -0 is 0.

    >>> import sympy
    >>> from autograd_core import Value, gradient, tanh
    >>> x = Value(0.5, label="x")
    >>> y = x * tanh(3 * x) / 4
    >>> to_sympy(y)
    x*tanh(3*x)/4
    >>> slope = to_sympy(gradient(y, x, create_graph=True))
    >>> sympy.simplify(slope - to_sympy(y).diff("x"))
    0

    A choice made on data (`where(x > 0, ...)`, and so the derivative of `maximum`) is
    the side that was taken. A row of your own is its `definition`, or else an undefined
    function of its name. Meant for small graphs: sympy itself recurses, and raises
    RecursionError where functions are nested a few hundred deep.

    Raises `MissingExtraError`, an `ImportError`, without the package `sympy`, and
    `OperandError`, a `TypeError`, for anything but a `Value`.
    """
    if not isinstance(root, Value):
        raise OperandError(
            f"to_sympy(root) takes a Value, not {described(root)}; compute the result "
            "from Value(x), and translate the results of a structure one by one"
        )
    try:
        import sympy
    except ImportError:
        raise MissingExtraError("to_sympy needs sympy", "symbolic") from None
    inputs = [leaf for leaf in leaves(root) if leaf.requires_grad]
    names = _names([leaf.label for leaf in inputs])
    symbols = [sympy.Symbol(name, **assumptions) for name in names]
    return _Translator(sympy).expression(root, dict(zip(inputs, symbols, strict=True)))


def _names(labels: Sequence[str]) -> list[str]:
    """Return a name for each leaf, none of them twice."""
    taken = set(labels)
    candidates = {label: _candidates(label, taken) for label in taken}
    return [next(candidates[label]) for label in labels]


def _candidates(label: str, taken: set[str]) -> Iterator[str]:
    """Yield `w`, `w_1`, `w_2`, ... for the label w, and `x0`, `x1`, ... for none."""
    if label:
        yield label
    stem, first = (f"{label}_", 1) if label else ("x", 0)
    yield from (name for i in count(first) if (name := f"{stem}{i}") not in taken)


class _Translator:
    """The table of rows, and how a graph is read by it."""

    def __init__(self, sp: Any) -> None:
        self._sp, self._rows = sp, _rows(sp)

    def expression(self, root: Value, known: dict[Value, Any]) -> Any:
        """Translate the nodes that are not known yet, each of them once."""
        for node in topological_order(root):
            if node not in known:
                known[node] = self._of_node(node, [known[p] for p in node.parents])
        return known[root]

    def _of_node(self, node: Value, operands: list[Any]) -> Any:
        op = node.op
        constant = not node.requires_grad or self._sp.nan in operands
        if op is None or (constant and not isfinite(node.data)):
            return self._number(node.data)  # sympy has no 1/0 and compares no nan
        if op in self._rows:
            return self._rows[op](*operands)
        if op.definition is not None:
            return self._of_definition(node, operands)
        return self._sp.Function(op.name)(*operands)

    def _of_definition(self, node: Any, operands: list[Any]) -> Any:
        with Evaluation():  # which records even under no_grad
            stand_ins = [Value(x) for x in node.operands]
            y = node.op.definition(*stand_ins)
        known = dict(zip(stand_ins, operands, strict=True))
        return self.expression(y, known) if isinstance(y, Value) else self._number(y)

    def _number(self, x: float) -> Any:
        if abs(x) < ops.TWO_53 and x * 1024 % 1 == 0:
            return self._sp.Rational(x)
        return self._sp.Float(x, 17)


def _rows(sp: Any) -> dict[Op, Callable[..., Any]]:
    """Return what each row is in sympy, a function of its operands."""

    def either(condition: Any, a: Any, b: Any) -> Any:
        return sp.Piecewise((a, condition), (b, True))

    def sigmoid(x: Any) -> Any:
        return 1 / (1 + sp.exp(-x))

    def normal_cdf(x: Any) -> Any:
        return (1 + sp.erf(x / sp.sqrt(2))) / 2

    alike = {getattr(ops, name): getattr(sp, name) for name in _NAMED_ALIKE.split()}
    arithmetic = (ops.add, ops.sub, ops.mul, ops.identity, ops.neg)
    plain = {row: row.forward for row in arithmetic}
    # fmt: off
    return alike | plain | {
        ops.div: lambda a, b: a / b,
        ops.power: lambda a, b: a**b,
        ops.abs: sp.Abs,
        ops.heaviside: lambda x: either(x > 0, 1, 0),
        ops.expm1: lambda x: sp.exp(x) - 1,
        ops.exp2: lambda x: 2**x,
        ops.exp_difference: lambda a, b: sp.exp(a - b),
        ops.log1p: lambda x: sp.log(1 + x),
        ops.log2: lambda x: sp.log(x, 2),
        ops.log10: lambda x: sp.log(x, 10),
        ops.cbrt: lambda x: sp.sign(x) * sp.Abs(x)**sp.Rational(1, 3),
        ops.hypot: lambda a, b: sp.sqrt(a**2 + b**2),
        ops.sech_squared: lambda x: sp.sech(x)**2,
        ops.gaussian: lambda x: sp.exp(-x**2),
        ops.normal_pdf: lambda x: sp.exp(-x**2 / 2) / sp.sqrt(2 * sp.pi),
        ops.normal_cdf: normal_cdf,
        ops.lgamma: lambda x: sp.log(sp.gamma(x)**2) / 2,
        ops.sigmoid: sigmoid,
        ops.sigmoid_difference: lambda a, b: sigmoid(a - b),
        ops.log_sigmoid: lambda x: -sp.log(1 + sp.exp(-x)),
        ops.softplus: lambda x: sp.log(1 + sp.exp(x)),
        ops.logaddexp: lambda a, b: sp.log(sp.exp(a) + sp.exp(b)),
        ops.relu: lambda x: either(x > 0, x, 0),
        ops.leaky_relu: lambda x, slope: either(x > 0, x, slope * x),
        ops.elu: lambda x, alpha: either(x > 0, x, alpha * (sp.exp(x) - 1)),
        ops.silu: lambda x: x * sigmoid(x),
        ops.gelu: lambda x: x * normal_cdf(x),
        ops.maximum: sp.Max,
        ops.minimum: sp.Min,
        ops.clip: lambda x, low, high: sp.Min(sp.Max(x, low), high),
        ops.where: lambda condition, a, b: either(sp.Eq(condition, 0), b, a),
    }
    # fmt: on
